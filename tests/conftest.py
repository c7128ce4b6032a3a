"""What every test may use."""

from __future__ import annotations

import gc
import os
import re
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any-machine", deadline=None)  # how busy it is says nothing about the code
settings.load_profile("any-machine")

gc.set_threshold(100_000, 50, 100)  # large expressions live shortly: looking through them all takes a tenth of the time

ROOT = Path(__file__).resolve().parent.parent
HAZARDS = ROOT / "docs" / "reference" / "hazards.md"
controlled: set[str] = set()  # the hazards that a passing test carries the id of, in this run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-hazard", action="store_true", help="Fail if a hazard of the log has no passing test.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = set(hazards())
    for item in items:
        named = {str(name) for mark in item.iter_markers("hazard") for name in mark.args}
        if named - known:
            raise pytest.UsageError(f"{item.nodeid} names a hazard that is not in the log: {sorted(named - known)}")
        item.user_properties.extend(("hazard", name) for name in sorted(named))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        controlled.update(str(name) for kind, name in report.user_properties if kind == "hazard")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workerinput") or not config.getoption("--every-hazard"):
        return
    open_ones = sorted(set(hazards()) - controlled)
    if open_ones:
        print(f"\nHazards without a passing test: {', '.join(open_ones)}. See {HAZARDS.relative_to(ROOT)}.")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def hazards() -> list[str]:
    """The ids of the hazard log, in its order."""
    return re.findall(r"^\| (H-\d\d) \|", HAZARDS.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets and export samples, which is not part of the project."""
    folder = Path(os.environ.get("HOLDFAST_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the shared data are not at {folder}; set HOLDFAST_SHARED_DATA to run this")
    return folder
