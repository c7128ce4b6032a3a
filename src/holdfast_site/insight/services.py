"""Working out the week's figures: the library's leak as it would be shared, and what the site alone knows."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from holdfast.errors import HoldfastError
from holdfast.insight.leak import leak
from holdfast.tables.read import Tables
from holdfast.tables.schema import Status
from holdfast_site.caseload.adapters import without
from holdfast_site.checkins.models import Asks, Invitation
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import left_out
from holdfast_site.handover.models import Switch
from holdfast_site.insight.models import Figures
from holdfast_site.insight.small import is_small, part
from holdfast_site.people.models import Appointment

ASKED_WEEKS = 13
KEPT_WEEKS = 60


def work_out(found: Tables, *, now: datetime) -> None:
    """Work out this week's figures, unless they are there. Those of more than a year ago go.

    While there were no appointments at all it is tried again: a new practice need not wait for Monday to see its first.
    """
    week = _monday(timezone.localdate(now))
    known = Figures.objects.filter(week=week).first()
    if known is not None:
        if known.body["leak"] is None:
            known.body["leak"] = _leak(without(found, left_out(Consent.STATISTICS, at=now)))
            known.save(update_fields=["body"])
        return
    begin = datetime.combine(week, time(), ZoneInfo(settings.SITE.timezone))
    out = left_out(Consent.STATISTICS, at=now)
    body = {"leak": _leak(without(found, out)), "asked": _asked(begin, out), "switches": _switches(begin, out)}
    with transaction.atomic():
        Figures.objects.get_or_create(week=week, defaults={"at": now, "body": body})
        Figures.objects.filter(week__lt=week - timedelta(weeks=KEPT_WEEKS)).delete()


def _leak(found: Tables) -> object:
    """The same as ``holdfast leak --share --json``; none while there is nothing to tell of."""
    if found["appointments"].is_empty():
        return None
    try:
        return json.loads(leak(found, share=True).model_dump_json())
    except HoldfastError:
        return None


def _asked(begin: datetime, out: frozenset[str]) -> object:
    """Of the check-ins sent in the thirteen weeks before this one, how many were answered, to whomever."""
    since = begin - timedelta(weeks=ASKED_WEEKS)
    sent = Invitation.objects.filter(asks=Asks.CHECKIN, sent_at__gte=since, sent_at__lt=begin)
    sent = sent.exclude(appointment__client__in=out).exclude(came_back_at__isnull=False, submission__isnull=True)
    found = part(sent.filter(submission__isnull=False).count(), sent.count())
    return {"answered": found.count, "sent": found.of}


def _switches(begin: datetime, out: frozenset[str]) -> object:
    """From asking for another therapist to the first session with the new one: the middle, and of how many."""
    counted = Switch.objects.filter(decided_at__lt=begin).exclude(client__in=out)
    days = [found for one in counted if (found := _days(one)) is not None]
    decided = counted.count()
    if not days or is_small(len(days)) or is_small(decided - len(days)):
        return {"middle_days": None, "of": None if is_small(decided) or is_small(len(days)) else len(days)}
    return {"middle_days": round(median(days)), "of": len(days)}


def _days(one: Switch) -> int | None:
    came = Appointment.objects.filter(
        client=one.client_id, therapist=one.goes_to_id, status=Status.ATTENDED, starts_at__gte=one.decided_at
    )
    first = came.order_by("starts_at").values_list("starts_at", flat=True).first()
    return None if first is None else (first - one.asked_at).days


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
