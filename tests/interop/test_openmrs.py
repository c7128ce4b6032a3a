"""OpenMRS's appointments: every status of the module, its two shapes of provider, and its history."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import in_utc, read_csv, run_import

PAST, AHEAD = datetime(2026, 11, 2, 10, tzinfo=UTC), datetime(2026, 12, 2, 10, tzinfo=UTC)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _item(
    id: str = "36fdc60e", status: str | None = "Scheduled", starts: datetime = PAST, **more: object
) -> dict[str, object]:
    return {
        "uuid": id,
        "appointmentNumber": "0000",
        "patient": {"identifier": "IQ1114", "name": "Tom Ash", "uuid": "fda50921", "gender": "M"},
        "service": {"name": "Psychology", "uuid": "2b87edcf", "startTime": ""},
        "provider": None,
        "startDateTime": _ms(starts),
        "endDateTime": _ms(starts + timedelta(hours=1)),
        "dateCreated": _ms(starts - timedelta(days=20)),
        "appointmentKind": "Scheduled",
        "status": status,
        "comments": "his secret",
        "providers": [{"uuid": "dae6561f", "response": "ACCEPTED", "name": "Abe"}],
        "recurring": False,
        "voided": False,
        **more,
    }


def _import(tmp_path: Path, items: object) -> list[dict[str, str]]:
    path = tmp_path / "appointments.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    run_import("openmrs", [path], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


@pytest.mark.parametrize(
    ("word", "starts", "expected"),
    [
        ("Requested", AHEAD, ("booked", "", "recorded")),
        ("Requested", PAST, ("unknown", "", "not_updated")),
        ("Scheduled", AHEAD, ("booked", "", "recorded")),
        ("Scheduled", PAST, ("unknown", "", "not_updated")),
        ("Rescheduled", PAST, ("rescheduled", "unknown", "recorded")),
        ("CheckedIn", PAST, ("attended", "", "recorded")),
        ("Started", PAST, ("attended", "", "recorded")),
        ("Completed", PAST, ("attended", "", "recorded")),
        ("Missed", PAST, ("no_show", "client", "recorded")),
        ("Cancelled", PAST, ("cancelled", "unknown", "recorded")),
        (None, PAST, ("unknown", "", "not_updated")),
    ],
)
def test_every_status(word: str | None, starts: datetime, expected: tuple[str, str, str], tmp_path: Path) -> None:
    (row,) = _import(tmp_path, [_item(status=word, starts=starts)])
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == expected
    assert (row["appointment_id"], row["client_id"], row["therapist_id"]) == ("36fdc60e", "fda50921", "dae6561f")
    assert in_utc(row["starts_at"]) == starts.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_waiting_list_and_voided_ones_are_left_out(tmp_path: Path) -> None:
    items = [_item("a"), _item("b", "WaitList", startDateTime=None), _item("c", voided=True)]
    assert [row["appointment_id"] for row in _import(tmp_path, items)] == ["a"]


@pytest.mark.parametrize(
    ("fields", "therapist"),
    [
        ({"providers": None, "provider": {"name": "Super Man", "uuid": "c1c26908"}}, "c1c26908"),
        ({"providers": [{"uuid": "x", "response": "REJECTED"}, {"uuid": "y", "response": "ACCEPTED"}]}, "y"),
        ({"providers": [], "provider": None}, "unknown"),
    ],
)
def test_whom_he_was_to_see(fields: dict[str, object], therapist: str, tmp_path: Path) -> None:
    assert _import(tmp_path, [_item(**fields)])[0]["therapist_id"] == therapist


@pytest.mark.parametrize(("hours", "status"), [(3, "late_cancelled"), (30, "cancelled")])
def test_the_history_tells_when_it_was_cancelled(hours: int, status: str, tmp_path: Path) -> None:
    history = [
        {"status": "Scheduled", "dateCreated": _ms(PAST - timedelta(days=9))},
        {"status": "Cancelled", "dateCreated": _ms(PAST - timedelta(hours=hours))},
    ]
    (row,) = _import(tmp_path, [_item(status="Cancelled", history=history)])
    assert row["status"] == status
    assert row["status_at"]


def test_pages_and_answers_for_series_are_read(tmp_path: Path) -> None:
    page = {"results": [_item("a"), {"appointmentDefaultResponse": _item("b"), "recurringPattern": {"type": "WEEK"}}]}
    assert [row["appointment_id"] for row in _import(tmp_path, page)] == ["a", "b"]


def test_gender_is_kept_and_comments_are_not(tmp_path: Path) -> None:
    _import(tmp_path, [_item()])
    assert read_csv(tmp_path / "out" / "clients.csv")[0]["gender"] == "M"
    assert all(b"secret" not in path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_a_status_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"'Vanished' \(1\).*CheckedIn"):
        _import(tmp_path, [_item("a", "Vanished"), _item("b")])


def test_an_appointment_without_a_time_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"item 2, startDateTime"):
        _import(tmp_path, [_item("a"), _item("b", startDateTime=None)])
