"""The whole leak on a large practice, against the engine's own scan and sort of the same file.

    python -m benchmarks.make_large --appointments 10000000 --to /tmp/large
    python -m benchmarks.large /tmp/large

Prints seconds, the ratio, and the most memory the leak's own process needed. The folder is checked and
sealed once first (``holdfast convert``), as a practice of that size would do; that time is shown as well.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from holdfast.tables import read_tables
from holdfast.tables.write import write_tables

TARGET_RATIO = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        sealed = _sealed(asked.folder, Path(scratch) / "sealed")
        leaks, scans = [], []
        for _ in range(asked.rounds):  # in turn, so that a busy moment of the machine falls on both
            scans.append(_scan_and_sort(sealed / "appointments.parquet"))
            leaks.append(_cold_leak(sealed))
    rows = duckdb.connect().execute(f"SELECT count(*) FROM '{asked.folder}/appointments.parquet'").fetchone()
    assert rows is not None
    own, engine = min(seconds for seconds, _ in leaks), min(scans)
    print(f"{rows[0]:,} appointments, best of {asked.rounds}, every run in a process of its own")
    print(f"  the engine scans and sorts the file    {engine:7.1f} s")
    print(f"  holdfast leak, from start to JSON      {own:7.1f} s")
    print(f"  ratio                                  {own / engine:7.2f}   (at most {TARGET_RATIO:g} wanted)")
    print(f"  most memory of the leak's process      {max(memory for _, memory in leaks):7.1f} GB")


def _sealed(folder: Path, target: Path) -> Path:
    began = time.perf_counter()
    write_tables(read_tables(folder), target)
    print(f"Checked and sealed once in {time.perf_counter() - began:.0f} s.")
    return target


def _scan_and_sort(path: Path) -> float:
    """Seconds for a fresh engine to read the file and put it in order, whole, into a table of its own."""
    began = time.perf_counter()
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE scanned AS FROM '{path}'")
        engine.execute("CREATE TABLE in_order AS FROM scanned ORDER BY client_id, therapist_id, starts_at")
    return time.perf_counter() - began


def _cold_leak(folder: Path) -> tuple[float, float]:
    """Seconds and gigabytes of ``holdfast leak`` from a cold process."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "holdfast", "leak", str(folder), "--json", "-"], check=True, stdout=subprocess.DEVNULL
    )
    taken = time.perf_counter() - began
    return taken, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
