"""What Holdfast needs of each FHIR resource, taken out of it as it passes; the rest is let go.

Nobody is looked up here: who a reference means can be told only when all files have been read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from holdfast.tables.moments import When
from holdfast.tables.schema import Ending, Status
from holdfast.tables.sources.fhir_references import PATIENT, PRACTITIONER, Directory, Ref, read_ref
from holdfast.tables.sources.fhir_resources import (
    Body,
    Resource,
    codes,
    extensions,
    moment,
    number,
    part,
    parts,
    text,
)
from holdfast.tables.sources.records import BadCell
from holdfast.tables.sources.source import Imported, Row, year_of
from holdfast.words import Words

MEASURES = {"44261-6": ("phq9", 27), "70274-6": ("gad7", 21)}  # LOINC totals, and the highest possible
FINAL = ("final", "amended", "corrected", "completed")
ENDED = ("finished", "cancelled")
_KINDS = {str(kind): kind for kind in Ending}
_ENDING = re.compile(r"(?:^|[-._])(?:end|discharge)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Person:
    """A participant. ``expected`` is the type if the place where he stands allows only one."""

    ref: Ref
    expected: str = ""
    declined: bool = False
    leads: bool = False  # the primary performer


@dataclass(frozen=True, slots=True)
class Visit:
    """An Appointment or an Encounter."""

    place: str
    id: str
    status: str
    updated: str
    starts: When | None
    people: tuple[Person, ...]
    linked: tuple[Ref, ...]  # of an Encounter: its appointments; of an Appointment: those it came in place of
    booked: When | None = None
    cancelled: When | None = None
    reasons: tuple[str, ...] = ()  # codes of why it was cancelled
    moved: bool = False  # as an export of Holdfast says it: R4 only says that it was cancelled


@dataclass(frozen=True, slots=True)
class Episode:
    """An EpisodeOfCare that is over."""

    place: str
    client: Ref
    manager: Ref
    ended: When
    kind: Ending
    reason: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The numbers in an Observation or QuestionnaireResponse, by LOINC code or by linkId."""

    place: str
    id: str
    client: Ref
    taken: When
    questionnaire: str
    numbers: tuple[tuple[str, float], ...]


@dataclass(slots=True)
class Contents:
    """What all the files hold together."""

    timezone: ZoneInfo
    out: Imported
    directory: Directory = field(default_factory=Directory)
    clients: dict[str, Row] = field(default_factory=dict)
    therapists: dict[str, Row] = field(default_factory=dict)
    appointments: dict[str, Visit] = field(default_factory=dict)
    encounters: dict[str, Visit] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    observations: dict[str, Answers] = field(default_factory=dict)
    responses: dict[str, Answers] = field(default_factory=dict)
    scored: set[str] = field(default_factory=set)  # the responses that an Observation gives the total of
    totals: dict[str, dict[str, str]] = field(default_factory=dict)  # of a Questionnaire: the code of a linkId


def take(resource: Resource, contents: Contents) -> None:
    """Take what is needed out of one resource. Types that say nothing about appointments are passed over."""
    if not resource.type:
        contents.out.skip(Words("not a FHIR resource (the log of an export, for example)"))
    elif resource.type in READERS:
        READERS[resource.type](resource, contents)


def _patient(resource: Resource, contents: Contents) -> None:
    id = contents.directory.add(resource)
    born = year_of(text(resource.body, "birthDate"))
    contents.clients[id] = {"client_id": id, "gender": _gender(resource.body), "birth_year": born}


def _practitioner(resource: Resource, contents: Contents) -> None:
    id = contents.directory.add(resource)
    contents.therapists[id] = {"therapist_id": id, "gender": _gender(resource.body)}


def _gender(body: Body) -> str:
    gender = text(body, "gender")
    return "" if gender == "unknown" else gender


def _role(resource: Resource, contents: Contents) -> None:
    contents.directory.add(resource)


def _appointment(resource: Resource, contents: Contents) -> None:
    body, timezone = resource.body, contents.timezone
    visit = Visit(
        place=resource.place,
        id=contents.directory.add(resource),
        status=text(body, "status"),
        updated=text(part(body, "meta"), "lastUpdated"),
        starts=moment(body, "start", timezone),
        people=tuple(_participant(item, "actor") for item in parts(body, "participant")),
        linked=tuple(read_ref(item) for item in _in_place_of(body)),
        booked=moment(body, "created", timezone),
        cancelled=_cancelled_at(body, timezone),
        reasons=tuple(codes(part(body, "cancelationReason")) + codes(part(body, "cancellationReason"))),
        moved=any(text(one, "valueCode") == Status.RESCHEDULED for one in extensions(body, "appointment-status")),
    )
    _keep_newest(contents.appointments, visit)


def _participant(item: Body, name: str, expected: str = "") -> Person:
    roles = [code for concept in parts(item, "type") for code in codes(concept)]
    return Person(read_ref(part(item, name)), expected, text(item, "status") == "declined", "PPRF" in roles)


def _in_place_of(body: Body) -> Iterator[Body]:
    """The earlier appointments that this one came in place of: R5's elements, or their extensions in R4."""
    for name in ("previousAppointment", "replaces"):
        for extension in extensions(body, name):
            yield part(extension, "valueReference")
    yield part(body, "previousAppointment")
    yield from parts(body, "replaces")


def _cancelled_at(body: Body, timezone: ZoneInfo) -> When | None:
    for extension in extensions(body, "cancellationDate"):
        return moment(extension, "valueDateTime", timezone)
    return moment(body, "cancellationDate", timezone)


