"""Forecasts from log-ins: nothing later than the day may matter, and no label of those who are judged.

The data are the 100 development participants of Côté-Allard, Pham and others (2022); they are no part of the project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks import gicbt
from benchmarks.gicbt_methods import BASELINES, Method
from benchmarks.gicbt_model import last_gaps, log_ins_a_day, silence_model
from benchmarks.gicbt_page import TITLES
from benchmarks.gicbt_people import (
    FEATURES,
    MEANINGS,
    TREATMENT_DAYS,
    Person,
    agreement,
    as_it_went,
    as_known_on,
    known,
    labels_of,
    meaning,
    read_people,
)
from benchmarks.judging import balanced_accuracy, cut_off
from benchmarks.pages import with_sections
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from holdfast.silence import metrics

DAY = 20


def person(who: str, days: Sequence[float], *, adherent: bool = True) -> Person:
    return Person(who, np.array(days, dtype=float), np.full(len(days), 10.0), adherent)


@pytest.fixture
def invented() -> list[Person]:
    """Forty people who log in every two to five days, half of whom stop between day 5 and day 40."""
    chance = np.random.default_rng(7)
    people = []
    for number in range(40):
        until = 80.0 if number % 2 else chance.uniform(5, 40)
        days = np.cumsum(np.r_[0.0, chance.uniform(1, 4, 60)])
        kept = days[days < until]
        people.append(person(str(number), kept, adherent=bool(kept[-1] >= TREATMENT_DAYS)))
    return people


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[Person]:
    return read_people(shared_data / "gicbt_development100")


# --- nothing from later, no label -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("method", [silence_model(), *BASELINES], ids=lambda method: method.name)
def test_what_a_judged_person_does_later_and_his_label_do_not_matter(method: Method, invented: list[Person]) -> None:
    """Those to be judged stay as they were on the day; everything after it, and their labels, are turned over."""
    train, test = np.arange(30), np.arange(30, 40)
    other = list(invented)
    for place in test:
        one = invented[place]
        later = np.r_[one.by(DAY), np.linspace(DAY + 1, 90, 9)]
        other[place] = Person(one.who, later, np.full(later.size, 10.0), not one.adherent)
    before, after = (method.prepare(people, [DAY])(train)[DAY][test] for people in (invented, other))
    np.testing.assert_array_equal(before, after)


@pytest.mark.slow
def test_the_model_learns_from_log_ins_and_not_from_labels(invented: list[Person]) -> None:
    """Labels that do not change what the label means: one of the training people is given another one."""
    train = np.arange(30)
    other = [replace(invented[0], adherent=not invented[0].adherent), *invented[1:]]
    assert meaning(other[:30]) == meaning(invented[:30])
    before, after = (silence_model().prepare(people, [DAY])(train)[DAY] for people in (invented, other))
    np.testing.assert_array_equal(before, after)


@pytest.mark.slow
def test_those_who_went_quiet_are_given_less_chance_than_those_who_log_in(invented: list[Person]) -> None:
    chances = silence_model().prepare(invented, [42])(np.arange(40))[42]
    assert ((chances >= 0) & (chances <= 1)).all()
    assert roc_auc_score(labels_of(invented), chances) > 0.9


# --- the practice -----------------------------------------------------------------------------------


def test_on_a_day_the_practice_knows_the_log_ins_before_it(invented: list[Person]) -> None:
    tables, at = as_known_on(invented, DAY)
    assert tables["appointments"]["starts_at"].max() < at
    assert tables["appointments"].height == sum(one.by(DAY).size for one in invented)


def test_everybody_is_followed_to_his_first_log_in_after_the_end_or_for_eight_weeks_more() -> None:
    stayed, left = person("1", [0, 5.5, 57.25, 60]), person("2", [0, 3.25, 8])
    tables, at = as_it_went([stayed, left])
    rows = tables["appointments"].sort("client_id", "starts_at")
    quiet = [(at - when).total_seconds() / 86_400 for when in rows["starts_at"]]
    assert quiet == pytest.approx([58, 52.5, 0.75, 112, 108.75, 104])  # day 60 is not there any more


def test_gaps_are_whole_days_between_days_with_a_log_in() -> None:
    """Days 0, 3, 4 and 10: the last three gaps are 6, 1, 3."""
    found = last_gaps([person("1", [0, 3.1, 3.9, 4.2, 10.5]), person("2", [0, 0.5])], 20)
    np.testing.assert_array_equal(found, [[6, 1, 3], [np.nan] * 3])
    assert sorted(log_ins_a_day([person("1", [0, 3.1, 3.9, 4.2])])) == [1, 1, 2]


def test_simple_features_by_hand() -> None:
    """Log-ins on days 0, 1, 1.5 and 12, seen on day 14: two days of silence, one in the last week, longest gap 10.5."""
    found = known([person("1", [0, 1, 1.5, 12, 30])], 14)[0]
    assert dict(zip(FEATURES, found, strict=True)) == {
        "log-ins so far": 4,
        "days since the last log-in": 2,
        "days with a log-in": 3,
        "log-ins in the last week": 1,
        "longest gap so far, days": 10.5,
        "middle gap, days": 1.0,
        "minutes in all": 40,
    }


# --- judging ----------------------------------------------------------------------------------------


def test_balanced_accuracy_and_auc_equal_those_of_scikit_learn() -> None:
    chance = np.random.default_rng(1)
    labels = chance.random(60) < 0.4
    scores = np.round(chance.normal(size=60) + labels, 1)
    decided = scores >= cut_off(labels, scores)
    ours = balanced_accuracy(labels, decided[None])(np.ones((1, 60)))[0]
    assert ours == pytest.approx(balanced_accuracy_score(labels, decided), abs=1e-12)
    assert metrics.auc(labels.astype(float), scores)[0] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_the_cut_off_says_yes_as_often_as_it_is_true() -> None:
    labels, scores = np.array([False, True, False, True, True]), np.array([1.0, 2.0, 3.0, 6.0, 7.0])
    assert cut_off(labels, scores) == 2.5


@pytest.mark.slow
def test_on_new_people_it_beats_searching_for_the_best_one() -> None:
    """Chances with log-odds of standard deviation 2 around two to one, right or shifted by 0.4; 80 to learn from."""
    chance = np.random.default_rng(0)
    gains = []
    for shift in (-0.4, 0.0, 0.4):
        for _ in range(150):
            odds = np.log(2) + 2 * chance.normal(size=3_080)
            labels, scores = chance.random(3_080) < expit(odds), expit(odds + shift)
            new = [_quality(labels[80:], scores[80:] >= cut(labels[:80], scores[:80])) for cut in (cut_off, _searched)]
            gains.append(new[0] - new[1])
    assert np.mean(gains) > 2 * np.std(gains) / np.sqrt(len(gains)) > 0


def _quality(labels: np.ndarray, decided: np.ndarray) -> float:
    return float(balanced_accuracy(labels, decided[None])(np.ones((1, labels.size)))[0])


def _searched(labels: np.ndarray, scores: np.ndarray) -> float:
    return float(max(np.unique(scores), key=lambda step: _quality(labels, scores >= step)))


def test_the_page_has_a_place_for_every_table() -> None:
    """To fill them: python -m benchmarks.gicbt --train ../shared/data/gicbt_development100 --write-docs."""
    page = with_sections(gicbt.PAGE.read_text(encoding="utf-8"), dict.fromkeys(TITLES, ""))
    assert page.count("<!-- begin: ") == len(TITLES)


# --- the real people --------------------------------------------------------------------------------


def test_there_are_a_hundred_people_of_whom_67_stayed(real: list[Person]) -> None:
    assert len(real) == 100
    assert labels_of(real).sum() == 67


def test_the_label_is_enough_log_ins_and_being_there_at_the_end(real: list[Person]) -> None:
    """Eleven people logged in eight times or more and carry the label 0: none of them logged in on day 56 or later."""
    assert {name: agreement(real, name) for name in MEANINGS} == {"count": 89, "count and still there": 100}
    enough = [one for one in real if one.enough and not one.adherent]
    assert len(enough) == 11
    assert max(one.days[-1] for one in enough) < TREATMENT_DAYS


def test_every_fold_has_people_of_its_own(real: list[Person]) -> None:
    splits = list(gicbt.crossed(labels_of(real), 2))
    assert len(splits) == 2 * gicbt.FOLDS
    for split in splits:
        assert not set(split.train) & set(split.test)
        assert labels_of(real)[split.test].sum() in (13, 14)
    judged = np.concatenate([split.test for split in splits if split.repetition == 1])
    assert sorted(judged) == list(range(100))
