"""The plain overdue list: by his own rhythm, with a calendar, and without any model (H-11)."""

from __future__ import annotations

import ast
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from holdfast.silence import overdue as module
from holdfast.silence.overdue import Overdue, overdue
from holdfast.tables import read_tables

FIRST = datetime(2026, 1, 5, 10, 0)  # noqa: DTZ001 - a wall clock
DAY = timedelta(days=1)


class Practice:
    """Appointments written by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[str] = []
        self.repairs: list[str] = []

    def weekly(self, client: str, sessions: int, *, every: int = 7, therapist: str = "t1") -> datetime:
        """Sessions in a row; returns when the last one was."""
        for number in range(sessions):
            last = FIRST + number * every * DAY
            self.add(client, last, "attended", therapist)
        return last

    def add(self, client: str, when: datetime, status: str, therapist: str = "t1", booked: str = "") -> None:
        self.rows.append(f"a{len(self.rows)},{client},{therapist},{when.isoformat()},{status},{booked}")

    def overdue(self, at: datetime) -> list[Overdue]:
        head = "appointment_id,client_id,therapist_id,starts_at,status,booked_at\n"
        (self.folder / "appointments.csv").write_text(head + "\n".join(self.rows) + "\n", encoding="utf-8")
        if self.repairs:
            lines = "\n".join(["client_id,therapist_id,at,action,until", *self.repairs])
            (self.folder / "repairs.csv").write_text(lines + "\n", encoding="utf-8")
        return overdue(read_tables(self.folder), at=at)


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path)


@pytest.mark.long
def test_a_weekly_client_is_overdue_after_ten_and_a_half_days(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    assert practice.overdue(last + 10 * DAY) == []
    found = practice.overdue(last + 11 * DAY)
    assert [(one.client_id, one.last_session_at) for one in found] == [("c1", last)]
    assert found[0].words == "No session for 11 days; he usually comes every 7 days. Nothing is booked."


def test_where_an_appointment_was_missed_since_both_times_are_said(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    practice.add("c1", last + 7 * DAY, "no_show")
    found = practice.overdue(last + 20 * DAY)
    assert found[0].words == (
        "No session for 20 days, and no appointment and no check-in for 13 days; he usually comes every 7 days. "
        "Nothing is booked."
    )


def test_days_are_counted_as_on_a_calendar(practice: Practice) -> None:
    """Whoever came in the evening is quiet for as many days as whoever came that morning, at any hour of the day."""
    practice.weekly("c1", 5)
    last = FIRST + 4 * 7 * DAY
    practice.add("c2", last - 7 * DAY, "attended")
    practice.add("c2", last.replace(hour=23), "attended")
    for at in (last.replace(hour=0, minute=1) + 12 * DAY, last.replace(hour=23, minute=59) + 12 * DAY):
        assert {str(one.words).partition(";")[0] for one in practice.overdue(at)} == {"No session for 12 days"}


@pytest.mark.slow
def test_a_monthly_client_is_given_his_own_time(practice: Practice) -> None:
    last = practice.weekly("c1", 4, every=28)
    assert practice.overdue(last + 41 * DAY) == []
    assert len(practice.overdue(last + 43 * DAY)) == 1


def test_whoever_has_something_booked_is_not_overdue(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    practice.add("c1", last + 40 * DAY, "booked", booked=last.isoformat())
    assert practice.overdue(last + 30 * DAY) == []


@pytest.mark.slow
def test_whoever_is_booked_with_somebody_else_here_is_not_overdue(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    practice.add("c1", last + 20 * DAY, "booked", "t2", booked=last.isoformat())
    assert practice.overdue(last + 15 * DAY) == []


@pytest.mark.slow
def test_whoever_has_been_seen_by_somebody_else_here_is_overdue_with_that_one(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    practice.add("c1", last + 7 * DAY, "attended", "t2")
    assert [one.therapist_id for one in practice.overdue(last + 25 * DAY)] == ["t2"]


@pytest.mark.slow
def test_an_agreed_break_is_no_silence(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    practice.repairs.append(f"c1,t1,{last.isoformat()},pause,{(last + 40 * DAY).isoformat()}")
    assert practice.overdue(last + 30 * DAY) == []
    assert len(practice.overdue(last + 55 * DAY)) == 1


@pytest.mark.slow
def test_the_rule_that_calls_a_silence_an_exit_takes_nobody_off(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    assert len(practice.overdue(last + 100 * DAY)) == 1


@pytest.mark.slow
def test_an_ending_on_record_does(practice: Practice) -> None:
    last = practice.weekly("c1", 5)
    line = f"client_id,therapist_id,ended_on,kind\nc1,t1,{(last + DAY).date()},told\n"
    (practice.folder / "endings.csv").write_text(line, encoding="utf-8")
    assert practice.overdue(last + 100 * DAY) == []


@pytest.mark.slow
def test_whoever_went_quiet_last_stands_first(practice: Practice) -> None:
    practice.weekly("c1", 3)
    last = practice.weekly("c2", 5)
    assert [one.client_id for one in practice.overdue(last + 30 * DAY)] == ["c2", "c1"]


@pytest.mark.slow
def test_with_too_few_gaps_of_his_own_it_says_whose_rhythm_it_is(practice: Practice) -> None:
    practice.weekly("c1", 6)
    practice.weekly("c2", 1)
    found = {one.client_id: one.words for one in practice.overdue(FIRST + 60 * DAY)}
    assert "clients here usually come every 7 days" in found["c2"]


def test_it_knows_nothing_of_the_model() -> None:
    """Rule 8: the plain list works with the model switched off, so it must not even load it."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    loaded = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    assert not [name for name in loaded if name.startswith("holdfast.silence")]
