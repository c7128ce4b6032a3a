"""A site on a real disk, with the real settings, for every test; and the same cast each time.

Alma and Ben treat, Dan and Eli are clients.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from holdfast_site import start
from holdfast_site.config import DATABASE
from tests.site import postgres

NUMBERS = [{"name": "Samaritans", "number": "116 123", "hours": "day and night"}]
FORM = "application/x-www-form-urlencoded"
PASSWORD = "a rowing boat in the fog"
CARE_CONTACT = {"name": "Ruth"}
DECIDED: dict[str, Any] = {
    "name": "Hill Street",
    "timezone": "Europe/London",
    "reading_hours": "Monday to Friday, 9 to 5",
    "crisis_numbers": NUMBERS,
    "care_contact": CARE_CONTACT,
}


@pytest.fixture(name="made")
def _made(tmp_path: Path) -> Path:
    """A safe site without Django: settings and key."""
    folder = tmp_path / "practice"
    start.make_site(folder, key_file=tmp_path / "practice.key", **DECIDED)
    (folder / DATABASE).touch(0o600)
    return folder


@dataclass
class Cast:
    """Who is there, and one check-in for each client."""

    alma: Any
    ben: Any
    dan: Any
    eli: Any
    invitation: Any  # Dan's
    link: str
    other: Any  # Eli's
    other_link: str

    @property
    def address(self) -> str:
        return f"/c/{self.link}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not os.environ.get(postgres.ON):
        return
    for item in items:
        if item.get_closest_marker("sqlite"):
            item.add_marker(pytest.mark.skip(reason="about SQLite, and this run is on PostgreSQL"))


@pytest.fixture(scope="session", name="database_address")
def _database_address() -> Iterator[str]:
    """Where the site keeps its rows: blank for SQLite, or a PostgreSQL that was started for this run."""
    if not os.environ.get(postgres.ON):
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="pg-") as short, postgres.server(Path(short) / "server") as address:
        yield address  # a socket's name may not be long


@pytest.fixture(scope="session", name="site_folder", autouse=True)  # Django is loaded, whichever test comes first
def _site_folder(tmp_path_factory: pytest.TempPathFactory, database_address: str) -> Path:
    """One site a process, as Django wants it; its empty database is kept beside it."""
    return made_ready(tmp_path_factory.mktemp("site"), database_address)


def made_ready(home: Path, database_address: str) -> Path:
    """Make a site, bring it up to date and load Django for it."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    PBKDF2PasswordHasher.iterations = 1000  # a million would only make the tests slow
    folder = home / "practice"
    start.make_site(folder, key_file=home / "master.key", database=database_address, **DECIDED)
    start.get_django_ready(folder)
    start.bring_up_to_date()
    from django.db import connections

    connections.close_all()
    if not database_address:
        shutil.copy(folder / DATABASE, home / "empty.sqlite3")
    return folder


@pytest.fixture(name="site")
def _site(site_folder: Path, database_address: str) -> Iterator[Path]:
    """The site with nobody in it."""
    from django.db import connections

    connections.close_all()
    if database_address:
        _empty()
    else:
        shutil.copy(site_folder.parent / "empty.sqlite3", site_folder / DATABASE)
        (site_folder / f"{DATABASE}-journal").unlink(missing_ok=True)
    yield site_folder
    connections.close_all()


@pytest.fixture(name="sent_a_hundred_times")
def _sent_a_hundred_times(site: Path) -> Iterator[Callable[[str, Mapping[str, str]], list[int]]]:
    """Sends the same form a hundred times, twenty at once, and says what was answered.

    The twenty stay from form to form, as a server's threads do: to begin them and their connections anew takes longer.
    """
    from django.db import connections
    from django.test import Client

    together, own = threading.Barrier(20, timeout=60), threading.local()

    def begin() -> None:
        own.browser = Client(SERVER_NAME="127.0.0.1")

    def five(address: str, body: str) -> list[int]:
        together.wait()
        return [own.browser.post(address, body, content_type=FORM).status_code for _ in range(5)]

    def end(_: int) -> None:
        together.wait()
        connections.close_all()

    with ThreadPoolExecutor(20, initializer=begin) as twenty:

        def sent(address: str, form: Mapping[str, str]) -> list[int]:
            answered = twenty.map(five, [address] * 20, [urlencode(form)] * 20)
            return [status for statuses in answered for status in statuses]

        yield sent
        list(twenty.map(end, range(20)))


def end_serving(server: Any, loop: threading.Thread) -> None:
    """Stop the site's server, which runs in a thread, and close what it still holds of those who asked it."""
    server.task_dispatcher.shutdown()
    server.close()
    loop.join(10)
    for channel in list(server.active_channels.values()):
        channel.handle_close()


