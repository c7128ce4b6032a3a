"""A PostgreSQL of the tests' own: made in a folder, listening on a socket there, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ON = "HOLDFAST_TEST_POSTGRES"  # set: the site's tests run on PostgreSQL
SERVER_USER = "postgres"  # it refuses to run as root


def programs() -> Path | None:
    """Where the newest PostgreSQL of this machine keeps its programs; none if there is none."""
    named = shutil.which("initdb")
    places = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


@contextmanager
def server(home: Path) -> Iterator[str]:
    """A running server; the address of an empty database in it."""
    found = programs()
    if found is None:
        raise RuntimeError("There is no PostgreSQL here. On Debian and Ubuntu: apt install postgresql")
    home.mkdir(parents=True)
    for folder in (home, *home.parents[:2]):
        folder.chmod(0o755)
    if os.getuid() == 0:
        shutil.chown(home, SERVER_USER)
    data = home / "data"
    _run([found / "initdb", "--auth=trust", "--username=site", "--encoding=UTF8", "--no-sync", "-D", data])
    how = f"-c listen_addresses= -c unix_socket_directories={home} -c max_connections=200"
    _run([found / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", how, "start"])
    try:
        yield f"postgresql://site@{str(home).replace('/', '%2F')}/postgres"
    finally:
        _run([found / "pg_ctl", "-D", data, "-m", "immediate", "stop"])


def _run(command: Sequence[object]) -> None:
    user = SERVER_USER if os.getuid() == 0 else None
    done = subprocess.run([str(part) for part in command], user=user, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
