"""Holdfast's silence model as a forecast of staying in an internet treatment: fitted on log-ins, never on labels.

The model says how likely someone has left already. Staying as the label means it is reached over time: enough
log-ins by the end of the treatment, and one at or after it. So the weeks that remain are played forward from the
fitted model (``benchmarks.onward``), and it is counted how often that happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl
from benchmarks.gicbt_methods import FittedOn, Method
from benchmarks.gicbt_people import ENOUGH, TREATMENT_DAYS, Person, as_it_went, as_known_on, meaning
from benchmarks.onward import Now, chances_ahead, contacts_ahead

from holdfast.silence.fit import fit
from holdfast.silence.fitted import Fitted
from holdfast.silence.metrics import Floats, Ints
from holdfast.silence.moments import Moments, moments
from holdfast.silence.predict import predict_moments

PATHS = 400  # courses played forward for each person: an error of at most 2.5 points in a chance, the same for all
MOST_CONTACTS = 120  # more than two a day


def silence_model(*, prior_only: bool = False) -> Method:
    name = "Holdfast, nothing learned" if prior_only else "Holdfast"
    return Method(name, True, _prepare(prior_only=prior_only))


def _prepare(*, prior_only: bool) -> Callable[[Sequence[Person], Sequence[int]], FittedOn]:
    def prepare(people: Sequence[Person], days: Sequence[int]) -> FittedOn:
        known = {day: _moments(people, day) for day in days}

        published = _fitted(people[:1], prior_only=True) if prior_only else None  # whoever is there, it learns nothing

        def fitted_on(train: Ints) -> Mapping[int, Floats]:
            others = [people[place] for place in train]
            fitted = published or _fitted(others)
            return {day: stays(fitted, found, people, others, day) for day, found in known.items()}

        return fitted_on

    return prepare


def _fitted(people: Sequence[Person], *, prior_only: bool = False) -> Fitted:
    tables, at = as_it_went(people)
    return fit(tables, at=at, prior_only=prior_only)


def _moments(people: Sequence[Person], day: int) -> Moments:
    tables, at = as_known_on(people, day)
    return moments(tables, at=at)


def stays(
    fitted: Fitted, found: Moments, people: Sequence[Person], others: Sequence[Person], day: int, *, seed: int = 0
) -> Floats:
    """The chance that each person's label will be "adherent": he has not left yet, and goes on for long enough."""
    rows = pl.DataFrame({"client_id": [one.who for one in people]})
    judged = predict_moments(fitted, found)
    rows = rows.join(judged, on="client_id", how="left", maintain_order="left")
    evenings = rows.select("client_id").join(found.evenings, on="client_id", how="left", maintain_order="left")
    now = Now(
        since=rows["days_silent"].to_numpy(),
        contacts=rows["sessions"].to_numpy(),
        gaps=last_gaps(people, day),
        usual=float(found.practice_rhythm_days or 7.0),
        chances=chances_ahead(fitted, evenings),
    )
    so_far = np.array([one.by(day).size for one in people])
    goes_on = _goes_on(fitted, now, so_far, others, day, seed)
    return np.asarray((1 - rows["p_left"].to_numpy()) * goes_on)


def last_gaps(people: Sequence[Person], day: int) -> Floats:
    """The last three gaps in days between days with a log-in, the latest first; NaN where there are fewer."""
    gaps = np.full((len(people), 3), np.nan)
    for place, one in enumerate(people):
        own = np.diff(np.unique(np.floor(one.by(day))))[::-1][:3]
        gaps[place, : own.size] = own
    return gaps


def _goes_on(fitted: Fitted, now: Now, so_far: Ints, others: Sequence[Person], day: int, seed: int) -> Floats:
    """Of someone who is still here: how often he logs in often enough, and (if the label wants it) to the end."""
    generator = np.random.default_rng(seed)
    wants_the_end = meaning(others) != "count"
    a_day = log_ins_a_day(others)
    left = TREATMENT_DAYS - day
    counted = np.tile(so_far, (PATHS, 1))
    succeeded = np.zeros(counted.shape, dtype=bool)
    for number, path in enumerate(contacts_ahead(now, fitted.habits.clock(), PATHS, generator)):
        in_time = path.still_here & (path.day < left)
        counted = counted + in_time * generator.choice(a_day, size=(PATHS, 1))
        enough = counted >= ENOUGH
        succeeded |= enough & path.still_here & ((path.day >= left) if wants_the_end else True)
        if not in_time.any() or number == MOST_CONTACTS:
            break
    return np.asarray(succeeded.mean(axis=0) if wants_the_end else (succeeded | (so_far >= ENOUGH)).mean(axis=0))


def log_ins_a_day(people: Sequence[Person]) -> Ints:
    """How many log-ins a day with any had, of every such day of these people."""
    return np.concatenate([np.unique(np.floor(one.by(TREATMENT_DAYS)), return_counts=True)[1] for one in people])
