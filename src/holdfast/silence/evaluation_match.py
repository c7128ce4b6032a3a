"""Whether an evaluation is of these tables: the same practice, the same day, and as much as was known then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.errors import UsageError
from holdfast.insight.figures import clean
from holdfast.silence.evaluation import Evaluation
from holdfast.tables.read import Tables


def check(evaluation: Evaluation, tables: Tables, at: datetime | None) -> None:
    """Refuse an evaluation of another practice, of another day, or of tables that held more or less.

    Parameters
    ----------
    evaluation
        What was kept.
    tables
        Checked tables of the practice that the card is for.
    at
        The moment of the card; by default that of the export.

    Raises
    ------
    UsageError
        If it is not of these tables; it says what differs and what to do.
    """
    differs = next(_differences(evaluation, tables, at), None)
    if differs is not None:
        raise UsageError(
            f"This evaluation is not of these tables: {differs}. "
            f"Make one of these: holdfast evaluate DIR --json FILE, or leave --evaluation out."
        )


def _differences(evaluation: Evaluation, tables: Tables, at: datetime | None) -> Iterator[str]:
    """What differs, the plainest first; the tables are only counted if nothing plainer does."""
    if evaluation.practice != tables.practice.name:
        yield f"it is of {_named(evaluation.practice)}, and these are of {_named(tables.practice.name)}"
    moment, _ = _known(tables, at)
    if evaluation.at.date() != moment.date():
        then = f"for a card of that day: --at {evaluation.at:%Y-%m-%d}"
        yield f"it ends on {_day(evaluation.at)}, and the card would be of {_day(moment)} ({then})"
    for origin in evaluation.origins[-1:]:
        _, sessions = _known(tables, origin.at)
        if origin.sessions != sessions:
            yield f"on {_day(origin.at)} it knew {origin.sessions:,} sessions, and these tables know {sessions:,}"


def _known(tables: Tables, at: datetime | None) -> tuple[datetime, int]:
    """The moment, and how many sessions were known then."""
    with Engine.embedded() as engine:
        found = episodes(tables, engine=engine, at=at)
        return found.at, int(engine.value(found.sessions.count()))


def _named(practice: str | None) -> str:
    return f'"{clean(practice)}"' if practice else "a practice without a name"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
