"""When a therapist was not working: a holiday, an illness, Christmas. Such days do not count as silence.

A closure is a run of days without any appointment in one therapist's diary, longer than usual for him and with
appointments of several clients before it, so that it is not one client's own silence. It begins one usual
distance after the last appointment, and ends with the day of the next one. One that still goes on is believed for
four weeks at most: after that, the diary may be empty because nobody comes any more.

Where the practice says itself when somebody was not there, that counts as well, up to six weeks of one leave.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from holdfast.asof import CALLED_OFF
from holdfast.engine import DAY
from holdfast.episodes import Episodes
from holdfast.tables.schema import InitiatedBy

LONGER_THAN_DAYS = 6
LONGER_THAN_USUAL = 3  # times the middle distance between the days on which he sees anybody
LOOK_BACK_DAYS = 28
BELIEVED_DAYS = 28  # of a run that is not over
LEAST_CLIENTS = 3  # with appointments in the weeks before: fewer, and the run may be a client's own silence


def closures(found: Episodes) -> ir.Table:
    """One row a closure: therapist_id, from_at, to_at (s). Those of one therapist never overlap."""
    rows = found.appointments
    off_by_provider = rows.state.isin(CALLED_OFF) & (rows.initiated_by.fill_null("") == InitiatedBy.PROVIDER)
    diary = rows.filter(~off_by_provider).select("therapist_id", "client_id", "day")
    runs = found.engine.keep(_long_runs(diary, found.known.at))
    seen = _of_several_clients(runs, diary)
    if not found.known.told_away:
        return found.engine.keep(seen)
    return found.engine.keep(_joined(seen.union(_told(found.known.away, diary))))


def _told(away: ir.Table, diary: ir.Table) -> ir.Table:
    """What the practice said, for each therapist whom it is about."""
    everybody = diary.select("therapist_id").distinct()
    closed = away.filter(away.therapist_id.isnull()).drop("therapist_id")
    whole = everybody.cross_join(closed).select("therapist_id", "from_at", "to_at")
    return whole.union(away.filter(away.therapist_id.notnull()).select("therapist_id", "from_at", "to_at"))


def _joined(each: ir.Table) -> ir.Table:
    """Closures that overlap or touch, as one: no day is taken off twice."""
    by: dict[str, Any] = {"group_by": "therapist_id", "order_by": ["from_at", "to_at"]}
    before = each.mutate(covered=each.to_at.max().over(ibis.window(**by, rows=(None, -1))))
    begins = before.covered.isnull() | (before.from_at > before.covered)
    marked = before.mutate(begins=begins.cast("int64"))
    numbered = marked.mutate(island=marked.begins.sum().over(ibis.window(**by, rows=(None, 0))))
    joined = numbered.group_by(["therapist_id", "island"])
    return joined.agg(from_at=numbered.from_at.min(), to_at=numbered.to_at.max()).drop("island")


def _long_runs(diary: ir.Table, at: ir.IntegerScalar) -> ir.Table:
    days = diary.select("therapist_id", "day").distinct()
    in_order = ibis.window(group_by="therapist_id", order_by="day")
    days = days.mutate(distance=days.day.lead().over(in_order) - days.day)
    usual = days.group_by("therapist_id").agg(usual=days.distance.median().cast("float64"))
    so_far = at // DAY - days.day
    days = days.mutate(distance=days.distance.fill_null(ibis.least(so_far, BELIEVED_DAYS)))
    joined = days.join(usual, "therapist_id")
    is_long = joined.distance > ibis.greatest(LONGER_THAN_USUAL * joined.usual, float(LONGER_THAN_DAYS))
    long = joined.filter(is_long)
    return long.select(
        "therapist_id",
        "day",
        from_at=long.day * DAY + (long.usual * DAY).cast("int64"),
        to_at=(long.day + long.distance) * DAY,
    )


def _of_several_clients(runs: ir.Table, diary: ir.Table) -> ir.Table:
    near = runs.join(diary.select("therapist_id", "client_id", seen_day="day"), "therapist_id")
    near = near.filter((near.seen_day <= near.day) & (near.seen_day > near.day - LOOK_BACK_DAYS))
    clients = near.group_by(["therapist_id", "day", "from_at", "to_at"]).agg(clients=near.client_id.nunique())
    return clients.filter(clients.clients >= LEAST_CLIENTS).select("therapist_id", "from_at", "to_at")


def overlap(pairs: ir.Table, since: ir.IntegerValue, until: ir.IntegerValue) -> ir.IntegerValue:
    """Seconds of a time that lie in a closure (``from_at``, ``to_at``)."""
    return ibis.greatest(ibis.least(pairs.to_at, until) - ibis.greatest(pairs.from_at, since), 0)
