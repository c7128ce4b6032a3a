"""Questionnaires: the latest score that was known, against the first of the same kind in this episode."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.episodes import Episodes
from holdfast.silence.joining import beside, has_rows, matched, place_in

FIRST_FROM_DAYS = 30  # before the first appointment: a score from intake counts as the first of the episode


def scores(found: Episodes, keys: ir.Table) -> ir.Table | None:
    """Scores of each episode in the order in which they were taken, or nothing if there are none.

    key, number (1..), taken_at, measure, score, first_score (of the same measure in this episode), is_first.
    """
    taken = found.known.loaded["scores"]
    taken = taken.filter(taken.taken_at <= found.known.at)
    theirs = matched(taken, keys.select("client_id", "key", "started_at"), ["client_id"])
    theirs = theirs.filter(theirs.taken_at >= theirs.started_at - FIRST_FROM_DAYS * DAY)
    measure = theirs.measure.strip().lower()
    theirs = theirs.select("key", "taken_at", measure=measure, score=theirs.score)
    same = ibis.window(group_by=["key", "measure"], order_by=["taken_at", "score"])
    in_order = ibis.window(group_by="key", order_by=["taken_at", "measure", "score"])
    numbered = theirs.mutate(place=place_in(same), number=place_in(in_order) + 1)
    first = numbered.filter(numbered.place == 0).select("key", "measure", first_score="score")
    whole = beside(numbered, first, ["key", "measure"])
    kept = found.engine.keep(whole.mutate(is_first=whole.place == 0).drop("place"))
    return kept if has_rows(kept, found.engine) else None


def latest_scores(taken: ir.Table, moments: ir.Table) -> ir.Table:
    """The last score by each moment (``key``, ``contact``, ``told_by``), with these three names."""
    known = matched(moments, taken.select("key", "number", "taken_at"), ["key"])
    known = known.filter(known.taken_at <= known.told_by)
    last = known.group_by(["key", "contact", "told_by"]).agg(number=known.number.max())
    told = matched(last, taken.drop("taken_at"), ["key", "number"])
    return told.drop("number")
