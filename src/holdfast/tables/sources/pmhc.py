"""PMHC MDS, Australia: the upload of the Primary Mental Health Care Minimum Data Set, version 2.

It names our outcome: completion status 2 is an episode closed because the client could not be
contacted. Only contacts are kept, by day, and a contact is held or missed, nothing else.
Columns and codes: docs.pmhc-mds.com, github.com/strategicdata/pmhc-mds-spec.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from holdfast.errors import SourceError
from holdfast.tables.moments import When, on_day
from holdfast.tables.schema import Certainty, Ending, InitiatedBy, Modality, Status
from holdfast.tables.sources.dates import DateOrder, read_date
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record, find_heading, make_grid, plain
from holdfast.tables.sources.records import BadCell, has_heading, read_each, required
from holdfast.tables.sources.source import Context, Imported, Row, Source, appointment, ending
from holdfast.tables.sources.words import meanings
from holdfast.words import Words

TITLE = Words("PMHC MDS (version 2)")
EPISODE, CLIENT, PRACTITIONER = "episode_key", "client_key", "practitioner_key"
LAST_YEAR = 2100  # 09099999 is how the data set writes a date that nobody knows

# The tables, and the columns each is known by, whatever its file or sheet is called.
NEEDED: Mapping[str, tuple[Sequence[str], ...]] = {
    "clients": ((CLIENT,), ("client_gender",), ("date_of_birth",)),
    "episodes": ((EPISODE,), (CLIENT,), ("episode_completion_status",), ("episode_end_date",)),
    "service-contacts": (
        ("service_contact_key",),
        (EPISODE,),
        (PRACTITIONER,),
        ("service_contact_date",),
        ("service_contact_no_show",),
        ("service_contact_modality",),
    ),
    "practitioners": ((PRACTITIONER,), ("practitioner_gender",)),
    "k10p": ((EPISODE,), ("measure_date",), ("k10p_score",)),
    "k5": ((EPISODE,), ("measure_date",), ("k5_score",)),
    "sdq": ((EPISODE,), ("measure_date",), ("sdq_version",), ("sdq_total",)),
}
OTHER_NAMES = {"k10": "k10p"}  # the sheet is called K10+

NO_SHOW = {"1": (Status.NO_SHOW, InitiatedBy.CLIENT), "2": (Status.ATTENDED, None)}
MODALITIES = {"1": Modality.IN_PERSON, "2": Modality.PHONE, "3": Modality.VIDEO}  # 4, internet, is often e-mail
NO_CONTACT = "0"
COMPLETED = {
    "": None,  # open
    "0": None,
    "1": (Ending.PLANNED, "treatment concluded"),
    "2": (Ending.SILENT, "could not be contacted"),
    "3": (Ending.TOLD, "declined further contact"),
    "4": (Ending.OTHER, "moved out of the area"),
    "5": (Ending.REFERRED, "referred elsewhere"),
    "6": (Ending.OTHER, "closed for another reason"),
}
GENDERS = {"0": "", "1": "male", "2": "female", "3": "other", "9": "", "": ""}
WORK = {"1": "employed", "2": "unemployed", "3": "not in the labour force"}
# fmt: off
REFERRERS = {
    "1": "gp", "2": "psychiatrist", "3": "obstetrician", "4": "paediatrician", "5": "medical specialist",
    "6": "midwife", "7": "maternal health nurse", "8": "psychologist", "9": "mental health nurse",
    "10": "social worker", "11": "occupational therapist", "12": "Aboriginal health worker",
    "13": "school or university", "14": "early childhood service", "15": "other", "98": "self",
}
# fmt: on
Records = Sequence[Record]
Meaning = TypeVar("Meaning")


@dataclass(slots=True)
class _Upload:
    """The tables of one upload, and what one of them must know of the others."""

    tables: Mapping[str, list[Record]]
    timezone: ZoneInfo
    several: bool  # whether more than one organisation is in it: their keys may be the same
    episodes: dict[str, Record] = field(default_factory=dict)
    last: dict[str, tuple[str, str]] = field(default_factory=dict)  # of an episode: its last contact's day, therapist

    def key(self, record: Record, name: str) -> str:
        """An id; it is unique within its organisation only."""
        own = required(record, name)
        return f"{record.get('organisation_path')}:{own}" if self.several else own

    def episode(self, record: Record) -> Record:
        found = self.episodes.get(self.key(record, EPISODE))
        if found is None:
            raise BadCell(EPISODE, record.get(EPISODE), Words("the key of an episode that is in the episodes table"))
        return found


def recognises(file: SourceFile) -> bool:
    if not file.is_workbook and b"organisation_path" not in file.data[:5000].lower():
        return False
    return has_heading(file, (("organisation_path",), (CLIENT, EPISODE, PRACTITIONER, "service_contact_key")))


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the contacts with their episodes, and what else is there of clients, practitioners and scores."""
    out = Imported()
    upload = _upload(files, context.timezone, out)
    _read_contacts(upload, out)
    _read_endings(upload, out)
    _read_clients(upload, out)
    _read_practitioners(upload, out)
    _read_scores(upload, out)
    out.notes = _notes(upload)
    return out


