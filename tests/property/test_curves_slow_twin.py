"""The fast curves equal the slow, obvious ones on any history, and keep their invariances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.insight.compare import ChiSquared, gray, logrank
from holdfast.insight.counts import counts_from_rows, counts_from_table, on_session_scale
from holdfast.insight.curves import (
    RestrictedMean,
    cumulative_incidence,
    kaplan_meier,
    restricted_mean,
    restricted_mean_sessions,
)
from holdfast.insight.uncertainty import NotEstimable

pytestmark = pytest.mark.slow  # long random searches

CAUSES = ("silent", "told", "planned")

Person = tuple[int, str | None]
people = st.lists(st.tuples(st.integers(0, 8), st.sampled_from((None, *CAUSES))), max_size=40)
somebody = people.filter(bool)


def table(persons: list[Person]):
    return counts_from_rows([t for t, _ in persons], [c for _, c in persons], all_causes=CAUSES)


@dataclass
class Slow:
    """Everything at one time, computed person by person."""

    time: int
    survival: float
    greenwood: float
    incidence: dict[str, float]


def slow(persons: list[Person]) -> list[Slow]:
    """Walk through time; at each, look at every person again."""
    survival, total, gone = 1.0, 0.0, dict.fromkeys(CAUSES, 0.0)
    steps = []
    for time in sorted({t for t, _ in persons}):
        at_risk = sum(1 for t, _ in persons if t >= time)
        leaving = [c for t, c in persons if t == time and c is not None]
        for cause in CAUSES:
            gone[cause] += survival * leaving.count(cause) / at_risk
        survival *= (at_risk - len(leaving)) / at_risk
        if at_risk > len(leaving):
            total += len(leaving) / (at_risk * (at_risk - len(leaving)))
        steps.append(Slow(time, survival, survival * math.sqrt(total), dict(gone)))
    return steps


def slow_incidence_variance(persons: list[Person], cause: str, until: int) -> float:
    """Add up, event time by event time, what each contributed to the incidence at `until`."""
    steps = slow(persons)
    final = next(step.incidence[cause] for step in reversed(steps) if step.time <= until)
    left, variance = 1.0, 0.0
    for step in (step for step in steps if step.time <= until):
        at_risk = sum(1 for t, _ in persons if t >= step.time)
        own = sum(1 for t, c in persons if t == step.time and c == cause)
        others = sum(1 for t, c in persons if t == step.time and c not in (None, cause))
        pull = (step.incidence[cause] - final) / step.survival if step.survival > 0 else 0.0
        for d, weight in ((own, 1 + pull), (others, pull)):
            tied = 1 - (d - 1) / (at_risk - 1) if d > 1 else 1.0
            variance += weight**2 * left**2 * tied * d / at_risk**2
        left = step.survival
    return variance


def slow_mean_sessions(persons: list[Person], horizon: int) -> float | None:
    """Go from session to session: of those who know whether they come back, how many do?"""
    still, mean = 1.0, 0.0
    for k in range(horizon):
        decided = [(t, c) for t, c in persons if t > k or (t == k and c is not None)]
        if not decided and still > 0:
            return None
        if decided:
            still *= sum(1 for t, _ in decided if t > k) / len(decided)
        mean += still
    return mean


def slow_gray(groups: list[list[Person]], cause: str) -> tuple[np.ndarray, np.ndarray]:
    """Gray's scores and their variance, term by term as in the paper; groups, times and events by name."""
    names, everyone = range(len(groups)), [person for group in groups for person in group]
    times = sorted({t for t, c in everyone if c is not None})
    survival, gone, common = [1.0] * len(groups), [0.0] * len(groups), 0.0
    score, until, jumps = np.zeros(len(groups)), np.zeros((len(groups), len(groups))), []
    for time in times:
        at_risk = [sum(1 for t, _ in group if t >= time) for group in groups]
        own = [sum(1 for t, c in group if t == time and c == cause) for group in groups]
        others = [sum(1 for t, c in group if t == time and c not in (None, cause)) for group in groups]
        here = [k for k in names if at_risk[k]]
        rho = [at_risk[k] / survival[k] if at_risk[k] else 0.0 for k in names]
        kept = [rho[k] * (1 - gone[k]) for k in names]
        score += [own[k] - sum(own) * kept[k] / sum(kept) for k in names]
        direct = np.array([[rho[i] * ((i == k) - rho[k] / sum(rho)) for k in names] for i in names])
        step = sum(own) / sum(rho)
        until = until + direct * (step / (1 - common) if common < 1 else 0)
        common += step
        for k in here:
            left, r = survival[k], at_risk[k]
            gone[k] += left * own[k] / r
            survival[k] = left * (r - own[k] - others[k]) / r
            back = (1 - common) / survival[k] if survival[k] > 0 else 0.0
            scaled = sum(rho) * left
            tied = max(1 - (sum(own) - 1) / (scaled - 1), 0) if sum(own) > 1 and scaled > 1 else 1.0
            jumps.append((k, direct[:, k], 1 - back, until[:, k], tied * left * step / r))
            tied = 1 - (others[k] - 1) / (r - 1) if others[k] > 1 else 1.0
            jumps.append((k, np.zeros(len(groups)), -back, until[:, k], tied * left**2 * others[k] / r**2))
    variance = np.zeros((len(groups), len(groups)))
    for k, at_once, weight, so_far, size in jumps:
        moved = at_once + weight * (until[:, k] - so_far)
        variance += size * np.outer(moved, moved)
    return score, variance


