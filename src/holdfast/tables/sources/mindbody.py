"""Mindbody: staff appointments of the Public API (v6) as JSON, or a CSV with the same columns.

Start times are the studio's own clock, without an offset. There is a word for a late cancellation,
and it is trusted; when and by whom it was cancelled is not kept. None, Requested, Booked and Confirmed
all mean that nobody has said yet what became of it. A client's visits, with their fields SignedIn,
Missed and LateCancelled, are read as well. Notes are not read.
Shape: developers.mindbodyonline.com, Public API v6, "Get Staff Appointments" and "Get Client Visits".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holdfast.tables.moments import When
from holdfast.tables.schema import Status
from holdfast.tables.sources.dates import date_reader
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.records import (
    BadCell,
    flag,
    has_heading,
    has_keys,
    latest,
    read_each,
    read_records,
    required_moment,
)
from holdfast.tables.sources.source import Context, Imported, Source, appointment, settled
from holdfast.tables.sources.words import meanings
from holdfast.words import Words

WORDS = {
    "": Status.BOOKED,
    "None": Status.BOOKED,
    "Requested": Status.BOOKED,
    "Booked": Status.BOOKED,
    "Confirmed": Status.BOOKED,
    "Completed": Status.ATTENDED,
    "Arrived": Status.ATTENDED,
    "NoShow": Status.NO_SHOW,
    "Cancelled": Status.CANCELLED,
    "EarlyCancelled": Status.CANCELLED,
    "Early Cancel": Status.CANCELLED,
    "LateCancelled": Status.LATE_CANCELLED,
    "Late Cancel": Status.LATE_CANCELLED,
}
VISIT_FLAGS = (("LateCancelled", Status.LATE_CANCELLED), ("Missed", Status.NO_SHOW), ("SignedIn", Status.ATTENDED))
STARTS = ("StartDateTime", "Start Date Time", "Start Time")
CLIENT = ("ClientId", "Client.Id")
THERAPIST = ("StaffId", "Staff.Id", "ProviderId", "Staff", "Staff Name")
WORD = ("Status", "AppointmentStatus")
NEEDED = (("Id", "AppointmentId"), STARTS, CLIENT, (*WORD, "SignedIn"))
LISTS = ("Appointments", "StaffAppointments", "Visits")


def recognises(file: SourceFile) -> bool:
    return (
        has_keys(file, "StartDateTime", "StaffId", "ClientId", "Status")
        or has_keys(file, "StartDateTime", "StaffId", "ClientId", "SignedIn")
        or has_heading(file, (("Id", "AppointmentId"), ("ClientId",), ("StaffId",), ("StartDateTime",), WORD))
    )


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the appointments and visits, one for each id and client."""
    out = Imported()
    records = latest(
        read_records(files, NEEDED, lists=LISTS),
        lambda record: (_id(record), record.get(*CLIENT)),
        out,
        updated=("LastModifiedDateTime",),
    )
    found = (record.get(*WORD) for record in records)
    meaning = meanings(WORDS, found, title="Mindbody", file=files[0].name, column="Status")
    texts = (record.get(*STARTS) for record in records)
    read_moment = date_reader(texts, context.timezone, file=files[0].name)
    read_each(records, lambda record: _appointment(record, meaning, read_moment, context, out))
    out.notes = [
        Words("Mindbody keeps neither the time of a cancellation nor who cancelled; late is what Mindbody calls late."),
    ]
    return out


def _appointment(
    record: Record,
    meaning: Callable[[str], Status],
    read_moment: Callable[[str], When],
    context: Context,
    out: Imported,
) -> None:
    client = record.get(*CLIENT)
    if not client:
        return out.skip(Words("no client: a block in the diary"))
    if flag(record, "IsWaitlist"):
        return out.skip(Words("on the waiting list: no time agreed"))
    if not _id(record):
        raise BadCell("Id", "", Words("the appointment's number"))
    starts = required_moment(record, read_moment, *STARTS)
    status, certainty, by = settled(_said(record, meaning), starts, context)
    out.add(
        "appointments",
        appointment(
            id=_id(record),
            client=client,
            therapist=record.get(*THERAPIST) or "unknown",
            starts=starts,
            status=status,
            certainty=certainty,
            by=by,
            source_status=record.get(*WORD),
        ),
    )


def _id(record: Record) -> str:
    """The appointment's id. A visit has one of its own, and names the appointment that it belongs to."""
    named = record.get("AppointmentId")
    if named and named != "0":
        return named
    own = record.get("Id")
    return f"visit {own}" if own and "signedin" in record.cells else own


def _said(record: Record, meaning: Callable[[str], Status]) -> Status:
    """What a visit's own fields say, or else the word."""
    if "signedin" in record.cells:
        for name, status in VISIT_FLAGS:
            if flag(record, name):
                return status
    return meaning(record.get(*WORD))


SOURCE = Source(
    name="mindbody",
    title=Words("Mindbody (staff appointments of its API)"),
    files="the answers of /appointment/staffappointments, as JSON or CSV",
    recognises=recognises,
    read=read,
    lists_all=True,
)
