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
from scipy.special import expit

from holdfast.silence.clock import Flags, Floats, Ints
from holdfast.silence.design import Codes, Design, sparse

Place = tuple[Floats, Floats]  # effects and therapists, or a slope or step in them

ENOUGH_ROWS = 30_000  # for the curvature along which to step; where it leads is decided by all of them
ENOUGH_TO_BEND = 200_000  # for the curvature that says how sure the effects are: to some tenths of a per cent
BLOCK = 4_000  # rows written out in full at a time
ROUNDING = 1e-10  # of a log posterior: less is no loss
CLOSE = 1e-6  # a step that gains less, of a log posterior, is the last


@dataclass(frozen=True, slots=True)
class Rows:
    """Contacts as the effects see them.

    ``ratio`` is 0 for someone who is surely gone; ``stayed`` rows ignore it. ``weight`` counts the contacts
    that a row stands for, each by the chance that it took place.
    """

    matrix: csr_array  # (rows, width): noughts and ones, the intercept first
    therapist: Ints  # (rows,): the place of whose contact each is
    therapists: int
    weight: Floats
    ratio: Floats
    stayed: Flags

    @classmethod
    def of(cls, encoded: Codes, therapist: Ints, weight: Floats, ratio: Floats, stayed: Flags, design: Design) -> Rows:
        """Make rows of codes (rows, signals) and of the places of therapists (rows,)."""
        count = int(therapist.max()) + 1 if len(therapist) else 0
        return cls(sparse(encoded, design.width), therapist, count, weight, ratio, stayed)

    def every(self, step: int) -> Rows:
        """Every so-manieth row, with the weight of those left out; all of them for 0 or 1."""
        return self.some(slice(None, None, step), step) if step > 1 else self

    def some(self, kept: Ints | slice, times: Floats | float = 1.0) -> Rows:
        """Rows by their places, each with its weight so many times."""
        return Rows(
            self.matrix[kept],
            self.therapist[kept],
            self.therapists,
            self.weight[kept] * times,
            self.ratio[kept],
            self.stayed[kept],
        )

    def scores(self, effects: Floats, therapists: Floats) -> Floats:
        """Log-odds of leaving after each contact: (rows,), or (rows, draws) of draws (draws, …)."""
        return np.asarray(self.matrix @ effects.T + therapists.T[self.therapist])

    def sums(self, values: Floats) -> Place:
        """Add up what each row says, for every column and for every therapist."""
        theirs = np.bincount(self.therapist, values, self.therapists)
        return np.asarray(self.matrix.T @ values), np.asarray(theirs, dtype=float)


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


Blocks = tuple[Floats, Floats, Floats]  # of the arrow: effects, cross, therapists


