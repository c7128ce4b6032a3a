"""Where a practice loses people: the funnel, the curves, the endings, and how sure all of it is.

``leak`` runs the table work in an engine, and everything after it on small count tables. Open episodes
are censored, never counted as stayed or left; whoever never started is in every denominator that
begins at the booking.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir
import polars as pl

from holdfast import __version__
from holdfast.asof import seconds
from holdfast.engine import Engine
from holdfast.episodes import PLAIN_RULE, Episodes, Rule, episodes
from holdfast.errors import UsageError
from holdfast.insight import dropout, words
from holdfast.insight.beside import comparisons, overall_tests
from holdfast.insight.follow import horizon, with_fate
from holdfast.insight.group import group_of, share_of
from holdfast.insight.result import (
    Breakdown,
    Evidence,
    Follow,
    Group,
    Leak,
)
from holdfast.insight.share import for_sharing
from holdfast.insight.tally import GROUP, NOT_KNOWN, Tally, age_band, gender_label, pick, tally
from holdfast.tables.read import Tables
from holdfast.tables.schema import Certainty, Status

MEN, WOMEN, EVERYONE = "men", "women", "everyone"
MOST_GROUPS = 12
COUNTED = (
    *("client_id", "therapist_id", "episode", "appointments", "sessions", "no_shows", "unmarked", "assumed"),
    *("rhythm_is_own", "rhythm_days", "ending", "ending_by", "unmarked_after", "session_time", "cause", "days"),
    *("first_session_at", "last_session_at", "last_missed_at", "last_kept_at", "last_unmarked_at"),
)  # of an episode: what the counts below are made of


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
        If a column is not there or not filled in, has too many different values, or names a therapist.
    FolderError
        If the tables were replaced by an import while they were being read.
    """
    if engine is None:
        with Engine.embedded() as own:
            return leak(tables, engine=own, at=at, by=by, too_few=too_few, share=share, rule=rule)
    _refuse_ranking(by)
    found = episodes(tables, engine=engine, at=at, rule=rule)
    columns = list(dict.fromkeys(["gender", *by]))
    _refuse_unknown(columns, found)
    until = horizon(found)
    fates = engine.keep(_with_groups(with_fate(found, until), found.known.loaded["clients"], columns))
    whole = _Whole(fates, found, too_few)
    by_gender = whole.group_column("gender")
    result = Leak(
        holdfast_version=__version__,
        practice=tables.practice.name,
        at=found.at,
        complete_to=tables.practice.exported_at,
        rule=rule.words,
        horizon=Follow(days=until.days, rhythms=until.rhythms, rhythm_days=until.rhythm_days),
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
    tables.refuse_if_changed()
    result = for_sharing(result, too_few) if share else result
    return result.model_copy(update={"headline": words.headline(result), "notes": words.notes(result)})


def _refuse_ranking(by: Sequence[str]) -> None:
    for column in by:
        if column.startswith("therapist"):
            raise UsageError(
                "Holdfast does not set therapists beside each other: most of the difference would be chance and "
                "whom they see. Choose a column of the clients, for example --by referral_source."
            )


def _refuse_unknown(columns: Sequence[str], found: Episodes) -> None:
    there = set(found.known.loaded["clients"].columns) - {"client_id"}
    for name in columns:
        if name not in there and name != "age":
            raise UsageError(f"There is no column {name!r} among the clients. {_offered(found)}")


def _offered(found: Episodes) -> str:
    """The columns that this practice has filled in, in so few different words that groups can be made of them."""
    clients = found.known.loaded["clients"]
    told = {name: _label(clients[name]).nunique() for name in clients.columns if name != "client_id"}
    counted = found.engine.fetch(clients.agg(**told)).row(0, named=True)
    good = sorted(name for name, words in counted.items() if 0 < words <= MOST_GROUPS)
    good += ["age"] if counted["birth_year"] else []
    if not good:
        return "No column of the clients is filled in here yet, so there is nothing to compare by."
    return f"Filled in here, and fit to compare by: {', '.join(good)}."


def _with_groups(fates: ir.Table, clients: ir.Table, columns: Sequence[str]) -> ir.Table:
    """Add a text column ``by_…`` for each column that groups are made of, and keep only what will be counted."""
    words = clients.group_by("gender").agg().mutate(by_gender=gender_label(ibis._.gender))  # few, beside the clients
    people = clients.left_join(words, "gender")
    labels = {f"by_{name}": _label(people[name]) for name in columns if name not in ("gender", "age")}
    people = people.select("client_id", "birth_year", "by_gender", **labels)
    joined = fates.left_join(people, "client_id")
    told = {name: joined[name].fill_null(NOT_KNOWN) for name in ("by_gender", *labels)}
    if "age" in columns:
        told["by_age"] = age_band(joined.birth_year, joined.started_at)
    return joined.select(*COUNTED, **told)


def _label(column: ir.Value) -> ir.StringValue:
    return column.cast("string").strip().nullif("")


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
        return group_of(label, pick(counted, labels), mine, self.median, self.too_few)

    def men_first(self, by_gender: Tally) -> list[Group]:
        everyone = self.group("gender", EVERYONE, None)
        men = [self.group("gender", MEN, [MEN])] if MEN in set(by_gender.totals[GROUP]) else []
        return [*men, everyone]

    def breakdown(self, column: str) -> Breakdown:
        counted = self.group_column(column)
        labels = sorted(counted.totals[GROUP], key=lambda label: (label == NOT_KNOWN, label))
        if labels == [NOT_KNOWN]:
            raise UsageError(f"{column!r} is not filled in for any client here. {_offered(self.found)}")
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
            comparisons=comparisons(counted, compared, self.too_few),
            tests=overall_tests(counted, compared),
        )


def _enough(counted: Tally, too_few: int) -> bool:
    return int(counted.totals["episodes"].sum()) > too_few


def _evidence(found: Episodes, by_gender: Tally) -> Evidence:
    """How good the data are. Only the distinct combinations leave the engine; what they mean is said here."""
    rows = found.known.booked(found.known.loaded["appointments"])
    said = found.known.said(rows)
    rows = rows.mutate(ahead=said.ahead, unmarked=said.unmarked)
    counted = found.engine.fetch(rows.group_by(["status", "certainty", "ahead", "unmarked"]).agg(rows=rows.count()))
    not_yet_told = pl.col("unmarked") & (pl.col("status") != Status.UNKNOWN)
    state = pl.when(pl.col("unmarked")).then(pl.lit(Status.UNKNOWN.value)).otherwise(pl.col("status"))
    counted = counted.with_columns(
        status=pl.when(pl.col("ahead")).then(pl.lit(Status.BOOKED.value)).otherwise(state),
        certainty=pl.when(not_yet_told).then(pl.lit(Certainty.NOT_UPDATED.value)).otherwise(pl.col("certainty")),
    )
    clients = {row[GROUP]: row["clients"] for row in by_gender.totals.iter_rows(named=True)}
    known = sum(count for label, count in clients.items() if label != NOT_KNOWN)
    return Evidence(
        appointments=int(counted["rows"].sum()),
        statuses=_tallied(counted, "status"),
        certainty=_tallied(counted, "certainty"),
        gender_known=share_of(known, sum(clients.values()), 0),
    )


def _tallied(counted: pl.DataFrame, column: str) -> dict[str, int]:
    by_value = counted.group_by(column).agg(pl.col("rows").sum()).sort(column, nulls_last=True)
    return {value or "blank": rows for value, rows in by_value.iter_rows()}
