"""Whatever stands in an export: an importer refuses it in words, or accounts for every row of it."""

from __future__ import annotations

import random
from copy import deepcopy

import pytest

from holdfast.tables.sources import MODULES, source
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.source import Imported
from tests.interop import trial
from tests.interop.mutations import changed, parts_of, written

FEW, MANY = 24, 1_152  # of each of the 24 samples as many
FLOOR = 0.80  # of the branches of all modules that read exports


def test_every_importer_has_a_sample() -> None:
    assert {folder.name.split("_")[0] for folder in trial.SAMPLES.iterdir()} == set(MODULES)


@pytest.mark.parametrize("sample", sorted(folder.name for folder in trial.SAMPLES.iterdir()))
def test_each_sample_is_an_export_of_its_system(sample: str) -> None:
    """Unchanged, it is known by its own system and by no other; otherwise the trial would try out refusals alone."""
    files = [SourceFile(path.name, path.read_bytes()) for path in (trial.SAMPLES / sample).iterdir()]
    asked_for_by_name = {"any", "tables"}
    known = {name for name in MODULES if any(source(name).knows(file) for file in files)} - asked_for_by_name
    assert known == {sample.split("_")[0]} - asked_for_by_name


@pytest.mark.long
def test_a_few_wrong_exports_are_refused_in_words_or_accounted_for() -> None:
    done = trial.main(FEW, first=0)
    assert not done.wrong, "\n".join(done.wrong)
    assert done.inputs == done.taken + done.refused == FEW


@pytest.mark.slow
def test_many_wrong_exports_are_too_and_they_go_through_most_branches_of_the_importers() -> None:
    done, modules = trial.branches(MANY, first=2 * FEW)
    assert not done.wrong, "\n".join(done.wrong)
    assert min(done.taken, done.refused, done.counted) > MANY / 5  # a trial of refusals alone would show little
    taken, of = sum(one.taken for one in modules.values()), sum(one.of for one in modules.values())
    assert len(modules) > len(MODULES), "the importers were not measured"
    assert taken >= FLOOR * of, "\n".join(trial.branch_lines(modules))


def test_a_number_gives_the_same_input_again() -> None:
    sample = parts_of(trial.SAMPLES / "jane")

    def made(number: int) -> list[SourceFile]:
        parts, dice = deepcopy(sample), random.Random(number)
        changed(parts, dice)
        return written(parts, dice)

    assert made(5) == made(5)
    assert len({file.data for number in range(20) for file in made(number)}) > 15


def test_the_trial_notices_what_it_is_there_for(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Imported(rows_read=3, rows={"appointments": [{}]})
    lost.skip("no client")
    assert list(trial.unaccounted(source("jane"), lost, given=None))
    assert list(trial.unaccounted(source("openemr"), lost, given=None))
    lost.skip("never booked")
    assert not list(trial.unaccounted(source("jane"), lost, given=3))
    assert list(trial.unaccounted(source("jane"), lost, given=4))
    file = SourceFile("list.csv", b"")
    assert not list(trial.unhelpful("list.csv is empty. Export it again.", [file]))
    assert list(trial.unhelpful("It is empty. Export it again.", [file]))
    assert list(trial.unhelpful("list.csv is empty.", [file]))

    def breaks(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(trial, "_read", breaks)
    assert any("KeyError" in wrong for wrong in trial.main(4, first=0).wrong)


def test_what_is_told_of_branches_names_those_that_were_not_taken() -> None:
    lines = list(trial.branch_lines({"jane": trial.Taken(3, 4, ["10->12"]), "words": trial.Taken(0, 0, [])}))
    assert lines == ["3 of 4 branches were taken: 75.0%", "  jane: 3 of 4 (75%); not 10->12"]
