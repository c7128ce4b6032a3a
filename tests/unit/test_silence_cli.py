"""The commands that judge the model: what they write, what they say, and with which code they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.silence import evaluations

from holdfast.cli import commands
from holdfast.errors import UsageError
from holdfast.silence import baselines, evaluate, moments
from holdfast.silence.evaluation import Evaluation, evaluation_schema
from holdfast.simulate import World, demo_practice, write
from holdfast.tables import read_tables


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
    assert done.output.endswith(f"The evaluation: {tmp_path / 'e.json'}\nThe report: {tmp_path / 'e.html'}\n")


def test_json_alone_is_printed_when_asked_for(practice: Path, judged: Evaluation) -> None:
    assert json.loads(run("evaluate", practice, "--json", "-").output)["seed"] == judged.seed


def test_what_is_printed_stays_whole_beside_a_file(practice: Path, judged: Evaluation, tmp_path: Path) -> None:
    done = run("evaluate", practice, "--json", "-", "--html", tmp_path / "e.html")
    assert json.loads(done.stdout)["seed"] == judged.seed
    assert done.stderr == f"The report: {tmp_path / 'e.html'}\n"


def test_in_a_pipe_it_says_on_stderr_how_far_it_has_come(practice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(tables: object, *, report: Callable[[str, float], None], **asked: object) -> Evaluation:
        for step in range(201):
            report(f"Step {step}", step / 200)
        return evaluations.evaluation()

    monkeypatch.setattr(evaluate, "evaluate", judge)
    done = run("evaluate", practice, "--json", "-")
    lines = done.stderr.splitlines()
    assert lines[0].startswith("  0 %  Step 0 (")
    assert lines[-1].startswith("100 %  Step 200 (")
    assert len(lines) == 21
    json.loads(done.stdout)


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


@pytest.fixture(scope="module")
def of_this_practice(practice: Path) -> Evaluation:
    """An evaluation of this practice on the day of its export."""
    tables = read_tables(practice)
    known = moments(tables)
    whole = evaluations.evaluation()
    last = whole.origins[-1].model_copy(update={"at": known.at, "sessions": known.sessions})
    same = {"practice": tables.practice.name, "at": known.at, "origins": [*whole.origins[:-1], last]}
    return whole.model_copy(update=same)


def kept(evaluation: Evaluation, file: Path) -> Path:
    file.write_text(evaluation.model_dump_json(), encoding="utf-8")
    return file


@pytest.mark.slow
def test_the_card_uses_an_evaluation_that_was_kept_and_names_its_files(
    practice: Path, of_this_practice: Evaluation, tmp_path: Path
) -> None:
    files = {"--html": tmp_path / "card.html", "--md": tmp_path / "card.md"}
    evaluation = kept(of_this_practice, tmp_path / "kept.json")
    done = run("card", practice, "--evaluation", evaluation, *(word for pair in files.items() for word in pair))
    assert done.exit_code == 0, done.output
    for file in files.values():
        assert "Was it his last?" in file.read_text(encoding="utf-8")
        assert f": {file}\n" in done.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"practice": "Elsewhere"}, 'it is of "Elsewhere", and these are of "Simulated practice"'),
        ({"practice": None}, 'it is of a practice without a name, and these are of "Simulated practice"'),
        ({"at": datetime(2026, 8, 1, 18)}, "it ends on 1 August 2026, and the card would be of"),  # noqa: DTZ001
        ({"origins": evaluations.origins()}, "on 28 August 2026 it knew 900 sessions, and these tables know"),
    ],
)
def test_the_card_refuses_an_evaluation_of_other_tables(
    practice: Path, of_this_practice: Evaluation, tmp_path: Path, other: dict[str, object], said: str
) -> None:
    differing = of_this_practice.model_copy(update=other)
    done = run("card", practice, "--evaluation", kept(differing, tmp_path / "kept.json"))
    words = " ".join(done.output.split())
    assert done.exit_code == 2, words
    assert said in words
    assert "holdfast evaluate DIR --json FILE" in words


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
