"""Simulated practices seen from earlier evenings, with what truly became of everyone beside each row.

A world is lived through once. Then it is exported on several evenings, as a practice would export it: the tables
of such an evening hold nothing later. What is true of the rows comes from the world itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import polars as pl

from holdfast.simulate import WORLDS, Fates, SimulatedPractice, Where, left_by, write
from holdfast.simulate.fates import clock
from holdfast.tables.read import Tables, read_tables

SHARES = (0.5, 0.85)  # of the practice's life so far: when it is looked at
LATER_DAYS = 75  # sessions up to so long after an evening are asked about
SETTLED_DAYS = 10  # before the end of the practice: an ending may be told that much later
MORE_SEEDS = {"tiny": 4, "young": 3, "single": 2}  # little happens in a small practice, so more of them are made
EVENING = time(22, 0)


@dataclass(frozen=True, slots=True)
class Look:
    """One practice on one evening."""

    world: str
    seed: int
    at: datetime
    until: datetime  # sessions from ``at`` until then are asked about, each on its own evening
    practice: SimulatedPractice  # to its end
    tables: Tables  # as exported on that evening
    fates: Fates


def seeds_of(world: str, seeds: int) -> range:
    """The seeds of a world's practices: no two worlds share one, so that what is chance in one is not in the other."""
    first = 1_000 * (1 + list(WORLDS).index(world))
    return range(first, first + seeds * MORE_SEEDS.get(world, 1))


def looks(world: str, seed: int, practice: SimulatedPractice, shares: tuple[float, ...] = SHARES) -> Iterator[Look]:
    """Look at a practice from several evenings of its life."""
    opened = datetime.combine(practice.world.opened, EVENING)
    evenings = [opened + timedelta(days=round(share * (practice.now - opened).days)) for share in shares]
    for at, following in zip(evenings, [*evenings[1:], practice.now], strict=True):
        until = min(following, at + timedelta(days=LATER_DAYS), practice.now - timedelta(days=SETTLED_DAYS))
        yield Look(world, seed, at, until, practice, tables_of(practice.as_of(at)), left_by(practice, at))


def tables_of(practice: SimulatedPractice) -> Tables:
    """The tables as anybody would read them: from a folder."""
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        write(practice, Path(folder))
        return read_tables(Path(folder))


def with_truth(look: Look, rows: pl.DataFrame) -> pl.DataFrame:
    """Set beside each open episode whether he had truly left (``silent``), or was gone for all that tables can tell.

    ``rows`` has client_id, therapist_id and last_session_at (a wall clock). Left out are the few episodes that the
    tables still hold open although it was known by then that they were over: neither answer would be right.
    """
    keys = rows.select("client_id", "therapist_id", "last_session_at").iter_rows()
    found = [look.fates.of(*key) for key in keys]
    over = [fate.where is Where.ENDED and fate.known_at is not None and fate.known_at <= look.at for fate in found]
    rows = rows.filter(~pl.Series(over, dtype=pl.Boolean))
    fates = [fate for fate, known in zip(found, over, strict=True) if not known]
    return rows.with_columns(
        silent=pl.Series([fate.is_silent for fate in fates], dtype=pl.Float64),
        gone=pl.Series([fate.is_gone for fate in fates], dtype=pl.Float64),
        person=pl.lit(f"{look.world}/{look.seed}/") + pl.col("client_id"),
    )


def sessions_after(look: Look) -> pl.DataFrame:
    """Every true session between this evening and the next, and whether it was the last.

    Columns: client_id, therapist_id, contact_at (wall clock), silent, gone (0/1), chance, chance_gone (by the
    world's own rule, which knows more than any table does).
    """
    found = []
    for episode in look.practice.truth:
        silent = episode.kind == "silent"
        unsaid = silent or (episode.ended_at is not None and episode.recorded_at is None and episode.kind != "switched")
        for session in episode.sessions:
            at, last = clock(session.starts_at), session is episode.sessions[-1]
            if look.at < at <= look.until and session.chance > 0:  # the first of two on a day is no evening of its own
                row = (episode.client_id, episode.therapist_id, at, float(last and silent), float(last and unsaid))
                found.append((*row, session.chance, session.chance_gone))
    names = ["client_id", "therapist_id", "contact_at", "silent", "gone", "chance", "chance_gone"]
    told = pl.DataFrame(found, schema=names, orient="row", schema_overrides={"contact_at": pl.Datetime("us")})
    return told.with_columns(person=pl.lit(f"{look.world}/{look.seed}/") + pl.col("client_id"))
