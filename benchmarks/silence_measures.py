"""How good chances were in a simulated world: beside the truth, and beside the baselines on the same rows.

Every figure has its own error from drawing clients anew, so that a figure outside its target and one that cannot
be told from it are not the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from holdfast.silence import metrics
from holdfast.silence.metrics import Floats

MODEL = "model"
REPLICATES = 120
LEAST = 10  # of either outcome: with fewer, nothing is said
BINS = 8  # of the rows of one evening, for the coverage of intervals
Z90 = 1.6448536269514722
SLOPE, RATIO, COVERAGE = (0.85, 1.15), (0.9, 1.1), (0.85, 0.95)


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimate and its standard error from the simulation; not a number where it cannot be told."""

    value: float
    error: float

    def is_within(self, low: float, high: float) -> bool:
        return low <= self.value <= high

    def may_be_within(self, low: float, high: float) -> bool:
        """Whether its 95 % interval reaches the target."""
        return self.value + 1.96 * self.error >= low and self.value - 1.96 * self.error <= high


@dataclass(frozen=True, slots=True)
class Beside:
    """The model beside one baseline: above 0, the model was better."""

    method: str
    log_score: Figure
    auc: Figure


@dataclass(frozen=True, slots=True)
class Judged:
    """All rows of one world, by one truth."""

    world: str
    rows: int
    gone: float
    slope: Figure
    intercept: Figure
    ratio: Figure  # mean chance over share gone
    log_score: Mapping[str, float]
    brier: Mapping[str, float]
    auc: Mapping[str, float]
    beside: Sequence[Beside]
    covered: Figure
    knowing: float = math.nan  # AUC of the world's own chance, where there is one

    @property
    def too_few(self) -> bool:
        return not math.isfinite(self.intercept.value)

    def best(self, of: Mapping[str, float], *, smallest: bool) -> str:
        """The best of the baselines."""
        others = {name: value if smallest else -value for name, value in of.items() if name != MODEL}
        return min(others, key=lambda name: others[name])

    def against(self, method: str) -> Beside:
        return next(one for one in self.beside if one.method == method)


def judge(
    world: str,
    rows: pl.DataFrame,
    truth: str,
    methods: Sequence[str],
    covered: Figure,
    *,
    knowing: str | None = None,
    all_alike: bool = False,
) -> Judged:
    """Judge every method on one world's rows.

    ``rows`` has ``person``, the truth as 0 or 1, and one column of chances for each method; ``knowing`` names
    a column of the world's own chances. Where these are ``all_alike`` there is no slope: nothing can be told apart.
    """
    left = rows[truth].to_numpy().astype(float)
    people = np.unique(rows["person"].to_numpy(), return_inverse=True)[1]
    weights = metrics.resampled(people, replicates=REPLICATES, seed=1)
    chances = {method: rows[method].to_numpy().astype(float) for method in methods}
    few = min(left.sum(), len(left) - left.sum()) < LEAST
    measure = _nothing if few else lambda found: _figure(found, left, chances[MODEL], weights)
    return Judged(
        world=world,
        rows=len(left),
        gone=float(left.mean()) if len(left) else math.nan,
        slope=NOTHING if all_alike else measure(metrics.calibration_slope),
        intercept=measure(metrics.calibration_intercept),
        ratio=_inverse(_figure(metrics.observed_to_expected, left, chances[MODEL], weights)) if left.sum() else NOTHING,
        log_score={name: float(metrics.log_score(left, chance)[0]) for name, chance in chances.items()},
        brier={name: float(metrics.brier(left, chance)[0]) for name, chance in chances.items()},
        auc={name: float(metrics.auc(left, chance)[0]) for name, chance in chances.items()},
        beside=[_beside(name, left, chances, weights) for name in methods if name != MODEL],
        covered=covered,
        knowing=float(metrics.auc(left, rows[knowing].to_numpy())[0]) if knowing else math.nan,
    )


