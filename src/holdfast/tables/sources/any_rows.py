"""From the records of a table of no known system to rows of ours, once all that had to be told is told."""

from __future__ import annotations

import collections.abc as abc
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from holdfast.errors import SourceError
from holdfast.tables.moments import When, on_day
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.any_columns import Column
from holdfast.tables.sources.cells import amount, birth_year, filled_date
from holdfast.tables.sources.dates import MIDNIGHT, READABLE, DateOrder, read_date
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.guess import Guess, cell, date_order, date_text, person
from holdfast.tables.sources.headings import CLIENT_FIELDS, THERAPIST_FIELDS, Field
from holdfast.tables.sources.outcomes import STATUS_OF, Meaning, canceller_of, modality_of, word_key
from holdfast.tables.sources.records import BadCell, read_each
from holdfast.tables.sources.source import Context, Imported, Row, appointment, not_marked, settled

_ON_A_BILL = ("fee", "modality")  # may differ from line to line of one appointment
_OFF = (Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED)


@dataclass(frozen=True)
class Reading:
    """How to read the records of one file."""

    guess: Guess
    therapist: str  # who sees everybody, where no column says who
    context: Context

    @property
    def columns(self) -> abc.Mapping[Field, Column]:
        return self.guess.columns

    @property
    def order(self) -> DateOrder:
        return date_order(self.guess.day_first)

    @cached_property
    def meanings(self) -> abc.Mapping[str, Meaning]:
        words = self.guess.words.items()
        return {word_key(word): known.meaning for word, known in words if known.meaning is not None}

    @cached_property
    def days_only(self) -> bool:
        """Midnight in every row is what a system writes that knows only the day."""
        found = False
        for record in self.guess.records:
            text = date_text(record, self.columns)
            if ":" in text and not MIDNIGHT.search(text):
                return False
            found = found or ":" in text
        return found


def read_rows(how: Reading, out: Imported) -> list[Row]:
    """Read every record as an appointment; what is none is counted.

    Raises
    ------
    SourceError
        With the place of every cell that cannot be read.
    """
    rows: list[Row] = []
    read_each(how.guess.records, lambda record: _read_row(record, how, rows, out))
    return rows


def read_clients(how: Reading) -> list[Row]:
    """What the table says of the clients themselves; the last row that says something counts.

    Raises
    ------
    SourceError
        With the place of every date of birth that cannot be read.
    """
    if not {Field.GENDER, Field.BIRTH} & set(how.columns):
        return []
    clients: dict[str, Row] = {}
    read_each(how.guess.records, lambda record: _read_client(record, how, clients))
    return list(clients.values())


def _read_row(record: Record, how: Reading, rows: list[Row], out: Imported) -> None:
    client = person(record, how.columns, CLIENT_FIELDS)
    if sum(map(bool, record.cells.values())) == 1 or not (client or date_text(record, how.columns)):
        return out.skip("a line of text and no appointment")
    out.rows_read += 1
    if not client:
        return out.skip("no client: a block in the diary")
    word = cell(record, how.columns, Field.STATUS)
    meaning = how.meanings[word_key(word)] if word else Meaning.BOOKED
    if meaning is Meaning.SKIP:
        return out.skip("no appointment, by its status")
    rows.append(_appointment(record, client, meaning, how))


def _appointment(record: Record, client: str, meaning: Meaning, how: Reading) -> Row:
    starts = _starts(record, how)
    therapist = person(record, how.columns, THERAPIST_FIELDS) or how.therapist
    cancelled, booked = _moment(record, Field.CANCELLED_AT, how), _moment(record, Field.BOOKED_AT, how)
    by = _canceller(record, client, therapist, meaning, how)
    said = _said(meaning, cancelled, by)
    status, certainty, who = settled(said, starts, how.context, by=by, cancelled=cancelled, booked=booked)
    if _is_ahead(said, starts, how):
        status, certainty = not_marked(starts, how.context)
    elif meaning is Meaning.ATTENDED_BY_DEFAULT:
        certainty = Certainty.DEFAULTED
    return appointment(
        id=cell(record, how.columns, Field.APPOINTMENT_ID),
        client=client,
        therapist=therapist,
        starts=starts,
        status=status,
        certainty=certainty,
        by=who,
        booked=booked,
        status_at=cancelled if status in _OFF else None,
        modality=modality_of(cell(record, how.columns, Field.MODALITY)),
        fee=amount(cell(record, how.columns, Field.FEE)),
        source_status=cell(record, how.columns, Field.STATUS),
    )


