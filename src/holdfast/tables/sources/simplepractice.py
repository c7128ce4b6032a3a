"""SimplePractice: its Attendance report and its Appointment Status report, as CSV or Excel.

"Show" is set when the appointment is made and stays unless somebody changes it, so it is weak
evidence of attendance and always ``defaulted``. A locked progress note is somebody's word that the
session was held; it is kept beside it, in the extra column ``note_locked``. The reports have no ids,
no time of a cancellation and, mostly, no future.
Shape: support.simplepractice.com article 360018410872; jane.app/guide/importing-from-simplepractice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from holdfast.errors import SourceError
from holdfast.tables.moments import When, on_day
from holdfast.tables.schema import Certainty, InitiatedBy, Modality, Status
from holdfast.tables.sources.dates import DateOrder, read_date
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record, plain
from holdfast.tables.sources.records import BadCell, has_heading, read_each, read_grids, required
from holdfast.tables.sources.source import Context, Imported, Row, Source, appointment, not_marked
from holdfast.tables.sources.words import meanings
from holdfast.words import Words, plural

DATE = ("Date", "Date of Service", "Appointment Date", "Session Date", "DOS")
TIME = ("Time", "Start Time", "Appointment Time", "Session Time")
CLIENT = ("Client", "Client Name")
CLINICIAN = ("Clinician", "Clinician Name")
STATUS = ("Status", "Attendance Status", "Attendance", "Appointment Status")
LOCATION = ("Location", "Office", "Office Location")
CODE = ("Billing Code", "Billing Codes", "CPT Code", "Service Code")
NOTE = ("Progress Note Status", "Progress Note", "Note Status")
ATTENDANCE = (DATE, CLIENT, CLINICIAN, STATUS)
BILLED = (DATE, CLIENT, CLINICIAN, NOTE)

Meaning = tuple[Status | None, InitiatedBy | None]
WORDS: Mapping[str, Meaning] = {
    "": (None, None),
    "Show": (Status.ATTENDED, None),
    "No Show": (Status.NO_SHOW, InitiatedBy.CLIENT),
    "Late Canceled": (Status.LATE_CANCELLED, InitiatedBy.CLIENT),
    "Late Cancel": (Status.LATE_CANCELLED, InitiatedBy.CLIENT),
    "Canceled": (Status.CANCELLED, InitiatedBy.CLIENT),
    "Client Canceled": (Status.CANCELLED, InitiatedBy.CLIENT),
    "Canceled by Client": (Status.CANCELLED, InitiatedBy.CLIENT),
    "Clinician Canceled": (Status.CANCELLED, InitiatedBy.PROVIDER),
    "Canceled by Clinician": (Status.CANCELLED, InitiatedBy.PROVIDER),
}
NOTES = [
    Words(
        'SimplePractice sets "Show" by itself when an appointment is made, so it is weak evidence that he came. '
        "Where the Appointment Status report says that the progress note is locked, the column note_locked says so."
    ),
    Words(
        "SimplePractice's reports have no ids: clients and clinicians are known by name, and two of the same name "
        "count as one."
    ),
    Words("They do not say when an appointment was cancelled or moved: late is only what is called late there."),
]


@dataclass(frozen=True, slots=True)
class Visit:
    """One line of the Attendance report."""

    starts: When
    client: str
    therapist: str
    word: str
    location: str

    @property
    def key(self) -> Key:
        return self.starts.day.isoformat(), self.client, self.therapist


Key = tuple[str, str, str]  # day, client, therapist: all that the two reports have in common


def recognises(file: SourceFile) -> bool:
    return has_heading(file, (*ATTENDANCE, LOCATION)) or has_heading(file, (*BILLED, CODE))


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read either report, or both of the same time together."""
    out = Imported(notes=list(NOTES))
    files = _either_report(files, out)
    billed = [file for file in files if has_heading(file, BILLED)]
    attendance = [file for file in files if file not in billed or has_heading(file, ATTENDANCE)]
    out.is_partial = not attendance
    lines = _billed_lines(billed, context, out)
    locked = {key: all(notes) for key, notes in lines.items()}
    visits = _visits(attendance, context, out)
    if not out.rows_read:
        raise SourceError(Words("There is no appointment in these reports. Was the right time chosen for them?"))
    held = _held(context)
    name = ", ".join(file.name for file in attendance)
    means = meanings(WORDS, [visit.word for visit in visits], title="SimplePractice", file=name)
    _add_visits(visits, means, locked, held, context, out)
    in_attendance = {visit.key[:2] for visit in visits}
    for key, is_locked in locked.items():
        if key[:2] not in in_attendance:
            _add_billed(key, is_locked, held.get(key[:2], []), context, out)
    if laid := sum(len(notes) for key, notes in lines.items() if key[:2] in in_attendance):
        out.notes.append(
            plural(
                "One line of the Appointment Status report is about an appointment that the Attendance report has: "
                "it was laid on that, to say whether the note is locked, and is no appointment of its own.",
                "{count} lines of the Appointment Status report are about appointments that the Attendance report has: "
                "they were laid on those, to say whether the note is locked, and are no appointments of their own.",
                laid,
            )
        )
    if billed and not attendance:
        out.notes.append(
            Words(
                "The Appointment Status report has neither times nor attendance: without the Attendance report of the "
                "same days, all it can say is which sessions have a locked note."
            )
        )
    return out


