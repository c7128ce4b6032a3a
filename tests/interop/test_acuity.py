"""Acuity's two lists and its CSV: a no-show is a cancelled appointment, and attendance is a label."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import in_utc, read_csv, run_import

PAST, AHEAD = "2026-11-02T10:15:00-0700", "2026-12-02T10:15:00-0700"
COMPLETED = [{"id": 3, "name": "Completed", "color": "pink"}]


def _item(id: int = 54321, datetime: str = PAST, **more: object) -> dict[str, object]:
    return {
        "id": id,
        "firstName": "Bob",
        "lastName": "McTest",
        "phone": "",
        "email": "Bob.McTest@example.com",
        "dateCreated": "October 17, 2026",
        "datetime": datetime,
        "appointmentTypeID": 1,
        "calendar": "My Calendar",
        "calendarID": 27238,
        "forms": [{"id": 1, "name": "Intake", "values": [{"value": "his secret", "name": "Why do you come?"}]}],
        "notes": "his secret",
        "canceled": False,
        **more,
    }


def _write(path: Path, items: object) -> Path:
    path.write_text(json.dumps(items), encoding="utf-8")
    return path


def _import(tmp_path: Path, *items: object) -> list[dict[str, str]]:
    run_import("acuity", [_write(tmp_path / "appointments.json", list(items))], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


@pytest.mark.parametrize(
    ("fields", "starts", "expected"),
    [
        ({"noShow": True, "canceled": True}, PAST, ("no_show", "client", "recorded")),
        ({"noShow": True, "canceled": True, "labels": COMPLETED}, PAST, ("no_show", "client", "recorded")),
        ({"canceled": True, "noShow": False}, PAST, ("cancelled", "unknown", "recorded")),
        ({"canceled": True, "labels": COMPLETED}, PAST, ("cancelled", "unknown", "recorded")),
        ({"labels": COMPLETED}, PAST, ("attended", "", "recorded")),
        ({"labels": [{"name": "VIP"}, {"name": "completed"}]}, PAST, ("attended", "", "recorded")),
        ({"labels": [{"name": "Confirmed"}]}, PAST, ("unknown", "", "not_updated")),
        ({"labels": None}, PAST, ("unknown", "", "not_updated")),
        ({}, AHEAD, ("booked", "", "recorded")),
    ],
)
def test_every_row_of_the_table(
    fields: dict[str, object], starts: str, expected: tuple[str, str, str], tmp_path: Path
) -> None:
    (row,) = _import(tmp_path, _item(datetime=starts, **fields))
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == expected
    assert (row["client_id"], row["therapist_id"]) == ("bob.mctest@example.com", "27238")


def test_the_offset_is_kept_and_the_day_of_booking(tmp_path: Path) -> None:
    (row,) = _import(tmp_path, _item())
    assert in_utc(row["starts_at"]) == "2026-11-02T17:15:00Z"
    assert row["booked_at"] == "2026-10-17"


def test_a_cancellation_is_never_late_and_has_no_time(tmp_path: Path) -> None:
    (row,) = _import(tmp_path, _item(canceled=True))
    assert (row["status"], row.get("status_at", "")) == ("cancelled", "")


@pytest.mark.parametrize("order", [("plain", "canceled"), ("canceled", "plain")])
def test_who_is_in_both_lists_is_cancelled(order: tuple[str, str], tmp_path: Path) -> None:
    lists = {"plain": [_item(1), _item(2)], "canceled": [_item(2, canceled=True)]}
    run_import("acuity", [_write(tmp_path / f"{name}.json", lists[name]) for name in order], tmp_path / "out")
    rows = read_csv(tmp_path / "out" / "appointments.csv")
    assert {row["appointment_id"]: row["status"] for row in rows} == {"1": "unknown", "2": "cancelled"}


def test_without_the_cancelled_list_the_account_says_so(tmp_path: Path) -> None:
    account = run_import("acuity", [_write(tmp_path / "a.json", [_item()])], tmp_path / "out")
    assert any("canceled=true" in note for note in account.notes)


def test_forms_and_notes_are_not_copied(tmp_path: Path) -> None:
    _import(tmp_path, _item())
    assert all(b"secret" not in path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_without_an_email_the_name_stands_for_the_client(tmp_path: Path) -> None:
    account = run_import("acuity", [_write(tmp_path / "a.json", [_item(email="")])], tmp_path / "out")
    assert read_csv(tmp_path / "out" / "appointments.csv")[0]["client_id"] == "Bob McTest"
    assert any("of one name" in note for note in account.notes)


HEADING = (
    "Start Time,End Time,First Name,Last Name,Phone,Email,Type,Calendar,Appointment Price,Paid?,Label,Date Scheduled"
)


def test_the_csv_is_read(tmp_path: Path) -> None:
    path = tmp_path / "schedule.csv"
    path.write_text(
        f"{HEADING}\n"
        '"November 2, 2026 9:00 am","2026-11-02 9:50",Bob,McTest,,B@x.org,Therapy,Ann,90.00,no,Completed,2026-10-01\n'
        '"November 9, 2026 9:00 am","2026-11-09 9:50",Bob,McTest,,b@x.org,Therapy,Ann,90.00,no,,2026-10-01\n'
        '"December 7, 2026 9:00 am","2026-12-07 9:50",Sam,Roe,,,Therapy,Ann,90.00,no,,2026-10-01\n'
    )
    run_import("acuity", [path], tmp_path / "out")
    rows = read_csv(tmp_path / "out" / "appointments.csv")
    assert [(row["client_id"], row["therapist_id"], row["status"]) for row in rows] == [
        ("b@x.org", "Ann", "attended"),
        ("b@x.org", "Ann", "unknown"),
        ("Sam Roe", "Ann", "booked"),
    ]
    assert len({row["appointment_id"] for row in rows}) == 3
    account = run_import("acuity", [path], tmp_path / "out")
    assert (account.added, account.updated, account.unchanged) == (0, 0, 3)


def test_dates_that_can_be_read_two_ways_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "schedule.csv"
    path.write_text(f"{HEADING}\n03/04/2026 9:00 am,,Bob,McTest,,b@x.org,Therapy,Ann,90,no,,\n")
    with pytest.raises(SourceError, match="day first or the month first"):
        run_import("acuity", [path], tmp_path / "out")


def test_a_flag_that_is_neither_yes_nor_no_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"item 1, noShow: found 'perhaps'"):
        _import(tmp_path, _item(noShow="perhaps"))
