"""Days on which nobody was there, as ``practice.json`` tells them."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from holdfast.errors import FolderError
from holdfast.tables.away import Away
from holdfast.tables.read import read_practice


def told(folder, away):
    (folder / "practice.json").write_text(json.dumps({"timezone": "Europe/London", "away": away}))
    return read_practice(folder).away


def test_a_leave_and_a_closure_are_read(tmp_path):
    days = {"first_day": "2026-08-10", "last_day": "2026-08-21"}
    found = told(tmp_path, [days, {"therapist_id": "alma", **days}])
    first, last = date(2026, 8, 10), date(2026, 8, 21)
    assert found == (Away(None, first, last), Away("alma", first, last))
    assert told(tmp_path, []) == ()


def test_when_it_was_said_is_read_on_the_practices_clock(tmp_path):
    days = {"first_day": "2026-08-10", "last_day": "2026-08-21"}
    found = told(tmp_path, [{**days, "told_at": "2026-08-01T09:00"}, {**days, "told_at": "2026-08-01T08:00:00+00:00"}])
    assert {one.told_at for one in found} == {datetime(2026, 8, 1, 9)}  # noqa: DTZ001 - a wall clock


@pytest.mark.parametrize(
    "away",
    [[{"first_day": "2026-08-10"}], [{"first_day": "2026-08-10", "last_day": "2026-08-09"}], ["2026-08-10"],
     [{"first_day": "soon", "last_day": "2026-08-09"}], 3, [{"first_day": 1, "last_day": 2}],
     [{"first_day": "2026-08-10", "last_day": "2026-08-21", "told_at": "late"}]],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_the_name_of_the_file(tmp_path, away):
    with pytest.raises(FolderError, match=r"practice\.json cannot be read"):
        told(tmp_path, away)