def _upload(files: Sequence[SourceFile], timezone: ZoneInfo, out: Imported) -> _Upload:
    tables: dict[str, list[Record]] = {table: [] for table in NEEDED}
    for file in files:
        for sheet, rows in file.sheets.items():
            if table := _table(sheet, rows):
                name = f"{file.name}, sheet {sheet}" if file.is_workbook else file.name
                tables[table] += _kept(make_grid(name, rows, NEEDED[table]).records, out)
    for table in ("episodes", "service-contacts"):
        if not tables[table]:
            raise SourceError(
                Words(
                    "None of these files is the {table} table with a row in it. Give the whole upload: the zip of its "
                    "CSV files, or the workbook.",
                    table=table,
                )
            )
    paths = {record.get("organisation_path") for table in ("episodes", "service-contacts") for record in tables[table]}
    upload = _Upload(tables, timezone, several=len(paths) > 1)
    read_each(tables["episodes"], lambda record: upload.episodes.update({upload.key(record, EPISODE): record}))
    return upload


def _table(sheet: str, rows: Sequence[Sequence[str]]) -> str | None:
    """Which table this is: by its columns, and failing that by its name, so that a missing column is told of."""
    for table, needed in NEEDED.items():
        if find_heading(rows, needed) is not None:
            return table
    named = OTHER_NAMES.get(plain(sheet), plain(sheet))
    return next((table for table in NEEDED if plain(table) == named), None)


def _kept(records: Records, out: Imported) -> list[Record]:
    """All rows but those by which an upload takes back an earlier one."""
    kept = [record for record in records if record.get("delete") != "delete"]
    if len(kept) < len(records):
        out.skipped[Words("marked to be deleted")] += len(records) - len(kept)
    return kept


def _look_up(records: Records, name: str, table: Mapping[str, Meaning]) -> Callable[[str], Meaning]:
    found = [record.get(name) for record in records]
    return meanings(table, found, title=TITLE, file=records[0].file if records else "", column=name)


def _read_contacts(upload: _Upload, out: Imported) -> None:
    contacts = upload.tables["service-contacts"]
    look_up = _look_up(contacts, "service_contact_no_show", NO_SHOW)

    def read_one(record: Record) -> None:
        out.rows_read += 1
        status, by = look_up(record.get("service_contact_no_show"))
        if reason := _without_client(record, status):
            return out.skip(reason)
        row = _appointment(record, upload, status, by)
        episode = upload.key(record, EPISODE)
        last = (row["starts_at"], row["therapist_id"])
        upload.last[episode] = max(upload.last.get(episode, last), last)
        return out.add("appointments", row)

    read_each(contacts, read_one)


