"""Tables of a few rows, for tests that say only what matters to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from holdfast.tables.read import ROW, Practice, Tables, empty, to_types
from holdfast.tables.schema import TABLES

Row = Mapping[str, Any]


def tables_of(exported_at: datetime, **given: Sequence[Row]) -> Tables:
    """Typed tables of a few rows, by the name of the table; what is not said is blank."""
    frames = {}
    for name, table in TABLES.items():
        rows = given.get(name, [])
        text = {
            column: [None if row.get(column) is None else str(row[column]) for row in rows] for column in table.columns
        }
        frame = pl.DataFrame(text, schema=dict.fromkeys(table.columns, pl.String)).with_row_index(ROW)
        frames[name] = table.schema.validate(to_types(table, frame, None).drop(ROW)) if rows else empty(name)
    return Tables(frames, Practice(exported_at=exported_at), frozenset(given))
