"""Writing appointments: booking, moving, calling off, and who came. Every form can be sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast_site.access.actors import Actor
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action, record
from holdfast_site.people.models import Appointment, Client, KnownFrom, Therapist

LASTS = timedelta(minutes=50)
MADE_HERE = "site-"  # how the ids of appointments begin that no other system gave
NOT_MARKED = (Status.BOOKED, Status.UNKNOWN)  # of a past appointment: nobody said what became of it
OUTCOME = {True: Status.ATTENDED, False: Status.NO_SHOW}  # by whether he came


@dataclass(frozen=True, slots=True)
class Taken:
    """The therapist sees somebody else at that time."""


@dataclass(frozen=True, slots=True)
class Over:
    """That time is over already, or what was to be changed is not there to be changed any more."""


@transaction.atomic
def book(
    *, by: Actor, form: UUID, client: Client, therapist: Therapist, starts_at: datetime, now: datetime
) -> Appointment | Taken | Over:
    """Book one appointment. The same form again finds the same appointment, whatever has become of it.

    What is booked for that very time already, here or by an export, is not booked a second time.
    """
    known = Appointment.objects.filter(appointment_id=f"{MADE_HERE}{form}", client=client).first()
    if known is not None:
        return known
    if starts_at <= now:
        return Over()
    there = Appointment.objects.filter(client=client, therapist=therapist, starts_at=starts_at, status=Status.BOOKED)
    if (known := there.first()) is not None:
        return known
    if is_taken(therapist, starts_at, but=client):
        return Taken()
    made = Appointment.objects.create(
        appointment_id=f"{MADE_HERE}{form}",
        client=client,
        therapist=therapist,
        starts_at=starts_at,
        status=Status.BOOKED,
        certainty=Certainty.RECORDED,
        booked_at=now,
        **said_here(now),
    )
    record(Action.APPOINTMENT_BOOKED, by=by, about=f"appointment:{made.pk}", at=now)
    return made


@transaction.atomic
def move(
    *, by: Actor, form: UUID, appointment_id: int, starts_at: datetime, now: datetime
) -> Appointment | Taken | Over:
    """Move a booked appointment: the old one stands as moved, and a new one is booked.

    What another system calls the old one, it will call the new one once it is moved there too.
    """
    old = Appointment.objects.select_related("client", "therapist").filter(pk=appointment_id).first()
    if old is None:
        return Over()
    known = Appointment.objects.filter(appointment_id=f"{MADE_HERE}{form}", client=old.client).first()
    if known is not None:
        return known
    if old.status != Status.BOOKED or old.starts_at <= now or starts_at <= now:
        return Over()
    _call_off([old], Status.RESCHEDULED, InitiatedBy.UNKNOWN, now)
    made = book(by=by, form=form, client=old.client, therapist=old.therapist, starts_at=starts_at, now=now)
    if not isinstance(made, Appointment):
        transaction.set_rollback(True)
        return made
    _hand_on_id_elsewhere(old, made)
    record(Action.APPOINTMENT_CHANGED, by=by, about=f"appointment:{old.pk}", at=now)
    return made


def _hand_on_id_elsewhere(old: Appointment, made: Appointment) -> None:
    id = old.elsewhere_id or ("" if old.appointment_id.startswith(MADE_HERE) else old.appointment_id)
    if id and not made.elsewhere_id and made.appointment_id.startswith(MADE_HERE):
        Appointment.objects.filter(elsewhere_id=id, client=old.client).update(elsewhere_id="")
        Appointment.objects.filter(pk=made.pk).update(elsewhere_id=id)
        made.refresh_from_db()


@transaction.atomic
def call_off(*, by: Actor, appointment_id: int, who: InitiatedBy, now: datetime) -> bool:
    """Call off a booked appointment. False if it was not booked any more: then nothing changes."""
    found = Appointment.objects.filter(pk=appointment_id, status=Status.BOOKED, starts_at__gt=now).first()
    if found is None:
        return False
    late = found.starts_at - now < timedelta(hours=settings.SITE.notice_hours)
    _call_off([found], Status.LATE_CANCELLED if late else Status.CANCELLED, who, now)
    record(Action.APPOINTMENT_CHANGED, by=by, about=f"appointment:{found.pk}", at=now)
    return True


@transaction.atomic
def call_off_all_with(*, by: Actor, client: Client, therapist: Therapist, now: datetime) -> int:
    """Call off whatever is booked of a client with one therapist: he goes on with another, which is nobody's fault."""
    ahead = Appointment.objects.filter(client=client, therapist=therapist, status=Status.BOOKED, starts_at__gt=now)
    found = list(ahead.order_by("starts_at", "pk"))
    _call_off(found, Status.CANCELLED, InitiatedBy.UNKNOWN, now)
    for one in found:
        record(Action.APPOINTMENT_CHANGED, by=by, about=f"appointment:{one.pk}", at=now)
    return len(found)


