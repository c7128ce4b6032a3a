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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.sparse import csr_array
from scipy.special import expit, log_expit

from holdfast.silence.clock import Flags, Floats, Ints
from holdfast.silence.design import Codes, Design, sparse

ENOUGH_ROWS = 60_000  # for the curvature along which to step; where it leads is decided by all of them
ENOUGH_TO_BEND = 200_000  # for the curvature that says how sure the effects are: to some tenths of a per cent
ROUNDING = 1e-10  # of a log posterior: less is no loss
CLOSE = 1e-6  # a step that gains less, of a log posterior, is the last


@dataclass(frozen=True, slots=True)
class Rows:
    """Contacts as the effects see them.

    ``ratio`` is 0 for someone who is surely gone; ``stayed`` rows ignore it. ``weight`` counts the contacts
    that a row stands for, each by the chance that it took place.
    """

    matrix: csr_array  # (rows, width): noughts and ones, the intercept first
    transposed: csr_array  # the same by columns
    belongs: csr_array  # (therapists, rows): whose contact each is
    weight: Floats
    ratio: Floats
    stayed: Flags

    @classmethod
    def of(cls, encoded: Codes, therapist: Ints, weight: Floats, ratio: Floats, stayed: Flags, design: Design) -> Rows:
        """Make rows of codes (rows, signals) and of the places of therapists (rows,)."""
        count = int(therapist.max()) + 1 if len(therapist) else 0
        ones, places = np.ones(len(therapist)), np.arange(len(therapist))
        belongs = csr_array((ones, (therapist, places)), shape=(count, len(therapist)))
        matrix = sparse(encoded, design.width)
        return cls(matrix, matrix.T.tocsr(), belongs, weight, ratio, stayed)

    def every(self, step: int) -> Rows:
        """Every so-manieth row, with the weight of those left out; all of them for 0 or 1."""
        if step <= 1:
            return self
        kept = np.arange(0, len(self.weight), step)
        return self.some(kept, np.full(len(kept), float(step)))

    def some(self, kept: Ints, times: Floats) -> Rows:
        """Rows by their places, each with its weight so many times."""
        matrix, belongs = self.matrix[kept], self.belongs.tocsc()[:, kept].tocsr()
        return Rows(matrix, matrix.T.tocsr(), belongs, self.weight[kept] * times, self.ratio[kept], self.stayed[kept])

    @property
    def therapists(self) -> int:
        return int(self.belongs.shape[0])

    def scores(self, effects: Floats, therapists: Floats) -> Floats:
        """Log-odds of leaving after each contact: (rows,), or (rows, draws) of draws (draws, …)."""
        return np.asarray(self.matrix @ effects.T + (therapists @ self.belongs).T)


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


Place = tuple[Floats, Floats]  # effects and therapists, or a slope or step in them
Blocks = tuple[Floats, Floats, Floats]  # of the arrow: effects, cross, therapists


