"""The leak as data: what the JSON holds, the report draws and the terminal prints.

These classes are the published schema (``holdfast schema leak``). Within one ``schema_version`` fields
are only ever added. A share without enough people behind it has no estimate, and says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from holdfast.words import Words

SCHEMA_VERSION = "1"
TOO_FEW = Words("too few to tell")
SUPPRESSED = Words("not shown: too few people")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Part):
    """``count`` of ``of``, with its 95 % interval (Wilson). Without an estimate, ``why_not`` says why."""

    count: int | None
    of: int | None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str | None = None


class Amount(_Part):
    """A number with its 95 % interval. Without one, ``why_not`` says why."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str | None = None


class Step(_Part):
    """One step of the funnel: of those who reached the step before, what became of them."""

    name: str  # "first session"
    session: int  # 0 for the first booking
    reached: int | None
    of: int | None  # who reached the step before
    share: Share | None = None
    lost: dict[str, int | None] = Field(default_factory=dict)  # how it ended before this step -> episodes
    waiting: int | None = 0  # open: may still come
    unmarked: int | None = 0  # a past appointment was never marked: nobody knows


class Point(_Part):
    """One point of a curve: ``time`` in the curve's unit, at which ``at_risk`` people could still be seen."""

    time: float
    at_risk: int | None
    estimate: float
    low: float
    high: float


class Curve(_Part):
    """A share over sessions or weeks, with 95 % intervals, up to the last time that can be told."""

    unit: Literal["sessions", "weeks"]
    of: int
    points: list[Point] = Field(default_factory=list)
    why_not: str | None = None


class EndingCount(_Part):
    """How many episodes ended in one way, and who says so."""

    ending: str
    count: int | None
    share: Share
    recorded: int | None
    inferred: int | None
    by_rule: int | None


class Dropout(_Part):
    """One published meaning of dropout: how many, of those of whom it can be told."""

    definition: str
    words: str
    parameters: dict[str, str | float | int]
    share: Share
    cannot_tell: int | None


class Disagreement(_Part):
    """How often two definitions say different things about the same episode."""

    first: str
    second: str
    share: Share


class Group(_Part):
    """Everything about one group of clients."""

    label: str
    clients: int | None
    episodes: int | None
    appointments: int | None
    no_shows: int | None
    unmarked_appointments: int | None
    assumed_sessions: int | None  # attendance that the source sets by itself, or that was worked out
    sessions: int | None
    median_rhythm_days: float | None
    funnel: list[Step]
    endings: list[EndingCount]
    open: int | None
    staying_sessions: Curve
    staying_weeks: Curve
    incidence_sessions: dict[str, Curve]
    incidence_weeks: dict[str, Curve]
    restricted_mean_sessions: Amount
    restricted_to: int
    dropout: list[Dropout]
    disagreement: list[Disagreement]


class Comparison(_Part):
    """Two groups beside each other: a difference, first minus second, with its interval."""

    first: str
    second: str
    what: str
    difference: Amount


class OverallTest(_Part):
    """One test of all groups of a column at once. A large ``p`` is no proof that they are alike."""

    what: str
    test: str  # "Gray", "log-rank"
    statistic: float | None = None
    degrees_of_freedom: int | None = None
    p: float | None = None
    why_not: str | None = None


class Breakdown(_Part):
    """The groups of one column, how they differ from the largest of them, and whether they differ at all."""

    column: str
    groups: list[Group]
    comparisons: list[Comparison]
    tests: list[OverallTest]


class Evidence(_Part):
    """How good the data are: what stands in the appointments, and how it is known."""

    appointments: int | None
    statuses: dict[str, int]
    certainty: dict[str, int]
    gender_known: Share


class Follow(_Part):
    """How many days ago a session must be to count in the curves, for everybody alike.

    ``rhythms`` times ``rhythm_days``, which three in four clients with a rhythm of their own keep, or four weeks.
    """

    days: int
    rhythms: int
    rhythm_days: float


class Leak(_Part):
    """Where a practice loses people, from its tables alone."""

    schema_version: str = SCHEMA_VERSION
    holdfast_version: str
    practice: str | None
    at: datetime
    complete_to: datetime | None = None  # the export's own moment: nothing after it is known
    rule: str
    horizon: Follow | None = None
    too_few: int
    shared: bool
    headline: list[str]
    groups: list[Group]
    breakdowns: list[Breakdown]
    too_small: list[str] = Field(default_factory=list)  # columns whose groups are all too small to be shared
    evidence: Evidence
    notes: list[str]
