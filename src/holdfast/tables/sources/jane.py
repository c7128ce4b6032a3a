"""Jane: the appointments report as CSV or Excel.

No file with its headings is published, so columns are found by several names each. The states are
Jane's own. Archived is a booking that was deleted, which is how many clinics cancel: it counts as
cancelled, inferred and never late. Never Booked and Break are no appointments. Who cancelled is not
in the report. Reasons are not read.
Shape: jane.app/guide, "Appointments reports", for the states and what the export adds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holdfast.errors import SourceError
from holdfast.tables.moments import When
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.dates import READABLE, date_reader, joined
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.records import BadCell, has_heading, read_each, read_grids
from holdfast.tables.sources.source import AGAIN, Context, Imported, Row, Source, appointment, made_id, settled
from holdfast.tables.sources.words import meanings, same_word
from holdfast.words import Words

ARRIVED, CHECKED_IN, ARCHIVED, NONE = "arrived", "checked in", "archived", "none"
WORDS = {
    "Arrived": ARRIVED,
    "No Show": Status.NO_SHOW,
    "Cancelled": Status.CANCELLED,
    "Late Cancelled": Status.LATE_CANCELLED,
    "Late Cancel": Status.LATE_CANCELLED,
    "Late Cancellation": Status.LATE_CANCELLED,
    "Rescheduled": Status.RESCHEDULED,
    "Archived": ARCHIVED,
    "": Status.BOOKED,
    "Booked": Status.BOOKED,
    "Booked Online": Status.BOOKED,
    "Checked In": CHECKED_IN,
    "Never Booked": NONE,
    "Break": NONE,
}
ID = ("Appointment ID", "Appointment Number", "Appointment GUID", "Booking ID", "ID", "GUID")
CLIENT_ID = (
    *("Patient ID", "Patient GUID", "Patient Number", "Patient No"),
    *("Client ID", "Client GUID", "Client Number", "Client No"),
)
CLIENT = ("Patient", "Patient Name", "Client", "Client Name", "Patient Full Name", "Client Full Name")
FIRST_NAME = ("Patient First Name", "Client First Name", "First Name")
LAST_NAME = ("Patient Last Name", "Client Last Name", "Last Name")
THERAPIST = (
    *("Staff Member ID", "Practitioner ID", "Staff Member GUID", "Practitioner GUID", "Staff Member"),
    *("Staff Member Name", "Practitioner", "Practitioner Name", "Staff", "Staff Name", "Clinician", "Provider"),
)
STARTS = (
    *("Starts At", "Start At", "Start", "Start Date", "Start Date/Time", "Start DateTime", "Appointment Start"),
    *("Appointment Date", "Appointment Date/Time", "Appointment At", "Date/Time", "Date & Time", "Date"),
    *("Start Time", "Appointment Time", "Time"),
)
STATUS = ("Status", "State", "Appointment Status", "Appointment State", "Arrival Status")
CANCELLED = (
    *("Cancelled At", "Canceled At", "Cancellation Date", "Cancelled On", "Canceled On", "Cancelled Date"),
    *("Canceled Date", "Date Cancelled", "Date Canceled", "Cancellation Date/Time", "Cancellation Time"),
    *("Cancelled Time", "Canceled Time"),
)
BOOKED = (
    *("Booked At", "Created At", "Booked On", "Created On", "Booked Date", "Date Booked", "Date Created"),
    *("Booking Date", "Created Date", "Booked Time", "Booking Time"),
)
WHO = (*CLIENT_ID, *CLIENT, *LAST_NAME)
NEEDED = (STARTS, STATUS, WHO, THERAPIST)
ITS_OWN = {"arrived", "bookedonline", "neverbooked", "archived", "checkedin"}  # no other source here has these


def recognises(file: SourceFile) -> bool:
    """By its headings, and by states that are all Jane's and in part only Jane's."""
    own = (STARTS, STATUS, WHO, ("Staff Member", "Staff Member Name", "Practitioner", "Practitioner Name"))
    if not has_heading(file, own):
        return False
    try:
        found = {same_word(record.get(*STATUS)) for grid in read_grids(file, own) for record in grid}
    except SourceError:
        return False
    known = {same_word(word) for word in WORDS}
    return found <= known and bool(found & ITS_OWN)


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the report, or several of them."""
    out = Imported()
    records = [record for file in files for grid in read_grids(file, NEEDED) for record in grid]
    if not records:
        raise SourceError(
            Words("There is no appointment in {file}. Was the right time chosen for the report?", file=files[0].name)
        )
    found = (record.get(*STATUS) for record in records)
    meaning = meanings(WORDS, found, title="Jane", file=files[0].name, column="Status")
    kept = [record for record in records if meaning(record.get(*STATUS)) != NONE]
    texts = (_text(record, names) for record in kept for names in (STARTS, CANCELLED, BOOKED))
    read_moment = date_reader(texts, context.timezone, file=files[0].name)
    out.rows_read = len(records)
    for _ in range(len(records) - len(kept)):
        out.skip(Words("never booked, or a break"))
    rows: list[Row] = []
    with_client = [record for record in kept if _client(record)]
    for _ in range(len(kept) - len(with_client)):
        out.skip(Words("no client: a block in the diary"))
    read_each(with_client, lambda record: rows.append(_appointment(record, meaning, read_moment, context)))
    for row in _once(rows, out):
        out.add("appointments", row)
    out.notes = _notes(records)
    return out


