"""Evaluations to draw: made of rows whose truth is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import polars as pl

from holdfast.insight.result import Amount, Share
from holdfast.silence import evaluation_words as words
from holdfast.silence.evaluate import _NAMES as NAMES
from holdfast.silence.evaluate import METHODS
from holdfast.silence.evaluation import Alerts, Caught, Evaluation, Method, Origin
from holdfast.silence.outcomes import RULE
from holdfast.silence.scoring import question

AT = datetime(2026, 11, 20, 18)  # noqa: DTZ001 - a wall clock
NASTY = '<script>alert("x")</script> \x1b[31m|männer\u202e'


def rows(count: int = 900, seed: int = 0, *, wrong: float = 0.0, group: str = "women") -> pl.DataFrame:
    """Evenings of clients, each asked about up to three times; the model's chances are right.

    ``wrong`` is by how much, on the log-odds, they are too high for one gender.
    """
    generator = np.random.default_rng(seed)
    score = generator.normal(-1.8, 1.6, count)
    truth = 1 / (1 + np.exp(-score))
    gender = generator.choice(["man", "woman", "other"], count, p=[0.6, 0.35, 0.05])
    off = np.where(gender == {"women": "woman", "men": "man"}[group], wrong, 0.0)
    left = generator.random(count) < truth
    noise = {key: 1 / (1 + np.exp(-(score * 0.6 - 0.7 + generator.normal(0, 1, count)))) for key in METHODS}
    return pl.DataFrame({
        **noise,
        "model": 1 / (1 + np.exp(-(score + off))),
        "alike": np.full(count, 0.2),
        "client_id": [f"c{number // 3}" for number in range(count)],
        "outcome": np.where(generator.random(count) < 0.02, "undecided", np.where(left, "left", "stayed")),
        "gender": gender,
        "age": generator.choice(["under_30", "over_30", "a60"], count, p=[0.4, 0.59, 0.01]),
        "employment": generator.choice(["working", "unemployed"], count),
        "caseload": generator.choice(["few", "many"], count),
        "standing": generator.choice(["new", "old"], count),
        "quiet_rhythms": generator.uniform(0, 6, count),
        "days": np.where(left, generator.uniform(0.5, 90, count), generator.uniform(20, 200, count)),
        "gone": left,
    })  # fmt: skip


def alerts() -> Alerts:
    share = Share(count=14, of=40, estimate=0.35, low=0.22, high=0.5)
    some = Amount(estimate=0.4, low=0.3, high=0.5)
    ways = [
        Caught(
            method=key, name=name, flags=45, per_therapist_week=some, record=share, undecided=5, caught=share,
            days_sooner=Amount(estimate=38, low=31, high=44),
        )
        for key, name in (("model", "Holdfast"), ("silence", "Days of silence"), ("overdue", "The plain overdue list"))
    ]  # fmt: skip
    return Alerts(
        first=AT - timedelta(days=300), last=AT - timedelta(days=28), weeks=39, therapist_weeks=400, exits=40,
        budget="few", ways=ways, muted=[],
    )  # fmt: skip


def origins() -> list[Origin]:
    return [
        Origin(
            at=AT - timedelta(days=84 + 28 * number), sessions=900, endings=280.4, mostly_published=number > 2,
            open_episodes=60, labelled=700, labelled_left=80,
        )
        for number in range(4, -1, -1)
    ]  # fmt: skip


@cache
def evaluation(
    *, practice: str | None = "Harbour Street", count: int = 900, wrong: float = 0.0, group: str = "women"
) -> Evaluation:
    """An evaluation of made-up rows."""
    asked = rows(count, wrong=wrong, group=group)
    questions = [
        question(words.LEFT, "Has he left?", asked, METHODS),
        question(words.LAST, "Was it his last?", asked.drop("days", "gone"), METHODS),
    ]
    bare = Evaluation(
        holdfast_version="0", practice=practice, at=AT, seed=0, rule=RULE, window_days=84,
        methods=[Method(key=key, name=name, words=how) for key, (name, how) in NAMES.items()],
        origins=origins(), questions=questions, alerts=alerts(), headline=[], notes=[],
    )  # fmt: skip
    return bare.model_copy(update={"headline": words.headline(bare), "notes": words.notes(bare)})
