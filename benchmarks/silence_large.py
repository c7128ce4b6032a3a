"""The silence model on a service of a million sessions: table work, refit and scoring, each in a process of its own.

    python -m benchmarks.make_large --appointments 1350000 --checkins --to /tmp/service
    python -m benchmarks.silence_large /tmp/service [--rounds 3]

Prints how large it all is, the middle of several runs on the clock and of the processor, and the most memory of each
process, beside a plain logistic regression of scikit-learn on the same rows and columns: one that is simply told who
has left. That is less work than ours, which has to find out.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from holdfast.silence import fit_moments, moments, predict_moments
from holdfast.silence.fit import Data, published_design
from holdfast.silence.predict import EPISODE
from holdfast.tables import read_tables

TARGETS = {"refit": 5.0, "scoring": 2.0}  # seconds; scoring is for OPEN episodes
OPEN = 100_000
MOST_MEMORY = 2.0  # GB, of the refit
STEPS = {
    "tables": "table work: tables to moments",
    "refit": "refit: moments to a fitted model",
    "scoring": f"scoring: {OPEN:,} open episodes, with reasons",
    "logistic": "scikit-learn's logistic regression",
}

Told = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(_step(asked.step, asked.folder, asked.scratch)))
        return
    with tempfile.TemporaryDirectory(prefix="holdfast-") as scratch:
        told = {"tables": [_process("tables", asked.folder, Path(scratch))]}
        for _ in range(asked.rounds):  # in turn, so that a busy moment of the machine falls on all
            for step in ("refit", "scoring", "logistic"):
                told.setdefault(step, []).append(_process(step, asked.folder, Path(scratch)))
    _show(told)


# --- each step, in its own process -------------------------------------------------------------------


def _process(step: str, folder: Path, scratch: Path) -> Told:
    print(f"… {STEPS[step]}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "benchmarks.silence_large", str(folder), "--step", step, "--scratch", str(scratch)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def _step(step: str, folder: Path, scratch: Path) -> Told:
    return {"tables": _tables, "refit": _refit, "scoring": _score, "logistic": _logistic}[step](folder, scratch)


def _timed(work: Callable[[], Any]) -> tuple[Any, Told]:
    began, processor = time.perf_counter(), time.process_time()
    done = work()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return done, {"clock": time.perf_counter() - began, "processor": time.process_time() - processor, "memory": memory}


def _tables(folder: Path, scratch: Path) -> Told:
    tables = read_tables(folder)
    found, told = _timed(lambda: moments(tables))
    (scratch / "moments").write_bytes(pickle.dumps(found))
    sizes = {"sessions": found.sessions, "patterns": found.patterns.height, "open": found.evenings.height}
    return told | sizes | {"therapists": len(found.therapists)}


def _refit(_: Path, scratch: Path) -> Told:
    found = pickle.loads((scratch / "moments").read_bytes())
    fitted, told = _timed(lambda: fit_moments(found))
    (scratch / "fitted").write_bytes(pickle.dumps(fitted))
    return told


def _score(_: Path, scratch: Path) -> Told:
    found, fitted = (pickle.loads((scratch / name).read_bytes()) for name in ("moments", "fitted"))
    many = _many(found, OPEN)
    _, told = _timed(lambda: predict_moments(fitted, many))
    return told


def _many(found: Any, count: int) -> Any:
    """The first so many open episodes, over again if there are fewer."""
    times = -(-count // max(1, found.evenings.height))
    kept = pl.concat(
        found.evenings.select(EPISODE).with_columns(pl.col("episode") + 1000 * time) for time in range(times)
    ).head(count)
    frames = {}
    for name in ("tails", "tail_stages", "evenings", "values"):
        frame = getattr(found, name)
        every = pl.concat(frame.with_columns(pl.col("episode") + 1000 * time) for time in range(times))
        order = [column for column in (*EPISODE, "contact", "stage") if column in frame.columns]
        frames[name] = every.join(kept, on=EPISODE, how="semi").sort(order)
    return replace(found, **frames)


def _logistic(_: Path, scratch: Path) -> Told:
    from sklearn.linear_model import LogisticRegression

    data = Data.of(pickle.loads((scratch / "moments").read_bytes()), published_design())
    left = np.r_[np.zeros(data.stayed.height), data.tails.last().astype(float)]
    _, told = _timed(lambda: LogisticRegression(max_iter=200).fit(data.layout.matrix, left, data.layout.weight))
    return told


# --- what is shown ------------------------------------------------------------------------------------


def _show(told: dict[str, list[Told]]) -> None:
    size = told["tables"][0]
    print(
        f"{size['sessions']:,} sessions of {size['therapists']:,} therapists; {size['patterns']:,} distinct "
        f"patterns of those who stayed; {size['open']:,} open episodes; {os.cpu_count()} cores"
    )
    print(f"{'':<44}{'clock':>9}{'processor':>12}{'memory':>10}   wanted")
    for step, runs in told.items():
        clock, processor = (median(run[name] for run in runs) for name in ("clock", "processor"))
        wanted = f"{TARGETS[step]:g} s" if step in TARGETS else "–"
        wanted += f", {MOST_MEMORY:g} GB" if step == "refit" else ""
        memory = max(run["memory"] for run in runs)
        print(f"{STEPS[step]:<44}{clock:>7.1f} s{processor:>10.1f} s{memory:>7.1f} GB   {wanted}")
    ours, theirs = (median(run["clock"] for run in told[step]) for step in ("refit", "logistic"))
    print(f"The refit takes {ours / theirs:.2f} times as long as the logistic regression.")


if __name__ == "__main__":
    main()
