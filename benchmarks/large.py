"""The whole leak from a cold process, against the engine's own scan and sort of the same file.

    python -m benchmarks.make_large --appointments 10000000 --to /tmp/large
    python -m benchmarks.large /tmp/large
    python -m benchmarks.make_large --appointments 100000 --to /tmp/small --csv
    python -m benchmarks.large /tmp/small

Prints the middle of several runs: seconds on the clock, seconds of the processor (which a busy machine lengthens
less), the ratio, and the most memory of the leak's own process. A folder of Parquet is checked and sealed once first
(``holdfast convert``), as a practice of that size would do; that time is shown as well. CSV is read as it is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from holdfast.tables import read_tables
from holdfast.tables.write import write_tables

TARGET_RATIO = 3.0
SCAN_AND_SORT = """
import duckdb, sys
with duckdb.connect() as engine:
    engine.execute(f"CREATE TABLE scanned AS FROM '{sys.argv[1]}'")
    engine.execute("CREATE TABLE in_order AS FROM scanned ORDER BY client_id, therapist_id, starts_at")
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took."""

    seconds: float
    processor: float  # seconds, of all cores
    memory: float  # GB, at the most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        csv = (asked.folder / "appointments.csv").exists()
        folder = asked.folder if csv else _sealed(asked.folder, Path(scratch) / "sealed")
        file = folder / f"appointments.{'csv' if csv else 'parquet'}"
        leak = [sys.executable, "-m", "holdfast", "leak", str(folder), "--json", "-"]
        scans, leaks = [], []
        for _ in range(asked.rounds):  # in turn, so that a busy moment of the machine falls on both
            scans.append(run([sys.executable, "-c", SCAN_AND_SORT, str(file)]))
            leaks.append(run(leak))
    _show(scans, leaks, asked.rounds)


def _sealed(folder: Path, target: Path) -> Path:
    began = time.perf_counter()
    write_tables(read_tables(folder), target)
    print(f"Checked and sealed once in {time.perf_counter() - began:.0f} s.")
    return target


def run(command: Sequence[str]) -> Run:
    """Run a command in a process of its own and wait for it."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[1:4])} … ended with {process.returncode}.")
    return Run(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def _show(scans: Sequence[Run], leaks: Sequence[Run], rounds: int) -> None:
    print(f"The middle of {rounds} runs, each in a process of its own; {os.cpu_count()} cores")
    print("                                          on the clock    of the processor")
    for words, runs in (("the engine scans and sorts the file", scans), ("holdfast leak, from start to JSON", leaks)):
        seconds, processor = (median(getattr(run, name) for run in runs) for name in ("seconds", "processor"))
        print(f"  {words:<38}{seconds:10.1f} s{processor:18.1f} s")
    for words, name in (("on the clock", "seconds"), ("of the processor", "processor")):
        ratio = median(getattr(run, name) for run in leaks) / median(getattr(run, name) for run in scans)
        print(f"  ratio {words:<32}{ratio:10.2f}   (at most {TARGET_RATIO:g} wanted, for large files)")
    print(f"  most memory of the leak's process     {max(run.memory for run in leaks):10.1f} GB")


if __name__ == "__main__":
    main()
