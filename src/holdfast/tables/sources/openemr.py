"""OpenEMR: the tables of its electronic health information export, as CSV files or the zip they come in.

The calendar table has no time of a cancellation and does not say who cancelled. A status is
one sign, such as ``@``, out of a list that each site can edit, so the list is read where it is there.
Shape: open-emr.org/documentation/8.3.0/b10; signs and group tables as OpenEMR's own database has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.errors import SourceError
from holdfast.tables.moments import When, on_day
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.dates import DateOrder, read_date
from holdfast.tables.sources.files import SourceFile, find_file
from holdfast.tables.sources.grid import Record, make_grid, plain
from holdfast.tables.sources.records import HEAD, BadCell, read_each, required
from holdfast.tables.sources.source import AGAIN, Context, Imported, Row, Source, appointment, not_marked, year_of
from holdfast.tables.sources.words import meanings, same_word
from holdfast.words import Words

EVENTS = "openemr_postcalendar_events"
NEEDED = [[name] for name in ("pc_eid", "pc_pid", "pc_aid", "pc_eventDate", "pc_startTime", "pc_apptstatus")]
NOTHING = frozenset({"", "0", "NULL", "null", "\\N"})
NO_DATE = "0000-00-00"

Meaning = tuple[Status | None, InitiatedBy | None]  # without a status: it says nothing of the outcome

STANDARD = {  # the sign in pc_apptstatus, and the title OpenEMR's own list gives it
    "-": "None",
    "^": "Pending",
    "*": "Reminder done",
    "+": "Chart pulled",
    "#": "Ins/fin issue",
    "@": "Arrived",
    "~": "Arrived late",
    "<": "In exam room",
    ">": "Checked out",
    "$": "Coding done",
    "?": "No show",
    "!": "Left w/o visit",
    "x": "Canceled",
    "%": "Canceled < 24h",
    "AVM": "AVM Confirmed",
    "SMS": "SMS Confirmed",
    "EMAIL": "EMAIL Confirmed",
    "CALL": "Callback requested",
}
_CLIENT, _PROVIDER = ("client", "patient"), ("provider", "clinician", "therapist", "practice", "clinic", "office")
_SAYS: Mapping[Meaning, Sequence[str]] = {
    (None, None): (
        *(STANDARD[sign] for sign in ("-", "^", "*", "+", "#", "AVM", "SMS", "EMAIL", "CALL")),
        *("Not reported", "Booked", "Scheduled", "Confirmed", "Reminder sent"),
    ),
    (Status.ATTENDED, None): (
        *(STANDARD[sign] for sign in "@~<>$"),
        *("Late arrival", "Attended", "Attended late", "Checked in", "Completed", "Kept", "Seen", "Show"),
    ),
    (Status.NO_SHOW, InitiatedBy.CLIENT): (
        *(STANDARD["?"], STANDARD["!"], "Left without visit"),
        *("Did not attend", "Did not arrive", "DNA", "Missed", "Not attended"),
    ),
    (Status.CANCELLED, InitiatedBy.UNKNOWN): ("Canceled", "Cancel", "Cancellation"),
    (Status.LATE_CANCELLED, InitiatedBy.CLIENT): (
        *("Canceled < 24h", "Canceled < 24 hours", "Canceled < 24hrs", "Canceled late"),
        *("Late canceled", "Late cancel", "Late cancellation"),
    ),
    (Status.CANCELLED, InitiatedBy.CLIENT): tuple(
        word for who in _CLIENT for word in (f"Canceled by {who}", f"{who} canceled")
    ),
    (Status.CANCELLED, InitiatedBy.PROVIDER): tuple(
        word for who in _PROVIDER for word in (f"Canceled by {who}", f"{who} canceled")
    ),
    (Status.RESCHEDULED, InitiatedBy.UNKNOWN): ("Rescheduled", "Reschedule"),
}
WORDS: Mapping[str, Meaning] = {word: meaning for meaning, words in _SAYS.items() for word in words}
_KNOWN = frozenset(same_word(word) for word in WORDS)


@dataclass(frozen=True, slots=True)
class Statuses:
    """The site's list: the title of each sign. The signs for a client in a group are the same."""

    titles: Mapping[str, str]
    means: Callable[[str], Meaning]

    def word(self, sign: str) -> str:
        return _word(sign, self.titles)


@dataclass(frozen=True, slots=True)
class Groups:
    """Who was at each meeting of a group: client and sign, by the group's event."""

    at: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    own_entries: dict[tuple[str, ...], set[str]] = field(default_factory=dict)  # who has an entry of his own besides


