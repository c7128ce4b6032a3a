"""From rows to scores: what is counted, who is too few, and what is found where something was planted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.unit.silence import evaluations

from holdfast.silence.evaluate import METHODS, counted
from holdfast.silence.evaluation import MODEL, Question, Scored
from holdfast.silence.groups import GROUPS
from holdfast.silence.policy import muting
from holdfast.silence.scoring import WEEKS_AHEAD, question

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def asked() -> Question:
    return question("left", "Has he left?", evaluations.rows(), METHODS)


def scored(asked: Question, label: str) -> Scored:
    return next(one for one in asked.groups if one.label == label)


def test_everyone_is_counted_once(asked: Question) -> None:
    rows = evaluations.rows()
    assert asked.undecided == (rows["outcome"] == "undecided").sum()
    assert asked.rows + asked.undecided == rows.height
    assert asked.left + asked.stayed == asked.rows
    for column in GROUPS:
        assert sum(one.rows for one in asked.groups if one.column == column) == asked.rows


def test_chances_that_are_right_are_found_to_be_right(asked: Question) -> None:
    model = next(one for one in asked.overall.scores if one.method == MODEL)
    for amount, right in ((model.slope, 1.0), (model.intercept, 0.0), (model.ratio, 1.0)):
        assert amount.low is not None
        assert amount.high is not None
        assert amount.low < right < amount.high


def test_the_better_method_is_found_to_be_better(asked: Question) -> None:
    for one in asked.overall.scores:
        if one.method != MODEL:
            assert one.beyond.low is not None
            assert one.beyond.low > 0
            assert one.auc_beyond.low is not None
            assert one.auc_beyond.low > 0


def test_a_small_group_is_too_few_to_tell(asked: Question) -> None:
    small = scored(asked, "60 and over")
    assert small.why_not == "too few to tell"
    assert small.scores == []


def test_the_same_client_on_many_evenings_is_one() -> None:
    """Forty rows of either outcome, of four clients each: nothing is said."""
    rows = evaluations.rows(80).with_columns(
        outcome=pl.Series(["left", "stayed"] * 40), client_id=pl.Series([f"c{number % 8}" for number in range(80)])
    )
    assert question("left", "", rows, METHODS).overall.why_not == "too few to tell"


def test_with_nobody_at_all_there_is_an_answer() -> None:
    found = question("left", "", evaluations.rows().clear(), METHODS)
    assert (found.rows, found.overall.why_not, found.groups) == (0, "too few to tell", [])


def test_the_weeks_ahead_count_who_had_left_by_then(asked: Question) -> None:
    assert [part.label for part in asked.ahead] == [f"within {weeks} weeks" for weeks in WEEKS_AHEAD]
    rows = evaluations.rows()
    assert asked.ahead[0].left == rows.filter(pl.col("gone") & (pl.col("days") <= 28)).height


def test_the_same_seed_gives_the_same_intervals() -> None:
    first, second = (question("left", "", evaluations.rows(200), [MODEL], seed=3) for _ in range(2))
    assert first == second
    assert question("left", "", evaluations.rows(200), [MODEL], seed=4) != first


@pytest.mark.slow
def test_a_planted_fault_in_a_group_mutes_it_and_no_other() -> None:
    right = question("left", "", evaluations.rows(3000), [MODEL])
    assert muting(counted(right)).groups == ()
    off = question("left", "", evaluations.rows(3000, wrong=2.0), [MODEL])
    assert "women" in [name for name, _ in muting(counted(off)).groups]
    assert "men" not in [name for name, _ in muting(counted(off)).groups]


def test_the_curve_is_there_for_every_method(asked: Question) -> None:
    assert set(asked.curves) == set(METHODS)
    model = asked.curves[MODEL]
    assert sum(part.share.of or 0 for part in model) == asked.rows
    inside = [(part.share.low or 0) <= part.expected <= (part.share.high or 0) for part in model]
    assert np.mean(inside) >= 0.7  # of 95 % intervals of chances that are right
