"""What followed when something was said or done: he came back, went to somebody else, finished, left, or too early.

What followed is no proof that it helped: nobody knows what would have come without it. So it is plural, never scored,
and below a floor it is "too few to tell".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdfast.silence.outcomes import LEAST_DAYS, RHYTHMS
from holdfast.tables.schema import AXES, Ending
from holdfast.words import Words, plural

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
    def words(self) -> Words:
        """What is said beside it, always with its base."""
        if self.tried >= LEAST_TRIED:
            return Words("Tried {times} times here: {followed}.", times=self.tried, followed=self._followed)
        ever = self.tried + self.early
        if ever == 2:
            return Words("Tried twice here: too few to tell.")
        if not ever:
            return Words("Not tried here yet.")
        return plural("Tried once here: too few to tell.", "Tried {count} times here: too few to tell.", ever)

    @property
    def _followed(self) -> Sequence[Words]:
        came = Words("{count} came back", count=self.came_back)
        if self.rose:
            came = Words("{came} ({rose} with a better check-in)", came=came, rose=self.rose)
        others = (
            (self.switched, Words("{count} went on with somebody else here", count=self.switched)),
            (self.ended, Words("{count} finished", count=self.ended)),
            (self.left, Words("{count} left", count=self.left)),
        )
        return [came, *(words for count, words in others if count)]


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
