"""Jane's appointments report, by several headings, in CSV and Excel, with every state."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from holdfast.errors import SourceError
from tests.interop.answer_key import read_csv, run_import

HEADING = "Appointment ID,Start At,Patient Number,Patient,Staff Member,State,Cancelled At,Cancellation Reason,Booked At"
PAST, AHEAD = "2026-11-02 10:00", "2026-12-02 10:00"


def _row(state: str, starts: str = PAST, id: str = "1", cancelled: str = "") -> str:
    return f"{id},{starts},77,Tom Ash,Ann Lee,{state},{cancelled},his secret,2026-10-01 09:00"


def _import(tmp_path: Path, *lines: str, heading: str = HEADING) -> list[dict[str, str]]:
    path = tmp_path / "appointments.csv"
    path.write_text("\r\n".join([heading, *lines]) + "\r\n", encoding="utf-8")
    run_import("jane", [path], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (_row("Arrived"), ("attended", "", "recorded")),
        (_row("arrived"), ("attended", "", "recorded")),
        (_row("Checked In"), ("attended", "", "recorded")),
        (_row("Checked In", AHEAD), ("booked", "", "recorded")),
        (_row("No Show"), ("no_show", "client", "recorded")),
        (_row("No-show"), ("no_show", "client", "recorded")),
        (_row("Late Cancel"), ("late_cancelled", "client", "recorded")),
        (_row("LATE CANCELLED"), ("late_cancelled", "client", "recorded")),
        (_row("Late cancellation"), ("late_cancelled", "client", "recorded")),
        (_row(""), ("unknown", "", "not_updated")),
        (_row("", AHEAD), ("booked", "", "recorded")),
        (_row("Cancelled"), ("cancelled", "unknown", "recorded")),
        (_row("Canceled", cancelled="2026-11-02 07:00"), ("late_cancelled", "unknown", "recorded")),
        (_row("Cancelled", cancelled="2026-10-25 07:00"), ("cancelled", "unknown", "recorded")),
        (_row("Cancelled", cancelled="2026-11-02"), ("cancelled", "unknown", "recorded")),
        (_row("Rescheduled"), ("rescheduled", "unknown", "recorded")),
        (_row("Archived", cancelled="2026-11-02 07:00"), ("cancelled", "unknown", "inferred")),
        (_row("Booked"), ("unknown", "", "not_updated")),
        (_row("Booked", AHEAD), ("booked", "", "recorded")),
        (_row("Booked Online"), ("unknown", "", "not_updated")),
        (_row("Booked Online", AHEAD), ("booked", "", "recorded")),
    ],
)
def test_every_state(line: str, expected: tuple[str, str, str], tmp_path: Path) -> None:
    (row,) = _import(tmp_path, line, _row("Arrived", id="2"))[:1]
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == expected
    assert (row["appointment_id"], row["client_id"], row["therapist_id"]) == ("1", "77", "Ann Lee")


def test_what_was_never_booked_and_breaks_are_left_out(tmp_path: Path) -> None:
    rows = _import(tmp_path, _row("Arrived"), _row("Never Booked", id="2"), ",2026-11-02 12:00,,,Ann Lee,Break,,,")
    assert [row["appointment_id"] for row in rows] == ["1"]


def test_reasons_are_not_copied(tmp_path: Path) -> None:
    _import(tmp_path, _row("Cancelled"), _row("Arrived", id="2"))
    assert all(b"secret" not in path.read_bytes() for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("heading", "line"),
    [
        ("Client Name,Practitioner,Date,Time,Status", "Tom Ash,Ann Lee,11/22/2025,2:30 PM,Arrived"),
        ("Date,Start,End,Patient,Staff Member,Status", "22/11/2025,2:30 PM,3:20 PM,Tom Ash,Ann Lee,Arrived"),
        (
            "Start Date,Start Time,First Name,Last Name,Staff Member Name,Appointment Status",
            '"November 22, 2025",2:30pm,Tom,Ash,Ann Lee,Arrived',
        ),
        ("starts_at;patient_name;practitioner_name;state", "2025-11-22T14:30:00+00:00;Tom Ash;Ann Lee;arrived"),
        ("Date & Time,Client,Practitioner,State", "Sat 22 Nov 2025 14:30,Tom Ash,Ann Lee,Arrived"),
    ],
)
def test_other_headings_and_ways_to_write_dates(heading: str, line: str, tmp_path: Path) -> None:
    (row,) = _import(tmp_path, line, heading=heading)
    assert (row["starts_at"], row["client_id"], row["therapist_id"], row["status"]) == (
        "2025-11-22T14:30:00+00:00",
        "Tom Ash",
        "Ann Lee",
        "attended",
    )


def test_one_date_tells_the_order_of_all(tmp_path: Path) -> None:
    rows = _import(tmp_path, _row("Arrived", "03/04/2026 10:00"), _row("Arrived", "04/22/2026 10:00", "2"))
    assert [row["starts_at"][:10] for row in rows] == ["2026-03-04", "2026-04-22"]


def test_where_no_date_tells_the_order_it_is_asked(tmp_path: Path) -> None:
    heading = "Start At,Patient,Staff Member,State"
    with pytest.raises(SourceError, match="day first or the month first"):
        _import(tmp_path, "03/04/2026 10:00,Tom Ash,Ann Lee,Arrived", heading=heading)
    assert not (tmp_path / "out").exists()


def test_a_workbook_with_a_title_is_read(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Appointments Report"])
    book.active.append([])
    book.active.append(HEADING.split(","))
    book.active.append(_row("Arrived").split(","))
    book.active.append(_row("No Show", id="2").split(","))
    book.save(tmp_path / "Appointments.xlsx")
    run_import("jane", [tmp_path / "Appointments.xlsx"], tmp_path / "out")
    assert [row["status"] for row in read_csv(tmp_path / "out" / "appointments.csv")] == ["attended", "no_show"]


NAMES_ONLY = "Start At,Patient,Staff Member,State"


def test_without_numbers_a_booking_made_again_for_the_same_time_is_one(tmp_path: Path) -> None:
    lines = [f"{PAST},Tom Ash,Ann Lee,{state}" for state in ("Arrived", "Cancelled", "Archived")]
    (row,) = _import(tmp_path, *lines, heading=NAMES_ONLY)
    assert row["status"] == "attended"


def test_without_numbers_importing_again_updates_and_the_account_says_what_names_mean(tmp_path: Path) -> None:
    _import(tmp_path, f"{PAST},Tom Ash,Ann Lee,Booked Online", heading=NAMES_ONLY)
    path = tmp_path / "appointments.csv"
    path.write_text(f"{NAMES_ONLY}\n{PAST},Tom Ash,Ann Lee,Arrived\n")
    account = run_import("jane", [path], tmp_path / "out")
    assert (account.added, account.updated) == (0, 1)
    assert any("two of one name count as one" in note for note in account.notes)
    account = run_import("jane", [path], tmp_path / "out")
    assert (account.added, account.updated, account.unchanged) == (0, 0, 1)


def test_bad_dates_are_told_with_their_rows_and_columns(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        _import(tmp_path, _row("Arrived", "soon"), _row("Arrived", id="2"), _row("Cancelled", "", "3"))
    assert "appointments.csv, row 2, Start At: found 'soon'" in str(caught.value)
    assert "row 4" in str(caught.value)


def test_a_state_that_is_not_known_is_named(tmp_path: Path) -> None:
    from holdfast.tables.sources import jane
    from holdfast.tables.sources.files import SourceFile
    from holdfast.tables.sources.source import Context
    from tests.interop.answer_key import NOW

    text = "\n".join([HEADING, _row("Arrived"), _row("Kept", id="2")])
    file = SourceFile("a.csv", text.encode())
    with pytest.raises(SourceError, match=r"'Kept' \(1\).*Booked Online.*holdfast import any a\.csv"):
        jane.read([file], Context(now=NOW, timezone=NOW.tzinfo))  # type: ignore[arg-type]
