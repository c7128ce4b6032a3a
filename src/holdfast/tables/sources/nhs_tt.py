"""NHS Talking Therapies (formerly IAPT), England: the tables of its national data set, v2.x.

It names our outcome: end code 47 is a man who left before his therapist thought he was done. Codes
come as ``5``, ``05`` or ``5 ``, and most dates without a time, so a cancellation is never "late".
Names and codes: github.com/nhsengland/Talking-Therapies (MIT).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from holdfast.errors import SourceError
from holdfast.tables.moments import When, at_instant, on_day
from holdfast.tables.schema import Certainty, Ending, InitiatedBy, Modality, Status
from holdfast.tables.sources.dates import DateOrder, read_date
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record, make_grid, plain
from holdfast.tables.sources.records import BadCell, has_heading, read_each, required, required_moment
from holdfast.tables.sources.source import (
    Context,
    Imported,
    Row,
    Source,
    appointment,
    ending,
    not_marked,
)
from holdfast.tables.sources.words import meanings
from holdfast.words import Words

TITLE = Words("NHS Talking Therapies (IAPT data set)")
PATHWAY = ("PathwayID", "Unique_ServiceRequestID", "ServiceRequestId")
PERSON = ("Person_ID", "PersonID", "LocalPatientId")
CONTACT = ("Unique_CareContactID", "CareContactId")
THERAPIST = ("CarePersLocalId", "Unique_CarePersonnelID_Local", "CareProfLocalID")
PROVIDER = ("OrgID_Provider", "OrgIDProv")
ATTENDANCE = ("AttendOrDNACode",)
REFERRED = ("ReferralRequestReceivedDate",)
SCORED = ("CodedAssToolType",)

# The tables, by how their names begin, and the columns each is known by.
NEEDED: Mapping[str, tuple[Sequence[str], ...]] = {
    "ids001": (PERSON, ("Gender", "PersonBirthDate")),
    "ids101": (PATHWAY, REFERRED, ("EndCode",), ("ServDischDate",)),
    "ids201": (CONTACT, ("CareContDate",), ATTENDANCE),
    "ids202": (("CareContactId", "Unique_CareContactID"), THERAPIST),
    "ids606": (SCORED, ("PersScore",)),
    "ids607": (SCORED, ("PersScore",)),
}

ATTENDED = {
    "5": (Status.ATTENDED, None),
    "6": (Status.ATTENDED, None),  # late, but seen
    "7": (Status.NO_SHOW, InitiatedBy.CLIENT),  # too late to be seen
    "3": (Status.NO_SHOW, InitiatedBy.CLIENT),
    "2": (Status.CANCELLED, InitiatedBy.CLIENT),
    "4": (Status.CANCELLED, InitiatedBy.PROVIDER),
    "": None,  # nobody marked it
}
ENDED = {
    "10": (Ending.OTHER, "not suitable for the service, back to the referrer"),
    "11": (Ending.REFERRED, "not suitable for the service, shown elsewhere by agreement"),
    "12": (Ending.PLANNED, "advice and support given, discharged by agreement"),
    "13": (Ending.REFERRED, "to another therapy service, by agreement"),
    "14": (Ending.TOLD, "declined the treatment that was offered"),
    "16": (Ending.SILENT, "dropped out during the assessment"),
    "17": (Ending.OTHER, "died, after an assessment"),
    "46": (Ending.PLANNED, "treatment completed, as agreed"),
    "47": (Ending.SILENT, "left treatment earlier than the therapist had planned"),
    "48": (Ending.OTHER, "ended earlier than the client wished"),
    "49": (Ending.OTHER, "died, during treatment"),
    "50": (Ending.NEVER_STARTED, "never assessed"),
    "95": (Ending.OTHER, "not known, after an assessment"),
    "96": (Ending.OTHER, "not known, after treatment had begun"),
    "": (Ending.OTHER, "discharged, no reason given"),
}
GENDERS = {"1": "male", "2": "female", "9": "", "X": "", "0": "", "": ""}  # 9 and the rest: not stated
REFERRERS = {"A1": "gp", "B1": "self", "B2": "relative", "D1": "employer", "D2": "employer"}
MODALITIES = {"1": Modality.IN_PERSON, "2": Modality.PHONE, "3": Modality.VIDEO, "11": Modality.VIDEO}
MEASURES = {"720433000": ("phq9", 27), "445455005": ("gad7", 21)}  # SNOMED CT totals, and the highest possible


@dataclass(slots=True)
class _Known:
    """What one table must know of the others."""

    referrals: Mapping[str, Record]  # by pathway
    named: dict[str, str] = field(default_factory=dict)  # the therapist of a contact, where IDS202 names one
    contacts: dict[str, Row] = field(default_factory=dict)  # the appointment a contact became
    last: dict[str, tuple[str, str]] = field(default_factory=dict)  # of a pathway: its last contact's day, therapist


def recognises(file: SourceFile) -> bool:
    head = file.data[:5000].lower()
    if not file.is_workbook and not any(word in head for word in (b"pathwayid", b"attendordnacode", b"endcode")):
        return False
    return any(has_heading(file, (*NEEDED[table], PATHWAY)) for table in ("ids101", "ids201", "ids607"))


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the referrals and care contacts, and what else is there of clients, therapists and scores."""
    tables = {table: _records(files, table) for table in NEEDED}
    for table, name in (("ids101", "IDS101referral"), ("ids201", "IDS201carecontact")):
        if not tables[table]:
            raise SourceError(
                Words("None of these files is {table} with a row in it. Give it together with the others.", table=name)
            )
    out, known = Imported(), _Known(_newest(tables["ids101"]))
    for record in tables["ids202"]:
        _keep_therapist(record, known)
    _read_contacts(tables["ids201"], known, context, out)
    _read_endings(known, context.timezone, out)
    _read_scores([*tables["ids606"], *tables["ids607"]], known, context.timezone, out)
    _read_clients(known.referrals, tables["ids001"], out)
    out.notes = _notes(known)
    return out


