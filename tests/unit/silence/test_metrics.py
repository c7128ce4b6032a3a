"""The measures against scikit-learn, scikit-survival, and numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.insight.uncertainty import Interval, NotEstimable
from holdfast.silence import metrics
from holdfast.silence.metrics import Ahead

LEFT = np.array([0, 0, 1, 1, 0, 1.0])
CHANCE = np.array([0.1, 0.4, 0.35, 0.8, 0.4, 0.9])


def made(rows: int = 400, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Chances that are right, rounded so that some are equal, and what came."""
    generator = np.random.default_rng(seed)
    chance = np.round(generator.beta(1.2, 4, rows), 2)
    return (generator.random(rows) < chance).astype(float), chance


def test_the_auc_by_hand() -> None:
    """Nine pairs: of 0.35 one below; of 0.8 and 0.9 all three. 1 + 3 + 3 = 7 of 9."""
    assert metrics.auc(LEFT, CHANCE) == pytest.approx(7 / 9)


def test_equal_chances_count_half() -> None:
    assert metrics.auc(np.array([0, 1.0]), np.array([0.5, 0.5])) == pytest.approx(0.5)


def test_the_log_score_and_brier_by_hand() -> None:
    expected = -(math.log(0.9) + 2 * math.log(0.6) + math.log(0.35) + math.log(0.8) + math.log(0.9)) / 6
    assert metrics.log_score(LEFT, CHANCE) == pytest.approx(expected)
    assert metrics.brier(LEFT, CHANCE) == pytest.approx((0.01 + 2 * 0.16 + 0.65**2 + 0.04 + 0.01) / 6)


@pytest.mark.slow
@settings(deadline=None)  # the first call loads scikit-learn
@given(seed=st.integers(0, 10_000), rows=st.integers(20, 200))
def test_as_scikit_learn_has_it(seed: int, rows: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    left, chance = made(rows, seed)
    if left.sum() in (0, rows):
        return
    weights = np.random.default_rng(seed).integers(0, 4, (2, rows)).astype(float) + 0.001
    inside = np.clip(chance, metrics.EDGE, 1 - metrics.EDGE)
    for number, each in enumerate(weights):
        both = {"sample_weight": each}
        assert metrics.auc(left, chance, weights)[number] == pytest.approx(sklearn.roc_auc_score(left, chance, **both))
        assert metrics.log_score(left, chance, weights)[number] == pytest.approx(sklearn.log_loss(left, inside, **both))
        assert metrics.brier(left, chance, weights)[number] == pytest.approx(
            sklearn.brier_score_loss(left, chance, **both)
        )


def test_recalibration_as_a_logistic_regression_without_penalty_has_it() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    left, chance = made(800)
    x = metrics.logit(chance)[:, None]
    fitted = linear.LogisticRegression(C=1e12, tol=1e-10, max_iter=10_000).fit(x, left)
    assert metrics.calibration_slope(left, chance) == pytest.approx(fitted.coef_[0, 0], rel=1e-4)


def test_the_intercept_makes_the_sum_right() -> None:
    """With the slope held at 1, the fitted chances add up to those who left: that is its defining equation."""
    left, chance = made(500)
    off = np.clip(chance * 0.5, 0.01, 0.99)
    a = metrics.calibration_intercept(left, off)[0]
    assert a > 0
    assert (1 / (1 + np.exp(-(a + metrics.logit(off))))).sum() == pytest.approx(left.sum())


def test_chances_twice_too_extreme_have_half_the_slope() -> None:
    left, chance = made(4000)
    chance = np.clip(chance, 0.02, 0.98)
    extreme = 1 / (1 + np.exp(-2 * metrics.logit(chance)))
    assert metrics.calibration_slope(left, extreme) == pytest.approx(metrics.calibration_slope(left, chance) / 2)


def test_the_same_chance_for_everyone_has_no_slope() -> None:
    assert np.isnan(metrics.calibration_slope(LEFT, np.full(6, 0.3))).all()


def test_observed_to_expected_by_hand() -> None:
    assert metrics.observed_to_expected(LEFT, CHANCE) == pytest.approx(3 / 2.95)


def test_weights_are_rows_counted_more_often() -> None:
    left, chance = made(60)
    twice = np.where(np.arange(60) < 20, 2.0, 1.0)[None]
    longer = np.r_[np.arange(20), np.arange(60)]
    for measure in (metrics.auc, metrics.log_score, metrics.brier, metrics.observed_to_expected):
        assert measure(left, chance, twice) == pytest.approx(measure(left[longer], chance[longer], None))
    assert metrics.calibration_slope(left, chance, twice) == pytest.approx(
        metrics.calibration_slope(left[longer], chance[longer])
    )


# --- who will have left within some days -----------------------------------------------------------


@pytest.mark.parametrize("horizon", [20.0, 50.0, 90.0])
def test_the_auc_at_a_horizon_as_scikit_survival_has_it(horizon: float) -> None:
    sksurv = pytest.importorskip("sksurv.metrics")
    util = pytest.importorskip("sksurv.util")
    generator = np.random.default_rng(5)
    chance = generator.random(300)
    gone, followed = generator.exponential(120 * (1.2 - chance)), generator.uniform(10, 200, 300)
    ahead = Ahead(np.minimum(gone, followed), (gone <= followed).astype(float))
    told = util.Surv.from_arrays(ahead.left == 1, ahead.days)
    theirs, _ = sksurv.cumulative_dynamic_auc(told, told, chance, [horizon])
    cases, controls = metrics.cumulative_dynamic(ahead, horizon)
    assert metrics.weighted_auc(chance, cases[None], controls[None])[0] == pytest.approx(theirs[0], abs=1e-9)


def test_without_losing_sight_of_anybody_all_count_the_same() -> None:
    ahead = Ahead(np.array([3.0, 5.0, 9.0, 9.0]), np.array([1.0, 1.0, 0.0, 0.0]))
    cases, controls = metrics.cumulative_dynamic(ahead, 6)
    assert cases.tolist() == [1, 1, 0, 0]
    assert controls.tolist() == [0, 0, 1, 1]


# --- the curve --------------------------------------------------------------------------------------


def test_the_curve_holds_every_row_once_in_order() -> None:
    left, chance = made(503)
    found = metrics.curve(left, chance)
    assert sum(part.rows for part in found) == 503
    assert sum(part.left for part in found) == left.sum()
    assert [part.expected for part in found] == sorted(part.expected for part in found)
    assert 5 <= len(found) <= 10


def test_one_chance_for_all_is_one_bin() -> None:
    found = metrics.curve(LEFT, np.full(6, 0.3))
    assert [(part.rows, part.left) for part in found] == [(6, 3)]


# --- how sure ---------------------------------------------------------------------------------------


def test_clients_are_drawn_whole() -> None:
    clients = np.array([0, 0, 1, 2, 2, 2])
    weights = metrics.resampled(clients, replicates=50)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 5]).all()
    assert (weights[:, 0] + weights[:, 2] + weights[:, 3] == 3).all()


