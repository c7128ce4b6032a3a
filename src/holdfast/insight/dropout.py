"""The literature's four meanings of dropout, side by side, and how often they disagree.

Each definition answers yes, no or *cannot tell* for an episode with at least one session. They are
computed for what they are: other people's yardsticks. None of them is Holdfast's own.

Sources of the definitions: Swift & Greenberg 2012 (Journal of Consulting and Clinical Psychology 80:547)
and Hatchett & Park 2003 (Psychotherapy 40:226) compare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import ibis
import ibis.expr.types as ir
import polars as pl

from holdfast.engine import DAY, Engine
from holdfast.episodes import EPISODE, OPEN, RECORDED
from holdfast.measures.change import RELIABLE_CHANGE
from holdfast.tables.schema import Ending

FEW_SESSIONS = 3
BEFORE, AFTER = 28, 14  # days around the episode in which a score still belongs to it
AGREED = (Ending.PLANNED, Ending.SWITCHED, Ending.REFERRED)
ONE_SIDED = (Ending.SILENT, Ending.TOLD)
YES, NO, UNTOLD = "yes", "no", "cannot tell"


@dataclass(frozen=True, slots=True)
class Definition:
    """One meaning of dropout: its key, its words, and the parameters used."""

    key: str
    words: str
    parameters: Mapping[str, str | float | int]


def definitions(median_sessions: float | None) -> tuple[Definition, ...]:
    """The definitions with their parameters; the third is used with the practice's median and with 3."""
    change = "; ".join(
        f"{item.measure}: {item.reliable:g} points or below {item.caseness:g}" for item in RELIABLE_CHANGE
    )
    return (
        Definition("own_word", "ended by the client alone, in the record's own word", {"counts": "silent, told"}),
        Definition(
            "missed_last", "missed the last appointment made and never came back", {"missed": "no_show, late_cancelled"}
        ),
        Definition(
            "below_median",
            "fewer sessions than the practice's median",
            {"sessions": median_sessions if median_sessions is not None else "not known"},
        ),
        Definition("below_three", f"fewer than {FEW_SESSIONS} sessions", {"sessions": FEW_SESSIONS}),
        Definition(
            "before_change",
            "left before reliable improvement or recovery",
            {"change": change, "days_before": BEFORE, "days_after": AFTER},
        ),
    )


def median_sessions(fates: ir.Table, engine: Engine) -> float | None:
    """The median number of sessions of episodes that began and are over."""
    over = fates.filter((fates.ending != OPEN) & (fates.sessions > 0) & ~fates.unmarked_after)
    found = engine.value(over.sessions.median().cast("float64"))
    return None if found is None else float(found)


def answers(fates: ir.Table, scores: ir.Table, at: int, median: float | None, engine: Engine) -> pl.DataFrame:
    """Count episodes by group and by what each definition says of them."""
    began = fates.filter(fates.sessions > 0)
    said = began.mutate(
        own_word=_own_word(began),
        missed_last=_missed_last(began),
        below_median=_below(began, median) if median is not None else ibis.literal(UNTOLD),
        below_three=_below(began, FEW_SESSIONS),
    )
    changed = _change_by_episode(began, scores, at)
    joined = said.left_join(changed, EPISODE)
    over = joined.ending != OPEN
    told = ibis.ifelse(joined.improved > 0, NO, YES)
    said = joined.mutate(before_change=ibis.ifelse(over & joined.improved.notnull(), told, UNTOLD))
    keys = ["own_word", "missed_last", "below_median", "below_three", "before_change"]
    return engine.fetch(said.group_by(["group", *keys]).agg(episodes=ibis._.count()))


def _own_word(table: ir.Table) -> ir.StringValue:
    recorded = table.ending_by == RECORDED
    return ibis.cases(
        (recorded & table.ending.isin(ONE_SIDED), YES), (recorded & table.ending.isin(AGREED), NO), else_=UNTOLD
    )


def _missed_last(table: ir.Table) -> ir.StringValue:
    over = table.ending != OPEN
    last_missed = table.last_missed_at.fill_null(0) > table.last_kept_at.fill_null(0)
    unmarked_last = (table.last_unmarked_at.fill_null(0) >= table.last_kept_at.fill_null(0)) & ~last_missed
    unmarked_last = unmarked_last & (table.unmarked > 0)
    return ibis.cases((~over | unmarked_last, UNTOLD), (last_missed, YES), else_=NO)


def _below(table: ir.Table, sessions: float) -> ir.StringValue:
    """Fewer than so many sessions. Open, or with unmarked appointments that might make up the number: cannot tell."""
    might_have = table.sessions + table.unmarked
    return ibis.cases(
        (table.sessions >= sessions, NO), ((table.ending == OPEN) | (might_have >= sessions), UNTOLD), else_=YES
    )


def _change_by_episode(began: ir.Table, scores: ir.Table, at: int) -> ir.Table:
    """For episodes that began unwell on a measure taken twice: whether any measure reached its change (0 or 1)."""
    known = scores.filter(scores.taken_at <= at)
    pairs = began.select(*EPISODE, "first_session_at", "last_session_at").join(known, "client_id")
    inside = (pairs.taken_at >= pairs.first_session_at - BEFORE * DAY) & (
        pairs.taken_at <= pairs.last_session_at + AFTER * DAY
    )
    pairs = pairs.filter(inside)
    first_last = pairs.group_by([*EPISODE, "measure"]).agg(
        times=pairs.taken_at.nunique(),
        first=pairs.score.argmin(pairs.taken_at),
        last=pairs.score.argmax(pairs.taken_at),
    )
    first_last = first_last.filter(first_last.times > 1)
    met, unwell = ibis.literal(False), ibis.literal(False)
    for item in RELIABLE_CHANGE:
        this = first_last.measure == item.measure
        fell = (first_last["first"] - first_last["last"] >= item.reliable) | (first_last["last"] < item.caseness)
        unwell = unwell | (this & (first_last["first"] >= item.caseness))
        met = met | (this & fell)
    judged = first_last.mutate(met=ibis.ifelse(met, 1, 0)).filter(unwell)
    return judged.group_by(EPISODE).agg(improved=judged.met.max())


def pairs_of(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Every two definitions."""
    return list(combinations(keys, 2))
