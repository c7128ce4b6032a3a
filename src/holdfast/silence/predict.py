"""For every open episode on an evening: how likely he has left, how likely the last session was the last, and why."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.special import expit

from holdfast.engine import Engine
from holdfast.silence.clock import Floats, Ints
from holdfast.silence.design import sparse
from holdfast.silence.fitted import Fitted
from holdfast.silence.moments import Moments, moments
from holdfast.silence.reasons import reasons
from holdfast.silence.tails import HOW, Odds, Tails, judge, seen, tails_of
from holdfast.tables.read import Tables

EPISODE = ["client_id", "therapist_id", "episode"]
LOW, HIGH = 0.05, 0.95  # a 90 % interval
BLOCK = 2_000  # contacts worked on at a time: draws of each are kept for that long


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
    judged = _left(fitted, quiet, found.tail_stages)
    evenings = found.evenings.with_columns(p_last=p_evening(fitted, found.evenings))
    whole = evenings.join(judged, on=EPISODE, how="inner", maintain_order="left")
    return reasons(whole, fitted, found)


def _left(fitted: Fitted, contacts: pl.DataFrame, stages: pl.DataFrame) -> pl.DataFrame:
    """The chance of having left, of each tail, over the draws. A block of whole tails is worked on at a time."""
    odds = Odds.of(*fitted.habits.draws(len(fitted.spreads), np.random.default_rng(fitted.seed)))
    tails = tails_of(contacts, stages)
    sure = np.asarray([fitted.took_place[how] for how in HOW])[tails.how]
    scores = Scores.of(fitted, contacts)

    def judged(begin: int, end: int) -> Floats:
        part = tails.part(begin, end)
        chance = expit(scores.draws(begin, end))
        gone = judge(part, chance, sure[begin:end], seen(part, odds)).left[:, part.last()]
        low, high = np.quantile(gone, (LOW, HIGH), axis=0)
        mean = gone.mean(axis=0)
        return np.stack([mean, np.minimum(low, mean), np.maximum(high, mean)])  # close to 1 the mean can lie outside

    mean, low, high = np.concatenate([np.zeros((3, 0)), *_side_by_side(judged, _blocks(tails))], axis=1)
    last = contacts.filter(pl.Series(tails.last())).select(EPISODE)
    return last.with_columns(p_left=mean, p_left_low=low, p_left_high=high)


def _side_by_side(work: Callable[[int, int], Floats], blocks: list[tuple[int, int]]) -> list[Floats]:
    """Work on blocks on all cores, in their order: NumPy lets go of the interpreter while it reckons."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(lambda block: work(*block), blocks))


def _blocks(tails: Tails) -> list[tuple[int, int]]:
    """From where to where to go at a time: every block begins with a tail."""
    if not tails.size:
        return []
    starts = np.flatnonzero(tails.first)
    begins = np.unique(starts[np.searchsorted(starts, np.arange(0, starts[-1] + 1, BLOCK))])
    return list(zip(begins.tolist(), [*begins[1:].tolist(), tails.size], strict=True))


@dataclass(frozen=True, slots=True)
class Scores:
    """What the log-odds of leaving after each contact are made of, to be worked out some rows at a time."""

    matrix: csr_array  # (rows, width): noughts and ones, the intercept first
    effects: Floats  # (draws, width)
    own: Floats  # (draws, therapists)
    place: Ints  # (rows,): whose contact each is

    @classmethod
    def of(cls, fitted: Fitted, frame: pl.DataFrame) -> Scores:
        chance = np.random.default_rng(fitted.seed + 1)
        ids = frame["therapist_id"].unique().sort().to_list()
        own = np.stack([fitted.therapist(name, chance) for name in ids], axis=1) if ids else np.zeros((1, 0))
        place = frame["therapist_id"].cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
        return cls(sparse(fitted.design.encode(frame), fitted.design.width), fitted.effects, own, place)

    def draws(self, begin: int, end: int) -> Floats:
        """Log-odds of the contacts from one place up to another, over the draws: (draws, rows)."""
        return np.asarray((self.matrix[begin:end] @ self.effects.T).T + self.own[:, self.place[begin:end]])


def score_draws(fitted: Fitted, frame: pl.DataFrame) -> Floats:
    """Log-odds of leaving after each contact, over the draws: (draws, rows)."""
    return Scores.of(fitted, frame).draws(0, frame.height)


def p_evening(fitted: Fitted, frame: pl.DataFrame) -> Floats:
    """The chance that a contact was the last, of any frame of signal codes: the mean over the draws."""
    scores = Scores.of(fitted, frame)
    blocks = [(begin, begin + BLOCK) for begin in range(0, frame.height, BLOCK)]
    means = _side_by_side(lambda begin, end: np.asarray(expit(scores.draws(begin, end)).mean(axis=0)), blocks)
    return np.concatenate([np.zeros(0), *means])
