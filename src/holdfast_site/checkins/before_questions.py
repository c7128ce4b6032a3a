"""What he is asked before the next session, and the words of each answer. All of them are equal: none is preferred."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _

from holdfast_site.languages import N_

ATTEND, REPLY, UNTIL, WHY, CANCEL = "attend_next", "reply", "until", "why", "cancel"
SURE = tuple(range(11))


class Reply(models.TextChoices):
    """One tap each."""

    COMING = "coming", _("I'm coming")
    SLOWER = "slower", _("Slower, please")
    SOMEONE_ELSE = "someone_else", _("Someone else")
    PAUSE = "pause", _("A pause")
    DONE = "done", _("I'm done")
    CALL = "call", _("Call me")


WEEKS: Sequence[tuple[str, str]] = (
    ("2", N_("2 weeks")),
    ("4", N_("4 weeks")),
    ("8", N_("8 weeks")),
    ("", N_("I don't know yet")),
)
WHYS: Sequence[str] = (
    N_("I got what I came for"),
    N_("it was not for me"),
    N_("we did not click"),
    N_("it did not help"),
    N_("money or time"),
    N_("something else"),
)
