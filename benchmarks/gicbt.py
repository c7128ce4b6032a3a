"""Will he stay in an internet treatment? From log-ins alone, after 7, 11, 20, 28 and 42 of its 56 days.

    python -m benchmarks.gicbt --train ../shared/data/gicbt_development100
    python -m benchmarks.gicbt --train DIR --test DIR
    python -m benchmarks.gicbt --train ../shared/data/gicbt_development100 --write-docs

With ``--train`` alone: repeated cross-validation in five folds. With ``--test``: fitted on the one folder and
judged on the other. The protocol and its limits are in docs/validation/silence-gicbt.md; the last command works out
that page's tables again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from benchmarks.at_once import each
from benchmarks.gicbt_methods import BASELINES, Method
from benchmarks.gicbt_model import silence_model
from benchmarks.gicbt_people import ENOUGH, Person, known, labels_of, read_people
from benchmarks.judging import Bools, cut_off
from sklearn.model_selection import StratifiedKFold

from holdfast.silence.metrics import Floats, Ints

PAGE = Path(__file__).resolve().parent.parent / "docs" / "validation" / "silence-gicbt.md"
DAYS = (7, 11, 20, 28, 42)
FOLDS = 5
REPETITIONS = 5
METHODS = (silence_model(), silence_model(prior_only=True), *BASELINES)


@dataclass(frozen=True, slots=True)
class Split:
    """Who is fitted on and who is judged, as places among everybody."""

    repetition: int
    train: Ints
    test: Ints


@dataclass(frozen=True, slots=True)
class Said:
    """What one method said of everybody judged on one day: (repetitions, people).

    ``stays`` decided with the cut-off that is best for all training people, ``open_stays`` with the one that is
    best for those of them who had not yet logged in often enough.
    """

    scores: Floats
    stays: Bools
    open_stays: Bools

    def of(self, people: Ints) -> Said:
        return Said(self.scores[:, people], self.stays[:, people], self.open_stays[:, people])


@dataclass(frozen=True, slots=True)
class Run:
    """The people who were judged, those who were fitted on, and all that was said, by method and day."""

    train: Sequence[Person]
    people: Sequence[Person]
    methods: Sequence[Method]
    repetitions: int
    said: Mapping[tuple[str, int], Said]

    @property
    def crossed(self) -> bool:
        return self.train is self.people

    @property
    def labels(self) -> Bools:
        return labels_of(self.people)

    def still_open(self, day: int) -> Bools:
        return still_open(self.people, day)


def still_open(people: Sequence[Person], day: int) -> Bools:
    """Who had logged in fewer than eight times by a day."""
    return np.asarray(known(people, day)[:, 0] < ENOUGH)


def crossed(labels: Bools, repetitions: int, *, seed: int = 0) -> Iterator[Split]:
    """Five folds with as many of each label, dealt anew in each repetition."""
    for repetition in range(repetitions):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed + repetition)
        for train, test in folds.split(np.zeros(labels.size), labels):
            yield Split(repetition, train, test)


def cross_validated(people: Sequence[Person], repetitions: int) -> Run:
    """Everybody is judged once a repetition, by models that never saw him."""
    splits = list(crossed(labels_of(people), repetitions))
    found = each(done, [Job(place, people, splits, repetitions) for place in range(len(METHODS))])
    return Run(people, people, METHODS, repetitions, _by_name(found))


def on_others(train: Sequence[Person], test: Sequence[Person]) -> Run:
    """Fitted on one group of people and judged on another."""
    others = [replace(one, who=f"{one.who}-judged") for one in test]  # two files may use one number for two people
    places = np.arange(len(train) + len(test))
    split = Split(0, places[: len(train)], places[len(train) :])
    found = each(done, [Job(place, [*train, *others], [split], 1) for place in range(len(METHODS))])
    kept = [{day: one.of(split.test) for day, one in by_day.items()} for by_day in found]
    return Run(train, test, METHODS, 1, _by_name(kept))


@dataclass(frozen=True, slots=True)
class Job:
    """One method (its place among all) on these people."""

    method: int
    people: Sequence[Person]
    splits: Sequence[Split]
    repetitions: int


def done(job: Job) -> dict[int, Said]:
    """What a method said of everybody who is judged in one of the splits, by day."""
    method = METHODS[job.method]
    shape = (job.repetitions, len(job.people))
    said = {day: Said(np.full(shape, np.nan), np.zeros(shape, bool), np.zeros(shape, bool)) for day in DAYS}
    labels = labels_of(job.people)
    fitted_on = method.prepare(job.people, DAYS)
    for number, split in enumerate(job.splits, start=1):
        print(f"{method.name}: {number} of {len(job.splits)}", file=sys.stderr, flush=True)
        for day, scores in fitted_on(split.train).items():
            _note(said[day], split, scores, labels, still_open(job.people, day))
    return said


def _by_name(found: Sequence[Mapping[int, Said]]) -> dict[tuple[str, int], Said]:
    named = zip(METHODS, found, strict=True)
    return {(method.name, day): one for method, by_day in named for day, one in by_day.items()}


def _note(into: Said, split: Split, scores: Floats, labels: Bools, open_: Bools) -> None:
    """Write down what was said of the people to be judged, and decide with the cut-offs of the training people."""
    test, train = (split.repetition, split.test), split.train
    into.scores[test] = scores[split.test]
    into.stays[test] = scores[split.test] >= cut_off(labels[train], scores[train])
    train_open = train[open_[train]]
    into.open_stays[test] = scores[split.test] >= cut_off(labels[train_open], scores[train_open])


def main() -> None:
    from benchmarks.gicbt_page import panels, printed, sections
    from benchmarks.pages import rewrite
    from benchmarks.plots import calibration

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--train", type=Path, required=True, help="a folder with sessions.csv to fit on")
    parser.add_argument(
        "--test", type=Path, help="a folder with sessions.csv to judge on; without it: cross-validation"
    )
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="of the cross-validation")
    parser.add_argument("--write-docs", action="store_true", help=f"work out the tables in {PAGE.name} again")
    told = parser.parse_args()
    if told.test is not None and told.write_docs:
        parser.error(f"{PAGE.name} tells of the cross-validation: leave --test out to write it")
    train = read_people(told.train)
    run = on_others(train, read_people(told.test)) if told.test else cross_validated(train, told.repetitions)
    print(printed(run))
    if told.write_docs:
        calibration(PAGE.with_name("silence-gicbt-calibration.svg"), panels(run))
        print("changed" if rewrite(PAGE, sections(run)) else "already current")


if __name__ == "__main__":
    main()
