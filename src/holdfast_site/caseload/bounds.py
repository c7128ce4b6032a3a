"""What of the tables a site can hold: days of these centuries, and ids and texts that fit.

A placeholder such as 9999-12-31 cannot be counted on from, and would break every page and calculation that tries. Some
databases cut off nothing and refuse the row. So all of it is named at once, before anything is taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

import polars as pl

from holdfast.tables import TableProblems
from holdfast.tables.check import Problem
from holdfast.tables.read import Tables
from holdfast_site.dates import FIRST, LAST
from holdfast_site.people.models import MOST_ID

EARLIEST, LATEST = datetime.combine(FIRST, time()), datetime.combine(LAST, time())
REAL_DAY = f"a day from {FIRST.year} to {LAST.year}"
FITS_AN_ID = f"at most {MOST_ID} signs, none of them a line break or the sign 0"
TEXTS = {"frameworks": 300, "gender": 50}  # of a therapist, as in the database


def refuse_what_does_not_fit(tables: Tables) -> None:
    """Stop before anything is taken over.

    Raises
    ------
    TableProblems
        With every cell that the site cannot hold.
    """
    problems = [one for name in tables.frames for one in _of_table(name, tables[name])]
    if problems:
        raise TableProblems(problems)


def _of_table(name: str, frame: pl.DataFrame) -> Iterator[Problem]:
    if not frame.height:
        return
    for column, kind in frame.schema.items():
        cells = pl.col(column)
        if kind == pl.Datetime:
            yield from _named(name, frame, column, (cells < EARLIEST) | (cells > LATEST), REAL_DAY)
        elif column.endswith("_id"):
            is_long = (cells.str.len_chars() > MOST_ID) | cells.str.contains(r"[\x00-\x1f]")
            yield from _named(name, frame, column, is_long, FITS_AN_ID)
        elif name == "therapists" and column in TEXTS:
            most = TEXTS[column]
            yield from _named(name, frame, column, cells.str.len_chars() > most, f"at most {most} signs")


def _named(table: str, frame: pl.DataFrame, column: str, is_wrong: pl.Expr, allowed: str) -> Iterator[Problem]:
    for row, cell in frame.with_row_index("row", offset=2).filter(is_wrong).select("row", column).iter_rows():
        yield Problem(f"{table} (as imported)", row, column, repr(str(cell)[:60]), allowed)
