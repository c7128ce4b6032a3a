"""How far each course can be followed: what the curves may count, and from when on nobody can know yet.

What somebody did after a session counts only if leaving and coming back were equally sure to be known by now. So
there is one horizon for everybody, and nobody is followed beyond an appointment of which nobody knows whether he came.
Both are shown beside a known truth in docs/validation/leak-truth.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from holdfast.asof import seconds
from holdfast.engine import DAY
from holdfast.episodes import EPISODE, OPEN, Episodes

MOST = 0.75  # of those whose rhythm is known come at least as often as the longer rhythm


@dataclass(frozen=True, slots=True)
class Horizon:
    """How many days ago a session must be to count, for everybody alike.

    ``rhythms`` of the longer rhythms of the practice, ``rhythm_days``, or ``least_days`` if that is more.
    """

    days: int
    rhythms: int
    rhythm_days: float
    least_days: int


def horizon(found: Episodes) -> Horizon:
    """Work out the horizon from the practice's own rhythms, as they were known at ``found.at``.

    Somebody who leaves may first miss what was booked for one rhythm later; then the rule for silence waits for
    ``rule.rhythms`` more. So it takes one rhythm more than the rule's, of a rhythm that three in four keep. In
    units of each client's own rhythm it would let those who leave early in before their likes who stay.
    """
    rule = found.rule
    own = found.episodes.filter(found.episodes.rhythm_is_own)
    counted = found.engine.fetch(own.group_by("rhythm_days").agg(episodes=own.count()))
    longer = _quantile(counted["rhythm_days"].to_list(), counted["episodes"].to_list(), MOST)
    if longer is None:
        longer = found.practice_rhythm_days if found.practice_rhythm_days is not None else rule.assumed_days
    rhythms, least = rule.rhythms + 1, rule.least_days + 7
    return Horizon(max(math.ceil(rhythms * longer), least), rhythms, float(longer), least)


def _quantile(values: Sequence[float], counts: Sequence[int], share: float) -> float | None:
    """The smallest of the ascending values at or below which so large a share lies."""
    wanted, below = share * sum(counts), 0
    for value, count in zip(values, counts, strict=True):
        below += count
        if below >= wanted:
            return value
    return None


def with_fate(found: Episodes, until: Horizon) -> ir.Table:
    """Add to each episode how far it can be followed: ``session_time``, ``days`` and ``cause`` (blank: censored).

    ``session_time`` is the number of sessions after which he ended, or of those he is known to have had; see
    ``counts.on_session_scale``. ``days`` is the same in days since the first session, dated at the last session
    after which it is known what he did.
    """
    latest = seconds(found.at) - until.days * DAY
    undecided = found.engine.keep(_undecided_sessions(found, latest))
    table = _with_first_unmarked(found, undecided)
    settled = (table.ending != OPEN) & table.first_unmarked_at.isnull() & (_last_seen_at(table) <= latest)
    table = table.mutate(settled=settled.fill_null(False), came=table.sessions > 0)
    table = _with_followed(table, undecided, latest)
    start_known = (table.started_at <= latest).fill_null(False)
    day_of = table.last_session_at // DAY - table.first_session_at // DAY
    followed_for = table.followed_to // DAY - table.first_session_at // DAY
    nothing = ibis.null("int64")
    return table.mutate(
        cause=ibis.ifelse(table.settled, table.ending, ""),
        session_time=ibis.cases(
            (table.settled, table.sessions), (table.seen_to.notnull() & start_known, table.followed + 1), else_=0
        ),
        days=ibis.cases((table.settled & table.came, day_of), (table.followed > 0, followed_for), else_=nothing),
    )


def _last_seen_at(table: ir.Table) -> ir.IntegerValue:
    return table.last_session_at.fill_null(table.started_at.fill_null(table.ended_on))


def _undecided_sessions(found: Episodes, latest: int) -> ir.Table:
    """The sessions of all episodes that are not plainly over: few, beside those that are."""
    table = found.episodes
    undecided = table.filter((table.ending == OPEN) | (table.unmarked > 0) | (_last_seen_at(table) > latest))
    return found.sessions.select(*EPISODE, "day", "starts_at").semi_join(undecided, EPISODE)


def _with_first_unmarked(found: Episodes, sessions: ir.Table) -> ir.Table:
    """Add the first appointment that nobody marked, on or before the day of a recorded ending.

    A session on the same day says that he was there. After an ending nothing is open any more.
    """
    rows = found.appointments
    rows = rows.filter(found.known.said(rows).unmarked).select(*EPISODE, "day", "starts_at")
    rows = rows.anti_join(sessions, [*EPISODE, "day"])
    first = rows.group_by(EPISODE).agg(first=rows.starts_at.min())
    joined = found.episodes.left_join(first, EPISODE)
    too_late = joined["first"] // DAY > joined.ended_on // DAY
    open_question = ibis.ifelse(too_late, ibis.null("int64"), joined["first"])
    return joined.select(found.episodes, first_unmarked_at=open_question)


def _with_followed(table: ir.Table, sessions: ir.Table, latest: int) -> ir.Table:
    """For episodes not settled: after how many sessions he is known to have come again, and the last of them.

    ``seen_to`` is his last session before the first unmarked appointment: up to there it is known that he came.
    """
    undecided = table.filter(table.came & ~table.settled).select(*EPISODE, "first_unmarked_at")
    pairs = sessions.join(undecided, EPISODE)
    sure = pairs.filter(pairs.first_unmarked_at.isnull() | (pairs.starts_at < pairs.first_unmarked_at))
    sure = sure.mutate(seen_to=sure.starts_at.max().over(ibis.window(group_by=EPISODE)))
    again = (sure.starts_at <= latest) & (sure.starts_at < sure.seen_to)
    when = ibis.ifelse(again, sure.starts_at, ibis.null("int64"))
    followed = sure.group_by(EPISODE).agg(seen_to=sure.seen_to.max(), followed=when.count(), followed_to=when.max())
    joined = table.left_join(followed, EPISODE)
    return joined.select(
        table,
        seen_to=followed.seen_to,
        followed=followed.followed.fill_null(0),
        followed_to=followed.followed_to,
    )
