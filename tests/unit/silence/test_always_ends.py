"""Whatever the tables are like, fitting and predicting end: with chances, or with a refusal that says why.

Never a traceback, never a hang, never a number that is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.unit.tables.few_rows import Row, tables_of

from holdfast.engine import Engine
from holdfast.errors import UsageError
from holdfast.silence import Fitted, Moments, fit, fit_moments, moments, predict, predict_moments
from holdfast.simulate import WORLDS, simulate, write
from holdfast.tables.read import Practice, read_tables

pytestmark = pytest.mark.slow  # each case is a practice of its own

MONDAY = datetime(2026, 1, 5, 10)  # noqa: DTZ001 (the practice's wall clock)
EXPORTED_AT = datetime(2026, 7, 1)  # noqa: DTZ001
Known = Callable[[str], Moments]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def visits(client: str, count: int, *, every: int = 7, status: str = "attended", since: datetime = MONDAY) -> list[Row]:
    """One client's appointments, evenly spaced, each booked the week before."""
    starts = [since + timedelta(days=every * number) for number in range(count)]
    return [
        {
            "appointment_id": f"{client}-{start:%Y%m%d}-{number}",
            "client_id": client,
            "therapist_id": "t1",
            "starts_at": start,
            "status": status,
            "certainty": "not_updated" if status == "unknown" else "recorded",
            "booked_at": start - timedelta(days=7),
            "status_at": None if status == "unknown" else start + timedelta(hours=1),
        }
        for number, start in enumerate(starts)
    ]


def many(count: int, **how: Any) -> list[Row]:
    return [row for number in range(10) for row in visits(f"c{number}", count, **how)]


def of_each(**what: str) -> list[Row]:
    return [{"client_id": f"c{number}", **what} for number in range(10)]


def constant_checkins(rows: list[Row]) -> list[Row]:
    """Everybody always answers the same."""
    same = {"understood": 10, "on_target": 10, "worth_it": 10, "pace": 0, "approach": 0}
    return [
        {
            "client_id": row["client_id"],
            "appointment_id": row["appointment_id"],
            "sent_at": row["starts_at"] + timedelta(hours=2),
            "answered_at": row["starts_at"] + timedelta(hours=3),
            **same,
        }
        for row in rows
    ]


def rows(**tables: list[Row]) -> dict[str, list[Row]]:
    """The rows of each table that is there."""
    return tables


WEEKS_TO_EXPORT = (EXPORTED_AT - MONDAY).days // 7 + 1
CASES: dict[str, dict[str, list[Row]]] = {
    "ten clients of one therapist": rows(appointments=[r for n in range(10) for r in visits(f"c{n}", 2 * n + 1)]),
    "nobody ever returned": rows(appointments=many(1)),
    "everyone always returned": rows(appointments=many(WEEKS_TO_EXPORT)),
    "everyone is booked ahead for ever": rows(
        appointments=many(WEEKS_TO_EXPORT) + many(1, status="booked", since=EXPORTED_AT + timedelta(days=3))
    ),
    "one and the same answer from everyone": rows(
        appointments=many(8), checkins=constant_checkins(many(8)), clients=of_each(gender="man")
    ),
    "every appointment unmarked": rows(appointments=many(6, status="unknown")),
    "no session: everyone missed": rows(appointments=many(2, status="no_show")),
    "only bookings to come": rows(appointments=many(3, status="booked", since=EXPORTED_AT)),
    "a single appointment": rows(appointments=visits("c1", 1)),
    "a single appointment, unmarked": rows(appointments=visits("c1", 1, status="unknown")),
    "two on one day": rows(appointments=visits("c1", 2, every=0)),
    "every day": rows(appointments=many(60, every=1)),
    "once a year": rows(appointments=visits("c1", 3, every=365, since=datetime(2023, 3, 1, 9))),  # noqa: DTZ001
    "everyone ended, and it is recorded": rows(
        appointments=many(5),
        endings=of_each(therapist_id="t1", ended_on="2026-02-20", kind="planned"),
    ),
    "everyone is recorded as lost": rows(
        appointments=many(5),
        endings=of_each(therapist_id="t1", ended_on="2026-04-20", kind="silent"),
    ),
    "a session at the very moment of the export": rows(appointments=visits("c1", 1, since=EXPORTED_AT)),
    "a pause without an end": rows(
        appointments=visits("c1", 3),
        repairs=[{"client_id": "c1", "therapist_id": "t1", "at": "2026-01-19T11:00:00", "action": "pause"}],
    ),
}


