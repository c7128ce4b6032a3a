"""What leaves the engine: everything the silence model is fitted on, as small frames.

A million sessions become their distinct patterns with counts; one by one leave only the contacts of silences that
are not over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
import polars as pl

from holdfast.asof import EPOCH
from holdfast.engine import DAY, Engine
from holdfast.episodes import EPISODE, RECORDED, Episodes, episodes
from holdfast.silence import contacts as kinds
from holdfast.silence.facts import ANSWERS, SETTLED_DAYS, Grounds, facts, grounds
from holdfast.silence.fates import ENDED, QUIET, SILENT
from holdfast.silence.joining import matched
from holdfast.silence.signals import SIGNALS
from holdfast.silence.values import values
from holdfast.tables.read import Tables
from holdfast.tables.schema import Status

CONTACT = [*EPISODE, "contact"]
HOW = (kinds.RECORDED, kinds.DEFAULTED, kinds.UNMARKED)
_CODES = {"how": HOW, "before": ANSWERS, **{name: tuple(signal.codes) for name, signal in SIGNALS.items()}}


@dataclass(frozen=True, slots=True)
class Moments:
    """A practice as the silence model sees it, from one moment. Frames are sorted, so always the same.

    Signal columns, ``how`` and ``before`` are ``pl.Enum`` of their codes, the reference first.

    patterns
        therapist_id, how, before, the signals, rows: contacts after which he certainly stayed, counted.
    spells
        cell, event, bin, rows: stages of the same contacts, counted.
    tails
        client_id, therapist_id, episode, contact, link, how, fate, sessions, contact_at, rhythm_days, before, the
        signals, pending: contacts of silences that go on (quiet), or that are recorded as an exit (silent).
    tail_stages
        client_id, therapist_id, episode, contact, stage, cell, event, bin, part, days, expected_days, and for words
        began, ahead, late (it began with a late cancellation), began_at, over_at.
    evenings
        client_id, therapist_id, episode, contact, last_session_at, sessions, days_silent, rhythm_days, the signals:
        the last session of each quiet episode, as known on its evening.
    values
        client_id, therapist_id, episode, contact and what the words of reasons name, for contacts of quiet episodes.
    """

    at: datetime
    practice_rhythm_days: float | None
    patterns: pl.DataFrame
    spells: pl.DataFrame
    tails: pl.DataFrame
    tail_stages: pl.DataFrame
    evenings: pl.DataFrame
    values: pl.DataFrame
    therapists: tuple[str, ...]
    sessions: int
    clients: int
    open_endings: int  # recorded, other than silent, of episodes with a session; and switches
    silent_endings: int
    attended: int  # of the appointments that somebody marked and nobody called off
    marked: int


def moments(tables: Tables, at: datetime | None = None, engine: Engine | None = None) -> Moments:
    """Work out what the silence model needs, as known at ``at``.

    Parameters
    ----------
    tables
        Checked tables; only ``appointments`` is needed.
    at
        A wall clock of the practice; by default the moment of the export, or the last thing the tables tell of.
    engine
        Where the work is done; by default an embedded engine of its own.

    Raises
    ------
    UsageError
        If no moment is given and the tables tell of nothing that has happened.
    """
    if engine is not None:
        return moments_of(episodes(tables, engine=engine, at=at))
    with Engine.embedded() as own:
        return moments_of(episodes(tables, engine=own, at=at))


def moments_of(found: Episodes) -> Moments:
    """The same, from episodes that are worked out already."""
    ground = grounds(found)
    names = found.engine.fetch(ground.keys.select("key", *EPISODE, "therapist"))
    coded = found.engine.keep(_coded(ground, ground.contacts, days=SETTLED_DAYS))
    quiet = ground.contacts.filter(ground.contacts.fate == QUIET)
    return Moments(
        at=found.at,
        practice_rhythm_days=found.practice_rhythm_days,
        patterns=_patterns(coded, ground, names),
        spells=_spells(ground),
        tails=_tails(coded, names, found),
        tail_stages=_tail_stages(ground, names),
        evenings=_evenings(ground, quiet, names),
        values=_values(ground, quiet, names),
        therapists=tuple(names["therapist_id"].unique().sort()),
        **_counts(ground),
    )


def _coded(ground: Grounds, contacts: ir.Table, *, days: int) -> ir.Table:
    """Every contact with its signals as the places of their codes."""
    known = facts(ground, contacts, days=days)
    return known.select(
        "key",
        "contact",
        "link",
        "fate",
        "sessions",
        "contact_at",
        "rhythm_days",
        "pending",
        before=known.before.cast("int8"),
        how=ibis.cases(*((known.how == how, place) for place, how in enumerate(HOW)), else_=0).cast("int8"),
        **{name: signal.code(known) for name, signal in SIGNALS.items()},
    )


def _patterns(coded: ir.Table, ground: Grounds, names: pl.DataFrame) -> pl.DataFrame:
    stayed = coded.filter(coded.fate.isin([kinds.CAME, ENDED]) & ~coded.pending)
    stayed = matched(stayed, ground.keys.select("key", "therapist"), ["key"])
    counted = stayed.group_by(["therapist", "how", "before", *SIGNALS]).agg(rows=stayed.count())
    frame = ground.found.engine.fetch(counted)
    therapists = names.select("therapist", "therapist_id").unique()
    frame = _decoded(frame).join(therapists, on="therapist", maintain_order="left")
    return frame.select("therapist_id", "how", "before", *SIGNALS, "rows").sort(pl.all())


def _spells(ground: Grounds) -> pl.DataFrame:
    stages = ground.stages.filter(ground.stages.fate.isin([kinds.CAME, ENDED]))
    return ground.found.engine.fetch(stages.group_by(["cell", "event", "bin"]).agg(rows=stages.count()))


def _tails(coded: ir.Table, names: pl.DataFrame, found: Episodes) -> pl.DataFrame:
    frame = found.engine.fetch(coded.filter(coded.fate.isin([QUIET, SILENT])))
    front = [*CONTACT, "link", "how", "fate", "sessions", "contact_at", "rhythm_days", "before", *SIGNALS, "pending"]
    return _named(_moment(_decoded(frame), "contact_at"), names).select(front).sort(CONTACT)


def _tail_stages(ground: Grounds, names: pl.DataFrame) -> pl.DataFrame:
    stages = ground.stages.filter(ground.stages.fate.isin([QUIET, SILENT]))
    columns = ["stage", "cell", "event", "bin", "part", "days", "expected_days", "began", "ahead", "late"]
    frame = ground.found.engine.fetch(stages.select("key", "contact", *columns, "began_at", "over_at"))
    frame = _named(_moment(_moment(frame, "began_at"), "over_at"), names)
    return frame.select(*CONTACT, *columns, "began_at", "over_at").sort(*CONTACT, "stage")


def _evenings(ground: Grounds, quiet: ir.Table, names: pl.DataFrame) -> pl.DataFrame:
    sessions = quiet.filter(quiet.attended)
    latest = sessions.group_by("key").agg(contact=sessions.contact.max())
    last = matched(quiet, latest, ["key", "contact"])
    frame = ground.found.engine.fetch(_coded(ground, last, days=0))
    at = ground.found.known.at
    frame = frame.with_columns(days_silent=(at - pl.col("contact_at")) / DAY)
    frame = _named(_moment(_decoded(frame), "contact_at"), names).rename({"contact_at": "last_session_at"})
    front = [*CONTACT, "last_session_at", "sessions", "days_silent", "rhythm_days"]
    return frame.select(*front, *SIGNALS).sort(CONTACT)


def _values(ground: Grounds, quiet: ir.Table, names: pl.DataFrame) -> pl.DataFrame:
    frame = ground.found.engine.fetch(values(facts(ground, quiet, days=SETTLED_DAYS), ground.found.known.at))
    days = pl.col("^.*_on$")
    frame = frame.with_columns(days.exclude("on_target").cast(pl.Int32).cast(pl.Date))
    frame = _named(frame, names)
    return frame.select(*CONTACT, pl.all().exclude(*CONTACT, "key")).sort(CONTACT)


def _decoded(frame: pl.DataFrame) -> pl.DataFrame:
    """Places become the codes they stand for."""
    return frame.with_columns(
        pl.col(name).cast(pl.UInt8).cat.to(pl.Enum(codes)) for name, codes in _CODES.items() if name in frame.columns
    )


def _named(frame: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """An episode's three names instead of its key."""
    return frame.join(names.select("key", *EPISODE), on="key")


def _moment(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Seconds become wall clock moments."""
    return frame.with_columns((pl.lit(EPOCH) + pl.duration(seconds=pl.col(name))).alias(name))


def _counts(ground: Grounds) -> dict[str, int]:
    found = ground.found
    keys, rows = ground.keys, found.appointments
    endings = found.episodes.filter((found.episodes.ending_by == RECORDED) & (found.episodes.sessions > 0))
    silent = endings.ending == "silent"
    kept = rows.filter(rows.state.isin([Status.ATTENDED, Status.NO_SHOW]))
    count = found.engine.value
    return {
        "sessions": count(found.sessions.count()),
        "clients": count(keys.client_id.nunique()),
        "open_endings": count(keys.filter(keys.fate == ENDED).count()),
        "silent_endings": count(endings.filter(silent).count()),
        "attended": count(kept.filter(kept.state == Status.ATTENDED).count()),
        "marked": count(kept.count()),
    }
