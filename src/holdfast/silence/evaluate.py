"""Is the model right here? A practice's own past, asked again and again as it was then, beside what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from holdfast import __version__
from holdfast.asof import EPOCH
from holdfast.engine import Engine
from holdfast.episodes import Episodes, episodes
from holdfast.errors import UsageError
from holdfast.silence import evaluation_words as words
from holdfast.silence.alerts import Replay, alerts
from holdfast.silence.baselines import ALIKE, LEARNERS, NAMES, needed
from holdfast.silence.evaluation import MODEL, Alerts, Evaluation, Method, Origin, Question
from holdfast.silence.evenings import (
    Learned,
    asked_after_sessions,
    asked_on_an_evening,
    learned,
    open_evening,
    with_groups,
)
from holdfast.silence.histories import Histories
from holdfast.silence.moments import moments_of
from holdfast.silence.outcomes import RULE, Afterwards
from holdfast.silence.overdue import overdue_rows
from holdfast.silence.policy import EVERYONE, Counted, muting
from holdfast.silence.scoring import question
from holdfast.tables.read import Tables

WINDOW = timedelta(days=84)  # after the last origin: time for a silence to show what it was
EVERY = timedelta(days=28)
WEEK = timedelta(days=7)
HISTORY = timedelta(days=90)  # before the first origin
LEAST_SESSIONS = 100
ORIGINS = 8
METHODS = (MODEL, *LEARNERS)
Report = Callable[[str, float], None]


def evaluate(
    tables: Tables,
    *,
    at: datetime | None = None,
    origins: int = ORIGINS,
    replay: bool = True,
    seed: int = 0,
    engine: Engine | None = None,
    report: Report = lambda words, share: None,
) -> Evaluation:
    """Judge the model on a practice's own history, beside the baselines, on the same rows.

    At each origin everything is fitted on what was known then, and asked about every open episode on that
    evening, and about every session until the next origin. What happened is read from what is known at the end.

    Parameters
    ----------
    tables
        Checked tables of a practice.
    at
        The end: a wall clock of the practice; by default the moment of the export.
    origins
        At most so many, four weeks apart, the last twelve weeks before the end.
    replay
        Also replay the policy week by week, which takes most of the time.
    seed
        Of the bootstrap and of the model's draws.
    engine
        Where the table work runs; by default an embedded engine for each moment.
    report
        Told what is being done, and how much of it all is done (0 to 1).

    Raises
    ------
    UsageError
        If the history is too short, or scikit-learn or scikit-survival are not installed.
    """
    for name in ("sklearn.linear_model", "sksurv.linear_model"):
        needed(name)
    work = Work(tables, engine, report, seed)
    last = at or work.end()
    moments = origins_of(work, last, origins)
    past = work.past(last)
    learners = _atorigins_of(work, moments, share=0.4 if replay else 0.9)
    questions = _questions(learners, past, seed)
    told = _replayed(work, learners, past, questions[0]) if replay else None
    return _evaluation(tables, past.at, seed, learners, questions, told)


# --- when -------------------------------------------------------------------------------------------


def origins_of(work: Work, last: datetime, most: int) -> list[datetime]:
    """Evenings four weeks apart, the last one twelve weeks before the end, the first with enough history."""
    first = work.enough_history(last)
    found = [last - WINDOW - number * EVERY for number in range(most)]
    kept = sorted(moment for moment in found if first is not None and moment >= first)
    if not kept:
        raise UsageError(
            f"The history is too short to judge the model: it takes {LEAST_SESSIONS} sessions and {HISTORY.days} days "
            f"before a first evening, and {WINDOW.days} days after it to see what came of it."
        )
    return kept


@dataclass(frozen=True, slots=True)
class _Past:
    """Everything that is known at the end."""

    at: datetime
    histories: Histories
    end: Afterwards


@dataclass(frozen=True, slots=True)
class Work:
    """The tables, an engine for each moment, and whom to tell how far it has come."""

    tables: Tables
    engine: Engine | None
    report: Report
    seed: int

    @contextmanager
    def known(self, at: datetime | None) -> Iterator[Episodes]:
        """The practice as it was known at a moment, in the engine given or in one that is let go again."""
        if self.engine is not None:
            yield episodes(self.tables, engine=self.engine, at=at)
            return
        with Engine.embedded() as own:
            yield episodes(self.tables, engine=own, at=at)

    def end(self) -> datetime:
        """The moment of the export, or the last thing that the tables tell of."""
        with self.known(None) as found:
            return found.at

    def enough_history(self, last: datetime) -> datetime | None:
        """The first day with ninety days and a hundred sessions behind it."""
        with self.known(last) as found:
            days = found.engine.fetch(found.sessions.select("starts_at"))["starts_at"].sort()
        if len(days) < LEAST_SESSIONS:
            return None
        first, hundredth = (EPOCH + timedelta(seconds=days[place]) for place in (0, LEAST_SESSIONS - 1))
        return max(first + HISTORY, hundredth)

    def past(self, last: datetime) -> _Past:
        self.report("Reading the history", 0.0)
        with self.known(last) as found:
            return _Past(last, Histories.of(found), Afterwards.of(found))

    def learned(self, at: datetime) -> Learned:
        with self.known(at) as found:
            return learned(moments_of(found), Afterwards.of(found), Histories.of(found), seed=self.seed)


# --- asking -----------------------------------------------------------------------------------------


def _atorigins_of(work: Work, moments: Sequence[datetime], *, share: float) -> list[Learned]:
    """Fit everything at every origin; ``share`` is how much of the whole work that is."""
    found = []
    for number, at in enumerate(moments):
        work.report(f"Learning what was known on {at.day} {at:%B %Y}", share * (number + 0.2) / len(moments))
        found.append(work.learned(at))
    return found


def _questions(learners: Sequence[Learned], past: _Past, seed: int) -> list[Question]:
    untils = [*(one.at for one in learners[1:]), learners[-1].at + EVERY]
    left = [asked_on_an_evening(one, past.end) for one in learners]
    last = [
        asked_after_sessions(one, past.histories, past.end, until) for one, until in zip(learners, untils, strict=True)
    ]
    return [
        question(words.LEFT, "Has he left?", pl.concat(left), METHODS, seed=seed),
        question(words.LAST, "Was it his last?", pl.concat(last), METHODS, seed=seed),
    ]


# --- the policy, week by week -----------------------------------------------------------------------


def _replayed(work: Work, learners: Sequence[Learned], past: _Past, asked: Question) -> Alerts | None:
    """Go through every week from the first origin until four weeks before the end."""
    ways = {key: name for key, (name, _) in _NAMES.items() if key != ALIKE}  # where all are alike nobody can choose
    replay = Replay({**ways, words.OVERDUE: "New on the plain overdue list"})
    first = learners[0].at
    weeks = [first + number * WEEK for number in range((past.at - EVERY - first) // WEEK + 1)]
    for number, at in enumerate(weeks):
        work.report(f"Replaying the week of {at.day} {at:%B %Y}", 0.4 + 0.58 * number / len(weeks))
        one = next(one for one in reversed(learners) if one.at <= at)
        with work.known(at) as found:
            moments = one.moments if one.at == at else moments_of(found)
            due = overdue_rows(found)
        replay.week(with_groups(open_evening(one, moments), one), due, at)
    return alerts(replay, past.end, muting(counted(asked)), seed=work.seed)


def counted(asked: Question) -> list[Counted]:
    """The record by which the policy judges whether its chances are within bounds."""
    found = []
    for scored in (asked.overall, *asked.groups):
        model = words.of_method(scored, MODEL)
        if model is None or model.expected is None or model.ratio.low is None or model.ratio.high is None:
            continue
        name = EVERYONE if scored is asked.overall else scored.label
        found.append(Counted(name, scored.clients, scored.left, model.expected, model.ratio.low, model.ratio.high))
    return found


# --- the whole --------------------------------------------------------------------------------------

_NAMES = {MODEL: ("Holdfast", "the model: a hidden state after each session"), **NAMES}


def _evaluation(
    tables: Tables,
    last: datetime,
    seed: int,
    learners: Sequence[Learned],
    questions: list[Question],
    told: Alerts | None,
) -> Evaluation:
    bare = Evaluation(
        holdfast_version=__version__,
        practice=tables.practice.name,
        at=last,
        seed=seed,
        rule=RULE,
        window_days=WINDOW.days,
        methods=[Method(key=key, name=name, words=how) for key, (name, how) in _NAMES.items()],
        origins=[_origin(one) for one in learners],
        questions=questions,
        alerts=told,
        headline=[],
        notes=[],
    )
    return bare.model_copy(update={"headline": words.headline(bare), "notes": words.notes(bare)})


def _origin(one: Learned) -> Origin:
    return Origin(
        at=one.at,
        sessions=one.fitted.counts.sessions,
        endings=round(one.fitted.counts.endings, 1),
        mostly_published=one.fitted.mostly_published,
        open_episodes=one.moments.evenings.height,
        labelled=one.labelled,
        labelled_left=one.labelled_left,
    )
