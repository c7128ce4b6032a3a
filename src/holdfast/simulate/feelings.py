"""How a session felt to him, what of it raises the chance that he leaves, and what he tells."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from holdfast.simulate.clients import Person
from holdfast.simulate.dice import Dice, logistic
from holdfast.simulate.therapists import Therapist
from holdfast.simulate.world import Asking, Effects
from holdfast.tables.schema import AXES

_FIXED_AXES = ("pace", "approach")
_ROTATING = ("language", "tone", "posture", "energy", "talked_down", "could_say")
_AS_IT_IS, _NOT_HERE = "leave it as it is", "rather not say here"


@dataclass(frozen=True, slots=True)
class Felt:
    """One session from the inside. ``axes`` say too much (+) or too little (−); 0 is just right."""

    understood: float  # 0 to 10
    fell: bool  # by 2 or more since the last one
    axes: Mapping[str, int]

    @property
    def is_low(self) -> bool:
        return self.understood < 6

    @property
    def is_unhappy(self) -> bool:
        return self.is_low or self.fell or abs(self.axes["pace"]) >= 2 or abs(self.axes["approach"]) >= 2


class Mind:
    """What a client feels towards one therapist, session after session."""

    def __init__(self, dice: Dice, person: Person, therapist: Therapist) -> None:
        self._dice = dice
        self._distance = {axis: therapist.style[axis] - person.prefers[axis] for axis in AXES}
        self._level = dice.normal(8.8, 0.9)
        self._hurt = 0.0
        self._before: float | None = None

    def after_session(self, number: int) -> Felt:
        """Feel one session. Therapists adapt, so that a mismatch wears off slowly; ruptures heal by half each time."""
        adapted = max(0.5, 1.0 - 0.05 * (number - 1))
        axes = {
            axis: max(-3, min(3, round(0.42 * adapted * gap + self._dice.normal(0, 0.6))))
            for axis, gap in self._distance.items()
        }
        self._hurt = self._dice.between(2.0, 4.5) if self._dice.chance(0.06) else self._hurt * 0.5
        strain = 0.35 * (abs(axes["pace"]) + abs(axes["approach"]))
        understood = max(0.0, min(10.0, self._level - strain - self._hurt + self._dice.normal(0, 0.5)))
        fell = self._before is not None and self._before - understood >= 2.0
        self._before = understood
        return Felt(understood, fell, axes)

    def mend(self) -> None:
        """It was talked about, and it is good again."""
        self._hurt = 0.0


def at_work(
    person: Person, felt: Felt, number: int, *, booked: bool, unanswered: bool, lately: Collection[str]
) -> Iterator[str]:
    """Name what holds after this session and may have an effect. ``lately`` names what happened since the last one."""
    places = {1: "first_session", 2: "second_session", 3: "third_session"}
    if number in places:
        yield places[number]
    for axis in _FIXED_AXES:
        if abs(felt.axes[axis]) >= 2:
            yield f"{axis}_mismatch"
    conditions = {
        "low_understood": felt.is_low,
        "understood_fell": felt.fell,
        "checkin_unanswered": unanswered,
        "nothing_booked": not booked,
        "prior_dropout": person.prior_dropout,
        "young": person.is_young,
        "unemployed": person.employment == "unemployed",
        "man": person.gender == "man",
    }
    yield from (name for name, holds in conditions.items() if holds)
    yield from sorted(lately)


def chance_of_leaving(base: float, effects: Effects, therapist: Therapist, because: tuple[str, ...]) -> float:
    """Turn what holds into the chance of a silent exit, by the world's own rule."""
    return logistic(math.fsum((base, therapist.effect, *(getattr(effects, name) for name in because))))


def will_come(dice: Dice, *, leaving: bool) -> int | None:
    """Answer "will you come?", from 0 to 10, or not at all. Who has left mostly does not, or says so politely."""
    if not dice.chance(0.35 if leaving else 0.8):
        return None
    low, middle, high = (0.3, 0.3, 0.4) if leaving else (0.03, 0.12, 0.85)
    bottom, top = dice.pick(((0, 4), (5, 7), (8, 10)), (low, middle, high))
    return dice.whole(bottom, top)


def answers_chance(asking: Asking, person: Person, felt: Felt) -> float:
    fall = asking.answer_fall if felt.is_low or felt.fell else 0.0
    return logistic(person.answering - fall)


def answers(asking: Asking, dice: Dice, felt: Felt, number: int) -> dict[str, str]:
    """Fill in one check-in: honest, or polite at the ceiling; and now and then a question is skipped."""
    polite = dice.chance(asking.politeness)
    given: dict[str, int] = {
        name: _rated(dice, felt, polite=polite) for name in ("understood", "on_target", "worth_it")
    }
    rotating = {_ROTATING[(2 * number) % 6], _ROTATING[(2 * number + 1) % 6]}
    for axis in AXES:
        if axis in _FIXED_AXES or axis in rotating:
            given[axis] = 0 if polite and dice.chance(0.7) else felt.axes[axis]
    if "talked_down" in rotating:
        given["talked_down"] = 1 if felt.is_low and not polite else 0
    if "could_say" in rotating:
        given["could_say"] = _rated(dice, felt, polite=polite)
    shown = {name: str(value) for name, value in given.items() if not dice.chance(0.04)}
    return {**shown, "change": _wish(dice, felt, polite=polite)}


def _rated(dice: Dice, felt: Felt, *, polite: bool) -> int:
    if polite:
        return dice.pick((9, 10), (0.35, 0.65))
    return max(0, min(10, round(felt.understood + dice.normal(0, 0.6))))


def _wish(dice: Dice, felt: Felt, *, polite: bool) -> str:
    if polite or dice.chance(0.5):
        return dice.pick((_AS_IT_IS, _NOT_HERE, ""), (0.75, 0.1, 0.15))
    if felt.axes["pace"] >= 2:
        return "slower"
    if felt.axes["pace"] <= -2:
        return "get to the point sooner"
    if felt.axes["approach"] <= -2:
        return "something practical to try"
    return dice.pick((_AS_IT_IS, "explain what we are doing and why", "more of a plan"), (0.7, 0.15, 0.15))
