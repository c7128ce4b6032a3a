"""A plausible practice, as the signal codes of its sessions: made up by hand, to see what the priors make of it.

A session is drawn in two steps: whether the check-in was answered and how it felt (good, fair, bad), then each
signal for itself. Shares are round numbers on purpose; what is tested must not hang on their second decimal.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from holdfast.silence.priors import PRIORS

Shares = Mapping[str, Mapping[str, float]]
PLACES = {"s1": 1, "s2": 2, "s3": 3, "s4_5": 4, "s6_10": 8, "s11_20": 15, "s21": 25}  # a session that stands for each
RATINGS, AXES = ("understood", "on_target", "worth_it"), ("pace", "approach", "language", "tone", "posture", "energy")
FELT = {"good": 0.74, "fair": 0.18, "bad": 0.08}
ANSWERED = 0.65
FALLS = tuple(f"{name}_fall" for name in RATINGS)
ANSWERS = (*RATINGS, *FALLS, *AXES, "at_the_top", "talked_down", "could_say", "change")


def code_at(session: int) -> str:
    """Name the ``session`` code of the n-th session."""
    limits = {"s1": 1, "s2": 2, "s3": 3, "s4_5": 5, "s6_10": 10, "s11_20": 20}
    return next((code for code, last in limits.items() if session <= last), "s21")


def person() -> Shares:
    return {
        "age": {"over_30": 0.36, "under_30": 0.26, "a45_59": 0.26, "a60": 0.08, "unknown": 0.04},
        "employment": {
            "working": 0.6,
            "unemployed": 0.1,
            "student": 0.1,
            "retired": 0.05,
            "other": 0.05,
            "unknown": 0.1,
        },
        "prior_dropout": {"no": 0.4, "yes": 0.2, "unknown": 0.4},
        "gender": {"man": 0.5, "woman": 0.48, "other": 0.02},
        "masculinity": {"low": 0.2, "high": 0.1, "unknown": 0.7},
        "symptoms": {"same": 0.25, "better": 0.15, "worse": 0.05, "none": 0.55},
        "repair": {"no": 0.95, "yes": 0.05},
        "wish_distance": {"near": 0.15, "some": 0.12, "far": 0.05, "unknown": 0.68},
    }


def bookings(session: int) -> Shares:
    first = session == 1
    usual = {"ahead": 0.65, "ahead_late": 0.05, "free": 0.2, "free_usual": 0.1}
    none_yet = {"ahead": 0.62, "ahead_late": 0.05, "free": 0.33}
    missed = {"none": 0.78, "called_off": 0.12, "late": 0.04, "no_show": 0.05, "several": 0.01}
    return {
        "booking": none_yet if session < 3 else usual,
        "perhaps_finished": {"no": 0.7, "yes": 0.3} if session > 5 else {"no": 1.0},
        "missed": {"none": 1.0} if first else missed,
        "provider": {"no": 1.0} if first else {"no": 0.97, "yes": 0.03},
        "widening": {"none": 1.0} if session < 4 else {"no": 0.85, "some": 0.1, "much": 0.05},
    }


def answers(felt: str, session: int) -> Shares:
    """What an answered check-in holds; the rotating questions are asked of a third of the first sessions."""
    level = {"good": (0.93, 0.07, 0.0), "fair": (0.35, 0.55, 0.10), "bad": (0.0, 0.35, 0.65)}[felt]
    fell = {"good": 0.04, "fair": 0.15, "bad": 0.45}[felt]
    axis = {"good": (0.70, 0.26, 0.02, 0.02), "fair": (0.4, 0.4, 0.1, 0.1), "bad": (0.25, 0.3, 0.2, 0.25)}[felt]
    polite = {"good": 0.97, "fair": 0.8, "bad": 0.6}[felt]
    open_ = {"good": (0.85, 0.10, 0.05), "fair": (0.5, 0.35, 0.15), "bad": (0.3, 0.5, 0.2)}[felt]
    lately = 0.35 if session == 1 else 0.75
    fall = {"first": 1.0} if session == 1 else {"same": 0.9 - fell, "fell": fell, "rose": 0.05, "first": 0.05}
    wishes = {"none": 0.15, "as_it_is": 0.5, "wish": 0.2, "again": 0.05, "came": 0.05, "not_here": 0.05}
    asks = {"none": 0.15, "as_it_is": 0.55, "wish": 0.2, "not_here": 0.1} if session == 1 else wishes
    return {
        **{name: _asked(0.96, ("high", "middle", "low"), level) for name in RATINGS},
        **dict.fromkeys(FALLS, fall),
        **{
            name: _asked(0.96 if number < 2 else lately, ("right", "slightly", "little", "much"), axis)
            for number, name in enumerate(AXES)
        },
        "at_the_top": {"no": 0.65, "yes": 0.35} if felt == "good" else {"no": 1.0},
        "talked_down": _asked(lately, ("never", "once"), (polite, 1 - polite)),
        "could_say": _asked(lately, ("high", "middle", "low"), open_),
        "change": asks,
        "checkin": {"answered": 1.0},
        "wish_distance": {"asked": 1.0},
    }


def _asked(share: float, codes: tuple[str, ...], among: tuple[float, ...]) -> Mapping[str, float]:
    given = {code: share * part for code, part in zip(codes, among, strict=True)}
    return {**given, "none": 1.0 - share}


def unanswered(session: int) -> Shares:
    often = {"unanswered_usually": 0.4, "unanswered_often": 0.5, "unanswered_first": 0.1}
    return {
        "checkin": {"unanswered_first": 1.0} if session == 1 else often,
        "answering": {"none": 1.0} if session < 6 else {"none": 0.6, "steady": 0.25, "less": 0.15},
    }


def kinds(session: int, *, asked: bool) -> list[tuple[float, Shares]]:
    """Kinds of sessions with their shares: one if nobody is asked, else unanswered and three ways it felt."""
    always = {**person(), **bookings(session), "session": {code_at(session): 1.0}}
    if not asked:
        return [(1.0, always)]
    felt = [(ANSWERED * share, {**always, **answers(name, session)}) for name, share in FELT.items()]
    return [(1 - ANSWERED, {**always, **unanswered(session)}), *felt]


def nothing_known(signal: str) -> str:
    """The code of a signal of which a kind says nothing."""
    return "none" if "none" in PRIORS.codes(signal) else PRIORS.codes(signal)[0]


def sessions(session: int, *, asked: bool, count: int, chance: np.random.Generator) -> list[dict[str, str]]:
    """Draw sessions, each as a code for every signal."""
    weights, shares = zip(*kinds(session, asked=asked), strict=True)
    drawn = chance.choice(len(weights), count, p=weights)
    return [
        {signal: _code(signal, shares[number].get(signal), chance) for signal in PRIORS.signals} for number in drawn
    ]


def _code(signal: str, shares: Mapping[str, float] | None, chance: np.random.Generator) -> str:
    if shares is None:
        return nothing_known(signal)
    codes = tuple(shares)
    bounds = np.cumsum(tuple(shares.values()))
    return codes[int(np.searchsorted(bounds, chance.random() * bounds[-1]))]
