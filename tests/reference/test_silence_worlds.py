"""The benchmark in simulated worlds: it would notice a wrong chance, a wrong interval, and a wrong truth."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from benchmarks.plots import tenths
from benchmarks.silence_looks import Look, looks, sessions_after, with_truth
from benchmarks.silence_measures import (
    MODEL,
    NOTHING,
    Figure,
    Held,
    Judged,
    holds_chances,
    holds_each,
    holds_outcomes,
    judge,
)
from benchmarks.silence_tables import counted, worlds_table

from holdfast.simulate import WORLDS, Where, simulate
from holdfast.simulate.fates import clock

pytestmark = pytest.mark.long

ALIKE = "alike"  # the one baseline of the stub


def scored(*, sharper: float = 1.0, higher: float = 0.0, rows: int = 6000) -> pl.DataFrame:
    """A stub in the place of a model: chances whose log-odds are too sharp or too high by a known amount."""
    chance = np.random.default_rng(3)
    odds = chance.normal(-1.0, 1.5, rows)
    true = 1 / (1 + np.exp(-odds))
    said = 1 / (1 + np.exp(-(sharper * odds + higher)))
    left = (chance.random(rows) < true).astype(float)
    return pl.DataFrame(
        {"person": np.arange(rows) // 3, "gone": left, MODEL: said, ALIKE: np.full(rows, true.mean()), "true": true}
    )


def judged(frame: pl.DataFrame) -> Judged:
    return judge("stub", frame, "gone", (MODEL, ALIKE), Figure(0.9, 0.01), knowing="true")


@pytest.mark.slow
def test_right_chances_are_found_right() -> None:
    found = judged(scored())
    assert found.slope.value == pytest.approx(1.0, abs=3 * found.slope.error)
    assert found.ratio.value == pytest.approx(1.0, abs=3 * found.ratio.error)
    assert found.slope.error < 0.06
    assert found.against(ALIKE).log_score.value > 5 * found.against(ALIKE).log_score.error
    assert found.knowing == pytest.approx(found.auc[MODEL])
    assert "✗" not in worlds_table([found])


@pytest.mark.slow
@pytest.mark.parametrize("sharper", [0.6, 1.6])
def test_chances_too_bold_or_too_timid_are_found_wrong(sharper: float) -> None:
    found = judged(scored(sharper=sharper))
    assert found.slope.value == pytest.approx(1 / sharper, abs=3 * found.slope.error)
    assert "The slope is within 0.85 to 1.15 in 0 of 1 worlds; not in stub." in counted([found])


def test_chances_too_high_are_found_wrong() -> None:
    found = judged(scored(higher=0.5))
    assert found.intercept.value == pytest.approx(-0.5, abs=0.1)
    assert not found.ratio.may_be_within(0.9, 1.1)


def test_a_model_that_knows_nothing_loses() -> None:
    frame = scored().with_columns(pl.lit(0.5).alias(MODEL))
    assert "The log score is at least as good as the best other's in 0 of 1 worlds; not in stub." in counted(
        [judged(frame)]
    )


def test_with_too_few_nothing_is_said() -> None:
    found = judged(scored(rows=30).with_columns(gone=pl.lit(0.0)))
    assert found.too_few
    assert math.isnan(found.ratio.value)
    assert NOTHING.is_within(0, 1) is False


# --- intervals ---------------------------------------------------------------------------------------


def coverage(inside: list[np.ndarray]) -> float:
    held = Held()
    for one in inside:
        held.add(one)
    return held.share.value


def test_intervals_around_right_chances_hold_nine_in_ten() -> None:
    inside = []
    for seed in range(150):
        chance = np.random.default_rng(seed)
        said = np.sort(chance.beta(1, 3, 160))
        inside.append(holds_outcomes((chance.random(160) < said).astype(float), said, said, said))
    assert coverage(inside) == pytest.approx(0.9, abs=0.025)


@pytest.mark.parametrize(("too_narrow", "expected"), [(1.0, 0.9), (2.0, 0.59)])
def test_intervals_that_are_too_narrow_hold_too_few(too_narrow: float, expected: float) -> None:
    """Draws whose spread is right hold nine in ten; half of that spread holds what 0.82 deviations hold."""
    inside, each = [], []
    for seed in range(150):
        chance = np.random.default_rng(seed)
        true = np.full(160, 0.2)
        middle = 0.2 + chance.normal(0, 0.02)
        draws = middle + chance.normal(0, 0.02 / too_narrow, 300)[:, None] + np.zeros((300, 160))
        inside.append(holds_chances(true, draws))
        each.append(holds_each(true, draws))
    assert coverage(inside) == pytest.approx(expected, abs=0.08)
    assert coverage(each) == pytest.approx(expected, abs=0.08)


def test_a_handful_that_all_held_is_not_called_wrong() -> None:
    held = Held()
    held.add(np.ones(8, dtype=bool))
    assert held.share.may_be_within(0.85, 0.95)
    for _ in range(60):
        held.add(np.ones(8, dtype=bool))
    assert not held.share.may_be_within(0.85, 0.95)


# --- the truth ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def look() -> Look:
    world = replace(WORLDS["plain"], clients=240, months=14)
    return next(looks("plain", 8, simulate(world, seed=8), (0.6,)))


@pytest.mark.slow
def test_the_truth_beside_a_row_is_that_of_its_client(look: Look) -> None:
    """Beside the world's own list of silent exits, looked up in another way."""
    told_at = {(e.client_id, e.therapist_id): clock(e.ended_at) for e in look.practice.truth
               if e.kind == "silent" and e.ended_at}  # fmt: skip
    gone = {key for key, at in told_at.items() if at <= look.at}
    sessions = {
        (e.client_id, e.therapist_id): clock(e.sessions[-1].starts_at) for e in look.practice.truth if e.sessions
    }
    keys = [(*key, at) for key, at in sessions.items() if at <= look.at]
    rows = pl.DataFrame(keys, schema=["client_id", "therapist_id", "last_session_at"], orient="row")
    found = with_truth(look, rows)
    told = {(row["client_id"], row["therapist_id"]) for row in found.to_dicts() if row["silent"]}
    assert told == gone
    assert (found["gone"] >= found["silent"]).all()
    assert found["gone"].sum() > found["silent"].sum()


