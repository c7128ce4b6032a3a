"""The model alone, judged on a practice's own past: the same counts as beside the others, and nothing of too little."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from holdfast.asof import seconds
from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.silence import calibrated
from holdfast.silence.calibrated import counted_here, evening
from holdfast.silence.fit import fit_moments
from holdfast.silence.groups import GROUPS
from holdfast.silence.moments import moments_of
from holdfast.silence.outcomes import Afterwards, old_enough
from holdfast.silence.policy import EVERYONE, muting, quiet_ones
from holdfast.silence.predict import predict_moments
from holdfast.simulate import demo_practice, write
from holdfast.simulate.world import DEMO
from holdfast.tables import read_tables


@pytest.fixture(scope="module", name="practice")
def _practice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("practice") / "tables"
    write(demo_practice(replace(DEMO, clients=200, n_therapists=4)), folder)
    return read_tables(folder)


@pytest.mark.slow
def test_it_counts_who_had_left_and_how_many_were_expected_without_what_the_others_need(practice, monkeypatch):
    """By hand: whoever was quiet for at most six of his rhythms on an evening, and of whom it is known by now."""
    for name in ("sklearn", "sklearn.linear_model", "sksurv", "sksurv.linear_model"):
        monkeypatch.setitem(sys.modules, name, None)
    asked = []
    fitting = calibrated.fit_moments
    monkeypatch.setattr(
        calibrated, "fit_moments", lambda seen, **more: asked.append((fitting(seen, **more), seen)) or asked[-1][0]
    )
    found = counted_here(practice)
    assert len(asked) == calibrated.ORIGINS
    with Engine.embedded() as engine:
        end = Afterwards.of(episodes(practice, engine=engine))
    left, expected = 0, 0.0
    for fitted, seen in asked:
        rows = predict_moments(fitted, seen).with_columns(
            contact_at=pl.col("last_session_at").dt.epoch("s"), since=pl.lit(seconds(seen.at))
        )
        rows = rows.filter((pl.col("days_silent") <= 6 * pl.col("rhythm_days")) & old_enough(end.at))
        told = end.judge(rows).filter(pl.col("outcome") != "undecided")
        left += (told["outcome"] == "left").sum()
        expected += told["p_left"].sum()
    assert (found[0].group, found[0].observed) == (EVERYONE, left)
    assert found[0].expected == pytest.approx(expected, rel=1e-4)
    assert muting(found).groups == ()  # the chances are about right in a world like this


@pytest.mark.long
def test_of_too_short_a_history_nothing_is_said(practice):
    with Engine.embedded() as engine:
        first = episodes(practice, engine=engine).at - timedelta(days=30 * 28)
    assert counted_here(practice, at=first) == []


@pytest.mark.long
def test_an_evening_says_what_predict_says_and_to_which_groups_each_belongs(practice):
    with Engine.embedded() as engine:
        seen = moments_of(episodes(practice, engine=engine))
    fitted = fit_moments(seen)
    keys, told = ["client_id", "therapist_id", "episode"], ["p_left", "p_left_low", "p_left_high"]
    rows = evening(fitted, seen)
    plain = predict_moments(fitted, seen)
    assert rows.select(*keys, *told).sort(keys).equals(plain.select(*keys, *told).sort(keys))
    assert set(GROUPS) <= set(rows.columns)
    few = quiet_ones(rows.filter(pl.col("standing") == "new"))
    assert few
    assert all("first three sessions" in one.groups for one in few)
