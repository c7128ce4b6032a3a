"""How sure an estimate is: intervals for shares, differences between two estimates, and "can't tell"."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, Protocol

import numpy as np

from holdfast.insight.counts import FloatArray

IntervalKind = Literal["log", "log-log", "plain"]

_EDGE = 1e-12  # closer than this to 0 or 1 is rounding, not information
_LARGEST_Z = 37.0  # beyond it the tail of the normal is no longer a normal float


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """The data cannot answer this question, and why, in words a person can read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between its limits at `level`."""

    estimate: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The first estimate minus the second, its limits at `level`, and a two-sided p value."""

    estimate: float
    lower: float
    upper: float
    p: float
    level: float


class Uncertain(Protocol):
    """Anything with an estimate whose limits are known for every width."""

    @property
    def estimate(self) -> float: ...

    def limits(self, z: float) -> tuple[float, float]: ...


def z_for(level: float) -> float:
    """Return the normal quantile of a two-sided interval.

    >>> round(z_for(0.95), 6)
    1.959964

    Raises
    ------
    ValueError
        If `level` is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1, for example 0.95, but was {level!r}.")
    return NormalDist().inv_cdf((1 + level) / 2)


def tail(z: float) -> float:
    """Return the chance that a standard normal is above `z`, exact far out."""
    return math.erfc(z / math.sqrt(2)) / 2


def chi_squared_tail(statistic: float, df: int) -> float:
    """Return the chance that a chi-squared variable with `df` degrees of freedom is above `statistic`.

    The finite sums for whole degrees of freedom (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5), so that one p value
    does not cost the start of a numerical library.

    >>> round(chi_squared_tail(3.841459, 1), 6), round(chi_squared_tail(5.991465, 2), 6)
    (0.05, 0.05)
    """
    half = statistic / 2
    if df % 2 == 0:
        term, total = math.exp(-half), 0.0
        for k in range(df // 2):
            total += term
            term *= half / (k + 1)
        return min(total, 1.0)
    total = math.erfc(math.sqrt(half))
    term = math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
    for k in range(df // 2):
        total += term
        term *= half / (k + 1.5)
    return min(total, 1.0)


def share_limits(
    estimate: FloatArray, standard_error: FloatArray, followed: FloatArray, *, z: float, kind: IntervalKind
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of estimated shares, element by element.

    ``"log-log"`` is e^exp(±z·se/(e·log e)) (Kalbfleisch and Prentice 1980; for cumulative incidences
    Choudhury 2002), ``"log"`` e·exp(±z·se/e) and ``"plain"`` e ± z·se, the last two cut at 0 and 1.

    No standard error can say how sure a 0 or a 1 is. There the limit is Clopper and Pearson's exact
    one (1934), 1 − a^(1/m) above 0 and a^(1/m) below 1, with a the tail beyond z. m is the effective
    number of people whose follow-up reaches that time (Dorey and Korn 1987): without censoring,
    everybody. The one exception is ``"log"`` at 1, which is 1 to 1 as in R's survfit.

    Parameters
    ----------
    estimate, standard_error : shape (n,), shares between 0 and 1
    followed : shape (n,), the effective number of people m
    z : half-width in standard errors
    kind : which transformation
    """
    nobody, everybody = estimate <= _EDGE, estimate >= 1 - _EDGE
    with np.errstate(over="ignore"):  # a width beyond all floats rightly ends at 0 and 1
        inside = np.where(nobody | everybody, 0.5, estimate)
        lower, upper = _transformed(inside, standard_error, z, kind)
    exact = np.power(tail(z), 1 / np.maximum(followed, _EDGE))
    at_one = np.ones_like(exact) if kind == "log" else exact
    lower = np.where(everybody, at_one, np.where(nobody, 0.0, np.maximum(lower, 0.0)))
    upper = np.where(everybody, 1.0, np.where(nobody, 1 - exact, np.minimum(upper, 1.0)))
    return lower, upper


def _transformed(
    estimate: FloatArray, standard_error: FloatArray, z: float, kind: IntervalKind
) -> tuple[FloatArray, FloatArray]:
    """Return the limits for estimates strictly between 0 and 1."""
    match kind:
        case "plain":
            return estimate - z * standard_error, estimate + z * standard_error
        case "log":
            factor = np.exp(z * standard_error / estimate)
            return estimate / factor, estimate * factor
        case "log-log":
            width = z * standard_error / (estimate * np.log(estimate))  # negative: the log is
            return estimate ** np.exp(-width), estimate ** np.exp(width)
        case _:
            raise ValueError(f'`interval` is "log", "log-log" or "plain", but was {kind!r}.')


