"""OpenMRS and Bahmni: lists of the appointments module as JSON.

The words are those of the module's AppointmentStatus. An appointment on the waiting list has no time
yet and is none. When it was called off is known only where the answer holds the history of its
statuses; who called it off is not kept. Comments are not read.
Shape: github.com/Bahmni/openmrs-module-appointments (AppointmentStatus, AppointmentDefaultResponse)
and the module's REST documentation at bahmni.atlassian.net.
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
    has_keys,
    latest,
    moment,
    read_each,
    read_records,
    required,
    required_moment,
)
from holdfast.tables.sources.source import Context, Imported, Source, appointment, settled
from holdfast.tables.sources.words import meanings, same_word
from holdfast.words import Words

WORDS = {
    "": Status.BOOKED,
    "Requested": Status.BOOKED,
    "Scheduled": Status.BOOKED,
    "WaitList": None,
    "Rescheduled": Status.RESCHEDULED,
    "CheckedIn": Status.ATTENDED,
    "Started": Status.ATTENDED,
    "Completed": Status.ATTENDED,
    "Missed": Status.NO_SHOW,
    "Cancelled": Status.CANCELLED,
}
ID = ("uuid", "appointmentNumber")
STARTS = ("startDateTime",)
BOOKED = ("dateCreated", "dateAppointmentScheduled")
CLIENT = ("patient.uuid", "patientUuid", "patient.identifier")
NOT_THEIRS = ("rejected", "canceled", "declined")  # a provider who answered so is not the one to come to
HISTORY = ("history", "statusHistory", "appointmentAudits")
NEEDED = (ID, STARTS, ("status",), CLIENT)
LISTS = ("results", "appointments", "appointmentDefaultResponse")


def recognises(file: SourceFile) -> bool:
    return has_keys(file, "uuid", "startDateTime", "appointmentKind") or has_keys(
        file, "uuid", "startDateTime", "appointmentNumber"
    )


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the lists of appointments; of one that stands in several, the one that was changed last."""
    out = Imported()
    records = latest(
        read_records(files, NEEDED, lists=LISTS),
        lambda record: record.get(*ID),
        out,
        updated=("dateChanged", "dateUpdated"),
    )
    meaning = meanings(WORDS, (record.get("status") for record in records), title="OpenMRS", file=files[0].name)
    read_moment = date_reader((), context.timezone, file=files[0].name)
    read_each(records, lambda record: _appointment(record, meaning, read_moment, context, out))
    out.notes = [
        Words(
            "OpenMRS does not say who cancelled, and when it was only where the history of statuses is in the file: "
            "without it no cancellation is late."
        ),
    ]
    return out


def _appointment(
    record: Record,
    meaning: Callable[[str], Status | None],
    read_moment: Callable[[str], When],
    context: Context,
    out: Imported,
) -> None:
    if flag(record, "voided"):
        return out.skip(Words("voided in OpenMRS"))
    said = meaning(record.get("status"))
    if said is None:
        return out.skip(Words("on the waiting list: no time agreed"))
    starts = required_moment(record, read_moment, *STARTS)
    booked = moment(record, read_moment, *BOOKED)
    became = _became(record, read_moment)
    cancelled = became if said is Status.CANCELLED else None
    status, certainty, by = settled(said, starts, context, cancelled=cancelled, booked=booked)
    client = required(record, *CLIENT)
    out.add(
        "appointments",
        appointment(
            id=required(record, *ID),
            client=client,
            therapist=_therapist(record),
            starts=starts,
            status=status,
            certainty=certainty,
            by=by,
            booked=booked,
            status_at=became,
            source_status=record.get("status"),
        ),
    )
    if gender := record.get("patient.gender"):
        out.add("clients", {"client_id": client, "gender": gender})


def _therapist(record: Record) -> str:
    """The provider; of several, the first who has not declined."""
    for place in _numbered(record, "providers", "uuid"):
        if same_word(record.get(f"{place}.response")) not in NOT_THEIRS:
            return record.get(f"{place}.uuid")
    return record.get("provider.uuid", "providerUuid", "provider.name", "providers.0.name") or "unknown"


def _became(record: Record, read_moment: Callable[[str], When]) -> When | None:
    """When the appointment got its present status, by the last entry of its history that says so."""
    found = [
        when
        for name in HISTORY
        for place in _numbered(record, name, "status")
        if same_word(record.get(f"{place}.status")) == same_word(record.get("status"))
        and (when := moment(record, read_moment, f"{place}.dateCreated", f"{place}.date", f"{place}.dateChanged"))
    ]
    return max(found, key=lambda when: when.text(), default=None)


def _numbered(record: Record, name: str, field: str) -> Iterator[str]:
    """The places in a list inside an item: ``providers.0``, ``providers.1``, …"""
    number = 0
    while record.get(f"{name}.{number}.{field}"):
        yield f"{name}.{number}"
        number += 1


SOURCE = Source(
    name="openmrs",
    title=Words("OpenMRS / Bahmni (appointments module)"),
    files="the lists of /ws/rest/v1/appointments, as JSON",
    recognises=recognises,
    read=read,
    lists_all=True,
)
