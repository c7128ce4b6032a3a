"""Rule 17: the settings are those that keep an answer through a power cut, and they are read back."""

from __future__ import annotations

import pytest

from holdfast_site import durable, sqlite
from holdfast_site.errors import UnsafeSite

pytestmark = pytest.mark.sqlite


def test_the_log_is_used_only_where_it_is_sound():
    always = {"mmap_size": 0, "foreign_keys": 1, "secure_delete": 1}
    assert sqlite.wanted((3, 51, 3)) == {"journal_mode": "wal", "synchronous": 2, **always}
    assert sqlite.wanted((3, 51, 2))["journal_mode"] == "persist"
    assert sqlite.wanted((3, 40, 1))["synchronous"] == sqlite.EXTRA


def test_a_real_connection_says_what_is_wanted(site):
    from django.db import connection

    connection.ensure_connection()
    assert sqlite.problems(connection) == []


@pytest.mark.parametrize(
    ("pragma", "words"),
    [("synchronous=NORMAL", "synchronous is NORMAL"), ("synchronous=OFF", "synchronous is OFF"),
     ("journal_mode=MEMORY", "journal_mode is memory"), ("mmap_size=1000000", "mmap_size is 1000000"),
     ("foreign_keys=0", "foreign_keys is 0"), ("secure_delete=0", "secure_delete is 0")],
)  # fmt: skip
def test_a_connection_that_would_lose_answers_is_closed(site, pragma, words):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
    with pytest.raises(UnsafeSite, match=words):
        durable.refuse_unless_safe(None, connection)
    assert connection.connection is None


def test_every_new_connection_is_asked(site, monkeypatch):
    from django.db import connections

    connection = connections["default"]
    connection.close()
    monkeypatch.setattr(connection, "settings_dict", {**connection.settings_dict, "OPTIONS": {"timeout": 1}})
    with pytest.raises(UnsafeSite, match="synchronous"):
        connection.ensure_connection()
