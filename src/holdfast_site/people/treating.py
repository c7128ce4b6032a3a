"""Who is with whom now. What a therapist may see begins here."""

from __future__ import annotations

from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from holdfast.asof import CALLED_OFF
from holdfast_site.access.actors import Actor, Role
from holdfast_site.people.models import Appointment, Client


def own_clients(actor: Actor) -> QuerySet[Client]:
    """The clients whom a therapist treats now. For anybody else, nobody."""
    if actor.role is not Role.THERAPIST or actor.therapist_id is None:
        return Client.objects.none()
    return clients_of(actor.therapist_id)


def clients_of(therapist_id: str) -> QuerySet[Client]:
    """The clients whom one therapist treats now: their latest appointment is with him.

    One that was called off counts only for a client who has no other.
    """
    ever = Client.objects.filter(pk__in=Appointment.objects.filter(therapist=therapist_id).values("client"))
    return ever.annotate(now_with=now_with("pk")).filter(now_with=therapist_id)


def now_with(client: str) -> Subquery:
    """The therapist whom a client is with now; ``client`` is the field of a query that leads to him."""
    called_off = Case(When(status__in=CALLED_OFF, then=1), default=0)
    in_order = Appointment.objects.filter(client=OuterRef(client)).order_by(called_off, "-starts_at", "-pk")
    return Subquery(in_order.values("therapist_id")[:1])
