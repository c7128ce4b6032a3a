"""The seven tables, declared once: types, allowed values, ranges, keys and references.

Reading, checking, the reference documentation and every codebook follow from these
classes. A column that is not ``nullable`` is required: it must be there and filled in.
Blank means "not known" and is never a zero. Columns not named here are kept and ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import dataframely as dy


class Status(StrEnum):
    """What became of an appointment."""

    BOOKED = "booked"
    ATTENDED = "attended"
    LATE_CANCELLED = "late_cancelled"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    NO_SHOW = "no_show"
    UNKNOWN = "unknown"  # past, and nobody ever said what became of it: never read as attended


class InitiatedBy(StrEnum):
    """Who called an appointment off."""

    CLIENT = "client"
    PROVIDER = "provider"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """How the status is known."""

    RECORDED = "recorded"  # somebody chose it
    DEFAULTED = "defaulted"  # the source system sets it by itself
    INFERRED = "inferred"  # worked out, from an absence or an end-of-meeting event
    NOT_UPDATED = "not_updated"  # nobody has touched it since the booking


class Modality(StrEnum):
    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"


class Ending(StrEnum):
    """How an episode ended."""

    PLANNED = "planned"
    TOLD = "told"  # the client ended it, and said so
    SWITCHED = "switched"  # to another therapist here
    REFERRED = "referred"  # elsewhere
    SILENT = "silent"  # never came back, never said
    NEVER_STARTED = "never_started"
    OTHER = "other"  # died, moved, the service ended it, or the source says only that it is over


class YesNo(StrEnum):
    YES = "yes"
    NO = "no"


AXES = ("approach", "language", "tone", "posture", "pace", "energy")
PAUSE = "pause"  # the action in ``repairs`` that stands for an agreed break


def _id(description: str, *, key: bool = False) -> dy.String:
    return dy.String(nullable=False, primary_key=key, min_length=1, description=description)


def _text(description: str) -> dy.String:
    return dy.String(nullable=True, description=description)


def _moment(description: str, *, required: bool = False, key: bool = False) -> dy.Datetime:
    return dy.Datetime(nullable=not required, primary_key=key, description=description)


def _scale(low: int, high: int, description: str) -> dy.Int16:
    return dy.Int16(nullable=True, min=low, max=high, description=description)


def _axis(description: str) -> dy.Int16:
    return _scale(-3, 3, description)


class Appointments(dy.Schema):
    """A planned meeting. Two clients who come together share an appointment_id, one row each."""

    appointment_id = _id("the source's own id where it has one", key=True)
    client_id = _id("who was to come", key=True)
    therapist_id = _id("whom he was to see")
    starts_at = _moment("when it was to start", required=True)
    status = dy.Enum(Status, nullable=False, description="what became of it")
    initiated_by = dy.Enum(InitiatedBy, nullable=True, description="who called it off")
    certainty = dy.Enum(Certainty, nullable=True, description="how the status is known")
    booked_at = _moment("when it was booked")
    status_at = _moment("when the status became so")
    modality = dy.Enum(Modality, nullable=True, description="how they meet")
    fee = dy.Float64(nullable=True, min=0, description="what the client pays, in the practice's currency")


class Clients(dy.Schema):
    """What a client has said about himself and what he would like."""

    client_id = _id("the same id as in the other tables", key=True)
    gender = _text("in his own or the source's words; man, male and m count as men")
    birth_year = dy.Int16(nullable=True, min=1880, max=2100, description="year of birth")
    employment = _text("employed, unemployed, student, retired, …")
    masculinity = _scale(1, 5, "how traditional he calls himself; blank is allowed and common")
    prior_therapy = dy.Enum(YesNo, nullable=True, description="has been in therapy before")
    prior_dropout = dy.Enum(YesNo, nullable=True, description="has stopped therapy without saying so before")
    referral_source = _text("who sent him: self, gp, employer, partner, …")
    prefers_approach = _axis("would like: −3 staying with feelings, +3 doing")
    prefers_language = _axis("would like: −3 everyday words, +3 clinical words")
    prefers_tone = _axis("would like: −3 gentle, +3 blunt")
    prefers_posture = _axis("would like: −3 follows me, +3 leads me")
    prefers_pace = _axis("would like: −3 slow, +3 fast")
    prefers_energy = _axis("would like: −3 calm, +3 lively")
    wants_therapist_gender = _text("blank: no wish, or not asked")
    concerns = _text("what brings him, separated by ;")


class Therapists(dy.Schema):
    """How a therapist works, and for whom there is room."""

    therapist_id = _id("the same id as in the other tables", key=True)
    capacity = dy.Int16(nullable=True, min=0, description="clients at a time")
    gender = _text("in the therapist's own or the source's words")
    style_approach = _axis("works: −3 staying with feelings, +3 doing")
    style_language = _axis("works: −3 everyday words, +3 clinical words")
    style_tone = _axis("works: −3 gentle, +3 blunt")
    style_posture = _axis("works: −3 follows, +3 leads")
    style_pace = _axis("works: −3 slow, +3 fast")
    style_energy = _axis("works: −3 calm, +3 lively")
    works_with = _text("concerns, separated by ;")
    frameworks = _text("ACT, narrative, …, separated by ;")


class Checkins(dy.Schema):
    """The short questions around a session, sent and perhaps answered."""

    client_id = _id("who was asked", key=True)
    appointment_id = _id("about which appointment", key=True)
    sent_at = _moment("when it was sent", required=True, key=True)
    answered_at = _moment("blank: not answered")
    understood = _scale(0, 10, "felt understood")
    on_target = _scale(0, 10, "worked on what matters to him")
    worth_it = _scale(0, 10, "worth the time")
    approach = _axis("0 just right, −3 too much feeling, +3 too much doing")
    language = _axis("0 just right, −3 too plain, +3 too clinical")
    tone = _axis("0 just right, −3 too gentle, +3 too blunt")
    posture = _axis("0 just right, −3 follows too much, +3 leads too much")
    pace = _axis("0 just right, −3 too slow, +3 too fast or deep")
    energy = _axis("0 just right, −3 too calm, +3 too lively")
    talked_down = _scale(0, 3, "felt talked down to: 0 never … 3 often")
    could_say = _scale(0, 10, "could say it if something was off")
    change = _text("the one change he picked for next time")
    attend_next = _scale(0, 10, "how likely he is to come next time")


class Scores(dy.Schema):
    """A filled-in questionnaire, scored by its own rule."""

    client_id = _id("whose score", key=True)
    measure = dy.String(nullable=False, primary_key=True, min_length=1, description="phq9, gad7, core10, …")
    taken_at = _moment("when it was filled in", required=True, key=True)
    score = dy.Float64(nullable=False, description="the total by the measure's own rule")


class Endings(dy.Schema):
    """How an episode ended, as the practice recorded it."""

    client_id = _id("who ended", key=True)
    therapist_id = _id("with whom", key=True)
    ended_on = _moment("the day it ended", required=True, key=True)
    kind = dy.Enum(Ending, nullable=False, description="how it ended")
    reason = _text("in the practice's words")
    recorded_at = _moment("when the practice came to know; it may be much later than ended_on")


class Repairs(dy.Schema):
    """What was done about a rupture, a silence or a wish; an agreed break is the action ``pause``."""

    client_id = _id("with whom", key=True)
    therapist_id = _id("by whom", key=True)
    at = _moment("when it was done", required=True, key=True)
    action = dy.String(
        nullable=False, primary_key=True, min_length=1, description="what was done; pause: a break was agreed"
    )
    prompted_by = _text("the signal or wish that prompted it")
    until = _moment("for a pause: when he means to come back, if he said")


@dataclass(frozen=True, slots=True)
class Reference:
    """``columns`` of one table must be found in ``table``, if that table is there."""

    columns: tuple[str, ...]
    table: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name (and file name), its schema, and which other tables it points to."""

    name: str
    schema: type[dy.Schema]
    references: tuple[Reference, ...] = ()

    @property
    def columns(self) -> Mapping[str, dy.Column]:
        return self.schema.columns()

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if not column.nullable)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.schema.primary_key())


_CLIENT = Reference(("client_id",), "clients")
_THERAPIST = Reference(("therapist_id",), "therapists")

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table("appointments", Appointments, (_CLIENT, _THERAPIST)),
        Table("clients", Clients),
        Table("therapists", Therapists),
        Table("checkins", Checkins, (_CLIENT, Reference(("appointment_id", "client_id"), "appointments"))),
        Table("scores", Scores, (_CLIENT,)),
        Table("endings", Endings, (_CLIENT, _THERAPIST)),
        Table("repairs", Repairs, (_CLIENT, _THERAPIST)),
    )
}
REQUIRED_TABLE = "appointments"
