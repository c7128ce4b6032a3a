"""For whoever shows flags: the model on one evening with the groups in which it is judged, and its record here.

``evaluate`` sets the model beside five others, which takes minutes. This asks the model alone, on a practice's own
past, so that flags can be muted where its chances have been off (``policy.muting``).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from holdfast.engine import Engine
from holdfast.errors import UsageError
from holdfast.silence import evaluation_words as words
from holdfast.silence.evaluate import Work, counted, origins_of
from holdfast.silence.evaluation import MODEL
from holdfast.silence.evenings import Learned, asked_on_an_evening, open_evening, with_groups
from holdfast.silence.fit import fit_moments
from holdfast.silence.fitted import Fitted
from holdfast.silence.moments import Moments, moments_of
from holdfast.silence.outcomes import Afterwards
from holdfast.silence.policy import Counted
from holdfast.silence.scoring import question
from holdfast.tables.read import Tables

ORIGINS = 3
"""Fewer than ``evaluate`` takes: evenings four weeks apart tell mostly of the same clients."""


def evening(fitted: Fitted, moments: Moments) -> pl.DataFrame:
    """Every open episode on one evening: what ``predict`` says of it, and the groups it belongs to."""
    alone = _alone(fitted, moments)
    return with_groups(open_evening(alone, moments), alone)


def counted_here(
    tables: Tables, *, at: datetime | None = None, origins: int = ORIGINS, seed: int = 0, engine: Engine | None = None
) -> list[Counted]:
    """Count how many had left and how many were expected to have, for everyone and for groups.

    Empty where the history is too short, or too few had left.
    """
    work = Work(tables, engine, lambda words, share: None, seed)
    last = at or work.end()
    try:
        moments = origins_of(work, last, origins)
    except UsageError:
        return []
    with work.known(last) as found:
        end = Afterwards.of(found)
    rows = [asked_on_an_evening(_learned(work, one), end) for one in moments]
    return counted(question(words.LEFT, "Has he left?", pl.concat(rows), (MODEL,), seed=seed))


def _learned(work: Work, at: datetime) -> Learned:
    with work.known(at) as found:
        moments = moments_of(found)
    return _alone(fit_moments(moments, seed=work.seed), moments)


def _alone(fitted: Fitted, moments: Moments) -> Learned:
    return Learned(moments.at, fitted, moments, left={}, last={}, labelled=0, labelled_left=0)
