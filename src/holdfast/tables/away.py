"""Days on which the practice says that somebody was not there: a therapist's leave, or the whole practice closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import polars as pl

AWAY = "away"  # how the engine calls them, and ``practice.json``
SCHEMA = {"therapist_id": pl.String, "first_day": pl.Datetime, "last_day": pl.Datetime}


@dataclass(frozen=True, slots=True)
class Away:
    """From the first day to the last, both of them included. No therapist: nobody was there."""

    therapist_id: str | None
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(f"away until {self.last_day}, which is before {self.first_day}")


def read(told: Any) -> tuple[Away, ...]:
    """What stands in ``practice.json``: a list of ``first_day``, ``last_day`` and, of one of them, ``therapist_id``.

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
        )
        for one in told
    )


def frame(found: Sequence[Away]) -> pl.DataFrame:
    """The same as a table for the engine."""
    rows = [(one.therapist_id, _begin(one.first_day), _begin(one.last_day)) for one in found]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min)
