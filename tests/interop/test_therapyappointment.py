"""TherapyAppointment's CSV: no status at all, so nothing past is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import read_csv, run_import

HEADING = "CLIENT_ID,APPOINTMENT_ID,LASTNAME,FIRSTNAME,STARTTIME,ENDTIME,LOCATION,NAME"


def _import(tmp_path: Path, *lines: str, heading: str = HEADING) -> list[dict[str, str]]:
    path = tmp_path / "appointments.csv"
    path.write_text("\r\n".join([heading, *lines]) + "\r\n", encoding="utf-8")
    run_import("therapyappointment", [path], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


def test_past_is_unknown_and_ahead_is_booked(tmp_path: Path) -> None:
    rows = _import(
        tmp_path,
        "12,901,Ash,Tom,2026-11-02 10:00:00,2026-11-02 10:50:00,Main Office,Ann Lee",
        "12,902,Ash,Tom,2026-12-02 10:00:00,2026-12-02 10:50:00,Main Office,Ann Lee",
        "13,903,Roe,Sam,2026-11-03 10:00:00,2026-11-03 10:50:00,Telehealth,",
    )
    assert [tuple(row[name] for name in ("appointment_id", "client_id", "therapist_id", "status")) for row in rows] == [
        ("901", "12", "Ann Lee", "unknown"),
        ("902", "12", "Ann Lee", "booked"),
        ("903", "13", "unknown", "unknown"),
    ]
    assert [row["certainty"] for row in rows] == ["not_updated", "recorded", "not_updated"]


def test_american_dates_and_other_headings_are_read(tmp_path: Path) -> None:
    rows = _import(
        tmp_path,
        "12,901,Ash,Tom,11/3/2026 2:00:00 PM,11/3/2026 2:50:00 PM,Main,Ann",
        "12,902,Ash,Tom,11/13/2026 2:00:00 PM,11/13/2026 2:50:00 PM,Main,Ann",
        heading="Client ID,Appointment ID,Last Name,First Name,Start Time,End Time,Location,Name",
    )
    assert [row["starts_at"][:16] for row in rows] == ["2026-11-03T14:00", "2026-11-13T14:00"]


def test_the_account_says_that_there_is_no_status(tmp_path: Path) -> None:
    _import(tmp_path, "12,901,Ash,Tom,2026-11-02 10:00,,Main,Ann")
    account = run_import("therapyappointment", [tmp_path / "appointments.csv"], tmp_path / "out")
    assert any("no status" in note for note in account.notes)
    assert (account.added, account.updated, account.unchanged) == (0, 0, 1)


def test_a_block_without_a_client_is_left_out_and_two_together_are_two_rows(tmp_path: Path) -> None:
    rows = _import(
        tmp_path,
        ",900,,,2026-11-02 09:00,,Main,Ann",
        "12,901,Ash,Tom,2026-11-02 10:00,,Main,Ann",
        "13,901,Ash,Eva,2026-11-02 10:00,,Main,Ann",
    )
    assert [(row["appointment_id"], row["client_id"]) for row in rows] == [("901", "12"), ("901", "13")]


def test_names_of_clients_are_not_kept(tmp_path: Path) -> None:
    _import(tmp_path, "12,901,Ash,Tom,2026-11-02 10:00,,Main,Ann")
    assert b"Ash" not in (tmp_path / "out" / "appointments.csv").read_bytes()


def test_bad_dates_are_told_with_their_rows(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        _import(tmp_path, "12,901,,,31/02/2026,,,", "12,902,,,2026-11-02,,,", "12,903,,,,,,")
    assert "row 2, STARTTIME: found '31/02/2026'" in str(caught.value)
    assert "row 4, STARTTIME" in str(caught.value)


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="APPOINTMENT_ID"):
        _import(tmp_path, "12,2026-11-02", heading="CLIENT_ID,STARTTIME")
