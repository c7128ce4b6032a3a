"""Do two groups, or more, differ: at one time, in their means, or along the whole curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.insight.counts import Counts, FloatArray, IntArray
from holdfast.insight.curves import Curve, RestrictedMean, tie_correction
from holdfast.insight.uncertainty import Difference, NotEstimable, chi_squared_tail, difference

_RANK_TOLERANCE = 1e-10  # of the largest eigenvalue: below it a direction carries no information


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """A chi-squared statistic, its degrees of freedom and its p value."""

    statistic: float
    df: int
    p: float


def difference_at(first: Curve, second: Curve, time: float, *, level: float = 0.95) -> Difference | NotEstimable:
    """Compare two curves at one time: the first minus the second.

    The interval and its p value are built from both curves' own limits, see
    `holdfast.insight.uncertainty.difference`, so they hold where one curve is still at 0 or 1.
    """
    if not (first.known_at(time) and second.known_at(time)):
        return NotEstimable(f"One of the two groups has not been followed to {time:g}.")
    return difference(first.at(time), second.at(time), level=level)


def difference_of_restricted_means(
    first: RestrictedMean | NotEstimable, second: RestrictedMean | NotEstimable, *, level: float = 0.95
) -> Difference | NotEstimable:
    """Compare two restricted means with the same horizon: the first minus the second.

    Normal limits with √(se₁² + se₂²) (Royston and Parmar 2013).

    Raises
    ------
    ValueError
        If the horizons differ: such means are not about the same thing.
    """
    if isinstance(first, NotEstimable):
        return first
    if isinstance(second, NotEstimable):
        return second
    if first.horizon != second.horizon:
        raise ValueError(f"The horizons must be equal, but were {first.horizon:g} and {second.horizon:g}.")
    return difference(first, second, level=level)


def logrank(groups: Sequence[Counts]) -> ChiSquared | NotEstimable:
    """Test whether groups leave at the same rate, by any cause (Mantel 1966; Peto and Peto 1972).

    Observed minus expected events per group, with the hypergeometric variance, as in R's survdiff.
    A group without information (nobody at risk when anything happened) costs no degree of freedom.

    Raises
    ------
    ValueError
        If there are fewer than two groups.
    """
    _, d_group, r_group = _on_common_times(groups)
    compared = (r_group > 0).sum(axis=0) > 1  # where one group is alone nothing can differ
    d_group, r_group = d_group[:, compared], r_group[:, compared]
    d, r = d_group.sum(axis=0), r_group.sum(axis=0)
    share = r_group / r
    score = (d_group - d * share).sum(axis=1)
    weight = d * tie_correction(d, r)
    variance = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    return _quadratic_form(score, variance)


def gray(groups: Sequence[Counts], cause: str) -> ChiSquared | NotEstimable:
    """Test whether groups have the same cumulative incidence of one cause (Gray 1988, ρ = 0).

    The numbers are those of R's cmprsk::cuminc. For each group i,
    z_i = ∑ (d_i − d·R_i/∑R), with d_i its own events of the cause and R_i = r_i(1 − F_i)/S_i, the
    number at risk with those who left otherwise kept in, all just before each time.

    The variance follows each group's F_k back to the events it is made of. An event of the cause
    in group k at u moves z_i by a_ik(u) + (1 − (1 − F(u))/S_k(u))·(c_ik(∞) − c_ik(u)), any other
    event by the second part without its 1, where ρ_k = r_k/S_k, a_ik = ρ_i(δ_ik − ρ_k/∑ρ),
    c_ik = ∫a_ik dF/(1 − F) and dF = d/∑ρ is the incidence common to all groups under the null.

    Raises
    ------
    ValueError
        If there are fewer than two groups, or a table has no such cause.
    """
    times, all_events, r = _on_common_times(groups)
    own = np.stack([_spread(group.events_of(cause), group, times) for group in groups])
    others, common = all_events - own, _common_incidence(own, r, all_events)
    variance = np.zeros((len(groups), len(groups)))
    for k in range(len(groups)):
        variance += _variance_from_group(k, common, others[k], r[k])
    return _quadratic_form(_gray_score(own, r, common.left), variance)


@dataclass(frozen=True, slots=True, eq=False)
class _Common:
    """What all groups share under Gray's null; arrays are (n_groups, n_times) or (n_times,)."""

    survival: FloatArray  # S_k at each time
    left: FloatArray  # S_k just before it
    weighted: FloatArray  # ρ_k = r_k/S_k
    step: FloatArray  # dF
    incidence: FloatArray  # F at each time


