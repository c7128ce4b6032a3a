"""Alma, a way in for her, and a clock to set."""

from __future__ import annotations

import pytest

from tests.site.accounts.ways import welcomed
from tests.site.conftest import staff


@pytest.fixture(name="alma")
def _alma(cast):
    return staff("therapist", "alma")


@pytest.fixture(name="told")
def _told(alma, now):
    return welcomed(alma, now)


@pytest.fixture(name="clock")
def _clock(now, monkeypatch):
    """A clock to set."""
    from django.utils import timezone

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(now)
    return set_to
