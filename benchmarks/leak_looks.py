"""Simulated practices of which everything is known, seen from earlier days: what is true, and what was estimated."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from holdfast.asof import seconds
from holdfast.engine import DAY, Engine
from holdfast.episodes import OPEN, RECORDED, Episodes, episodes
from holdfast.insight.counts import Counts, counts_from_rows, on_session_scale
from holdfast.insight.curves import Curve, cumulative_incidence
from holdfast.insight.follow import horizon, with_fate
from holdfast.simulate import practice, simulate, write
from holdfast.simulate.therapists import hire
from holdfast.simulate.truth import EpisodeTruth
from holdfast.simulate.world import Asking, Records, World
from holdfast.tables.read import Tables, read_tables
from holdfast.tables.schema import Ending

SESSIONS = (1, 3, 5, 10)
TOO_FEW = 10  # followed to a session: then the leak gives no rate
MONTHS = (6, 12, 24)  # after the practice opened: when it is looked at
AS_THE_DEMO = World(
    clients=960, months=48, asking=Asking(since=date(2020, 1, 1))
)  # always asking: nothing else changes
WORLDS = {
    "demo": AS_THE_DEMO,
    "written-down": replace(
        AS_THE_DEMO,
        therapist_sd=0.0,
        records=Records(
            endings=1.0,
            switches=1.0,
            silent=0.0,
            never_started=0.0,
            careless_therapists=0.0,
            careless_endings=1.0,
            unmarked=0.0,
        ),
    ),
}
OTHER_WAYS = {
    "uncut": "one horizon, but followed beyond what nobody marked",
    "own": "his own long quiet for a horizon",
    "none": "no horizon at all",
}

Row = dict[str, Any]
Pair = tuple[str, str, int]  # client, therapist, and which of their episodes


@dataclass(frozen=True, slots=True)
class Look:
    """One practice, seen from one day: what is true of those who had booked by then, and what was estimated."""

    months: int
    horizon: int  # days
    cohort: int
    silent: Mapping[int, float]  # by session: the share that truly left without a word
    unsaid: Mapping[int, float]  # the same, or ended in another way that nobody ever wrote down
    estimated: Mapping[int, tuple[float, float, float, float]]  # estimate, its limits and its standard error
    otherwise: Mapping[str, Mapping[int, float]]  # what would have been estimated in one of OTHER_WAYS
    called_silent: Counter[str]  # what those whom the rule calls silent truly were
    truly_silent: Counter[str]  # what the truly silent were called


# --- one practice -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lived:
    """A practice's tables at the very end, and what truly happened."""

    tables: Tables
    truth: Mapping[Pair, EpisodeTruth]


def live(world: World, seed: int, *, team: int | None = None) -> Lived:
    """Simulate a practice to its end; with ``team``, by the therapists of another seed's practice."""
    with mock.patch.object(practice, "hire", lambda world, seed: hire(world, seed if team is None else team)):
        made = simulate(world, seed=seed)
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        write(made, Path(folder))
        read = read_tables(Path(folder))
    names = _numbered([(one.client_id, one.therapist_id) for one in made.truth])
    return Lived(read, dict(zip(names, made.truth, strict=True)))


def _numbered(pairs: Sequence[tuple[str, str]]) -> Iterator[Pair]:
    numbers: dict[tuple[str, str], count[int]] = {}
    for pair in pairs:
        yield (*pair, next(numbers.setdefault(pair, count())))


def look(lived: Lived, world: World, months: int, *, engine: Engine) -> Look:
    """See a practice from one day, and set that beside the truth."""
    at = datetime.combine(world.opened, datetime.min.time()) + timedelta(days=round(30.44 * months))
    found = episodes(lived.tables, engine=engine, at=at)
    until = horizon(found)
    rows = with_fate(found, until).to_pyarrow().to_pylist()
    cohort = [one for one in lived.truth.values() if _clock(one.booked_at) <= at]
    curve = _curve([row["session_time"] for row in rows], [row["cause"] for row in rows])
    return Look(
        months=months,
        horizon=until.days,
        cohort=len(cohort),
        silent={k: _share_gone(cohort, k, unsaid=False) for k in SESSIONS},
        unsaid={k: _share_gone(cohort, k, unsaid=True) for k in SESSIONS},
        estimated={k: _with_limits(curve, k) for k in SESSIONS if _can_tell(curve, k)},
        otherwise=_otherwise(rows, found, until.days),
        called_silent=Counter(_truly(lived, row, at) for row in rows if row["ending"] == Ending.SILENT),
        truly_silent=_called(lived, rows, at),
    )


