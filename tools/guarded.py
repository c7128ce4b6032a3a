"""Measures the code that guards people while its own tests run, and fails if there is a branch that none of them takes.

What is measured stands in ``pyproject.toml``. ``./test`` runs this; ``./test --guarded`` runs it alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tools.environment import ROOT, source_on_path

DATA = ROOT / ".coverage"
ITS_TESTS = (
    "tests/site/access/test_matrix.py",
    "tests/site/access/test_size.py",
    "tests/site/access/test_unreadable.py",
    "tests/site/accounts",
    "tests/site/audit",
    "tests/site/checkins/test_answer.py",
    "tests/site/consents",
    "tests/site/exchange/test_import.py",
    "tests/site/own/test_erasing.py",
    "tests/site/own/test_mine.py",
    "tests/site/roster/test_people.py",
    "tests/site/test_vault.py",
)
NOT_NEEDED = "not hundred"  # many at once are shown by the tests; being measured they would only wait for each other


def measured() -> bool:
    """Run the tests of the guarding code under measurement; whether every branch was taken."""
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    coverage = [sys.executable, "-m", "coverage"]
    workers = ["-n", str(os.cpu_count() or 1)]
    tests = ["-m", "pytest", *workers, "-m", "not slow", "-k", NOT_NEEDED, *ITS_TESTS]
    for command in ([*coverage, "run", *tests], [*coverage, "combine", "--quiet"], [*coverage, "report"]):
        if subprocess.run(command, env=source_on_path(), cwd=ROOT).returncode:
            return False
    return True


if __name__ == "__main__":
    sys.exit(0 if measured() else 1)
