"""What is shared must not let anybody work out a small count."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.insight import leaks

from holdfast.insight.result import EndingCount, Step
from holdfast.insight.share import Sums, for_sharing, hide
from holdfast.tables.schema import Ending

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

    total, lost = ("g", "ending", Ending.NEVER_STARTED), ("g", "lost", "first session", Ending.NEVER_STARTED)
    sums = Sums(counts={total: 50, lost: 50})
    _add_up_ending(sums, "g", Ending.NEVER_STARTED, ["first session"])
    assert sums.equations == [(total, (lost,))]


@pytest.mark.hazard("H-19")
def test_who_booked_is_not_left_out_beside_how_many_courses_there_are() -> None:
    """Nobody is lost before he books, as everybody knows: a nought there covers nothing, and the two are one number."""
    shown = for_sharing(leaks.leak(leaks.group(episodes=352, open=113, funnel=LOST, endings=ENDED)), 10).groups[0]
    assert (shown.episodes is None) == (shown.funnel[0].reached is None)
    assert not shown.funnel[0].lost
    assert shown.funnel[1].lost["other"] is None  # three


def _step(session: int, of: int, reached: int, waiting: int, unmarked: int, **lost: int) -> Step:
    name = "first booking" if session == 0 else f"session {session}" if session > 1 else "first session"
    told = {"session": session, "of": of, "reached": reached, "waiting": waiting, "unmarked": unmarked}
    return Step(name=name, share=leaks.share(reached, of), lost=dict(lost), **told)


LOST = [
    _step(0, 352, 352, 0, 0),
    _step(1, 352, 324, 2, 3, never_started=20, switched=3),
    _step(2, 324, 264, 7, 8, silent=19, told=10, planned=2, switched=7, referred=2, other=5),
    _step(3, 264, 210, 8, 7, silent=26, told=4, planned=3, switched=2, referred=2, other=2),
    _step(5, 210, 170, 5, 8, silent=12, told=2, planned=8, switched=2, referred=2, other=1),
    _step(10, 170, 66, 4, 7, silent=34, told=4, planned=36, switched=6, referred=3, other=10),
]
ENDED = [
    EndingCount(ending=way, count=count, share=leaks.share(count, 239), recorded=count, inferred=0, by_rule=0)
    for way, count in zip(Ending, (54, 24, 20, 9, 94, 20, 18), strict=True)
]