def _empty() -> None:
    """Take every row away, and count from one again. TRUNCATE makes a new file for each table, and takes a second."""
    from django.apps import apps
    from django.db import connection

    names = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    used = "SELECT format('ALTER SEQUENCE %I RESTART', sequencename) FROM pg_sequences WHERE last_value IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(used)
        from_one = [statement for (statement,) in cursor.fetchall()]
        cursor.execute("SET session_replication_role = replica")  # no trigger and no foreign key is asked
        cursor.execute("; ".join([*(f'DELETE FROM "{name}"' for name in names), *from_one]))
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture(name="now")
def _now(site_folder: Path) -> datetime:
    from django.utils import timezone

    return timezone.now()


@pytest.fixture(name="cast")
def _cast(site: Path, now: datetime) -> Cast:
    from django.db import transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    with transaction.atomic():  # in one: to wait for the disk nine times takes longer than most tests
        alma, ben = person("alma"), person("ben")
        staff("care_contact")
        dan, eli = client("dan"), client("eli")
        first = appointment(dan, alma, now - timedelta(hours=3))
        second = appointment(eli, ben, now - timedelta(hours=2))
        invitation, link = invite(by=ANYONE, appointment=first, now=now)
        other, other_link = invite(by=ANYONE, appointment=second, now=now)
    return Cast(alma, ben, dan, eli, invitation, link, other, other_link)


def staff(role: str, therapist_id: str | None = None, *, of: Any = None, password: str | None = None) -> Any:
    """Somebody in one role; ``of``: the client, where it is the client himself."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    login = f"{therapist_id or (of.pk if of else '')} {role}".strip()
    return add_member(login, Role(role), therapist_id=therapist_id, client=of, password=password)


def signed_in(role: str, therapist_id: str | None = None, *, of: Any = None, called: str = "") -> Any:
    """A browser in which somebody has just signed in, without going through the page; ``called``: what it tells of
    itself."""
    from django.conf import settings
    from django.db import transaction
    from django.http import HttpRequest
    from django.test import Client
    from django.utils import timezone

    from holdfast_site.accounts import sessions
    from holdfast_site.accounts.models import Post

    browser = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    request = HttpRequest()
    request.META["HTTP_USER_AGENT"] = called
    with transaction.atomic():
        known = Post.objects.filter(role=role, therapist=therapist_id, client=of).first()
        request.session = browser.session
        sessions.begin(request, known or staff(role, therapist_id, of=of), now=timezone.now())
        request.session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return browser


def person(name: str) -> Any:
    from holdfast_site.people.models import Therapist

    return Therapist.objects.create(pk=name)


def client(name: str) -> Any:
    from holdfast_site.people.services import add_client

    return add_client(name)


def appointment(of: Any, with_whom: Any, starts_at: datetime, **more: Any) -> Any:
    from holdfast_site.people.models import Appointment

    number = Appointment.objects.count() + 1
    found = {"appointment_id": f"a{number}", "status": "attended", "certainty": "recorded", **more}
    return Appointment.objects.create(client=of, therapist=with_whom, starts_at=starts_at, **found)


def links_to(about: Any, count: int, now: datetime) -> list[str]:
    """Links to so many check-ins of one session, a second apart: one as the site makes it, and the others like it."""
    from django.conf import settings

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.checkins.services import LINK_BYTES, invite

    first, link = invite(by=ANYONE, appointment=about, now=now)
    others = [secrets.token_urlsafe(LINK_BYTES) for _ in range(1, count)]
    Invitation.objects.bulk_create(
        Invitation(
            appointment=about,
            link=settings.VAULT.fingerprint_of_link(other),
            sent_at=first.sent_at + timedelta(seconds=later),
            expires_at=first.expires_at,
            version=first.version,
            rotating=first.rotating,
        )
        for later, other in enumerate(others, 1)
    )
    return [link, *others]


@pytest.fixture(name="browser")
def _browser() -> Any:
    from django.test import Client

    return Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)


@pytest.fixture(name="rows")
def _rows() -> Any:
    """How many rows each table holds, and what they hold: to see that nothing changed."""
    from django.apps import apps

    def counted() -> dict[str, list[tuple[Any, ...]]]:
        return {
            model.__name__: sorted(map(tuple, model.objects.values_list()), key=repr) for model in apps.get_models()
        }

    return counted


@pytest.fixture(name="settings")
def _settings(site: Path) -> Iterator[Any]:
    """Django's settings, put back afterwards."""
    from django.conf import settings

    before = settings.SITE, settings.VAULT
    yield settings
    settings.SITE, settings.VAULT = before


@pytest.fixture(name="stored")
def _stored(site: Path, database_address: str) -> Any:
    """Everything that the database keeps, as bytes: its file, or on PostgreSQL the cells of every row."""
    from django.apps import apps

    def cells() -> Iterator[bytes]:
        for model in apps.get_models():
            for row in model.objects.values_list():
                yield from (bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in row)

    return lambda: b"\n".join(cells()) if database_address else (site / DATABASE).read_bytes()
