"""Fitting: what a practice's own silences say, added to what published results say.

In turns: given how silences go on (``habits``) and who has probably left (``tails``), the most probable
effects (``newton``); given those, who has probably left, and from that how silences go on. Each turn makes
the whole more probable, until nothing moves. Then the spread between therapists is averaged over, and draws
from the posterior are kept, from which every interval comes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl
from scipy.special import expit, logsumexp

from holdfast.engine import Engine
from holdfast.silence import habits as learning
from holdfast.silence.clock import Floats, Ints
from holdfast.silence.design import PENDING, Design, Normal, scores
from holdfast.silence.fitted import PENDING_COLUMN, Counts, Fitted
from holdfast.silence.habits import Habits, Spells
from holdfast.silence.moments import Moments, moments
from holdfast.silence.newton import Peak, Rows, peak
from holdfast.silence.priors import PRIORS
from holdfast.silence.sampling import MOST_ROWS, sampled
from holdfast.silence.tails import ANSWERS, HOW, Judged, Tails, judge, seen, tails_of
from holdfast.tables.read import Tables

DRAWS = 200
TURNS = 30
STILL = 1e-4  # the largest change of any chance at which the turns end
SPREADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.95, 1.25)  # between therapists, on the logit scale
DEFAULTED = 0.95  # judgement: chance that an attendance which the system filled in by itself took place
UNSURE = 10.0  # appointments for which the assumed share of attendance counts
ASSUMED_ATTENDANCE = 0.85  # judgement, until a practice's own marked appointments say otherwise


def fit(
    tables: Tables,
    *,
    at: datetime | None = None,
    engine: Engine | None = None,
    prior_only: bool = False,
    seed: int = 0,
) -> Fitted:
    """Fit the model on everything that was known at ``at``.

    Parameters
    ----------
    tables
        Checked tables; only ``appointments`` is needed.
    at
        A wall clock of the practice; by default the moment of the export.
    engine
        Where the table work runs; by default an embedded engine of its own.
    prior_only
        Leave the practice's own history out: what published results alone say.
    seed
        Of the draws from the posterior.

    Raises
    ------
    UsageError
        If the tables tell of nothing that has happened and no moment is given.
    """
    return fit_moments(moments(tables, at=at, engine=engine), prior_only=prior_only, seed=seed)


def fit_moments(found: Moments, *, prior_only: bool = False, seed: int = 0) -> Fitted:
    """Fit the model on tables that have already been made into moments."""
    design = published_design()
    data = _Data.of(found, design)
    if prior_only or not data.stayed.height + data.tails.size:
        return _published(found, data, design, seed)
    state = _settled(data, design)
    peaks, weights = _over_spreads(data, design, state)
    state = _settled(data, design, start=state, spread=SPREADS[int(weights.argmax())])
    peaks, weights = _over_spreads(data, design, state)
    return _drawn(found, data, design, state, peaks, weights, seed)


def published_design() -> Design:
    """The columns of the model with their priors from published results."""
    columns = [(signal, code) for signal in PRIORS.signals for code in PRIORS.codes(signal)[1:] if code != PENDING]
    known = [PRIORS.effect(signal, code) for signal, code in columns]
    return Design(
        columns=(*columns, PENDING_COLUMN),
        references={signal: PRIORS.codes(signal)[0] for signal in PRIORS.signals},
        intercept=Normal(PRIORS.intercept.mean, PRIORS.intercept.sd),
        priors=(*(Normal(prior.mean, prior.sd) for prior in known), Normal(0.0, 1e-3)),
    )


WAITING = frozenset(signal for signal in PRIORS.signals if PENDING in PRIORS.codes(signal))  # for the check-in


# --- what is fitted on -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Data:
    """Everything as arrays. Rows of those who stayed, then the contacts of tails."""

    stayed: pl.DataFrame
    encoded: Ints
    therapist: Ints
    therapist_ids: tuple[str, ...]
    weight: Floats
    tails: Tails
    settled: np.ndarray  # of the tails' contacts: the check-in is not pending
    took_place: Floats  # of the tails' contacts
    spells: Spells
    shares: dict[str, float]

    @classmethod
    def of(cls, found: Moments, design: Design) -> _Data:
        stayed, contacts = found.patterns, found.tails
        shares = _took_place(found)
        both = pl.concat([stayed["therapist_id"], contacts["therapist_id"]])
        ids = sorted(both.unique())
        how = np.concatenate([_how(stayed), _how(contacts)])
        sure = np.asarray([shares[name] for name in HOW])[how]
        rows = np.concatenate([stayed["rows"].to_numpy().astype(float), np.ones(contacts.height)])
        return cls(
            stayed=stayed,
            encoded=np.concatenate([design.encode(stayed), design.encode(contacts)]),
            therapist=both.cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64),
            therapist_ids=tuple(ids),
            weight=rows * sure,
            tails=tails_of(contacts, found.tail_stages),
            settled=~contacts["pending"].to_numpy(),
            took_place=sure[stayed.height :],
            spells=Spells.of(found.spells, stayed),
            shares=shares,
        )

    def rows(self, judged: Judged) -> Rows:
        """What the effects are fitted on, once it is known who has probably left."""
        count = self.stayed.height
        weight = self.weight.copy()
        weight[count:] = judged.held * self.settled
        ratio = np.ones(len(weight))
        ratio[count:] = judged.ratio
        return Rows(self.encoded, self.therapist, weight, ratio, np.arange(len(weight)) < count)


def _how(frame: pl.DataFrame) -> Ints:
    return frame["how"].cast(pl.Enum(HOW)).to_physical().to_numpy().astype(np.int64)


def _took_place(found: Moments) -> dict[str, float]:
    """Chance that a contact took place, by how it is known: from this practice's own marked appointments."""
    attended, marked = found.attended, found.marked
    share = (attended + UNSURE * ASSUMED_ATTENDANCE) / (marked + UNSURE)
    return {"recorded": 1.0, "defaulted": DEFAULTED, "unmarked": float(share)}


