"""Who is still there after a time: survival, cumulative incidence and restricted means on counts.

Every estimator takes a `Counts` table and returns arrays or a value; the notation of the papers is
kept inside each function: d events and r people at risk at a time, S the share not gone, F the share
gone by one cause.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from holdfast.insight.counts import Counts, FloatArray, IntArray, on_session_scale
from holdfast.insight.uncertainty import IntervalKind, NotEstimable, share_limits, tail, z_for


@dataclass(frozen=True, slots=True)
class Point:
    """A curve at one time, with all that is needed to compare it with another.

    `followed` is the effective number of people whose follow-up reaches this time, r/S just before it.
    """

    time: float
    at_risk: int
    estimate: float
    standard_error: float
    lower: float
    upper: float
    followed: float
    interval: IntervalKind

    def limits(self, z: float) -> tuple[float, float]:
        """Return the limits `z` standard errors wide, on the curve's own scale."""
        lower, upper = share_limits(
            np.array([self.estimate]),
            np.array([self.standard_error]),
            np.array([self.followed]),
            z=z,
            kind=self.interval,
        )
        return float(lower[0]), float(upper[0])


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A step function with pointwise limits: each value holds from its time until the next.

    Attributes
    ----------
    times, at_risk, estimate, standard_error, lower, upper, followed : shape (n_times,)
    before : what holds from 0 until the first time
    complete : True when nobody is left at risk after the last time, so nothing can still change
    level : coverage of the limits at each single time
    interval : the scale the limits were made on
    """

    times: FloatArray
    at_risk: IntArray
    estimate: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    followed: FloatArray
    before: Point
    complete: bool
    level: float
    interval: IntervalKind

    def known_at(self, time: float) -> bool:
        """Say whether the data reach this far."""
        return self.times.size > 0 and time >= 0 and (self.complete or time <= self.times[-1])

    def at(self, time: float) -> Point:
        """Return the curve at a time.

        Raises
        ------
        ValueError
            If the data do not reach that far: a curve is never drawn beyond the last person seen.
        """
        if self.times.size == 0:
            raise ValueError("This curve has nobody in it, so it has no value at any time.")
        if not self.known_at(time):
            raise ValueError(f"The curve is known from 0 to {self.times[-1]:g}; {time:g} is outside.")
        row = int(np.searchsorted(self.times, time, side="right")) - 1
        if row < 0:
            return self.before
        between = time > self.times[row] and row + 1 < self.times.size
        return self._still_at(self._row(row), row + 1) if between else self._row(row)

    def _still_at(self, point: Point, following: int) -> Point:
        """Return a point as it stands after its time: fewer are at risk, who were last seen at its time or before."""
        risk, followed = int(self.at_risk[following]), float(self.followed[following])
        point = replace(point, at_risk=risk, followed=followed)
        low, high = point.limits(z_for(self.level))
        return replace(point, lower=low, upper=high)

    def _row(self, row: int) -> Point:
        return Point(
            time=float(self.times[row]),
            at_risk=int(self.at_risk[row]),
            estimate=float(self.estimate[row]),
            standard_error=float(self.standard_error[row]),
            lower=float(self.lower[row]),
            upper=float(self.upper[row]),
            followed=float(self.followed[row]),
            interval=self.interval,
        )


def kaplan_meier(counts: Counts, *, level: float = 0.95, interval: IntervalKind = "log-log") -> Curve:
    """Estimate the share who have not left, by any cause.

    S(t) = ∏ (1 − d/r) (Kaplan and Meier 1958), with Greenwood's standard error (1926),
    S·√∑ d/(r(r − d)); where S is 0 that is taken as its limit, 0. Limits as in `share_limits`:
    ``"log"`` is the default of R's survfit, ``"log-log"`` the better one near 0 and 1.

    Examples
    --------
    >>> from holdfast.insight.counts import counts_from_rows
    >>> curve = kaplan_meier(counts_from_rows([1, 2, 2, 3], ["left", "left", None, "left"]))
    >>> [round(value, 3) for value in curve.estimate.tolist()]
    [0.75, 0.5, 0.0]
    """
    d, r = counts.all_events.astype(np.float64), counts.at_risk.astype(np.float64)
    survival, left = _survival(counts)
    standard_error = survival * np.sqrt(np.cumsum(_greenwood(d, r)))
    return _curve(counts, 1.0, survival, standard_error, left, level, interval)


def cumulative_incidence(
    counts: Counts, cause: str, *, level: float = 0.95, interval: IntervalKind = "log-log"
) -> Curve:
    """Estimate the share gone by one cause, in the presence of the others.

    F(t) = ∑ S(u−)·d/r (Aalen and Johansen 1978). Whoever left otherwise stays in the denominator
    and is never treated as if he could still leave by this cause.

    Raises
    ------
    ValueError
        If the table has no such cause.
    """
    d, r = counts.events_of(cause).astype(np.float64), counts.at_risk.astype(np.float64)
    survival, left = _survival(counts)
    incidence = np.minimum(np.cumsum(left * d / r), 1.0)
    others = counts.all_events - d
    variance = _incidence_variance(incidence, survival, left, d, others, r)
    return _curve(counts, 0.0, incidence, np.sqrt(variance), left, level, interval)


def _survival(counts: Counts) -> tuple[FloatArray, FloatArray]:
    """Return S at each time, and just before it."""
    r = counts.at_risk.astype(np.float64)
    survival: FloatArray = np.cumprod((r - counts.all_events) / r, dtype=np.float64)
    return survival, np.concatenate(([1.0], survival))[:-1]


def _greenwood(d: FloatArray, r: FloatArray) -> FloatArray:
    """Return d/(r(r − d)); 0 where everyone left, because it is only ever multiplied by S = 0."""
    return np.divide(d, r * (r - d), out=np.zeros_like(d), where=r > d)


def tie_correction(d: FloatArray, r: FloatArray) -> FloatArray:
    """Return 1 − (d − 1)/(r − 1), the share of a binomial variance that d tied events leave."""
    return np.where(d > 1, np.maximum(1 - (d - 1) / np.maximum(r - 1, 1), 0), 1.0)


def _incidence_variance(
    incidence: FloatArray,
    survival: FloatArray,
    left: FloatArray,
    own: FloatArray,
    others: FloatArray,
    r: FloatArray,
) -> FloatArray:
    """Return Aalen's variance (1978) of the cumulative incidence F, at each time.

    Var F(t) = ∑ (1 + (F(u) − F(t))/S(u))² v₁(u) + ∑ ((F(u) − F(t))/S(u))² v₂(u) over u ≤ t, with
    v = S(u−)²·d/r²·(1 − (d − 1)/(r − 1)) for the own events and for all the others. Each weight is
    (x − F(t)/S(u))² with x free of t, so three running sums give it at every time at once.
    A term with S(u) = 0 keeps only its 1: nothing comes after it.
    """
    inverse = np.divide(1.0, survival, out=np.zeros_like(survival), where=survival > 0)
    v_own = left**2 * tie_correction(own, r) * own / r**2
    v_others = left**2 * tie_correction(others, r) * others / r**2
    x_own, x_others = 1 + incidence * inverse, incidence * inverse
    squares = np.cumsum(x_own**2 * v_own + x_others**2 * v_others)
    products = np.cumsum((x_own * v_own + x_others * v_others) * inverse)
    inverses = np.cumsum((v_own + v_others) * inverse**2)
    variance: FloatArray = squares - 2 * incidence * products + incidence**2 * inverses
    return np.maximum(variance, 0)


def _curve(
    counts: Counts,
    start: float,
    estimate: FloatArray,
    standard_error: FloatArray,
    left: FloatArray,
    level: float,
    interval: IntervalKind,
) -> Curve:
    followed, z = counts.at_risk / left, z_for(level)
    lower, upper = share_limits(estimate, standard_error, followed, z=z, kind=interval)
    before = Point(0.0, counts.n, start, 0.0, start, start, float(counts.n), interval)
    low, high = before.limits(z)
    return Curve(
        times=counts.times,
        at_risk=counts.at_risk,
        estimate=estimate,
        standard_error=standard_error,
        lower=lower,
        upper=upper,
        followed=followed,
        before=replace(before, lower=low, upper=high),
        complete=counts.n > 0 and int(counts.censored[-1]) == 0,
        level=level,
        interval=interval,
    )


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The mean time until leaving, counting no one beyond the horizon; in the unit of the times.

    `n` people went into it; `followed` is the effective number seen up to the horizon.
    """

    estimate: float
    standard_error: float
    lower: float
    upper: float
    level: float
    horizon: float
    n: int
    followed: float

    def limits(self, z: float) -> tuple[float, float]:
        """Return the limits `z` standard errors wide, not cut to what is possible."""
        return _mean_limits(self.estimate, self.standard_error, self.horizon, self.followed, z)


