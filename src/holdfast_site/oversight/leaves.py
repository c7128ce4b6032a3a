"""Who is away, on which days: one place to ask, for whoever books, hands over or names a stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from holdfast_site.oversight.models import Leave


def away_until(on: date) -> Mapping[str, date]:
    """The therapists who are away on a day, each with the last day of it."""
    leaves = Leave.objects.filter(first_day__lte=on, last_day__gte=on).order_by("last_day")
    return dict(leaves.values_list("therapist", "last_day"))


def is_away_between(therapist_id: str, first_day: date, last_day: date) -> bool:
    """Whether a therapist is away on any of these days."""
    return Leave.objects.filter(therapist=therapist_id, first_day__lte=last_day, last_day__gte=first_day).exists()
