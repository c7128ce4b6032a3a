"""Messages: queued with their link, sent once, within safe hours, without a word of what they are about."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.site.conftest import appointment, staff
from tests.site.messages.sinks import gateway, mail_server

pytestmark = pytest.mark.long

ADDRESS, NUMBER = "dan@zanzibar.example", "07700 900123"
CANARIES = ("Dan", "Marsh", "dan@", "alma", "Alma", "Hill Street", "therap", "session", "Zanzibar")


def card(client, now, **told):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    known = {"name": "Dan Marsh", "email": ADDRESS, "channel": "email", "safe_from": 0, "safe_until": 24, **told}
    keep_contact(by=OPERATOR, client=client, card=ContactCard(**known), now=now)


@pytest.fixture(name="mail")
def _mail(cast, now, settings):
    """A practice that sends mail to a server on this machine, and Dan who gets some."""
    from holdfast_site.config import EmailConfig

    card(cast.dan, now)
    with mail_server() as sink:
        told = EmailConfig(host="127.0.0.1", port=sink.port, security="none", sender="Hill Street <hello@hill.example>")
        settings.SITE = settings.SITE.model_copy(update={"email": told, "address": "https://hill.example"})
        yield sink


def turn(now):
    """What the worker does in one round."""
    from holdfast_site.messages.transports import transports
    from holdfast_site.worker import Sender

    Sender(transports()).turn(now)


def messages():
    from holdfast_site.messages.models import Message

    return list(Message.objects.order_by("pk"))


@pytest.fixture(name="past")
def _past(cast, now):
    """A session of Dan's about which nothing was asked yet."""
    return appointment(cast.dan, cast.alma, now - timedelta(hours=5))


def text_of(mail):
    return mail.get_content()


def test_after_a_session_he_gets_one_link_and_it_works(cast, mail, past, now, browser):
    turn(now)
    turn(now + timedelta(seconds=5))
    (got,) = mail.got
    assert got["To"] == ADDRESS
    assert got["Subject"] == "You have a message"
    path = re.search(r"https://hill\.example(/c/\S+)", text_of(got))[1]
    assert browser.get(path).status_code == 200
    (message,) = messages()
    assert (message.state, bytes(message.sealed)) == ("sent", b"")
    assert got["Message-ID"] == f"<{message.mark}@hill.example>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_before_a_session_he_is_asked_whether_he_comes(cast, mail, now, browser):
    appointment(cast.dan, cast.alma, now + timedelta(hours=28), status="booked")
    turn(now)
    path = re.search(r"https://hill\.example(/n/\S+)", text_of(mail.got[0]))[1]
    assert "Coming?" in browser.get(path).content.decode()


@pytest.mark.hazard("H-08", "H-16")
def test_no_message_says_what_it_is_about_or_whose_it_is(cast, mail, past, now):
    turn(now)
    whole = re.sub(r"From: .*|To: .*|https://\S+|Message-ID: .*|List-Unsubscribe: .*", "", mail.got[0].as_string())
    assert [word for word in CANARIES if word in whole] == []


@pytest.mark.hazard("H-08")
def test_every_wording_is_neutral_and_a_text_message_is_one_part(site):
    from holdfast_site.messages.wording import WORDINGS, telling, worded
    from holdfast_site.people.contacts import ContactCard

    assert set(WORDINGS) == set(ContactCard.model_fields["wording"].annotation.__args__)
    link = f"https://practice.example/c/{'x' * 43}"
    for name in WORDINGS:
        for by_sms in (True, False):
            subject, text = worded(name, link, link.replace("/c/", "/stop/"), by_sms=by_sms)
            assert telling(subject) == telling(re.sub(r"https://\S+", "", text)) == ""
        sms = worded(name, link, "", by_sms=True)[1]
        assert len(sms) <= 160
        assert sms.isascii()


def test_neither_link_nor_address_is_on_the_disk(cast, mail, past, now, site):
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    services.queue_due(now, transports())
    (message,) = messages()
    assert message.state == "waiting"
    turn(now)
    link = re.search(r"/c/(\S+)", text_of(mail.got[0]))[1]
    for file in site.iterdir():
        found = file.read_bytes()
        assert link.encode() not in found
        assert ADDRESS.encode() not in found


