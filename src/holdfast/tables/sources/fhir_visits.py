"""From FHIR's Appointments and Encounters to rows of ``appointments``: what each status means.

An Encounter is a session that was held. One whose Appointment is here as well is the same session,
and settles what became of it if the Appointment was left at "booked".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from holdfast.tables.moments import When
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.fhir_contents import Contents, Visit
from holdfast.tables.sources.fhir_references import PATIENT, PRACTITIONER
from holdfast.tables.sources.fhir_resources import read_each
from holdfast.tables.sources.source import Context, appointment, called_off, not_marked
from holdfast.tables.sources.words import meanings
from holdfast.words import Words

Meaning = Status | Words  # a text says why it does not become an appointment
Outcome = tuple[Status, Certainty, InitiatedBy | None]

ERROR = Words("entered in error")
APPOINTMENTS: Mapping[str, Meaning] = {
    "fulfilled": Status.ATTENDED,
    "arrived": Status.ATTENDED,
    "checked-in": Status.ATTENDED,
    "noshow": Status.NO_SHOW,
    "cancelled": Status.CANCELLED,
    "booked": Status.BOOKED,
    "pending": Status.BOOKED,
    "proposed": Words("only proposed, not booked"),
    "waitlist": Words("on a waiting list, not booked"),
    "entered-in-error": ERROR,
}
ENCOUNTERS: Mapping[str, Meaning] = {
    "finished": Status.ATTENDED,
    "arrived": Status.ATTENDED,
    "triaged": Status.ATTENDED,
    "in-progress": Status.ATTENDED,
    "onleave": Status.ATTENDED,
    "planned": Status.BOOKED,
    "unknown": Status.BOOKED,  # which is: nobody marked it
    "cancelled": Status.CANCELLED,
    "entered-in-error": ERROR,
    "completed": Status.ATTENDED,  # this and the next three: R5
    "discharged": Status.ATTENDED,
    "on-hold": Status.ATTENDED,
    "discontinued": Status.ATTENDED,
}
CLIENTS_OWN, PROVIDERS_OWN = frozenset({"pat", "patient"}), frozenset({"prov", "provider"})
DIED = "pat-dec"  # a death is nobody's cancellation, and never a late one
CALLED_OFF = (Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED)


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A visit that becomes rows, one a client. ``clients`` says of each whether he declined."""

    visit: Visit
    starts: When
    clients: Mapping[str, bool]
    therapist: str
    therapist_declined: bool


@dataclass(slots=True)
class _Known:
    """What one appointment must know of the others and of the encounters."""

    contents: Contents
    context: Context
    moved: set[str] = field(default_factory=set)  # appointments that another one came in place of
    held: dict[tuple[str, str], set[Meaning]] = field(default_factory=lambda: defaultdict(set))
    kept: set[tuple[str, str]] = field(default_factory=set)  # appointment and client, as they became rows


def read_visits(contents: Contents, context: Context, *, title: str, file: str) -> None:
    """Add a row for every client of every appointment and encounter."""
    known = _Known(contents, context)
    appointments, encounters = contents.appointments.values(), contents.encounters.values()
    of_appointment = _look_up(APPOINTMENTS, appointments, title, file, "Appointment.status")
    of_encounter = _look_up(ENCOUNTERS, encounters, title, file, "Encounter.status")
    read_each(appointments, lambda visit: known.moved.update(_linked(visit, known)))
    read_each(encounters, lambda visit: _note_held(visit, of_encounter(visit.status), known))
    read_each(appointments, lambda visit: _read_appointment(visit, of_appointment(visit.status), known))
    read_each(encounters, lambda visit: _read_encounter(visit, of_encounter(visit.status), known))


def _look_up(
    table: Mapping[str, Meaning], visits: Iterable[Visit], title: str, file: str, column: str
) -> Callable[[str], Meaning]:
    return meanings(table, [visit.status for visit in visits], title=title, file=file, column=column)


def _linked(visit: Visit, known: _Known) -> Iterator[str]:
    """The ids of the appointments that a visit points to."""
    for ref in visit.linked:
        if target := known.contents.directory.find(ref, "Appointment"):
            yield target.id


def _note_held(visit: Visit, meaning: Meaning, known: _Known) -> None:
    for id in _linked(visit, known):
        for client in _people(visit, PATIENT, known):
            known.held[id, client].add(meaning)


def _people(visit: Visit, kind: str, known: _Known) -> dict[str, bool]:
    """The participants of one kind, who leads first, and whether each declined."""
    found: dict[str, bool] = {}
    for person in sorted(visit.people, key=lambda person: not person.leads):
        target = known.contents.directory.find(person.ref, person.expected)
        if target is not None and target.type == kind:
            found[target.id] = person.declined
    return found


