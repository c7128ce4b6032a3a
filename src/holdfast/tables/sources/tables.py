"""Holdfast's own tables: a folder, a zip, a workbook or single files named as the seven tables.

For tables made by hand, by a script, or by another Holdfast. What breaks a rule is told with the
row and column of the file that was given.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from holdfast.errors import HoldfastError, SourceError
from holdfast.tables.check import ROW, Problem, TableProblems, cell_problems, missing_columns
from holdfast.tables.moments import FIRST_YEAR, LAST_YEAR
from holdfast.tables.read import PRACTICE_FILE, to_types
from holdfast.tables.schema import TABLES
from holdfast.tables.sources.files import SourceFile, csv_rows, find_delimiter
from holdfast.tables.sources.grid import sheet_of
from holdfast.tables.sources.source import Context, Imported, Source
from holdfast.words import Words

_PARQUET = b"PAR1"
_SHEET = re.compile(rb'<(?:\w+:)?sheet\b[^>]*?\bname="([^"]+)"')
MOST_ROWS = 100_000_000  # a Parquet file of a few kB can stand for more than any memory holds
EXACT = 2**53  # beyond this a decimal number no longer holds every whole one


@dataclass(frozen=True, slots=True)
class _Piece:
    """One table as it was given: where it stands, its heading as written, its cells as text."""

    table: str
    place: str
    heading: Sequence[str]
    cells: pl.DataFrame


def recognises(file: SourceFile) -> bool:
    """Say whether the file is named as a table and has the columns that this table needs."""
    try:
        if file.is_workbook:
            return any(_has_columns(name, rows[0]) for name, rows in _named_sheets(file) if rows)
        return file.stem in TABLES and _has_columns(file.stem, _heading(file))
    except (HoldfastError, pl.exceptions.PolarsError, ValueError):
        return False


def _has_columns(table: str, heading: Sequence[str]) -> bool:
    return set(TABLES[table].required) <= {name.strip() for name in heading}


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read every table, and check all of it before anything is taken over."""
    out = Imported()
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for piece in _pieces(files, out):
        if piece.table in places:
            raise SourceError(
                Words(
                    "{table} is here twice: {first} and {second}. Give one of them.",
                    table=piece.table,
                    first=places[piece.table],
                    second=piece.place,
                )
            )
        places[piece.table] = piece.place
        problems += _take(piece, context, out)
    if not places:
        raise SourceError(
            Words("None of these files is named as a table. Name them so: {tables}.", tables=", ".join(TABLES))
        )
    if problems:
        raise TableProblems(problems)
    out.rows_read = sum(frame.height for frame in out.frames.values())
    return out


def own_date(files: Sequence[SourceFile]) -> datetime | None:
    """Up to when the tables are complete, if a ``practice.json`` beside them says so with its offset."""
    for file in files:
        if file.name == PRACTICE_FILE:
            told = file.json
            text = told.get("exported_at") if isinstance(told, dict) else None
            try:
                moment = datetime.fromisoformat(text) if isinstance(text, str) else None
            except ValueError as error:
                raise SourceError(
                    Words(
                        "{file}: exported_at is {text}, which is not a moment. Correct it.",
                        file=file.name,
                        text=repr(text),
                    )
                ) from error
            if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
                raise SourceError(
                    Words(
                        "{file}: exported_at is {text}; allowed: {first} to {last}. Correct it.",
                        file=file.name,
                        text=repr(text),
                        first=str(FIRST_YEAR),
                        last=str(LAST_YEAR),
                    )
                )
            if moment is not None and moment.tzinfo is not None:
                return moment
    return None


def _take(piece: _Piece, context: Context, out: Imported) -> list[Problem]:
    """Put one table with the others, or list what is wrong with it."""
    table = TABLES[piece.table]
    if problems := missing_columns(table, piece.place, piece.heading):
        return problems
    text = piece.cells.with_columns(pl.all().str.strip_chars().replace("", None)).with_row_index(ROW, offset=2)
    text = text.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
    absent = [pl.lit(None, pl.String).alias(name) for name in table.columns if name not in text.columns]
    full = text.with_columns(absent)
    out.frames[piece.table] = text.drop(ROW)
    return cell_problems(table, piece.place, full, to_types(table, full, context.timezone.key))


def _pieces(files: Sequence[SourceFile], out: Imported) -> Iterator[_Piece]:
    others = []
    for file in files:
        if file.is_workbook:
            yield from (_from_rows(name, sheet_of(file.name, name), rows) for name, rows in _named_sheets(file))
        elif file.stem in TABLES:
            yield _from_parquet(file) if file.data.startswith(_PARQUET) else _from_csv(file)
        elif file.name != PRACTICE_FILE:
            others.append(file.name)
    if others:
        out.notes.append(Words("Not read, as they are not named as tables: {files}.", files=", ".join(others)))


