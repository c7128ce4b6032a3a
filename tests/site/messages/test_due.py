"""What is due: by plain rules, within safe hours, not too often, and through the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 6, 10, 12, tzinfo=LONDON)  # a Wednesday


def rules():
    from holdfast_site.messages import due

    return due


def one(hours, status="attended", *, id=1, client="dan"):
    return rules().Meeting(id, client, NOON + timedelta(hours=hours), status)


def found(meetings, now=NOON, *, sent=(), asked=(), hours=(8, 21), most=3, reach=None):
    due = rules()
    his = due.Reach(due.Hours(*hours, LONDON), tuple(sent))
    rhythm = due.Rhythm(timedelta(hours=2), timedelta(hours=30), most)
    reach = {one.client_id: his for one in meetings} if reach is None else reach
    open_ones = [one for one in due.possible(now, meetings, rhythm) if one.cause not in asked]
    return [one.cause for one in due.due(now, open_ones, reach, rhythm.most_a_week)]


@pytest.mark.parametrize(
    ("meeting", "cause"),
    [((-2, "attended"), "checkin:1"), ((-25, "attended"), "checkin:1"), ((-2, "unknown"), "checkin:1"),
     ((-2, "booked"), "checkin:1"), ((30, "booked"), "before:1"), ((3, "booked"), "before:1")],
)  # fmt: skip
def test_what_is_due(meeting, cause, site_folder):
    assert found([one(*meeting)]) == [cause]


@pytest.mark.parametrize(
    "meeting",
    [(-1, "attended"), (-27, "attended"), (-2, "no_show"), (-2, "cancelled"), (-2, "late_cancelled"),
     (-2, "rescheduled"), (31, "booked"), (2, "booked"), (20, "cancelled"), (20, "unknown")],
)  # fmt: skip
def test_what_is_not(meeting, site_folder):
    assert found([one(*meeting)]) == []


def test_once_for_each_meeting(site_folder):
    assert found([one(-2)], asked=["checkin:1"]) == []
    assert found([one(-2)], asked=["before:1"]) == ["checkin:1"]


def test_nobody_who_may_not_be_sent_anything(site_folder):
    assert found([one(-2)], reach={}) == []


def test_one_at_a_time_the_coming_session_first(site_folder):
    assert found([one(-2, id=1), one(20, "booked", id=2)]) == ["before:2"]


@pytest.mark.hazard("H-17")
def test_not_too_often(site_folder):
    assert found([one(-2)], sent=[NOON - timedelta(hours=11)]) == []
    assert found([one(-2)], sent=[NOON - timedelta(hours=12)]) == ["checkin:1"]
    three = [NOON - timedelta(days=day) for day in (1, 3, 6)]
    assert found([one(-2)], sent=three) == []
    assert found([one(-2)], sent=three, most=4) == ["checkin:1"]
    assert found([one(-2)], sent=[NOON - timedelta(days=day) for day in (1, 3, 7)]) == ["checkin:1"]


def test_only_within_his_safe_hours_by_his_own_clock(site_folder):
    assert found([one(-2)], hours=(13, 21)) == []
    due = rules()
    new_york = due.Reach(due.Hours(8, 21, ZoneInfo("America/New_York")))  # seven there
    assert found([one(-2)], reach={"dan": new_york}) == []


def test_hours_over_midnight(site_folder):
    hours = rules().Hours(22, 2, LONDON)
    held = [hour for hour in range(24) if hours.hold(NOON.replace(hour=hour))]
    assert held == [0, 1, 22, 23]


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
@pytest.mark.parametrize("hours", [(8, 21), (1, 2), (2, 3), (22, 2), (0, 24)])
def test_the_next_safe_moment_is_safe_and_the_first_also_when_clocks_change(zone, hours, site_folder):
    """Against the slow, obvious version: go on by a quarter of an hour until it holds."""
    his = rules().Hours(*hours, ZoneInfo(zone))
    quarter = timedelta(minutes=15)
    for begins in (
        datetime(2026, 3, 28, tzinfo=UTC),
        datetime(2026, 10, 24, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
    ):
        for step in range(0, 48 * 4, 7):
            now = begins + step * quarter
            expected = now
            while not his.hold(expected):
                expected += quarter
            told = his.next(now)
            assert his.hold(told), (now, told)
            assert timedelta(0) <= told - now
            assert told <= expected, (now, told, expected)


def test_answers_play_no_part(site_folder):
    """What was kept from a therapist cannot be seen from what is sent: the rules are not even told of answers."""
    due = rules()
    fields = {name for kind in (due.Meeting, due.Reach, due.Rhythm, due.Hours) for name in kind.__dataclass_fields__}
    assert not [name for name in fields if "answer" in name or "submission" in name or "box" in name]
