"""What a person could use instead of the model: rules, and the usual learners, on the same rows.

Each learns from the silences that were settled at the origin, and answers the same two questions with a chance.
A rule that is no chance by itself becomes one through a logistic regression on that one thing. The learners get
every signal of the model, the therapist, and for how long it has been quiet; strengths of penalties are chosen
inside the training rows alone. What they lack: the answer to "will you come?" before the next session, on which
day something is booked, and how long the therapist was away. With fewer than ten of either outcome to learn from,
each says the same of everyone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl

from holdfast.errors import UsageError
from holdfast.silence.metrics import Floats, log_score, too_few
from holdfast.silence.outcomes import LEAST_DAYS, RHYTHMS

Judge = Callable[[pl.DataFrame], Floats]
SCORES = ("understood", "on_target", "worth_it")
PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0)  # scikit-learn's C
FOLDS = 3
MOST_TO_CHOOSE, MOST_TO_COX = 4_000, 6_000  # rows to choose a penalty from, and for Cox: beyond, a sample of clients
COX_RIDGE = 5.0
LONGEST = 12.0  # rhythms: a longer gap counts as this long
ALIKE, RULE, QUIET, LOGISTIC, BOOSTING, COX = "alike", "scores", "silence", "logistic", "boosting", "cox"


@dataclass(frozen=True, slots=True)
class Training:
    """What was known at an origin.

    ``rows``: client_id, left (0/1), quiet_rhythms, rhythm_days and the signals, one row an evening of a silence
    that is settled. ``gaps``: client_id, gap_rhythms, over (bool: he came again or it was spoken of), rhythm_days
    and the signals, one row a session; the gaps that were still going on at the origin are not over.
    """

    rows: pl.DataFrame
    gaps: pl.DataFrame
    signals: Sequence[str]

    @property
    def left(self) -> Floats:
        return self.rows["left"].to_numpy().astype(float)

    @property
    def share(self) -> float:
        """Share who left, pulled towards one in ten by ten made-up rows, so that it is there from the first day."""
        return float((self.left.sum() + 1) / (self.rows.height + 10))


class Learner(Protocol):
    def __call__(self, training: Training) -> Judge: ...


def learn(training: Training, learner: Learner) -> Judge:
    """Let a baseline learn, if there is enough to learn from.

    On one thread: on so few rows several wait for each other more than they work.
    """
    if too_few(training.left):
        return alike(training)
    with needed("threadpoolctl").threadpool_limits(1):
        return learner(training)


def alike(training: Training) -> Judge:
    """The same chance for everyone: the share who left among the settled silences."""
    return lambda frame: np.full(frame.height, training.share)


# --- rules ------------------------------------------------------------------------------------------


def low_or_fell(training: Training) -> Judge:
    """A rule on scores, as in routine feedback: one of the three answers is low, or fell by two or more.

    Somebody who was asked and did not answer is a case of its own, not a good one.
    """
    return _through_logistic(training, lambda frame: _one_hot(_score_case(frame), (1, 2)))


def _score_case(frame: pl.DataFrame) -> np.ndarray:
    """0 nothing to see, 1 unanswered, 2 low or fell."""
    low = pl.any_horizontal(pl.col(name) == "low" for name in SCORES)
    fell = pl.any_horizontal(pl.col(f"{name}_fall") == "fell" for name in SCORES)
    unanswered = pl.col("checkin").str.starts_with("unanswered")
    case = pl.when(low | fell).then(2).when(unanswered).then(1).otherwise(0)
    return frame.select(case.alias("case"))["case"].to_numpy()


def _one_hot(values: np.ndarray, kept: Sequence[int]) -> Floats:
    return np.stack([(values == value).astype(float) for value in kept], axis=1)


def days_of_silence(training: Training) -> Judge:
    """How long it has been quiet, in his own rhythm, and nothing else."""
    return _through_logistic(training, lambda frame: np.log1p(frame["quiet_rhythms"].to_numpy())[:, None])


def _through_logistic(training: Training, columns: Callable[[pl.DataFrame], Floats]) -> Judge:
    x = columns(training.rows)
    if np.ptp(x, axis=0).max(initial=0.0) == 0:
        return alike(training)
    fitted = _logistic(x, training.left, 100.0)
    return lambda frame: np.asarray(fitted.predict_proba(columns(frame))[:, 1])


# --- learners ---------------------------------------------------------------------------------------


def logistic_regression(training: Training) -> Judge:
    """Ridge logistic regression on every signal code and the time quiet; the penalty is cross-validated by client."""
    coded = Coded.of(training.rows, training.signals)
    penalty = _best_penalty(training, coded)
    fitted = _logistic(coded.columns(training.rows), training.left, penalty)
    return lambda frame: np.asarray(fitted.predict_proba(coded.columns(frame))[:, 1])


def _logistic(x: Floats, left: Floats, penalty: float) -> Any:
    linear = needed("sklearn.linear_model")
    return linear.LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=100).fit(x, left)


def _best_penalty(training: Training, coded: Coded) -> float:
    rows = some_clients(training.rows, MOST_TO_CHOOSE)
    x, left = coded.columns(rows), rows["left"].to_numpy().astype(float)
    fold = _folds(rows["client_id"])
    scores = {penalty: _held_out(x, left, fold, penalty) for penalty in PENALTIES}
    return min(scores, key=lambda penalty: scores[penalty])


def _folds(clients: pl.Series) -> np.ndarray:
    """One of three folds for each row, the same for all rows of a client."""
    return np.unique(clients.to_numpy(), return_inverse=True)[1] % FOLDS


def _held_out(x: Floats, left: Floats, fold: np.ndarray, penalty: float) -> float:
    total = 0.0
    for number in range(FOLDS):
        out = fold == number
        if len(np.unique(left[~out])) < 2 or not out.any():
            continue
        chance = _logistic(x[~out], left[~out], penalty).predict_proba(x[out])[:, 1]
        total += float(log_score(left[out], chance)[0]) * out.sum()
    return total


def gradient_boosting(training: Training) -> Judge:
    """Small boosted trees on the same: every signal as a category, and the time quiet."""
    ensemble = needed("sklearn.ensemble")
    codes = {name: sorted(training.rows[name].unique()) for name in training.signals}

    def columns(frame: pl.DataFrame) -> Floats:
        coded = [_place(frame[name], codes[name]) for name in training.signals]
        return np.stack([*coded, frame["quiet_rhythms"].to_numpy()], axis=1)

    categories = [True] * len(codes) + [False]
    model = ensemble.HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=5.0,
        categorical_features=categories, early_stopping=False, random_state=0,
    )  # fmt: skip
    model.fit(columns(training.rows), training.left)
    return lambda frame: np.asarray(model.predict_proba(columns(frame))[:, 1])


def _place(words: pl.Series, known: Sequence[str]) -> Floats:
    """The number of each code; one that was never seen in training is missing, not a number of its own."""
    return words.replace_strict(list(known), list(range(len(known))), default=None, return_dtype=pl.Float64).to_numpy()


def cox(training: Training) -> Judge:
    """A Cox model of the time until he comes again or it is spoken of, in his own rhythm, with a ridge penalty.

    It is asked on the evening, with what is known by then (a landmark model; van Houwelingen 2007): the chance that
    he has left is the chance that still nothing will have come on the day on which the rule would call it an exit.
    It learns from silences that still go on, too.
    """
    gaps = some_clients(training.gaps, MOST_TO_COX)
    coded = Coded.of(gaps, training.signals)
    model, util = needed("sksurv.linear_model"), needed("sksurv.util")
    time = np.clip(np.round(gaps["gap_rhythms"].to_numpy(), 2), 0.01, LONGEST)
    over = gaps["over"].to_numpy().astype(bool) & (gaps["gap_rhythms"].to_numpy() <= LONGEST)
    fitted = model.CoxPHSurvivalAnalysis(alpha=COX_RIDGE).fit(coded.columns(gaps), util.Surv.from_arrays(over, time))
    curve = fitted.cum_baseline_hazard_

    def judge(frame: pl.DataFrame) -> Floats:
        risk = np.exp(fitted.predict(coded.columns(frame)))
        by = np.maximum(LEAST_DAYS / frame["rhythm_days"].to_numpy(), RHYTHMS) - frame["quiet_rhythms"].to_numpy()
        still_quiet = np.exp(-risk * _hazard(curve, np.maximum(by, 0.0)))
        return np.asarray(np.clip(still_quiet, 0.005, 0.995))  # beyond the last return seen nothing is certain

    return judge


def _hazard(curve: Any, time: Floats) -> Floats:
    """Cumulative baseline hazard up to a time; flat after the last."""
    place = np.searchsorted(curve.x, time, side="right")
    return np.concatenate([[0.0], curve.y])[place]


LEARNERS: Mapping[str, Learner] = {
    ALIKE: alike,
    RULE: low_or_fell,
    QUIET: days_of_silence,
    LOGISTIC: logistic_regression,
    BOOSTING: gradient_boosting,
    COX: cox,
}
NAMES: Mapping[str, tuple[str, str]] = {
    ALIKE: ("Everyone alike", "the share who had left among all silences settled by then"),
    RULE: ("Low score or fall", "one of the three answers low, or fallen by two or more; unanswered apart"),
    QUIET: ("Days of silence", "for how long it has been quiet, in his own rhythm"),
    LOGISTIC: ("Logistic regression", "ridge, on the same signals, the therapist and the time quiet"),
    BOOSTING: ("Gradient boosting", "small trees, on the same signals, the therapist and the time quiet"),
    COX: ("Cox regression", "time until he comes again, on the same signals and the therapist"),
}


# --- columns ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coded:
    """Signal codes as columns of noughts and ones; a code never seen in training is all noughts."""

    codes: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, frame: pl.DataFrame, signals: Sequence[str]) -> Coded:
        codes = [(name, code) for name in signals for code in sorted(frame[name].unique()) if _varies(frame, name)]
        return cls(tuple(codes))

    def columns(self, frame: pl.DataFrame) -> Floats:
        """Shape (rows, columns)."""
        held = [(frame[name] == code).to_numpy().astype(float) for name, code in self.codes]
        return np.stack([*held, *_quiet_shape(frame["quiet_rhythms"].to_numpy())], axis=1)


def _varies(frame: pl.DataFrame, name: str) -> bool:
    return frame[name].n_unique() > 1


def _quiet_shape(quiet: Floats) -> list[Floats]:
    """The time quiet as a bent line: it may matter in one way within the rhythm, and in another beyond it."""
    return [np.log1p(quiet), np.minimum(quiet, 1.0), np.clip(quiet - 1.0, 0.0, 2.0)]


def some_clients(frame: pl.DataFrame, most: int) -> pl.DataFrame:
    """All rows, or if there are too many those of a fixed sample of clients."""
    if frame.height <= most:
        return frame
    clients = frame["client_id"].unique().sort().to_numpy()
    kept = np.random.default_rng(0).permutation(clients)[: max(1, len(clients) * most // frame.height)]
    return frame.filter(pl.col("client_id").is_in(kept.tolist()))


def needed(name: str) -> Any:
    """Load a part of scikit-learn or scikit-survival, or say how to get it.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            "To set other methods beside the model, holdfast evaluate needs scikit-learn and scikit-survival. "
            "Install them with: pip install 'holdfast[evaluate]'"
        ) from error