def _without_client(record: Record, status: Status) -> Words | None:
    """Why a contact is not a meeting with the client, if it is none. Some mark a no-show as "did not participate"."""
    with_whom = record.get("service_contact_participants")
    if with_whom == "4":
        return Words("a contact with another professional, not with the client")
    missed = status is Status.NO_SHOW and with_whom in ("1", "2", "")
    if record.get("service_contact_participation_indicator") == "2" and not missed:
        return Words("a contact that the client took no part in")
    return None


def _appointment(record: Record, upload: _Upload, status: Status, by: InitiatedBy | None) -> Row:
    modality = record.get("service_contact_modality")
    if modality == NO_CONTACT and status is not Status.NO_SHOW:
        allowed = Words("1 (a no-show), as service_contact_modality is 0 (no contact took place)")
        raise BadCell("service_contact_no_show", record.get("service_contact_no_show"), allowed)
    return appointment(
        id=upload.key(record, "service_contact_key"),
        client=upload.key(upload.episode(record), CLIENT),
        therapist=upload.key(record, PRACTITIONER),
        starts=_day(record, upload, "service_contact_date"),
        status=status,
        certainty=Certainty.RECORDED,
        by=by,
        modality=MODALITIES.get(modality),
        fee=_fee(record),
        source_status=f"no_show {record.get('service_contact_no_show')}",
    )


def _fee(record: Record) -> str:
    text = record.get("service_contact_copayment")
    if text and not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        raise BadCell("service_contact_copayment", text, Words("an amount from 0 to 999999.99, or blank"))
    return text


def _read_endings(upload: _Upload, out: Imported) -> None:
    episodes = list(upload.episodes.values())
    look_up = _look_up(episodes, "episode_completion_status", COMPLETED)

    def read_one(record: Record) -> None:
        completed = look_up(record.get("episode_completion_status"))
        if completed is None or not record.get("episode_end_date"):
            if completed is not None or record.get("episode_end_date"):
                out.skip(Words("an episode with an end date or a completion status, but not both: left open"))
            return
        kind, reason = completed
        _, therapist = upload.last.get(upload.key(record, EPISODE), ("", "unknown"))
        client, ended = upload.key(record, CLIENT), _day(record, upload, "episode_end_date")
        out.add("endings", ending(client=client, therapist=therapist, ended=ended, kind=kind, reason=reason))

    read_each(episodes, read_one)


def _read_clients(upload: _Upload, out: Imported) -> None:
    clients: dict[str, Row] = {}
    told: list[tuple[str, str, Row]] = []  # when an episode was referred, its client, and what it says of him
    look_up = _look_up(upload.tables["clients"], "client_gender", GENDERS)

    def read_one(record: Record) -> None:
        row = {"gender": look_up(record.get("client_gender")), "birth_year": _birth_year(record, upload)}
        clients[upload.key(record, CLIENT)] = row

    def read_episode(record: Record) -> None:
        work, sender = WORK.get(record.get("labour_force_status")), REFERRERS.get(record.get("referrer_profession"))
        known = {"employment": work, "referral_source": sender}
        row = {name: word for name, word in known.items() if word}
        told.append((_referred(record, upload), upload.key(record, CLIENT), row))

    read_each(upload.tables["clients"], read_one)
    read_each(upload.episodes.values(), read_episode)
    for _, client, row in sorted(told, key=lambda item: item[0]):  # what the last one says of him stands
        clients.setdefault(client, {}).update(row)
    for client, row in clients.items():
        out.add("clients", {"client_id": client, **row})


def _referred(record: Record, upload: _Upload) -> str:
    return _day(record, upload, "referral_date").text() if record.get("referral_date") else ""


def _birth_year(record: Record, upload: _Upload) -> str:
    born = record.get("date_of_birth")
    if not born or born.endswith("9999") or record.get("est_date_of_birth") == "8":
        return ""
    return str(_day(record, upload, "date_of_birth").day.year)


def _read_practitioners(upload: _Upload, out: Imported) -> None:
    look_up = _look_up(upload.tables["practitioners"], "practitioner_gender", GENDERS)

    def read_one(record: Record) -> None:
        therapist = upload.key(record, PRACTITIONER)
        out.add("therapists", {"therapist_id": therapist, "gender": look_up(record.get("practitioner_gender"))})

    read_each(upload.tables["practitioners"], read_one)