def peaks(rows: Rows, designs: Sequence[Design], spreads: Sequence[float], at: Place) -> list[Peak]:
    """Find the peak for each width of the priors and each spread between therapists, from a place near all of them.

    The likelihood is taken as quadratic round that place, with its own curvature there, which many of the rows tell as
    well as all. So the rows are gone through once, however many there are. The peaks come design by design.
    """
    value, pull = _seen(rows, at)
    quadratic = _Quadratic(at, value, rows.sums(pull), _positive(rows.every(len(rows.weight) // ENOUGH_TO_BEND), at))
    averaged = [_over_therapists(quadratic.bent, spread) for spread in spreads]
    return [quadratic.peak(design, *one) for design in designs for one in zip(spreads, averaged, strict=True)]


def _positive(rows: Rows, at: Place) -> Blocks:
    """The curvature of the likelihood, or where a mixture bends the wrong way, the expected one."""
    blocks = _bent(rows, at, exact=True)
    right = blocks[2].min(initial=0.0) >= 0 and np.linalg.eigvalsh(blocks[0])[0] > -1e-9
    return blocks if right else _bent(rows, at, exact=False)


def _over_therapists(bent: Blocks, spread: float) -> Place:
    """What averaging over therapists of this spread takes from the effects' block; and the therapists' curvature."""
    diagonal = bent[2] + 1 / spread**2
    return np.asarray((bent[1] / diagonal) @ bent[1].T), diagonal


@dataclass(frozen=True, slots=True)
class _Quadratic:
    """The log-likelihood round a place: its value there, its slope, and its negative curvature."""

    at: Place
    value: float
    slope: Place
    bent: Blocks

    def peak(self, design: Design, spread: float, averaged: Place) -> Peak:
        """Where it is highest with the priors of this design and spread, and how high."""
        block, cross, diagonal = self.bent[0] + np.diag(1 / design.sds**2), self.bent[1], averaged[1]
        schur = block - averaged[0]
        factor = cho_factor(schur)
        step = _step(_with_pull(design, spread, self.at, self.slope), factor, cross, diagonal)
        new = self.at[0] + step[0], self.at[1] + step[1]
        linear = self.slope[0] @ step[0] + self.slope[1] @ step[1]
        square = step[0] @ self.bent[0] @ step[0] + 2 * step[0] @ cross @ step[1] + self.bent[2] @ step[1] ** 2
        found = self.value + float(linear - square / 2) + _log_prior(design, spread, new)
        sizes = len(new[1]) * np.log(spread) + float(np.log(design.sds).sum())
        log_size = 2 * float(np.log(np.diag(factor[0])).sum()) + float(np.log(diagonal).sum())
        return Peak(*new, spread, schur, cross, diagonal, found - sizes - log_size / 2)


def effect_variances(blocks: Blocks) -> Floats:
    """How unsure each effect is, given a curvature: (width,)."""
    return np.asarray(np.diag(np.linalg.inv(_schur(blocks))))


def climb(rows: Rows, design: Design, spread: float, at: Place, *, steps: int, blocks: Blocks | None = None) -> Place:
    """Take some steps towards the peak, by Newton's method.

    A step that makes things worse is halved, and the curvature is that of a plain logistic, which is never the
    wrong way round, so that it always ends. A curvature is kept as long as it serves; ``blocks`` is one from nearby.
    """
    value, pull = _seen(rows, at)
    value += _log_prior(design, spread, at)
    for _ in range(steps):
        fresh = blocks is None
        blocks = blocks or curvature(rows, design, spread, at)
        slope = _with_pull(design, spread, at, rows.sums(pull))
        at, gained, pull = _walk(rows, design, spread, at, _solve(slope, blocks), value, pull)
        value += gained
        if gained < CLOSE * max(1.0, abs(value) * 1e-3):
            if fresh:
                break
            blocks = None
    return at


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
    slope = rows.sums(pull)
    aside = slope[0] - top.cross @ (slope[1] / top.therapist_curvature)
    effects = np.asarray(np.linalg.solve(top.effects_curvature, aside), dtype=np.float64)
    return effects, (slope[1] - top.cross.T @ effects) / top.therapist_curvature


def _seen(rows: Rows, at: Place) -> tuple[float, Floats]:
    """The log-likelihood, and its slope in the log-odds of each row."""
    eta = rows.scores(*at)
    with np.errstate(over="ignore", divide="ignore"):
        odds = np.exp(eta)
        log_here, pull = -np.log1p(odds), 1 / (1 + odds) - 1
        left = np.flatnonzero(~rows.stayed)
        log_gone = eta[left] + log_here[left]
        seen = np.logaddexp(log_gone, log_here[left] + np.log(rows.ratio[left]))
    pull[left] += np.exp(log_gone - seen)
    log_here[left] = seen
    return float(rows.weight @ log_here), rows.weight * pull


def _chances(rows: Rows, at: Place) -> tuple[Floats, Floats]:
    """The chance of leaving, and the chance of having left after all that was seen."""
    p = expit(rows.scores(*at))
    return p, np.where(rows.stayed, 0.0, p / np.maximum(p + (1 - p) * rows.ratio, 1e-300))


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
    effects, cross = np.zeros((rows.matrix.shape[1],) * 2), np.zeros((rows.therapists, rows.matrix.shape[1]))
    for begin in range(0, len(bend), BLOCK):  # written out in full: a third of the time of sparse times sparse
        here = slice(begin, begin + BLOCK)
        full, theirs = rows.matrix[here].toarray(), rows.therapist[here]
        weighted = full * bend[here, None]
        belongs = csr_array((np.ones(len(full)), (theirs, np.arange(len(full)))), shape=(rows.therapists, len(full)))
        effects += full.T @ weighted
        cross += belongs @ weighted
    return effects, cross.T, np.asarray(np.bincount(rows.therapist, bend, rows.therapists), dtype=float)


def _with_priors(design: Design, spread: float, bent: Blocks) -> Blocks:
    return bent[0] + np.diag(1 / design.sds**2), bent[1], bent[2] + 1 / spread**2


def _schur(blocks: Blocks) -> Floats:
    block, cross, diagonal = blocks
    return np.asarray(block - (cross / diagonal) @ cross.T)


def _solve(slope: Place, blocks: Blocks) -> Place:
    return _step(slope, cho_factor(_schur(blocks)), *blocks[1:])


def _step(slope: Place, factor: tuple[Floats, bool], cross: Floats, diagonal: Floats) -> Place:
    """Solve for the step, with the effects' block factored once therapists are averaged over."""
    effects = cho_solve(factor, slope[0] - cross @ (slope[1] / diagonal))
    return effects, (slope[1] - cross.T @ effects) / diagonal


def _walk(
    rows: Rows, design: Design, spread: float, at: Place, step: Place, value: float, pull: Floats
) -> tuple[Place, float, Floats]:
    """Go as far along a step as it makes things better: the new place, what was gained, the slope of each row there."""
    size = 1.0
    while size > 1e-4:
        new = at[0] + size * step[0], at[1] + size * step[1]
        there, steep = _seen(rows, new)
        gained = there + _log_prior(design, spread, new) - value
        if gained >= -ROUNDING * abs(value):
            return new, gained, steep
        size /= 2
    return at, 0.0, pull
