"""What of the tables a site can hold: days of these centuries, and ids and texts that fit.

A placeholder such as 9999-12-31 cannot be counted on from, and would break every page and calculation that tries. Some
databases cut off nothing and refuse the row. So all of it is named at once, before anything is taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

import polars as pl

from holdfast.tables import TableProblems
from holdfast.tables.check import Problem, as_imported
from holdfast.tables.read import Tables
from holdfast.words import Words
from holdfast_site.dates import FIRST, LAST
from holdfast_site.languages import N_
from holdfast_site.people.models import MOST_ID

EARLIEST, LATEST = datetime.combine(FIRST, time()), datetime.combine(LAST, time())
REAL_DAY = Words(N_("a day from {first} to {last}"), first=str(FIRST.year), last=str(LAST.year))
FITS_AN_ID = Words(N_("at most {most} signs, none of them a line break or the sign 0"), most=MOST_ID)
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
            fits = Words(N_("at most {most} signs"), most=most)
            yield from _named(name, frame, column, cells.str.len_chars() > most, fits)


def _named(table: str, frame: pl.DataFrame, column: str, is_wrong: pl.Expr, allowed: Words) -> Iterator[Problem]:
    for row, cell in frame.with_row_index("row", offset=2).filter(is_wrong).select("row", column).iter_rows():
        yield Problem(as_imported(table), row, column, repr(str(cell)[:60]), allowed)
