"""Reading a folder of tables: every file as text first, then typed, then checked as a whole.

Nothing is half-loaded: either every table is right, or ``TableProblems`` lists
everything that is wrong with any of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from holdfast.errors import FolderError, HoldfastError
from holdfast.tables import away, journal, moments
from holdfast.tables.away import Away
from holdfast.tables.check import (
    ROW,
    Problem,
    TableProblems,
    allowed_words,
    cell_problems,
    missing_columns,
    reference_problems,
)
from holdfast.tables.raw import as_it_stands, heading
from holdfast.tables.schema import REQUIRED_TABLE, TABLES, Table
from holdfast.words import Words

PRACTICE_FILE = "practice.json"
MOST_HOURS = 24 * 31  # of notice before an appointment


@dataclass(frozen=True, slots=True)
class Practice:
    """What is known about a folder as a whole. Every part may be unknown."""

    timezone: str | None = None
    exported_at: datetime | None = None  # wall clock: the tables are complete up to here
    notice_hours: float = 24
    name: str | None = None
    source: bytes | None = None  # practice.json as it stands, for a copy
    away: tuple[Away, ...] = ()  # days on which a therapist, or everybody, was not there


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one practice, typed and checked. A table that is not there is an empty frame.

    A sealed Parquet table stays in its file until somebody asks for it: the engine reads it there.
    """

    frames: Mapping[str, pl.DataFrame | Path]
    practice: Practice = field(default_factory=Practice)
    present: frozenset[str] = frozenset()
    seen: tuple[Path, Stamp] | None = None  # the folder of tables that stay in their files, and how it looked

    def __getitem__(self, name: str) -> pl.DataFrame:
        frame = self.frames[name]
        return pl.read_parquet(frame) if isinstance(frame, Path) else frame

    def has_rows(self, name: str) -> bool:
        """Say whether there is anything in a table, without reading it."""
        frame = self.frames[name]
        if isinstance(frame, Path):
            return bool(pl.scan_parquet(frame).select(pl.len()).collect().item())
        return frame.height > 0

    def refuse_if_changed(self) -> None:
        """Make sure that whatever was read from the files until now was of one state of the folder.

        Raises
        ------
        FolderError
            If an import has replaced the files since they were checked.
        """
        if self.seen is not None and _stamp(self.seen[0]) != self.seen[1]:
            raise FolderError(f"The tables in {self.seen[0]} were changed while they were being read. Do it again.")


Stamp = tuple[tuple[int, int, int] | None, ...]


def _stamp(folder: Path) -> Stamp:
    """How the files of a folder look from outside: it changes with every import."""
    names = [*(f"{name}.{form}" for name in TABLES for form in ("csv", "parquet")), PRACTICE_FILE, journal.COMMIT]
    return tuple(_outside(folder / name) for name in names)


