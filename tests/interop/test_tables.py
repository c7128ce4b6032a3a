"""Holdfast's own tables, in every form they may be given in."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from holdfast.errors import SourceError
from holdfast.tables.check import TableProblems
from holdfast.tables.read import read_tables
from holdfast.tables.sources import source
from holdfast.tables.sources.files import SourceFile
from tests.interop.answer_key import read_csv, run_import
from tests.unit.tables.made_files import HEADING, NOW, ONE, appointments, import_tables, save, workbook, zipped

CLIENTS = "client_id,gender,concerns\nC1,man,work;sleep\n"


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def rows_of(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.strip().split("\n")]


@pytest.mark.parametrize("form", ["folder", "zip", "files", "workbook", "parquet", "semicolons", "utf-16"])
def test_every_form_gives_the_same_tables(tmp_path: Path, form: str) -> None:
    given = tmp_path / "in"
    given.mkdir()
    match form:
        case "zip":
            save(given / "all.zip", zipped({"x/appointments.csv": ONE.encode(), "x/clients.csv": CLIENTS.encode()}))
        case "workbook":
            sheets = {"Appointments": rows_of(ONE), "clients": rows_of(CLIENTS), "Notes": [["x"]]}
            save(given / "practice.xlsx", workbook(sheets))
        case "parquet":
            frame = pl.read_csv(io.BytesIO(ONE.encode()), try_parse_dates=True)
            assert frame["starts_at"].dtype == pl.Datetime
            save(given / "appointments.parquet", parquet(frame))
            save(given / "clients.csv", CLIENTS)
        case "semicolons":
            save(given / "appointments.csv", ONE.replace(",", ";"))
            save(given / "clients.csv", CLIENTS)
        case "utf-16":
            save(given / "appointments.csv", ONE.encode("utf-16"))
            save(given / "clients.csv", CLIENTS)
        case _:
            save(given / "appointments.csv", ONE)
            save(given / "clients.csv", CLIENTS)
    paths = sorted(given.iterdir()) if form == "files" else [given]
    import_tables(paths, tmp_path / "out")
    tables = read_tables(tmp_path / "out")
    (row,) = tables["appointments"].to_dicts()
    assert (row["appointment_id"], str(row["starts_at"]), row["status"]) == ("a1", "2026-11-01 09:00:00", "attended")
    assert tables["clients"]["concerns"].to_list() == ["work;sleep"]


def test_extra_columns_are_kept_and_other_files_are_named(tmp_path: Path) -> None:
    save(tmp_path / "in" / "appointments.csv", f"{HEADING},room\na1,C1,T1,2026-11-01T09:00,attended,,R7\n")
    save(tmp_path / "in" / "appointment.csv", ONE)
    account = import_tables(tmp_path / "in", tmp_path / "out")
    assert read_csv(tmp_path / "out" / "appointments.csv")[0]["room"] == "R7"
    assert any("appointment.csv" in note for note in account.notes)


def test_a_table_with_only_the_required_columns_is_enough(tmp_path: Path) -> None:
    text = "appointment_id,client_id,therapist_id,starts_at,status\na1,C1,T1,2026-11-01,attended\n"
    account = import_tables(save(tmp_path / "appointments.csv", text), tmp_path / "out")
    assert (account.added, account.statuses, account.certainty) == (1, {"attended": 1}, {})


def test_another_folder_of_tables_brings_its_own_moment(tmp_path: Path) -> None:
    save(tmp_path / "in" / "appointments.csv", ONE)
    save(tmp_path / "in" / "practice.json", '{"exported_at": "2026-11-10T12:00:00+00:00"}')
    account = import_tables(tmp_path / "in", tmp_path / "out", now=None)
    assert account.now.astimezone(UTC) == datetime(2026, 11, 10, 12, tzinfo=UTC)


def test_every_problem_is_told_with_its_place_in_the_file_given(tmp_path: Path) -> None:
    bad = appointments(
        "a1,C1,T1,2026-11-01T09:00,attended,recorded",
        "a2,C1,T1,someday,went well,",
        ",C1,T1,2026-11-01,attended,",
        "a1,C1,T1,2026-11-02,attended,",
    )
    save(tmp_path / "in" / "appointments.csv", bad)
    save(tmp_path / "in" / "scores.csv", "client_id,measure,taken_at,score\nC1,phq9,2026-11-01,many\n")
    with pytest.raises(TableProblems) as caught:
        import_tables(tmp_path / "in", tmp_path / "out")
    places = {(problem.file, problem.row, problem.column) for problem in caught.value.problems}
    assert places >= {
        ("appointments.csv", 3, "starts_at"),
        ("appointments.csv", 3, "status"),
        ("appointments.csv", 4, "appointment_id"),
        ("appointments.csv", 5, "appointment_id + client_id"),
        ("scores.csv", 2, "score"),
    }
    assert not (tmp_path / "out").exists()


def test_a_sheet_is_named_in_its_problems(tmp_path: Path) -> None:
    save(tmp_path / "p.xlsx", workbook({"appointments": rows_of(ONE.replace("attended", "went well"))}))
    with pytest.raises(TableProblems, match=r"p\.xlsx \[appointments\], row 2, status: found 'went well'"):
        import_tables(tmp_path / "p.xlsx", tmp_path / "out")


def test_one_table_given_twice_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "in" / "appointments.csv", ONE)
    save(tmp_path / "in" / "appointments.parquet", parquet(pl.read_csv(io.BytesIO(ONE.encode()))))
    with pytest.raises(SourceError, match=r"appointments is here twice: appointments\.csv and appointments\.parquet"):
        import_tables(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "content", "known"),
    [
        ("appointments.csv", ONE.encode(), True),
        ("Appointments.CSV", ONE.encode(), True),
        ("appointments.csv", b"id,when\n1,2\n", False),
        ("bookings.csv", ONE.encode(), False),
        ("appointments.parquet", parquet(pl.read_csv(io.BytesIO(ONE.encode()))), True),
        ("appointments.parquet", b"PAR1 not really", False),
        ("any.xlsx", workbook({"Appointments": rows_of(ONE)}), True),
        ("any.xlsx", workbook({"Sheet1": rows_of(ONE)}), False),
        ("appointments.csv", b"", False),
        ("appointments.csv", bytes(range(256)), False),
        ("appointments.csv", b"appointment_id,cl\rient_id,starts_at\n", False),  # no program writes these two
        ("appointments.csv", b"appointment_id," + b"x" * 200_000 + b"\n", False),
    ],
)
def test_what_it_recognises(name: str, content: bytes, known: bool) -> None:
    assert source("tables").recognises(SourceFile(name, content)) is known


def test_ids_of_nineteen_digits(tmp_path: Path) -> None:
    long = "1400000000000001009"
    import_tables(save(tmp_path / "1" / "appointments.csv", ONE.replace("a1", long)), tmp_path / "csv")
    assert read_csv(tmp_path / "csv" / "appointments.csv")[0]["appointment_id"] == long
    heading: list[object] = [*HEADING.split(",")]
    others: list[object] = ["C1", "T1", datetime.fromisoformat("2026-11-01T09:00"), "attended", "recorded"]
    as_text = [heading, [long, *others]]
    import_tables(save(tmp_path / "text.xlsx", workbook({"appointments": as_text})), tmp_path / "text")
    assert read_csv(tmp_path / "text" / "appointments.csv")[0]["appointment_id"] == long
    as_number = [heading, [float(long), *others]]
    with pytest.raises(SourceError, match=r"cell A2 holds 1\.4e.*15 digits"):
        import_tables(save(tmp_path / "number.xlsx", workbook({"appointments": as_number})), tmp_path / "number")
    frame = pl.read_csv(io.BytesIO(ONE.replace("a1", long).encode()))
    import_tables(save(tmp_path / "int" / "appointments.parquet", parquet(frame)), tmp_path / "int-out")
    assert read_csv(tmp_path / "int-out" / "appointments.csv")[0]["appointment_id"] == long
    rounded = frame.with_columns(pl.col("appointment_id").cast(pl.Float64))
    with pytest.raises(SourceError, match="appointment_id: ids are stored as decimal numbers"):
        import_tables(save(tmp_path / "float" / "appointments.parquet", parquet(rounded)), tmp_path / "float-out")


def test_an_id_that_a_spreadsheet_has_shortened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableProblems, match=r"'1\.4E\+18'; allowed: every digit of the id"):
        import_tables(save(tmp_path / "appointments.csv", ONE.replace("a1", "1.4E+18")), tmp_path / "out")


def test_parquet_with_zones_and_decimal_ids(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "appointment_id": [1.0],
            "client_id": [7],
            "therapist_id": ["T1"],
            "starts_at": [NOW],
            "status": ["attended"],
        }
    )
    import_tables(save(tmp_path / "in" / "appointments.parquet", parquet(frame)), tmp_path / "out")
    (row,) = read_tables(tmp_path / "out")["appointments"].to_dicts()
    assert (row["appointment_id"], row["client_id"], str(row["starts_at"])) == ("1", "7", "2026-11-20 18:00:00")


def test_a_folder_that_keeps_parquet_stays_in_parquet(tmp_path: Path) -> None:
    save(tmp_path / "out" / "appointments.parquet", parquet(pl.read_csv(io.BytesIO(ONE.encode()))))
    newer = appointments("a2,C2,T1,2026-11-02T09:00,booked,recorded")
    import_tables(save(tmp_path / "in" / "appointments.csv", newer), tmp_path / "out")
    assert not (tmp_path / "out" / "appointments.csv").exists()
    assert read_tables(tmp_path / "out")["appointments"]["appointment_id"].to_list() == ["a1", "a2"]


def test_what_is_known_of_the_practice_comes_with_its_tables(tmp_path: Path) -> None:
    save(tmp_path / "in" / "appointments.csv", ONE)
    save(tmp_path / "in" / "practice.json", '{"timezone": "Australia/Sydney", "name": "Elm Row", "notice_hours": 48}')
    run_import("tables", [tmp_path / "in"], tmp_path / "out", timezone=None)
    told = json.loads((tmp_path / "out" / "practice.json").read_text(encoding="utf-8"))
    assert (told["timezone"], told["name"], told["notice_hours"]) == ("Australia/Sydney", "Elm Row", 48)
