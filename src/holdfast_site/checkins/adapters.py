"""From the site's rows to the library's tables: the only file that knows both.

The tables are what a therapist may know, and nothing else: the silence model, whose flags he sees, gets no answer that
was kept from him. A check-in of which nothing is for the therapist is one that was not answered.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from holdfast.tables import journal
from holdfast.tables.read import PRACTICE_FILE
from holdfast.tables.schema import PAUSE, TABLES
from holdfast_site.checkins import selectors
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.questions import WORDS
from holdfast_site.people.models import Appointment, Client, Ending, Pause, Therapist

Row = Mapping[str, object]


def write_tables(folder: Path, *, now: datetime) -> None:
    """Write the site's rows as a folder of tables, as a therapist may know them at ``now``."""
    zone = ZoneInfo(settings.SITE.timezone)
    rows: Mapping[str, Iterable[Row]] = {
        "appointments": _appointments(zone),
        "clients": ({"client_id": client.pk} for client in Client.objects.order_by("pk")),
        "therapists": ({"therapist_id": therapist.pk} for therapist in Therapist.objects.order_by("pk")),
        "checkins": _checkins(zone),
        "endings": _endings(zone),
        "repairs": _pauses(zone),
    }
    files = {f"{name}.csv": _csv(name, found).encode() for name, found in rows.items()}
    practice = {"timezone": zone.key, "exported_at": now.astimezone(zone).isoformat()}
    files[PRACTICE_FILE] = json.dumps(practice).encode()
    folder.mkdir(parents=True, exist_ok=True)
    journal.replace_together(folder, files)


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
    sent = Invitation.objects.select_related("appointment__client", "submission")
    for invitation in sent.order_by("sent_at", "pk").iterator():
        answers = selectors.answers_for_therapist(invitation)
        known = answers is not None
        yield {
            "client_id": invitation.appointment.client_id,
            "appointment_id": invitation.appointment.appointment_id,
            "sent_at": _wall(invitation.sent_at, zone),
            "answered_at": _wall(invitation.submission.answered_at, zone) if known else "",
            **{name: value for name, value in (answers or {}).items() if name != WORDS},
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


def _wall(moment: datetime | None, zone: ZoneInfo) -> str:
    """The practice's wall clock, to the second."""
    return "" if moment is None else moment.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()


def _csv(name: str, rows: Iterable[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(TABLES[name].columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
