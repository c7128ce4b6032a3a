"""Laying new rows on old ones, table by table, as frames of text.

A new row replaces the old row of the same key; a blank in it leaves what was known, except
about an outcome that has changed. Nothing here knows a source or a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from holdfast.errors import SourceError
from holdfast.tables.schema import REQUIRED_TABLE, TABLES, Table
from holdfast.words import Words

Frames = dict[str, pl.DataFrame]
_RUNS = r"^[=+\-@＝＋－＠]"  # what a spreadsheet program takes for the start of a formula
_OLD = "\0old"
_PLACE = "\0place"


@dataclass(frozen=True, slots=True)
class Merged:
    """The tables as they will be, and how many appointments are new, changed, the same, or gave way to newer ones."""

    frames: Frames
    tally: Counter[str]


def merge(old: Mapping[str, pl.DataFrame], new: Mapping[str, pl.DataFrame], *, keep_old: bool) -> Merged:
    """Lay the tables of an import on those that are there.

    Parameters
    ----------
    keep_old
        The import is older than what is there: it adds, and changes nothing.

    Raises
    ------
    SourceError
        If an appointment's id is there already, from another source.
    """
    tally: Counter[str] = Counter()
    merged: Frames = {}
    for name, table in TABLES.items():
        if name not in old and (name not in new or not new[name].height):
            continue
        before = _complete(table, old.get(name, pl.DataFrame()))
        after = _complete(table, new.get(name, pl.DataFrame()))
        if name == REQUIRED_TABLE:
            _refuse_two_sources(before, after)
        merged[name] = upsert(table, before, after, tally, keep_old=keep_old)
    return Merged(_with_everyone(merged), tally)


def as_frame(table: Table, rows: Sequence[Mapping[str, str | None]]) -> pl.DataFrame:
    """Rows as a frame of text; blank is null."""
    columns = list(dict.fromkeys([*table.columns, *(key for row in rows for key in row)]))
    return pl.DataFrame(
        {name: [row.get(name) or None for row in rows] for name in columns}, schema=dict.fromkeys(columns, pl.String)
    )


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before every cell and heading that a spreadsheet program would run; one line a cell."""
    tidy = frame.with_columns(pl.all().str.replace_all(r"\s*[\r\n]\s*", " ").str.strip_chars().replace("", None))
    headings = pl.Series(frame.columns, dtype=pl.String)
    return tidy.with_columns(_quoted(pl.col(name)) for name in frame.columns).rename(
        dict(zip(frame.columns, headings.to_frame("name").select(_quoted(pl.col("name"))).to_series(), strict=True))
    )


def _quoted(text: pl.Expr) -> pl.Expr:
    runs = text.str.contains(_RUNS) & text.cast(pl.Float64, strict=False).is_null()
    return pl.when(runs).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).name.keep()


