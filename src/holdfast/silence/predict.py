"""For every open episode on an evening: how likely he has left, how likely the last session was the last, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from scipy.special import expit

from holdfast.engine import Engine
from holdfast.silence.clock import Floats
from holdfast.silence.design import scores
from holdfast.silence.fitted import Fitted
from holdfast.silence.moments import Moments, moments
from holdfast.silence.reasons import reasons
from holdfast.silence.tails import HOW, Tails, judge, seen, tails_of
from holdfast.tables.read import Tables

EPISODE = ["client_id", "therapist_id", "episode"]
LOW, HIGH = 0.05, 0.95  # a 90 % interval
BLOCK = 5_000  # contacts worked on at a time: draws of each are kept for that long


def predict(
    fitted: Fitted, tables: Tables, *, at: datetime | None = None, engine: Engine | None = None
) -> pl.DataFrame:
    """Judge every open episode with at least one session, as it was known at ``at``.

    Parameters
    ----------
    fitted
        From :func:`holdfast.silence.fit`, of this practice or of another.
    tables, at, engine
        As for ``fit``; ``at`` may be later than the fit.

    Returns
    -------
    One row an episode: client_id, therapist_id, episode, last_session_at, sessions, days_silent, rhythm_days,
    p_left (the chance that he has silently left), p_left_low and p_left_high (90 % interval), p_last (the chance,
    on the evening after his last session, that it was his last), reasons (signal, words, effect in log-odds).
    """
    return predict_moments(fitted, moments(tables, at=at, engine=engine))


def predict_moments(fitted: Fitted, found: Moments) -> pl.DataFrame:
    """Judge the open episodes of tables that have already been made into moments."""
    quiet = found.tails.filter(pl.col("fate") == "quiet")
    left = _left(fitted, quiet, found.tail_stages)
    last = quiet.filter(_last_of_each(quiet)).select(EPISODE)
    judged = last.with_columns(p_left=left.mean, p_left_low=left.low, p_left_high=left.high)
    evenings = found.evenings.with_columns(p_last=p_evening(fitted, found.evenings))
    whole = evenings.join(judged, on=EPISODE, how="inner", maintain_order="left")
    return reasons(whole, fitted, found)


@dataclass(frozen=True, slots=True)
class _Left:
    mean: Floats
    low: Floats
    high: Floats


def _last_of_each(contacts: pl.DataFrame) -> pl.Series:
    return contacts["link"].shift(-1, fill_value=0) == 0


def _left(fitted: Fitted, contacts: pl.DataFrame, stages: pl.DataFrame) -> _Left:
    """The chance of having left, of each tail, over the draws; a block of whole tails at a time."""
    chance = np.random.default_rng(fitted.seed)
    clock, answers = fitted.habits.draws(len(fitted.spreads), chance)
    tails = tails_of(contacts, stages)
    eta = score_draws(fitted, contacts)
    stay, left = seen(tails, clock, answers)
    sure = np.asarray([fitted.took_place[how] for how in HOW])[tails.how]
    gone = judge(tails, expit(eta), sure, stay, left).left[:, _last_of_each(contacts).to_numpy()]
    low, high = np.quantile(gone, (LOW, HIGH), axis=0)
    return _Left(gone.mean(axis=0), low, high)


def score_draws(fitted: Fitted, frame: pl.DataFrame) -> Floats:
    """Log-odds of leaving after each contact, over the draws: (draws, rows)."""
    chance = np.random.default_rng(fitted.seed + 1)
    ids = frame["therapist_id"].unique().sort().to_list()
    own = np.stack([fitted.therapist(name, chance) for name in ids], axis=1) if ids else np.zeros((1, 0))
    place = frame["therapist_id"].cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
    return np.asarray(scores(fitted.design.encode(frame), fitted.effects) + own[:, place])


def p_evening(fitted: Fitted, frame: pl.DataFrame) -> Floats:
    """The chance that a contact was the last, of any frame of signal codes: the mean over the draws."""
    return np.asarray(expit(score_draws(fitted, frame)).mean(axis=0))
