"""Exact draws where there is little to learn from: a new practice's posterior is not normal.

With few endings the peak of the posterior is not its mean, and the spread between therapists is far from
certain. Here the posterior itself is sampled, turn by turn:

1. effects and therapists together, along an ellipse through the normal approximation at the peak, which is
   only a proposal (elliptical slice sampling; Murray, Adams and MacKay 2010, AISTATS 9:541-548, in the
   general form of Nishihara, Murray and Adams 2014, JMLR 15:2087-2112): nothing to tune, and every move
   is accepted;
2. the spread, given the therapists;
3. the spread and the therapists stretched together, without which 2 is slow where therapists are many
   and clients few (Yu and Meng 2011, JCGS 20:531-570).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from holdfast.silence.clock import Floats
from holdfast.silence.design import Design
from holdfast.silence.newton import Peak, Rows, log_likelihood

MOST_ROWS = 6_000  # with more the normal approximation is good, and this would be slow
WARM_UP, THINNED = 300, 5
WIDER = 1.1  # the ellipse is drawn a little wider than the approximation, so that its tails are reached


@dataclass(slots=True)
class _Chain:
    effects: Floats
    therapists: Floats
    spread: int  # place among the peaks
    value: float  # log-likelihood


def sampled(
    rows: Rows,
    design: Design,
    peaks: Sequence[Peak],
    log_prior: Floats,
    count: int,
    chance: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Draw effects (count, width), therapists (count, therapists) and spreads (count,) from the posterior.

    Parameters
    ----------
    peaks
        Laplace's approximation for each spread that may be.
    log_prior
        Log prior of each of these spreads, up to a constant.
    """
    sampler = _Sampler(rows, design, peaks, log_prior, chance)
    middle = len(peaks) // 2
    effects, therapists = peaks[middle].effects, peaks[middle].therapists
    chain = _Chain(effects, therapists, middle, sampler.likelihood(effects, therapists))
    kept: list[_Chain] = []
    for turn in range(WARM_UP + count * THINNED):
        sampler.turn(chain)
        if turn >= WARM_UP and (turn - WARM_UP) % THINNED == 0:
            kept.append(_Chain(chain.effects, chain.therapists, chain.spread, chain.value))
    spreads = np.asarray([peaks[one.spread].spread for one in kept])
    return np.stack([one.effects for one in kept]), np.stack([one.therapists for one in kept]), spreads


class _Sampler:
    def __init__(
        self, rows: Rows, design: Design, peaks: Sequence[Peak], log_prior: Floats, chance: np.random.Generator
    ) -> None:
        self.design, self.peaks, self.log_prior, self.chance = design, peaks, log_prior, chance
        self.spreads = np.asarray([one.spread for one in peaks])
        self.rows = rows
        self.uppers = [np.linalg.cholesky(one.effects_curvature).T for one in peaks]

    def likelihood(self, effects: Floats, therapists: Floats) -> float:
        return log_likelihood(self.rows, (effects, therapists))

    def turn(self, chain: _Chain) -> None:
        self._along_an_ellipse(chain)
        if len(chain.therapists):
            self._spread(chain)
            self._stretch(chain)

    def _log_prior(self, effects: Floats, therapists: Floats, spread: float) -> float:
        own = ((effects - self.design.means) / self.design.sds) ** 2
        return float(-(own.sum() + ((therapists / spread) ** 2).sum()) / 2)

    def _beside(self, chain: _Chain, effects: Floats, therapists: Floats, likelihood: float) -> float:
        """Log posterior over the normal at the peak, which the ellipse is drawn through."""
        top = self.peaks[chain.spread]
        away, own = effects - top.effects, therapists - top.therapists
        mean = -(away @ top.cross) / top.therapist_curvature
        normal = away @ top.effects_curvature @ away + (top.therapist_curvature * (own - mean) ** 2).sum()
        return likelihood + self._log_prior(effects, therapists, top.spread) + float(normal) / (2 * WIDER**2)

    def _along_an_ellipse(self, chain: _Chain) -> None:
        top = self.peaks[chain.spread]
        effects, therapists = self._aside(chain.spread)
        here = (chain.effects - top.effects, chain.therapists - top.therapists)
        level = self._beside(chain, chain.effects, chain.therapists, chain.value) + np.log(self.chance.random())
        angle = self.chance.uniform(0, 2 * np.pi)
        low, high = angle - 2 * np.pi, angle
        while True:
            new = [
                centre + old * np.cos(angle) + other * np.sin(angle)
                for centre, old, other in zip(
                    (top.effects, top.therapists), here, (effects, therapists), strict=True
                )
            ]
            value = self.likelihood(new[0], new[1])
            if self._beside(chain, new[0], new[1], value) >= level or high - low < 1e-9:
                chain.effects, chain.therapists, chain.value = new[0], new[1], value
                return
            low, high = (angle, high) if angle < 0 else (low, angle)
            angle = self.chance.uniform(low, high)

    def _aside(self, spread: int) -> tuple[Floats, Floats]:
        top = self.peaks[spread]
        effects = solve_triangular(self.uppers[spread], self.chance.standard_normal(self.design.width))
        mean = -(effects @ top.cross) / top.therapist_curvature
        noise = self.chance.standard_normal(len(top.therapists)) / np.sqrt(top.therapist_curvature)
        return WIDER * effects, WIDER * (mean + noise)

    def _spread(self, chain: _Chain) -> None:
        size = (chain.therapists**2).sum()
        logs = self.log_prior - len(chain.therapists) * np.log(self.spreads) - size / (2 * self.spreads**2)
        chain.spread = int(self.chance.choice(len(logs), p=np.exp(logs - logsumexp(logs))))

    def _stretch(self, chain: _Chain) -> None:
        other = int(self.chance.integers(len(self.spreads)))
        therapists = chain.therapists * self.spreads[other] / self.spreads[chain.spread]
        value = self.likelihood(chain.effects, therapists)
        odds = value - chain.value + self.log_prior[other] - self.log_prior[chain.spread]
        if np.log(self.chance.random()) < odds:
            chain.therapists, chain.spread, chain.value = therapists, other, value
