"""A table of any system imported from a cold process, beside pandas, which only reads the same file.

    python -m benchmarks.import_large --rows 1000000

The table is made as a practice system might: a title above it, semicolons, Windows-1252, dates with the day first, the
time in a column of its own. ``holdfast import any`` finds all that out, reads every row, checks the tables and writes
them; ``pandas.read_csv`` is told how the file is built, and does no more than split it into columns of text. So the
ratio says what all the rest costs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from benchmarks.large import Run, run

WORDS = {"Attended": 0.73, "DNA": 0.09, "Cancelled by client": 0.09, "Cancelled by clinician": 0.09}
READ = "import sys, pandas; pandas.read_csv(sys.argv[1], sep=';', encoding='cp1252', skiprows=2, dtype=str)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "appointments.csv"
        write(file, asked.rows)
        reads, imports = [], []
        for turn in range(asked.rounds):  # in turn, so that a busy moment of the machine falls on both
            reads.append(run([sys.executable, "-c", READ, str(file)]))
            target = Path(scratch) / f"tables-{turn}"
            imports.append(run([sys.executable, "-m", "holdfast", "import", "any", str(file), "--to", str(target)]))
        _show(file, asked.rows, reads, imports)


def write(file: Path, rows: int) -> None:
    """Make the export of a practice with so many appointments; always the same one."""
    dice = np.random.default_rng(20261128)
    day = np.datetime64("2019-01-01") + dice.integers(0, 7 * 365, rows)
    table = pl.DataFrame(
        {
            "Appt ID": np.arange(1, rows + 1),
            "Patient No": dice.integers(1, max(rows // 12, 2), rows),
            "Clinician": dice.integers(1, 41, rows),
            "Date": day.astype("datetime64[ms]"),
            "Start time": dice.integers(8, 20, rows),
            "Status": dice.choice(list(WORDS), rows, p=list(WORDS.values())),
            "Notes": ["x"] * rows,
        }
    ).with_columns(
        pl.format("P{}", "Patient No").alias("Patient No"),
        pl.format("Dr Müller {}", "Clinician").alias("Clinician"),
        pl.col("Date").dt.strftime("%d/%m/%Y"),
        pl.format("{}:00", "Start time").alias("Start time"),
    )
    file.write_bytes(("Practice export\n\n" + table.write_csv(separator=";")).encode("cp1252"))


def _show(file: Path, rows: int, reads: list[Run], imports: list[Run]) -> None:
    print(f"{rows:,} rows, {file.stat().st_size / 1e6:.0f} MB, the middle of {len(reads)} runs")
    print("                                          on the clock    of the processor")
    for words, runs in (
        ("pandas.read_csv, columns of text", reads),
        ("holdfast import any, to checked tables", imports),
    ):
        seconds, processor = (median(getattr(run, name) for run in runs) for name in ("seconds", "processor"))
        print(f"  {words:<38}{seconds:10.1f} s{processor:18.1f} s")
    ratio = median(run.processor for run in imports) / median(run.processor for run in reads)
    print(f"  ratio of the processor                {ratio:10.1f}")
    print(f"  most memory of the import's process   {max(run.memory for run in imports):10.1f} GB")


if __name__ == "__main__":
    main()
