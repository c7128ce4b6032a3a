"""Who works in the practice, how, and when they have an hour free."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from holdfast.errors import UsageError
from holdfast.simulate.dice import Dice
from holdfast.simulate.world import World
from holdfast.tables.schema import AXES

CONCERNS = ("anger", "anxiety", "low mood", "work stress", "separation", "grief", "alcohol", "fatherhood", "trauma")
_FRAMEWORKS = ("ACT", "CBT", "EMDR", "narrative", "person-centred", "psychodynamic", "schema", "solution-focused")
_STYLE_MEAN = {"approach": -0.5, "pace": 0.2, "posture": -0.5, "tone": -0.8, "language": 0.3, "energy": -0.3}


@dataclass(slots=True)
class Therapist:
    """A therapist with a calendar. Every hour is given away once, whatever becomes of the appointment."""

    id: str
    gender: str
    style: Mapping[str, int]
    works_with: tuple[str, ...]
    frameworks: tuple[str, ...]
    capacity: int
    weekdays: tuple[int, ...]
    starts: tuple[int, ...]  # minutes after midnight, an hour apart
    leave: frozenset[date]
    effect: float  # on the log-odds of a silent exit
    careless: bool  # does not keep records
    defaulting: bool  # the system writes "attended" by itself
    leaves_on: date | None = None
    taken: set[datetime] = field(default_factory=set)

    def is_working(self, day: date, world: World) -> bool:
        return day.weekday() in self.weekdays and day not in self.leave and not world.is_closed(day)

    def take(self, day: date, minutes: int, world: World, *, after: datetime) -> datetime:
        """Give away the free hour nearest to a wish, later than ``after``."""
        for candidate in self._days(day):
            if candidate < after.date() or not self.is_working(candidate, world):
                continue
            for start in sorted(self.starts, key=lambda found: (abs(found - minutes), found)):
                moment = datetime.combine(candidate, time(start // 60, start % 60))
                if moment > after and moment not in self.taken:
                    self.taken.add(moment)
                    return moment
        raise UsageError("Too few therapists for so many clients. Raise World.n_therapists, or leave it blank.")

    def same_day(self, moment: datetime, world: World) -> datetime | None:
        """Give away a later hour of the same day, if one is free."""
        for hours in (1, 2, 3):
            later = moment + timedelta(hours=hours)
            minutes = later.hour * 60 + later.minute
            if minutes in self.starts and later not in self.taken and self.is_working(later.date(), world):
                self.taken.add(later)
                return later
        return None

    def _days(self, day: date) -> Iterator[date]:
        for step in (0, 1, -1, 2, -2, 3, -3, *range(4, 120)):
            yield day + timedelta(days=step)


def hire(world: World, seed: int) -> list[Therapist]:
    """Make the therapists of a practice."""
    dice = Dice(seed, 1)
    count = world.therapists
    effects = _spread(dice, count, world.therapist_sd)
    order = dice.shuffled(range(count))
    careless = set(order[: round(count * world.records.careless_therapists)])
    defaulting = set(order[len(careless) :][: round(count * world.records.defaulting_therapists)])
    leaver = order[-1] if count > 3 and world.staff_turnover else None
    return [
        _therapist(
            world,
            dice,
            index,
            effects[index],
            careless=index in careless,
            defaulting=index in defaulting,
            leaves_on=world.clock_now.date() - timedelta(days=230) if index == leaver else None,
        )
        for index in range(count)
    ]


def _therapist(
    world: World, dice: Dice, index: int, effect: float, *, careless: bool, defaulting: bool, leaves_on: date | None
) -> Therapist:
    weekdays = tuple(sorted(dice.shuffled(range(5))[: dice.whole(3, 4)]))
    first_hour, minute = dice.pick((8, 9, 10, 12)), dice.pick((0, 0, 15, 30))
    starts = tuple((first_hour + hour) * 60 + minute for hour in range(8) if hour != 4)
    return Therapist(
        id=f"T{index + 1:02d}",
        gender=dice.pick(("woman", "man", "non-binary"), (0.62, 0.35, 0.03)),
        style={axis: _within(dice.normal(_STYLE_MEAN[axis], 1.4)) for axis in AXES},
        works_with=tuple(sorted(dice.shuffled(CONCERNS)[:4])),
        frameworks=tuple(sorted(dice.shuffled(_FRAMEWORKS)[: dice.whole(1, 3)])),
        capacity=4 * len(weekdays) + dice.whole(2, 8),
        weekdays=weekdays,
        starts=starts,
        leave=frozenset(_leave(world, dice)),
        effect=effect,
        careless=careless,
        defaulting=defaulting,
        leaves_on=leaves_on,
    )


def _leave(world: World, dice: Dice) -> Iterator[date]:
    """Two holidays a year, of a week each by default, at other times than the closures."""
    first = world.opened.year
    for year in range(first, world.clock_now.year + 2):
        for low, high in ((40, 150), (255, 320)):
            begins = date(year, 1, 1) + timedelta(days=dice.whole(low, high))
            yield from (begins + timedelta(days=day) for day in range(world.leave_days))


def _spread(dice: Dice, count: int, sd: float) -> list[float]:
    """Draw effects whose mean is 0 and whose standard deviation is ``sd``, even among a dozen."""
    drawn = [dice.normal() for _ in range(count)]
    mean = math.fsum(drawn) / count
    size = math.sqrt(math.fsum((value - mean) * (value - mean) for value in drawn) / count)
    return [sd * (value - mean) / size if size else 0.0 for value in drawn]


def _within(value: float, low: int = -3, high: int = 3) -> int:
    return max(low, min(high, round(value)))
