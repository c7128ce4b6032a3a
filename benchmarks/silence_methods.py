"""The model and what a person could use instead, asked about simulated practices on the same evenings.

All of it comes from ``holdfast.silence`` and is used as ``holdfast evaluate`` uses it, with two differences: the model
gets an export made on the evening itself, which can hold nothing later; and what truly became of everyone is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from benchmarks.silence_looks import Look, looks, sessions_after, tables_of, with_truth
from benchmarks.silence_measures import MODEL, Held, holds_chances, holds_each, holds_outcomes
from scipy.special import expit

from holdfast.asof import EPOCH
from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.silence.baselines import LEARNERS
from holdfast.silence.evenings import Learned, learned, open_evening
from holdfast.silence.histories import Histories, evening_of
from holdfast.silence.moments import moments_of
from holdfast.silence.outcomes import Afterwards
from holdfast.silence.predict import predict_moments, score_draws
from holdfast.simulate import WORLDS, SimulatedPractice, simulate

METHODS = (MODEL, *LEARNERS)
KNOWING = "chance_gone"  # the world's own chance, which knows what no table holds: no method can do better
LATER_SESSIONS = ("s4_5", "s6_10", "s11_20", "s21")
# planted effect -> the signal, the codes that show it, and those it is measured against
SHOWN: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "first_session": ("session", ("s1",), LATER_SESSIONS),
    "second_session": ("session", ("s2",), LATER_SESSIONS),
    "pace_mismatch": ("pace", ("little", "much"), ("right", "slightly")),
    "approach_mismatch": ("approach", ("little", "much"), ("right", "slightly")),
    "low_understood": ("understood", ("low",), ("high",)),
    "understood_fell": ("understood_fall", ("fell",), ("same",)),
    "checkin_unanswered": ("checkin", ("unanswered_usually", "unanswered_often", "unanswered_first"), ("answered",)),
    "nothing_booked": ("booking", ("free", "free_usual"), ("ahead",)),
    "prior_dropout": ("prior_dropout", ("yes",), ("no",)),
    "young": ("age", ("under_30",), ("over_30", "a45_59", "a60")),
    "unemployed": ("employment", ("unemployed",), ("working",)),
    "man": ("gender", ("man",), ("woman",)),
    "widening": ("widening", ("some", "much"), ("no",)),
    "late_cancelled": ("missed", ("late",), ("none",)),
    "no_show": ("missed", ("no_show",), ("none",)),
    "provider_cancelled": ("provider", ("yes",), ("no",)),
    "better": ("symptoms", ("better",), ("same",)),
    "worse": ("symptoms", ("worse",), ("same",)),
    "repaired": ("repair", ("yes",), ("no",)),
}


@dataclass(frozen=True, slots=True)
class Found:
    """An effect as the model has it after one evening: mean and sd, and how many sessions it could learn from."""

    planted: str
    true: float
    mean: float
    sd: float
    sessions: int


@dataclass(frozen=True, slots=True)
class Therapist:
    """A therapist's effect as the model has it: the middle, the 90 % interval, and the truth."""

    true: float
    mean: float
    low: float
    high: float


@dataclass(slots=True)
class Seen:
    """One practice from all its evenings."""

    world: str
    seed: int
    open: list[pl.DataFrame] = field(default_factory=list)  # has he left?
    last: list[pl.DataFrame] = field(default_factory=list)  # was it his last?
    effects: list[Found] = field(default_factory=list)  # from the last evening
    therapists: list[Therapist] = field(default_factory=list)  # from the last evening
    outcomes_held: Held = field(default_factory=Held)
    chances_held: Held = field(default_factory=Held)
    each_held: Held = field(default_factory=Held)


def see(world: str, seed: int, shares: tuple[float, ...]) -> Seen:
    """Live through one practice, and ask every method on every evening."""
    seen = Seen(world, seed)
    practice = simulate(WORLDS[world], seed=seed)
    histories = _histories(practice)
    for look in looks(world, seed, practice, shares):
        told = _learned(look, histories)
        _ask_about_silences(seen, look, told)
        _ask_about_sessions(seen, look, told, _evenings(histories))
        seen.effects, seen.therapists = list(_effects(look, told)), list(_therapists(look, told))
    return seen


