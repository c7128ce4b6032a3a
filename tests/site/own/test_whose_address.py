"""A link is half of a way in to his own page: only one that went to him counts, and never by his therapist's hand."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.site.accounts.test_ways_in import window
from tests.site.conftest import appointment, client, signed_in
from tests.site.messages.sinks import mail_server
from tests.site.own.test_mine import REACH, code_told

pytestmark = [pytest.mark.long, pytest.mark.hazard("H-16")]

HIS, HERS = "dan@his.example", "alma@hers.example"
CARD = {"name": "Dan", "channel": "email", "wording": "message", "safe_from": "0", "safe_until": "24"}


@pytest.fixture(name="mail")
def _mail(cast, settings):
    """A practice that sends mail to a server on this machine; nothing was asked about Dan's last session yet."""
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.config import EmailConfig

    Invitation.objects.filter(appointment__client=cast.dan).delete()
    with mail_server() as sink:
        told = EmailConfig(host="127.0.0.1", port=sink.port, security="none", sender="Hill <hello@hill.example>")
        changes = {"email": told, "address": "https://hill.example", "phone": "020 7946 0321"}
        settings.SITE = settings.SITE.model_copy(update=changes)
        yield sink


@pytest.fixture(name="desk")
def _desk(cast):
    return signed_in("desk")


@pytest.fixture(name="alma_at_the_desk")
def _alma_at_the_desk(cast):
    """Alma treats Dan, and sits at the desk as well: the same person, in another role."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Member
    from holdfast_site.accounts.services import add_member

    alma = signed_in("therapist", "alma")
    member = Member.objects.get(posts__therapist="alma")
    add_member(member.login, Role.DESK)
    return alma, in_role(member, "desk")


def in_role(member, role):
    from django.conf import settings
    from django.http import HttpRequest
    from django.utils import timezone

    from holdfast_site.accounts import sessions
    from holdfast_site.accounts.models import Post

    browser, request = window(), HttpRequest()
    request.session = browser.session
    sessions.begin(request, Post.objects.get(member=member, role=role), now=timezone.now())
    request.session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return browser


def enter(desk, **told):
    """Keep his card, as the desk's page does."""
    page = desk.get("/clients/dan").content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1].replace("&#x27;", "'")
    answer = desk.post("/clients/dan", {**CARD, "seen": seen, **told})
    assert answer.status_code == 302, answer.content.decode()


def turn(now):
    from holdfast_site.messages.transports import transports
    from holdfast_site.worker import Sender

    Sender(transports(), lambda: now).turn(now)


def links(mail, way="c"):
    """The addresses of one kind that went out, with whom they went to."""
    found = ((one["To"], re.search(rf"https://hill\.example(/{way}/\S+)", one.get_content())) for one in mail.got)
    return [(to, link[1]) for to, link in found if link]


def opens(link, code):
    return window().post(f"{link}/mine", {"code": code}).status_code == 302


def a_code(cast):
    return code_told(signed_in("therapist", "alma").post("/mine/give/dan"))


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


def leads(link, at):
    from holdfast_site.checkins.selectors import invitation_of_link
    from holdfast_site.messages.selectors import leads_to_him

    return leads_to_him(invitation_of_link(link.rpartition("/")[2]), now=at)


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


def asked_again(cast, mail, at):
    """One more session, and the link about it."""
    appointment(cast.dan, cast.alma, at - timedelta(hours=5))
    before = links(mail)
    turn(at)
    ((_, link),) = [one for one in links(mail) if one not in before]
    return link


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
    from holdfast_site.messages.models import Message, Undelivered

    enter(desk, email="old@his.example")
    enter(desk, email=HIS)
    Message.objects.filter(kind="confirm").delete()
    mail.refuse = "550 nobody here"
    from holdfast_site.messages.services import send_waiting
    from holdfast_site.messages.transports import transports

    assert send_waiting(lambda: now + timedelta(minutes=1), transports()) == 0
    assert Message.objects.get().state == "given_up"
    assert not Undelivered.objects.exists()


def test_who_wants_nothing_sent_is_told_nothing_at_an_old_address_either(cast, mail, desk, now):
    enter(desk, email="old@his.example", channel="none")
    enter(desk, email=HIS, channel="none")
    turn(now + timedelta(minutes=1))
    assert mail.got == []
    answer = desk.post("/clients/dan", {"ask": "yes"}, follow=True).content.decode()
    assert "Nothing was sent" in answer


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
    from holdfast_site.people.selectors import treats

    signed_in("therapist", "alma")
    from holdfast_site.accounts.models import Post

    mark = f"desk:{Post.objects.get(therapist='alma').member_id}"
    assert treats(mark, "dan")
    assert not treats(mark, "ida")
    for unknown in ("", "desk:", "anyone:operator", "desk:9999999"):
        assert not treats(unknown, "dan")
