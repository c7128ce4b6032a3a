"""From the library's tables to the site's rows: an export, or a made-up practice. Loading twice changes nothing.

Only what the site needs is taken: ids, appointments, endings, what was said and done, check-ins, and on the six axes
how clients would like to be worked with and how therapists work. Of a check-in that was asked and answered elsewhere,
the answers are for the therapist, and its link is random: nobody can open it.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import polars as pl
from django.conf import settings
from django.db import transaction

from holdfast.tables.read import Practice, Tables
from holdfast.tables.schema import AXES, PAUSE, TABLES, Certainty, InitiatedBy, Status
from holdfast_site.caseload.bounds import refuse_what_does_not_fit
from holdfast_site.caseload.landing import Key, Landed, landed
from holdfast_site.caseload.models import Repair
from holdfast_site.caseload.repairs import Done, sealed
from holdfast_site.caseload.settling import TAKEN, Fate, Settled, counted, fate
from holdfast_site.checkins.answers import Answers
from holdfast_site.checkins.before_questions import ATTEND
from holdfast_site.checkins.models import Asks, Audience, Invitation
from holdfast_site.checkins.questions import CHANGE, QUESTIONS, ROTATING, ROTATING_EACH_TIME, VERSION
from holdfast_site.checkins.services import Given, keep_as_given
from holdfast_site.people.models import Appointment, Client, Ending, KnownFrom, Pause, Therapist
from holdfast_site.people.selectors import known_as
from holdfast_site.people.services import add_client, keep_wishes

Row = Mapping[str, Any]
SAME = ("appointment_id", "client_id", "therapist_id", "status")
WORDS_OR_BLANK = ("initiated_by", "certainty", "modality")
MOMENTS = ("starts_at", "booked_at", "status_at")
HOW_THEY_WORK = (*(f"style_{axis}" for axis in AXES), "frameworks", "capacity", "gender")
OPEN_FOR = timedelta(days=3)
OTHER = "\0other"
AT_ONCE = 500  # rows in one question to the database
MOVED_AWAY = {  # of what was booked here, once an export has moved it onto another that was booked here
    "status": Status.RESCHEDULED,
    "initiated_by": InitiatedBy.UNKNOWN,
    "certainty": Certainty.INFERRED,
    "status_at": None,
    "known_from": KnownFrom.EXPORT,
    "agreed_at": None,
}
LOADED = UUID("6f1d3c2e-6c5b-4a53-9f0a-3a5f1f6f7f10")  # under which the ids of loaded repairs are made


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each there are now, and what became of the appointments in the tables."""

    clients: int
    appointments: int
    checkins: int
    settled: Settled


@transaction.atomic
def load(tables: Tables, *, moved: timedelta = timedelta(0)) -> Loaded:
    """Take over what the site needs, all of it or nothing; for a demo moved to another time.

    Raises
    ------
    TableProblems
        If there is something in them that a site cannot hold.
    """
    refuse_what_does_not_fit(tables)
    tables = _each_once(tables)
    clock = _Clock(ZoneInfo(settings.SITE.timezone), moved)
    _people(tables)
    settled, elsewhere = _appointments(tables, clock)
    _endings(tables, clock)
    _repairs(tables, clock)
    _checkins(tables, clock, elsewhere)
    return Loaded(Client.objects.count(), Appointment.objects.count(), Invitation.objects.count(), settled)


@dataclass(frozen=True, slots=True)
class _Clock:
    """From the practice's wall clock to moments, in UTC as the database holds them.

    A moment in the hour in which the clocks change equals none of another zone (PEP 495), not even itself.
    """

    zone: ZoneInfo
    moved: timedelta

    def at(self, wall: datetime | None) -> datetime | None:
        return None if wall is None else self.known(wall)

    def known(self, wall: datetime) -> datetime:
        return (wall + self.moved).replace(tzinfo=self.zone).astimezone(UTC)


def _each_once(tables: Tables) -> Tables:
    """The tables with everybody under the id that he has here; where a row is there under both, the other one holds."""
    ids = dict(known_as())
    if not ids:
        return tables
    frames = dict(tables.frames)
    for name in tables.frames:
        frame = tables[name]
        if "client_id" in frame.columns:
            is_other = pl.col("client_id").is_in(list(ids)).alias(OTHER)
            named = frame.with_columns(is_other, pl.col("client_id").replace(ids)).sort(OTHER, maintain_order=True)
            frames[name] = named.unique(TABLES[name].key, keep="last", maintain_order=True).drop(OTHER)
    return replace(tables, frames=frames)


