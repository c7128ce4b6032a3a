"""The tables of docs/validation/silence-ctn0094.md, worked out from a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from benchmarks.ctn0094_methods import Method
from benchmarks.ctn0094_people import HAS_LEFT, LANDMARKS, QUESTIONS, Question, days_silent, dropped_out, still_in
from benchmarks.ctn0094_silence import Run
from benchmarks.judging import Bools, auc_within, bounded, difference, repeated, words
from benchmarks.pages import percent, table
from benchmarks.plots import Panel

from holdfast.insight.uncertainty import Interval, proportion
from holdfast.silence import metrics
from holdfast.silence.metrics import Floats, Measure

OURS = "Holdfast"
STILL_IN = tuple(question for question in QUESTIONS if not question.everybody)
EVERYBODY = tuple(question for question in QUESTIONS if question.everybody)
ENOUGH_SITES = 10  # to draw whole sites; with fewer, people are drawn
WHEN = {0: "intake", 2: "week 2", 4: "week 4"}
CALIBRATION: Mapping[str, Measure] = {
    "Brier": metrics.brier,
    "observed : expected": metrics.observed_to_expected,
    "intercept": metrics.calibration_intercept,
    "slope": metrics.calibration_slope,
}
TITLES = {
    "people": "The people",
    "auc": "AUC, those still in",
    "auc-men": "AUC, men still in",
    "auc-within": "AUC within sites, those still in",
    "auc-everybody": "AUC, everybody",
    "differences": "Holdfast less each other method, told the same",
    "has-left": "Has he left already? Holdfast told the arm, beside who never came again",
    "calibration": "Chances beside what happened, those still in",
    "calibration-men": "Chances beside what happened, men still in",
    "calibration-everybody": "Chances beside what happened, everybody",
    "shuffled": "AUC at intake with shuffled outcomes",
    "by-arm": "Dropped out by arm, and expected by Holdfast told the arm",
}


def sections(run: Run) -> dict[str, str]:
    """Every table of the page by the name of its markers."""
    men = np.array([one.man for one in run.people])
    anybody = np.ones(len(run.people), dtype=bool)
    return {
        "people": _people(run, men),
        "auc": _auc(run, STILL_IN, anybody),
        "auc-men": _auc(run, STILL_IN, men),
        "auc-within": _auc(run, STILL_IN, anybody, within=True),
        "auc-everybody": _auc(run, EVERYBODY, anybody),
        "differences": _differences(run),
        "has-left": _has_left(run),
        "calibration": _calibration(run, STILL_IN, anybody),
        "calibration-men": _calibration(run, STILL_IN, men),
        "calibration-everybody": _calibration(run, EVERYBODY, anybody),
        "shuffled": _shuffled(run),
        "by-arm": _by_arm(run),
    }


def printed(run: Run) -> str:
    """The same tables for a terminal."""
    return "\n\n".join(f"{TITLES[name]}\n\n{text}" for name, text in sections(run).items())


def _people(run: Run, men: Bools) -> str:
    groups = {"all": np.ones(len(men), dtype=bool), "men": men, "women": ~men}
    groups |= {f"CTN-00{trial}": np.array([one.trial == trial for one in run.people]) for trial in ("27", "30")}
    rows = [
        [f"{WHEN[weeks]}: dropped out, of those still in"]
        + [_share(run, chosen & still_in(run.people, weeks)) for chosen in groups.values()]
        for weeks in LANDMARKS
    ]
    return table(("", *groups), rows)


def _share(run: Run, here: Bools) -> str:
    out, of = int(run.dropped_out[here].sum()), int(here.sum())
    return f"{out:,} of {of:,} ({100 * out / of:.0f} %)" if of else "–"


# --- how well ---------------------------------------------------------------------------------------


def _weights(run: Run, replicates: int = 1_000) -> Floats:
    many = len(np.unique(run.sites)) >= ENOUGH_SITES
    return metrics.resampled(run.sites if many else np.arange(len(run.people)), replicates=replicates)


def _auc(run: Run, questions: Sequence[Question], chosen: Bools, *, within: bool = False) -> str:
    weights = _weights(run)

    def cell(method: Method, question: Question) -> str:
        here = chosen & question.concerns(run.people)
        scores = _said(run, method, question)[None, here]
        if np.ptp(scores) == 0:
            return "–"  # the same for everybody
        measure = auc_within(run.sites[here]) if within else metrics.auc
        return words(bounded(repeated(measure, run.dropped_out[here], scores), weights[:, here]))

    rows = [[_name(method), method.told, *(cell(method, question) for question in questions)] for method in run.methods]
    return table(("", "told", *_when(questions)), rows)


def _said(run: Run, method: Method, question: Question) -> Floats:
    return run.said[method.name, method.told][question]


def _name(method: Method) -> str:
    return f"**{method.name}**" if method.name == OURS else method.name


def _when(questions: Sequence[Question]) -> list[str]:
    return [WHEN[question.weeks] for question in questions]


def _differences(run: Run) -> str:
    weights = _weights(run)

    def cell(measure: Measure, ours: Method, other: Method, question: Question) -> str:
        here = question.concerns(run.people)
        one, two = (
            repeated(measure, run.dropped_out[here], _said(run, method, question)[None, here])
            for method in (ours, other)
        )
        return words(bounded(difference(one, two), weights[:, here]), signed=True)

    rows = [
        [f"{what}, less {other.name}", ours.told, *(cell(measure, ours, other, question) for question in QUESTIONS)]
        for what, measure in (("AUC", metrics.auc), ("Brier", metrics.brier))
        for ours in run.methods
        for other in run.methods
        if ours.name == OURS and other.name != OURS and other.told == ours.told
    ]
    return table(("", "both told", *_when(STILL_IN), *(f"{when}, everybody" for when in _when(EVERYBODY))), rows)


def _calibration(run: Run, questions: Sequence[Question], chosen: Bools) -> str:
    weights = _weights(run, 200)

    def cell(measure: Measure, method: Method, question: Question) -> str:
        here = chosen & question.concerns(run.people)
        statistic = repeated(measure, run.dropped_out[here], _said(run, method, question)[None, here])
        return words(bounded(statistic, weights[:, here]))

    rows = [
        [_name(method), method.told, name, *(cell(measure, method, question) for question in questions)]
        for method in run.methods
        if method.is_chance and method.told != "everything"
        for name, measure in CALIBRATION.items()
    ]
    return table(("", "told", "measure", *_when(questions)), rows)


def panels(run: Run) -> dict[str, Panel]:
    """What came of those still in, and what Holdfast had said, told the arm; last, who never came again."""
    ours = _told_the_arm(run)
    if ours is None:
        return {}
    found = {}
    for question in STILL_IN:
        here = question.concerns(run.people)
        came = dropped_out(run.people)[here].astype(float)
        found[f"drops out, {WHEN[question.weeks]}"] = (came, _said(run, ours, question)[here])
    for question in HAS_LEFT:
        found[f"has left, {WHEN[question.weeks]}"] = (_gone(run, question).astype(float), _said(run, ours, question))
    return found


# --- has he left already? --------------------------------------------------------------------------

SILENT_DAYS = ((0, 4), (5, 7), (8, 12), (13, 19), (20, 27))  # from the last visit to the landmark


def _has_left(run: Run) -> str:
    """The model's chance that he has left, beside the share who never came again, by how long it had been quiet."""
    ours = _told_the_arm(run)
    heading = (
        "quiet for",
        *(
            f"{WHEN[question.weeks]}: {what}"
            for question in HAS_LEFT
            for what in ("people", "expected", "never came again")
        ),
    )
    if ours is None:
        return table(heading, [])
    rows = []
    for low, high in SILENT_DAYS:
        cells = [cell for question in HAS_LEFT for cell in _left_after(run, ours, question, low, high)]
        rows.append([f"{low} to {high} days", *cells])
    for name, measure in {"AUC": metrics.auc, **CALIBRATION}.items():
        rows.append(
            [name, *(cell for question in HAS_LEFT for cell in ("", "", _measured_left(run, ours, question, measure)))]
        )
    return table(heading, rows)


