"""Fitting: what a practice's own silences say, added to what published results say.

In turns: given how silences go on (``habits``) and who has probably left (``tails``), the most probable
effects (``newton``); given those, who has probably left, and from that how silences go on. Each turn makes
the whole more probable, until nothing moves. Then the spread between therapists is averaged over, and draws
from the posterior are kept, from which every interval comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl
from scipy.special import expit, logsumexp

from holdfast.engine import Engine
from holdfast.silence import habits as learning
from holdfast.silence.clock import Flags, Floats, Ints
from holdfast.silence.design import PENDING, Codes, Design, Normal, sparse
from holdfast.silence.fitted import PENDING_COLUMN, Counts, Fitted
from holdfast.silence.habits import Habits, Spells
from holdfast.silence.moments import Moments, moments
from holdfast.silence.newton import Blocks, Peak, Place, Rows, climb, curvature, effect_variances, lean, peaks
from holdfast.silence.priors import PRIORS, Spread
from holdfast.silence.tails import ANSWERS, HOW, Judged, Odds, Tails, judge, seen, tails_of
from holdfast.tables.read import Tables

DRAWS = 200
TURNS = 30
FEW_TURNS = 5  # on all rows, after turns on some of them: those who may have left were among these already
FRESH = (0, 2, 6, 14)  # turns with a curvature of their own; in between the last one serves
ENOUGH_TO_BEGIN = 100_000  # rows of those who stayed
LAST_STEPS = 10
STILL = 2e-4  # the change of a chance (root mean square) at which the turns end
SPREADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.85, 1.1, 1.5, 2.0)  # between therapists, on the logit scale
SCALES = (0.25, 0.4, 0.6, 0.85, 1.2, 1.7)  # of the priors' widths
ENOUGH_TO_LEAN = 20_000  # rows by which the posterior's lean is judged
HOLDS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)  # how far published effects hold here, all together
HOLDS_SD = 0.4  # judgement: of the prior of this, round 1
PSEUDO_EFFECTS = 20.0  # for which the prior of the scale counts while turns are taken
PSEUDO_THERAPISTS = 4.0  # for which the prior counts while turns are taken
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
    data = Data.of(found, design)
    if prior_only or not data.stayed.height + data.tails.size:
        return _published(found, data, design, seed)
    return _drawn(found, data, design, settled(data, design), seed)


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
class Data:
    """Everything as arrays. Rows of those who stayed, then the contacts of tails."""

    stayed: pl.DataFrame
    encoded: Codes
    therapist_ids: tuple[str, ...]
    layout: Rows  # as if every silence said nothing
    open: Rows  # of these the tails' contacts
    tails: Tails
    settled: Flags  # of the tails' contacts: the check-in is not pending
    waited: Flags  # of the tails' contacts: it was still open on their own evening, and is settled now
    took_place: Floats  # of the tails' contacts
    spells: Spells
    shares: dict[str, float]

    @classmethod
    def of(cls, found: Moments, design: Design) -> Data:
        stayed, contacts = found.patterns, found.tails
        shares = _took_place(found)
        both = pl.concat([stayed["therapist_id"], contacts["therapist_id"]])
        ids = sorted(both.unique())
        how = np.concatenate([_how(stayed), _how(contacts)])
        sure = np.asarray([shares[name] for name in HOW])[how]
        rows = np.concatenate([stayed["rows"].to_numpy().astype(float), np.ones(contacts.height)])
        encoded = np.concatenate([design.encode(stayed), design.encode(contacts)])
        therapist = both.cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
        certain = np.arange(len(rows)) < stayed.height
        layout = Rows.of(encoded, therapist, rows * sure, np.ones(len(rows)), certain, design)
        return cls(
            stayed=stayed,
            encoded=encoded,
            therapist_ids=tuple(ids),
            layout=layout,
            open=layout.some(slice(stayed.height, None)),
            tails=tails_of(contacts, found.tail_stages),
            settled=~contacts["pending"].to_numpy(),
            waited=contacts["waited"].to_numpy().astype(bool) & ~contacts["pending"].to_numpy(),
            took_place=sure[stayed.height :],
            spells=Spells.of(found.spells, stayed),
            shares=shares,
        )

    def every(self, step: int) -> Data:
        """Every so-manieth row of those who stayed, with the weight of those left out; all the tails."""
        kept = np.r_[0 : self.stayed.height : step, self.stayed.height : len(self.encoded)]
        stayed = self.stayed[::step]
        layout = self.layout.some(kept, np.where(kept < self.stayed.height, float(step), 1.0))
        return replace(self, stayed=stayed, encoded=self.encoded[kept], layout=layout)

    def rows(self, judged: Judged) -> Rows:
        """What the effects are fitted on, once it is known who has probably left."""
        weight, ratio = self.layout.weight.copy(), self.layout.ratio.copy()
        weight[self.stayed.height :] = judged.held * self.settled
        ratio[self.stayed.height :] = judged.ratio
        return replace(self.layout, weight=weight, ratio=ratio)


def _how(frame: pl.DataFrame) -> Ints:
    return frame["how"].cast(pl.Enum(HOW)).to_physical().to_numpy().astype(np.int64)


def _took_place(found: Moments) -> dict[str, float]:
    """Chance that a contact took place, by how it is known: from this practice's own marked appointments."""
    attended, marked = found.attended, found.marked
    share = (attended + UNSURE * ASSUMED_ATTENDANCE) / (marked + UNSURE)
    return {"recorded": 1.0, "defaulted": DEFAULTED, "unmarked": float(share)}