def _said(meaning: Meaning, cancelled: When | None, by: InitiatedBy | None) -> Status:
    """The status that was said. A cancellation time without a word for it says so too; a therapist is never late."""
    said, _ = STATUS_OF[meaning]
    if (said is Status.BOOKED and cancelled) or (said is Status.LATE_CANCELLED and by is InitiatedBy.PROVIDER):
        return Status.CANCELLED
    return said


def _is_ahead(said: Status, starts: When, how: Reading) -> bool:
    """Say whether it is marked as attended before its day has come, as some systems do when it is booked."""
    return said is Status.ATTENDED and starts.day > how.context.now.date()


def _canceller(record: Record, client: str, therapist: str, meaning: Meaning, how: Reading) -> InitiatedBy | None:
    _, by = STATUS_OF[meaning]
    told = cell(record, how.columns, Field.CANCELLED_BY)
    return by or (canceller_of(told, client=client, therapist=therapist) if told else None)


def _starts(record: Record, how: Reading) -> When:
    text = date_text(record, how.columns)
    starts = _read(text, Field.DATE, how)
    return on_day(starts.day) if how.days_only else starts


def _moment(record: Record, field: Field, how: Reading) -> When | None:
    text = filled_date(cell(record, how.columns, field))
    return _read(text, field, how) if text else None


def _read(text: str, field: Field, how: Reading) -> When:
    try:
        return read_date(text, how.order, how.context.timezone)
    except (ValueError, OverflowError, OSError) as error:
        raise BadCell(how.columns[field].heading, text, READABLE) from error


def _read_client(record: Record, how: Reading, clients: dict[str, Row]) -> None:
    client = person(record, how.columns, CLIENT_FIELDS)
    if not client or sum(map(bool, record.cells.values())) == 1:
        return
    row = clients.setdefault(client, {"client_id": client})
    born = filled_date(cell(record, how.columns, Field.BIRTH))
    said = {"gender": cell(record, how.columns, Field.GENDER), "birth_year": _birth_year(born, how) if born else ""}
    row.update({key: value for key, value in said.items() if value})


def _birth_year(text: str, how: Reading) -> str:
    try:
        return birth_year(text, how.order, how.context.now)
    except (ValueError, OverflowError, OSError) as error:
        raise BadCell(how.columns[Field.BIRTH].heading, text, "a year or date of birth") from error


def with_ids(rows: abc.Sequence[Row], out: Imported) -> list[Row]:
    """Give an id to each appointment that has none, and leave out those that stand there twice.

    The id is the start and the client, ``2026-09-08T08:00|Client Name``. Where he has two therapists at the same
    time theirs are added, and where he has the same time twice (called off and booked again) the second is numbered.

    Raises
    ------
    SourceError
        If an id of the source's own stands for two different appointments of one client.
    """
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        first.setdefault(tuple(row[key] for key in row if key not in _ON_A_BILL), row)
    kept = list(first.values())
    if len(kept) < len(rows):
        out.skipped["the same appointment on a further line"] += len(rows) - len(kept)
    _refuse_two_of_one_id(kept)
    groups: dict[str, list[Row]] = {}
    for row in kept:
        if not row["appointment_id"]:
            groups.setdefault(f"{row['starts_at'][:16]}|{row['client_id']}", []).append(row)
    for made, group in groups.items():
        _name(made, group)
    return kept


def _name(made: str, group: list[Row]) -> None:
    several = len({row["therapist_id"] for row in group}) > 1
    seen: Counter[str] = Counter()
    for row in group:
        id = f"{made}|{row['therapist_id']}" if several else made
        seen[id] += 1
        row["appointment_id"] = id if seen[id] == 1 else f"{id}|{seen[id]}"


def _refuse_two_of_one_id(rows: abc.Sequence[Row]) -> None:
    counts = Counter((row["appointment_id"], row["client_id"]) for row in rows if row["appointment_id"])
    twice = [id for (id, _), count in counts.items() if count > 1]
    if twice:
        more = f" … and {len(twice) - 20:,} more" if len(twice) > 20 else ""
        raise SourceError(
            f"The same appointment id stands for different appointments of one client: {', '.join(twice[:20])}{more}. "
            'If that column is no id of the appointment, put "appointment_id": null into the columns of a mapping '
            "file, and import again with --map FILE. Nothing was written."
        )
