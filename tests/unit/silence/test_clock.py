"""The clock: which bin a time lies in, and chances that add up."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.silence import habits
from holdfast.silence.clock import (
    AFTER,
    BINS,
    CELLS,
    EDGES,
    LEFT_EVENTS,
    NONE,
    STAY_EVENTS,
    assumed_hazards,
    bounds,
    cell_codes,
    place,
)


def at(days: float, expected: float, rhythm: float) -> tuple[int, float]:
    bins, part = place(np.array([days]), np.array([expected]), np.array([rhythm]))
    return int(bins[0]), float(part[0])


@pytest.mark.parametrize(
    ("days", "expected", "rhythm", "bin_", "part"),
    [
        (0.0, 7.0, 7.0, 0, 0.0),  # the first day
        (0.5, 7.0, 7.0, 0, 0.5),
        (1.5, 7.0, 7.0, 1, 0.5),
        (3.0, 7.0, 7.0, 2, 0.5),
        (6.125, 7.0, 7.0, 6, 0.5),  # half-way through the last quarter of a week
        (10.5, 28.0, 28.0, 4, 0.5),  # of four weeks: the second quarter, from day 7 to day 14
        (7.0, 7.0, 7.0, AFTER, 0.0),  # the expected day itself
        (7.0 + 0.25 * 7, 7.0, 7.0, AFTER + 1, (0.25 - 0.15) / 0.35),
        (7.0 + 7.0, 7.0, 7.0, AFTER + 3, 0.0),  # a whole rhythm over
        (28.0 + 28.0, 28.0, 28.0, AFTER + 3, 0.0),  # the same of somebody who comes every four weeks
        (7.0 + 50 * 7, 7.0, 7.0, BINS - 1, 0.0),  # the last bin has no end
        (3.0, 0.1, 7.0, AFTER + 1, (3 / 7 - 0.15) / 0.35),  # expected at once: there is no wait
        (2.5, 3.0, 7.0, 2, 0.5),  # booked in three days: the third bin ends there
    ],
)
def test_where_a_time_lies(days, expected, rhythm, bin_, part):
    assert at(days, expected, rhythm) == (bin_, pytest.approx(part))


def test_a_place_and_its_bounds_give_the_days_back():
    chance = np.random.default_rng(0)
    days, expected = chance.uniform(0, 150, 2000), chance.uniform(0, 40, 2000)
    rhythm = chance.uniform(3, 40, 2000)
    bins, part = place(days, expected, rhythm)
    low, high = bounds(bins, expected, rhythm)
    inside = np.isfinite(high)
    assert (low[inside] + part[inside] * (high - low)[inside]) == pytest.approx(days[inside], abs=1e-9)


def test_later_is_never_earlier_on_the_clock():
    days = np.linspace(0, 400, 4001)
    for expected, rhythm in ((7.0, 7.0), (28.0, 28.0), (0.2, 7.0), (3.0, 14.0)):
        bins, part = place(days, np.full(4001, expected), np.full(4001, rhythm))
        assert (np.diff(bins + part) >= 0).all()


def test_the_assumed_hazards_leave_a_chance_for_nothing():
    total = assumed_hazards().sum(axis=1)
    assert (total < 1).all()
    assert (total > 0).all()


def test_everything_that_can_happen_to_someone_who_stays_adds_up_to_one():
    clock = habits.assumed().clock()
    assert clock.stay_density().sum(axis=(1, 2)) == pytest.approx(np.ones(len(CELLS)), abs=1e-9)
    assert clock.stay_quiet()[:, -1] == pytest.approx(np.zeros(len(CELLS)), abs=1e-12)


def test_someone_who_has_left_may_leave_no_trace():
    clock = habits.assumed().clock()
    assert clock.left_quiet()[:, -1] == pytest.approx(clock.traces[:, -1], abs=1e-9)
    assert LEFT_EVENTS.index("missed") < len(LEFT_EVENTS)
    assert clock.traces.shape == (len(CELLS), len(LEFT_EVENTS) + 1)


def test_a_missed_appointment_speaks_for_having_left():
    clock, cell = habits.assumed().clock(), cell_codes()["session:ahead:3"]
    stay = clock.stay_density()[cell, STAY_EVENTS.index("missed")].sum()
    left = clock.left_density()[cell, LEFT_EVENTS.index("missed")].sum()
    assert left > 3 * stay


def test_the_last_edge_is_forty_rhythms():
    assert EDGES[-1] == 40.0
    assert NONE not in STAY_EVENTS
