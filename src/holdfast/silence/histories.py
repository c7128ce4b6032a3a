"""Every session one by one, with what was known on its evening and two days later: for judging, not for fitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import polars as pl

from holdfast.episodes import EPISODE, Episodes
from holdfast.silence.contacts import UNMARKED
from holdfast.silence.facts import SETTLED_DAYS, Grounds, facts, grounds
from holdfast.silence.signals import SIGNALS

NOW = "now"  # what the silence is like by then: since what, and whether something is booked
SESSION = [*EPISODE, "contact"]


@dataclass(frozen=True, slots=True)
class Histories:
    """Sessions with their signals as words. What is known of each is what was known then, whenever that was.

    ``settled``, ``evening``: client_id, therapist_id, episode, contact, contact_at (s), sessions, rhythm_days, the
    signals (two days after, and on the evening). ``stages``: client_id, therapist_id, episode, began_at (s), cell.
    """

    settled: pl.DataFrame
    evening: pl.DataFrame
    stages: pl.DataFrame

    @classmethod
    def of(cls, found: Episodes) -> Histories:
        ground = grounds(found)
        names = found.engine.fetch(ground.keys.select("key", *EPISODE))
        sessions = ground.contacts.filter(ground.contacts.how != UNMARKED)
        settled, evening = (_coded(ground, sessions, names, days) for days in (SETTLED_DAYS, 0))
        stages = found.engine.fetch(ground.stages.select("key", "began_at", "cell"))
        return cls(settled, evening, stages.join(names, on="key").drop("key").sort("began_at"))

    def with_state(self, rows: pl.DataFrame, moment: str) -> pl.DataFrame:
        """Add ``now``: the cell of the stage that was going on at a moment (a column in s) of each row."""
        found = rows.with_row_index("_row").sort(moment)
        joined = found.join_asof(
            self.stages.select(*EPISODE, "began_at", pl.col("cell").alias(NOW)),
            left_on=moment, right_on="began_at", by=EPISODE, strategy="backward", check_sortedness=False,
        )  # fmt: skip
        return joined.sort("_row").drop("_row", "began_at").with_columns(pl.col(NOW).fill_null("unknown"))


def _coded(ground: Grounds, sessions: ir.Table, names: pl.DataFrame, days: int) -> pl.DataFrame:
    known = facts(ground, sessions, days=days)
    codes = {name: signal.code(known) for name, signal in SIGNALS.items()}
    frame = ground.found.engine.fetch(
        known.select("key", "contact", "contact_at", "sessions", "rhythm_days", **codes)
    ).join(names, on="key")
    return in_words(frame).select(*SESSION, "contact_at", "sessions", "rhythm_days", *SIGNALS).sort(SESSION)


def in_words(frame: pl.DataFrame) -> pl.DataFrame:
    """Signals as their codes in words: from the places of the engine, or from fixed choices."""
    return frame.with_columns(_words(name, frame.schema[name], tuple(SIGNALS[name].codes)) for name in SIGNALS)


def _words(name: str, kind: pl.DataType, codes: Sequence[str]) -> pl.Expr:
    if isinstance(kind, pl.Enum | pl.String):
        return pl.col(name).cast(pl.String)
    return pl.col(name).replace_strict(list(range(len(codes))), list(codes), return_dtype=pl.String)


def evening_of(moment: pl.Expr) -> pl.Expr:
    """The last second of a moment's day (s)."""
    return (moment // 86_400 + 1) * 86_400 - 1


__all__ = ["NOW", "SESSION", "Histories", "evening_of", "in_words"]
