"""Chance that falls the same way everywhere: numpy's raw bits, and nothing that depends on a library's version.

Numpy promises that a bit generator's stream never changes, but not that ``normal`` or
``choice`` will turn it into the same numbers for ever. So they are made here.
Floats are added with ``fsum`` for the same reason: Python 3.12 changed what ``sum`` does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_BLOCK = 128


class Dice:
    """One independent stream per purpose, so that one client's luck does not depend on another's."""

    def __init__(self, seed: int, *purpose: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence((seed, *purpose)))
        self._pool: list[float] = []
        self._normals: list[float] = []

    def unit(self) -> float:
        """Draw evenly from [0, 1)."""
        if not self._pool:
            raw = self._bits.random_raw(_BLOCK) >> np.uint64(11)
            self._pool = (raw.astype(np.float64) * 2.0**-53).tolist()
        return self._pool.pop()

    def chance(self, p: float) -> bool:
        return self.unit() < p

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return low + int((high - low + 1) * self.unit())

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        """Draw nearly normally: a sum of twelve even draws, in whole numbers, without the platform's logarithm."""
        if not self._normals:
            raw = (self._bits.random_raw(_BLOCK * 12) >> np.uint64(40)).reshape(_BLOCK, 12)
            self._normals = (raw.sum(axis=1).astype(np.float64) * 2.0**-24 - 6.0).tolist()
        return mean + sd * self._normals.pop()

    def pick(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        if weights is None:
            return options[int(len(options) * self.unit())]
        left = self.unit() * math.fsum(weights)
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.whole(0, last)
            result[last], result[other] = result[other], result[last]
        return result


def logistic(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def log_odds(chance: float) -> float:
    return math.log(chance / (1.0 - chance))
