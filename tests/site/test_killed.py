"""Killed with -9 while saving: what was thanked for is there (safety rule 17, H-07)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.site.test_cli import clean

pytestmark = pytest.mark.long


@pytest.mark.hazard("H-07")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork a server")
@pytest.mark.parametrize(
    ("seed", "rounds"), [(0, 5), *(pytest.param(seed, 500, marks=pytest.mark.slow) for seed in (1, 2, 3, 4))]
)
def test_nothing_that_was_thanked_for_is_lost(tmp_path, seed, rounds):
    command = [sys.executable, "-m", "tests.site.killing", str(tmp_path / "practice"), str(rounds), str(seed)]
    done = subprocess.run(command, text=True, capture_output=True, cwd=ROOT, env=clean(), timeout=600)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["acknowledged"] >= rounds
    assert (found["lost"], found["broken"]) == (0, 0)
