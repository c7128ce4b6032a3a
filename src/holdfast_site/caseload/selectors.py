"""Reading a caseload. Everything begins with whose it is; nothing here opens what is not for the therapist."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from holdfast.asof import CALLED_OFF
from holdfast.silence.policy import OwnRecord, own_record
from holdfast.tables.schema import Ending as EndingKind
from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor, Role
from holdfast_site.caseload.models import Flag, Overdue
from holdfast_site.caseload.words import lines, off
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.selectors import shown_to_therapist
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import left_out
from holdfast_site.people.models import Appointment, Client, Ending

ASKED_FOR = timedelta(days=60)  # how far back nobody remembers whether he came
SHOWN_FOR = timedelta(days=14)  # how long a flag stays
MOST_FLAGS = 3
LOOK_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Said:
    """What a client said in one check-in, as his therapist may see it: all of it, and what is off."""

    on: datetime
    lines: Sequence[str]
    off: Sequence[str]
    wants_to_be_asked: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """An appointment ahead, with what he said last."""

    appointment: Appointment
    said: Said | None


@dataclass(frozen=True, slots=True)
class Worth:
    """Somebody who is worth a conversation: reasons, then how likely he has left."""

    client: Client
    reasons: Sequence[str]
    chance: str
    at: datetime


def own_clients(actor: Actor) -> QuerySet[Client]:
    """The clients whom a therapist treats now: their latest appointment is with him. For anybody else, nobody.

    One that was called off counts only for a client who has no other.
    """
    if actor.role is not Role.THERAPIST or actor.therapist_id is None:
        return Client.objects.none()
    called_off = Case(When(status__in=CALLED_OFF, then=1), default=0)
    in_order = Appointment.objects.filter(client=OuterRef("pk")).order_by(called_off, "-starts_at", "-pk")
    latest = in_order.values("therapist_id")[:1]
    return Client.objects.annotate(now_with=Subquery(latest)).filter(now_with=actor.therapist_id)


def coming(actor: Actor, *, now: datetime) -> Sequence[Coming]:
    """Who is booked within a week, the next first."""
    ahead = Appointment.objects.filter(
        client__in=own_clients(actor),
        therapist=actor.therapist_id,
        status=Status.BOOKED,
        starts_at__range=(now, now + LOOK_AHEAD),
    ).order_by("starts_at", "pk")
    told = _said(Invitation.objects.filter(appointment__client__in=ahead.values("client")))
    return [Coming(one, told[one.client_id][-1] if one.client_id in told else None) for one in ahead]


def said(client: Client) -> Sequence[Said]:
    """Every check-in of which the therapist may see something, oldest first."""
    return _said(Invitation.objects.filter(appointment__client=client)).get(client.pk, [])


def _said(invitations: QuerySet[Invitation]) -> Mapping[str, Sequence[Said]]:
    """The same by client."""
    found: dict[str, list[Said]] = {}
    before: dict[str, Mapping[str, Value]] = {}
    for one in shown_to_therapist(invitations):
        client_id = one.invitation.appointment.client_id
        earlier = before.get(client_id, {})
        what_is_off = off(one.answers, earlier)
        told = Said(one.invitation.sent_at, lines(one.answers), what_is_off, one.wants_to_be_asked)
        found.setdefault(client_id, []).append(told)
        before[client_id] = {**earlier, **one.answers}
    return found


def unmarked(actor: Actor, *, now: datetime) -> QuerySet[Appointment]:
    """Past appointments of which nobody said what became of them."""
    return Appointment.objects.filter(
        client__in=own_clients(actor),
        therapist=actor.therapist_id,
        status=Status.UNKNOWN,
        starts_at__range=(now - ASKED_FOR, now),
    ).order_by("-starts_at", "pk")


def overdue(actor: Actor) -> QuerySet[Overdue]:
    """The plain list."""
    return Overdue.objects.filter(client__in=own_clients(actor), therapist=actor.therapist_id).order_by("pk")


def worth_a_conversation(actor: Actor, *, now: datetime) -> Sequence[Worth]:
    """At most three flags that still stand: shown within two weeks, and nobody knows yet what became of them."""
    if not settings.SITE.early_warning:
        return []
    lately = Flag.objects.filter(
        client__in=own_clients(actor), therapist=actor.therapist_id, at__range=(now - SHOWN_FOR, now)
    )
    unwilling = left_out(Consent.EARLY_WARNING, at=now, among=own_clients(actor))
    flags = list(lately.exclude(client__in=unwilling).select_related("client").order_by("-at", "pk"))
    fates = _had_left(flags, now=now)
    return [_worth(flag) for flag in flags if fates[flag.pk] is None][:MOST_FLAGS]


def record_here(*, now: datetime) -> OwnRecord:
    """What became of all flags that were shown at this practice."""
    flags = list(Flag.objects.filter(at__lte=now))
    fates = _had_left(flags, now=now)
    return own_record(fates[flag.pk] for flag in flags)


def _had_left(flags: Sequence[Flag], *, now: datetime) -> Mapping[int, bool | None]:
    """Of each flag, whether he had left when it was shown; none while nobody knows."""
    clients = {flag.client_id for flag in flags}
    came: dict[str, datetime] = {}
    sessions = Appointment.objects.filter(client__in=clients, status=Status.ATTENDED, starts_at__lte=now)
    for client_id, starts_at in sessions.order_by("starts_at").values_list("client", "starts_at"):
        came[client_id] = starts_at
    ended: dict[tuple[str, str], Ending] = {}
    for ending in Ending.objects.filter(client__in=clients, ended_on__lte=now.date()).order_by("ended_on", "pk"):
        ended[ending.client_id, ending.therapist_id] = ending
    return {
        flag.pk: _fate(flag, came.get(flag.client_id), ended.get((flag.client_id, flag.therapist_id))) for flag in flags
    }


def _fate(flag: Flag, came: datetime | None, ending: Ending | None) -> bool | None:
    if came is not None and came > flag.at:
        return False
    if ending is not None and ending.ended_on >= flag.at.date():
        return ending.kind == EndingKind.SILENT
    return None


def _worth(flag: Flag) -> Worth:
    box = settings.VAULT.client_box(flag.client_id, flag.client.wrapped_key)
    told = json.loads(box.open(flag.sealed, place=flag.place))
    return Worth(flag.client, told["words"], told["chance"], flag.at)
