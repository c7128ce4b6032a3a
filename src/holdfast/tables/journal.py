"""Replacing several files at once, so that a reader finds all of the old or all of the new.

The new files are written beside the old ones, then one small commit file names them:
its appearance is the moment of the change. Renaming follows; if that is interrupted,
the next read or write finishes it. Without a commit file, leftovers are swept away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

COMMIT = ".holdfast-commit.json"
NEW = ".holdfast-new"


def replace_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` (name to content) into ``folder``, all or none.

    Raises
    ------
    OSError
        If the disk is full or read-only; the old files are then as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recover(folder)
    try:
        for name, content in files.items():
            _write_synced(folder / f"{name}{NEW}", content)
        _write_synced(folder / f"{COMMIT}{NEW}", json.dumps(sorted(files)).encode())
    except BaseException:
        _sweep(folder)
        raise
    (folder / f"{COMMIT}{NEW}").replace(folder / COMMIT)
    _sync_folder(folder)
    recover(folder)


def recover(folder: Path) -> None:
    """Finish a committed change that was interrupted. Does nothing where there is none."""
    commit = folder / COMMIT
    if not commit.exists():
        return
    for name in json.loads(commit.read_text()):
        fresh = folder / f"{name}{NEW}"
        if fresh.exists():
            fresh.replace(folder / name)
    _sync_folder(folder)
    commit.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    for leftover in folder.glob(f"*{NEW}"):
        leftover.unlink(missing_ok=True)
    (folder / f"{COMMIT}{NEW}").unlink(missing_ok=True)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; its rename is durable by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
