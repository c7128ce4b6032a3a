"""Builds the private environments that ./run and ./test use. Standard library only.

An environment is one folder under .env, made from one committed lock file (every
package with its hash). It is complete or it is not there: it is built beside its
place and moved in when the last step has worked, so that an interrupted build is
simply started again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM = (3, 11)


def python_for(name: str) -> Path:
    """Return the Python of the environment ``name``, building it first if needed."""
    if sys.version_info < MINIMUM:
        sys.exit(f"Holdfast needs Python 3.11 or later. This is {sys.version.split()[0]}: {sys.executable}")
    lock = ROOT / "requirements" / f"{name}.txt"
    home = ROOT / ".env" / f"{name}-{_fingerprint(lock)}"
    if not home.exists():
        _build(name, lock, home)
    return _interpreter(home)


def source_on_path() -> dict[str, str]:
    """Return the process environment with ./src first on Python's path."""
    path = [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _fingerprint(lock: Path) -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]} {sys.platform}"
    return hashlib.sha256(version.encode() + lock.read_bytes()).hexdigest()[:12]


def _interpreter(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _build(name: str, lock: Path, home: Path) -> None:
    began = time.monotonic()
    home.parent.mkdir(parents=True, exist_ok=True)
    print(f"First start: setting up in {home.relative_to(ROOT)} (a minute or so, once).", flush=True)
    partial = home.with_name(f"{home.name}.{os.getpid()}.part")
    try:
        _step("1/2  a private Python", [sys.executable, "-m", "venv", "--clear", str(partial)])
        packages = lock.read_text(encoding="utf-8").count("==")
        install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
        ]
        _step(
            f"2/2  {packages} packages, versions and hashes from {lock.relative_to(ROOT)}",
            [str(_interpreter(partial)), *install, "-r", str(lock)],
        )
        _move_in(partial, home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    for old in home.parent.glob(f"{name}-*"):
        if old != home and not old.name.endswith(".part"):
            shutil.rmtree(old, ignore_errors=True)
    print(f"Ready after {time.monotonic() - began:.0f} s.\n", flush=True)


def _step(words: str, command: list[str]) -> None:
    print(f"  {words}", flush=True)
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        return
    print(done.stdout[-3000:])
    hint = (
        "This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv"
        if "ensurepip" in done.stdout
        else "Is the package index reachable from here? Nothing was kept; start again when it is."
    )
    sys.exit(f"That step did not work.\n{hint}")


def _move_in(partial: Path, home: Path) -> None:
    """Move the finished environment to its place; an environment made meanwhile by another start wins."""
    try:
        partial.rename(home)
    except OSError:
        if not home.exists():
            raise
