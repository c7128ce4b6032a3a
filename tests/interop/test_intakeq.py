"""IntakeQ's appointments: every status word, both lists, and what goes wrong with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import NOW, read_csv, run_import

PAST, AHEAD = datetime(2026, 11, 2, 10, tzinfo=UTC), datetime(2026, 12, 2, 10, tzinfo=UTC)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _item(
    id: str = "a1", status: str | None = "Confirmed", starts: datetime = PAST, **more: object
) -> dict[str, object]:
    return {
        "Id": id,
        "ClientName": "Tom Ash",
        "ClientEmail": "tom@example.org",
        "ClientId": 9999,
        "Status": status,
        "StartDate": _ms(starts),
        "PractitionerId": "5f9",
        "DateCreated": _ms(starts - timedelta(days=20)),
        "AttendanceConfirmationResponse": "Confirmed",
        **more,
    }


def _write(path: Path, items: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(items), encoding="utf-8")
    return path


def _import(tmp_path: Path, *items: object) -> list[dict[str, str]]:
    run_import("intakeq", [_write(tmp_path / "page1.json", list(items))], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


@pytest.mark.parametrize(
    ("word", "starts", "expected"),
    [
        ("Confirmed", PAST, ("unknown", "", "not_updated")),
        ("Confirmed", AHEAD, ("booked", "", "recorded")),
        ("WaitingConfirmation", PAST, ("unknown", "", "not_updated")),
        ("Waiting Confirmation", AHEAD, ("booked", "", "recorded")),
        ("Missed", PAST, ("no_show", "client", "recorded")),
        ("Canceled", PAST, ("cancelled", "unknown", "recorded")),
        ("cancelled", AHEAD, ("cancelled", "unknown", "recorded")),
        ("Declined", PAST, ("cancelled", "provider", "recorded")),
        ("No-Show", PAST, ("no_show", "client", "recorded")),
        ("Late Cancel", PAST, ("late_cancelled", "client", "recorded")),
        ("Rescheduled", PAST, ("rescheduled", "unknown", "recorded")),
        (None, PAST, ("unknown", "", "not_updated")),
        ("", AHEAD, ("booked", "", "recorded")),
    ],
)
def test_every_status_word(word: str | None, starts: datetime, expected: tuple[str, str, str], tmp_path: Path) -> None:
    (row,) = _import(tmp_path, _item(status=word, starts=starts))
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == expected
    assert (row["appointment_id"], row["client_id"], row["therapist_id"]) == ("a1", "9999", "5f9")
    assert row.get("source_status", "") == (word or "")


@pytest.mark.parametrize(
    ("word", "cancelled", "status"),
    [
        ("Canceled", _ms(PAST - timedelta(hours=3)), "late_cancelled"),
        ("Canceled", (PAST - timedelta(hours=3)).isoformat(), "late_cancelled"),
        ("Canceled", _ms(PAST - timedelta(hours=25)), "cancelled"),
        ("Canceled", "2026-11-01", "cancelled"),
        ("Canceled", _ms(PAST - timedelta(days=30)), "cancelled"),  # before it was booked: not to be believed
        ("Declined", _ms(PAST - timedelta(hours=3)), "cancelled"),
    ],
)
def test_late_is_told_by_the_cancellation_date(word: str, cancelled: object, status: str, tmp_path: Path) -> None:
    (row,) = _import(tmp_path, _item(status=word, CancellationDate=cancelled))
    assert row["status"] == status
    assert row["status_at"]


def test_reasons_and_notes_are_not_copied(tmp_path: Path) -> None:
    _import(tmp_path, _item(status="Canceled", FullCancellationReason="his secret", PractitionerNote="his secret"))
    assert all(b"secret" not in path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_a_deleted_list_takes_its_appointments_out(tmp_path: Path) -> None:
    _write(tmp_path / "in" / "page1.json", [_item("a1"), _item("a2")])
    _write(tmp_path / "in" / "deletedOnly.json", [_item("a2")])
    account = run_import("intakeq", [tmp_path / "in"], tmp_path / "out")
    assert [row["appointment_id"] for row in read_csv(tmp_path / "out" / "appointments.csv")] == ["a1"]
    assert account.skipped == {"deleted in IntakeQ": 1, "the same appointment once more": 1}


def test_of_one_appointment_in_two_pages_the_last_modified_counts(tmp_path: Path) -> None:
    newer = _item("a1", "Missed", LastModified=_ms(NOW))
    older = _item("a1", "Confirmed", LastModified=_ms(NOW - timedelta(days=9)))
    assert [row["status"] for row in _import(tmp_path, newer, older)] == ["no_show"]


def test_two_who_come_together_have_a_row_each(tmp_path: Path) -> None:
    rows = _import(tmp_path, _item(AdditionalClients=[{"ClientId": 7, "ClientName": "Ann"}]))
    assert [(row["appointment_id"], row["client_id"]) for row in rows] == [("a1", "9999"), ("a1", "7")]


def test_a_year_of_birth_is_kept(tmp_path: Path) -> None:
    _import(tmp_path, _item(ClientDateOfBirth="1988-05-23"))
    (client,) = read_csv(tmp_path / "out" / "clients.csv")
    assert (client["client_id"], client["birth_year"]) == ("9999", "1988")


def test_a_csv_with_the_same_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "appointments.csv"
    path.write_text(
        "Id,ClientId,PractitionerId,Status,StartDate,DateCreated,CancellationDate\n"
        "a1,9999,5f9,Canceled,11/22/2025 10:00 AM,11/01/2025 9:00 AM,11/22/2025 8:00 AM\n"
        f"a2,9999,5f9,Missed,{_ms(PAST)},,\n"
    )
    run_import("intakeq", [path], tmp_path / "out")
    rows = read_csv(tmp_path / "out" / "appointments.csv")
    assert [(row["status"], row["starts_at"][:16]) for row in rows] == [
        ("late_cancelled", "2025-11-22T10:00"),
        ("no_show", "2026-11-02T10:00"),
    ]


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    items = [_item("a1"), _item("a2", "Canceled", CancellationDate=_ms(PAST))]
    _import(tmp_path, *items)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    account = run_import("intakeq", [tmp_path / "page1.json"], tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert (account.added, account.updated, account.unchanged) == (0, 0, 2)


def test_a_word_that_is_not_known_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"'Arrived' \(2\).*WaitingConfirmation.*holdfast import any"):
        _import(tmp_path, _item("a1", "Arrived"), _item("a2", "Arrived"), _item("a3"))
    assert not (tmp_path / "out").exists()


def test_bad_dates_are_told_together_with_their_places(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        _import(tmp_path, _item("a1", StartDate="soon"), _item("a2"), _item("a3", StartDate=None))
    assert "page1.json, item 1, StartDate: found 'soon'" in str(caught.value)
    assert "page1.json, item 3, StartDate" in str(caught.value)


def test_a_page_cut_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "page1.json"
    path.write_text(json.dumps([_item()])[:-30])
    with pytest.raises(SourceError, match="not complete JSON"):
        run_import("intakeq", [path], tmp_path / "out")
