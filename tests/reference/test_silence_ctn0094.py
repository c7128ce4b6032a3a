"""Forecasts of dropout in two trials: nothing later than the landmark may matter, and the people and weeks by hand.

The data are CTN-0027 and CTN-0030 as harmonised in the R package public.ctn0094data (MIT), outcomes from CTNote;
they are in the shared data folder and no part of the project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks import ctn0094_silence
from benchmarks.ctn0094_methods import Method, baselines
from benchmarks.ctn0094_model import contacts_to_come, silence_model, stays_to_the_end
from benchmarks.ctn0094_people import (
    LANDMARKS,
    QUESTIONS,
    Participant,
    as_it_went,
    as_known_after,
    dropped_out,
    last_day,
    read_people,
    sites,
    still_in,
    visit_columns,
)
from benchmarks.ctn0094_silence_page import TITLES
from benchmarks.judging import auc_within
from benchmarks.onward import SESSIONS
from benchmarks.pages import with_sections
from sklearn.metrics import roc_auc_score

pytestmark = pytest.mark.long

ARMS = ("27 Methadone", "30 Outpatient BUP + EMM")


def participant(
    who: str, kept: Sequence[float], *, missed: Sequence[float] = (), week: int = 21, out: bool = False
) -> Participant:
    days = np.array(sorted([*kept, *missed]), dtype=float)
    number = int(who)
    return Participant(
        who=who,
        site=str(number % 3),
        trial=ARMS[number % 2][:2],
        arm=ARMS[number % 2],
        man=number % 5 > 1,
        age=20.0 + number,
        job=("Full Time", "", "Student")[number % 3],
        background={"race: White": 1.0} if number % 4 else {"days of Opioid": 20.0},
        days=days,
        kept=np.isin(days, kept),
        dropped_out=out,
        week=week,
    )


@pytest.fixture
def invented() -> list[Participant]:
    """Sixty people seen weekly; half of them leave between weeks 2 and 15."""
    chance = np.random.default_rng(3)
    people = []
    for number in range(60):
        out = number % 4 < 2
        week = int(chance.integers(2, 15)) if out else 21
        kept = [
            7.0 * visit for visit in range(24) if (not out or visit < week - 1) and (not visit or chance.random() < 0.9)
        ]
        people.append(participant(str(number), kept, week=week, out=out))
    return people


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[Participant]:
    return read_people(shared_data / "ctn0094_development")


# --- nothing from later -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("method", baselines(), ids=lambda method: f"{method.name}, {method.told}")
def test_what_a_judged_person_does_later_and_his_outcome_do_not_matter(
    method: Method, invented: list[Participant]
) -> None:
    for weeks in LANDMARKS:
        _check(method, invented, weeks)


@pytest.mark.slow
def test_neither_do_they_for_the_silence_model(invented: list[Participant]) -> None:
    _check(silence_model("arm"), invented, 2)


def _check(method: Method, people: list[Participant], weeks: int) -> None:
    """Everything after a landmark is turned over for twenty people: what was said of them by then stays the same."""
    train, test = np.arange(40), np.arange(40, 60)
    other = [*people[:40], *(_turned_over(one, weeks) for one in people[40:])]
    before, after = (method.prepare(everybody)(train) for everybody in (people, other))
    for question in (question for question in QUESTIONS if question.weeks <= weeks):
        np.testing.assert_array_equal(before[question][test], after[question][test])


def _turned_over(one: Participant, weeks: int) -> Participant:
    """The same until the landmark; another course and another outcome after it."""
    known = one.known(weeks)
    later = np.arange(last_day(weeks) + 2.0, 160, 3)
    return replace(
        one,
        days=np.r_[one.days[known], later],
        kept=np.r_[one.kept[known], later % 2 == 0],
        dropped_out=not one.dropped_out,
        week=30,
    )


def test_at_a_landmark_the_practice_knows_no_ending_and_nothing_later(invented: list[Participant]) -> None:
    for weeks in LANDMARKS:
        tables, at = as_known_after(invented, weeks, "arm")
        assert tables["endings"].height == 0
        assert tables["appointments"]["starts_at"].max() < at


def test_the_practice_to_fit_on_stops_with_the_definition(invented: list[Participant]) -> None:
    """Dropped out from week 3 on, known when weeks 3 to 6 are over: silent on day 42, and nothing after it."""
    left = participant("1", [0, 7, 14, 50], missed=[21, 28], week=3, out=True)
    tables, _ = as_it_went([left], "site")
    assert left.watched_until == 42
    assert tables["appointments"]["status"].to_list() == ["attended"] * 3 + ["no_show"] * 2
    assert tables["endings"].select("kind", "ended_on").row(0)[0] == "silent"
    assert (tables["endings"]["ended_on"][0] - tables["appointments"]["starts_at"][0]).days == 42


# --- arithmetic -------------------------------------------------------------------------------------


def test_visits_at_week_two_by_hand() -> None:
    """Through day 13: kept on days 0 and 5, missed on day 9, so eight days of silence and the last one missed."""
    one = participant("1", [0, 5, 20], missed=[9, 14])
    assert visit_columns([one], 2)[0].tolist() == [2, 1, 8, 1]


def test_staying_to_the_end_multiplies_over_the_contacts_of_those_who_stayed() -> None:
    """Two more contacts or none, after the second: sessions 3 (0.2) and 4 (0.1): the mean of 0.8 × 0.9 and 1."""
    chances = np.zeros(len(SESSIONS))
    chances[SESSIONS.index("s3")], chances[SESSIONS.index("s4_5")] = 0.2, 0.1
    assert stays_to_the_end(chances, 2, np.array([2, 0])) == pytest.approx(0.86)


def test_contacts_to_come_are_those_after_which_he_could_still_drop_out() -> None:
    """Those who stayed only; between the landmark and the last week in which four missing ones could begin."""
    stayed = participant("1", [0, 13, 14, 30, 147, 150], missed=[40], week=21)
    left = participant("3", [0, 20], week=4, out=True)
    assert contacts_to_come([stayed, left], 2, None).tolist() == [2]
    assert contacts_to_come([stayed, left], 2, "30 Outpatient BUP + EMM").tolist() == [2]
    assert contacts_to_come([stayed, left], 2, "27 Methadone").tolist() == [2]  # nobody stayed in it: those of all


def test_within_one_site_it_is_the_ordinary_auc_and_other_sites_are_not_compared() -> None:
    chance = np.random.default_rng(0)
    labels, scores = (chance.random(80) < 0.5).astype(float), np.round(chance.normal(size=80), 1)
    one = auc_within(np.zeros(80, dtype=np.int64))
    assert one(labels, scores, None)[0] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    apart = auc_within(np.repeat([0, 1], 40).astype(np.int64))
    shifted = scores + np.repeat([0.0, 100.0], 40)
    assert apart(labels, scores, None)[0] == apart(labels, shifted, None)[0]


def test_the_page_has_a_place_for_every_table() -> None:
    """To fill them: python -m benchmarks.ctn0094_silence --train ../shared/data/ctn0094_development --write-docs."""
    page = with_sections(ctn0094_silence.PAGE.read_text(encoding="utf-8"), dict.fromkeys(TITLES, ""))
    assert page.count("<!-- begin: ") == len(TITLES)


# --- the real people --------------------------------------------------------------------------------


def test_everybody_randomised_is_there_with_the_published_outcome(real: list[Participant]) -> None:
    assert len(real) == 1_244
    assert dropped_out(real).sum() == 589
    assert [int(still_in(real, weeks).sum()) for weeks in LANDMARKS] == [1_244, 1_125, 1_025]
    assert all(one.visits_kept(0).size == 1 for one in real)


def test_every_site_is_judged_once_by_the_others(real: list[Participant]) -> None:
    splits = list(ctn0094_silence.sites_left_out(real))
    assert len(splits) == 17
    site = sites(real)
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(1_244))
    for train, test in splits:
        assert len(set(site[test])) == 1
        assert site[test][0] not in site[train]


def test_one_person_by_hand(real: list[Participant]) -> None:
    """46 was randomised on day 2: WK0 on day 2 and WK1 on day 9 kept, then gone. '-*oooo…': missing from week 3 on."""
    one = next(one for one in real if one.who == "46")
    assert (one.dropped_out, one.week) == (True, 3)
    assert one.visits_kept(4).tolist() == [0, 7]
    assert one.arm.startswith("27")


def test_use_before_intake_is_counted_before_consent_and_pain_before_randomisation(real: list[Participant]) -> None:
    used = [value for one in real for name, value in one.background.items() if name.startswith("days of")]
    assert max(used) <= 28
    assert sum(any(name.startswith("pain") for name in one.background) for one in real) == 1_113  # 128 are dated later
