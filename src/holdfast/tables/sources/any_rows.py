"""From the records of a table of no known system to rows of ours, once all that had to be told is told."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass
from functools import cache, cached_property

import polars as pl

from holdfast.errors import SourceError
from holdfast.tables.moments import When, on_day
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.any_columns import Column
from holdfast.tables.sources.any_records import FILE, ROW, Records, each_once, each_row_once
from holdfast.tables.sources.cells import amount, birth_year, filled_date
from holdfast.tables.sources.dates import MIDNIGHT, READABLE, DateOrder, read_date
from holdfast.tables.sources.grid import row_of
from holdfast.tables.sources.guess import Guess, cells, date_order, date_texts, people
from holdfast.tables.sources.headings import CLIENT_FIELDS, THERAPIST_FIELDS, Field
from holdfast.tables.sources.outcomes import STATUS_OF, Meaning, canceller_of, modality_of, word_key
from holdfast.tables.sources.records import WAY_OUT, BadCell
from holdfast.tables.sources.source import SHOWN, Context, Faults, Imported, not_marked, settled
from holdfast.words import Words

_ON_A_BILL = ("fee", "modality")  # may differ from line to line of one appointment
_OFF = (Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED)
_OUTCOME = {
    **dict.fromkeys(("starts_at", "status", "initiated_by", "certainty", "booked_at", "status_at"), pl.String()),
    "fault": pl.List(pl.String),
}


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

    @property
    def records(self) -> Records:
        return self.guess.records

    @cached_property
    def clients(self) -> pl.Series:
        return people(self.records, self.columns, CLIENT_FIELDS)

    @cached_property
    def dates(self) -> pl.Series:
        return date_texts(self.records, self.columns)

    @cached_property
    def date(self) -> abc.Callable[[str], When]:
        """What reads one date, and remembers it: many appointments share a time."""
        return cache(lambda text: read_date(text, self.order, self.context.timezone))

    @cached_property
    def days_only(self) -> bool:
        """Midnight in every row is what a system writes that knows only the day."""
        timed = [text for text in self.dates.unique() if ":" in text]
        return bool(timed) and all(MIDNIGHT.search(text) for text in timed)


def read_rows(how: Reading, out: Imported) -> pl.DataFrame:
    """Read every record as an appointment; what is none is counted.

    Raises
    ------
    SourceError
        With the place of every cell that cannot be read.
    """
    told = _told(how, out)
    known = {name: told[name] for name in ("meaning", "by", "starts", "cancelled", "booked")}
    outcomes = each_row_once(known, lambda *cells: _outcome_or_fault(how, *cells), _OUTCOME)
    _refuse_faults(told, outcomes["fault"])
    return told.hstack(outcomes.drop("fault")).select(
        "appointment_id",
        "client_id",
        "therapist_id",
        "starts_at",
        "status",
        "initiated_by",
        "certainty",
        "booked_at",
        "status_at",
        each_once(told["modality"], lambda text: modality_of(text) or "").alias("modality"),
        each_once(told["fee"], amount).alias("fee"),
        "source_status",
    )


def _told(how: Reading, out: Imported) -> pl.DataFrame:
    """What each appointment's record says, as it is written; what is none is counted."""
    nobody = how.clients == ""
    no_row = how.records.one_filled() | (nobody & (how.dates == ""))
    words = cells(how.records, how.columns, Field.STATUS)
    meanings = each_once(words, lambda word: how.meanings.get(word_key(word), "") if word else Meaning.BOOKED)
    skipped = ~no_row & ~nobody & (meanings == Meaning.SKIP)
    out.rows_read += int((~no_row).sum())
    _count(out, Words("a line of text and no appointment"), int(no_row.sum()))
    _count(out, Words("no client: a block in the diary"), int((~no_row & nobody).sum()))
    _count(out, Words("no appointment, by its status"), int(skipped.sum()))
    kept = ~(no_row | nobody | skipped)
    return _as_written(how, words, meanings).filter(kept)


def _count(out: Imported, reason: Words, number: int) -> None:
    if number:
        out.skipped[reason] += number


