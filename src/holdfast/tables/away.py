"""Days on which the practice says that somebody was not there: a therapist's leave, or the whole practice closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import polars as pl

from holdfast.tables.moments import wall_clock
from holdfast.words import Words

AWAY = "away"  # how the engine calls them, and ``practice.json``
SCHEMA = {"therapist_id": pl.String, "first_day": pl.Datetime, "last_day": pl.Datetime, "told_at": pl.Datetime}


@dataclass(frozen=True, slots=True)
class Away:
    """From the first day to the last, both of them included. No therapist: nobody was there.

    ``told_at``, on the practice's clock, is when it was said. Blank: it was known from the first day on.
    """

    therapist_id: str | None
    first_day: date
    last_day: date
    told_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(
                Words(
                    "away until {last_day}, which is before {first_day}",
                    last_day=self.last_day,
                    first_day=self.first_day,
                )
            )


def read(told: Any, timezone: str | None) -> tuple[Away, ...]:
    """What stands in ``practice.json``: ``first_day``, ``last_day`` and, if it is known, ``therapist_id``, ``told_at``.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it is anything else.
    """
    return tuple(
        Away(
            None if one.get("therapist_id") is None else str(one["therapist_id"]),
            date.fromisoformat(one["first_day"]),
            date.fromisoformat(one["last_day"]),
            wall_clock(datetime.fromisoformat(one["told_at"]), timezone) if one.get("told_at") else None,
        )
        for one in told
    )


def frame(found: Sequence[Away]) -> pl.DataFrame:
    """The same as a table for the engine."""
    rows = [(one.therapist_id, _begin(one.first_day), _begin(one.last_day), one.told_at) for one in found]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min)
