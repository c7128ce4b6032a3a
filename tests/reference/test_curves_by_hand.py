"""The curves against textbook tables, calculations by hand and an independent library."""

from __future__ import annotations

from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest
from sksurv.compare import compare_survival
from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator

from holdfast.insight.compare import ChiSquared, difference_of_restricted_means, gray, logrank
from holdfast.insight.counts import Counts, counts_from_rows
from holdfast.insight.curves import (
    RestrictedMean,
    cumulative_incidence,
    kaplan_meier,
    restricted_mean,
    restricted_mean_sessions,
)
from holdfast.insight.uncertainty import Difference

# Weeks in remission of children with leukaemia, Freireich et al., Blood 1963, 21:699; + is censored.
# As printed in Kleinbaum and Klein, Survival Analysis, 3rd edition, chapters 1 and 2.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def remission(line: str) -> Counts:
    words = line.split()
    ended = [None if word.endswith("+") else "relapse" for word in words]
    return counts_from_rows([float(word.rstrip("+")) for word in words], ended, all_causes=["relapse"])


def test_the_remission_table_of_the_textbook() -> None:
    """Seven steps of 6-MP, exact fractions from the numbers at risk 21, 17, 15, 12, 11, 7, 6.

    Kleinbaum and Klein print 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482.
    """
    curve = kaplan_meier(remission(SIX_MP))
    survival = Fraction(1)
    steps = [(6, 21, 3), (7, 17, 1), (10, 15, 1), (13, 12, 1), (16, 11, 1), (22, 7, 1), (23, 6, 1)]
    printed = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    for (week, at_risk, left), four_digits in zip(steps, printed, strict=True):
        survival *= Fraction(at_risk - left, at_risk)
        assert curve.at(week).at_risk == at_risk
        assert curve.at(week).estimate == pytest.approx(float(survival), abs=1e-14)
        assert round(curve.at(week).estimate, 4) == four_digits


def test_greenwood_at_the_second_step_by_hand() -> None:
    """√(0.8067² · (3/(21·18) + 1/(17·16))); 0.0869 as printed by R's survfit."""
    point = kaplan_meier(remission(SIX_MP)).at(7)
    by_hand = float(Fraction(6, 7) * Fraction(16, 17)) * (3 / (21 * 18) + 1 / (17 * 16)) ** 0.5
    assert point.standard_error == pytest.approx(by_hand, abs=1e-15)
    assert round(point.standard_error, 4) == 0.0869


def test_the_log_rank_statistic_of_the_textbook() -> None:
    """Kleinbaum and Klein, chapter 2: log-rank statistic 16.79 with one degree of freedom."""
    result = logrank([remission(SIX_MP), remission(PLACEBO)])
    assert isinstance(result, ChiSquared)
    assert (round(result.statistic, 2), result.df) == (16.79, 1)
    assert result.p == pytest.approx(4.17e-5, rel=2e-3)


def test_the_restricted_mean_without_censoring_is_the_plain_mean() -> None:
    """Placebo: 182 weeks over 21 children, and the variance ∑(x − mean)²/n²."""
    weeks = np.array([float(week) for week in PLACEBO.split()])
    mean = restricted_mean(remission(PLACEBO), 23)
    assert isinstance(mean, RestrictedMean)
    assert mean.estimate == pytest.approx(182 / 21, abs=1e-13)
    assert mean.standard_error == pytest.approx(weeks.std() / 21**0.5, abs=1e-13)


def test_the_restricted_mean_under_censoring_by_hand() -> None:
    """6-MP up to week 10: 6 weeks at 1, then 1 week at 6/7, then 3 weeks at 96/119.

    Areas from week 6 and from week 7: 6/7 + 3·96/119 and 3·96/119.
    """
    mean = restricted_mean(remission(SIX_MP), 10)
    assert isinstance(mean, RestrictedMean)
    from_7 = 3 * 96 / 119
    from_6 = 6 / 7 + from_7
    assert mean.estimate == pytest.approx(6 + from_6, abs=1e-13)
    variance = from_6**2 * 3 / (21 * 18) + from_7**2 / (17 * 16)
    assert mean.standard_error == pytest.approx(variance**0.5, abs=1e-13)


