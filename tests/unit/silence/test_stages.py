"""Stages of a silence: what began each, what ended it, and when something was expected."""

from __future__ import annotations

import polars as pl
import pytest
from tests.unit.silence.stories import ahead, appointment, called_off, came, ending, look, moment, repair

from holdfast.silence.moments import CONTACT, Moments

pytestmark = pytest.mark.long  # one practice, made and worked out for all of them

WEEKLY = came(-28, -21, -14, -7, 0)
STORIES = {
    "nothing": WEEKLY,
    "first": came(0),
    "second": came(-7, 0),
    "ahead": [*WEEKLY, ahead(14)],
    "booked later": [*WEEKLY, ahead(14, booked=3)],
    "booked twice": [*WEEKLY, ahead(14, booked=3), ahead(21, booked=5)],
    "missed": [*WEEKLY, appointment(7, "no_show")],
    "late": [*WEEKLY, called_off(7, "late_cancelled", on=6)],
    "late by nobody known": [*WEEKLY, called_off(7, "late_cancelled", on=6, by=None)],
    "called off": [*WEEKLY, called_off(7, "cancelled", on=4)],
    "called off by the therapist": [*WEEKLY, called_off(7, "late_cancelled", on=6, by="provider")],
    "called off, the rest stands": [*WEEKLY, called_off(7, "cancelled", on=4), ahead(14)],
    "called off the same day": [*WEEKLY, called_off(7, "cancelled", on=0, hour=20)],
    "moved": [*WEEKLY, called_off(7, "rescheduled", on=4), ahead(13, booked=4, hour=9)],
    "several on a day": [
        *WEEKLY,
        *(called_off(day, "cancelled", on=4, hour=9 + day / 100) for day in (7, 14, 21)),
    ],
    "unmarked": [*WEEKLY, appointment(7, "unknown")],
    "paused": [*WEEKLY, called_off(7, "cancelled", on=0, hour=16), repair(0, "pause", until=moment(30))],
    "paused without a day": [*WEEKLY, repair(2, "pause")],
    "paused, then called off": [*WEEKLY, repair(0, "pause", until=moment(30)), called_off(7, "cancelled", on=3)],
    "silent": [*WEEKLY, ending(0, "silent", recorded=8)],
    "silent, told before": [*WEEKLY, ending(0, "silent", recorded=-3)],
    "undated": [*came(-14, -7, 0, booked_at=None), appointment(20, "booked", booked_at=None)],
    "undated, past": came(-14, -7, 0, booked_at=None),
}


@pytest.fixture(scope="module")
def found() -> Moments:
    return look(STORIES, day=10, hour=10)


def stages(found: Moments, name: str) -> pl.DataFrame:
    return found.tail_stages.filter(pl.col("client_id") == name).sort(*CONTACT, "stage")


def told(found: Moments, name: str) -> list[tuple[str, str]]:
    return [(cell.removesuffix(":0"), event) for cell, event in stages(found, name).select("cell", "event").rows()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nothing", [("session:free:3", "none")]),
        ("first", [("session:free:1", "none")]),
        ("second", [("session:free:2", "none")]),
        ("ahead", [("session:ahead:3", "none")]),
        ("booked later", [("session:free:3", "booked"), ("booked:ahead", "none")]),
        ("booked twice", [("session:free:3", "booked"), ("booked:ahead", "none")]),
        ("missed", [("session:ahead:3", "missed"), ("missed:free", "none")]),
        ("late", [("session:ahead:3", "missed"), ("missed:free", "none")]),
        ("late by nobody known", [("session:ahead:3", "missed"), ("missed:free", "none")]),
        ("called off", [("session:ahead:3", "called_off"), ("called_off:free", "none")]),
        ("called off by the therapist", [("session:ahead:3", "provider"), ("provider:free", "none")]),
        ("called off, the rest stands", [("session:ahead:3", "called_off"), ("called_off:ahead", "none")]),
        ("called off the same day", [("session:free:3", "none")]),
        ("moved", [("session:ahead:3", "called_off"), ("called_off:free", "booked"), ("booked:ahead", "none")]),
        ("several on a day", [("session:ahead:3", "called_off"), ("called_off:free", "none")]),
        ("unmarked", [("session:ahead:3", "unmarked"), ("session:free:3", "none")]),
        ("paused", [("session:free:3", "paused"), ("paused:free", "none")]),
        ("paused without a day", [("session:free:3", "paused"), ("paused:free", "none")]),
        (
            "paused, then called off",
            [("session:ahead:3", "paused"), ("paused:ahead", "called_off"), ("called_off:free", "none")],
        ),
        ("silent", [("session:free:3", "silent")]),
        ("silent, told before", [("session:free:3", "silent")]),
        ("undated", [("session:free:2", "none")]),
    ],
)
def test_what_happened_in_a_silence(found: Moments, name: str, expected: list[tuple[str, str]]) -> None:
    assert told(found, name) == expected


HALF_PAST_TEN = 10 / 24  # sessions begin at ten: the day on which something is expected begins fourteen hours earlier


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nothing", [7 - HALF_PAST_TEN]),  # one rhythm
        ("ahead", [14 - HALF_PAST_TEN]),  # the day of the booking
        ("missed", [7 - HALF_PAST_TEN, 7 - HALF_PAST_TEN]),
        ("called off, the rest stands", [7 - HALF_PAST_TEN, 10 - 9 / 24]),
        ("paused", [7 - HALF_PAST_TEN, 30 - 15 / 24]),  # the day until which he is away
        ("paused without a day", [7 - HALF_PAST_TEN, 7 - 15 / 24]),
        ("paused, then called off", [7 - HALF_PAST_TEN, 7 - 15 / 24, 27 - 9 / 24]),  # the break is still agreed
        ("undated", [20 - HALF_PAST_TEN]),  # no booking, but he is not late before its day
        ("undated, past", [7 - HALF_PAST_TEN]),
    ],
)
def test_when_something_was_expected(found: Moments, name: str, expected: list[float]) -> None:
    assert stages(found, name)["expected_days"].to_list() == pytest.approx(expected)


def test_days_run_from_the_beginning_of_each_stage(found: Moments) -> None:
    assert stages(found, "nothing")["days"].to_list() == [10]
    assert stages(found, "missed")["days"].to_list() == [7, 3]
    assert stages(found, "moved")["days"].to_list() == pytest.approx([4 - 1 / 24, 0, 6 + 1 / 24])
    assert stages(found, "silent, told before")["days"].to_list() == [0]


def test_a_late_cancellation_is_told_apart_for_the_words(found: Moments) -> None:
    assert stages(found, "late")["late"].to_list() == [False, True]
    assert stages(found, "missed")["late"].to_list() == [False, False]


def test_stages_after_which_he_came_are_counted(found: Moments) -> None:
    came_back = found.spells.filter(pl.col("event").cast(str) == "came")
    assert came_back["rows"].sum() == found.patterns["rows"].sum()  # nobody was called off on the way
    assert set(came_back["cell"].cast(str)) <= {
        "session:ahead:1",
        "session:ahead:2",
        "session:ahead:3",
        "session:free:1",
        "session:free:2",
        "session:free:3",
    }