# --- turns -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    habits: Habits
    peak: Peak
    judged: Judged


def _settled(data: _Data, design: Design, *, start: _State | None = None, spread: float = 0.5) -> _State:
    """Take turns until no chance moves any more."""
    habits = start.habits if start else learning.assumed()
    effects = start.peak.effects if start else design.means
    therapists = start.peak.therapists if start else np.zeros(len(data.therapist_ids))
    before = np.full(data.tails.size, -1.0)
    for _ in range(TURNS):
        judged = _judged(data, habits, effects, therapists)
        top = peak(data.rows(judged), design, spread, start=(effects, therapists))
        effects, therapists = top.effects, top.therapists
        habits = _learned(data, judged)
        if np.abs(judged.left - before).max(initial=0.0) < STILL:
            break
        before = judged.left
    return _State(habits, top, judged)


def _judged(data: _Data, habits: Habits, effects: Floats, therapists: Floats) -> Judged:
    count = data.stayed.height
    eta = scores(data.encoded[count:], effects) + therapists[data.therapist[count:]]
    stay, left = seen(data.tails, habits.clock(), habits.mean_answers())
    return judge(data.tails, expit(eta), data.took_place, stay, left)


def _learned(data: _Data, judged: Judged) -> Habits:
    here = 1 - judged.left
    answers = np.stack([np.bincount(data.tails.asked, part, len(ANSWERS)) for part in (here, judged.left)])
    return learning.learned(data.spells, data.tails.stages, here[data.tails.stages.contact], answers)


def _over_spreads(data: _Data, design: Design, state: _State) -> tuple[list[Peak], Floats]:
    """Peaks for every spread between therapists, and how probable each spread is."""
    rows = data.rows(state.judged)
    start = (state.peak.effects, state.peak.therapists)
    peaks = [peak(rows, design, spread, start=start) for spread in SPREADS]
    logs = np.asarray([one.evidence for one in peaks]) + _log_spreads()
    return peaks, np.exp(logs - logsumexp(logs))


def _log_spreads() -> Floats:
    """Log prior of each spread between therapists, as a share of the grid."""
    density = [PRIORS.therapist_spread.log_density(spread) for spread in SPREADS]
    return np.asarray(density + np.log(np.gradient(SPREADS)))


# --- what is kept ----------------------------------------------------------------------------------


