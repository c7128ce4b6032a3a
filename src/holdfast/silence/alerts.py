"""The policy replayed week by week: what it would have asked of therapists, and whom it would have found.

Each way of giving a chance is put through the same policy with the same budget. Beside them stands the plain overdue
list, which has no budget: whoever is new on it counts once for each silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from holdfast.asof import EPOCH
from holdfast.insight.result import TOO_FEW, Amount, Share
from holdfast.insight.uncertainty import Interval, proportion
from holdfast.silence import metrics
from holdfast.silence.evaluation import MODEL, Alerts, Caught
from holdfast.silence.evaluation_words import OVERDUE
from holdfast.silence.outcomes import Afterwards, Outcome, old_enough
from holdfast.silence.policy import NO_REASON, Flag, Muting, Quiet, is_active, new_flags, quiet_ones

NOTICED_AFTER = timedelta(days=60)  # the rule that a person could use instead
BUDGET = (
    "at most one new flag for every eight active clients and week; with fewer than eight clients, one in as many "
    "weeks as it takes"
)


@dataclass
class Replay:
    """The weeks so far: the flags of every way, and how many therapists there were each week."""

    names: dict[str, str]  # key -> name of each way
    flags: dict[str, list[Flag]] = field(default_factory=dict)
    weeks: list[datetime] = field(default_factory=list)
    therapist_weeks: int = 0
    listed: set[tuple[str, str, int]] = field(
        default_factory=set
    )  # client, therapist, last session: on the list so far

    def week(self, evening: pl.DataFrame, overdue: pl.DataFrame, at: datetime) -> None:
        """Go on by one week.

        Parameters
        ----------
        evening
            From :func:`holdfast.silence.evenings.open_evening`, as known at ``at``.
        overdue
            Everyone on the plain list, from :func:`holdfast.silence.overdue.overdue_rows`.
        """
        for key in self.names:
            if key != OVERDUE:
                shown = self.flags.setdefault(key, [])
                shown += new_flags(_by(evening, key), shown, at=at)
        self._add_overdue(overdue, at)
        active = {one.therapist_id for one in quiet_ones(evening) if is_active(one)}
        self.weeks.append(at)
        self.therapist_weeks += len(active)

    def _add_overdue(self, overdue: pl.DataFrame, at: datetime) -> None:
        """Whoever is new on the list. Who was there already when the replay began has been noticed by any rule."""
        shown = self.flags.setdefault(OVERDUE, [])
        for row in overdue.iter_rows(named=True):
            silence = (row["client_id"], row["therapist_id"], row["last_session_at"])
            if silence not in self.listed and timedelta(days=row["quiet_days"]) < NOTICED_AFTER:
                shown.append(Flag(row["client_id"], row["therapist_id"], row["episode"], at, (NO_REASON,), 1.0, 0.0))
            self.listed.add(silence)


def _by(evening: pl.DataFrame, method: str) -> list[Quiet]:
    """The evening's rows by one method's chances. Only the model has reasons; the others have the silence."""
    if method == MODEL:
        return quiet_ones(evening)
    return quiet_ones(evening.with_columns(pl.col(method).alias("p_left")).drop("reasons"))


# --- what became of them ----------------------------------------------------------------------------


def alerts(replay: Replay, end: Afterwards, muted: Muting, *, seed: int = 0) -> Alerts | None:
    """Count what the replay would have asked for, and whom it would have found."""
    if not replay.weeks:
        return None
    exits = _exits(end, replay.weeks)
    ways = [_caught(key, name, replay, exits, end, seed) for key, name in replay.names.items()]
    return Alerts(
        first=replay.weeks[0],
        last=replay.weeks[-1],
        weeks=len(replay.weeks),
        therapist_weeks=replay.therapist_weeks,
        exits=exits.height,
        budget=BUDGET,
        ways=ways,
        muted=muted.words,
    )


def _exits(end: Afterwards, weeks: Sequence[datetime]) -> pl.DataFrame:
    """Silent exits of which all sixty days lie in the time replayed: client_id, therapist_id, contact_at (s)."""
    last = end.sessions.group_by("client_id", "therapist_id").agg(contact_at=pl.col("at").max())
    judged = end.judge(last.with_columns(since=pl.col("contact_at")))
    first, until = (int((moment - EPOCH).total_seconds()) for moment in (weeks[0], weeks[-1]))
    inside = pl.col("contact_at").is_between(first, until - NOTICED_AFTER // timedelta(seconds=1))
    return judged.filter((pl.col("outcome") == Outcome.LEFT.value) & inside).sort("client_id", "therapist_id")


def _caught(key: str, name: str, replay: Replay, exits: pl.DataFrame, end: Afterwards, seed: int) -> Caught:
    flags = replay.flags.get(key, [])
    outcomes = _outcomes(flags, end)
    left, known = outcomes.count(Outcome.LEFT), len(outcomes) - outcomes.count(Outcome.UNDECIDED)
    sooner = _days_sooner(flags, exits)
    return Caught(
        method=key,
        name=name,
        flags=len(flags),
        per_therapist_week=_rate(flags, replay, seed),
        record=_share(left, known),
        undecided=len(outcomes) - known,
        caught=_share(len(sooner), exits.height),
        days_sooner=_middle(sooner, seed),
    )


def _outcomes(flags: Sequence[Flag], end: Afterwards) -> list[Outcome]:
    """What became of everyone who was flagged: of the silence that was going on then, if it is old enough to tell."""
    if not flags:
        return []
    rows = pl.DataFrame({
        "client_id": [flag.client_id for flag in flags],
        "therapist_id": [flag.therapist_id for flag in flags],
        "since": [int((flag.at - EPOCH).total_seconds()) for flag in flags],
    })  # fmt: skip
    sessions = end.sessions.sort("at")
    last = rows.with_row_index("row").sort("since").join_asof(
        sessions, left_on="since", right_on="at", by=["client_id", "therapist_id"], strategy="backward",
        check_sortedness=False,
    )  # fmt: skip
    judged = end.judge(last.sort("row").drop("row").rename({"at": "contact_at"}))
    rhythms = end.pairs.select("client_id", "therapist_id", "rhythm_days")
    judged = judged.join(rhythms, on=["client_id", "therapist_id"], how="left", maintain_order="left")
    told = pl.when(old_enough(end.at)).then("outcome").otherwise(pl.lit(Outcome.UNDECIDED.value))
    return [Outcome(word) for word in judged.select(told)["outcome"]]


def _days_sooner(flags: Sequence[Flag], exits: pl.DataFrame) -> list[float]:
    """Of each exit caught, how many days before a 60-day rule: the first flag in the silence that was his last."""
    by_pair: dict[tuple[str, str], list[datetime]] = {}
    for flag in flags:
        by_pair.setdefault((flag.client_id, flag.therapist_id), []).append(flag.at)
    found = []
    for row in exits.iter_rows(named=True):
        last = EPOCH + timedelta(seconds=row["contact_at"])
        noticed = last + NOTICED_AFTER
        inside = [at for at in by_pair.get((row["client_id"], row["therapist_id"]), []) if last <= at < noticed]
        if inside:
            found.append((noticed - min(inside)) / timedelta(days=1))
    return found


# --- figures ----------------------------------------------------------------------------------------


def _share(count: int, of: int) -> Share:
    found = proportion(count, of) if of > metrics.LEAST else None
    if not isinstance(found, Interval):
        return Share(count=count, of=of, why_not=TOO_FEW)
    return Share(count=count, of=of, estimate=found.estimate, low=found.lower, high=found.upper)


def _middle(values: Sequence[float], seed: int) -> Amount:
    """The median with its bootstrap interval; of ten or fewer, none."""
    if len(values) <= metrics.LEAST:
        return Amount(why_not=TOO_FEW)
    drawn = np.random.default_rng(seed).choice(np.asarray(values), (metrics.REPLICATES, len(values)))
    return _amount(metrics.interval(float(np.median(values)), np.median(drawn, axis=1)))


def _rate(flags: Sequence[Flag], replay: Replay, seed: int) -> Amount:
    """Flags for each therapist and week, with an interval from weeks drawn with replacement."""
    if len(replay.weeks) < 2 or not replay.therapist_weeks:
        return Amount(why_not=TOO_FEW)
    each = replay.therapist_weeks / len(replay.weeks)
    counts = np.asarray([sum(flag.at == week for flag in flags) for week in replay.weeks]) / each
    drawn = np.random.default_rng(seed).choice(counts, (metrics.REPLICATES, len(counts)))
    return _amount(metrics.interval(float(counts.mean()), drawn.mean(axis=1)))


def _amount(found: object) -> Amount:
    if isinstance(found, Interval):
        return Amount(estimate=round(found.estimate, 4), low=round(found.lower, 4), high=round(found.upper, 4))
    return Amount(why_not="cannot be told")
