"""Filling words with a client's own values: dates as people write them, days as days, no more digits than help."""

from __future__ import annotations

import re
from datetime import datetime
from math import ceil, floor

import polars as pl

PLACE = re.compile(r"\{(\w+)\}")
MEASURES = {"phq9": "PHQ-9", "gad7": "GAD-7", "core10": "CORE-10", "who5": "WHO-5"}


def filled(template: str, frame: pl.DataFrame, at: datetime) -> pl.Expr:
    """The words with each ``{name}`` filled from the column of that name; null where a value is not known.

    ``…_on`` is a date, ``…_days`` a number of days, ``…_every`` the same after "every".
    """
    names = PLACE.findall(template)
    if not names:
        return pl.lit(template)
    return pl.format(PLACE.sub("{}", template), *(_shown(name, frame, at) for name in names))


def in_ten(chance: float, low: float, high: float) -> tuple[str, int, int]:
    """A chance as so many in ten, and the ends of its range, rounded outwards."""
    middle = round(10 * chance)
    near = "more than 9 in 10" if middle == 10 else f"about {middle} in 10" if middle else "less than 1 in 10"
    return near, floor(10 * low), ceil(10 * high)


def _shown(name: str, frame: pl.DataFrame, at: datetime) -> pl.Expr:
    if name.endswith("_every"):
        return _turns(pl.col(name.removesuffix("_every") + "_days"))
    column = pl.col(name)
    if name == "measure":
        return column.replace(MEASURES)
    if name.endswith("_days"):
        whole = column.round().cast(pl.Int64)
        return pl.when(whole == 1).then(pl.lit("1 day")).otherwise(pl.format("{} days", whole))
    kind = frame.schema[name]
    if kind.is_temporal():
        return _date(column.cast(pl.Date), at)
    return _number(column) if kind.is_float() else column.cast(pl.String)


def _turns(days: pl.Expr) -> pl.Expr:
    whole = days.round().cast(pl.Int64)
    return pl.when(whole <= 1).then(pl.lit("day")).otherwise(pl.format("{} days", whole))


def _date(day: pl.Expr, at: datetime) -> pl.Expr:
    """3 November; with the year if it is not this one."""
    short = pl.format("{} {}", day.dt.day(), day.dt.strftime("%B"))
    return pl.when(day.dt.year() == at.year).then(short).otherwise(pl.format("{} {}", short, day.dt.year()))


def _number(column: pl.Expr) -> pl.Expr:
    """A whole number without a point, any other with one digit after it."""
    rounded = column.round(1)
    whole = rounded.cast(pl.Int64)
    return pl.when(rounded == whole).then(whole.cast(pl.String)).otherwise(rounded.cast(pl.String))
