"""NHS Talking Therapies' tables, against their answer keys and against what goes wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import SourceError
from holdfast.tables.importing import Account
from tests.interop.answer_key import CLIENTS, assert_meets_key, read_csv, run_import

REFERRALS = "PathwayID,Person_ID,OrgID_Provider,SourceOfReferralIAPT,ReferralRequestReceivedDate,ServDischDate,EndCode"
CONTACTS = "PathwayID,Unique_CareContactID,CareContactId,CareContDate,ConsMechanism,AttendOrDNACode"
SCORES = "PathwayID,CareContactId,CodedAssToolType,AssToolCompDate,PersScore"


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "nhs_talking_therapies"


def _import(folder: Path, **tables: str) -> Account:
    """Import made-up tables, each given as its text, with one referral and one contact where none is given."""
    files = {
        "IDS101referral": f"{REFERRALS}\nP1,C1,RX1,A1,2026-08-01,,\n",
        "IDS201carecontact": f"{CONTACTS}\nP1,A1,L1,2026-09-01,01,5\n",
        **tables,
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return run_import("nhs-tt", [folder / f"{name}.csv" for name in files], folder / "out")


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    return read_csv(folder / "out" / f"{table}.csv")


def test_it_meets_the_answer_key(sample: Path, tmp_path: Path) -> None:
    """Clients are compared, therapists are not: no column of these tables names one.

    The key's T1 and T2 are known to its makers alone. Here the one organisation stands for both.
    """
    run_import("nhs-tt", sorted(sample.glob("IDS*.csv")), tmp_path)
    assert_meets_key(tmp_path, sample / "expected.csv", people=(CLIENTS,))
    assert {row["therapist_id"] for row in read_csv(tmp_path / "appointments.csv")} == {"RX1"}


def test_every_pathway_ends_as_the_key_says(sample: Path, tmp_path: Path) -> None:
    run_import("nhs-tt", sorted(sample.glob("IDS*.csv")), tmp_path)
    kinds = {"dropped_out": "silent", "never_started": "never_started", "completed": "planned"}
    client = {row["PathwayID"]: row["Person_ID"] for row in read_csv(sample / "IDS101referral.csv")}
    expected = {
        (client[row["PathwayID"]], row["end_date"], kinds[row["outcome"]])
        for row in read_csv(sample / "expected_episodes.csv")
        if row["outcome"] != "open"
    }
    found = {(row["client_id"], row["ended_on"], row["kind"]) for row in read_csv(tmp_path / "endings.csv")}
    assert found == expected


def test_the_folder_as_it_stands_can_be_given(sample: Path, tmp_path: Path) -> None:
    """Code tables, answer keys and published figures lie beside the tables, and are passed over."""
    assert run_import("nhs-tt", [sample], tmp_path).rows_read == 54


def test_scores_are_the_phq9_totals_of_the_sample(sample: Path, tmp_path: Path) -> None:
    run_import("nhs-tt", [sample], tmp_path)
    theirs = read_csv(sample / "IDS607codedscoreassessmentact.csv")
    found = read_csv(tmp_path / "scores.csv")
    assert [(row["measure"], row["taken_at"], float(row["score"])) for row in found] == [
        ("phq9", row["AssToolCompDate"], float(row["PersScore"])) for row in theirs
    ]


def test_importing_twice_changes_nothing(sample: Path, tmp_path: Path) -> None:
    run_import("nhs-tt", [sample], tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    account = run_import("nhs-tt", [sample], tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert (account.added, account.updated) == (0, 0)


@pytest.mark.parametrize(
    ("code", "status", "by"),
    [
        ("5", "attended", ""),
        ("05", "attended", ""),
        ("6 ", "attended", ""),
        (" 7", "no_show", "client"),
        ("3", "no_show", "client"),
        ("02", "cancelled", "client"),
        ("4", "cancelled", "provider"),
    ],
)
def test_each_attendance_code_however_it_is_padded(code: str, status: str, by: str, tmp_path: Path) -> None:
    _import(tmp_path, IDS201carecontact=f"{CONTACTS}\nP1,A1,L1,2026-09-01,01,{code}\n")
    row = _rows(tmp_path, "appointments")[0]
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == (status, by, "recorded")


@pytest.mark.parametrize(
    ("day", "status", "certainty"),
    [("2026-11-19", "unknown", "not_updated"), ("2026-11-27", "booked", "recorded")],
)
def test_a_contact_without_a_code_is_never_attended(day: str, status: str, certainty: str, tmp_path: Path) -> None:
    _import(tmp_path, IDS201carecontact=f"{CONTACTS}\nP1,A1,L1,{day},01,NULL\n")
    row = _rows(tmp_path, "appointments")[0]
    assert (row["status"], row["certainty"]) == (status, certainty)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("10", "other"),
        ("11", "referred"),
        ("12", "planned"),
        ("13", "referred"),
        ("14", "told"),
        ("16", "silent"),
        ("17", "other"),
        ("46", "planned"),
        ("47 ", "silent"),
        ("48", "other"),
        ("49", "other"),
        ("50", "never_started"),
        ("95", "other"),
        ("96", "other"),
        ("", "other"),
    ],
)
def test_each_end_code(code: str, kind: str, tmp_path: Path) -> None:
    _import(tmp_path, IDS101referral=f"{REFERRALS}\nP1,C1,RX1,A1,2026-08-01,2026-10-30,{code}\n")
    assert [(row["kind"], row["ended_on"]) for row in _rows(tmp_path, "endings")] == [(kind, "2026-10-30")]


def test_an_open_referral_has_no_ending(tmp_path: Path) -> None:
    _import(tmp_path)
    assert not (tmp_path / "out" / "endings.csv").exists()


def test_an_end_code_without_a_day_gives_no_invented_ending(tmp_path: Path) -> None:
    account = _import(tmp_path, IDS101referral=f"{REFERRALS}\nP1,C1,RX1,A1,2026-08-01,,47\n")
    assert account.skipped == {"an end code without the day of discharge": 1}
    assert not (tmp_path / "out" / "endings.csv").exists()


def test_a_referral_without_any_contact_gives_its_ending_and_nothing_else(tmp_path: Path) -> None:
    referrals = f"{REFERRALS}\nP1,C1,RX1,A1,2026-08-01,,\nP2,C2,RX1,B1,2026-08-01,2026-09-30,50\n"
    _import(tmp_path, IDS101referral=referrals)
    assert [(row["client_id"], row["kind"]) for row in _rows(tmp_path, "endings")] == [("C2", "never_started")]
    assert [row["client_id"] for row in _rows(tmp_path, "appointments")] == ["C1"]


def test_two_pathways_of_one_client_keep_their_own_endings(tmp_path: Path) -> None:
    referrals = f"{REFERRALS}\nP1,C1,RX1,A1,2026-01-01,2026-03-01,47\nP2,C1,RX1,B1,2026-08-01,2026-09-30,46\n"
    _import(tmp_path, IDS101referral=referrals)
    found = [(row["client_id"], row["ended_on"], row["kind"]) for row in _rows(tmp_path, "endings")]
    assert found == [("C1", "2026-03-01", "silent"), ("C1", "2026-09-30", "planned")]


def test_of_two_monthly_submissions_the_later_is_right(tmp_path: Path) -> None:
    referrals = f"{REFERRALS}\nP1,C1,RX1,A1,2026-08-01,2026-09-30,47\nP1,C1,RX1,A1,2026-08-01,2026-10-02,46\n"
    _import(tmp_path, IDS101referral=referrals)
    assert [(row["ended_on"], row["kind"]) for row in _rows(tmp_path, "endings")] == [("2026-10-02", "planned")]


def test_the_care_activity_names_the_therapist_of_a_contact_and_of_the_ending(tmp_path: Path) -> None:
    account = _import(
        tmp_path,
        IDS101referral=f"{REFERRALS}\nP1,C1,RX1,A1,2026-08-01,2026-09-30,46\n",
        IDS202careactivity="CareActId,CareContactId,CarePersLocalId\nX1,L1,T7\n",
    )
    assert [row["therapist_id"] for row in _rows(tmp_path, "appointments")] == ["T7"]
    assert [row["therapist_id"] for row in _rows(tmp_path, "endings")] == ["T7"]
    assert not any("name no therapist" in note for note in account.notes)


def test_clients_have_gender_year_and_who_sent_them(tmp_path: Path) -> None:
    people = "Person_ID,Gender,PersonBirthDate\nC1, 1,1984-03-02\nC2,02,\nC3,X,1990-01-01\nC4,9,NULL\n"
    _import(tmp_path, IDS001mpi=people)
    found = [tuple(row.get(name, "") for name in ("client_id", "gender", "birth_year", "referral_source"))
             for row in _rows(tmp_path, "clients")]  # fmt: skip
    assert found == [("C1", "male", "1984", "gp"), ("C2", "female", "", ""), ("C3", "", "1990", ""), ("C4", "", "", "")]


def test_a_contact_with_a_time_keeps_it_on_englands_clock(tmp_path: Path) -> None:
    contacts = f"{CONTACTS},CareContTime\nP1,A1,L1,2026-10-24 00:00:00,11,5,14:30:00\nP1,A2,L2,24/11/2026,2,,00:00\n"
    _import(tmp_path, IDS201carecontact=contacts)
    found = [(row["starts_at"], row["modality"]) for row in _rows(tmp_path, "appointments")]
    assert found == [("2026-10-24T14:30:00+01:00", "video"), ("2026-11-24", "phone")]


def test_an_unknown_measure_keeps_its_code_and_an_answer_in_words_is_left_out(tmp_path: Path) -> None:
    scores = f"{SCORES}\nP1,L1,445455005,,21\nP1,L1,999000,2026-09-02,3.5\nP1,L1,747861000000100,2026-09-02,Y\n"
    account = _import(tmp_path, IDS606codedscoreassessmentrefer=scores)
    found = [(row["measure"], row["taken_at"], row["score"]) for row in _rows(tmp_path, "scores")]
    assert found == [("gad7", "2026-09-01", "21"), ("999000", "2026-09-02", "3.5")]
    assert account.skipped == {"an answer that is not a number, so not a score": 1}


def test_codes_not_in_the_data_set_are_listed_and_never_guessed(tmp_path: Path) -> None:
    contacts = f"{CONTACTS}\nP1,A1,L1,2026-09-01,01,8\nP1,A2,L2,2026-09-02,01,8\nP1,A3,L3,2026-09-03,01,5\n"
    with pytest.raises(SourceError, match=r"AttendOrDNACode.*'8' \(2\).*Understood are: 5, 6, 7.*--map"):
        _import(tmp_path, IDS201carecontact=contacts)
    with pytest.raises(SourceError, match=r"EndCode.*'77' \(1\)"):
        _import(tmp_path, IDS101referral=f"{REFERRALS}\nP1,C1,RX1,A1,2026-08-01,2026-10-30,77\n")


def test_everything_that_cannot_be_read_is_told_at_once_and_nothing_written(tmp_path: Path) -> None:
    contacts = f"{CONTACTS}\nP1,A1,L1,2026-02-30,01,5\nP9,A2,L2,2026-09-02,01,5\nP1,,,2026-09-03,01,5\n"
    with pytest.raises(SourceError) as told:
        _import(tmp_path, IDS201carecontact=contacts)
    assert "row 2, CareContDate: found '2026-02-30'" in str(told.value)
    assert "row 3, PathwayID: found 'P9'; allowed: a pathway that is in IDS101referral" in str(told.value)
    assert "row 4, Unique_CareContactID: found ''" in str(told.value)
    assert not (tmp_path / "out").exists()


def test_a_total_that_the_measure_cannot_give_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"row 2, PersScore: found '28'; allowed: a number from 0 to 27 for phq9"):
        _import(tmp_path, IDS607codedscoreassessmentact=f"{SCORES}\nP1,L1,720433000,2026-09-02,28\n")


def test_without_referrals_or_contacts_it_says_which_table_is_missing(sample: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="IDS101referral"):
        run_import("nhs-tt", [sample / "IDS201carecontact.csv"], tmp_path)
    with pytest.raises(SourceError, match="IDS201carecontact"):
        run_import("nhs-tt", [sample / "IDS101referral.csv"], tmp_path)
