"""NextGen's four yes-or-no fields, alone, together, and in every way of writing yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import read_csv, run_import

PAST, AHEAD = "2026-11-02T00:00:00", "2026-12-02T00:00:00"


def _item(id: str = "a1", day: str = PAST, **more: object) -> dict[str, object]:
    flags = {"isKept": False, "isRescheduled": False, "isCancelled": False, "isNoShow": False}
    return {
        "id": id,
        "personId": "p1",
        "resourceId": "r1",
        "appointmentDate": day,
        "beginTime": "0930",
        "details": "his secret",
        **flags,
        **more,
    }


def _import(tmp_path: Path, items: object) -> list[dict[str, str]]:
    path = tmp_path / "appointments.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    run_import("nextgen", [path], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


@pytest.mark.parametrize(
    ("flags", "day", "expected"),
    [
        ({"isKept": True}, PAST, ("attended", "", "recorded")),
        ({"isRescheduled": True}, PAST, ("rescheduled", "unknown", "recorded")),
        ({"isCancelled": True}, PAST, ("cancelled", "unknown", "recorded")),
        ({"isNoShow": True}, PAST, ("no_show", "client", "recorded")),
        ({}, PAST, ("unknown", "", "not_updated")),
        ({}, AHEAD, ("booked", "", "recorded")),
        ({"isKept": None, "isNoShow": None}, PAST, ("unknown", "", "not_updated")),
        ({"isKept": True, "isNoShow": True}, PAST, ("no_show", "client", "recorded")),
        ({"isKept": True, "isCancelled": True}, PAST, ("cancelled", "unknown", "recorded")),
        ({"isRescheduled": True, "isCancelled": True}, PAST, ("rescheduled", "unknown", "recorded")),
        ({"isNoShow": True, "isRescheduled": True, "isCancelled": True}, PAST, ("no_show", "client", "recorded")),
    ],
)
def test_every_field_and_which_counts_of_several(
    flags: dict[str, object], day: str, expected: tuple[str, str, str], tmp_path: Path
) -> None:
    (row,) = _import(tmp_path, {"items": [_item(day=day, **flags)]})
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == expected
    assert (row["appointment_id"], row["client_id"], row["therapist_id"]) == ("a1", "p1", "r1")
    assert row["starts_at"][10:16] == "T09:30"


def test_several_fields_at_once_are_counted_in_the_account(tmp_path: Path) -> None:
    _import(tmp_path, [_item(isKept=True, isNoShow=True)])
    account = run_import("nextgen", [tmp_path / "appointments.json"], tmp_path / "out")
    assert any("fields set: 1." in note for note in account.notes)


@pytest.mark.parametrize("yes", ["true", "TRUE", "1", "Y", "yes", "T"])
def test_yes_in_every_way_of_writing(yes: str, tmp_path: Path) -> None:
    path = tmp_path / "appointments.csv"
    path.write_text(
        "Appointment ID,Person ID,Rendering Provider ID,Appointment Date,Begin Time,Is Kept,Is Rescheduled,"
        f"Is Cancelled,Is No Show\na1,p1,d1,11/22/2025,9:30 AM,{yes},N,0,false\n"
    )
    run_import("nextgen", [path], tmp_path / "out")
    (row,) = read_csv(tmp_path / "out" / "appointments.csv")
    assert (row["status"], row["therapist_id"], row["starts_at"][:16]) == ("attended", "d1", "2025-11-22T09:30")


def test_what_is_neither_yes_nor_no_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"item 1, isKept: found 'maybe'"):
        _import(tmp_path, [_item(isKept="maybe")])


def test_a_date_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"item 2, appointmentDate: found 'soon 09:30'"):
        _import(tmp_path, [_item("a"), _item("b", day="soon")])


@pytest.mark.parametrize(
    ("day", "times", "expected"),
    [
        ("2026-03-02T00:00:00Z", {"beginTime": "0930"}, "2026-03-02T09:30:00-05:00"),
        ("2026-03-02T00:00:00.000Z", {"beginTime": "9:30 AM"}, "2026-03-02T09:30:00-05:00"),
        ("2026-03-02T00:00:00-05:00", {"beginTime": "09:30:00"}, "2026-03-02T09:30:00-05:00"),
        ("2026-03-02T00:00:00+01:00", {"beginTime": "0930"}, "2026-03-02T09:30:00-05:00"),
        ("2026-03-02", {"startTime": "2026-03-02T09:30:00"}, "2026-03-02T09:30:00-05:00"),
        ("2026-03-02T00:00:00Z", {"startTime": "2026-03-02T09:30:00"}, "2026-03-02T09:30:00-05:00"),
        ("2026-03-02", {"startTime": "2026-03-03T01:30:00Z"}, "2026-03-02T20:30:00-05:00"),
        ("2026-03-02", {"startTime": "1900-01-01T09:30:00"}, "2026-03-02"),
        ("2026-03-02T14:30:00Z", {}, "2026-03-02T09:30:00-05:00"),
    ],
)
def test_the_day_and_the_time_are_put_together(day: str, times: dict[str, str], expected: str, tmp_path: Path) -> None:
    path = tmp_path / "appointments.json"
    path.write_text(json.dumps([{**_item(day=day), "beginTime": None, **times}]), encoding="utf-8")
    run_import("nextgen", [path], tmp_path / "out", timezone="America/New_York")
    (row,) = read_csv(tmp_path / "out" / "appointments.csv")
    assert row["starts_at"] == expected


def test_details_are_not_copied(tmp_path: Path) -> None:
    _import(tmp_path, [_item()])
    assert all(b"secret" not in path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_a_mark_that_is_neither_yes_nor_no_is_refused_with_its_row_and_in_a_block_of_the_diary_does_not_matter(
    tmp_path: Path,
) -> None:
    with pytest.raises(SourceError, match=r"item 1, isKept: found '3.5'; allowed: true or false"):
        _import(tmp_path, [_item(isKept=3.5)])
    assert len(_import(tmp_path, [_item(), {**_item(id="b"), "personId": None, "isKept": 3.5}])) == 1
