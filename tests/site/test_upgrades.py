"""A site that an earlier version made goes on with this one: nothing in it is lost, and everything can be used.

Each folder of ``upgrades`` is a small site as it was written down by the version of that day, with its key. Nobody in
it is real. A new one is added when a version is released; none is changed.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast_site.config import ANCHORS, DATABASE, SITE_FILE
from tests.conftest import ROOT
from tests.site.test_cli import clean

pytestmark = [pytest.mark.sqlite, pytest.mark.long]
UPGRADES = Path(__file__).parent / "upgrades"
EARLIER = sorted(path.name for path in UPGRADES.iterdir() if (path / SITE_FILE).exists())


def site_of(earlier: str, home: Path) -> Path:
    """The site as that version left it."""
    kept, folder = UPGRADES / earlier, home / "practice"
    folder.mkdir(mode=0o700)
    for name in (SITE_FILE, ANCHORS):
        shutil.copy(kept / name, folder / name)
    (home / "master.key").write_text((kept / "key.txt").read_text())
    (home / "master.key").chmod(0o600)
    (folder / DATABASE).touch(0o600)
    with sqlite3.connect(folder / DATABASE) as database:
        database.executescript((kept / "database.sql").read_text(encoding="utf-8"))
    database.close()
    return folder


@pytest.mark.hazard("H-07")
@pytest.mark.parametrize("earlier", EARLIER)
def test_a_site_of_an_earlier_version_goes_on(tmp_path, earlier):
    folder, link = site_of(earlier, tmp_path), (UPGRADES / earlier / "link.txt").read_text().strip()
    command = [sys.executable, "-m", "tests.site.upgrades.look", str(folder), link]
    done = subprocess.run(command, text=True, capture_output=True, cwd=ROOT, env=clean(), timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["said"] == [{"pace": 2}, {"words": "Zanzibar"}]
    assert set(found["pages"].values()) == {200}
    assert found["therapist"] == {"Zanzibar": False, "pace": True}
    assert found["care contact"] == {"Zanzibar": True}
    assert found["open link"] == 200


def test_there_are_earlier_versions_to_go_on_from():
    assert EARLIER