# --- to whom nothing goes -----------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["none", "sms"])
def test_nothing_goes_by_a_way_he_did_not_choose_or_that_is_not_there(cast, mail, past, now, channel):
    card(cast.dan, now, channel=channel, phone=NUMBER)
    turn(now)
    assert (mail.got, messages()) == ([], [])


def test_nothing_is_made_where_nothing_is_sent(cast, past, now, rows):
    """Without a mail server nobody is asked, and so nobody has left anything unanswered."""
    card(cast.dan, now)
    before = rows()
    turn(now)
    after = rows()
    assert {**after, "Beat": []} == {**before, "Beat": []}


@pytest.mark.parametrize("until", [None, 1, 0])
def test_nothing_goes_to_whoever_has_agreed_a_break(cast, mail, past, now, until):
    from holdfast_site.people.models import Pause

    day = None if until is None else (now.astimezone(ZoneInfo("Europe/London")) + timedelta(days=until)).date()
    Pause.objects.create(client=cast.dan, therapist=cast.alma, at=now - timedelta(hours=1), until=day)
    turn(now)
    assert mail.got == []


def test_after_the_break_it_goes_on(cast, mail, past, now):
    from holdfast_site.people.models import Pause

    day = (now - timedelta(days=2)).date()
    Pause.objects.create(client=cast.dan, therapist=cast.alma, at=now - timedelta(days=30), until=day)
    Pause.objects.create(client=cast.dan, therapist=cast.alma, at=now - timedelta(days=60), until=None)
    turn(now)
    assert len(mail.got) == 1


def test_nothing_goes_to_whoever_is_done_until_something_is_booked_anew(cast, mail, now, browser):
    from tests.site.before.test_ask import asked, replied

    booked = appointment(cast.dan, cast.alma, now + timedelta(hours=20), status="booked", booked_at=now)
    browser.post(asked(booked, now), replied("done"))
    appointment(cast.dan, cast.alma, now - timedelta(hours=5))
    turn(now)
    assert mail.got == []
    later = now + timedelta(days=30)
    appointment(cast.dan, cast.alma, later - timedelta(hours=3), booked_at=later - timedelta(days=3))
    turn(later)
    assert len(mail.got) == 1


def test_nothing_goes_about_a_course_that_has_ended(cast, mail, past, now):
    from holdfast_site.people.models import Ending

    Ending.objects.create(client=cast.dan, therapist=cast.alma, ended_on=now.date() + timedelta(days=1), kind="planned")
    turn(now)
    assert mail.got == []


@pytest.mark.hazard("H-09")
def test_what_was_kept_from_his_therapist_changes_nothing_that_is_sent(cast, mail, past, now, browser):
    """Rule 11: what is sent can be seen, so it may not follow from what is private."""
    from tests.site.before.test_ask import asked, replied

    booked = appointment(cast.dan, cast.alma, now + timedelta(hours=50), status="booked")
    browser.post(asked(booked, now), replied("someone_else", attend_next="0"))
    turn(now)
    assert len(mail.got) == 1


def test_it_waits_for_his_safe_hours(cast, mail, past, now):
    """Queued within them, tried outside of them: the practice's computer had slept."""
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    services.queue_due(now, transports())
    hour = now.astimezone(ZoneInfo("Europe/London")).hour
    card(cast.dan, now, safe_from=(hour + 3) % 24, safe_until=(hour + 5) % 24 or 24)
    turn(now)
    (message,) = messages()
    assert (mail.got, message.state, message.tries) == ([], "waiting", 0)
    turn(message.next_at)
    assert len(mail.got) == 1


@pytest.mark.parametrize("status", ["no_show", "cancelled"])
def test_what_became_pointless_meanwhile_is_not_sent_and_was_never_asked(cast, mail, past, now, status):
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    services.queue_due(now, transports())
    past.status = status
    past.save()
    turn(now)
    (message,) = messages()
    assert (mail.got, message.state, bytes(message.sealed)) == ([], "given_up", b"")
    assert not Invitation.objects.filter(appointment=past).exists()


# --- when the other side does not work ----------------------------------------------------------------


