"""The same tables give the same contacts, stages, signals and words on Spark as on the embedded engine."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.property.histories import START, Rows, moments, typed
from tests.property.silence_histories import full_practices

from holdfast.engine import Engine
from holdfast.silence.moments import Moments
from holdfast.silence.moments import moments as moments_of
from holdfast.simulate.demo import demo_practice, write
from holdfast.tables.read import Tables, read_tables

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("default"),  # pyspark's and pandas' own; ours are errors in every other test
]


def assert_same(tables: Tables, engines: tuple[Engine, Engine], at: datetime | None) -> None:
    here, there = (moments_of(tables, at=at, engine=engine) for engine in engines)
    for field in fields(Moments):
        one, other = getattr(here, field.name), getattr(there, field.name)
        if isinstance(one, pl.DataFrame):
            assert other.schema == one.schema, field.name
            assert other.equals(one), field.name
        else:
            assert other == one, field.name


@settings(
    max_examples=3,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(practice=full_practices(max_clients=10), at=moments(), complete=st.booleans())
def test_random_histories_look_alike(
    engines: tuple[Engine, Engine], practice: Rows, at: datetime, complete: bool
) -> None:
    exported_at = at if complete else START + timedelta(days=500)
    assert_same(typed(practice, exported_at), engines, at)


def test_a_practice_without_any_appointment_looks_alike(engines: tuple[Engine, Engine]) -> None:
    assert_same(typed({}), engines, START)


@pytest.mark.slow
def test_the_demo_practice_looks_alike(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    write(demo_practice(), tmp_path)
    assert_same(read_tables(tmp_path), engines, None)
