"""The list of silences: for a spreadsheet, for a program, and on a terminal."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime

import polars as pl
import pytest
from click.testing import CliRunner
from rich.console import Console

from holdfast.cli import commands
from holdfast.errors import UsageError
from holdfast.silence import predict_moments
from holdfast.silence.listing import COLUMNS, _chance, by_worth, csv_text, json_text, show, write
from holdfast.silence.overdue import overdue
from holdfast.silence.policy import SPEAKING
from holdfast.silence.reasons import REASON
from holdfast.tables.write import write_tables

pytestmark = pytest.mark.long  # one practice, made and worked out for all of them


@pytest.fixture(scope="module")
def listed(small_moments, small_fitted):
    return predict_moments(small_fitted, small_moments), small_fitted, small_moments


def test_the_csv_has_the_promised_columns_and_everyone(listed):
    rows = list(csv.DictReader(io.StringIO(csv_text(listed[0]))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == listed[0].height
    assert datetime.fromisoformat(rows[0]["last_session_at"])
    assert 0 <= float(rows[0]["p_left_low"]) <= float(rows[0]["p_left"]) <= float(rows[0]["p_left_high"]) <= 1


def test_no_cell_is_a_formula(listed):
    odd = listed[0].head(1).with_columns(client_id=pl.lit('=cmd("x")'))
    assert csv_text(odd).splitlines()[1].startswith("\"'=cmd")


def test_the_json_keeps_signal_words_and_effect(listed):
    told = json.loads(json_text(*listed[:2]))
    assert told["mostly_published"] is True
    reasons = [reason for row in told["silences"] for reason in row["reasons"]]
    assert reasons
    assert all(set(reason) == {"signal", "words", "effect"} for reason in reasons)


def test_a_file_of_another_kind_is_refused(listed, tmp_path):
    with pytest.raises(UsageError, match=r"\.csv or \.json"):
        write(*listed[:2], tmp_path / "silences.xlsx")


@pytest.mark.slow
def test_the_command_lists_writes_keeps_and_uses_a_model(small_practice, tmp_path):
    write_tables(small_practice, tmp_path / "practice", form="csv")
    folder, model, out = str(tmp_path / "practice"), str(tmp_path / "model.json"), str(tmp_path / "out.csv")
    first = CliRunner().invoke(commands, ["silence", folder, "--save", model, "--out", out])
    assert first.exit_code == 0, first.output
    assert "open courses of therapy" in first.output
    assert "Mostly from published studies and from this practice's own history" in " ".join(first.output.split())
    second = CliRunner().invoke(commands, ["silence", folder, "--model", model, "--out", str(tmp_path / "again.csv")])
    assert second.exit_code == 0, second.output
    assert "the model in model.json was fitted on" in " ".join(second.output.split())
    first_clients, again = (pl.read_csv(tmp_path / name)["client_id"] for name in ("out.csv", "again.csv"))
    assert first_clients.equals(again)


def test_the_command_refuses_a_model_and_the_prior_at_once(small_practice, tmp_path):
    (tmp_path / "m.json").write_text("{}")
    found = CliRunner().invoke(commands, ["silence", "--demo", "--prior-only", "--model", str(tmp_path / "m.json")])
    assert found.exit_code == 2
    assert "exclude each other" in found.output


def test_the_first_are_those_with_whom_a_word_is_worth_most(listed):
    """Not the surest: whoever has been gone for half a year is no longer reached sooner by a week."""
    frame = by_worth(listed[0])
    gains = [SPEAKING.gain(*pair) for pair in frame.select("p_left", "days_silent").iter_rows()]
    assert gains == sorted(gains, reverse=True)
    worth = frame.filter(pl.col("gain") >= SPEAKING.least_gain)
    left_out = frame.filter(pl.col("gain") < SPEAKING.least_gain)
    assert left_out.filter((pl.col("p_left") > 0.9) & (pl.col("days_silent") < 28)).is_empty()
    assert worth["days_silent"].max() < 94 < left_out["days_silent"].max()
    assert next(csv.DictReader(io.StringIO(csv_text(listed[0]))))["client_id"] == worth["client_id"][0]


def test_circumstances_are_no_reason_to_read_out(listed, capsys):
    """They stand in the file; there is nothing to talk about in being 26."""
    reasons = [{"signal": signal, "words": signal, "effect": 1.0} for signal in ("age", "gender", "quiet")]
    frame = (
        listed[0]
        .head(1)
        .with_columns(p_left=0.9, days_silent=10.0, reasons=pl.Series([reasons], dtype=pl.List(REASON)))
    )
    show(frame, listed[1], listed[2], Console(width=80))
    assert "Quiet." in capsys.readouterr().out


@pytest.mark.slow
def test_a_moment_before_anything_happened_lists_nobody(small_practice, tmp_path):
    write_tables(small_practice, tmp_path / "practice", form="csv")
    found = CliRunner().invoke(commands, ["silence", str(tmp_path / "practice"), "--at", "2020-01-01"])
    assert found.exit_code == 0, found.output
    assert "no open course" in found.output


@pytest.mark.slow
def test_a_model_that_knows_what_came_later_is_refused(small_practice, tmp_path):
    write_tables(small_practice, tmp_path / "practice", form="csv")
    folder, model = str(tmp_path / "practice"), str(tmp_path / "model.json")
    assert CliRunner().invoke(commands, ["silence", folder, "--save", model]).exit_code == 0
    found = CliRunner().invoke(commands, ["silence", folder, "--model", model, "--at", "2026-06-01"])
    assert found.exit_code == 2
    assert "it knows what came later" in " ".join(found.output.split())


@pytest.mark.slow
def test_an_evening_after_the_export_is_warned_of(small_practice, tmp_path):
    write_tables(small_practice, tmp_path / "practice", form="csv")
    found = CliRunner().invoke(commands, ["silence", str(tmp_path / "practice"), "--at", "2026-12-20"])
    assert found.exit_code == 0, found.output
    assert "The export ends on 20 November 2026" in " ".join(found.output.split())


@pytest.mark.slow
def test_the_plain_list_needs_no_model(small_practice, tmp_path):
    write_tables(small_practice, tmp_path / "practice", form="csv")
    found = CliRunner().invoke(commands, ["silence", str(tmp_path / "practice"), "--overdue"])
    assert found.exit_code == 0, found.output
    every = overdue(small_practice)
    assert f"{len(every)} clients are overdue" in found.output
    assert every[0].client_id in found.output


def test_a_folder_that_is_not_there_is_told_before_any_work(tmp_path):
    found = CliRunner().invoke(commands, ["silence", "--demo", "--out", str(tmp_path / "nowhere" / "x.csv")])
    assert found.exit_code == 2
    assert "there is no folder" in found.output


@pytest.mark.parametrize(
    ("chance", "low", "high", "words"),
    [
        (0.996, 0.996, 1.0, "more than 9 in 10"),
        (0.97, 0.71, 0.995, "more than 9 in 10\n(at least 7)"),
        (0.92, 0.91, 0.99, "about 9 in 10\n(at least 9)"),
        (0.36, 0.22, 0.51, "about 4 in 10\n(between 2 and 6)"),
        (0.5, 0.04, 0.96, "about 5 in 10\n(it could be anything)"),
        (0.08, 0.02, 0.18, "about 1 in 10\n(at most 2)"),
        (0.03, 0.0, 0.21, "less than 1 in 10\n(at most 3)"),
        (0.01, 0.0, 0.04, "less than 1 in 10"),
    ],
)
def test_a_chance_has_its_range_where_that_says_more(chance, low, high, words):
    assert _chance({"p_left": chance, "p_left_low": low, "p_left_high": high}) == words


def test_ids_are_shown_as_they_are_and_steer_nothing(listed, capsys):
    frame = (
        listed[0]
        .head(2)
        .with_columns(
            client_id=pl.Series(["[/b]", "\x1b[31mred"]),
            p_left=0.9,
            days_silent=10.0,
            reasons=pl.lit([], pl.List(REASON)),
        )
    )
    show(frame, listed[1], listed[2], Console(width=80))
    shown = capsys.readouterr().out
    assert "[/b]" in shown
    assert "\x1b" not in shown


def test_a_practice_that_marks_nothing_is_told_so(listed, capsys):
    show(listed[0].clear(), listed[1], replace(listed[2], sessions=0), Console(width=80))
    assert "no appointment is marked as attended" in " ".join(capsys.readouterr().out.split())


@pytest.fixture(name="one_wrong_date", scope="module")
def _one_wrong_date(tmp_path_factory):
    """A folder that does not say when it was exported, with one appointment attended in 2162."""
    rows = [f"a{n},c{n % 3},t1,20{20 + n % 5}-0{1 + n % 9}-05T10:00,attended" for n in range(30)]
    folder = tmp_path_factory.mktemp("wrong") / "practice"
    folder.mkdir()
    head = "appointment_id,client_id,therapist_id,starts_at,status"
    (folder / "appointments.csv").write_text("\n".join([head, *rows, "b,c1,t1,2162-01-05T10:00,attended"]) + "\n")
    return folder


@pytest.mark.parametrize("command", [["silence"], ["silence", "--overdue"], ["leak"], ["evaluate"], ["card"]])
def test_one_date_that_is_still_to_come_does_not_make_everybody_leave(one_wrong_date, command):
    found = CliRunner().invoke(commands, [*command, str(one_wrong_date)])
    assert found.exit_code == 2
    assert "dated 5 January 2162, which is still to come" in " ".join(found.output.split())


def test_whoever_says_from_when_to_look_is_shown_who_is_overdue_then(one_wrong_date):
    found = CliRunner().invoke(commands, ["silence", "--overdue", "--at", "2025-06-01", str(one_wrong_date)])
    assert found.exit_code == 0, found.output


@pytest.mark.parametrize("more", [["--prior-only"], ["--out", "x.csv"], ["--save", "m.json"]])
def test_the_plain_list_takes_no_options_of_the_model(more):
    found = CliRunner().invoke(commands, ["silence", "--demo", "--overdue", *more])
    assert found.exit_code == 2
    assert "without a model" in found.output
