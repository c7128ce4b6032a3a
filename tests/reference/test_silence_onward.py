"""The weeks ahead, played forward from a clock that is known, beside the same worked out by hand or by convolution."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.onward import FROM_SESSION, SESSIONS, WIDENINGS, Now, contacts_ahead, expected_days, rhythm, when

from holdfast.silence.clock import AFTER, BINS, CELLS, LEFT_EVENTS, STAY_EVENTS, Clock, place

CAME = STAY_EVENTS.index("came")
NAN = float("nan")


def clock_of(hazard: dict[int, float]) -> Clock:
    """A clock on which someone who stays comes with the given chances in the given bins, and surely in the last."""
    hazards = np.zeros((len(CELLS), len(STAY_EVENTS), BINS))
    for number, chance in hazard.items():
        hazards[:, CAME, number] = chance
    hazards[:, CAME, -1] = 1.0
    return Clock(hazards, np.full((len(CELLS), len(LEFT_EVENTS) + 1), 0.1), np.full(BINS, 1 / BINS))


def standing(*, since: float = 0.0, leaves: float = 0.0, usual: float = 7.0) -> Now:
    chances = np.full((1, len(SESSIONS), len(WIDENINGS)), leaves)
    return Now(np.array([since]), np.array([5]), np.array([[7.0, 7.0, 7.0]]), usual, chances)


def steps(now: Now, clock: Clock, count: int, paths: int = 4_000) -> list[tuple[np.ndarray, np.ndarray]]:
    ahead = contacts_ahead(now, clock, paths, np.random.default_rng(0))
    return [(path.day, path.still_here) for path, _ in zip(ahead, range(count), strict=False)]


def test_the_days_of_a_weekly_client() -> None:
    """Days and quarters (from day 4) before the expected day; 0.15 and 0.5 of a rhythm after it: 8.05 and 10.5."""
    bins = np.arange(AFTER + 3)
    found = when(bins, np.zeros(bins.size), np.full(bins.size, 7.0), np.full(bins.size, 7.0))
    assert found.tolist() == pytest.approx([0, 1, 2, 4, 4, 4, 5.25, 7, 8.05, 10.5])


def test_days_and_places_on_the_clock_are_each_others_inverse() -> None:
    days = np.random.default_rng(0).uniform(0, 200, 500)
    expected, rhythm_days = np.full(500, 3.0), np.full(500, 5.0)
    inside = days < 203
    found = when(*place(days, expected, rhythm_days), expected, rhythm_days)
    np.testing.assert_allclose(found[inside], days[inside], rtol=0, atol=1e-9)


def test_the_expected_day_begins_at_midnight() -> None:
    """A contact at noon, every two days: the day begins a day and a half later, whatever day it is."""
    assert expected_days(np.array([-0.5, 3.5, 4.0]), np.array([2.0, 2.0, 2.0])).tolist() == [1.5, 1.5, 2.0]


def test_someone_who_always_comes_within_a_day_of_his_week_does_so() -> None:
    (first, _), (second, _) = steps(standing(), clock_of({AFTER: 1.0}), 2)
    assert ((first >= 7) & (first <= 8.05)).all()
    assert ((second >= 14) & (second <= 16.2)).all()


def test_days_already_quiet_are_not_waited_for_again() -> None:
    """Half come in the first two quarters, the others on the expected day. On day 4 only the others are left."""
    clock = clock_of({0: 0.25, 1: 1 / 3, AFTER: 1.0})
    (early, _) = steps(standing(), clock, 1)[0]
    (late, _) = steps(standing(since=4.0), clock, 1)[0]
    assert (early < 3.5).mean() == pytest.approx(0.5, abs=0.03)
    assert (late >= 3).all()  # day 7 after the last contact is three days from now
    assert (late <= 4.05 + 1e-9).all()


def test_inside_a_bin_the_rest_of_it_is_left() -> None:
    """All come on the first day, evenly: half a day into it the mean wait is a quarter of a day."""
    now = Now(np.array([0.5]), np.array([5]), np.full((1, 3), 8.0), 8.0, np.zeros((1, len(SESSIONS), len(WIDENINGS))))
    (wait, _) = steps(now, clock_of({0: 1.0}), 1)[0]
    assert wait.mean() == pytest.approx(0.25, abs=0.01)
    assert wait.max() <= 0.5


def test_leaving_after_each_contact_multiplies() -> None:
    """After the first of the contacts to come he has not left yet; after four he is there with chance 0.9 cubed."""
    found = steps(standing(leaves=0.1), clock_of({AFTER: 1.0}), 4, paths=20_000)
    shares = [float(here.mean()) for _, here in found]
    assert shares == pytest.approx([1.0, 0.9, 0.81, 0.729], abs=0.01)


def test_the_chance_of_leaving_follows_the_number_of_the_contact() -> None:
    """The sixth to tenth contacts are safe, from the eleventh on everybody leaves."""
    chances = np.zeros((1, len(SESSIONS), len(WIDENINGS)))
    chances[:, SESSIONS.index("s11_20") :] = 1.0
    now = Now(np.array([0.0]), np.array([5]), np.full((1, 3), 7.0), 7.0, chances)
    shares = [float(here.mean()) for _, here in steps(now, clock_of({AFTER: 1.0}), 8, paths=50)]
    assert shares == [1.0] * 6 + [0.0] * 2  # contacts 6 to 11 are made; 12 is not
    assert FROM_SESSION[SESSIONS.index("s11_20")] == 11


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [([7.0, 14.0, 8.0], 8.0), ([7.0, 14.0, NAN], 10.5), ([7.0, NAN, NAN], 5.0), ([NAN, NAN, NAN], 5.0)],
)
def test_his_rhythm_is_the_middle_of_his_last_three_gaps(gaps: list[float], expected: float) -> None:
    assert rhythm(np.array(gaps), usual=5.0) == expected
