"""Reading a caseload. Everything begins with whose it is; nothing here opens what is not for the therapist."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor
from holdfast_site.caseload.models import Overdue
from holdfast_site.caseload.words import lines, off
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.selectors import shown_to_therapist
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import said_no
from holdfast_site.people import booking
from holdfast_site.people.booking import NOT_MARKED
from holdfast_site.people.models import Appointment, Client
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.treating import own_clients

ASKED_FOR = timedelta(days=60)  # how far back nobody remembers whether he came
LOOK_AHEAD = timedelta(days=7)
LATEST = 6  # check-ins of each who comes: the last one, and what it may have fallen from


@dataclass(frozen=True, slots=True)
class Said:
    """What a client said in one check-in, as his therapist may see it: all of it, and what is off."""

    on: datetime
    lines: Sequence[str]
    off: Sequence[str]
    wants_to_be_asked: bool
    invitation_id: int = 0
    answers: Mapping[str, Value] = field(default_factory=dict, repr=False)
    before: Mapping[str, Value] = field(default_factory=dict, repr=False)  # his last answer to each question until then


@dataclass(frozen=True, slots=True)
class Coming:
    """An appointment ahead, with what he said last."""

    appointment: Appointment
    said: Said | None


def own_ids(actor: Actor) -> frozenset[str]:
    """The ids of the same, fetched once for a page."""
    return frozenset(own_clients(actor).values_list("pk", flat=True))


def names(own: Collection[str]) -> Mapping[str, str]:
    """The names of clients whom he treats, by id; whose name nobody noted is not there."""
    cards = cards_of(map(Client, own))
    return {client_id: card.name for client_id, card in cards.items() if card.name}


def coming(actor: Actor, clients: Collection[str], *, now: datetime) -> Sequence[Coming]:
    """Who of them is booked within a week, the next first."""
    ahead = Appointment.objects.filter(
        client__in=clients,
        therapist=actor.therapist_id,
        status=Status.BOOKED,
        starts_at__range=(now, now + LOOK_AHEAD),
    ).order_by("starts_at", "pk")
    them = {one.client_id for one in ahead}
    told = _said(Invitation.objects.filter(with_him(actor, them)), latest=LATEST)
    return [Coming(one, told[one.client_id][-1] if one.client_id in told else None) for one in ahead]


def of_the_first_day(coming: Sequence[Coming]) -> Sequence[Coming]:
    """Those on the next day on which anybody is booked."""
    days = [timezone.localdate(one.appointment.starts_at) for one in coming]
    return [one for one, day in zip(coming, days, strict=True) if day == days[0]]


def with_him(actor: Actor, clients: Collection[str]) -> Q:
    """Check-ins about sessions with this therapist. What a client said of somebody else is not his."""
    return Q(appointment__client__in=clients, appointment__therapist=actor.therapist_id)


def said(actor: Actor, client: Client) -> Sequence[Said]:
    """Every check-in of which the therapist may see something, oldest first."""
    return _said(Invitation.objects.filter(with_him(actor, {client.pk}))).get(client.pk, [])


def _said(invitations: QuerySet[Invitation], *, latest: int | None = None) -> Mapping[str, Sequence[Said]]:
    """The same by client."""
    found: dict[str, list[Said]] = {}
    before: dict[str, Mapping[str, Value]] = {}
    for one in shown_to_therapist(invitations, latest=latest):
        earlier = before.get(one.client_id, {})
        told = Said(
            one.sent_at,
            lines(one.answers),
            off(one.answers, earlier),
            one.wants_to_be_asked,
            one.invitation_id,
            one.answers,
            earlier,
        )
        found.setdefault(one.client_id, []).append(told)
        before[one.client_id] = {**earlier, **one.answers}
    return found


def unmarked(actor: Actor, clients: Collection[str], *, now: datetime) -> QuerySet[Appointment]:
    """Past appointments of which nobody said what became of them."""
    return Appointment.objects.filter(
        client__in=clients,
        therapist=actor.therapist_id,
        status__in=NOT_MARKED,
        starts_at__range=(now - ASKED_FOR, now),
    ).order_by("-starts_at", "pk")


def own_appointments(actor: Actor, clients: Collection[str]) -> QuerySet[Appointment]:
    """The appointments of these clients with whoever looks."""
    return Appointment.objects.filter(client__in=clients, therapist=actor.therapist_id)


def marked_today(actor: Actor, clients: Collection[str], *, now: datetime) -> Sequence[Appointment]:
    """What he marked himself today and can still put right."""
    return booking.marked_today(own_appointments(actor, clients), by=actor, now=now)


def overdue(actor: Actor, clients: Collection[str]) -> QuerySet[Overdue]:
    """The plain list, without those who do not want to be on it."""
    found = Overdue.objects.filter(client__in=clients, therapist=actor.therapist_id)
    return found.exclude(client__in=said_no(Consent.LISTS)).order_by("pk")
