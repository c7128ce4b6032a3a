"""Reasons: what raises the chance that he has left, in words that a therapist can check against the diary.

Two kinds. What was known after his last session (the signals), and what has or has not happened since (the
silence). Each comes with its effect on the log-odds; the largest first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import polars as pl

from holdfast.episodes import EPISODE
from holdfast.silence import tails as silences
from holdfast.silence.fitted import Fitted
from holdfast.silence.moments import CONTACT, Moments
from holdfast.silence.signals import PENDING, SIGNALS, UNASKED, UNKNOWN, Signal
from holdfast.silence.words import filled, values_of

Code = tuple[str, str]  # a signal and one of its codes
LEAST = 0.05  # log-odds: less is no reason anybody could act on
UNTOLD = (UNASKED, UNKNOWN, PENDING, "not_asked", "not_known")
SINCE: Mapping[str, str] = {  # what has been seen since his last session, by the event
    "missed": "missed the appointment on {over_at}",
    "late": "cancelled late on {over_at}",
    "called_off": "called off on {over_at}",
    "provider": "you called one off on {over_at}",
    "booked": "booked again on {over_at}, and has not come",
    "paused": "agreed a break on {over_at}, and has not come back",
    "unmarked": "nobody has marked the appointment on {over_at}",
}
QUIET = "quiet"
_THEY = {"he": "the client", "his": "their", "him": "them"}
PRONOUNS: Mapping[str, Mapping[str, str]] = {  # words about a man, said of somebody of another gender
    "woman": {"he": "she", "his": "her", "him": "her"},
    "other": _THEY,
    "unknown": _THEY,
}
# Lately: his last three gaps. What he "usually" does, in the plain rule and on his page, is by all his gaps.
STILL_QUIET: Mapping[tuple[bool, bool], str] = {  # nothing is booked; the rhythm is his own
    (True, True): "no session for {silent_days} and nothing booked; lately he came {rhythm_every}",
    (True, False): "no session for {silent_days} and nothing booked; clients here usually come {rhythm_every}",
    (False, True): "no session for {silent_days}; lately he came {rhythm_every}",
    (False, False): "no session for {silent_days}; clients here usually come {rhythm_every}",
}
TOLD = {"signal": pl.String, "words": pl.String, "form": pl.String, "values": pl.String, "effect": pl.Float64}
REASON = pl.Struct(TOLD)
_SCHEMA = {"client_id": pl.String, "therapist_id": pl.String, "episode": pl.Int64, **TOLD}


def reasons(whole: pl.DataFrame, fitted: Fitted, found: Moments) -> pl.DataFrame:
    """The rows with a column ``reasons``: a list of {signal, words, form, values, effect}, the largest effect first.

    ``form`` are the words before they were filled, ``values`` (JSON) is what fills them.

    Parameters
    ----------
    whole
        client_id, therapist_id, episode and contact (his last session) of quiet episodes, one row each.
    """
    last = whole.select(CONTACT)
    settled = last.join(found.tails, on=CONTACT, maintain_order="left")
    effects = {(signal.name, code): fitted.effect(signal.name, code)[0] for signal, code in _telling()}
    since = with_effects(found.tails, found.tail_stages, fitted)
    told = [
        signal_reasons(settled, found.values, effects, at=found.at),
        silence_reasons(last, since, found.values, at=found.at),
    ]
    spoken = of_whom(pl.concat(told), whole)
    return whole.join(listed(spoken), on=EPISODE, how="left", maintain_order="left").with_columns(
        pl.col("reasons").fill_null(pl.lit([], dtype=pl.List(REASON)))
    )


def of_whom(told: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    """The words about a woman with "she", about whoever is no man or of whom it is not known with "the client".

    What he asked for himself stays as he said it.
    """
    told = told.join(whole.select(*EPISODE, pl.col("gender").cast(pl.String)), on=EPISODE, maintain_order="left")
    as_it_is = (pl.col("signal") == "change") | ~pl.col("gender").is_in(list(PRONOUNS)).fill_null(False)
    others = told.filter(~as_it_is)
    about = [_about(others.filter(pl.col("gender") == gender), pronouns) for gender, pronouns in PRONOUNS.items()]
    return pl.concat([told.filter(as_it_is), *about]).drop("gender")


def _about(told: pl.DataFrame, pronouns: Mapping[str, str]) -> pl.DataFrame:
    for his, hers in pronouns.items():
        told = told.with_columns(pl.col("words", "form").str.replace_all(rf"\b{his}\b", hers))
    return told


def forms(gender: str) -> list[str]:
    """Every form that a reason about somebody of this gender can have, each once."""
    signals = [(signal.name, signal.codes[code]) for signal, code in _telling()]
    since = [("since", words) for words in (*SINCE.values(), *STILL_QUIET.values())]
    return list(dict.fromkeys(words if name == "change" else _of(words, gender) for name, words in (*signals, *since)))


def _of(words: str, gender: str) -> str:
    for his, hers in PRONOUNS.get(gender, {}).items():
        words = re.sub(rf"\b{his}\b", hers, words)
    return words


def listed(told: pl.DataFrame) -> pl.DataFrame:
    """One row an episode: client_id, therapist_id, episode, reasons (the largest effect first)."""
    ordered = told.sort(*EPISODE, "effect", "signal", "words", descending=[False] * 3 + [True, False, False])
    each = pl.struct(*TOLD).alias("reasons")
    return ordered.group_by(EPISODE, maintain_order=True).agg(each)


# --- what was known after his last session ------------------------------------------------------------


def signal_reasons(
    contacts: pl.DataFrame, values: pl.DataFrame, effects: Mapping[Code, float], *, at: datetime
) -> pl.DataFrame:
    """Reasons from the signals of one contact an episode.

    Parameters
    ----------
    contacts
        client_id, therapist_id, episode, contact and the signals' codes.
    values
        From ``Moments.values``.
    effects
        Log-odds of each (signal, code); a code that is not there has none.
    at
        The moment from which we look: dates of other years are written with their year.

    Returns
    -------
    client_id, therapist_id, episode, signal, words, form, values, effect, for codes that raise the chance.
    """
    codes = contacts.select(*CONTACT, *(pl.col(name).alias(_coded(name)) for name in SIGNALS))
    told = codes.join(values, on=CONTACT, maintain_order="left")
    known = [(signal, code, effects.get((signal.name, code), 0.0)) for signal, code in _telling()]
    parts = [_of_code(told, signal, code, effect, at) for signal, code, effect in known if effect >= LEAST]
    return pl.concat([pl.LazyFrame(schema=_SCHEMA), *parts]).collect()


def _coded(name: str) -> str:
    return f"code of {name}"  # an answer has the name of its signal


def _telling() -> list[tuple[Signal, str]]:
    """Every code that can be a reason."""
    return [
        (signal, code)
        for signal in SIGNALS.values()
        for code, words in signal.codes.items()
        if words and code != signal.reference and code not in UNTOLD
    ]


def _of_code(told: pl.DataFrame, signal: Signal, code: str, effect: float, at: datetime) -> pl.LazyFrame:
    rows = told.lazy().filter(pl.col(_coded(signal.name)) == code)
    return _as_reasons(rows, signal.name, _said(signal.codes[code], told, at), pl.lit(effect))


def _said(form: str, frame: pl.DataFrame, at: datetime) -> dict[str, pl.Expr]:
    return {"words": filled(form, frame, at), "form": pl.lit(form), "values": values_of(form, frame)}


def _as_reasons(rows: pl.LazyFrame, signal: str, said: Mapping[str, pl.Expr], effect: pl.Expr) -> pl.LazyFrame:
    made = rows.select(*EPISODE, signal=pl.lit(signal), **said, effect=effect.cast(pl.Float64))
    return made.filter(pl.col("words").is_not_null()).cast(pl.Schema(_SCHEMA))


# --- what has and has not happened since --------------------------------------------------------------


def with_effects(contacts: pl.DataFrame, stages: pl.DataFrame, fitted: Fitted) -> pl.DataFrame:
    """The stages of tails with ``effect``: by how much each raises the log-odds that he has left."""
    tails = silences.tails_of(contacts, stages)
    odds = silences.Odds.of(fitted.habits.clock(), fitted.habits.mean_answers())
    return stages.with_columns(effect=pl.Series(-silences.stage_odds(tails.stages, odds)))


def silence_reasons(last: pl.DataFrame, stages: pl.DataFrame, values: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Reasons from the silence after his last session.

    Parameters
    ----------
    last
        client_id, therapist_id, episode, contact: his last session.
    stages
        From ``Moments.tail_stages``, with ``effect``.
    values, at
        As for :func:`signal_reasons`.

    Returns
    -------
    As of :func:`signal_reasons`; ``signal`` is ``since_`` and what happened, or ``quiet``.
    """
    since = stages.with_columns(is_late=pl.col("late").shift(-1, fill_value=False).over(CONTACT, order_by="stage"))
    since = since.join(last.rename({"contact": "last_contact"}), on=EPISODE, maintain_order="left")
    since = since.filter((pl.col("contact") >= pl.col("last_contact")) & (pl.col("effect") >= LEAST))
    known = values.select(*CONTACT, "rhythm_days", "rhythm_is_own", "booking_said", "silent_days")
    since = since.join(known.rename({"contact": "last_contact"}), on=[*EPISODE, "last_contact"], maintain_order="left")
    late = (pl.col("event") == "missed") & pl.col("is_late")
    since = since.with_columns(what=pl.when(late).then(pl.lit("late")).otherwise(pl.col("event").cast(pl.String)))
    happened = [_since(since, what, words, at) for what, words in SINCE.items()]
    quiet = [_still_quiet(since, free, own, words, at) for (free, own), words in STILL_QUIET.items()]
    return pl.concat([pl.LazyFrame(schema=_SCHEMA), *happened, *quiet]).collect()


def _since(since: pl.DataFrame, what: str, words: str, at: datetime) -> pl.LazyFrame:
    rows = since.lazy().filter(pl.col("what") == what)
    return _as_reasons(rows, f"since_{what}", _said(words, since, at), pl.col("effect"))


def _still_quiet(since: pl.DataFrame, free: bool, own: bool, words: str, at: datetime) -> pl.LazyFrame:
    nothing_booked = (~pl.col("ahead") & pl.col("booking_said")).fill_null(False)
    is_own = pl.col("rhythm_is_own").fill_null(False)
    rows = since.lazy().filter((pl.col("event") == "none") & (nothing_booked == free) & (is_own == own))
    return _as_reasons(rows, QUIET, _said(words, since, at), pl.col("effect"))
