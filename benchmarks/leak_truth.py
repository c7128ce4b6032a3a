"""The leak's estimates beside the truth, on simulated practices of which everything is known.

    python -m benchmarks.leak_truth [--seeds 40] [--write-docs]

Each practice is lived through for four years, and then looked at from earlier days. What the tables gave away on
such a day goes through the same functions as any practice's; what truly became of everyone who had booked by then
is known from the rest. docs/validation/leak-truth.md says what is compared, and holds the result.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import ibis
from benchmarks.pages import percent, rewrite, table

from holdfast.asof import Known, seconds
from holdfast.engine import Engine
from holdfast.episodes import OPEN, RECORDED, Episodes, episodes
from holdfast.insight.counts import Counts, counts_from_rows, on_session_scale
from holdfast.insight.curves import Curve, cumulative_incidence
from holdfast.insight.tally import with_fate
from holdfast.simulate.demo import SimulatedPractice, write
from holdfast.simulate.practice import simulate
from holdfast.simulate.rows import Register
from holdfast.simulate.truth import EpisodeTruth, truth
from holdfast.simulate.world import Asking, Records, World
from holdfast.tables.read import Tables, read_tables
from holdfast.tables.schema import Ending, Status

PAGE = Path(__file__).resolve().parent.parent / "docs" / "validation" / "leak-truth.md"
SESSIONS = (1, 3, 5, 10)
SAME_FOR_ALL_DAYS = 56.0  # three of a fortnightly rhythm, and two weeks for the traces of leaving
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

Row = dict[str, Any]
Pair = tuple[str, str, int]  # client, therapist, and which of their episodes


@dataclass(frozen=True, slots=True)
class Look:
    """One practice, seen from one day: what is true of those who had booked by then, and what was estimated."""

    months: int
    cohort: int
    silent: dict[int, float]  # by session: the share that truly left without a word
    unsaid: dict[int, float]  # the same, or ended in another way that nobody ever wrote down
    estimated: dict[int, tuple[float, float, float]]  # with the horizon: estimate and limits
    uncorrected: dict[int, float]  # without it
    same_for_all: dict[int, float]  # with one horizon for everybody, whatever his own rhythm
    cut: dict[int, float]  # the same, and everyone followed only to his first unmarked appointment
    called_silent: Counter[str]  # what those whom the rule calls silent truly were
    truly_silent: Counter[str]  # what the truly silent were called


# --- one practice -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lived:
    """A practice's tables at the very end, what truly happened, and when each episode was first booked."""

    tables: Tables
    truth: dict[Pair, EpisodeTruth]
    booked_at: dict[Pair, datetime]


def live(world: World, seed: int) -> Lived:
    """Simulate a practice to its end."""
    staff, found = simulate(world, seed)
    register = Register(world, staff, found)
    told = truth(register, found)
    tables = register.tables()
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        write(SimulatedPractice(world, tables, told, {}), Path(folder))
        read = read_tables(Path(folder))
    first = (min(one.booked_at for one in episode.bookings) for episode in found for _ in episode.people)
    names = list(_numbered([(one.client_id, one.therapist_id) for one in told]))
    return Lived(read, dict(zip(names, told, strict=True)), dict(zip(names, first, strict=True)))


def _numbered(pairs: Sequence[tuple[str, str]]) -> Iterator[Pair]:
    numbers: dict[tuple[str, str], count[int]] = {}
    for pair in pairs:
        yield (*pair, next(numbers.setdefault(pair, count())))


