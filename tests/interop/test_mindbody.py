"""Mindbody's staff appointments and visits: every status, local times, and its own word for late."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import read_csv, run_import

PAST, AHEAD = "2026-07-02T10:15:00", "2026-12-02T10:15:00"


def _item(id: int = 23, status: str | None = "Booked", starts: str = PAST, **more: object) -> dict[str, object]:
    return {
        "Id": id,
        "Status": status,
        "StartDateTime": starts,
        "EndDateTime": starts,
        "Notes": "his secret",
        "StaffId": 100000028,
        "Staff": {"Id": 100000028, "FirstName": "Ann"},
        "ClientId": "100015638",
        "FirstAppointment": False,
        **more,
    }


def _import(tmp_path: Path, items: object) -> list[dict[str, str]]:
    path = tmp_path / "staffappointments.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    run_import("mindbody", [path], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


def _page(*items: object) -> dict[str, object]:
    return {"PaginationResponse": {"TotalResults": len(items)}, "Appointments": list(items)}


@pytest.mark.parametrize(
    ("word", "starts", "expected"),
    [
        ("None", PAST, ("unknown", "", "not_updated")),
        (None, AHEAD, ("booked", "", "recorded")),
        ("Requested", AHEAD, ("booked", "", "recorded")),
        ("Booked", PAST, ("unknown", "", "not_updated")),
        ("Booked", AHEAD, ("booked", "", "recorded")),
        ("Confirmed", PAST, ("unknown", "", "not_updated")),
        ("Completed", PAST, ("attended", "", "recorded")),
        ("Arrived", PAST, ("attended", "", "recorded")),
        ("NoShow", PAST, ("no_show", "client", "recorded")),
        ("No Show", PAST, ("no_show", "client", "recorded")),
        ("Cancelled", PAST, ("cancelled", "unknown", "recorded")),
        ("Canceled", PAST, ("cancelled", "unknown", "recorded")),
        ("LateCancelled", PAST, ("late_cancelled", "client", "recorded")),
        ("Late Canceled", PAST, ("late_cancelled", "client", "recorded")),
        ("Late Cancel", PAST, ("late_cancelled", "client", "recorded")),
        ("Early Cancel", PAST, ("cancelled", "unknown", "recorded")),
    ],
)
def test_every_status(word: str | None, starts: str, expected: tuple[str, str, str], tmp_path: Path) -> None:
    (row,) = _import(tmp_path, _page(_item(status=word, starts=starts)))
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == expected
    assert (row["appointment_id"], row["client_id"], row["therapist_id"]) == ("23", "100015638", "100000028")


def test_a_time_without_an_offset_is_the_practices_own(tmp_path: Path) -> None:
    assert _import(tmp_path, _page(_item()))[0]["starts_at"] == "2026-07-02T10:15:00+01:00"


def test_the_waiting_list_and_blocks_are_left_out(tmp_path: Path) -> None:
    page = _page(_item(1), _item(2, IsWaitlist=True), _item(3, ClientId=None))
    assert [row["appointment_id"] for row in _import(tmp_path, page)] == ["1"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"SignedIn": True}, "attended"),
        ({"Missed": True}, "no_show"),
        ({"LateCancelled": True, "Missed": True}, "late_cancelled"),
        ({"AppointmentStatus": "Completed"}, "attended"),
        ({}, "unknown"),
    ],
)
def test_visits_tell_by_their_own_fields(fields: dict[str, object], status: str, tmp_path: Path) -> None:
    visit = {
        "AppointmentId": 23,
        "AppointmentStatus": "None",
        "ClientId": "100015638",
        "StartDateTime": PAST,
        "Id": 777,
        "StaffId": 100000028,
        "SignedIn": False,
        "Missed": False,
        "LateCancelled": False,
        **fields,
    }
    (row,) = _import(tmp_path, {"Visits": [visit]})
    assert (row["appointment_id"], row["status"]) == ("23", status)


def test_a_csv_is_read(tmp_path: Path) -> None:
    path = tmp_path / "appointments.csv"
    path.write_text("Id,Client ID,Staff ID,Start Date Time,Status\n23,77,5,7/22/2026 10:15 AM,No Show\n")
    run_import("mindbody", [path], tmp_path / "out")
    (row,) = read_csv(tmp_path / "out" / "appointments.csv")
    assert (row["client_id"], row["status"], row["starts_at"]) == ("77", "no_show", "2026-07-22T10:15:00+01:00")


def test_notes_are_not_copied_and_importing_twice_changes_nothing(tmp_path: Path) -> None:
    _import(tmp_path, [_page(_item(1)), _page(_item(2, "Cancelled"))])
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert all(b"secret" not in content for content in before.values())
    account = run_import("mindbody", [tmp_path / "staffappointments.json"], tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert (account.added, account.updated, account.unchanged) == (0, 0, 2)


def test_a_status_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"'Waitlisted' \(1\).*LateCancelled"):
        _import(tmp_path, _page(_item(1, "Waitlisted"), _item(2)))