def _records(files: Sequence[SourceFile], table: str) -> list[Record]:
    """The rows of one table, found by its name in whatever file or sheet it stands."""
    found: list[Record] = []
    for file in files:
        if file.is_workbook or table in plain(file.stem):
            for sheet, rows in file.sheets.items():
                if table in plain(sheet):
                    name = f"{file.name}, sheet {sheet}" if file.is_workbook else file.name
                    found += map(_without_null, make_grid(name, rows, NEEDED[table]))
    return found


def _without_null(record: Record) -> Record:
    """Blank what a database wrote as the word NULL."""
    return replace(record, cells={key: "" if cell == "NULL" else cell for key, cell in record.cells.items()})


def _newest(records: Sequence[Record]) -> dict[str, Record]:
    """One referral a pathway: each month's submission tells of it again, and the last one is right."""
    newest: dict[str, Record] = {}

    def keep(record: Record) -> None:
        required(record, *PERSON)
        newest[required(record, *PATHWAY)] = record

    read_each(records, keep)
    return newest


def _keep_therapist(record: Record, known: _Known) -> None:
    if record.get(*THERAPIST) and record.get(*CONTACT):
        known.named.setdefault(record.get(*CONTACT), record.get(*THERAPIST))


def _read_contacts(records: Sequence[Record], known: _Known, context: Context, out: Imported) -> None:
    codes = [_code(record, *ATTENDANCE) for record in records]
    look_up = meanings(ATTENDED, codes, title=TITLE, file=records[0].file, column=ATTENDANCE[0])

    def read_one(record: Record) -> None:
        out.rows_read += 1
        row = _appointment(record, look_up(_code(record, *ATTENDANCE)), known, context)
        known.contacts |= dict.fromkeys(filter(None, map(record.get, CONTACT)), row)
        pathway = record.get(*PATHWAY)
        known.last[pathway] = max(known.last.get(pathway, ("", "")), (row["starts_at"], row["therapist_id"]))
        out.add("appointments", row)

    read_each(records, read_one)


def _appointment(
    record: Record, meaning: tuple[Status, InitiatedBy | None] | None, known: _Known, context: Context
) -> Row:
    starts = _starts(record, context.timezone)
    if meaning is None:
        (status, certainty), by = not_marked(starts, context), None
    else:
        (status, by), certainty = meaning, Certainty.RECORDED
    return appointment(
        id=required(record, *CONTACT),
        client=_client(record, known),
        therapist=_therapist(record, known),
        starts=starts,
        status=status,
        certainty=certainty,
        by=by,
        modality=MODALITIES.get(_code(record, "ConsMechanism", "ConsMediumUsed")),
        source_status=_code(record, *ATTENDANCE),
    )


def _client(record: Record, known: _Known) -> str:
    pathway = record.get(*PATHWAY)
    if pathway in known.referrals:
        return known.referrals[pathway].get(*PERSON)
    if not record.get(*PERSON):
        raise BadCell(PATHWAY[0], pathway, Words("a pathway that is in IDS101referral"))
    return record.get(*PERSON)


def _therapist(record: Record, known: _Known) -> str:
    """Whom IDS202 names, and failing that the organisation: referral and contact name nobody."""
    named = [known.named[record.get(name)] for name in CONTACT if record.get(name) in known.named]
    return named[0] if named else record.get(*THERAPIST) or _organisation(record, known)


def _organisation(record: Record, known: _Known) -> str:
    referral = known.referrals.get(record.get(*PATHWAY), record)
    return record.get(*PROVIDER) or referral.get(*PROVIDER) or "unknown"


