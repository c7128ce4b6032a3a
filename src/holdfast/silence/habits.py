"""What a practice's own silences teach the clock: counts, and the chances drawn from them.

Every chance here is a share of a few outcomes with a Dirichlet prior (``clock``), so that learning is
adding up: certain silences count one, silences that are not over count by the chance that he is still there,
and towards the traces of leaving by the chance that he has gone (the E-step of Dempster, Laird and Rubin 1977,
JRSS B 39:1-38; for mixture cure models, Sy and Taylor 2000, Biometrics 56:227-236).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from holdfast.silence import clock as clocks
from holdfast.silence.clock import (
    BINS,
    CELLS,
    EVENTS,
    LEFT_EVENTS,
    NONE,
    STAY_EVENTS,
    Clock,
    Flags,
    Floats,
    Ints,
    cell_codes,
)
from holdfast.silence.tails import ANSWERS, Stages

ANSWERS_WEIGHT = 8.0  # judgement, as in ``clock``: how the question before the next session is answered
ASSUMED_ANSWERS = ((0.0, 0.62, 0.10, 0.04, 0.24), (0.0, 0.34, 0.14, 0.12, 0.40))  # by those who stay; who have left


@dataclass(frozen=True, slots=True)
class Habits:
    """Counts with their priors already in: pseudo-counts of a Dirichlet each.

    ``events`` (cells, stay events, bins) and ``still`` (cells, bins): silences of those who stay, by what
    happened in a bin, and those that went on through it. ``traces`` (cells, left events + 1), ``silent_times``
    (bins), ``answers`` (2, answers). ``longest`` (cells) is the bin after that of the longest wait after which someone
    who stayed was still heard of: he came, booked, called off, or an ending became known.
    """

    events: Floats
    still: Floats
    traces: Floats
    silent_times: Floats
    answers: Floats
    longest: Ints

    def clock(self) -> Clock:
        """The clock at the mean of every chance."""
        whole = self.events.sum(axis=1) + self.still
        hazards = self.events / whole[:, None, :]
        traces = self.traces / self.traces.sum(axis=-1, keepdims=True)
        return Clock(self._ended(hazards), traces, self.silent_times / self.silent_times.sum())

    def mean_answers(self) -> Floats:
        return np.asarray(self.answers / self.answers.sum(axis=-1, keepdims=True))

    def draws(self, count: int, chance: np.random.Generator) -> tuple[Clock, Floats]:
        """Draw clocks and answers: every array with a leading dimension of ``count``."""
        outcomes = np.concatenate([self.events, self.still[:, None, :]], axis=1)
        shares = _dirichlet(np.moveaxis(outcomes, 1, -1), count, chance)
        hazards = np.moveaxis(shares[..., :-1], -1, -2)
        traces = _dirichlet(self.traces, count, chance)
        times = _dirichlet(self.silent_times, count, chance)
        return Clock(self._ended(hazards), traces, times), _dirichlet(self.answers, count, chance)

    def _ended(self, hazards: Floats) -> Floats:
        """Force the chance of staying quiet to nought after the longest wait ever seen.

        The zero-tail constraint: without it "gone" and "slow" cannot be told apart (Taylor 1995,
        Biometrics 51:899-907).
        """
        last = np.arange(BINS) >= self.longest[:, None]
        certain = hazards / hazards.sum(axis=-2, keepdims=True)
        return np.asarray(np.where(last[:, None, :], certain, hazards))


def _dirichlet(counts: Floats, size: int, chance: np.random.Generator) -> Floats:
    drawn = chance.standard_gamma(counts, (size, *counts.shape))
    return np.asarray(drawn / np.maximum(drawn.sum(axis=-1, keepdims=True), 1e-300))


@dataclass(frozen=True, slots=True)
class Spells:
    """Stages of people who certainly stayed, counted: (cells, stay events, bins)."""

    events: Floats
    answers: Floats  # (answers,)

    @classmethod
    def of(cls, spells: pl.DataFrame, patterns: pl.DataFrame) -> Spells:
        events = np.zeros((len(CELLS), len(STAY_EVENTS), BINS))
        place = cell_codes()
        for cell, event, bin_, rows in spells.select("cell", "event", "bin", "rows").iter_rows():
            if event in STAY_EVENTS:
                events[place[cell], STAY_EVENTS.index(event), bin_] += rows
        answers = dict(patterns.group_by("before").agg(pl.col("rows").sum()).iter_rows())
        return cls(events, np.asarray([float(answers.get(answer, 0)) for answer in ANSWERS]))

    @property
    def longest(self) -> Ints:
        """The bin after that of the longest wait ever seen, for each cell; what is assumed where few have been.

        One bin of room, because the next wait may be a little longer than any before.
        Cells with something booked ahead share one, the others another: a booked day is over when it is over.
        """
        ahead = np.asarray([":ahead:" in cell for cell in CELLS])
        found = {kind: _longest(self.events[ahead == kind].sum(axis=(0, 1))) for kind in (True, False)}
        return np.where(ahead, found[True], found[False])


ENOUGH_WAITS = 50  # fewer, and the longest wait seen says little about the longest there is


def _longest(counts: Floats) -> int:
    seen = np.flatnonzero(counts > 0)
    longest = int(seen[-1]) + 1 if counts.sum() >= ENOUGH_WAITS else clocks.ASSUMED_LONGEST
    return min(longest, clocks.ASSUMED_LONGEST)


def assumed() -> Habits:
    """What stands before any silence of a practice has been seen."""
    return learned(Spells(np.zeros((len(CELLS), len(STAY_EVENTS), BINS)), np.zeros(len(ANSWERS))), None, None, None)


def learned(spells: Spells, stages: Stages | None, here: Floats | None, answers: Floats | None) -> Habits:
    """Add up what is known of those who stay and of those who have left.

    Parameters
    ----------
    spells
        Those who certainly stayed.
    stages
        Stages of silences that are not over; ``here`` the chance that he was still there in each.
    answers
        (2, answers): answers in those silences, by the chance of staying and of having left.
    """
    hazards = clocks.assumed_hazards() * clocks.STAY_WEIGHT
    events = hazards + spells.events
    still = clocks.STAY_WEIGHT - hazards.sum(axis=1) + _through(spells.events)
    traces = clocks.assumed_traces() * clocks.LEFT_WEIGHT
    silent_times = clocks.assumed_silent_times() * clocks.LEFT_WEIGHT
    told = np.asarray(ASSUMED_ANSWERS) * ANSWERS_WEIGHT
    told[0] += spells.answers
    if answers is not None:
        told += answers
    told[:, 0] = 1e-9  # not asked is not an answer
    habits = Habits(events, still, traces, silent_times, told, spells.longest)
    return habits if stages is None or here is None else _with_tails(habits, stages, here)


def _through(events: Floats) -> Floats:
    """How many went on through each bin: those whose event came in a later one. (cells, bins)"""
    total = events.sum(axis=1)
    return _later(total)


def _later(counts: Floats) -> Floats:
    """The sum of what stands in later bins, never below nought by rounding."""
    return np.asarray(np.maximum(np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1] - counts, 0.0))


def _with_tails(habits: Habits, stages: Stages, here: Floats) -> Habits:
    events, still = habits.events.copy(), habits.still.copy()
    seen = np.zeros((len(CELLS), BINS))
    stay = np.asarray([STAY_EVENTS.index(event) if event in STAY_EVENTS else -1 for event in EVENTS])[stages.event]
    happened = stay >= 0
    _add(events, (stages.cell[happened], stay[happened], stages.bin[happened]), here[happened])
    _add(seen, (stages.cell, stages.bin), here)
    still += _later(seen)
    quiet = stages.event == EVENTS.index(NONE)
    _add(still, (stages.cell[quiet], stages.bin[quiet]), here[quiet] * stages.part[quiet])
    return Habits(
        events, still, _traces(habits, stages, 1 - here), _noted(habits, stages), habits.answers, habits.longest
    )


def _add(counts: Floats, places: tuple[Ints, ...], values: Floats) -> None:
    """Add each value to its place, however often a place is named."""
    flat = np.ravel_multi_index(places, counts.shape)
    counts += np.bincount(flat, values, counts.size).reshape(counts.shape)


def _traces(habits: Habits, stages: Stages, gone: Floats) -> Floats:
    """Traces seen, and for those who are quiet so far the traces still to be expected of them."""
    clock = habits.clock()
    traces = habits.traces.copy()
    left = np.asarray([LEFT_EVENTS.index(event) if event in LEFT_EVENTS else -1 for event in EVENTS])[stages.event]
    happened = left >= 0
    _add(traces, (stages.cell[happened], left[happened]), gone[happened])
    quiet = stages.event == EVENTS.index(NONE)
    for trace, chances in enumerate(_to_come(clock, stages, quiet).T):
        traces[:, trace] += np.bincount(stages.cell[quiet], gone[quiet] * chances, len(CELLS))
    return traces


def _to_come(clock: Clock, stages: Stages, rows: Flags) -> Floats:
    """Of someone who has left and is quiet so far: the chance of each trace still to come, and of none."""
    cell, bins, part = stages.cell[rows], stages.bin[rows], stages.part[rows]
    density = clock.left_density()
    open_ = _later(density)[cell, :, bins] + density[cell, :, bins] * (1 - part)[:, None]
    whole = np.concatenate([open_, clock.traces[cell, -1:]], axis=1)
    return np.asarray(whole / whole.sum(axis=1, keepdims=True))


def _noted(habits: Habits, stages: Stages) -> Floats:
    noted = stages.event == EVENTS.index("silent")
    return np.asarray(habits.silent_times + np.bincount(stages.bin[noted], minlength=BINS))