def _named_sheets(file: SourceFile) -> Iterator[tuple[str, list[list[str]]]]:
    """The sheets named as tables. The whole workbook is opened only if it has one."""
    with zipfile.ZipFile(io.BytesIO(file.data)) as members, members.open("xl/workbook.xml") as book:
        names = _SHEET.findall(book.read(1_000_000))
    if not any(name.decode(errors="replace").strip().lower() in TABLES for name in names):
        return
    for sheet, rows in file.sheets.items():
        if sheet.strip().lower() in TABLES:
            yield sheet.strip().lower(), rows


def _heading(file: SourceFile) -> list[str]:
    if file.data.startswith(_PARQUET):
        return list(pl.read_parquet_schema(io.BytesIO(file.data)))
    first = re.split(r"[\r\n]", file.text.lstrip(), maxsplit=1)[0]
    try:
        return [name.strip() for name in next(csv.reader([first], delimiter=find_delimiter(file.text[:100_000])), [])]
    except csv.Error:  # no table
        return []


def _from_rows(table: str, place: str, rows: Sequence[Sequence[str]]) -> _Piece:
    heading = [cell.strip() for cell in rows[0]] if rows else []
    while heading and not heading[-1]:
        heading.pop()
    keys = [name or f"\0{number}" for number, name in enumerate(heading)]
    long = next((number for number, row in enumerate(rows, start=1) if any(row[len(heading) :])), None)
    if long is not None:
        raise SourceError(
            Words(
                "{file}, row {row} has more cells than the heading. Give every column a heading.",
                file=place,
                row=str(long),
            )
        )
    columns = {key: [row[number] if number < len(row) else "" for row in rows[1:]] for number, key in enumerate(keys)}
    return _Piece(table, place, heading, pl.DataFrame(columns, schema=dict.fromkeys(keys, pl.String)))


def _from_csv(file: SourceFile) -> _Piece:
    """Read CSV column by column: a million rows are common here."""
    text = file.text
    delimiter = find_delimiter(text[:100_000])
    heading = _heading(file)
    _refuse_cut_off(file.name, text, delimiter, len(heading))
    data = file.data if file.encoding.startswith("utf-8") else text.encode()
    try:
        cells = pl.read_csv(io.BytesIO(data), infer_schema=False, separator=delimiter)
    except pl.exceptions.PolarsError as error:
        rows = csv_rows(file.name, text, delimiter=delimiter)
        long = next((number for number, row in enumerate(rows, start=1) if len(row) > len(heading)), None)
        if long is None:
            raise SourceError(Words("{file} cannot be read as CSV. Export it again.", file=file.name)) from error
        raise SourceError(
            Words(
                "{file}, row {row} has {count} cells, the heading only {width}. Is a quotation mark or comma missing?",
                file=file.name,
                row=str(long),
                count=len(rows[long - 1]),
                width=len(heading),
            )
        ) from error
    return _Piece(file.stem, file.name, heading, cells.rename(str.strip))


def _refuse_cut_off(name: str, text: str, delimiter: str, width: int) -> None:
    """Refuse a file that ends within a row: the rows after it are missing, and nobody would notice."""
    if text.count('"') % 2:
        csv_rows(name, text, delimiter=delimiter)
    last = text.rsplit("\n", 1)[-1]
    if last.strip() and '"' not in last and len(last.split(delimiter)) < width:
        raise SourceError(
            Words("{file} breaks off within its last row. It was cut off on the way; export it again.", file=name)
        )


def _from_parquet(file: SourceFile) -> _Piece:
    try:
        lazy = pl.scan_parquet(io.BytesIO(file.data))
        if lazy.select(pl.len()).collect().item() > MOST_ROWS:
            raise SourceError(
                Words(
                    "{file} says that it holds more than {most} rows. Split it by date.",
                    file=file.name,
                    most=MOST_ROWS,
                )
            )
        frame = lazy.collect()
        cells = frame.select(_as_text(file.name, frame[name]) for name in frame.columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(
            Words(
                "{file} is not a Parquet file that can be read. Write it again.",
                file=file.name,
            )
        ) from error
    return _Piece(file.stem, file.name, frame.columns, cells)


def _as_text(place: str, column: pl.Series) -> pl.Series:
    """A column as text; an id that was stored as a decimal number may have lost its last digits, and is refused."""
    if column.dtype.is_float() and column.name.endswith("_id"):
        if (column.abs() > EXACT).any() or (column != column.round()).any():
            raise SourceError(
                Words(
                    "{file}, {column}: ids are stored as decimal numbers. Store them as text.",
                    file=place,
                    column=column.name,
                )
            )
        return column.cast(pl.Int64).cast(pl.String)
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        return column.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f%:z")
    return column.cast(pl.String)


SOURCE = Source(
    name="tables",
    title=Words("Holdfast's own tables"),
    files="appointments.csv and any of the other six, as CSV, Parquet, sheets of one workbook, a folder or a zip",
    recognises=recognises,
    read=read,
    own_date=own_date,
    lists_all=True,
)
