"""A sheet or CSV as records: the heading found among title lines, columns found by their aliases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn

from holdfast.errors import SourceError
from holdfast.words import Words

TOTAL = re.compile(
    r"^((grand|grand-|gran|eind)\s*)?(sub|zwischen)?(totals?|totaux|totale[ns]?|totaal|summen?|gesamt(summe)?|somme|suma)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=10_000)  # every cell is looked up by its heading, and those are few
def plain(name: str) -> str:
    """Reduce a heading to its letters and digits: ``Date of Service`` and ``date_of_service`` are the same."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    latin = re.sub(r"[^a-z0-9]+", "", ascii_only.lower())
    return latin or "".join(letter for letter in name.casefold() if letter.isalnum())


class Columns:
    """The columns that the rows of one sheet share: which of several aliases are there is found once for all rows."""

    __slots__ = ("_found", "_keys")

    def __init__(self, keys: Iterable[str] | None = None) -> None:
        self._keys = None if keys is None else frozenset(key for key in keys if key)
        self._found: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}

    def present(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Those of ``names`` that are there, each with the key of its cells; all of them if it is not known."""
        found = self._found.get(names)
        if found is None:
            pairs = ((name, plain(name)) for name in names)
            found = tuple((name, key) for name, key in pairs if self._keys is None or key in self._keys)
            self._found[names] = found
        return found


_PLACES = {
    "row": Words("{file}, row {row}").form,
    "line": Words("{file}, line {row}").form,
    "item": Words("{file}, item {row}").form,
}
_ANY = Columns()  # of items that need not have the same keys


def sheet_of(file: str, sheet: str) -> str:
    """One sheet of a workbook, as messages name it."""
    return f"{file} [{sheet}]"


def row_of(file: str, row: int) -> Words:
    """Where a row stands."""
    return Words("{file}, row {row}", file=file, row=str(row))


def ambiguous(name: str, file: str, row: int) -> SourceError:
    """What to tell of a column that is there more than once, and not the same in some row."""
    return SourceError(
        Words(
            "{file} has the column {column} more than once, with different cells in row {row}, so it is not "
            "clear which to read. Remove one.",
            file=file,
            column=repr(name),
            row=str(row),
        )
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One row under a heading, or one item of a list. ``row`` counts as a spreadsheet does."""

    file: str
    row: int
    cells: Mapping[str, str]
    counted: str = "row"  # what ``row`` counts: rows of a sheet, items of a list, lines of a file
    unclear: frozenset[str] = frozenset()  # columns that are there more than once, and differ in this row
    columns: Columns = field(default=_ANY, repr=False, compare=False)

    def get(self, *names: str) -> str:
        """Return the first of these columns that is filled in, or an empty string.

        Raises
        ------
        SourceError
            If the column is there more than once, and not the same: it is not clear which to read.
        """
        for name, key in self.columns.present(names):
            if key in self.unclear:
                self._refuse(name)
            if value := self.cells.get(key, ""):
                return value
        return ""

    def filled(self, *names: str) -> list[tuple[str, str]]:
        """All of these columns that are filled in, each as its name and its cell, refusing what ``get`` refuses."""
        found = []
        for name, key in self.columns.present(names):
            if key in self.unclear:
                self._refuse(name)
            if value := self.cells.get(key, ""):
                found.append((name, value))
        return found

    def _refuse(self, name: str) -> NoReturn:
        raise ambiguous(name, self.file, self.row)

    @property
    def place(self) -> Words:
        return Words(_PLACES[self.counted], file=self.file, row=str(self.row))


@dataclass(frozen=True, slots=True)
class Grid:
    """The records of one sheet, with its heading as written."""

    file: str
    heading: tuple[str, ...]
    records: tuple[Record, ...]

    def has(self, *names: str) -> bool:
        """Say whether one of these columns is there."""
        known = {plain(name) for name in self.heading}
        return any(plain(name) in known for name in names)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


def make_grid(file: str, rows: Sequence[Sequence[str]], needed: Sequence[Sequence[str]]) -> Grid:
    """Find the heading and give the records below it; blank rows and total lines are left out.

    Parameters
    ----------
    needed
        The columns without which this is not the right file, each as a sequence of aliases.

    Raises
    ------
    SourceError
        If no row has them all, or the heading has one of them twice.
    """
    position = find_heading(rows, needed)
    if position is None:
        raise SourceError(
            Words(
                "{file} has no heading with {columns}. Is it another list? Export it with these columns. {seen}",
                file=file,
                columns=_list_needed(needed),
                seen=_seen(rows),
            )
        )
    heading = tuple(cell.strip() for cell in rows[position])
    keys = [plain(name) for name in heading]
    _refuse_twice(file, heading, keys, needed)
    below = [
        (number, row)
        for number, row in enumerate(rows[position + 1 :], start=position + 2)
        if any(cell.strip() for cell in row) and not is_total(row)
    ]
    refuse_cut_off(file, below, heading)
    twice = frozenset(key for key in keys if key and keys.count(key) > 1)
    columns = Columns(keys)
    return Grid(file, heading, tuple(_record(file, number, keys, row, twice, columns) for number, row in below))


def _record(
    file: str, number: int, keys: Sequence[str], row: Sequence[str], twice: frozenset[str], columns: Columns
) -> Record:
    cells = {key: cell.strip() for key, cell in zip(keys, row, strict=False) if key}
    if not twice:
        return Record(file, number, cells, columns=columns)
    found = [(key, cell.strip()) for key, cell in zip(keys, row, strict=False) if key in twice]
    unclear = frozenset(key for key in twice if len({cell for name, cell in found if name == key}) > 1)
    return Record(file, number, cells, unclear=unclear, columns=columns)


def refuse_cut_off(file: str, below: Sequence[tuple[int, Sequence[str]]], heading: Sequence[str]) -> None:
    """Refuse a file that ends within a row: the rows after it are missing, and nobody would notice."""
    if len(below) > 1 and all(len(row) >= len(heading) for _, row in below[:-1]):
        number, last = below[-1]
        if 1 < len(last) < len(heading):
            raise SourceError(
                Words(
                    "{file}, row {number}, {column}: the file breaks off in row {number}, its last one. "
                    "It was cut off on the way; export it again.",
                    file=file,
                    number=str(number),
                    column=heading[len(last)],
                )
            )


def find_heading(rows: Sequence[Sequence[str]], needed: Sequence[Sequence[str]]) -> int | None:
    """Return the first of the first fifty rows that has every needed column, or None."""
    wanted = [{plain(alias) for alias in aliases} for aliases in needed]
    for number, row in enumerate(rows[:50]):
        cells = {plain(cell) for cell in row}
        if all(aliases & cells for aliases in wanted):
            return number
    return None


def is_total(row: Sequence[str]) -> bool:
    """Say whether a row is a total line and not a record."""
    filled = [cell for cell in row if cell.strip()]
    return bool(filled) and bool(TOTAL.match(filled[0])) and len(filled) <= max(2, len(row) // 2)


def _refuse_twice(file: str, heading: Sequence[str], keys: Sequence[str], needed: Sequence[Sequence[str]]) -> None:
    wanted = {plain(alias) for aliases in needed for alias in aliases}
    for name, key in zip(heading, keys, strict=True):
        if key in wanted and keys.count(key) > 1:
            raise SourceError(
                Words(
                    "{file} has the column {column} more than once, so it is not clear which to read. Remove one.",
                    file=file,
                    column=repr(name),
                )
            )


def _list_needed(needed: Sequence[Sequence[str]]) -> str:
    return ", ".join(repr(aliases[0]) for aliases in needed)


def _seen(rows: Sequence[Sequence[str]]) -> Words:
    first = next((row for row in rows if any(row)), None)
    if first is None:
        return Words("The file is empty.")
    shown = ", ".join(cell for cell in first if cell)
    return Words("It begins with: {columns}", columns=shown[:150])
