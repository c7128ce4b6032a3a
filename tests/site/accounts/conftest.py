"""Alma, a way in for her, two who sign in with codes, and a clock to set."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.ways import welcomed
from tests.site.conftest import PASSWORD, staff


@pytest.fixture(name="alma")
def _alma(cast):
    return staff("therapist", "alma")


@pytest.fixture(name="told")
def _told(alma, now):
    return welcomed(alma, now)


@pytest.fixture(name="two")
def _two(cast, now):
    """Alma and Ben, with a password and a code app each: who, its secret, and the codes on paper."""
    from holdfast_site.accounts import codes

    found = []
    for name in ("alma", "ben"):
        member, secret = staff("therapist", name, password=PASSWORD).member, codes.new_secret()
        found.append((member, secret, codes.keep_secret(member, secret, step=0, now=now - timedelta(hours=1))))
    return found


@pytest.fixture(name="clock")
def _clock(now, monkeypatch):
    """A clock to set."""
    from django.utils import timezone

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(now)
    return set_to