def _as_written(how: Reading, words: pl.Series, meanings: pl.Series) -> pl.DataFrame:
    seen_by = people(how.records, how.columns, THERAPIST_FIELDS)
    therapists = seen_by.set(seen_by == "", how.therapist)
    written = {
        "appointment_id": cells(how.records, how.columns, Field.APPOINTMENT_ID),
        "client_id": how.clients,
        "therapist_id": therapists,
        "starts": how.dates,
        "meaning": meanings,
        "by": _cancellers(how, therapists),
        "cancelled": _moments(how, Field.CANCELLED_AT),
        "booked": _moments(how, Field.BOOKED_AT),
        "modality": cells(how.records, how.columns, Field.MODALITY),
        "fee": cells(how.records, how.columns, Field.FEE),
        "source_status": words,
    }
    return how.records.frame.select(FILE, ROW, **written)


def _moments(how: Reading, name: Field) -> pl.Series:
    written = cells(how.records, how.columns, name)
    return each_once(written, filled_date)


def _cancellers(how: Reading, therapists: pl.Series) -> pl.Series:
    """Who called each off, by a word for him or his name in a column of its own; blank where nothing is said."""
    told = cells(how.records, how.columns, Field.CANCELLED_BY)
    blank = told == ""
    said = {"told": told, "client": how.clients.set(blank, ""), "therapist": therapists.set(blank, "")}

    def read(told: str, client: str, therapist: str) -> abc.Mapping[str, str]:
        return {"by": canceller_of(told, client=client, therapist=therapist) if told else ""}

    return each_row_once(said, read, {"by": pl.String})["by"]


def _outcome_or_fault(
    how: Reading, meaning: str, by: str, starts: str, cancelled: str, booked: str
) -> abc.Mapping[str, object]:
    try:
        return {**_outcome(how, Meaning(meaning), by, starts, cancelled, booked), "fault": None}
    except BadCell as cell:
        return {"fault": [cell.column, cell.found, cell.allowed]}


def _outcome(
    how: Reading, meaning: Meaning, told_by: str, start: str, cancelled_at: str, booked_at: str
) -> abc.Mapping[str, str]:
    """When it was, what became of it, and how that is known."""
    starts = _starts(start, how)
    cancelled, booked = _moment(cancelled_at, Field.CANCELLED_AT, how), _moment(booked_at, Field.BOOKED_AT, how)
    by = STATUS_OF[meaning][1] or (InitiatedBy(told_by) if told_by else None)
    said = _said(meaning, cancelled, by)
    status, certainty, who = settled(said, starts, how.context, by=by, cancelled=cancelled, booked=booked)
    if _is_ahead(said, starts, how):
        status, certainty = not_marked(starts, how.context)
    elif meaning is Meaning.ATTENDED_BY_DEFAULT:
        certainty = Certainty.DEFAULTED
    return {
        "starts_at": starts.text(),
        "status": status,
        "initiated_by": who or "",
        "certainty": certainty,
        "booked_at": booked.text() if booked else "",
        "status_at": cancelled.text() if cancelled and status in _OFF else "",
    }


def _refuse_faults(told: pl.DataFrame, fault: pl.Series) -> None:
    faults = Faults()
    bad = fault.is_not_null()
    for (file, row), cell in zip(told.filter(bad).select(FILE, ROW).iter_rows(), fault.filter(bad), strict=True):
        faults.add(row_of(file, row), *cell)
    faults.refuse(WAY_OUT)


def _said(meaning: Meaning, cancelled: When | None, by: InitiatedBy | None) -> Status:
    """The status that was said. A cancellation time without a word for it says so too; a therapist is never late."""
    said, _ = STATUS_OF[meaning]
    if (said is Status.BOOKED and cancelled) or (said is Status.LATE_CANCELLED and by is InitiatedBy.PROVIDER):
        return Status.CANCELLED
    return said


def _is_ahead(said: Status, starts: When, how: Reading) -> bool:
    """Say whether it is marked as attended before its day has come, as some systems do when it is booked."""
    return said is Status.ATTENDED and starts.day > how.context.now.date()


def _starts(text: str, how: Reading) -> When:
    starts = _read(text, Field.DATE, how)
    return on_day(starts.day) if how.days_only else starts


