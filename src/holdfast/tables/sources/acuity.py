"""Acuity Scheduling: the lists /appointments and /appointments?canceled=true as JSON, or its CSV export.

A no-show is a *cancelled* appointment that is marked as one, so that mark is looked at first. Neither
the time of a cancellation nor who cancelled is kept, and a booking that was moved keeps its id and
loses its old time. Attendance is known only where the practice puts the label Completed.
Forms and notes are not read.
Shape: developers.acuityscheduling.com, "appointments"; help.acuityscheduling.com, "Importing and exporting".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from holdfast.tables.moments import When
from holdfast.tables.schema import Status
from holdfast.tables.sources.dates import date_reader
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.records import (
    flag,
    has_heading,
    has_keys,
    latest,
    moment,
    read_each,
    read_records,
    required_moment,
)
from holdfast.tables.sources.source import Context, Imported, Source, appointment, made_id, settled
from holdfast.tables.sources.words import same_word
from holdfast.words import Words

ID = ("id", "Appointment ID")
STARTS = ("datetime", "Start Time")
BOOKED = ("datetimeCreated", "dateCreated", "Date Scheduled")
CALENDAR = ("calendarID", "calendar")
NO_SHOW = ("noShow", "No Show")
CANCELLED = ("canceled", "cancelled")
NEEDED = (STARTS, ("lastName", "email"), CALENDAR)


def recognises(file: SourceFile) -> bool:
    return has_keys(file, "datetime", "calendarID") or has_heading(
        file, (("Start Time",), ("End Time",), ("First Name",), ("Last Name",), ("Calendar",), ("Type",))
    )


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read both lists; an appointment that stands in both is a cancelled one."""
    out = Imported()
    records = read_records(files, NEEDED, lists=("appointments",))
    texts = (record.get(name) for record in records for name in (*STARTS, *BOOKED))
    read_moment = date_reader(texts, context.timezone, file=files[0].name)
    seen: list[tuple[Record, Status]] = []
    read_each(records, lambda record: seen.append((record, _said(record))))
    in_order = [record for record, _ in sorted(seen, key=lambda pair: pair[1] in (Status.CANCELLED, Status.NO_SHOW))]
    once = latest(in_order, lambda record: record.get(*ID) or id(record), out)
    read_each(once, lambda record: _appointment(record, read_moment, context, out))
    out.notes = _notes({status for _, status in seen}, by_name=any(not record.get("email") for record in once))
    return out


def _appointment(record: Record, read_moment: Callable[[str], When], context: Context, out: Imported) -> None:
    client = _client(record)
    if not client:
        return out.skip(Words("no client: a block in the diary"))
    starts = required_moment(record, read_moment, *STARTS)
    booked = moment(record, read_moment, *BOOKED)
    therapist = record.get(*CALENDAR) or "unknown"
    status, certainty, by = settled(_said(record), starts, context, booked=booked)
    out.add(
        "appointments",
        appointment(
            id=record.get(*ID) or made_id(starts, client, therapist),
            client=client,
            therapist=therapist,
            starts=starts,
            status=status,
            certainty=certainty,
            by=by,
            booked=booked,
            source_status=_word(record),
        ),
    )


def _said(record: Record) -> Status:
    if flag(record, *NO_SHOW):
        return Status.NO_SHOW
    if flag(record, *CANCELLED):
        return Status.CANCELLED
    if any(same_word(label) == "completed" for label in _labels(record)):
        return Status.ATTENDED
    return Status.BOOKED


def _labels(record: Record) -> Iterator[str]:
    """The labels that the practice has put on an appointment; their names are the practice's own."""
    yield from record.get("Label", "labels").split(",")
    number = 0
    while name := record.get(f"labels.{number}.name"):
        yield name
        number += 1


def _client(record: Record) -> str:
    """Acuity has no id for a client: his e-mail address, or else his name."""
    name = f"{record.get('firstName')} {record.get('lastName')}".strip()
    return record.get("email").lower() or name or record.get("phone")


def _word(record: Record) -> str:
    if flag(record, *NO_SHOW):
        return "noShow"
    if flag(record, *CANCELLED):
        return "canceled"
    return "Completed" if _said(record) is Status.ATTENDED else "none set"


def _notes(said: set[Status], *, by_name: bool) -> list[Words]:
    notes = [
        Words(
            "Acuity keeps neither the time of a cancellation nor who cancelled, and no trace of a booking that was "
            "moved."
        ),
        Words("Acuity has no id for a client: the e-mail address stands for him, so two who share one count as one."),
    ]
    if by_name:
        notes.append(
            Words("Where no e-mail address is given, the name stands for the client: two of one name count as one.")
        )
    if not said & {Status.CANCELLED, Status.NO_SHOW}:
        notes.append(
            Words(
                "No cancelled appointment and no no-show is in these files. Acuity lists them apart, at "
                "/appointments?canceled=true, and leaves them out of a CSV: fetch that list too."
            )
        )
    return notes


SOURCE = Source(
    name="acuity",
    title=Words("Acuity Scheduling (lists of its API, or its CSV)"),
    files="/appointments and /appointments?canceled=true as JSON, or the exported CSV",
    recognises=recognises,
    read=read,
    lists_all=True,
)