@settings(deadline=None)  # it is meant to be slow
@given(st.lists(somebody, min_size=2, max_size=4))
def test_grays_test_equals_its_slow_twin(groups: list[list[Person]]) -> None:
    """Leaving out the last group makes the variance invertible when every group counts."""
    score, variance = slow_gray(groups, "silent")
    result = gray([table(group) for group in groups], "silent")
    if isinstance(result, ChiSquared) and result.df == len(groups) - 1:
        by_hand = score[:-1] @ np.linalg.solve(variance[:-1, :-1], score[:-1])
        assert result.statistic == pytest.approx(by_hand, rel=1e-6, abs=1e-9)
    elif isinstance(result, NotEstimable):
        assert np.abs(variance).max() < 1e-12


@given(people)
def test_survival_equals_its_slow_twin(persons: list[Person]) -> None:
    curve, steps = kaplan_meier(table(persons)), slow(persons)
    assert curve.times.tolist() == [step.time for step in steps]
    np.testing.assert_allclose(curve.estimate, [step.survival for step in steps], atol=1e-12)
    np.testing.assert_allclose(curve.standard_error, [step.greenwood for step in steps], atol=1e-12)


@given(people, st.sampled_from(CAUSES))
def test_cumulative_incidence_equals_its_slow_twin(persons: list[Person], cause: str) -> None:
    curve, steps = cumulative_incidence(table(persons), cause), slow(persons)
    np.testing.assert_allclose(curve.estimate, [step.incidence[cause] for step in steps], atol=1e-12)
    variances = [slow_incidence_variance(persons, cause, step.time) for step in steps]
    np.testing.assert_allclose(curve.standard_error**2, variances, atol=1e-12)


@given(somebody, st.integers(1, 12))
def test_mean_sessions_equal_their_slow_twin(persons: list[Person], horizon: int) -> None:
    result, expected = restricted_mean_sessions(table(persons), horizon), slow_mean_sessions(persons, horizon)
    if isinstance(result, RestrictedMean):
        assert expected is not None
        assert result.estimate == pytest.approx(expected, abs=1e-12)
    else:
        assert expected is None


@given(somebody, st.integers(1, 12))
def test_the_restricted_mean_is_the_sum_of_the_steps(persons: list[Person], horizon: int) -> None:
    result, curve = restricted_mean(table(persons), horizon), kaplan_meier(table(persons))
    if isinstance(result, RestrictedMean):
        assert result.estimate == pytest.approx(sum(curve.at(k).estimate for k in range(horizon)))
        assert 0 <= result.lower <= result.estimate <= result.upper <= horizon
    else:
        assert horizon > max(t for t, _ in persons)
        assert not curve.known_at(horizon)


