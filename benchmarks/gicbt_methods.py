"""The methods that forecast staying in an internet treatment: Holdfast's model, and what a person could use instead.

A method is prepared once for everybody and all days, and then fitted on some of them. It gives everyone a score on
every day: people who were not fitted on, from what was known of them on the day; people who were, the score on which
a cut-off is chosen, which for the methods that learn from labels comes from an inner cross-validation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.gicbt_people import FEATURES, Person, known, labels_of
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from holdfast.silence.metrics import Floats, Ints

INNER_FOLDS = 5
COUNT, SINCE = FEATURES.index("log-ins so far"), FEATURES.index("days since the last log-in")

FittedOn = Callable[[Ints], Mapping[int, Floats]]  # training places -> day -> a score for everybody


@dataclass(frozen=True, slots=True)
class Method:
    """A method with its name on the page; ``is_chance`` says that its score is meant as the chance that he stays."""

    name: str
    is_chance: bool
    prepare: Callable[[Sequence[Person], Sequence[int]], FittedOn]


# --- rules without anything to fit ------------------------------------------------------------------


def _rule(feature: int, sign: float) -> Callable[[Sequence[Person], Sequence[int]], FittedOn]:
    def prepare(people: Sequence[Person], days: Sequence[int]) -> FittedOn:
        scores = {day: sign * known(people, day)[:, feature] for day in days}
        return lambda _: scores

    return prepare


# --- methods that learn from labels -----------------------------------------------------------------


def _learned(make: Callable[[], Any], features: Callable[[Floats], Floats]) -> Callable[..., FittedOn]:
    def prepare(people: Sequence[Person], days: Sequence[int]) -> FittedOn:
        known_on = {day: features(known(people, day)) for day in days}
        labels = labels_of(people)
        return lambda train: {day: _chances(make(), known_on[day], labels[train], train) for day in days}

    return prepare


def _chances(model: Any, features: Floats, train_labels: np.ndarray, train: Ints) -> Floats:
    inner = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=0)
    within = cross_val_predict(model, features[train], train_labels, cv=inner, method="predict_proba")[:, 1]
    scores = np.asarray(model.fit(features[train], train_labels).predict_proba(features)[:, 1])
    scores[train] = within
    return scores


def _count_and_silence(features: Floats) -> Floats:
    return np.column_stack([np.log1p(features[:, COUNT]), features[:, SINCE]])


def _logistic() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression())


def _boosting() -> Any:
    """Small trees, few of them: fixed beforehand for a hundred people, not tuned."""
    return GradientBoostingClassifier(
        n_estimators=60, max_depth=2, learning_rate=0.05, subsample=0.8, min_samples_leaf=5, random_state=0
    )


BASELINES: tuple[Method, ...] = (
    Method("log-ins so far", False, _rule(COUNT, 1.0)),
    Method("days since the last", False, _rule(SINCE, -1.0)),
    Method("logistic regression", True, _learned(_logistic, _count_and_silence)),
    Method("gradient boosting", True, _learned(_boosting, lambda features: features)),
)
