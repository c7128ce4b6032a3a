"""From episodes to small count tables: the last thing that the engine does for the leak.

One row a distinct pattern with how many episodes share it, so that what follows costs the number
of patterns and not of episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import polars as pl

from holdfast.engine import DAY, Engine

GROUP = "group"
NOT_KNOWN = "not known"
MEN = ("m", "male", "man", "men", "boy", "mann", "männlich", "homme", "hombre")
WOMEN = ("f", "female", "woman", "women", "girl", "w", "frau", "weiblich", "femme", "mujer")
YEAR = 365.2425 * DAY


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything the leak needs, by group: small tables in memory."""

    patterns: pl.DataFrame  # group, sessions, ending, ending_by, unmarked_after, session_time, cause -> episodes
    days: pl.DataFrame  # group, days, cause -> episodes
    totals: pl.DataFrame  # group -> clients, episodes, appointments, …


def gender_label(gender: ir.StringValue) -> ir.StringValue:
    """Read a source's own words for gender as men, women, other or not known."""
    word = gender.strip().lower()
    return ibis.cases(
        (word.isin(MEN), "men"), (word.isin(WOMEN), "women"), (word.fill_null("") == "", NOT_KNOWN), else_="other"
    )


def age_band(birth_year: ir.NumericValue, started_at: ir.IntegerValue) -> ir.StringValue:
    """Band the age in the year of the first booking."""
    age = (started_at.cast("float64") / YEAR).floor().cast("int64") + 1970 - birth_year.cast("int64")
    return ibis.cases(
        (age.isnull(), NOT_KNOWN),
        (age < 25, "24 and under"),
        (age < 35, "25 to 34"),
        (age < 45, "35 to 44"),
        (age < 55, "45 to 54"),
        (age < 65, "55 to 64"),
        else_="65 and over",
    )


PATTERN = ["sessions", "ending", "ending_by", "unmarked_after", "session_time", "cause", "booked"]


def tally(fates: ir.Table, group: str, engine: Engine) -> Tally:
    """Count patterns, lengths and totals by the column ``group``."""
    fates = fates.mutate(group=fates[group], booked=ibis.ifelse(fates.appointments > 0, 1, 0))
    totals = fates.group_by(GROUP).agg(
        clients=fates.client_id.nunique(),
        episodes=fates.count(),
        appointments=fates.appointments.sum(),
        sessions=fates.sessions.sum(),
        no_shows=fates.no_shows.sum(),
        unmarked=fates.unmarked.sum(),
        assumed=fates.assumed.sum(),
        rhythm=ibis.ifelse(fates.rhythm_is_own, fates.rhythm_days, ibis.null("float64")).median(),
    )
    both = engine.fetch(fates.group_by([GROUP, *PATTERN, "days"]).agg(episodes=fates.count()))
    timed = both.filter(pl.col("days").is_not_null())
    return Tally(_summed(both, [GROUP, *PATTERN]), _summed(timed, [GROUP, "days", "cause"]), engine.fetch(totals))


def _summed(counted: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    return counted.group_by(by).agg(pl.col("episodes").sum()).sort(by)


def pick(tally: Tally, labels: Sequence[str] | None) -> Tally:
    """Keep only some groups, or all of them as one (``None``)."""
    if labels is None:
        return tally
    chosen = pl.col(GROUP).is_in(list(labels))
    return Tally(tally.patterns.filter(chosen), tally.days.filter(chosen), tally.totals.filter(chosen))
