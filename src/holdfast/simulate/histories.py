"""The course of an episode: session after session, until he leaves, ends, or the time is up.

After each session, in this order: how it felt; whether the next one is booked; whether he
answers the check-in; then, with the chance these give, he silently leaves or he does not.
Only who has not left can end openly, pause, or come back. Nothing looks ahead.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from holdfast.simulate.bookings import CLIENT, PROVIDER, Desk, waking
from holdfast.simulate.clients import FORTNIGHTLY, WEEKLY, Person
from holdfast.simulate.dice import Dice
from holdfast.simulate.endings import HANDED_OVER, recorded_share, unplanned, unsaid_chance
from holdfast.simulate.episode import Asked, Booking, Episode, Recorded, Repair, Score, Session
from holdfast.simulate.feelings import Felt, Mind, answers, answers_chance, at_work, chance_of_leaving, will_come
from holdfast.simulate.lately import Lately, symptoms
from holdfast.simulate.therapists import Therapist
from holdfast.simulate.world import World
from holdfast.tables.schema import PAUSE, Ending, Status

_LOOK_PAST = timedelta(days=60)  # histories run on past the export, so that bookings to come are there
_SCORES = (("phq9", 27), ("gad7", 21))
_REASONS = {
    Ending.PLANNED: ("goals reached", "agreed end", ""),
    Ending.TOLD: ("feels better", "cost", "time", "not for him", ""),
    Ending.SWITCHED: ("better fit elsewhere in the practice", "wanted another way of working", ""),
    Ending.REFERRED: ("needs more than we offer", "to a specialist service"),
    Ending.OTHER: ("moved away", "service ended it"),
    Ending.SILENT: ("could not be contacted", "dropped out"),
    Ending.NEVER_STARTED: ("did not come to the first appointment", ""),
}


class Course:
    """One episode as it unfolds."""

    def __init__(
        self,
        world: World,
        dice: Dice,
        people: tuple[Person, ...],
        therapist: Therapist,
        *,
        asked_at: datetime,
        number: int,
    ) -> None:
        self.world, self.dice, self.asked_at, self.number = world, dice, asked_at, number
        self.person, self.therapist = people[0], therapist
        self.episode = Episode(people, therapist)
        self.desk = Desk(world, dice, self.episode)
        self.mind = Mind(dice, people[0], therapist)
        self.horizon = world.clock_now + _LOOK_PAST
        self.lately = Lately()
        self.began_with = people[0].severity

    def run(self) -> Episode:
        first = self.desk.book_first(self.asked_at)
        if self.dice.chance(self.world.rates.never_started * (1.0 if self.number == 1 else 0.3)):
            self._never_starts(first)
            return self.episode
        session = self._until_he_comes(first)
        while session is not None:
            session = self._after(session)
        return self.episode

    def _until_he_comes(self, booking: Booking | None) -> Booking | None:
        """Pass over what is missed and moved; nobody misses more than three in a row and still means to come."""
        misses = 0
        while booking is not None and booking.start < self.horizon:
            came = misses >= 3 or self.desk.fate(booking) is Status.ATTENDED
            if misses >= 3:
                self.desk.attend(booking)
            self._ask_before(booking, leaving=False)
            if came:
                return booking
            misses += 1
            self.lately.missed.append(booking)
            booking = self._next_after_a_miss(booking)
        return None

    def _next_after_a_miss(self, missed: Booking) -> Booking:
        if self.desk.pending:
            return self.desk.pending.pop(0)
        at = waking((missed.status_at or missed.start) + timedelta(hours=self.dice.between(0.5, 50)), later=True)
        return self.desk.book_later(max(missed.start, missed.booked_at), target=self.desk.next_day(missed.start), at=at)

    def _after(self, session: Booking) -> Booking | None:
        """Live through one session. Returns the next one, or nothing if there is none."""
        number = len(self.episode.sessions) + 1
        self._score(session, number)
        if self.dice.chance(self.world.rates.two_on_a_day):
            second = self.desk.same_day(session)
            if second is not None:
                self.episode.sessions.append(Session(session, 0.0, ()))
                session, number = self.desk.attend(second), number + 1
        felt = self.mind.after_session(number)
        self.desk.book_on_the_day(session)
        unanswered = self._ask(session, felt, number)
        because = self._because(session, felt, number, unanswered=unanswered)
        base = self.world.base_on(session.start.date()) + self.person.effect
        chance = chance_of_leaving(base, self.world.effects, self.therapist, because)
        self.episode.sessions.append(Session(session, chance, because, self._unsaid(session, felt, number)))
        self.lately = Lately(session.start)
        if self.dice.chance(chance):
            self._leaves(session)
            return None
        kind = self._open_ending(session, felt, number)
        if kind is not None:
            self._ends(session, kind)
            return None
        self._slow_down(number)
        return self._until_he_comes(self._next(session, felt))

    def _because(self, session: Booking, felt: Felt, number: int, *, unanswered: bool) -> tuple[str, ...]:
        """Name the planted effects at work."""
        lately = {
            *self.lately.names(session, self.person.rhythm),
            *symptoms(self.began_with, self.person.severity),
        }
        booked = bool(self.desk.pending)
        holds = at_work(self.person, felt, number, booked=booked, unanswered=unanswered, lately=lately)
        return tuple(name for name in holds if getattr(self.world.effects, name))

    def _next(self, session: Booking, felt: Felt) -> Booking:
        rates = self.world.rates
        if self.dice.chance(rates.paused):
            return self._pause(session)
        if rates.long_return and self.dice.chance(rates.long_return):
            return self._goes_away(session)
        if felt.fell and self.dice.chance(rates.talked_over):
            self._talk_it_over(session)
        if self.desk.pending:
            return self.desk.pending.pop(0)
        if self.world.habits.drop_in:
            return self.desk.drop_in(session.start)
        target = self.desk.next_day(session.start) + timedelta(days=self.dice.whole(0, 8))
        return self.desk.book_later(session.start, target=target)

    def _slow_down(self, number: int) -> None:
        if self.person.rhythm == WEEKLY and number >= 10 and self.dice.chance(0.06):
            self.person.rhythm = FORTNIGHTLY

    def _talk_it_over(self, session: Booking) -> None:
        at = waking(session.start + timedelta(days=self.dice.between(1, 3)))
        action = self.dice.pick(("asked him about fit", "agreed a slower pace", "explained the plan"))
        self.episode.repairs.append(Repair(at, action, "'understood' fell"))
        self.mind.mend()
        self.lately.repaired = True

    def _goes_away(self, session: Booking) -> Booking:
        """Stay away for weeks without a word, just as who has left; and then come back."""
        self._leave_traces(session)
        last = max(booking.start for booking in self.episode.bookings).date()
        until = max(session.start.date() + timedelta(days=self.dice.whole(42, 112)), last + timedelta(days=7))
        when = datetime.combine(until, datetime.min.time())
        return self.desk.book_later(
            session.start, target=until, at=waking(when - timedelta(days=self.dice.between(2, 6)))
        )

    def _pause(self, session: Booking) -> Booking:
        at = session.start + timedelta(minutes=50)
        self.desk.call_off_rest(at + timedelta(minutes=5), CLIENT)
        self.lately.paused = True
        until = session.start.date() + timedelta(days=self.dice.whole(28, 84))
        when = datetime.combine(until, datetime.min.time())
        self.episode.repairs.append(
            Repair(at, PAUSE, self.dice.pick(("holiday", "work", "money", "wanted a break")), when)
        )
        booked_at = at if self.dice.chance(0.5) else waking(when - timedelta(days=self.dice.between(2, 12)))
        return self.desk.book_later(session.start, target=until + timedelta(days=self.dice.whole(0, 9)), at=booked_at)

    def _therapist_leaves_soon(self, session: Booking) -> bool:
        leaves_on = self.therapist.leaves_on
        return leaves_on is not None and session.start.date() + timedelta(days=2 * self.person.rhythm) > leaves_on

    def _open_ending(self, session: Booking, felt: Felt, number: int) -> Ending | None:
        rates = self.world.rates
        if self._therapist_leaves_soon(session):
            return self.dice.pick([kind for kind, _ in HANDED_OVER], [share for _, share in HANDED_OVER])
        if number >= self.person.came_for and self.dice.chance(rates.planned_when_due):
            return Ending.PLANNED
        chances = unplanned(rates, unhappy=felt.is_unhappy)
        rest = 1 - math.fsum(share for _, share in chances)
        return self.dice.pick((*(kind for kind, _ in chances), None), (*(share for _, share in chances), rest))

    def _unsaid(self, session: Booking, felt: Felt, number: int) -> float:
        return unsaid_chance(
            self.world,
            self.therapist,
            unhappy=felt.is_unhappy,
            due=number >= self.person.came_for,
            handed_over=self._therapist_leaves_soon(session),
        )

    def _ends(self, session: Booking, kind: Ending) -> None:
        """End in a way that was talked about: in the room, or by a message some days later."""
        at = session.start + timedelta(minutes=50)
        if kind is Ending.TOLD and self.dice.chance(0.6):
            at = waking(at + timedelta(days=self.dice.between(0.2, 9)), later=True)
            while self.desk.pending and self.desk.pending[0].start <= at:
                self.desk.call_off(
                    self.desk.pending.pop(0), CLIENT, late=self.dice.chance(0.5), not_before=session.start
                )
        self.desk.call_off_rest(at + timedelta(minutes=5), CLIENT if kind is Ending.TOLD else PROVIDER)
        share = recorded_share(self.world, self.therapist, kind)
        self._end(kind, at, recorded=share, weeks=self.dice.pick((0.0, 2.0, 6.0), (0.55, 0.3, 0.15)))

    def _leaves(self, session: Booking) -> None:
        """He is gone."""
        last = self._leave_traces(session)
        if self.dice.chance(0.25):
            wrote = waking(last + timedelta(days=self.dice.between(7, 30)))
            self.episode.repairs.append(Repair(wrote, "wrote to him", "silence"))
        self._end(Ending.SILENT, session.start, recorded=self.world.records.silent, weeks=5.0, since=last)

    def _leave_traces(self, session: Booking) -> datetime:
        """Stay away: a missed hour, a polite cancellation, or nothing at all. Returns when the last trace was due."""
        traces = self.desk.pending
        self.desk.pending = []
        if not traces and self.dice.chance(0.0 if self.world.habits.drop_in else 0.15):
            traces = [self.desk.book_later(session.start, target=self.desk.next_day(session.start))]
        for trace in traces[:1]:
            self._stays_away(trace, session.start)
        self.desk.pending = traces[1:]
        if self.desk.pending:
            found_out = waking(traces[0].start + timedelta(days=self.dice.between(0.3, 9)), later=True)
            self.desk.call_off_rest(found_out, self.dice.pick((CLIENT, PROVIDER), (0.4, 0.6)))
        return max([session.start, *(trace.start for trace in traces)])

    def _stays_away(self, trace: Booking, since: datetime) -> None:
        if self.desk.is_swept_away(trace):
            return
        how = self.dice.pick(("missed", "cancelled", "late"), self.world.rates.traces)
        if how == "missed":
            self.desk.miss(trace)
            self._ask_before(trace, leaving=True)
            return
        self.desk.call_off(trace, CLIENT, late=how == "late", not_before=since + timedelta(hours=2))
        self._ask_before(trace, leaving=True)
        if self.dice.chance(0.2):
            again = self._next_after_a_miss(trace)
            self._stays_away(again, since)

    def _never_starts(self, first: Booking) -> None:
        self._stays_away(first, self.asked_at)
        last = self.episode.bookings[-1]
        at = last.status_at or last.start
        self._end(Ending.NEVER_STARTED, at, recorded=self.world.records.never_started, weeks=3.0)

    def _end(self, kind: Ending, at: datetime, *, recorded: float, weeks: float, since: datetime | None = None) -> None:
        self.episode.kind, self.episode.ended_at = kind, at
        if not self.dice.chance(recorded):
            return
        known = since or at
        lag = self.dice.between(0, 1) if weeks == 0 else self.dice.between(0.4, 1.6) * weeks * 7
        recorded_at = waking(known + timedelta(days=lag), later=True)
        closed = recorded_at if kind is Ending.SILENT and self.dice.chance(0.4) else at
        self.episode.recorded = Recorded(kind, closed, recorded_at, self.dice.pick(_REASONS[kind]))

    def _ask(self, session: Booking, felt: Felt, number: int) -> bool:
        """Send the check-in. Returns whether he left it unanswered."""
        asking = self.world.asking
        if session.start.date() < asking.since:
            return False
        unanswered = False
        sent_at = session.start + timedelta(minutes=110)
        for person in self._present(session):
            answered = self.dice.chance(answers_chance(asking, person, felt))
            delay = self.dice.between(0.05, 1.5) if self.dice.chance(0.7) else self.dice.between(11, 40)
            at = waking(sent_at + timedelta(hours=delay), later=True) if answered else None
            given = answers(asking, self.dice, felt, number) if answered else {}
            self.episode.checkins.append(Asked(person, session, sent_at, at, given))
            unanswered = unanswered or (person is self.person and not answered)
        return unanswered

    def _ask_before(self, booking: Booking, *, leaving: bool) -> None:
        """A day or so before the hour: will he come? Not if it has been called off by then."""
        asking, sent_at = self.world.asking, waking(booking.start - timedelta(hours=30))
        called_off = booking.status is not Status.ATTENDED and booking.status_at and booking.status_at <= sent_at
        if not asking.before or called_off or sent_at < booking.booked_at or sent_at.date() < asking.since:
            return
        if not self.dice.chance(asking.before):
            return
        answer = will_come(self.dice, leaving=leaving)
        at = waking(sent_at + timedelta(hours=self.dice.between(0.2, 12)), later=True)
        given = {} if answer is None else {"attend_next": str(answer)}
        self.episode.checkins.append(Asked(self.person, booking, sent_at, at if given else None, given))

    def _present(self, session: Booking) -> tuple[Person, ...]:
        return self.episode.people[:1] if session.partner_away else self.episode.people

    def _score(self, session: Booking, number: int) -> None:
        """Questionnaires at intake, and by default every fourth session."""
        person = self.person
        if person.scored and number % self.world.scored_every == 1 % self.world.scored_every:
            for measure, top in _SCORES:
                score = max(0, min(top, round(top * (person.severity + self.dice.normal(0, 0.06)))))
                taken_at = session.start - timedelta(minutes=10)
                self.episode.scores.append(Score(person, measure, taken_at, score))
        change = self.dice.between(0.93, 1.01) * math.exp(person.trend)
        person.severity = max(0.05, min(1.0, person.severity * change))
