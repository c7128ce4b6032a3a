"""The peak and the curvature, against a general optimiser and differences worked out by machine."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from holdfast.silence.design import Design, Normal
from holdfast.silence.newton import Peak, Rows, climb, lean, peaks

DESIGN = Design(
    columns=(("session", "s1"), ("understood", "low"), ("understood", "none")),
    references={"session": "s21", "understood": "high"},
    intercept=Normal(-2.5, 0.8),
    priors=(Normal(0.8, 0.5), Normal(0.5, 0.5), Normal(0.0, 0.3)),
)
SPREAD = 0.5


def peak(found: Rows, design: Design, spread: float) -> Peak:
    at = climb(found, design, spread, (design.means, np.zeros(found.therapists)), steps=60)
    return peaks(found, [design], [spread], at)[0]


def sds(top: Peak) -> np.ndarray:
    return np.sqrt(np.diag(np.linalg.inv(top.effects_curvature)))


def rows(seed: int, count: int = 400, therapists: int = 6) -> Rows:
    chance = np.random.default_rng(seed)
    session = np.where(chance.random(count) < 0.3, 1, DESIGN.width)
    understood = chance.choice([2, 3, DESIGN.width], count)
    return Rows.of(
        encoded=np.stack([session, understood], axis=1),
        therapist=chance.integers(0, therapists, count),
        weight=chance.integers(1, 4, count).astype(float),
        ratio=np.where(chance.random(count) < 0.3, 0.0, chance.random(count)),
        stayed=chance.random(count) < 0.8,
        design=DESIGN,
    )


def plain_value(theta: np.ndarray, found: Rows) -> float:
    """The same log posterior, one row at a time."""
    effects, own = theta[: DESIGN.width], theta[DESIGN.width :]
    total = -(((effects - DESIGN.means) / DESIGN.sds) ** 2).sum() / 2 - ((own / SPREAD) ** 2).sum() / 2
    columns, whose = found.matrix.toarray(), found.therapist
    for holds, who, weight, ratio, stayed in zip(columns, whose, found.weight, found.ratio, found.stayed, strict=True):
        eta = own[who] + holds @ effects
        p = 1 / (1 + np.exp(-eta))
        total += weight * np.log(1 - p if stayed else p + (1 - p) * ratio)
    return total


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_peak_is_where_a_general_optimiser_finds_it(seed):
    found = rows(seed)
    top = peak(found, DESIGN, SPREAD)
    start = np.r_[DESIGN.means, np.zeros(6)]
    best = minimize(lambda theta: -plain_value(theta, found), start, method="BFGS", options={"gtol": 1e-6}).x
    assert np.r_[top.effects, top.therapists] == pytest.approx(best, abs=2e-3)


def test_the_curvature_is_the_second_difference_of_the_log_posterior():
    found = rows(4)
    top = peak(found, DESIGN, SPREAD)
    at, step, size = np.r_[top.effects, top.therapists], 1e-4, DESIGN.width + 6
    hessian = np.zeros((size, size))
    shift = np.eye(size) * step
    for i in range(size):
        for j in range(size):
            corners = [plain_value(at + a * shift[i] + b * shift[j], found) for a, b in
                       ((1, 1), (1, -1), (-1, 1), (-1, -1))]  # fmt: skip
            hessian[i, j] = -(corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    covariance = np.linalg.inv(hessian)
    width = DESIGN.width
    assert np.linalg.inv(top.effects_curvature) == pytest.approx(covariance[:width, :width], rel=2e-2, abs=1e-5)


def test_draws_have_the_mean_and_the_spread_of_the_peak():
    top = peak(rows(5), DESIGN, SPREAD)
    effects, therapists = top.draws(40_000, np.random.default_rng(0))
    assert effects.mean(axis=0) == pytest.approx(top.effects, abs=0.02)
    assert effects.std(axis=0) == pytest.approx(sds(top), rel=0.03)
    assert therapists.mean(axis=0) == pytest.approx(top.therapists, abs=0.02)


def test_with_no_rows_the_priors_stand():
    nothing = np.zeros(0)
    empty = Rows.of(np.zeros((0, 2), int), np.zeros(0, int), nothing, nothing, np.zeros(0, bool), DESIGN)
    top = peak(empty, DESIGN, SPREAD)
    assert top.effects == pytest.approx(DESIGN.means)
    assert sds(top) == pytest.approx(DESIGN.sds)


def test_the_lean_takes_the_peak_to_the_mean_of_a_lopsided_posterior():
    """Three of sixty have left: on a grid the mean of the log-odds lies below the peak."""
    only = Design((), {"session": "s21"}, Normal(-3.0, 1.5), ())
    gone, size = 3, 60
    nothing = np.full((2, 1), only.width, dtype=np.int16)
    found = Rows.of(nothing, np.zeros(2, int), np.array([float(gone), float(size - gone)]), np.array([0.0, 1.0]),
                    np.array([False, True]), only)  # fmt: skip
    grid = np.linspace(-9, 2, 40_001)
    logs = gone * grid - size * np.log1p(np.exp(grid)) - ((grid + 3) / 1.5) ** 2 / 2
    weight = np.exp(logs - logs.max())
    mean = (grid * weight).sum() / weight.sum()
    top = peak(found, only, 1e-3)
    moved = lean(found, top, np.full(2, sds(top)[0] ** 2))[0]
    assert top.effects[0] - mean > 0.05
    assert top.effects[0] + moved[0] == pytest.approx(mean, abs=0.02)


def test_what_does_not_hold_of_the_published_effects_goes_to_the_intercept():
    here = DESIGN.here(scale=0.5, holds=0.25, usual=0.8)
    assert here.intercept == Normal(-2.5 + 0.75 * 0.8, 0.8)
    assert here.priors[0] == Normal(0.2, 0.25)
    assert DESIGN.here(1.0, 1.0, 0.8) == DESIGN
