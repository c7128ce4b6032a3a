"""Where each episode with a session stands: quiet, ended in a way that is known, or recorded as silent.

An episode is over when its recorded ending says so, or when the client has been seen here again after it: by
another therapist, or by the same one in a later episode. Someone who sees two therapists side by side has
left neither, until he has seen only the other for as long as would count as silence (``long_quiet_days``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.episodes import EPISODE, RECORDED, Episodes
from holdfast.silence.joining import beside, matched, place_in, whole
from holdfast.tables.schema import Ending

FATES = ("came", "ended", "quiet", "silent")
CAME, ENDED, QUIET, SILENT = range(4)  # places in FATES: numbers are quicker to sort and join than words


def fates(found: Episodes) -> ir.Table:
    """One row an episode with a session, with a ``key`` to join on that is shorter than its three names.

    Columns: key (int64), client_id, therapist_id, episode, therapist (its number in the order of the ids),
    started_at, fate (a place in FATES: ended, quiet, silent), over_at (s; when it became known, null for quiet).
    """
    engine = found.engine
    came = found.episodes.filter(found.episodes.sessions > 0)
    by_name = ibis.window(order_by=EPISODE)
    numbered = engine.keep(
        came.select(
            *EPISODE,
            "started_at",
            "first_session_at",
            "last_session_at",
            "long_quiet_days",
            "recorded_at",
            "ending",
            "ending_by",
        ).mutate(
            key=place_in(by_name),
            therapist=whole(ibis.dense_rank().over(ibis.window(order_by="therapist_id"))),
        )
    )
    again = _seen_again(numbered, found)
    nobody = numbered.mutate(again_at=ibis.null("int64"))
    known = nobody if again is None else beside(numbered, again, ["key"])
    return engine.keep(_fate(known, found.known.at))


def _fate(known: ir.Table, at: ir.IntegerScalar) -> ir.Table:
    recorded = known.ending_by == RECORDED
    silent = recorded & (known.ending == Ending.SILENT)
    told_at = ibis.ifelse(recorded & ~silent, ibis.least(known.recorded_at, at), ibis.null("int64"))
    ended_at = ibis.coalesce(ibis.least(told_at, known.again_at), told_at, known.again_at)
    fate = ibis.cases((ended_at.notnull(), ENDED), (silent, SILENT), else_=QUIET)
    over_at = ibis.ifelse(silent & ended_at.isnull(), ibis.least(known.recorded_at, at), ended_at)
    columns = ["key", *EPISODE, "therapist", "started_at"]
    return known.select(*columns, fate=fate.cast("int8"), over_at=over_at)


def _seen_again(numbered: ir.Table, found: Episodes) -> ir.Table | None:
    """When a client was first seen here again after the last session of an episode; side by side, once it is long."""
    several = numbered.group_by("client_id").agg(episodes=numbered.count()).filter(ibis._.episodes > 1)
    mine = numbered.semi_join(several, "client_id")
    if not found.engine.value(several.count()):
        return None
    own = mine.select("key", "client_id", "first_session_at", "last_session_at", "long_quiet_days")
    sessions = matched(found.sessions, mine.select(*EPISODE, other="key"), EPISODE)
    pairs = matched(own, sessions.select("client_id", "other", "starts_at"), ["client_id"])
    pairs = pairs.filter(pairs.key != pairs.other)
    between = (pairs.starts_at > pairs.first_session_at) & (pairs.starts_at < pairs.last_session_at)
    after = ibis.ifelse(pairs.starts_at > pairs.last_session_at, pairs.starts_at, ibis.null("int64"))
    by_other = pairs.group_by(["key", "other", "last_session_at", "long_quiet_days"]).agg(
        side_by_side=ibis.ifelse(between, 1, 0).max(), first_after=after.min()
    )
    long_after = by_other.last_session_at + (by_other.long_quiet_days * DAY).cast("int64")
    moved_over = ibis.greatest(by_other.first_after, long_after)
    again = by_other.mutate(again_at=ibis.ifelse(by_other.side_by_side == 1, moved_over, by_other.first_after))
    known = again.filter(again.first_after.notnull() & (again.again_at <= found.known.at))
    return known.group_by("key").agg(again_at=known.again_at.min())