NOTHING = Figure(math.nan, math.nan)


def _nothing(_: metrics.Measure) -> Figure:
    return NOTHING


def _figure(measure: metrics.Measure, left: Floats, chance: Floats, weights: Floats) -> Figure:
    return _estimate(float(measure(left, chance)[0]), measure(left, chance, weights))


def _estimate(value: float, replicates: Floats) -> Figure:
    known = replicates[np.isfinite(replicates)]
    return Figure(value, float(known.std()) if len(known) else math.nan)


def _inverse(figure: Figure) -> Figure:
    """From observed to expected to its inverse, with the error carried along."""
    return Figure(1 / figure.value, figure.error / figure.value**2)


def _beside(name: str, left: Floats, chances: Mapping[str, Floats], weights: Floats) -> Beside:
    def difference(measure: metrics.Measure, sign: float) -> Figure:
        both = [chances[MODEL], chances[name]]
        model, other = (float(measure(left, chance)[0]) for chance in both)
        again = [measure(left, chance, weights) for chance in both]
        return _estimate(sign * (model - other), sign * (again[0] - again[1]))

    return Beside(name, difference(metrics.log_score, -1.0), difference(metrics.auc, 1.0))


# --- do intervals hold what they should -------------------------------------------------------------


@dataclass(slots=True)
class Held:
    """How many intervals held what they should have."""

    held: int = 0
    tried: int = 0
    parts: list[float] = field(default_factory=list)  # one share a practice and evening, for the error

    def add(self, inside: np.ndarray) -> None:
        if len(inside):
            self.held, self.tried = self.held + int(inside.sum()), self.tried + len(inside)
            self.parts.append(float(inside.mean()))

    @property
    def share(self) -> Figure:
        if not self.tried:
            return NOTHING
        least = math.sqrt(0.9 * 0.1 / self.tried)  # even if all of a handful held: chance alone does so
        spread = float(np.std(self.parts) / math.sqrt(len(self.parts)))
        return Figure(self.held / self.tried, max(least, spread))


def bins_of(chance: Floats) -> list[np.ndarray]:
    """Rows in groups of about equal size by their chance."""
    return [part for part in np.array_split(np.argsort(chance, kind="stable"), BINS) if len(part) >= 5]


def holds_outcomes(left: Floats, chance: Floats, low: Floats, high: Floats) -> np.ndarray:
    """Whether what came in each group lies where the intervals say, given also that outcomes fall by chance.

    All intervals of a group are taken to be wrong together, so its mean has the mean of their widths.
    """
    found = []
    for rows in bins_of(chance):
        model = (high[rows].mean() - low[rows].mean()) / (2 * Z90)
        outcome = (chance[rows] * (1 - chance[rows])).sum() / len(rows) ** 2
        found.append(abs(left[rows].mean() - chance[rows].mean()) <= Z90 * math.sqrt(model**2 + outcome))
    return np.asarray(found, dtype=bool)


def holds_chances(true: Floats, draws: Floats) -> np.ndarray:
    """Whether the mean of the world's own chances in each group lies in the posterior's interval for that mean.

    ``draws`` (draws, rows). The world's own chance knows more than any table does, so it scatters around what can
    be known; the error of its mean over a group is allowed for.
    """
    found = []
    for rows in bins_of(draws.mean(axis=0)):
        means = draws[:, rows].mean(axis=1)
        scatter = true[rows].std() / math.sqrt(len(rows))
        model = float(means.std())
        found.append(abs(true[rows].mean() - means.mean()) <= Z90 * math.sqrt(model**2 + scatter**2))
    return np.asarray(found, dtype=bool)


def holds_each(true: Floats, draws: Floats) -> np.ndarray:
    """Whether each row's own interval holds the chance by the world's own rule."""
    low, high = np.quantile(draws, (0.05, 0.95), axis=0)
    return np.asarray((low <= true) & (true <= high))
