"""The baselines: what each sees, what it says when there is little to learn from, and numbers worked out by hand."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import polars as pl
import pytest

from holdfast.errors import UsageError
from holdfast.silence import baselines
from holdfast.silence.baselines import LEARNERS, SCORES, Training, learn

SIGNALS = (*SCORES, *(f"{name}_fall" for name in SCORES), "checkin", "session", "booking")


def frame(rows: int, seed: int = 0, **fixed: Any) -> pl.DataFrame:
    """Rows of signal codes with quiet times."""
    generator = np.random.default_rng(seed)
    codes = {name: generator.choice(["high", "low", "none"], rows, p=[0.6, 0.1, 0.3]) for name in SCORES}
    codes |= {f"{name}_fall": generator.choice(["same", "fell", "none"], rows, p=[0.6, 0.1, 0.3]) for name in SCORES}
    codes["checkin"] = generator.choice(["answered", "unanswered_often", "not_asked"], rows)
    codes["session"] = generator.choice(["s1", "s2", "s21"], rows)
    codes["booking"] = generator.choice(["ahead", "free"], rows)
    found = pl.DataFrame(codes).with_columns(
        client_id=pl.Series([f"c{number // 3}" for number in range(rows)]),
        quiet_rhythms=pl.Series(generator.uniform(0, 6, rows)),
        rhythm_days=pl.lit(7.0),
    )
    return found.with_columns(**{name: pl.lit(value) for name, value in fixed.items()})


def training(rows: int = 600, seed: int = 0) -> Training:
    """Leaving depends on low scores, the first session, and how long it has been quiet."""
    found = frame(rows, seed)
    low = pl.any_horizontal([pl.col(name) == "low" for name in SCORES])
    score = (
        -3.5 + 1.5 * low.cast(pl.Float64) + (pl.col("session") == "s1").cast(pl.Float64) + 0.7 * pl.col("quiet_rhythms")
    )
    chance = found.select(1 / (1 + (-score).exp())).to_series().to_numpy()
    left = (np.random.default_rng(seed + 1).random(rows) < chance).astype(float)
    gaps = found.with_columns(
        gap_rhythms=pl.Series(np.where(left == 1, 12.0, np.random.default_rng(seed + 2).exponential(1.0, rows))),
        over=pl.Series(left == 0),
    )
    return Training(found.with_columns(left=pl.Series(left)), gaps, SIGNALS)


@pytest.mark.parametrize("key", LEARNERS)
def test_each_gives_chances(key: str) -> None:
    chance = learn(training(), LEARNERS[key])(frame(50, seed=9))
    assert chance.shape == (50,)
    assert ((chance > 0) & (chance < 1)).all()


@pytest.mark.parametrize("key", ["silence", "logistic", "boosting", "cox"])
def test_what_knows_of_the_silence_says_more_the_longer_it_lasts(key: str) -> None:
    judge = learn(training(), LEARNERS[key])
    short, long = (judge(frame(200, seed=9, quiet_rhythms=quiet)).mean() for quiet in (0.3, 4.0))
    assert long > short + 0.1


@pytest.mark.parametrize("key", ["alike", "scores"])
def test_what_knows_nothing_of_the_silence_does_not(key: str) -> None:
    judge = learn(training(), LEARNERS[key])
    assert judge(frame(200, seed=9, quiet_rhythms=0.3)) == pytest.approx(judge(frame(200, seed=9, quiet_rhythms=4.0)))


@pytest.mark.parametrize("key", ["logistic", "boosting"])
def test_a_learner_finds_what_was_planted(key: str) -> None:
    judge = learn(training(3000), LEARNERS[key])
    low, high = (
        judge(frame(400, seed=9, understood=code, on_target="high", worth_it="high")) for code in ("low", "high")
    )
    assert low.mean() > high.mean() + 0.05


@pytest.mark.parametrize("key", LEARNERS)
def test_with_nine_who_left_all_say_the_same_of_everyone(key: str) -> None:
    some = training(100)
    left = np.r_[np.ones(9), np.zeros(91)]
    few = Training(some.rows.with_columns(left=pl.Series(left)), some.gaps, SIGNALS)
    chance = learn(few, LEARNERS[key])(frame(5))
    assert chance == pytest.approx(np.full(5, 10 / 110))  # (9 + 1) of (100 + 10)


@pytest.mark.parametrize("key", LEARNERS)
def test_with_nothing_at_all_there_is_an_answer(key: str) -> None:
    some = training(30)
    nothing = Training(some.rows.clear(), some.gaps.clear(), SIGNALS)
    assert learn(nothing, LEARNERS[key])(frame(5)) == pytest.approx(np.full(5, 0.1))


@pytest.mark.parametrize("key", LEARNERS)
def test_a_code_that_was_never_seen_is_no_error(key: str) -> None:
    chance = learn(training(), LEARNERS[key])(frame(20, seed=4, session="s6_10", booking="not_known"))
    assert np.isfinite(chance).all()


def test_the_rule_gives_the_shares_of_its_three_cases() -> None:
    """A logistic regression on nothing but cases gives each case its own share; the penalty is all but none."""
    some = training(4000)
    case = baselines._score_case(some.rows)
    judge = baselines.low_or_fell(some)
    for number in (0, 1, 2):
        rows = some.rows.filter(pl.Series(case == number))
        assert judge(rows)[0] == pytest.approx(rows["left"].mean(), abs=0.003)


def test_unanswered_is_a_case_of_its_own() -> None:
    fine = dict.fromkeys(SCORES, "high") | {f"{name}_fall": "same" for name in SCORES}
    rows = pl.concat([
        frame(1, **fine, checkin="answered"),
        frame(1, **fine, checkin="unanswered_first"),
        frame(1, **(fine | {"worth_it_fall": "fell"}), checkin="answered"),
        frame(1, **(fine | {"understood": "low"}), checkin="unanswered_often"),
    ])  # fmt: skip
    assert baselines._score_case(rows).tolist() == [0, 1, 2, 2]


def test_cox_without_anything_to_tell_apart_is_the_curve_of_returns() -> None:
    """Ten gaps by hand: hazards 1/10 at 1, 2/9 at 2, then a long nothing; six rhythms until it is called an exit."""
    rows = frame(10, **dict.fromkeys(SIGNALS, "none"), quiet_rhythms=0.0, rhythm_days=10.0)
    gaps = rows.with_columns(
        gap_rhythms=pl.Series([1.0, 2.0, 2.0, *[11.0] * 7]),
        over=pl.Series([True] * 3 + [False] * 7),
        session=pl.Series(["s1", "s2"] * 5),  # a column, all but without an effect
    )
    chance = baselines.cox(Training(rows.with_columns(left=pl.lit(0.0)), gaps, SIGNALS))(rows.head(1))
    assert chance[0] == pytest.approx(np.exp(-1 / 10 - 2 / 9), abs=0.03)


def test_a_sample_takes_clients_whole() -> None:
    rows = frame(900)
    kept = baselines.some_clients(rows, 300)
    assert 250 <= kept.height <= 300
    counts = kept.group_by("client_id").len().join(rows.group_by("client_id").len(), on="client_id")
    assert (counts["len"] == counts["len_right"]).all()


def test_without_scikit_learn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__
    monkeypatch.setattr("importlib.import_module", lambda name: real("not_there_at_all"))
    with pytest.raises(UsageError, match=r"pip install 'holdfast\[evaluate\]'"):
        baselines.needed("sklearn.linear_model")
