"""What leaves the engine: everything the silence model is fitted on, as small frames.

A million sessions become their distinct patterns with counts; one by one leave only the contacts of silences that
are not over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
import polars as pl

from holdfast.asof import EPOCH
from holdfast.engine import DAY, Engine
from holdfast.episodes import EPISODE, RECORDED, Episodes, episodes
from holdfast.silence.contacts import HOW
from holdfast.silence.facts import ANSWERS, SETTLED_DAYS, Grounds, facts, facts_by, grounds, told_by
from holdfast.silence.fates import CAME, ENDED, FATES, QUIET, SILENT
from holdfast.silence.joining import flag, matched, stacked
from holdfast.silence.signals import SIGNALS
from holdfast.silence.stages import CELLS, EVENTS
from holdfast.silence.values import DATES, VALUE_KINDS, Kind, values
from holdfast.tables.read import Tables
from holdfast.tables.schema import Status

CONTACT = [*EPISODE, "contact"]
VALUE = "told_"  # before the name of a value, where it stands beside the signal of that name
_FRONT = ("link", "how", "fate", "sessions", "contact_at", "rhythm_days")
_FIXED = {"how": HOW, "fate": FATES, "before": ANSWERS, "event": EVENTS}
_KINDS: Mapping[Kind, Sequence[str]] = {
    pl.String: ("client_id", "therapist_id"),
    pl.Int64: ("episode", "contact", "link", "sessions", "stage", "bin", "rows", "waited"),
    pl.Float64: ("rhythm_days", "days_silent", "part", "days", "expected_days"),
    pl.Boolean: ("pending", "ahead", "late"),
}
_CODES = {**_FIXED, **{name: tuple(signal.codes) for name, signal in SIGNALS.items()}}


@dataclass(frozen=True, slots=True)
class Moments:
    """A practice as the silence model sees it, from one moment. Frames are sorted, so always the same.

    Signal columns, ``how``, ``fate``, ``before``, ``cell`` and ``event`` are ``pl.Enum`` of their codes, the
    reference first.

    patterns
        therapist_id, how, before, the signals, rows: contacts after which he certainly stayed, counted; and waited:
        of how many the check-in was unanswered on their own evening.
    spells
        cell, event, bin, rows: stages of the same contacts, counted.
    tails
        client_id, therapist_id, episode, contact, link, how, fate, sessions, contact_at, rhythm_days, before, the
        signals, pending, waited: contacts of silences that go on (quiet), or that are recorded as an exit (silent).
    tail_stages
        client_id, therapist_id, episode, contact, stage, cell, event, bin, part, days, expected_days, and for words
        ahead, late (it began with a late cancellation), began_at, over_at.
    evenings
        client_id, therapist_id, episode, contact, last_session_at, sessions, days_silent, rhythm_days, the signals:
        the last session of each quiet episode, as known on its evening.
    values
        client_id, therapist_id, episode, contact and what the words of reasons name, for contacts of quiet episodes.
    """

    at: datetime
    complete_to: datetime | None  # up to here the tables tell everything
    practice: str | None
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
    patterns, spells = _patterns(ground, names), _spells(ground)
    open_ = _open(ground, names)
    return Moments(
        at=found.at,
        complete_to=found.complete_to,
        practice=found.practice,
        practice_rhythm_days=found.practice_rhythm_days,
        patterns=patterns,
        spells=spells,
        tails=_tails(open_),
        tail_stages=_tail_stages(ground, names),
        evenings=_evenings(open_),
        values=_values(open_),
        therapists=tuple(names["therapist_id"].unique().sort()),
        **_counts(ground),
    )


# --- those who stayed ---------------------------------------------------------------------------------


def _patterns(ground: Grounds, names: pl.DataFrame) -> pl.DataFrame:
    contacts = matched(ground.contacts, ground.keys.select("key", "therapist"), ["key"])
    known = facts(ground, contacts.filter(contacts.fate.isin([CAME, ENDED])), days=SETTLED_DAYS)
    known = known.filter(~known.pending)
    codes = ["therapist", "how", "before", *SIGNALS]
    coded = known.select("therapist", "how", "before", **_codes(known), waited=flag(known.waited))
    counted = coded.group_by(codes).agg(rows=coded.count(), waited=coded.waited.sum())
    frame = ground.found.engine.fetch(counted)  # sorted by its columns
    therapists = names.select("therapist", "therapist_id").unique()
    frame = _decoded(frame).join(therapists, on="therapist", maintain_order="left")
    return _typed(frame.select("therapist_id", "how", "before", *SIGNALS, "rows", "waited"))


def _codes(known: ir.Table) -> dict[str, ir.IntegerValue]:
    return {name: signal.code(known) for name, signal in SIGNALS.items()}


def _spells(ground: Grounds) -> pl.DataFrame:
    stages = ground.stages.filter(ground.stages.fate.isin([CAME, ENDED]))
    counted = stages.group_by(["place", "event", "bin"]).agg(rows=stages.count())
    return _with_cells(ground.found.engine.fetch(counted)).select("cell", "event", "bin", pl.col("rows").cast(pl.Int64))


# --- silences that are not over -----------------------------------------------------------------------


def _open(ground: Grounds, names: pl.DataFrame) -> pl.DataFrame:
    """All that is asked of silences that are not over, in one question: it is the question that takes its time."""
    known = facts_by(ground, _open_contacts(ground))
    told = {f"{VALUE}{name}": value for name, value in values(known, ground.found.known.at).items()}
    told["days_silent"] = (ground.found.known.at - known.contact_at).cast("float64") / DAY
    front = ["key", "contact", *_FRONT, "evening", "pending", "before"]
    frame = ground.found.engine.fetch(known.select(*front, waited=flag(known.waited), **_codes(known), **told))
    return _named(_moment(_decoded(frame), "contact_at"), names)


def _open_contacts(ground: Grounds) -> ir.Table:
    """The contacts of tails two days after each, and the last session of each quiet episode on its evening."""
    contacts = ground.contacts
    tails = contacts.filter(contacts.fate.isin([QUIET, SILENT]))
    sessions = contacts.filter((contacts.fate == QUIET) & contacts.attended)
    last = matched(sessions, sessions.group_by("key").agg(contact=sessions.contact.max()), ["key", "contact"])
    settled = told_by(ground, tails, days=SETTLED_DAYS).mutate(evening=ibis.literal(False))
    evening = told_by(ground, last, days=0).mutate(evening=ibis.literal(True))
    return stacked(settled, evening)


def _tails(open_: pl.DataFrame) -> pl.DataFrame:
    settled = open_.filter(~pl.col("evening"))
    return _typed(settled.select(*CONTACT, *_FRONT, "before", *SIGNALS, "pending", "waited")).sort(CONTACT)


def _tail_stages(ground: Grounds, names: pl.DataFrame) -> pl.DataFrame:
    stages = ground.stages.filter(ground.stages.fate.isin([QUIET, SILENT]))
    columns = ["event", "bin", "part", "days", "expected_days", "ahead", "late", "began_at", "over_at"]
    frame = ground.found.engine.fetch(stages.select("key", "contact", "stage", "place", *columns))
    frame = _named(_moment(_moment(_with_cells(frame), "began_at"), "over_at"), names)
    return _typed(frame.select(*CONTACT, "stage", "cell", *columns)).sort(*CONTACT, "stage")


def _evenings(open_: pl.DataFrame) -> pl.DataFrame:
    front = ["last_session_at", "sessions", "days_silent", "rhythm_days"]
    evenings = open_.filter("evening").with_columns(last_session_at=pl.col("contact_at"))
    return _typed(evenings.select(*CONTACT, *front, *SIGNALS)).sort(CONTACT)


def _values(open_: pl.DataFrame) -> pl.DataFrame:
    quiet = open_.filter((pl.col("fate") == FATES[QUIET]) & ~pl.col("evening"))
    told = quiet.select(*CONTACT, pl.col(f"^{VALUE}.*$").name.replace(VALUE, ""))
    return _typed(_typed(told.with_columns(pl.col(DATES).cast(pl.Int32).cast(pl.Date))), VALUE_KINDS).sort(CONTACT)


# --- from the engine's numbers to words ---------------------------------------------------------------


def _with_cells(frame: pl.DataFrame) -> pl.DataFrame:
    cell = pl.col("place").cast(pl.UInt8).cat.to(pl.Enum(CELLS))
    return _decoded(frame.with_columns(cell.alias("cell"), pl.col("bin").cast(pl.Int64)))


def _decoded(frame: pl.DataFrame) -> pl.DataFrame:
    """Places become the codes they stand for."""
    return frame.with_columns(
        pl.col(name).cast(pl.UInt8).cat.to(pl.Enum(codes)) for name, codes in _CODES.items() if name in frame.columns
    )


def _typed(frame: pl.DataFrame, kinds: Mapping[Kind, Sequence[str]] = _KINDS) -> pl.DataFrame:
    """The same types from every engine, of an empty frame as well."""
    named = {name: kind for kind, names in kinds.items() for name in names}
    return frame.cast({name: named[name] for name in frame.columns if name in named})


def _named(frame: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """An episode's three names instead of its key."""
    return frame.join(names.select("key", *EPISODE), on="key")


def _moment(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Seconds become wall clock moments."""
    return frame.with_columns((pl.lit(EPOCH) + pl.duration(seconds=pl.col(name))).alias(name))


def _counts(ground: Grounds) -> dict[str, int]:
    found = ground.found
    keys, rows, each = ground.keys, found.appointments, found.episodes
    kept = rows.filter(rows.state.isin([Status.ATTENDED, Status.NO_SHOW]))
    silent = (each.ending_by == RECORDED) & (each.sessions > 0) & (each.ending == "silent")
    counted = (
        each.agg(sessions=each.sessions.sum(), silent_endings=flag(silent).sum()),
        keys.agg(clients=keys.client_id.nunique(), open_endings=flag(keys.fate == ENDED).sum()),
        kept.agg(marked=kept.count(), attended=flag(kept.state == Status.ATTENDED).sum()),
    )
    told = [found.engine.fetch(one).row(0, named=True) for one in counted]
    return {name: int(count or 0) for one in told for name, count in one.items()}
