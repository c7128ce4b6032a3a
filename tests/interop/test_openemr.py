"""OpenEMR's tables, against the answer key and against what goes wrong with them."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from holdfast.tables.sources.files import open_files
from holdfast.tables.sources.openemr import recognises
from tests.interop.answer_key import assert_meets_key, read_csv, run_import

EVENT = {
    "pc_eid": "1",
    "pc_multiple": "0",
    "pc_aid": "4",
    "pc_pid": "1",
    "pc_gid": "0",
    "pc_hometext": "he said, that it is too much",
    "pc_eventDate": "2026-09-08",
    "pc_endDate": "0000-00-00",
    "pc_recurrtype": "0",
    "pc_startTime": "09:00:00",
    "pc_alldayevent": "0",
    "pc_apptstatus": "@",
}


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "openemr_ehi"


def _tables(sample: Path) -> list[Path]:
    return sorted(path for path in sample.glob("*.csv") if path.name != "expected.csv")


def _table(folder: Path, name: str, *rows: dict[str, str]) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _events(folder: Path, *changes: dict[str, str]) -> Path:
    rows = [{**EVENT, "pc_eid": str(number), **change} for number, change in enumerate(changes, start=1)]
    return _table(folder, "openemr_postcalendar_events", *rows)


def _options(folder: Path, **titles: str) -> Path:
    rows = [{"list_id": "apptstat", "option_id": sign, "title": title} for sign, title in titles.items()]
    return _table(folder, "list_options", {"list_id": "sex", "option_id": "@", "title": "Missed"}, *rows)


def _rows(folder: Path, *files: Path) -> list[dict[str, str]]:
    run_import("openemr", list(files), folder / "out")
    return read_csv(folder / "out" / "appointments.csv")


def test_it_meets_the_answer_key(sample: Path, tmp_path: Path) -> None:
    account = run_import("openemr", _tables(sample), tmp_path)
    assert_meets_key(tmp_path, sample / "expected.csv")
    assert account.skipped == {
        "a repeating entry: a rule, and not one appointment": 1,
        "no client: a block in the diary": 1,
    }
    assert any("Repeating entries" in note for note in account.notes)


def test_the_zip_of_the_export_is_read_as_its_tables_are(sample: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in _tables(sample):
            archive.write(path, f"csv/{path.name}")
        archive.writestr("documents/1/scan.pdf", b"%PDF-1.7 \x00\x01")
    run_import("openemr", [tmp_path / "export.zip"], tmp_path / "out")
    assert_meets_key(tmp_path / "out", sample / "expected.csv")


@pytest.mark.parametrize(
    ("sign", "status", "by"),
    [
        *((sign, "attended", "") for sign in "@~<>$"),
        *((sign, "no_show", "client") for sign in "?!"),
        ("x", "cancelled", "unknown"),
        ("%", "late_cancelled", "client"),
        *((sign, "unknown", "") for sign in ("-", "*", "+", "#", "^", "", "SMS")),
    ],
)
def test_each_sign(sign: str, status: str, by: str, tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, _events(tmp_path, {"pc_apptstatus": sign}))
    assert (row["status"], row.get("initiated_by", "")) == (status, by)
    assert row["certainty"] == ("not_updated" if status == "unknown" else "recorded")


@pytest.mark.parametrize("sign", ["-", "*", "+", "#"])
def test_what_lies_ahead_is_booked(sign: str, tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, _events(tmp_path, {"pc_apptstatus": sign, "pc_eventDate": "2026-12-01"}))
    assert (row["status"], row["certainty"], row["starts_at"]) == ("booked", "recorded", "2026-12-01T09:00:00+00:00")


@pytest.mark.parametrize(
    ("title", "status", "by"),
    [
        ("& Rescheduled", "rescheduled", "unknown"),
        ("& Cancelled by clinician", "cancelled", "provider"),
        ("& Patient canceled", "cancelled", "client"),
        ("& Late cancellation", "late_cancelled", "client"),
        ("& DNA", "no_show", "client"),
        ("Attended", "attended", ""),
    ],
)
def test_a_sign_of_the_sites_own_is_read_by_its_title(title: str, status: str, by: str, tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, _events(tmp_path, {"pc_apptstatus": "&"}), _options(tmp_path, **{"&": title}))
    assert (row["status"], row.get("initiated_by", "")) == (status, by)


def test_a_standard_sign_that_the_site_gave_another_meaning_has_that_meaning(tmp_path: Path) -> None:
    (row,) = _rows(tmp_path, _events(tmp_path, {"pc_apptstatus": "#"}), _options(tmp_path, **{"#": "# No show"}))
    assert row["status"] == "no_show"


def test_a_standard_sign_with_a_title_of_its_own_is_told_of(tmp_path: Path) -> None:
    files = [_events(tmp_path, {}), _options(tmp_path, **{"@": "@ Angekommen", "~": "~ Zu spät"})]
    account = run_import("openemr", files, tmp_path / "out")
    assert [note for note in account.notes if "Angekommen" in note]
    assert not [note for note in account.notes if "spät" in note]


def test_signs_that_nobody_explains_are_refused_together(tmp_path: Path) -> None:
    events = _events(tmp_path, {"pc_apptstatus": "&"}, {"pc_apptstatus": "&"}, {"pc_apptstatus": "Z"})
    with pytest.raises(SourceError) as told:
        _rows(tmp_path, events, _options(tmp_path, **{"&": "& Purple"}))
    for part in ("'& (Purple)' (2)", "'Z' (1)", "pc_apptstatus", "holdfast import any"):
        assert part in str(told.value)
    assert not (tmp_path / "out").exists()


def test_nothing_of_the_free_text_is_copied(tmp_path: Path) -> None:
    _rows(tmp_path, _events(tmp_path, {}))
    assert "too much" not in (tmp_path / "out" / "appointments.csv").read_text(encoding="utf-8")


def test_dates_that_the_database_left_at_zero(tmp_path: Path) -> None:
    patients = _table(tmp_path, "patient_data", {"pid": "1", "DOB": "0000-00-00", "sex": "Male"})
    events = _events(tmp_path, {"pc_eventDate": "0000-00-00"}, {}, {"pc_alldayevent": "1", "pc_startTime": "00:00:00"})
    account = run_import("openemr", [events, patients], tmp_path / "out")
    rows = read_csv(tmp_path / "out" / "appointments.csv")
    assert [row["starts_at"] for row in rows] == ["2026-09-08T09:00:00+01:00", "2026-09-08"]
    assert account.skipped == {"no date (0000-00-00)": 1}
    (client,) = read_csv(tmp_path / "out" / "clients.csv")
    assert (client["client_id"], client["gender"], client["birth_year"]) == ("1", "Male", "")


def test_a_group_is_one_appointment_with_a_row_for_each_client(tmp_path: Path) -> None:
    files = [
        _events(
            tmp_path,
            {"pc_pid": "", "pc_gid": "3", "pc_apptstatus": ">"},
            {"pc_pid": "8", "pc_gid": "3", "pc_apptstatus": "?"},
        ),
        _table(tmp_path, "form_groups_encounter", {"encounter": "50", "group_id": "3", "appt_id": "1"}),
        _table(tmp_path, "form_group_attendance", {"id": "7", "group_id": "3", "encounter_id": "50"}),
        _table(
            tmp_path,
            "therapy_groups_participant_attendance",
            {"form_id": "7", "pid": "6", "meeting_patient_comment": "tired", "meeting_patient_status": "@"},
            {"form_id": "7", "pid": "7", "meeting_patient_comment": "", "meeting_patient_status": "x"},
            {"form_id": "7", "pid": "8", "meeting_patient_comment": "", "meeting_patient_status": "?"},
        ),
    ]
    rows = [(row["appointment_id"], row["client_id"], row["status"]) for row in _rows(tmp_path, *files)]
    assert rows == [("1", "6", "attended"), ("1", "7", "cancelled"), ("2", "8", "no_show")]


def test_a_group_of_which_nobody_knows_who_came_is_left_out_and_counted(tmp_path: Path) -> None:
    account = run_import("openemr", [_events(tmp_path, {"pc_pid": "", "pc_gid": "3"}, {})], tmp_path / "out")
    assert [reason for reason in account.skipped if reason.startswith("a group's entry")]


def test_one_meeting_in_the_diaries_of_two_therapists_is_one_appointment(tmp_path: Path) -> None:
    both = {"pc_multiple": "12"}
    account = run_import("openemr", [_events(tmp_path, both, {**both, "pc_aid": "7"}, {})], tmp_path / "out")
    assert [row["appointment_id"] for row in read_csv(tmp_path / "out" / "appointments.csv")] == ["1", "3"]
    assert account.skipped == {"the same meeting in another therapist's diary": 1}


def test_every_bad_time_is_told_of_with_its_row(tmp_path: Path) -> None:
    events = _events(tmp_path, {"pc_eventDate": "2026-02-30"}, {}, {"pc_startTime": "25:00:00"})
    with pytest.raises(SourceError, match=r"(?s)row 2, .*2026-02-30.*row 4, .*25:00:00"):
        _rows(tmp_path, events)


def test_a_table_cut_off_on_the_way_is_refused(sample: Path, tmp_path: Path) -> None:
    whole = (sample / "openemr_postcalendar_events.csv").read_bytes()
    cut = tmp_path / "openemr_postcalendar_events.csv"
    for at in (whole.index(b'"1010"') + 200, whole.index(b'"2026-11-10"') + len(b'"2026-11-10"')):
        cut.write_bytes(whole[:at])
        with pytest.raises(SourceError, match="cut off"):
            _rows(tmp_path, cut)


def test_without_the_calendar_it_says_which_table_is_needed(sample: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="openemr_postcalendar_events"):
        _rows(tmp_path, sample / "patient_data.csv")


def test_only_its_own_calendar_is_recognised(shared_data: Path) -> None:
    found = {
        path.name
        for path in (shared_data / "interop").rglob("*.csv")
        if path.stat().st_size and any(recognises(file) for file in open_files([path]))
    }
    assert found == {"openemr_postcalendar_events.csv"}
