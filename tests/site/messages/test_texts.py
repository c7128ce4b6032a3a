"""Text messages: what goes to the gateway, and what it says back."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import timedelta
from hashlib import sha1

import pytest

from tests.site.conftest import appointment
from tests.site.messages.sinks import gateway
from tests.site.messages.test_sending import NUMBER, _mail, _past, card, messages, text_of, turn  # noqa: F401

pytestmark = pytest.mark.long


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


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("sender", ["HillStreet", "Hill 4", "4 You"])
def test_a_text_message_from_a_name_cannot_be_replied_to_and_brings_a_way_to_stop_that_works(
    cast, sms, past, now, browser, settings, sender
):
    from holdfast_site.people.selectors import cards_of

    named = settings.SITE.sms.model_copy(update={"sender": sender})
    settings.SITE = settings.SITE.model_copy(update={"sms": named})
    turn(now)
    (text,) = sms.got[0]["Body"]
    assert "STOP" not in text
    assert len(text) <= 160  # one part
    assert text.isascii()
    browser.post(re.search(r"Stop: https://hill\.example(/stop/\S+)$", text)[1])
    assert cards_of([cast.dan])["dan"].channel == "none"


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
    return signature_of("https://hill.example/sms" + "".join(name + form[name] for name in sorted(form)), token)


def signature_of(told, token):
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
    assert not is_signed("12345", f"{url}3", fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    twice = {"To": ["2", "1", "2"], "From": ["3"]}  # each value once, in order
    for token, is_good in (("secret", True), ("", False)):  # who has no secret would have one that everybody knows
        made = signature_of("https://hill.example/smsFrom3To1To2", token)
        assert is_signed(token, "https://hill.example/sms", twice, made) is is_good
    assert not is_signed("secret", url, fields, "ä")


def test_what_ends_the_messages_and_what_is_sent_back():
    from xml.etree import ElementTree

    from holdfast_site.messages.gateway import SILENCE, STOP_WORDS, answer, wants_to_stop

    for word in STOP_WORDS:
        for said in (word, word.upper(), f"  {word}!", f"{word}. ", f"{word}..\n"):
            assert wants_to_stop(said), said
    for said in ("", "stop it, please", "stops", "X", "XSTOPX", "do not stop", "end. of"):
        assert not wants_to_stop(said), said
    assert ElementTree.fromstring(answer("Call <now> & here")).findtext("Message") == "Call <now> & here"
    assert [one.tag for one in ElementTree.fromstring(SILENCE).iter()] == ["Response"]


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
