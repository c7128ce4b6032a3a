"""Excel workbooks as rows of text, as a person sees the cells."""

from __future__ import annotations

import io
import lzma
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from itertools import repeat
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from holdfast.errors import SourceError
from holdfast.tables.sources.grid import sheet_of
from holdfast.words import Words

MOST_CELLS = 50_000_000  # a million rows of fifty columns; one stray cell at the far end of a sheet is not more
EXACT = 2**53  # Excel keeps 15 digits: beyond this a whole number is no longer the one that was typed
_DAMAGED = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RuntimeError,  # a part that is locked by a password, or packed in a way that is not known
    SyntaxError,  # of the XML inside
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    EOFError,
    OSError,
)


def read_workbook(name: str, data: bytes) -> Mapping[str, list[list[str]]]:
    """Read every sheet. A formula stands for the value it had when the workbook was saved.

    Raises
    ------
    SourceError
        If the workbook is damaged, holds formulas that were never worked out, or numbers of which
        Excel has dropped the last digits.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles it does not know; they do not matter here
            _refuse_entities(name, data)
            return _sheets(name, data)
    except _DAMAGED as error:
        raise SourceError(
            Words(
                "{file} is a workbook that cannot be opened. Save it again as .xlsx or CSV, without a password.",
                file=name,
            )
        ) from error


def _refuse_entities(name: str, data: bytes) -> None:
    """No workbook defines entities in its XML; a few lines of them grow beyond any memory."""
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        for item in members.namelist():
            with members.open(item) as part:
                if b"<!DOCTYPE" in part.read(4000).replace(b"\x00", b""):
                    raise SourceError(
                        Words("{file} is not a workbook that a spreadsheet program saved. Save it again.", file=name)
                    )


def _sheets(name: str, data: bytes) -> dict[str, list[list[str]]]:
    shown = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    written = load_workbook(io.BytesIO(data), read_only=True) if _has_formulas(data) else None
    found = {}
    for sheet in shown.worksheets:
        formulas: Iterable[Any] = repeat(())
        sheet.reset_dimensions()  # what a sheet says of its size need not be true
        if written is not None:
            written[sheet.title].reset_dimensions()
            formulas = written[sheet.title].iter_rows()
        found[sheet.title] = _rows(sheet_of(name, sheet.title), sheet.iter_rows(), formulas)
    return found


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        sheets = [item for item in members.namelist() if item.startswith("xl/worksheets/")]
        return any(_holds_formula(members, sheet) for sheet in sheets)


def _holds_formula(members: zipfile.ZipFile, sheet: str) -> bool:
    with members.open(sheet) as source:
        end = b""
        while part := source.read(1_000_000):
            if b"<f" in end + part or b":f>" in end + part or b":f " in end + part:
                return True
            end = part[-2:]
    return False


def _rows(file: str, shown: Iterable[Any], formulas: Iterable[Any]) -> list[list[str]]:
    """The rows of a sheet, all of one width, so that a row which ends early is seen to be blank there."""
    rows: list[list[str]] = []
    cells = width = 0
    for number, (row, written) in enumerate(zip(shown, formulas, strict=False), start=1):
        _refuse_unworked(file, number, row, written)
        texts = [_text(file, number, column, cell.value) for column, cell in enumerate(row, start=1)]
        while texts and not texts[-1]:
            texts.pop()
        rows.append(texts)
        cells, width = cells + len(texts), max(width, len(texts))
        if cells > MOST_CELLS:
            raise SourceError(
                Words(
                    "{file} has more than {most} cells. Export it as CSV, or split it by date.",
                    file=file,
                    most=MOST_CELLS,
                )
            )
    while rows and not rows[-1]:
        rows.pop()
    return _padded(rows, width)


def _padded(rows: list[list[str]], width: int) -> list[list[str]]:
    if width * len(rows) <= MOST_CELLS:
        for row in rows:
            if row:
                row.extend([""] * (width - len(row)))
    return rows


def _refuse_unworked(file: str, number: int, row: Iterable[Any], written: Iterable[Any]) -> None:
    for cell, formula in zip(row, written, strict=False):
        if formula.data_type == "f" and cell.value is None and cell.data_type != "str":  # "str": worked out, as blank
            raise SourceError(
                Words(
                    "{file}, row {number} holds a formula whose value was never worked out. "
                    "Open it in a spreadsheet program, save it, and import it again.",
                    file=file,
                    number=str(number),
                )
            )


def _text(file: str, number: int, column: int, cell: object) -> str:
    if isinstance(cell, float) and abs(cell) > EXACT:
        raise SourceError(
            Words(
                "{file}, cell {cell} holds {found}: Excel keeps 15 digits of a number, so "
                "the last ones of this id are lost. Export it as CSV, or with the column formatted as text.",
                file=file,
                cell=get_column_letter(column) + str(number),
                found=format(cell, ".15g"),
            )
        )
    return cell_text(cell)


def cell_text(cell: object) -> str:
    """Write a cell as text: dates and times as ISO 8601, whole numbers without a decimal point."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(timespec="seconds")
        case date() | time():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell).strip()