def peaks(rows: Rows, designs: Sequence[Design], spreads: Sequence[float], at: Place) -> list[Peak]:
    """Find the peak for each width of the priors and each spread between therapists, from a place near all of them.

    The likelihood is taken as quadratic round that place, with its own curvature there, which many of the rows tell as
    well as all. So the rows are gone through once, however many there are. The peaks come design by design.
    """
    many = rows.every(len(rows.weight) // ENOUGH_TO_BEND)
    flat, bent, value = _slope_of(rows, at), _positive(many, at), log_likelihood(rows, at)
    return [_peak(design, spread, at, value, flat, bent) for design in designs for spread in spreads]


def _positive(rows: Rows, at: Place) -> Blocks:
    """The curvature of the likelihood, or where a mixture bends the wrong way, the expected one."""
    blocks = _bent(rows, at, exact=True)
    right = blocks[2].min(initial=0.0) >= 0 and np.linalg.eigvalsh(blocks[0])[0] > -1e-9
    return blocks if right else _bent(rows, at, exact=False)


def _peak(design: Design, spread: float, at: Place, value: float, flat: Place, bent: Blocks) -> Peak:
    blocks = _with_priors(design, spread, bent)
    effects, therapists = _solve(_with_pull(design, spread, at, flat), blocks)
    new = at[0] + effects, at[1] + therapists
    linear = flat[0] @ effects + flat[1] @ therapists
    square = effects @ bent[0] @ effects + 2 * effects @ bent[1] @ therapists + bent[2] @ therapists**2
    schur = _schur(blocks)
    log_size = float(np.linalg.slogdet(schur)[1] + np.log(blocks[2]).sum())
    found = value + float(linear - square / 2) + _log_prior(design, spread, new)
    sizes = len(new[1]) * np.log(spread) + float(np.log(design.sds).sum())
    return Peak(*new, spread, schur, blocks[1], blocks[2], found - sizes - log_size / 2)


def effect_variances(blocks: Blocks) -> Floats:
    """How unsure each effect is, given a curvature: (width,)."""
    return np.asarray(np.diag(np.linalg.inv(_schur(blocks))))


def climb(rows: Rows, design: Design, spread: float, at: Place, *, steps: int, blocks: Blocks | None = None) -> Place:
    """Take some steps towards the peak, by Newton's method.

    A step that makes things worse is halved, and the curvature is that of a plain logistic, which is never the
    wrong way round, so that it always ends. A curvature is kept as long as it serves; ``blocks`` is one from nearby.
    """
    value = _value(rows, design, spread, at)
    for _ in range(steps):
        fresh = blocks is None
        blocks = blocks or curvature(rows, design, spread, at)
        slope = _with_pull(design, spread, at, _slope_of(rows, at))
        new, gained = _walk(rows, design, spread, at, _solve(slope, blocks), value)
        at, value = new, value + gained
        if gained < CLOSE * max(1.0, abs(value) * 1e-3):
            if fresh:
                break
            blocks = None
    return at


def _value(rows: Rows, design: Design, spread: float, at: Place) -> float:
    """Log-likelihood plus log prior, up to a constant."""
    return log_likelihood(rows, at) + _log_prior(design, spread, at)


def _log_prior(design: Design, spread: float, at: Place) -> float:
    return -float((((at[0] - design.means) / design.sds) ** 2).sum() + ((at[1] / spread) ** 2).sum()) / 2


def lean(rows: Rows, top: Peak, variance: Floats) -> Place:
    """How far the posterior's mean lies from its peak.

    Chances near nought make the likelihood lean: the peak is not the mean, and draws from a normal round the peak
    would have too many leave. To first order the mean is off by  −½ H⁻¹ Σ x·κ·v,  with κ the third derivative of
    the negative log-likelihood in a row's log-odds and v the posterior ``variance`` (rows,) of these (Tierney,
    Kass and Kadane 1989, JASA 84:710-716). It holds at the peak alone.
    """
    p, q = _chances(rows, (top.effects, top.therapists))
    third = p * (1 - p) * (1 - 2 * p) - q * (1 - q) * (1 - 2 * q)
    pull = -rows.weight * third * variance / 2
    slope = np.asarray(rows.transposed @ pull), np.asarray(rows.belongs @ pull)
    aside = slope[0] - top.cross @ (slope[1] / top.therapist_curvature)
    effects = np.asarray(np.linalg.solve(top.effects_curvature, aside), dtype=np.float64)
    return effects, (slope[1] - top.cross.T @ effects) / top.therapist_curvature


def log_likelihood(rows: Rows, at: Place) -> float:
    eta = rows.scores(*at)
    gone, here = log_expit(eta), log_expit(-eta)
    with np.errstate(divide="ignore"):
        seen = np.where(rows.stayed, here, np.logaddexp(gone, here + np.log(rows.ratio)))
    return float(rows.weight @ seen)


def _chances(rows: Rows, at: Place) -> tuple[Floats, Floats]:
    """The chance of leaving, and the chance of having left after all that was seen."""
    p = expit(rows.scores(*at))
    return p, np.where(rows.stayed, 0.0, p / np.maximum(p + (1 - p) * rows.ratio, 1e-300))


def _slope_of(rows: Rows, at: Place) -> Place:
    """The slope of the log-likelihood."""
    p, q = _chances(rows, at)
    pull = rows.weight * (q - p)
    return np.asarray(rows.transposed @ pull), np.asarray(rows.belongs @ pull)


def _with_pull(design: Design, spread: float, at: Place, slope: Place) -> Place:
    """A slope with the pull of the priors."""
    return slope[0] - (at[0] - design.means) / design.sds**2, slope[1] - at[1] / spread**2


def curvature(rows: Rows, design: Design, spread: float, at: Place) -> Blocks:
    """Negative curvature of the log posterior with the mixture's bend left out: always positive; from some rows."""
    some = rows.every(len(rows.weight) // ENOUGH_ROWS)
    return _with_priors(design, spread, _bent(some, at, exact=False))


def _bent(rows: Rows, at: Place, *, exact: bool) -> Blocks:
    """Negative curvature of the log-likelihood: its own, or with the mixture's bend left out."""
    p, q = _chances(rows, at)
    bend = rows.weight * (p * (1 - p) - (q * (1 - q) if exact else 0.0))
    matrix = rows.matrix
    weighted = csr_array((np.repeat(bend, np.diff(matrix.indptr)), matrix.indices, matrix.indptr), shape=matrix.shape)
    cross = (rows.belongs @ weighted).toarray().T
    return (rows.transposed @ weighted).toarray(), cross, np.asarray(rows.belongs @ bend)


def _with_priors(design: Design, spread: float, bent: Blocks) -> Blocks:
    return bent[0] + np.diag(1 / design.sds**2), bent[1], bent[2] + 1 / spread**2


def _schur(blocks: Blocks) -> Floats:
    block, cross, diagonal = blocks
    return np.asarray(block - (cross / diagonal) @ cross.T)


def _solve(slope: Place, blocks: Blocks) -> Place:
    _, cross, diagonal = blocks
    factor = cho_factor(_schur(blocks))
    effects = cho_solve(factor, slope[0] - cross @ (slope[1] / diagonal))
    return effects, (slope[1] - cross.T @ effects) / diagonal


def _walk(rows: Rows, design: Design, spread: float, at: Place, step: Place, value: float) -> tuple[Place, float]:
    """Go as far along a step as it makes things better; returns the new place and what was gained."""
    size = 1.0
    while size > 1e-4:
        new = at[0] + size * step[0], at[1] + size * step[1]
        gained = _value(rows, design, spread, new) - value
        if gained >= -ROUNDING * abs(value):
            return new, gained
        size /= 2
    return at, 0.0