@given(people)
def test_all_who_left_and_all_who_stayed_are_everybody(persons: list[Person]) -> None:
    counts = table(persons)
    gone = sum(cumulative_incidence(counts, cause).estimate for cause in CAUSES)
    np.testing.assert_allclose(gone + kaplan_meier(counts).estimate, 1, atol=1e-12)


@given(people, st.sampled_from(["log-log", "log", "plain"]))
def test_limits_enclose_the_estimate_and_stay_between_0_and_1(persons: list[Person], interval) -> None:
    counts = table(persons)
    curves = [cumulative_incidence(counts, cause, interval=interval) for cause in CAUSES]
    for curve in [kaplan_meier(counts, interval=interval), *curves]:
        assert np.all(curve.lower <= curve.estimate + 1e-12)
        assert np.all(curve.estimate <= curve.upper + 1e-12)
        assert np.all((curve.lower >= 0) & (curve.upper <= 1))


@given(people, st.randoms(use_true_random=False))
def test_the_order_of_people_does_not_matter(persons: list[Person], random) -> None:
    shuffled = random.sample(persons, len(persons))
    assert_same_counts(table(persons), table(shuffled))


@given(people)
def test_splitting_rows_does_not_matter(persons: list[Person]) -> None:
    """Two rows of one person each, one row of two, and a row of nobody, are the same table."""
    times, causes = [t for t, _ in persons], [c for _, c in persons]
    doubled = counts_from_table([*times, 3.5], [*causes, "told"], [2] * len(times) + [0], all_causes=CAUSES)
    assert_same_counts(doubled, table(persons + persons))


def assert_same_counts(one, other) -> None:
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.events, other.events)
    np.testing.assert_array_equal(one.censored, other.censored)


@given(people)
def test_the_session_scale_keeps_every_ending_and_every_started_episode(persons: list[Person]) -> None:
    counts = table(persons)
    moved = on_session_scale(counts)
    assert moved.events.sum() == counts.events.sum()
    assert moved.n == sum(1 for t, c in persons if t > 0 or c is not None)


@given(st.lists(people, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_tests_do_not_depend_on_the_order_or_the_clock(groups: list[list[Person]], random) -> None:
    """Shuffled groups, and times stretched without changing their order, give the same answer."""
    shuffled = random.sample(groups, len(groups))
    stretched = [[(t**3 + 1, c) for t, c in group] for group in shuffled]
    for test in (logrank, lambda tables: gray(tables, "silent")):
        one, other = test([table(g) for g in groups]), test([table(g) for g in stretched])
        assert type(one) is type(other)
        if hasattr(one, "statistic"):
            assert one.df == other.df
            assert one.statistic == pytest.approx(other.statistic, rel=1e-6, abs=1e-9)


@given(somebody, st.integers(2, 4))
@example([(0, "silent"), (1, "silent"), *[(3, None)] * 4, *[(3, "told")] * 3], 3)
def test_equal_groups_do_not_differ(persons: list[Person], copies: int) -> None:
    for result in (logrank([table(persons)] * copies), gray([table(persons)] * copies, "told")):
        if hasattr(result, "statistic"):
            assert result.statistic == pytest.approx(0, abs=1e-9)
            assert result.p == pytest.approx(1, abs=1e-4)


@given(st.lists(people, min_size=2, max_size=4))
def test_a_group_of_nobody_changes_no_test(groups: list[list[Person]]) -> None:
    tables = [table(group) for group in groups]
    for test in (logrank, lambda given_tables: gray(given_tables, "silent")):
        one, other = test(tables), test([*tables, table([])])
        assert type(one) is type(other)
        if hasattr(one, "statistic"):
            assert one.df == other.df
            assert one.statistic == pytest.approx(other.statistic, rel=1e-6, abs=1e-9)
