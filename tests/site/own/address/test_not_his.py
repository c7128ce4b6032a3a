"""Somebody at an address says "no, it is not mine": that lasts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.ways import window
from tests.site.conftest import appointment, signed_in
from tests.site.own.address.reached import HERS, HIS, a_session_later, enter, links, own_page, turn
from tests.site.own.test_mine import REACH

pytestmark = [pytest.mark.long, pytest.mark.hazard("H-16")]


def test_whoever_says_that_it_is_not_his_gets_nothing_more_and_the_desk_sees_it(cast, mail, desk, now):
    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    ((_, ask),) = links(mail, "yours")
    assert "Nothing more is sent to it" in window().post(ask, {"his": "no"}).content.decode()
    window().post(ask, {"his": "yes"})  # his word against that of somebody with the same link: nothing is sent
    appointment(cast.dan, cast.alma, now + timedelta(hours=20))
    sent = len(mail.got)
    turn(now + timedelta(days=1, hours=3))
    assert len(mail.got) == sent
    assert "says that it is not his" in desk.get("/clients/dan").content.decode()


@pytest.mark.usefixtures("denied")
def test_a_no_lasts_however_often_somebody_keeps_the_card(cast, mail, desk, now):
    enter(desk, email=HERS, name="Daniel")
    enter(desk, email=HERS, name="Dan", wishes="ring")
    a_session_later(cast, now)
    assert mail.got == []
    page = desk.get("/clients/dan").content.decode()
    assert "says that it is not his" in page
    assert "Ask him there" not in page


@pytest.mark.usefixtures("denied")
def test_nobody_is_asked_or_told_of_a_change_where_somebody_said_no(cast, mail, desk, now):
    answer = desk.post("/clients/dan", {"ask": "yes"}, follow=True).content.decode()
    assert "somebody said that this address is not his" in answer
    enter(desk, email=HIS)
    enter(desk, email=HERS)
    turn(now + timedelta(minutes=2))
    assert HERS not in [one["To"] for one in mail.got]


@pytest.mark.usefixtures("denied")
def test_after_a_no_another_address_is_asked_and_gets_what_he_is_asked(cast, mail, desk, now):
    enter(desk, email=HIS)
    a_session_later(cast, now)
    assert {one["To"] for one in mail.got} == {HIS}
    assert len(links(mail, "yours")) == 1
    assert len(links(mail)) == 1


@pytest.mark.usefixtures("denied")
def test_a_no_is_over_when_he_enters_that_address_himself(cast, mail, desk, now):
    own_page(cast, email=HERS, channel="email")
    a_session_later(cast, now)
    assert {one["To"] for one in mail.got} == {HERS}


def test_what_only_came_back_is_good_again_once_he_says_so_there(cast, mail, desk, now):
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    enter(desk, email=HIS)
    Undelivered.objects.create(client=cast.dan, at=now, went_to=digest(HIS))
    enter(desk, email=HIS, wishes="after six")
    turn(now + timedelta(minutes=1))
    assert mail.got == []
    assert "Ask him there" in desk.get("/clients/dan").content.decode()
    desk.post("/clients/dan", {"ask": "yes"})
    turn(now + timedelta(minutes=2))
    ((_, ask),) = links(mail, "yours")
    window().post(ask, {"his": "yes"})
    assert "could not be delivered" not in desk.get("/clients/dan").content.decode()


@pytest.mark.usefixtures("denied")
@pytest.mark.parametrize("typed", [HERS.capitalize(), HERS.upper()])
def test_a_no_is_about_an_address_however_its_capitals_are_typed(cast, mail, desk, now, typed):
    enter(desk, email=typed)
    desk.post("/clients/dan", {"ask": "yes"})
    a_session_later(cast, now)
    assert [one["To"] for one in mail.got if one["To"].lower() == HERS] == []


@pytest.mark.parametrize("is_stale", [True, False])
@pytest.mark.parametrize("is_his", [True, False])
def test_an_answer_that_comes_while_he_enters_it_himself_changes_nothing(cast, mail, desk, now, rows, is_his, is_stale):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.messages.confirming import answer
    from holdfast_site.people.models import Contact

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    contact = Contact.objects.get(client="dan")
    told = {**REACH, "email": HIS, "form": "8" * 8 + "-0000-4000-8000-" + "3" * 12}
    assert signed_in("client", of=cast.dan).post("/mine/reach", told).status_code == 302
    before = rows()
    answer(by=ANYONE, contact=contact if is_stale else Contact.objects.get(client="dan"), is_his=is_his, now=now)
    assert rows() == before
