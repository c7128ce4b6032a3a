"""Whom nobody is holding, by three plain rules that anybody can check with a calendar. No answer of a client is needed.

An agreed break is over and nothing is booked; he did not come or called off late, nothing has happened since and nobody
logged anything said or done; or he has gone quiet and nothing is booked (the overdue rule, as it stands). Whoever
stopped coming long ago is not listed: he has left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import ibis
import ibis.expr.types as ir

from holdfast.asof import EPOCH, seconds
from holdfast.engine import DAY, Engine
from holdfast.episodes import EPISODE, Episodes, episodes
from holdfast.silence.overdue import overdue_rows
from holdfast.tables.read import Tables
from holdfast.tables.schema import PAUSE

PATIENCE_DAYS = 2  # after a missed appointment, before somebody else than the therapist looks after it
FORGOTTEN_DAYS = 91  # longer ago, it is not a matter for today any more


class Why(StrEnum):
    """What it is that nobody holds; of several, the first that is true."""

    PAUSE_OVER = "pause_over"
    MISSED = "missed"
    NOTHING_BOOKED = "nothing_booked"


@dataclass(frozen=True, slots=True)
class Unheld:
    """One client with one therapist, why he stands here, and since when."""

    client_id: str
    therapist_id: str
    why: Why
    since: datetime


def unheld(tables: Tables, *, at: datetime | None = None, engine: Engine | None = None) -> list[Unheld]:
    """List whom nobody is holding at ``at`` (by default the moment of the export), whoever waits longest first."""
    if engine is not None:
        return unheld_of(episodes(tables, engine=engine, at=at))
    with Engine.embedded() as own:
        return unheld_of(episodes(tables, engine=own, at=at))


def unheld_of(found: Episodes) -> list[Unheld]:
    """The same, from episodes that are worked out already."""
    first: dict[tuple[str, str], Unheld] = {}
    for one in _by_every_rule(found):
        first.setdefault((one.client_id, one.therapist_id), one)
    return sorted(first.values(), key=lambda one: (one.since, one.client_id, one.therapist_id))


def _by_every_rule(found: Episodes) -> Iterator[Unheld]:
    at = found.known.at
    rows = _nothing_else_here(found)
    after_break = rows.filter((rows.until <= at) & (rows.quiet_since <= rows.until) & ~rows.paused)
    yield from _listed(found, after_break.mutate(since=after_break.until), Why.PAUSE_OVER)
    patience = rows.last_missed_at <= at - PATIENCE_DAYS * DAY
    missed = rows.filter(patience & (rows.quiet_since <= rows.last_missed_at) & ~rows.paused)
    missed = _nobody_spoke(found, missed)
    yield from _listed(found, missed.mutate(since=missed.last_missed_at), Why.MISSED)
    earliest = seconds(found.at) - FORGOTTEN_DAYS * DAY
    for row in overdue_rows(found).sort(EPISODE).iter_rows(named=True):
        if row["last_session_at"] >= earliest:
            yield _of(row["client_id"], row["therapist_id"], Why.NOTHING_BOOKED, row["last_session_at"])


def _nothing_else_here(found: Episodes) -> ir.Table:
    """Episodes whose ending is not on record, of clients who are booked with nobody and were seen by nobody since."""
    client = ibis.window(group_by="client_id")
    rows = found.episodes.mutate(
        seen_here_at=found.episodes.last_session_at.max().over(client),
        ahead_here_at=found.episodes.next_at.min().over(client),
    )
    seen_last_here = rows.seen_here_at.isnull() | (rows.seen_here_at == rows.last_session_at)
    return rows.filter(rows.ended_on.isnull() & rows.ahead_here_at.isnull() & seen_last_here)


def _nobody_spoke(found: Episodes, missed: ir.Table) -> ir.Table:
    """Without those about whom something was logged, by anybody, after what they missed. An agreed break is no talk."""
    done = found.known.loaded["repairs"]
    said = done.filter((done.action != PAUSE) & (done["at"] <= found.known.at))
    said = said.select(spoken_with="client_id", spoken_at="at")
    return missed.anti_join(said, [missed.client_id == said.spoken_with, said.spoken_at > missed.last_missed_at])


def _listed(found: Episodes, rows: ir.Table, why: Why) -> Iterator[Unheld]:
    kept = rows.filter(rows.since >= found.known.at - FORGOTTEN_DAYS * DAY)
    for row in found.engine.fetch(kept.select(*EPISODE, "since")).iter_rows(named=True):
        yield _of(row["client_id"], row["therapist_id"], why, row["since"])


def _of(client_id: str, therapist_id: str, why: Why, since: int) -> Unheld:
    return Unheld(client_id, therapist_id, why, EPOCH + timedelta(seconds=int(since)))
