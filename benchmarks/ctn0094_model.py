"""Holdfast's silence model as a forecast of dropout in the trials: fitted on the people of some sites, nothing added.

The model says how likely he has left already, and how likely he is to leave after each contact. The trial asks
whether he leaves at all before the end. So the contacts still to come are taken from the training people who stayed,
and the chance that he leaves after none of them is multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from benchmarks.ctn0094_methods import FittedOn, Method
from benchmarks.ctn0094_people import (
    HAS_LEFT,
    LANDMARKS,
    QUESTIONS,
    Participant,
    Question,
    Unit,
    as_it_went,
    as_known_after,
    last_day,
    who_stayed,
)
from benchmarks.onward import FROM_SESSION, SESSIONS, chances_ahead, usual_excess
from scipy.special import expit, logit

from holdfast.silence.fit import fit_moments
from holdfast.silence.fitted import Fitted
from holdfast.silence.metrics import Floats, Ints
from holdfast.silence.moments import Moments, moments
from holdfast.silence.predict import predict_moments

TOLD: Mapping[Unit, str] = {"site": "client", "arm": "client, arm"}


def silence_model(unit: Unit, *, prior_only: bool = False) -> Method:
    """The model, with the site or the arm in the therapist's place; ``prior_only``: with nothing learned here."""
    name = "Holdfast, nothing learned" if prior_only else "Holdfast"
    return Method(name, TOLD[unit], True, _prepare(unit, prior_only=prior_only))


def _prepare(unit: Unit, *, prior_only: bool) -> Callable[[Sequence[Participant]], FittedOn]:
    def prepare(people: Sequence[Participant]) -> FittedOn:
        known = {weeks: _known(people, weeks, unit) for weeks in LANDMARKS}
        published = _standing(people, known, people[:1], unit, prior_only=True) if prior_only else None

        def fitted_on(train: Ints) -> Mapping[Question, Floats]:
            others = [people[place] for place in train]
            standing = published or _standing(people, known, others, unit)
            out = {weeks: one.drops_out(_to_come(people, others, weeks, unit)) for weeks, one in standing.items()}
            left = {question: standing[question.weeks].gone for question in HAS_LEFT}
            return {question: out[question.weeks] for question in QUESTIONS} | left

        return fitted_on

    return prepare


def _known(people: Sequence[Participant], weeks: int, unit: Unit) -> Moments:
    tables, at = as_known_after(people, weeks, unit)
    return moments(tables, at=at)


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where people stand at a landmark by a fitted model. ``ahead``: (people, ``onward.SESSIONS``)."""

    gone: Floats
    contacts: Ints
    ahead: Floats

    def drops_out(self, to_come: Sequence[Ints]) -> Floats:
        """The chance that each has left by now, or leaves after one of the contacts still to come."""
        each = zip(self.ahead, self.contacts, to_come, strict=True)
        return np.asarray(1 - (1 - self.gone) * np.array([stays_to_the_end(*one) for one in each]))


def _standing(
    people: Sequence[Participant],
    known: Mapping[int, Moments],
    others: Sequence[Participant],
    unit: Unit,
    *,
    prior_only: bool = False,
) -> dict[int, _Standing]:
    """Everybody at every landmark, by the model fitted on others."""
    tables, at = as_it_went(others, unit)
    went = moments(tables, at=at)
    fitted = fit_moments(went, prior_only=prior_only)
    usual = {"": np.zeros(len(SESSIONS))} if prior_only else usual_excess(fitted, went)
    excess = np.array([usual.get(getattr(one, unit), usual[""]) for one in people])
    return {weeks: _at_landmark(fitted, found, excess, people) for weeks, found in known.items()}


def _at_landmark(fitted: Fitted, found: Moments, excess: Floats, people: Sequence[Participant]) -> _Standing:
    rows = pl.DataFrame({"client_id": [one.who for one in people]})
    judged = predict_moments(fitted, found).select("client_id", "p_left", "sessions")
    rows = rows.join(judged, on="client_id", how="left", maintain_order="left")
    evenings = rows.select("client_id").join(found.evenings, on="client_id", how="left", maintain_order="left")
    ahead = expit(logit(chances_ahead(fitted, evenings, widenings=("no",))[:, :, 0]) + excess)
    return _Standing(rows["p_left"].to_numpy(), rows["sessions"].to_numpy(), ahead)


def _to_come(people: Sequence[Participant], others: Sequence[Participant], weeks: int, unit: Unit) -> list[Ints]:
    """Contacts to come of everybody: as many as those who stayed still had, in his arm if the arm is told."""
    by_arm = {
        arm: contacts_to_come(others, weeks, arm if unit == "arm" else None) for arm in {one.arm for one in people}
    }
    return [by_arm[one.arm] for one in people]


def contacts_to_come(people: Sequence[Participant], weeks: int, arm: str | None) -> Ints:
    """How many more visits each of those who stayed kept, after which he could still have dropped out."""
    still = [(one.days > last_day(weeks)) & (one.days < 7 * one.week) & one.kept for one in who_stayed(people, arm)]
    return np.array([one.sum() for one in still], dtype=np.int64)


def stays_to_the_end(chances: Floats, made: int, to_come: Ints) -> float:
    """The chance that he leaves after none of the contacts to come, for as many as each of others still had.

    ``chances``: of leaving after a contact, by ``onward.SESSIONS``; ``made``: contacts so far.
    """
    number = made + 1 + np.arange(int(to_come.max(initial=0)))
    stays = np.cumprod(1 - chances[np.searchsorted(FROM_SESSION, number, side="right") - 1])
    return float(np.concatenate([[1.0], stays])[to_come].mean()) if to_come.size else 1.0