def _meeting(visit: Visit, meaning: Meaning, known: _Known) -> _Meeting | Words:
    """The meeting, or why a visit does not become one."""
    known.contents.out.rows_read += 1
    if not isinstance(meaning, Status):
        return meaning
    clients, therapists = _people(visit, PATIENT, known), _people(visit, PRACTITIONER, known)
    if visit.starts is None:
        return Words("no time of its start")
    if not clients:
        return Words("no client in it")
    therapist = next(iter(therapists), "unknown")
    return _Meeting(visit, visit.starts, clients, therapist, therapists.get(therapist, False))


def _read_appointment(visit: Visit, meaning: Meaning, known: _Known) -> None:
    meeting = _meeting(visit, meaning, known)
    if isinstance(meeting, Words):
        return known.contents.out.skip(meeting)
    for client in meeting.clients:
        known.kept.add((visit.id, client))
        _add(visit.id, client, meeting, _outcome(meeting, Status(meaning), client, known), known)


def _outcome(meeting: _Meeting, status: Status, client: str, known: _Known) -> Outcome:
    held = known.held.get((meeting.visit.id, client), set())
    in_group = len(meeting.clients) > 1
    if status is Status.CANCELLED:
        return _cancelled(meeting, client, known)
    if meeting.clients[client] and (status is Status.BOOKED or in_group):
        return _called_off(meeting, InitiatedBy.CLIENT, known)
    if status is Status.NO_SHOW and not in_group:
        return status, Certainty.RECORDED, InitiatedBy.CLIENT
    if status is Status.ATTENDED or Status.ATTENDED in held:
        return Status.ATTENDED, Certainty.RECORDED, None
    if status is Status.NO_SHOW:  # of a group: somebody did not come, and it does not say who
        return Status.UNKNOWN, Certainty.NOT_UPDATED, None
    if Status.CANCELLED in held:
        return _called_off(meeting, InitiatedBy.UNKNOWN, known)
    return (*not_marked(meeting.starts, known.context), None)


def _cancelled(meeting: _Meeting, client: str, known: _Known) -> Outcome:
    by = _by_whom(meeting, client)
    if meeting.visit.moved or meeting.visit.id in known.moved:
        return Status.RESCHEDULED, Certainty.RECORDED, by
    if DIED in meeting.visit.reasons:
        return Status.CANCELLED, Certainty.RECORDED, by
    return _called_off(meeting, by, known)


def _called_off(meeting: _Meeting, by: InitiatedBy, known: _Known) -> Outcome:
    visit = meeting.visit
    status = called_off(meeting.starts, visit.cancelled, known.context, by=by, booked=visit.booked)
    return status, Certainty.RECORDED, by


def _by_whom(meeting: _Meeting, client: str) -> InitiatedBy:
    """By the code of the reason, and where there is none by who alone declined."""
    reasons = meeting.visit.reasons
    families = {reason.lower().partition("-")[0] for reason in reasons if reason != DIED}
    by_client = bool(families & CLIENTS_OWN) if reasons else meeting.clients[client]
    by_provider = bool(families & PROVIDERS_OWN) if reasons else meeting.therapist_declined
    if by_client == by_provider:
        return InitiatedBy.UNKNOWN
    return InitiatedBy.CLIENT if by_client else InitiatedBy.PROVIDER


def _add(id: str, client: str, meeting: _Meeting, outcome: Outcome, known: _Known) -> None:
    status, certainty, by = outcome
    row = appointment(
        id=id,
        client=client,
        therapist=meeting.therapist,
        starts=meeting.starts,
        status=status,
        certainty=certainty,
        by=by,
        booked=meeting.visit.booked,
        status_at=meeting.visit.cancelled if status in CALLED_OFF else None,
        source_status=meeting.visit.status,
    )
    known.contents.out.add("appointments", row)


def _read_encounter(visit: Visit, meaning: Meaning, known: _Known) -> None:
    out = known.contents.out
    meeting = _meeting(visit, meaning, known)
    if isinstance(meeting, Words):
        return out.skip(meeting)
    id = visit.id if visit.id not in known.contents.appointments else f"Encounter/{visit.id}"
    for client in meeting.clients:
        if any((appointment, client) in known.kept for appointment in _linked(visit, known)):
            out.skip(Words("an Encounter whose Appointment is here too: one session, not two"))
        else:
            _add(id, client, meeting, _session(meeting, Status(meaning), known), known)


def _session(meeting: _Meeting, status: Status, known: _Known) -> Outcome:
    if status is Status.BOOKED:
        return (*not_marked(meeting.starts, known.context), None)
    return status, Certainty.RECORDED, InitiatedBy.UNKNOWN if status is Status.CANCELLED else None
