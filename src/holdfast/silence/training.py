"""What a baseline may learn from at an origin: silences that were settled by then, and nothing else."""

from __future__ import annotations

import polars as pl

from holdfast.engine import DAY
from holdfast.silence.baselines import LONGEST, Training
from holdfast.silence.histories import NOW, Histories, evening_of
from holdfast.silence.outcomes import RHYTHMS, Afterwards, Outcome, old_enough
from holdfast.silence.signals import SIGNALS

WEEK = 7 * DAY
SETTLED = 2 * DAY
FEATURES = (*SIGNALS, NOW)
MOST_THERAPISTS = 100  # as a feature each: with more, few clients of each are left to learn from


def on_evenings(histories: Histories, known: Afterwards, at: int) -> Training:
    """For "has he left?": one row for every week of a silence, up to six of his own rhythms.

    Only sessions old enough that the rule could have called the silence an exit: of later ones, those who came
    back would be there and those who left would not, and every chance would come out too low.

    Parameters
    ----------
    at
        The origin (s). ``known`` must be what was known then.
    """
    every = _with_state(_weeks(_judged(histories.settled, known, at), at), histories)
    fresh = pl.col("evening") - pl.col("contact_at") < SETTLED
    rows = _gaps(_as_known(every, histories, fresh), at)
    return _training(rows, at)


def on_session_evenings(histories: Histories, known: Afterwards, at: int) -> Training:
    """For "was it his last?": one row a session, as it was known on its evening."""
    judged = _judged(histories.evening, known, at).with_columns(evening=evening_of(pl.col("contact_at")))
    rows = _gaps(_with_state(judged, histories).with_columns(quiet_rhythms=pl.lit(0.0)), at)
    return _training(rows, at)


def _training(rows: pl.DataFrame, at: int) -> Training:
    """With the therapist as one more feature, if there are not too many of them."""
    few = rows["therapist_id"].n_unique() <= MOST_THERAPISTS
    return Training(_old_enough(rows, at), rows, (*FEATURES, "therapist_id") if few else FEATURES)


def _with_state(rows: pl.DataFrame, histories: Histories) -> pl.DataFrame:
    quiet = (pl.col("evening") - pl.col("contact_at")) / DAY / pl.col("rhythm_days")
    return histories.with_state(rows, "evening").with_columns(quiet_rhythms=quiet)


def _judged(sessions: pl.DataFrame, known: Afterwards, at: int) -> pl.DataFrame:
    """The sessions up to the origin with what had become of each by then."""
    sessions = sessions.filter(pl.col("contact_at") <= at).with_columns(since=pl.lit(at))
    judged = known.judge(sessions)
    return judged.with_columns(left=(pl.col("outcome") == Outcome.LEFT.value).cast(pl.Float64))


def _old_enough(judged: pl.DataFrame, at: int) -> pl.DataFrame:
    return judged.filter((pl.col("outcome") != Outcome.UNDECIDED.value) & old_enough(at))


def _weeks(judged: pl.DataFrame, at: int) -> pl.DataFrame:
    """Every evening, in steps of a week back from the origin, on which the silence was going on."""
    end = pl.col("contact_at") + RHYTHMS * pl.col("rhythm_days") * DAY
    until = pl.min_horizontal(pl.col("over_at").fill_null(at), end.cast(pl.Int64))
    first, last = (pl.lit(at) - until) // WEEK + 1, (pl.lit(at) - pl.col("contact_at")) // WEEK
    weeks = judged.with_columns(week=pl.int_ranges(first, last + 1)).explode("week").drop_nulls("week")
    return weeks.with_columns(evening=pl.lit(at) - pl.col("week") * WEEK)


def _as_known(rows: pl.DataFrame, histories: Histories, fresh: pl.Expr) -> pl.DataFrame:
    """The signals of the session's own evening where two days had not yet gone by."""
    keys = ["client_id", "therapist_id", "episode", "contact"]
    evening = histories.evening.select(*keys, *(pl.col(name).alias(f"{name}_then") for name in SIGNALS))
    joined = rows.join(evening, on=keys, how="left", maintain_order="left")
    then = [pl.when(fresh).then(pl.col(f"{name}_then")).otherwise(pl.col(name)).alias(name) for name in SIGNALS]
    return joined.with_columns(then).drop(f"{name}_then" for name in SIGNALS)


def _gaps(rows: pl.DataFrame, at: int) -> pl.DataFrame:
    """For how long it was quiet from each evening on, and whether that is over."""
    until = pl.col("over_at").fill_null(at)
    gone = pl.col("outcome") == Outcome.LEFT.value
    rhythms = (until - pl.col("evening")) / DAY / pl.col("rhythm_days")
    return rows.with_columns(
        gap_rhythms=pl.when(gone).then(LONGEST).otherwise(rhythms),
        over=pl.col("over_at").is_not_null() & (pl.col("outcome") == Outcome.STAYED.value),
    )
