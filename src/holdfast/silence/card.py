"""The model's card, written from a fit: what it is for, what went in, how it has done here, and its limits.

Whoever switches flags on has to have read it (safety rule 8). It holds no client and no therapist by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import exp

import numpy as np

from holdfast import __version__
from holdfast.silence.evaluation import Evaluation
from holdfast.silence.fitted import ENOUGH_ENDINGS, Fitted
from holdfast.silence.priors import PRIORS, Basis, Evidence, Prior
from holdfast.silence.signals import SIGNALS

INTENDED_PURPOSE = (  # word for word what the product shows; do not shorten it for a page
    "Holdfast collects clients' own answers between psychotherapy sessions, shows them to the client's clinicians, "
    "and points out missed or changed check-ins so that people may talk. It does not diagnose, does not assess or "
    "predict suicide risk, does not recommend treatment, is not monitored in real time and must not be relied on in "
    "an emergency."
)
FOR = (
    "Clinicians, for their own clients: whether a quiet client is worth a conversation this week, with reasons that "
    "can be checked against the diary.",
    "A practice as a whole: how many of its open cases have probably ended without a word.",
)
NOT_FOR = (
    "Clients. No chance and no flag is ever shown to the person it is about.",
    "Anything that happens by itself: no booking, matching, billing, discharge or message follows from it.",
    "Comparing therapists. The model allows for differences between them so as to judge clients rightly; it does "
    "not say who is better, and nothing here is ordered by therapist.",
    "How somebody is. Someone who leaves may be well, and someone who stays may not be. It knows nothing of danger.",
    "People under 18, couples and groups judged as one, and services where coming is not a choice: it has not been "
    "tried there.",
)
LIMITS = (
    "A silent exit is never reported. The model and its judge both rest on silences, so an exit that looks like a "
    "planned end, or a client who moved on well and said nothing, counts as an exit here.",
    "No flag does not mean that all is well. Most of what makes people leave is never written down.",
    "Its priors come from published studies: mostly English-speaking, of dropout of every kind and not of silent exits "
    "alone, and fewer of men than there should be.",
    "It knows what the appointments know. Where attendance is filled in by the system, where bookings are not entered "
    "ahead, or where cancellations vanish, its chances are less sure, and it can only partly tell.",
    "A flag that is acted on changes what happens. A record made while flags are on can no longer say what would have "
    "come without them.",
    "A reason is something that goes with leaving. It need not be why he leaves, and changing it need not keep him.",
)
WIDEST = 1.6448536269514722  # a normal has 90 % within so many sds


@dataclass(frozen=True, slots=True)
class Effect:
    """What was thought of one answer before, and what is thought now: log-odds of a silent exit after a session."""

    signal: str
    code: str
    prior: Prior
    mean: float
    sd: float

    @property
    def learned(self) -> float:
        """The share of the prior's uncertainty that the practice's own data took away: 0 nothing, 1 all of it."""
        scale = PRIORS.scale.root_mean_square if self.signal else 1.0  # the intercept's prior is not scaled
        width = self.prior.sd * scale
        return max(0.0, 1 - (self.sd / width) ** 2) if width > 0 else 0.0

    @property
    def moved(self) -> float:
        """How far the middle moved, in the prior's standard deviations."""
        return (self.mean - self.prior.mean) / self.prior.sd if self.prior.sd > 0 else 0.0

    @property
    def before(self) -> str:
        return odds(self.prior.mean, self.prior.sd)

    @property
    def here(self) -> str:
        return odds(self.mean, self.sd)


def chance(effect: Effect, *, before: bool) -> str:
    """Write the intercept as a chance with its 90 % range: "1.6 % (1.1 to 2.3)"."""
    mean, sd = (effect.prior.mean, effect.prior.sd) if before else (effect.mean, effect.sd)
    middle, low, high = (100 / (1 + exp(-one)) for one in (mean, mean - WIDEST * sd, mean + WIDEST * sd))
    return f"{middle:.1f} % ({low:.1f} to {high:.1f})"


@dataclass(frozen=True, slots=True)
class Question:
    """One signal: what it asks, its reference, and its effects."""

    name: str
    words: str
    reference: str
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that stands on the card. ``judged`` is an evaluation, or why there is none."""

    holdfast_version: str
    practice: str | None
    at: datetime
    fitted: Fitted
    intercept: Effect
    spread: tuple[float, float, float]  # between therapists, sd of log-odds: middle, low, high
    questions: tuple[Question, ...]
    evidence: tuple[Evidence, ...]
    judged: Evaluation | str

    @property
    def standing(self) -> str:
        """What carries the model: studies, or the practice's own endings."""
        endings = f"{self.fitted.counts.endings:,.0f} endings"
        if self.fitted.prior_only:
            return "Its chances come from published studies alone: nothing of this practice's own history went in."
        if self.fitted.mostly_published:
            return (
                f"Its chances come mostly from published studies: {endings} of this practice's own went in, and under "
                f"about {ENOUGH_ENDINGS} the studies carry it."
            )
        return f"Its chances come from this practice's own {endings}, on top of published studies."

    @property
    def moved_most(self) -> list[Effect]:
        """The ten effects that this practice's own history moved furthest from what studies said."""
        effects = [effect for question in self.questions for effect in question.effects]
        return sorted(effects, key=lambda effect: -abs(effect.moved))[:10]


def odds(mean: float, sd: float) -> str:
    """Write a log-odds as an odds ratio with its 90 % range: "2.2 (1.3 to 3.8)"."""
    low, high = exp(mean - WIDEST * sd), exp(mean + WIDEST * sd)
    return f"{_ratio(exp(mean))} ({_ratio(low)} to {_ratio(high)})"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < 1 else f"{value:.1f}"


def card(fitted: Fitted, judged: Evaluation | str, *, practice: str | None = None) -> Card:
    """Write the card of a fitted model.

    Parameters
    ----------
    fitted
        From :func:`holdfast.silence.fit`.
    judged
        From :func:`holdfast.silence.evaluate.evaluate`, or a sentence why there is none.
    practice
        Its name.
    """
    questions = tuple(_questions(fitted))
    drawn = fitted.effects[:, 0]
    low, middle, high = (float(value) for value in np.quantile(fitted.spreads, (0.05, 0.5, 0.95)))
    return Card(
        holdfast_version=__version__,
        practice=practice,
        at=fitted.at,
        fitted=fitted,
        intercept=Effect("", "", PRIORS.intercept, float(drawn.mean()), float(drawn.std())),
        spread=(middle, low, high),
        questions=questions,
        evidence=tuple(_evidence(questions)),
        judged=judged,
    )


def _questions(fitted: Fitted) -> Iterator[Question]:
    for name, signal in SIGNALS.items():
        codes = [code for code in PRIORS.codes(name) if code != signal.reference]
        effects = [Effect(name, code, PRIORS.effect(name, code), *fitted.effect(name, code)) for code in codes]
        told = tuple(effect for effect in effects if effect.prior.basis is not Basis.NOT_KNOWN)
        yield Question(name, signal.question, signal.reference, told)


def _evidence(questions: tuple[Question, ...]) -> list[Evidence]:
    """Every published figure that a prior rests on, by its id."""
    priors = [PRIORS.intercept, *(effect.prior for question in questions for effect in question.effects)]
    named = {name for prior in priors for name in prior.evidence} | set(PRIORS.therapist_spread.evidence)
    return [PRIORS.evidence[name] for name in sorted(named)]
