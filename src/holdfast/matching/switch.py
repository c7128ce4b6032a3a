"""Whom to offer somebody who asks for another therapist: who has room, and fits better on what was wrong.

A wish for a woman or a man is kept to. Nothing else shuts anybody out, no results of any therapist are looked at, and
there is no score: the answer is a few names with reasons that can be said aloud, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.tables.schema import AXES
from holdfast.words import Words

MOST = 3
CLEAR = 1  # a step on the scale of an axis that is worth a sentence
_THAN = {  # what working further towards each end of an axis is called
    "approach": (Words("Stays more with feelings"), Words("Works more with tools, steps and plans")),
    "language": (Words("Uses plainer words"), Words("Uses more technical words")),
    "tone": (Words("Is gentler"), Words("Is more direct")),
    "posture": (Words("Follows more and leads less"), Words("Leads more")),
    "pace": (Words("Goes slower"), Words("Goes faster")),
    "energy": (Words("Is calmer"), Words("Is livelier")),
}
_FELT = {
    "approach": (Words("too much doing"), Words("too much feeling")),
    "language": (Words("the words too technical"), Words("the words too plain")),
    "tone": (Words("too blunt"), Words("too gentle")),
    "posture": (Words("too much set for him"), Words("too much left to him")),
    "pace": (Words("too fast"), Words("too slow")),
    "energy": (Words("too lively"), Words("too flat")),
}  # what he felt, for whom the first or the second of those ways of working is better
Axes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants who asks for another therapist; whatever he did not say is not there.

    ``felt`` is how it was with the one he leaves (−3…3, 0 just right), ``wishes`` how he would like it (−3…3).
    """

    felt: Axes = field(default_factory=dict)
    wishes: Axes = field(default_factory=dict)
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Therapist:
    """How somebody works, and for how many there is room; ``places`` is none where nobody said."""

    id: str
    places: int | None
    style: Axes = field(default_factory=dict)
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One therapist to offer: what speaks for it, and what he should know before."""

    therapist_id: str
    places: int
    reasons: Sequence[str]
    but: Sequence[str]


def offers(asked: Asked, *, leaves: Therapist, others: Sequence[Therapist], most: int = MOST) -> list[Offer]:
    """Choose whom to offer, at most ``most``: the better fit on what was wrong first, then on wishes, then more room.

    Where something was wrong, whoever would be no better on it is left out. Where nothing is known, it is room alone.
    """
    free = [one for one in others if one.places is not None and one.places > 0 and one.id != leaves.id]
    asked_for = [one for one in free if not asked.gender or one.gender.strip().lower() == asked.gender.strip().lower()]
    gains = {one.id: _gain(asked, leaves, one) for one in asked_for}
    better = [one for one in asked_for if not asked.felt or gains[one.id][0] > 0]
    in_order = sorted(better, key=lambda one: (*(-gain for gain in gains[one.id]), -(one.places or 0), one.id))
    return [_offer(asked, leaves, one) for one in in_order[:most]]


def _gain(asked: Asked, leaves: Therapist, one: Therapist) -> tuple[int, int]:
    """How much better on what was wrong, and on the wishes: for the order alone."""
    moved = (_moved(axis, felt, leaves, one) for axis, felt in asked.felt.items())
    apart = [abs(wish - one.style[axis]) for axis, wish in asked.wishes.items() if axis in one.style]
    return sum(moved), -sum(apart)


def _moved(axis: str, felt: int, leaves: Therapist, one: Therapist) -> int:
    """How far this therapist is in the direction he asked for, up to as far as he asked; below zero: the wrong way."""
    if not felt or axis not in one.style:
        return 0
    step = leaves.style.get(axis, 0) - one.style[axis]
    return min(step, felt) if felt > 0 else min(-step, -felt)


def _offer(asked: Asked, leaves: Therapist, one: Therapist) -> Offer:
    reasons: list[Words] = []
    but: list[Words] = []
    for axis in AXES:
        felt = asked.felt.get(axis, 0)
        moved = _moved(axis, felt, leaves, one)
        if moved >= CLEAR:
            reasons.append(Words("{way}; he felt {felt}.", way=_way(axis, -felt), felt=_felt(axis, felt)))
        elif moved <= -CLEAR:
            but.append(Words("{way}, and he felt {felt}.", way=_way(axis, felt), felt=_felt(axis, felt)))
    for axis in AXES:
        if axis in asked.wishes and axis in one.style and not asked.felt.get(axis):
            near, apart = _near(axis, asked.wishes[axis], one.style[axis])
            reasons += near
            but += apart
    if asked.gender:
        reasons.append(_of_the_gender(asked.gender.strip().lower()))
    return Offer(one.id, one.places or 0, tuple(reasons), tuple(but))


def _of_the_gender(gender: str) -> Words:
    known = {"woman": Words("Is a woman, as he asked."), "man": Words("Is a man, as he asked.")}
    return known.get(gender) or Words("Is a {gender}, as he asked.", gender=gender)


def _way(axis: str, towards: int) -> Words:
    return _THAN[axis][0 if towards < 0 else 1]


def _felt(axis: str, felt: int) -> Words:
    return _FELT[axis][0 if felt > 0 else 1]


def _near(axis: str, wish: int, style: int) -> tuple[list[Words], list[Words]]:
    """A sentence for a wish that is met, or one for a wish that is clearly not."""
    if wish and abs(wish - style) <= CLEAR:
        return [Words("{way}, as he would like.", way=_way(axis, wish))], []
    if abs(wish - style) > 2 * CLEAR:
        return [], [Words("{way} than he would like.", way=_way(axis, style - wish))]
    return [], []
