"""Contacts: which there are, in which order, how often he came by then, and which still stand open."""

from __future__ import annotations

import polars as pl
import pytest
from tests.unit.silence.stories import appointment, came, ending, look, moment, repair

from holdfast.silence.moments import Moments

pytestmark = pytest.mark.slow  # a practice of its own

SURE_THEN_ASSUMED = [*came(-21, -14, -7), appointment(0, certainty="defaulted")]
STORIES = {
    "weekly": came(-28, -21, -14, -7, 0),
    "assumed at the end": SURE_THEN_ASSUMED,
    "assumed, then unmarked": [*SURE_THEN_ASSUMED, appointment(7, "unknown")],
    "unmarked in between": [appointment(-14), appointment(-7, "unknown"), appointment(0)],
    "only one, assumed": [appointment(0, certainty="inferred")],
    "two on a day": [
        appointment(0, certainty="defaulted", starts_at=moment(0, 9)),
        appointment(0, appointment_id="later", starts_at=moment(0, 11)),
    ],
    "ended": [*came(-7, 0), ending(0, "planned")],
    "ended, with a booking left over": [
        *came(-7, 0),
        ending(1, "told"),
        appointment(7, "unknown", booked_at=moment(-7)),
    ],
    "recorded as silent": [*came(-7, 0), ending(0, "silent", recorded=8)],
    "called silent, and seen by another": [
        *came(-14, -7),
        ending(-7, "silent"),
        appointment(0, therapist_id="somebody else"),
    ],
    "called silent, and back": [*came(-28, -21), ending(-14, "silent"), appointment(0)],
    "side by side": [
        *came(-14, -7, 0),
        *(appointment(day, appointment_id=f"b{day}", therapist_id="a colleague") for day in (-11, -4, 3)),
    ],
    "two gaps": came(-17, -10, 0),
    "slower": came(-56, -49, -42, -28, -14, 0),
    "a break": [*came(-49, -42, -35, -28, 0), repair(-27, "pause")],
}


@pytest.fixture(scope="module")
def found() -> Moments:
    return look(STORIES, day=10)


def tail(found: Moments, name: str, therapist: str | None = None) -> list[tuple[object, ...]]:
    rows = found.tails.filter((pl.col("client_id") == name) & (pl.col("therapist_id") == (therapist or name)))
    return rows.select(pl.col("link"), pl.col("how").cast(str), pl.col("fate").cast(str), "sessions").rows()


def stayed(found: Moments, name: str) -> list[tuple[object, ...]]:
    rows = found.patterns.filter(pl.col("therapist_id") == name)
    return rows.select(pl.col("how").cast(str), pl.col("session").cast(str), "rows").rows()


def test_a_silence_begins_with_the_last_session(found: Moments) -> None:
    assert tail(found, "weekly") == [(0, "recorded", "quiet", 5)]
    assert len(stayed(found, "weekly")) == 4


def test_an_assumed_session_leaves_the_one_before_it_open(found: Moments) -> None:
    assert tail(found, "assumed at the end") == [(0, "recorded", "quiet", 3), (1, "defaulted", "quiet", 4)]


def test_unmarked_appointments_belong_to_the_silence(found: Moments) -> None:
    assert tail(found, "assumed, then unmarked") == [
        (0, "recorded", "quiet", 3),
        (1, "defaulted", "quiet", 4),
        (2, "unmarked", "quiet", 5),
    ]


def test_where_there_is_no_surer_one_the_silence_begins_with_the_assumed(found: Moments) -> None:
    assert tail(found, "only one, assumed") == [(0, "defaulted", "quiet", 1)]


def test_an_unmarked_appointment_between_sessions_was_stayed_after(found: Moments) -> None:
    assert sorted(stayed(found, "unmarked in between")) == [("recorded", "s1", 1), ("unmarked", "s2", 1)]
    assert tail(found, "unmarked in between") == [(0, "recorded", "quiet", 2)]


def test_two_sessions_on_a_day_are_one_and_the_surer_record_counts(found: Moments) -> None:
    assert tail(found, "two on a day") == [(0, "recorded", "quiet", 1)]
    row = found.tails.filter(pl.col("client_id") == "two on a day").row(0, named=True)
    assert row["contact_at"] == moment(0, 9)


def test_a_known_ending_was_stayed_for(found: Moments) -> None:
    assert tail(found, "ended") == []
    assert len(stayed(found, "ended")) == 2


def test_an_appointment_left_over_after_the_ending_is_no_contact(found: Moments) -> None:
    assert sum(row[-1] for row in stayed(found, "ended, with a booking left over")) == 2


def test_a_recorded_silent_ending_is_one(found: Moments) -> None:
    assert tail(found, "recorded as silent") == [(0, "recorded", "silent", 2)]


@pytest.mark.parametrize("name", ["called silent, and seen by another", "called silent, and back"])
def test_who_was_seen_here_again_has_not_left(found: Moments, name: str) -> None:
    assert len(stayed(found, name)) == 2
    assert {row[2] for row in tail(found, name)} <= {"quiet"}


def test_who_sees_two_therapists_side_by_side_has_left_neither(found: Moments) -> None:
    assert tail(found, "side by side") == [(0, "recorded", "quiet", 3)]
    assert tail(found, "side by side", "a colleague") == [(0, "recorded", "quiet", 3)]


@pytest.mark.parametrize(
    ("name", "days"),
    [("weekly", 7.0), ("two gaps", 8.5), ("slower", 14.0), ("a break", 7.0), ("only one, assumed", 7.0)],
)
def test_rhythm_is_the_middle_of_the_last_three_gaps(found: Moments, name: str, days: float) -> None:
    """Of two their mean, of fewer the practice's; agreed breaks are left out."""
    assert found.tails.filter(pl.col("client_id") == name)["rhythm_days"].to_list() == [days]
    assert found.practice_rhythm_days == 7


def test_what_is_counted(found: Moments) -> None:
    assert found.clients == len(STORIES)
    assert found.open_endings == 4  # two goodbyes, and two who were seen again
    assert found.silent_endings == 3
    assert found.therapists == tuple(sorted({*STORIES, "a colleague", "somebody else"}))