def _either_report(files: Sequence[SourceFile], out: Imported) -> Sequence[SourceFile]:
    """The files that are one of the two reports; others beside them are named. Alone, they are read and refused."""
    found = [file for file in files if has_heading(file, ATTENDANCE) or has_heading(file, BILLED)]
    others = [file.name for file in files if file not in found]
    if found and others:
        out.notes.append(
            Words(
                "Not read, as neither an Attendance nor an Appointment Status report: {files}. An Attendance "
                "report has the columns {columns}.",
                files=", ".join(others),
                columns=", ".join(names[0] for names in ATTENDANCE),
            )
        )
    return found or files


def _visits(files: Sequence[SourceFile], context: Context, out: Imported) -> list[Visit]:
    """Every line of the Attendance report once, whichever file it is in."""
    found: list[Visit] = []
    for file in files:
        for grid in read_grids(file, ATTENDANCE):
            read_each(grid, lambda record: found.append(_visit(record, context)))
    out.rows_read += len(found)
    once = list(dict.fromkeys(found))
    for _ in range(len(found) - len(once)):
        out.skip(Words("the same line again"))
    return once


def _visit(record: Record, context: Context) -> Visit:
    _refuse_cut_off(record, STATUS)
    return Visit(
        starts=_starts(record, context),
        client=_name(record, CLIENT),
        therapist=_name(record, CLINICIAN),
        word=record.get(*STATUS),
        location=record.get(*LOCATION),
    )


def _refuse_cut_off(record: Record, names: Sequence[str]) -> None:
    """A row may have a blank there; one that ends before it was cut off on the way."""
    if not any(plain(name) in record.cells for name in names):
        raise BadCell(names[0], "", Words("a whole row: the file may have been cut off here; export it again"))


def _name(record: Record, names: Sequence[str]) -> str:
    return " ".join(required(record, *names).split())


def _starts(record: Record, context: Context) -> When:
    text = f"{required(record, *DATE)} {record.get(*TIME)}".strip()
    try:
        return read_date(text, DateOrder.MONTH_FIRST, context.timezone)
    except (ValueError, OverflowError) as error:
        raise BadCell(DATE[0], text, Words("a date and time such as 11/22/2026 8:00 AM, the month first")) from error


def _billed_lines(files: Sequence[SourceFile], context: Context, out: Imported) -> dict[Key, list[bool]]:
    """Whether the progress note is locked, by line: the billing codes of an appointment have a line each."""
    found: defaultdict[Key, list[bool]] = defaultdict(list)

    def line(record: Record) -> None:
        _refuse_cut_off(record, NOTE)
        day = _starts(record, context).day.isoformat()
        found[day, _name(record, CLIENT), _name(record, CLINICIAN)].append(_is_locked(record.get(*NOTE)))
        out.rows_read += 1

    for file in files:
        for grid in read_grids(file, BILLED):
            read_each(grid, line)
    return found


def _is_locked(note: str) -> bool:
    return plain(note) in ("locked", "signedandlocked", "signedlocked", "lockedsigned")


def _held(context: Context) -> dict[tuple[str, str], list[Row]]:
    """What the folder holds of either report, by day and client, so that the other may come later."""
    held: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in context.existing.get("appointments", ()):
        if row.get("source") == "simplepractice":
            cells = {name: cell or "" for name, cell in row.items()}
            held[cells["starts_at"][:10], cells["client_id"]].append(cells)
    return held


