"""The card's words for people: every signal, every answer and every published figure without a code."""

from __future__ import annotations

import re
from collections.abc import Mapping

from holdfast.fit import TITLES
from holdfast.silence.priors import Basis, Evidence, Prior
from holdfast.silence.signals.said import FELT

_NONE, _PENDING = "not answered or not asked", "may still be answered"
_RATED = {"high": "8 to 10", "middle": "6 or 7", "low": "5 or less", "none": _NONE, "pending": _PENDING}
_MOVED = {
    "same": "about as before",
    "fell": "fell by 2 or more",
    "rose": "rose by 2 or more",
    "first": "his first answer",
    "none": _NONE,
    "pending": _PENDING,
}


def _felt(axis: str) -> Mapping[str, str]:
    less, more = FELT[axis]
    return {
        "right": "just right",
        "slightly": "a little off",
        "little": less,
        "much": more,
        "none": _NONE,
        "pending": _PENDING,
    }


SIGNALS_IN_WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {  # name, and what each code says
    "session": (
        "How far along",
        {
            "s21": "session 21 or later",
            "s1": "first session",
            "s2": "second session",
            "s3": "third session",
            "s4_5": "session 4 or 5",
            "s6_10": "sessions 6 to 10",
            "s11_20": "sessions 11 to 20",
        },
    ),
    "booking": (
        "Next appointment",
        {
            "ahead": "booked",
            "ahead_late": "booked, later than he usually comes",
            "free_usual": "not booked, and he usually books on the day",
            "free": "not booked on the day",
            "not_known": "not known whether it was booked",
        },
    ),
    "perhaps_finished": (
        "Nothing booked after a later session",
        {"no": "no", "yes": "yes: perhaps agreed as the last"},
    ),
    "missed": (
        "Missed before this session",
        {
            "none": "nothing",
            "called_off": "called one off",
            "late": "cancelled one late",
            "no_show": "did not come to one",
            "several": "two or more",
        },
    ),
    "provider": ("Called off by the therapist", {"no": "nothing", "yes": "one or more"}),
    "widening": (
        "Time since the session before",
        {
            "no": "as usual",
            "some": "somewhat longer than usual",
            "much": "much longer than usual",
            "none": "too early to tell",
        },
    ),
    "repair": ("A rupture or a wish, spoken about", {"no": "no", "yes": "yes"}),
    "understood": (TITLES["understood"], _RATED),
    "on_target": (TITLES["on_target"], _RATED),
    "worth_it": (TITLES["worth_it"], _RATED),
    "understood_fall": (f"{TITLES['understood']}, beside last time", _MOVED),
    "on_target_fall": (f"{TITLES['on_target']}, beside last time", _MOVED),
    "worth_it_fall": (f"{TITLES['worth_it']}, beside last time", _MOVED),
    "at_the_top": ("Everything rated 10", {"no": "no", "yes": "yes", "none": _NONE, "pending": _PENDING}),
    "approach": (TITLES["approach"], _felt("approach")),
    "language": (TITLES["language"], _felt("language")),
    "tone": (TITLES["tone"], _felt("tone")),
    "posture": (TITLES["posture"], _felt("posture")),
    "pace": (TITLES["pace"], _felt("pace")),
    "energy": (TITLES["energy"], _felt("energy")),
    "talked_down": (
        TITLES["talked_down"],
        {"never": "never", "once": "once", "often": "more than once", "none": _NONE, "pending": _PENDING},
    ),
    "could_say": (
        TITLES["could_say"],
        {"high": "7 to 10", "middle": "4 to 6", "low": "3 or less", "none": _NONE, "pending": _PENDING},
    ),
    "change": (
        "The one change he picked",
        {
            "none": _NONE,
            "as_it_is": "leave it as it is",
            "wish": "asked for a change",
            "again": "asked for a change again",
            "came": "had asked for one, and now leaves it as it is",
            "not_here": "would rather not say here",
            "pending": _PENDING,
        },
    ),
    "masculine_pace": (
        "Too fast or too deep for a man who calls himself traditional",
        {"no": "no", "yes": "yes", "pending": _PENDING},
    ),
    "checkin": (
        "Check-in about this session",
        {
            "not_asked": "none was sent",
            "answered": "answered",
            "unanswered_usually": "not answered, and he usually answers",
            "unanswered_often": "not answered, as before",
            "unanswered_first": "his first, not answered",
            "pending": _PENDING,
        },
    ),
    "answering": (
        "How often he answers",
        {"steady": "as before", "less": "less than before", "none": "too early to tell", "pending": _PENDING},
    ),
    "wish_distance": (
        "How he would like to be worked with",
        {
            "near": "much as the therapist works",
            "some": "somewhat differently",
            "far": "quite differently",
            "unknown": "not known",
            "asked": "he has said how it feels",
        },
    ),
    "age": (
        "Age",
        {
            "over_30": "30 to 44",
            "under_30": "under 30",
            "a45_59": "45 to 59",
            "a60": "60 and over",
            "unknown": "not known",
        },
    ),
    "employment": (
        "Employment",
        {
            "working": "working",
            "unemployed": "without work",
            "student": "a student",
            "retired": "retired",
            "other": "other",
            "unknown": "not known",
        },
    ),
    "prior_dropout": (
        "Stopped therapy without a word before",
        {"no": "no", "yes": "yes", "unknown": "not known"},
    ),
    "masculinity": (
        "Calls himself traditional",
        {"low": "3 or less of 5", "high": "4 or 5 of 5", "unknown": "not known"},
    ),
    "gender": ("Gender", {"man": "man", "woman": "woman", "other": "another", "unknown": "not known"}),
    "symptoms": (
        "Questionnaire score, beside the first",
        {"same": "about the same", "better": "better", "worse": "worse", "none": "not two of one kind"},
    ),
}

