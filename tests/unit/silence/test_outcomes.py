"""What became of somebody: the rule case by case, on tables written by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from holdfast.asof import seconds
from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.silence.outcomes import Afterwards, old_enough
from holdfast.tables import read_tables

FIRST = datetime(2026, 1, 5, 10, 0)  # noqa: DTZ001 - a wall clock
DAY = timedelta(days=1)
LAST = FIRST + 21 * DAY  # of four weekly sessions


class Practice:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = [self._row(number, FIRST + number * 7 * DAY, "attended") for number in range(4)]
        self.endings: list[str] = []
        self.repairs: list[str] = []

    @staticmethod
    def _row(number: int, when: datetime, status: str, therapist: str = "t1", booked: str = "") -> str:
        return f"a{number},c1,{therapist},{when.isoformat()},{status},{booked}"

    def add(self, days: float, status: str, therapist: str = "t1", booked: str = "") -> None:
        self.rows.append(self._row(len(self.rows), LAST + days * DAY, status, therapist, booked))

    def outcome(self, days: float, since: float = 10) -> str:
        """As known ``days`` after the fourth session, asked ``since`` days after it."""
        files = {
            "appointments": ("appointment_id,client_id,therapist_id,starts_at,status,booked_at", self.rows),
            "endings": ("client_id,therapist_id,ended_on,kind,recorded_at", self.endings),
            "repairs": ("client_id,therapist_id,at,action,until", self.repairs),
        }
        for name, (head, lines) in files.items():
            if lines:
                (self.folder / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
        with Engine.embedded(threads=1) as engine:
            known = Afterwards.of(episodes(read_tables(self.folder), engine=engine, at=LAST + days * DAY))
        asked = pl.DataFrame({
            "client_id": ["c1"], "therapist_id": ["t1"],
            "contact_at": [seconds(LAST)], "since": [seconds(LAST + since * DAY)],
        })  # fmt: skip
        return str(known.judge(asked)["outcome"][0])


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path)


@pytest.mark.slow
def test_nothing_for_sixty_days_is_an_exit(practice: Practice) -> None:
    assert practice.outcome(59) == "undecided"
    assert practice.outcome(61) == "left"


@pytest.mark.slow
def test_somebody_who_comes_rarely_is_given_six_of_his_rhythms(practice: Practice) -> None:
    practice.rows = [practice._row(number, LAST - 21 * (3 - number) * DAY, "attended") for number in range(4)]
    assert practice.outcome(100) == "undecided"
    assert practice.outcome(127) == "left"


@pytest.mark.long
def test_he_came_again(practice: Practice) -> None:
    practice.add(50, "attended")
    assert practice.outcome(120) == "stayed"
    assert practice.outcome(49) == "undecided"


@pytest.mark.slow
def test_he_was_seen_by_somebody_else_here(practice: Practice) -> None:
    practice.add(20, "attended", "t2")
    assert practice.outcome(120) == "stayed"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "outcome"), [("told", "stayed"), ("planned", "stayed"), ("silent", "left")])
def test_it_is_on_record_how_it_ended(practice: Practice, kind: str, outcome: str) -> None:
    practice.endings.append(f"c1,t1,{(LAST + 5 * DAY).isoformat()},{kind},")
    assert practice.outcome(30) == outcome


@pytest.mark.slow
def test_an_ending_that_became_known_later_counts_from_then(practice: Practice) -> None:
    practice.endings.append(f"c1,t1,{(LAST + 5 * DAY).isoformat()},told,{(LAST + 90 * DAY).isoformat()}")
    assert practice.outcome(80) == "left"
    assert practice.outcome(91) == "stayed"


@pytest.mark.slow
def test_recorded_as_gone_and_then_he_came_again(practice: Practice) -> None:
    practice.endings.append(f"c1,t1,{(LAST + 15 * DAY).isoformat()},silent,")
    practice.add(40, "attended", booked=(LAST + 30 * DAY).isoformat())
    assert practice.outcome(120) == "stayed"


@pytest.mark.slow
def test_whoever_is_expected_is_undecided(practice: Practice) -> None:
    practice.add(140, "booked", booked=LAST.isoformat())
    assert practice.outcome(100) == "undecided"


@pytest.mark.slow
def test_an_agreed_break_is_undecided(practice: Practice) -> None:
    practice.repairs.append(f"c1,t1,{(LAST + DAY).isoformat()},pause,{(LAST + 200 * DAY).isoformat()}")
    assert practice.outcome(100) == "undecided"


@pytest.mark.slow
def test_a_missed_appointment_is_no_coming_back_but_a_sign_of_him(practice: Practice) -> None:
    practice.add(20, "no_show")
    assert practice.outcome(70) == "undecided"
    assert practice.outcome(81) == "left"


@pytest.mark.slow
def test_where_nobody_marked_whether_he_came_nobody_can_say_when_he_left(practice: Practice) -> None:
    practice.add(7, "unknown")
    assert practice.outcome(100, since=3) == "undecided"
    assert practice.outcome(100, since=10) == "left"


@pytest.mark.slow
def test_the_rows_stay_in_their_order(practice: Practice) -> None:
    practice.add(50, "attended")
    practice.outcome(120)
    with Engine.embedded(threads=1) as engine:
        known = Afterwards.of(episodes(read_tables(practice.folder), engine=engine, at=LAST + 120 * DAY))
    moments = [seconds(LAST), seconds(FIRST), seconds(FIRST + 7 * DAY)]
    asked = pl.DataFrame({"client_id": "c1", "therapist_id": "t1", "contact_at": moments, "since": moments})
    found = known.judge(asked)
    assert found["contact_at"].to_list() == moments
    assert found["over_at"].to_list() == [
        seconds(when) for when in (LAST + 50 * DAY, FIRST + 7 * DAY, FIRST + 14 * DAY)
    ]


def test_a_session_is_old_enough_once_the_rule_could_have_called_it_an_exit() -> None:
    """Sixty days, or six of his rhythms if that is longer; whatever became of him."""
    rows = pl.DataFrame({"contact_at": [0, 0, 0], "rhythm_days": [7.0, 10.0, 14.0]})
    for day, told in ((59, [False] * 3), (60, [True, True, False]), (84, [True] * 3)):
        assert rows.select(old_enough(day * 86_400)).to_series().to_list() == told
