"""A record as a FHIR R4 Bundle of the type collection. Everything in it refers only to what is in it too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from holdfast.fhir.agreed import consents, people, supervision
from holdfast.fhir.answers import questionnaires, responses
from holdfast.fhir.elements import Body, moment
from holdfast.fhir.record import Record
from holdfast.fhir.said import communications, procedures, rhythms, tasks
from holdfast.fhir.visits import appointments, encounters, episodes

ODD = re.compile(r"(?![ \t\r\n])[\s\x00-\x1f\ufeff]")  # in no text of FHIR R4, and easily typed: a phone's own spaces


def bundle(record: Record) -> Body:
    """The whole record. What it holds and what it cannot hold is in docs/reference/fhir.md."""
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": _plain(one)} for one in _resources(record)]
    made = {"type": "collection", "timestamp": moment(record.made_at), "entry": entries}
    return {"resourceType": "Bundle", "language": record.language, **made}


def _resources(record: Record) -> Iterator[Body]:
    for kind in (people, episodes, appointments, encounters, questionnaires, responses, consents, tasks):
        yield from kind(record)
    for kind in (communications, procedures, rhythms, supervision):
        yield from kind(record)


def _plain(found: Any) -> Any:
    """The same with a plain space for each sign that no text may have: one of them, and all of it would be refused."""
    if isinstance(found, dict):
        return {name: _plain(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_plain(one) for one in found]
    return ODD.sub(" ", found) if isinstance(found, str) else found