def _rows(tables: Tables, name: str) -> Iterator[Row]:
    yield from tables[name].iter_rows(named=True)


def _people(tables: Tables) -> None:
    therapists = {
        row["therapist_id"] for name in ("appointments", "therapists", "endings") for row in _rows(tables, name)
    }
    Therapist.objects.bulk_create([Therapist(pk=one) for one in sorted(therapists)], ignore_conflicts=True)
    for row in _rows(tables, "therapists"):
        told = {name: row[name] for name in HOW_THEY_WORK if row[name] is not None}  # what is blank is left as it was
        Therapist.objects.filter(pk=row["therapist_id"]).update(**told)
    clients = {row["client_id"] for name in ("appointments", "clients", "endings") for row in _rows(tables, name)}
    for one in sorted(clients - set(Client.objects.values_list("pk", flat=True))):
        add_client(one)
    known = Client.objects.in_bulk([row["client_id"] for row in _rows(tables, "clients")])
    for row in _rows(tables, "clients"):
        wishes = {axis: row[f"prefers_{axis}"] for axis in AXES if row[f"prefers_{axis}"] is not None}
        if wishes and not known[row["client_id"]].is_erased:
            keep_wishes(known[row["client_id"]], wishes)


def settle(tables: Tables, *, moved: timedelta = timedelta(0)) -> Settled:
    """What taking these tables over would do to the appointments here. Nothing is written.

    Raises
    ------
    TableProblems
        If there is something in them that a site cannot hold.
    """
    refuse_what_does_not_fit(tables)
    tables = _each_once(tables)
    told = _told(tables, _Clock(ZoneInfo(settings.SITE.timezone), moved))
    found = landed(told, _here())
    return counted(Counter(one for _, one in _fates(told, found)), left=len(found.left))


def _appointments(tables: Tables, clock: _Clock) -> tuple[Settled, Mapping[Key, str]]:
    """Take appointments over. What somebody said here stands, unless somebody said otherwise there later.

    Those that stand here under another id come back with it.
    """
    told = _told(tables, clock)
    found = landed(told, _here())
    fates = list(_fates(told, found))
    exported = {_key(one): one.known_at for one in told}
    for key, row in found.left.items():
        Appointment.objects.filter(pk=row.pk).update(**MOVED_AWAY, known_at=exported[key] or row.known_at)
    for (id, client), row in found.joined.items():
        Appointment.objects.filter(elsewhere_id=id, client=client).update(elsewhere_id="")
        Appointment.objects.filter(pk=row.pk).update(elsewhere_id=id)
    _note_up_to_when(fates, found)
    elsewhere = {key: row.appointment_id for key, row in found.rows.items() if row.appointment_id != key[0]}
    taken = [one for one, becomes in fates if becomes in (Fate.NEW, Fate.CHANGED, Fate.OVERRULED)]
    for one in taken:
        one.appointment_id = elsewhere.get(_key(one), one.appointment_id)
    names = [*(name.removesuffix("_id") for name in TAKEN), "known_from", "known_at", "agreed_at"]
    keys = ["appointment_id", "client"]
    Appointment.objects.bulk_create(taken, update_conflicts=True, unique_fields=keys, update_fields=names)
    return counted(Counter(one for _, one in fates), left=len(found.left)), elsewhere


def _fates(told: Sequence[Appointment], found: Landed) -> Iterator[tuple[Appointment, Fate]]:
    """Each appointment as the tables have it, and what becomes of it."""
    for one in told:
        yield one, fate(one, found.rows.get(_key(one)))


def _note_up_to_when(fates: Iterable[tuple[Appointment, Fate]], found: Landed) -> None:
    """Note the newest export that has what stands as it stands: an older one that comes later undoes none of it."""
    said: dict[tuple[str, datetime], list[int]] = {}
    for one, becomes in fates:
        here = found.rows.get(_key(one))
        if here is not None and becomes is Fate.SAME and one.known_at is not None:
            name = "known_at" if here.known_from == KnownFrom.EXPORT else "agreed_at"
            before: datetime | None = getattr(here, name)
            if before is None or one.known_at > before:
                said.setdefault((name, one.known_at), []).append(here.pk)
    for (name, moment), rows in said.items():
        for first in range(0, len(rows), AT_ONCE):
            Appointment.objects.filter(pk__in=rows[first : first + AT_ONCE]).update(**{name: moment})


def _key(one: Appointment) -> Key:
    return one.appointment_id, one.client_id


def _here() -> Mapping[Key, Appointment]:
    return {_key(one): one for one in Appointment.objects.iterator()}