def _complete(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every column of the table, those first."""
    absent = [pl.lit(None, pl.String).alias(name) for name in table.columns if name not in frame.columns]
    full = frame.with_columns(absent) if frame.width else frame.clear().with_columns(absent)
    return full.select(*table.columns, *(name for name in full.columns if name not in table.columns))


def upsert(
    table: Table, before: pl.DataFrame, after: pl.DataFrame, tally: Counter[str], *, keep_old: bool
) -> pl.DataFrame:
    """Lay ``after`` on ``before`` by the table's key. Rows of one key are laid on each other in their order."""
    if not after.select(table.key).is_duplicated().any():
        return _lay(table, before, after, tally, keep_old=keep_old)
    turn = pl.int_range(pl.len()).over(table.key).alias(_PLACE)
    for part in after.with_columns(turn).sort(_PLACE, maintain_order=True).partition_by(_PLACE, include_key=False):
        before = _lay(table, before, part, tally, keep_old=keep_old)
    return before


def _lay(
    table: Table, before: pl.DataFrame, after: pl.DataFrame, tally: Counter[str], *, keep_old: bool
) -> pl.DataFrame:
    told = [name for name in after.columns if name not in table.key]
    columns = list(dict.fromkeys([*after.columns, *before.columns]))
    known = _widened(before, columns).with_row_index(_PLACE)
    both = _widened(after, columns).join(
        known, on=table.key, how="left", suffix=_OLD, nulls_equal=True, maintain_order="left"
    )
    result = [_value(table, name, told=name in told, keep_old=keep_old) for name in columns if name not in table.key]
    is_known = pl.col(_PLACE).is_not_null()
    changed = both.filter(is_known)
    updated = changed.select(_PLACE, *table.key, *result)
    added = both.filter(~is_known).select(columns)
    if table.name == REQUIRED_TABLE:
        tally["added"] += added.height
        tally.update(_kinds(changed, updated, told, keep_old=keep_old))
    untouched = known.join(updated, on=_PLACE, how="anti")
    kept = pl.concat([untouched, updated.select(untouched.columns)]).sort(_PLACE).drop(_PLACE)
    return pl.concat([kept.select(columns), added])


def _widened(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    absent = [pl.lit(None, pl.String).alias(name) for name in columns if name not in frame.columns]
    return frame.with_columns(absent).select(columns)


OF_THE_OUTCOME = ("status", "certainty", "initiated_by", "status_at", "source_status")


def _value(table: Table, name: str, *, told: bool, keep_old: bool) -> pl.Expr:
    """What a cell of a known row becomes: a blank leaves what was known, except about an outcome that changed."""
    new, old = pl.col(name), pl.col(name + _OLD)
    if keep_old or not told:
        return old.alias(name)
    if table.name != REQUIRED_TABLE or name not in OF_THE_OUTCOME:
        return pl.coalesce(new, old).alias(name)
    other_outcome = pl.col("status").ne_missing(pl.col("status" + _OLD))
    return pl.when(other_outcome).then(new).otherwise(pl.coalesce(new, old)).alias(name)


def _kinds(changed: pl.DataFrame, updated: pl.DataFrame, told: Sequence[str], *, keep_old: bool) -> Mapping[str, int]:
    """How many known rows stay as they are, and how many change, or would have but for their age."""
    if keep_old:
        differs = [changed[name].is_not_null() & changed[name].ne_missing(changed[name + _OLD]) for name in told]
    else:
        differs = [updated[name].ne_missing(changed[name + _OLD]) for name in told]
    any_differs = pl.select(pl.any_horizontal(*differs)).to_series() if differs else pl.Series([False])
    different = int(any_differs.sum())
    return {"not_replaced" if keep_old else "updated": different, "unchanged": changed.height - different}


def _refuse_two_sources(before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Two clients of one appointment come from one system; the same number from two systems is a coincidence."""
    if "source" not in before.columns or "source" not in after.columns:
        return
    theirs = before.select("appointment_id", pl.col("source").alias(_OLD)).drop_nulls().unique()
    both = after.select("appointment_id", "source").drop_nulls().unique(maintain_order=True)
    clash = both.join(theirs, on="appointment_id", maintain_order="left").filter(pl.col("source") != pl.col(_OLD))
    for id, new, old in clash.head(1).iter_rows():
        more = Words(" So are {count} more.", count=clash.height - 1) if clash.height > 1 else ""
        raise SourceError(
            Words(
                "Appointment {id} is in this folder already, from {old}.{more} "
                "Two systems use the same numbers: import {new} into a folder of its own.",
                id=id,
                old=old,
                more=more,
                new=new,
            )
        )


def _with_everyone(frames: Frames) -> Frames:
    """Give everyone who is mentioned a row of his own, where the table is there at all."""
    result = dict(frames)
    for column, table in (("client_id", "clients"), ("therapist_id", "therapists")):
        if table in frames:
            mentioned = pl.concat(
                [frame.select(column).drop_nulls() for frame in frames.values() if column in frame.columns]
            ).unique(maintain_order=True)
            missing = mentioned.join(frames[table], on=column, how="anti", maintain_order="left")
            result[table] = pl.concat([frames[table], _widened(missing, frames[table].columns)])
    return result
