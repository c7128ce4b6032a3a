"""A site on a real disk, with the real settings, for every test; and the same cast each time.

Alma and Ben treat, Dan and Eli are clients.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast_site import start
from holdfast_site.config import DATABASE

NUMBERS = [{"name": "Samaritans", "number": "116 123", "hours": "day and night"}]
PASSWORD = "a rowing boat in the fog"
CARE_CONTACT = {"name": "Ruth"}
DECIDED: dict[str, Any] = {
    "name": "Hill Street",
    "timezone": "Europe/London",
    "reading_hours": "Monday to Friday, 9 to 5",
    "crisis_numbers": NUMBERS,
    "care_contact": CARE_CONTACT,
}


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


@pytest.fixture(scope="session", name="site_folder")
def _site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One site a process, as Django wants it; its empty database is kept beside it."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    PBKDF2PasswordHasher.iterations = 1000  # a million would only make the tests slow
    home = tmp_path_factory.mktemp("site")
    folder = home / "practice"
    start.make_site(folder, key_file=home / "master.key", **DECIDED)
    start.get_django_ready(folder)
    start.bring_up_to_date()
    from django.db import connections

    connections.close_all()
    shutil.copy(folder / DATABASE, home / "empty.sqlite3")
    return folder


@pytest.fixture(name="site")
def _site(site_folder: Path) -> Iterator[Path]:
    """The site with nobody in it."""
    from django.db import connections

    connections.close_all()
    shutil.copy(site_folder.parent / "empty.sqlite3", site_folder / DATABASE)
    (site_folder / f"{DATABASE}-journal").unlink(missing_ok=True)
    yield site_folder
    connections.close_all()


@pytest.fixture(name="now")
def _now(site_folder: Path) -> datetime:
    from django.utils import timezone

    return timezone.now()


@pytest.fixture(name="cast")
def _cast(site: Path, now: datetime) -> Cast:
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    alma, ben = person("alma"), person("ben")
    staff("care_contact")
    dan, eli = client("dan"), client("eli")
    first = appointment(dan, alma, now - timedelta(hours=3))
    second = appointment(eli, ben, now - timedelta(hours=2))
    invitation, link = invite(by=ANYONE, appointment=first, now=now)
    other, other_link = invite(by=ANYONE, appointment=second, now=now)
    return Cast(alma, ben, dan, eli, invitation, link, other, other_link)


def staff(role: str, therapist_id: str | None = None, password: str | None = None) -> Any:
    """A member of the practice in one role."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    login = f"{therapist_id or ''} {role}".strip()
    return add_member(login, Role(role), therapist_id=therapist_id, password=password)


def signed_in(role: str, therapist_id: str | None = None) -> Any:
    """A browser in which somebody has signed in."""
    from django.test import Client

    from holdfast_site.accounts.models import Post

    known = Post.objects.filter(role=role, therapist=therapist_id).first()
    post = known or staff(role, therapist_id)
    post.member.set_password(PASSWORD)
    post.member.save()
    browser = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    told = {"login": post.member.login, "password": PASSWORD, "role": role}
    answer = browser.post("/sign-in", told)
    assert answer.status_code == 302, answer.content.decode()
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

    before = settings.SITE
    yield settings
    settings.SITE = before
