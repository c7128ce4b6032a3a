"""A clock that is three days wrong, and put right: nothing is lost, nothing breaks, every page is still there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.before.test_ask import asked, replied
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in

pytestmark = pytest.mark.long
PAGES = {
    "alma": ("/today/", "/today/client/dan"),
    "care contact": ("/kept/", "/holding/"),
    "lead": ("/practice/",),
    "desk": ("/schedule/", "/schedule/sent", "/clients/dan"),
    "dan": ("/mine/", "/mine/answers", "/mine/held"),
}


def everybody(cast):
    """Somebody in each role, who signs in now."""
    roles = {who: signed_in(who.replace(" ", "_")) for who in ("care contact", "lead", "desk")}
    return {**roles, "alma": signed_in("therapist", "alma"), "dan": signed_in("client", of=cast.dan)}


@pytest.mark.hazard("H-07")
@pytest.mark.parametrize("days", [-3, 3])
def test_what_was_sent_while_the_clock_was_wrong_is_kept_and_worked_out_once_it_is_right(
    cast, browser, now, monkeypatch, days
):
    from django.utils import timezone

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.checkins.services import invite
    from holdfast_site.refreshing import refresh

    def clock(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    wrong = now + timedelta(days=days)
    ahead = appointment(cast.dan, cast.alma, now + timedelta(days=5), status="booked")
    clock(wrong)
    _, link = invite(by=ANYONE, appointment=cast.invitation.appointment, now=wrong)
    before = asked(ahead, wrong)
    refresh(wrong)
    assert browser.post(f"/c/{link}", filled(words="Loud room")).status_code == 200
    assert browser.post(before, replied("call")).status_code == 200
    refresh(wrong + timedelta(minutes=1))
    for moment in (now, now + timedelta(days=4)):
        clock(moment)
        refresh(moment)
        here = everybody(cast)
        for who, addresses in PAGES.items():
            for address in addresses:
                assert here[who].get(address).status_code == 200, (who, address, moment)
        assert "Loud room" in here["alma"].get("/today/client/dan").content.decode()
        rows = tables(moment)["checkins"].filter(client_id="dan")
        assert rows["answered_at"].drop_nulls().len() == 2


@pytest.mark.hazard("H-07")
def test_a_link_that_a_wrong_clock_has_closed_says_so_and_is_open_again_once_it_is_right(
    cast, browser, now, monkeypatch
):
    from django.utils import timezone

    form = filled(words="Loud room")
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=3))
    closed = browser.post(cast.address, form)
    assert closed.status_code == 410
    assert "your answers were not kept" in closed.content.decode()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=1))
    assert browser.post(cast.address, form).status_code == 200