_BASES = {Basis.JUDGEMENT: "our judgement", Basis.ZERO: "no direction known"}
_MEASURES = {
    "OR": "odds ratio",
    "HR": "hazard ratio",
    "d": "standardised difference",
    "r": "correlation",
    "beta": "regression coefficient",
}


def signal_name(name: str) -> str:
    return SIGNALS_IN_WORDS[name][0]


def answer(name: str, code: str) -> str:
    """What a code says: "session 4 or 5"."""
    return SIGNALS_IN_WORDS[name][1][code]


def rests_on(prior: Prior) -> str:
    """The ids of the published figures, or that there are none."""
    return ", ".join(prior.evidence) or _BASES.get(prior.basis, str(prior.basis).replace("_", " "))


def figure(row: Evidence) -> str:
    """One published figure: "odds ratio 2.3", "3.8 % of the variance", or that none was printed."""
    if row.measure == "direction":
        return f"no figure printed, direction only: {row.value}"
    if not row.value:
        return f"no figure printed{_range(row)}"
    if row.measure == "pct":
        return f"{row.value} %"
    if row.measure == "var_pct":
        return f"{row.value} % of the variance"
    if row.measure == "count":
        return f"{row.value} of {row.n}" if row.n else row.value
    return f"{_MEASURES.get(row.measure, row.measure)} {row.value}"


def _range(row: Evidence) -> str:
    if row.ci_low is None or row.ci_high is None:
        return ""
    return f", only its range: {row.ci_low:g} to {row.ci_high:g}".replace("-", "−")


def without_signs(text: str) -> str:
    """Write comparisons out, so that no page has to escape them: "<30" is "under 30"."""
    for sign, words in ((r"<=", "at most"), (r">=", "at least"), (r"<", "under"), (r">", "over")):
        text = re.sub(rf"{sign}\s*(?=\d)", f"{words} ", text)
    return text.replace("<", "‹").replace(">", "›")
