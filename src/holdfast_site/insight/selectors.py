"""Reading the practice as a whole: for the lead, and without anything about one client or one therapist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Min

from holdfast.insight.result import Leak
from holdfast_site.access.actors import Actor, Role
from holdfast_site.audit.refused import Lately, lately
from holdfast_site.backup import last_good
from holdfast_site.handover.models import Matter
from holdfast_site.handover.receiving import Unreceived, unreceived
from holdfast_site.insight.models import Figures
from holdfast_site.insight.small import Part, part

BACKUP_DAYS = 2  # after so many a backup is called old


@dataclass(frozen=True, slots=True)
class Week:
    """The figures as they stood at the beginning of a week."""

    week: date
    leak: Leak | None
    asked: Part  # answered, of sent
    switch_days: int | None
    switches: int | None


@dataclass(frozen=True, slots=True)
class Backup:
    """When the last backup that was put back and found whole was made, if ever; and for how many days that is."""

    at: datetime | None
    days: int | None

    @property
    def is_old(self) -> bool:
        return self.days is None or self.days > BACKUP_DAYS


@dataclass(frozen=True, slots=True)
class Open:
    """What is open now: how many, how many of them nobody has, and for how many days the oldest has been so."""

    matters: int
    nobodys: Part
    oldest_days: int | None


def last_backup(actor: Actor, *, now: datetime) -> Backup | None:
    """The last backup that counts (H-20). None where PostgreSQL's own tools make them, and in the demo."""
    folder = settings.SITE_FOLDER
    if actor.role is not Role.LEAD or folder is None or settings.SITE.database or settings.SITE.demo:
        return None
    made = last_good(folder)
    return Backup(made, None if made is None else (now - made).days)


def refused(actor: Actor, *, now: datetime) -> Lately | None:
    """How much those who work here were refused lately. For anybody but the lead: nothing."""
    return lately(now=now) if actor.role is Role.LEAD else None


def nobody_receives(actor: Actor) -> Unreceived | None:
    """Why what clients keep from their therapist may reach nobody; whether anybody kept anything plays no part."""
    return unreceived() if actor.role is Role.LEAD else None


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
