import pytest

from holdfast.insight.compare import (
    ChiSquared,
    difference_at,
    difference_of_restricted_means,
    gray,
    logrank,
)
from holdfast.insight.counts import counts_from_rows
from holdfast.insight.curves import cumulative_incidence, kaplan_meier, restricted_mean
from holdfast.insight.uncertainty import Difference, NotEstimable

LEFT = counts_from_rows([1, 2, 3, 4, 5] * 4, ["silent", "told", "silent", None, "silent"] * 4)
STAYED = counts_from_rows([5] * 20, [None] * 20, all_causes=["silent", "told"])
SHORT = counts_from_rows([1, 2], ["silent", None], all_causes=["silent", "told"])


def silent_by(counts, time, other, **options):
    first, second = cumulative_incidence(counts, "silent"), cumulative_incidence(other, "silent")
    return difference_at(first, second, time, **options)


def test_a_group_in_which_nobody_left_can_be_compared() -> None:
    result = silent_by(LEFT, 3, STAYED)
    assert isinstance(result, Difference)
    assert result.estimate == pytest.approx(0.4)
    assert 0.1 < result.lower < 0.4 < result.upper < 0.65
    assert 0.0001 < result.p < 0.01


def test_turning_the_comparison_round_turns_the_signs() -> None:
    one, other = silent_by(LEFT, 3, STAYED), silent_by(STAYED, 3, LEFT)
    assert isinstance(one, Difference)
    assert isinstance(other, Difference)
    assert (one.lower, one.upper, one.p) == pytest.approx((-other.upper, -other.lower, other.p))


@pytest.mark.parametrize("time", [1, 2, 3, 4])
def test_the_p_value_and_the_interval_never_disagree(time: float) -> None:
    p = silent_by(LEFT, time, STAYED).p
    at_p = silent_by(LEFT, time, STAYED, level=1 - p)
    assert at_p.lower == pytest.approx(0, abs=1e-6)


def test_equal_groups_have_a_p_value_of_1() -> None:
    for time in (0.5, 3):
        result = silent_by(LEFT, time, LEFT)
        assert isinstance(result, Difference)
        assert (result.estimate, result.p) == (0, 1)
        assert result.lower < 0 < result.upper


def test_all_against_none_is_a_difference_with_limits() -> None:
    """With 10 in each group, at most 1 − 0.3085 of each can be sure; by hand 1 − √2·0.3085 = 0.5637."""
    gone = counts_from_rows([1] * 10, ["silent"] * 10)
    stayed = counts_from_rows([1] * 10, [None] * 10, all_causes=["silent"])
    result = silent_by(gone, 1, stayed)
    assert isinstance(result, Difference)
    assert result.estimate == 1
    assert result.lower == pytest.approx(0.5637, abs=5e-5)
    assert 0 < result.p < 0.001


def test_a_difference_beyond_the_shorter_follow_up_cannot_be_told() -> None:
    assert silent_by(LEFT, 3, SHORT) == NotEstimable("One of the two groups has not been followed to 3.")
    assert isinstance(difference_at(kaplan_meier(LEFT), kaplan_meier(SHORT), 1), Difference)


def test_means_with_different_horizons_are_not_compared() -> None:
    with pytest.raises(ValueError, match="were 2 and 3"):
        difference_of_restricted_means(restricted_mean(LEFT, 2), restricted_mean(LEFT, 3))


def test_a_mean_that_cannot_be_told_cannot_be_compared() -> None:
    known, unknown = restricted_mean(LEFT, 3), restricted_mean(SHORT, 3)
    assert isinstance(unknown, NotEstimable)
    assert difference_of_restricted_means(known, unknown) == unknown
    assert difference_of_restricted_means(unknown, known) == unknown


def test_a_mean_without_spread_can_be_compared() -> None:
    result = difference_of_restricted_means(restricted_mean(STAYED, 5), restricted_mean(LEFT, 5))
    assert isinstance(result, Difference)
    assert result.lower < result.estimate < result.upper
    assert 0 < result.p < 0.05


def test_one_group_is_no_comparison() -> None:
    for test in (lambda groups: gray(groups, "silent"), logrank):
        with pytest.raises(ValueError, match="at least two groups, but got 1"):
            test([LEFT])


def test_nothing_happened_is_not_no_difference() -> None:
    for result in (logrank([STAYED, STAYED]), gray([STAYED, STAYED], "silent")):
        assert isinstance(result, NotEstimable)


def test_events_after_the_other_group_is_gone_say_nothing() -> None:
    early = counts_from_rows([1, 1], [None, None], all_causes=["silent"])
    late = counts_from_rows([2, 3, 4], ["silent"] * 3)
    assert isinstance(logrank([early, late]), NotEstimable)
    assert isinstance(gray([early, late], "silent"), NotEstimable)


def test_an_unknown_cause_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'planned'"):
        gray([LEFT, STAYED], "planned")


def test_a_clear_difference_is_found() -> None:
    for result in (logrank([LEFT, STAYED]), gray([LEFT, STAYED], "silent")):
        assert isinstance(result, ChiSquared)
        assert result.df == 1
        assert result.p < 0.001


def test_the_log_rank_statistic_of_four_people_by_hand() -> None:
    """Two groups of two: a leave at 1 and 3, b at 2 and 4.

    At risk in a: 2, 1, 1, 0, in all 4, 3, 2, 1. Observed minus expected in a:
    (1 − 2/4) + (0 − 1/3) + (1 − 1/2) = 2/3; variance 1/4 + 2/9 + 1/4.
    """
    a, b = counts_from_rows([1, 3], ["silent"] * 2), counts_from_rows([2, 4], ["silent"] * 2)
    result = logrank([a, b])
    assert isinstance(result, ChiSquared)
    assert result.statistic == pytest.approx((2 / 3) ** 2 / (1 / 4 + 2 / 9 + 1 / 4))
