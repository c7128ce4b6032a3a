"""Whom to offer somebody who asks for another therapist: who has room, and fits better on what was wrong.

A wish for a woman or a man is kept to. Nothing else shuts anybody out, no results of any therapist are looked at, and
there is no score: the answer is a few names with reasons that can be said aloud, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.tables.schema import AXES

MOST = 3
CLEAR = 1  # a step on the scale of an axis that is worth a sentence
_THAN = {  # what working further towards each end of an axis is called
    "approach": ("Stays more with feelings", "Works more with tools, steps and plans"),
    "language": ("Uses plainer words", "Uses more technical words"),
    "tone": ("Is gentler", "Is more direct"),
    "posture": ("Follows more and leads less", "Leads more"),
    "pace": ("Goes slower", "Goes faster"),
    "energy": ("Is calmer", "Is livelier"),
}
_FELT = {
    "approach": ("too much doing", "too much feeling"),
    "language": ("the words too technical", "the words too plain"),
    "tone": ("too blunt", "too gentle"),
    "posture": ("too much set for him", "too much left to him"),
    "pace": ("too fast", "too slow"),
    "energy": ("too lively", "too flat"),
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
    reasons, but = [], []
    for axis in AXES:
        felt = asked.felt.get(axis, 0)
        moved = _moved(axis, felt, leaves, one)
        if moved >= CLEAR:
            reasons.append(f"{_way(axis, -felt)}; he felt {_felt(axis, felt)}.")
        elif moved <= -CLEAR:
            but.append(f"{_way(axis, felt)}, and he felt {_felt(axis, felt)}.")
    for axis in AXES:
        if axis in asked.wishes and axis in one.style and not asked.felt.get(axis):
            near, apart = _near(axis, asked.wishes[axis], one.style[axis])
            reasons += near
            but += apart
    if asked.gender:
        reasons.append(f"Is a {asked.gender.strip().lower()}, as he asked.")
    return Offer(one.id, one.places or 0, tuple(reasons), tuple(but))


def _way(axis: str, towards: int) -> str:
    return _THAN[axis][0 if towards < 0 else 1]


def _felt(axis: str, felt: int) -> str:
    return _FELT[axis][0 if felt > 0 else 1]


def _near(axis: str, wish: int, style: int) -> tuple[list[str], list[str]]:
    """A sentence for a wish that is met, or one for a wish that is clearly not."""
    if wish and abs(wish - style) <= CLEAR:
        return [f"{_way(axis, wish)}, as he would like."], []
    if abs(wish - style) > 2 * CLEAR:
        return [], [f"{_way(axis, style - wish)} than he would like."]
    return [], []
