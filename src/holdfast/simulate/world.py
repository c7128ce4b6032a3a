"""The knobs of a simulated practice: everything that is true about it, before anybody comes.

Effects are on the log-odds of leaving silently after a session. They are chosen to be
plausible and easy to find again, not estimated; the evidence they lean on is in the docs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from holdfast.errors import UsageError

DEMO_NOW = datetime(2026, 11, 20, 18, 0, tzinfo=ZoneInfo("Europe/London"))
DEMO_SEED = 1907


@dataclass(frozen=True, slots=True)
class Effects:
    """What makes a silent exit more likely, by name; 0 takes an effect away."""

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
    returned: float = 0.05  # of those who ended as planned: back for a new episode, months later
    client_cancelled: float = 0.065
    late_cancelled: float = 0.030
    no_show: float = 0.055
    provider_cancelled: float = 0.018
    rescheduled: float = 0.045
    two_on_a_day: float = 0.004


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
    unknown_initiator: float = 0.08  # cancellations of which nobody noted who made them


@dataclass(frozen=True, slots=True)
class Asking:
    """Check-ins: from when, how many are answered, and how politely."""

    since: date = date(2025, 9, 1)
    answer_rate: float = 0.80
    answer_fall: float = 1.1  # log-odds by which answering falls once something is wrong
    politeness: float = 0.45  # share of answers moved to 9 or 10, whatever he felt


@dataclass(frozen=True, slots=True)
class World:
    """One practice. The same world and seed give the same bytes, always."""

    name: str = "Simulated practice"
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
    rates: Rates = field(default_factory=Rates)
    records: Records = field(default_factory=Records)
    asking: Asking = field(default_factory=Asking)
    closures: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = (((12, 22), (1, 2)), ((8, 10), (8, 21)))

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

    @property
    def clients_per_week(self) -> float:
        return self.clients / (self.months * 30.44 / 7)

    def is_closed(self, day: date) -> bool:
        """Say whether the practice as a whole is shut on a day."""
        when = (day.month, day.day)
        for first, last in self.closures:
            inside = first <= when <= last if first <= last else when >= first or when <= last
            if inside:
                return True
        return day in _BANK_HOLIDAYS


DEMO = World(name="Harbour Street Therapy (demo)", n_therapists=12)

_EASTER_FRIDAYS = (date(2024, 3, 29), date(2025, 4, 18), date(2026, 4, 3), date(2027, 3, 26))
_SPRING_MONDAYS = (date(2024, 5, 27), date(2025, 5, 26), date(2026, 5, 25), date(2027, 5, 31))
_BANK_HOLIDAYS = frozenset((*_EASTER_FRIDAYS, *(day + timedelta(days=3) for day in _EASTER_FRIDAYS), *_SPRING_MONDAYS))
