"""Appointments, the sessions that were held, and the courses of therapy: Appointment, Encounter, EpisodeOfCare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from holdfast.fhir.elements import (
    FROM_R5,
    OURS,
    TERMS,
    Body,
    coded,
    day,
    extension,
    himself,
    moment,
    period,
    practice,
    reference,
    resource,
    therapist,
    unknown,
)
from holdfast.fhir.record import Break, Ended, Record, Visit
from holdfast.tables.schema import Ending, InitiatedBy, Modality, Status

APPOINTMENT, ENCOUNTER, EPISODE = "Appointment", "Encounter", "EpisodeOfCare"
CALLED_OFF = (Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED)
STATUSES: Mapping[str, str] = {
    Status.BOOKED: "booked",
    Status.UNKNOWN: "booked",  # nobody ever said what became of it
    Status.ATTENDED: "fulfilled",
    Status.NO_SHOW: "noshow",
    **dict.fromkeys(CALLED_OFF, "cancelled"),
}
WHO: Mapping[str, tuple[str, str]] = {
    InitiatedBy.CLIENT: ("pat", "Patient"),
    InitiatedBy.PROVIDER: ("prov", "Provider"),
}
PLACES: Mapping[str, tuple[str, str]] = {
    Modality.IN_PERSON: ("AMB", "ambulatory"),
    Modality.VIDEO: ("VR", "virtual"),
    Modality.PHONE: ("VR", "virtual"),
}


def appointments(record: Record) -> Iterator[Body]:
    """Every appointment. How long it was to last is not known; FHIR wants an end where there is a start."""
    for one in record.visits:
        is_off = one.status in CALLED_OFF
        reason, when = (WHO.get(one.initiated_by), one.status_at) if is_off else (None, None)
        actors = (himself(record), therapist(record, one.therapist))
        yield resource(
            record,
            APPOINTMENT,
            one.id,
            extension=[
                *extension(f"{FROM_R5}Appointment.cancellationDate", valueDateTime=moment(when)),
                *extension(f"{OURS}appointment-status", valueCode=one.status),
                *extension(f"{OURS}appointment-certainty", valueCode=one.certainty),
                *extension(f"{OURS}known-from", valueCode=one.known_from),
                *extension(f"{OURS}known-at", valueDateTime=moment(one.known_at)),
            ],
            status=STATUSES[one.status],
            cancelationReason=reason and coded(f"{TERMS}appointment-cancellation-reason", *reason),
            serviceType=[coded(f"{OURS}modality", one.modality)] if one.modality else [],
            start=moment(one.starts_at),
            _end=unknown(),
            created=moment(one.booked_at),
            participant=[{"actor": actor, "status": "accepted"} for actor in actors],
        )


def encounters(record: Record) -> Iterator[Body]:
    """A session that was held, once more as what it was; without a word of what was said in it."""
    courses = _courses(record)
    for one in record.visits:
        if one.status == Status.ATTENDED:
            named: Body = {"class": _class(PLACES.get(one.modality))}  # a word of Python's own
            yield resource(
                record,
                ENCOUNTER,
                one.id,
                status="finished",
                **named,
                subject=himself(record),
                episodeOfCare=[reference(record, EPISODE, course.name) for course in courses if one in course.visits],
                participant=[{"individual": therapist(record, one.therapist)}],
                appointment=[reference(record, APPOINTMENT, one.id)],
                period=period(moment(one.starts_at), None),
            )


def _class(place: tuple[str, str] | None) -> Body:
    if place is None:
        return unknown()
    code, words = place
    return {"system": f"{TERMS}v3-ActCode", "code": code, "display": words}


@dataclass(frozen=True, slots=True)
class _Course:
    """One therapist, from the first appointment to a recorded ending, or to now."""

    name: str
    therapist: str
    visits: Sequence[Visit]
    breaks: Sequence[Break]
    ended: Ended | None


def episodes(record: Record) -> Iterator[Body]:
    """Every course of therapy. How it ended has no element of its own, so it stands in an extension in our words."""
    for one in _courses(record):
        ended = one.ended
        yield resource(
            record,
            EPISODE,
            one.name,
            extension=extension(f"{OURS}episode-ending", valueCode=ended.kind) if ended else [],
            status=_status(one, record),
            statusHistory=[{"status": "onhold", "period": _during(pause)} for pause in one.breaks],
            patient=himself(record),
            managingOrganization=practice(record),
            period=period(day(_first_day(one)), day(ended.on) if ended else None),
            careManager=therapist(record, one.therapist),
        )


def _courses(record: Record) -> Sequence[_Course]:
    """Of each therapist: a recorded ending closes a course, and what is booked or held after it begins another."""
    met = [one.therapist for one in record.visits]
    met += [one.therapist for one in record.endings] + [one.therapist for one in record.breaks]
    return [course for id in dict.fromkeys(met) for course in _courses_with(id, record)]


def _courses_with(id: str, record: Record) -> Iterator[_Course]:
    visits = [one for one in record.visits if one.therapist == id]
    breaks = [one for one in record.breaks if one.therapist == id]
    after = date.min
    endings = sorted((one for one in record.endings if one.therapist == id), key=lambda one: one.on)
    for number, ended in enumerate(endings):
        until = ended.on
        breaks_then = [one for one in breaks if after < one.since.date() <= until]
        yield _Course(f"{id}/{number}", id, _between(visits, after, until), breaks_then, ended)
        after = until
    left = _between(visits, after, date.max)
    if after == date.min or any(one.status not in (*CALLED_OFF, Status.NO_SHOW) for one in left):
        yield _Course(f"{id}/open", id, left, [one for one in breaks if one.since.date() > after], None)


def _between(visits: Sequence[Visit], after: date, until: date) -> Sequence[Visit]:
    return [one for one in visits if after < one.starts_at.date() <= until]


def _first_day(course: _Course) -> date | None:
    return min((one.starts_at.date() for one in course.visits), default=None)


def _during(pause: Break) -> Body:
    return period(moment(pause.since), day(pause.until))


def _status(course: _Course, record: Record) -> str:
    if course.ended:
        return "cancelled" if course.ended.kind == Ending.NEVER_STARTED else "finished"
    held = [one.starts_at for one in course.visits if one.status == Status.ATTENDED]
    if any(_goes_on(pause, held, record.made_at.date()) for pause in course.breaks):
        return "onhold"
    return "active" if held else "planned"


def _goes_on(pause: Break, held: Sequence[datetime], today: date) -> bool:
    """Whether the break is not over, and he has not come since it was agreed."""
    return (pause.until is None or pause.until >= today) and all(at <= pause.since for at in held)
