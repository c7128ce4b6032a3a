"""The sampler, against the posterior worked out on a grid, and against the normal where that is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import logsumexp

from holdfast.silence.design import Design, Normal
from holdfast.silence.newton import Rows, peak
from holdfast.silence.sampling import sampled

ONE = Design(columns=(("session", "s1"),), references={"session": "s21"}, intercept=Normal(-3.0, 0.8),
             priors=(Normal(1.0, 0.6),))  # fmt: skip
SPREADS = (0.15, 0.3, 0.5, 0.8, 1.2)


def few_rows() -> Rows:
    """Twelve contacts: a first session each for two, one gone for good, one quiet; nobody knows much."""
    return Rows.of(
        encoded=np.asarray([[1]] * 5 + [[2]] * 7),
        therapist=np.asarray([0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0]),
        weight=np.ones(12),
        ratio=np.asarray([0.0, 0.2, 1, 1, 1, 0.0, 1, 1, 1, 1, 1, 1]),
        stayed=np.asarray([False, False, True, True, True, False, True, True, True, True, True, True]),
        design=ONE,
    )


def on_a_grid(found: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sd of the two effects with therapists left out (spread next to nothing), by brute force."""
    a, b = np.meshgrid(np.linspace(-6.5, 0.5, 400), np.linspace(-2, 4, 400), indexing="ij")
    logs = -(((a + 3) / 0.8) ** 2 + ((b - 1) / 0.6) ** 2) / 2
    for code, ratio, stayed in zip(found.matrix.toarray()[:, 1], found.ratio, found.stayed, strict=True):
        p = 1 / (1 + np.exp(-(a + code * b)))
        logs += np.log(1 - p if stayed else p + (1 - p) * ratio)
    weight = np.exp(logs - logsumexp(logs))
    means = np.asarray([(weight * a).sum(), (weight * b).sum()])
    return means, np.sqrt([(weight * (a - means[0]) ** 2).sum(), (weight * (b - means[1]) ** 2).sum()])


def test_draws_have_the_posteriors_mean_and_spread_where_the_normal_has_not():
    found = few_rows()
    tops = [peak(found, ONE, 1e-3)]
    effects, _, _ = sampled(found, ONE, tops, np.zeros(1), 4000, np.random.default_rng(1))
    means, sds = on_a_grid(found)
    assert effects.mean(axis=0) == pytest.approx(means, abs=0.05)
    assert effects.std(axis=0) == pytest.approx(sds, rel=0.06)


def test_with_nothing_seen_the_spread_keeps_its_prior():
    nothing = np.zeros(0)
    empty = Rows.of(np.zeros((0, 1), int), np.zeros(0, int), nothing, nothing, np.zeros(0, bool), ONE)
    empty = replace(empty, belongs=csr_array((3, 0)))
    tops = [peak(empty, ONE, spread) for spread in SPREADS]
    prior = np.log([0.1, 0.2, 0.4, 0.2, 0.1])
    _, _, spreads = sampled(empty, ONE, tops, prior, 4000, np.random.default_rng(2))
    shares = [(spreads == spread).mean() for spread in SPREADS]
    assert shares == pytest.approx([0.1, 0.2, 0.4, 0.2, 0.1], abs=0.04)

