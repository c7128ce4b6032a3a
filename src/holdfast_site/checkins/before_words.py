"""What he said before a session, in words for whoever may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.before_questions import ATTEND, CANCEL, REPLY, UNTIL, WEEKS, WHY, Reply

WILL_COME = 8  # of 10: from here on the silence model reads it as a yes
SAYS = {
    Reply.COMING: "Says he is coming",
    Reply.SLOWER: "Asked to go slower",
    Reply.SOMEONE_ELSE: "Asked for someone else",
    Reply.PAUSE: "Asked for a pause",
    Reply.DONE: "Said he is done",
    Reply.CALL: "Asked to be called",
}


def lines(answers: Mapping[str, Value]) -> Sequence[str]:
    """One line an answer; none for a check-in after a session."""
    found = []
    if REPLY in answers:
        found.append(SAYS[Reply(str(answers[REPLY]))] + _until(answers))
    if WHY in answers:
        found.append(f"Why: {answers[WHY]}")
    if CANCEL in answers:
        found.append("Asks the practice to cancel the appointment")
    if ATTEND in answers:
        found.append(f"How likely he comes next time: {answers[ATTEND]} of 10")
    return found


def worth_knowing(answers: Mapping[str, Value]) -> Sequence[str]:
    """The same, where it says more than that he comes."""
    comes = answers.get(REPLY) in (None, Reply.COMING) and int(answers.get(ATTEND, WILL_COME)) >= WILL_COME
    return [] if comes and CANCEL not in answers else lines(answers)


def _until(answers: Mapping[str, Value]) -> str:
    return f" of {dict(WEEKS)[str(answers[UNTIL])]}" if UNTIL in answers else ""
