import pytest

from holdfast.insight.counts import counts_from_rows
from holdfast.insight.curves import (
    RestrictedMean,
    cumulative_incidence,
    kaplan_meier,
    restricted_mean,
    restricted_mean_sessions,
)
from holdfast.insight.uncertainty import NotEstimable

OPEN_END = counts_from_rows([1, 2, 3, 5], ["silent", "told", "silent", None])
NOBODY = counts_from_rows([], [], all_causes=["silent"])
ALL_OPEN = counts_from_rows([2] * 10, [None] * 10, all_causes=["silent"])


def test_a_value_holds_until_the_next_time() -> None:
    curve = kaplan_meier(OPEN_END)
    assert [curve.at(t).estimate for t in (0, 0.99, 1, 1.99, 2)] == [1, 1, 0.75, 0.75, 0.5]
    assert curve.at(2).at_risk == 3
    assert curve.at(2.5).at_risk == 2  # whoever was at risk at 2 and went is no longer there, as in R's summary.survfit


@pytest.mark.parametrize("time", [-0.1, 5.01])
def test_no_value_beyond_the_last_person_seen(time: float) -> None:
    with pytest.raises(ValueError, match=r"known from 0 to 5; .* is outside"):
        kaplan_meier(OPEN_END).at(time)


def test_when_everyone_has_left_the_curve_is_known_for_ever() -> None:
    counts = counts_from_rows([1, 2], ["silent", "told"])
    assert kaplan_meier(counts).at(100).estimate == 0
    assert cumulative_incidence(counts, "silent").at(100).estimate == 0.5


def test_a_curve_of_nobody_has_no_value() -> None:
    for curve in (kaplan_meier(NOBODY), cumulative_incidence(NOBODY, "silent")):
        assert curve.times.size == 0
        assert not curve.known_at(0)
        with pytest.raises(ValueError, match="nobody"):
            curve.at(0)


def test_leaving_before_the_first_session_counts_at_time_0() -> None:
    assert kaplan_meier(counts_from_rows([0, 3], ["told", "told"])).at(0).estimate == 0.5


def test_nobody_left_yet_does_not_mean_nobody_will() -> None:
    """0 of 10: Clopper and Pearson 0 to 1 − 0.025^(1/10) = 0.3085, as R's binom.test(0, 10) prints."""
    incidence, survival = cumulative_incidence(ALL_OPEN, "silent").at(2), kaplan_meier(ALL_OPEN).at(2)
    assert (incidence.lower, round(incidence.upper, 4)) == (0.0, 0.3085)
    assert (round(survival.lower, 4), survival.upper) == (0.6915, 1.0)


def test_everybody_left_does_not_mean_everybody_will() -> None:
    counts = counts_from_rows([4] * 10, ["silent"] * 10)
    incidence, survival = cumulative_incidence(counts, "silent").at(4), kaplan_meier(counts).at(4)
    assert (round(incidence.lower, 4), incidence.upper) == (0.6915, 1.0)
    assert (survival.lower, round(survival.upper, 4)) == (0.0, 0.3085)
    assert survival.standard_error == 0


def test_without_censoring_the_exact_limit_counts_everybody() -> None:
    """At the end one of ten is at risk and then nobody; still 0 of 10 remained, not 0 of 1."""
    last = kaplan_meier(counts_from_rows(range(1, 11), ["silent"] * 10)).at(10)
    assert round(last.upper, 4) == 0.3085


def test_the_scale_of_r_gives_certainty_where_nobody_left() -> None:
    point = kaplan_meier(ALL_OPEN, interval="log").at(2)
    assert (point.lower, point.upper) == (1.0, 1.0)


def test_an_unknown_cause_is_refused() -> None:
    with pytest.raises(ValueError, match="silent, told; not 'planned'"):
        cumulative_incidence(OPEN_END, "planned")


def test_a_mean_beyond_what_was_seen_is_refused() -> None:
    assert isinstance(restricted_mean(OPEN_END, 5), RestrictedMean)
    assert restricted_mean(OPEN_END, 5.5) == NotEstimable("Nobody has been followed to 5.5 yet; the data end at 5.")


def test_a_mean_beyond_the_last_leaving_is_known() -> None:
    result = restricted_mean(counts_from_rows([1, 2, 3], ["told"] * 3), 12)
    assert isinstance(result, RestrictedMean)
    assert result.estimate == pytest.approx(2)


def test_a_mean_of_nobody_cannot_be_told() -> None:
    assert isinstance(restricted_mean(NOBODY, 5), NotEstimable)
    assert isinstance(restricted_mean_sessions(NOBODY, 5), NotEstimable)


def test_all_stayed_is_still_uncertain() -> None:
    """Mean 2 of at most 2; at least 0.025^(1/10) = 69.15 % stay that long."""
    result = restricted_mean(ALL_OPEN, 2)
    assert isinstance(result, RestrictedMean)
    assert (result.estimate, result.standard_error) == (2, 0)
    assert (round(result.lower, 3), result.upper) == (1.383, 2)


def test_none_started_is_still_uncertain() -> None:
    result = restricted_mean_sessions(counts_from_rows([0] * 10, ["told"] * 10), 4)
    assert isinstance(result, RestrictedMean)
    assert (result.estimate, result.lower, round(result.upper, 3)) == (0, 0, 1.234)


def test_sessions_are_known_one_beyond_the_last_decision() -> None:
    """All open after two sessions: they came back after 0 and 1, so two sessions are certain."""
    assert isinstance(restricted_mean_sessions(ALL_OPEN, 2), RestrictedMean)
    assert restricted_mean_sessions(ALL_OPEN, 3) == NotEstimable(
        "Nobody has been followed to 3 yet; the data end at 2."
    )


@pytest.mark.parametrize("horizon", [0, -1, float("nan")])
def test_a_horizon_is_above_0(horizon: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        restricted_mean(OPEN_END, horizon)
