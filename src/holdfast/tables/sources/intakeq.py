"""IntakeQ and PracticeQ: lists of the Appointments API (v1) as JSON, or a CSV with the same columns.

Nothing here says that somebody came: a past appointment that is still Confirmed was never
marked. The field AttendanceConfirmationResponse is the answer to a reminder, and not attendance.
The list that is asked for with ``deletedOnly`` looks like any other, so it is known by its file
name alone. Reasons and notes are not read.
Shape: support.intakeq.com, article 204, "IntakeQ Appointments API".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from holdfast.tables.moments import When
from holdfast.tables.schema import InitiatedBy, Status
from holdfast.tables.sources.dates import date_reader
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.records import (
    has_heading,
    has_keys,
    latest,
    moment,
    read_each,
    read_records,
    required,
    required_moment,
)
from holdfast.tables.sources.source import Context, Imported, Source, appointment, settled, year_of
from holdfast.tables.sources.words import meanings
from holdfast.words import Words

WORDS = {
    "": (Status.BOOKED, None),
    "Confirmed": (Status.BOOKED, None),
    "WaitingConfirmation": (Status.BOOKED, None),
    "Missed": (Status.NO_SHOW, None),
    "No Show": (Status.NO_SHOW, None),
    "Canceled": (Status.CANCELLED, None),
    "Late Canceled": (Status.LATE_CANCELLED, None),
    "Late Cancel": (Status.LATE_CANCELLED, None),
    "Late Cancellation": (Status.LATE_CANCELLED, None),
    "Rescheduled": (Status.RESCHEDULED, None),
    "Declined": (Status.CANCELLED, InitiatedBy.PROVIDER),
}
ID = ("Id", "AppointmentId")
STARTS = ("StartDate", "StartDateIso", "StartDateLocal")
CANCELLED = ("CancellationDate",)
BOOKED = ("DateCreated",)
CLIENT = ("ClientId", "ClientEmail", "ClientName")
THERAPIST = ("PractitionerId", "PractitionerEmail", "PractitionerName")
NEEDED = (ID, STARTS, ("Status",), CLIENT)
LISTS = ("Appointments", "Appointment", "Results")


def recognises(file: SourceFile) -> bool:
    return has_keys(file, "ClientId", "PractitionerId", "StartDate", "Status") or has_heading(
        file, (("Id",), ("ClientId",), ("PractitionerId",), ("StartDate",), ("Status",), ("DateCreated",))
    )


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the lists of appointments; of an appointment that stands in several, the one modified last."""
    out = Imported()
    found = read_records(files, NEEDED, lists=LISTS)
    deleted = {record.get(*ID) for record in found if _is_deleted(record)}
    records = latest(found, lambda record: record.get(*ID), out, updated=("LastModified",))
    kept = [record for record in records if record.get(*ID) not in deleted]
    meaning = meanings(WORDS, (r.get("Status") for r in kept), title="IntakeQ", file=files[0].name, column="Status")
    texts = (record.get(name) for record in kept for name in (*STARTS, *CANCELLED, *BOOKED))
    read_moment = date_reader(texts, context.timezone, file=files[0].name)
    for _ in deleted:
        out.skip(Words("deleted in IntakeQ"))
    read_each(kept, lambda record: _appointment(record, meaning, read_moment, context, out))
    out.notes = _notes(kept, meaning)
    return out


def _is_deleted(record: Record) -> bool:
    return "deleted" in record.file.lower()


def _appointment(
    record: Record,
    meaning: Callable[[str], tuple[Status, InitiatedBy | None]],
    read_moment: Callable[[str], When],
    context: Context,
    out: Imported,
) -> None:
    if not record.get(*CLIENT):
        return out.skip(Words("no client: a block in the diary"))
    said, by = meaning(record.get("Status"))
    starts = required_moment(record, read_moment, *STARTS)
    booked = moment(record, read_moment, *BOOKED)
    is_off = said in (Status.CANCELLED, Status.LATE_CANCELLED)
    cancelled = moment(record, read_moment, *CANCELLED) if is_off else None
    status, certainty, who = settled(said, starts, context, by=by, cancelled=cancelled, booked=booked)
    for client in _clients(record):
        out.add(
            "appointments",
            appointment(
                id=required(record, *ID),
                client=client,
                therapist=record.get(*THERAPIST) or "unknown",
                starts=starts,
                status=status,
                certainty=certainty,
                by=who,
                booked=booked,
                status_at=cancelled,
                source_status=record.get("Status"),
            ),
        )
    if year := year_of(record.get("ClientDateOfBirth")):
        out.add("clients", {"client_id": record.get(*CLIENT), "birth_year": year})


def _clients(record: Record) -> Iterator[str]:
    """Who was to come: the client, and those who come with him."""
    yield record.get(*CLIENT)
    number = 0
    while other := record.get(*(f"AdditionalClients.{number}.{name}" for name in CLIENT)):
        yield other
        number += 1


def _notes(records: Sequence[Record], meaning: Callable[[str], tuple[Status, InitiatedBy | None]]) -> list[Words]:
    notes = [
        Words("IntakeQ never records that somebody came: a past appointment that is still Confirmed is unknown."),
        Words("IntakeQ does not say who cancelled; only Declined is known to be the practice's."),
    ]
    said = [meaning(record.get("Status"))[0] for record in records]
    if Status.CANCELLED not in said:
        notes.append(
            Words("No cancelled appointment is in these files. Was the list fetched with Status Confirmed only?")
        )
    return notes


SOURCE = Source(
    name="intakeq",
    title=Words("IntakeQ / PracticeQ (lists of its API)"),
    files="the pages of /api/v1/appointments, as JSON or CSV; a deletedOnly list with 'deleted' in its file name",
    recognises=recognises,
    read=read,
    lists_all=True,
)