# --- turns -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """What is thought so far: how silences go on, the effects, and who has probably left given both."""

    habits: Habits
    place: Place
    judged: Judged
    spread: float = PRIORS.therapist_spread.median
    scale: float = PRIORS.scale.median
    holds: float = 1.0


def settled(data: Data, design: Design) -> State:
    """Take turns until no chance moves any more; of very many rows on some first, to begin near the end."""
    habits, at = learning.assumed(), (design.means, np.zeros(len(data.therapist_ids)))
    state = State(habits, at, _judged(data, habits, at))
    step = data.stayed.height // ENOUGH_TO_BEGIN
    if step > 1:
        state = _turns(data.every(step), design, state, TURNS)
    state = _turns(data, design, state, FEW_TURNS if step > 1 else TURNS)
    own, rows = design.here(state.scale, state.holds, usual_score(data.layout, design)), data.rows(state.judged)
    at = climb(rows, own, state.spread, state.place, steps=LAST_STEPS)  # chances near one hide that it is not the top
    return replace(state, place=at, judged=_judged(data, state.habits, at))


def _turns(data: Data, design: Design, state: State, most: int) -> State:
    blocks, usual = None, usual_score(data.layout, design)
    for turn in range(most):
        own, rows = design.here(state.scale, state.holds, usual), data.rows(state.judged)
        if turn in FRESH or blocks is None:
            blocks = curvature(rows, own, state.spread, state.place)
        at = climb(rows, own, state.spread, state.place, steps=1, blocks=blocks)
        spread, holds = _spread(at[1], blocks[2], state.spread), _holds(design, at[0], state.scale)
        scale = _scale(design.here(1.0, holds, usual), at[0], blocks)
        habits, before = _learned(data, state.judged), state.judged.left
        state = State(habits, at, _judged(data, habits, at), spread, scale, holds)
        if np.linalg.norm(state.judged.left - before) <= STILL * np.sqrt(len(before)):
            break
    return state


def usual_score(rows: Rows, design: Design) -> float:
    """What the published means add up to for an average contact: log-odds above the intercept."""
    own = rows.matrix @ np.r_[0.0, design.means[1:]]
    return float(rows.weight @ own / max(rows.weight.sum(), 1.0))


def _holds(design: Design, effects: Floats, scale: float) -> float:
    """How far published effects hold here: the slope of what was found on what was published; near 1 if few say."""
    published, sure = design.means[1:-1], (scale * design.sds[1:-1]) ** -2
    found = (sure * published) @ effects[1:-1] + HOLDS_SD**-2
    return float(np.clip(found / ((sure * published) @ published + HOLDS_SD**-2), HOLDS[0], HOLDS[-1]))


def _scale(design: Design, effects: Floats, blocks: Blocks) -> float:
    """How far effects go from what was published, in units of their priors' widths; near its own prior if few.

    As with the spread, it only has to be near.
    """
    away = ((effects - design.means) ** 2 + effect_variances(blocks))[1:-1] / design.sds[1:-1] ** 2
    square = away.sum() + PSEUDO_EFFECTS * PRIORS.scale.median**2
    return float(np.clip(np.sqrt(square / (len(away) + PSEUDO_EFFECTS)), SCALES[0], SCALES[-1]))


def _spread(therapists: Floats, curvatures: Floats, before: float) -> float:
    """How much therapists differ, by their effects and how unsure these are (an E-step); near the prior if few.

    It only has to be near: in the end all spreads are averaged over.
    """
    if not len(therapists):
        return before
    prior = PRIORS.therapist_spread.median
    square = (therapists**2 + 1 / curvatures).sum() + PSEUDO_THERAPISTS * prior**2
    return float(np.clip(np.sqrt(square / (len(therapists) + PSEUDO_THERAPISTS)), SPREADS[0], SPREADS[-1]))


def _judged(data: Data, habits: Habits, at: Place) -> Judged:
    odds = seen(data.tails, Odds.of(habits.clock(), habits.mean_answers()))
    return judge(data.tails, expit(data.open.scores(*at)), data.took_place, odds)


def _learned(data: Data, judged: Judged) -> Habits:
    here = 1 - judged.left
    parts = (here, judged.left)
    answers = np.stack([np.bincount(data.tails.asked, part, len(ANSWERS)).astype(float) for part in parts])
    return learning.learned(data.spells, data.tails.stages, here[data.tails.stages.contact], answers)