def test_a_dead_mail_server_is_tried_again_less_and_less_and_then_given_up(cast, mail, past, now, settings):
    from holdfast_site.checkins.models import Invitation

    dead = settings.SITE.email.model_copy(update={"port": 1})
    settings.SITE = settings.SITE.model_copy(update={"email": dead})
    moment, tried = now, []
    while (not tried or messages()[0].state == "waiting") and len(tried) < 50:
        turn(moment)
        tried.append(moment)
        moment = messages()[0].next_at
    assert messages()[0].state == "given_up"
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert gaps == sorted(gaps)
    assert 5 <= len(tried) <= 9
    assert not Invitation.objects.filter(appointment=past).exists()  # he was never asked, so he left nothing unanswered


def test_when_the_mail_server_is_back_it_goes_out_once(cast, mail, past, now, settings):
    alive = settings.SITE
    settings.SITE = alive.model_copy(update={"email": alive.email.model_copy(update={"port": 1})})
    turn(now)
    settings.SITE = alive
    turn(now + timedelta(seconds=10))
    assert mail.got == []
    turn(now + timedelta(minutes=2))
    turn(now + timedelta(minutes=20))
    assert len(mail.got) == 1


def test_a_line_that_breaks_after_the_message_is_tried_again_under_the_same_mark(cast, mail, past, now):
    mail.hang_up = True
    turn(now)
    (message,) = messages()
    assert (message.state, message.maybe_sent) == ("waiting", True)
    mail.hang_up = False
    turn(now + timedelta(minutes=2))
    first, second = mail.got
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.hazard("H-16")
def test_an_address_that_does_not_work_ends_sending_and_tells_the_desk_until_it_is_changed(cast, mail, past, now):
    from holdfast_site.messages.selectors import has_delivery_problem

    mail.refuse = "550 no such user"
    turn(now)
    assert messages()[0].state == "given_up"
    assert has_delivery_problem([cast.dan, cast.eli]) == {"dan"}
    mail.refuse = ""
    later = now + timedelta(hours=20)
    appointment(cast.dan, cast.alma, later - timedelta(hours=3))
    turn(later)
    assert mail.got == []
    card(cast.dan, later, email="dan@new.example")
    assert has_delivery_problem([cast.dan]) == frozenset()
    turn(later)
    assert [one["To"] for one in mail.got] == ["dan@new.example"]


def test_for_now_is_not_for_ever(cast, mail, past, now):
    mail.refuse = "451 try again later"
    turn(now)
    assert messages()[0].state == "waiting"


def test_audit_has_ids_and_no_address(cast, mail, past, now):
    from holdfast_site.audit.models import Event

    turn(now)
    told = [" ".join(row) for row in Event.objects.values_list("actor", "action", "about")]
    assert "anyone:worker message.sent message:1" in told
    assert ADDRESS not in "".join(told)


# --- by text message ----------------------------------------------------------------------------------


@pytest.fixture(name="sms")
def _sms(cast, now, settings, site_folder):
    from holdfast_site.config import SmsConfig

    card(cast.dan, now, channel="sms", phone=NUMBER)
    token = site_folder.parent / "sms.token"
    token.write_text("12345\n")
    with gateway() as sink:
        told = SmsConfig(
            url=f"http://127.0.0.1:{sink.port}",
            account="AC1",
            token_file=str(token),
            sender="+15005550006",
            country="+44",
        )
        settings.SITE = settings.SITE.model_copy(update={"sms": told, "address": "https://hill.example"})
        yield sink


def test_a_text_message_goes_to_the_gateway(cast, sms, past, now):
    turn(now)
    (got,) = sms.got
    assert got["path"] == "/2010-04-01/Accounts/AC1/Messages.json"
    assert (got["To"], got["From"]) == (["+447700900123"], ["+15005550006"])
    assert got["StatusCallback"] == ["https://hill.example/sms"]
    assert "Reply STOP" in got["Body"][0]
    assert messages()[0].gateway == "SM0001"


@pytest.mark.parametrize(
    ("status", "code", "state"), [(400, 21211, "given_up"), (400, 20003, "waiting"), (503, 0, "waiting")]
)
def test_what_the_gateway_refuses(cast, sms, past, now, status, code, state):
    sms.status, sms.code = status, code
    turn(now)
    assert messages()[0].state == state


