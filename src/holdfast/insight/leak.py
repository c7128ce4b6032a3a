"""Where a practice loses people: the funnel, the curves, the endings, and how sure all of it is.

``leak`` runs the table work in an engine, and everything after it on small count tables. Open episodes
are censored, never counted as stayed or left; whoever never started is in every denominator that
begins at the booking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import ibis.expr.types as ir
import polars as pl

from holdfast import __version__
from holdfast.asof import AHEAD, seconds
from holdfast.engine import Engine
from holdfast.episodes import BY_RULE, INFERRED, OPEN, PLAIN_RULE, RECORDED, Episodes, Rule, episodes
from holdfast.errors import UsageError
from holdfast.insight import curves, dropout, words
from holdfast.insight.compare import ChiSquared, difference_at, difference_of_restricted_means, gray, logrank
from holdfast.insight.counts import Counts, counts_from_table, on_session_scale
from holdfast.insight.result import (
    TOO_FEW,
    Amount,
    Breakdown,
    Comparison,
    Curve,
    Disagreement,
    Dropout,
    EndingCount,
    Evidence,
    Group,
    Leak,
    OverallTest,
    Point,
    Share,
    Step,
)
from holdfast.insight.share import for_sharing
from holdfast.insight.tally import GROUP, NOT_KNOWN, Tally, age_band, gender_label, pick, tally, with_fate
from holdfast.insight.uncertainty import Difference, NotEstimable, proportion
from holdfast.tables.read import Tables
from holdfast.tables.schema import Certainty, Ending, Status

STEPS = ((1, "first session"), (2, "second session"), (3, "third session"), (5, "fifth session"), (10, "tenth session"))
ENDINGS = tuple(Ending)
CAUSES = tuple(str(ending) for ending in Ending)
RESTRICTED_TO = 10  # sessions
SHOWN_SESSIONS, SHOWN_WEEKS = 20, 52
COMPARED_AT = 5  # sessions
MEN, WOMEN, EVERYONE = "men", "women", "everyone"
MOST_GROUPS = 12


def leak(
    tables: Tables,
    *,
    engine: Engine | None = None,
    at: datetime | None = None,
    by: Sequence[str] = (),
    too_few: int = 10,
    share: bool = False,
    rule: Rule = PLAIN_RULE,
) -> Leak:
    """Work out where a practice loses people, as it was known at ``at``.

    Parameters
    ----------
    tables
        Checked tables; only ``appointments`` is needed.
    engine
        Where the table work runs; by default an embedded engine of its own.
    at
        A wall clock of the practice; by default the moment of the export.
    by
        Columns of ``clients`` (extra ones too), or ``age``, to compare groups by.
    too_few
        With so few people or fewer, no rate is given.
    share
        Leave out small counts, and those that would give them away.

    Raises
    ------
    UsageError
        If a column is not there, has too many different values, or names a therapist.
    """
    if engine is None:
        with Engine.embedded() as own:
            return leak(tables, engine=own, at=at, by=by, too_few=too_few, share=share, rule=rule)
    _refuse_ranking(by)
    found = episodes(tables, engine=engine, at=at, rule=rule)
    columns = list(dict.fromkeys(["gender", *by]))
    fates = engine.keep(_with_groups(with_fate(found), found.known.loaded["clients"], columns))
    whole = _Whole(fates, found, too_few)
    by_gender = whole.group_column("gender")
    result = Leak(
        holdfast_version=__version__,
        practice=tables.practice.name,
        at=found.at,
        complete_to=tables.practice.exported_at,
        rule=rule.words,
        too_few=too_few,
        shared=share,
        headline=[],
        groups=whole.men_first(by_gender),
        breakdowns=[whole.breakdown(column) for column in dict.fromkeys(by)],
        evidence=_evidence(found, by_gender),
        notes=[],
    )
    if not by and {MEN, WOMEN} <= set(by_gender.totals[GROUP]):
        result = result.model_copy(update={"breakdowns": [whole.breakdown("gender")]})
    result = for_sharing(result, too_few) if share else result
    return result.model_copy(update={"headline": words.headline(result), "notes": words.notes(result)})


def _refuse_ranking(by: Sequence[str]) -> None:
    for column in by:
        if column.startswith("therapist"):
            raise UsageError(
                "Holdfast does not set therapists beside each other: most of the difference would be chance and "
                "whom they see. Choose a column of the clients, for example --by referral_source."
            )


def _with_groups(fates: ir.Table, clients: ir.Table, columns: Sequence[str]) -> ir.Table:
    """Add a text column ``by_…`` for each column that groups are made of."""
    known = [name for name in columns if name in clients.columns and name != "client_id"]
    for name in columns:
        if name not in known and name != "age":
            there = ", ".join([*sorted(set(clients.columns) - {"client_id"}), "age"])
            raise UsageError(f"There is no column {name!r} among the clients. There are: {there}.")
    wanted = list(dict.fromkeys([*known, "gender", "birth_year"]))
    joined = fates.left_join(clients.select("client_id", **{f"_{name}": clients[name] for name in wanted}), "client_id")
    labels = {"by_gender": gender_label(joined["_gender"])}
    for name in columns:
        if name == "age":
            labels["by_age"] = age_band(joined["_birth_year"], joined.started_at)
        elif name != "gender":
            text = joined[f"_{name}"].cast("string").strip()
            labels[f"by_{name}"] = (text == "").ifelse(NOT_KNOWN, text).fill_null(NOT_KNOWN)
    return joined.mutate(**labels).drop(*[f"_{name}" for name in wanted], "client_id_right")


class _Whole:
    """One practice at one moment, cut by columns."""

    def __init__(self, fates: ir.Table, found: Episodes, too_few: int) -> None:
        self.fates, self.found, self.too_few = fates, found, too_few
        self.median = dropout.median_sessions(fates, found.engine)
        self._columns: dict[str, tuple[Tally, pl.DataFrame]] = {}

    def group_column(self, column: str) -> Tally:
        return self._cut(column)[0]

    def _cut(self, column: str) -> tuple[Tally, pl.DataFrame]:
        if column not in self._columns:
            fates = self.fates.mutate(group=self.fates[f"by_{column}"])
            scores, at, engine = self.found.known.loaded["scores"], seconds(self.found.at), self.found.engine
            said = dropout.answers(fates, scores, at, self.median, engine)
            self._columns[column] = (tally(fates, GROUP, engine), said)
        return self._columns[column]

    def group(self, column: str, label: str, labels: Sequence[str] | None) -> Group:
        counted, said = self._cut(column)
        mine = said if labels is None else said.filter(pl.col(GROUP).is_in(list(labels)))
        return _group(label, pick(counted, labels), mine, self.median, self.too_few)

    def men_first(self, by_gender: Tally) -> list[Group]:
        everyone = self.group("gender", EVERYONE, None)
        men = [self.group("gender", MEN, [MEN])] if MEN in set(by_gender.totals[GROUP]) else []
        return [*men, everyone]

    def breakdown(self, column: str) -> Breakdown:
        counted = self.group_column(column)
        labels = sorted(counted.totals[GROUP], key=lambda label: (label == NOT_KNOWN, label))
        if len(labels) > MOST_GROUPS:
            raise UsageError(
                f"{column!r} has {len(labels):,} different values, too many to set beside each other. "
                f"Choose a column with at most {MOST_GROUPS}."
            )
        groups = [self.group(column, label, [label]) for label in labels]
        told = [label for label in labels if label != NOT_KNOWN]
        compared = [label for label in told if _enough(pick(counted, [label]), self.too_few)]
        return Breakdown(
            column=column,
            groups=groups,
            comparisons=_comparisons(counted, compared),
            tests=_tests(counted, compared),
        )


def _enough(counted: Tally, too_few: int) -> bool:
    return int(counted.totals["episodes"].sum()) > too_few


# --- one group --------------------------------------------------------------------------------------


def _group(label: str, counted: Tally, said: pl.DataFrame, median: float | None, too_few: int) -> Group:
    totals = {name: int(counted.totals[name].sum()) for name in counted.totals.columns if name not in (GROUP, "rhythm")}
    by_session, by_day = _counts(counted)
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
        funnel=_funnel(counted.patterns, too_few),
        endings=_endings(counted.patterns, too_few),
        open=_count(counted.patterns, pl.col("ending") == OPEN),
        staying_sessions=_staying(by_session, "sessions", too_few),
        staying_weeks=_staying(by_day, "weeks", too_few),
        incidence_sessions=_incidences(by_session, "sessions", too_few),
        incidence_weeks=_incidences(by_day, "weeks", too_few),
        restricted_mean_sessions=_restricted_mean(counted, too_few),
        restricted_to=RESTRICTED_TO,
        dropout=_dropout(said, median, too_few),
        disagreement=_disagreement(said, median, too_few),
    )


def _median_rhythm(counted: Tally) -> float | None:
    """With several groups in one, the one with the most episodes speaks for it."""
    known = counted.totals.drop_nulls("rhythm").sort("episodes", descending=True)
    return float(known["rhythm"][0]) if known.height else None


def _count(patterns: pl.DataFrame, which: pl.Expr) -> int:
    return int(patterns.filter(which)["episodes"].sum())


def _counts(counted: Tally) -> tuple[Counts, Counts]:
    """Count tables on the session scale (decisions), and on the time scale (days since the first session)."""
    return on_session_scale(_raw_sessions(counted)), _count_table(counted.days, "days")


def _raw_sessions(counted: Tally) -> Counts:
    return _count_table(counted.patterns, "session_time")


def _count_table(frame: pl.DataFrame, time: str) -> Counts:
    columns = frame[time].to_numpy(), frame["cause"].to_list(), frame["episodes"].to_numpy()
    return counts_from_table(*columns, all_causes=CAUSES)


def _funnel(patterns: pl.DataFrame, too_few: int) -> list[Step]:
    """From the first booking to the tenth session: who reached each step, and what became of the others."""
    total, booked = _count(patterns, pl.lit(True)), _count(patterns, pl.col("booked") == 1)
    unbooked = patterns.filter(pl.col("booked") == 0)
    steps = [
        Step(
            name="first booking",
            session=0,
            reached=booked,
            of=total,
            share=_share(booked, total, too_few),
            **_lost(unbooked),
        )
    ]
    before = (pl.col("booked") == 1) | (pl.col("sessions") > 0)
    for session, name in STEPS:
        of, reached = _count(patterns, before), _count(patterns, pl.col("sessions") >= session)
        stopped = patterns.filter(before & (pl.col("sessions") < session))
        steps.append(
            Step(
                name=name, session=session, reached=reached, of=of, share=_share(reached, of, too_few), **_lost(stopped)
            )
        )
        before = pl.col("sessions") >= session
    return steps


def _lost(stopped: pl.DataFrame) -> dict[str, Any]:
    """Sort those who did not reach a step: ended in which way, still open, or nobody knows."""
    unmarked = pl.col("unmarked_after") & (pl.col("ending_by") != RECORDED)
    known = stopped.filter(~unmarked)
    lost = {str(ending): _count(known, pl.col("ending") == ending) for ending in ENDINGS}
    return {
        "lost": {ending: count for ending, count in lost.items() if count},
        "waiting": _count(known, pl.col("ending") == OPEN),
        "unmarked": _count(stopped, unmarked),
    }


def _endings(patterns: pl.DataFrame, too_few: int) -> list[EndingCount]:
    """How the episodes that are over ended, and who says so."""
    over = patterns.filter(pl.col("ending") != OPEN)
    total = _count(over, pl.lit(True))

    def one(ending: str) -> EndingCount:
        this = over.filter(pl.col("ending") == ending)
        by = {who: _count(this, pl.col("ending_by") == who) for who in (RECORDED, INFERRED, BY_RULE)}
        count = _count(this, pl.lit(True))
        return EndingCount(
            ending=ending,
            count=count,
            share=_share(count, total, too_few),
            recorded=by[RECORDED],
            inferred=by[INFERRED],
            by_rule=by[BY_RULE],
        )

    return [one(str(ending)) for ending in ENDINGS]


def _share(count: int, of: int, too_few: int) -> Share:
    if of <= too_few:
        return Share(count=count, of=of, why_not=TOO_FEW)
    found = proportion(count, of)
    if isinstance(found, NotEstimable):
        return Share(count=count, of=of, why_not=found.reason)
    return Share(count=count, of=of, estimate=found.estimate, low=found.lower, high=found.upper)


# --- curves -----------------------------------------------------------------------------------------


Unit = Literal["sessions", "weeks"]


def _staying(counts: Counts, unit: Unit, too_few: int) -> Curve:
    if counts.n <= too_few:
        return Curve(unit=unit, of=counts.n, why_not=TOO_FEW)
    return _shown(curves.kaplan_meier(counts), counts, unit)


def _incidences(counts: Counts, unit: Unit, too_few: int) -> dict[str, Curve]:
    if counts.n <= too_few:
        return {}
    present = [cause for cause in counts.causes if counts.events_of(cause).sum()]
    return {cause: _shown(curves.cumulative_incidence(counts, cause), counts, unit) for cause in present}


def _shown(curve: curves.Curve, counts: Counts, unit: Unit) -> Curve:
    """The points of a curve that the report shows: every session, or every week."""
    shown = range(SHOWN_SESSIONS + 1) if unit == "sessions" else range(SHOWN_WEEKS + 1)
    scale = 1 if unit == "sessions" else 7
    points = [
        Point(time=time, at_risk=int(point.at_risk), estimate=point.estimate, low=point.lower, high=point.upper)
        for time in shown
        if curve.known_at(time * scale)
        for point in [curve.at(time * scale)]
    ]
    return Curve(unit=unit, of=counts.n, points=points)


def _restricted_mean(counted: Tally, too_few: int) -> Amount:
    raw = _raw_sessions(counted)
    if raw.n <= too_few:
        return Amount(why_not=TOO_FEW)
    mean = curves.restricted_mean_sessions(raw, RESTRICTED_TO)
    if isinstance(mean, NotEstimable):
        return Amount(why_not=mean.reason)
    return Amount(estimate=mean.estimate, low=mean.lower, high=mean.upper)


# --- dropout as others define it --------------------------------------------------------------------


def _dropout(said: pl.DataFrame, median: float | None, too_few: int) -> list[Dropout]:
    def one(definition: dropout.Definition) -> Dropout:
        yes, no, untold = (
            _count(said, pl.col(definition.key) == answer) for answer in (dropout.YES, dropout.NO, dropout.UNTOLD)
        )
        return Dropout(
            definition=definition.key,
            words=definition.words,
            parameters=dict(definition.parameters),
            share=_share(yes, yes + no, too_few),
            cannot_tell=untold,
        )

    return [one(definition) for definition in dropout.definitions(median)]


def _disagreement(said: pl.DataFrame, median: float | None, too_few: int) -> list[Disagreement]:
    def one(first: str, second: str) -> Disagreement:
        both = said.filter((pl.col(first) != dropout.UNTOLD) & (pl.col(second) != dropout.UNTOLD))
        differ = _count(both, pl.col(first) != pl.col(second))
        return Disagreement(first=first, second=second, share=_share(differ, _count(both, pl.lit(True)), too_few))

    keys = tuple(definition.key for definition in dropout.definitions(median))
    return [one(first, second) for first, second in dropout.pairs_of(keys)]


# --- groups beside each other -----------------------------------------------------------------------

LEFT_SILENTLY = f"left without a word by session {COMPARED_AT}"
SESSIONS = f"sessions, of the first {RESTRICTED_TO}"


def _comparisons(counted: Tally, labels: Sequence[str]) -> list[Comparison]:
    """The largest group beside each of the others. Every pair would find differences by chance."""
    if len(labels) < 2:
        return []
    sizes = dict(counted.totals.select(GROUP, "episodes").iter_rows())
    largest = max(labels, key=lambda label: (sizes[label], label))
    others = [label for label in labels if label != largest]
    return [comparison for label in others for comparison in _compare(counted, largest, label)]


def _compare(counted: Tally, first: str, second: str) -> Iterable[Comparison]:
    picked = pick(counted, [first]), pick(counted, [second])
    left = [curves.cumulative_incidence(_counts(one)[0], Ending.SILENT) for one in picked]
    means = [curves.restricted_mean_sessions(_raw_sessions(one), RESTRICTED_TO) for one in picked]
    yield _comparison(first, second, LEFT_SILENTLY, _difference_of_shares(left[0], left[1]))
    yield _comparison(first, second, SESSIONS, _difference_of_means(means[0], means[1]))


def _difference_of_shares(first: curves.Curve, second: curves.Curve) -> Difference | NotEstimable:
    if not (first.known_at(COMPARED_AT) and second.known_at(COMPARED_AT)):
        return NotEstimable(f"Nobody in one of the groups has been followed to session {COMPARED_AT} yet.")
    return difference_at(first, second, COMPARED_AT)


def _difference_of_means(
    first: curves.RestrictedMean | NotEstimable, second: curves.RestrictedMean | NotEstimable
) -> Difference | NotEstimable:
    if isinstance(first, NotEstimable):
        return first
    return second if isinstance(second, NotEstimable) else difference_of_restricted_means(first, second)


def _comparison(first: str, second: str, what: str, found: Difference | NotEstimable) -> Comparison:
    if isinstance(found, NotEstimable):
        return Comparison(first=first, second=second, what=what, difference=Amount(why_not=found.reason))
    amount = Amount(estimate=found.estimate, low=found.lower, high=found.upper)
    return Comparison(first=first, second=second, what=what, difference=amount)


def _tests(counted: Tally, labels: Sequence[str]) -> list[OverallTest]:
    """Whether the groups differ at all: one test each for silent exits and for how long people stay."""
    if len(labels) < 2:
        return []
    sessions = [_counts(pick(counted, [label]))[0] for label in labels]
    return [
        _test("leaving without a word", "Gray", gray(sessions, Ending.SILENT)),
        _test("how many sessions people stay", "log-rank", logrank(sessions)),
    ]


def _test(what: str, name: str, found: ChiSquared | NotEstimable) -> OverallTest:
    if isinstance(found, NotEstimable):
        return OverallTest(what=what, test=name, why_not=found.reason)
    return OverallTest(what=what, test=name, statistic=found.statistic, degrees_of_freedom=found.df, p=found.p)


# --- how good the data are --------------------------------------------------------------------------


def _evidence(found: Episodes, by_gender: Tally) -> Evidence:
    table, engine = found.known.appointments, found.engine
    not_yet_told = (table.state == Status.UNKNOWN) & (table.status != Status.UNKNOWN)
    table = table.mutate(
        status=(table.state == AHEAD).ifelse(Status.BOOKED.value, table.state),
        certainty=not_yet_told.ifelse(Certainty.NOT_UPDATED.value, table.certainty),
    )
    counted = engine.fetch(table.group_by(["status", "certainty"]).agg(rows=table.count()))
    clients = {row[GROUP]: row["clients"] for row in by_gender.totals.iter_rows(named=True)}
    known = sum(count for label, count in clients.items() if label != NOT_KNOWN)
    return Evidence(
        appointments=int(counted["rows"].sum()),
        statuses=_tallied(counted, "status"),
        certainty=_tallied(counted, "certainty"),
        gender_known=_share(known, sum(clients.values()), 0),
    )


def _tallied(counted: pl.DataFrame, column: str) -> dict[str, int]:
    by_value = counted.group_by(column).agg(pl.col("rows").sum()).sort(column, nulls_last=True)
    return {value or "blank": rows for value, rows in by_value.iter_rows()}
