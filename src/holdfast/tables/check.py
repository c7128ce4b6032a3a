"""What is wrong with a folder of tables: every problem at once, each with its place and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import dataframely as dy
import polars as pl

from holdfast.errors import HoldfastError
from holdfast.tables import moments
from holdfast.tables.schema import Reference, Table
from holdfast.words import Words, plural

ROW = "row_number"
BLANK = Words("(blank)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that breaks a rule. ``row`` counts as a spreadsheet does: the heading is row 1."""

    file: str
    row: int | None
    column: str
    found: str
    allowed: Words

    def __str__(self) -> str:
        return str(self.words)

    @property
    def words(self) -> Words:
        told = {"file": self.file, "column": self.column, "found": self.found, "allowed": self.allowed}
        if self.row is None:
            return Words("{file}, {column}: found {found}; allowed: {allowed}", **told)
        return Words("{file}, row {row}, {column}: found {found}; allowed: {allowed}", row=str(self.row), **told)


def as_imported(table: str) -> Words:
    """What came out of an import, where a file would be named."""
    return Words("{table} (as imported)", table=table)


class TableProblems(HoldfastError):
    """A folder breaks the tables' rules. ``problems`` holds every one."""

    exit_code = 1

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "\n".join(f"  {problem}" for problem in self.problems[:20])
        more = f"\n  … and {len(self.problems) - 20:,} more" if len(self.problems) > 20 else ""
        super().__init__(f"{self.words}\n{shown}{more}")

    @property
    def words(self) -> Words:
        """How many, and what that means."""
        count = len(self.problems)
        return plural(
            "{count} problem found; nothing was loaded.", "{count} problems found; nothing was loaded.", count
        )


def allowed_words(column: dy.Column) -> Words:
    """Say in words what a column may hold."""
    match column:
        case dy.Enum():
            words = Words("one of {codes}", codes=", ".join(column.categories))
        case dy.Datetime():
            words = moments.ALLOWED
        case dy.Int16():
            words = Words("a whole number {range}", range=_range(column.min, column.max))
        case dy.Float64():
            limits = _range(column.min, column.max)
            words = Words("a number {range}", range=limits) if limits else Words("a number")
        case _:
            words = Words("any text") if column.nullable else Words("any text, but not blank")
    return Words("{allowed}, or blank", allowed=words) if column.nullable else words


def _range(low: float | None, high: float | None) -> str:
    least, most = (f"{limit:g}" if limit is not None else "" for limit in (low, high))
    if least and most:
        return Words("from {low} to {high}", low=least, high=most)
    return Words("from {low} up", low=least) if least else ""


def cell_problems(table: Table, file: str, text: pl.DataFrame, typed: pl.DataFrame) -> list[Problem]:
    """List the cells of ``text`` that could not be read, or that break the schema once ``typed``.

    Both frames carry ``row_number`` and agree row by row.
    """
    unreadable = _unreadable(table, text, typed)
    _, failure = _with_rows(table.schema).filter(typed, cast=False)
    broken = _broken_rules(failure, unreadable)
    places = {**unreadable, **broken}
    rows = sorted({row for row, _ in places})
    found = text.filter(pl.col(ROW).is_in(rows)).rows_by_key(ROW, named=True, unique=True)
    return [_problem(table, file, row, column, found[row]) for row, column in sorted(places)]


Places = dict[tuple[int, str], None]
_KEY = "\0key"


def _unreadable(table: Table, text: pl.DataFrame, typed: pl.DataFrame) -> Places:
    """Cells that hold something, of which nothing could be made."""
    places: Places = {}
    for name in table.columns:
        lost = text[name].is_not_null() & typed[name].is_null()
        if lost.any():
            places |= dict.fromkeys((row, name) for row in text[ROW].filter(lost))
    return places


def _broken_rules(failure: Any, unreadable: Places) -> Places:
    """Cells that break a rule of the schema, and rows whose key stands twice."""
    places: Places = {}
    if not failure.counts():
        return places
    details = failure.details()
    for rule in failure.counts():
        column = _KEY if rule == "primary_key" else rule.split("|")[0]
        rows = details.filter(pl.col(rule) == "invalid")[ROW]
        places |= dict.fromkeys((row, column) for row in rows if (row, column) not in unreadable)
    return places


def _problem(table: Table, file: str, row: int, column: str, cells: dict[str, Any]) -> Problem:
    if column == _KEY:
        key = " + ".join(table.key)
        found = " + ".join(_shown(cells[name] or "") for name in table.key)
        return Problem(file, row, key, found, Words("each {column} once", column=key))
    return Problem(file, row, column, _shown(cells[column]), allowed_words(table.columns[column]))


def _shown(cell: object) -> str:
    if cell is None:
        return BLANK
    text = str(cell)
    return repr(text if len(text) <= 60 else text[:57] + "…")


_ROWED: dict[type[dy.Schema], type[dy.Schema]] = {}


def _with_rows(schema: type[dy.Schema]) -> type[dy.Schema]:
    """The same schema with the row's number beside it, so that a failure can name its place."""
    if schema not in _ROWED:
        _ROWED[schema] = type(f"{schema.__name__}Rows", (schema,), {ROW: dy.UInt32(nullable=False)})
    return _ROWED[schema]


def reference_problems(table: Table, file: str, typed: pl.DataFrame, others: dict[str, pl.DataFrame]) -> list[Problem]:
    """List the rows that point to a client, therapist or appointment that its table does not have."""
    problems: list[Problem] = []
    for reference in table.references:
        if reference.table in others:
            problems += _dangling(file, typed, reference, others[reference.table])
    return problems


def _dangling(file: str, typed: pl.DataFrame, reference: Reference, other: pl.DataFrame) -> Iterable[Problem]:
    columns = list(reference.columns)
    lost = typed.drop_nulls(columns).join(other.select(columns).unique(), on=columns, how="anti").sort(ROW)
    for row in lost.iter_rows(named=True):
        found = " + ".join(_shown(row[name]) for name in columns)
        yield Problem(
            file,
            row[ROW],
            " + ".join(columns),
            found,
            Words("one that is in the {table} table, or no {table} table at all", table=reference.table),
        )


def missing_columns(table: Table, file: str, columns: Sequence[str]) -> list[Problem]:
    """List the required columns that a file does not have, and the ones it has twice."""
    heading = ", ".join(columns)
    shown = heading if len(heading) <= 200 else heading[:197] + "…"
    among = Words("no such column among {columns}", columns=shown or Words("(nothing)"))
    absent = [
        Problem(file, 1, name, among, Words("this column is required"))
        for name in table.required
        if name not in columns
    ]
    twice = {name for name in columns if list(columns).count(name) > 1}
    return absent + [
        Problem(file, 1, name or Words("(no heading)"), Words("the column more than once"), Words("each column once"))
        for name in sorted(twice)
    ]
