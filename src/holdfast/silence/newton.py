"""The effects, given how silences go on: their most probable values and how sure they are.

Every row is a contact (or many that look alike), with the chance ``ratio`` of what was seen since, for someone
who stays over someone who has left. With p = expit(η) a row adds

    log(p + (1 − p)·ratio)       to the log-likelihood, and for someone who surely stayed   log(1 − p).

The slope in η is q − p, where q is the chance that he has left after all that was seen; the curvature is
q(1 − q) − p(1 − p). Effects have normal priors, therapists a common spread, so that the Hessian has the shape
of an arrow: a block for the effects, a diagonal for the therapists. The posterior is then taken as normal
round its peak (Laplace's approximation; Tierney and Kadane 1986, JASA 81:82-86).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit, log_expit

from holdfast.silence.clock import Floats, Ints
from holdfast.silence.design import Design, dense, scores

STEPS = 40
CLOSE = 1e-6
CHUNK = 65_536  # rows made dense at a time


@dataclass(frozen=True, slots=True)
class Rows:
    """Contacts as the effects see them.

    ``ratio`` is 0 for someone who is surely gone; ``stayed`` rows ignore it. ``weight`` counts the contacts
    that a row stands for, each by the chance that it took place.
    """

    encoded: Ints  # (rows, signals)
    therapist: Ints
    weight: Floats
    ratio: Floats
    stayed: np.ndarray


@dataclass(frozen=True, slots=True)
class Peak:
    """The most probable effects, and the arrow-shaped curvature there.

    ``evidence`` is the log of Laplace's approximation to the chance of the data at this spread, up to a constant.
    """

    effects: Floats  # (width,)
    therapists: Floats  # (therapists,)
    spread: float
    effects_curvature: Floats  # (width, width): the Schur complement, what is left once therapists are averaged over
    cross: Floats  # (width, therapists)
    therapist_curvature: Floats  # (therapists,)
    evidence: float

    def draws(self, count: int, chance: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw effects (count, width) and therapists (count, therapists) from the normal at the peak."""
        upper = np.linalg.cholesky(self.effects_curvature).T
        away = solve_triangular(upper, chance.standard_normal((len(self.effects), count))).T
        centre = -(away @ self.cross) / self.therapist_curvature
        noise = chance.standard_normal((count, len(self.therapists))) / np.sqrt(self.therapist_curvature)
        return self.effects + away, self.therapists + centre + noise

    def effect_sds(self) -> Floats:
        return np.asarray(np.sqrt(np.diag(np.linalg.inv(self.effects_curvature))))


def peak(rows: Rows, design: Design, spread: float, *, start: tuple[Floats, Floats] | None = None) -> Peak:
    """Find the most probable effects for one spread between therapists.

    Newton's method; where a step makes things worse it is halved, and where the likelihood bends the wrong
    way (mixtures do) the expected curvature of a plain logistic stands in, so that it always ends.
    """
    count = int(rows.therapist.max()) + 1 if len(rows.therapist) else 0
    effects, therapists = start or (design.means, np.zeros(count))
    value = _value(rows, design, spread, effects, therapists)
    for _ in range(STEPS):
        slope, blocks = _curved(rows, design, spread, effects, therapists, exact=False)
        step = _solve(slope, blocks)
        effects, therapists, gained = _walk(rows, design, spread, (effects, therapists), step, value)
        value += gained
        if gained < CLOSE * max(1.0, abs(value) * 1e-3):
            break
    return _peak_at(rows, design, spread, effects, therapists, value)


Blocks = tuple[Floats, Floats, Floats]
Slope = tuple[Floats, Floats]


