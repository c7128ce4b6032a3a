"""The tables of docs/validation/silence-gicbt.md, worked out from a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from benchmarks.gicbt import DAYS, Run, Said
from benchmarks.gicbt_methods import Method
from benchmarks.gicbt_people import MEANINGS, agreement
from benchmarks.judging import Bools, Statistic, balanced_accuracy, bounded, difference, repeated, words
from benchmarks.pages import table
from benchmarks.plots import Panel

from holdfast.silence import metrics
from holdfast.silence.metrics import Floats

PUBLISHED = (0.641, 0.680, 0.714, 0.769, 0.796)
PUBLISHED_NAME = "published network, its 242 other people"
OURS = "Holdfast"
HEADING = ("", *(f"day {day}" for day in DAYS))
Judge = Callable[[Method, int], Statistic]


def sections(run: Run) -> dict[str, str]:
    """Every table of the page by the name of its markers."""
    everybody = np.ones(len(run.people), dtype=bool)
    return {
        "meaning": _meaning(run),
        "people": _people(run),
        "balanced": _by_day(run, _balanced(run), published=True),
        "auc": _by_day(run, _auc(run, lambda _: everybody)),
        "open-balanced": _by_day(run, _open_balanced(run), chosen=run.still_open),
        "open-auc": _by_day(run, _auc(run, run.still_open), chosen=run.still_open),
        "differences": _differences(run),
        "calibration": _calibration(run),
    }


TITLES = {
    "meaning": "What the label means",
    "people": "The people",
    "balanced": "Balanced accuracy, everybody",
    "auc": "AUC, everybody",
    "open-balanced": "Balanced accuracy, the undecided",
    "open-auc": "AUC, the undecided",
    "differences": "Holdfast less each other method",
    "calibration": "Chances beside what happened",
}


def printed(run: Run) -> str:
    """The same tables for a terminal."""
    return "\n\n".join(f"{TITLES[name]}\n\n{text}" for name, text in sections(run).items())


# --- who they are -----------------------------------------------------------------------------------


def _meaning(run: Run) -> str:
    groups = {"fitted on": run.train} if run.crossed else {"fitted on": run.train, "judged": run.people}
    rows = [
        [text, *(f"{agreement(people, name)} of {len(people)}" for people in groups.values())]
        for name, text in MEANINGS.items()
    ]
    return table(("adherent means", *(f"gives the label of ({name})" for name in groups)), rows)


def _people(run: Run) -> str:
    open_on = {day: run.still_open(day) for day in DAYS}
    rows = [
        ["people", *(str(len(run.people)) for _ in DAYS)],
        ["adherent in the end", *(str(run.labels.sum()) for _ in DAYS)],
        ["fewer than eight log-ins so far (undecided)", *(str(open_on[day].sum()) for day in DAYS)],
        ["of them adherent in the end", *(str(run.labels[open_on[day]].sum()) for day in DAYS)],
        ["eight or more so far", *(str((~open_on[day]).sum()) for day in DAYS)],
        ["of them *not* adherent in the end", *(str((~run.labels[~open_on[day]]).sum()) for day in DAYS)],
    ]
    return table(HEADING, rows)


# --- how well ---------------------------------------------------------------------------------------


def _weights(run: Run) -> Floats:
    return metrics.resampled(np.arange(len(run.people)), replicates=1_000)


def _balanced(run: Run) -> Judge:
    return lambda method, day: balanced_accuracy(run.labels, run.said[method.name, day].stays)


def _open_balanced(run: Run) -> Judge:
    def judge(method: Method, day: int) -> Statistic:
        here = run.still_open(day)
        return balanced_accuracy(run.labels[here], run.said[method.name, day].open_stays[:, here])

    return judge


def _auc(run: Run, chosen: Callable[[int], Bools]) -> Judge:
    def judge(method: Method, day: int) -> Statistic:
        here = chosen(day)
        return repeated(metrics.auc, run.labels[here], run.said[method.name, day].scores[:, here])

    return judge


def _by_day(run: Run, judge: Judge, *, chosen: Callable[[int], Bools] | None = None, published: bool = False) -> str:
    weights = _weights(run)
    rows = []
    for method in run.methods:
        cells = []
        for day in DAYS:
            here = weights[:, chosen(day)] if chosen else weights
            cells.append(words(bounded(judge(method, day), here)))
        rows.append([f"**{method.name}**" if method.name == OURS else method.name, *cells])
    if published:
        rows.append([PUBLISHED_NAME, *(f"{value:.3f}" for value in PUBLISHED)])
    return table(HEADING, rows)


def _differences(run: Run) -> str:
    weights = _weights(run)
    names = {method.name: method for method in run.methods}
    if OURS not in names:
        return table(HEADING, [])
    judges = {"balanced accuracy": _balanced(run), "AUC": _auc(run, lambda _: np.ones(len(run.people), dtype=bool))}
    rows = [
        [f"{what}, less {name}", *(_less(judge, names[OURS], other, day, weights) for day in DAYS)]
        for what, judge in judges.items()
        for name, other in names.items()
        if name != OURS
    ]
    return table(HEADING, rows)


def _less(judge: Judge, ours: Method, other: Method, day: int, weights: Floats) -> str:
    return words(bounded(difference(judge(ours, day), judge(other, day)), weights), signed=True)


def panels(run: Run) -> dict[str, Panel]:
    """Who stayed, and Holdfast's chance of it (the mean over the repetitions), day by day."""
    came = run.labels.astype(float)
    return {f"will he stay? day {day}": (came, run.said[OURS, day].scores.mean(axis=0)) for day in DAYS}


MEASURES: Sequence[tuple[str, metrics.Measure]] = (
    ("Brier", metrics.brier),
    ("observed : expected", metrics.observed_to_expected),
    ("intercept", metrics.calibration_intercept),
    ("slope", metrics.calibration_slope),
)


def _calibration(run: Run) -> str:
    weights = _weights(run)[:200]
    rows = [
        [f"{method.name}: {name}", *(_measured(measure, run, run.said[method.name, day], weights) for day in DAYS)]
        for name, measure in MEASURES
        for method in run.methods
        if method.is_chance
    ]
    return table(HEADING, rows)


def _measured(measure: metrics.Measure, run: Run, said: Said, weights: Floats) -> str:
    return words(bounded(repeated(measure, run.labels, said.scores), weights))
