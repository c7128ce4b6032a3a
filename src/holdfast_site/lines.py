"""Lines in files beside the database: on disk when it says so, and one that a power cut left half spoils no other."""

from __future__ import annotations

import os
from pathlib import Path


def append(file: Path, line: str) -> None:
    """Add a line, so that it is on disk when this returns; below one that was cut off, not behind it."""
    with file.open("ab+") as opened:
        end = opened.seek(0, os.SEEK_END)
        opened.seek(max(end - 1, 0))
        below = "\n" if opened.read(1) not in (b"", b"\n") else ""
        opened.write(f"{below}{line}\n".encode("ascii"))
        opened.flush()
        os.fsync(opened.fileno())