def _histories(practice: SimulatedPractice) -> Histories:
    """Every session with its signals as known on its own evening and two days later."""
    with Engine.embedded(threads=1) as engine:
        return Histories.of(episodes(tables_of(practice), engine=engine))


def _evenings(histories: Histories) -> pl.DataFrame:
    rows = histories.evening.with_columns(evening=evening_of(pl.col("contact_at")), quiet_rhythms=pl.lit(0.0))
    rows = histories.with_state(rows, "evening")
    return rows.with_columns((pl.lit(EPOCH) + pl.duration(seconds=pl.col("contact_at"))).alias("contact_at"))


def _learned(look: Look, histories: Histories) -> Learned:
    with Engine.embedded(threads=1) as engine:
        found = episodes(look.tables, engine=engine)
        return learned(moments_of(found), Afterwards.of(found), histories, seed=look.seed)


def _ask_about_silences(seen: Seen, look: Look, told: Learned) -> None:
    rows = open_evening(told, told.moments)
    intervals = predict_moments(told.fitted, told.moments).select(
        "client_id", "therapist_id", "episode", low="p_left_low", high="p_left_high"
    )
    rows = rows.join(intervals, on=["client_id", "therapist_id", "episode"], maintain_order="left")
    rows = with_truth(look, rows)
    names = ("gone", MODEL, "low", "high")
    seen.outcomes_held.add(holds_outcomes(*(rows[name].to_numpy().astype(float) for name in names)))
    seen.open.append(rows.select("person", "silent", "gone", "quiet_rhythms", *METHODS))


def _ask_about_sessions(seen: Seen, look: Look, told: Learned, later: pl.DataFrame) -> None:
    rows = later.join(sessions_after(look), on=["client_id", "therapist_id", "contact_at"], maintain_order="left")
    if not rows.height:
        return
    draws = expit(score_draws(told.fitted, rows))
    rows = rows.with_columns(
        pl.Series(MODEL, draws.mean(axis=0)), *(pl.Series(name, judge(rows)) for name, judge in told.last.items())
    )
    true = rows[KNOWING].to_numpy()
    seen.chances_held.add(holds_chances(true, draws))
    seen.each_held.add(holds_each(true, draws))
    seen.last.append(rows.select("person", "silent", "gone", KNOWING, *METHODS))


def _effects(look: Look, told: Learned) -> Iterator[Found]:
    """Each planted effect beside the same contrast in the model."""
    counted = told.moments.patterns
    for name, (signal, codes, others) in SHOWN.items():
        true = getattr(look.practice.world.effects, name)
        weights = dict(counted.group_by(signal).agg(pl.col("rows").sum()).iter_rows())
        here, there = (sum(weights.get(code, 0) for code in side) for side in (codes, others))
        if true and here and there:
            contrast = _side(told, signal, codes, weights) - _side(told, signal, others, weights)
            yield Found(name, true, float(contrast.mean()), float(contrast.std()), here)


def _side(told: Learned, signal: str, codes: tuple[str, ...], weights: dict[str, int]) -> np.ndarray:
    """Draws of the mean effect of some codes, each by how often it is there; a reference is 0."""
    design, effects = told.fitted.design, told.fitted.effects
    total = sum(weights.get(code, 0) for code in codes)
    columns = {code: 1 + design.columns.index((signal, code)) for code in codes if (signal, code) in design.columns}
    parts = [weights.get(code, 0) / total * effects[:, place] for code, place in columns.items()]
    return np.sum(parts, axis=0) if parts else np.zeros(len(effects))


def _therapists(look: Look, told: Learned) -> Iterator[Therapist]:
    for place, name in enumerate(told.fitted.therapist_ids):
        drawn = told.fitted.therapists[:, place]
        low, high = np.quantile(drawn, (0.05, 0.95))
        yield Therapist(look.practice.therapist_effects[name], float(drawn.mean()), float(low), float(high))


__all__ = ["METHODS", "Found", "Seen", "Therapist", "see"]
