"""SQLite as safety rule 17 wants it: an answer is on disk before anybody is thanked for it.

The write-ahead log with ``synchronous=FULL`` from SQLite 3.51.3 on; before that the rollback journal kept in place,
with ``synchronous=EXTRA``, because older versions have a rare fault of the log. What is deleted is overwritten
(``secure_delete``). Settings are read back from each new connection: a setting with a typing mistake is silently
ignored by SQLite, and would lose answers in a power cut.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

LOG_IS_SOUND = (3, 51, 3)
WAIT_SECONDS = 20
FULL, EXTRA = 2, 3
WORDS = {0: "OFF", 1: "NORMAL", FULL: "FULL", EXTRA: "EXTRA"}


def wanted(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Mapping[str, str | int]:
    """What each connection must say when it is asked."""
    safe: tuple[str, int] = ("wal", FULL) if version >= LOG_IS_SOUND else ("persist", EXTRA)
    return {"journal_mode": safe[0], "synchronous": safe[1], "mmap_size": 0, "foreign_keys": 1, "secure_delete": 1}


def options() -> dict[str, Any]:
    """The options of Django's SQLite connection. Each transaction takes the write lock when it begins, not later."""
    pragmas = ";".join(f"PRAGMA {name}={value}" for name, value in wanted().items())
    return {"transaction_mode": "IMMEDIATE", "timeout": WAIT_SECONDS, "init_command": pragmas}


def problems(connection: BaseDatabaseWrapper) -> list[str]:
    """What a connection says that it should not."""
    found = []
    for name, value in wanted().items():
        with connection.cursor() as cursor:
            # nosemgrep: sql-from-parts - a name from the table above
            row = cursor.execute(f"PRAGMA {name}").fetchone()
        said = row[0] if row else None
        if said != value:
            found.append(f"SQLite's {name} is {_word(name, said)} and must be {_word(name, value)}.")
    return found


def _word(name: str, value: object) -> object:
    return WORDS.get(value, value) if name == "synchronous" and isinstance(value, int) else value