def restricted_mean(counts: Counts, horizon: float, *, level: float = 0.95) -> RestrictedMean | NotEstimable:
    """Return the mean time until leaving, up to a horizon: the area under Kaplan–Meier.

    With A_j the area from t_j to the horizon, the variance is ∑ A_j²·d_j/(r_j(r_j − d_j)), as in
    R's survfit and survRM2 (Irwin 1949; Klein and Moeschberger 2003, section 4.5).
    When nobody, or everybody at one single time, left before the horizon, that sum is 0 and the
    limits come from the exact limit of that share instead.

    Raises
    ------
    ValueError
        If the horizon is not above 0.
    """
    last = counts.times[-1] if counts.times.size else 0.0
    return _restricted_mean(counts, horizon, known_until=float(last), level=level)


def restricted_mean_sessions(
    counts: Counts, horizon_sessions: int, *, level: float = 0.95
) -> RestrictedMean | NotEstimable:
    """Return the mean number of sessions, counting at most K = `horizon_sessions` per person.

    It is ∑ P(sessions ≥ k) over k = 1 … K. Someone who leaves after exactly k sessions has time k
    (0: never started), so P(sessions ≥ k) = P(time > k − 1) = S(k − 1), and the sum is the area
    under S from 0 to K. S(k) is known once anyone was at risk of leaving after k sessions and holds
    until k + 1, so the mean reaches one session further than the last such k.

    Parameters
    ----------
    counts : times are sessions *so far*, censored those still open: see `on_session_scale`, which
        is applied here and must not be applied before
    horizon_sessions : K, at least 1

    Raises
    ------
    ValueError
        If K is not above 0, or a time is not a whole number.
    """
    decisions = on_session_scale(counts)
    reach = decisions.times[-1] + 1 if decisions.times.size else 0.0
    return _restricted_mean(decisions, float(horizon_sessions), known_until=float(reach), level=level)