def _has_time(row: Row) -> bool:
    return len(row["starts_at"]) > len("2026-11-22")


def _add_visits(
    visits: Sequence[Visit],
    means: Callable[[str], Meaning],
    locked: Mapping[Key, bool],
    held: Mapping[tuple[str, str], list[Row]],
    context: Context,
    out: Imported,
) -> None:
    shows = Counter(visit.key for visit in visits if means(visit.word)[0] is Status.ATTENDED)
    for id, visit in _with_ids(visits, means, held):
        status, by = means(visit.word)
        certainty = Certainty.RECORDED
        if status is None or (status is Status.ATTENDED and not visit.starts.is_before(context.now)):
            status, certainty = not_marked(visit.starts, context)
        elif status is Status.ATTENDED:
            certainty = Certainty.DEFAULTED
        noted = locked.get(visit.key, False) and shows[visit.key] == 1  # of two in one day, the note is of either
        out.add("appointments", _row(id, visit, status, certainty, by) | {"note_locked": "yes" if noted else ""})


def _with_ids(
    visits: Sequence[Visit], means: Callable[[str], Meaning], held: Mapping[tuple[str, str], list[Row]]
) -> Iterator[tuple[str, Visit]]:
    """An id for each: time and client. Of several at one time, the one that was held has the plain id."""
    at_once: defaultdict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        at_once[_id(visit, held)].append(visit)
    for id, together in at_once.items():
        in_order = sorted(
            together, key=lambda visit: (means(visit.word)[0] is not Status.ATTENDED, visit.therapist, visit.word)
        )
        for number, visit in enumerate(in_order, start=1):
            yield (id if number == 1 else f"{id}|{number}"), visit


def _id(visit: Visit, held: Mapping[tuple[str, str], list[Row]]) -> str:
    """Time and client; or, if only the Appointment Status report was there before, the id it got then."""
    day_only = [row["appointment_id"] for row in held.get(visit.key[:2], []) if not _has_time(row)]
    if _billed_id(visit.key) in day_only:
        return _billed_id(visit.key)
    clock = visit.starts.instant
    when = clock.replace(tzinfo=None).isoformat(timespec="minutes") if clock else visit.key[0]
    return f"{when}|{visit.client}"


def _billed_id(key: Key) -> str:
    return "|".join(key)


def _row(id: str, visit: Visit, status: Status, certainty: Certainty, by: InitiatedBy | None) -> Row:
    return appointment(
        id=id,
        client=visit.client,
        therapist=visit.therapist,
        starts=visit.starts,
        status=status,
        certainty=certainty,
        by=by,
        modality=_modality(visit.location),
        source_status=visit.word,
    )


def _modality(location: str) -> Modality | None:
    name = plain(location)
    if "telehealth" in name or "video" in name:
        return Modality.VIDEO
    if "phone" in name:
        return Modality.PHONE
    return Modality.IN_PERSON if "office" in name or "inperson" in name else None


def _add_billed(key: Key, is_locked: bool, held: Sequence[Row], context: Context, out: Imported) -> None:
    """An appointment that no Attendance report here has: a locked note says that it was held, no other word does."""
    if any(_has_time(row) for row in held):
        return _confirm(key, is_locked, held, out)
    day, client, therapist = key
    starts = on_day(date.fromisoformat(day))
    status, certainty = (Status.ATTENDED, Certainty.INFERRED) if is_locked else not_marked(starts, context)
    out.add(
        "appointments",
        appointment(
            id=_billed_id(key),
            client=client,
            therapist=therapist,
            starts=starts,
            status=status,
            certainty=certainty,
            source_status="note locked" if is_locked else "note not locked",
        ),
    )


def _confirm(key: Key, is_locked: bool, held: Sequence[Row], out: Imported) -> None:
    """Note a locked note beside an attendance that an earlier import of the Attendance report has brought."""
    shows = [row for row in held if row["status"] == Status.ATTENDED and row["therapist_id"] == key[2]]
    if is_locked and len(shows) == 1:
        out.add("appointments", {**shows[0], "note_locked": "yes"})
    else:
        out.skip(Words("already here from the Attendance report"))


SOURCE = Source(
    name="simplepractice",
    title=Words("SimplePractice (Attendance and Appointment Status reports)"),
    files="the Attendance report and, if there is one, the Appointment Status report, as CSV or Excel",
    recognises=recognises,
    read=read,
    lists_all=True,
)
