"""The front desk: booking, moving and calling off, and what becomes of each appointment."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta

from holdfast.simulate.clients import BY_PHONE, BY_THE_SERIES, WEEKLY, Person
from holdfast.simulate.dice import Dice
from holdfast.simulate.episode import Booking, Episode
from holdfast.simulate.world import World
from holdfast.tables.schema import InitiatedBy, Status

_HOUR = timedelta(hours=1)
_NOTICE = timedelta(hours=24)
CLIENT, PROVIDER, UNKNOWN = InitiatedBy.CLIENT, InitiatedBy.PROVIDER, InitiatedBy.UNKNOWN


class Desk:
    """Keeps one episode's appointments."""

    def __init__(self, world: World, dice: Dice, episode: Episode) -> None:
        self.world, self.dice, self.episode = world, dice, episode
        self.person: Person = episode.people[0]
        self.therapist = episode.therapist
        self.pending: list[Booking] = []  # booked and still to come, in order
        self.home: tuple[int, int] | None = None  # his weekday and minutes after midnight

    def book(self, day: date, booked_at: datetime, *, after: datetime) -> Booking:
        """Book the hour nearest to his own on or about a day."""
        minutes = self.home[1] if self.home else self.person.hour
        wish = minutes if self.dice.chance(0.9) else 60 * self.dice.whole(9, 18)
        start = self.therapist.take(day, wish, self.world, after=max(after, booked_at + 2 * _HOUR))
        return self._enter(Booking(start, booked_at))

    def book_first(self, asked_at: datetime) -> Booking:
        day = asked_at.date() + timedelta(days=self.dice.whole(3, 17))
        booking = self.book(day, asked_at, after=asked_at)
        self.home = (booking.start.weekday(), booking.start.hour * 60 + booking.start.minute)
        return booking

    def book_on_the_day(self, session: Booking) -> None:
        """Before he leaves the room: nothing, the next one, or the next few."""
        habits = self.world.habits
        nothing = {BY_PHONE: habits.nothing_ahead, BY_THE_SERIES: 0.03}.get(self.person.books, 0.08)
        if habits.drop_in or self.pending or self.dice.chance(nothing):
            return
        count = 1
        if self.person.books == BY_THE_SERIES and self.person.rhythm == WEEKLY:
            count = 3
        elif self.person.books == BY_THE_SERIES:
            count = 2
        last, at = session.start, session.start + timedelta(minutes=50)
        for _ in range(count):
            booking = self.book(self.next_day(last), at, after=last + 12 * _HOUR)
            self.pending.append(booking)
            last = booking.start

    def book_later(self, since: datetime, *, target: date, at: datetime | None = None) -> Booking:
        """By phone, some days later."""
        booked_at = at or since + timedelta(days=self.dice.between(0.8, max(1.5, (target - since.date()).days - 1.5)))
        booked_at = waking(booked_at)
        return self.book(max(target, booked_at.date() + timedelta(days=1)), booked_at, after=since + 12 * _HOUR)

    def drop_in(self, last: datetime) -> Booking:
        """Without a booking: he comes, and is written down as he comes."""
        booking = self.book(self.next_day(last), last, after=last + 12 * _HOUR)
        booking.booked_at = booking.start - _HOUR / 4
        return booking

    def next_day(self, last: datetime) -> date:
        """His next turn by his rhythm, on his own weekday; now and then he is away for one."""
        turns: float = 2 if self.dice.chance(0.04) else 1
        irregular = self.world.habits.irregular
        if irregular:
            return last.date() + timedelta(days=max(1, round(self.person.rhythm * self._uneven(turns, irregular))))
        day = last.date() + timedelta(days=turns * self.person.rhythm)
        weekday = self.home[0] if self.home and self.dice.chance(0.93) else self.dice.whole(0, 4)
        shift = (weekday - day.weekday() + 3) % 7 - 3
        return day + timedelta(days=shift)

    def _uneven(self, turns: float, sd: float) -> float:
        return turns * math.exp(self.dice.normal(0, sd))

    def same_day(self, session: Booking) -> Booking | None:
        start = self.therapist.same_day(session.start, self.world)
        return self._enter(Booking(start, session.booked_at)) if start else None

    def attend(self, booking: Booking) -> Booking:
        """He comes. The therapist says so the same evening, the next day, or never."""
        booking.status = Status.ATTENDED
        delay = self.dice.between(1, 3) if self.dice.chance(0.7) else self.dice.between(15, 26)
        booking.defaulted = self.therapist.defaulting and self.dice.chance(self.world.records.defaulted)
        booking.status_at = self._unless_unmarked(booking.start + (1 if booking.defaulted else delay) * _HOUR)
        return booking

    def fate(self, booking: Booking) -> Status:
        """Let one of the ordinary things happen to an appointment of someone who means to come."""
        if self.is_swept_away(booking):
            return booking.status
        rates = self.world.rates
        chances = (
            rates.client_cancelled,
            rates.late_cancelled,
            rates.no_show,
            rates.provider_cancelled,
            rates.rescheduled,
        )
        what = self.dice.pick(
            ("cancelled", "late", "no-show", "provider", "moved", "came"), (*chances, 1 - math.fsum(chances))
        )
        match what:
            case "came":
                self.attend(booking)
            case "no-show":
                self.miss(booking)
            case "provider":
                self.call_off(booking, PROVIDER, late=self.dice.chance(0.4))
            case "moved":
                self._move(booking)
            case _:
                self.call_off(booking, CLIENT, late=what == "late")
        return booking.status

    def is_swept_away(self, booking: Booking) -> bool:
        """In a flu week or in the snow: called off at short notice, whatever he meant to do."""
        burst = self.world.burst_on(booking.start.date())
        if burst is None or not self.dice.chance(burst.share):
            return False
        self.call_off(booking, burst.by, late=True)
        return True

    def miss(self, booking: Booking) -> None:
        """He does not come. Where the system writes "attended" by itself, the records may not show it."""
        booking.status = Status.NO_SHOW
        booking.status_at = self._unless_unmarked(booking.start + self.dice.between(1, 4) * _HOUR)
        hidden = self.world.records.hidden_no_shows
        if self.therapist.defaulting and hidden and self.dice.chance(hidden):
            booking.stands_as, booking.defaulted = Status.ATTENDED, True

    def call_off(self, booking: Booking, by: InitiatedBy, *, late: bool, not_before: datetime | None = None) -> None:
        """Cancel, with notice or without. What was booked at short notice can only be cancelled late."""
        earliest = max(booking.booked_at, not_before or booking.booked_at) + _HOUR / 4
        latest = booking.start - _NOTICE - _HOUR
        if late or earliest >= latest:
            at = max(earliest, waking(booking.start - self.dice.between(1.5, 20) * _HOUR, later=True))
        else:
            at = max(earliest, waking(latest - min(self.dice.between(0, 130) * _HOUR, latest - earliest)))
        self._cancel_at(booking, by, min(at, booking.start - _HOUR / 12))

    def call_off_rest(self, at: datetime, by: InitiatedBy) -> None:
        """Cancel everything still to come, at one moment; what lies before it has been missed."""
        for booking in self.pending:
            if booking.start <= at:
                self.miss(booking)
            else:
                self._cancel_at(booking, by, max(at, booking.booked_at + _HOUR / 4))
        self.pending = []

    def _cancel_at(self, booking: Booking, by: InitiatedBy, at: datetime) -> None:
        late = booking.start - at < _NOTICE
        booking.status = Status.LATE_CANCELLED if late else Status.CANCELLED
        booking.by = UNKNOWN if self.dice.chance(self.world.records.unknown_initiator) else by
        booking.status_at = at
        vanishing = self.world.records.vanishing
        booking.vanished = bool(vanishing) and self.dice.chance(vanishing)

    def _move(self, booking: Booking) -> None:
        """Another day of about the same week: the old row says so, and a new one takes its place."""
        self.call_off(booking, self.dice.pick((CLIENT, PROVIDER), (0.75, 0.25)), late=False)
        booking.status = Status.RESCHEDULED
        at = booking.status_at or booking.booked_at
        target = booking.start.date() + timedelta(days=self.dice.whole(1, 5))
        self.pending.append(self.book(target, at, after=booking.start))
        self.pending.sort(key=lambda found: found.start)

    def _unless_unmarked(self, at: datetime) -> datetime | None:
        records = self.world.records
        share = records.careless_unmarked if self.therapist.careless else records.unmarked
        return None if self.dice.chance(share) else at

    def _enter(self, booking: Booking) -> Booking:
        booking.modality = self.person.modality if self.dice.chance(0.95) else "video"
        started = bool(self.episode.sessions)  # a couple begins together
        booking.partner_away = started and len(self.episode.people) > 1 and self.dice.chance(0.04)
        self.episode.bookings.append(booking)
        return booking


def waking(moment: datetime, *, later: bool = False) -> datetime:
    """Move a moment out of the night: back to the evening before, or on to the morning."""
    if 7 <= moment.hour < 22:
        return moment
    if later:
        day = moment.date() + timedelta(days=1 if moment.hour >= 22 else 0)
        return datetime.combine(day, time(7, moment.minute))
    day = moment.date() - timedelta(days=1 if moment.hour < 7 else 0)
    return datetime.combine(day, time(21, moment.minute))
