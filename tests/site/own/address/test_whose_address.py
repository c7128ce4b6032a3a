"""A link is half of a way in to his own page: only one that went to him counts, and never by his therapist's hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.ways import window
from tests.site.conftest import appointment, client, signed_in
from tests.site.own.address.reached import HERS, HIS, a_code, asked_again, enter, is_his, leads, links, opens, turn
from tests.site.own.test_mine import REACH, code_told

pytestmark = [pytest.mark.long, pytest.mark.hazard("H-16")]


def test_a_first_address_from_the_desk_and_a_code_from_his_therapist_are_two_hands(cast, mail, desk, now):
    enter(desk, email=HIS)
    turn(now)
    ((to, link),) = links(mail)
    assert to == HIS
    assert opens(link, a_code(cast))
    assert "Yes, as far as is known" in desk.get("/clients/dan").content.decode()


def test_a_therapist_who_is_the_desk_too_gets_into_nobodys_page_by_an_address_of_her_own(
    cast, mail, desk, alma_at_the_desk, now
):
    alma, her_desk = alma_at_the_desk
    enter(desk, email=HIS)
    enter(her_desk, email=HERS)
    her_desk.post("/clients/dan", {"ask": "yes"})
    turn(now)
    code = code_told(alma.post("/mine/give/dan"))
    assert [to for to, _ in links(mail, "yours")] == []  # she cannot have herself asked whether it is his
    ((to, link),) = links(mail)
    assert to == HERS
    assert not opens(link, code)
    for later in (timedelta(days=4), timedelta(days=29)):
        assert not leads(link, now + later)
    page = her_desk.get("/clients/dan").content.decode()
    assert "You treat him" in page
    assert "Ask him there" not in page


def test_nor_by_a_first_address_that_she_entered(cast, mail, alma_at_the_desk, now):
    alma, her_desk = alma_at_the_desk
    enter(her_desk, email=HERS)
    turn(now)
    ((_, link),) = links(mail)
    assert not opens(link, code_told(alma.post("/mine/give/dan")))


def test_nor_by_a_second_role_that_she_takes_later(cast, mail, desk, now):
    """The desk entered it; then the same person becomes his therapist."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Member
    from holdfast_site.accounts.services import add_member

    enter(desk, email=HERS)
    turn(now)
    ((_, link),) = links(mail)
    assert leads(link, now)
    add_member(Member.objects.get(posts__role="desk").login, Role.THERAPIST, therapist_id="alma")
    assert not leads(link, now)


def test_a_changed_address_is_his_once_he_says_so_and_his_old_one_had_time_to_object(cast, mail, desk, now):
    enter(desk, email="old@his.example")
    turn(now)
    ((_, old_link),) = links(mail)
    assert leads(old_link, now)
    enter(desk, email=HIS)
    assert not leads(old_link, now)  # what went to the old one is over
    turn(now + timedelta(minutes=1))
    ((to, ask),) = links(mail, "yours")
    assert to == HIS
    (notice,) = [one for one in mail.got if "changed" in one["Subject"]]
    assert notice["To"] == "old@his.example"
    assert "call 020 7946 0321" in notice.get_content()
    assert "List-Unsubscribe" not in notice
    assert "has not said yes yet" in desk.get("/clients/dan").content.decode()
    new = asked_again(cast, mail, now + timedelta(days=1))
    assert not leads(new, now + timedelta(days=5))  # he has not said so
    page = window().get(ask).content.decode()
    assert [word for word in ("Dan", "dan@", "Alma", "alma", "Hill", "therap", "session") if word in page] == []
    assert not leads(new, now + timedelta(days=5))  # looking changes nothing
    assert window().post(ask, {"List-Unsubscribe": "One-Click"}).status_code == 422
    assert not leads(new, now + timedelta(days=5))
    for _ in range(2):
        assert window().post(ask, {"his": "yes"}).status_code == 200
    assert not leads(new, now + timedelta(days=2))
    assert "object at the old one" in desk.get("/clients/dan").content.decode()
    assert leads(new, now + timedelta(days=3, minutes=1))
    assert not leads(old_link, now + timedelta(days=4))


def test_what_he_enters_himself_is_his_at_once_and_nobody_is_told_elsewhere(cast, mail, desk, now):
    enter(desk, email="old@his.example")
    dan = signed_in("client", of=cast.dan)
    told = {
        **REACH,
        "email": HIS,
        "safe_from": "0",
        "safe_until": "24",
        "form": "8" * 8 + "-0000-4000-8000-" + "1" * 12,
    }
    assert dan.post("/mine/reach", told).status_code == 302
    turn(now + timedelta(minutes=1))
    assert [one["To"] for one in mail.got] == [HIS]
    ((_, link),) = links(mail)
    assert leads(link, now)


def test_an_address_that_was_taken_away_first_is_still_a_changed_one(cast, mail, desk, now):
    enter(desk, email="old@his.example")
    enter(desk, email="", channel="none")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    ((_, link),) = links(mail)
    assert not leads(link, now + timedelta(days=4))


