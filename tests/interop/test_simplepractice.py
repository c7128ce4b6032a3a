"""SimplePractice's two reports, against the answer key and against what goes wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from holdfast.errors import SourceError
from holdfast.tables.sources.files import open_files
from holdfast.tables.sources.simplepractice import recognises
from tests.interop.answer_key import NOW, assert_meets_key, read_csv, run_import

HEADING = "Date,Time,Client,Clinician,Status,Location"
BILLED = "Date of Service,Client,Clinician,Billing Code,Progress Note Status"


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "simplepractice"


def _file(folder: Path, *lines: str, name: str = "attendance.csv", heading: str = HEADING) -> Path:
    path = folder / name
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    return path


def _billed(folder: Path, *lines: str) -> Path:
    return _file(folder, *lines, name="appointment_status.csv", heading=BILLED)


def _rows(folder: Path, *files: Path, now: datetime = NOW) -> list[dict[str, str]]:
    run_import("simplepractice", list(files), folder / "out", now=now)
    return read_csv(folder / "out" / "appointments.csv")


def test_attendance_meets_the_answer_key(sample: Path, tmp_path: Path) -> None:
    run_import("simplepractice", [sample / "attendance.csv"], tmp_path)
    assert_meets_key(tmp_path, sample / "expected.csv")


def test_both_reports_meet_the_answer_key_and_locked_notes_stand_beside_it(sample: Path, tmp_path: Path) -> None:
    run_import("simplepractice", [sample / "attendance.csv", sample / "appointment_status.csv"], tmp_path)
    assert_meets_key(tmp_path, sample / "expected.csv")
    rows = read_csv(tmp_path / "appointments.csv")
    unlocked = {row["appointment_id"] for row in rows if row["status"] == "attended" and row["note_locked"] != "yes"}
    assert unlocked == {"2026-10-09T16:00|Frank Zhou", "2026-10-16T16:00|Frank Zhou"}


def test_the_second_report_may_come_later_and_nothing_is_there_twice(sample: Path, tmp_path: Path) -> None:
    together = _rows(tmp_path / "a", sample / "attendance.csv", sample / "appointment_status.csv")
    _rows(tmp_path / "b", sample / "attendance.csv")
    assert _rows(tmp_path / "b", sample / "appointment_status.csv") == together
    assert _rows(tmp_path / "b", sample / "attendance.csv") == together
    _rows(tmp_path / "c", sample / "appointment_status.csv")
    assert len(_rows(tmp_path / "c", sample / "attendance.csv")) == len(together)


@pytest.mark.parametrize(
    ("word", "status", "by", "certainty"),
    [
        ("Show", "attended", "", "defaulted"),
        ("SHOW", "attended", "", "defaulted"),
        ("No Show", "no_show", "client", "recorded"),
        ("no-show", "no_show", "client", "recorded"),
        ("Late Canceled", "late_cancelled", "client", "recorded"),
        ("late cancelled", "late_cancelled", "client", "recorded"),
        ("Canceled", "cancelled", "client", "recorded"),
        ("Cancelled", "cancelled", "client", "recorded"),
        ("Client cancelled", "cancelled", "client", "recorded"),
        ("Clinician Canceled", "cancelled", "provider", "recorded"),
        ("Clinician cancelled", "cancelled", "provider", "recorded"),
        ("", "unknown", "", "not_updated"),
    ],
)
def test_each_status_word(word: str, status: str, by: str, certainty: str, tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, _file(tmp_path, f"9/8/2026,8:00 AM,Dai Jones,Omar Reyes,{word},Main Office"))
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == (status, by, certainty)
    assert row["starts_at"] == "2026-09-08T08:00:00+01:00"


def test_show_in_the_future_is_a_booking(tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, _file(tmp_path, "11/27/2026,8:00 AM,Dai Jones,Omar Reyes,Show,Telehealth"))
    assert (row["status"], row["certainty"], row["modality"]) == ("booked", "recorded", "video")


def test_without_the_attendance_report_only_a_locked_note_says_that_he_came(tmp_path: Path) -> None:
    billed = _billed(
        tmp_path,
        "09/10/2026,Dai Jones,Omar Reyes,90834,Locked",
        "09/10/2026,Dai Jones,Omar Reyes,90785,Locked",
        "09/17/2026,Dai Jones,Omar Reyes,90834,No note",
    )
    rows = _rows(tmp_path, billed)
    assert [(row["starts_at"], row["status"], row["certainty"]) for row in rows] == [
        ("2026-09-10", "attended", "inferred"),
        ("2026-09-17", "unknown", "not_updated"),
    ]


def test_one_billing_code_without_its_note_locked_leaves_show_a_default(tmp_path: Path) -> None:
    billed = _billed(
        tmp_path,
        "09/10/2026,Dai Jones,Omar Reyes,90834,Locked",
        "09/10/2026,Dai Jones,Omar Reyes,90785,No note",
    )
    (row,) = _rows(tmp_path, _file(tmp_path, "09/10/2026,8:00 AM,Dai Jones,Omar Reyes,Show,Main Office"), billed)
    assert (row["status"], row["certainty"], row.get("note_locked", "")) == ("attended", "defaulted", "")


def test_a_locked_note_does_not_make_a_no_show_attended(tmp_path: Path) -> None:
    billed = _billed(tmp_path, "09/10/2026,Dai Jones,Omar Reyes,90834,Locked")
    (row,) = _rows(tmp_path, _file(tmp_path, "09/10/2026,8:00 AM,Dai Jones,Omar Reyes,No Show,Main Office"), billed)
    assert row["status"] == "no_show"


def test_a_time_that_was_cancelled_and_taken_again_is_two_appointments(tmp_path: Path) -> None:
    lines = (
        "09/10/2026,8:00 AM,Dai Jones,Omar Reyes,Canceled,Main Office",
        "09/10/2026,8:00 AM,Dai Jones,Omar Reyes,Show,Main Office",
        "09/10/2026,8:00 AM,Dai Jones,Omar Reyes,Show,Main Office",
    )
    rows = _rows(tmp_path, _file(tmp_path, *lines))
    assert {row["appointment_id"]: row["status"] for row in rows} == {
        "2026-09-10T08:00|Dai Jones": "attended",
        "2026-09-10T08:00|Dai Jones|2": "cancelled",
    }


def test_an_excel_workbook_is_read_as_the_csv_is(sample: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Attendance Report"])
    sheet.append(HEADING.split(","))
    sheet.append([datetime(2026, 9, 8), "8:00 AM", "Dai Jones", "Omar Reyes", "Show", "Main Office"])  # noqa: DTZ001
    sheet.append(["Total appointments", 1])
    book.save(tmp_path / "attendance.xlsx")
    (row,) = _rows(tmp_path, tmp_path / "attendance.xlsx")
    assert (row["appointment_id"], row["starts_at"]) == ("2026-09-08T08:00|Dai Jones", "2026-09-08T08:00:00+01:00")


def test_a_word_it_does_not_know_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = _file(tmp_path, "09/10/2026,8:00 AM,Dai Jones,Omar Reyes,Ghosted,Main Office")
    with pytest.raises(SourceError, match=r"'Ghosted' \(1\).*Understood are: Show.*holdfast import any attendance.csv"):
        _rows(tmp_path, path)
    assert not (tmp_path / "out").exists()


def test_every_bad_date_is_told_of_with_its_row(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "09/31/2026,8:00 AM,Dai Jones,Omar Reyes,Show,Main Office",
        "09/10/2026,8:00 AM,Dai Jones,Omar Reyes,Show,Main Office",
        "23/09/2026,8:00 AM,Dai Jones,Omar Reyes,Show,Main Office",
    )
    with pytest.raises(SourceError, match=r"(?s)row 2, Date: found '09/31/2026.*row 4, Date: found '23/09/2026"):
        _rows(tmp_path, path)


def test_a_file_cut_off_in_a_row_is_refused_and_the_folder_is_as_it_was(sample: Path, tmp_path: Path) -> None:
    _rows(tmp_path, sample / "attendance.csv")
    before = (tmp_path / "out" / "appointments.csv").read_bytes()
    cut = tmp_path / "attendance.csv"
    cut.write_bytes((sample / "attendance.csv").read_bytes().split(b"Hamid Rahimi,Dana")[0] + b"Hamid Rahimi,Dana")
    with pytest.raises(SourceError, match=r"attendance.csv, row \d+, Status: .*cut off"):
        _rows(tmp_path, cut)
    assert (tmp_path / "out" / "appointments.csv").read_bytes() == before


def test_both_reports_together_say_which_lines_were_laid_on_others(sample: Path, tmp_path: Path) -> None:
    account = run_import("simplepractice", [sample / "attendance.csv", sample / "appointment_status.csv"], tmp_path)
    assert any(note.startswith("57 lines of the Appointment Status report are about") for note in account.notes)
    assert account.rows_read == 57 + account.kept["appointments"]


def test_a_foreign_table_beside_the_reports_is_named_and_left_out(sample: Path, tmp_path: Path) -> None:
    rent = _file(tmp_path, "2026-01,900", name="rent.csv", heading="month,rent")
    account = run_import("simplepractice", [sample / "attendance.csv", rent], tmp_path / "out")
    assert any("Not read" in note and "rent.csv" in note for note in account.notes)
    assert_meets_key(tmp_path / "out", sample / "expected.csv")


def test_the_status_report_alone_misses_no_appointments_of_the_other(sample: Path, tmp_path: Path) -> None:
    run_import("simplepractice", [sample / "attendance.csv"], tmp_path)
    account = run_import("simplepractice", [sample / "appointment_status.csv"], tmp_path)
    assert not any("not in this one" in note for note in account.notes)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path, "09/10/2026,Dai Jones,Omar Reyes", heading="Date,Client,Clinician")
    with pytest.raises(SourceError, match="'Status'"):
        _rows(tmp_path, path)


def test_only_its_own_reports_are_recognised(shared_data: Path) -> None:
    found = {
        path.parent.name
        for path in (shared_data / "interop").rglob("*.csv")
        if path.stat().st_size and any(recognises(file) for file in open_files([path]))
    }
    assert found == {"simplepractice"}


def test_times_are_on_the_clock_of_the_practice(tmp_path: Path) -> None:
    path = _file(tmp_path, "09/10/2026,5:30 PM,Dai Jones,Omar Reyes,Show,Main Office")
    run_import("simplepractice", [path], tmp_path / "out", timezone="America/New_York")
    (row,) = read_csv(tmp_path / "out" / "appointments.csv")
    assert datetime.fromisoformat(row["starts_at"]) == datetime(2026, 9, 10, 21, 30, tzinfo=UTC)


def test_a_report_without_a_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no appointment"):
        _rows(tmp_path, _file(tmp_path))
