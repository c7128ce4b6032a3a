import math

import numpy as np
import pytest
from scipy.stats import chi2

from holdfast.insight.uncertainty import (
    Difference,
    Interval,
    NotEstimable,
    chi_squared_tail,
    difference_of_proportions,
    proportion,
    share_limits,
    tail,
    z_for,
)


@pytest.mark.parametrize(
    ("k", "n", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_printed_by_newcombe(k: int, n: int, lower: float, upper: float) -> None:
    """Newcombe, Statistics in Medicine 1998, 17:857, table I, method 3."""
    result = proportion(k, n)
    assert isinstance(result, Interval)
    assert (round(result.lower, 4), round(result.upper, 4)) == (lower, upper)
    assert result.estimate == k / n


@pytest.mark.parametrize(
    ("table", "lower", "upper"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_as_he_printed_it(table: tuple[int, int, int, int], lower: float, upper: float) -> None:
    """Newcombe, Statistics in Medicine 1998, 17:873, table II, method 10, examples (a) to (h)."""
    result = difference_of_proportions(*table)
    assert isinstance(result, Difference)
    assert (round(result.lower, 4), round(result.upper, 4)) == (lower, upper)


def test_the_test_of_two_shares_is_pearsons() -> None:
    """56 of 70 and 48 of 80: chi² = n(ad − bc)²/(…) = 150·(56·32 − 14·48)²/(70·80·104·46), by hand."""
    result = difference_of_proportions(56, 70, 48, 80)
    assert isinstance(result, Difference)
    chi = 150 * (56 * 32 - 14 * 48) ** 2 / (70 * 80 * 104 * 46)
    assert result.p == pytest.approx(2 * tail(math.sqrt(chi)), rel=1e-12)
    assert result.p == pytest.approx(0.0080, abs=5e-5)


def test_two_groups_alike_in_everything_do_not_differ() -> None:
    result = difference_of_proportions(0, 10, 0, 20)
    assert isinstance(result, Difference)
    assert result.p == 1.0


def test_a_share_of_nobody_cannot_be_told() -> None:
    assert isinstance(proportion(0, 0), NotEstimable)
    assert isinstance(difference_of_proportions(1, 2, 0, 0), NotEstimable)
    assert isinstance(difference_of_proportions(0, 0, 1, 2), NotEstimable)


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2)])
def test_more_than_all_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="0 to 2 of 2"):
        proportion(k, n)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_between_0_and_1(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        z_for(level)


def test_a_wider_level_is_a_wider_interval() -> None:
    narrow, wide = proportion(3, 10, level=0.8), proportion(3, 10, level=0.99)
    assert isinstance(narrow, Interval)
    assert isinstance(wide, Interval)
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


def test_an_unknown_scale_is_refused() -> None:
    half = np.array([0.5])
    with pytest.raises(ValueError, match="but was 'logit'"):
        share_limits(half, half, half, z=2.0, kind="logit")  # type: ignore[arg-type]


@pytest.mark.parametrize("df", [1, 2, 3, 4, 7, 11])
@pytest.mark.parametrize("statistic", [0.0, 1e-9, 0.3, 1.0, 3.84, 12.5, 60.0, 700.0])
def test_the_chi_squared_tail_as_scipy_has_it(statistic: float, df: int) -> None:
    assert chi_squared_tail(statistic, df) == pytest.approx(float(chi2.sf(statistic, df)), rel=1e-12)
