"""What is due: plain rules on plain values. Whether somebody answered plays no part in it, so nothing that was kept
from a therapist can be seen from what is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from holdfast.tables.schema import Status
from holdfast_site.checkins.models import Asks

TOO_LATE_AFTER = timedelta(hours=24)  # a check-in about a session longer ago is not begun
TOO_LATE_BEFORE = timedelta(hours=3)  # nobody is asked whether he comes when he may be on his way
WEEK, DAY = timedelta(days=7), timedelta(days=1)
APART = timedelta(hours=12)  # between two messages to one client
PERHAPS_ATTENDED = (Status.ATTENDED, Status.UNKNOWN, Status.BOOKED)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the practice decided about asking."""

    checkin_after: timedelta
    before: timedelta
    most_a_week: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """An appointment, and whose."""

    id: int
    client_id: str
    starts_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When it is safe for him to get a message, by his own clock. From after until: over midnight."""

    safe_from: int
    safe_until: int
    zone: ZoneInfo

    def hold(self, now: datetime) -> bool:
        """Whether now is within them."""
        hour = now.astimezone(self.zone).hour
        if self.safe_from < self.safe_until:
            return self.safe_from <= hour < self.safe_until
        return hour >= self.safe_from or hour < self.safe_until

    def next(self, now: datetime) -> datetime:
        """The first moment from now on that is within them, also in the nights when clocks change."""
        if self.hold(now):
            return now
        today = now.astimezone(self.zone).date()
        for days in (0, 1, 2):
            begins = datetime.combine(today + timedelta(days=days), time(self.safe_from % 24), self.zone)
            begins = begins.astimezone(ZoneInfo("UTC"))  # an hour that is skipped becomes the one after it
            if begins >= now and self.hold(begins):
                return begins
        return now + DAY


@dataclass(frozen=True, slots=True)
class Reach:
    """How one client can be reached, and how much he was sent. Whoever may not be sent anything has none."""

    hours: Hours
    sent: Sequence[datetime] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to ask now."""

    asks: Asks
    meeting: Meeting
    ends_at: datetime

    @property
    def cause(self) -> str:
        return f"{self.asks}:{self.meeting.id}"


def possible(now: datetime, meetings: Iterable[Meeting], rhythm: Rhythm) -> Iterator[Due]:
    """What could be asked now, as far as the clock goes: after a session that was or may have been, and before one."""
    for one in meetings:
        since, ahead = now - one.starts_at, one.starts_at - now
        if one.status in PERHAPS_ATTENDED and rhythm.checkin_after <= since < rhythm.checkin_after + TOO_LATE_AFTER:
            yield Due(Asks.CHECKIN, one, one.starts_at + rhythm.checkin_after + 2 * TOO_LATE_AFTER)
        if one.status == Status.BOOKED and TOO_LATE_BEFORE <= ahead <= rhythm.before:
            yield Due(Asks.BEFORE, one, one.starts_at - TOO_LATE_BEFORE)


def due(now: datetime, open_ones: Sequence[Due], reach: Mapping[str, Reach], most_a_week: int) -> Sequence[Due]:
    """What of it to ask: of whom it may be, within safe hours, one thing at a time and so many a week each.

    Where two are open at once, the later meeting's goes first.
    """
    found: dict[str, Due] = {}
    for one in sorted(open_ones, key=lambda one: (one.meeting.starts_at, one.cause), reverse=True):
        his = reach.get(one.meeting.client_id)
        if his and his.hours.hold(now) and _not_too_often(now, his.sent, most_a_week):
            found.setdefault(one.meeting.client_id, one)
    return list(found.values())


def _not_too_often(now: datetime, sent: Sequence[datetime], most_a_week: int) -> bool:
    """What is said to be sent in days to come, a clock wrote that ran ahead: nobody knows when that was."""
    lately = [one for one in sent if -APART < now - one < WEEK]
    return len(lately) < most_a_week and all(abs(now - one) >= APART for one in lately)