def test_the_difference_of_restricted_means_is_the_normal_one() -> None:
    treated, untreated = restricted_mean(remission(SIX_MP), 20), restricted_mean(remission(PLACEBO), 20)
    result = difference_of_restricted_means(treated, untreated)
    assert isinstance(treated, RestrictedMean)
    assert isinstance(untreated, RestrictedMean)
    assert isinstance(result, Difference)
    error = np.hypot(treated.standard_error, untreated.standard_error)
    assert result.estimate == pytest.approx(treated.estimate - untreated.estimate)
    assert result.lower == pytest.approx(result.estimate - 1.959963984540054 * error)
    assert result.upper == pytest.approx(result.estimate + 1.959963984540054 * error)
    z = result.estimate / error
    assert result.p == pytest.approx(2 * NormalDist().cdf(-abs(z)), rel=1e-9)


def test_two_ways_of_leaving_by_hand() -> None:
    """Four people: silent at 1, told at 2, still there at 3, silent at 4.

    S: 3/4, 1/2, 1/2, 0. Silent: 1/4, 1/4, 1/4, 3/4. Told: 0, 1/4, 1/4, 1/4.
    Var F_silent(4) = (1/3)²/16 + (−1)²·(3/4)²/9 + (1/2)²: one term for each of the three events.
    """
    counts = counts_from_rows([1, 2, 3, 4], ["silent", "told", None, "silent"])
    silent, told = cumulative_incidence(counts, "silent"), cumulative_incidence(counts, "told")
    assert silent.estimate.tolist() == [0.25, 0.25, 0.25, 0.75]
    assert told.estimate.tolist() == [0, 0.25, 0.25, 0.25]
    assert silent.at(1).standard_error ** 2 == pytest.approx(1 / 16, abs=1e-15)
    assert silent.at(4).standard_error ** 2 == pytest.approx(1 / 144 + 1 / 16 + 1 / 4, abs=1e-14)


def test_the_log_log_interval_of_an_incidence_by_hand() -> None:
    """F^exp(±z·se/(F·log F)) with F = 1/4 and se = 1/4: 0.25^exp(±1.41381) = 0.0033 and 0.7138."""
    point = cumulative_incidence(counts_from_rows([1, 2, 3, 4], ["a", "b", None, "a"]), "a").at(1)
    factor = np.exp(1.959963984540054 / -np.log(0.25))
    assert point.lower == pytest.approx(0.25**factor)
    assert point.upper == pytest.approx(0.25 ** (1 / factor))
    assert (round(point.lower, 4), round(point.upper, 4)) == (0.0033, 0.7138)


def test_the_mean_number_of_sessions_by_hand() -> None:
    """Ten people: 1 never started, 3 left after one session, 1 after two, 1 after three;
    2 are open after two sessions, 2 after four. At most four sessions are counted.

    Leaving after 0: 1 of 10. After 1: 3 of 9. After 2: the two who are open after two sessions have
    not decided yet, so 1 of the 4 others. After 3: 1 of 3, those open after four came back.
    S = 9/10, 9/10·2/3 = 3/5, 3/5·3/4 = 9/20, 9/20·2/3 = 3/10, and the mean is their sum, 9/4.
    """
    sessions = [0, 1, 1, 1, 2, 3, 2, 2, 4, 4]
    ended = ["gone"] * 6 + [None] * 4
    mean = restricted_mean_sessions(counts_from_rows(sessions, ended), 4)
    assert isinstance(mean, RestrictedMean)
    assert mean.estimate == pytest.approx(9 / 4, abs=1e-14)
    areas = [9 / 4, 27 / 20, 3 / 4, 3 / 10]  # the sums of S from each number of sessions on
    terms = [1 / (10 * 9), 3 / (9 * 6), 1 / (4 * 3), 1 / (3 * 2)]  # d/(r(r − d))
    variance = sum(area**2 * term for area, term in zip(areas, terms, strict=True))
    assert mean.standard_error == pytest.approx(variance**0.5, abs=1e-14)


