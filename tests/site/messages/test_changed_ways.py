"""A client is told at his own address that how he signs in was changed: once, in words that say nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.conftest import staff
from tests.site.own.address.conftest import _desk, _mail  # noqa: F401
from tests.site.own.address.reached import HIS, enter, own_page, turn

pytestmark = [pytest.mark.long, pytest.mark.hazard("H-16")]
SUBJECT = "How you sign in was changed"


def told(mail):
    return [one for one in mail.got if one["Subject"] == SUBJECT]


def changed(cast, now, action="WAY_IN_MADE", about=""):
    from django.db import transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.audit.services import Action, record

    with transaction.atomic():
        record(Action[action], by=ANYONE, about=about or f"client:{cast.dan.pk}", at=now)


def test_he_is_told_once_at_his_own_address_and_again_of_the_next_change(cast, mail, now):
    own_page(cast, email=HIS)
    changed(cast, now)
    for _ in range(3):
        turn(now + timedelta(seconds=5))
    assert [one["To"] for one in told(mail)] == [HIS]
    text = told(mail)[0].get_content()
    assert "020 7946 0321" in text
    assert "http" not in text
    member = staff("client", of=cast.dan) if not hasattr(cast.dan, "post") else cast.dan.post
    changed(cast, now + timedelta(hours=1), "WAY_IN_TAKEN", f"member:{member.member_id}")
    turn(now + timedelta(hours=1, seconds=5))
    assert len(told(mail)) == 2


def test_at_an_address_that_he_has_not_confirmed_nothing_is_told_nor_of_what_is_long_ago(cast, mail, desk, now):
    enter(desk, email="first@his.example")
    enter(desk, email=HIS)
    changed(cast, now)
    turn(now + timedelta(seconds=5))
    assert told(mail) == []
    own_page(cast, email=HIS)
    turn(now + timedelta(days=4))
    assert told(mail) == []


def test_who_wants_nothing_sent_gets_nothing_and_neither_does_anybody_else(cast, mail, now):
    own_page(cast, email=HIS, channel="none")
    changed(cast, now)
    changed(cast, now, "WAY_IN_MADE", "client:eli")
    changed(cast, now, "WAY_IN_CHANGED", "post:1")
    changed(cast, now, "WELCOME_MADE")
    turn(now + timedelta(seconds=5))
    assert told(mail) == []


def test_of_somebody_who_was_erased_meanwhile_nothing_goes_out(cast, mail, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.selectors import changed_ways
    from holdfast_site.own.erasing import erase, ledger

    own_page(cast, email=HIS)
    changed(cast, now)
    assert [client.pk for client in changed_ways(now)] == ["dan"]
    erase(by=OPERATOR, client=cast.dan, now=now)
    ledger().unlink()
    assert changed_ways(now) == {}
    turn(now + timedelta(seconds=5))
    assert told(mail) == []
