"""Writing files: whole, so that whoever is interrupted has the old one or the new one, and down to the disk itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from holdfast.errors import UsageError


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one step.

    Raises
    ------
    UsageError
        If it cannot be written; what was there before is still there.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device has nothing to be kept
            path.write_text(text, encoding="utf-8")
            return
        _replace(path.resolve(), text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def synced(path: Path) -> None:
    """See to it that a file, or what a folder lists, is on disk."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder; a rename in it is durable by itself
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
