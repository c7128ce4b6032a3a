"""The demo: a small made-up practice that goes on until now, and check-ins to fill in. Nobody in it is real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.simulate import demo_practice, write
from holdfast.simulate.world import DEMO
from holdfast.tables import read_tables
from holdfast_site import demo_messages, start

if TYPE_CHECKING:
    from holdfast_site.caseload.models import Flag
    from holdfast_site.people.models import Client, Therapist

WORLD = replace(DEMO, clients=200, n_therapists=4)
WEEK = timedelta(weeks=1)
LINKS, MANY = 5, 60
JUST_NOW = timedelta(minutes=1)
LOOKED = (12, 8, 1)  # weeks ago, when flags were shown; each look takes a second or two
UNSEEN = timedelta(days=14)  # flags of the last two weeks still wait for a guess
SAID_AND_DONE = {  # what the simulation calls it, and what it is on the site
    "asked him about fit": "ask-what-i-missed",
    "agreed a slower pace": "go-slower",
    "explained the plan": "explain-what-we-are-doing",
    "wrote to him": "write-without-a-question-why",
}
PROMPTED = {"'understood' fell": "understood_fall", "silence": "quiet"}
CARE_CONTACT = "Ruth Maddox"
STAFF = {CARE_CONTACT: "care_contact", "Ellen Marsh": "lead", "Sam Okoro": "desk", "Joan Keller": "supervisor"}
DECIDED: Mapping[str, object] = {
    "name": WORLD.name,
    "timezone": WORLD.timezone,
    "reading_hours": "Monday to Friday, 9 to 5",
    "phone": "020 7946 0321",  # one of those kept free for stories
    "crisis_numbers": [
        {"name": "Samaritans", "number": "116 123", "hours": "day and night"},
        {"name": "Emergency", "number": "999"},
    ],
    "care_contact": {"name": CARE_CONTACT},
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
    from holdfast_site.demo_day import fill_practice, name_therapists
    from holdfast_site.messages.services import note_refreshed
    from holdfast_site.refreshing import refresh

    made = demo_practice(WORLD)
    repairs = [_as_here(row) for row in made.tables["repairs"]]
    write(replace(made, tables={**made.tables, "repairs": repairs}), folder)
    moved = (now - made.now.replace(tzinfo=now.tzinfo)) // WEEK * WEEK
    with transaction.atomic():
        load(read_tables(folder), moved=moved)
    _look_back(now)
    with transaction.atomic():
        name_therapists()
        _members(now)
        fill_practice(now)
        demo_messages.make_reachable(now)
    refresh(now, judging=False)  # the worker does that, once the site can be looked at
    note_refreshed(now)


def _as_here(row: dict[str, str]) -> dict[str, str]:
    """What was said and done, as the site's own pages would have noted it."""
    return {
        **row,
        "action": SAID_AND_DONE.get(row["action"], row["action"]),
        "prompted_by": PROMPTED.get(row["prompted_by"], row["prompted_by"]),
    }


def _look_back(now: datetime) -> None:
    """The flags of the last weeks, by a model fitted before them; and what the therapist thought first."""
    from holdfast.silence import fit
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.caseload.models import Flag
    from holdfast_site.caseload.services import refresh

    first, *later = ((now - weeks * WEEK).replace(microsecond=0) for weeks in LOOKED)
    fitted = fit(tables(first))
    for moment in (first, *later):
        refresh(moment, fitted=fitted)
    seen = Flag.objects.filter(at__lt=now - UNSEEN).select_related("client").order_by("at", "pk")
    for number, flag in enumerate(seen):
        _guess(flag, number)


def _guess(flag: Flag, number: int) -> None:
    """In turn: he will come, he will not, I do not know."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.caseload.flags import Said
    from holdfast_site.caseload.services import keep_guess

    said = (Said.YES, Said.NO, Said.YES, Said.UNSURE)[number % 4]
    keep_guess(by=Actor(Role.THERAPIST, therapist_id=flag.therapist_id), flag_id=flag.pk, said=said, now=flag.at)


def links(address: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Make check-ins to fill in; each with what it shows."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    yield "Everybody's day, by role:", f"{address}/"
    *fresh, old = demo_messages.came_last(LINKS + 1)
    for number, appointment in enumerate(fresh):
        invitation, link = invite(by=ANYONE, appointment=appointment, now=now)
        demo_messages.send(invitation, link, now)
        yield "Another client's:" if number else "A check-in, as a client gets it:", f"{address}/c/{link}"
    _, link = invite(by=ANYONE, appointment=old, now=now - timedelta(days=8))
    yield "One whose time is over:", f"{address}/c/{link}"
    yield "Help now:", f"{address}/help-now"
    yield from demo_messages.links(address, now)


def on_his_phone(now: datetime) -> str:
    """A fresh check-in of somebody who has not answered one about his last session; its link."""
    from django.db.models import Q

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.checkins.services import invite

    taken = Q(submission__isnull=False) | Q(sent_at__gt=now - JUST_NOW)
    latest = demo_messages.came_last(MANY)
    free = (one for one in latest if not Invitation.objects.filter(taken, appointment=one).exists())
    about = next(free, latest[0])
    return invite(by=ANYONE, appointment=about, now=now)[1]


def before_his_next(now: datetime) -> str | None:
    """The question whether he comes, of the next who has not answered it; its link. None: nobody is booked."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.away.selectors import in_the_way
    from holdfast_site.checkins.models import Asks, Invitation
    from holdfast_site.checkins.services import ask_before
    from holdfast_site.people.models import Appointment

    said = Invitation.objects.filter(asks=Asks.BEFORE, submission__isnull=False).values("appointment")
    ahead = Appointment.objects.filter(status="booked", starts_at__gt=now).exclude(pk__in=said)
    rows = list(ahead.order_by("starts_at", "pk")[:MANY])
    off = in_the_way(rows)
    about = next((one for one in rows if one.pk not in off), None)
    return None if about is None else ask_before(by=ANYONE, appointment=about, now=now)[1]


def _who_said_most(therapist: Therapist) -> Client:
    """The client of a therapist with the most answered check-ins."""
    from django.db.models import Count

    from holdfast_site.people.models import Client

    answered = Count("appointments__invitations__submission")
    his = Client.objects.filter(appointments__therapist=therapist)
    return his.annotate(answered=answered).order_by("-answered", "pk")[0]


def _members(now: datetime) -> None:
    """A therapist with something in every part of the day, and whoever else works here: one click each, no password."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.services import add_member
    from holdfast_site.caseload.flags import unseen
    from holdfast_site.caseload.selectors import coming, own_ids, unmarked
    from holdfast_site.people.models import Therapist

    def full(therapist: Therapist) -> tuple[int, int]:
        actor = Actor(Role.THERAPIST, therapist_id=therapist.pk)
        own = own_ids(actor)
        ahead = coming(actor, own, now=now)
        parts = (unseen(actor, own, now=now).exists(), unmarked(actor, own, now=now).exists(), bool(ahead))
        return sum(parts), len(ahead)

    fullest = max(Therapist.objects.order_by("pk"), key=full)
    add_member(str(fullest), Role.THERAPIST, therapist_id=fullest.pk)
    for name, role in STAFF.items():
        add_member(name, Role(role))
    add_member("client", Role.CLIENT, client=_who_said_most(fullest))
