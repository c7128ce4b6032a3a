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


# --- each of the two ways has its own state -----------------------------------------------------------

PHONE, HERS_TOO = "+447700900001", "+447700900666"


def told_at(mail):
    return [one["To"] for one in mail.got if "changed" in one["Subject"]]


def is_his(cast, way, at):
    from holdfast_site.accounts.whose_address import is_his_own
    from holdfast_site.people.models import Contact

    return is_his_own(Contact.objects.get(client=cast.dan), way, now=at)


def sent_to():
    """What waits to be sent, and where it would go out now."""
    from django.utils import timezone

    from holdfast_site.messages.models import Message
    from holdfast_site.messages.services import _recipient

    channels = {"email": None, "sms": None}
    found = [
        (one.kind, _recipient(one, timezone.now(), channels))
        for one in Message.objects.filter(state="waiting").order_by("pk")
    ]
    return [(kind, his and his.to) for kind, his in found]


@pytest.mark.parametrize(
    ("known", "then"),
    [
        ({"phone": PHONE, "channel": "sms"}, {"phone": PHONE, "email": HERS, "channel": "email"}),
        ({"email": HIS, "channel": "email"}, {"email": HIS, "phone": HERS_TOO, "channel": "sms"}),
    ],
)
def test_a_second_address_is_a_change_and_he_is_told_where_he_was_reached_before(cast, mail, desk, now, known, then):
    old, new = (told["email" if told["channel"] == "email" else "phone"] for told in (known, then))
    way = "email" if then["channel"] == "email" else "phone"
    enter(desk, **known)
    enter(desk, **then)
    assert sent_to() == [("moved", old), ("confirm", new)]
    for later in (timedelta(0), timedelta(days=4)):
        assert not is_his(cast, way, now + later)


def test_by_a_second_address_no_link_opens_his_page(cast, mail, desk, now):
    enter(desk, phone=PHONE, channel="sms")
    enter(desk, phone=PHONE, email=HERS)
    turn(now + timedelta(minutes=1))
    ((to, link),) = links(mail)
    assert to == HERS
    assert not opens(link, a_code(cast))


def test_a_second_way_that_is_not_used_changes_nothing_for_the_first(cast, mail, desk, now):
    enter(desk, email=HIS)
    enter(desk, email=HIS, phone=HERS_TOO)
    turn(now + timedelta(minutes=1))
    assert told_at(mail) == [] == links(mail, "yours")
    ((_, link),) = links(mail)
    assert opens(link, a_code(cast))
    assert not is_his(cast, "phone", now + timedelta(days=9))


def test_a_yes_about_his_mail_says_nothing_of_a_phone_that_somebody_changed(cast, mail, desk, now):
    enter(desk, email="old@his.example", phone=PHONE)
    enter(desk, email=HIS, phone=HERS_TOO)
    turn(now + timedelta(minutes=1))
    ((to, ask),) = links(mail, "yours")
    assert to == HIS
    window().post(ask, {"his": "yes"})
    later = now + timedelta(days=3, minutes=1)
    assert is_his(cast, "email", later)
    assert not is_his(cast, "phone", later)
    enter(desk, email=HIS, phone=HERS_TOO, channel="sms")
    assert sent_to() == [("moved", HIS), ("confirm", HERS_TOO)]
    assert not is_his(cast, "phone", later)


def test_a_question_about_one_way_is_never_sent_to_the_other(cast, mail, desk, now):
    enter(desk, email=HIS)
    enter(desk, email=HIS, phone=HERS_TOO, channel="sms")
    assert ("confirm", HERS_TOO) in sent_to()
    enter(desk, email=HERS, phone=HERS_TOO, channel="sms")
    assert ("confirm", HERS_TOO) in sent_to()
    enter(desk, email=HERS, phone=HERS_TOO, channel="email")
    assert ("confirm", HERS) in sent_to()
    from holdfast_site.messages.models import Message

    about_the_phone = Message.objects.filter(kind="confirm").order_by("pk").first()
    turn(now + timedelta(minutes=1))
    about_the_phone.refresh_from_db()
    assert about_the_phone.state == "given_up"


def test_what_he_entered_himself_stays_his_when_the_desk_changes_the_way(cast, mail, desk, now):
    enter(desk, email="old@his.example")
    own_page(cast, email=HIS, phone=PHONE, channel="email")
    enter(desk, email=HIS, phone=PHONE, channel="sms")
    assert is_his(cast, "phone", now)


def own_page(cast, **told):
    import uuid

    hours = {"safe_from": "0", "safe_until": "24", "form": str(uuid.uuid4())}
    assert signed_in("client", of=cast.dan).post("/mine/reach", {**REACH, **hours, **told}).status_code == 302


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


# --- an old address that is not safe ------------------------------------------------------------------


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


# --- "no, it is not mine" lasts -----------------------------------------------------------------------


@pytest.fixture(name="denied")
def _denied(cast, mail, desk, now):
    """Somebody got the question whether it is his, and said no."""
    enter(desk, email="old@his.example")
    enter(desk, email=HERS)
    turn(now + timedelta(minutes=1))
    ((_, ask),) = links(mail, "yours")
    window().post(ask, {"his": "no"})
    mail.got.clear()


def a_session_later(cast, now):
    appointment(cast.dan, cast.alma, now + timedelta(hours=20))
    turn(now + timedelta(days=1, hours=3))


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


# --- what the desk is told ----------------------------------------------------------------------------


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
