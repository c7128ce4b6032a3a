"""What one simulated episode consists of. All times are the practice's wall clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from holdfast.simulate.clients import Person
from holdfast.simulate.therapists import Therapist
from holdfast.tables.schema import Ending, InitiatedBy, Status


@dataclass(slots=True, eq=False)
class Booking:
    """One appointment, from its booking to what became of it."""

    start: datetime
    booked_at: datetime
    status: Status = Status.BOOKED
    by: InitiatedBy | None = None
    status_at: datetime | None = None  # blank: it is past, and nobody touched it
    modality: str = ""
    defaulted: bool = False
    partner_away: bool = False
    stands_as: Status | None = None  # what the records say, where they are wrong
    vanished: bool = False  # called off, and no longer in the export
    id: str = ""  # given once all are known


@dataclass(frozen=True, slots=True)
class Session:
    """A session that truly took place, and the chance that he would silently leave after it."""

    booking: Booking
    chance: float
    because: tuple[str, ...]  # the planted effects at work
    unsaid: float = 0.0  # the chance, if he does not leave, of an open ending that nobody ever writes down


@dataclass(frozen=True, slots=True)
class Asked:
    """A check-in that was sent, and perhaps answered."""

    person: Person
    booking: Booking
    sent_at: datetime
    answered_at: datetime | None
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Score:
    person: Person
    measure: str
    taken_at: datetime
    score: int


@dataclass(frozen=True, slots=True)
class Repair:
    at: datetime
    action: str
    prompted_by: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An ending as the practice wrote it down."""

    kind: Ending
    ended_on: datetime
    recorded_at: datetime
    reason: str


@dataclass(slots=True)
class Episode:
    """One client (or couple) with one therapist, and what truly became of them."""

    people: tuple[Person, ...]
    therapist: Therapist
    bookings: list[Booking] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    checkins: list[Asked] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    kind: Ending | None = None
    ended_at: datetime | None = None
    recorded: Recorded | None = None