def _starts(record: Record, timezone: ZoneInfo) -> When:
    day = _day(record, timezone, "CareContDate")
    clock = record.get("CareContTime")
    found = re.search(r"\b([01]?\d|2[0-3]):([0-5]\d)", clock)
    if clock and found is None:
        raise BadCell("CareContTime", clock, Words("a time such as 14:30:00, or blank"))
    if found is None or int(found[1]) + int(found[2]) == 0:  # midnight is how a missing time is often stored
        return day
    return at_instant(datetime.combine(day.day, time(int(found[1]), int(found[2]))), timezone)


def _read_endings(known: _Known, timezone: ZoneInfo, out: Imported) -> None:
    records = list(known.referrals.values())
    codes = [_code(record, "EndCode") for record in records]
    look_up = meanings(ENDED, codes, title=TITLE, file=records[0].file, column="EndCode")

    def read_one(record: Record) -> None:
        if record.get("ServDischDate"):
            kind, reason = look_up(_code(record, "EndCode"))
            _, therapist = known.last.get(record.get(*PATHWAY), ("", _organisation(record, known)))
            ended = _day(record, timezone, "ServDischDate")
            client = record.get(*PERSON)
            out.add("endings", ending(client=client, therapist=therapist, ended=ended, kind=kind, reason=reason))
        elif record.get("EndCode"):
            out.skip(Words("an end code without the day of discharge"))

    read_each(records, read_one)


def _read_scores(records: Sequence[Record], known: _Known, timezone: ZoneInfo, out: Imported) -> None:
    def read_one(record: Record) -> None:
        code = required(record, *SCORED)
        measure, highest = MEASURES.get(code, (code, math.inf))
        score = _number(record.get("PersScore"))
        if score is None:
            return out.skip(Words("an answer that is not a number, so not a score"))
        if not 0 <= score <= highest:
            raise BadCell(
                "PersScore",
                record.get("PersScore"),
                Words("a number from 0 to {highest} for {measure}", highest=highest, measure=measure),
            )
        client, taken = _whose(record, known, timezone)
        return out.add("scores", {"client_id": client, "measure": measure, "taken_at": taken, "score": f"{score:g}"})

    read_each(records, read_one)


def _whose(record: Record, known: _Known, timezone: ZoneInfo) -> tuple[str, str]:
    """The client of a score and its day: its own, and failing that those of the contact it was taken at."""
    contact = known.contacts.get(record.get(*CONTACT), {})
    own = bool(record.get(*PATHWAY) or record.get(*PERSON))
    client = _client(record, known) if own or not contact else contact["client_id"]
    if contact and not record.get("AssToolCompDate"):
        return client, contact["starts_at"]
    return client, _day(record, timezone, "AssToolCompDate").text()


def _read_clients(referrals: Mapping[str, Record], people: Sequence[Record], out: Imported) -> None:
    clients: dict[str, Row] = {}
    for record in referrals.values():
        code = record.get("SourceOfReferralIAPT", "SourceOfReferralMH").upper()
        clients[record.get(*PERSON)] = {"referral_source": REFERRERS.get(code, code)}
    codes = [_code(record, "Gender") for record in people]
    look_up = meanings(GENDERS, codes, title=TITLE, file=people[0].file if people else "", column="Gender")

    def read_one(record: Record) -> None:
        row = clients.setdefault(required(record, *PERSON), {})
        row |= {"gender": look_up(_code(record, "Gender")), "birth_year": _birth_year(record)}

    read_each(people, read_one)
    for client, row in clients.items():
        out.add("clients", {"client_id": client, **row})


def _birth_year(record: Record) -> str:
    born = record.get("PersonBirthDate", "YearOfBirth")
    found = re.search(r"(?<!\d)\d{4}(?!\d)", born)
    if born and found is None:
        raise BadCell("PersonBirthDate", Words("(not shown)"), Words("a date such as 1984-03-02, or blank"))
    return found.group() if found else ""


def _day(record: Record, timezone: ZoneInfo, name: str) -> When:
    """A day without its time, which these tables keep in a column of its own or not at all."""
    return on_day(required_moment(record, lambda text: read_date(text, DateOrder.DAY_FIRST, timezone), name).day)


def _code(record: Record, *names: str) -> str:
    """A code without what systems put around it: ``05``, ``5 `` and ``5.0`` are 5."""
    text = record.get(*names).upper().removesuffix(".0")
    return text.lstrip("0") or text[:1]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _notes(known: _Known) -> list[Words]:
    notes = [
        Words(
            "Care contacts have a day and no time of booking or cancelling: no cancellation here is counted as late, "
            "and one that was moved to another day looks like one that was cancelled."
        ),
    ]
    if not known.named:
        notes.append(
            Words(
                "These tables name no therapist (IDS202careactivity would): the organisation stands in for them, "
                "so figures by therapist say nothing."
            )
        )
    return notes


SOURCE = Source(
    name="nhs-tt",
    title=TITLE,
    files="IDS101referral and IDS201carecontact, and where you have them IDS001mpi, IDS202, IDS606 and IDS607",
    recognises=recognises,
    read=read,
)
