"""The demo: a small made-up practice that goes on until now, and check-ins to fill in. Nobody in it is real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.simulate import demo_practice, write
from holdfast.simulate.world import DEMO
from holdfast.tables import read_tables
from holdfast_site import demo_messages, start

if TYPE_CHECKING:
    from holdfast_site.people.models import Appointment, Client, Therapist

WORLD = replace(DEMO, clients=200, n_therapists=4)
WEEK = timedelta(weeks=1)
LINKS = 5
DECIDED: Mapping[str, object] = {
    "name": WORLD.name,
    "timezone": WORLD.timezone,
    "reading_hours": "Monday to Friday, 9 to 5",
    "crisis_numbers": [
        {"name": "Samaritans", "number": "116 123", "hours": "day and night"},
        {"name": "Emergency", "number": "999"},
    ],
    "care_contact": {"name": "Ruth Maddox"},
    "early_warning": True,
    "demo": True,
}


def make(home: Path) -> Path:
    """Make the demo's site in ``home``, and get Django ready for it."""
    folder = home / "practice"
    start.make_site(folder, key_file=home / "practice.key", **DECIDED)
    start.get_django_ready(folder)
    start.bring_up_to_date()
    from django.utils import timezone

    fill(home / "tables", timezone.now())
    return folder


def fill(folder: Path, now: datetime) -> None:
    """Fill an empty site with the made-up practice, moved by whole weeks so that it goes on until now."""
    from django.db import transaction

    from holdfast_site.caseload.loading import load
    from holdfast_site.demo_day import fill_practice
    from holdfast_site.refreshing import refresh

    made = demo_practice(WORLD)
    write(made, folder)
    moved = (now - made.now.replace(tzinfo=now.tzinfo)) // WEEK * WEEK
    with transaction.atomic():
        load(read_tables(folder), moved=moved)
        _members(now)
        fill_practice(now)
        demo_messages.make_reachable(now)
    refresh(now)


def links(address: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Make check-ins to fill in; each with what it shows."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    yield "As a therapist, or as the care contact:", f"{address}/"
    *fresh, old = _latest_sessions(LINKS + 1)
    for number, appointment in enumerate(fresh):
        _, link = invite(by=ANYONE, appointment=appointment, now=now)
        yield "Another client's:" if number else "A check-in, as a client gets it:", f"{address}/c/{link}"
    _, link = invite(by=ANYONE, appointment=old, now=now - timedelta(days=8))
    yield "One whose time is over:", f"{address}/c/{link}"
    yield "Help now:", f"{address}/help-now"
    yield from demo_messages.links(address, now)


def _latest_sessions(count: int) -> Sequence[Appointment]:
    """The last session of each of the clients who came last."""
    from holdfast_site.people.models import Appointment

    found: dict[str, Appointment] = {}
    for one in Appointment.objects.filter(status="attended").order_by("-starts_at", "-pk").iterator():
        found.setdefault(one.client_id, one)
        if len(found) == count:
            break
    return list(found.values())


def _who_said_most(therapist: Therapist) -> Client:
    """The client of a therapist with the most answered check-ins."""
    from django.db.models import Count

    from holdfast_site.people.models import Client

    answered = Count("appointments__invitations__submission")
    his = Client.objects.filter(appointments__therapist=therapist)
    return his.annotate(answered=answered).order_by("-answered", "pk")[0]


def _members(now: datetime) -> None:
    """A therapist with something in every part of the day, and the care contact: one click each, no password."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.services import add_member
    from holdfast_site.caseload.selectors import coming, unmarked
    from holdfast_site.people.models import Therapist

    def full(therapist: Therapist) -> tuple[bool, int]:
        actor = Actor(Role.THERAPIST, therapist_id=therapist.pk)
        return unmarked(actor, now=now).exists(), len(coming(actor, now=now))

    fullest = max(Therapist.objects.order_by("pk"), key=full)
    add_member("therapist", Role.THERAPIST, therapist_id=fullest.pk)
    add_member("care contact", Role.CARE_CONTACT)
    add_member("lead", Role.LEAD)
    add_member("desk", Role.DESK)
    add_member("supervisor", Role.SUPERVISOR)
    add_member("client", Role.CLIENT, client=_who_said_most(fullest))
