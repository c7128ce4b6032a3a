"""What silences teach: counts by hand, and the zero tail."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.silence.clock import (
    AFTER,
    ASSUMED_LONGEST,
    BINS,
    CELLS,
    EVENTS,
    NONE,
    STAY_EVENTS,
    STAY_WEIGHT,
    assumed_hazards,
    cell_codes,
)
from holdfast.silence.habits import ENOUGH_WAITS, Spells, assumed, learned
from holdfast.silence.tails import ANSWERS, Stages

CELL = cell_codes()["session:free:3"]
CAME = STAY_EVENTS.index("came")


def spells(came_in: dict[int, int]) -> Spells:
    events = np.zeros((len(CELLS), len(STAY_EVENTS), BINS))
    for bin_, count in came_in.items():
        events[CELL, CAME, bin_] = count
    return Spells(events, np.zeros(len(ANSWERS)))


def quiet(bins: list[int], part: float = 0.0, event: str = NONE) -> Stages:
    size = len(bins)
    return Stages(
        np.arange(size), np.full(size, CELL), np.full(size, EVENTS.index(event)), np.asarray(bins), np.full(size, part)
    )


def test_with_nothing_seen_the_assumptions_stand():
    habits = assumed()
    assert habits.events == pytest.approx(assumed_hazards() * STAY_WEIGHT)
    assert (habits.events.sum(axis=1) + habits.still) == pytest.approx(np.full((len(CELLS), BINS), STAY_WEIGHT))


def test_a_return_counts_in_its_bin_and_as_still_quiet_in_those_before():
    before, after = assumed(), learned(spells({AFTER: 3}), None, None, None)
    assert (after.events - before.events)[CELL, CAME, AFTER] == 3
    assert (after.still - before.still)[CELL, :AFTER] == pytest.approx(np.full(AFTER, 3.0))
    assert (after.still - before.still)[CELL, AFTER:] == pytest.approx(np.zeros(BINS - AFTER))


def test_a_silence_counts_by_the_chance_that_he_is_still_there():
    before = assumed()
    after = learned(spells({}), quiet([AFTER + 2], part=0.25), np.array([0.4]), None)
    gained = (after.still - before.still)[CELL]
    assert gained[: AFTER + 2] == pytest.approx(np.full(AFTER + 2, 0.4))
    assert gained[AFTER + 2] == pytest.approx(0.1)  # a quarter of the bin
    assert after.traces.sum() - before.traces.sum() == pytest.approx(0.6)


def test_a_trace_counts_by_the_chance_that_he_has_left():
    before = assumed()
    after = learned(spells({}), quiet([3], event="missed"), np.array([0.25]), None)
    gained = after.traces - before.traces
    assert gained[CELL].sum() == pytest.approx(0.75)
    assert np.count_nonzero(np.abs(gained) > 1e-9) == 1


def test_nobody_stays_quiet_for_longer_than_a_bin_beyond_the_longest_return_ever_seen():
    habits = learned(spells({AFTER: ENOUGH_WAITS, AFTER + 5: 1}), None, None, None)
    still = habits.clock().stay_quiet()[CELL]
    assert habits.longest[CELL] == AFTER + 6
    assert habits.longest[cell_codes()["session:ahead:3"]] == ASSUMED_LONGEST
    assert still[AFTER + 6] > 0
    assert still[AFTER + 7 :] == pytest.approx(np.zeros(BINS - AFTER - 6), abs=1e-12)


def test_there_is_no_room_beyond_the_last_wait_that_can_be_measured():
    at_the_end = learned(spells({AFTER: ENOUGH_WAITS, BINS - 1: 1}), None, None, None)
    assert at_the_end.longest[CELL] == ASSUMED_LONGEST


def test_a_handful_of_returns_does_not_say_what_the_longest_is():
    assert (learned(spells({AFTER: 5}), None, None, None).longest == ASSUMED_LONGEST).all()


def test_a_booking_is_a_sign_as_good_as_a_return():
    """Where everybody books before he comes, the longest wait for a booking is the longest wait."""
    seen = spells({AFTER: ENOUGH_WAITS})
    seen.events[CELL, STAY_EVENTS.index("booked"), AFTER + 7] = 1
    assert learned(seen, None, None, None).longest[CELL] == AFTER + 8


def test_many_returns_outweigh_what_was_assumed():
    habits = learned(spells({AFTER + 1: 5000}), None, None, None)
    assert habits.clock().stay_density()[CELL, CAME, AFTER + 1] > 0.98


@pytest.mark.slow
def test_draws_lie_round_the_mean_and_keep_the_zero_tail():
    habits = learned(spells({AFTER: 400, AFTER + 2: 60}), None, None, None)
    clock, answers = habits.draws(4000, np.random.default_rng(1))
    mean = habits.clock()
    assert clock.hazards[:, CELL, CAME, AFTER].mean() == pytest.approx(mean.hazards[CELL, CAME, AFTER], abs=0.005)
    assert clock.traces[:, CELL].mean(axis=0) == pytest.approx(mean.traces[CELL], abs=0.01)
    assert clock.stay_quiet()[:, CELL, habits.longest[CELL] + 1 :].max() < 1e-9
    assert answers.sum(axis=-1) == pytest.approx(np.ones((4000, 2)))
