"""The methods that forecast dropout in the trials, on equal information, and what each was told.

A method is prepared once for everybody; then it is fitted on the people of some sites and gives everybody a chance,
or for a plain rule a score, that he drops out. Nothing is scored that was not known by the landmark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.ctn0094_people import (
    LANDMARKS,
    QUESTIONS,
    Participant,
    Question,
    arm_columns,
    background_columns,
    client_columns,
    days_silent,
    dropped_out,
    visit_columns,
    who_stayed,
)
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from holdfast.silence.metrics import Floats, Ints

FittedOn = Callable[[Ints], Mapping[Question, Floats]]  # training places -> question -> a score for everybody
Columns = Callable[[Sequence[Participant], int], Floats]


@dataclass(frozen=True, slots=True)
class Method:
    """A method with its name on the page. ``told`` names the information; a chance is judged by its calibration too."""

    name: str
    told: str
    is_chance: bool
    prepare: Callable[[Sequence[Participant]], FittedOn]


# --- what a method is told --------------------------------------------------------------------------


def client_and_visits(people: Sequence[Participant], weeks: int) -> Floats:
    """Sex, age, employment; after intake also the visits so far."""
    parts = [client_columns(people)]
    return np.hstack([*parts, visit_columns(people, weeks)]) if weeks else parts[0]


def and_arm(people: Sequence[Participant], weeks: int) -> Floats:
    """The same and the arm, which also says which trial."""
    arms = sorted({one.arm for one in people})[1:]
    return np.hstack([client_and_visits(people, weeks), arm_columns(people, arms)])


def everything(people: Sequence[Participant], weeks: int) -> Floats:
    """The same and every other answer at intake that the source has."""
    names = sorted({name for one in people for name in one.background})
    return np.hstack([and_arm(people, weeks), background_columns(people, names)])


TOLD: Mapping[str, Columns] = {"client": client_and_visits, "client, arm": and_arm, "everything": everything}


# --- methods that learn from outcomes ---------------------------------------------------------------

Predict = Callable[[Floats, Sequence[Participant]], Floats]
Fit = Callable[[Floats, Sequence[Participant], int], Predict]


def _learned(fit: Fit, told: str) -> Callable[[Sequence[Participant]], FittedOn]:
    """For every question anew, on those training people whom it concerns."""

    def prepare(people: Sequence[Participant]) -> FittedOn:
        columns = {weeks: TOLD[told](people, weeks) for weeks in LANDMARKS}

        def fitted_on(train: Ints) -> Mapping[Question, Floats]:
            found = {}
            for question in QUESTIONS:
                known = columns[question.weeks]
                here = train[question.concerns([people[place] for place in train])]
                predict = fit(known[here], [people[place] for place in here], question.weeks)
                found[question] = predict(known, people)
            return found

        return fitted_on

    return prepare


def _classified(make: Callable[[], Any]) -> Fit:
    def fit(features: Floats, people: Sequence[Participant], weeks: int) -> Predict:
        model = make().fit(features, dropped_out(people))
        return lambda everybody, _: np.asarray(model.predict_proba(everybody)[:, 1])

    return fit


def _logistic() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))


def _boosting() -> Any:
    """Small trees, fixed beforehand, not tuned."""
    return GradientBoostingClassifier(
        n_estimators=80, max_depth=2, learning_rate=0.05, subsample=0.7, min_samples_leaf=20, random_state=0
    )


def _cox(*, by_arm: bool) -> Fit:
    """Time to dropout from the landmark; the chance of it by the last weeks of those who stayed, averaged.

    The trial looked at some for twelve weeks and at others for more than thirty; ``by_arm`` may know at whom.
    """

    def fit(features: Floats, people: Sequence[Participant], weeks: int) -> Predict:
        scale = StandardScaler().fit(features)
        times = np.array([max(one.week - weeks, 0.5) for one in people])  # gone already: at once
        outcome = Surv.from_arrays(dropped_out(people), times)
        model = CoxPHSurvivalAnalysis(alpha=10.0).fit(scale.transform(features), outcome)

        def predict(everybody: Floats, who: Sequence[Participant]) -> Floats:
            curves = model.predict_survival_function(scale.transform(everybody))
            last = {one.arm: _last_weeks(people, weeks, one.arm if by_arm else None) for one in who}
            ends = [np.minimum(last[one.arm], curve.domain[1]) for one, curve in zip(who, curves, strict=True)]
            return np.array([1 - curve(end).mean() for curve, end in zip(curves, ends, strict=True)])

        return predict

    return fit


def _last_weeks(people: Sequence[Participant], weeks: int, arm: str | None) -> Floats:
    """For how long after a landmark those who stayed could have dropped out."""
    return np.array([float(one.week - weeks) for one in who_stayed(people, arm)])


# --- the plain rule ---------------------------------------------------------------------------------


def _days_of_silence(people: Sequence[Participant]) -> FittedOn:
    scores = {question: np.array([days_silent(one, question.weeks) for one in people]) for question in QUESTIONS}
    return lambda _: scores


def baselines() -> list[Method]:
    found = [Method("days of silence", "visits", False, _days_of_silence)]
    for told in TOLD:
        found += [
            Method("logistic regression", told, True, _learned(_classified(_logistic), told)),
            Method("gradient boosting", told, True, _learned(_classified(_boosting), told)),
            Method("Cox", told, True, _learned(_cox(by_arm=told != "client"), told)),
        ]
    return found
