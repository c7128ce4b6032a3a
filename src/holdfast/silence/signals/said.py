"""Signals from what he said in check-ins, and from what he left unsaid."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from holdfast.fit import FALL, TITLES
from holdfast.silence.checkins import AS_IT_IS, ASKS, AT_THIS_ONE, NOT_HERE, RATED, ROTATING
from holdfast.silence.signals.signal import PENDING, UNASKED, Known, Rules, Signal, if_pending
from holdfast.words import Words

HIGH, LOW = 8, 5  # from 8 up he says yes; up to 5 he says no
TOP = 10
MUCH = 2  # points from "just right"


def _rated(name: str, facts: ir.Table) -> Rules:
    answer = facts[name]
    return if_pending(facts, ([(answer.isnull(), UNASKED), (answer >= HIGH, "high"), (answer <= LOW, "low")], "middle"))


def _fall(name: str, facts: ir.Table) -> Rules:
    answer, before = facts[name], facts[f"{name}_before"]
    return if_pending(
        facts,
        (
            [
                (answer.isnull(), UNASKED),
                (before.isnull(), "first"),
                (before - answer >= FALL, "fell"),
                (answer - before >= FALL, "rose"),
            ],
            "same",
        ),
    )


def _at_the_top(facts: ir.Table) -> Rules:
    answers = [facts[name] for name in RATED]
    nothing = answers[0].isnull() & answers[1].isnull() & answers[2].isnull()
    below = (answers[0] < TOP).fill_null(False) | (answers[1] < TOP).fill_null(False)
    below = below | (answers[2] < TOP).fill_null(False)
    return if_pending(facts, ([(nothing, UNASKED), (below, "no")], "yes"))


def _axis(name: str, facts: ir.Table) -> Rules:
    felt = facts[name] if name in AT_THIS_ONE else latest(name, facts)
    return if_pending(
        facts,
        (
            [(felt.isnull(), UNASKED), (felt == 0, "right"), (felt >= MUCH, "much"), (felt <= -MUCH, "little")],
            "slightly",
        ),
    )


def latest(name: str, facts: ir.Table) -> ir.IntegerValue:
    """His latest answer of the last three contacts, to what is not asked each time."""
    return facts[name].fill_null(facts[f"{name}_recent"])


def _talked_down(facts: ir.Table) -> Rules:
    felt = latest("talked_down", facts)
    return if_pending(facts, ([(felt.isnull(), UNASKED), (felt == 0, "never"), (felt == 1, "once")], "often"))


def _could_say(facts: ir.Table) -> Rules:
    could = latest("could_say", facts)
    return if_pending(facts, ([(could.isnull(), UNASKED), (could >= 7, "high"), (could >= 4, "middle")], "low"))


def _change(facts: ir.Table) -> Rules:
    picked, asked_before = facts.change_kind, (facts.change_before == ASKS).fill_null(False)
    return if_pending(
        facts,
        (
            [
                (picked.isnull(), UNASKED),
                (picked == NOT_HERE, "not_here"),
                ((picked == AS_IT_IS) & asked_before, "came"),
                (picked == AS_IT_IS, "as_it_is"),
                (asked_before, "again"),
            ],
            "wish",
        ),
    )


def _masculine_pace(facts: ir.Table) -> Rules:
    too_deep = ((facts.masculinity >= 4) & (facts.pace >= MUCH)).fill_null(False)
    return if_pending(facts, ([(too_deep, "yes")], "no"))


def _checkin(facts: ir.Table) -> Rules:
    return (
        [
            (~facts.asked, "not_asked"),
            (facts.answered, "answered"),
            (facts.pending, PENDING),
            (facts.asked_before == 0, "unanswered_first"),
            (facts.answered_before >= 2, "unanswered_usually"),
        ],
        "unanswered_often",
    )


def _answering(facts: ir.Table) -> Rules:
    now = facts.answered.ifelse(1, 0) + facts.answered_1 + facts.answered_2
    then = facts.answered_3 + facts.answered_4 + facts.answered_5
    too_few = ~facts.asked | then.isnull()
    return if_pending(facts, ([(too_few, UNASKED), ((now <= 1) & (then >= 2), "less")], "steady"))


_RATED_WORDS = {
    "understood": {
        "low": "felt little understood: {understood} of 10",
        "middle": "felt only partly understood: {understood} of 10",
    },
    "on_target": {
        "low": "did not get to what matters to him: {on_target} of 10",
        "middle": "only partly got to what matters to him: {on_target} of 10",
    },
    "worth_it": {
        "low": "hardly worth his time: {worth_it} of 10",
        "middle": "only partly worth his time: {worth_it} of 10",
    },
}
_NAMES = {"understood": "'understood'", "on_target": "'on target'", "worth_it": "'worth it'"}

FELT = {
    "approach": (Words("too much talk about feelings"), Words("too much doing")),
    "language": (Words("words too plain"), Words("words too clinical")),
    "tone": (Words("too gentle"), Words("too blunt")),
    "posture": (Words("led too little"), Words("led too much")),
    "pace": (Words("too slow"), Words("too fast or too deep")),
    "energy": (Words("too calm"), Words("too lively")),
}


def _rated_signal(name: str) -> Signal:
    words = _RATED_WORDS[name]
    codes = {"high": "", "low": words["low"], "middle": words["middle"], UNASKED: "", PENDING: ""}
    return Signal(name, f"How he rated this one: {TITLES[name].lower()}", codes, Known.SETTLED, partial(_rated, name))


def _fall_signal(name: str) -> Signal:
    changed = f"{_NAMES[name]} {{move}} from {{{name}_before}} to {{{name}}}"
    codes = {
        "same": "",
        "fell": changed.format(move="fell", **{name: f"{{{name}}}", f"{name}_before": f"{{{name}_before}}"}),
        "rose": changed.format(move="rose", **{name: f"{{{name}}}", f"{name}_before": f"{{{name}_before}}"}),
        "first": "",
        UNASKED: "",
        PENDING: "",
    }
    return Signal(
        f"{name}_fall",
        f"Whether {_NAMES[name]} moved by {FALL} or more from his last answer in this episode",
        codes,
        Known.SETTLED,
        partial(_fall, name),
    )


def _axis_signal(name: str) -> Signal:
    less, more = FELT[name]
    since = "" if name in AT_THIS_ONE else "; the latest answer of the last three contacts"
    codes = {
        "right": "",
        "slightly": f"felt a little off: {name} {{{name}}} on a scale from -3 to 3",
        "little": f"felt {less}: {{{name}}} on a scale from -3 to 3",
        "much": f"felt {more}: {{{name}}} on a scale from -3 to 3",
        UNASKED: "",
        PENDING: "",
    }
    return Signal(
        name, f"How the {name} felt: just right, {less}, {more}{since}", codes, Known.SETTLED, partial(_axis, name)
    )


SAID = (
    *(_rated_signal(name) for name in RATED),
    *(_fall_signal(name) for name in RATED),
    Signal(
        "at_the_top",
        "Whether everything he rated got a 10: politeness, or all is well",
        {"no": "", "yes": "everything rated 10, which says little", UNASKED: "", PENDING: ""},
        Known.SETTLED,
        _at_the_top,
    ),
    *(_axis_signal(name) for name in ("approach", "language", "tone", "posture", "pace", "energy")),
    Signal(
        "talked_down",
        "Whether he felt talked down to; the latest answer of the last three contacts",
        {
            "never": "",
            "once": "felt talked down to once",
            "often": "felt talked down to more than once",
            UNASKED: "",
            PENDING: "",
        },
        Known.SETTLED,
        _talked_down,
    ),
    Signal(
        "could_say",
        "Whether he could say it if something was off; the latest answer of the last three contacts",
        {
            "high": "",
            "middle": "not sure that he could say it if something was off: {could_say} of 10",
            "low": "could not say it if something was off: {could_say} of 10",
            UNASKED: "",
            PENDING: "",
        },
        Known.SETTLED,
        _could_say,
    ),
    Signal(
        "change",
        "The one change he picked for next time, and whether the last one came",
        {
            UNASKED: "",
            "as_it_is": "picked to leave it as it is",
            "wish": "asked for a change: '{change}'",
            "again": "asked for a change again: '{change}'",
            "came": "had asked for a change, and now picked to leave it as it is",
            "not_here": "would rather not say here what to change",
            PENDING: "",
        },
        Known.SETTLED,
        _change,
    ),
    Signal(
        "masculine_pace",
        "Whether it went too fast or too deep for someone who calls himself traditional",
        {
            "no": "",
            "yes": "felt too fast or too deep, and he calls himself traditional: {masculinity} of 5",
            PENDING: "",
        },
        Known.SETTLED,
        _masculine_pace,
    ),
    Signal(
        "checkin",
        "Whether he answered the check-in about this one",
        {
            "not_asked": "",
            "answered": "answered the check-in",
            "unanswered_usually": "left the check-in of {asked_on} unanswered, and he usually answers",
            "unanswered_often": "left the check-in of {asked_on} unanswered, as before",
            "unanswered_first": "left his first check-in, of {asked_on}, unanswered",
            PENDING: "",
        },
        Known.SETTLED,
        _checkin,
        note="Usually: at least two of the last up to three that he was sent before.",
    ),
    Signal(
        "answering",
        "Whether he answers less than he did: at most one of the last three, after two or three of the three before",
        {"steady": "", "less": "answers fewer check-ins than before", UNASKED: "", PENDING: ""},
        Known.SETTLED,
        _answering,
    ),
)
__all__ = ["ROTATING", "SAID"]
