"""From a practice system's files to a folder of tables: read, check, merge, write, and give account.

The folder changes in one step at the very end, or not at all. Importing the same files
twice changes nothing; a newer export updates; an older one adds only what was not there.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from filelock import FileLock, Timeout

from holdfast.errors import FolderError, SourceError
from holdfast.tables import facts, journal, moments
from holdfast.tables.check import ROW, Problem, TableProblems, as_imported, cell_problems, reference_problems
from holdfast.tables.merge import Frames, Merged, as_frame, harmless, merge
from holdfast.tables.raw import read_text
from holdfast.tables.read import PRACTICE_FILE, read_practice, to_types
from holdfast.tables.reassigned import WAS, Reassigned, reassigned, without_reassigned
from holdfast.tables.schema import REQUIRED_TABLE, TABLES, Status
from holdfast.tables.sources import all_sources
from holdfast.tables.sources.files import SourceFile, open_files
from holdfast.tables.sources.source import Context, Imported, Row, Source
from holdfast.words import Words, plural

LOCK = ".holdfast.lock"
_SHORTENED = r"(?i)^-?\d(\.\d+)?E\+\d+$"  # what a spreadsheet makes of an id of many digits


@dataclass(frozen=True, slots=True)
class Account:
    """What an import did, for the person who asked for it."""

    source: Words
    now: datetime
    rows_read: int
    kept: Mapping[str, int]
    added: int
    updated: int
    unchanged: int
    skipped: Mapping[Words, int]
    statuses: Mapping[str, int]
    certainty: Mapping[str, int]
    notes: Sequence[Words]
    written: bool
    last_outcome: datetime | None = None  # when somebody last came, or did not, by these files
    not_replaced: int = 0  # rows of an older export that gave way to newer ones
    reassigned: Sequence[Reassigned] = ()


NOW_ASSUMED = Words(
    "These files do not say when they were exported, so this moment was taken. If they are older, say so with --now: "
    "otherwise everybody looks quieter than he is."
)


def import_files(
    source: Source,
    paths: Iterable[Path | SourceFile],
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
    opened = open_files(paths)
    files, given = facts.take_out(opened)
    _refuse_other_system(source, files)
    with _alone_in(folder):
        journal.recover(folder)
        known = facts.read_facts(folder)
        known = replace(known, told={**given, **known.told})
        practice = read_practice(folder, timezone=timezone)
        zone_name = practice.timezone or known.told.get("timezone") or "UTC"
        moment = (now or source.own_date(opened) or clock).astimezone(moments.zone(zone_name))
        existing = _existing(folder)
        context = Context(
            now=moment,
            timezone=moments.zone(zone_name),
            notice=timedelta(hours=float(known.told.get("notice_hours", practice.notice_hours))),
            existing=_Rows(existing),
            folder=folder,
            mapping=mapping,
            compared_up_to=known.compared_up_to.get(source.name, {}),
        )
        imported = source.read(files, context)
        if now is None and source.own_date(opened) is None:
            imported.notes.append(NOW_ASSUMED)
        new = _imported_frames(source, imported)
        last = known.imported.get(source.name)
        is_older = last is not None and moment < last and not imported.compared_up_to
        others = reassigned(existing, new)
        if source.lists_all and not is_older and not imported.is_partial:
            imported.notes.extend(_vanished(source, without_reassigned(existing, others, whose=WAS), new))
        if is_older:  # it does not take an appointment back to whose it was
            new, others = without_reassigned(new, others), []
        merged = merge(existing, new, keep_old=is_older)
        _check(merged, zone_name)
        if not dry_run:
            after = known.after(source.name, moment, zone_name, imported.compared_up_to)
            _write(folder, merged.frames, {**imported.extra_files, PRACTICE_FILE: after})
        return replace(_account(source, moment, imported, new, merged, written=not dry_run), reassigned=others)


def _refuse_other_system(source: Source, files: Sequence[SourceFile]) -> None:
    """Stop with a hint if the files are plainly those of another system."""
    if source.takes_any or any(source.knows(file) for file in files):
        return
    for other in all_sources():
        if other.name == source.name:
            continue
        for file in files:
            if other.knows(file):
                raise SourceError(
                    Words(
                        "{file} looks like an export of {other}, not of {source}. Try: holdfast import {name} …",
                        file=file.name,
                        other=other.title,
                        source=source.title,
                        name=other.name,
                    )
                )


class _alone_in:
    """Hold the folder's lock, so that two imports wait for each other instead of mixing.

    A folder that was made for an import which then wrote nothing is taken away again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = [one for one in (folder, *folder.parents) if not one.exists()]

    def __enter__(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lock = FileLock(self.folder / LOCK, timeout=60)
            self.lock.acquire()
        except Timeout as error:
            raise FolderError(
                f"Another import has been at work in {self.folder} for a minute. Try again when it is done."
            ) from error
        except OSError as error:
            raise FolderError(f"{self.folder} cannot be written: {error.strerror}.") from error

    def __exit__(self, *_: object) -> None:
        if os.name != "nt":  # while it is still held: whoever waits for it notices, and makes a new one
            (self.folder / LOCK).unlink(missing_ok=True)
        self.lock.release()
        with suppress(OSError):  # on Windows an open file cannot be taken away, and another import may have it
            (self.folder / LOCK).unlink(missing_ok=True) if os.name == "nt" else None
            for made in self.made:
                made.rmdir()


def _existing(folder: Path) -> Frames:
    """The tables that the folder holds already, as text.

    Raises
    ------
    FolderError
        If a table is there twice, or is not a file.
    """
    found: Frames = {}
    for name in TABLES:
        paths = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.exists()]
        if len(paths) > 1:
            raise FolderError(f"{folder} holds {name} twice, as CSV and as Parquet. Keep one of them.")
        for path in paths:
            if not path.is_file():
                raise FolderError(f"{path} is a folder, not a table. Move it away, then import again.")
            found[name] = harmless(read_text(path).drop(ROW))
    return found


