"""Excel workbooks as rows of text, as a person sees the cells."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from holdfast.errors import SourceError


def read_workbook(name: str, data: bytes) -> Mapping[str, list[list[str]]]:
    """Read every sheet. A formula stands for the value it had when the workbook was saved.

    Raises
    ------
    SourceError
        If the workbook is damaged, protected by a password, or holds formulas that were never worked out.
    """
    values = _load(name, data, values=True)
    formulas = _load(name, data, values=False)
    return {sheet: _sheet(name, sheet, values[sheet], formulas[sheet]) for sheet in values}


def _load(name: str, data: bytes, *, values: bool) -> dict[str, list[tuple[object, ...]]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles it does not know; they do not matter here
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=values)
            return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise SourceError(
            f"{name} is a workbook that cannot be opened ({error}). Save it again as .xlsx or CSV."
        ) from error


def _sheet(
    name: str, sheet: str, values: list[tuple[object, ...]], formulas: list[tuple[object, ...]]
) -> list[list[str]]:
    for number, (shown, written) in enumerate(zip(values, formulas, strict=True), start=1):
        for value, formula in zip(shown, written, strict=True):
            if value is None and isinstance(formula, str) and formula.startswith("="):
                raise SourceError(
                    f"{name}, sheet {sheet}, row {number} holds a formula whose value was never worked out. "
                    "Open it in a spreadsheet program, save it, and import it again."
                )
    return [[cell_text(cell) for cell in row] for row in values]


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
