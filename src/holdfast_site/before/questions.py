"""What he is asked before the next session, and the words of each answer. All of them are equal: none is preferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import models

from holdfast_site.handover.models import Kind

ATTEND, REPLY, UNTIL, WHY, CANCEL = "attend_next", "reply", "until", "why", "cancel"
SURE = tuple(range(11))


class Reply(models.TextChoices):
    """One tap each."""

    COMING = "coming", "I’m coming"
    SLOWER = "slower", "Slower, please"
    SOMEONE_ELSE = "someone_else", "Someone else"
    PAUSE = "pause", "A pause"
    DONE = "done", "I’m done"
    CALL = "call", "Call me"


MATTERS: Mapping[Reply, Kind] = {
    Reply.SLOWER: Kind.SLOWER,
    Reply.SOMEONE_ELSE: Kind.SOMEONE_ELSE,
    Reply.PAUSE: Kind.PAUSE,
    Reply.DONE: Kind.DONE,
    Reply.CALL: Kind.CALL,
}
WEEKS: Sequence[tuple[str, str]] = (
    ("2", "2 weeks"),
    ("4", "4 weeks"),
    ("8", "8 weeks"),
    ("", "I don’t know yet"),
)
WHYS: Sequence[str] = (
    "I got what I came for",
    "it was not for me",
    "we did not click",
    "it did not help",
    "money or time",
    "something else",
)