def recognises(file: SourceFile) -> bool:
    head = file.data[:HEAD].lower()
    return b"pc_eid" in head and b"pc_apptstatus" in head


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the calendar's events, the list of statuses, the clients, and who was in the groups."""
    out = Imported()
    events = _events(files, out)
    groups = _groups(files, events)
    statuses = _statuses(files, events, groups)
    read_each(events, lambda record: _event(record, statuses, groups, context, out))
    read_each(_table(files, "patient_data", "pid"), lambda record: out.add("clients", _client(record)))
    out.notes = _notes(out, statuses, events)
    return out


def _events(files: Sequence[SourceFile], out: Imported) -> list[Record]:
    """Every event once: of one that stands in two exports, the one in the file given last."""
    found = [file for file in files if recognises(file) or file.stem == EVENTS]
    if not found:
        raise SourceError(
            Words(
                "None of these files is OpenEMR's table {table}. Give that file, or the whole zip of the export.",
                table=EVENTS,
            )
        )
    once: dict[str, Record] = {}
    for file in found:
        for record in make_grid(file.name, next(iter(file.sheets.values()), []), NEEDED):
            out.rows_read += 1
            key = _cell(record, "pc_eid") or record.place
            if key in once:
                out.skip(AGAIN)
            once[key] = record
    if not once:
        raise SourceError(Words("There is no appointment in {files}.", files=", ".join(file.name for file in found)))
    return list(_without_copies(once.values(), out))


def _without_copies(events: Iterable[Record], out: Imported) -> Iterator[Record]:
    """Leave one entry of a meeting that stands in the diaries of several therapists (``pc_multiple``)."""
    seen = set()
    for record in events:
        meeting = (_cell(record, "pc_multiple"), _cell(record, "pc_pid"), *_meeting(record))
        if meeting[0] and meeting[1] and meeting in seen:
            out.skip(Words("the same meeting in another therapist's diary"))
        else:
            yield record
        seen.add(meeting)


def _table(files: Sequence[SourceFile], name: str, *columns: str) -> Iterator[Record]:
    """The records of one of the other tables, or nothing if it is not among the files."""
    file = find_file(files, name)
    if file is not None:
        yield from make_grid(file.name, next(iter(file.sheets.values()), []), [[column] for column in columns])


def _cell(record: Record, name: str) -> str:
    """A cell, blank where the database has nothing."""
    text = record.get(name)
    return "" if text in NOTHING else text


def _sign(record: Record) -> str:
    return "" if (sign := record.get("pc_apptstatus")) in NOTHING else sign


def _statuses(files: Sequence[SourceFile], events: Sequence[Record], groups: Groups) -> Statuses:
    titles = dict(_titles(files))
    signs = [_sign(record) for record in events if _cell(record, "pc_pid")]
    signs += [sign for present in groups.at.values() for _, sign in present]
    words = [_word(sign, titles) for sign in signs]
    return Statuses(titles, meanings(WORDS, words, title="OpenEMR", file=events[0].file, column="pc_apptstatus"))


def _titles(files: Sequence[SourceFile]) -> Iterator[tuple[str, str]]:
    """The list's signs and titles; ``@ Arrived`` is the title ``Arrived`` of the sign ``@``."""
    for record in _table(files, "list_options", "option_id", "title"):
        if record.get("list_id") in ("", "apptstat"):
            sign, title = record.get("option_id"), record.get("title")
            yield sign, title.removeprefix(f"{sign} ").strip()


def _word(sign: str, titles: Mapping[str, str]) -> str:
    """What a sign says: by the site's own title if that is understood, else as in OpenEMR's own list."""
    title = titles.get(sign, "")
    if same_word(title) in _KNOWN:
        return title
    return STANDARD.get(sign or "-") or (f"{sign} ({title})" if title else sign)


def _event(record: Record, statuses: Statuses, groups: Groups, context: Context, out: Imported) -> None:
    if plain("pc_apptstatus") not in record.cells:
        raise BadCell("pc_apptstatus", "", Words("a whole row: the file may have been cut off here; export it again"))
    client, group = _cell(record, "pc_pid"), _cell(record, "pc_gid")
    if not client and not group:
        return out.skip(Words("no client: a block in the diary"))
    if _cell(record, "pc_recurrtype"):
        return out.skip(Words("a repeating entry: a rule, and not one appointment"))
    if record.get("pc_eventDate").startswith(NO_DATE):
        return out.skip(Words("no date ({no_date})", no_date=NO_DATE))
    if client:
        return _appointment(record, client, _sign(record), statuses, context, out)
    alone = groups.own_entries.get(_meeting(record), set())
    present = [found for found in groups.at.get(required(record, "pc_eid"), ()) if found[0] not in alone]
    for member, sign in present:
        _appointment(record, member, sign, statuses, context, out)
    if not present:
        out.skip(
            Words("a group's entry in the diary: who was there is in other tables, or in the clients' own entries")
        )


