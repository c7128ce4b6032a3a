"""Folders that importers work in: files of clients lie open there while one is at work, and no longer.

They are made in the site's own folder, for its owner alone. One that a killed process left behind is emptied by the
next start and by the worker (H-21).
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

WORKING = "working"
_in_use: set[Path] = set()
_one_at_a_time = threading.Lock()


def home() -> Path:
    """Where they are: in the site's folder, mode 0700."""
    folder = Path(str(settings.SITE_FOLDER)) / WORKING
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    return folder


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder for one piece of work; gone afterwards, whatever happened in it."""
    with _one_at_a_time:
        folder = Path(tempfile.mkdtemp(dir=home()))
        _in_use.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _in_use.discard(folder)


def empty_working() -> None:
    """Throw away what nobody in this process is working in. One process serves one site."""
    with _one_at_a_time:
        for left in home().iterdir():
            if left not in _in_use:
                shutil.rmtree(left, ignore_errors=True)
