"""The knobs of a simulated practice: everything that is true about it, before anybody comes.

Effects are on the log-odds of leaving silently after a session. They are chosen to be
plausible and easy to find again, not estimated; the evidence they lean on is in the docs.
A knob at its default leaves the stream of chance untouched, so that the demo stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from holdfast.errors import UsageError
from holdfast.tables.schema import InitiatedBy

DEMO_NOW = datetime(2026, 11, 20, 18, 0, tzinfo=ZoneInfo("Europe/London"))
DEMO_SEED = 1907
NEVER = date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Effects:
    """What makes a silent exit more likely, by name; 0 takes an effect away, a negative one makes it safer."""

    first_session: float = 1.10
    second_session: float = 0.45
    third_session: float = 0.20
    pace_mismatch: float = 0.60  # felt two points or more too slow or too fast
    approach_mismatch: float = 0.60  # two points or more too much feeling or too much doing
    low_understood: float = 0.80  # felt understood below 6 of 10
    understood_fell: float = 0.90  # by 2 or more since the last session
    checkin_unanswered: float = 0.80
    nothing_booked: float = 0.80
    prior_dropout: float = 0.50
    young: float = 0.35  # below 30 when he first asked
    unemployed: float = 0.60
    man: float = 0.0
    widening: float = 0.0  # came after more than one and a half of his turns, without an agreed break
    late_cancelled: float = 0.0  # since the session before: he called off late
    no_show: float = 0.0  # since the session before
    provider_cancelled: float = 0.0  # since the session before
    better: float = 0.0  # symptoms down by a fifth of the scale since he began
    worse: float = 0.0  # or up
    repaired: float = 0.0  # a rupture was talked over since the session before

    @classmethod
    def none(cls) -> Effects:
        """A fair world: nothing that is known or felt makes any difference."""
        return cls(**{one.name: 0.0 for one in fields(cls)})


@dataclass(frozen=True, slots=True)
class Rates:
    """How often something visible happens: endings per session, misfortunes per appointment."""

    never_started: float = 0.105  # per client
    told: float = 0.009
    told_if_unhappy: float = 0.025
    switched: float = 0.004
    switched_if_unhappy: float = 0.030
    referred: float = 0.004
    other: float = 0.0015
    planned_when_due: float = 0.35  # per session from the number of sessions he came for
    paused: float = 0.012
    long_return: float = 0.0  # per session: away for six to sixteen weeks without a word, and then back
    returned: float = 0.05  # of those who ended as planned: back for a new episode, months later
    talked_over: float = 0.35  # of the falls of 'understood'
    client_cancelled: float = 0.065
    late_cancelled: float = 0.030
    no_show: float = 0.055
    provider_cancelled: float = 0.018
    rescheduled: float = 0.045
    two_on_a_day: float = 0.004
    traces: tuple[float, float, float] = (0.36, 0.40, 0.24)  # of who has left and is booked: missed, cancelled, late


@dataclass(frozen=True, slots=True)
class Records:
    """How well the practice writes down what happened."""

    endings: float = 0.92  # share of visible endings that are recorded
    switches: float = 0.70
    silent: float = 0.15  # share of silent exits recorded as such
    never_started: float = 0.50
    careless_therapists: float = 2 / 12  # share who do not keep records
    careless_endings: float = 0.55
    careless_unmarked: float = 0.45  # share of their past appointments left unmarked
    unmarked: float = 0.01  # the same, of everyone else's
    defaulting_therapists: float = 3 / 12  # whose system writes "attended" by itself
    defaulted: float = 0.80
    hidden_no_shows: float = 0.0  # share of those therapists' no-shows that stand as attended, by default
    vanishing: float = 0.0  # share of cancellations that are no longer in the export
    unknown_initiator: float = 0.08  # cancellations of which nobody noted who made them
    booked_at: bool = True  # whether the source says when an appointment was booked


@dataclass(frozen=True, slots=True)
class Asking:
    """Check-ins: from when, how many are answered, and how politely."""

    since: date = date(2025, 9, 1)
    answer_rate: float = 0.80
    answer_fall: float = 1.1  # log-odds by which answering falls once something is wrong
    politeness: float = 0.45  # share of answers moved to 9 or 10, whatever he felt
    before: float = 0.0  # share of booked appointments before which he is asked whether he will come


@dataclass(frozen=True, slots=True)
class Habits:
    """How people come: how often, how regularly, and how they book."""

    rhythms: tuple[float, float, float] = (0.62, 0.29, 0.09)  # weekly, every two weeks, every four
    irregular: float = 0.0  # standard deviation of the logarithm of a gap
    books: tuple[float, float, float] = (0.35, 0.47, 0.18)  # by the series, one at a time, by phone
    nothing_ahead: float = 0.65  # share of the sessions of who books by phone that end with nothing booked
    drop_in: bool = False  # after the first session nobody books: he just comes


@dataclass(frozen=True, slots=True)
class Burst:
    """Days on which many appointments are called off at short notice: a flu week, a week of snow."""

    first: date
    days: int
    share: float
    by: InitiatedBy

    def covers(self, day: date) -> bool:
        return self.first <= day < self.first + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class World:
    """One practice. The same world and seed give the same bytes, always."""

    name: str = "Simulated practice"
    about: str = ""  # what is special about it, in a sentence
    timezone: str = "Europe/London"
    now: datetime = DEMO_NOW  # aware; the export's moment
    months: int = 30  # since the practice opened
    clients: int = 1300
    n_therapists: int | None = None  # blank: one for every 108 clients or so
    share_men: float = 0.65
    share_non_binary: float = 0.03
    share_couples: float = 0.03
    base: float = -4.15  # log-odds of leaving after a session when nothing speaks for it
    effects: Effects = field(default_factory=Effects)
    therapist_sd: float = 0.50  # on the log-odds: 7 % of the variance
    client_sd: float = 0.0  # the same, of what nobody knows about a client
    drift: float = 0.0  # on the log-odds, for each year since the practice opened
    symptom_sd: float = 0.0  # how far people differ in their course, on the logarithm, per session
    tells_all: bool = False  # every client answers every question about himself
    share_scored: float = 0.72
    scored_every: int = 4  # sessions
    rates: Rates = field(default_factory=Rates)
    records: Records = field(default_factory=Records)
    asking: Asking = field(default_factory=Asking)
    habits: Habits = field(default_factory=Habits)
    closures: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = (((12, 22), (1, 2)), ((8, 10), (8, 21)))
    leave_days: int = 7  # of each of a therapist's two holidays a year
    staff_turnover: bool = True  # with more than three therapists, one leaves before the end
    bursts: tuple[Burst, ...] = ()

    def __post_init__(self) -> None:
        if self.clients < 1 or self.months < 1 or (self.n_therapists is not None and self.n_therapists < 1):
            raise UsageError("A simulated practice needs at least one client, one therapist and one month.")
        if self.now.tzinfo is None:
            raise UsageError("World.now needs an offset or a zone, such as DEMO_NOW has.")

    @property
    def therapists(self) -> int:
        return self.n_therapists or max(1, round(self.clients / 108 * 30 / self.months))

    @property
    def clock_now(self) -> datetime:
        """The export's moment on the practice's own clock."""
        return self.now.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)

    @property
    def opened(self) -> date:
        return self.clock_now.date() - timedelta(days=round(self.months * 30.44))

    def base_on(self, day: date) -> float:
        """Log-odds of leaving after a session of that day when nothing speaks for it."""
        return self.base + self.drift * (day - self.opened).days / 365.25

    def is_closed(self, day: date) -> bool:
        """Say whether the practice as a whole is shut on a day."""
        when = (day.month, day.day)
        for first, last in self.closures:
            inside = first <= when <= last if first <= last else when >= first or when <= last
            if inside:
                return True
        return day in _BANK_HOLIDAYS

    def burst_on(self, day: date) -> Burst | None:
        """The burst of cancellations that a day falls into, if any."""
        return next((burst for burst in self.bursts if burst.covers(day)), None)


DEMO = World(name="Harbour Street Therapy (demo)", n_therapists=12)

_EASTER_FRIDAYS = (date(2024, 3, 29), date(2025, 4, 18), date(2026, 4, 3), date(2027, 3, 26))
_SPRING_MONDAYS = (date(2024, 5, 27), date(2025, 5, 26), date(2026, 5, 25), date(2027, 5, 31))
_BANK_HOLIDAYS = frozenset((*_EASTER_FRIDAYS, *(day + timedelta(days=3) for day in _EASTER_FRIDAYS), *_SPRING_MONDAYS))