def test_counting_the_undecided_as_stayed_would_flatter() -> None:
    """Everyone leaves with chance 1/4 after each session, and is looked at on a random day.

    With K = 6 the true mean is 3·(1 − 0.75⁶) = 2.466 sessions. Seeded; 200,000 people.
    """
    random = np.random.default_rng(20261122)
    would_have = random.geometric(0.25, 200_000) - 1
    seen_until = random.integers(0, 12, 200_000)
    sessions = np.minimum(would_have, seen_until)
    ended = [None if open_ else "gone" for open_ in would_have >= seen_until]
    counts = counts_from_rows(sessions, ended)
    truth = 3 * (1 - 0.75**6)
    ours, naive = restricted_mean_sessions(counts, 6), restricted_mean(counts, 6)
    assert isinstance(ours, RestrictedMean)
    assert isinstance(naive, RestrictedMean)
    assert abs(ours.estimate - truth) < 3 * ours.standard_error < 0.03
    assert naive.estimate > truth + 0.1


@pytest.fixture(scope="module")
def episodes() -> tuple[np.ndarray, np.ndarray]:
    """Lengths in whole days, many of them tied, and 0 open, 1 silent, 2 told, 3 planned."""
    random = np.random.default_rng(19630701)
    return random.integers(1, 60, 500).astype(float), random.integers(0, 4, 500)


NAMES = np.array(["", "silent", "told", "planned"])


def test_survival_equals_scikit_survival(episodes: tuple[np.ndarray, np.ndarray]) -> None:
    """scikit-survival 0.28, kaplan_meier_estimator(conf_type="log-log")."""
    days, kind = episodes
    times, survival, (lower, upper) = kaplan_meier_estimator(kind > 0, days, conf_type="log-log")
    curve = kaplan_meier(counts_from_rows(days, NAMES[kind].tolist()))
    inside = survival > 0
    np.testing.assert_array_equal(curve.times, times)
    np.testing.assert_allclose(curve.estimate, survival, atol=1e-12, rtol=0)
    np.testing.assert_allclose(curve.lower[inside], lower[inside], atol=1e-12, rtol=0)
    np.testing.assert_allclose(curve.upper[inside], upper[inside], atol=1e-12, rtol=0)


def test_cumulative_incidence_equals_scikit_survival(episodes: tuple[np.ndarray, np.ndarray]) -> None:
    """scikit-survival 0.28, cumulative_incidence_competing_risks; its rows are total, then causes."""
    days, kind = episodes
    times, incidence = cumulative_incidence_competing_risks(kind, days)
    counts = counts_from_rows(days, NAMES[kind].tolist())
    for row, cause in enumerate(NAMES[1:].tolist(), start=1):
        curve = cumulative_incidence(counts, cause)
        np.testing.assert_array_equal(curve.times, times)
        np.testing.assert_allclose(curve.estimate, incidence[row], atol=1e-12, rtol=0)


def test_the_log_rank_test_of_four_groups_equals_scikit_survival(
    episodes: tuple[np.ndarray, np.ndarray],
) -> None:
    """scikit-survival 0.28, compare_survival."""
    days, kind = episodes
    group = np.arange(days.size) % 4
    outcome = np.array(list(zip(kind > 0, days, strict=True)), dtype=[("event", bool), ("time", float)])
    statistic, p = compare_survival(outcome, group)
    ours = logrank([counts_from_rows(days[group == g], NAMES[kind[group == g]].tolist()) for g in range(4)])
    assert isinstance(ours, ChiSquared)
    assert ours.statistic == pytest.approx(statistic, abs=1e-10)
    assert ours.p == pytest.approx(p, abs=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("test", ["logrank", "gray"])
def test_both_tests_keep_their_promise_when_nothing_differs(test: str) -> None:
    """At 5 % they reject about 5 % of 600 seeded comparisons, censored differently in each group."""
    random = np.random.default_rng(1988)
    rejected = 0
    for _ in range(600):
        groups = [_random_group(random, size, open_until) for size, open_until in ((60, 30), (90, 15))]
        result = gray(groups, "silent") if test == "gray" else logrank(groups)
        assert isinstance(result, ChiSquared)
        rejected += result.p < 0.05
    assert 0.03 < rejected / 600 < 0.075


def _random_group(random: np.random.Generator, size: int, open_until: int) -> Counts:
    leaving, seen = random.geometric(0.1, size), random.integers(1, open_until, size)
    kind = np.where(leaving <= seen, random.choice(["silent", "told"], size), "")
    return counts_from_rows(np.minimum(leaving, seen), kind.tolist(), all_causes=["silent", "told"])
