"""Whether somebody supervises a client's therapist: what a client is told beside the questions and on his page."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from holdfast_site.accounts.models import Assignment
from holdfast_site.people.models import Appointment, Client
from holdfast_site.people.treating import clients_of


def supervised_since(client: Client, *, now: datetime) -> date | None:
    """From which day on a supervisor may look at what a client tells his therapist; nothing if none may now."""
    ever_with = Appointment.objects.filter(client=client).values("therapist")
    told = Assignment.objects.filter(ended_at__isnull=True, told_on__lte=timezone.localdate(now))
    found = told.filter(Q(client=client) | Q(therapist__in=ever_with)).order_by("told_on", "pk")
    return next((one.told_on for one in found if _covers(one, client)), None)


def _covers(assignment: Assignment, client: Client) -> bool:
    therapist_id = assignment.therapist_id
    return therapist_id is None or clients_of(therapist_id).filter(pk=client.pk).exists()
