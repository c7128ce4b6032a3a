"""Filling words with a client's own values: dates as people write them, days as days, no more digits than help.

The names of the values say what they are, as in ``holdfast.words``; here whole columns are filled at once.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil, floor

import polars as pl

from holdfast.words import PLACE, Words

MEASURES = {"phq9": "PHQ-9", "gad7": "GAD-7", "core10": "CORE-10", "who5": "WHO-5"}


def filled(template: str, frame: pl.DataFrame, at: datetime) -> pl.Expr:
    """The words with each ``{name}`` filled from the column of that name; null where a value is not known.

    ``…_on`` is a date, ``…_days`` a number of days, ``…_every`` how often.
    """
    names = PLACE.findall(template)
    if not names:
        return pl.lit(template)
    return pl.format(PLACE.sub("{}", template), *(_shown(name, frame, at) for name in names))


def values_of(template: str, frame: pl.DataFrame) -> pl.Expr:
    """What fills the words, by name, as JSON; for saying them in another language."""
    names = PLACE.findall(template)
    told = [_value(name, frame).alias(name) for name in names]
    return pl.struct(told).struct.json_encode() if told else pl.lit("{}")


def in_ten(chance: float, low: float, high: float) -> tuple[Words, Words | None]:
    """A chance as so many in ten, and its range, rounded outwards; none where it says no more than the chance."""
    middle, least, most = round(10 * chance), floor(10 * low), ceil(10 * high)
    if middle == 0:
        return Words("less than 1 in 10"), None if most <= 1 else _range(least, most)
    if middle == 10:
        return Words("more than 9 in 10"), None if least >= 9 else _range(least, most)
    return Words("about {middle} in 10", middle=middle), _range(least, most)


def _range(least: int, most: int) -> Words:
    if least == 0:
        return Words("it could be anything") if most == 10 else Words("at most {most}", most=most)
    if most == 10:
        return Words("at least {least}", least=least)
    return Words("between {least} and {most}", least=least, most=most)


def _value(name: str, frame: pl.DataFrame) -> pl.Expr:
    column = pl.col(f"{name.removesuffix('_every')}_days" if name.endswith("_every") else name)
    if name == "measure":
        return column.replace(MEASURES)
    return (
        column.cast(pl.Date).cast(pl.String) if name in frame.columns and frame.schema[name].is_temporal() else column
    )


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
    return pl.when(whole <= 1).then(pl.lit("every day")).otherwise(pl.format("every {} days", whole))


def _date(day: pl.Expr, at: datetime) -> pl.Expr:
    """3 November; with the year if it is not this one."""
    short = pl.format("{} {}", day.dt.day(), day.dt.strftime("%B"))
    return pl.when(day.dt.year() == at.year).then(short).otherwise(pl.format("{} {}", short, day.dt.year()))


def _number(column: pl.Expr) -> pl.Expr:
    """A whole number without a point, any other with one digit after it."""
    rounded = column.round(1)
    whole = rounded.cast(pl.Int64)
    return pl.when(rounded == whole).then(whole.cast(pl.String)).otherwise(rounded.cast(pl.String))