def _told(tables: Tables, clock: _Clock) -> Sequence[Appointment]:
    """The appointments as the tables have them; nothing is written."""
    exported = _Exported(tables.practice, clock)
    return [
        Appointment(
            **{name: row[name] for name in SAME},
            **{name: row[name] or "" for name in WORDS_OR_BLANK},
            **{name: clock.at(row[name]) for name in MOMENTS},
            known_at=exported.at(row.get("source")),
        )
        for row in _rows(tables, "appointments")
    ]


class _Exported:
    """When the export was made that a row is from: of each source, its last one."""

    def __init__(self, practice: Practice, clock: _Clock) -> None:
        told = {} if practice.source is None else json.loads(practice.source)
        self.last = {name: datetime.fromisoformat(at) + clock.moved for name, at in told.get("imported", {}).items()}
        self.whole = clock.at(practice.exported_at)

    def at(self, source: str | None) -> datetime | None:
        """None: nobody knows."""
        return self.last.get(source or "", self.whole)


def _endings(tables: Tables, clock: _Clock) -> None:
    endings = [
        Ending(
            client_id=row["client_id"],
            therapist_id=row["therapist_id"],
            ended_on=clock.known(row["ended_on"]).date(),
            kind=row["kind"],
            recorded_at=clock.at(row["recorded_at"]),
        )
        for row in _rows(tables, "endings")
    ]
    Ending.objects.bulk_create(endings, ignore_conflicts=True)


def _repairs(tables: Tables, clock: _Clock) -> None:
    """Agreed breaks, and what was said or done."""
    rows = list(_rows(tables, "repairs"))
    breaks = [row for row in rows if row["action"] == PAUSE]
    pauses = [
        Pause(
            client_id=row["client_id"],
            therapist_id=row["therapist_id"],
            at=clock.known(row["at"]),
            until=None if row["until"] is None else clock.known(row["until"]).date(),
        )
        for row in breaks
    ]
    Pause.objects.bulk_create(pauses, ignore_conflicts=True)
    done = [row for row in rows if row["action"] != PAUSE]
    clients = Client.objects.in_bulk({row["client_id"] for row in done})
    repairs = [
        _repair(row, clients[row["client_id"]], clock.known(row["at"]))
        for row in done
        if not clients[row["client_id"]].is_erased  # what was told of him does not come back with an export
    ]
    Repair.objects.bulk_create(repairs, ignore_conflicts=True)


def _repair(row: Row, client: Client, at: datetime) -> Repair:
    told = json.dumps([client.pk, row["therapist_id"], at.isoformat(), row["action"]])
    form = uuid5(LOADED, told)  # the same row again is the same form again
    repair = Repair(client=client, therapist_id=row["therapist_id"], at=at, form=form)
    repair.sealed = sealed(repair, Done(row["action"], row["prompted_by"] or ""))
    return repair


def _checkins(tables: Tables, clock: _Clock, elsewhere: Mapping[Key, str]) -> None:
    """Check-ins that were asked and answered elsewhere: each once, and none of whoever was erased."""
    about = {_key(one): one for one in Appointment.objects.select_related("client")}
    known: set[tuple[object, datetime]] = set(Invitation.objects.values_list("appointment", "sent_at"))
    fresh = []
    for row in _rows(tables, "checkins"):
        key = row["appointment_id"], row["client_id"]
        sent_at, one = clock.known(row["sent_at"]), about[elsewhere.get(key, row["appointment_id"]), row["client_id"]]
        if not one.client.is_erased and (one.pk, sent_at) not in known:
            known.add((one.pk, sent_at))
            fresh.append((_invitation(row, one, sent_at), row))
    Invitation.objects.bulk_create([invitation for invitation, _ in fresh])
    answered = [(invitation, row) for invitation, row in fresh if row["answered_at"] is not None]
    keep_as_given([Given(one, uuid4(), _answers(row), clock.known(row["answered_at"])) for one, row in answered])


def _invitation(row: Row, about: Appointment, sent_at: datetime) -> Invitation:
    rotating = [question.name for question in ROTATING if row[question.name] is not None]
    return Invitation(
        appointment=about,
        sent_at=sent_at,
        asks=Asks.BEFORE if sent_at < about.starts_at else Asks.CHECKIN,
        link=secrets.token_bytes(32),
        expires_at=sent_at + OPEN_FOR,
        version=VERSION,
        rotating=rotating[:ROTATING_EACH_TIME],
    )


def _answers(row: Row) -> Answers:
    named = ((name, row[name]) for name in (*QUESTIONS, CHANGE, ATTEND))
    return Answers.of([(name, value, Audience.THERAPIST) for name, value in named if value is not None])
