"""How good chances were, once it is known what happened: discrimination, sharpness, calibration.

Every measure takes 0/1 outcomes (1: he had left), the chances that were given, and optional weights, one row
of them a replicate. So a bootstrap is one call with many rows of weights, and an estimate is a call with none.
Intervals are percentiles of a bootstrap that draws clients, not rows: one client can be on many evenings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from holdfast.insight.result import TOO_FEW
from holdfast.insight.uncertainty import Interval, NotEstimable, proportion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measure = Callable[[Floats, Floats, Floats], Floats]

LEAST = 10  # of either outcome: with fewer, nothing is said
EDGE = 1e-6  # a chance of exactly 0 or 1 that turns out wrong would cost infinitely much
LEAST_SPREAD = 0.1  # of the log-odds given
REPLICATES = 200
LEVEL = 0.95
AT_ONCE = 4_000_000  # weights held in memory at a time


def too_few(left: Floats) -> bool:
    """Say whether there are fewer than ten of either outcome."""
    return bool(min(left.sum(), (1 - left).sum()) < LEAST)


def one_each(left: Floats) -> Floats:
    """Weights that count every row once: shape (1, rows)."""
    return np.ones((1, len(left)))


# --- discrimination ---------------------------------------------------------------------------------


def auc(left: Floats, chance: Floats, weights: Floats | None = None) -> Floats:
    """Chance that one who had left was given a higher chance than one who had not; equal ones count half.

    The area under the receiver operating curve, as Mann and Whitney's statistic (Hanley and McNeil 1982).

    Parameters
    ----------
    left : shape (rows,), 1 for those who had left, else 0
    chance : shape (rows,)
    weights : shape (replicates, rows); by default every row once

    Returns
    -------
    shape (replicates,); not a number where one of the outcomes is missing
    """
    each = one_each(left) if weights is None else weights
    return weighted_auc(chance, each * left, each * (1 - left))


def weighted_auc(chance: Floats, cases: Floats, controls: Floats) -> Floats:
    """The same with separate weights, shape (replicates, rows), of those who had left and those who had not."""
    order = np.argsort(chance, kind="stable")
    ranked = chance[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, int)
    if not len(starts):
        return np.full(len(cases), np.nan)
    case = np.add.reduceat(cases[:, order], starts, axis=1)
    control = np.add.reduceat(controls[:, order], starts, axis=1)
    below = np.cumsum(control, axis=1) - control / 2
    pairs = case.sum(axis=1) * control.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(pairs > 0, (case * below).sum(axis=1) / pairs, np.nan))


@dataclass(frozen=True, slots=True)
class Ahead:
    """Who will have left within some days: when each row's client left, or until when he is known to be there.

    ``days`` since the chance was given; ``left`` 1 if he left then, 0 if no more is known of him.
    """

    days: Floats
    left: Floats


def cumulative_dynamic(ahead: Ahead, horizon: float) -> tuple[Floats, Floats]:
    """Weights of cases and controls for the AUC at one horizon: shape (rows,) each.

    Cases left by the horizon, weighted by the inverse of the chance to be followed for so long (Kaplan–Meier of
    the follow-up); controls are known to be there beyond it (Uno et al. 2007; Hung and Chiang 2010).
    """
    followed = _followed(ahead)
    case = (ahead.left == 1) & (ahead.days <= horizon)
    with np.errstate(divide="ignore"):
        weights = np.where(case, 1.0 / np.where(followed > 0, followed, np.inf), 0.0)
    return weights, (ahead.days > horizon).astype(float)


def _followed(ahead: Ahead) -> Floats:
    """Chance to be followed up to each row's own time: the curve in which losing sight of him is the event.

    At equal times those who left come first, so that they still count among the followed.
    """
    times, place = np.unique(ahead.days, return_inverse=True)
    lost = np.bincount(place, weights=1 - ahead.left, minlength=len(times))
    gone = np.bincount(place, weights=ahead.left, minlength=len(times))
    watched = len(ahead.days) - np.concatenate([[0.0], np.cumsum(lost + gone)[:-1]])
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.where(watched - gone > 0, 1 - lost / (watched - gone), 1.0)
    return np.asarray(np.cumprod(step)[place])


# --- how far off the chances were -------------------------------------------------------------------


def log_score(left: Floats, chance: Floats, weights: Floats | None = None) -> Floats:
    """Mean of −log of the chance given to what came (natural logarithm). Smaller is better; shape (replicates,)."""
    inside = np.clip(chance, EDGE, 1 - EDGE)
    return _mean(-np.where(left == 1, np.log(inside), np.log1p(-inside)), weights)


def brier(left: Floats, chance: Floats, weights: Floats | None = None) -> Floats:
    """Mean squared distance between the chance and what came (Brier 1950). Smaller is better."""
    return _mean((chance - left) ** 2, weights)


def _mean(values: Floats, weights: Floats | None) -> Floats:
    if weights is None:
        return np.asarray([values.mean()]) if len(values) else np.asarray([np.nan])
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, weights @ values / total, np.nan))


# --- calibration ------------------------------------------------------------------------------------


def observed_to_expected(left: Floats, chance: Floats, weights: Floats | None = None) -> Floats:
    """How many had left, for each that was expected. 1 is right; above 1, too few were expected."""
    each = one_each(left) if weights is None else weights
    expected = each @ chance
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, each @ left / expected, np.nan))


def calibration_intercept(left: Floats, chance: Floats, weights: Floats | None = None) -> Floats:
    """Log-odds by which all chances were too low, on the whole (Cox 1958; the slope held at 1). 0 is right."""
    each = one_each(left) if weights is None else weights
    return _recalibrate(left, chance, each, free_slope=False)[0]


def calibration_slope(left: Floats, chance: Floats, weights: Floats | None = None) -> Floats:
    """Slope of what came on the log-odds given (Cox 1958). 1 is right; below 1, the chances were too extreme."""
    each = one_each(left) if weights is None else weights
    if np.std(logit(chance)) < LEAST_SPREAD:
        return np.full(len(each), np.nan)  # all but the same for everyone: there is no slope
    return _recalibrate(left, chance, each, free_slope=True)[1]


def logit(chance: Floats) -> Floats:
    inside = np.clip(chance, EDGE, 1 - EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _recalibrate(left: Floats, chance: Floats, weights: Floats, *, free_slope: bool) -> tuple[Floats, Floats]:
    """Logistic regression of what came on the log-odds given, for every replicate at once, by Newton's method.

    A step that makes a replicate worse is halved until it does not. Where the outcome is split perfectly there is
    no answer: not a number.
    """
    x = logit(chance)
    start = np.tile([[0.0], [1.0]], len(weights))
    if len(weights) > 1:  # from the answer for all rows it is only a step or two to that for a replicate
        whole = np.asarray(_recalibrate(left, chance, one_each(left), free_slope=free_slope))
        start = np.where(np.isfinite(whole), whole, [[0.0], [1.0]]) + np.zeros((2, len(weights)))
    found, cost = start, _cost(start, x, left, weights)
    near_enough = 1e-9 if len(weights) == 1 else 1e-4
    for _ in range(30):
        step = _newton_step(found, x, left, weights, free_slope=free_slope)
        if np.abs(step).max(initial=0.0) < near_enough:
            found = found + step
            break
        found, cost = _go(found, step, cost, x, left, weights)
    wild = np.abs(found).max(axis=0) > 30
    a, b = np.where(wild, np.nan, found)
    return a, b


def _cost(at: Floats, x: Floats, left: Floats, weights: Floats) -> Floats:
    eta = at[0][:, None] + at[1][:, None] * x
    return np.asarray((weights * (np.logaddexp(0, eta) - left * eta)).sum(axis=1))


def _newton_step(at: Floats, x: Floats, left: Floats, weights: Floats, *, free_slope: bool) -> Floats:
    p = 1 / (1 + np.exp(-np.clip(at[0][:, None] + at[1][:, None] * x, -40, 40)))
    error, spread = weights * (left - p), weights * p * (1 - p)
    g0, g1 = error.sum(axis=1), error @ x
    h00, h01, h11 = spread.sum(axis=1), spread @ x, spread @ x**2
    with np.errstate(invalid="ignore", divide="ignore"):
        if not free_slope:
            step = np.asarray([g0 / h00, np.zeros_like(g0)])
        else:
            det = h00 * h11 - h01**2
            step = np.asarray([(h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det])
    return np.where(np.isfinite(step), step, 0.0)


def _go(at: Floats, step: Floats, cost: Floats, x: Floats, left: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Go a step in every replicate, or as much of it as makes it better."""
    step = np.clip(step, -4, 4)
    for _ in range(12):
        then = _cost(at + step, x, left, weights)
        worse = then > cost + 1e-9
        if not worse.any():
            break
        step = np.where(worse, step / 2, step)
    step = np.where(worse, 0.0, step)
    return at + step, np.where(worse, cost, then)


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows that were given about the same chance: what was said on average, and what came."""

    expected: float
    rows: int
    left: int
    observed: Interval
    places: np.ndarray  # of its rows


def curve(left: Floats, chance: Floats, *, bins: int = 10) -> list[Bin]:
    """Cut the rows into bins by their chance; equal chances stay together.

    Each bin holds about as much doubt as any other, √(p(1 − p)) added up, so that the few rows in the middle are
    not hidden among the many of which all but everything was known. The interval is Wilson's, and a little too
    narrow where one client is in a bin more than once.
    """
    order = np.argsort(chance, kind="stable")
    ranked = chance[order]
    doubt = np.cumsum(np.sqrt(ranked * (1 - ranked)) + 1e-3)
    ends = np.searchsorted(doubt, doubt[-1] * np.arange(1, bins) / bins) if len(ranked) else np.zeros(0, int)
    edges = np.unique(ranked[ends]) if len(ends) else np.zeros(0)
    place = np.searchsorted(edges, ranked, side="left")
    found = []
    for number in np.unique(place):
        rows = order[place == number]
        came = int(left[rows].sum())
        share = proportion(came, len(rows))
        assert isinstance(share, Interval)  # noqa: S101 - for the types: a bin is never empty
        found.append(Bin(float(chance[rows].mean()), len(rows), came, share, rows))
    return found


# --- how sure ---------------------------------------------------------------------------------------


def resampled(clients: Ints, *, replicates: int = REPLICATES, seed: int = 0) -> Floats:
    """How often each row counts in each replicate when clients are drawn with replacement.

    Parameters
    ----------
    clients : shape (rows,), a whole number for each client

    Returns
    -------
    shape (replicates, rows)
    """
    _, place = np.unique(clients, return_inverse=True)
    number = int(place.max()) + 1 if len(place) else 0
    if not number:
        return np.zeros((replicates, 0))
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), size=replicates)
    return np.asarray(drawn[:, place], dtype=float)


def with_interval(measure: Measure, left: Floats, chance: Floats, weights: Floats) -> Interval | NotEstimable:
    """One measure with the 95 % percentiles of its bootstrap; with fewer than ten of either outcome, none."""
    if too_few(left):
        return NotEstimable(TOO_FEW)
    return interval(*replicated(measure, left, chance, weights))


def replicated(measure: Measure, left: Floats, chance: Floats, weights: Floats) -> tuple[float, Floats]:
    """One measure, and its value in every replicate."""
    rows = max(1, AT_ONCE // max(len(left), 1))
    parts = [measure(left, chance, weights[start : start + rows]) for start in range(0, len(weights), rows)]
    return float(measure(left, chance, one_each(left))[0]), np.concatenate(parts) if parts else np.zeros(0)


def interval(estimate: float, replicated: Floats, *, level: float = LEVEL) -> Interval | NotEstimable:
    """Set the middle share of the replicates around an estimate."""
    known = replicated[np.isfinite(replicated)]
    if not np.isfinite(estimate) or len(known) < 0.8 * len(replicated) or not len(known):
        return NotEstimable("cannot be told")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, min(float(low), estimate), max(float(high), estimate), level)
