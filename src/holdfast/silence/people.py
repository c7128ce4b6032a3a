"""What each client has told about himself, and how far the therapist's way of working is from what he would like."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.episodes import Episodes
from holdfast.silence.joining import beside
from holdfast.tables.schema import AXES

TOLD = ("gender", "birth_year", "employment", "masculinity", "prior_therapy", "prior_dropout")


def people(found: Episodes, keys: ir.Table) -> ir.Table:
    """One row an episode: key, what he told (texts in lower case), distance (mean over the axes known of both)."""
    clients = found.known.loaded["clients"].select("client_id", *TOLD, *(f"prefers_{axis}" for axis in AXES))
    therapists = found.known.loaded["therapists"].select("therapist_id", *(f"style_{axis}" for axis in AXES))
    both = beside(
        beside(keys.select("key", "client_id", "therapist_id"), clients, ["client_id"]), therapists, ["therapist_id"]
    )
    apart = [(both[f"prefers_{axis}"] - both[f"style_{axis}"]).cast("int64").abs() for axis in AXES]
    total = sum((one.fill_null(0) for one in apart), ibis.literal(0, "int64"))
    known = sum((ibis.ifelse(one.notnull(), 1, 0).cast("int64") for one in apart), ibis.literal(0, "int64"))
    return both.select(
        "key",
        gender=_plain(both.gender),
        employment=_plain(both.employment),
        birth_year=both.birth_year.cast("int64"),
        masculinity=both.masculinity.cast("int64"),
        prior_therapy=both.prior_therapy,
        prior_dropout=both.prior_dropout,
        distance=total.cast("float64") / known.nullif(0).cast("float64"),
    )


def _plain(text: ir.StringValue) -> ir.StringValue:
    return text.strip().lower().nullif("")