def difference(first: Uncertain, second: Uncertain, *, level: float = 0.95) -> Difference:
    """Compare two independent estimates, whatever shape their own intervals have.

    The limits are Zou and Donner's (2008): the distances from each estimate to its own limits,
    squared and added, so skewed limits and exact ones at 0 keep their shape. For symmetric intervals
    this is the usual estimate ± z·√(se₁² + se₂²). The p value belongs to the same interval: it is
    1 − level for the level at which the interval just reaches 0, so the two never disagree.
    """
    estimate = first.estimate - second.estimate
    lower, upper = _square_and_add(first, second, z_for(level))
    return Difference(estimate, lower, upper, _p_value(first, second), level)


def _square_and_add(first: Uncertain, second: Uncertain, z: float) -> tuple[float, float]:
    estimate = first.estimate - second.estimate
    (low_1, high_1), (low_2, high_2) = first.limits(z), second.limits(z)
    down = math.hypot(first.estimate - low_1, high_2 - second.estimate)
    up = math.hypot(high_1 - first.estimate, second.estimate - low_2)
    return estimate - down, estimate + up


def _p_value(first: Uncertain, second: Uncertain) -> float:
    """Return two tails beyond the narrowest interval that reaches 0."""

    def reaches_zero(z: float) -> bool:
        lower, upper = _square_and_add(first, second, z)
        return lower <= 0 <= upper

    return min(1.0, 2 * tail(_smallest(reaches_zero)))


def _smallest(holds: Callable[[float], bool]) -> float:
    """Return the smallest z for which `holds`, which stays true once it is, by bisection."""
    below, above = 0.0, _LARGEST_Z
    if holds(below):
        return below
    for _ in range(60):
        middle = (below + above) / 2
        below, above = (below, middle) if holds(middle) else (middle, above)
    return above


@dataclass(frozen=True, slots=True)
class _Share:
    """`k` of `n`, with Wilson's limits."""

    k: int
    n: int

    @property
    def estimate(self) -> float:
        return self.k / self.n

    def limits(self, z: float) -> tuple[float, float]:
        centre = 2 * self.k + z * z
        spread = z * math.sqrt(z * z + 4 * self.k * (1 - self.estimate))
        scale = 2 * (self.n + z * z)
        lower = 0.0 if self.k == 0 else (centre - spread) / scale
        upper = 1.0 if self.k == self.n else (centre + spread) / scale
        return lower, upper


def proportion(k: int, n: int, *, level: float = 0.95) -> Interval | NotEstimable:
    """Return the share `k` of `n` with Wilson's score interval (1927).

    Raises
    ------
    ValueError
        If `k` is not between 0 and `n`.

    Examples
    --------
    >>> share = proportion(81, 263)  # Newcombe 1998, Statistics in Medicine 17:857, table I
    >>> round(share.lower, 4), round(share.upper, 4)
    (0.2553, 0.3662)
    """
    share, z = _share(k, n), z_for(level)
    if isinstance(share, NotEstimable):
        return share
    lower, upper = share.limits(z)
    return Interval(share.estimate, lower, upper, level)


def difference_of_proportions(k1: int, n1: int, k2: int, n2: int, *, level: float = 0.95) -> Difference | NotEstimable:
    """Return k1/n1 − k2/n2 with Newcombe's hybrid score interval (1998, his method 10).

    The p value is that of Pearson's chi-squared test without continuity correction.

    Raises
    ------
    ValueError
        If a count is not between 0 and its total.

    Examples
    --------
    >>> apart = difference_of_proportions(56, 70, 48, 80)  # Newcombe 1998, table II, example (a)
    >>> round(apart.lower, 4), round(apart.upper, 4)
    (0.0524, 0.3339)
    """
    first, second, z = _share(k1, n1), _share(k2, n2), z_for(level)
    if isinstance(first, NotEstimable):
        return first
    if isinstance(second, NotEstimable):
        return second
    lower, upper = _square_and_add(first, second, z)
    return Difference(first.estimate - second.estimate, lower, upper, _pearson(first, second), level)


def _share(k: int, n: int) -> _Share | NotEstimable:
    if not 0 <= k <= n:
        raise ValueError(f"A share is counted among its total: 0 to {n} of {n}, but got {k}.")
    return _Share(k, n) if n else NotEstimable("There is nobody to count.")


def _pearson(first: _Share, second: _Share) -> float:
    pooled = (first.k + second.k) / (first.n + second.n)
    variance = pooled * (1 - pooled) * (1 / first.n + 1 / second.n)
    if variance == 0:
        return 1.0
    return 2 * tail(abs(first.estimate - second.estimate) / math.sqrt(variance))
