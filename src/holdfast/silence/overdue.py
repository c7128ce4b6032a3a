"""Who is overdue, by a plain rule that anybody can check with a calendar. It knows nothing of the model.

Quiet for longer than one and a half of his own rhythms, and nothing is booked. This list always works: on the
first day, with flags muted, and where a practice has switched the model off (safety rule 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import polars as pl

from holdfast.asof import EPOCH
from holdfast.engine import DAY, Engine
from holdfast.episodes import BY_RULE, EPISODE, OPEN, Episodes, episodes
from holdfast.tables.read import Tables
from holdfast.words import Words

RHYTHMS = 1.5


@dataclass(frozen=True, slots=True)
class Overdue:
    """An open episode that has gone quiet, and why it stands here."""

    client_id: str
    therapist_id: str
    episode: int
    last_session_at: datetime
    quiet_days: float
    rhythm_days: float
    words: Words


def overdue(tables: Tables, *, at: datetime | None = None, engine: Engine | None = None) -> list[Overdue]:
    """List who is overdue at ``at`` (by default the moment of the export), whoever went quiet last first.

    An episode whose ending is on record, an agreed break, a booking ahead or a session with another therapist
    here takes somebody off the list; the plain rule for a silent exit does not.
    """
    if engine is not None:
        return overdue_of(episodes(tables, engine=engine, at=at))
    with Engine.embedded() as own:
        return overdue_of(episodes(tables, engine=own, at=at))


def overdue_of(found: Episodes) -> list[Overdue]:
    """The same, from episodes that are worked out already."""
    return [_overdue(row, found.at) for row in overdue_rows(found).iter_rows(named=True)]


def overdue_rows(found: Episodes) -> pl.DataFrame:
    """The same as a frame without words: keys, last_session_at (s), quiet_days, rhythm_days, rhythm_is_own."""
    client = ibis.window(group_by="client_id")
    rows = found.episodes.mutate(
        seen_here_at=found.episodes.last_session_at.max().over(client),
        ahead_here_at=found.episodes.next_at.min().over(client),  # with anybody here
    )
    quiet = (rows.quiet_days > RHYTHMS * rows.rhythm_days).fill_null(False)
    still_open = (rows.ending == OPEN) | ((rows.ending == "silent") & (rows.ending_by == BY_RULE))
    nothing_else = rows.ahead_here_at.isnull() & ~rows.paused & (rows.seen_here_at <= rows.last_session_at)
    kept = rows.filter(still_open & quiet & nothing_else & (rows.sessions > 0))
    columns = [*EPISODE, "last_session_at", "quiet_days", "rhythm_days", "rhythm_is_own"]
    return found.engine.fetch(kept.select(columns).mutate(quiet_days=ibis._.quiet_days.cast("float64"))).sort(
        "quiet_days", *EPISODE
    )


def _overdue(row: dict[str, object], at: datetime) -> Overdue:
    quiet, rhythm = float(str(row["quiet_days"])), float(str(row["rhythm_days"]))
    last = EPOCH + timedelta(seconds=int(str(row["last_session_at"])))
    quiet_since = at - timedelta(seconds=round(quiet * DAY))  # a missed appointment may have come after the session
    words = _words(_days(quiet_since, at), _days(last, at), rhythm, is_own=bool(row["rhythm_is_own"]))
    return Overdue(
        str(row["client_id"]),
        str(row["therapist_id"]),
        int(str(row["episode"])),
        last,
        quiet,
        rhythm,
        words,
    )


def _days(since: datetime, until: datetime) -> int:
    """How many days by the calendar."""
    return (until.date() - since.date()).days


def _words(quiet: int, since: int, rhythm: float, *, is_own: bool) -> Words:
    """He may have answered a check-in the day after his session; what came later than that is said."""
    told = {"quiet_days": quiet, "since_days": since, "rhythm_every": rhythm}
    if since <= quiet + 1 and is_own:
        return Words("No session for {since_days}; he usually comes {rhythm_every}. Nothing is booked.", **told)
    if since <= quiet + 1:
        return Words(
            "No session for {since_days}; clients here usually come {rhythm_every}. Nothing is booked.", **told
        )
    if is_own:
        return Words(
            "No session for {since_days}, and no appointment and no check-in for {quiet_days}; he usually comes "
            "{rhythm_every}. Nothing is booked.",
            **told,
        )
    return Words(
        "No session for {since_days}, and no appointment and no check-in for {quiet_days}; clients here usually come "
        "{rhythm_every}. Nothing is booked.",
        **told,
    )