def _outside(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


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

    If an import replaces files meanwhile, all of them are read again, so that old and new are never mixed.
    """
    for _ in range(ATTEMPTS):
        if folder.is_dir():
            journal.recover(folder)
        before = _stamp(folder)
        try:
            tables = _read(folder, timezone)
        except (HoldfastError, OSError):
            if _stamp(folder) == before:
                raise
            continue  # an import was renaming files just then: what was found wrong may be a mixture
        if _stamp(folder) == before:
            return replace(tables, seen=(folder, before)) if _in_files(tables) else tables
    raise FolderError(f"{folder} is being changed again and again. Try again when the imports are done.")


ATTEMPTS = 5


def _in_files(tables: Tables) -> bool:
    return any(isinstance(frame, Path) for frame in tables.frames.values())


def _read(folder: Path, timezone: str | None) -> Tables:
    practice = read_practice(folder, timezone=timezone)
    files = table_files(folder)
    if _sealed(files):
        return Tables({name: files.get(name, empty(name)) for name in TABLES}, practice, frozenset(files))
    problems: list[Problem] = []
    typed: dict[str, pl.DataFrame] = {}
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


SEAL = "holdfast"


def schema_fingerprint() -> str:
    """Changes whenever a rule of the tables does, so that tables sealed before are checked again."""
    rules = [
        f"{table.name} {name} {column.dtype} {allowed_words(column)}"
        for table in TABLES.values()
        for name, column in table.columns.items()
    ]
    return hashlib.sha256("\n".join(rules).encode()).hexdigest()[:16]


def _sealed(files: Mapping[str, Path]) -> bool:
    """Say whether all of these were written together, from tables that had been checked by today's rules."""
    if any(path.suffix != ".parquet" for path in files.values()):
        return False
    try:
        seals = {pl.read_parquet_metadata(path).get(SEAL, "") for path in files.values()}
    except (pl.exceptions.PolarsError, OSError):
        return False
    return len(seals) == 1 and seals.pop().startswith(f"{schema_fingerprint()} ")


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
    source = None
    if path.exists():
        try:
            source = path.read_bytes()
            told = json.loads(source.decode("utf-8"))
            exported = told.get("exported_at")
            notice_hours = hours(told.get("notice_hours", 24))
            zone_name = timezone or told.get("timezone")
            if zone_name:
                moments.zone(str(zone_name))
            moment = moments.wall_clock(_end_of(exported), zone_name) if exported else None
            absences = away.read(told.get(away.AWAY, ()), zone_name)
        except (ValueError, OverflowError, AttributeError, TypeError, KeyError, RecursionError, OSError) as error:
            raise FolderError(f"{path} cannot be read ({error}). Correct it, or delete it and import again.") from error
    else:
        moment, notice_hours, absences, zone_name = None, 24.0, (), timezone
    return Practice(
        timezone=zone_name,
        exported_at=moment,
        notice_hours=notice_hours,
        name=str(told["name"]) if told.get("name") else None,
        source=source,
        away=absences,
    )


def hours(told: object) -> float:
    """How many hours before an appointment it can still be called off without being late."""
    found = float(str(told))
    if not 0 <= found <= MOST_HOURS:
        raise ValueError(Words("{found} is not from 0 to {most}", found=str(told), most=str(MOST_HOURS)))
    return found


def _end_of(text: str) -> datetime:
    """A moment; a day on its own means its end, so that the bookings of that day are known."""
    moment = datetime.fromisoformat(text)
    return datetime.combine(moment, time.max) if len(text) == len("2026-11-22") else moment


def empty(name: str) -> pl.DataFrame:
    """Return the table with its columns and no rows."""
    return TABLES[name].schema.create_empty()


def _read_one(table: Table, path: Path, timezone: str | None) -> tuple[pl.DataFrame | None, list[Problem]]:
    problems = missing_columns(table, path.name, heading(path))
    if problems:
        return None, problems
    found = as_it_stands(path)
    absent = [pl.lit(None, pl.String).alias(name) for name in table.columns if name not in found.columns]
    found = found.with_columns(absent)
    typed = to_types(table, found, timezone)
    return typed, cell_problems(table, path.name, found, typed)


def to_types(table: Table, found: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """Give each column of the table its type; what cannot be read becomes null. Extra columns become text."""
    extra = [name for name in found.columns if name not in table.columns and name != ROW]
    typed = (_typed(column, found[name], timezone) for name, column in table.columns.items())
    return pl.DataFrame([found[ROW], *typed, *(found[name].cast(pl.String) for name in extra)])


def _typed(column: dy.Column, cells: pl.Series, timezone: str | None) -> pl.Series:
    if cells.dtype == column.dtype or (isinstance(column, dy.String) and cells.dtype == pl.String):
        return cells
    text = cells.cast(pl.String)
    match column:
        case dy.Datetime():
            return moments.parse_column(text, timezone)
        case dy.Int16():
            return text.str.replace(r"\.0+$", "").cast(column.dtype, strict=False)
        case _:
            return text.cast(column.dtype, strict=False)
