"""What goes into a Bundle: plain rows about one client, already in the words that he is shown.

Moments carry their offset, the practice's own: the day of a session is the day on its calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

Value = int | str


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """The client. ``chosen`` says which of the two ways he chose: ``email`` or ``phone``."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    chosen: str = ""
    wishes: Mapping[str, str] = field(default_factory=dict)  # how he wants to be reached, by the name of each wish


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """One appointment. ``status``, ``initiated_by``, ``certainty`` and ``modality`` are those of the seven tables."""

    id: str
    therapist: str
    starts_at: datetime
    status: str
    initiated_by: str = ""
    certainty: str = ""
    modality: str = ""
    booked_at: datetime | None = None
    status_at: datetime | None = None
    known_from: str = ""
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Ended:
    """How it ended with one therapist. ``kind`` is one of the table ``endings``."""

    therapist: str
    on: date
    kind: str


@dataclass(frozen=True, slots=True, repr=False)
class Break:
    """An agreed break with one therapist. ``until`` is its last day, if one was agreed."""

    therapist: str
    since: datetime
    until: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One question. Without options and without a range, the answer is a text."""

    name: str
    asks: str
    options: Sequence[tuple[Value, str]] = ()
    within: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """Questions that are asked together."""

    name: str
    title: str
    version: int
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """One answer: none, if he was asked and took it back. ``before`` is what stood there until he put it right."""

    name: str
    asks: str
    value: Value | None
    says: str
    before: str = ""
    put_right_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """What one audience may read of a check-in. ``checkin`` is the same for all audiences of one."""

    id: str
    checkin: str
    form: str
    answers: Sequence[Answer]
    at: datetime | None = None
    visit: str = ""
    withheld: bool = False  # he marked it as not for his therapist


@dataclass(frozen=True, slots=True, repr=False)
class Decision:
    """One yes or no. ``until`` is the first day on which a no is over."""

    id: str
    about: str
    words: str
    version: int
    yes: bool
    at: datetime
    study: str = ""
    until: date | None = None

    @property
    def subject(self) -> tuple[str, str]:
        """What it is about: a later decision about the same takes its place."""
        return self.about, self.study


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """Something to see to: what, in words; what was done, each with its moment; and what came of it."""

    id: str
    kind: str
    words: str
    at: datetime
    by_himself: bool
    said: Sequence[str] = ()
    done: Sequence[tuple[datetime, str]] = ()
    closed_at: datetime | None = None
    outcome: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """Something that went from the practice to him, or from him to the practice. ``state``: the status in FHIR."""

    id: str
    words: str
    at: datetime
    from_him: bool = False
    state: str = "completed"
    withheld: bool = False  # it tells of what he kept from his therapist


@dataclass(frozen=True, slots=True, repr=False)
class Noted:
    """What his therapist noted as said or done."""

    id: str
    therapist: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Rhythm:
    """How many days apart he usually comes to one therapist; the words say whether that is his own."""

    therapist: str
    days: float
    words: str


@dataclass(frozen=True, slots=True, repr=False)
class Supervised:
    """That somebody supervises, and since when."""

    id: str
    words: str
    since: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """All of it. ``namespace`` is the practice's own: the same thing has the same id in each of its Bundles."""

    made_at: datetime
    namespace: UUID
    language: str
    practice: str
    client: Person
    therapists: Mapping[str, str] = field(default_factory=dict)  # the name of each, by id
    visits: Sequence[Visit] = ()
    endings: Sequence[Ended] = ()
    breaks: Sequence[Break] = ()
    forms: Sequence[Form] = ()
    answers: Sequence[Answers] = ()
    decisions: Sequence[Decision] = ()
    asked: Sequence[Asked] = ()
    messages: Sequence[Message] = ()
    noted: Sequence[Noted] = ()
    rhythms: Sequence[Rhythm] = ()
    supervised: Sequence[Supervised] = ()