def _read_scores(upload: _Upload, out: Imported) -> None:
    def read_one(record: Record, measure: str, total: int | None) -> None:
        if total is None:
            return out.skip(Words("{measure} not filled in completely, so without a total", measure=measure))
        client, taken = upload.key(upload.episode(record), CLIENT), _day(record, upload, "measure_date").text()
        return out.add("scores", {"client_id": client, "measure": measure, "taken_at": taken, "score": str(total)})

    read_each(upload.tables["k10p"], lambda record: read_one(record, "k10", _kessler(record, "k10p", items=10)))
    read_each(upload.tables["k5"], lambda record: read_one(record, "k5", _kessler(record, "k5", items=5)))
    read_each(upload.tables["sdq"], lambda record: read_one(record, _sdq(record), _total(record, "sdq_total", 0, 40)))


def _kessler(record: Record, name: str, *, items: int) -> int | None:
    """The total as given, or the sum of the items if every one of them is answered; a missing one is never zero."""
    given = _total(record, f"{name}_score", items, 5 * items)
    answers = [record.get(f"{name}_item{number}") for number in range(1, items + 1)]
    for number, answer in enumerate(answers, start=1):
        if answer not in ("", "1", "2", "3", "4", "5", "9"):
            raise BadCell(f"{name}_item{number}", answer, Words("1 to 5, or 9 for missing"))
    if not all(answer in ("1", "2", "3", "4", "5") for answer in answers):
        return given
    added = sum(map(int, answers))
    if given not in (None, added):
        raise BadCell(f"{name}_score", str(given), Words("{added}, the sum of its items, or 99", added=added))
    return added


def _total(record: Record, name: str, low: int, high: int) -> int | None:
    text = record.get(name)
    if text in ("", "99"):
        return None
    if not text.isdecimal() or not low <= int(text) <= high:
        raise BadCell(name, text, Words("a whole number from {low} to {high}, or 99 for missing", low=low, high=high))
    return int(text)


def _sdq(record: Record) -> str:
    """Which of the three it is, as their totals differ: of a parent (pc, py) or of the young person (yr)."""
    return f"sdq_{required(record, 'sdq_version')[:2].lower()}"


def _day(record: Record, upload: _Upload, name: str) -> When:
    """A day written ddmmyyyy; a spreadsheet may have taken its first zero, or made a date of it."""
    text = required(record, name)
    try:
        if re.fullmatch(r"\d{7,8}", text):
            written = text.zfill(8)
            day = date(int(written[4:]), int(written[2:4]), int(written[:2]))
        else:
            day = read_date(text, DateOrder.DAY_FIRST, upload.timezone).day
    except ValueError as error:
        raise BadCell(name, _hidden(name, text), Words("a date written ddmmyyyy, such as 22112026")) from error
    if day.year > LAST_YEAR:
        raise BadCell(name, _hidden(name, text), Words("a date that is known"))
    return on_day(day)


def _hidden(name: str, text: str) -> str:
    """A date of birth is not shown in a message: the row tells where it is."""
    return Words("(not shown)") if name == "date_of_birth" else text


def _notes(upload: _Upload) -> list[Words]:
    notes = [
        Words(
            "PMHC keeps contacts only: bookings, cancellations and moved appointments are not in it, so nobody here "
            "has anything booked ahead. Contacts have a day and no time."
        ),
    ]
    if upload.tables["k10p"]:
        notes.append(Words("K10 totals are in the Australian coding, from 10 to 50."))
    if upload.several:
        notes.append(
            Words("Several organisations are in this upload, so every id begins with its organisation's path.")
        )
    return notes


SOURCE = Source(
    name="pmhc",
    title=TITLE,
    files="the upload as a zip of CSV files or as one workbook: clients, episodes, service contacts and the rest",
    recognises=recognises,
    read=read,
)
