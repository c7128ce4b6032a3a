"""What only the desk does: calling off what somebody asked to have called off, and adding a client."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from holdfast.tables.schema import InitiatedBy
from holdfast_site.access.actors import Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.before.selectors import asked_to_call_off
from holdfast_site.checkins.before_questions import CANCEL
from holdfast_site.handover.models import Kind, Matter
from holdfast_site.handover.selectors import said
from holdfast_site.handover.services import settled_itself
from holdfast_site.people import booking
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Appointment, Client
from holdfast_site.people.selectors import known_as
from holdfast_site.people.services import add_client, keep_contact


@transaction.atomic
def call_off(*, by: Actor, appointment_id: int, who: InitiatedBy, now: datetime) -> bool:
    """Call off an appointment; that does what he asked for by his link, unless he said or asked for more."""
    if not booking.call_off(by=by, appointment_id=appointment_id, who=who, now=now):
        return False
    pair = Appointment.objects.values("client", "therapist").get(pk=appointment_id)
    left = asked_to_call_off(now=now)
    if not Appointment.objects.filter(**pair, pk__in=list(left)).exists():
        for matter in Matter.objects.filter(**pair, kind=Kind.CANCEL, closed_at__isnull=True).select_related("client"):
            if set(said(matter)) <= {CANCEL}:
                settled_itself(matter, form=uuid4(), by=by, now=now)
    return True


@transaction.atomic
def add(*, by: Actor, client_id: str, name: str, now: datetime) -> bool:
    """Add a client under the practice's own id, with his name. False: somebody has that id already, or has it too."""
    if Client.objects.filter(pk=client_id).exists() or client_id in known_as():
        return False
    client = add_client(client_id)
    record(Action.CLIENT_ADDED, by=by, about=f"client:{client.pk}", at=now)
    keep_contact(by=by, client=client, card=ContactCard(name=name), now=now)
    return True
