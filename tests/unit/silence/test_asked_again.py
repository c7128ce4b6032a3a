"""A question is put into words once for a process: what differs from evening to evening is told beside it."""

from __future__ import annotations

import pytest
from tests.unit.silence.stories import ahead, came, checkin, client, moment, score, tables_of

from holdfast.engine import _in_sql
from holdfast.silence import moments

PRACTICE = tables_of(
    {
        "weekly": [
            *came(-21, -14, -7, 0),
            ahead(7),
            checkin(0, understood=8),
            client(birth_year=1980),
            score(0, "phq9", 9),
        ],
        "monthly": [*came(-56, -28, 0), checkin(-28, answered=None)],
    },
    exported_at=moment(20),
)


@pytest.mark.long
def test_another_evening_is_asked_about_in_the_same_words_and_answered_anew():
    first = moments(PRACTICE, at=moment(3))
    asked = _in_sql.cache_info()
    second = moments(PRACTICE, at=moment(5))
    again = _in_sql.cache_info()
    assert again.misses == asked.misses
    assert again.hits > asked.hits
    later = [days + 2 for days in first.evenings["days_silent"]]
    assert second.evenings["days_silent"].to_list() == pytest.approx(later)


@pytest.mark.long
def test_what_was_told_of_one_evening_holds_for_its_own_questions_only():
    before, _, after = (moments(PRACTICE, at=moment(day)) for day in (3, 5, 3))
    assert after.evenings.equals(before.evenings)
    assert after.tail_stages.equals(before.tail_stages)
