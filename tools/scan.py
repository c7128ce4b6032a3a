"""Reads the product with the rules in tools/semgrep, once their examples have shown that they find what they are for.

``./test --scan`` runs this. The rules are on this machine, and semgrep asks nobody for others or for a newer version.
"""

from __future__ import annotations

import os
import subprocess

from tools.environment import ROOT, python_for

RULES = ROOT / "tools" / "semgrep"
ALONE = {"SEMGREP_ENABLE_VERSION_CHECK": "0", "SEMGREP_SEND_METRICS": "off"}


def scanned() -> bool:
    """Whether each rule finds its wrong examples alone, and none of them anything in the product."""
    return _semgrep("--test", ".") and _semgrep(
        "scan", "--quiet", "--error", "--strict", "--no-git-ignore", "--config", "rules.yaml", str(ROOT / "src")
    )


def _semgrep(*arguments: str) -> bool:
    command = [str(python_for("scan")), "-m", "semgrep.console_scripts.pysemgrep", *arguments]
    return subprocess.run(command, cwd=RULES, env={**os.environ, **ALONE}).returncode == 0