def _gray_score(own: FloatArray, r: FloatArray, left: FloatArray) -> FloatArray:
    gone = np.cumsum(_ratio(left * own, r), axis=1)
    kept = _ratio(r, left) * (1 - _before(gone, 0.0))
    d = own.sum(axis=0)
    score: FloatArray = (own - d * kept / kept.sum(axis=0)).sum(axis=1)
    return score


def _common_incidence(own: FloatArray, r: FloatArray, all_events: FloatArray) -> _Common:
    survival, left = _group_survival(all_events, r)
    weighted = _ratio(r, left)
    step = own.sum(axis=0) / weighted.sum(axis=0)
    return _Common(survival, left, weighted, step, np.cumsum(step))


def _variance_from_group(k: int, common: _Common, others: FloatArray, r: FloatArray) -> FloatArray:
    """Return what the events of group k add to the variance of all scores, (n_groups, n_groups)."""
    total = common.weighted.sum(axis=0)
    direct = -common.weighted * (common.weighted[k] / total)  # exactly 0 where k is alone
    direct[k] += common.weighted[k]
    hazard = _ratio(common.step, 1 - common.incidence + common.step)
    until = np.cumsum(direct * hazard, axis=1)
    later = until[:, -1:] - until
    back = _ratio(1 - common.incidence, common.survival[k])
    by_own = direct + (1 - back) * later
    by_others = back * later
    v_own, v_others = _event_variances(k, common, others, r)
    variance: FloatArray = (by_own * v_own) @ by_own.T + (by_others * v_others) @ by_others.T
    return variance


def _event_variances(k: int, common: _Common, others: FloatArray, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the variance of one increment of F_k by own events, under the null, and by others."""
    left, total = common.left[k], common.weighted.sum(axis=0)
    d = common.step * total
    v_own = _ratio(tie_correction(d, total * left) * left * common.step, r)
    v_others = _ratio(tie_correction(others, r) * left**2 * others, r**2)
    return v_own, v_others


def _on_common_times(groups: Sequence[Counts]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the times with an event in any group, and d and r there, each (n_groups, n_times)."""
    if len(groups) < 2:
        raise ValueError(f"A comparison needs at least two groups, but got {len(groups)}.")
    times = np.unique(np.concatenate([group.times[group.all_events > 0] for group in groups]))
    d = np.stack([_spread(group.all_events, group, times) for group in groups])
    r = np.stack([_at_risk_at(group, times) for group in groups])
    return times, d, r


def _spread(events: IntArray, group: Counts, times: FloatArray) -> FloatArray:
    """Put a group's events on other times, which hold all of its own that have any event."""
    placed = np.zeros(times.size)
    there = events > 0
    placed[np.searchsorted(times, group.times[there])] = events[there]
    return placed


def _at_risk_at(group: Counts, times: FloatArray) -> FloatArray:
    at_risk = np.append(group.at_risk, 0)
    return at_risk[np.searchsorted(group.times, times)].astype(np.float64)


def _group_survival(all_events: FloatArray, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return S_k at each time and just before it; where nobody is at risk it stays as it was."""
    survival: FloatArray = np.cumprod(1 - _ratio(all_events, r), axis=1, dtype=np.float64)
    return survival, _before(survival, 1.0)


def _before(curves: FloatArray, start: float) -> FloatArray:
    return np.column_stack((np.full(len(curves), start), curves))[:, :-1]


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide, with 0 where there is nothing to divide by: nobody at risk, nothing to add."""
    return np.divide(above, below, out=np.zeros_like(below), where=below > 0)


def _quadratic_form(score: FloatArray, variance: FloatArray) -> ChiSquared | NotEstimable:
    """Return score'·variance⁻·score; its rank is one less than the groups that carry information."""
    largest = float(np.abs(variance).max(initial=0.0))
    if largest == 0:
        return NotEstimable("Nothing happened while more than one group was still being followed.")
    rank = int(np.linalg.matrix_rank(variance, tol=_RANK_TOLERANCE * largest, hermitian=True))
    inverse = np.linalg.pinv(variance, rcond=_RANK_TOLERANCE, hermitian=True)
    statistic = max(float(score @ inverse @ score), 0.0)  # rounding can leave −1e-17
    return ChiSquared(statistic, rank, chi_squared_tail(statistic, rank))
