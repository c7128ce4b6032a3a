"""What is shared must not let anybody work out a small count."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.insight.share import Sums, hide

CAUSES = ("planned", "silent", "told")
GROUPS = ("a", "b", "c")


def _table(values: list[list[int]]) -> Sums:
    """Groups by causes, with both margins and the grand total: everything a cross table publishes."""
    sums = Sums()
    for (i, group), (j, cause) in product(enumerate(GROUPS), enumerate(CAUSES)):
        sums.counts[group, cause] = values[i][j]
    for i, group in enumerate(GROUPS):
        sums.counts[group, "all"] = sum(values[i])
    for j, cause in enumerate(CAUSES):
        sums.counts["all", cause] = sum(row[j] for row in values)
    sums.counts["all", "all"] = sum(map(sum, values))
    for one in (*GROUPS, "all"):
        sums.add((one, "all"), [(one, cause) for cause in CAUSES])
    for cause in (*CAUSES, "all"):
        sums.add(("all", cause), [(group, cause) for group in GROUPS])
    return sums


def test_a_count_of_ten_is_hidden_and_one_of_eleven_and_a_nought_are_shown() -> None:
    sums = Sums(counts={("x",): 10, ("y",): 11, ("z",): 0})
    assert hide(sums, 10) == {("x",)}


def test_the_smallest_other_part_is_hidden_with_it() -> None:
    sums = Sums(counts={("total",): 200, ("small",): 4, ("middle",): 46, ("large",): 150})
    sums.add(("total",), [("small",), ("middle",), ("large",)])
    assert hide(sums, 10) == {("small",), ("middle",)}


def test_a_count_given_away_by_another_group_hides_that_one_too() -> None:
    hidden = hide(_table([[3, 50, 60], [40, 50, 60], [40, 50, 60]]), 10)
    assert ("a", "planned") in hidden
    assert len(hidden) >= 4  # a corner alone follows from its row, two cells of a row from their columns


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=3, max_size=3))
@pytest.mark.hazard("H-19")
def test_no_small_count_follows_from_what_is_shown(values: list[list[int]]) -> None:
    """A second table with the same visible numbers and another small count always exists (over the reals)."""
    import numpy as np

    sums = _table(values)
    hidden = sorted(hide(sums, 10))
    small = [cell for cell, count in sums.counts.items() if 0 < count <= 10]
    assert set(small) <= set(hidden)
    rows = [[(cell == total) - float(cell in parts) for cell in hidden] for total, parts in sums.equations]
    matrix = np.array(rows)
    for cell in small:
        unit = np.array([float(other == cell) for other in hidden])
        solution = np.linalg.lstsq(matrix.T, unit, rcond=None)[0]
        assert np.abs(matrix.T @ solution - unit).max() > 1e-6, cell


def test_an_ending_that_only_its_steps_could_have_is_a_sum_as_well() -> None:
    """Whoever never started was lost before the first session: the total would give the step away."""
    from holdfast.insight.share import _add_up_ending
    from holdfast.tables.schema import Ending

    total, lost = ("g", "ending", Ending.NEVER_STARTED), ("g", "lost", "first session", Ending.NEVER_STARTED)
    sums = Sums(counts={total: 50, lost: 50})
    _add_up_ending(sums, "g", Ending.NEVER_STARTED, ["first session"])
    assert sums.equations == [(total, (lost,))]
