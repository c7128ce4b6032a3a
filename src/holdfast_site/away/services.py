"""Writing down who is away and when the practice is closed, and taking it out again."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from holdfast_site.access.actors import Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.away.models import Closed, Leave
from holdfast_site.people.models import Therapist


@transaction.atomic
def keep_leave(
    *, by: Actor, therapist: Therapist, stand_in: Therapist, first_day: date, last_day: date, now: datetime
) -> Leave:
    """Keep when a therapist is away and who stands in; the same first day again replaces what was known of it."""
    known = Leave.objects.filter(therapist=therapist, first_day=first_day).first()
    leave = known or Leave(therapist=therapist, first_day=first_day)
    leave.stand_in = stand_in
    leave.tell(last_day, now)
    leave.save()
    record(Action.LEAVE_CHANGED, by=by, about=f"leave:{leave.pk}", at=now)
    return leave


@transaction.atomic
def take_back(*, by: Actor, leave: Leave, now: datetime) -> None:
    """Take a leave out again: it does not take place."""
    record(Action.LEAVE_CHANGED, by=by, about=f"leave:{leave.pk}", at=now)
    leave.delete()


@transaction.atomic
def keep_closed(*, by: Actor, first_day: date, last_day: date, now: datetime) -> Closed:
    """Keep on which days the practice is closed; the same first day again replaces what was known of it."""
    closed = Closed.objects.filter(first_day=first_day).first() or Closed(first_day=first_day)
    closed.tell(last_day, now)
    closed.save()
    record(Action.LEAVE_CHANGED, by=by, about=f"closed:{closed.pk}", at=now)
    return closed


@transaction.atomic
def open_again(*, by: Actor, closed: Closed, now: datetime) -> None:
    """Take such days out again: the practice is open on them."""
    record(Action.LEAVE_CHANGED, by=by, about=f"closed:{closed.pk}", at=now)
    closed.delete()