def answered(fitted: Fitted, known: Moments) -> pl.DataFrame:
    """Predict, and see that every number is one and every chance a chance."""
    found = predict_moments(fitted, known)
    for name in ("p_left", "p_left_low", "p_left_high", "p_last"):
        values = found[name].to_numpy()
        assert np.isfinite(values).all(), name
        assert ((values >= 0) & (values <= 1)).all(), name
    assert (found["p_left_low"] <= found["p_left_high"]).all()
    assert (found["days_silent"] >= 0).all()
    assert (found["rhythm_days"] > 0).all()
    assert np.isfinite(fitted.effects).all()
    assert np.isfinite(fitted.therapists).all()
    return found


@pytest.fixture(scope="module", name="known")
def _known(engine: Engine) -> Known:
    """What is known in each of the cases, worked out when it is first asked for."""
    return cache(lambda name: moments(tables_of(EXPORTED_AT, **CASES[name]), engine=engine))


@pytest.mark.parametrize("name", CASES)
def test_it_ends_with_chances(name: str, known: Known) -> None:
    answered(fit_moments(known(name)), known(name))


@pytest.mark.parametrize("name", CASES)
def test_so_it_does_without_the_practice_s_own_history(name: str, known: Known) -> None:
    answered(fit_moments(known(name), prior_only=True), known(name))


def test_a_model_can_be_saved_and_loaded_however_little_it_was_fitted_on(tmp_path: Path, known: Known) -> None:
    ten = known("ten clients of one therapist")
    for number, name in enumerate(("a single appointment", "only bookings to come", "nobody ever returned")):
        path = tmp_path / f"{number}.json"
        fitted = fit_moments(known(name))
        fitted.save(path)
        loaded = Fitted.load(path)
        assert answered(loaded, ten)["p_left"].to_list() == pytest.approx(
            answered(fitted, ten)["p_left"].to_list(), abs=0.01
        )


def test_tables_that_tell_of_nothing_are_refused(engine: Engine) -> None:
    nothing = replace(tables_of(EXPORTED_AT), practice=Practice())
    with pytest.raises(UsageError, match="nothing that has happened"):
        fit(nothing, engine=engine)


def test_an_empty_table_with_a_moment_gives_no_rows(engine: Engine) -> None:
    nothing = tables_of(EXPORTED_AT)
    assert predict(fit(nothing, engine=engine), nothing, engine=engine).height == 0


def test_nobody_who_never_came_has_a_row(known: Known) -> None:
    for name in ("no session: everyone missed", "only bookings to come", "every appointment unmarked"):
        assert predict_moments(fit_moments(known(name)), known(name)).height == 0, name


def test_when_nobody_ever_returned_they_have_probably_left(known: Known) -> None:
    found = known("nobody ever returned")
    assert (answered(fit_moments(found), found)["p_left"] > 0.8).all()


def test_when_everyone_always_returned_nobody_has_probably_left(known: Known) -> None:
    found = known("everyone always returned")
    assert (answered(fit_moments(found), found)["p_left"] < 0.2).all()


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_it_ends_in_every_world(name: str, tmp_path: Path, engine: Engine) -> None:
    world = replace(WORLDS[name], clients=min(60, WORLDS[name].clients), months=min(6, WORLDS[name].months))
    write(simulate(world, seed=5), tmp_path)
    known = moments(read_tables(tmp_path), engine=engine)
    answered(fit_moments(known), known)


def test_where_nobody_ever_came_back_everybody_is_expected_to_leave(engine: Engine) -> None:
    """All chances near one: the peak is flat, and what is drawn round it must not wander off."""
    rows = [
        row
        for number in range(120)
        for row in visits(f"c{number}", 1, since=MONDAY + timedelta(days=number))
        + visits(f"c{number}", 1, status="no_show", since=MONDAY + timedelta(days=number + 7, hours=1))
    ]
    tables = tables_of(EXPORTED_AT, appointments=[row for row in rows if row["starts_at"] < EXPORTED_AT])
    found = predict(fit(tables, engine=engine), tables, engine=engine)
    assert found.height == 120
    assert found["p_last"].mean() > 0.8
    assert found.filter(pl.col("days_silent") > 40)["p_left"].min() > 0.97
