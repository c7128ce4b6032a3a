"""The chance of having left, against every possible history written out one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from holdfast.silence.tails import Stages, Tails, judge


def tails(first: list[bool]) -> Tails:
    nothing = np.zeros(0, dtype=np.int64)
    stages = Stages(nothing, nothing, nothing, nothing, np.zeros(0))
    blank = np.zeros(len(first), dtype=np.int64)
    return Tails(np.asarray(first), blank, blank, stages)


def every_history(p: list[float], a: list[float], stay: list[float], left: list[float]) -> list[float]:
    """P(left by contact k | seen), by adding up all histories: which took place, and after which he left."""
    total, gone = 0.0, np.zeros(len(p))
    for took, leaves in product(product([0, 1], repeat=len(p)), product([0, 1], repeat=len(p))):
        chance, away, by = 1.0, False, []
        for k in range(len(p)):
            if away:
                chance *= 1.0 if not took[k] else 0.0  # someone who has left comes to nothing
            else:
                chance *= a[k] if took[k] else 1 - a[k]
            if took[k] and not away:
                chance *= p[k] if leaves[k] else 1 - p[k]
                away = bool(leaves[k])
            elif leaves[k]:
                chance = 0.0  # nobody leaves after what did not take place
            chance *= left[k] if away else stay[k]
            by.append(away)
        total += chance
        gone += chance * np.asarray(by)
    return list(gone / total)


def test_one_quiet_session_is_the_formula_of_the_design():
    judged = judge(tails([True]), np.array([0.1]), np.ones(1), np.log([0.25]))
    assert judged.left[0] == pytest.approx(0.1 / (0.1 + 0.9 * 0.25), rel=1e-12)


def test_someone_seen_only_now_has_left_with_the_chance_he_had_that_evening():
    judged = judge(tails([True]), np.array([0.07]), np.ones(1), np.zeros(1))
    assert judged.left[0] == pytest.approx(0.07, rel=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_unmarked_appointments_equal_the_sum_over_every_history(seed):
    chance = np.random.default_rng(seed)
    size = int(chance.integers(2, 5))
    p, stay, left = chance.uniform(0.02, 0.6, size), chance.uniform(0.05, 1, size), chance.uniform(0.05, 1, size)
    a = np.r_[1.0, chance.uniform(0.1, 0.99, size - 1)]
    judged = judge(tails([True] + [False] * (size - 1)), p, a, np.log(stay / left))
    assert judged.left == pytest.approx(every_history(list(p), list(a), list(stay), list(left)), rel=1e-9)


def test_tails_do_not_touch_each_other():
    p, a = np.array([0.1, 0.2, 0.3, 0.1]), np.array([1.0, 0.8, 1.0, 1.0])
    stay, left = np.log([0.5, 0.4, 0.3, 0.2]), np.log([1.0, 0.9, 0.8, 1.0])
    together = judge(tails([True, False, True, True]), p, a, stay - left).left
    apart = [judge(tails(f), p[s], a[s], (stay - left)[s]).left for f, s in
             (([True, False], slice(0, 2)), ([True], slice(2, 3)), ([True], slice(3, 4)))]  # fmt: skip
    assert together == pytest.approx(np.concatenate(apart), rel=1e-12)


def test_draws_are_worked_out_side_by_side():
    chance = np.random.default_rng(3)
    p, a = chance.uniform(0.05, 0.4, (5, 3)), np.array([1.0, 0.7, 0.6])
    stay, left = np.log(chance.uniform(0.1, 1, (5, 3))), np.log(chance.uniform(0.1, 1, (5, 3)))
    many = judge(tails([True, False, False]), p, a, stay - left).left
    one = judge(tails([True, False, False]), p[2], a, (stay - left)[2]).left
    assert many[2] == pytest.approx(one, rel=1e-12)
