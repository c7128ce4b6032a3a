"""Measures the code that guards people while its own tests run, and fails if there is a branch that none of them takes.

What is measured stands in ``pyproject.toml``. ``./test`` runs this; ``./test --guarded`` runs it alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from tools.environment import ROOT, source_on_path

DATA = ROOT / ".coverage"
ITS_TESTS = (  # two halves that take about as long; each is one process, which measures itself
    (
        "tests/site/access/test_matrix.py",
        "tests/site/access/test_size.py",
        "tests/site/access/test_unreadable.py",
        "tests/site/audit",
        "tests/site/consents",
        "tests/site/own/test_erasing.py",
        "tests/site/test_new_key.py",
        "tests/site/test_vault.py",
    ),
    (
        "tests/site/accounts",
        "tests/site/checkins/test_answer.py",
        "tests/site/exchange/test_import.py",
        "tests/site/oversight/test_emergency.py",
        "tests/site/own/test_mine.py",
        "tests/site/own/address",
        "tests/site/roster/test_people.py",
        "tests/site/studies",
    ),
)
LEFT_OUT = "not hundred"  # a hundred at once are shown by the tests; measured, they would only wait for each other


def measured() -> bool:
    """Run the tests of the guarding code under measurement; whether they are right and every branch was taken."""
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    halves = [_started("run", "-m", "pytest", "-m", "not slow", "-k", LEFT_OUT, *half) for half in ITS_TESTS]
    right = [half.wait() == 0 for half in halves]
    return all(right) and _started("combine", "--quiet").wait() == 0 and _started("report").wait() == 0


def _started(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "coverage", *arguments], env=source_on_path(), cwd=ROOT)


if __name__ == "__main__":
    sys.exit(0 if measured() else 1)