def test_a_gateway_that_points_elsewhere_is_not_followed(cast, sms, past, now):
    sms.status = 307
    turn(now)
    assert (len(sms.got), messages()[0].state) == (1, "waiting")


def signed(form, token="12345"):
    import base64
    import hmac
    from hashlib import sha1

    told = "https://hill.example/sms" + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), told.encode(), sha1)).decode()


def heard(browser, form, signature=None):
    return browser.post("/sms", form, headers={"X-Twilio-Signature": signed(form) if signature is None else signature})


def test_the_signature_is_the_gateways_own():
    """The example of Twilio's documentation and of its own libraries' tests."""
    from holdfast_site.messages.gateway import is_signed

    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
            "To": "+18005551212"}  # fmt: skip
    fields = {name: [value] for name, value in form.items()}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert is_signed("12345", url, fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not is_signed("12345", url, {**fields, "Digits": ["1235"]}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not is_signed("", url, fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


@pytest.mark.parametrize("text", ["STOP", "stop.", " Stop ", "UNSUBSCRIBE"])
def test_stop_is_honoured_at_once_and_nothing_more_is_sent(cast, sms, past, now, browser, text):
    from holdfast_site.people.selectors import cards_of

    turn(now)
    assert heard(browser, {"From": "+447700900123", "Body": text}).status_code == 200
    assert cards_of([cast.dan])["dan"].channel == "none"
    later = now + timedelta(days=2)
    appointment(cast.dan, cast.alma, later - timedelta(hours=3))
    turn(later)
    assert len(sms.got) == 1


def test_stop_from_another_number_stops_nobody(cast, sms, past, now, browser):
    from holdfast_site.people.selectors import cards_of

    turn(now)
    heard(browser, {"From": "+447700900999", "Body": "STOP"})
    assert cards_of([cast.dan])["dan"].channel == "sms"


@pytest.mark.parametrize("signature", ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
def test_what_is_not_signed_is_absent_and_changes_nothing(cast, sms, past, now, browser, rows, signature):
    turn(now)
    before = rows()
    answer = heard(browser, {"From": "+447700900123", "Body": "STOP"}, signature)
    assert answer.status_code == 404
    assert answer.content == browser.get("/nothing-is-here").content
    assert rows() == before


@pytest.mark.hazard("H-02", "H-04")
def test_any_other_reply_is_told_that_nobody_reads_it_and_whom_to_call(cast, sms, past, now, browser, rows):
    turn(now)
    before = rows()
    answer = heard(browser, {"From": "+447700900123", "Body": "I cannot go on"})
    assert "Nobody reads replies" in answer.content.decode()
    assert "116 123" in answer.content.decode()
    assert rows() == before


def test_what_could_not_be_delivered_ends_sending(cast, sms, past, now, browser):
    from holdfast_site.messages.selectors import has_delivery_problem

    turn(now)
    heard(browser, {"MessageSid": "SM0001", "MessageStatus": "delivered"})
    assert has_delivery_problem([cast.dan]) == frozenset()
    heard(browser, {"MessageSid": "SM0001", "MessageStatus": "undelivered"})
    assert has_delivery_problem([cast.dan]) == {"dan"}


def test_said_late_about_an_address_that_was_changed_meanwhile_it_changes_nothing(cast, sms, past, now, browser, rows):
    from holdfast_site.messages.selectors import has_delivery_problem

    turn(now)
    failed = {"MessageSid": "SM0001", "MessageStatus": "failed"}
    heard(browser, failed)
    after = rows()
    heard(browser, failed)
    assert rows() == after
    card(cast.dan, now + timedelta(hours=1), channel="sms", phone="07700 900124")
    heard(browser, failed)
    assert has_delivery_problem([cast.dan]) == frozenset()


@pytest.mark.parametrize(
    ("typed", "number"),
    [("07700 900123", "+447700900123"), ("+44 7700 900123", "+447700900123"), ("0044 7700-900123", "+447700900123"),
     ("900123", ""), ("", ""), ("call my wife", ""), ("+1", "")],
)  # fmt: skip
def test_numbers_as_they_are_typed(typed, number, site):
    from holdfast_site.messages.phones import international

    assert international(typed, "+44") == number


# --- stopping by link, and the worker's sign of life --------------------------------------------------


def test_he_ends_the_messages_by_the_link_in_them(cast, mail, past, now, browser, rows):
    from holdfast_site.people.selectors import cards_of

    turn(now)
    path = re.search(r"https://hill\.example(/stop/\S+)", text_of(mail.got[0]))[1]
    before = rows()
    assert browser.get(path).status_code == 200
    assert rows() == before
    for _ in range(2):
        answer = browser.post(path, {"List-Unsubscribe": "One-Click"})
        assert "You get no more of them" in answer.content.decode()
    assert cards_of([cast.dan])["dan"].channel == "none"
    assert cards_of([cast.dan])["dan"].email == ADDRESS


@pytest.mark.hazard("H-01")
def test_staff_are_told_when_the_worker_has_been_silent_for_a_quarter_of_an_hour(cast, now, browser, monkeypatch):
    """H-01: a worker that is dead is seen."""
    from django.utils import timezone

    from tests.site.conftest import signed_in

    silent = "Nothing is being sent or worked out"
    alma = signed_in("therapist", "alma")
    assert silent in alma.get("/today/").content.decode()
    turn(now)
    assert silent not in alma.get("/today/").content.decode()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=14))
    assert silent not in alma.get("/today/").content.decode()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=16))
    assert silent in alma.get("/today/").content.decode()
    assert silent not in browser.get(cast.address).content.decode()


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_was_three_days_wrong_hides_no_dead_worker_and_keeps_nothing_back(cast, mail, past, now, days):
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.selectors import trouble
    from holdfast_site.messages.services import beat, queue_due
    from holdfast_site.messages.transports import transports

    beat(now + timedelta(days=days))
    assert trouble(now) != ""
    queue_due(now, transports())
    Message.objects.update(state="sending", claimed_at=now + timedelta(days=days))  # and killed then
    turn(now)
    assert trouble(now) == ""
    assert len(mail.got) == 1


