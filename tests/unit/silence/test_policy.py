"""When to speak: worth more now than later, few, not twice for the same reason (H-10), off where the chances are off
(H-12), and never without its own record (H-11)."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.silence.policy import (
    EVERYONE,
    SPEAKING,
    WEEK,
    Counted,
    Flag,
    Muting,
    Quiet,
    budget,
    is_active,
    muting,
    new_flags,
    own_record,
)

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "when-to-speak.md"
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 2, 18, 0)  # noqa: DTZ001 - a wall clock


def quiet(name: str = "c1", **other: object) -> Quiet:
    found = Quiet(name, "t1", 0, 10.0, 7.0, 0.8, ("understood", "session"))
    return replace(found, **other)  # type: ignore[arg-type]


def caseload(count: int = 40) -> list[Quiet]:
    """Active clients about whom there is nothing to say, so that there is room for flags."""
    return [quiet(f"quiet-{number}", days_silent=3.0, p_left=0.02) for number in range(count)]


# --- what it is worth -------------------------------------------------------------------------------


def test_the_gain_by_hand() -> None:
    """Silent for 21 days, half the reach is left: 0.25, and in a week 0.25 / 2^(1/3). At p = 0.6, cost 0.02."""
    falls_by = 0.25 - 0.25 / 2 ** (1 / 3)
    assert SPEAKING.gain(0.6, 21) == pytest.approx(0.6 * falls_by - 0.4 * 0.02)


def test_it_grows_with_the_chance_and_falls_with_the_silence() -> None:
    assert SPEAKING.gain(0.7, 14) > SPEAKING.gain(0.5, 14)
    assert SPEAKING.gain(0.9, 14) > SPEAKING.gain(0.9, 42)


def test_the_lines_are_those_that_the_documentation_names() -> None:
    """The table of docs/explanation/when-to-speak.md, from the formula turned round by hand."""
    table = re.findall(r"^\| (\d+) weeks? \| (\d+) % \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(table) == 7
    for weeks, line in table:
        days = 7 * int(weeks)
        falls_by = 0.5 * (2 ** (-days / 21) - 2 ** (-(days + 7) / 21))
        assert round(100 * (0.005 + 0.02) / (falls_by + 0.02)) == int(line)
        assert SPEAKING.gain(int(line) / 100 + 0.01, days) >= SPEAKING.least_gain
        assert SPEAKING.gain(int(line) / 100 - 0.01, days) < SPEAKING.least_gain


def test_after_thirteen_weeks_a_week_more_changes_nothing() -> None:
    assert SPEAKING.gain(1.0, 94) < SPEAKING.least_gain


# --- whom it chooses --------------------------------------------------------------------------------


def test_the_one_worth_most_is_chosen_first() -> None:
    both = [quiet("a", p_left=0.6), quiet("b", p_left=0.8), *caseload(6)]  # eight active clients: one flag
    assert [flag.client_id for flag in new_flags(both, [], at=NOW)] == ["b"]


def test_someone_who_will_probably_come_is_left_alone() -> None:
    assert new_flags([quiet(p_left=0.2), *caseload()], [], at=NOW) == []


def test_the_flag_keeps_its_reasons() -> None:
    flag = new_flags([quiet(), *caseload()], [], at=NOW)[0]
    assert (flag.reasons, flag.at, flag.p_left) == (("understood", "session"), NOW, 0.8)


@pytest.mark.hazard("H-10")
def test_nobody_is_flagged_for_the_same_reason_within_four_weeks() -> None:
    first = new_flags([quiet(), *caseload()], [], at=NOW)
    for days, count in ((1, 0), (27, 0), (28, 1)):
        later = new_flags([quiet(days_silent=12.0), *caseload()], first, at=NOW + days * DAY)
        assert len(later) == count, days


def test_another_reason_may_be_said_sooner() -> None:
    first = new_flags([quiet(), *caseload()], [], at=NOW)
    other = quiet(reasons=("missed", "understood"))
    assert len(new_flags([other, *caseload()], first, at=NOW + 10 * DAY)) == 1


def test_reasons_in_another_order_are_no_other_reason() -> None:
    first = new_flags([quiet(), *caseload()], [], at=NOW)
    assert new_flags([quiet(reasons=("session", "understood")), *caseload()], first, at=NOW + 10 * DAY) == []


def test_the_order_in_which_it_is_asked_changes_nothing() -> None:
    some = [quiet(name, p_left=0.5 + 0.01 * number) for number, name in enumerate("abcdefghijkl")] + caseload(4)
    assert new_flags(some, [], at=NOW) == new_flags(some[::-1], [], at=NOW)


# --- how many ---------------------------------------------------------------------------------------


@pytest.mark.hazard("H-10")
@pytest.mark.parametrize(
    ("active", "most", "weeks"),
    [(0, 0, 1), (1, 1, 8), (2, 1, 4), (5, 1, 2), (7, 1, 2), (8, 1, 1), (15, 1, 1), (16, 2, 1), (40, 5, 1)],
)
def test_the_budget(active: int, most: int, weeks: int) -> None:
    assert budget(active) == (most, weeks * WEEK)
    if active:
        assert most / weeks <= active / 8


def test_asking_every_day_gives_no_more_than_asking_once_a_week() -> None:
    flags: list[Flag] = []
    for day in range(7):
        today = [quiet(f"{day}-{number}") for number in range(20)]
        flags += new_flags(today, flags, at=NOW + day * DAY)
    assert len(flags) == 2


def test_somebody_who_went_long_ago_is_no_active_client() -> None:
    assert is_active(quiet(days_silent=28))
    assert not is_active(quiet(days_silent=29))
    assert is_active(quiet(days_silent=55, rhythm_days=28))


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), every=st.sampled_from([1, 2, 3, 7, 10]), largest=st.integers(1, 60))
def test_the_budget_is_kept_in_five_simulated_years(seed: int, every: int, largest: int) -> None:
    """Caseloads that grow and shrink, chances that are often high, asked daily to every ten days."""
    generator = np.random.default_rng(seed)
    flags: list[Flag] = []
    active: dict[tuple[str, datetime], int] = {}
    for day in range(0, 5 * 365, every):
        at = NOW + day * DAY
        today = _a_day(generator, largest)
        fresh = new_flags(today, [flag for flag in flags if flag.at > at - 10 * WEEK], at=at)
        for name in ("t1", "t2"):
            active[name, at] = sum(is_active(one) for one in today if one.therapist_id == name)
        flags += fresh
    _assert_kept(flags, active)


def _a_day(generator: np.random.Generator, largest: int) -> list[Quiet]:
    names = ("understood", "missed", "session", "booking")
    found = []
    for therapist in ("t1", "t2"):
        for number in range(int(generator.integers(0, largest + 1))):
            reasons = tuple(str(name) for name in generator.permutation(names)[: generator.integers(0, 4)])
            silent, chance = float(generator.uniform(0, 60)), float(generator.beta(2, 1))
            found.append(Quiet(f"{therapist}-{number}", therapist, 0, silent, 7.0, chance, reasons))
    return found


def _assert_kept(flags: list[Flag], active: dict[tuple[str, datetime], int]) -> None:
    """Counted once more, without the policy's own functions."""
    for flag in flags:
        clients = active[flag.therapist_id, flag.at]
        weeks = 1 if clients >= 8 else math.ceil(8 / clients)
        same = [one for one in flags if one.therapist_id == flag.therapist_id]
        lately = [one for one in same if flag.at - weeks * WEEK < one.at <= flag.at]
        assert len(lately) <= max(1, clients // 8)
        again = [one for one in same if one.client_id == flag.client_id and 0 * DAY < flag.at - one.at < 28 * DAY]
        main = flag.reasons[0]
        assert all(main not in one.reasons for one in again)
    at_once = Counter((flag.client_id, flag.at) for flag in flags)
    assert set(at_once.values()) <= {1}


# --- off where the chances are off ------------------------------------------------------------------


def counted(group: str, clients: int, observed: float, expected: float, spread: float = 1.0) -> Counted:
    """With the limits that independent exits would have, times a spread."""
    width = spread * 1.96 / math.sqrt(max(observed, 1))
    ratio = observed / expected
    return Counted(group, clients, observed, expected, ratio * math.exp(-width), ratio * math.exp(width))


@pytest.mark.hazard("H-12")
def test_a_group_whose_chances_are_far_off_is_muted_and_it_is_said_why() -> None:
    off = muting([counted(EVERYONE, 900, 200, 200), counted("men under 30", 300, 30, 70)])
    assert [name for name, _ in off.groups] == ["men under 30"]
    assert off.words[0] == (
        "Flags are off for men under 30: fewer had left than the model expected here "
        "(30 where it expected 70, of 300 clients)."
    )
    assert new_flags([quiet(groups=("men under 30",)), *caseload()], [], at=NOW, muted=off) == []
    assert len(new_flags([quiet(groups=("men",)), *caseload()], [], at=NOW, muted=off)) == 1


def test_off_for_everyone_is_off_for_all() -> None:
    off = muting([counted(EVERYONE, 900, 300, 200)])
    assert new_flags([quiet(), *caseload()], [], at=NOW, muted=off) == []


def test_a_little_off_is_within_bounds() -> None:
    assert muting([counted(EVERYONE, 9000, 1200, 1000), counted("men", 5000, 700, 500)]) == Muting()


def test_a_small_group_is_not_judged() -> None:
    assert muting([counted("students", 99, 10, 80)]) == Muting()


def test_a_group_in_which_nobody_left_is_judged_too() -> None:
    assert muting([Counted("women", 200, 0, 40, 0, 0)]).groups
    assert not muting([Counted("women", 200, 0, 2, 0, 0)]).groups


def _world(generator: np.random.Generator, planted: float) -> list[Counted]:
    """Twelve groups of 300 clients and everyone; in the first group the chances were ``planted`` times the truth."""
    groups = []
    for number in range(12):
        truth = generator.beta(2, 8, 300)
        given_chance = truth * (planted if number == 0 else 1.0)
        groups.append(counted(f"group {number}", 300, float(generator.binomial(1, truth).sum()), given_chance.sum()))
    whole = sum(one.observed for one in groups), sum(one.expected for one in groups)
    return [counted(EVERYONE, 3600, *whole), *groups]


def test_right_chances_are_muted_in_at_most_one_world_of_twenty() -> None:
    generator = np.random.default_rng(1)
    tripped = sum(bool(muting(_world(generator, 1.0)).groups) for _ in range(400))
    assert tripped <= 20


@pytest.mark.hazard("H-12")
def test_a_planted_fault_is_found_in_at_least_nineteen_worlds_of_twenty() -> None:
    generator = np.random.default_rng(2)
    found = sum("group 0" in [name for name, _ in muting(_world(generator, 2.0)).groups] for _ in range(200))
    assert found >= 190


# --- its own record ---------------------------------------------------------------------------------


def test_the_own_record_in_words() -> None:
    found = own_record([True] * 14 + [False] * 26 + [None] * 5)
    assert (found.flags, found.left, found.waiting) == (40, 14, 5)
    assert found.words == "Of 40 such flags here, 14 had left (22 to 50 of 100)."


@pytest.mark.parametrize("known", [0, 1, 19])
def test_under_twenty_it_says_too_few(known: int) -> None:
    found = own_record([True] * known)
    assert found.share is None
    assert "too few to tell" in found.words


@given(st.lists(st.sampled_from([True, False, None]), max_size=80))
def test_the_record_always_says_something(left: list[bool | None]) -> None:
    found = own_record(left)
    assert found.words
    assert ("too few to tell" in found.words) == (found.flags < 20)
    assert found.flags + found.waiting == len(left)
