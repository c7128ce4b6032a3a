"""Who is who, who supervises, and what he agreed to: Patient, Practitioner, Organization, CareTeam, Consent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from holdfast.fhir.elements import (
    ORGANIZATION,
    OURS,
    PATIENT,
    PRACTITIONER,
    TERMS,
    Body,
    coded,
    day,
    extension,
    filled,
    himself,
    moment,
    period,
    practice,
    resource,
)
from holdfast.fhir.record import Decision, Person, Record

RESEARCH = "research"


def people(record: Record) -> Iterator[Body]:
    """The client, the practice, and whoever treats or treated him: of them the name alone."""
    yield resource(
        record,
        PATIENT,
        record.client.id,
        extension=[
            one
            for name, words in record.client.wishes.items()
            for one in extension(f"{OURS}reached-{name.replace('_', '-')}", valueString=words)
        ],
        identifier=[{"system": f"{OURS}client", "value": record.client.id}],
        name=_named(record.client.name),
        telecom=[*_telecom(record.client, "email"), *_telecom(record.client, "phone")],
        managingOrganization=practice(record),
    )
    yield resource(record, ORGANIZATION, "", name=record.practice)
    for id, name in record.therapists.items():
        yield resource(record, PRACTITIONER, id, name=_named(name))


def _named(name: str) -> list[Body]:
    return [{"text": name}] if name else []


def _telecom(client: Person, way: str) -> list[Body]:
    value = client.email if way == "email" else client.phone
    rank = 1 if way == client.chosen else None
    return [filled({"system": way, "value": value, "rank": rank})] if value else []


def supervision(record: Record) -> Iterator[Body]:
    """That somebody supervises. By whom is not his to take along; in words it says how far."""
    for one in record.supervised:
        yield resource(
            record,
            "CareTeam",
            one.id,
            status="inactive" if one.ended else "active",
            name=one.words,
            subject=himself(record),
            period=period(moment(one.since), moment(one.ended)),
        )


def consents(record: Record) -> Iterator[Body]:
    """Every decision. The last about each thing is active while it holds; those before it are not."""
    newest = {one.subject: one.id for one in sorted(record.decisions, key=lambda one: one.at)}
    for one in record.decisions:
        is_over = one.until is not None and one.until <= record.made_at.date()
        holds = newest[one.subject] == one.id and not is_over
        yield _consent(record, one, "active" if holds else "inactive")


def _consent(record: Record, one: Decision, status: str) -> Body:
    last_day = one.until and one.until - timedelta(days=1)  # the end of a period is a day of it
    scope = RESEARCH if one.about == RESEARCH else "patient-privacy"
    kinds = [coded(f"{OURS}consent", one.about, one.words)]
    return resource(
        record,
        "Consent",
        one.id,
        status=status,
        scope=coded(f"{TERMS}consentscope", scope),
        category=[*kinds, {"text": one.study}] if one.study else kinds,
        patient=himself(record),
        dateTime=moment(one.at),
        organization=[practice(record)],
        policyRule=coded(f"{OURS}consent-wording", f"{one.about}-{one.version}"),
        provision=filled({"type": "permit" if one.yes else "deny", "period": period(None, day(last_day))}),
    )
