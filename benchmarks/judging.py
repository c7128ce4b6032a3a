"""How well predictions about real people did, with intervals: what the benchmarks on real data share.

The measures are those of ``holdfast evaluate``. Added here: predictions that were made several times (repeated
cross-validation), of which a result is the mean, with an interval over people and not over repetitions, for
repeating a cross-validation does not make more people; decisions with a cut-off; and pairs within one site.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from holdfast.insight.uncertainty import Interval
from holdfast.silence.metrics import Floats, Ints, Measure, interval, one_each

Bools = NDArray[np.bool_]
Statistic = Callable[[Floats], Floats]  # weights (draws, people) -> (draws,)
DRAWS = 1_000
FEW = 10  # of either outcome: an interval of so few is shown, and marked


def bounded(statistic: Statistic, weights: Floats) -> Interval | None:
    """The statistic of the sample with the middle 95 % of its draws; none where it cannot be told."""
    estimate = float(statistic(np.ones((1, weights.shape[1])))[0])
    found = interval(estimate, statistic(weights))
    return found if isinstance(found, Interval) else None


def words(found: Interval | None, *, signed: bool = False) -> str:
    """An interval as it stands in a table."""
    if found is None:
        return "cannot be told"
    form = "+.3f" if signed else ".3f"
    return f"{found.estimate:{form}} ({found.lower:{form}} to {found.upper:{form}})"


# --- statistics of repeated predictions ------------------------------------------------------------


def repeated(measure: Measure, labels: Bools, scores: Floats) -> Statistic:
    """The mean of a measure over repetitions. ``scores``: (repetitions, people)."""
    ones = labels.astype(float)
    return lambda weights: np.mean([measure(ones, score, weights) for score in scores], axis=0)


def difference(one: Statistic, other: Statistic) -> Statistic:
    """One statistic less another, on the same people."""
    return lambda weights: one(weights) - other(weights)


def balanced_accuracy(labels: Bools, decided: Bools) -> Statistic:
    """Mean of the shares of the ones and of the zeros decided rightly. ``decided``: (repetitions, people)."""
    right = (decided == labels).mean(axis=0)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = [(weights[:, one] @ right[one]) / weights[:, one].sum(axis=1) for one in (labels, ~labels)]
        return (shares[0] + shares[1]) / 2

    return statistic


def auc_within(groups: Ints) -> Measure:
    """Chance that a one scores above a zero of the same group: what differs between groups does not help."""

    def measure(labels: Floats, scores: Floats, weights: Floats | None = None) -> Floats:
        each = one_each(labels) if weights is None else weights
        ones, zeros = labels == 1, labels == 0
        same = groups[ones][:, None] == groups[zeros][None, :]
        above = (scores[ones][:, None] > scores[zeros]) + 0.5 * (scores[ones][:, None] == scores[zeros])
        pairs = np.einsum("dj,dj->d", each[:, ones] @ same, each[:, zeros])
        won = np.einsum("dj,dj->d", each[:, ones] @ (same * above), each[:, zeros])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(won / pairs)

    return measure


# --- decisions --------------------------------------------------------------------------------------


def cut_off(labels: Bools, scores: Floats) -> float:
    """The score from which on to say yes, so that on these people yes is said as often as it is true.

    For a chance that is right this is nearly the best cut-off for balanced accuracy, and it does not mind one that is
    too bold or too high on the whole. Searching for the best on the same people follows their accidents: on new
    people it is worse. Between two scores the middle is taken.
    """
    steps = np.unique(scores)
    between = np.concatenate([[-np.inf], (steps[:-1] + steps[1:]) / 2, [np.inf]])
    said = (scores[None, :] >= between[:, None]).sum(axis=1)
    return float(between[np.abs(said - labels.sum()).argmin()])
