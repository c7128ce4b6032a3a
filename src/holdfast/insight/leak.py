"""Where a practice loses people: the funnel, the curves, the endings, and how sure all of it is.

``leak`` runs the table work in an engine, and everything after it on small count tables. Open episodes
are censored, never counted as stayed or left; whoever never started is in every denominator that
begins at the booking.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis.expr.types as ir
import polars as pl

from holdfast import __version__
from holdfast.asof import AHEAD, seconds
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
        return group_of(label, pick(counted, labels), mine, self.median, self.too_few)

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
            comparisons=comparisons(counted, compared, self.too_few),
            tests=overall_tests(counted, compared),
        )


def _enough(counted: Tally, too_few: int) -> bool:
    return int(counted.totals["episodes"].sum()) > too_few


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
        gender_known=share_of(known, sum(clients.values()), 0),
    )


def _tallied(counted: pl.DataFrame, column: str) -> dict[str, int]:
    by_value = counted.group_by(column).agg(pl.col("rows").sum()).sort(column, nulls_last=True)
    return {value or "blank": rows for value, rows in by_value.iter_rows()}
