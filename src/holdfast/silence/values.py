"""The raw values that the words of reasons name: his own answers, dates and days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import polars as pl

from holdfast.engine import DAY
from holdfast.silence.checkins import NUMBERS, RATED, ROTATING
from holdfast.silence.contacts import OWN_GAPS
from holdfast.silence.signals.person import age
from holdfast.silence.signals.said import latest

Kind = type[pl.DataType]
DATES = ("next_on", "called_off_on", "late_on", "no_show_on", "provider_on", "repaired_on", "asked_on")
_BEFORE = tuple(f"{name}_before" for name in RATED)
VALUE_KINDS: Mapping[Kind, Sequence[str]] = {
    pl.String: ("change", "employment", "gender", "measure"),
    pl.Int64: (*NUMBERS, *_BEFORE, "masculinity", "missed", "age"),
    pl.Float64: ("distance", "score", "first_score", "gap_days", "rhythm_before_days", "silent_days"),
    pl.Boolean: ("booking_said", "rhythm_is_own"),
    pl.Date: DATES,
}


def values(facts: ir.Table, at: ir.IntegerScalar) -> dict[str, ir.Value]:
    """What the words of reasons name, of each contact.

    What he told and answered under the names of the tables (of what is not asked each time, the latest of the last
    three), ``<answer>_before``, and

    age, distance (points), measure, score, first_score, missed (how many), gap_days, rhythm_before_days,
    rhythm_days, rhythm_is_own, sessions, silent_days (from its day to that of ``at``), booking_said, and the dates
    ``…_on`` (days since 1970).
    """
    moments = {
        "next_on": facts.ahead_at,
        "called_off_on": facts.called_off_at,
        "late_on": facts.late_at,
        "no_show_on": facts.no_show_at,
        "provider_on": facts.provider_at,
        "repaired_on": facts.repaired_at,
        "asked_on": ibis.ifelse(facts.answered_late, ibis.null("int64"), facts.sent_at),  # late is not unanswered
    }
    told = ["change", "masculinity", "employment", "gender", "distance", *_BEFORE, "measure", "score", "first_score"]
    return {
        "sessions": facts.sessions,
        **{name: facts[name] for name in (*told, "missed", "rhythm_days", "booking_said")},
        **{name: latest(name, facts) if name in ROTATING else facts[name] for name in NUMBERS},
        **{name: moment // DAY for name, moment in moments.items()},
        "age": age(facts),
        "gap_days": facts.gap_open_days,
        "rhythm_before_days": facts.rhythm_before,
        "rhythm_is_own": facts.gaps >= OWN_GAPS,
        "silent_days": (at // DAY - facts.contact_at // DAY).cast("float64"),
    }
