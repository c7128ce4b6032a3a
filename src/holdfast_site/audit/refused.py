"""What somebody who had signed in asked for and did not get: one event each, up to so many a person and hour.

An event says who, which rule and which page; never which client or what was sent. Somebody who asks again and again
fills no disk: beyond the bound nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Count, F, Max, Sum

from holdfast_site.access.actors import Actor, Role
from holdfast_site.audit.models import Refused
from holdfast_site.audit.services import Action, record

MOST_AN_HOUR = 30
SHOWN, FORGOTTEN = timedelta(days=7), timedelta(days=60)


class Why(StrEnum):
    """Which rule refused it."""

    ROLE = "role"  # the page is not for his role
    ELSEWHERE = "elsewhere"  # another site made his browser send it
    NOT_HIS = "not_his"  # of somebody else, or not there: which of the two is not looked into


@dataclass(frozen=True, slots=True)
class Lately:
    """How often in the last seven days, to how many in one role, and whether one of them reached the bound."""

    times: int
    people: int
    is_much: bool


def note(why: Why, view: str, *, by: Actor, now: datetime) -> None:
    """Tell the audit what was refused."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    mine = Refused.objects.filter(actor=by.mark, hour=hour)
    if mine.filter(times__gte=MOST_AN_HOUR).exists():  # looking takes no lock, writing does
        return
    with transaction.atomic():
        if Refused.objects.get_or_create(actor=by.mark, hour=hour)[1]:
            Refused.objects.filter(hour__lt=now - FORGOTTEN).delete()
        if mine.filter(times__lt=MOST_AN_HOUR).update(times=F("times") + 1):
            record(Action.REFUSED, by=by, about=f"{why}:{view}", at=now)


def lately(*, now: datetime) -> Lately:
    """How much was refused lately to those who work here: what a client tried is no business of the practice's."""
    staff = Refused.objects.exclude(actor__startswith=f"{Role.CLIENT}:")
    found = staff.filter(hour__gt=now - SHOWN).aggregate(
        total=Sum("times", default=0), people=Count("actor", distinct=True), most=Max("times", default=0)
    )
    return Lately(found["total"], found["people"], found["most"] >= MOST_AN_HOUR)
