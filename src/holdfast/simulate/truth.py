"""What truly happened, which no table holds: for judging whatever was worked out from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.simulate.clients import Person
from holdfast.simulate.episode import Episode, Session
from holdfast.simulate.rows import Register

OPEN = "open"


@dataclass(frozen=True, slots=True)
class SessionTruth:
    """A session that took place, marked or not, and the chance that he would silently leave after it.

    ``chance`` is what the world's own rule gives once it is known whether the next session was
    booked and the check-in answered. ``because`` names the planted effects at work. ``unsaid`` is the
    chance that, not having left, he would end openly and nobody would ever write it down.
    """

    appointment_id: str
    starts_at: str
    chance: float
    because: tuple[str, ...]
    unsaid: float = 0.0

    @property
    def chance_gone(self) -> float:
        """The chance of never being seen or heard of again after this session, as far as the tables will tell."""
        return self.chance + (1 - self.chance) * self.unsaid


@dataclass(frozen=True, slots=True)
class EpisodeTruth:
    """One client with one therapist. ``kind`` is an ending's kind, or ``open``.

    ``ended_at`` is when it truly ended: for a silent exit the last session, after which he had left.
    ``recorded`` says whether the practice knew of the ending at the export; ``recorded_at`` when it
    knew, even if that is later, and is blank if it never will. ``booked_at`` is when he first booked.
    """

    client_id: str
    therapist_id: str
    number: int
    kind: str
    ended_at: str | None
    left_after: str | None  # the appointment_id, for a silent exit
    recorded: bool
    sessions: tuple[SessionTruth, ...]
    booked_at: str = ""
    recorded_at: str | None = None


def truth(register: Register, episodes: Sequence[Episode]) -> list[EpisodeTruth]:
    """Say what is true at the moment of the export, one entry per client and episode."""
    count: dict[str, int] = {}
    found: list[EpisodeTruth] = []
    for episode in episodes:
        if min(booking.booked_at for booking in episode.bookings) > register.now:
            continue
        for person in episode.people:
            count[person.id] = count.get(person.id, 0) + 1
            found.append(_episode(register, episode, person, count[person.id]))
    return found


def _episode(register: Register, episode: Episode, person: Person, number: int) -> EpisodeTruth:
    now = register.now
    sessions = tuple(_session(register, one) for one in _his(episode, person, now))
    ended = episode.ended_at if episode.ended_at is not None and episode.ended_at <= now else None
    kind = str(episode.kind) if ended and episode.kind else OPEN
    silent = kind == "silent" and bool(sessions)
    return EpisodeTruth(
        client_id=person.id,
        therapist_id=episode.therapist.id,
        number=number,
        kind=kind,
        ended_at=register.text(ended) if ended else None,
        left_after=sessions[-1].appointment_id if silent else None,
        recorded=episode.recorded is not None and episode.recorded.recorded_at <= now,
        sessions=sessions,
        booked_at=register.text(min(booking.booked_at for booking in episode.bookings)),
        recorded_at=register.text(episode.recorded.recorded_at) if episode.recorded else None,
    )


def _his(episode: Episode, person: Person, now: datetime) -> Iterator[Session]:
    for session in episode.sessions:
        away = session.booking.partner_away and person is not episode.people[0]
        if session.booking.start <= now and not away:
            yield session


def _session(register: Register, session: Session) -> SessionTruth:
    return SessionTruth(
        session.booking.id,
        register.text(session.booking.start),
        round(session.chance, 6),
        session.because,
        round(session.unsaid, 6),
    )
