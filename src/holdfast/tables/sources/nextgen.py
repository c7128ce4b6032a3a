"""NextGen Enterprise: appointments with four yes-or-no fields, as JSON of its API or as CSV.

isKept, isRescheduled, isCancelled and isNoShow; with none set the client is expected. Should several be
set at once, what counts is the first of: no-show, rescheduled, cancelled, kept. So a sign that he did
not come is never outvoted by the kept of a check-in, and a cancellation that led to a new time is a
rescheduling. Details and reasons are not read.
Shape: the appointment of NextGen's Enterprise API (developer.nextgen.com) with id, personId, resourceId,
appointmentDate and the four fields; no file was seen, so the other columns are found by several names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from holdfast.tables.moments import When
from holdfast.tables.schema import Status
from holdfast.tables.sources.dates import READABLE, date_reader, joined
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.records import (
    BadCell,
    flag,
    has_heading,
    has_keys,
    latest,
    moment,
    read_each,
    read_records,
    required,
)
from holdfast.tables.sources.source import Context, Imported, Source, appointment, settled
from holdfast.words import Words

FLAGS = (  # in this order: the first that is set counts
    (("isNoShow", "noShow"), Status.NO_SHOW),
    (("isRescheduled", "rescheduled"), Status.RESCHEDULED),
    (("isCancelled", "isCanceled", "cancelled", "canceled"), Status.CANCELLED),
    (("isKept", "kept"), Status.ATTENDED),
)
ID = ("id", "appointmentId")
CLIENT = ("personId", "patientId", "person.id", "personNumber", "patientName", "personName")
THERAPIST = ("renderingProviderId", "providerId", "resourceId", "resources.0.id", "providerName", "resourceName")
DAY = ("appointmentDate", "startDateTime", "startDate", "startTime")
CLOCK = ("beginTime", "appointmentTime", "startTime")
BOOKED = ("createTimestamp", "createdAt", "createDate", "dateCreated")
CANCELLED = ("cancelledAt", "cancelTimestamp", "cancelDate", "cancellationDate")
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?\s*(Z|[+-]\d\d:?\d\d)?$", re.IGNORECASE)
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?$", re.IGNORECASE)
KEPT_AND_CANCELLED = (("isKept", "kept"), ("isCancelled", "isCanceled", "cancelled", "canceled"))
NEEDED = (ID, CLIENT, DAY, *KEPT_AND_CANCELLED)


def recognises(file: SourceFile) -> bool:
    own = (("isKept",), ("isCancelled", "isCanceled"))
    return has_keys(file, "isKept", "isCancelled") or has_heading(file, own)


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the appointments, one for each id."""
    out = Imported()
    records = latest(
        read_records(files, NEEDED, lists=("items", "appointments")),
        lambda record: (record.get(*ID), record.get(*CLIENT)),
        out,
        updated=("modifyTimestamp",),
    )
    texts = (text for record in records for text in (_start_text(record), record.get(*BOOKED), record.get(*CANCELLED)))
    read_moment = date_reader(texts, context.timezone, file=files[0].name)
    with_client = [record for record in records if record.get(*CLIENT)]
    for _ in range(len(records) - len(with_client)):
        out.skip(Words("no client: a block in the diary"))
    read_each(with_client, lambda record: _appointment(record, read_moment, context, out))
    several = sum(len(_set(record)) > 1 for record in with_client)
    out.notes = [Words("NextGen's four fields do not say who cancelled or moved an appointment.")]
    if several:
        out.notes.append(
            Words(
                "Appointments with several of the four fields set: {several}. The first of no-show, rescheduled, "
                "cancelled and kept counts.",
                several=several,
            )
        )
    return out


def _appointment(record: Record, read_moment: Callable[[str], When], context: Context, out: Imported) -> None:
    starts = _starts(record, read_moment)
    booked = moment(record, read_moment, *BOOKED)
    set_ones = _set(record)
    said = set_ones[0][1] if set_ones else Status.BOOKED
    cancelled = moment(record, read_moment, *CANCELLED) if said is Status.CANCELLED else None
    status, certainty, by = settled(said, starts, context, cancelled=cancelled, booked=booked)
    out.add(
        "appointments",
        appointment(
            id=required(record, *ID),
            client=record.get(*CLIENT),
            therapist=record.get(*THERAPIST) or "unknown",
            starts=starts,
            status=status,
            certainty=certainty,
            by=by,
            booked=booked,
            status_at=cancelled,
            source_status=", ".join(name for name, _ in set_ones) or "none set",
        ),
    )


def _set(record: Record) -> list[tuple[str, Status]]:
    """The fields that are set, the one that counts first."""
    return [(names[0], status) for names, status in FLAGS if flag(record, *names)]


def _start_text(record: Record) -> str:
    """The day and the time, which NextGen keeps apart: 2026-11-22T00:00:00 and 0930.

    A midnight in appointmentDate stands for the day as it is written, whatever its offset.
    """
    day = record.get(*DAY).removesuffix("T00:00:00").removesuffix(" 00:00:00")
    clock = record.get(*CLOCK)
    if clock and record.get(DAY[0]):
        day = _MIDNIGHT.sub("", day)
    return clock if _is_moment_of(day, clock) else joined(day, clock)


def _is_moment_of(day: str, clock: str) -> bool:
    """Say whether the time holds its day as well. With an offset, it can be the day before or after elsewhere."""
    found = _MOMENT.match(clock)
    if found is None or _MIDNIGHT.search(clock):
        return False
    try:
        apart = abs((date.fromisoformat(day) - date.fromisoformat(found[1])).days)
    except ValueError:
        return False
    return apart <= (1 if found[2] else 0)


def _starts(record: Record, read_moment: Callable[[str], When]) -> When:
    text = _start_text(record)
    try:
        return read_moment(text)
    except (ValueError, OverflowError, OSError) as error:
        raise BadCell(DAY[0], text, READABLE) from error


SOURCE = Source(
    name="nextgen",
    title=Words("NextGen Enterprise (appointments of its API)"),
    files="the appointments with isKept, isRescheduled, isCancelled and isNoShow, as JSON or CSV",
    recognises=recognises,
    read=read,
    lists_all=True,
)
