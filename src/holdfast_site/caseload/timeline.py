"""The client's story as one drawing, time from left to right: what stands where. Plain values in, plain values out.

Above are check-ins, in the middle sessions and gaps, below what was said and done. The newest part is at the right.
The template draws it; a table beside it says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from holdfast_site.languages import N_

PER_DAY = 2.0  # so that five months fill a phone, and a year a desk
MOST_PER_DAY = 5.0  # a short course is drawn wider
LONGEST = timedelta(days=730)
AHEAD = timedelta(days=28)  # no further, however far ahead he is booked
BEFORE = timedelta(days=10)
PHONE, EDGE = 320, 12
HEIGHT, CHECKINS, SESSIONS, DONE, AXIS = 152, 40, 72, 104, 144
LABELLED = 64  # a narrower gap has no room for words
FULL_LABEL = 40  # a month at the very edge has no room for its name
GAP_RHYTHMS = 1.5  # as on the plain overdue list


class Kind(StrEnum):
    """What a mark stands for; each has a shape of its own."""

    SESSION = "session"
    MISSED = "missed"
    CALLED_OFF = "called_off"
    BY_YOU = "by_you"
    UNMARKED = "unmarked"
    BOOKED = "booked"
    CHECKIN = "checkin"
    CHECKIN_OFF = "checkin_off"
    CHECKIN_ASKS = "checkin_asks"
    CHECKIN_NONE = "checkin_none"
    DONE = "done"
    ENDING = "ending"

    @property
    def y(self) -> int:
        """How far down it stands."""
        if self.value.startswith("checkin"):
            return CHECKINS
        return DONE if self in (Kind.DONE, Kind.ENDING) else SESSIONS

    @property
    def is_telling(self) -> bool:
        """Whether it can be reached with the keyboard. A row of plain sessions would only be in the way."""
        return self not in (Kind.SESSION, Kind.CHECKIN_NONE)

    @property
    def legend(self) -> str:
        return gettext(LEGEND[self])


LEGEND = {
    Kind.SESSION: N_("session"),
    Kind.MISSED: N_("missed, or called off late"),
    Kind.CALLED_OFF: N_("called off or moved"),
    Kind.BY_YOU: N_("called off by you"),
    Kind.UNMARKED: N_("nobody marked it"),
    Kind.BOOKED: N_("booked"),
    Kind.CHECKIN: N_("check-in, nothing marked as off"),
    Kind.CHECKIN_OFF: N_("check-in: something off, or a fall"),
    Kind.CHECKIN_ASKS: N_("wants to be asked"),
    Kind.CHECKIN_NONE: N_("check-in, nothing seen"),
    Kind.DONE: N_("said or done"),
    Kind.ENDING: N_("how it ended"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in words."""

    at: datetime
    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Break:
    """An agreed break; without an end it goes on."""

    start: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where an event stands. ``row`` is its place in the table."""

    x: float
    y: int
    kind: Kind
    words: str
    at: datetime
    row: int

    @property
    def hit(self) -> tuple[float, int]:
        """The corner of what can be pointed at, which is larger than the mark."""
        return round(self.x - 8, 1), self.y - 14

    @property
    def anchor(self) -> str:
        """On which side of the mark its words stand, so that they stay within the drawing."""
        return "start" if self.x < PHONE / 2 else "end"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time: a gap one can see, or an agreed break."""

    x: float
    width: float
    kind: str
    words: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def label(self) -> str:
        """The words, where there is room for them."""
        return self.words if self.width >= LABELLED else ""


@dataclass(frozen=True, slots=True)
class Tick:
    """The first of a month."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that the template draws."""

    width: int
    now_x: float
    marks: Sequence[Mark]
    bands: Sequence[Band]
    ticks: Sequence[Tick]
    is_cut: bool  # there is more before

    height = HEIGHT
    baseline = SESSIONS
    axis = AXIS

    @property
    def kinds(self) -> Sequence[Kind]:
        """What the legend has to explain."""
        there = {mark.kind for mark in self.marks}
        return [kind for kind in Kind if kind in there]


def drawing(events: Sequence[Event], breaks: Iterable[Break], *, rhythm_days: float | None, now: datetime) -> Drawing:
    """Say what stands where. ``events`` are oldest first; the place of each is its row in the table."""
    first = min((event.at for event in events), default=now)
    ahead = [event.at for event in events if now < event.at <= now + AHEAD]
    end = max([now, *ahead]) + timedelta(days=4)
    start = max(first - BEFORE, end - LONGEST)
    scale = _Scale(start, end)
    seen = [(row, event) for row, event in enumerate(events) if start <= event.at <= end]
    marks = [Mark(scale.x(one.at), one.kind.y, one.kind, one.words, one.at, row) for row, one in seen]
    agreed = [one for one in breaks if (one.until or now) > start and one.start < end]
    gaps = _gaps(events, agreed, rhythm_days, now)
    bands = [*_drawn(gaps, "gap", scale), *_breaks(agreed, now, scale)]
    return Drawing(scale.width, scale.x(now), marks, bands, list(_months(scale)), first < start)


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime

    @property
    def per_day(self) -> float:
        """As wide as a phone, but no more crowded than usual, and not so wide that a week looks like a month."""
        return min(max((PHONE - 2 * EDGE) / _days(self.end - self.start), PER_DAY), MOST_PER_DAY)

    @property
    def width(self) -> int:
        return max(round(_days(self.end - self.start) * self.per_day) + 2 * EDGE, PHONE)

    def x(self, at: datetime) -> float:
        inside = min(max(at, self.start), self.end)
        return round(EDGE + _days(inside - self.start) * self.per_day, 1)


def _gaps(
    events: Sequence[Event], breaks: Sequence[Break], rhythm_days: float | None, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """From one session to the next, or to now, where it was clearly longer than usual. An ending ends it."""
    if rhythm_days is None:
        return
    stops = [event.at for event in events if event.kind is Kind.ENDING]
    came = [event.at for event in events if event.kind is Kind.SESSION]
    for start, following in pairwise([*came, now]):
        end = min([following, *(stop for stop in stops if start < stop < following)])
        agreed = any(one.start < end and (one.until or now) > start for one in breaks)
        if not agreed and _days(end - start) > GAP_RHYTHMS * rhythm_days:
            yield start, end


def _drawn(gaps: Iterable[tuple[datetime, datetime]], kind: str, scale: _Scale) -> Iterator[Band]:
    for start, end in gaps:
        x = scale.x(start)
        if end > scale.start:
            yield Band(
                x,
                round(scale.x(end) - x, 1),
                kind,
                how_long((timezone.localdate(end) - timezone.localdate(start)).days),
            )


def _breaks(breaks: Iterable[Break], now: datetime, scale: _Scale) -> Iterator[Band]:
    for one in breaks:
        x, end = scale.x(one.start), scale.x(one.until or now)
        yield Band(x, max(round(end - x, 1), 2.0), "break", gettext("break agreed"))


def _days(time: timedelta) -> float:
    return time / timedelta(days=1)


def _months(scale: _Scale) -> Iterator[Tick]:
    year, month = scale.start.year, scale.start.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = datetime(year, month, 1, tzinfo=scale.start.tzinfo)
        if first > scale.end:
            return
        x = scale.x(first)
        words = date_format(first, "M") if month > 1 else str(year)
        yield Tick(x, words if x + FULL_LABEL <= scale.width else "")


def how_long(days: int) -> str:
    """So many days, or weeks from three of them on."""
    if days < 21:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    weeks = round(days / 7)
    return ngettext("%(count)s week", "%(count)s weeks", weeks) % {"count": weeks}
