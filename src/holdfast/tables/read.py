"""Reading a folder of tables: every file as text first, then typed, then checked as a whole.

Nothing is half-loaded: either every table is right, or ``TableProblems`` lists
everything that is wrong with any of them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from holdfast.errors import FolderError, SourceError
from holdfast.tables import journal, moments
from holdfast.tables.check import (
    ROW,
    Problem,
    TableProblems,
    cell_problems,
    missing_columns,
    reference_problems,
)
from holdfast.tables.schema import REQUIRED_TABLE, TABLES, Table

PRACTICE_FILE = "practice.json"


@dataclass(frozen=True, slots=True)
class Practice:
    """What is known about a folder as a whole. Every part may be unknown."""

    timezone: str | None = None
    exported_at: datetime | None = None  # wall clock: the tables are complete up to here
    notice_hours: float = 24
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one practice, typed and checked. A table that is not there is an empty frame."""

    frames: Mapping[str, pl.DataFrame]
    practice: Practice = field(default_factory=Practice)
    present: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]


def read_tables(folder: Path, *, timezone: str | None = None) -> Tables:
    """Read and check every table in ``folder``.

    Parameters
    ----------
    folder
        Holds ``appointments.csv`` or ``.parquet``, and any of the other six.
    timezone
        The practice's zone; by default the one in ``practice.json``.

    Raises
    ------
    FolderError
        If there is no such folder, no appointments in it, or one table in two formats.
    TableProblems
        With every cell, key and reference that breaks a rule.
    """
    practice = read_practice(folder, timezone=timezone)
    problems: list[Problem] = []
    typed: dict[str, pl.DataFrame] = {}
    files = table_files(folder)
    for name, path in files.items():
        frame, found = _read_one(TABLES[name], path, practice.timezone)
        problems += found
        if frame is not None:
            typed[name] = frame
    for name, frame in typed.items():
        problems += reference_problems(TABLES[name], files[name].name, frame, typed)
    if problems:
        raise TableProblems(problems)
    return Tables(
        {name: typed[name].drop(ROW) if name in typed else empty(name) for name in TABLES},
        practice,
        frozenset(typed),
    )


def table_files(folder: Path) -> dict[str, Path]:
    """Find the tables in a folder, finishing an import that was interrupted after its commit."""
    if not folder.is_dir():
        raise FolderError(f"{folder} is not a folder. Import into it first: holdfast import SOURCE FILE --to {folder}")
    journal.recover(folder)
    found: dict[str, Path] = {}
    for name in TABLES:
        paths = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.exists()]
        if len(paths) > 1:
            raise FolderError(f"{folder} holds {name} twice, as CSV and as Parquet. Keep one of them.")
        if paths:
            found[name] = paths[0]
    if REQUIRED_TABLE not in found:
        raise FolderError(
            f"{folder} has no {REQUIRED_TABLE}.csv or {REQUIRED_TABLE}.parquet, the one table that is needed. "
            f"To make it from an export: holdfast import SOURCE FILE --to {folder}"
        )
    return found


def read_practice(folder: Path, *, timezone: str | None = None) -> Practice:
    """Read ``practice.json``, if the folder has one."""
    path = folder / PRACTICE_FILE
    told: dict[str, Any] = {}
    if path.exists():
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            exported = told.get("exported_at")
            moment = datetime.fromisoformat(exported) if exported else None
        except (ValueError, AttributeError, TypeError) as error:
            raise FolderError(f"{path} cannot be read ({error}). Correct it, or delete it and import again.") from error
    else:
        moment = None
    zone_name = timezone or told.get("timezone")
    if zone_name:
        moments.zone(zone_name)
    return Practice(
        timezone=zone_name,
        exported_at=moments.wall_clock(moment, zone_name) if moment else None,
        notice_hours=float(told.get("notice_hours", 24)),
        name=told.get("name"),
    )


def empty(name: str) -> pl.DataFrame:
    """Return the table with its columns and no rows."""
    return TABLES[name].schema.create_empty()


def read_text(path: Path) -> pl.DataFrame:
    """Read one CSV or Parquet table with every column as text, blanks as null, and its row numbers.

    Raises
    ------
    SourceError
        If the file is not UTF-8, not CSV or Parquet, or has rows longer than its heading.
    """
    frame = _parquet_as_text(path) if path.suffix == ".parquet" else _csv_as_text(path)
    blank_to_null = pl.col(pl.String).str.strip_chars()
    cleaned = frame.with_columns(blank_to_null.replace("", None) if frame.width else [])
    return cleaned.with_row_index(ROW, offset=2)


def _csv_as_text(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.NoDataError:
        return pl.DataFrame()
    except pl.exceptions.PolarsError as error:
        raise SourceError(_csv_words(path, error)) from error


def _csv_words(path: Path, error: Exception) -> str:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        line = path.read_bytes()[: wrong.start].count(b"\n") + 1
        return f"{path.name} is not UTF-8 text (line {line}). Save it as 'CSV UTF-8', or import it: holdfast import any {path.name}"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        width = len(next(rows, []))
        for number, row in enumerate(rows, start=2):
            if len(row) > width:
                return f"{path.name}, row {number} has {len(row)} cells, the heading only {width}. Is a quotation mark or comma missing?"
    return f"{path.name} cannot be read as CSV: {str(error).splitlines()[0]}"


def heading(path: Path) -> list[str]:
    """Return the column names as the file has them, repeated ones included."""
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    with path.open("rb") as source:
        first = source.readline().decode("utf-8-sig", errors="replace")
    return [name.strip() for name in next(csv.reader(io.StringIO(first)), [])]


def _parquet_as_text(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(
            f"{path.name} is not a Parquet file that can be read: {str(error).splitlines()[0]}"
        ) from error
    return frame.select(pl.col(name).cast(pl.String) for name in frame.columns)


def _read_one(table: Table, path: Path, timezone: str | None) -> tuple[pl.DataFrame | None, list[Problem]]:
    problems = missing_columns(table, path.name, heading(path))
    if problems:
        return None, problems
    text = read_text(path)
    absent = [pl.lit(None, pl.String).alias(name) for name in table.columns if name not in text.columns]
    text = text.with_columns(absent)
    typed = to_types(table, text, timezone)
    return typed, cell_problems(table, path.name, text, typed)


def to_types(table: Table, text: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """Give each column of the table its type; what cannot be read becomes null. Extra columns stay text."""
    extra = [name for name in text.columns if name not in table.columns and name != ROW]
    typed = (_typed(name, column, timezone) for name, column in table.columns.items())
    return text.select(pl.col(ROW), *typed, *extra)


def _typed(name: str, column: dy.Column, timezone: str | None) -> pl.Expr:
    text = pl.col(name)
    match column:
        case dy.Datetime():
            return moments.parse_column(text, timezone).alias(name)
        case dy.Int16():
            return text.str.replace(r"\.0+$", "").cast(column.dtype, strict=False)
        case _:
            return text.cast(column.dtype, strict=False)
