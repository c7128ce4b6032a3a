"""Writing a file whole: whoever is interrupted has the old one or the new one, and never half of either."""

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