def look(lived: Lived, world: World, months: int, *, engine: Engine) -> Look:
    """See a practice from one day, and set that beside the truth."""
    at = datetime.combine(world.opened, datetime.min.time()) + timedelta(days=round(30.44 * months))
    found = episodes(lived.tables, engine=engine, at=at)
    rows = with_fate(found).to_pyarrow().to_pylist()
    cohort = [one for name, one in lived.truth.items() if lived.booked_at[name] <= at]
    curve = _curve([row["session_time"] for row in rows], [row["cause"] for row in rows])
    naive = _curve([row["sessions"] for row in rows], ["" if row["ending"] == OPEN else row["ending"] for row in rows])
    alike = _with_one_horizon(found)
    cut = _cut_at_unmarked(alike, found, Known(engine.load(lived.tables), seconds(at), complete=False))
    return Look(
        months=months,
        cohort=len(cohort),
        silent={k: _share_gone(cohort, k, unsaid=False) for k in SESSIONS},
        unsaid={k: _share_gone(cohort, k, unsaid=True) for k in SESSIONS},
        estimated={k: _value(curve, k) for k in SESSIONS if curve.known_at(k)},
        uncorrected=_estimates(naive),
        same_for_all=_estimates(_curve([row["session_time"] for row in alike], [row["cause"] for row in alike])),
        cut=_estimates(_curve(*cut)),
        called_silent=Counter(_truly(lived, row, at) for row in rows if row["ending"] == Ending.SILENT),
        truly_silent=_called(lived, rows, at),
    )


def _curve(times: Sequence[int], causes: Sequence[str]) -> Curve:
    counts: Counts = counts_from_rows(times, causes, all_causes=[str(ending) for ending in Ending])
    return cumulative_incidence(on_session_scale(counts), Ending.SILENT)


def _value(curve: Curve, session: int) -> tuple[float, float, float]:
    point = curve.at(session)
    return point.estimate, point.lower, point.upper


def _estimates(curve: Curve) -> dict[int, float]:
    return {k: curve.at(k).estimate for k in SESSIONS if curve.known_at(k)}


def _with_one_horizon(found: Episodes) -> list[Row]:
    """What would come of waiting equally long for everybody; the rule for silence stays as it is."""
    alike = found.episodes.mutate(long_quiet_days=ibis.literal(SAME_FOR_ALL_DAYS))
    rows: list[Row] = with_fate(replace(found, episodes=alike)).to_pyarrow().to_pylist()
    return rows


def _cut_at_unmarked(rows: Sequence[Row], found: Episodes, known: Known) -> tuple[list[int], list[str]]:
    """Follow nobody beyond his first unmarked appointment, whether he is seen again or not."""
    unmarked: dict[tuple[str, str], int] = {}
    for row in known.appointments.filter(known.appointments.state == Status.UNKNOWN).to_pyarrow().to_pylist():
        pair = row["client_id"], row["therapist_id"]
        unmarked[pair] = min(unmarked.get(pair, row["starts_at"]), row["starts_at"])
    before: Counter[Pair] = Counter()
    for row in found.sessions.to_pyarrow().to_pylist():
        pair = row["client_id"], row["therapist_id"]
        before[(*pair, row["episode"])] += row["starts_at"] < unmarked.get(pair, row["starts_at"] + 1)
    times, causes = [], []
    for row in rows:
        pair = row["client_id"], row["therapist_id"]
        cut = pair in unmarked
        times.append(min(before[(*pair, row["episode"])], row["session_time"]) if cut else row["session_time"])
        causes.append("" if cut else row["cause"])
    return times, causes


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


# --- many practices ---------------------------------------------------------------------------------


def looks(world: World, seeds: int) -> list[Look]:
    """Every practice from every day."""
    found = []
    for seed in range(1, seeds + 1):
        lived = live(world, seed)
        with Engine.embedded(threads=1) as engine:
            found += [look(lived, world, months, engine=engine) for months in MONTHS]
    return found