def test_codes_and_links_made_before_a_change_are_over(cast, mail, desk, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.services import give_way_in

    enter(desk, email="old@his.example")
    told = give_way_in(by=OPERATOR, client=cast.dan, now=now)
    assert window().get(f"/welcome/{told.link}").status_code == 200
    enter(desk, email="old@his.example", safe_from="8")
    assert window().get(f"/welcome/{told.link}").status_code == 200  # the hours are no address
    enter(desk, email=HIS)
    assert window().get(f"/welcome/{told.link}").status_code == 404


def test_somebody_else_at_the_desk_who_asked_him_stands_for_what_she_entered(cast, mail, desk, alma_at_the_desk, now):
    enter(alma_at_the_desk[1], email=HIS)
    turn(now)
    ((_, link),) = links(mail)
    assert not leads(link, now)
    desk.post("/clients/dan", {"ask": "yes"})
    assert not leads(link, now)
    turn(now + timedelta(days=1))
    ((_, ask),) = links(mail, "yours")
    window().post(ask, {"his": "yes"})
    assert leads(link, now)


def test_a_link_made_by_hand_opens_nothing_and_checkins_by_it_go_on(cast, desk, now, browser):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.checkins.services import invite_after_last_session
    from tests.site.checkins.test_answer import filled

    enter(desk, email=HIS)
    secret = invite_after_last_session(by=OPERATOR, client_id="dan", now=now + timedelta(minutes=1))
    assert not leads(f"/c/{secret}", now)
    assert browser.post(f"/c/{secret}", filled()).status_code == 200


def test_checkins_go_to_an_address_that_nobody_has_confirmed(cast, mail, desk, now, browser):
    from tests.site.checkins.test_answer import filled

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    ((to, link),) = links(mail)
    assert to == HIS
    assert browser.post(link, filled()).status_code == 200


def test_of_a_message_that_may_have_gone_twice_nobody_knows_who_has_the_link(cast, mail, desk, now):
    from holdfast_site.messages.models import Message

    enter(desk, email=HIS)
    turn(now)
    ((_, link),) = links(mail)
    Message.objects.update(maybe_sent=True)
    assert not leads(link, now)


def test_a_question_is_open_for_two_weeks_and_only_the_newest(cast, mail, desk, now, browser, monkeypatch):
    from django.utils import timezone

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    ((_, first),) = links(mail, "yours")
    desk.post("/clients/dan", {"ask": "yes"})
    turn(now + timedelta(minutes=2))
    newest = links(mail, "yours")[-1][1]
    assert browser.get(first).status_code == 404
    assert browser.get(newest).status_code == 200
    assert browser.get("/yours/x").status_code == 404
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert browser.generic(method, newest).status_code == 405
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=15))
    assert browser.get(newest).status_code == 404


def test_nothing_of_an_address_stands_open_in_the_database(cast, mail, desk, now, stored):
    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    for one in (HIS, "old@his.example"):
        assert one.encode() not in stored()
    turn(now + timedelta(minutes=1))
    assert HIS.encode() not in stored()


def test_of_another_client_it_says_nothing(cast, mail, desk, now):
    """Ida's therapist is Ben: Alma at the desk may enter her address."""
    ida = client("ida")
    appointment(ida, cast.ben, now - timedelta(hours=4))
    from holdfast_site.accounts.whose_address import treats

    signed_in("therapist", "alma")
    from holdfast_site.accounts.models import Post

    mark = f"desk:{Post.objects.get(therapist='alma').member_id}"
    assert treats(mark, "dan")
    assert not treats(mark, "ida")
    for unknown in ("", "desk:", "anyone:operator", "desk:9999999"):
        assert not treats(unknown, "dan")
    Post.objects.filter(therapist="alma").update(member=Post.objects.order_by("member").first().member)
    assert treats("desk:1", "dan")  # whoever has the first number of all
    assert not treats("anyone:operator", "dan")


def test_an_address_is_good_from_the_very_moment_that_was_told(cast, mail, desk, now):
    from holdfast_site.people.models import Contact

    enter(desk, email=HIS)
    for told, good in ((now, True), (now + timedelta(microseconds=1), False), (None, True)):
        Contact.objects.update(email_good_from=told)
        assert is_his(cast, "email", now) is good


def test_he_is_asked_about_his_address_also_when_he_wants_no_questions(cast, mail, desk, now):
    import uuid

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.services import decide

    enter(desk, email="old@his.example")
    decide(by=OPERATOR, client=cast.dan, consent=Consent.CHECKINS, given=False, form=uuid.uuid4(), now=now)
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    assert [to for to, _ in links(mail, "yours")] == [HIS]
    assert links(mail) == []


def test_the_desk_does_not_read_that_he_was_asked_when_no_question_went_out(cast, mail, desk, now):
    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    mail.refuse = "550 nobody here"
    turn(now + timedelta(minutes=1))
    page = desk.get("/clients/dan").content.decode()
    assert "has not said yes yet" not in page
    assert "No question has gone out" in page


def test_he_sees_that_somebody_said_whose_address_it_is(cast, mail, desk, now):
    from holdfast_site.own.looking import who_looked

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    turn(now + timedelta(minutes=1))
    ((_, ask),) = links(mail, "yours")
    window().post(ask, {"his": "yes"})
    window().post(ask, {"his": "no"})
    did = {(one.who, one.what) for one in who_looked(cast.dan)}
    who = "The person who got a link"
    assert {(who, "said that an address is your own"), (who, "said that an address is not your own")} <= did