def _curve(times: Sequence[int], causes: Sequence[str]) -> Curve:
    counts: Counts = counts_from_rows(times, causes, all_causes=[str(ending) for ending in Ending])
    return cumulative_incidence(on_session_scale(counts), Ending.SILENT)


def _can_tell(curve: Curve, session: int) -> bool:
    return curve.known_at(session) and curve.at(session).followed > TOO_FEW


def _with_limits(curve: Curve, session: int) -> tuple[float, float, float, float]:
    point = curve.at(session)
    return point.estimate, point.lower, point.upper, point.standard_error


# --- other ways to follow ---------------------------------------------------------------------------


def _otherwise(rows: Sequence[Row], found: Episodes, days: int) -> dict[str, dict[int, float]]:
    """What would be estimated if people were followed otherwise, worked out plainly from session to session."""
    sessions: dict[Pair, list[int]] = {}
    for row in found.sessions.select("client_id", "therapist_id", "episode", "starts_at").to_pyarrow().to_pylist():
        sessions.setdefault(_name(row), []).append(row["starts_at"])
    at = seconds(found.at)

    def estimates(latest: Callable[[Row], int]) -> dict[int, float]:
        fates = [_fate(row, sorted(sessions.get(_name(row), [])), latest(row)) for row in rows]
        curve = _curve([time for time, _ in fates], [cause for _, cause in fates])
        return {k: curve.at(k).estimate for k in SESSIONS if _can_tell(curve, k)}

    return {
        "uncut": estimates(lambda row: at - days * DAY),
        "own": estimates(lambda row: at - math.ceil(row["long_quiet_days"] * DAY)),
        "none": estimates(lambda row: at),
    }


def _name(row: Row) -> Pair:
    return row["client_id"], row["therapist_id"], row["episode"]


def _fate(row: Row, starts: Sequence[int], latest: int) -> tuple[int, str]:
    """After how many sessions he is known to have come again, or to have ended, and how."""
    began = row["started_at"] if row["started_at"] is not None else row["ended_on"]
    if row["ending"] != OPEN and not row["unmarked_after"] and max(starts, default=began) <= latest:
        return len(starts), row["ending"]
    return sum(before <= latest for before, _ in zip([began, *starts], starts, strict=False)), ""


# --- the truth --------------------------------------------------------------------------------------


def _share_gone(cohort: Sequence[EpisodeTruth], session: int, *, unsaid: bool) -> float:
    return sum(_is_gone(one, unsaid=unsaid) and len(one.sessions) <= session for one in cohort) / len(cohort)


def _is_gone(one: EpisodeTruth, *, unsaid: bool) -> bool:
    """Left without a word; or, with ``unsaid``, in any way that leaves no more trace in the tables than that."""
    if one.kind == Ending.SILENT:
        return True
    traceless = (Ending.PLANNED, Ending.TOLD, Ending.REFERRED, Ending.OTHER)
    return unsaid and one.kind in traceless and not one.recorded and bool(one.sessions)


def _truly(lived: Lived, row: Row, at: datetime) -> str:
    """What an episode truly was on a day, in words."""
    one = lived.truth.get((row["client_id"], row["therapist_id"], row["episode"]))
    if one is None:
        return "two episodes in one"
    if one.ended_at is None or _clock(one.ended_at) > at:
        return "not over: came again"
    return f"{one.kind}, never written down" if one.kind != Ending.SILENT and not one.recorded else one.kind


def _called(lived: Lived, rows: Sequence[Row], at: datetime) -> Counter[str]:
    by_name = {(row["client_id"], row["therapist_id"], row["episode"]): row for row in rows}
    found: Counter[str] = Counter()
    for name, one in lived.truth.items():
        if one.kind == Ending.SILENT and one.ended_at is not None and _clock(one.ended_at) <= at:
            found[_call(by_name.get(name), at)] += 1
    return found


def _call(row: Row | None, at: datetime) -> str:
    if row is None:
        return "two episodes in one"
    if row["ending"] == Ending.SILENT:
        return "silent, recorded" if row["ending_by"] == RECORDED else "silent, by the rule"
    if row["ending"] != OPEN:
        return str(row["ending"])
    recent = (at - datetime(1970, 1, 1)).total_seconds() - (row["last_session_at"] or 0)  # noqa: DTZ001
    return "open: last session within 60 days" if recent < 60 * 86_400 else "open: last session longer ago"


def _clock(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
