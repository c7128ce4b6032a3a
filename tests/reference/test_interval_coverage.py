"""A 95 % interval of a curve holds the truth in 95 of 100 samples, where clients are independent of each other.

The truth is a population of episodes with known shares; samples of it are drawn as count tables. It has what a practice
has: competing endings, and people who have been followed for very different lengths. Whether clients of one practice
are independent is another question: docs/validation/leak-truth.md.
"""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.insight.counts import Counts, counts_from_table, on_session_scale
from holdfast.insight.curves import cumulative_incidence, kaplan_meier, restricted_mean_sessions
from holdfast.insight.uncertainty import NotEstimable

CAUSES = ("silent", "never_started", "planned", "told")
LEAVING = {"silent": (0, 0.11, 0.08, 0.05, *[0.035] * 40), "planned": (0, *[0.01] * 4, *[0.09] * 39)}
FOLLOWED = np.array([0.06] * 5 + [0.7 / 35] * 35)  # how many sessions somebody can be followed for, from 1
SAMPLES, SURE = 1500, 3 * (0.95 * 0.05 / 1500) ** 0.5


def population() -> dict[tuple[int, str], float]:
    """Shares of (sessions, ending), the ending blank where he is still coming."""
    here, shares = 1.0, {(0, "never_started"): 0.1}
    for sessions in range(1, len(FOLLOWED) + 1):
        before = 0.9 if sessions == 1 else here
        shares[sessions, ""] = before * FOLLOWED[sessions - 1] / FOLLOWED[sessions - 1 :].sum()
        staying = before - shares[sessions, ""]
        for cause, chances in LEAVING.items():
            shares[sessions, cause] = staying * chances[sessions]
        here = staying * (1 - sum(chances[sessions] for chances in LEAVING.values()))
    return {key: share for key, share in shares.items() if share > 0}


SHARES = population()
KEYS, CHANCES = list(SHARES), np.array(list(SHARES.values())) / sum(SHARES.values())


def counted(numbers: np.ndarray) -> Counts:
    times, causes = zip(*KEYS, strict=True)
    return counts_from_table(times, causes, numbers, all_causes=CAUSES)


@pytest.fixture(scope="module")
def truth() -> Counts:
    return counted(np.round(CHANCES * 10**9))


@pytest.fixture(scope="module", params=[120, 500])
def samples(request: pytest.FixtureRequest) -> list[Counts]:
    dice = np.random.default_rng(7)
    return [counted(dice.multinomial(request.param, CHANCES)) for _ in range(SAMPLES)]


@pytest.mark.slow
@pytest.mark.parametrize("session", [1, 3, 5, 10])
def test_intervals_of_silent_exits_hold_what_they_promise(samples: list[Counts], truth: Counts, session: int) -> None:
    true = cumulative_incidence(on_session_scale(truth), "silent").at(session).estimate
    points = [cumulative_incidence(on_session_scale(sample), "silent").at(session) for sample in samples]
    held = np.mean([point.lower <= true <= point.upper for point in points])
    assert held == pytest.approx(0.95, abs=SURE)


@pytest.mark.slow
@pytest.mark.parametrize("session", [1, 5, 10])
def test_intervals_of_staying_hold_what_they_promise(samples: list[Counts], truth: Counts, session: int) -> None:
    true = kaplan_meier(on_session_scale(truth)).at(session).estimate
    points = [kaplan_meier(on_session_scale(sample)).at(session) for sample in samples]
    assert np.mean([point.lower <= true <= point.upper for point in points]) == pytest.approx(0.95, abs=SURE)


@pytest.mark.slow
def test_intervals_of_mean_sessions_hold_what_they_promise(samples: list[Counts], truth: Counts) -> None:
    true = restricted_mean_sessions(truth, 10)
    means = [restricted_mean_sessions(sample, 10) for sample in samples]
    assert not isinstance(true, NotEstimable)
    held = [mean.lower <= true.estimate <= mean.upper for mean in means if not isinstance(mean, NotEstimable)]
    assert len(held) == SAMPLES
    assert np.mean(held) == pytest.approx(0.95, abs=SURE)
