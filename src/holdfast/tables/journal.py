"""Replacing several files at once, so that a reader finds all of the old or all of the new.

The new files are written beside the old ones, then one small commit file names them:
its appearance is the moment of the change. Renaming follows; if that is interrupted,
the next read or write finishes it. Without a commit file, leftovers are swept away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from holdfast.errors import FolderError
from holdfast.files import synced

COMMIT = ".holdfast-commit.json"
NEW = ".holdfast-new"


def replace_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` (name to content) into ``folder``, all or none.

    Raises
    ------
    OSError
        If the disk is full or read-only. The old files are then as they were, unless ``is_pending``
        says that the change is made and only the renaming is left to do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recover(folder)
    try:
        _sweep(folder)
        for name, content in files.items():
            _write_synced(folder / f"{name}{NEW}", content, like=folder / name)
        _write_synced(folder / f"{COMMIT}{NEW}", json.dumps(sorted(files)).encode())
        synced(folder)
        (folder / f"{COMMIT}{NEW}").replace(folder / COMMIT)
        synced(folder)
    except BaseException:
        _withdraw(folder)
        raise
    recover(folder)


def is_pending(folder: Path) -> bool:
    """Say whether a change is made but not finished."""
    return (folder / COMMIT).exists()


def recover(folder: Path) -> None:
    """Finish a committed change that was interrupted. Does nothing where there is none.

    Two readers may do this at once: what one has renamed, the other finds done.

    Raises
    ------
    FolderError
        If the commit file is not one that ``replace_together`` wrote.
    """
    for name in _committed(folder):
        with suppress(FileNotFoundError):
            (folder / f"{name}{NEW}").replace(folder / name)
    if is_pending(folder):
        synced(folder)
        (folder / COMMIT).unlink(missing_ok=True)
        with suppress(OSError):  # all is in its place by now; this only keeps the commit file from coming back
            synced(folder)  # after a power cut, when it might meet the files of a later change


def _committed(folder: Path) -> list[str]:
    commit = folder / COMMIT
    try:
        names = json.loads(commit.read_bytes())
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise FolderError(f"{commit} is damaged. Delete it, then import again.") from error
    if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise FolderError(f"{commit} is not a list of file names. Delete it, then import again.")
    return names


def _withdraw(folder: Path) -> None:
    """Take back a change that did not come about; the commit file first, so that no reader finishes it."""
    with suppress(OSError):
        (folder / COMMIT).unlink(missing_ok=True)
        _sweep(folder)


def _sweep(folder: Path) -> None:
    for leftover in folder.glob(f"*{NEW}"):
        leftover.unlink(missing_ok=True)


def _write_synced(path: Path, content: bytes, like: Path | None = None) -> None:
    """Write a file to the disk itself, readable by whom the file it replaces was readable."""
    with path.open("wb") as target:
        if like is not None and like.exists() and os.name != "nt":
            os.fchmod(target.fileno(), like.stat().st_mode & 0o777)
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
