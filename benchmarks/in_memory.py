"""Tables of the contract made in memory, for benchmarks that need hundreds of small practices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from holdfast.tables.read import Practice, Tables, empty
from holdfast.tables.schema import TABLES

Columns = Mapping[str, Sequence[object]]


def practice(given: Mapping[str, Columns], *, exported_at: datetime) -> Tables:
    """A practice from columns by table; what is not given is not known. Each table is checked by its own rules."""
    frames = {name: empty(name) if name not in given else filled(name, given[name]) for name in TABLES}
    return Tables(frames, Practice(exported_at=exported_at), frozenset(given))


def filled(name: str, columns: Columns) -> pl.DataFrame:
    """One table with some of its columns filled.

    Raises
    ------
    dataframely.exc.ValidationError
        If a cell or key breaks a rule of the table.
    """
    blank = empty(name)
    given = pl.DataFrame({column: pl.Series(column, list(values), strict=False) for column, values in columns.items()})
    whole = given.select(
        (pl.col(column) if column in columns else pl.lit(None)).cast(kind).alias(column)
        for column, kind in blank.schema.items()
    )
    return TABLES[name].schema.validate(whole)
