"""What the priors alone say of a plausible practice, session by session and over a course of therapy.

Three readings: *at the middle* of every prior; the *middle practice* of those that the priors think possible; and
their *average*, which is what a fit without any data gives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm
from tests.unit.silence.practice_mix import ANSWERS, PLACES, code_at, sessions

from holdfast.silence.priors import PRIORS

pytestmark = pytest.mark.long

PAGE = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "where-the-priors-come-from.md"
PRACTICES, PEOPLE, THERAPISTS = 2000, 600, 8
TYPICAL = 8  # sessions: the median of published means is 8.21 (DOS-06b)


@dataclass(frozen=True)
class Chances:
    """Chances of a silent exit by ``session`` code: at the middle of all priors, and for many possible practices."""

    centre: Mapping[str, float]
    practices: Mapping[str, np.ndarray]

    def course(self) -> tuple[float, np.ndarray]:
        """The share that has left silently by the last session of a course of typical length."""
        codes = [code_at(session) for session in range(1, TYPICAL + 1)]
        centre = 1 - np.prod([1 - self.centre[code] for code in codes])
        return float(centre), 1 - np.prod([1 - self.practices[code] for code in codes], axis=0)


def columns() -> dict[tuple[str, str], int]:
    pairs = [(signal, code) for signal in PRIORS.signals for code in PRIORS.codes(signal)]
    return {pair: number for number, pair in enumerate(pairs)}


def normals(count: int, chance: np.random.Generator) -> np.ndarray:
    """Evenly spread draws that balance: half of them, and their opposites."""
    half = chance.standard_normal(count // 2)
    return np.concatenate([half, -half])


@cache
def chances(asked: bool) -> Chances:
    chance = np.random.default_rng(1907)
    place = columns()
    priors = [PRIORS.effect(*pair) for pair in place]
    means, sds = np.asarray([prior.mean for prior in priors]), np.asarray([prior.sd for prior in priors])
    scales = PRIORS.scale.median * np.exp(PRIORS.scale.log_sd * normals(PRACTICES, chance))
    effects = means + scales[:, None] * sds * np.stack([normals(PRACTICES, chance) for _ in priors], axis=1)
    start = PRIORS.intercept.mean + PRIORS.intercept.sd * normals(PRACTICES, chance)
    spread = PRIORS.therapist_spread
    spreads = spread.median * np.exp(spread.log_sd * normals(PRACTICES, chance))
    centre, practices = {}, {}
    for code, session in PLACES.items():
        drawn = sessions(session, asked=asked, count=PEOPLE, chance=chance)
        rows = np.asarray([[place[pair] for pair in one.items()] for one in drawn])
        therapists = np.resize(norm.ppf((np.arange(THERAPISTS) + 0.5) / THERAPISTS), PEOPLE)
        centre[code] = float(expit(PRIORS.intercept.mean + means[rows].sum(axis=1) + spread.median * therapists).mean())
        scores = np.stack([effects[:, row].sum(axis=1) for row in rows], axis=1)
        practices[code] = expit(start[:, None] + scores + spreads[:, None] * therapists).mean(axis=1)
    return Chances(centre, practices)


ASKED = pytest.mark.parametrize("asked", [False, True], ids=["nobody is asked", "check-ins are sent"])


@pytest.mark.slow
@ASKED
@pytest.mark.parametrize(
    ("code", "low", "high"),
    [
        ("s1", 0.08, 0.13),
        ("s2", 0.03, 0.06),
        ("s3", 0.03, 0.06),
        ("s4_5", 0.015, 0.035),
        ("s6_10", 0.015, 0.03),
        ("s11_20", 0.015, 0.03),
        ("s21", 0.015, 0.03),
    ],
)
def test_the_priors_alone_say_something_sensible_after_each_session(asked, code, low, high):
    assert low < chances(asked).practices[code].mean() < high


@pytest.mark.long
@ASKED
def test_the_middle_practice_loses_between_a_fifth_and_a_quarter_without_a_word(asked):
    centre, practices = chances(asked).course()
    assert 0.20 < np.median(practices) < 0.25
    assert 0.17 < centre < 0.22
    assert 0.23 < practices.mean() < 0.29


@ASKED
def test_the_priors_leave_room_for_practices_that_lose_few_and_many(asked):
    low, high = np.quantile(chances(asked).course()[1], [0.05, 0.95])
    assert low < 0.09
    assert high > 0.50


def test_fewer_leave_with_each_session():
    ordered = [chances(False).centre[code] for code in PLACES]
    assert ordered == sorted(ordered, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("session", [1, 6])
def test_being_asked_changes_the_average_by_little(session):
    """Otherwise switching check-ins on would by itself make everybody look better or worse."""
    average = []
    for asked in (False, True):
        drawn = sessions(session, asked=asked, count=3000, chance=np.random.default_rng(session))
        scores = [sum(PRIORS.effect(*pair).mean for pair in one.items()) for one in drawn]
        average.append(expit(PRIORS.intercept.mean + np.asarray(scores)).mean())
    assert abs(np.log(average[1] / average[0])) < 0.15


@pytest.mark.slow
def test_answers_spread_the_chances_as_much_as_alliance_was_found_to():
    """3.8 % of the variance (ALL-09) is an sd of 0.36 on the log-odds; all answers together come near it."""
    found = np.sqrt(0.038 / (1 - 0.038) * np.pi**2 / 3)
    drawn = sessions(6, asked=True, count=4000, chance=np.random.default_rng(1))
    answered = [one for one in drawn if one["checkin"] == "answered"]
    scores = [sum(PRIORS.effect(signal, one[signal]).mean for signal in ANSWERS) for one in answered]
    assert found == pytest.approx(0.36, abs=0.005)
    assert 0.28 < np.std(scores) < 0.40


# --- the page ---------------------------------------------------------------------------------------


def shown() -> dict[str, list[float]]:
    """The page's table: percentages by what stands in its first column."""
    rows = re.findall(r"^\| ([^|]+?) \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) % \|$", PAGE.read_text("utf-8"), re.M)
    return {name: [float(value) for value in values] for name, *values in rows}


def test_the_page_says_what_the_priors_say():
    found = chances(False)
    centre, practices = found.course()
    expected = {
        "first session": "s1",
        "second": "s2",
        "third": "s3",
        "fourth and fifth": "s4_5",
        "sixth to tenth": "s6_10",
        "11th to 20th": "s11_20",
        "21st and later": "s21",
    }
    table = shown()
    assert set(table) == {*expected, "by the eighth"}
    for name, code in expected.items():
        real = [found.centre[code], np.median(found.practices[code]), found.practices[code].mean()]
        assert table[name] == pytest.approx([100 * value for value in real], rel=0.04), name
    assert table["by the eighth"] == pytest.approx(
        [100 * value for value in (centre, np.median(practices), practices.mean())], rel=0.03
    )
