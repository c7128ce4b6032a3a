"""The episodes equal the slow, obvious ones on any history, seen from any moment.

Working out a practice costs the same for one client as for a dozen, so one example has up to a dozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import event, given, reject
from hypothesis import strategies as st
from tests.property.histories import Row, Rows, moments, practices, search, typed
from tests.property.slow_episodes import slow_episodes

from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.errors import UsageError

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # of ibis, towards DuckDB
KEYS = ("client_id", "therapist_id", "episode", "starts_at")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [row[key] for key in KEYS if key in row])


@pytest.mark.slow
@search(examples=12)
@given(practice=practices(max_clients=12), at=st.none() | moments(), exported_at=st.none() | moments())
def test_fast_and_slow_agree(engine: Engine, practice: Rows, at: datetime | None, exported_at: datetime | None) -> None:
    try:
        found = episodes(typed(practice, exported_at), engine=engine, at=at)
    except UsageError:  # nothing has happened yet, and nobody said from when to look
        assert at is None
        assert exported_at is None
        reject()
    expected_episodes, expected_sessions = slow_episodes(practice, at=at, exported_at=exported_at)
    for row in expected_episodes:
        event(f"{row['ending']} {row['ending_by']}")
    assert in_order(found.sessions.to_pyarrow().to_pylist()) == in_order(expected_sessions)
    assert in_order(found.episodes.to_pyarrow().to_pylist()) == in_order(expected_episodes)