def _moment(text: str, field: Field, how: Reading) -> When | None:
    return _read(text, field, how) if text else None


def _read(text: str, field: Field, how: Reading) -> When:
    try:
        return how.date(text)
    except (ValueError, OverflowError, OSError) as error:
        raise BadCell(how.columns[field].heading, text, READABLE) from error


def read_clients(how: Reading) -> pl.DataFrame:
    """What the table says of the clients themselves; the last row that says something counts.

    Raises
    ------
    SourceError
        With the place of every date of birth that cannot be read.
    """
    if not {Field.GENDER, Field.BIRTH} & set(how.columns):
        return pl.DataFrame()
    known = (how.clients != "") & ~how.records.one_filled()
    records = how.records.where(known)
    born = each_once(cells(records, how.columns, Field.BIRTH), filled_date)
    years = each_once(born, lambda text: _year_or_none(text, how))
    _refuse_births(how, records, born, years.is_null())
    said = pl.DataFrame(
        {
            "client_id": how.clients.filter(known),
            "gender": cells(records, how.columns, Field.GENDER),
            "birth_year": years,
        }
    )
    last = [pl.col(name).filter(pl.col(name) != "").last() for name in ("gender", "birth_year")]
    return said.group_by("client_id", maintain_order=True).agg(last)


def _year_or_none(text: str, how: Reading) -> str | None:
    try:
        return birth_year(text, how.order, how.context.now) if text else ""
    except (ValueError, OverflowError, OSError):
        return None


def _refuse_births(how: Reading, records: Records, born: pl.Series, unread: pl.Series) -> None:
    faults = Faults()
    for place, text in zip(records.places(unread, len(records)), born.filter(unread), strict=True):
        faults.add(place, how.columns[Field.BIRTH].heading, text, Words("a year or date of birth"))
    faults.refuse(WAY_OUT)


def with_ids(rows: pl.DataFrame, out: Imported) -> pl.DataFrame:
    """Give an id to each appointment that has none, and leave out those that stand there twice.

    The id is the start and the client, ``2026-09-08T08:00|Client Name``. Where he has two therapists at the same
    time theirs are added, and where he has the same time twice (called off and booked again) the second is numbered.

    Raises
    ------
    SourceError
        If an id of the source's own stands for two different appointments of one client.
    """
    kept = rows.unique(pl.exclude(_ON_A_BILL), keep="first", maintain_order=True)
    _count(out, Words("the same appointment on a further line"), rows.height - kept.height)
    _refuse_two_of_one_id(kept)
    unnamed = pl.col("appointment_id") == ""
    to_the_minute = pl.col("starts_at").str.slice(0, len("2026-09-08T08:00"))
    start_and_client = pl.concat_str(to_the_minute, "client_id", separator="|")
    several = pl.col("therapist_id").n_unique().over("made", unnamed) > 1
    by_therapist = pl.when(several).then(pl.concat_str("made", "therapist_id", separator="|")).otherwise("made")
    turn = pl.int_range(1, pl.len() + 1).over("made", unnamed)
    numbered = pl.when(turn == 1).then("made").otherwise(pl.concat_str("made", turn.cast(pl.String), separator="|"))
    made = kept.with_columns(start_and_client.alias("made")).with_columns(by_therapist.alias("made"))
    id = pl.when(unnamed).then(numbered).otherwise("appointment_id").alias("appointment_id")
    return made.with_columns(id).drop("made")


def _refuse_two_of_one_id(rows: pl.DataFrame) -> None:
    own = rows.filter(pl.col("appointment_id") != "").group_by("appointment_id", "client_id", maintain_order=True).len()
    twice = own.filter(pl.col("len") > 1)["appointment_id"].to_list()
    more = len(twice) - SHOWN
    if twice:
        raise SourceError(
            Words(
                "The same appointment id stands for different appointments of one client: {ids}. "
                'If that column is no id of the appointment, put "appointment_id": null into the columns of a mapping '
                "file, and import again with --map FILE. Nothing was written.",
                ids=[*twice[:SHOWN], *([Words("… and {count} more", count=more)] if more > 0 else [])],
            )
        )
