"""What he said before a session, in words for whoever may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext

from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.before_questions import ATTEND, CANCEL, REPLY, UNTIL, WEEKS, WHY, Reply
from holdfast_site.languages import N_

WILL_COME = 8  # of 10: from here on the silence model reads it as a yes
SAYS = {
    Reply.COMING: N_("Says he is coming"),
    Reply.SLOWER: N_("Asked to go slower"),
    Reply.SOMEONE_ELSE: N_("Asked for someone else"),
    Reply.PAUSE: N_("Asked for a pause"),
    Reply.DONE: N_("Said he is done"),
    Reply.CALL: N_("Asked to be called"),
}


def lines(answers: Mapping[str, Value]) -> Sequence[str]:
    """One line an answer; none for a check-in after a session."""
    found = []
    if REPLY in answers:
        found.append(gettext(SAYS[Reply(str(answers[REPLY]))]) + _until(answers))
    if WHY in answers:
        found.append(gettext("Why: %(why)s") % {"why": gettext(str(answers[WHY]))})
    if CANCEL in answers:
        found.append(gettext("Asks the practice to cancel the appointment"))
    if ATTEND in answers:
        found.append(gettext("How likely he comes next time: %(sure)s of 10") % {"sure": answers[ATTEND]})
    return found


def worth_knowing(answers: Mapping[str, Value]) -> Sequence[str]:
    """The same, where it says more than that he comes."""
    comes = answers.get(REPLY) in (None, Reply.COMING) and int(answers.get(ATTEND, WILL_COME)) >= WILL_COME
    return [] if comes and CANCEL not in answers else lines(answers)


def _until(answers: Mapping[str, Value]) -> str:
    if UNTIL not in answers:
        return ""
    return " " + gettext("of %(weeks)s") % {"weeks": gettext(dict(WEEKS)[str(answers[UNTIL])])}
