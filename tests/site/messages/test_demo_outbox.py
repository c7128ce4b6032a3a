"""The demo's outbox: whoever starts it in the middle of the night finds messages in it, too."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

import pytest

from tests.site.conftest import appointment
from tests.site.messages.test_sending import card, turn

pytestmark = pytest.mark.long


@pytest.fixture(name="outbox")
def _outbox(site):
    """Gone afterwards: it holds links and addresses as they are, which no real site does."""
    from holdfast_site.messages.transports import outbox_folder

    yield
    shutil.rmtree(outbox_folder())


@pytest.mark.parametrize("hour", [2, 14])
def test_every_link_that_is_shown_at_the_start_stands_in_the_outbox(outbox, cast, browser, now, settings, hour):
    from django.utils import timezone

    from holdfast_site import demo_messages
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    start = timezone.localtime(now).date() + timedelta(days=1)
    at = datetime(start.year, start.month, start.day, hour, 12, tzinfo=timezone.get_current_timezone())
    card(cast.dan, now, safe_from=9, safe_until=17)
    card(cast.eli, now, safe_from=17, safe_until=21)
    last = appointment(cast.dan, cast.alma, at - timedelta(hours=9))
    appointment(cast.eli, cast.ben, at + timedelta(hours=31), status="booked")
    demo_messages.make_reachable(at)
    invitation, link = invite(by=ANYONE, appointment=last, now=at)
    demo_messages.send(invitation, link, at)
    shown = [link for _, link in demo_messages.links("http://localhost:8000", at)]
    assert len(shown) == 2
    settings.SITE = settings.SITE.model_copy(update={"address": "http://localhost:8000"})
    turn(at + timedelta(seconds=1))
    page = browser.get("/demo/outbox/").content.decode()
    assert shown[0] in page
    assert f"/c/{link}" in page