def test_with_nine_of_one_kind_nothing_is_said() -> None:
    left = np.r_[np.ones(9), np.zeros(200)]
    found = metrics.with_interval(metrics.auc, left, np.linspace(0, 1, 209), metrics.resampled(np.arange(209)))
    assert found == NotEstimable("too few to tell")


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Ten clients in ten have several rows that go the same way: intervals by row would be far too narrow."""
    generator = np.random.default_rng(11)
    held = 0
    for number in range(60):
        client = np.repeat(np.arange(150), 4)
        chance = np.repeat(generator.beta(2, 5, 150), 4)
        left = np.repeat((generator.random(150) < chance[::4]).astype(float), 4)
        found = metrics.with_interval(
            metrics.observed_to_expected, left, chance, metrics.resampled(client, seed=number)
        )
        assert isinstance(found, Interval)
        held += found.lower <= 1 <= found.upper
    assert held >= 51  # of 60; 57 are expected


def test_a_single_replicate_is_no_interval() -> None:
    assert metrics.interval(0.7, np.array([np.nan, np.nan])) == NotEstimable("cannot be told")


def test_recalibration_does_not_run_away_from_chances_that_are_far_too_bold() -> None:
    """Nought and one for everyone, right nine times in ten: the slope that scikit-learn finds without a penalty."""
    linear = pytest.importorskip("sklearn.linear_model")
    generator = np.random.default_rng(7)
    left = (generator.random(500) < 0.3).astype(float)
    right = generator.random(500) < 0.9
    chance = np.clip(np.where(right, left, 1 - left) + generator.normal(0, 1e-4, 500), 0, 1)
    x = metrics.logit(chance)[:, None]
    fitted = linear.LogisticRegression(C=1e12, solver="newton-cholesky", tol=1e-10).fit(x, left)
    assert metrics.calibration_slope(left, chance) == pytest.approx(fitted.coef_[0, 0], rel=1e-3)
    found = metrics.with_interval(metrics.calibration_slope, left, chance, metrics.resampled(np.arange(500)))
    assert isinstance(found, Interval)
    assert found.lower < found.estimate < found.upper
