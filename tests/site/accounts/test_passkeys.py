"""Passkeys: what is signed is looked at, and one more or less."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from webauthn.helpers import base64url_to_bytes

from tests.site.accounts.authenticator import PRESENT, Phone
from tests.site.accounts.ways import ask, enrol, sign_in, welcomed, window
from tests.site.conftest import staff

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"host": "evil.example"},
        {"flags": PRESENT},  # nobody unlocked it
        {"flags": 0},
    ],
)
def test_what_was_signed_for_elsewhere_or_by_nobody_is_refused(told, alma, now, wrong):
    _, browser, answer = enrol(told, Phone(**wrong))
    assert answer.status_code == 422
    assert browser.get("/today/").status_code == 404
    good, _, answer = enrol(told)  # a wrong try used nothing up
    assert answer.status_code == 302
    assert sign_in(replace(good, **wrong))[1].status_code == 422


def test_another_key_or_challenge_or_a_second_use_is_refused(told):
    phone, *_ = enrol(told)
    assert sign_in(replace(phone, key=Phone().key))[1].status_code == 422
    assert sign_in(Phone())[1].status_code == 422
    for nothing in ("", "AA"):  # nobody asked anything of this browser
        answer = window().post("/sign-in/passkey", {"credential": phone.shows({"challenge": nothing})})
        assert answer.status_code == 422
    browser = window()
    ask(browser)
    made_up = phone.shows({"challenge": "AAAA"})
    assert browser.post("/sign-in/passkey", {"credential": made_up}).status_code == 422
    first = phone.shows(ask(browser))
    assert browser.post("/sign-in/passkey", {"credential": first}).status_code == 302
    assert browser.post("/sign-in/passkey", {"credential": first}).status_code == 422
    assert window().post("/sign-in/passkey", {"credential": first}).status_code == 422


def test_of_two_tabs_the_one_that_asked_last_gets_in(told):
    phone, *_ = enrol(told)
    browser = window()
    first, second = ask(browser), ask(browser)
    assert browser.post("/sign-in/passkey", {"credential": phone.shows(first)}).status_code == 422
    second = ask(browser)
    assert browser.post("/sign-in/passkey", {"credential": phone.shows(second)}).status_code == 302


def test_what_was_asked_is_to_be_signed_within_five_minutes_by_a_clock_that_was_not_set_back(told, now, clock):
    phone, *_ = enrol(told)
    for moment in (now + timedelta(minutes=6), now - timedelta(days=3)):
        clock(now)
        browser = window()
        answer = phone.shows(ask(browser))
        clock(moment)
        assert browser.post("/sign-in/passkey", {"credential": answer}).status_code == 422


def test_a_copied_passkey_is_found_by_its_count(told):
    phone, *_ = enrol(told)
    copy = replace(phone)
    assert sign_in(phone)[1].status_code == 302
    assert sign_in(copy)[1].status_code == 422


def test_one_passkey_is_one_persons(told, now, cast):
    phone, *_ = enrol(told)
    _, _, answer = enrol(welcomed(staff("therapist", "ben"), now), phone)
    assert answer.status_code == 422


@pytest.mark.long
@pytest.mark.parametrize("rounds", [100, pytest.param(5000, marks=pytest.mark.slow)])
def test_nothing_that_is_sent_in_place_of_a_signature_breaks_it(told, rounds):
    import random

    phone, *_ = enrol(told)
    browser, dice = window(), random.Random(rounds)
    for number in range(rounds):
        asked = ask(browser)
        right = phone.shows(asked) if number % 3 else phone.makes(asked)
        sent = list(right)
        for _ in range(dice.randint(1, 6)):
            sent[dice.randrange(len(sent))] = dice.choice('{}[]",:0aA_-\\ é\x00')
        whole = "".join(sent)[: dice.randint(0, len(sent))] if number % 2 else "".join(sent)
        status = browser.post("/sign-in/passkey", {"credential": whole}).status_code
        refused = 400 if "\0" in whole else 422
        assert status == refused or (status == 302 and meant(whole) == meant(right)), whole


def meant(sent):
    """What was signed, without the way it was written: the last letter of base64 has bits to spare."""
    parts = json.loads(sent)
    return parts["id"], {name: base64url_to_bytes(value) for name, value in parts["response"].items()}


def test_passkeys_are_not_offered_where_browsers_make_none(told):
    from django.test import Client

    bare = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    assert "data-passkey" not in bare.get("/sign-in").content.decode()
    assert bare.post("/sign-in/passkey/ask").status_code == 404
    assert "data-passkey" in window().get("/sign-in").content.decode()


def test_one_more_passkey_and_one_less_but_never_none(told):
    first, browser, _ = enrol(told)
    second = Phone()
    answer = browser.post("/ways/add", {"credential": second.makes(ask(browser, "/ways/add/ask"))})
    assert (answer.status_code, answer["Location"]) == (302, "/ways")
    assert sign_in(second)[1].status_code == 302
    one, two = re.findall(r"/ways/remove/\d+", browser.get("/ways").content.decode())
    assert browser.post(one).status_code == 302
    assert sign_in(first)[1].status_code == 422
    answer = browser.post(two)
    assert answer.status_code == 422
    assert "your only way in" in answer.content.decode()
    assert sign_in(second)[1].status_code == 302


@pytest.mark.hazard("H-14")
def test_a_passkey_more_or_less_ends_his_other_sessions_and_says_so(told, cast, now):
    first, browser, _ = enrol(told)
    second, (other, _), (third, _) = Phone(), sign_in(first), sign_in(first)
    _, ben, _ = enrol(welcomed(staff("therapist", "ben"), now))
    browser.post("/ways/add", {"credential": second.makes(ask(browser, "/ways/add/ask"))})
    page = browser.get("/ways").content.decode()
    assert "The passkey is made. You are signed out in 2 other places." in page
    assert "signed out in" not in browser.get("/ways").content.decode()
    assert [one.get("/today/").status_code for one in (browser, other, third, ben)] == [200, 404, 404, 200]
    other, _ = sign_in(second)
    one, _ = re.findall(r"/ways/remove/\d+", browser.get("/ways").content.decode())
    browser.post(one)
    page = browser.get("/ways").content.decode()
    assert "The passkey is removed. You are signed out in the one other place." in page
    assert [one.get("/today/").status_code for one in (browser, other)] == [200, 404]
    browser.post(one)  # is gone already, and once more is no fault
    assert "The passkey is removed. You are signed in nowhere else." in browser.get("/ways").content.decode()


def test_nobody_removes_a_passkey_of_somebody_else_or_adds_what_was_not_asked(told, now, cast):
    from holdfast_site.accounts.models import Passkey

    alma, *_ = enrol(told)
    _, ben, _ = enrol(welcomed(staff("therapist", "ben"), now))
    pk = Passkey.objects.get(member__login="alma therapist").pk
    ben.post("/ways/add", {"credential": Phone().makes(ask(ben, "/ways/add/ask"))})
    ben.post(f"/ways/remove/{pk}")
    assert sign_in(alma)[1].status_code == 302
    made = Phone().makes({"challenge": ""})
    assert ben.post("/ways/add", {"credential": made}).status_code == 422
    assert ben.post("/ways/add", {}).status_code == 422


def test_more_ways_in_need_that_he_has_just_shown_that_it_is_he(told, now, clock):
    _, browser, _ = enrol(told)
    clock(now + timedelta(minutes=6))
    assert browser.get("/ways")["Location"] == "/prove?next=%2Fways"
    assert browser.post("/ways/add/ask").status_code == 302
    assert browser.post("/ways/remove/1").status_code == 302
    from holdfast_site.accounts.models import Passkey

    assert Passkey.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://hill.example", "hill.example"),
        ("http://localhost:8000", "localhost"),
        ("https://hill.example:8443", "hill.example"),
        ("https://192.0.2.7", None),
        ("http://127.0.0.1:8000", None),
        ("https://[2001:db8::1]:8000", None),
        ("https://", None),
        ("hill.example", None),
    ],
)
def test_a_site_is_a_host_with_a_name(address, host):
    from holdfast_site.accounts.passkeys import Site, site_at

    assert site_at(address) == (host and Site(host, address))


def test_a_browser_is_asked_for_a_passkey_of_this_site_that_he_unlocks_and_has_not_made_yet(alma, now, settings, cast):
    from holdfast_site.accounts import passkeys
    from holdfast_site.accounts.models import Passkey

    site, ben = passkeys.Site("hill.example", "https://hill.example"), staff("therapist", "ben")
    for post in (alma, ben):
        its = {"credential": post.member.login.encode(), "public_key": b"", "sign_count": 0, "made_at": now}
        Passkey.objects.create(member=post.member, **its)
    asked = passkeys.asked_to_make(alma.member, site)
    told = json.loads(asked.options)
    assert base64url_to_bytes(told["challenge"]) == asked.challenge
    assert told["rp"] == {"name": "hill.example", "id": "hill.example"}
    assert told["user"]["name"] == "alma therapist"
    assert base64url_to_bytes(told["user"]["id"]) == settings.VAULT.lasting("passkeys", str(alma.member_id).encode())
    wanted = told["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"]) == ("required", "required")
    assert [base64url_to_bytes(one["id"]) for one in told["excludeCredentials"]] == [b"alma therapist"]
    asked = passkeys.asked_to_show(site)
    told = json.loads(asked.options)
    assert base64url_to_bytes(told["challenge"]) == asked.challenge
    assert (told["rpId"], told["userVerification"], told["allowCredentials"]) == ("hill.example", "required", [])


@pytest.fixture(name="bens")
def _bens(cast):
    """Ben, whose phone has a passkey that he uses; a call with one makes it, another shows it."""
    from holdfast_site.accounts import passkeys

    site, member, phone = passkeys.Site("localhost", "http://localhost"), staff("therapist", "ben").member, Phone()

    def makes(now, *, phone=phone, more=0, **changes):
        asked = passkeys.asked_to_make(member, site)
        answer = phone.makes(json.loads(asked.options))
        told = {"challenge": asked.challenge, "answer": answer.ljust(more), **changes}
        return passkeys.keep_made(member, told["answer"], told["challenge"], site, now=now)

    def shows(now, *, more=0, **changes):
        asked = passkeys.asked_to_show(site)
        answer = phone.shows(json.loads(asked.options))
        told = {"challenge": asked.challenge, "answer": answer.ljust(more), **changes}
        return passkeys.shown(told["answer"], told["challenge"], site, now=now)

    return member, phone, makes, shows


def test_a_passkey_is_kept_once_with_what_is_needed_to_know_it_again(bens, now):
    from holdfast_site.accounts.models import Passkey
    from holdfast_site.accounts.passkeys import MOST_BYTES

    ben, phone, makes, _ = bens
    phone.count = 7
    for wrong in ({"challenge": None}, {"challenge": b"another"}, {"more": MOST_BYTES + 1}, {"answer": "{"}):
        assert makes(now, **wrong) is False
    assert makes(now, more=MOST_BYTES) is True
    assert makes(now) is False  # there is such a one
    kept = Passkey.objects.get()
    assert (kept.member, bytes(kept.credential), kept.sign_count, kept.made_at) == (ben, phone.credential, 7, now)
    assert kept.used_at is None
    other = Phone()
    assert makes(now, phone=other) is True
    assert {bytes(one.credential) for one in ben.passkeys.all()} == {phone.credential, other.credential}


def test_a_passkey_shows_who_it_is_while_he_is_there_and_counts(bens, now):
    from holdfast_site.accounts.models import Member, Passkey
    from holdfast_site.accounts.passkeys import MOST_BYTES

    ben, phone, makes, shows = bens
    makes(now, phone=Phone())
    makes(now)
    other, his = Passkey.objects.order_by("pk")
    for wrong in ({"challenge": None}, {"challenge": b"another"}, {"more": MOST_BYTES + 1}, {"answer": "{"}):
        assert shows(now, **wrong) is None
    later = now + timedelta(hours=1)
    assert shows(later, more=MOST_BYTES) == his
    assert shows(later).member == ben
    his.refresh_from_db()
    other.refresh_from_db()
    assert (his.sign_count, his.used_at) == (phone.count, later)
    assert (other.sign_count, other.used_at) == (0, None)
    Member.objects.filter(pk=ben.pk).update(is_active=False)
    assert shows(later) is None
