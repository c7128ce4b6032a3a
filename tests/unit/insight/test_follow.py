"""How far people are followed: one horizon for everybody, and nobody beyond what nobody marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.property.histories import Row, typed

from holdfast.engine import Engine
from holdfast.episodes import Episodes, episodes
from holdfast.insight.follow import Horizon, horizon, with_fate

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # of ibis, towards DuckDB
NOW = datetime(2026, 6, 30, 18)  # noqa: DTZ001 - a wall clock
FOUR_WEEKS = Horizon(days=28, rhythms=4, rhythm_days=7.0, least_days=28)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def visits(client: str, *days_ago: int, **other: object) -> list[Row]:
    """His appointments so many days ago, all attended unless something else is said."""
    shared = {"client_id": client, "therapist_id": "t1", "status": "attended"} | other
    return [
        {"appointment_id": f"{client}-{ago}", "starts_at": NOW - timedelta(days=ago, hours=2)} | shared
        for ago in days_ago
    ]


def seen(engine: Engine, *rows: list[Row], endings: list[Row] | None = None) -> Episodes:
    practice = {"appointments": [row for some in rows for row in some], "endings": endings or []}
    return episodes(typed(practice, NOW), engine=engine)


def fate(found: Episodes, client: str) -> tuple[int, int | None, str]:
    rows = {row["client_id"]: row for row in with_fate(found, FOUR_WEEKS).to_pyarrow().to_pylist()}
    return rows[client]["session_time"], rows[client]["days"], rows[client]["cause"]


def test_the_horizon_is_four_of_the_rhythm_that_three_in_four_keep(engine: Engine) -> None:
    often = [visits(f"c{n}", 107, 100, 93) for n in range(2)]
    found = seen(engine, *often, visits("fortnightly", 110, 96, 82), visits("monthly", 150, 120, 90))
    assert horizon(found) == Horizon(days=56, rhythms=4, rhythm_days=14.0, least_days=28)


@pytest.mark.slow
def test_the_horizon_is_at_least_four_weeks(engine: Engine) -> None:
    found = seen(engine, visits("twice a week", 100, 97, 94))
    assert horizon(found).days == 28


@pytest.mark.slow
def test_where_nobody_has_a_rhythm_yet_the_practices_or_a_week_stands_in(engine: Engine) -> None:
    assert horizon(seen(engine, visits("two", 100, 80))).days == 80
    assert horizon(seen(engine, visits("one", 100))).days == 28


@pytest.mark.slow
def test_a_recent_session_counts_neither_for_nor_against(engine: Engine) -> None:
    found = seen(engine, visits("left", 60, 53), visits("came again", 60, 53, 20, 13), visits("new", 20, 13))
    assert fate(found, "left") == (2, 7, "silent")
    assert fate(found, "came again") == (3, 7, "")  # after the second, 53 days ago, he is known to have come again
    assert fate(found, "new") == (0, None, "")


@pytest.mark.slow
def test_nobody_is_followed_beyond_what_nobody_marked_seen_again_or_not(engine: Engine) -> None:
    doubt = visits("again", 78, status="unknown"), visits("gone", 78, status="unknown")
    found = seen(engine, visits("again", 92, 85, 71, 64), visits("gone", 92, 85), *doubt)
    assert fate(found, "again") == fate(found, "gone") == (2, 0, "")


@pytest.mark.slow
def test_a_session_on_the_same_day_settles_an_unmarked_appointment(engine: Engine) -> None:
    doubt = visits("two that day", 85, status="unknown", appointment_id="second hour")
    found = seen(engine, visits("two that day", 92, 85), doubt)
    assert fate(found, "two that day") == (2, 7, "silent")


@pytest.mark.slow
def test_what_nobody_marked_after_a_recorded_ending_opens_nothing_again(engine: Engine) -> None:
    left_over = visits("done", 78, status="unknown", booked_at=NOW - timedelta(days=100))
    goodbye = {"client_id": "done", "therapist_id": "t1", "ended_on": NOW - timedelta(days=85), "kind": "planned"}
    found = seen(engine, visits("done", 92, 85), left_over, endings=[goodbye])
    assert fate(found, "done") == (2, 7, "planned")
