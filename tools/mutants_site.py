"""A plugin of pytest for ``tools.mutants``: the tests' site is made once, before a process is forked for each change.

Made anew for every change it would take ten times as long as the tests themselves. All processes share it, so that
only one of them may run at a time.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

MADE: list[Path] = []


def pytest_collection_finish() -> None:
    """mutmut collects the tests before it forks; what is made here stays."""
    from django.urls import get_resolver
    from tests.site.conftest import made_ready

    if MADE:
        return
    home = Path.cwd().parent / "site"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    MADE.append(made_ready(home, ""))
    assert get_resolver().url_patterns


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Path | None:
    """Give the tests this site instead of one of their own."""
    if fixturedef.argname != "site_folder":
        return None
    fixturedef.cached_result = (MADE[0], fixturedef.cache_key(request), None)
    return MADE[0]