def _restricted_mean(
    counts: Counts, horizon: float, *, known_until: float, level: float
) -> RestrictedMean | NotEstimable:
    if not horizon > 0:
        raise ValueError(f"The horizon must be above 0, but was {horizon:g}.")
    z = z_for(level)
    if counts.n == 0:
        return NotEstimable("There is nobody to count.")
    survival, left = _survival(counts)
    if horizon > known_until and survival[-1] > 0:
        return NotEstimable(f"Nobody has been followed to {horizon:g} yet; the data end at {known_until:g}.")
    estimate, standard_error = _area(counts, survival, horizon)
    row = min(int(np.searchsorted(counts.times, horizon)), counts.times.size - 1)
    followed = float(counts.at_risk[row] / left[row])
    lower, upper = _mean_limits(estimate, standard_error, horizon, followed, z)
    return RestrictedMean(
        estimate=estimate,
        standard_error=standard_error,
        lower=max(lower, 0.0),
        upper=min(upper, horizon),
        level=level,
        horizon=horizon,
        n=counts.n,
        followed=followed,
    )


def _area(counts: Counts, survival: FloatArray, horizon: float) -> tuple[float, float]:
    """Return the area under S from 0 to the horizon, and its standard error."""
    inside = counts.times < horizon
    edges = np.concatenate(([0.0], counts.times[inside], [horizon]))
    pieces = np.diff(edges) * np.concatenate(([1.0], survival[inside]))
    after = np.cumsum(pieces[:0:-1])[::-1]  # from each time to the horizon
    d, r = counts.all_events[inside].astype(np.float64), counts.at_risk[inside].astype(np.float64)
    return float(pieces.sum()), float(np.sqrt(np.sum(after**2 * _greenwood(d, r))))


def _mean_limits(
    estimate: float, standard_error: float, horizon: float, followed: float, z: float
) -> tuple[float, float]:
    """Return normal limits, or where there is no spread those the exact limit of a share allows.

    Without spread everyone stayed until the mean, so at least a share q = a^(1/m) of all people do
    (a the tail, m the people followed), and at least q leave no later: the mean is at least q times
    what was seen, and at most (1 − q) of the way from there to the horizon.
    """
    if standard_error > 0:
        return estimate - z * standard_error, estimate + z * standard_error
    q = tail(z) ** (1 / followed)
    return estimate * q, estimate + (horizon - estimate) * (1 - q)
