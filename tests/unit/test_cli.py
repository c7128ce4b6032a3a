"""The command line: what it says, what it writes, and with which code it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from holdfast.cli import commands
from holdfast.simulate import World, demo_practice, write

HEADING = "appointment_id,client_id,therapist_id,starts_at,status\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    write(demo_practice(World(clients=150, n_therapists=4)), folder)
    return folder


def _tables(folder: Path, *rows: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "appointments.csv").write_text(HEADING + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder


@pytest.mark.long
def test_the_leak_begins_with_what_was_found(practice: Path) -> None:
    done = run("leak", practice)
    assert done.exit_code == 0
    assert "led to no second" in done.output.replace("\n", " ")


@pytest.mark.slow
def test_the_same_question_gets_the_same_answer(practice: Path) -> None:
    assert run("leak", practice, "--json", "-").output == run("leak", practice, "--json", "-").output


@pytest.mark.slow
def test_json_alone_is_printed_when_asked_for(practice: Path) -> None:
    found = json.loads(run("leak", practice, "--json", "-").output)
    assert found["schema_version"] == "1"
    assert found["groups"][0]["label"] == "men"


@pytest.mark.slow
def test_the_report_is_one_file(practice: Path, tmp_path: Path) -> None:
    done = run("leak", practice, "--html", tmp_path / "leak.html")
    assert done.exit_code == 0
    assert (tmp_path / "leak.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")


@pytest.mark.slow
def test_an_earlier_moment_shows_less(practice: Path) -> None:
    now = json.loads(run("leak", practice, "--json", "-").output)
    then = json.loads(run("leak", practice, "--json", "-", "--at", "2025-11-20").output)
    assert then["at"] == "2025-11-20T23:59:59.999999"
    assert then["groups"][-1]["episodes"] < now["groups"][-1]["episodes"]


def test_therapists_are_not_set_beside_each_other(practice: Path) -> None:
    done = run("leak", practice, "--by", "therapist_id")
    assert done.exit_code == 2
    assert "does not set therapists beside each other" in done.output


@pytest.mark.slow
def test_a_column_that_is_not_there_is_answered_with_those_that_are(practice: Path) -> None:
    done = run("leak", practice, "--by", "shoe_size")
    assert done.exit_code == 2
    assert "employment" in done.output


@pytest.mark.slow
def test_only_columns_that_are_filled_in_and_fit_are_offered(tmp_path: Path) -> None:
    _tables(tmp_path, "a1,c1,t1,2026-11-01T09:00,attended", "a2,c2,t1,2026-11-02T09:00,attended")
    (tmp_path / "clients.csv").write_text(
        "client_id,gender,birth_year,masculinity,team\nc1,man,1980,,blue\nc2,,1990,,red\n", encoding="utf-8"
    )
    for asked, why in (("colour", "There is no column 'colour'"), ("masculinity", "'masculinity' is not filled in")):
        result = run("leak", tmp_path, "--by", asked)
        assert result.exit_code == 2
        assert why in result.output
        assert "fit to compare by: birth_year, gender, team, age." in result.output


def test_a_moment_that_is_none_is_told(practice: Path) -> None:
    done = run("leak", practice, "--at", "yesterday")
    assert done.exit_code == 2
    assert "is not a moment" in done.output


def test_no_folder_and_no_demo_is_answered_with_the_way_out() -> None:
    done = run("leak")
    assert done.exit_code == 2
    assert "--demo" in done.output


def test_check_lists_every_problem_and_ends_with_1(tmp_path: Path) -> None:
    folder = _tables(tmp_path / "t", "1,c,t,2026-01-01,attended", "1,c,t,2026-02-30,came")
    done = run("check", folder)
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert "appointments.csv, row 3, starts_at: found '2026-02-30'" in lines[2] + lines[3]
    assert any("allowed: one of booked, attended" in line for line in lines)
    assert "4 problems" in done.output


def test_check_of_sound_tables_ends_with_0(practice: Path) -> None:
    done = run("check", practice)
    assert done.exit_code == 0
    assert "All of it keeps the rules." in done.output


def test_one_bad_date_among_many_rows_is_named(tmp_path: Path) -> None:
    rows = [f"{number},c{number},t,2026-01-01,attended" for number in range(20_000)]
    rows[15_000] = "15000,c15000,t,2026-13-01,attended"
    done = run("check", _tables(tmp_path / "t", *rows))
    assert done.exit_code == 1
    assert "row 15002, starts_at: found '2026-13-01'" in done.output


def test_a_folder_that_is_not_there_is_told_with_the_way_out(tmp_path: Path) -> None:
    done = run("leak", tmp_path / "nothing")
    assert done.exit_code == 4
    assert "holdfast import" in done.output


def test_an_importer_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    done = run("import", "abacus", tmp_path / "x.csv", "--to", tmp_path / "out")
    assert done.exit_code == 2
    assert "cliniko" in done.output


def test_a_known_systems_export_given_as_any_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "CLIENT_ID,APPOINTMENT_ID,LASTNAME,FIRSTNAME,STARTTIME,ENDTIME,LOCATION,NAME\n"
        "1,11,Ash,Tom,2026-11-02 14:30,2026-11-02 15:20,Main,Dr May\n"
    )
    done = run("import", "any", tmp_path / "a.csv", "--to", tmp_path / "out", "--dry-run")
    assert "a.csv looks like an export of TherapyAppointment" in done.output
    assert "import therapyappointment" in done.output
    assert "a.csv: 1 row under the heading in row 1" in done.output


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    folder = _tables(tmp_path / "t", "1,c,t,2026-01-01,attended")
    done = run("import", "tables", folder, "--to", tmp_path / "out", "--now", "2026-02-01", "--dry-run")
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "out").exists()


def test_an_import_ends_with_an_account(tmp_path: Path) -> None:
    folder = _tables(tmp_path / "t", "1,c,t,2026-01-01T10:00,attended", "2,c,t,2026-01-08T10:00,unknown")
    done = run("import", "tables", folder, "--to", tmp_path / "out", "--now", "2026-02-01")
    assert done.exit_code == 0, done.output
    assert "2 rows read, 2 appointments kept" in done.output
    assert "1 past appointment was never marked" in done.output


@pytest.mark.slow
def test_converting_to_parquet_gives_the_same_leak(practice: Path, tmp_path: Path) -> None:
    assert run("convert", practice, "--to", tmp_path / "p").exit_code == 0
    assert (tmp_path / "p" / "appointments.parquet").exists()
    first, second = (json.loads(run("leak", folder, "--json", "-").output) for folder in (practice, tmp_path / "p"))
    assert first == second


@pytest.mark.slow
def test_the_demo_can_be_written_and_read(tmp_path: Path) -> None:
    assert run("demo", "--to", tmp_path / "demo").exit_code == 0
    assert run("check", tmp_path / "demo").exit_code == 0


def test_a_folder_with_something_in_it_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear diary")
    assert run("demo", "--to", tmp_path).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.slow
def test_what_is_shared_holds_no_small_count(practice: Path) -> None:
    found = json.loads(run("leak", practice, "--share", "--by", "employment", "--json", "-").output)
    groups = found["groups"] + [group for item in found["breakdowns"] for group in item["groups"]]
    counts = [count for group in groups for step in group["funnel"] for count in step["lost"].values()]
    counts += [step[name] for group in groups for step in group["funnel"] for name in ("reached", "waiting")]
    assert counts
    assert not [count for count in counts if count is not None and 0 < count <= 10]


@pytest.mark.slow
def test_what_is_shared_of_a_small_practice_is_a_report_all_the_same(practice: Path, tmp_path: Path) -> None:
    done = run(
        "leak",
        practice,
        "--share",
        "--by",
        "referral_source",
        "--html",
        tmp_path / "shared.html",
        "--json",
        tmp_path / "s",
    )
    assert done.exit_code == 0, done.output
    shared = json.loads((tmp_path / "s").read_text(encoding="utf-8"))
    assert shared["evidence"]["appointments"] is None
    assert "too small to be shared" in " ".join(shared["notes"])


@pytest.mark.parametrize(
    "told", ['{"notice_hours": NaN}', '{"notice_hours": 1e400}', '{"notice_hours": -1}', "[", "[1]"]
)
def test_a_damaged_practice_file_is_told(tmp_path: Path, told: str) -> None:
    folder = _tables(tmp_path / "t", "1,c,t,2026-01-01,attended")
    (folder / "practice.json").write_text(told)
    done = run("check", folder)
    assert done.exit_code == 4
    assert "practice.json cannot be read" in done.output


@pytest.mark.parametrize(("form", "word"), [("semicolons", "parted by semicolons"), ("utf-16", "UTF-16 text")])
def test_what_a_spreadsheet_made_of_a_table_is_named(tmp_path: Path, form: str, word: str) -> None:
    folder = _tables(tmp_path / "t", "1,c,t,2026-01-01,attended")
    file = folder / "appointments.csv"
    text = file.read_text(encoding="utf-8")
    file.write_bytes(text.replace(",", ";").encode() if form == "semicolons" else text.encode("utf-16"))
    done = run("check", folder)
    assert done.exit_code == 3
    assert word in done.output
    assert "holdfast import tables" in done.output


# --- a process of its own ---------------------------------------------------------------------------


def process(*arguments: str, **how: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "holdfast", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how
    )


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "code"), [("leak nowhere", 4), ("leak", 2), ("--version", 0)])
def test_a_process_ends_with_the_code_of_what_happened(asked: str, code: int, tmp_path: Path) -> None:
    with process(*asked.split(), cwd=tmp_path) as done:
        said, warned = done.communicate()
    assert done.returncode == code
    assert said if code == 0 else warned  # nothing that was said is lost on the way out


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_error(practice: Path) -> None:
    with process("leak", str(practice)) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        assert b"Traceback" not in done.stderr.read()


def test_a_command_in_a_message_is_named_as_this_person_calls_it(monkeypatch, capsys):
    from holdfast import shell

    monkeypatch.setattr(shell, "CALLED", "./run")
    shell.say("First: holdfast site load DIR TABLES. pip install 'holdfast[site]' for Holdfast; holdfast.toml stays.")
    said = capsys.readouterr().out
    assert (
        said == "First: ./run site load DIR TABLES. pip install 'holdfast[site]' for Holdfast; holdfast.toml stays.\n"
    )
    shell.write_file(Path("-"), "holdfast leak")
    assert capsys.readouterr().out == "holdfast leak\n"