def _told_the_arm(run: Run) -> Method | None:
    return next((one for one in run.methods if (one.name, one.told) == (OURS, "client, arm")), None)


def _gone(run: Run, question: Question) -> Bools:
    return np.array([not one.comes_again(question.weeks) for one in run.people])


def _left_after(run: Run, ours: Method, question: Question, low: int, high: int) -> list[str]:
    silent = np.array([days_silent(one, question.weeks) for one in run.people])
    here = (silent >= low) & (silent <= high)
    if not here.any():
        return ["0", "–", "–"]
    gone = proportion(int(_gone(run, question)[here].sum()), int(here.sum()))
    assert isinstance(gone, Interval)  # somebody is there
    return [
        f"{here.sum():,}",
        percent(float(_said(run, ours, question)[here].mean())),
        percent(gone.estimate, gone.lower, gone.upper),
    ]


def _measured_left(run: Run, ours: Method, question: Question, measure: Measure) -> str:
    statistic = repeated(measure, _gone(run, question), _said(run, ours, question)[None])
    return words(bounded(statistic, _weights(run, 200)))


# --- where it is wrong, and looking for a leak ------------------------------------------------------


def _by_arm(run: Run) -> str:
    """How many dropped out in each arm beside how many the model expected, told the arm."""
    ours = _told_the_arm(run)
    if ours is None:
        return table(("", *_when(STILL_IN)), [])
    arm = np.array([one.arm for one in run.people])
    rows = []
    for name in sorted(set(arm)):
        cells = []
        for question in STILL_IN:
            here = (arm == name) & question.concerns(run.people)
            expected = _said(run, ours, question)[here].mean()
            cells.append(f"{100 * run.dropped_out[here].mean():.0f} % ({100 * expected:.0f} %)")
        rows.append([f"CTN-00{name}", *cells])
    return table(("dropped out (expected)", *_when(STILL_IN)), rows)


def _shuffled(run: Run) -> str:
    rows = [
        [name, told, str(len(found)), f"{np.mean(found):.3f}", f"{min(found):.3f} to {max(found):.3f}"]
        for (name, told), found in run.shuffled.items()
    ]
    return table(("", "told", "shuffles", "mean AUC", "range"), rows)
