"""PostgreSQL by one setting: read from its address, refused where it would lose or leak, one writer at a time."""

from __future__ import annotations

import os
import threading

import pytest
from pydantic import ValidationError

from holdfast_site import database, start
from holdfast_site.config import SITE_FILE, SiteConfig
from tests.site import postgres
from tests.site.conftest import DECIDED
from tests.site.test_cli import change

on_postgres = pytest.mark.skipif(not os.environ.get(postgres.ON), reason="this run is on SQLite")
ADDRESS = "postgresql://site@db.example:5433/holdfast?sslmode=verify-full"


def config(address: str) -> SiteConfig:
    return SiteConfig(**{**DECIDED, "key_file": "k", "key_fingerprint": "f", "database": address})


def test_an_address_becomes_settings():
    found = database.settings(None, config(ADDRESS))
    assert found["ENGINE"] == "holdfast_site.postgres"
    assert [found[name] for name in ("NAME", "USER", "HOST", "PORT")] == ["holdfast", "site", "db.example", "5433"]
    assert found["OPTIONS"] == {"sslmode": "verify-full"}


def test_a_socket_can_be_named_too():
    found = database.settings(None, config("postgresql://site@%2Fvar%2Frun%2Fpostgresql/holdfast"))
    assert found["HOST"] == "/var/run/postgresql"


@pytest.mark.parametrize(
    ("address", "words"),
    [("mysql://site@db/holdfast", "must be like"), ("postgresql://site@db", "must be like"),
     ("postgresql://site:secret@db/holdfast", "passfile")],
)  # fmt: skip
def test_what_cannot_be_an_address_is_refused_without_its_password(address, words):
    with pytest.raises(ValidationError, match=words) as refused:
        config(address)
    assert words == "must be like" or "secret" not in str(refused.value).split("input_value")[0]


@pytest.mark.parametrize(
    ("address", "heard"),
    [(ADDRESS, False), ("postgresql://site@db.example/holdfast", True), ("postgresql://site@127.0.0.1/holdfast", False),
     ("postgresql://site@db.example/holdfast?sslmode=require", True), ("postgresql://site@/holdfast", False),
     ("postgresql://site@%2Fvar%2Frun%2Fpostgresql/holdfast", False)],
)  # fmt: skip
def test_a_database_elsewhere_has_to_be_reached_over_tls_that_is_verified(made, address, heard):
    change(made, database=address)
    assert [one for one in start.problems(made) if "another machine" in one] == ([start._HEARD] if heard else []), (
        made / SITE_FILE
    ).read_text(encoding="utf-8")


@on_postgres
@pytest.mark.parametrize("setting", ["synchronous_commit"])
def test_a_connection_that_would_lose_answers_is_closed(site, setting):
    from django.db import connection

    from holdfast_site.durable import refuse_unless_safe
    from holdfast_site.errors import UnsafeSite

    with connection.cursor() as cursor:
        cursor.execute(f"SET {setting} = off")
    with pytest.raises(UnsafeSite, match=setting):
        refuse_unless_safe(None, connection)
    assert connection.connection is None


@on_postgres
def test_whoever_writes_is_alone(site):
    """The second writer begins when the first has ended, and sees what he did."""
    from django.db import connection, transaction

    from holdfast_site.people.models import Therapist

    order, inside = [], threading.Event()

    def second() -> None:
        inside.wait(10)
        with transaction.atomic():
            order.append(f"second sees {Therapist.objects.count()}")
        connection.close()

    other = threading.Thread(target=second)
    other.start()
    with transaction.atomic():
        inside.set()
        Therapist.objects.create(pk="t")
        other.join(0.3)
        order.append("first is done")
    other.join(10)
    assert order == ["first is done", "second sees 1"]


@on_postgres
def test_an_empty_database_is_never_taken_for_the_sites_own(site, monkeypatch):
    from django.db import connection

    assert start.reach_database() == []
    monkeypatch.setattr(connection.introspection, "table_names", list)
    assert start.reach_database() == [start._EMPTY]
