"""The list of silences: for a spreadsheet, for a program, and on a terminal."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import polars as pl
import pytest
from click.testing import CliRunner

from holdfast.cli import commands
from holdfast.errors import UsageError
from holdfast.silence import fit_moments, moments, predict_moments
from holdfast.silence.listing import COLUMNS, csv_text, json_text, worth_a_word, write
from holdfast.silence.policy import SPEAKING
from holdfast.tables.write import write_tables


@pytest.fixture(scope="module")
def listed(small_practice):
    found = moments(small_practice)
    fitted = fit_moments(found)
    return predict_moments(fitted, found), fitted


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
    told = json.loads(json_text(*listed))
    assert told["mostly_published"] is True
    reasons = [reason for row in told["silences"] for reason in row["reasons"]]
    assert reasons
    assert all(set(reason) == {"signal", "words", "effect"} for reason in reasons)


def test_a_file_of_another_kind_is_refused(listed, tmp_path):
    with pytest.raises(UsageError, match=r"\.csv or \.json"):
        write(*listed, tmp_path / "silences.xlsx")


def test_the_command_lists_writes_keeps_and_uses_a_model(small_practice, tmp_path):
    write_tables(small_practice, tmp_path / "practice", form="csv")
    folder, model, out = str(tmp_path / "practice"), str(tmp_path / "model.json"), str(tmp_path / "out.csv")
    first = CliRunner().invoke(commands, ["silence", folder, "--save", model, "--out", out])
    assert first.exit_code == 0, first.output
    assert "open episodes" in first.output
    assert "Mostly from published studies" in first.output
    second = CliRunner().invoke(commands, ["silence", folder, "--model", model, "--out", str(tmp_path / "again.csv")])
    assert second.exit_code == 0, second.output
    first_clients, again = (pl.read_csv(tmp_path / name)["client_id"] for name in ("out.csv", "again.csv"))
    assert first_clients.equals(again)


def test_the_command_refuses_a_model_and_the_prior_at_once(small_practice, tmp_path):
    found = CliRunner().invoke(commands, ["silence", "--demo", "--prior-only", "--model", str(tmp_path / "m.json")])
    assert found.exit_code == 2
    assert "exclude each other" in found.output


def test_the_terminal_names_first_with_whom_a_word_is_worth_most(listed):
    """Not the surest: whoever has been gone for half a year is no longer reached sooner by a week."""
    worth = worth_a_word(listed[0])
    gains = [SPEAKING.gain(*pair) for pair in worth.select("p_left", "days_silent").iter_rows()]
    assert gains == sorted(gains, reverse=True)
    assert min(gains) >= SPEAKING.least_gain
    left_out = listed[0].join(worth, on=["client_id", "therapist_id", "episode"], how="anti")
    assert left_out.filter((pl.col("p_left") > 0.9) & (pl.col("days_silent") < 28)).is_empty()
    assert worth["days_silent"].max() < 94 < left_out["days_silent"].max()


def test_a_moment_before_anything_happened_lists_nobody(small_practice, tmp_path):
    write_tables(small_practice, tmp_path / "practice", form="csv")
    found = CliRunner().invoke(commands, ["silence", str(tmp_path / "practice"), "--at", "2020-01-01"])
    assert found.exit_code == 0, found.output
    assert "no open episode" in found.output
