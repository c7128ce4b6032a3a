"""From a practice system's files to a folder of tables: read, check, merge, write, and give account.

The folder changes in one step at the very end, or not at all. Importing the same files
twice changes nothing; a newer export updates; an older one adds only what was not there.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout

from holdfast.errors import FolderError, SourceError
from holdfast.tables import journal, moments
from holdfast.tables.check import ROW, Problem, TableProblems, cell_problems, reference_problems
from holdfast.tables.read import PRACTICE_FILE, read_practice, read_text, to_types
from holdfast.tables.schema import REQUIRED_TABLE, TABLES, Table
from holdfast.tables.sources import all_sources
from holdfast.tables.sources.files import SourceFile, open_files
from holdfast.tables.sources.source import Context, Imported, Row, Source

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Account:
    """What an import did, for the person who asked for it."""

    source: str
    now: datetime
    rows_read: int
    kept: Mapping[str, int]
    added: int
    updated: int
    unchanged: int
    skipped: Mapping[str, int]
    statuses: Mapping[str, int]
    certainty: Mapping[str, int]
    notes: Sequence[str]
    written: bool
    not_replaced: int = 0  # rows of an older export that gave way to newer ones
    problems: Sequence[Problem] = field(default_factory=tuple)


def import_files(
    source: Source,
    paths: Iterable[Path],
    folder: Path,
    *,
    now: datetime | None,
    clock: datetime,
    timezone: str | None = None,
    dry_run: bool = False,
    mapping: Path | None = None,
) -> Account:
    """Read ``paths`` as ``source`` and merge what they hold into ``folder``.

    Parameters
    ----------
    now
        The moment of the export; by default the files' own date, and failing that ``clock``.
    clock
        The present moment, aware. Used only if nothing better is known.
    timezone
        The practice's zone; by default the one the folder knows, and failing that UTC.
    mapping
        How the columns of a table of no known system are to be read, for the source ``any``.

    Raises
    ------
    SourceError
        If a file cannot be read, or is another system's export.
    TableProblems
        If what came out breaks a rule of the tables. The folder is as it was.
    FolderError
        If the folder cannot be written, or another import is at work in it.
    """
    files = open_files(paths)
    _refuse_other_system(source, files)
    with _alone_in(folder):
        practice = read_practice(folder, timezone=timezone)
        zone_name = practice.timezone or "UTC"
        moment = (now or source.own_date(files) or clock).astimezone(moments.zone(zone_name))
        existing = _existing(folder)
        context = Context(
            now=moment,
            timezone=moments.zone(zone_name),
            notice=timedelta(hours=practice.notice_hours),
            existing=existing,
            folder=folder,
            mapping=mapping,
        )
        imported = source.read(files, context)
        merged = _merge(source, imported, existing, moment, _last_import(folder, source.name))
        _check(merged, zone_name)
        if not dry_run:
            _write(folder, merged, imported.extra_files, source.name, moment, zone_name)
        return _account(source, moment, imported, merged, written=not dry_run)


def _refuse_other_system(source: Source, files: Sequence[SourceFile]) -> None:
    """Stop with a hint if the files are plainly those of another system."""
    if source.takes_any or any(source.recognises(file) for file in files):
        return
    for other in all_sources():
        if other.name == source.name:
            continue
        for file in files:
            if other.recognises(file):
                raise SourceError(
                    f"{file.name} looks like an export of {other.title}, not of {source.title}. "
                    f"Try: holdfast import {other.name} …"
                )


class _alone_in:
    """Hold the folder's lock, so that two imports wait for each other instead of mixing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = not folder.exists()

    def __enter__(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lock = FileLock(self.folder / ".holdfast.lock", timeout=60)
            self.lock.acquire()
        except Timeout as error:
            raise FolderError(
                f"Another import has been at work in {self.folder} for a minute. Try again when it is done."
            ) from error
        except OSError as error:
            raise FolderError(f"{self.folder} cannot be written: {error.strerror}.") from error

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        (self.folder / ".holdfast.lock").unlink(missing_ok=True)
        if self.made and not any(self.folder.iterdir()):
            self.folder.rmdir()


def _existing(folder: Path) -> dict[str, list[Row]]:
    """The rows that the folder holds already, as text."""
    journal.recover(folder)
    found: dict[str, list[Row]] = {}
    for name in TABLES:
        for path in (folder / f"{name}.csv", folder / f"{name}.parquet"):
            if path.exists():
                frame = read_text(path).drop(ROW)
                found[name] = [{key: value or "" for key, value in row.items()} for row in frame.iter_rows(named=True)]
    return found


@dataclass(slots=True)
class _Merged:
    rows: dict[str, list[Row]]
    tally: Counter[str]


def _merge(
    source: Source,
    imported: Imported,
    existing: Mapping[str, list[Row]],
    now: datetime,
    last: datetime | None,
) -> _Merged:
    rows = {name: _without_formulas(found) for name, found in imported.rows.items()}
    for row in rows.get(REQUIRED_TABLE, []):
        row.setdefault("source", source.name)
    tally: Counter[str] = Counter()
    older = last is not None and now < last
    result: dict[str, list[Row]] = {}
    for name, table in TABLES.items():
        if name in existing or rows.get(name):
            result[name] = _upsert(table, existing.get(name, []), rows.get(name, []), tally, keep_old=older)
    _fill_in_people(result)
    return _Merged(result, tally)


def _upsert(table: Table, old: list[Row], new: list[Row], tally: Counter[str], *, keep_old: bool) -> list[Row]:
    """Old and new rows by key. A new row replaces; a blank in it leaves what was known, except about an outcome."""
    rows = {_key(table, row): row for row in old}
    counts = table.name == REQUIRED_TABLE
    for row in new:
        key = _key(table, row)
        before = rows.get(key)
        _refuse_two_sources(table, before, row)
        after = row if before is None else (before if keep_old else _updated(table, before, row))
        rows[key] = after
        if counts:
            tally[_change(before, after, row)] += 1
    return list(rows.values())


def _change(before: Row | None, after: Row, new: Row) -> str:
    if before is None:
        return "added"
    if after is before:
        same = all(before.get(key, "") == value for key, value in new.items() if value)
        return "unchanged" if same else "not_replaced"
    return "unchanged" if {k: v for k, v in before.items() if v} == {k: v for k, v in after.items() if v} else "updated"


def _updated(table: Table, before: Row, row: Row) -> Row:
    if table.name == REQUIRED_TABLE and before.get("status") != row.get("status"):
        return {**before, **row}
    return {**before, **{key: value for key, value in row.items() if value or key not in before}}


def _refuse_two_sources(table: Table, before: Row | None, row: Row) -> None:
    first, second = (before or {}).get("source", ""), row.get("source", "")
    if first and second and first != second:
        raise SourceError(
            f"Appointment {row['appointment_id']} is in this folder already, from {first}. "
            f"Two systems use the same numbers: import {second} into a folder of its own."
        )


def _key(table: Table, row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in table.key)


def _fill_in_people(rows: dict[str, list[Row]]) -> None:
    """Give everyone who is mentioned a row of his own, where the table is there at all."""
    for column, table in (("client_id", "clients"), ("therapist_id", "therapists")):
        if table not in rows:
            continue
        known = {row[column] for row in rows[table]}
        mentioned = {row[column]: None for name in TABLES for row in rows.get(name, []) if row.get(column)}
        rows[table] += [{column: person} for person in mentioned if person not in known]


def _without_formulas(rows: list[Row]) -> list[Row]:
    """Put an apostrophe before any cell that a spreadsheet program would run."""
    return [{key: _safe(value) for key, value in row.items()} for row in rows]


def _safe(value: str) -> str:
    text = " ".join(value.split()) if "\n" in value or "\r" in value else value.strip()
    if text.startswith(_FORMULA) and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _frames(rows: Mapping[str, list[Row]]) -> dict[str, pl.DataFrame]:
    frames = {}
    for name, found in rows.items():
        extra = dict.fromkeys(key for row in found for key in row)
        columns = [*TABLES[name].columns, *(key for key in extra if key not in TABLES[name].columns)]
        frames[name] = pl.DataFrame(
            {key: [row.get(key) or None for row in found] for key in columns},
            schema=dict.fromkeys(columns, pl.String),
        )
    return frames


def _check(merged: _Merged, timezone: str) -> None:
    """Refuse the import if what would be written breaks a rule of the tables."""
    problems: list[Problem] = []
    typed = {}
    for name, frame in _frames(merged.rows).items():
        text = frame.with_row_index(ROW, offset=2)
        typed[name] = to_types(TABLES[name], text, timezone)
        problems += cell_problems(TABLES[name], f"{name} (as imported)", text, typed[name])
    for name, frame in typed.items():
        problems += reference_problems(TABLES[name], f"{name} (as imported)", frame, typed)
    if problems:
        raise TableProblems(problems)


def _write(
    folder: Path, merged: _Merged, extra: Mapping[str, bytes], source: str, now: datetime, timezone: str
) -> None:
    files: dict[str, bytes] = dict(extra)
    for name, frame in _frames(merged.rows).items():
        if (folder / f"{name}.parquet").exists():
            files[f"{name}.parquet"] = parquet_bytes(frame)
        else:
            files[f"{name}.csv"] = csv_bytes(frame)
    files[PRACTICE_FILE] = _practice_bytes(folder, source, now, timezone)
    try:
        journal.replace_together(folder, files)
    except OSError as error:
        raise FolderError(f"{folder} cannot be written: {error.strerror}. The old tables are as they were.") from error


def csv_bytes(frame: pl.DataFrame) -> bytes:
    """Write a frame as CSV: UTF-8, one heading, quotation marks only where they are needed."""
    kept = [name for name in frame.columns if frame[name].null_count() < frame.height or name in frame.columns[:5]]
    buffer = io.BytesIO()
    frame.select(kept).write_csv(buffer)
    return buffer.getvalue()


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Write a frame as Parquet."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _told(folder: Path) -> dict[str, Any]:
    path = folder / PRACTICE_FILE
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return told


def _last_import(folder: Path, source: str) -> datetime | None:
    text = _told(folder).get("imported", {}).get(source)
    return datetime.fromisoformat(text) if text else None


def _practice_bytes(folder: Path, source: str, now: datetime, timezone: str) -> bytes:
    """The folder's facts, with this import's moment added. Nothing in it depends on when it was run."""
    told = _told(folder)
    moments_known = [text for text in (told.get("exported_at"), told.get("imported", {}).get(source)) if text]
    latest = max([now, *map(datetime.fromisoformat, moments_known)], key=lambda moment: moment.astimezone(UTC))
    own = told.get("imported", {}).get(source)
    newest_own = max([now, datetime.fromisoformat(own)] if own else [now])
    facts = {
        **told,
        "timezone": timezone,
        "exported_at": latest.isoformat(),
        "imported": {**told.get("imported", {}), source: newest_own.isoformat()},
    }
    return (json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _account(source: Source, now: datetime, imported: Imported, merged: _Merged, *, written: bool) -> Account:
    appointments = imported.rows.get(REQUIRED_TABLE, [])
    return Account(
        source=source.title,
        now=now,
        rows_read=imported.rows_read,
        kept={name: len(rows) for name, rows in imported.rows.items() if rows},
        added=merged.tally["added"],
        updated=merged.tally["updated"],
        unchanged=merged.tally["unchanged"],
        not_replaced=merged.tally["not_replaced"],
        skipped=dict(imported.skipped),
        statuses=Counter(row["status"] for row in appointments),
        certainty=Counter(row["certainty"] for row in appointments),
        notes=tuple(imported.notes),
        written=written,
    )
