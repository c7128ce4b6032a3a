"""Everything about one group of clients: its funnel, endings, curves, and what others call dropout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import polars as pl

from holdfast.episodes import BY_RULE, INFERRED, OPEN, RECORDED
from holdfast.insight import curves, dropout
from holdfast.insight.counts import Counts, counts_from_table, on_session_scale
from holdfast.insight.result import (
    TOO_FEW,
    Amount,
    Curve,
    Disagreement,
    Dropout,
    EndingCount,
    Group,
    Point,
    Share,
    Step,
)
from holdfast.insight.tally import GROUP, Tally
from holdfast.insight.uncertainty import NotEstimable, proportion
from holdfast.tables.schema import Ending
from holdfast.words import Words

BOOKING = Words("first booking")
STEPS = (
    (1, Words("first session")),
    (2, Words("second session")),
    (3, Words("third session")),
    (5, Words("fifth session")),
    (10, Words("tenth session")),
)
ENDINGS = tuple(Ending)
CAUSES = tuple(str(ending) for ending in Ending)
RESTRICTED_TO = 10  # sessions
SHOWN_SESSIONS, SHOWN_WEEKS = 20, 52


def group_of(label: str, counted: Tally, said: pl.DataFrame, median: float | None, too_few: int) -> Group:
    totals = {name: int(counted.totals[name].sum()) for name in counted.totals.columns if name not in (GROUP, "rhythm")}
    by_session, by_day = counts_of(counted)
    alike, answers = _alike(counted.patterns), said.to_dicts()
    return Group(
        label=label,
        clients=totals["clients"],
        episodes=totals["episodes"],
        appointments=totals["appointments"],
        no_shows=totals["no_shows"],
        unmarked_appointments=totals["unmarked"],
        assumed_sessions=totals["assumed"],
        sessions=totals["sessions"],
        median_rhythm_days=_median_rhythm(counted),
        funnel=_funnel(alike, too_few),
        endings=_endings(alike, too_few),
        open=sum(one.episodes for one in alike if one.ending == OPEN),
        staying_sessions=_staying(by_session, "sessions", too_few),
        staying_weeks=_staying(by_day, "weeks", too_few),
        incidence_sessions=_incidences(by_session, "sessions", too_few),
        incidence_weeks=_incidences(by_day, "weeks", too_few),
        restricted_mean_sessions=_restricted_mean(counted, too_few),
        restricted_to=RESTRICTED_TO,
        dropout=_dropout(answers, median, too_few),
        disagreement=_disagreement(answers, median, too_few),
    )


def _median_rhythm(counted: Tally) -> float | None:
    """With several groups in one, the one with the most episodes speaks for it."""
    known = counted.totals.drop_nulls("rhythm").sort("episodes", descending=True)
    return float(known["rhythm"][0]) if known.height else None


class _Alike(NamedTuple):
    """Episodes of which the funnel and the endings say the same. As many sessions as the last step, or more."""

    sessions: int
    booked: bool
    ending: str
    ending_by: str
    unmarked_after: bool
    episodes: int

    @property
    def is_doubtful(self) -> bool:
        """An appointment after the last session was never marked, and no ending was recorded: nobody knows."""
        return self.unmarked_after and self.ending_by != RECORDED


def _alike(patterns: pl.DataFrame) -> list[_Alike]:
    most = pl.col("sessions").clip(upper_bound=STEPS[-1][0])
    keys = [most, pl.col("booked") == 1, *(name for name in _Alike._fields[2:] if name != "episodes")]
    counted = patterns.group_by(keys).agg(pl.col("episodes").sum()).select(_Alike._fields)
    return [_Alike(*row) for row in counted.iter_rows()]


def _count(some: Iterable[_Alike]) -> int:
    return sum(one.episodes for one in some)


def counts_of(counted: Tally) -> tuple[Counts, Counts]:
    """Count tables on the session scale (decisions), and on the time scale (days since the first session)."""
    return on_session_scale(raw_sessions(counted)), _count_table(counted.days, "days")


def raw_sessions(counted: Tally) -> Counts:
    return _count_table(counted.patterns, "session_time")


def _count_table(frame: pl.DataFrame, time: str) -> Counts:
    columns = frame[time].to_numpy(), frame["cause"].to_list(), frame["episodes"].to_numpy()
    return counts_from_table(*columns, all_causes=CAUSES)


def _funnel(alike: Sequence[_Alike], too_few: int) -> list[Step]:
    """From the first booking to the tenth session: who reached each step, and what became of the others."""
    unbooked = [one for one in alike if not one.booked]
    steps = [_step(BOOKING, 0, alike, unbooked, too_few)]
    before = [one for one in alike if one.booked or one.sessions > 0]
    for session, name in STEPS:
        steps.append(_step(name, session, before, [one for one in before if one.sessions < session], too_few))
        before = [one for one in before if one.sessions >= session]
    return steps


def _step(name: str, session: int, before: Sequence[_Alike], stopped: Sequence[_Alike], too_few: int) -> Step:
    """One step, and those who did not reach it: ended in which way, still open, or nobody knows."""
    of = _count(before)
    reached = of - _count(stopped)
    known = [one for one in stopped if not one.is_doubtful]
    lost = {str(ending): _count(one for one in known if one.ending == ending) for ending in ENDINGS}
    return Step(
        name=name,
        session=session,
        reached=reached,
        of=of,
        share=share_of(reached, of, too_few),
        lost={ending: count for ending, count in lost.items() if count},
        waiting=_count(one for one in known if one.ending == OPEN),
        unmarked=_count(one for one in stopped if one.is_doubtful),
    )


def _endings(alike: Sequence[_Alike], too_few: int) -> list[EndingCount]:
    """How the episodes that are over ended, and who says so."""
    total = _count(one for one in alike if one.ending != OPEN)

    def counted(ending: str) -> EndingCount:
        these = [one for one in alike if one.ending == ending]
        by = {who: _count(one for one in these if one.ending_by == who) for who in (RECORDED, INFERRED, BY_RULE)}
        return EndingCount(
            ending=ending,
            count=_count(these),
            share=share_of(_count(these), total, too_few),
            recorded=by[RECORDED],
            inferred=by[INFERRED],
            by_rule=by[BY_RULE],
        )

    return [counted(str(ending)) for ending in ENDINGS]


def share_of(count: int, of: int, too_few: int) -> Share:
    if of <= too_few:
        return Share(count=count, of=of, why_not=TOO_FEW)
    found = proportion(count, of)
    if isinstance(found, NotEstimable):
        return Share(count=count, of=of, why_not=found.reason)
    return Share(count=count, of=of, estimate=found.estimate, low=found.lower, high=found.upper)


Unit = Literal["sessions", "weeks"]


def _staying(counts: Counts, unit: Unit, too_few: int) -> Curve:
    if counts.n <= too_few:
        return Curve(unit=unit, of=counts.n, why_not=TOO_FEW)
    return _shown(curves.kaplan_meier(counts), counts, unit, too_few)


def _incidences(counts: Counts, unit: Unit, too_few: int) -> dict[str, Curve]:
    if counts.n <= too_few:
        return {}
    present = [cause for cause in counts.causes if counts.events_of(cause).sum()]
    found = {cause: curves.cumulative_incidence(counts, cause) for cause in present}
    return {cause: _shown(curve, counts, unit, too_few) for cause, curve in found.items()}


def _shown(curve: curves.Curve, counts: Counts, unit: Unit, too_few: int) -> Curve:
    """The points of a curve that the report shows: every session, or every week, while enough are followed."""
    shown = range(SHOWN_SESSIONS + 1) if unit == "sessions" else range(SHOWN_WEEKS + 1)
    scale = 1 if unit == "sessions" else 7
    points = [
        Point(time=time, at_risk=int(point.at_risk), estimate=point.estimate, low=point.lower, high=point.upper)
        for time in shown
        if curve.known_at(time * scale)
        for point in [curve.at(time * scale)]
        if point.followed > too_few
    ]
    return Curve(unit=unit, of=counts.n, points=points)


def _restricted_mean(counted: Tally, too_few: int) -> Amount:
    raw = raw_sessions(counted)
    if raw.n <= too_few:
        return Amount(why_not=TOO_FEW)
    mean = curves.restricted_mean_sessions(raw, RESTRICTED_TO)
    if isinstance(mean, NotEstimable):
        return Amount(why_not=mean.reason)
    if mean.followed <= too_few:
        return Amount(why_not=f"Too few have been followed to {RESTRICTED_TO} sessions yet.")
    return Amount(estimate=mean.estimate, low=mean.lower, high=mean.upper)


Answers = Sequence[Mapping[str, Any]]  # what each definition says, and of how many episodes


def _dropout(said: Answers, median: float | None, too_few: int) -> list[Dropout]:
    def one(definition: dropout.Definition) -> Dropout:
        counts = dict.fromkeys((dropout.YES, dropout.NO, dropout.UNTOLD), 0)
        for row in said:
            counts[row[definition.key]] += row["episodes"]
        return Dropout(
            definition=definition.key,
            words=definition.words,
            parameters=dict(definition.parameters),
            share=share_of(counts[dropout.YES], counts[dropout.YES] + counts[dropout.NO], too_few),
            cannot_tell=counts[dropout.UNTOLD],
        )

    return [one(definition) for definition in dropout.definitions(median)]


def _disagreement(said: Answers, median: float | None, too_few: int) -> list[Disagreement]:
    def one(first: str, second: str) -> Disagreement:
        both = [row for row in said if dropout.UNTOLD not in (row[first], row[second])]
        differ = sum(row["episodes"] for row in both if row[first] != row[second])
        of = sum(row["episodes"] for row in both)
        return Disagreement(first=first, second=second, share=share_of(differ, of, too_few))

    keys = tuple(definition.key for definition in dropout.definitions(median))
    return [one(first, second) for first, second in dropout.pairs_of(keys)]
