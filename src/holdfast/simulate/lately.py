"""What has happened to a client since his last session, as far as a world may give it an effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from holdfast.simulate.episode import Booking
from holdfast.tables.schema import InitiatedBy, Status

_WIDE = 1.5  # of his turns
_MUCH = 0.2  # of the scale: a change of symptoms that counts


@dataclass(slots=True)
class Lately:
    """Since his last session."""

    since: datetime | None = None
    missed: list[Booking] = field(default_factory=list)  # what he was booked for and what did not take place
    paused: bool = False
    repaired: bool = False

    def names(self, session: Booking, rhythm: int) -> Iterator[str]:
        """Name what holds now that he has come again."""
        if self.since and not self.paused and (session.start - self.since).days > _WIDE * rhythm:
            yield "widening"
        if self.repaired:
            yield "repaired"
        yield from {_name(booking) for booking in self.missed} - {""}


def _name(booking: Booking) -> str:
    if booking.by is InitiatedBy.PROVIDER:
        return "provider_cancelled"
    return {Status.LATE_CANCELLED: "late_cancelled", Status.NO_SHOW: "no_show"}.get(booking.status, "")


def symptoms(began: float, now: float) -> Iterator[str]:
    """Say whether he is better or worse than when he began; each from 0 to 1 of the scale."""
    if now - began <= -_MUCH:
        yield "better"
    if now - began >= _MUCH:
        yield "worse"
