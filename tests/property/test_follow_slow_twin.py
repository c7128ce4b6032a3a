"""How far each course is followed equals a slow, obvious walk from session to session, on any history.

Written from the words of docs/explanation/censoring.md, not from ``holdfast.insight.follow``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import ceil

import pytest
from hypothesis import event, given, reject
from hypothesis import strategies as st
from tests.property.histories import Row, Rows, moments, practices, search, typed
from tests.property.slow_episodes import DAY, slow_episodes, slow_unmarked

from holdfast.asof import seconds
from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.errors import UsageError
from holdfast.insight.follow import horizon, with_fate

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # of ibis, towards DuckDB
Fate = tuple[int, int | None, str]  # session_time, days, cause


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def slow_days(rows: list[Row], practice_rhythm: float) -> int:
    """Four of the rhythm that three in four keep, or four weeks if that is more."""
    own = sorted(row["rhythm_days"] for row in rows if row["rhythm_is_own"])
    longer = own[ceil(0.75 * len(own)) - 1] if own else practice_rhythm
    return max(ceil(4 * longer), 28)


def slow_fate(row: Row, starts: list[int], unmarked: list[int], latest: int) -> Fate:
    """Walk from one session to the next, as long as it can be known what he did after it."""
    attended_on = {start // DAY for start in starts}
    over = row["ended_on"]
    doubts = [u for u in unmarked if u // DAY not in attended_on and (over is None or u // DAY <= over // DAY)]
    first_doubt = min(doubts, default=None)
    end = max([*starts, *([] if starts else [row["started_at"] if row["started_at"] is not None else over])])
    if row["ending"] != "open" and first_doubt is None and end <= latest:
        return len(starts), (starts[-1] // DAY - starts[0] // DAY if starts else None), row["ending"]
    known = [start for start in starts if first_doubt is None or start < first_doubt]
    came_again = 0
    for before, _ in zip([row["started_at"], *known], known, strict=False):
        if before is None or before > latest:
            break
        came_again += 1
    days = known[came_again - 2] // DAY - known[0] // DAY if came_again > 1 else None
    return came_again, days, ""


@pytest.mark.slow
@search(examples=12)
@given(practice=practices(max_clients=12), at=st.none() | moments(), exported_at=st.none() | moments())
def test_fast_and_slow_agree(engine: Engine, practice: Rows, at: datetime | None, exported_at: datetime | None) -> None:
    try:
        found = episodes(typed(practice, exported_at), engine=engine, at=at)
    except UsageError:  # nothing has happened yet, and nobody said from when to look
        reject()
    rows, sessions = slow_episodes(practice, at=at, exported_at=exported_at)
    unmarked = slow_unmarked(practice, at=at, exported_at=exported_at)
    until = horizon(found)
    rhythm = found.practice_rhythm_days if found.practice_rhythm_days is not None else 7.0
    assert until.days == slow_days(rows, rhythm)
    latest = seconds(found.at) - until.days * DAY
    expected = {}
    for row in rows:
        starts = sorted(one["starts_at"] for one in sessions if _key(one) == _key(row))
        expected[_key(row)] = slow_fate(row, starts, unmarked.get(_key(row), []), latest)
        event(f"{'followed' if expected[_key(row)][0] else 'not followed'}, {expected[_key(row)][2] or 'censored'}")
    fates = with_fate(found, until).to_pyarrow().to_pylist()
    assert {_key(row): (row["session_time"], row["days"], row["cause"]) for row in fates} == expected


def _key(row: Row) -> tuple:
    return row["client_id"], row["therapist_id"], row["episode"]
