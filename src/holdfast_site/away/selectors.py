"""Who is away, on which days: one place to ask, for whoever books, hands over or names a stand-in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from holdfast.tables.away import Away
from holdfast.tables.schema import Status
from holdfast_site.away.models import Closed, Days, Leave
from holdfast_site.dates import day_in_words
from holdfast_site.people.booking import NOT_MARKED
from holdfast_site.people.models import Appointment, KnownFrom, Therapist


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Why an appointment cannot be held as it is booked: until when nobody is there, and who stands in."""

    last_day: date
    therapist: Therapist
    stand_in: Therapist | None  # none: the whole practice is closed

    def words(self, *, now: datetime) -> str:
        """For the desk."""
        day = day_in_words(self.last_day, today=timezone.localdate(now))
        if self.stand_in is None:
            return gettext("The practice is closed then, until %(day)s: move it or call it off.") % {"day": day}
        told = {"therapist": self.therapist, "day": day, "stand_in": self.stand_in}
        return (
            gettext("%(therapist)s is away then, until %(day)s: move it or call it off. %(stand_in)s stands in.") % told
        )


def in_the_way(appointments: Collection[Appointment]) -> Mapping[int, InTheWay]:
    """Those of these that are booked in a leave of their therapist, or on a closed day, and why.

    Not what somebody booked or moved here once the leave was told: he was asked, and did it all the same.
    """
    booked = {one.pk: (one, timezone.localdate(one.starts_at)) for one in appointments if one.status in NOT_MARKED}
    if not booked:
        return {}
    days = [day for _, day in booked.values()]
    near = {"first_day__lte": max(days), "last_day__gte": min(days)}
    closed = list(Closed.objects.filter(**near).order_by("-last_day"))
    leaves = list(Leave.objects.filter(**near).select_related("stand_in").order_by("-last_day", "pk"))
    found: dict[int, InTheWay] = {}
    for pk, (one, day) in booked.items():
        his = [leave for leave in leaves if leave.therapist_id == one.therapist_id]
        why = next((days for days in (*closed, *his) if _lies_in(one, day, days)), None)
        if why is not None:
            found[pk] = InTheWay(why.last_day, one.therapist, why.stand_in if isinstance(why, Leave) else None)
    return found


def booked_in_the_way(among: QuerySet[Appointment], *, now: datetime) -> Sequence[tuple[Appointment, InTheWay]]:
    """Whatever of these is still ahead and lies so, and why, the next first."""
    today, zone = timezone.localdate(now), ZoneInfo(settings.SITE.timezone)
    lies = Q(pk__in=[])
    for days in (*Closed.objects.filter(last_day__gte=today), *Leave.objects.filter(last_day__gte=today)):
        begin = datetime.combine(days.first_day, time(), zone)
        end = datetime.combine(days.last_day + timedelta(days=1), time(), zone)
        whose = {"therapist": days.therapist_id} if isinstance(days, Leave) else {}
        lies |= Q(starts_at__gte=begin, starts_at__lt=end, **whose)
    ahead = list(among.filter(lies, status=Status.BOOKED, starts_at__gt=now).order_by("starts_at", "pk"))
    found = in_the_way(ahead)
    return [(one, found[one.pk]) for one in ahead if one.pk in found]


def _lies_in(one: Appointment, day: date, days: Days) -> bool:
    told, said = days.told_at(day), one.known_at if one.known_from == KnownFrom.SITE else None
    knowingly = told is not None and said is not None and said > told
    already_begun = told is not None and told > one.starts_at and timezone.localdate(told) == day
    return days.first_day <= day <= days.last_day and not knowingly and not already_begun


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


def stand_in_until(therapist_id: str, day: date, *, now: datetime) -> Therapist | None:
    """Who stands in for a therapist on any day from today to this one; the first of several."""
    near = {"first_day__lte": day, "last_day__gte": timezone.localdate(now)}
    leaves = Leave.objects.filter(therapist=therapist_id, **near)
    found = leaves.select_related("stand_in").order_by("first_day", "pk").first()
    return None if found is None else found.stand_in


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
