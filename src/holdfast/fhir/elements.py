"""The small parts of which FHIR's resources are made, and the addresses of its codes and of our own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import uuid5

from holdfast.fhir.record import Record

Body = dict[str, Any]

OURS = "urn:holdfast:fhir:"
CORE = "http://hl7.org/fhir/StructureDefinition/"
FROM_R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
TERMS = "http://terminology.hl7.org/CodeSystem/"
PATIENT, ORGANIZATION, PRACTITIONER = "Patient", "Organization", "Practitioner"

WITHHELD = {  # restricted, because the patient asked for it
    "security": [
        {"system": f"{TERMS}v3-Confidentiality", "code": "R", "display": "restricted"},
        {"system": f"{TERMS}v3-ActCode", "code": "PRS", "display": "patient requested information sensitivity"},
    ]
}


def id_of(record: Record, kind: str, name: str) -> str:
    """The id of a resource: always the same for the same thing of the same practice, and telling nothing of it."""
    return str(uuid5(record.namespace, f"{kind}/{name}"))


def resource(record: Record, kind: str, key: str, /, *, withheld: bool = False, **elements: Any) -> Body:
    """One resource. Elements that are blank are left out: FHIR has none that are empty."""
    head: Body = {"resourceType": kind, "id": id_of(record, kind, key)}
    if withheld:
        head["meta"] = WITHHELD
    return head | filled(elements)


def filled(elements: Mapping[str, Any]) -> Body:
    """What is not blank."""
    return {name: value for name, value in elements.items() if value not in (None, "", [], {})}


def reference(record: Record, kind: str, name: str) -> Body:
    """A reference to a resource of the same Bundle."""
    return {"reference": f"urn:uuid:{id_of(record, kind, name)}", "type": kind}


def himself(record: Record) -> Body:
    return reference(record, PATIENT, record.client.id)


def practice(record: Record) -> Body:
    return reference(record, ORGANIZATION, "")


def therapist(record: Record, id: str) -> Body:
    return reference(record, PRACTITIONER, id)


def moment(at: datetime | None) -> str | None:
    """A moment to the second, with its offset."""
    return at.isoformat(timespec="seconds") if at else None


def day(on: date | None) -> str | None:
    return on.isoformat() if on else None


def period(start: str | None, end: str | None) -> Body:
    return filled({"start": start, "end": end})


def coded(system: str, code: str, words: str = "") -> Body:
    """A concept with one code, and its words."""
    return filled({"coding": [filled({"system": system, "code": code, "display": words})], "text": words})


def extension(url: str, **value: Any) -> list[Body]:
    """One extension in a list, or none if its value is blank."""
    return [{"url": url, **value}] if filled(value) else []


def unknown() -> Body:
    """An element that has to be there, and whose value nobody knows."""
    return {"extension": extension(f"{CORE}data-absent-reason", valueCode="unknown")}
