"""Who is away, on which days: one place to ask, for whoever books, hands over or names a stand-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext

from holdfast.tables.away import Away
from holdfast_site.away.models import Closed, Days, Leave
from holdfast_site.dates import day_in_words
from holdfast_site.people.models import Therapist


def away_until(on: date) -> Mapping[str, date]:
    """The therapists who are away on a day, each with the last day of it; all of them, if the practice is closed."""
    closed = _closed_until(on)
    everybody = {} if closed is None else dict.fromkeys(Therapist.objects.values_list("pk", flat=True), closed)
    leaves = Leave.objects.filter(first_day__lte=on, last_day__gte=on).order_by("last_day")
    for therapist, last_day in leaves.values_list("therapist", "last_day"):
        everybody[therapist] = max(last_day, everybody.get(therapist, last_day))
    return everybody


def is_closed(on: date) -> bool:
    """Whether nobody is there on a day."""
    return _closed_until(on) is not None


def absence(therapist_id: str, on: date, *, now: datetime) -> str:
    """That a therapist is away on a day, or the practice closed, in a sentence; blank if neither."""
    until, closed = away_until(on).get(therapist_id), _closed_until(on)
    if until is None:
        return ""
    day = day_in_words(closed or until, today=timezone.localdate(now))
    if closed is not None:
        return gettext("The practice is closed on that day, until %(day)s.") % {"day": day}
    who = Therapist.objects.get(pk=therapist_id)
    return gettext("%(therapist)s is away on that day, until %(day)s.") % {"therapist": who, "day": day}


def is_away_between(therapist_id: str, first_day: date, last_day: date) -> bool:
    """Whether a therapist is away on any of these days."""
    return Leave.objects.filter(therapist=therapist_id, first_day__lte=last_day, last_day__gte=first_day).exists()


def stands_in_between(therapist_id: str, first_day: date, last_day: date) -> Therapist | None:
    """For whom a therapist stands in on any of these days; the first of several."""
    leaves = Leave.objects.filter(stand_in=therapist_id, first_day__lte=last_day, last_day__gte=first_day)
    found = leaves.select_related("therapist").order_by("first_day", "pk").first()
    return None if found is None else found.therapist


def told_away(zone: ZoneInfo) -> tuple[Away, ...]:
    """The same, past and to come, for the library: silence on such days is none, once somebody has said so."""
    leaves = Leave.objects.order_by("first_day", "pk")
    closed = Closed.objects.order_by("first_day")
    return (
        *(away for one in leaves for away in _as_told(one, one.therapist_id, zone)),
        *(away for one in closed for away in _as_told(one, None, zone)),
    )


def _as_told(days: Days, therapist_id: str | None, zone: ZoneInfo) -> Iterator[Away]:
    """One for each last day that was told, from when it was told."""
    for last_day, at in (days.told or {days.last_day.isoformat(): None}).items():
        told_at = at and datetime.fromisoformat(at).astimezone(zone).replace(tzinfo=None)
        yield Away(therapist_id, days.first_day, date.fromisoformat(last_day), told_at)


def _closed_until(on: date) -> date | None:
    found = Closed.objects.filter(first_day__lte=on, last_day__gte=on).order_by("-last_day")
    return found.values_list("last_day", flat=True).first()
