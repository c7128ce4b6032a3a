"""Where everybody truly was at a moment: still in therapy, gone without a word, or ended and nobody wrote it down.

found = left_by(practice, at)
found.of(client_id, therapist_id, last_session_at).is_gone
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdfast.simulate.demo import SimulatedPractice
from holdfast.simulate.truth import OPEN, EpisodeTruth, SessionTruth
from holdfast.tables.schema import Ending

Pair = tuple[str, str]


class Where(StrEnum):
    """What is true of an episode at a moment."""

    HERE = "here"  # still in therapy, pauses included
    SILENT = "silent"  # has left and not said so
    ENDED = "ended"  # in a way that was talked about
    NEVER_STARTED = "never_started"


@dataclass(frozen=True, slots=True)
class Fate:
    """One client with one therapist, as it truly stood at a moment.

    ``order`` counts this pair's episodes from 0. ``last`` is his last session by then. ``known_at`` is
    when the practice learns, or learned, that it is over: from a record, or because he is seen by
    somebody else here. Blank: never.
    """

    client_id: str
    therapist_id: str
    order: int
    booked_at: datetime
    where: Where
    last: SessionTruth | None
    known_at: datetime | None

    @property
    def is_silent(self) -> bool:
        """He had silently left; for an hour that stands as kept and was not, he never came."""
        return self.where in (Where.SILENT, Where.NEVER_STARTED)

    @property
    def is_unsaid(self) -> bool:
        """It had ended openly, and nobody ever writes that down: in the tables nothing tells it from silence."""
        return self.where is Where.ENDED and self.known_at is None

    @property
    def is_gone(self) -> bool:
        return self.is_silent or self.is_unsaid


@dataclass(frozen=True, slots=True)
class Fates:
    """Everybody's, by client and therapist, in order."""

    by_pair: Mapping[Pair, Sequence[Fate]]

    def __iter__(self) -> Iterator[Fate]:
        return (fate for fates in self.by_pair.values() for fate in fates)

    def of(self, client_id: str, therapist_id: str, session_at: datetime) -> Fate:
        """The episode that a session of the tables, on the practice's wall clock, belongs to.

        Not by its number in the tables: where an ending was never written down, two episodes look like one.
        """
        fates = self.by_pair[client_id, therapist_id]
        return [fate for fate in fates if fate.booked_at <= session_at][-1]


def left_by(practice: SimulatedPractice, at: datetime) -> Fates:
    """Say of every episode booked by ``at``, a wall clock of the practice up to its export, where it truly stood."""
    by_client: dict[str, list[EpisodeTruth]] = {}
    for episode in practice.truth:
        if clock(episode.booked_at) <= at:
            by_client.setdefault(episode.client_id, []).append(episode)
    found: dict[Pair, list[Fate]] = {}
    for episodes in by_client.values():
        for place, episode in enumerate(episodes):
            fates = found.setdefault((episode.client_id, episode.therapist_id), [])
            known_at = _known_at(episode, episodes[place + 1 :], practice.now)
            fates.append(_fate(episode, known_at, at, order=len(fates)))
    return Fates(found)


def gone_unsaid(practice: SimulatedPractice, at: datetime) -> list[Fate]:
    """Everybody who had ended openly by ``at`` and of whom nobody ever writes it down."""
    return [fate for fate in left_by(practice, at) if fate.is_unsaid]


def _fate(episode: EpisodeTruth, known_at: datetime | None, at: datetime, *, order: int) -> Fate:
    sessions = [session for session in episode.sessions if clock(session.starts_at) <= at]
    return Fate(
        client_id=episode.client_id,
        therapist_id=episode.therapist_id,
        order=order,
        booked_at=clock(episode.booked_at),
        where=_where(episode, at),
        last=sessions[-1] if sessions else None,
        known_at=known_at,
    )


def _where(episode: EpisodeTruth, at: datetime) -> Where:
    if episode.ended_at is None or clock(episode.ended_at) > at:
        return Where.HERE
    return Where(episode.kind) if episode.kind in (Ending.SILENT, Ending.NEVER_STARTED) else Where.ENDED


def _known_at(episode: EpisodeTruth, later: Sequence[EpisodeTruth], now: datetime) -> datetime | None:
    """By a record, or by a session with somebody else here; if that is still to come, after the export."""
    elsewhere = [one for one in later if one.therapist_id != episode.therapist_id]
    seen = [clock(one.sessions[0].starts_at) for one in elsewhere if one.sessions]
    to_come = [now for one in elsewhere if not one.sessions and one.kind == OPEN]
    recorded = [clock(episode.recorded_at)] if episode.recorded_at else []
    return min([*seen, *to_come, *recorded], default=None)


def clock(text: str) -> datetime:
    """A moment of the truth on the practice's wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=None)
