"""Fit on six axes: what he would like, how the therapist works, and how it felt; in words, and where each stands.

Wanted and practised are on one scale from −3 to 3. Felt is another: 0 is "just right", and the sign says which way it
was off; so it is drawn as an arrow from how the therapist works towards where he would have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from holdfast.silence.signals.said import FELT
from holdfast.tables.schema import AXES
from holdfast_site.caseload.words import how_often
from holdfast_site.checkins.answers import Value
from holdfast_site.languages import N_
from holdfast_site.saying import said

ENDS: Mapping[str, tuple[str, str]] = {
    "approach": (N_("staying with feelings"), N_("doing")),
    "language": (N_("everyday words"), N_("clinical words")),
    "tone": (N_("gentle"), N_("blunt")),
    "posture": (N_("following him"), N_("leading him")),
    "pace": (N_("slow, at the surface"), N_("fast, deep")),
    "energy": (N_("calm"), N_("lively")),
}
NAMES: Mapping[str, str] = {
    "approach": N_("Feelings and doing"),
    "language": N_("Words"),
    "tone": N_("Tone"),
    "posture": N_("Who leads"),
    "pace": N_("Pace"),
    "energy": N_("Energy"),
}
LATEST = 5  # answers on one axis
LEFT, STEP, RIGHT = 14, 42, 266  # of the drawing: where −3 stands, a step, where 3 stands
CLEARLY, FEW = 2, 2
ARROW = 30


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis. Blank is not known, and never a zero. ``felt`` are his latest answers, oldest first."""

    name: str
    wanted: int | None
    practised: int | None
    felt: Sequence[int]

    @property
    def title(self) -> str:
        return gettext(NAMES[self.name])

    @property
    def ends(self) -> tuple[str, str]:
        low, high = ENDS[self.name]
        return gettext(low), gettext(high)

    @property
    def is_blank(self) -> bool:
        return self.wanted is None and self.practised is None and not self.felt

    @property
    def off_by(self) -> int:
        """How far it is off: points between wanted and practised, and answers that say so, whichever is more."""
        apart = 0 if self.wanted is None or self.practised is None else abs(self.practised - self.wanted)
        return max(apart, sum(one != 0 for one in self.felt))

    @property
    def words(self) -> str:
        """The whole of it in two sentences."""
        return f"{self._compared} {self._felt}"

    @property
    def _compared(self) -> str:
        if self.wanted is None or self.practised is None:
            return {
                (True, True): gettext("What he would like and how you work are not known."),
                (True, False): gettext("What he would like is not known."),
                (False, True): gettext("How you work is not known."),
            }[self.wanted is None, self.practised is None]
        apart = self.practised - self.wanted
        if not apart:
            return gettext("You work the way he wished.")
        end = self.ends[0] if apart < 0 else self.ends[1]
        if abs(apart) >= CLEARLY:
            return gettext("You work more towards %(end)s than he wished.") % {"end": end}
        return gettext("You work a little more towards %(end)s than he wished.") % {"end": end}

    @property
    def _felt(self) -> str:
        if not self.felt:
            return gettext("Nothing from check-ins.")
        less, more = map(said, FELT[self.name])
        counts = ((sum(one < 0 for one in self.felt), less), (sum(one > 0 for one in self.felt), more))
        told = [(count, side) for count, side in counts if count] or [(len(self.felt), gettext("just right"))]
        sides = "; ".join(f"{side}, {of(count, len(self.felt))}" for count, side in told)
        return gettext("He felt: %(sides)s.") % {"sides": sides}

    # --- where it stands in the drawing -----------------------------------------------------------

    @property
    def steps(self) -> Sequence[int]:
        return [_x(value) for value in range(-3, 4)]

    @property
    def wanted_x(self) -> int | None:
        return None if self.wanted is None else _x(self.wanted)

    @property
    def practised_x(self) -> int | None:
        return None if self.practised is None else _x(self.practised)

    @property
    def arrow(self) -> tuple[int, int] | None:
        """From how the therapist works towards where he would have it, if his answers mostly point one way."""
        pull = -sum((one > 0) - (one < 0) for one in self.felt)
        if self.practised is None or not pull:
            return None
        start, way = _x(self.practised), 1 if pull > 0 else -1
        end = min(max(start + way * ARROW, LEFT - 10), RIGHT + 10)
        return (start + way * 9, end) if abs(end - start) > 12 else None

    @property
    def points_right(self) -> bool:
        return self.arrow is not None and self.arrow[1] > self.arrow[0]


def _x(value: int) -> int:
    return LEFT + STEP * (value + 3)


def of(count: int, answers: int) -> str:
    """How often, with its base."""
    if answers == 1:
        return gettext("in one answer")
    return gettext("%(times)s of %(answers)s") % {"times": how_often(count), "answers": answers}


@dataclass(frozen=True, slots=True)
class Fit:
    """The six axes."""

    axes: Sequence[Axis]

    @property
    def known(self) -> Sequence[Axis]:
        """Those of which something is known."""
        return [axis for axis in self.axes if not axis.is_blank]

    @property
    def off(self) -> Sequence[Axis]:
        """The few that are most clearly off, the most first."""
        return sorted((axis for axis in self.axes if axis.off_by >= CLEARLY), key=lambda axis: -axis.off_by)[:FEW]

    @property
    def unknown(self) -> str:
        """One sentence on the others; blank if there are none."""
        titles = [axis.title.lower() for axis in self.axes if axis.is_blank]
        if len(titles) == len(self.axes):
            return gettext(
                "Nothing is known yet: not what he would like, not how you work, and nothing from check-ins."
            )
        return gettext("Nothing is known yet of: %(axes)s.") % {"axes": ", ".join(titles)} if titles else ""


def fit_of(wanted: Mapping[str, int], practised: Mapping[str, int | None], said: Sequence[Mapping[str, Value]]) -> Fit:
    """The six, from his wishes, the therapist's own words and what he answered, oldest first."""
    felt = {name: [int(answers[name]) for answers in said if name in answers][-LATEST:] for name in AXES}
    return Fit([Axis(name, wanted.get(name), practised.get(name), felt[name]) for name in AXES])
