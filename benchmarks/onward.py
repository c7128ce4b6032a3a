"""From the silence model to the weeks ahead: how someone who is still here goes on, contact by contact.

The fitted model says how long the next contact takes of someone who stays, and how likely he leaves after it. Played
forward, that is a renewal process that stops: the time to the next contact from the fitted clock, given how long
it has been quiet; then he leaves with the fitted chance, else the next gap, in units of a rhythm that moves with his
own last gaps as the model's does. Nothing is fitted here, and no label is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from holdfast.silence.clock import BINS, EDGES, Clock, bounds, cell_codes, place
from holdfast.silence.fitted import Fitted
from holdfast.silence.metrics import Floats, Ints
from holdfast.silence.moments import Moments
from holdfast.silence.predict import p_evening

SESSIONS = ("s1", "s2", "s3", "s4_5", "s6_10", "s11_20", "s21")
FROM_SESSION = (1, 2, 3, 4, 6, 11, 21)
WIDENINGS = ("none", "no", "some", "much")
WIDER, MUCH_WIDER = 1.5, 2.5  # gap beside his rhythm before it
BEYOND = 60.0  # rhythms: the end of the clock's last, open bin, which nobody who stays reaches


@dataclass(frozen=True, slots=True)
class Now:
    """Where people stand: one value each, or (people, 3) for the last three gaps, the latest first, unknown ones NaN.

    ``chances`` (people, sessions, widenings): of leaving after a contact to come, everything else as it is now.
    """

    since: Floats  # days of silence
    contacts: Ints
    gaps: Floats
    usual: float  # days between contacts, of someone with fewer than two gaps of his own
    chances: Floats

    def __len__(self) -> int:
        return len(self.since)


def chances_ahead(fitted: Fitted, evenings: pl.DataFrame, *, widenings: tuple[str, ...] = WIDENINGS) -> Floats:
    """The chance of leaving after contacts to come: (people, sessions, widenings), the other signals as now.

    What has just been missed or called off is over by then.
    """
    people = evenings.with_row_index("person").with_columns(missed=pl.lit("none"), provider=pl.lit("no"))
    ahead = (
        people.drop("session", "widening")
        .join(pl.DataFrame({"session": SESSIONS}).with_row_index("in_session"), how="cross")
        .join(pl.DataFrame({"widening": widenings}).with_row_index("in_widening"), how="cross")
        .sort("person", "in_session", "in_widening")
    )
    return p_evening(fitted, ahead).reshape(evenings.height, len(SESSIONS), len(widenings))


PASSING = ("missed", "provider", "widening")  # signals that come and go


def usual_excess(fitted: Fitted, found: Moments) -> dict[str, Floats]:
    """What is usually missed, called off or late adds to the log-odds that a contact is the last, by therapist.

    Each an array over ``SESSIONS``: the mean over every contact that was fitted on, of those who stayed and of those
    who left. Of someone new it is the mean over all therapists, under the name "".
    """
    rows = [*PASSING, "session", "therapist_id"]
    stayed, left = found.patterns.select(*rows, "rows"), found.tails.select(*rows, rows=pl.lit(1, pl.Int64))
    contacts = pl.concat([stayed, left]).with_columns(
        odds=pl.sum_horizontal(_effects(fitted, name) for name in PASSING).exp(),
        session=pl.col("session").cast(pl.String),
    )
    whose = {name: contacts.filter(pl.col("therapist_id") == name) for name in contacts["therapist_id"].unique()}
    return {name: _mean_by_session(own) for name, own in {**whose, "": contacts}.items()}


def _mean_by_session(contacts: pl.DataFrame) -> Floats:
    mean = ((pl.col("odds") * pl.col("rows")).sum() / pl.col("rows").sum()).log()
    found = dict(contacts.group_by("session").agg(mean).iter_rows())
    return np.array([found.get(session, 0.0) for session in SESSIONS])


def _effects(fitted: Fitted, name: str) -> pl.Expr:
    """A signal's codes as their mean effects, less that of nothing out of the ordinary."""
    usual = fitted.effect(name, "no")[0] if name == "widening" else 0.0
    effects = {code: fitted.effect(name, code)[0] - usual for signal, code in fitted.design.columns if signal == name}
    return pl.col(name).cast(pl.String).replace_strict(effects, default=-usual, return_dtype=pl.Float64)


@dataclass(frozen=True, slots=True)
class _Path:
    """Everybody's courses so far: (paths, people), the gaps (paths, people, 3)."""

    day: Floats  # of the last contact; now is day 0
    contacts: Ints
    gaps: Floats
    still_here: NDArray[np.bool_]