def _meeting(record: Record) -> tuple[str, ...]:
    return tuple(record.get(name) for name in ("pc_gid", "pc_eventDate", "pc_startTime"))


def _appointment(record: Record, client: str, sign: str, statuses: Statuses, context: Context, out: Imported) -> None:
    starts = _starts(record, context)
    word = statuses.word(sign)
    status, by = statuses.means(word)
    certainty = Certainty.RECORDED
    if status is None:
        status, certainty = not_marked(starts, context)
    out.add(
        "appointments",
        appointment(
            id=required(record, "pc_eid"),
            client=client,
            therapist=_cell(record, "pc_aid") or "unknown",
            starts=starts,
            status=status,
            certainty=certainty,
            by=by,
            source_status=f"{word} ({sign})" if sign else word,
        ),
    )


def _starts(record: Record, context: Context) -> When:
    """The day and time on the site's clock; an entry for the whole day has no time."""
    day, clock = required(record, "pc_eventDate"), record.get("pc_startTime")
    try:
        if not clock or clock in NOTHING or _cell(record, "pc_alldayevent"):
            return on_day(read_date(day, DateOrder.DAY_FIRST, context.timezone).day)
        return read_date(f"{day[:10]} {clock}", DateOrder.DAY_FIRST, context.timezone)
    except ValueError as error:
        raise BadCell(
            "pc_eventDate and pc_startTime", f"{day} {clock}", Words("as in 2026-11-22 and 14:30:00")
        ) from error


def _groups(files: Sequence[SourceFile], events: Sequence[Record]) -> Groups:
    """Follow each attendance form to its encounter, and that to the group's event."""
    event_of = {
        row.get("encounter"): _cell(row, "appt_id")
        for row in _table(files, "form_groups_encounter", "encounter", "appt_id")
    }
    encounter_of = {
        row.get("id"): row.get("encounter_id") for row in _table(files, "form_group_attendance", "id", "encounter_id")
    }
    groups = Groups()
    for row in _table(files, "therapy_groups_participant_attendance", "form_id", "pid", "meeting_patient_status"):
        event = event_of.get(encounter_of.get(row.get("form_id"), ""))
        if event:
            groups.at.setdefault(event, []).append((row.get("pid"), row.get("meeting_patient_status")))
    for record in events:
        if _cell(record, "pc_pid") and _cell(record, "pc_gid"):
            groups.own_entries.setdefault(_meeting(record), set()).add(record.get("pc_pid"))
    return groups


def _client(record: Record) -> Row:
    born = record.get("DOB")
    return {
        "client_id": required(record, "pid"),
        "gender": _cell(record, "sex"),
        "birth_year": "" if born.startswith("0000") else year_of(born),
    }


def _notes(out: Imported, statuses: Statuses, events: Sequence[Record]) -> list[Words]:
    notes = [
        Words(
            "OpenEMR's calendar does not keep when an appointment was cancelled, nor by whom: it is late only where "
            "the practice chose that status, and a cancellation by the therapist cannot be told from another."
        ),
        Words("An appointment that was moved is moved in place: its old time is not here."),
    ]
    if any("repeating" in reason for reason in out.skipped):
        notes.append(
            Words(
                "Repeating entries hold a rule and no outcome, so their meetings are missing here, "
                "except those that somebody opened and saved on their own."
            )
        )
    used = {_sign(record) for record in events if _cell(record, "pc_pid")}
    notes += [
        Words(
            "The sign {sign} is called {title} in this site's list; it was read as OpenEMR's own {standard}.",
            sign=sign,
            title=repr(title),
            standard=repr(STANDARD[sign]),
        )
        for sign, title in statuses.titles.items()
        if sign in STANDARD and sign in used and same_word(title) not in _KNOWN
    ]
    return notes


SOURCE = Source(
    name="openemr",
    title=Words("OpenEMR (tables of its export)"),
    files="openemr_postcalendar_events, patient_data and list_options as CSV, or the zip of the export",
    recognises=recognises,
    read=read,
    lists_all=True,
)
