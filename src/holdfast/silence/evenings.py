"""The evenings on which the model is asked, with its answers, those of the others, and what happened afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from holdfast.asof import seconds
from holdfast.engine import DAY
from holdfast.episodes import EPISODE, PAIR
from holdfast.silence import training
from holdfast.silence.baselines import LEARNERS, Judge, learn
from holdfast.silence.evaluation import MODEL
from holdfast.silence.fit import fit_moments
from holdfast.silence.fitted import Fitted
from holdfast.silence.histories import NOW, SESSION, Histories, evening_of, in_words
from holdfast.silence.moments import Moments
from holdfast.silence.outcomes import RHYTHMS, Afterwards, old_enough, seconds_to_tell
from holdfast.silence.predict import p_evening, predict_moments
from holdfast.silence.signals import SIGNALS


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything that was fitted at one origin, on what was known then."""

    at: datetime
    fitted: Fitted
    moments: Moments
    left: Mapping[str, Judge]  # has he left?
    last: Mapping[str, Judge]  # was it his last?
    labelled: int
    labelled_left: int


def learned(moments: Moments, known: Afterwards, histories: Histories, *, seed: int) -> Learned:
    """Fit the model and every baseline at one origin."""
    at = seconds(moments.at)
    on_evenings = training.on_evenings(histories, known, at)
    on_sessions = training.on_session_evenings(histories, known, at)
    return Learned(
        at=moments.at,
        fitted=fit_moments(moments, seed=seed),
        moments=moments,
        left={key: learn(on_evenings, learner) for key, learner in LEARNERS.items()},
        last={key: learn(on_sessions, learner) for key, learner in LEARNERS.items()},
        labelled=on_sessions.rows.height,
        labelled_left=int(on_sessions.left.sum()),
    )


# --- has he left? -----------------------------------------------------------------------------------


def open_evening(learned: Learned, moments: Moments) -> pl.DataFrame:
    """Every open episode on one evening, with every method's chance that he has left.

    ``moments`` may be later than the fit. Returns the columns of ``predict`` with contact_at (s), since (s),
    quiet_rhythms, ``now``, the signals as known then, and one column a method.
    """
    predicted = predict_moments(learned.fitted, moments)
    kept = [name for name in (*EPISODE, *_TOLD) if name in predicted.columns]
    rows = predicted.select(kept).join(moments.evenings.select(SESSION), on=EPISODE, maintain_order="left")
    coded = in_words(moments.tails.select(*SESSION, *SIGNALS))
    rows = rows.join(coded, on=SESSION, how="left", maintain_order="left")
    rows = rows.join(_state_now(moments), on=EPISODE, how="left", maintain_order="left").with_columns(
        pl.col(NOW).fill_null("unknown"),
        contact_at=_as_seconds("last_session_at"),
        since=pl.lit(seconds(moments.at)),
        quiet_rhythms=pl.col("days_silent") / pl.col("rhythm_days"),
    )
    return _with_chances(rows.with_columns(pl.col("p_left").alias(MODEL)), learned.left)


_TOLD = (
    "last_session_at", "sessions", "days_silent", "rhythm_days", "p_left", "p_left_low", "p_left_high", "p_last",
    "reasons",
)  # fmt: skip


def _state_now(moments: Moments) -> pl.DataFrame:
    last = moments.tail_stages.sort(*EPISODE, "contact", "stage").group_by(EPISODE, maintain_order=True).last()
    return last.select(*EPISODE, pl.col("cell").alias(NOW))


def _as_seconds(name: str) -> pl.Expr:
    return pl.col(name).dt.epoch("s")


def _with_chances(rows: pl.DataFrame, judges: Mapping[str, Judge]) -> pl.DataFrame:
    if not rows.height:
        return rows.with_columns(pl.lit(0.0).alias(key) for key in judges)
    return rows.with_columns(pl.Series(key, judge(rows)) for key, judge in judges.items())


def asked_on_an_evening(learned: Learned, end: Afterwards) -> pl.DataFrame:
    """The rows of the first question: open episodes with a session in the last six of their rhythms."""
    rows = open_evening(learned, learned.moments).filter((pl.col("quiet_rhythms") <= RHYTHMS) & old_enough(end.at))
    return _with_future(with_groups(end.judge(rows), learned), end)


def _with_future(rows: pl.DataFrame, end: Afterwards) -> pl.DataFrame:
    """When he left, counted from the evening, or until when he is known to be there: ``days`` and ``gone``.

    Everybody is followed up to the day until which the rule can tell (``old_enough``), and not beyond, even if more
    is known of those who came again.
    """
    last = end.sessions.group_by(PAIR).agg(contact_at=pl.col("at").max())
    final = end.judge(last.with_columns(since=pl.col("contact_at")))
    fate = final.select(*PAIR, final_at="contact_at", final="outcome")
    rows = rows.join(fate, on=PAIR, how="left", maintain_order="left")
    followed = end.at - seconds_to_tell()
    gone = (pl.col("final") == "left") & (pl.col("final_at") <= followed)
    there = pl.when(pl.col("final") == "stayed").then(float("inf")).otherwise(pl.min_horizontal("final_at", followed))
    until = pl.when(gone).then(pl.col("final_at")).otherwise(there)
    days = pl.max_horizontal((until - pl.col("since")) / DAY, pl.lit(0.5))
    return rows.with_columns(days=days.clip(upper_bound=3_650), gone=gone).drop("final", "final_at")


# --- was it his last? -------------------------------------------------------------------------------


def asked_after_sessions(learned: Learned, histories: Histories, end: Afterwards, until: datetime) -> pl.DataFrame:
    """The rows of the second question: every session after the origin, up to ``until``, on its evening.

    ``histories`` may be later: what is known of a session is what was known on its evening. Learned from the later
    records are which weeks count as a therapist's holidays, the practice's middle rhythm, and how many sessions he
    had had: an attendance marked late counts, and an ending noted late begins a new course.
    """
    inside = pl.col("contact_at").is_between(seconds(learned.at), seconds(until), closed="right")
    rows = histories.evening.filter(inside & old_enough(end.at)).with_columns(
        quiet_rhythms=pl.lit(0.0), since=pl.col("contact_at"), evening=evening_of(pl.col("contact_at"))
    )
    rows = histories.with_state(rows, "evening")
    chances: dict[str, Judge] = {MODEL: lambda frame: p_evening(learned.fitted, frame), **learned.last}
    return with_groups(end.judge(_with_chances(rows, chances)), learned)


# --- groups -----------------------------------------------------------------------------------------


def with_groups(rows: pl.DataFrame, learned: Learned) -> pl.DataFrame:
    """How many clients his therapist has, and how far he has come; the other groups are signals already."""
    many = _with_many_clients(learned.moments)
    caseload = pl.when(pl.col("therapist_id").is_in(many)).then(pl.lit("many")).otherwise(pl.lit("few"))
    new = pl.col("sessions") <= 3
    return rows.with_columns(
        origin=pl.lit(learned.at), caseload=caseload, standing=pl.when(new).then(pl.lit("new")).otherwise(pl.lit("old"))
    )


def _with_many_clients(moments: Moments) -> list[str]:
    """Therapists with more open episodes than the middle one of them."""
    counts = moments.evenings.group_by("therapist_id").len()
    return counts.filter(pl.col("len") > pl.col("len").median())["therapist_id"].sort().to_list()