def bias_table(found: Sequence[Look]) -> str:
    """Truth, estimates, bias with its simulation error, and how often the interval holds the truth."""
    lines = []
    for months in MONTHS:
        these = [one for one in found if one.months == months]
        for session in SESSIONS:
            lines.append(_bias_line(months, session, [one for one in these if session in one.estimated]))
    heading = (
        "seen after",
        "by session",
        "truly silent",
        "silent or unsaid",
        "estimate",
        "bias",
        "bias beside silent or unsaid",
        "without the horizon",
        f"one horizon for all, {SAME_FOR_ALL_DAYS:.0f} days",
        "and cut at the first unmarked",
        "interval holds: this practice's own share",
        "the world's share",
    )
    return table(heading, lines)


def _bias_line(months: int, session: int, these: Sequence[Look]) -> list[str]:
    silent, unsaid = [one.silent[session] for one in these], [one.unsaid[session] for one in these]
    estimated = [one.estimated[session][0] for one in these]
    world = sum(one.unsaid[session] * one.cohort for one in these) / sum(one.cohort for one in these)
    own = sum(one.estimated[session][1] <= one.unsaid[session] <= one.estimated[session][2] for one in these)
    whole = sum(one.estimated[session][1] <= world <= one.estimated[session][2] for one in these)
    return [
        f"{months} months",
        str(session),
        percent(_mean(silent)),
        percent(_mean(unsaid)),
        percent(_mean(estimated)),
        _points(estimated, silent),
        _points(estimated, unsaid),
        _points(*_beside(these, "uncorrected", session)),
        _points(*_beside(these, "same_for_all", session)),
        _points(*_beside(these, "cut", session)),
        f"{own} of {len(these)}",
        f"{whole} of {len(these)}",
    ]


def _beside(these: Sequence[Look], name: str, session: int) -> tuple[list[float], list[float]]:
    """The estimates of one kind, and the shares truly silent or unsaid, where there is an estimate."""
    known = [one for one in these if session in getattr(one, name)]
    return [getattr(one, name)[session] for one in known], [one.unsaid[session] for one in known]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _points(estimates: Sequence[float], truths: Sequence[float]) -> str:
    """Mean difference in percentage points, ± two standard errors of the simulation."""
    differences = [100 * (estimate - true) for estimate, true in zip(estimates, truths, strict=True)]
    mean = _mean(differences)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in differences) / (len(differences) - 1))
    return f"{mean:+.1f} ± {2 * spread / math.sqrt(len(differences)):.1f}"


def split_table(found: Sequence[Look], name: str, heading: str) -> str:
    """Add up what the called were, or what the true were called, over all practices."""
    by_month: dict[int, Counter[str]] = {months: Counter() for months in MONTHS}
    for one in found:
        by_month[one.months].update(getattr(one, name))
    kinds = sorted({kind for counted in by_month.values() for kind in counted}, key=lambda kind: -by_month[24][kind])
    lines = [
        [kind, *(f"{by_month[months][kind]:,} ({percent(_part(by_month[months], kind))})" for months in MONTHS)]
        for kind in kinds
    ]
    totals = ["all", *(f"{sum(by_month[months].values()):,}" for months in MONTHS)]
    return table((heading, *(f"{months} months" for months in MONTHS)), [*lines, totals])


def _part(counted: Counter[str], kind: str) -> float:
    return counted[kind] / sum(counted.values())


def sections(seeds: int) -> dict[str, str]:
    """Every table of the page by the name of its markers."""
    found: dict[str, str] = {}
    for name, world in WORLDS.items():
        these = looks(world, seeds)
        found[f"bias-{name}"] = bias_table(these)
        found[f"called-{name}"] = split_table(these, "called_silent", "called silent: in truth")
        found[f"true-{name}"] = split_table(these, "truly_silent", "truly silent by then: called")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=40, help="how many practices of each kind")
    parser.add_argument("--write-docs", action="store_true", help=f"put the tables on {PAGE.name}")
    told = parser.parse_args()
    found = sections(told.seeds)
    for name, section in found.items():
        print(f"\n{name}\n{section}")
    if told.write_docs:
        print("changed" if rewrite(PAGE, found) else "already current")


if __name__ == "__main__":
    main()
