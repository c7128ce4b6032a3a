"""Where in a file of no known system the appointments stand: which sheet, below which heading."""

from __future__ import annotations

import collections.abc as abc
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from holdfast.errors import SourceError
from holdfast.tables.sources.any_records import ROW, Records, as_records, columns_of, together
from holdfast.tables.sources.cells import filled_date
from holdfast.tables.sources.dates import is_clock, way_of_writing
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import TOTAL, find_heading, is_total, plain, refuse_cut_off, sheet_of
from holdfast.tables.sources.headings import CLIENT_FIELDS, DATE_FIELDS, Field, is_start, meanings_of, score
from holdfast.tables.sources.mapping import Mapping, file_name
from holdfast.words import Words

_FIRST_ROWS = 50
_FOOTER = re.compile(
    r"^(page|seite|página|pagina)\s+\d|"  # not Page alone: it is a surname
    r"^(generated|printed|exported|report(ed)?|erstellt|gedruckt|exportiert|stand|imprimé|exporté|généré|impreso|"
    r"generado|exportado|afgedrukt|gerado|impresso)\s*(on|at|by|am|um|von|le|par|el|por|op|door|em|:)",
    re.IGNORECASE,
)
_ENOUGH_CELLS = 500  # to see what kind of thing a column holds
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet, or the one table that a CSV is: its heading and the records below it."""

    name: str
    label: str  # the file's name, with the sheet's where there are several
    position: int
    heading: tuple[str, ...]
    records: Records


@dataclass(frozen=True)
class Found:
    """The sheets that hold appointments, all with the same columns, and the others that may hold some too."""

    sheets: tuple[Sheet, ...]
    unclear: tuple[str, ...] = ()

    @property
    def heading(self) -> tuple[str, ...]:
        return self.sheets[0].heading

    @cached_property
    def records(self) -> Records:
        return together([sheet.records for sheet in self.sheets])

    def texts(self, heading: str) -> list[str]:
        """What is filled in under a heading, as far as is needed to see what kind of thing it is."""
        cells = self.records.filled(heading)
        return cells.filter(cells != "").head(_ENOUGH_CELLS).to_list()


def find_sheets(file: SourceFile, told: Mapping) -> Found:
    """Find the sheets whose heading has a client and a date, or the columns that a mapping names.

    Raises
    ------
    SourceError
        If no row of the file can be a heading, or the mapping names sheets or columns that are not there.
    """
    rows = _chosen(file, told)
    positions = {name: _heading_row(sheet, told) for name, sheet in rows.items()}
    sheets = [_sheet(file, name, rows[name], place) for name, place in positions.items() if place is not None]
    if not sheets:
        raise SourceError(_no_heading(file, rows, told))
    likely = [sheet for sheet in sheets if any(told.columns.values()) or _has_client_and_date(sheet.heading)] or sheets[
        :1
    ]
    alike = [sheet for sheet in likely if file_name(sheet.heading) == file_name(likely[0].heading)]
    unclear = tuple(sheet.name for sheet in likely) if len(alike) < len(likely) else ()
    return Found(tuple(alike), unclear)


def first_rows(file: SourceFile) -> Iterable[Sequence[str]]:
    """The rows among which the heading can be."""
    return (row for rows in file.sheets.values() for row in rows[:_FIRST_ROWS])


def is_dates(texts: Sequence[str]) -> bool:
    """Say whether at least half of these are dates."""
    return _at_least_half([way_of_writing(filled_date(text)) is not None for text in texts])


def is_clocks(texts: Sequence[str]) -> bool:
    """Say whether at least half of these are times of day."""
    return _at_least_half([is_clock(text) for text in texts])


def _at_least_half(yes: Sequence[bool]) -> bool:
    return bool(yes) and sum(yes) * 2 >= len(yes)


def _chosen(file: SourceFile, told: Mapping) -> dict[str, list[list[str]]]:
    sheets = dict(file.sheets)
    lost = [name for name in told.sheets if name not in sheets]
    if lost:
        raise SourceError(
            Words(
                "The mapping's sheets: found {lost}; {file} has {sheets}.",
                lost=", ".join(lost),
                file=file.name,
                sheets=", ".join(sheets),
            )
        )
    return {name: rows for name, rows in sheets.items() if name in told.sheets or not told.sheets}


def _heading_row(rows: Rows, told: Mapping) -> int | None:
    named = [name for name in told.columns.values() if name]
    if named:
        return find_heading(rows, [[name] for name in named])
    scores = [score(cell for cell in row if cell) for row in rows[:_FIRST_ROWS]]
    if scores and max(scores) >= 2:
        return scores.index(max(scores))
    return _by_its_shape(rows)


def _by_its_shape(rows: Rows) -> int | None:
    """The first row of words, if below it there are dates."""
    for number, row in enumerate(rows[:_FIRST_ROWS]):
        if sum(map(bool, row)) < 2:
            continue
        worded = not any(way_of_writing(cell) or is_clock(cell) or cell.isdigit() for cell in row)
        below = [cell for later in rows[number + 1 : number + 20] for cell in later]
        return number if worded and any(way_of_writing(cell) for cell in below) else None
    return None


def _sheet(file: SourceFile, name: str, rows: Rows, position: int) -> Sheet:
    heading = tuple(cell.strip() for cell in rows[position])
    label = file.name if len(file.sheets) == 1 else sheet_of(file.name, name)
    columns = columns_of(rows[position + 1 :], len(heading))
    every = as_records(label, heading, columns, position + 2)
    no_record = _suspects(columns, every)
    numbered = [(number, row) for number, row in enumerate(rows[position + 1 :], start=position + 2)]
    below = [(number, row) for number, row in numbered if number not in no_record or not _is_blank_or_total(row)]
    refuse_cut_off(label, below, heading)
    kept = [number for number, row in below if number not in no_record or not _is_about(row, heading)]
    _refuse_other_widths(file, label, rows, [position, *(number - 1 for number in kept)])
    return Sheet(name, label, position, heading, every.where(every.frame[ROW].is_in(kept)))


def _suspects(columns: Sequence[pl.Series], records: Records) -> set[int]:
    """The numbers of the rows that may be no record, by their first cell that is filled in: few, each looked at."""
    named = [records.frame[key] for key in records.keys]
    suspect = _may_be_none(columns, records.keys) | _may_be_none(named, records.keys)
    return set(records.frame[ROW].filter(suspect))


def _may_be_none(columns: Sequence[pl.Series], keys: Sequence[str]) -> pl.Series:
    filled_in = [column.set(column == "", None) for column in columns]
    first = pl.select(pl.coalesce(*filled_in, pl.lit(None, pl.String)).fill_null("").alias("first")).to_series()
    latin = first.str.normalize("NFKD").str.to_lowercase().str.replace_all("[^a-z0-9]+", "")
    said = [first.str.contains(f"(?i){pattern.pattern}") for pattern in (TOTAL, _FOOTER)]
    return latin.is_in(["", *keys]) | said[0] | said[1]


def _is_blank_or_total(row: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in row) or is_total(row)


def _is_about(row: Sequence[str], heading: Sequence[str]) -> bool:
    """Say whether a row is the heading once more, as at the top of every printed page, or a line about the list."""
    cells = {key: cell.strip() for key, cell in zip(map(plain, heading), row, strict=False) if key}
    again = all(plain(cell) == key for key, cell in cells.items() if cell)
    return again or _is_footer(cells)


def _refuse_other_widths(file: SourceFile, label: str, rows: Rows, numbers: Sequence[int]) -> None:
    """A longer row has a cell torn in two; a last line that is shorter than all others was cut off."""
    heading, *below = numbers
    width = len(rows[heading])
    longer = [str(number + 1) for number in below if any(rows[number][width:])]
    if longer:
        raise SourceError(
            Words(
                "{file} has more cells than its heading in row {rows}. Is a quotation mark missing?",
                file=label,
                rows=", ".join(longer[:20]),
            )
        )
    last = below[-1] if below else heading
    cut = len(rows[last]) < width and all(len(rows[number]) >= width for number in below[:-1])
    if not file.is_workbook and last == len(rows) - 1 and cut and len(below) > 1 and file.text[-1] not in "\r\n":
        raise SourceError(
            Words(
                "{file} breaks off in row {row}. It was cut off on the way; export it again.",
                file=label,
                row=str(last + 1),
            )
        )


def _has_client_and_date(heading: Iterable[str]) -> bool:
    fields = {field for cell in heading for _, field in meanings_of(cell)}
    fields |= {Field.DATE for cell in heading if is_start(cell)}
    return bool(fields & set(CLIENT_FIELDS)) and bool(fields & {*DATE_FIELDS, Field.TIME})


def _is_footer(row: abc.Mapping[str, str]) -> bool:
    """Say whether this is a line about the list: a total with no date in it, or when it was printed."""
    cells = [cell for cell in row.values() if cell]
    if not cells:
        return True
    total = is_total(cells[:1]) and not any(way_of_writing(cell) for cell in cells)
    return total or (bool(_FOOTER.match(cells[0])) and len(cells) <= 2 < len(row))


def _no_heading(file: SourceFile, rows: dict[str, list[list[str]]], told: Mapping) -> Words:
    if not any(any(row) for sheet in rows.values() for row in sheet):
        return Words("{file} is empty. Export it again, and look at it before importing.", file=file.name)
    named = [name for name in told.columns.values() if name]
    seen = next((row for sheet in rows.values() for row in _best_first(sheet) if any(row)), [])
    shown = ", ".join(repr(cell) for cell in seen if cell)[:300]
    if named:
        here = {plain(cell) for cell in seen}
        lost = ", ".join(f"{key} = {name!r}" for key, name in told.columns.items() if name and plain(name) not in here)
        return Words(
            "{file} lacks columns that the mapping names: {lost}. Its heading is: {columns}",
            file=file.name,
            lost=lost,
            columns=shown,
        )
    return Words(
        "{file} has no row that names the columns, such as Client, Date, Status. Its first is: {columns}. "
        "Put one above the appointments, and import again.",
        file=file.name,
        columns=shown,
    )


def _best_first(rows: Rows) -> list[Sequence[str]]:
    return sorted(rows[:_FIRST_ROWS], key=lambda row: -score(cell for cell in row if cell))
