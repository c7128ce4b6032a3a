"""Reading the practice as a whole: for the lead, and without anything about one client or one therapist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min

from holdfast.insight.result import Leak
from holdfast_site.access.actors import Actor, Role
from holdfast_site.handover.models import Matter
from holdfast_site.insight.models import Figures
from holdfast_site.insight.small import Part, part


@dataclass(frozen=True, slots=True)
class Week:
    """The figures as they stood at the beginning of a week."""

    week: date
    leak: Leak | None
    asked: Part  # answered, of sent
    switch_days: int | None
    switches: int | None


@dataclass(frozen=True, slots=True)
class Open:
    """What is open now: how many, how many of them nobody has, and for how many days the oldest has been so."""

    matters: int
    nobodys: Part
    oldest_days: int | None


def this_week(actor: Actor) -> Week | None:
    """The latest figures. For anybody but the lead: nothing."""
    found = Figures.objects.order_by("-week").first() if actor.role is Role.LEAD else None
    if found is None:
        return None
    told, asked, switches = found.body["leak"], found.body["asked"], found.body["switches"]
    return Week(
        found.week,
        None if told is None else Leak.model_validate(told),
        Part(asked["answered"], asked["sent"]),
        switches["middle_days"],
        switches["of"],
    )


def open_now(actor: Actor, *, now: datetime) -> Open | None:
    """What clients asked for and what was noticed, whoever is to hold it, as counts. For nobody but the lead."""
    if actor.role is not Role.LEAD:
        return None
    matters = Matter.objects.filter(closed_at__isnull=True)
    count, oldest = matters.count(), matters.aggregate(oldest=Min("opened_at"))["oldest"]
    nobodys = matters.filter(owner__isnull=True).count()
    return Open(count, part(nobodys, count), None if oldest is None else (now - oldest).days)
