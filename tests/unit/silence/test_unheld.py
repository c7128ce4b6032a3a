"""Whom nobody is holding: by the calendar alone, one line a client, and nothing from long ago."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.silence.stories import ahead, appointment, called_off, came, checkin, ending, moment, repair, tables_of

from holdfast.silence.unheld import FORGOTTEN_DAYS, PATIENCE_DAYS, Why, unheld

WEEKS = [-28, -21, -14, -7, 0]


def listed(story, *, day):
    at = moment(day, 18)
    return [(one.why, one.since) for one in unheld(tables_of({"c": story}, exported_at=at), at=at)]


@pytest.mark.long
def test_whoever_is_booked_or_only_just_came_is_held() -> None:
    assert listed(came(*WEEKS), day=7) == []
    assert listed([*came(*WEEKS), ahead(30)], day=20) == []


def test_quiet_for_longer_than_usual_with_nothing_booked() -> None:
    assert listed(came(*WEEKS), day=12) == [(Why.NOTHING_BOOKED, moment(0, 10))]


@pytest.mark.long
def test_who_stopped_coming_long_ago_is_not_a_matter_for_today() -> None:
    assert listed(came(*WEEKS), day=FORGOTTEN_DAYS - 1) != []
    assert listed(came(*WEEKS), day=FORGOTTEN_DAYS + 1) == []


@pytest.mark.long
@pytest.mark.parametrize("status", ["no_show", "late_cancelled"])
def test_did_not_come_and_nothing_since(status: str) -> None:
    missed = appointment(7, status, status_at=moment(7, 9), initiated_by="client")
    assert listed([*came(*WEEKS), missed], day=7 + PATIENCE_DAYS - 1) == []
    assert listed([*came(*WEEKS), missed], day=7 + PATIENCE_DAYS) == [(Why.MISSED, moment(7, 10))]


def test_he_called_since_he_missed_it_so_somebody_has_spoken_to_him() -> None:
    story = [*came(*WEEKS), appointment(7, "no_show"), called_off(14, "cancelled", on=9, booked_at=moment(8))]
    assert listed(story, day=10) == []


@pytest.mark.long
def test_what_was_logged_after_he_missed_it_counts_as_having_spoken_to_him() -> None:
    story = [*came(*WEEKS), appointment(7, "no_show")]
    assert listed([*story, repair(8)], day=10) == []
    assert listed([*story, repair(6)], day=10) == [(Why.MISSED, moment(7, 10))]
    assert listed([*story, repair(11)], day=10) == [(Why.MISSED, moment(7, 10))]  # not done yet


def test_the_first_appointment_missed_counts_too() -> None:
    assert listed([appointment(0, "no_show")], day=3) == [(Why.MISSED, moment(0, 10))]


@pytest.mark.long
def test_a_break_is_held_until_it_is_over() -> None:
    story = [*came(*WEEKS), repair(1, "pause", until=moment(30))]
    assert listed(story, day=29) == []
    assert listed(story, day=31) == [(Why.PAUSE_OVER, moment(30))]
    assert listed([*story, ahead(40, booked=32)], day=33) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", ["planned", "told", "silent", "switched"])
def test_an_ending_on_record_is_the_end_of_it(kind: str) -> None:
    assert listed([*came(*WEEKS), ending(1, kind)], day=20) == []


@pytest.mark.long
def test_nothing_he_answers_keeps_him_off_the_list_or_puts_him_on_it() -> None:
    """The care contact may not know of check-ins: given the tables without them, the list is made of dates alone."""
    story = [*came(*WEEKS)]
    answered = [*story, checkin(0, answered=200)]
    assert listed(story, day=12) == [(Why.NOTHING_BOOKED, moment(0, 10))]
    assert (
        listed(answered, day=12) == []
    )  # with them, his answer on day 8 is a sign of life: so the site leaves them out


def test_one_line_a_client_and_whoever_waits_longest_first() -> None:
    at = moment(40, 18)
    stories = {
        "b": [*came(*WEEKS), appointment(7, "no_show")],
        "a": [*came(*WEEKS), repair(1, "pause", until=moment(30))],
        "c": came(*(day + 14 for day in WEEKS)),
    }
    found = unheld(tables_of(stories, exported_at=at), at=at)
    assert [(one.client_id, one.why) for one in found] == [
        ("b", Why.MISSED),
        ("c", Why.NOTHING_BOOKED),
        ("a", Why.PAUSE_OVER),
    ]
    assert all(one.since <= at - timedelta(days=1) for one in found)
