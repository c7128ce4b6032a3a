"""What he is asked before the next session, and the words of each answer. All of them are equal: none is preferred."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models

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
