"""``./run`` is the command itself: whoever stops it, stops that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(
    sys.platform == "win32", reason="there is no such signal; the command is a process of its own there"
)
def test_whoever_stops_run_stops_what_it_started(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tmp_path / "run").write_text((ROOT / "run").read_text())
    (tools / "__init__.py").touch()
    (tools / "environment.py").write_text(
        "import os, sys\ndef python_for(name):\n    return sys.executable\n"
        f"def source_on_path():\n    return {{**os.environ, 'PYTHONPATH': {str(tmp_path)!r}}}\n"
    )
    (tmp_path / "holdfast.py").write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n")
    with subprocess.Popen([sys.executable, tmp_path / "run", "leak"], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        inner = int(started.stdout.readline())
        started.terminate()
        assert started.wait(10) == -signal.SIGTERM
    for _ in range(50):
        if not _is_there(inner):
            return
        time.sleep(0.1)
    os.kill(inner, signal.SIGKILL)
    pytest.fail("what ./run had started went on alone")


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
