"""The demo: a small made-up practice that goes on until now, and check-ins to fill in. Nobody in it is real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from holdfast.simulate import demo_practice
from holdfast.simulate.world import DEMO
from holdfast.tables.schema import PAUSE
from holdfast_site import start

if TYPE_CHECKING:
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.people.models import Appointment

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
Row = Mapping[str, str]


def make(home: Path) -> Path:
    """Make the demo's site in ``home``, and get Django ready for it."""
    folder = home / "practice"
    start.make_site(folder, key_file=home / "practice.key", **DECIDED)
    start.get_django_ready(folder)
    start.bring_up_to_date()
    from django.utils import timezone

    fill(timezone.now())
    return folder


def fill(now: datetime) -> None:
    """Fill an empty site with the made-up practice, moved by whole weeks so that it goes on until now."""
    from django.db import transaction

    from holdfast_site.caseload.services import refresh

    made = demo_practice(WORLD)
    moved = (now - made.now.replace(tzinfo=now.tzinfo)) // WEEK * WEEK
    with transaction.atomic():
        _people(made.tables, moved)
        _endings(made.tables, moved)
        _checkins(made.tables["checkins"], moved)
        _members(now)
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


def _latest_sessions(count: int) -> Sequence[Appointment]:
    """The last session of each of the clients who came last."""
    from holdfast_site.people.models import Appointment

    found: dict[str, Appointment] = {}
    for one in Appointment.objects.filter(status="attended").order_by("-starts_at", "-pk").iterator():
        found.setdefault(one.client_id, one)
        if len(found) == count:
            break
    return list(found.values())


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


def _people(tables: Mapping[str, Sequence[Row]], moved: timedelta) -> None:
    from holdfast_site.people.models import Appointment, Therapist
    from holdfast_site.people.services import add_client

    Therapist.objects.bulk_create([Therapist(pk=row["therapist_id"]) for row in tables["therapists"]])
    for row in tables["clients"]:
        add_client(row["client_id"])
    same = ("appointment_id", "client_id", "therapist_id", "status", "initiated_by", "certainty", "modality")
    moments = ("starts_at", "booked_at", "status_at")
    Appointment.objects.bulk_create(
        [
            Appointment(**{name: row[name] for name in same}, **{name: _moment(row[name], moved) for name in moments})
            for row in tables["appointments"]
        ]
    )


def _endings(tables: Mapping[str, Sequence[Row]], moved: timedelta) -> None:
    from holdfast_site.people.models import Ending, Pause

    for row in tables["endings"]:
        whom = {name: row[name] for name in ("client_id", "therapist_id", "kind")}
        ended_on = datetime.fromisoformat(row["ended_on"]).date() + moved
        Ending.objects.create(**whom, ended_on=ended_on, recorded_at=_moment(row["recorded_at"], moved))
    for row in tables["repairs"]:
        if row["action"] != PAUSE:
            continue
        whom = {name: row[name] for name in ("client_id", "therapist_id")}
        until = datetime.fromisoformat(row["until"]).date() + moved if row["until"] else None
        Pause.objects.create(**whom, at=datetime.fromisoformat(row["at"]) + moved, until=until)


def _checkins(rows: Sequence[Row], moved: timedelta) -> None:
    """What was asked and answered before. Nobody kept the links: they are random."""
    import secrets

    from holdfast_site.checkins.models import Invitation
    from holdfast_site.checkins.questions import ROTATING, VERSION
    from holdfast_site.people.models import Appointment

    theirs = {(one.appointment_id, one.client_id): one for one in Appointment.objects.select_related("client")}
    for row in rows:
        sent_at = _moment(row["sent_at"], moved)
        assert sent_at is not None
        invitation = Invitation.objects.create(
            appointment=theirs[row["appointment_id"], row["client_id"]],
            link=secrets.token_bytes(32),
            sent_at=sent_at,
            expires_at=sent_at + timedelta(days=3),
            version=VERSION,
            rotating=[question.name for question in ROTATING if row[question.name]][:2],
        )
        answered_at = _moment(row["answered_at"], moved)
        if answered_at is not None:
            _answered(invitation, row, answered_at)


def _answered(invitation: Invitation, row: Row, answered_at: datetime) -> None:
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.questions import CHANGE, QUESTIONS
    from holdfast_site.checkins.services import keep_as_given

    given = [(name, int(row[name]), Audience.THERAPIST) for name in QUESTIONS if row[name]]
    change = [(CHANGE, row[CHANGE], Audience.THERAPIST)] if row[CHANGE] else []
    keep_as_given(invitation, uuid4(), Answers.of([*given, *change]), answered_at)


def _moment(text: str, moved: timedelta) -> datetime | None:
    return datetime.fromisoformat(text) + moved if text else None
