"""The power goes while a check-in is being saved: what was thanked for is on the disk (safety rule 17, H-07)."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast_site.sqlite import LOG_IS_SOUND, wanted
from tests.conftest import ROOT
from tests.site.power_cut import TRACED, disks, wrong
from tests.site.test_cli import clean

NORMAL, OFF = 1, 0
SAVED = 12


def recorded(home: Path, journal: str, synchronous: int) -> Path:
    """A record of all that is written while check-ins are saved."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here; on Debian and Ubuntu: apt install strace")
    record = home / "record"
    saving = [
        sys.executable,
        "-m",
        "tests.site.power_cut",
        str(home / "practice"),
        str(SAVED),
        journal,
        str(synchronous),
    ]
    tracing = [strace, "-y", "-xx", "-s", "1000000", "-e", f"trace={TRACED}", "-o", str(record)]
    done = subprocess.run([*tracing, *saving], text=True, capture_output=True, cwd=ROOT, env=clean(), timeout=300)
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("one process may not watch another here, so that nothing can be recorded")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("thanked for") == SAVED
    return record


def found_wrong(home: Path, journal: str, synchronous: int, images: int) -> list[str]:
    """What was wrong with so many disks."""
    record = recorded(home, journal, synchronous)
    before = {str(home / "practice" / path.name): path.read_bytes() for path in (home / "before").iterdir()}
    disk = home / "disk"
    disk.mkdir()
    left = disks(record, before, images, random.Random(4))
    said = [wrong(disk, content, thanked) for content, thanked in left]
    assert len(said) == images
    return [one for one in said if one is not None]


@pytest.mark.hazard("H-07")
@pytest.mark.slow
@pytest.mark.parametrize("version", [sqlite3.sqlite_version_info, LOG_IS_SOUND], ids=["as here", "as in newer SQLite"])
def test_no_disk_that_a_power_cut_can_leave_has_lost_anything(tmp_path, version):
    safe = wanted(version)
    assert found_wrong(tmp_path, str(safe["journal_mode"]), int(safe["synchronous"]), images=5_000) == []


@pytest.mark.slow
@pytest.mark.parametrize(("journal", "synchronous"), [("wal", NORMAL), ("persist", OFF)])
def test_what_the_rule_forbids_does_lose_answers(tmp_path, journal, synchronous):
    """Without this, a fault of the record would look like safety."""
    assert len(found_wrong(tmp_path, journal, synchronous, images=300)) > 30
