"""Joins in the few forms that the table work needs, each giving plain, unambiguous names on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY, Engine
from holdfast.episodes import EPISODE


def beside(left: ir.Table, right: ir.Table, names: Sequence[str]) -> ir.Table:
    """Every row of ``left``, with the other columns of ``right`` where all ``names`` are equal, else null.

    ``right`` has each combination of ``names`` at most once.
    """
    return all_beside(left, (right, names))


def all_beside(left: ir.Table, *others: tuple[ir.Table, Sequence[str]]) -> ir.Table:
    """The same with several tables, in one long join: quicker to put into words than one join upon another."""
    joined, columns = left, list(left.columns)
    for right, names in others:
        joined = joined.left_join(right, list(names))
        columns += [name for name in right.columns if name not in names]
    return joined.select(columns)


def matched(left: ir.Table, right: ir.Table, names: Sequence[str]) -> ir.Table:
    """Every pair of rows of which all ``names`` are equal, with the columns of both."""
    return left.join(right, list(names))


def keyed(table: ir.Table, keys: ir.Table) -> ir.Table:
    """The rows that belong to one of these episodes, with its ``key`` instead of its three names."""
    return matched(table, keys.select(*EPISODE, "key"), EPISODE).drop(*EPISODE)


def stacked(first: ir.Table, *others: ir.Table) -> ir.Table:
    """The rows of all tables, in the columns and types of the first: engines keep small numbers in their own types."""
    return ibis.union(first, *(other.select(first.columns).cast(dict(first.schema().items())) for other in others))


def flag(condition: ir.BooleanValue) -> ir.IntegerValue:
    """1 where it holds, else 0: not every engine can add up truth values, or find the largest."""
    return ibis.ifelse(condition, 1, 0)


def place_in(window: Any) -> ir.IntegerValue:
    """The place of a row in its window, 0 for the first."""
    return whole(ibis.row_number().over(window))


def whole(number: ir.IntegerValue) -> ir.IntegerValue:
    """A number of 64 bits for certain: Spark counts rows in 32, and ibis does not know."""
    return number.cast("int32").cast("int64")


def small(number: ir.IntegerValue) -> ir.IntegerValue:
    """A number of 8 bits for certain: a million of them matter."""
    return number.cast("int32").cast("int8")


def end_of_day(moment: ir.IntegerValue) -> ir.IntegerValue:
    """The last second of a moment's day."""
    return (moment // DAY + 1) * DAY - 1


def has_rows(table: ir.Table, engine: Engine) -> bool:
    """Whether there is any row at all."""
    return bool(engine.value(table.count()))