def test_lists_are_worked_out_after_a_new_answer_and_not_after_one_that_was_kept_from_the_therapist(
    cast, now, browser, monkeypatch
):
    from holdfast_site import worker
    from tests.site.checkins.test_answer import filled

    done = []
    monkeypatch.setattr(worker, "refresh", done.append)
    refresher = worker.Refresher()
    refresher.turn(now - timedelta(seconds=30))
    refresher.turn(now - timedelta(seconds=10))
    assert len(done) == 1
    browser.post(cast.address, filled(who="care_contact"))
    refresher.turn(now + timedelta(minutes=1))
    assert len(done) == 1
    browser.post(f"/c/{cast.other_link}", filled())
    refresher.turn(now + timedelta(minutes=1))
    assert len(done) == 2
    refresher.turn(now + timedelta(minutes=2))
    assert len(done) == 2
    refresher.turn(now + timedelta(minutes=62))
    assert len(done) == 3


def test_a_member_of_staff_is_needed_for_the_sign(site):
    """Pages that are nobody's ask the database for nothing."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.pages import _trouble

    staff("desk")
    assert _trouble(ANYONE.role) == ""


def test_a_round_that_fails_is_followed_by_the_next_one(site, caplog):
    import threading

    from holdfast_site.worker import _keep_doing

    stopped, rounds = threading.Event(), []

    def turn(now):
        rounds.append(now)
        if len(rounds) == 3:
            stopped.set()
        raise ZeroDivisionError("Zanzibar")

    _keep_doing(turn, 0.001, stopped)
    assert len(rounds) == 3


def test_a_gateway_that_breaks_off_in_its_answer_may_have_sent_it(monkeypatch):
    import http.client
    import urllib.request

    from holdfast_site.config import SmsConfig
    from holdfast_site.messages import transports

    def broken(*_, **__):
        raise http.client.IncompleteRead(b"")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", broken)
    config = SmsConfig(url="https://sms.example", account="AC1", sender="+447700900000", token_file="t")
    send = transports.by_sms(config, "secret", "https://site.example/sms")
    with pytest.raises(transports.NotSent) as told:
        send(transports.Outgoing(mark="m", channel="sms", to="+447700900123", subject="", text="x", stop=""))
    assert told.value.maybe
