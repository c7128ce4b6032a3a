"""Dates and times: from text to the practice's own clock, for whole columns and for one value.

The tables' rule: ISO 8601, local to the practice unless an offset is given. Inside
Holdfast a moment is the practice's wall clock without an offset, so that a weekly
client is seven days apart in the week the clocks change as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from holdfast.errors import UsageError
from holdfast.words import Words

FIRST_YEAR, LAST_YEAR = 1900, 2199  # of whatever a practice can mean
ALLOWED = Words("a date or time such as 2026-11-22, 2026-11-22T14:00 or 2026-11-22T14:00:00+01:00")

_DATE = r"^\d{4}-\d{2}-\d{2}"
_CLOCK = r"[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_SECONDS = r"\d{2}:\d{2}:\d{2}"
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"


def zone(name: str) -> ZoneInfo:
    """Return the time zone, or say which name was not understood."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            Words("{name} is not a time zone. Use a name such as Europe/London or Australia/Sydney.", name=repr(name))
        ) from error


def parse_column(text: pl.Series, timezone: str | None) -> pl.Series:
    """Parse a column of text to wall-clock datetimes; what cannot be read becomes null.

    Values with an offset are moved to ``timezone``, or to UTC where none is known.
    """
    is_plain = text.str.contains(_DATE + "T" + _SECONDS + "$").fill_null(True)  # what nearly every export has
    nothing = pl.Series(text.name, [None], pl.String).new_from_index(0, len(text))
    read = text.zip_with(is_plain, nothing).str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    if is_plain.all():
        return read
    others = nothing.zip_with(is_plain, text).to_frame("text")
    return read.zip_with(is_plain, others.select(_parsed(pl.col("text"), timezone)).to_series())


def _parsed(text: pl.Expr, timezone: str | None) -> pl.Expr:
    has_offset = text.str.contains(_DATE + _CLOCK + _OFFSET)
    has_clock = text.str.contains(_DATE + _CLOCK + "$")
    plain = text.str.replace(" ", "T", literal=True)
    with_seconds = pl.when(plain.str.len_chars() == len("2026-11-22T14:00")).then(plain + ":00").otherwise(plain)
    return (
        pl.when(has_offset)
        .then(_shift_to(with_offset_normalised(plain), timezone))
        .when(has_clock)
        .then(with_seconds.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us"))
        .otherwise(text.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us"))
    )


def with_offset_normalised(text: pl.Expr) -> pl.Expr:
    """Give every offset the form +HH:MM and every time its seconds, as the parser expects."""
    return (
        text.str.replace(r"Z$", "+00:00")
        .str.replace(r"([+-]\d{2})(\d{2})$", "${1}:${2}")
        .str.replace(r"T(\d{2}:\d{2})([+-])", "T${1}:00${2}")
    )


def _shift_to(text: pl.Expr, timezone: str | None) -> pl.Expr:
    instant = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us", time_zone="UTC")
    return instant.dt.convert_time_zone(timezone or "UTC").dt.replace_time_zone(None)


def parse_at(text: str, timezone: str | None) -> datetime:
    """Read one moment as a wall clock; a day on its own means its end, so that its sessions count.

    Raises
    ------
    UsageError
        If the text is neither a date nor a time.
    """
    try:
        if len(text) == len("2026-11-22"):
            return datetime.combine(date.fromisoformat(text), time.max)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(Words("{text} is not a moment. Give {allowed}.", text=repr(text), allowed=ALLOWED)) from error
    return wall_clock(moment, timezone)


def wall_clock(moment: datetime, timezone: str | None) -> datetime:
    """Return ``moment`` on the practice's clock, without an offset."""
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(zone(timezone) if timezone else UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class When:
    """One moment read from a source: an instant, or a day of which no time is known."""

    day: date
    instant: datetime | None = None  # aware, in the practice's zone

    def text(self) -> str:
        """ISO 8601 as the tables hold it: local with its offset, or the day alone."""
        if self.instant is None:
            return self.day.isoformat()
        return self.instant.isoformat(timespec="seconds" if not self.instant.microsecond else "microseconds")

    def is_before(self, now: datetime) -> bool:
        """Say whether this is past at ``now`` (on the practice's clock); a day alone is past once it is over."""
        if self.instant is None:
            return self.day < now.date()
        return self.instant.astimezone(UTC) < now.astimezone(UTC)


def at_instant(moment: datetime, timezone: ZoneInfo) -> When:
    """Make a ``When`` of an aware datetime, or of a naive one meant on the practice's clock.

    In the hour that the clocks go back over, the first of the two readings is taken; an hour that
    the clocks jump over is moved forward, as calendars do.
    """
    aware = moment.replace(tzinfo=timezone) if moment.tzinfo is None else moment
    local = aware.astimezone(UTC).astimezone(timezone)
    return When(local.date(), local)


def on_day(day: date) -> When:
    """Make a ``When`` of a day whose time is not known."""
    return When(day)


def from_iso(text: str, timezone: ZoneInfo) -> When:
    """Read ISO 8601: with an offset, without one (the practice's clock), or a day alone.

    Raises
    ------
    ValueError
        If the text is not ISO 8601.
    """
    cleaned = text.strip()
    if len(cleaned) == len("2026-11-22"):
        return on_day(date.fromisoformat(cleaned))
    return at_instant(datetime.fromisoformat(cleaned), timezone)


def from_epoch(value: int | float | str, timezone: ZoneInfo) -> When:
    """Read seconds or milliseconds since 1970 (told apart by size: milliseconds from 1e11 on)."""
    number = float(value)
    seconds = number / 1000 if abs(number) >= 1e11 else number
    return at_instant(datetime.fromtimestamp(seconds, UTC), timezone)