def _appointment(
    record: Record,
    meaning: Callable[[str], Status | str],
    read_moment: Callable[[str], When],
    context: Context,
) -> Row:
    client = _client(record)
    therapist = record.get(*THERAPIST) or "unknown"
    starts = _moment(record, STARTS, read_moment)
    if starts is None:
        raise BadCell(STARTS[0], "", READABLE)
    booked = _moment(record, BOOKED, read_moment)
    cancelled = _moment(record, CANCELLED, read_moment)
    status, certainty, by = _status(meaning(record.get(*STATUS)), starts, booked, cancelled, context)
    called_off = status in (Status.CANCELLED, Status.LATE_CANCELLED)
    return appointment(
        id=record.get(*ID) or made_id(starts, client, therapist),
        client=client,
        therapist=therapist,
        starts=starts,
        status=status,
        certainty=certainty,
        by=by,
        booked=booked,
        status_at=cancelled if called_off else None,
        source_status=record.get(*STATUS),
    )


def _status(
    said: Status | str, starts: When, booked: When | None, cancelled: When | None, context: Context
) -> tuple[Status, Certainty, InitiatedBy | None]:
    if said == ARCHIVED:
        return Status.CANCELLED, Certainty.INFERRED, InitiatedBy.UNKNOWN
    if said == CHECKED_IN:
        said = Status.ATTENDED if starts.is_before(context.now) else Status.BOOKED
    elif said == ARRIVED:
        said = Status.ATTENDED
    return settled(Status(said), starts, context, cancelled=cancelled, booked=booked)


def _client(record: Record) -> str:
    """His number where the report has one, or else his name."""
    name = f"{record.get(*FIRST_NAME)} {record.get(*LAST_NAME)}".strip()
    return record.get(*CLIENT_ID) or record.get(*CLIENT) or name


def _text(record: Record, names: Sequence[str]) -> str:
    """A moment as the report writes it: in one cell, or its day and its time in two."""
    return joined(*(cell for _, cell in record.filled(*names)))


def _moment(record: Record, names: Sequence[str], read_moment: Callable[[str], When]) -> When | None:
    filled = record.filled(*names)
    text = joined(*(cell for _, cell in filled))
    if not text:
        return None
    try:
        return read_moment(text)
    except (ValueError, OverflowError, OSError) as error:
        raise BadCell(filled[0][0], text, READABLE) from error


def _once(rows: Sequence[Row], out: Imported) -> list[Row]:
    """One row an id and client. Of a booking that was called off and made again for the same time, what stands."""
    kept: dict[tuple[str, str], Row] = {}
    gone = (Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED)
    for row in rows:
        key = (row["appointment_id"], row["client_id"])
        if key in kept:
            out.skip(AGAIN)
        if key not in kept or row["status"] not in gone or kept[key]["status"] in gone:
            kept[key] = row
    return list(kept.values())


def _notes(records: Sequence[Record]) -> list[Words]:
    notes = [
        Words("Jane's report does not say who cancelled; an archived booking counts as cancelled, which is inferred.")
    ]
    if not any(record.get(*CLIENT_ID) for record in records):
        notes.append(
            Words("The report has no number for a client, so the name stands for him: two of one name count as one.")
        )
    if not any(record.get(*ID) for record in records):
        notes.append(
            Words("The report has no number for an appointment: one that was moved is another appointment here.")
        )
    states = {same_word(record.get(*STATUS)) for record in records}
    if not states & {"canceled", "archived"}:
        notes.append(Words("No cancelled and no archived appointment is in the report. Was it filtered by state?"))
    return notes


SOURCE = Source(
    name="jane",
    title=Words("Jane (appointments report)"),
    files="Reports → Appointments → Export, as CSV or Excel",
    recognises=recognises,
    read=read,
    lists_all=True,
)
