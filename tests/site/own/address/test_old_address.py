"""A changed address is told at the old one, unless that is unsafe; where he was told nowhere, older codes are over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.ways import window
from tests.site.conftest import signed_in
from tests.site.own.address.reached import HERS, HERS_TOO, HIS, enter, is_his, leads, links, opens, told_at, turn
from tests.site.own.test_mine import REACH

pytestmark = [pytest.mark.long, pytest.mark.hazard("H-16")]


def test_what_is_told_at_the_old_address_keeps_to_the_safe_hours_of_then(cast, mail, desk, now):
    from holdfast_site.messages.models import Message

    later = (now.astimezone().hour + 5) % 23
    enter(desk, email="old@his.example", safe_from=str(later), safe_until=str(later + 1))
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    assert [one["To"] for one in mail.got if "changed" in one["Subject"]] == []
    waits = Message.objects.get(kind="moved")
    assert (waits.state, waits.tries) == ("waiting", 0)


def test_an_old_address_that_is_dead_stops_nothing_at_the_new_one(cast, mail, desk, now):
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.selectors import has_delivery_problem

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    Message.objects.filter(kind="confirm").delete()
    mail.refuse = "550 nobody here"
    from holdfast_site.messages.services import send_waiting
    from holdfast_site.messages.transports import transports

    assert send_waiting(lambda: now + timedelta(minutes=1), transports()) == 0
    assert Message.objects.get().state == "given_up"
    assert has_delivery_problem([cast.dan]) == frozenset()


def test_who_wants_nothing_sent_is_told_nothing_at_an_old_address_either(cast, mail, desk, now):
    enter(desk, email="old@his.example", channel="none")
    enter(desk, email=HIS, channel="none")
    turn(now + timedelta(minutes=1))
    assert mail.got == []
    answer = desk.post("/clients/dan", {"ask": "yes"}, follow=True).content.decode()
    assert "Nothing was sent" in answer


def test_in_two_steps_he_is_told_all_the_same(cast, mail, desk, now):
    enter(desk, email=HIS)
    turn(now)
    enter(desk, email=HIS, channel="none")
    assert told_at(mail) == []
    enter(desk, email=HERS)
    turn(now + timedelta(minutes=1))
    assert told_at(mail) == [HIS]


def test_in_two_steps_and_by_another_way_too(cast, mail, desk, now):
    enter(desk, email=HIS)
    turn(now)
    enter(desk, email=HIS, channel="none")
    enter(desk, email=HIS, phone=HERS_TOO, channel="sms")
    turn(now + timedelta(minutes=1))
    assert told_at(mail) == [HIS]
    assert not is_his(cast, "phone", now + timedelta(days=4))


def test_who_ended_messages_himself_is_left_alone(cast, mail, desk, now):
    from django.utils import timezone

    enter(desk, email=HIS)
    turn(now)
    ((_, stop),) = links(mail, "stop")
    window().post(stop)
    enter(desk, email=HERS)
    turn(timezone.now() + timedelta(minutes=1))
    assert told_at(mail) == []


@pytest.mark.hazard("H-08")
def test_at_an_old_address_that_is_not_safe_nothing_is_written(cast, mail, desk, now):
    from holdfast_site.audit.models import Event

    enter(desk, email="shared@home.example")
    assert "The old address is not safe" in desk.get("/clients/dan").content.decode()
    enter(desk, email=HIS, is_unsafe="yes")
    turn(now + timedelta(minutes=1))
    assert {one["To"] for one in mail.got} == {HIS}
    assert Event.objects.filter(action="address.unsafe", about="client:dan", actor__startswith="desk:").exists()


@pytest.mark.hazard("H-08")
def test_a_notice_that_still_waits_is_dropped_when_the_desk_learns_that_it_is_not_safe(cast, mail, desk, now):
    enter(desk, email="shared@home.example")
    enter(desk, email=HIS)
    enter(desk, email=HIS, is_unsafe="yes")
    turn(now + timedelta(minutes=1))
    assert told_at(mail) == []


def test_where_he_was_told_nowhere_only_a_code_of_after_the_time_to_object_opens_his_page(
    cast, mail, desk, now, monkeypatch
):
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.services import give_way_in

    enter(desk, email="shared@home.example")
    enter(desk, email=HIS, is_unsafe="yes")
    turn(now + timedelta(minutes=1))
    ((_, ask),) = links(mail, "yours")
    ((_, link),) = links(mail)
    window().post(ask, {"his": "yes"})
    early = give_way_in(by=OPERATOR, client=cast.dan, now=now + timedelta(days=1)).code
    later = now + timedelta(days=3, minutes=5)
    assert leads(link, later)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert not opens(link, early)
    assert opens(link, give_way_in(by=OPERATOR, client=cast.dan, now=later).code)


def test_where_he_was_told_a_code_of_before_does(cast, mail, desk, now, monkeypatch):
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.services import give_way_in

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    ((_, ask),) = links(mail, "yours")
    ((_, link),) = links(mail)
    window().post(ask, {"his": "yes"})
    early = give_way_in(by=OPERATOR, client=cast.dan, now=now + timedelta(days=1)).code
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=3, minutes=5))
    assert opens(link, early)


def his_code_of_the_first_day(cast, mail, now):
    """He said yes at the new address, and was told a code on the next day; the link that came, and that code."""
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.services import give_way_in

    window().post(links(mail, "yours")[-1][1], {"his": "yes"})
    code = give_way_in(by=OPERATOR, client=cast.dan, now=now + timedelta(days=1)).code
    return links(mail)[-1][1], code


def test_where_the_notice_bounced_he_was_told_nowhere(cast, mail, desk, now, monkeypatch):
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.services import send_waiting
    from holdfast_site.messages.transports import transports
    from holdfast_site.own.services import give_way_in

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    Message.objects.filter(kind="confirm").update(next_at=now + timedelta(minutes=3))
    mail.refuse = "550 nobody here"
    send_waiting(lambda: now + timedelta(minutes=1), transports())
    mail.refuse = ""
    turn(now + timedelta(minutes=5))
    link, early = his_code_of_the_first_day(cast, mail, now)
    later = now + timedelta(days=3, minutes=5)
    assert leads(link, later)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert not opens(link, early)
    assert opens(link, give_way_in(by=OPERATOR, client=cast.dan, now=later).code)


@pytest.mark.parametrize("for_good", [True, False])
def test_where_the_notice_came_back_later_he_was_told_nowhere(cast, mail, desk, now, monkeypatch, rows, for_good):
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.bounces import CameBack
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.services import mail_came_back

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    link, early = his_code_of_the_first_day(cast, mail, now)
    told = CameBack(Message.objects.get(kind="moved").mark, for_good)
    later = now + timedelta(days=3, minutes=5)
    assert mail_came_back(told, by=OPERATOR, now=now + timedelta(days=2))
    after = rows()
    assert not mail_came_back(told, by=OPERATOR, now=later)
    assert rows() == after
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert not opens(link, early)


def test_a_notice_that_came_back_ends_no_code_of_one_who_entered_his_address_himself_since(cast, mail, desk, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.bounces import CameBack
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.services import mail_came_back
    from holdfast_site.people.models import Contact

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    told = {**REACH, "email": HIS, "form": "8" * 8 + "-0000-4000-8000-" + "2" * 12}
    assert signed_in("client", of=cast.dan).post("/mine/reach", told).status_code == 302
    mark = Message.objects.get(kind="moved").mark
    assert mail_came_back(CameBack(mark, for_good=True), by=OPERATOR, now=now + timedelta(days=1))
    assert Contact.objects.get(client="dan").codes_from is None


def test_a_mail_server_that_is_dead_for_a_day_keeps_nobody_from_being_told(cast, mail, desk, now, settings):
    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    alive = settings.SITE
    settings.SITE = alive.model_copy(update={"email": alive.email.model_copy(update={"port": 1})})
    for minutes in range(1, 24 * 60, 15):
        turn(now + timedelta(minutes=minutes))
    settings.SITE = alive
    turn(now + timedelta(hours=32))
    assert {"old@his.example", HIS} <= {one["To"] for one in mail.got}
