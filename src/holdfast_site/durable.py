"""What a database must say of itself before anything is written to it (safety rule 17): it keeps what it is given.

Settings are read back from each new connection, because one with a typing mistake is silently ignored, and would lose
answers in a power cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast_site import sqlite
from holdfast_site.errors import UnsafeSite

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

POSTGRES = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "remote_apply"}}


def refuse_unless_safe(sender: object, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Close a new connection that would not keep what it is given.

    Raises
    ------
    UnsafeSite
        With every setting that is not as it must be.
    """
    found = problems(connection)
    if found:
        connection.close()
        raise UnsafeSite(found)


def problems(connection: BaseDatabaseWrapper) -> list[str]:
    """What a connection says that it should not."""
    if connection.vendor == "sqlite":
        return sqlite.problems(connection)
    found = []
    for name, allowed in POSTGRES.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")  # nosemgrep: sql-from-parts - a name from the table above
            said = cursor.fetchone()[0]
        if said not in allowed:
            found.append(f"PostgreSQL's {name} is {said} and must be {' or '.join(sorted(allowed))}.")
    return found