def test_what_was_known_to_be_over_is_left_out(look: Look) -> None:
    over = [fate for fate in look.fates if fate.where is Where.ENDED and fate.known_at and fate.known_at <= look.at]
    keys = [(fate.client_id, fate.therapist_id, clock(fate.last.starts_at)) for fate in over if fate.last]
    rows = pl.DataFrame(keys, schema=["client_id", "therapist_id", "last_session_at"], orient="row")
    assert rows.height > 10
    assert with_truth(look, rows).height == 0


def test_as_many_sessions_are_the_last_as_the_chances_say(look: Look) -> None:
    rows = sessions_after(look)
    assert rows.height > 100
    assert (rows["contact_at"] > look.at).all()
    assert (rows["contact_at"] <= look.until).all()
    for truth, chance in (("silent", "chance"), ("gone", "chance_gone")):
        error = math.sqrt((rows[chance] * (1 - rows[chance])).sum())
        assert abs(rows[truth].sum() - rows[chance].sum()) < 4 * error


def test_an_evening_s_tables_hold_nothing_later(look: Look) -> None:
    assert look.tables.practice.exported_at == look.at
    assert look.tables["appointments"]["booked_at"].max() <= look.at
    assert look.tables["checkins"]["sent_at"].max() <= look.at


def test_a_plot_has_dots_of_equal_size_that_hold_every_row() -> None:
    said = np.linspace(0, 1, 250)
    came = (said > 0.5).astype(float)
    dots = tenths(came, said)
    assert len(dots) == 10
    assert [expected for expected, _ in dots] == sorted(expected for expected, _ in dots)
    assert sum(25 * share.estimate for _, share in dots) == pytest.approx(came.sum())
    assert len(tenths(came[:30], said[:30])) == 1  # too few for more
    assert tenths(came[:0], said[:0]) == []
