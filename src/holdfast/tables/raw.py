"""Reading one file of a table as it stands: every row with its number, nothing interpreted."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import polars as pl

from holdfast.errors import SourceError
from holdfast.tables.check import ROW
from holdfast.words import Words


def read_text(path: Path) -> pl.DataFrame:
    """Read one CSV or Parquet table with every column as text, blanks as null, and its row numbers.

    Raises
    ------
    SourceError
        If the file is not UTF-8, not CSV or Parquet, or has rows longer than its heading.
    """
    found = as_it_stands(path)
    return found.with_columns(pl.exclude(ROW).cast(pl.String))


def as_it_stands(path: Path) -> pl.DataFrame:
    """Read one table: CSV as text, Parquet with the types it has; blanks and NaN as null, with row numbers.

    Raises
    ------
    SourceError
        As for ``read_text``.
    """
    frame = _parquet(path) if path.suffix == ".parquet" else _csv_as_text(path)
    frame = frame.rename({name: name.strip() for name in frame.columns})
    text, floats = pl.col(pl.String), pl.col(pl.Float32, pl.Float64)
    cleaned = (
        frame.with_columns(text.str.strip_chars().replace("", None), floats.fill_nan(None)) if frame.width else frame
    )
    return cleaned.with_row_index(ROW, offset=2)


def _csv_as_text(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.NoDataError:
        return pl.DataFrame()
    except pl.exceptions.PolarsError as error:
        raise SourceError(_csv_words(path, error)) from error


def _csv_words(path: Path, error: Exception) -> Words:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        line = path.read_bytes()[: wrong.start].count(b"\n") + 1
        return Words(
            "{file} is not UTF-8 text (line {line}). Save it as 'CSV UTF-8', or import it: holdfast import any {file}",
            file=path.name,
            line=str(line),
        )
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        width = len(next(rows, []))
        for number, row in enumerate(rows, start=2):
            if len(row) > width:
                return Words(
                    "{file}, row {row} has {count} cells, the heading only {width}. Is a quotation mark or a comma "
                    "missing?",
                    file=path.name,
                    row=str(number),
                    count=len(row),
                    width=width,
                )
    return Words("{file} cannot be read as CSV: {why}", file=path.name, why=str(error).splitlines()[0])


def heading(path: Path) -> list[str]:
    """Return the column names as the file has them, repeated ones included."""
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    with path.open("rb") as source:
        first = source.readline()
    _refuse_other_dialect(path, first)
    return [name.strip() for name in next(csv.reader(io.StringIO(first.decode("utf-8-sig", errors="replace"))), [])]


def _refuse_other_dialect(path: Path, first: bytes) -> None:
    """Say what a file is, where every column would look missing: spreadsheets like semicolons and UTF-16."""
    way_out = Words(
        "Save it as 'CSV UTF-8' with commas, or let the import read it: holdfast import tables {file} --to DIR",
        file=path.name,
    )
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceError(Words("{file} is UTF-16 text, not UTF-8. {way_out}", file=path.name, way_out=way_out))
    for sign, word in ((b";", Words("semicolons")), (b"\t", Words("tabs"))):
        if sign in first and b"," not in first:
            raise SourceError(
                Words(
                    "The cells of {file} are parted by {word}, not by commas. {way_out}",
                    file=path.name,
                    word=word,
                    way_out=way_out,
                )
            )


def _parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(
            Words(
                "{file} is not a Parquet file that can be read: {why}",
                file=path.name,
                why=str(error).splitlines()[0],
            )
        ) from error
