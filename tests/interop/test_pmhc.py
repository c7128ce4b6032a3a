"""The PMHC MDS upload, against its answer keys and against what goes wrong with it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from holdfast.errors import SourceError
from holdfast.tables.importing import Account
from tests.interop.answer_key import assert_meets_key, read_csv, run_import

TABLES = ("clients", "episodes", "k10p", "k5", "metadata", "organisations", "practitioners", "sdq", "service-contacts")
EPISODE = {
    "organisation_path": "PHN1:A",
    "episode_key": "E1",
    "client_key": "C1",
    "episode_end_date": "",
    "episode_completion_status": "",
    "referral_date": "01022016",
}
CONTACT = {
    "organisation_path": "PHN1:A",
    "service_contact_key": "S1",
    "episode_key": "E1",
    "practitioner_key": "P1",
    "service_contact_date": "01022016",
    "service_contact_modality": "1",
    "service_contact_participants": "1",
    "service_contact_participation_indicator": "1",
    "service_contact_no_show": "2",
}
K5 = {
    "organisation_path": "PHN1:A",
    "episode_key": "E1",
    "measure_date": "03022016",
    **{f"k5_item{number}": "2" for number in range(1, 6)},
    "k5_score": "99",
}


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "pmhc_mds_v2"


@pytest.fixture
def csv_files(sample: Path) -> list[Path]:
    return [sample / "verbatim" / f"{table}.csv" for table in TABLES]


def _table(rows: list[dict[str, str]]) -> str:
    lines = io.StringIO()
    writer = csv.DictWriter(lines, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue()


def _import(folder: Path, **tables: list[dict[str, str]]) -> Account:
    """Import made-up tables, with one episode and one contact where none is given."""
    files = {"episodes": [EPISODE], "service_contacts": [CONTACT], **tables}
    for name, rows in files.items():
        (folder / f"{name.replace('_', '-')}.csv").write_text(_table(rows))
    return run_import("pmhc", [folder / f"{name.replace('_', '-')}.csv" for name in files], folder / "out")


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    return read_csv(folder / "out" / f"{table}.csv")


def _as_zip(files: list[Path], folder: Path) -> list[Path]:
    with zipfile.ZipFile(folder / "upload.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return [folder / "upload.zip"]


@pytest.mark.parametrize("shape", ["csv files", "zip", "workbook"])
def test_it_meets_the_answer_keys_in_each_shape(
    shape: str, sample: Path, csv_files: list[Path], tmp_path: Path
) -> None:
    shapes = {
        "csv files": csv_files,
        "zip": _as_zip(csv_files, tmp_path),
        "workbook": [sample / "verbatim" / "pmhc-upload.xlsx"],
    }
    run_import("pmhc", shapes[shape], tmp_path / "out")
    assert_meets_key(tmp_path / "out", sample / "expected.csv")
    kinds = {"completed": "planned", "dropped_out_uncontactable": "silent"}
    expected = [
        (row["client_ref"], row["end_date"], kinds[row["outcome"]])
        for row in read_csv(sample / "expected_episodes.csv")
        if row["outcome"] != "open"
    ]
    found = [(row["client_id"], row["ended_on"], row["kind"]) for row in _rows(tmp_path, "endings")]
    assert found == expected


def test_an_ending_belongs_to_who_met_the_client_last_or_to_nobody_known(csv_files: list[Path], tmp_path: Path) -> None:
    """E01 has contacts with P01, E02 has none at all."""
    run_import("pmhc", csv_files, tmp_path / "out")
    assert [row["therapist_id"] for row in _rows(tmp_path, "endings")] == ["P01", "unknown"]


def test_totals_are_given_or_added_up_from_complete_items(csv_files: list[Path], tmp_path: Path) -> None:
    """By hand from the sample: CO02 adds up to 21, CO03 gives 25, CO04 is ten ones; CO01 lacks its first item."""
    account = run_import("pmhc", csv_files, tmp_path / "out")
    found = [(row["measure"], row["taken_at"], row["score"]) for row in _rows(tmp_path, "scores")]
    assert found == [
        ("k10", "2016-04-25", "21"),
        ("k10", "2016-05-20", "25"),
        ("k10", "2016-06-18", "10"),
        ("k5", "2016-04-24", "15"),
        ("k5", "2016-06-19", "20"),
        ("sdq_pc", "2016-07-11", "10"),
    ]
    assert account.skipped == {
        "k10 not filled in completely, so without a total": 1,
        "sdq_pc not filled in completely, so without a total": 1,
    }


def test_people_are_told_in_words_not_codes(csv_files: list[Path], tmp_path: Path) -> None:
    run_import("pmhc", csv_files, tmp_path / "out")
    columns = ("client_id", "gender", "birth_year", "employment", "referral_source")
    found = [tuple(row[name] for name in columns) for row in _rows(tmp_path, "clients")]
    assert found == [
        ("CL01", "female", "1983", "unemployed", "psychiatrist"),
        ("CL02", "female", "2006", "not in the labour force", "psychiatrist"),
        ("CL03", "male", "1996", "unemployed", "social worker"),
    ]
    assert [row["therapist_id"] for row in _rows(tmp_path, "therapists")] == ["P01", "P02", "P03", "unknown"]


def test_what_the_last_episode_says_of_a_client_stands(tmp_path: Path) -> None:
    later = EPISODE | {"episode_key": "E2", "referral_date": "01032016", "labour_force_status": "1"}
    earlier = EPISODE | {"labour_force_status": "2", "referrer_profession": "98"}
    _import(tmp_path, episodes=[later, earlier])
    assert [(row["employment"], row["referral_source"]) for row in _rows(tmp_path, "clients")] == [("employed", "self")]


def test_importing_twice_changes_nothing(csv_files: list[Path], tmp_path: Path) -> None:
    run_import("pmhc", csv_files, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    account = run_import("pmhc", csv_files, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert (account.added, account.updated) == (0, 0)


def test_a_spreadsheet_that_took_the_first_zero_of_a_date_is_understood(tmp_path: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, row in (("Episodes", EPISODE), ("Service Contacts", CONTACT | {"service_contact_date": "1022016"})):
        sheet = book.create_sheet(title)
        sheet.append(list(row))
        sheet.append([int(cell) if cell.isdigit() else cell for cell in row.values()])
    book.save(tmp_path / "upload.xlsx")
    run_import("pmhc", [tmp_path / "upload.xlsx"], tmp_path / "out")
    assert [row["starts_at"] for row in _rows(tmp_path, "appointments")] == ["2016-02-01"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [("1", "planned"), ("2", "silent"), ("3", "told"), ("4", "other"), ("5", "referred"), ("6", "other")],
)
def test_each_completion_status(status: str, kind: str, tmp_path: Path) -> None:
    _import(tmp_path, episodes=[EPISODE | {"episode_completion_status": status, "episode_end_date": "05032016"}])
    found = [(row["therapist_id"], row["ended_on"], row["kind"]) for row in _rows(tmp_path, "endings")]
    assert found == [("P1", "2016-03-05", kind)]


@pytest.mark.parametrize(("status", "end"), [("", ""), ("0", ""), ("2", ""), ("", "05032016")])
def test_an_open_or_half_closed_episode_has_no_ending(status: str, end: str, tmp_path: Path) -> None:
    account = _import(tmp_path, episodes=[EPISODE | {"episode_completion_status": status, "episode_end_date": end}])
    assert not (tmp_path / "out" / "endings.csv").exists()
    assert sum(account.skipped.values()) == (1 if status == "2" or end else 0)


def test_a_missed_contact_may_have_no_modality_and_a_held_one_may_not(tmp_path: Path) -> None:
    _import(tmp_path, service_contacts=[CONTACT | {"service_contact_modality": "0", "service_contact_no_show": "1"}])
    row = _rows(tmp_path, "appointments")[0]
    assert (row["status"], row["initiated_by"], row.get("modality", "")) == ("no_show", "client", "")
    with pytest.raises(SourceError, match=r"row 2, service_contact_no_show: found '2'; allowed: 1 .*no contact took"):
        _import(tmp_path, service_contacts=[CONTACT | {"service_contact_modality": "0"}])


@pytest.mark.parametrize(
    ("participants", "took_part", "no_show", "kept"),
    [
        ("1", "1", "2", True),
        ("2", "1", "2", True),
        ("3", "1", "2", True),
        ("3", "2", "2", False),
        ("4", "1", "2", False),
        ("5", "2", "2", False),
        ("9", "1", "2", True),
        ("1", "2", "1", True),
    ],
)
def test_only_contacts_with_the_client_count(
    participants: str, took_part: str, no_show: str, kept: bool, tmp_path: Path
) -> None:
    """A missed contact with the client himself counts, even where "took part" is answered with no."""
    contact = CONTACT | {
        "service_contact_key": "S2",
        "service_contact_participants": participants,
        "service_contact_participation_indicator": took_part,
        "service_contact_no_show": no_show,
    }
    account = _import(tmp_path, service_contacts=[CONTACT, contact])
    assert [row["appointment_id"] for row in _rows(tmp_path, "appointments")] == ["S1", "S2"][: 1 + kept]
    assert sum(account.skipped.values()) == (not kept)


def test_a_contact_of_an_unknown_episode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"row 2, episode_key: found 'E9'; allowed: the key of an episode"):
        _import(tmp_path, service_contacts=[CONTACT | {"episode_key": "E9"}])
    assert not (tmp_path / "out").exists()


def test_dates_that_do_not_exist_are_all_told_of(tmp_path: Path) -> None:
    days = ("31022016", "09099999", "", "1316")
    with pytest.raises(SourceError) as told:
        _import(tmp_path, service_contacts=[CONTACT | {"service_contact_date": day} for day in days])
    for row in range(2, 6):
        assert f"service-contacts.csv, row {row}, service_contact_date" in str(told.value)
    with pytest.raises(SourceError, match=r"episodes.csv, row 2, referral_date: found '13132016'"):
        _import(tmp_path, episodes=[EPISODE | {"referral_date": "13132016"}])


@pytest.mark.parametrize(("born", "flag"), [("09099999", "8"), ("01011980", "8"), ("09099999", "1")])
def test_a_date_of_birth_that_nobody_knows_gives_no_year(born: str, flag: str, tmp_path: Path) -> None:
    client = {"organisation_path": "PHN1:A", "client_key": "C1", "date_of_birth": born, "client_gender": "1"}
    _import(tmp_path, clients=[client | {"est_date_of_birth": flag}])
    assert [row.get("birth_year", "") for row in _rows(tmp_path, "clients")] == [""]


def test_a_missing_item_is_never_a_zero(tmp_path: Path) -> None:
    account = _import(tmp_path, k5=[K5 | {"k5_item3": "9"}, K5 | {"k5_item3": ""}])
    assert not (tmp_path / "out" / "scores.csv").exists()
    assert account.skipped == {"k5 not filled in completely, so without a total": 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k5_score": "4"}, "a whole number from 5 to 25, or 99"),
        ({"k5_score": "-10"}, "a whole number from 5 to 25, or 99"),
        ({"k5_score": "11"}, "10, the sum of its items, or 99"),
        ({"k5_item2": "7"}, "1 to 5, or 9 for missing"),
    ],
)
def test_a_total_that_cannot_be_is_refused(change: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"k5.csv, row 2.*{message}"):
        _import(tmp_path, k5=[K5 | change])


def test_two_organisations_with_the_same_keys_stay_apart(tmp_path: Path) -> None:
    other = {"organisation_path": "PHN1:B"}
    _import(tmp_path, episodes=[EPISODE, EPISODE | other], service_contacts=[CONTACT, CONTACT | other])
    found = [(row["appointment_id"], row["client_id"]) for row in _rows(tmp_path, "appointments")]
    assert found == [("PHN1:A:S1", "PHN1:A:C1"), ("PHN1:B:S1", "PHN1:B:C1")]


def test_rows_marked_to_be_deleted_are_left_out(tmp_path: Path) -> None:
    gone = {"organisation_path": "PHN1:A", "service_contact_key": "S2", "delete": "delete"}
    account = _import(tmp_path, service_contacts=[CONTACT, gone])
    assert account.skipped == {"marked to be deleted": 1}


@pytest.mark.parametrize("word", ["", "3", "yes"])
def test_a_no_show_that_is_neither_yes_nor_no_is_not_guessed(word: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"service_contact_no_show.*not guessed.*Understood are: 1, 2"):
        _import(tmp_path, service_contacts=[CONTACT | {"service_contact_no_show": word}])


def test_a_missing_column_or_table_is_named(tmp_path: Path) -> None:
    without = {key: value for key, value in CONTACT.items() if key != "practitioner_key"}
    with pytest.raises(SourceError, match=r"service-contacts.csv has no heading with .*'practitioner_key'"):
        _import(tmp_path, service_contacts=[without])
    (tmp_path / "contacts.csv").write_text(_table([CONTACT]))
    with pytest.raises(SourceError, match="episodes table"):
        run_import("pmhc", [tmp_path / "contacts.csv"], tmp_path / "out")
