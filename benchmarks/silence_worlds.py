"""The silence model in simulated worlds of which everything is known, beside the truth and beside the others.

    python -m benchmarks.silence_worlds [--seeds 3] [--worlds plain fair …] [--quick] [--write-docs]

Every world is lived through, exported on some evenings, and every open episode of such an evening is judged by the
model and by what a person could use instead; so is every session of the weeks after, on its own evening.
docs/validation/silence-truth.md says what is compared, and holds the result.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from benchmarks.pages import rewrite
from benchmarks.plots import Panel, calibration
from benchmarks.silence_looks import SHARES, seeds_of
from benchmarks.silence_measures import MODEL, Figure, Held, Judged, judge
from benchmarks.silence_methods import KNOWING, METHODS, Seen, see
from benchmarks.silence_tables import (
    counted,
    methods_table,
    planted_table,
    therapists_table,
    truths_table,
    worlds_table,
)

from holdfast.simulate import WORLDS, Effects

PAGE = Path(__file__).resolve().parent.parent / "docs" / "validation" / "silence-truth.md"
QUICK_SHARES = SHARES[-1:]
RECENT = 3.0  # of his own rhythms: a silence that is not settled by its mere length
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS")  # a practice a core: no more threads

Task = tuple[str, int, tuple[float, ...]]


def run(tasks: Sequence[Task], processes: int) -> dict[str, list[Seen]]:
    """Live through every practice, as many at a time as there are cores; says how far it has come."""
    began, found = time.monotonic(), {world: [] for world, _, _ in tasks}  # type: dict[str, list[Seen]]
    for name in ONE_THREAD:
        os.environ[name] = "1"
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for number, seen in enumerate(pool.imap_unordered(_task, tasks), start=1):
            found[seen.world].append(seen)
            words = f"{number} of {len(tasks)} practices, {time.monotonic() - began:.0f} s: {seen.world} {seen.seed}"
            print(words, file=sys.stderr, flush=True)
    return {world: sorted(practices, key=lambda one: one.seed) for world, practices in found.items()}


def _task(task: Task) -> Seen:
    return see(*task)


# --- judging ----------------------------------------------------------------------------------------


def about_silences(
    seen: Mapping[str, Sequence[Seen]], truth: str, *, most_rhythms: float | None = None
) -> list[Judged]:
    """Has he left? One line a world; with ``most_rhythms`` only silences that are not longer than that."""
    judged = []
    for world, practices in seen.items():
        rows = pl.concat(frame for practice in practices for frame in practice.open)
        if most_rhythms is not None:
            rows = rows.filter(pl.col("quiet_rhythms") <= most_rhythms)
        covered = _together([practice.outcomes_held for practice in practices])
        judged.append(judge(world, rows, truth, METHODS, covered if most_rhythms is None else _NOT_COUNTED))
    return judged


def about_sessions(seen: Mapping[str, Sequence[Seen]], truth: str) -> list[Judged]:
    """Was it his last? One line a world."""
    judged = []
    for world, practices in seen.items():
        frames = [frame for practice in practices for frame in practice.last]
        if frames:
            covered = _together([practice.chances_held for practice in practices])
            rows, alike = pl.concat(frames), WORLDS[world].effects == Effects.none()
            judged.append(judge(world, rows, truth, METHODS, covered, knowing=KNOWING, all_alike=alike))
    return judged


_NOT_COUNTED = Figure(float("nan"), float("nan"))


def _together(parts: Sequence[Held]) -> Figure:
    whole = Held()
    for part in parts:
        whole.held, whole.tried = whole.held + part.held, whole.tried + part.tried
        whole.parts += part.parts
    return whole.share


def sections(seen: Mapping[str, Sequence[Seen]]) -> dict[str, str]:
    """Every table of the page by the name of its markers."""
    gone, recent = about_silences(seen, "gone"), about_silences(seen, "gone", most_rhythms=RECENT)
    last = about_sessions(seen, "gone")
    spreads = {world: WORLDS[world].therapist_sd for world in seen}
    return {
        "left": worlds_table(gone),
        "left-counted": counted(gone),
        "recent": worlds_table(recent),
        "recent-counted": counted(recent),
        "last": worlds_table(last, ceiling=True),
        "last-counted": counted(last),
        "methods-recent": methods_table(recent),
        "methods-last": methods_table(last),
        "truths": truths_table(gone, about_silences(seen, "silent")),
        "planted": planted_table(seen),
        "therapists": therapists_table(seen, spreads),
    }


def panels(seen: Mapping[str, Sequence[Seen]]) -> dict[str, Panel]:
    """All rows of all worlds together, for a plot of each question."""
    practices = [practice for world in seen.values() for practice in world]
    left = pl.concat(frame for practice in practices for frame in practice.open)
    last = pl.concat(frame for practice in practices for frame in practice.last)
    questions = {
        "Has he left?": left,
        "… while it is not yet clear": left.filter(pl.col("quiet_rhythms") <= RECENT),
        "Was it his last?": last,
    }
    return {title: (rows["gone"].to_numpy(), rows[MODEL].to_numpy()) for title, rows in questions.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many practices of each world")
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS), choices=list(WORLDS), metavar="WORLD")
    parser.add_argument("--quick", action="store_true", help="one practice of each world, seen once")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write-docs", action="store_true", help=f"put the tables on {PAGE.name}")
    told = parser.parse_args()
    seeds = {
        world: seeds_of(world, told.seeds)[:1] if told.quick else seeds_of(world, told.seeds) for world in told.worlds
    }
    shares = QUICK_SHARES if told.quick else SHARES
    seen = run([(world, seed, shares) for world in told.worlds for seed in seeds[world]], told.processes)
    found = sections(seen)
    for name, section in found.items():
        print(f"\n{name}\n{section}")
    if told.write_docs:
        calibration(PAGE.with_name("silence-truth-calibration.svg"), panels(seen))
        print("changed" if rewrite(PAGE, found) else "already current")


if __name__ == "__main__":
    main()
