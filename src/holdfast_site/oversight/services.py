"""Assigning supervisors: the lead does it, and ends it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from holdfast_site.access.actors import Actor
from holdfast_site.accounts.models import Assignment, Post
from holdfast_site.audit.services import Action, record
from holdfast_site.people.models import Client, Therapist


@transaction.atomic
def assign(
    *, by: Actor, supervisor: Post, therapist: Therapist | None, client: Client | None, told_on: date, now: datetime
) -> Assignment:
    """Assign a supervisor to a therapist or to a client. The same again changes nothing."""
    key = {"supervisor": supervisor, "therapist": therapist, "client": client, "ended_at": None}
    told = {"told_on": told_on, "assigned_at": now}
    assignment, is_new = Assignment.objects.get_or_create(**key, defaults=told)
    if is_new:
        record(Action.SUPERVISOR_ASSIGNED, by=by, about=f"assignment:{assignment.pk}", at=now)
    return assignment


@transaction.atomic
def end(*, by: Actor, assignment: Assignment, now: datetime) -> None:
    """End an assignment: the supervisor sees nothing of it from the next request on."""
    if Assignment.objects.filter(pk=assignment.pk, ended_at__isnull=True).update(ended_at=now):
        record(Action.SUPERVISOR_ENDED, by=by, about=f"assignment:{assignment.pk}", at=now)