def over_all(rows: Rows, design: Design, at: Place) -> tuple[list[Peak], Floats]:
    """Peaks for all that is not known about the priors here, and how probable each is.

    That is how far published effects hold, how free effects are to move from them, and how much therapists differ.
    """
    usual = usual_score(rows, design)
    designs = [design.here(scale, holds, usual) for holds in HOLDS for scale in SCALES]
    tops = peaks(rows, designs, SPREADS, at)
    holding = -(((np.asarray(HOLDS) - 1) / HOLDS_SD) ** 2) / 2
    sizes = np.add.outer(_log_shares(PRIORS.scale, SCALES), _log_shares(PRIORS.therapist_spread, SPREADS))
    logs = np.asarray([one.evidence for one in tops]) + np.add.outer(holding, sizes).ravel()
    return tops, np.asarray(np.exp(logs - logsumexp(logs)))


def _log_shares(prior: Spread, sizes: Sequence[float]) -> Floats:
    """Log prior of each size, as a share of the grid."""
    return np.asarray([prior.log_density(size) for size in sizes] + np.log(np.gradient(sizes)))


# --- what is kept ----------------------------------------------------------------------------------


def _drawn(found: Moments, data: Data, design: Design, state: State, seed: int) -> Fitted:
    chance = np.random.default_rng(seed)
    effects, therapists, spreads = draws_of(data.rows(state.judged), design, state.place, DRAWS, chance)
    _await(data, design, effects, state.judged.held)
    return Fitted(
        at=found.at,
        practice=found.practice,
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


def draws_of(
    rows: Rows, design: Design, at: Place, count: int, chance: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Draw effects (count, width), therapists (count, therapists) and spreads (count,) from the posterior.

    From the normal at each peak, as many as it is probable, moved by how much the posterior leans.
    """
    tops, likely = over_all(rows, design, at)
    picked = chance.choice(len(tops), size=count, p=likely)
    effects = np.empty((count, len(tops[0].effects)))
    therapists = np.empty((count, len(tops[0].therapists)))
    for number in np.unique(picked):
        mine = picked == number
        effects[mine], therapists[mine] = tops[number].draws(int(mine.sum()), chance)
    some = rows.every(len(rows.weight) // ENOUGH_TO_LEAN)
    moved = lean(some, tops[int(likely.argmax())], some.scores(effects, therapists).var(axis=1))
    return effects + moved[0], therapists + moved[1], np.asarray([one.spread for one in tops])[picked]


def _published(found: Moments, data: Data, design: Design, seed: int) -> Fitted:
    """The priors as they stand, with nothing learned."""
    chance = np.random.default_rng(seed)
    spreads, scales = (_of(prior, chance) for prior in (PRIORS.therapist_spread, PRIORS.scale))
    widths = np.where(np.arange(design.width) == 0, 1.0, scales[:, None]) * design.sds
    effects = design.means + widths * chance.standard_normal((DRAWS, design.width))
    _await(data, design, effects, data.took_place)
    return Fitted(
        at=found.at,
        practice=found.practice,
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


def _of(prior: Spread, chance: np.random.Generator) -> Floats:
    """Draws of a size from its prior."""
    return np.asarray(prior.median * np.exp(prior.log_sd * chance.standard_normal(DRAWS)))


ENOUGH_WAITING = 5_000  # check-ins over which an average is taken
ASSUMED_UNANSWERED = 0.4  # judgement: of check-ins still open on the evening, where a practice has none yet


def _await(data: Data, design: Design, effects: Floats, held: Floats) -> None:
    """Set the effect of a check-in that is still open on the evening: what will come of it, averaged over its likes.

    Its likes are the contacts whose check-in was open on their own evening too, of those who stayed and, by the
    chance ``held`` (tails' contacts,) that it took place with him still there, of those who may have left. Who
    answers at once is not among them, and more of them than of all never answer.

    With small chances, averaging chances is averaging odds: the logarithm of the mean of exp(score), over the
    same with the check-in's own part left out.
    """
    waiting = 1 + design.columns.index(PENDING_COLUMN)
    weight = np.concatenate([data.stayed["waited"].to_numpy(), data.waited * held])
    alike = np.flatnonzero(weight > 0)
    if not len(alike):
        unanswered = 1 + design.columns.index(("checkin", "unanswered_usually"))
        effects[:, waiting] = np.log1p(ASSUMED_UNANSWERED * np.expm1(effects[:, unanswered]))
        return
    alike = alike[:: max(1, len(alike) // ENOUGH_WAITING)]
    logs = np.log(weight[alike])
    without = effects.copy()
    without[:, [1 + place for place, (name, _) in enumerate(design.columns) if name in WAITING]] = 0.0
    matrix = sparse(data.encoded[alike], design.width)
    whole, rest = (logsumexp(matrix @ part.T + logs[:, None], axis=0) for part in (effects, without))
    effects[:, waiting] = whole - rest


def _gone(data: Data, judged: Judged) -> float:
    """Silences by the chance that he has gone: the last contact of each tail."""
    return float(judged.left[data.tails.last()].sum())


def _counts(found: Moments, gone: float) -> Counts:
    return Counts(
        sessions=found.sessions,
        clients=found.clients,
        open_endings=found.open_endings,
        silent_endings=found.silent_endings,
        gone=gone,
    )