class _Rows(Mapping[str, Sequence[Row]]):
    """Frames as rows for an importer that looks at what is there; none is made before it is asked for."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames

    def __getitem__(self, name: str) -> Sequence[Row]:
        return self.frames[name].with_columns(pl.all().fill_null("")).to_dicts()

    def __iter__(self) -> Iterator[str]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)


def _imported_frames(source: Source, imported: Imported) -> Frames:
    """What came out of the files, as text that no spreadsheet program runs, each appointment with its source."""
    from_rows = {name: as_frame(TABLES[name], rows) for name, rows in imported.rows.items() if rows}
    frames = {name: harmless(frame) for name, frame in {**from_rows, **imported.frames}.items()}
    if REQUIRED_TABLE in frames:
        frame = frames[REQUIRED_TABLE]
        told = pl.col("source") if "source" in frame.columns else pl.lit(None, pl.String)
        frames[REQUIRED_TABLE] = frame.with_columns(told.fill_null(source.name).alias("source"))
    return frames


def _check(merged: Merged, timezone: str) -> None:
    """Refuse the import if what would be written breaks a rule of the tables."""
    problems: list[Problem] = []
    typed = {}
    for name, frame in merged.frames.items():
        text = frame.with_row_index(ROW, offset=2)
        typed[name] = to_types(TABLES[name], text, timezone)
        problems += cell_problems(TABLES[name], as_imported(name), text, typed[name])
        problems += _shortened_ids(name, text)
    for name, frame in typed.items():
        problems += reference_problems(TABLES[name], as_imported(name), frame, typed)
    if problems:
        raise TableProblems(problems)


def _shortened_ids(name: str, text: pl.DataFrame) -> Iterator[Problem]:
    """Ids of which a spreadsheet program has kept only the first digits, so that many have become one."""
    for column in TABLES[name].columns:
        if column.endswith("_id"):
            for row, found in text.filter(pl.col(column).str.contains(_SHORTENED)).select(ROW, column).iter_rows():
                allowed = Words("every digit of the id: a spreadsheet has shortened it, so export it again as text")
                yield Problem(as_imported(name), row, column, repr(found), allowed)


def _write(folder: Path, frames: Frames, others: Mapping[str, bytes]) -> None:
    files: dict[str, bytes] = {}
    for name, frame in frames.items():
        if (folder / f"{name}.parquet").exists():
            files[f"{name}.parquet"] = parquet_bytes(frame)
        else:
            files[f"{name}.csv"] = csv_bytes(frame)
    try:
        journal.replace_together(folder, {**files, **others})
    except OSError as error:
        if journal.is_pending(folder):
            raise FolderError(
                f"The new tables are in {folder}, but not all are in their place yet: {error.strerror}. "
                "The next command that reads the folder puts them there."
            ) from error
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


def _account(
    source: Source, now: datetime, imported: Imported, new: Frames, merged: Merged, *, written: bool
) -> Account:
    return Account(
        source=source.title,
        now=now,
        rows_read=imported.rows_read,
        kept={name: frame.height for name, frame in new.items() if frame.height},
        added=merged.tally["added"],
        updated=merged.tally["updated"],
        unchanged=merged.tally["unchanged"],
        not_replaced=merged.tally["not_replaced"],
        skipped=dict(imported.skipped),
        statuses=_counts(new, "status"),
        certainty=_counts(new, "certainty"),
        notes=(*imported.notes, *_shared_clients(merged)),
        last_outcome=_last_outcome(new, now),
        written=written,
    )


def _last_outcome(new: Frames, now: datetime) -> datetime | None:
    frame = new.get(REQUIRED_TABLE, pl.DataFrame())
    if "starts_at" not in frame.columns:
        return None
    happened = frame.filter(pl.col("status").is_in([Status.ATTENDED, Status.NO_SHOW]))["starts_at"]
    last = moments.parse_column(happened, getattr(now.tzinfo, "key", None)).max()
    return last.replace(tzinfo=now.tzinfo) if isinstance(last, datetime) else None


def _counts(new: Frames, column: str) -> dict[str, int]:
    frame = new.get(REQUIRED_TABLE, pl.DataFrame())
    if column not in frame.columns:
        return {}
    return dict(frame[column].drop_nulls().value_counts(sort=True).iter_rows())


def _vanished(source: Source, existing: Frames, new: Frames) -> Iterator[Words]:
    """Say how many appointments an earlier export had that this one, of the same days, no longer has.

    What was called off may rightly stand in another list; the rest has probably been deleted. It is kept: an export of
    one therapist alone would look the same.
    """
    standing = ~pl.col("status").is_in([Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED])
    before, after = (frames.get(REQUIRED_TABLE, pl.DataFrame()) for frames in (existing, new))
    if not before.height or not after.height or "source" not in before.columns:
        return
    day = pl.col("starts_at").str.slice(0, len("2026-11-22"))
    first, last = after.filter(standing).select(first=day.min(), last=day.max()).row(0)
    mine = before.filter(pl.col("source") == source.name, standing, day.is_between(pl.lit(first), pl.lit(last)))
    if gone := mine.join(after, on=TABLES[REQUIRED_TABLE].key, how="anti").height:
        yield plural(
            "One appointment of an earlier export is not in this one, though it has others of the same days: deleted "
            "since, perhaps. All is kept as it was. What never was to be, take out of the appointments table.",
            "{count} appointments of earlier exports are not in this one, though it has others of the same days: "
            "deleted since, perhaps. All is kept as it was. What never was to be, take out of the appointments table.",
            gone,
        )


def _shared_clients(merged: Merged) -> Iterator[Words]:
    """Say how many clients two systems know by one id. The same number need not be the same man."""
    frame = merged.frames.get(REQUIRED_TABLE, pl.DataFrame())
    if "source" not in frame.columns:
        return
    sources = frame.drop_nulls("source").group_by("client_id").agg(pl.col("source").n_unique())
    if shared := sources.filter(pl.col("source") > 1).height:
        yield plural(
            "One client has appointments from more than one system under the same id and counts as one man. If it is "
            "a number that means different people, import each system into a folder of its own.",
            "{count} clients have appointments from more than one system under the same id and count as the same "
            "people. If these are numbers that mean different people, import each system into a folder of its own.",
            shared,
        )
