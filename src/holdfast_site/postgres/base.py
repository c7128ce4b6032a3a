"""PostgreSQL as the site wants it: whoever writes has the whole site to himself until he is done, as with SQLite.

Every rule about writing (a form kept once, an unbroken audit) was thought through for one writer at a time. A practice
writes far less than that allows, so PostgreSQL gets the same rule instead of a second set of rules.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

WRITER = 0x686F6C64  # any number will do, as long as nobody else uses it in this database


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the one writer's lock at the beginning of each transaction; PostgreSQL gives it back at its end."""

    def set_autocommit(self, autocommit: bool, *given: Any, **named: Any) -> None:
        """Begin a transaction, once nobody else is in one; or end one."""
        super().set_autocommit(autocommit, *given, **named)
        if not autocommit:
            with self.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER])
