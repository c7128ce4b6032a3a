"""Whom a FHIR reference means, in every style that servers and bulk exports write it.

``Patient/C1``, an absolute address, ``urn:uuid:…`` within a bundle, ``Patient?identifier=system|value``,
and an identifier alone. Who is not among the files keeps the id that the reference gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from holdfast.tables.sources.fhir_resources import Body, Resource, part, parts, text
from holdfast.tables.sources.records import BadCell
from holdfast.words import Words

PATIENT, PRACTITIONER, ROLE = PEOPLE = ("Patient", "Practitioner", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference as written. ``identifier`` is ``system|value``."""

    address: str
    type: str
    identifier: str
    display: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference means: the type and id of a resource."""

    type: str
    id: str


def read_ref(body: Body) -> Ref:
    """Take a reference apart."""
    return Ref(text(body, "reference"), text(body, "type"), _token(part(body, "identifier")), text(body, "display"))


def _token(identifier: Body) -> str:
    value = text(identifier, "value")
    return f"{text(identifier, 'system')}|{value}" if value else ""


@dataclass(slots=True)
class Directory:
    """Every name under which a resource can be referred to."""

    targets: dict[str, Target] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)  # identifiers that two resources have
    roles: dict[str, Ref] = field(default_factory=dict)  # of a PractitionerRole's id: its practitioner
    by_name: set[str] = field(default_factory=set)  # who was referred to by name alone

    def add(self, resource: Resource) -> str:
        """Take in a resource, and return the id that it goes by."""
        tokens = [token for item in parts(resource.body, "identifier") if (token := _token(item))]
        own = resource.id or _last(resource.url) or (_value(tokens[0]) if tokens else "")
        if not own:
            raise BadCell("id", "", Words("an id, or an identifier to tell it by"))
        target = Target(resource.type, own)
        self.targets[f"{resource.type}/{own}"] = target
        if resource.url:
            self.targets[resource.url] = target
        for key in _keys(resource.type, tokens):
            if self.targets.setdefault(key, target) != target:
                self.ambiguous.add(key)
        if resource.type == ROLE:
            self.roles[own] = read_ref(part(resource.body, "practitioner"))
        return own

    def find(self, ref: Ref, expected: str = "") -> Target | None:
        """Return whom a reference means, a role's practitioner for a role, or None if it does not say.

        ``expected`` is the type where the reference stands at a place that only allows one.
        """
        target = (
            self._by_address(ref, expected) or self._by_identifier(ref, expected) or self._by_display(ref, expected)
        )
        if target is None or target.type != ROLE:
            return target
        practitioner = self.roles.get(target.id)
        found = self.find(practitioner, PRACTITIONER) if practitioner else None
        return found or Target(PRACTITIONER, target.id)

    def _by_address(self, ref: Ref, expected: str) -> Target | None:
        address = ref.address.partition("/_history/")[0]
        if not address or address.startswith("#"):  # '#': inside the resource itself
            return None
        if "?identifier=" in address:
            path, _, token = address.partition("?identifier=")
            return self._by_identifier(Ref("", path.rpartition("/")[2], unquote(token), ""), expected)
        if address in self.targets:
            return self.targets[address]
        if address.startswith("urn:"):
            kind = ref.type or expected
            return Target(kind, _last(address)) if kind else None
        kind, _, id = "/".join(address.rstrip("/").split("/")[-2:]).rpartition("/")
        return self.targets.get(f"{kind}/{id}") or Target(kind or ref.type or expected, id)

    def _by_identifier(self, ref: Ref, expected: str) -> Target | None:
        if not ref.identifier:
            return None
        kind = ref.type or expected
        token = ref.identifier if "|" in ref.identifier else f"|{ref.identifier}"
        key = f"{kind}?identifier={token}"
        if key in self.ambiguous:
            raise BadCell(
                "identifier",
                token,
                Words("an identifier that only one {resource} has", resource=kind or Words("resource")),
            )
        return self.targets.get(key) or (Target(kind, _value(token)) if kind else None)

    def _by_display(self, ref: Ref, expected: str) -> Target | None:
        kind = ref.type or expected
        if not ref.display or not kind:
            return None
        self.by_name.add(ref.display)
        return Target(kind, ref.display)


def _keys(kind: str, tokens: list[str]) -> Iterator[str]:
    """The identifiers of a resource with and without their system, and of a person also without the type."""
    for token in tokens:
        for written in dict.fromkeys((token, f"|{_value(token)}")):
            yield f"{kind}?identifier={written}"
            if kind in PEOPLE:
                yield f"?identifier={written}"


def _value(token: str) -> str:
    return token.rpartition("|")[2]


def _last(address: str) -> str:
    """The id at the end of an address: ``C1`` of ``https://server/Patient/C1``, the number of ``urn:uuid:…``."""
    return address.rstrip("/").replace(":", "/").rpartition("/")[2]
