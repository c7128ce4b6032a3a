"""Days on which a therapist was away do not count as silence; one client's own silence is no closure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import polars as pl
import pytest
from tests.unit.silence.stories import Story, appointment, came, look, moment

from holdfast.silence.moments import Moments
from holdfast.tables.away import Away

pytestmark = pytest.mark.slow  # a practice worked out for nearly every test

HERE = "therapist of several"


def seen(*days: int, by: str = HERE, **said: object) -> Story:
    return [(table, row | {"therapist_id": by}) for table, row in came(*days, **said)]


BEFORE = {f"client {n}": seen(*(day + n for day in range(-56, -7, 7))) for n in range(4)}
"""Four clients, Monday to Thursday of each week up to day -11."""


@pytest.fixture(scope="module")
def found() -> Moments:
    """The therapist is away from Friday (-10) for two and a half weeks, and then sees a new client."""
    stories = {
        **BEFORE,
        "new": seen(7),
        "alone": came(-77, -70, -63, 0),  # the only client of another therapist: his own silence
        "on his own": [appointment(0)],
    }
    return look(stories, day=10, hour=10)


def day_of(day: int) -> date:
    return moment(day).date()


def days_silent(found: Moments, name: str) -> float:
    return float(found.tail_stages.filter(pl.col("client_id") == name)["days"].sum())


def test_the_days_of_a_closure_do_not_count(found: Moments) -> None:
    last = {f"client {n}": -14 + n for n in range(4)}
    away = 7 - (-11) - 1  # from a usual distance (a day) after the last appointment to the day of the next one
    for name, day in last.items():
        assert days_silent(found, name) == pytest.approx(10 - day - away)


def test_the_silence_of_an_only_client_is_no_closure(found: Moments) -> None:
    row = found.tails.filter(pl.col("client_id") == "alone").row(0, named=True)
    assert row["widening"] == "much"


def test_days_after_the_last_appointment_are_no_closure(found: Moments) -> None:
    assert days_silent(found, "on his own") == 10
    assert days_silent(found, "new") == 3


def test_what_the_therapist_called_off_does_not_open_the_diary() -> None:
    again = [
        *seen(7),
        *(
            (table, row | {"therapist_id": HERE})
            for table, row in [appointment(0, "cancelled", initiated_by="provider")]
        ),
    ]
    found = look({**BEFORE, "new": again}, day=10, hour=10)
    assert days_silent(found, "client 3") == pytest.approx(10 - -11 - 17)
    met = [*seen(7), *((table, row | {"therapist_id": HERE}) for table, row in [appointment(-2, "no_show")])]
    found = look({**BEFORE, "new": met}, day=10, hour=10)
    assert days_silent(found, "client 3") > 10 - -11 - 17


def test_a_gap_over_a_closure_does_not_widen() -> None:
    stories = {**BEFORE, "client 0": seen(*range(-56, -7, 7), 7)}
    found = look(stories, day=10, hour=10)
    row = found.tails.filter(pl.col("client_id") == "client 0").row(0, named=True)
    assert (row["widening"], row["session"]) == ("no", "s6_10")


def test_a_leave_that_the_practice_told_of_does_not_count_not_even_for_an_only_client():
    """Two weeks off from day 1; on day 10 they still go on. Of anybody else's leave nothing changes."""
    stories = {"his only one": came(-14, -7, 0), "another": came(-14, -7, 0)}
    leave = Away("his only one", day_of(1), day_of(14))
    found = look(stories, day=10, hour=10, away=(leave, Away(None, day_of(30), day_of(40))))
    assert days_silent(found, "his only one") == pytest.approx(14 / 24)  # from ten o'clock until midnight
    assert days_silent(found, "another") == pytest.approx(10)


def test_a_leave_that_is_told_of_later_changes_nothing_of_what_was_known_before():
    """Off from day 1 to 14, said on day 9."""
    stories = {"his only one": came(-14, -7, 0)}
    leave = replace(Away("his only one", day_of(1), day_of(14)), told_at=datetime.combine(day_of(9), time(9)))
    assert look(stories, day=8, away=(leave,)).evenings.equals(look(stories, day=8).evenings)
    assert days_silent(look(stories, day=9, hour=8, away=(leave,)), "his only one") == pytest.approx(9 - 2 / 24)
    assert days_silent(look(stories, day=9, hour=10, away=(leave,)), "his only one") == pytest.approx(14 / 24)


def test_of_one_leave_no_more_than_six_weeks_is_no_silence():
    """A year off from day 1, or a mistyped one: he is quiet for all of it but 42 days."""
    stories = {"his only one": came(-14, -7, 0)}
    for last in (day_of(366), date(2199, 12, 31)):
        found = look(stories, day=118, hour=10, away=(Away("his only one", day_of(1), last),))
        assert days_silent(found, "his only one") == pytest.approx(118 - 42)


def test_when_the_practice_was_closed_it_was_so_for_everybody_and_no_day_is_taken_off_twice(found: Moments):
    """The run of empty days that is seen in the diary and what was said about it overlap."""
    stories = {**BEFORE, "new": seen(7), "another": came(-28, -21, -14)}
    told = (Away(None, day_of(-5), day_of(3)), Away(HERE, day_of(3), day_of(5)), Away(HERE, day_of(-9), day_of(-8)))
    closed = look(stories, day=10, hour=10, away=told)
    for name in BEFORE:
        assert days_silent(closed, name) == days_silent(found, name)
    assert days_silent(closed, "another") == pytest.approx(24 - 9)


def test_a_closure_that_goes_on_is_believed_for_four_weeks() -> None:
    """The therapist of four clients sees nobody any more after day -11; a diary that stays empty is no holiday."""
    for day, silent in ((-1, 10 - 9), (16, 1), (40, 1 + 40 - 17)):
        found = look(BEFORE, day=day, hour=0)
        assert days_silent(found, "client 3") == pytest.approx(silent, abs=0.6), day