def contacts_ahead(now: Now, clock: Clock, paths: int, generator: np.random.Generator) -> Iterator[_Path]:
    """Play everybody's contacts forward, one after the other, of people who are still here now.

    Yields the day of the next contact, in days from now, and who made it. Never ends: stop when you have seen enough.
    The same chance events are used for everybody, so that people differ by what is known of them alone.
    """
    path = _Path(
        day=np.tile(-now.since, (paths, 1)),
        contacts=np.tile(now.contacts, (paths, 1)),
        gaps=np.tile(now.gaps, (paths, 1, 1)),
        still_here=np.ones((paths, len(now)), dtype=bool),
    )
    path = _next(path, now, clock, generator.random((paths, 1)), quiet=now.since)
    while True:
        yield path
        leaves = generator.random((paths, 1)) < _chances(path, now)
        path = _next(replace(path, still_here=path.still_here & ~leaves), now, clock, generator.random((paths, 1)))


def _next(path: _Path, now: Now, clock: Clock, chance: Floats, *, quiet: Floats | float = 0.0) -> _Path:
    gap = _gap(clock, path, rhythm(path.gaps, now.usual), np.broadcast_to(chance, path.day.shape), quiet)
    days = np.floor(path.day + gap) - np.floor(path.day)  # the model's gaps are whole days; two on a day are one
    gaps = np.concatenate([np.maximum(days, 1.0)[..., None], path.gaps[..., :2]], axis=-1)
    return _Path(path.day + gap, path.contacts + 1, gaps, path.still_here)


def rhythm(gaps: Floats, usual: float) -> Floats:
    """The middle of the last three gaps; of two their mean; with fewer what is usual. ``gaps``: (…, 3)."""
    one, two, three = gaps[..., 0], gaps[..., 1], gaps[..., 2]
    middle = np.maximum(np.minimum(one, two), np.minimum(np.maximum(one, two), three))
    return np.where(np.isnan(two), usual, np.where(np.isnan(three), (one + two) / 2, middle))


def _chances(path: _Path, now: Now) -> Floats:
    """The chance of leaving after the contact just made."""
    session = np.searchsorted(FROM_SESSION, path.contacts, side="right") - 1
    before = rhythm(np.concatenate([path.gaps[..., 1:], np.full((*path.day.shape, 1), np.nan)], axis=-1), now.usual)
    ratio = path.gaps[..., 0] / before
    wider = 1 + (ratio > WIDER) + (ratio > MUCH_WIDER)
    widening = np.where(np.isnan(path.gaps[..., 2]), 0, wider)
    return now.chances[np.arange(len(now)), session, widening]


def _gap(clock: Clock, path: _Path, rhythm_days: Floats, chance: Floats, quiet: Floats | float) -> Floats:
    """Days from the last contact to the next, of someone who stays and has been quiet for some days already."""
    still = clock.stay_quiet()[[cell_codes()[f"session:free:{after}"] for after in (1, 2, 3)]]
    cell = np.searchsorted((1, 2, 4), path.contacts, side="right") - 1
    expected = expected_days(path.day, rhythm_days)
    silent = np.broadcast_to(np.asarray(quiet, dtype=float), rhythm_days.shape)
    bins, part = place(silent, expected, rhythm_days)
    now = still[cell, bins] + (still[cell, bins + 1] - still[cell, bins]) * part
    bins, part = _reached(still, cell, now * chance)
    return np.maximum(when(bins, part, expected, rhythm_days), silent)


def expected_days(day: Floats, rhythm_days: Floats) -> Floats:
    """From a contact to the beginning of the day on which the next is expected. Day 0 begins at midnight."""
    return np.maximum(rhythm_days - (day - np.floor(day)), 0.0)


def _reached(still: Floats, cell: Ints, target: Floats) -> tuple[Ints, Floats]:
    """In which bin, and how far into it, the chance of being quiet has fallen to the target."""
    bins = np.empty(target.shape, dtype=np.int64)
    for number, curve in enumerate(still):
        here = cell == number
        bins[here] = np.searchsorted(-curve, -target[here], side="left") - 1
    bins = np.clip(bins, 0, BINS - 1)
    drop = still[cell, bins] - still[cell, bins + 1]
    part = np.divide(still[cell, bins] - target, drop, out=np.zeros_like(target), where=drop > 0)
    return bins, np.clip(part, 0.0, 1.0)


def when(bins: Ints, part: Floats, expected: Floats, rhythm_days: Floats) -> Floats:
    """The days at a place on the clock: the other way round than ``clock.place``."""
    low, high = bounds(bins, expected, rhythm_days)
    width = np.where(np.isinf(high), (BEYOND - EDGES[-1]) * rhythm_days, high - low)
    return np.asarray(low + part * width)