def _drawn(
    found: Moments, data: _Data, design: Design, state: _State, peaks: list[Peak], weights: Floats, seed: int
) -> Fitted:
    chance = np.random.default_rng(seed)
    rows = data.rows(state.judged)
    if len(rows.weight) <= MOST_ROWS:
        effects, therapists, spreads = sampled(rows, design, peaks, _log_spreads(), DRAWS, chance)
    else:
        effects, therapists, spreads = _from_peaks(peaks, weights, chance)
    _await(data, design, effects)
    return Fitted(
        at=found.at,
        design=design,
        effects=effects,
        therapist_ids=data.therapist_ids,
        therapists=therapists,
        spreads=spreads,
        habits=state.habits,
        took_place=data.shares,
        counts=_counts(found, _gone(data, state.judged)),
        prior_only=False,
        seed=seed,
    )


def _from_peaks(peaks: list[Peak], weights: Floats, chance: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Draws from the normal at each peak, as many as its spread is probable."""
    picked = chance.choice(len(peaks), size=DRAWS, p=weights)
    effects = np.empty((DRAWS, len(peaks[0].effects)))
    therapists = np.empty((DRAWS, len(peaks[0].therapists)))
    for number in np.unique(picked):
        mine = picked == number
        effects[mine], therapists[mine] = peaks[number].draws(int(mine.sum()), chance)
    return effects, therapists, np.asarray([one.spread for one in peaks])[picked]


def _published(found: Moments, data: _Data, design: Design, seed: int) -> Fitted:
    """The priors as they stand, with nothing learned."""
    chance = np.random.default_rng(seed)
    effects = design.means + design.sds * chance.standard_normal((DRAWS, design.width))
    spread = PRIORS.therapist_spread
    spreads = spread.median * np.exp(spread.log_sd * chance.standard_normal(DRAWS))
    _await(data, design, effects)
    return Fitted(
        at=found.at,
        design=design,
        effects=effects,
        therapist_ids=(),
        therapists=np.empty((DRAWS, 0)),
        spreads=spreads,
        habits=learning.assumed(),
        took_place={"recorded": 1.0, "defaulted": DEFAULTED, "unmarked": ASSUMED_ATTENDANCE},
        counts=replace(_counts(found, 0.0), gone=0.0),
        prior_only=True,
        seed=seed,
    )


ASSUMED_UNANSWERED = 0.25  # judgement: of check-ins sent, where a practice has none yet


def _await(data: _Data, design: Design, effects: Floats) -> None:
    """Set the effect of a check-in that may still be answered: what it will say, averaged over whom it asks.

    With small chances, averaging chances is averaging odds: the logarithm of the mean of exp(score), over the
    same with the check-in's own part left out.
    """
    waiting = 1 + design.columns.index(PENDING_COLUMN)
    if "checkin" not in data.stayed.columns or not (data.stayed["checkin"] != "not_asked").any():
        unanswered = 1 + design.columns.index(("checkin", "unanswered_usually"))
        share = ASSUMED_UNANSWERED
        effects[:, waiting] = np.log1p(share * np.expm1(effects[:, unanswered]))
        return
    asked = (data.stayed["checkin"] != "not_asked").to_numpy()
    encoded, weight = data.encoded[: data.stayed.height][asked], np.log(data.weight[: data.stayed.height][asked])
    without = effects.copy()
    without[:, [1 + place for place, (name, _) in enumerate(design.columns) if name in WAITING]] = 0.0
    for draw in range(len(effects)):
        whole = logsumexp(scores(encoded, effects[draw]) + weight)
        effects[draw, waiting] = whole - logsumexp(scores(encoded, without[draw]) + weight)


def _gone(data: _Data, judged: Judged) -> float:
    """Silences by the chance that he has gone: the last contact of each tail."""
    last = np.r_[data.tails.first[1:], True] if data.tails.size else np.zeros(0, bool)
    return float(judged.left[last].sum())


def _counts(found: Moments, gone: float) -> Counts:
    return Counts(
        sessions=found.sessions,
        clients=found.clients,
        open_endings=found.open_endings,
        silent_endings=found.silent_endings,
        gone=gone,
    )
