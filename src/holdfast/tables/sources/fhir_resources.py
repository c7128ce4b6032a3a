"""FHIR resources one by one, from bundles, NDJSON and single files, and reading their few fields strictly.

Files of a bulk export can be hundreds of megabytes: one line is taken apart at a time, and nothing
of it is kept here.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from holdfast.errors import SourceError
from holdfast.tables.moments import When, from_iso
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.records import BadCell
from holdfast.tables.sources.source import Faults
from holdfast.words import Words

Body = Mapping[str, Any]
_PARTIAL = re.compile(r"\d{4}(-\d{2})?")  # FHIR allows a year or a month where a date is asked for


class Placed(Protocol):
    """Whatever can say where it stands: file, type and id."""

    @property
    def place(self) -> str: ...


Item = TypeVar("Item", bound=Placed)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. ``url`` is its address in a bundle; ``type`` is blank if it is no resource."""

    file: str
    type: str
    id: str
    url: str
    body: Body

    @property
    def place(self) -> str:
        id = self.id or Words("(no id)")
        return Words("{file}, {resource}/{id}", file=self.file, resource=self.type, id=id)


def resources(file: SourceFile) -> Iterator[Resource]:
    """Give every resource of a file, those inside bundles and lists included.

    Raises
    ------
    SourceError
        If it is not JSON or is cut off, with the line.
    """
    for value in _values(file):
        yield from _unpack(file.name, value, url="")


def _values(file: SourceFile) -> Iterator[Any]:
    """The JSON values of a file: one a line, or the whole file as one."""
    wide = file.data.startswith((b"\xff\xfe", b"\xfe\xff"))  # some shells redirect to UTF-16
    data = file.text.encode() if wide else file.data.removeprefix(b"\xef\xbb\xbf")
    numbered = ((number, line) for number, line in enumerate(io.BytesIO(data), start=1) if line.strip())
    first = next(numbered, None)
    if first is None or not _is_whole(first[1]):
        yield file.json
        return
    for number, line in chain([first], numbered):
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                Words(
                    "{file}, line {line} is not complete JSON. "
                    "It may have been cut off on the way; export or download it again.",
                    file=file.name,
                    line=str(number),
                )
            ) from error


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _unpack(file: str, value: Any, url: str) -> Iterator[Resource]:
    if isinstance(value, list):
        for inner in value:
            yield from _unpack(file, inner, url="")
        return
    if not isinstance(value, dict):
        raise SourceError(
            Words(
                "{file} holds {found} where a FHIR resource should be. Is it another file?",
                file=file,
                found=repr(str(value)[:40]),
            )
        )
    kind = str(value.get("resourceType") or "")
    id = str(value.get("id") or "")
    if kind != "Bundle":
        yield Resource(file, kind, id, url, value)
        return
    entries = value.get("entry") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SourceError(
            Words("{file}, Bundle/{id}: its entry is not a list of objects. Export it again.", file=file, id=id)
        )
    for entry in entries:
        if entry.get("resource") is not None:
            yield from _unpack(file, entry["resource"], url=str(entry.get("fullUrl") or ""))


def read_each(items: Iterable[Item], read_one: Callable[[Item], None]) -> None:
    """Read every item, and stop at the end if there were fields that could not be read.

    Raises
    ------
    SourceError
        With the type and id of each such resource.
    """
    faults = Faults()
    for item in items:
        try:
            read_one(item)
        except BadCell as cell:
            faults.add(item.place, cell.column, cell.found, cell.allowed)
    faults.refuse(Words("Correct them where they come from, and export again."))


def text(body: Body, name: str) -> str:
    """A text or code; blank if it is not there."""
    value = body.get(name)
    if value is None or isinstance(value, str):
        return (value or "").strip()
    raise BadCell(name, str(value), Words("text"))


def part(body: Body, name: str) -> Body:
    """An object; empty if it is not there."""
    value = body.get(name)
    if value is None or isinstance(value, dict):
        return value or {}
    raise BadCell(name, str(value), Words("an object"))


def parts(body: Body, name: str) -> list[Body]:
    """A list of objects; empty if it is not there."""
    value = body.get(name)
    if value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return value or []
    raise BadCell(name, str(value), Words("a list of objects"))


def number(body: Body, name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadCell(name, str(value), Words("a number"))
    return float(value)


def moment(body: Body, name: str, timezone: ZoneInfo) -> When | None:
    """A moment or a day; None if it is not there, or is only a year or a month."""
    written = text(body, name)
    if not written or _PARTIAL.fullmatch(written):
        return None
    try:
        return from_iso(written, timezone)
    except (ValueError, OverflowError) as error:
        raise BadCell(
            name, written, Words("a moment such as 2026-11-22T14:00:00Z, or a day such as 2026-11-22")
        ) from error


def codes(concept: Body) -> list[str]:
    """The codes of a CodeableConcept, whatever their systems."""
    return [code for coding in parts(concept, "coding") if (code := text(coding, "code"))]


def extensions(body: Body, name: str) -> Iterator[Body]:
    """The extensions whose address ends with this name: ``…/extension-Appointment.cancellationDate``."""
    for extension in parts(body, "extension"):
        if re.split(r"[/.#:]", text(extension, "url"))[-1] == name:
            yield extension
