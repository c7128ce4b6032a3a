"""What a check-in asks: in the ranges of the tables, each often enough, none too often."""

from __future__ import annotations

import dataframely as dy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.silence.checkins import LEAVE_IT, NOT_SAID_HERE
from holdfast.silence.checkins import ROTATING as KNOWN_TO_THE_MODEL
from holdfast.tables.schema import TABLES
from holdfast_site.checkins.questions import CHANGES, CORE, QUESTIONS, ROTATING, Balance, next_rotating, questions_of

NAMES = [question.name for question in ROTATING]


@pytest.mark.hazard("H-06")
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_every_answer_has_its_column_and_its_range(question):
    column = TABLES["checkins"].columns[question.name]
    assert isinstance(column, dy.Int16)
    assert (min(question.values), max(question.values)) == (column.min, column.max)
    if isinstance(question, Balance):
        assert [value for side in question.sides for value, _ in side] == list(question.values)


def test_the_model_knows_them_all():
    assert set(NAMES) == set(KNOWN_TO_THE_MODEL)
    assert [change for change in CHANGES if change in LEAVE_IT] == ["leave it as it is"]
    assert [change for change in CHANGES if change in NOT_SAID_HERE] == ["rather not say here"]


@pytest.mark.hazard("H-17")
def test_never_more_than_eight_taps():
    assert len(questions_of(NAMES[:2])) + 1 == 8
    assert questions_of(NAMES[:2])[-1] is CORE[-1]


def test_first_what_is_not_known_of_him():
    assert next_rotating([], frozenset()) == ("could_say", "talked_down")
    assert next_rotating([], frozenset({"could_say", "tone"})) == ("talked_down", "posture")


@given(st.lists(st.frozensets(st.sampled_from(NAMES), max_size=2), min_size=3, max_size=12))
def test_none_is_asked_more_than_every_third_time_and_all_within_three(skipped):
    asked, known = [], frozenset()
    for skips in skipped:
        names = next_rotating(asked, known)
        assert len(set(names)) == 2
        assert not {name for before in asked[-2:] for name in before} & set(names)
        asked.append(names)
        known |= set(names) - skips
    for begin in range(len(asked) - 2):
        assert {name for names in asked[begin : begin + 3] for name in names} == set(NAMES)
