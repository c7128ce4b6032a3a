"""From the site's rows to the library's tables: the only file that knows both.

The tables are what a therapist may know, and nothing else: the silence model, whose flags he sees, gets no answer that
was kept from him. A check-in of which nothing is for the therapist is one that was not answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl
from django.conf import settings

from holdfast.tables.check import ROW
from holdfast.tables.read import Practice, Tables, to_types
from holdfast.tables.schema import AXES, PAUSE, TABLES
from holdfast_site.away.selectors import told_away
from holdfast_site.caseload.models import Repair
from holdfast_site.caseload.repairs import done_of
from holdfast_site.checkins import selectors
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.questions import WORDS
from holdfast_site.people.models import Appointment, Client, Ending, Pause, Therapist
from holdfast_site.people.wishes import wishes_of

Row = Mapping[str, object]


def tables(now: datetime) -> Tables:
    """The site's rows as the library's tables, as a therapist may know them at ``now``. Nothing is written to disk."""
    zone = ZoneInfo(settings.SITE.timezone)
    rows: Mapping[str, Iterable[Row]] = {
        "appointments": _appointments(zone),
        "clients": _clients(),
        "therapists": _therapists(),
        "checkins": _checkins(zone),
        "endings": _endings(zone),
        "repairs": [*_pauses(zone), *_repairs(zone)],
    }
    exported_at = now.astimezone(zone).replace(tzinfo=None)
    told = {"timezone": zone.key, "exported_at": now.astimezone(zone).isoformat()}
    practice = Practice(
        timezone=zone.key, exported_at=exported_at, source=json.dumps(told).encode(), away=told_away(zone)
    )
    frames = {name: _frame(name, list(rows.get(name, ()))) for name in TABLES}
    return Tables(frames, practice, frozenset(rows))


def without(found: Tables, clients: frozenset[str]) -> Tables:
    """The same tables with nothing in them of some clients: as if they had never come."""
    others = ~pl.col("client_id").is_in(list(clients))
    about_clients = (name for name in found.frames if "client_id" in found[name].columns)
    return replace(found, frames={**found.frames, **{name: found[name].filter(others) for name in about_clients}})


def _frame(name: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as text, then in the types of the table."""
    columns = TABLES[name].columns
    texts = {column: [_text(row.get(column)) for row in rows] for column in columns}
    found = pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String)).with_row_index(ROW)
    return to_types(TABLES[name], found, settings.SITE.timezone).drop(ROW)


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _clients() -> Iterator[Row]:
    for client in Client.objects.order_by("pk").iterator():
        wishes = wishes_of(client)
        yield {"client_id": client.pk, **{f"prefers_{axis}": value for axis, value in wishes.items()}}


def _therapists() -> Iterator[Row]:
    for one in Therapist.objects.order_by("pk"):
        style = {f"style_{axis}": getattr(one, f"style_{axis}") for axis in AXES}
        room = {"capacity": one.capacity, "gender": one.gender}
        yield {"therapist_id": one.pk, "frameworks": one.frameworks, **room, **style}


def _appointments(zone: ZoneInfo) -> Iterator[Row]:
    for one in Appointment.objects.order_by("starts_at", "pk").iterator():
        yield {
            "appointment_id": one.appointment_id,
            "client_id": one.client_id,
            "therapist_id": one.therapist_id,
            "starts_at": _wall(one.starts_at, zone),
            "status": one.status,
            "initiated_by": one.initiated_by,
            "certainty": one.certainty,
            "booked_at": _wall(one.booked_at, zone),
            "status_at": _wall(one.status_at, zone),
            "modality": one.modality,
        }


def _checkins(zone: ZoneInfo) -> Iterator[Row]:
    every = Invitation.objects.select_related("appointment")
    shown = {one.invitation_id: one for one in selectors.shown_to_therapist(every)}
    for invitation in selectors.reached(every).order_by("sent_at", "pk").iterator():
        his = shown.get(invitation.pk)
        yield {
            "client_id": invitation.appointment.client_id,
            "appointment_id": invitation.appointment.appointment_id,
            "sent_at": _wall(invitation.sent_at, zone),
            "answered_at": _wall(his.answered_at, zone) if his else "",
            **{name: value for name, value in (his.answers if his else {}).items() if name != WORDS},
        }


def _endings(zone: ZoneInfo) -> Iterator[Row]:
    for one in Ending.objects.order_by("ended_on", "pk").iterator():
        yield {
            "client_id": one.client_id,
            "therapist_id": one.therapist_id,
            "ended_on": one.ended_on.isoformat(),
            "kind": one.kind,
            "recorded_at": _wall(one.recorded_at, zone),
        }


def _pauses(zone: ZoneInfo) -> Iterator[Row]:
    for one in Pause.objects.order_by("at", "pk").iterator():
        until = "" if one.until is None else one.until.isoformat()
        yield {
            "client_id": one.client_id,
            "therapist_id": one.therapist_id,
            "at": _wall(one.at, zone),
            "action": PAUSE,
            "until": until,
        }


def _repairs(zone: ZoneInfo) -> Sequence[Row]:
    """What was said or done; the same action twice within a second is once."""
    found: dict[object, Row] = {}
    for one in Repair.objects.select_related("client").order_by("at", "pk").iterator():
        done, at = done_of(one), _wall(one.at, zone)
        found.setdefault(
            (one.client_id, one.therapist_id, at, done.action),
            {
                "client_id": one.client_id,
                "therapist_id": one.therapist_id,
                "at": at,
                "action": done.action,
                "prompted_by": done.prompted_by,
            },
        )
    return list(found.values())


def _wall(moment: datetime | None, zone: ZoneInfo) -> str:
    """The practice's wall clock, to the second."""
    return "" if moment is None else moment.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()