def _peak_at(rows: Rows, design: Design, spread: float, effects: Floats, therapists: Floats, value: float) -> Peak:
    _, blocks = _curved(rows, design, spread, effects, therapists, exact=True)
    if not _is_positive(_schur(blocks)) or blocks[2].min(initial=1.0) <= 0:
        _, blocks = _curved(rows, design, spread, effects, therapists, exact=False)
    schur = _schur(blocks)
    log_size = float(np.linalg.slogdet(schur)[1] + np.log(blocks[2]).sum())
    evidence = value - len(therapists) * np.log(spread) - log_size / 2
    return Peak(effects, therapists, spread, schur, blocks[1], blocks[2], evidence)


def _value(rows: Rows, design: Design, spread: float, effects: Floats, therapists: Floats) -> float:
    """Log-likelihood plus log prior, up to a constant."""
    eta = scores(rows.encoded, effects) + (therapists[rows.therapist] if len(therapists) else 0.0)
    gone, here = log_expit(eta), log_expit(-eta)
    with np.errstate(divide="ignore"):
        seen = np.where(rows.stayed, here, np.logaddexp(gone, here + np.log(rows.ratio)))
    prior = (((effects - design.means) / design.sds) ** 2).sum() + ((therapists / spread) ** 2).sum()
    return float((rows.weight * seen).sum() - prior / 2)


def _curved(
    rows: Rows, design: Design, spread: float, effects: Floats, therapists: Floats, *, exact: bool
) -> tuple[Slope, Blocks]:
    """Slope and negative curvature: of the likelihood itself, or with the mixture's bend left out."""
    eta = scores(rows.encoded, effects) + (therapists[rows.therapist] if len(therapists) else 0.0)
    p = expit(eta)
    q = np.where(rows.stayed, 0.0, p / np.maximum(p + (1 - p) * rows.ratio, 1e-300))
    pull = rows.weight * (q - p)
    bend = rows.weight * (p * (1 - p) - (q * (1 - q) if exact else 0.0))
    count, width = len(therapists), design.width
    slope = np.zeros(width)
    block, cross = np.zeros((width, width)), np.zeros((count, width))
    for start in range(0, len(eta), CHUNK):
        part = slice(start, start + CHUNK)
        matrix = dense(rows.encoded[part], width)
        weighted = matrix * bend[part, None]
        slope += pull[part] @ matrix
        block += matrix.T @ weighted
        cross += _grouped(weighted, rows.therapist[part], count)
    own = np.bincount(rows.therapist, pull, count) - therapists / spread**2
    diagonal = np.bincount(rows.therapist, bend, count) + 1 / spread**2
    slope -= (effects - design.means) / design.sds**2
    return (slope, own), (block + np.diag(1 / design.sds**2), cross.T, diagonal)


def _grouped(matrix: Floats, group: Ints, count: int) -> Floats:
    """Sum the rows of each group: (count, columns)."""
    if not count or not len(matrix):
        return np.zeros((count, matrix.shape[1]))
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    total = np.zeros((count, matrix.shape[1]))
    total[ordered[starts]] = np.add.reduceat(matrix[order], starts, axis=0)
    return total


def _schur(blocks: Blocks) -> Floats:
    block, cross, diagonal = blocks
    return np.asarray(block - (cross / diagonal) @ cross.T)


def _is_positive(matrix: Floats) -> bool:
    return bool(np.linalg.eigvalsh(matrix)[0] > 1e-9)


def _solve(slope: Slope, blocks: Blocks) -> Slope:
    _, cross, diagonal = blocks
    factor = cho_factor(_schur(blocks))
    effects = cho_solve(factor, slope[0] - cross @ (slope[1] / diagonal))
    return effects, (slope[1] - cross.T @ effects) / diagonal


def _walk(
    rows: Rows, design: Design, spread: float, at: tuple[Floats, Floats], step: Slope, value: float
) -> tuple[Floats, Floats, float]:
    """Go as far along a step as it makes things better; returns the new place and what was gained."""
    size = 1.0
    while size > 1e-4:
        effects, therapists = at[0] + size * step[0], at[1] + size * step[1]
        gained = _value(rows, design, spread, effects, therapists) - value
        if gained >= 0:
            return effects, therapists, gained
        size /= 2
    return *at, 0.0
