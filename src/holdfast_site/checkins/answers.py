"""What was answered, for whom: values between the form, the sealed boxes and the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast_site.checkins.models import Audience

Value = int | str


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """Every answer that was given, by audience. A question that was skipped is nowhere in it."""

    by_audience: Mapping[Audience, Mapping[str, Value]]

    @classmethod
    def of(cls, given: Iterable[tuple[str, Value, Audience]]) -> Answers:
        """Sort answers by who may see them."""
        sorted_out: dict[Audience, dict[str, Value]] = {}
        for name, value, audience in given:
            sorted_out.setdefault(audience, {})[name] = value
        return cls(sorted_out)

    @property
    def audiences(self) -> frozenset[Audience]:
        return frozenset(self.by_audience)


def packed(values: Mapping[str, Value]) -> bytes:
    """One box's content, before it is sealed."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True).encode()


def put_right(values: Mapping[str, Value], corrections: Iterable[Mapping[str, Value | None]]) -> Mapping[str, Value]:
    """What stands after corrections, the oldest first. One that says nothing takes an answer back."""
    standing: dict[str, Value | None] = dict(values)
    for correction in corrections:
        standing.update(correction)
    return {name: value for name, value in standing.items() if value is not None}


def packed_correction(values: Mapping[str, Value | None]) -> bytes:
    """A correction's content, before it is sealed."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True).encode()


def unpacked_correction(content: bytes) -> Mapping[str, Value | None]:
    """The same, after it was opened."""
    found: dict[str, Value | None] = json.loads(content)
    return found


def unpacked(content: bytes) -> Mapping[str, Value]:
    """The same, after it was opened."""
    found: dict[str, Value] = json.loads(content)
    return found
