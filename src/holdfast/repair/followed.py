"""What followed when something was said or done: he came back, went to somebody else, finished, left, or too early.

What followed is no proof that it helped: nobody knows what would have come without it. So it is counted, never scored,
and below a floor it is "too few to tell".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdfast.insight.result import TOO_FEW
from holdfast.silence.outcomes import LEAST_DAYS, RHYTHMS
from holdfast.tables.schema import AXES, Ending

LEAST_TRIED = 10  # of which it is known what followed
ROSE_BY = 2  # points of ten
RATED = ("understood", "on_target", "worth_it", "could_say")
WEEK = 7.0


class Followed(StrEnum):
    """What followed, the last that is known."""

    ROSE = "came back, and a check-in rose"
    CAME_BACK = "came back"
    SWITCHED = "went on with somebody else here"
    ENDED = "finished, and said so"
    LEFT = "left"
    TOO_EARLY = "too early to tell"


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What is known of one client with one therapist: sessions, the ending, and what he answered and when."""

    sessions: Sequence[datetime]
    ending: tuple[datetime, Ending] | None
    answers: Sequence[tuple[datetime, Mapping[str, int | str]]]
    rhythm_days: float | None = None


def followed(at: datetime, then: Afterwards, *, now: datetime) -> Followed:
    """Say what followed something that was done at ``at``, as it is known ``now``.

    He *left* if the practice recorded that he went silent, or if nothing came for 60 days and six of his own rhythms:
    the same rule by which the silence model is judged.
    """
    if any(at < session <= now for session in then.sessions):
        return Followed.ROSE if _rose(at, then.answers) else Followed.CAME_BACK
    if then.ending is not None and then.ending[0].date() >= at.date():
        kind = then.ending[1]
        return {Ending.SWITCHED: Followed.SWITCHED, Ending.SILENT: Followed.LEFT}.get(kind, Followed.ENDED)
    long = long_quiet(then.rhythm_days or WEEK)
    return Followed.LEFT if (now - at).total_seconds() / 86_400 >= long else Followed.TOO_EARLY


def long_quiet(rhythm_days: float) -> float:
    """After how many quiet days the rule calls it leaving: 60, and six of his own rhythms."""
    return max(float(LEAST_DAYS), RHYTHMS * rhythm_days)


def _rose(at: datetime, answers: Sequence[tuple[datetime, Mapping[str, int | str]]]) -> bool:
    """Whether any answer got better by two points, or an axis came nearer to "just right" by as much."""
    before: dict[str, int | str] = {}
    after: dict[str, int | str] = {}
    for when, given in answers:
        (before if when <= at else after).update(given)
    rated = any(_both(name, before, after) and int(after[name]) - int(before[name]) >= ROSE_BY for name in RATED)
    axes = any(
        _both(name, before, after) and abs(int(before[name])) - abs(int(after[name])) >= ROSE_BY for name in AXES
    )
    return rated or axes


def _both(name: str, before: Mapping[str, int | str], after: Mapping[str, int | str]) -> bool:
    return name in before and name in after


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was tried, and what followed; ``early`` of them nobody knows yet."""

    tried: int
    came_back: int
    rose: int
    switched: int
    ended: int
    left: int
    early: int

    @property
    def words(self) -> str:
        """What is said beside it, always with its base."""
        if self.tried < LEAST_TRIED:
            ever = self.tried + self.early
            return f"Tried {_times(ever)} here: {TOO_FEW}." if ever else "Not tried here yet."
        others = ((self.switched, "went on with somebody else here"), (self.ended, "finished"), (self.left, "left"))
        rest = "".join(f", {count} {what}" for count, what in others if count)
        rose = f" ({self.rose} with a better check-in)" if self.rose else ""
        return f"Tried {self.tried} times here: {self.came_back} came back{rose}{rest}."


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def tally(outcomes: Iterable[Followed]) -> Tally:
    """Count what followed. ``tried`` are those of which it is known."""
    told = list(outcomes)
    early = told.count(Followed.TOO_EARLY)
    return Tally(
        tried=len(told) - early,
        came_back=told.count(Followed.CAME_BACK) + told.count(Followed.ROSE),
        rose=told.count(Followed.ROSE),
        switched=told.count(Followed.SWITCHED),
        ended=told.count(Followed.ENDED),
        left=told.count(Followed.LEFT),
        early=early,
    )
