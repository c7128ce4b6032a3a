"""Cliniko's pages, against their answer key and against what goes wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import assert_meets_key, read_csv, run_import


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "cliniko"


def _pages(sample: Path) -> list[Path]:
    return sorted(sample.glob("*.json"))


def test_it_meets_the_answer_key(sample: Path, tmp_path: Path) -> None:
    run_import("cliniko", _pages(sample), tmp_path / "out")
    assert_meets_key(tmp_path / "out", sample / "expected.csv")


def test_ids_of_nineteen_digits_are_kept(sample: Path, tmp_path: Path) -> None:
    run_import("cliniko", _pages(sample), tmp_path)
    assert "1400000000000001009" in {row["appointment_id"] for row in read_csv(tmp_path / "appointments.csv")}


def test_importing_twice_changes_nothing(sample: Path, tmp_path: Path) -> None:
    run_import("cliniko", _pages(sample), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    account = run_import("cliniko", _pages(sample), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert (account.added, account.updated) == (0, 0)


def test_without_the_cancelled_list_the_account_says_so(sample: Path, tmp_path: Path) -> None:
    plain_list = sorted(sample.glob("individual_appointments_*.json"))
    account = run_import("cliniko", plain_list, tmp_path)
    assert any("/individual_appointments/cancelled" in note for note in account.notes)


def test_a_group_is_one_appointment_with_a_row_for_each_client(tmp_path: Path) -> None:
    def link(kind: str, id: int) -> dict[str, object]:
        return {"links": {"self": f"https://api.au1.cliniko.com/v1/{kind}/{id}"}}

    group = {"id": 7, "starts_at": "2026-09-01T09:00:00Z", "practitioner": link("practitioners", 1)}
    attendees = [
        {"id": 1, "arrived": True, "booking": link("bookings", 7), "patient": link("patients", 48)},
        {"id": 2, "arrived": None, "booking": link("bookings", 7), "patient": link("patients", 49)},
    ]
    (tmp_path / "groups.json").write_text(json.dumps({"group_appointments": [group]}))
    (tmp_path / "attendees.json").write_text(json.dumps({"attendees": attendees}))
    run_import("cliniko", [tmp_path / "groups.json", tmp_path / "attendees.json"], tmp_path / "out")
    rows = [
        (row["appointment_id"], row["client_id"], row["status"])
        for row in read_csv(tmp_path / "out" / "appointments.csv")
    ]
    assert rows == [("7", "48", "attended"), ("7", "49", "unknown")]


def test_a_page_cut_off_on_the_way_names_the_line_and_leaves_the_folder(sample: Path, tmp_path: Path) -> None:
    run_import("cliniko", _pages(sample), tmp_path / "out")
    before = (tmp_path / "out" / "appointments.csv").read_bytes()
    broken = tmp_path / "individual_appointments_p1.json"
    broken.write_bytes((sample / "individual_appointments_p1.json").read_bytes()[:20_000])
    with pytest.raises(SourceError, match=r"not complete JSON \(line \d+"):
        run_import("cliniko", [broken], tmp_path / "out")
    assert (tmp_path / "out" / "appointments.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("list_", "changes"),
    [("individual_appointments", {"starts_at": "soon"}), ("individual_appointments", {"created_at": "x:00:00Z"}),
     ("individual_appointments", {"patient": "dan"}),
     ("individual_appointments", {"starts_at": "0001-01-01T00:00:00Z"}),
     ("individual_appointments", {"starts_at": None}), ("patients", {"date_of_birth": 7}),
     ("individual_appointments", {"id": None})],
)  # fmt: skip
def test_an_item_that_the_api_never_writes_is_told_and_nothing_is_imported(
    tmp_path: Path, list_: str, changes: dict[str, object]
) -> None:
    def link(kind: str, id: int) -> dict[str, object]:
        return {"links": {"self": f"https://api.au1.cliniko.com/v1/{kind}/{id}"}}

    one: dict[str, object] = {"id": 7, "starts_at": "2026-09-01T09:00:00Z", "patient": link("patients", 48)}
    lists = {"individual_appointments": one, "patients": {"id": 48}}
    lists[list_] = {**lists[list_], **changes}
    (tmp_path / "page.json").write_text(json.dumps({name: [item] for name, item in lists.items()}))
    with pytest.raises(SourceError, match="cannot be read, and nothing was imported"):
        run_import("cliniko", [tmp_path / "page.json"], tmp_path / "out", timezone="America/New_York")
    assert not (tmp_path / "out" / "appointments.csv").exists()


def test_an_attendee_whose_group_is_not_here_is_counted_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    def link(kind: str, id: object) -> dict[str, object]:
        return {"links": {"self": f"https://api.au1.cliniko.com/v1/{kind}/{id}"}}

    group = {"id": 7, "starts_at": "2026-09-01T09:00:00Z", "practitioner": link("practitioners", 1)}
    here, elsewhere = ({"id": id, "booking": link("bookings", id), "patient": link("patients", 48)} for id in (7, 8))

    def save(*attendees: dict[str, object]) -> list[Path]:
        (tmp_path / "page.json").write_text(json.dumps({"group_appointments": [group], "attendees": attendees}))
        return [tmp_path / "page.json"]

    account = run_import("cliniko", save(here, here, elsewhere), tmp_path / "out")
    assert (account.rows_read, account.kept["appointments"]) == (3, 1)
    assert account.skipped == {
        "the same appointment once more": 1,
        "a place in a group whose appointment is not in these files": 1,
    }
    with pytest.raises(SourceError, match=r"attendee 9, AttributeError"):
        run_import("cliniko", save(here, {"id": 9, "booking": {"links": {"self": {}}}}), tmp_path / "out")
