"""Any table of appointments, CSV or Excel, one row an appointment, from any practice system or kept by hand.

What its columns, dates and words mean is guessed where it is plain, told by a mapping file where
it is not, and never assumed. An appointment without an id of its own gets one made of its start
and its client, ``2026-09-08T08:00|Client Name``, so that the same one is known again next time.
"""

from __future__ import annotations

import collections.abc as abc
from pathlib import Path

import polars as pl

from holdfast.errors import SourceError
from holdfast.tables.schema import Status
from holdfast.tables.sources.any_rows import Reading, read_clients, read_rows, with_ids
from holdfast.tables.sources.any_sheets import first_rows
from holdfast.tables.sources.asking import answer, questions, refusal
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.guess import Guess, guess
from holdfast.tables.sources.headings import THERAPIST_FIELDS, Field
from holdfast.tables.sources.mapping import Mapping, file_name, load
from holdfast.tables.sources.outcomes import Meaning, word_key
from holdfast.tables.sources.source import Context, Imported, Source
from holdfast.words import Words


def recognises(file: SourceFile) -> bool:
    """Never: it reads what nobody recognises, and must not keep a file from the source it belongs to."""
    return False


def read(files: abc.Sequence[SourceFile], context: Context) -> Imported:
    """Read every file by its mapping, told or kept from last time, and keep it for next time.

    Raises
    ------
    SourceError
        If a file is no table of appointments, or with everything about it that has to be told first.
    """
    guesses = _with_common_order([guess(file, _told(file, context)) for file in files], files)
    open_ones = [one for one in guesses if questions(one)]
    if open_ones:
        raise SourceError(*(line for one in open_ones for line in refusal(one)))
    out = Imported()
    for one in guesses:
        _join(out, _apply(one, context))
        _keep(one.mapping_name, answer(one, {}), out)
    if not out.frames["appointments"].height:
        names = ", ".join(file.name for file in files)
        raise SourceError(
            Words("There is no appointment in {files}. Was the right list exported, and the right time?", files=names)
        )
    return out


def apply(file: SourceFile, mapping: Mapping, context: Context) -> Imported:
    """Read a file by a mapping.

    Raises
    ------
    SourceError
        If the mapping leaves something open, or with every cell that cannot be read.
    """
    found = guess(file, mapping)
    if questions(found):
        raise SourceError(*refusal(found))
    return _apply(found, context)


def _apply(found: Guess, context: Context) -> Imported:
    how = Reading(found, found.told.therapist, context)
    out = Imported()
    out.frames = {"appointments": with_ids(read_rows(how, out), out), "clients": read_clients(how)}
    out.notes = _notes(how, out)
    return out


def _told(file: SourceFile, context: Context) -> Mapping | None:
    """The mapping that was given, or the one that an import of such a table left in the folder."""
    if context.mapping is not None:
        return load(context.mapping)
    return kept_mapping(file, context.folder) if context.folder is not None else None


def kept_mapping(file: SourceFile, folder: Path) -> Mapping | None:
    """The mapping that an earlier import of a table with this heading left in the folder."""
    kept = (folder / file_name(row) for row in first_rows(file) if any(row))
    return next((load(path) for path in kept if path.exists()), None)


def _with_common_order(guesses: list[Guess], files: abc.Sequence[SourceFile]) -> list[Guess]:
    """Where one file does not tell whether the day comes first, another with the same columns may."""
    known = {one.mapping_name: one.day_first for one in guesses if one.day_first is not None}
    return [
        guess(file, one.told.model_copy(update={"day_first": known[one.mapping_name]}))
        if one.order.unclear and one.mapping_name in known
        else one
        for file, one in zip(files, guesses, strict=True)
    ]


def _join(out: Imported, more: Imported) -> None:
    for table, frame in more.frames.items():
        out.frames[table] = pl.concat([out.frames[table], frame], how="diagonal") if table in out.frames else frame
    out.rows_read += more.rows_read
    out.skipped += more.skipped
    out.notes += [note for note in more.notes if note not in out.notes]


def _keep(name: str, mapping: Mapping, out: Imported) -> None:
    """Keep the mapping beside the tables, with the words of an earlier file of the same columns."""
    if name in out.extra_files:
        earlier = Mapping.model_validate_json(out.extra_files[name])
        mapping = mapping.model_copy(update={"words": {**earlier.words, **mapping.words}})
    out.extra_files[name] = mapping.json_text().encode()


def _notes(how: Reading, out: Imported) -> list[Words]:
    columns, found = how.columns, how.guess
    statuses = set(out.frames["appointments"]["status"])
    told = {
        Words("No column says what became of an appointment: past ones are unknown, and never counted as attended."): (
            Field.STATUS not in columns
        ),
        Words(
            "No column says who the therapist was: everybody counts as a client of {therapist}.",
            therapist=repr(how.therapist),
        ): not set(THERAPIST_FIELDS) & set(columns),
        Words(
            "Clients are told apart by their names: two of the same name count as one, and one whose name is written "
            "in two ways as two."
        ): Field.CLIENT_ID not in columns,
        Words("Appointments have no number of their own: one that was moved to another time counts as another one."): (
            Field.APPOINTMENT_ID not in columns
        ),
        Words("When an appointment was cancelled is not in it: only those that a word calls late count as late."): (
            bool(statuses & {Status.CANCELLED, Status.LATE_CANCELLED}) and Field.CANCELLED_AT not in columns
        ),
        Words("Every appointment starts at midnight in it: the days were taken, the times are not known."): (
            how.days_only
        ),
        Words("Some are marked as attended though their day has not come: they count as booked."): (
            _some_ahead(how, out)
        ),
    }
    notes = [note for note, holds in told.items() if holds]
    if found.day_first is not None:
        shown = found.order.evidence
        if found.day_first:
            notes.append(Words("Dates were read with the day first: {shown}.", shown=shown))
        else:
            notes.append(Words("Dates were read with the month first: {shown}.", shown=shown))
    if found.unused:
        notes.append(Words("These columns were not read: {columns}.", columns=", ".join(found.unused)))
    return notes


def _some_ahead(how: Reading, out: Imported) -> bool:
    came = {
        word for word, meaning in how.meanings.items() if meaning in (Meaning.ATTENDED, Meaning.ATTENDED_BY_DEFAULT)
    }
    rows = out.frames["appointments"]
    booked = rows["source_status"].filter(rows["status"] == Status.BOOKED)
    return any(word_key(word) in came for word in booked.unique())


SOURCE = Source(
    name="any",
    title=Words("a table of appointments (any system)"),
    files="a CSV or Excel file with one row an appointment: client, date, and if possible therapist and status",
    recognises=recognises,
    read=read,
    takes_any=True,
    lists_all=True,
)