@transaction.atomic
def mark(*, by: Actor, appointment_id: int, came: bool, now: datetime) -> bool:
    """Write down whether somebody came. False if it is still to come, or was marked meanwhile."""
    past = Appointment.objects.filter(pk=appointment_id, starts_at__lte=now)
    changed = past.filter(status__in=NOT_MARKED).update(
        status=OUTCOME[came], certainty=Certainty.RECORDED, status_at=now, **said_here(now)
    )
    if changed:
        record(Action.APPOINTMENT_MARKED, by=by, about=f"appointment:{appointment_id}", at=now)
    return bool(changed)


def marked_today(among: QuerySet[Appointment], *, by: Actor, now: datetime) -> Sequence[Appointment]:
    """What he marked himself today and nobody changed since, the last first: he may have tapped the wrong answer."""
    begin = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    told = among.filter(status__in=OUTCOME.values(), status_at__gte=begin, starts_at__lte=now)
    by_about = {f"appointment:{one.pk}": one for one in told.order_by("-status_at", "pk")}
    marks = Event.objects.filter(about__in=by_about, action=Action.APPOINTMENT_MARKED, actor=by.mark, at__gte=begin)
    his = set(marks.values_list("about", "at"))
    return [one for about, one in by_about.items() if (about, one.status_at) in his]


@transaction.atomic
def mark_right(among: QuerySet[Appointment], *, by: Actor, appointment_id: int, came: bool, now: datetime) -> bool:
    """Put right what he marked himself today. False if it says so already, or is not his to put right any more."""
    today = [one.pk for one in marked_today(among.filter(pk=appointment_id), by=by, now=now)]
    otherwise = Appointment.objects.filter(pk__in=today).exclude(status=OUTCOME[came])
    changed = otherwise.update(status=OUTCOME[came], status_at=now, **said_here(now))
    if changed:
        record(Action.APPOINTMENT_MARKED, by=by, about=f"appointment:{appointment_id}", at=now)
    return bool(changed)


def said_here(now: datetime) -> dict[str, Any]:
    """What stands with a time or a status that somebody here said: an export gives way to it (``settling``)."""
    return {"known_from": KnownFrom.SITE, "known_at": now, "agreed_at": None}


def is_taken(therapist: Therapist, starts_at: datetime, *, but: Client) -> bool:
    """Whether the therapist has a booked appointment that overlaps. The same client's own does not count."""
    near = (starts_at - LASTS, starts_at + LASTS)
    booked = Appointment.objects.filter(therapist=therapist, status=Status.BOOKED).exclude(client=but)
    return booked.filter(starts_at__gt=near[0], starts_at__lt=near[1]).exists()


def _call_off(appointments: list[Appointment], status: Status, who: InitiatedBy, now: datetime) -> None:
    for one in appointments:
        one.status, one.initiated_by, one.certainty, one.status_at = status, who, Certainty.RECORDED, now
        for name, value in said_here(now).items():
            setattr(one, name, value)
        one.save(update_fields=["status", "initiated_by", "certainty", "status_at", *said_here(now)])
