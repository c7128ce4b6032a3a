"""By when a matter is to be seen to: always a working day. Holidays are not known here."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

SATURDAY, DAY = 5, timedelta(days=1)


def working_day(day: date) -> date:
    """That day; at a weekend the Monday after it."""
    return day if day.weekday() < SATURDAY else day + (7 - day.weekday()) * DAY


def seen_to_on(now: datetime) -> date:
    """The next working day after today."""
    return working_day(timezone.localdate(now) + DAY)
