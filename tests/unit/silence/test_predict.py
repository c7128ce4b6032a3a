"""Predictions on the demo practice: what must be true of them whatever the numbers are."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.silence import Fitted, Moments, fit_moments, moments, p_evening, predict_moments
from holdfast.silence.design import PENDING
from holdfast.silence.fit import Data, published_design
from holdfast.silence.histories import Histories
from holdfast.silence.predict import EPISODE, score_draws
from holdfast.silence.priors import PRIORS
from holdfast.silence.tails import Odds, judge, seen, tails_of
from holdfast.tables import Tables

pytestmark = pytest.mark.long

CHANCES = ["p_left", "p_left_low", "p_left_high", "p_last"]


@pytest.fixture
def found(small_moments: Moments) -> Moments:
    return small_moments


@pytest.fixture(scope="module")
def judged(small_fitted: Fitted, small_moments: Moments) -> tuple[Fitted, pl.DataFrame]:
    return small_fitted, predict_moments(small_fitted, small_moments)


def test_every_open_episode_with_a_session_has_one_row(found, judged):
    assert judged[1].select(EPISODE).rows() == found.evenings.select(EPISODE).rows()
    assert not judged[1].select(EPISODE).is_duplicated().any()


def test_chances_are_chances_and_lie_in_their_intervals(judged):
    frame = judged[1]
    for name in CHANCES:
        assert frame[name].is_between(0, 1).all(), name
    assert (frame["p_left_low"] <= frame["p_left"]).all()
    assert (frame["p_left"] <= frame["p_left_high"]).all()


def test_reasons_come_with_words_and_the_largest_effect_first(judged):
    for reasons in judged[1]["reasons"]:
        effects = [reason["effect"] for reason in reasons]
        assert effects == sorted(effects, reverse=True)
        assert all(reason["words"] and reason["signal"] for reason in reasons)


@pytest.mark.slow
def test_the_chance_rises_with_every_quiet_day(small_practice, judged):
    """Nobody books, comes or says anything after the export: only time goes by."""
    fitted, last = judged[0], None
    at = small_practice.practice.exported_at
    assert isinstance(at, datetime)
    for days in (0, 3, 14, 120):
        later = moments(_without_ahead(small_practice), at=at + timedelta(days=days))
        frame = predict_moments(fitted, later).select(*EPISODE, "p_left", "days_silent", "rhythm_days")
        if last is not None:
            both = last.join(frame, on=EPISODE, suffix="_later")
            assert (both["p_left_later"] >= both["p_left"] - 0.02).all(), days
        last = frame
    assert last is not None
    long_ago = frame.filter(pl.col("days_silent") > 12 * pl.col("rhythm_days"))
    assert long_ago.height > 20
    assert long_ago["p_left"].min() > 0.97


def test_a_block_at_a_time_gives_the_same(found, judged, monkeypatch):
    monkeypatch.setattr(sys.modules["holdfast.silence.predict"], "BLOCK", 7)
    again = predict_moments(judged[0], found)
    for name in CHANCES:
        assert again[name].to_numpy() == pytest.approx(judged[1][name].to_numpy(), abs=1e-9)


def test_a_part_of_the_tails_has_its_own_stages(found):
    tails = tails_of(found.tails, found.tail_stages)
    begins = np.flatnonzero(tails.first)
    part = tails.part(int(begins[3]), int(begins[9]))
    mine = found.tails[int(begins[3]) : int(begins[9])]
    again = tails_of(mine, found.tail_stages)
    assert part.stages.contact.tolist() == again.stages.contact.tolist()
    assert part.stages.bin.tolist() == again.stages.bin.tolist()


def test_the_prior_alone_says_something_sensible(found):
    fitted = fit_moments(found, prior_only=True)
    assert fitted.mostly_published
    first = found.evenings.filter(pl.col("session") == "s1")
    assert 0.04 < p_evening(fitted, first).mean() < 0.2


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(found, judged):
    again = predict_moments(fit_moments(found), found)
    assert again.equals(judged[1])


def test_a_saved_model_says_the_same(found, judged, tmp_path):
    judged[0].save(tmp_path / "model.json")
    again = predict_moments(Fitted.load(tmp_path / "model.json"), found)
    for name in CHANCES:
        assert again[name].to_numpy() == pytest.approx(judged[1][name].to_numpy(), abs=2e-3), name


def _without_ahead(tables: Tables) -> Tables:
    """The same practice with nothing booked ahead, so that later nothing becomes unmarked."""
    rows = tables["appointments"].filter(pl.col("status") != "booked")
    return Tables({**tables.frames, "appointments": rows}, tables.practice, tables.present)


@pytest.mark.slow
def test_contacts_waited_for_are_those_pending_on_their_own_evening(small_practice, found):
    """Counted with the patterns and tails, and seen one by one on each evening."""
    with Engine.embedded() as engine:
        evenings = Histories.of(episodes(small_practice, engine=engine)).evening
    one_by_one = evenings.filter(pl.col("checkin") == PENDING).select(*EPISODE, "contact")
    tails = found.tails.filter(pl.col("how") != "unmarked").select(*EPISODE, "contact", "waited", "pending")
    seen = tails.join(one_by_one.with_columns(seen=1), on=[*EPISODE, "contact"], how="left").fill_null(0)
    assert seen["waited"].to_list() == seen["seen"].to_list()
    assert 0 < seen["waited"].sum() < seen.height
    stayed = found.patterns.filter(pl.col("how") != "unmarked")["waited"].sum()
    gone = one_by_one.join(tails, on=[*EPISODE, "contact"], how="semi").height
    assert stayed == one_by_one.height - gone


def test_an_open_check_in_stands_for_what_comes_of_those_open_on_their_evening(found, judged):
    """By adding up odds over the contacts one by one, with and without what the check-in says."""
    fitted, design = judged[0], judged[0].design
    stayed = found.patterns.filter(pl.col("waited") > 0)
    about = {name for name in design.signals if PENDING in PRIORS.codes(name)}
    mine = [1 + place for place, (name, _) in enumerate(design.columns) if name in about]
    whole, rest = 0.0, 0.0
    for frame, weight in ((stayed, stayed["waited"].to_numpy().astype(float)), *_held(fitted, found)):
        for codes, counts in zip(design.encode(frame), weight, strict=True):
            columns = [column for column in codes if column < design.width]
            whole = whole + counts * np.exp(fitted.effects[:, columns].sum(axis=1))
            rest = rest + counts * np.exp(fitted.effects[:, [c for c in columns if c not in mine]].sum(axis=1))
    waiting = 1 + design.columns.index(("checkin", PENDING))
    assert fitted.effects[:, waiting] == pytest.approx(np.log(whole / rest), abs=0.02)  # held is of the last turn


def _held(fitted: Fitted, found: Moments):
    """The settled contacts of tails that were waited for, each by the chance that it took place."""
    frame, tails = found.tails, tails_of(found.tails, found.tail_stages)
    chance = expit(score_draws(fitted, frame)).mean(axis=0)
    sure = np.asarray([fitted.took_place[how] for how in frame["how"]])
    odds = Odds.of(fitted.habits.clock(), fitted.habits.mean_answers())
    held = judge(tails, chance, sure, seen(tails, odds)).held
    kept = (frame["waited"].to_numpy() > 0) & ~frame["pending"].to_numpy()
    return [(frame.filter(pl.Series(kept)), held[kept])]


@pytest.mark.slow
def test_to_begin_on_some_of_the_rows_changes_only_how_long_it_takes(found, judged, monkeypatch):
    """The last turns are always on all rows, until hardly any chance moves."""
    monkeypatch.setattr(sys.modules["holdfast.silence.fit"], "ENOUGH_TO_BEGIN", 150)
    some = predict_moments(fit_moments(found), found)
    assert some["p_left"].to_numpy() == pytest.approx(judged[1]["p_left"].to_numpy(), abs=0.03)


def test_every_so_manieth_row_stands_for_those_left_out(found):
    data = Data.of(found, published_design())
    few = data.every(7)
    assert few.stayed.height == -(-data.stayed.height // 7)
    assert few.tails is data.tails
    ahead = few.layout.weight[: few.stayed.height]
    assert (ahead == 7 * data.layout.weight[: data.stayed.height : 7]).all()
    assert (few.layout.weight[few.stayed.height :] == data.layout.weight[data.stayed.height :]).all()
