"""Random small practices, valid under the schema: few people, close in time, so that every rule gets its turn.

A practice is rows by table, the way ``slow_episodes`` takes them; ``typed`` makes checked tables of it.
"""

from __future__ import annotations

import os
from datetime import datetime, time, timedelta

import polars as pl
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from holdfast.tables.away import Away
from holdfast.tables.read import Practice, Tables, empty
from holdfast.tables.schema import TABLES, Certainty, Ending, InitiatedBy, Status

START = datetime(2026, 1, 5)  # noqa: DTZ001 - wall clocks
MADE = ("appointments", "endings", "checkins", "repairs")

Row = dict[str, object]
Rows = dict[str, list[Row]]

days = st.one_of(st.integers(0, 12).map(lambda week: 7 * week), st.integers(0, 30), st.integers(0, 150))
hours = st.sampled_from((0.0, 0.0, 9.0, 10.5, 17.0, 23.75))  # a source with days alone has midnights
parts = st.sampled_from((0,) * 12 + (1, 500_000, 999_999))  # microseconds: now and then a source has them


def search(*, examples: int) -> settings:
    """How long to look where an example takes most of a second; with HOLDFAST_DEEP=1 far longer, and then shrinking."""
    every = set(HealthCheck)
    if os.environ.get("HOLDFAST_DEEP"):
        return settings(max_examples=30 * examples, deadline=None, suppress_health_check=every)
    quick = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking may take minutes
    return settings(max_examples=examples, deadline=None, suppress_health_check=every, phases=quick)


@st.composite
def moments(draw: st.DrawFn, after: datetime = START, spread: st.SearchStrategy[int] = days) -> datetime:
    """Some moment of the practice's clock, often at the same times as others."""
    midnight = datetime.combine(after.date(), time.min)
    return midnight + timedelta(days=draw(spread), hours=draw(hours), microseconds=draw(parts))


def near(moment: datetime, low: int = -10, high: int = 30) -> st.SearchStrategy[datetime]:
    """A moment some days around another."""
    return moments(after=moment, spread=st.integers(low, high))


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """The value, or not known."""
    return st.one_of(st.none(), strategy)


def one_of(choices: type) -> st.SearchStrategy[str]:
    return st.sampled_from(list(choices)).map(str)


statuses = st.one_of(st.just("attended"), one_of(Status))
therapists = st.sampled_from(("t1", "t1", "t1", "t2", "t3"))


@st.composite
def appointments(draw: st.DrawFn, client: str) -> list[Row]:
    """One appointment."""
    starts_at = draw(moments())
    row = {
        "client_id": client,
        "therapist_id": draw(therapists),
        "starts_at": starts_at,
        "status": draw(statuses),
        "initiated_by": draw(maybe(one_of(InitiatedBy))),
        "certainty": draw(maybe(one_of(Certainty))),
        "booked_at": draw(maybe(near(starts_at, -30, 2))),
        "status_at": draw(maybe(near(starts_at))),
    }
    return [row]


@st.composite
def series(draw: st.DrawFn, client: str) -> list[Row]:
    """He comes regularly for a while, so that there are rhythms and gaps; sometimes twice on a day."""
    therapist, start = draw(therapists), draw(moments())
    step, ahead = draw(st.sampled_from((0, 1, 7, 7, 14, 30))), draw(maybe(st.integers(0, 14)))
    return [
        {
            "client_id": client,
            "therapist_id": therapist,
            "starts_at": starts_at,
            "status": draw(statuses),
            "initiated_by": draw(st.sampled_from((None, "client", "provider"))),
            "certainty": None,
            "booked_at": None if ahead is None else starts_at - timedelta(days=ahead),
            "status_at": draw(st.sampled_from((None, starts_at, starts_at + timedelta(days=8)))),
        }
        for starts_at in (start + timedelta(days=step * n, hours=n) for n in range(draw(st.integers(2, 6))))
    ]


@st.composite
def endings(draw: st.DrawFn, client: str, about: st.SearchStrategy[datetime]) -> Row:
    """An ending, perhaps told of only later, perhaps correcting another."""
    ended_on = draw(about)
    return {
        "client_id": client,
        "therapist_id": draw(therapists),
        "ended_on": ended_on,
        "kind": draw(one_of(Ending)),
        "recorded_at": draw(maybe(near(ended_on, -3, 40))),
    }


@st.composite
def repairs(draw: st.DrawFn, client: str, about: st.SearchStrategy[datetime]) -> Row:
    """Mostly agreed breaks, with and without a day to come back on."""
    at = draw(about)
    return {
        "client_id": client,
        "therapist_id": draw(therapists),
        "at": at,
        "action": draw(st.sampled_from(("pause", "pause", "pause", "asked about pace"))),
        "until": draw(maybe(near(at, 0, 60))),
    }


@st.composite
def checkins(draw: st.DrawFn, rows: list[Row]) -> Row:
    """Asked about one of the appointments, and perhaps answered."""
    about = draw(st.sampled_from(rows))
    sent_at = draw(near(about["starts_at"], 0, 3))
    return {
        "client_id": about["client_id"],
        "appointment_id": about["appointment_id"],
        "sent_at": sent_at,
        "answered_at": draw(maybe(near(sent_at, 0, 20))),
    }


@st.composite
def stories(draw: st.DrawFn, client: str) -> Rows:
    """One client: when he was to come and whom to, what he answered and agreed, and how it ended."""
    booked = [
        *draw(st.lists(series(client), max_size=2)),
        *draw(st.lists(appointments(client), max_size=4)),
    ]
    rows = [{"appointment_id": f"a{n}", **row} for n, row in enumerate(row for some in booked for row in some)]
    about = st.one_of([moments(), *(near(row["starts_at"], -1, 9) for row in rows[-3:])])
    return {
        "appointments": rows,
        "endings": _one_each("endings", draw(st.lists(endings(client, about), max_size=3))),
        "checkins": _one_each("checkins", draw(st.lists(checkins(rows), max_size=2)) if rows else []),
        "repairs": _one_each("repairs", draw(st.lists(repairs(client, about), max_size=2))),
    }


@st.composite
def practices(draw: st.DrawFn, *, max_clients: int = 4) -> Rows:
    """Some clients with up to three therapists. Appointments of one name are a couple's: a row each."""
    told = [draw(stories(f"c{n}")) for n in range(draw(st.integers(1, max_clients)))]
    return {name: [row for story in told for row in story[name]] for name in MADE}


def typed(practice: Rows, exported_at: datetime | None = None, away: tuple[Away, ...] = ()) -> Tables:
    """Checked tables of the rows."""
    frames = {name: _frame(name, practice.get(name, [])) for name in TABLES}
    for name, table in TABLES.items():
        table.schema.validate(frames[name])
    return Tables(frames, Practice(exported_at=exported_at, away=away), frozenset(practice))


def _frame(name: str, rows: list[Row]) -> pl.DataFrame:
    schema = empty(name).schema
    return pl.DataFrame({column: [row.get(column) for row in rows] for column in schema}, schema=schema)


def _one_each(name: str, rows: list[Row]) -> list[Row]:
    """Each key once, as the schema asks."""
    return list({tuple(row[column] for column in TABLES[name].key): row for row in rows}.values())
