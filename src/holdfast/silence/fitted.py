"""A fitted model: what was learned, how sure it is, and a readable file of it."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.errors import UsageError
from holdfast.files import write_whole
from holdfast.silence.clock import BINS, CELLS, LEFT_EVENTS, STAY_EVENTS, Floats
from holdfast.silence.design import PENDING, Design, Normal
from holdfast.silence.habits import Habits
from holdfast.silence.tails import HOW

SCHEMA = 1
ENOUGH_ENDINGS = 300  # below, published results carry the model (Giesemann 2023: nobody learns from fewer)
PENDING_COLUMN = ("checkin", PENDING)
LARGEST = 1e9  # in a saved model: beyond, a number has been damaged


@dataclass(frozen=True, slots=True)
class Counts:
    """What a model was fitted on."""

    sessions: int
    clients: int
    open_endings: int  # recorded: planned, told, switched, referred, other
    silent_endings: int  # recorded as silent
    gone: float  # silences by the chance that he has gone, recorded ones included

    @property
    def endings(self) -> float:
        """Endings of any kind that the model could learn from."""
        return self.open_endings + self.gone


@dataclass(frozen=True, slots=True)
class Fitted:
    """The posterior: draws of the effects, counts of the clock. Everything is on the log-odds of a silent exit.

    ``effects`` (draws, width) in the order of ``design``; ``therapists`` (draws, therapists);
    ``spreads`` (draws,) between therapists; ``took_place`` by how a contact is known.
    """

    at: datetime
    practice: str | None  # its name, if it has one
    design: Design
    effects: Floats
    therapist_ids: tuple[str, ...]
    therapists: Floats
    spreads: Floats
    habits: Habits
    took_place: Mapping[str, float]
    counts: Counts
    prior_only: bool
    seed: int

    @property
    def mostly_published(self) -> bool:
        """Say whether the priors, and not this practice's own endings, carry the model."""
        return self.prior_only or self.counts.endings < ENOUGH_ENDINGS

    def effect(self, signal: str, code: str) -> tuple[float, float]:
        """Mean and standard deviation of one effect; 0 for a reference."""
        if (signal, code) not in self.design.columns:
            return 0.0, 0.0
        drawn = self.effects[:, 1 + self.design.columns.index((signal, code))]
        return float(drawn.mean()), float(drawn.std())

    def therapist(self, therapist_id: str, chance: np.random.Generator) -> Floats:
        """Draws of one therapist's effect; of someone new, from the spread between therapists."""
        place = bisect_left(self.therapist_ids, therapist_id)  # they are in order
        if self.therapist_ids[place : place + 1] == (therapist_id,):
            return np.asarray(self.therapists[:, place])
        drawn = chance.standard_normal(len(self.spreads))
        return np.asarray(self.spreads * (drawn - drawn.mean()) / drawn.std())  # nobody new is better by chance

    def elsewhere(self) -> Fitted:
        """The model for another practice: its therapists are other people, even if they are called the same."""
        return replace(self, therapist_ids=(), therapists=self.therapists[:, :0])

    def save(self, path: Path) -> None:
        """Write the model as JSON, with every effect readable by its name.

        Raises
        ------
        UsageError
            If the file cannot be written; what was there before is still there.
        """
        write_whole(path, json.dumps(_told(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Fitted:
        """Read a saved model.

        Raises
        ------
        UsageError
            If the file is not a model, or one of another version.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            version = told["holdfast_silence_model"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(
                f"{path} is not a saved silence model. Make one: holdfast silence DIR --save FILE"
            ) from error
        if type(version) is not int or version != SCHEMA:
            raise UsageError(
                f"{path} is a model of version {version}; this Holdfast reads version {SCHEMA}. Fit it again."
            )
        try:
            fitted = _from_told(told)
            _refuse_damaged(fitted)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise UsageError(f"{path} is damaged: {error}. Fit it again: holdfast silence DIR --save FILE") from error
        return fitted


def _told(fitted: Fitted) -> dict[str, Any]:
    design = fitted.design
    effects = [
        {
            "signal": signal,
            "code": code,
            "mean": round(float(fitted.effects[:, place].mean()), 4),
            "sd": round(float(fitted.effects[:, place].std()), 4),
            "prior_mean": prior.mean,
            "prior_sd": prior.sd,
        }
        for place, ((signal, code), prior) in enumerate(zip(design.columns, design.priors, strict=True), start=1)
    ]
    return {
        "holdfast_silence_model": SCHEMA,
        "at": fitted.at.isoformat(),
        "practice": fitted.practice,
        "prior_only": fitted.prior_only,
        "mostly_published": fitted.mostly_published,
        "counts": asdict(fitted.counts),
        "intercept": {"prior_mean": design.intercept.mean, "prior_sd": design.intercept.sd},
        "references": dict(design.references),
        "effects": effects,
        "took_place": dict(fitted.took_place),
        "therapist_ids": list(fitted.therapist_ids),
        "clock": {name: np.asarray(value).tolist() for name, value in _arrays(fitted.habits).items()},
        "longest": fitted.habits.longest.tolist(),
        "draws": {
            "effects": np.round(fitted.effects, 6).tolist(),
            "therapists": np.round(fitted.therapists, 6).tolist(),
            "spreads": np.round(fitted.spreads, 4).tolist(),
        },
        "seed": fitted.seed,
    }


def _arrays(habits: Habits) -> dict[str, Floats]:
    names = ("events", "still", "traces", "silent_times", "answers")
    return {name: getattr(habits, name) for name in names}


def _from_told(told: dict[str, Any]) -> Fitted:
    design = Design(
        columns=tuple((effect["signal"], effect["code"]) for effect in told["effects"]),
        references=told["references"],
        intercept=Normal(told["intercept"]["prior_mean"], told["intercept"]["prior_sd"]),
        priors=tuple(Normal(effect["prior_mean"], effect["prior_sd"]) for effect in told["effects"]),
    )
    arrays = {name: np.asarray(value, dtype=float) for name, value in told["clock"].items()}
    draws = {name: np.asarray(value, dtype=float) for name, value in told["draws"].items()}
    count = len(draws["spreads"])
    return Fitted(
        at=datetime.fromisoformat(told["at"]),
        practice=told["practice"],
        design=design,
        effects=draws["effects"].reshape(count, design.width),
        therapist_ids=tuple(told["therapist_ids"]),
        therapists=draws["therapists"].reshape(count, len(told["therapist_ids"])),
        spreads=draws["spreads"],
        habits=Habits(**arrays, longest=np.asarray(told["longest"])),
        took_place=told["took_place"],
        counts=Counts(**told["counts"]),
        prior_only=told["prior_only"],
        seed=told["seed"],
    )


def _refuse_damaged(fitted: Fitted) -> None:
    """Refuse a model of which a part is missing, of the wrong shape, or no number.

    Raises
    ------
    ValueError
        If so; says which part.
    """
    draws, habits = len(fitted.spreads), fitted.habits
    cells, answers = len(CELLS), habits.answers.shape[-1]
    shapes = {
        "effects": (fitted.effects, (draws, fitted.design.width)),
        "therapists": (fitted.therapists, (draws, len(fitted.therapist_ids))),
        "events": (habits.events, (cells, len(STAY_EVENTS), BINS)),
        "still": (habits.still, (cells, BINS)),
        "traces": (habits.traces, (cells, len(LEFT_EVENTS) + 1)),
        "silent_times": (habits.silent_times, (BINS,)),
        "answers": (habits.answers, (2, answers)),
        "longest": (habits.longest, (cells,)),
    }
    for name, (array, shape) in shapes.items():
        if array.shape != shape:
            raise ValueError(f"{name} has the shape {array.shape}, not {shape}")
    for name, array in {"spreads": fitted.spreads, **{name: array for name, (array, _) in shapes.items()}}.items():
        if not np.isfinite(array).all() or np.abs(array).max(initial=0.0) > LARGEST:
            raise ValueError(f"{name} has something that is no number, or far too large a one")
    ids, shares = fitted.therapist_ids, fitted.took_place
    refused = {
        "there are no draws": draws == 0,
        "references name no codes": not isinstance(fitted.design.references, dict),
        "a count is below nought": min(array.min() for array in (habits.events, habits.still, habits.traces)) < 0,
        "took_place is not three chances": set(shares) != set(HOW) or not all(0 <= one <= 1 for one in shares.values()),
        "the seed is no whole number from 0": not isinstance(fitted.seed, int) or fitted.seed < 0,
        "the therapists are not in order, or named twice": list(ids) != sorted(set(ids)),
    }
    for why, holds in refused.items():
        if holds:
            raise ValueError(why)
