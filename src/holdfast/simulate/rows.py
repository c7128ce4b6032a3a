"""From what truly happened to what the practice's tables hold at a moment: nothing later than ``now`` gets in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from holdfast.simulate.clients import Person
from holdfast.simulate.episode import Asked, Booking, Episode
from holdfast.simulate.therapists import Therapist
from holdfast.simulate.world import World
from holdfast.tables.schema import AXES, TABLES, Certainty, Status

Row = dict[str, str]
_COLUMNS = {name: tuple(table.columns) for name, table in TABLES.items()}


class Register:
    """The practice's records as they stand at the moment of the export."""

    def __init__(
        self, world: World, staff: Sequence[Therapist], episodes: Sequence[Episode], *, now: datetime | None = None
    ) -> None:
        self.world, self.now = world, now or world.clock_now
        self.zone = ZoneInfo(world.timezone)
        self.staff, self.episodes = staff, episodes
        _number(episodes, self.now)

    def tables(self) -> dict[str, list[Row]]:
        return {
            "appointments": [_whole("appointments", row) for row in self._appointments()],
            "clients": [_whole("clients", _client(person)) for person in self._people()],
            "therapists": [_whole("therapists", _therapist(one)) for one in self.staff],
            "checkins": [_whole("checkins", row) for row in self._checkins()],
            "scores": [_whole("scores", row) for row in self._scores()],
            "endings": [_whole("endings", row) for row in self._endings()],
            "repairs": [_whole("repairs", row) for row in self._repairs()],
        }

    def text(self, moment: datetime) -> str:
        """ISO 8601, local, with its offset."""
        return moment.replace(microsecond=0, tzinfo=self.zone).isoformat()

    def _appointments(self) -> list[Row]:
        found = [
            (booking.id, person.id, self._appointment(episode, person, booking))
            for episode in self.episodes
            for booking in episode.bookings
            if booking.booked_at <= self.now and not self._has_vanished(booking)
            for person in episode.people
        ]
        return [row for _, _, row in sorted(found, key=lambda one: one[:2])]

    def _has_vanished(self, booking: Booking) -> bool:
        return booking.vanished and booking.status_at is not None and booking.status_at <= self.now

    def _appointment(self, episode: Episode, person: Person, booking: Booking) -> Row:
        row = {
            "appointment_id": booking.id,
            "client_id": person.id,
            "therapist_id": episode.therapist.id,
            "starts_at": self.text(booking.start),
            "booked_at": self.text(booking.booked_at) if self.world.records.booked_at else "",
            "modality": booking.modality,
            "fee": str(person.fee),
        }
        return row | self._outcome(booking, away=booking.partner_away and person is not episode.people[0])

    def _outcome(self, booking: Booking, *, away: bool) -> Row:
        """What is known of it now. What was never marked is unknown, what is to come is booked."""
        if booking.status_at is None or booking.status_at > self.now:
            if booking.start > self.now:
                return {"status": Status.BOOKED, "certainty": Certainty.RECORDED}
            return {"status": Status.UNKNOWN, "certainty": Certainty.NOT_UPDATED}
        if away and booking.status is Status.ATTENDED:
            at = self.text(max(booking.booked_at, booking.start - timedelta(hours=30)))
            return {
                "status": Status.CANCELLED,
                "certainty": Certainty.RECORDED,
                "initiated_by": "client",
                "status_at": at,
            }
        return {
            "status": booking.stands_as or booking.status,
            "initiated_by": booking.by or "",
            "certainty": Certainty.DEFAULTED if booking.defaulted else Certainty.RECORDED,
            "status_at": self.text(booking.status_at),
        }

    def _people(self) -> list[Person]:
        """Everybody who has asked by now."""
        known = (person for episode in self.episodes for person in episode.people if person.asked_at <= self.now)
        seen = {person.id: person for person in known}
        return [seen[id] for id in sorted(seen, key=lambda found: (len(found), found))]

    def _checkins(self) -> Iterator[Row]:
        for episode in self.episodes:
            for asked in episode.checkins:
                if asked.sent_at <= self.now and not self._has_vanished(asked.booking):
                    yield self._asked(asked)

    def _asked(self, asked: Asked) -> Row:
        row = {
            "client_id": asked.person.id,
            "appointment_id": asked.booking.id,
            "sent_at": self.text(asked.sent_at),
        }
        if asked.answered_at is None or asked.answered_at > self.now:
            return row
        return row | {"answered_at": self.text(asked.answered_at)} | dict(asked.answers)

    def _scores(self) -> Iterator[Row]:
        for episode in self.episodes:
            for score in episode.scores:
                if score.taken_at <= self.now:
                    yield {
                        "client_id": score.person.id,
                        "measure": score.measure,
                        "taken_at": self.text(score.taken_at),
                        "score": str(score.score),
                    }

    def _endings(self) -> Iterator[Row]:
        for episode in self.episodes:
            recorded = episode.recorded
            if recorded is None or recorded.recorded_at > self.now:
                continue
            for person in episode.people:
                yield {
                    "client_id": person.id,
                    "therapist_id": episode.therapist.id,
                    "ended_on": recorded.ended_on.date().isoformat(),
                    "kind": recorded.kind,
                    "reason": recorded.reason,
                    "recorded_at": self.text(recorded.recorded_at),
                }

    def _repairs(self) -> Iterator[Row]:
        for episode in self.episodes:
            for repair in episode.repairs:
                if repair.at > self.now:
                    continue
                for person in episode.people:
                    yield {
                        "client_id": person.id,
                        "therapist_id": episode.therapist.id,
                        "at": self.text(repair.at),
                        "action": repair.action,
                        "prompted_by": repair.prompted_by,
                        "until": repair.until.date().isoformat() if repair.until else "",
                    }


def _number(episodes: Sequence[Episode], now: datetime) -> None:
    """Give each appointment its id, in the order they were booked."""
    bookings = [
        (booking.booked_at, booking.start, episode.people[0].id, booking)
        for episode in episodes
        for booking in episode.bookings
        if booking.booked_at <= now
    ]
    for number, found in enumerate(sorted(bookings, key=lambda one: one[:3]), start=1):
        found[3].id = f"A{number:06d}"


def _client(person: Person) -> Row:
    told: dict[str, str] = {
        "gender": person.gender,
        "birth_year": str(person.birth_year),
        "employment": person.employment,
        "masculinity": str(person.masculinity or ""),
        "prior_therapy": "yes" if person.prior_therapy else "no",
        "prior_dropout": ("yes" if person.prior_dropout else "no") if person.prior_therapy else "",
        "referral_source": person.referral_source,
        "wants_therapist_gender": person.wants_therapist_gender,
        "concerns": ";".join(person.concerns),
    }
    shown = {name: value for name, value in told.items() if name in person.says}
    wishes = {f"prefers_{axis}": str(person.prefers[axis]) for axis in AXES} if "prefers" in person.says else {}
    return {"client_id": person.id, **shown, **wishes}


def _therapist(therapist: Therapist) -> Row:
    return {
        "therapist_id": therapist.id,
        "capacity": str(therapist.capacity),
        "gender": therapist.gender,
        **{f"style_{axis}": str(therapist.style[axis]) for axis in AXES},
        "works_with": ";".join(therapist.works_with),
        "frameworks": ";".join(therapist.frameworks),
    }


def _whole(table: str, row: Row) -> Row:
    """Every column of the table, in its order, blank where nothing is known."""
    return {name: str(row.get(name, "")) for name in _COLUMNS[table]}
