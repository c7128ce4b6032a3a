"""Who will drop out of two real trials? At intake and after weeks 2 and 4, on sites that the model never saw.

    python -m benchmarks.ctn0094_silence --train ../shared/data/ctn0094_development
    python -m benchmarks.ctn0094_silence --train DIR --test DIR
    python -m benchmarks.ctn0094_silence --train ../shared/data/ctn0094_development --write-docs

With ``--train`` alone every site is judged by models fitted on the other sites. With ``--test``: fitted on the one
folder and judged on the other. The protocol and its limits are in docs/validation/silence-ctn0094.md; the last
command works out that page's tables again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from benchmarks.at_once import each
from benchmarks.ctn0094_methods import Method, baselines
from benchmarks.ctn0094_model import silence_model
from benchmarks.ctn0094_people import QUESTIONS, Participant, Question, dropped_out, read_people, sites
from benchmarks.judging import Bools

from holdfast.silence import metrics
from holdfast.silence.metrics import Floats, Ints

PAGE = Path(__file__).resolve().parent.parent / "docs" / "validation" / "silence-ctn0094.md"
SHUFFLES: Mapping[tuple[str, str], int] = {  # how often the outcomes are dealt out anew to look for a leak
    ("logistic regression", "client, arm"): 20,
    ("gradient boosting", "everything"): 3,
    ("Holdfast", "client, arm"): 1,
}


@dataclass(frozen=True, slots=True)
class Run:
    """The people who were judged, and what every method said of each at every landmark."""

    people: Sequence[Participant]
    fitted_on: int
    methods: Sequence[Method]
    said: Mapping[tuple[str, str], Mapping[Question, Floats]]  # name, what it was told -> question -> (people,)
    shuffled: Mapping[tuple[str, str], Sequence[float]]  # AUC at intake of models fitted on shuffled outcomes

    @property
    def dropped_out(self) -> Bools:
        return dropped_out(self.people)

    @property
    def sites(self) -> Ints:
        return sites(self.people)


def all_methods() -> list[Method]:
    """Holdfast's model with the site and with the arm in the therapist's place, as published, and the baselines."""
    ours = [silence_model("site"), silence_model("arm"), silence_model("site", prior_only=True)]
    return [*ours, *baselines()]


def sites_left_out(people: Sequence[Participant]) -> Iterator[tuple[Ints, Ints]]:
    """Training and test places, one site after the other."""
    site = sites(people)
    for left_out in np.unique(site):
        yield np.flatnonzero(site != left_out), np.flatnonzero(site == left_out)


@dataclass(frozen=True, slots=True)
class Job:
    """One method (its place among all) on these people. ``shuffle`` says that their outcomes are somebody else's."""

    method: int
    people: Sequence[Participant]
    splits: Sequence[tuple[Ints, Ints]]
    shuffle: int = 0


def done(job: Job) -> dict[Question, Floats]:
    """What a method says of everybody who is judged in one of the splits: question -> (people,)."""
    method = all_methods()[job.method]
    said: dict[Question, Floats] = {}
    fitted_on = method.prepare(job.people)
    for number, (train, test) in enumerate(job.splits, start=1):
        what = f", outcomes shuffled, {job.shuffle}" if job.shuffle else ""
        print(f"{method.name} ({method.told}{what}): {number} of {len(job.splits)}", file=sys.stderr, flush=True)
        for question, scores in fitted_on(train).items():
            said.setdefault(question, np.full(len(job.people), np.nan))[test] = scores[test]
    return said


def left_out_one_by_one(people: Sequence[Participant]) -> Run:
    """Every site judged by models that never saw it; and the same with shuffled outcomes, to look for a leak."""
    splits, methods = list(sites_left_out(people)), all_methods()
    plain = [Job(place, people, splits) for place in range(len(methods))]
    shuffled = [
        Job(place, dealt, splits, number)
        for place, method in enumerate(methods)
        for number, dealt in enumerate(_dealt(people, SHUFFLES.get((method.name, method.told), 0)), start=1)
    ]
    found = each(done, [*plain, *shuffled])
    said = {(method.name, method.told): one for method, one in zip(methods, found, strict=False)}
    return Run(people, len(people), methods, said, _shuffled_auc(methods, shuffled, found[len(plain) :]))


def _dealt(people: Sequence[Participant], times: int, *, seed: int = 0) -> Iterator[list[Participant]]:
    """The same people, each with the outcome of somebody else."""
    generator = np.random.default_rng(seed)
    for _ in range(times):
        others = [people[place] for place in generator.permutation(len(people))]
        yield [
            replace(one, dropped_out=other.dropped_out, week=other.week)
            for one, other in zip(people, others, strict=True)
        ]


def _shuffled_auc(
    methods: Sequence[Method], jobs: Sequence[Job], found: Sequence[Mapping[Question, Floats]]
) -> dict[tuple[str, str], list[float]]:
    aucs: dict[tuple[str, str], list[float]] = {}
    for job, said in zip(jobs, found, strict=True):
        method = methods[job.method]
        auc = float(metrics.auc(dropped_out(job.people).astype(float), said[QUESTIONS[0]])[0])
        aucs.setdefault((method.name, method.told), []).append(auc)
    return aucs


def on_others(train: Sequence[Participant], test: Sequence[Participant]) -> Run:
    """Fitted on one group of people and judged on another."""
    others = [replace(one, who=f"{one.who}-judged") for one in test]  # two files may use one number for two people
    places, methods = np.arange(len(train) + len(test)), all_methods()
    splits = [(places[: len(train)], places[len(train) :])]
    found = each(done, [Job(place, [*train, *others], splits) for place in range(len(methods))])
    said = {
        (method.name, method.told): {question: scores[splits[0][1]] for question, scores in one.items()}
        for method, one in zip(methods, found, strict=True)
    }
    return Run(test, len(train), methods, said, {})


def main() -> None:
    from benchmarks.ctn0094_silence_page import panels, printed, sections
    from benchmarks.pages import rewrite
    from benchmarks.plots import calibration

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--train", type=Path, required=True, help="a folder such as ctn0094_development to fit on")
    parser.add_argument("--test", type=Path, help="such a folder to judge on; without it: one site after the other")
    parser.add_argument("--write-docs", action="store_true", help=f"work out the tables in {PAGE.name} again")
    told = parser.parse_args()
    if told.test is not None and told.write_docs:
        parser.error(f"{PAGE.name} tells of the sites left out one by one: leave --test out to write it")
    train = read_people(told.train)
    run = on_others(train, read_people(told.test)) if told.test else left_out_one_by_one(train)
    print(printed(run))
    if told.write_docs:
        calibration(PAGE.with_name("silence-ctn0094-calibration.svg"), panels(run))
        print("changed" if rewrite(PAGE, sections(run)) else "already current")


if __name__ == "__main__":
    main()
