"""The same tables give the same episodes and sessions on Spark, in local mode, as on the embedded engine.

It needs ``pip install --no-deps --require-hashes -r requirements/spark.txt`` and Java 17; without them it is
skipped, and says so. The first working-out on a fresh Spark takes half a minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.property.histories import START, Row, Rows, moments, practices, typed

from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.simulate.demo import demo_practice, write
from holdfast.tables.read import Tables, read_tables

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("default"),  # pyspark's and pandas' own; ours are errors in every other test
]
KEYS = ("client_id", "therapist_id", "episode", "day")


def seen(tables: Tables, engine: Engine, at: datetime | None) -> tuple[list[Row], list[Row], float | None]:
    """The episodes and the sessions, in one order, and the practice's rhythm."""
    found = episodes(tables, engine=engine, at=at)
    return in_order(found.episodes), in_order(found.sessions), found.practice_rhythm_days


def in_order(table: Any) -> list[Row]:
    rows = table.to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: [row[key] for key in KEYS if key in row])


def assert_same(tables: Tables, engines: tuple[Engine, Engine], at: datetime | None) -> None:
    here, there = (seen(tables, engine, at) for engine in engines)
    assert there == here


@settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(practice=practices(max_clients=12), at=moments(), complete=st.booleans())
def test_random_histories_look_alike(
    engines: tuple[Engine, Engine], practice: Rows, at: datetime, complete: bool
) -> None:
    exported_at = at if complete else START + timedelta(days=500)
    assert_same(typed(practice, exported_at), engines, at)


def test_a_practice_without_any_appointment_looks_alike(engines: tuple[Engine, Engine]) -> None:
    assert_same(typed({}), engines, START)


def test_a_part_of_a_second_is_dropped_alike(engines: tuple[Engine, Engine]) -> None:
    late = START + timedelta(days=1, microseconds=-1)
    row = {"appointment_id": "a1", "client_id": "c1", "therapist_id": "t1", "starts_at": late, "status": "attended"}
    assert_same(typed({"appointments": [row]}), engines, None)


def test_nothing_is_left_behind_in_a_session_that_goes_on(spark: Any) -> None:
    before = spark.catalog.listTables()
    with Engine.spark(spark) as engine:
        lent = dict(engine.load(typed({})))  # each is lent once it is asked for
        assert len(spark.catalog.listTables()) == len(before) + len(lent)
    assert spark.catalog.listTables() == before


@pytest.mark.slow
def test_the_demo_practice_looks_alike(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    write(demo_practice(), tmp_path)
    tables = read_tables(tmp_path)
    assert_same(tables, engines, None)
    assert_same(tables, engines, tables.practice.exported_at - timedelta(days=100))