def _encounter(resource: Resource, contents: Contents) -> None:
    body, timezone = resource.body, contents.timezone
    period = part(body, "period") or part(body, "actualPeriod")  # the second: R5
    people = [
        _participant(item, "individual" if "individual" in item else "actor", PRACTITIONER)
        for item in parts(body, "participant")
    ]
    visit = Visit(
        place=resource.place,
        id=contents.directory.add(resource),
        status=text(body, "status"),
        updated=text(part(body, "meta"), "lastUpdated"),
        starts=moment(period, "start", timezone) or moment(body, "plannedStartDate", timezone),
        people=(Person(read_ref(part(body, "subject")), PATIENT), *people),
        linked=tuple(read_ref(item) for item in parts(body, "appointment")),
    )
    _keep_newest(contents.encounters, visit)


def _keep_newest(visits: dict[str, Visit], visit: Visit) -> None:
    """One of each id: the same resource can stand in several files."""
    if visit.id not in visits or visit.updated >= visits[visit.id].updated:
        visits[visit.id] = visit


def _episode(resource: Resource, contents: Contents) -> None:
    body = resource.body
    status = text(body, "status")
    if status not in ENDED:
        return
    ended = moment(part(body, "period"), "end", contents.timezone)
    if ended is None:
        return contents.out.skip(Words("an EpisodeOfCare that is over, but not since which day"))
    client, manager = read_ref(part(body, "patient")), read_ref(part(body, "careManager"))
    kind = next(_ending_kinds(body), Ending.OTHER)
    contents.episodes[_name(resource, contents.episodes)] = Episode(
        resource.place, client, manager, ended, kind, f"episode {status}"
    )


def _name(resource: Resource, others: Mapping[str, object]) -> str:
    """What tells a resource from others of its type; one that was never on a server may have no id."""
    return resource.id or resource.url or f"#{len(others)}"


def _ending_kinds(body: Body) -> Iterator[Ending]:
    """How it ended, where an extension tells it in our words. R4 has no element for it."""
    for extension in parts(body, "extension"):
        if _ENDING.search(text(extension, "url").rpartition("/")[2]):
            coded = [text(extension, "valueCode"), text(part(extension, "valueCoding"), "code")]
            for code in [*coded, *codes(part(extension, "valueCodeableConcept"))]:
                if code in _KINDS:
                    yield _KINDS[code]


def _observation(resource: Resource, contents: Contents) -> None:
    body = resource.body
    measured = [code for code in codes(part(body, "code")) if code in MEASURES]
    value = number(part(body, "valueQuantity"), "value")
    value = number(body, "valueInteger") if value is None else value
    if not measured or value is None or text(body, "status") not in FINAL:
        return
    moments = [moment(body, name, contents.timezone) for name in ("effectiveDateTime", "effectiveInstant")]
    moments += [moment(part(body, "effectivePeriod"), "start", contents.timezone)]
    taken = next(filter(None, moments), None) or moment(body, "issued", contents.timezone)
    if taken is None:
        return contents.out.skip(Words("a total score without its day"))
    contents.scored |= {text(item, "reference").rpartition("/")[2] for item in parts(body, "derivedFrom")}
    client = read_ref(part(body, "subject"))
    answers = Answers(
        resource.place, _name(resource, contents.observations), client, taken, "", ((measured[0], value),)
    )
    contents.observations[answers.id] = answers


def _response(resource: Resource, contents: Contents) -> None:
    body = resource.body
    taken = moment(body, "authored", contents.timezone)
    if text(body, "status") not in FINAL or taken is None:
        return
    client = read_ref(part(body, "subject") or part(body, "source"))
    form = text(body, "questionnaire").partition("|")[0]
    answers = Answers(resource.place, _name(resource, contents.responses), client, taken, form, tuple(_numbers(body)))
    contents.responses[answers.id] = answers


def _numbers(body: Body) -> Iterator[tuple[str, float]]:
    """The answers that are numbers, with their linkId, through all groups."""
    for item in parts(body, "item"):
        yield from _numbers(item)
        for answer in parts(item, "answer"):
            yield from _numbers(answer)
            values = [number(answer, "valueInteger"), number(answer, "valueDecimal")]
            values += [number(part(answer, "valueQuantity"), "value")]
            yield from ((text(item, "linkId"), value) for value in values if value is not None)


def _questionnaire(resource: Resource, contents: Contents) -> None:
    found = dict(_coded_questions(resource.body))
    for name in (text(resource.body, "url"), f"Questionnaire/{resource.id}"):
        contents.totals[name] = found


def _coded_questions(body: Body) -> Iterator[tuple[str, str]]:
    for item in parts(body, "item"):
        yield from _coded_questions(item)
        for code in parts(item, "code"):
            if text(code, "code") in MEASURES:
                yield text(item, "linkId"), text(code, "code")


def score_of(measure: str, value: float) -> Row:
    """The measure and score of a total.

    Raises
    ------
    BadCell
        If the measure cannot give such a total.
    """
    name, highest = MEASURES[measure]
    if not 0 <= value <= highest:
        raise BadCell(
            "value", f"{value:g}", Words("a number from 0 to {highest} for {measure}", highest=highest, measure=name)
        )
    return {"measure": name, "score": f"{value:g}"}


READERS: Mapping[str, Callable[[Resource, Contents], None]] = {
    "Patient": _patient,
    "Practitioner": _practitioner,
    "PractitionerRole": _role,
    "Appointment": _appointment,
    "Encounter": _encounter,
    "EpisodeOfCare": _episode,
    "Observation": _observation,
    "QuestionnaireResponse": _response,
    "Questionnaire": _questionnaire,
}
