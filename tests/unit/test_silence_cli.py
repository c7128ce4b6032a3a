"""The commands that judge the model: what they write, what they say, and with which code they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.silence import evaluations

from holdfast.cli import commands
from holdfast.errors import UsageError
from holdfast.silence import baselines, evaluate
from holdfast.silence.evaluation import Evaluation, evaluation_schema
from holdfast.simulate import World, demo_practice, write


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    write(demo_practice(World(clients=60, n_therapists=2)), folder)
    return folder


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Evaluation:
    """Spare the minutes that judging takes: these tests are about what is done with it."""
    found = evaluations.evaluation()
    monkeypatch.setattr(evaluate, "evaluate", lambda tables, **asked: found)
    return found


def test_it_prints_what_was_found_and_writes_both_files(practice: Path, judged: Evaluation, tmp_path: Path) -> None:
    done = run("evaluate", practice, "--json", tmp_path / "e.json", "--html", tmp_path / "e.html")
    assert done.exit_code == 0, done.output
    assert "silently left, the model expected" in done.output.replace("\n", " ").replace("  ", " ")
    assert Evaluation.read((tmp_path / "e.json").read_text(encoding="utf-8")) == judged
    assert (tmp_path / "e.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_alone_is_printed_when_asked_for(practice: Path, judged: Evaluation) -> None:
    assert json.loads(run("evaluate", practice, "--json", "-").output)["seed"] == judged.seed


def test_a_history_that_is_too_short_is_told(practice: Path) -> None:
    done = run("evaluate", practice, "--at", "2024-08-01")
    assert done.exit_code == 2
    assert "history is too short" in done.output


def test_without_scikit_learn_it_says_what_to_install(practice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise UsageError("Install them with: pip install 'holdfast[evaluate]'")

    monkeypatch.setattr(evaluate, "needed", missing)
    done = run("evaluate", practice)
    assert done.exit_code == 2
    assert "pip install 'holdfast[evaluate]'" in done.output
    assert baselines.needed is not missing


@pytest.mark.slow
def test_the_card_uses_an_evaluation_that_was_kept(practice: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(evaluations.evaluation().model_dump_json(), encoding="utf-8")
    done = run("card", practice, "--evaluation", kept, "--html", tmp_path / "card.html")
    assert done.exit_code == 0, done.output
    assert "Was it his last?" in (tmp_path / "card.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_without_a_file_the_card_is_printed(practice: Path, judged: Evaluation) -> None:
    done = run("card", practice)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("# The silence model's card")


@pytest.mark.slow
def test_a_practice_too_young_to_be_judged_has_a_card_all_the_same(practice: Path) -> None:
    done = run("card", practice, "--at", "2024-08-01")
    assert done.exit_code == 0, done.output
    assert "It has not been judged here. The history is too short" in done.output


def test_another_file_is_no_evaluation(practice: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    done = run("card", practice, "--evaluation", tmp_path / "x.json")
    assert done.exit_code == 2
    assert "This is not an evaluation" in done.output


def test_the_schema_is_printed() -> None:
    assert json.loads(run("schema", "evaluation").output) == evaluation_schema()
