"""The first way in, passkeys, codes, wrong tries, and showing once more that it is he."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from webauthn.helpers import base64url_to_bytes

from tests.site.accounts.authenticator import PRESENT, Phone
from tests.site.conftest import PASSWORD, staff

pytestmark = pytest.mark.long


@pytest.fixture(name="alma")
def _alma(cast):
    return staff("therapist", "alma")


@pytest.fixture(name="told")
def _told(alma, now):
    return welcomed(alma, now)


@pytest.fixture(name="clock")
def _clock(now, monkeypatch):
    """A clock to set."""
    from django.utils import timezone

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(now)
    return set_to


def welcomed(post, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts.services import welcome

    return welcome(by=OPERATOR, post=post, now=now)


def window():
    from django.test import Client

    return Client(SERVER_NAME="localhost", raise_request_exception=False)


def come_with(told, browser=None):
    browser = browser or window()
    answer = browser.post(f"/welcome/{told.link}", {"code": told.code})
    assert (answer.status_code, answer["Location"]) == (302, "/way-in")
    return browser


def ask(browser, to="/sign-in/passkey/ask"):
    answer = browser.post(to)
    assert answer.status_code == 200
    return json.loads(answer.content)


def enrol(told, phone=None, browser=None):
    phone = phone or Phone()
    browser = come_with(told, browser)
    answer = browser.post("/way-in/passkey", {"credential": phone.makes(ask(browser, "/way-in/passkey/ask"))})
    return phone, browser, answer


def sign_in(phone, browser=None, **changes):
    browser = browser or window()
    return browser, browser.post("/sign-in/passkey", {"credential": phone.shows(ask(browser)), **changes})


def with_code_app(told, now):
    """Set up a password and a code app; the browser, the secret, and the codes on paper."""
    browser = come_with(told)
    page = browser.get("/way-in/code").content.decode()
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)[1]
    sent = {"password": PASSWORD, "code": pyotp.TOTP(secret).at(now)}
    answer = browser.post("/way-in/code", sent)
    return browser, secret, re.findall(r"<li>([a-z0-9]{5}-[a-z0-9]{5})</li>", answer.content.decode())


def by_code(browser, right_code, **changes):
    return browser.post("/sign-in", {"login": "alma therapist", "password": PASSWORD, "code": right_code, **changes})


# --- passkeys ---------------------------------------------------------------------------------------


def test_from_a_link_and_a_code_to_a_passkey_and_in_again(told):
    phone, browser, answer = enrol(told)
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert browser.get("/today/").status_code == 200
    again, answer = sign_in(phone)
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert again.get("/today/").status_code == 200


def test_the_link_without_the_code_shows_nothing_and_opens_nothing(told):
    browser = window()
    page = browser.get(f"/welcome/{told.link}")
    assert page.status_code == 200
    assert "alma" not in page.content.decode().lower()
    for address in ("/way-in", "/way-in/code", "/today/"):
        assert browser.get(address).status_code == 404
    assert browser.post("/way-in/passkey/ask").status_code == 404


def test_a_link_and_a_code_work_once_and_for_a_week(told, alma, now, clock):
    enrol(told)
    assert window().get(f"/welcome/{told.link}").status_code == 404
    again = welcomed(alma, now)
    clock(now + timedelta(days=7))
    assert window().get(f"/welcome/{again.link}").status_code == 404


def test_a_new_link_ends_the_one_before(told, alma, now):
    welcomed(alma, now)
    assert window().get(f"/welcome/{told.link}").status_code == 404


def test_after_five_wrong_codes_the_right_one_is_wrong(told):
    browser = window()
    for number in range(5):
        assert browser.post(f"/welcome/{told.link}", {"code": f"{number:08}"}).status_code == 422
    assert browser.post(f"/welcome/{told.link}", {"code": told.code}).status_code == 404


def test_a_wrong_code_says_what_to_do_to_staff_as_staff_and_to_a_client_as_a_client(cast, told, now):
    page = window().post(f"/welcome/{told.link}", {"code": "00000000"}).content.decode()
    assert "ask the lead, or whoever runs this site," in page
    assert "your therapist" not in page
    his = welcomed(staff("client", of=cast.dan), now)
    page = window().post(f"/welcome/{his.link}", {"code": "00000000"}).content.decode()
    assert "ask the practice, not your therapist," in page
    assert "the lead" not in page


def test_somebody_who_came_with_a_code_has_half_an_hour(told, now, clock):
    browser = come_with(told)
    clock(now + timedelta(minutes=29))
    assert browser.get("/way-in").status_code == 200
    clock(now + timedelta(minutes=31))
    assert browser.get("/way-in").status_code == 404


def test_a_new_way_in_takes_the_old_ones_away_and_ends_open_sessions(told, alma, now):
    lost, thief, _ = enrol(told)
    enrol(welcomed(alma, now))
    assert thief.get("/today/").status_code == 404
    assert sign_in(lost)[1].status_code == 422


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


# --- codes ------------------------------------------------------------------------------------------


def test_a_password_and_a_code_app(told, now, clock):
    browser, secret, on_paper = with_code_app(told, now)
    assert browser.get("/today/").status_code == 200
    assert len(on_paper) == 8
    clock(now + timedelta(minutes=1))
    code = pyotp.TOTP(secret).at(now + timedelta(minutes=1))
    assert by_code(window(), code).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"login": "nobody"}, {"code": "000000"}, {"code": ""}, {"password": ""}]
)
def test_whatever_is_wrong_the_answer_is_the_same(told, now, clock, wrong):
    _, secret, _ = with_code_app(told, now)
    clock(now + timedelta(minutes=1))
    browser = window()
    answer = by_code(browser, pyotp.TOTP(secret).at(now + timedelta(minutes=1)), **wrong)
    assert answer.status_code == 422
    assert answer.content.decode().count("That did not fit together.") == 1
    assert browser.get("/today/").status_code == 404


def test_no_code_is_right_twice_nor_an_older_one(told, now, clock):
    _, secret, (first, *_) = with_code_app(told, now)
    later = now + timedelta(minutes=2)
    clock(later)
    clockwork = pyotp.TOTP(secret)
    assert by_code(window(), clockwork.at(later)).status_code == 302
    assert by_code(window(), clockwork.at(later)).status_code == 422
    assert by_code(window(), clockwork.at(later - timedelta(seconds=30))).status_code == 422
    assert by_code(window(), clockwork.at(later - timedelta(minutes=5))).status_code == 422
    assert by_code(window(), first).status_code == 302
    assert by_code(window(), first).status_code == 422


@pytest.mark.parametrize("kind", ["app", "paper"])
def test_a_code_that_is_sent_twenty_times_at_once_is_right_once(told, now, clock, kind):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from holdfast_site.accounts.codes import accepted
    from holdfast_site.accounts.models import Member

    _, secret, on_paper = with_code_app(told, now)
    later = now + timedelta(minutes=1)
    code = on_paper[0] if kind == "paper" else pyotp.TOTP(secret).at(later)
    member = Member.objects.get(login="alma therapist")

    def sent(_):
        try:
            return accepted(member, code, now=later)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as at_once:
        assert sum(at_once.map(sent, range(20))) == 1


def test_a_password_alone_is_never_enough(cast, now):
    staff("therapist", "alma", password=PASSWORD)
    assert by_code(window(), "123456").status_code == 422


def test_a_short_or_common_password_is_refused(told, now):
    browser = come_with(told)
    page = browser.get("/way-in/code").content.decode()
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)[1]
    answer = browser.post("/way-in/code", {"password": "short", "code": pyotp.TOTP(secret).at(now)})
    assert answer.status_code == 422
    assert "15 characters" in answer.content.decode()
    assert secret in answer.content.decode()


def test_neither_secret_nor_codes_nor_addresses_are_on_disk_as_they_are(told, now, stored):
    _, secret, on_paper = with_code_app(told, now)
    by_code(window(), "000000")
    disk = stored()
    for hidden in (PASSWORD, on_paper[0], on_paper[0].replace("-", ""), told.code, told.link, "127.0.0.1"):
        assert hidden.encode() not in disk, hidden
    from holdfast_site.accounts.models import CodeApp

    assert secret.encode() not in bytes(CodeApp.objects.get().sealed)


# --- wrong tries ------------------------------------------------------------------------------------


def test_wrong_tries_make_that_address_wait_longer_each_time_and_nobody_else(told, now, clock):
    _, secret, _ = with_code_app(told, now)
    moment = now + timedelta(minutes=1)
    clock(moment)
    for _ in range(12):
        by_code(window(), "000000", password="wrong")
    right = pyotp.TOTP(secret).at(moment)
    assert by_code(window(), right).status_code == 422  # from the address that guessed
    owner = window()
    owner.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert by_code(owner, right).status_code == 302


def test_somebody_who_guesses_a_password_never_keeps_a_passkey_out(told, alma, now):
    phone, *_ = enrol(told)
    for _ in range(30):
        by_code(window(), "000000", password="wrong")
    assert sign_in(phone)[1].status_code == 302


def test_the_wait_grows_and_ends(site):
    from holdfast_site.accounts.tries import wait

    waits = [wait(wrong).total_seconds() for wrong in range(20)]
    assert waits[:7] == [0, 0, 0, 0, 0, 1, 2]
    assert waits == sorted(waits)
    assert waits[-1] == 15 * 60
    assert wait(10**9).total_seconds() == 15 * 60


def test_a_try_after_the_wait_counts_and_a_clock_that_was_set_back_makes_nobody_wait(site, now):
    from holdfast_site.accounts import tries

    for _ in range(8):
        tries.begin("x", now=now)
    assert not tries.begin("x", now=now)
    assert tries.begin("x", now=now - timedelta(days=3))
    assert tries.begin("y", now=now)
    assert tries.begin("x", now=now + timedelta(days=2))


def test_neighbours_in_one_household_count_together(site):
    from holdfast_site.accounts.tries import household

    assert household("2001:db8:1:2:3::4") == household("2001:db8:1:2:ffff::9")
    assert household("2001:db8:1:2:3::4") != household("2001:db8:1:3::4")
    assert household("192.0.2.7") != household("192.0.2.8")


@pytest.mark.parametrize("no_address", ["", "unix:", "testserver", "1.2.3.4.5"])
def test_what_is_no_address_is_counted_as_it_is(site, no_address):
    from holdfast_site.accounts.tries import household

    assert household(no_address) == no_address


# --- roles, and once more ---------------------------------------------------------------------------


def test_with_two_roles_he_says_in_which_and_gets_no_other(told):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    phone, *_ = enrol(told)
    add_member("alma therapist", Role.CARE_CONTACT)
    browser, answer = sign_in(phone)
    assert answer["Location"] == "/sign-in/role"
    page = browser.get("/sign-in/role").content.decode()
    assert page.count('name="role"') == 2
    assert browser.get("/today/").status_code == 404
    assert browser.post("/sign-in/role", {"role": "lead"}).status_code == 404
    assert browser.post("/sign-in/role", {"role": "care_contact"}).status_code == 302
    assert browser.get("/kept/").status_code == 200
    assert browser.get("/today/").status_code == 404


def test_nobody_chooses_a_role_who_has_not_shown_who_he_is(cast):
    staff("therapist", "alma")
    assert window().get("/sign-in/role").status_code == 404
    assert window().post("/sign-in/role", {"role": "therapist"}).status_code == 404


def test_it_is_he_for_five_minutes_then_he_shows_it_once_more(told, now, clock, monkeypatch):
    from holdfast_site.access import policy

    stepped = {**policy.POLICY, "caseload:today": replace(policy.POLICY["caseload:today"], fresh=True)}
    monkeypatch.setattr(policy, "POLICY", stepped)
    phone, browser, _ = enrol(told)
    assert browser.get("/today/").status_code == 200
    clock(now + timedelta(minutes=6))
    answer = browser.get("/today/")
    assert (answer.status_code, answer["Location"]) == (302, "/prove?next=%2Ftoday%2F")
    assert browser.get(answer["Location"]).status_code == 200
    other = Phone()
    assert browser.post("/prove", {"credential": other.shows(ask(browser))}).status_code == 422
    assert browser.post("/prove", {"code": "000000"}).status_code == 422
    assert browser.get("/today/").status_code == 302
    answer = browser.post("/prove", {"credential": phone.shows(ask(browser)), "next": "/today/"})
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert browser.get("/today/").status_code == 200
    clock(now - timedelta(days=3))  # set back: it could be any time ago
    assert browser.get("/today/").status_code == 404


def test_a_passkey_of_somebody_else_shows_nothing(told, now, cast):
    _, browser, _ = enrol(told)
    bens, *_ = enrol(welcomed(staff("therapist", "ben"), now))
    assert browser.post("/prove", {"credential": bens.shows(ask(browser))}).status_code == 422


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil", ""])
def test_it_leads_on_within_the_site_only(told, evil):
    phone, browser, _ = enrol(told)
    answer = browser.post("/prove", {"credential": phone.shows(ask(browser)), "next": evil})
    assert answer["Location"] == "/today/"


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


# --- the password -----------------------------------------------------------------------------------

NEW = "a kettle on the windowsill"


def changes(browser, **said):
    return browser.post("/ways/password", {"current": PASSWORD, "new": NEW, **said})


@pytest.mark.hazard("H-14")
def test_a_password_is_changed_with_the_current_one_and_ends_his_other_sessions(told, now, clock):
    browser, secret, _ = with_code_app(told, now)
    clock(now + timedelta(minutes=1))
    other = window()
    by_code(other, pyotp.TOTP(secret).at(now + timedelta(minutes=1)))
    assert other.get("/today/").status_code == 200
    assert "Change the password" in browser.get("/ways").content.decode()
    assert browser.get("/ways/password").status_code == 200
    answer = changes(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/ways")
    assert "The password is changed. You are signed out in the one other" in browser.get("/ways").content.decode()
    assert [one.get("/today/").status_code for one in (browser, other)] == [200, 404]
    clock(now + timedelta(minutes=2))
    code = pyotp.TOTP(secret).at(now + timedelta(minutes=2))
    assert by_code(window(), code).status_code == 422
    assert by_code(window(), code, password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"current": "a boat that is not mine"}, "does not fit"),
        ({"new": "a short one"}, "at least 15"),
        ({"new": "1q2w3e4r5t6y7u8i9o0p"}, "too common"),
        ({"current": ""}, ""),
        ({"new": ""}, "required"),
    ],
)
def test_a_password_that_is_wrong_short_or_common_changes_nothing(told, now, said, words):
    from holdfast_site.accounts.models import Member

    browser, *_ = with_code_app(told, now)
    before = Member.objects.get(login="alma therapist").password
    answer = changes(browser, **said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Member.objects.get(login="alma therapist").password == before
    assert browser.get("/today/").status_code == 200


def test_whoever_guesses_at_the_current_password_waits(told, now, clock):
    browser, *_ = with_code_app(told, now)
    for _ in range(5):
        assert changes(browser, current="a boat that is not mine").status_code == 422
    assert changes(browser).status_code == 422
    clock(now + timedelta(seconds=2))
    assert changes(browser).status_code == 302


def test_a_password_needs_proof_that_is_fresh_and_somebody_who_has_one(told, now, clock, cast):
    browser, *_ = with_code_app(told, now)
    _, ben, _ = enrol(welcomed(staff("therapist", "ben"), now))
    assert ben.get("/ways/password").status_code == changes(ben).status_code == 404
    clock(now + timedelta(minutes=6))
    assert browser.get("/ways/password")["Location"] == "/prove?next=%2Fways%2Fpassword"
    assert changes(browser)["Location"].startswith("/prove")


def test_a_password_that_was_changed_meanwhile_stays_and_many_at_once_wait(told, now, monkeypatch):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Member

    browser, *_ = with_code_app(told, now)
    make = services.make_password

    def meanwhile(password):
        Member.objects.filter(login="alma therapist").update(password="another")
        return make(password)

    monkeypatch.setattr(services, "make_password", meanwhile)
    assert changes(browser).status_code == 422
    assert Member.objects.get(login="alma therapist").password == "another"
    with services.HASHING, services.HASHING:
        assert services._new_hash(Member.objects.get(login="alma therapist"), PASSWORD, NEW, now=now) is None


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


def test_ways_in_and_tries_are_audited_by_opaque_ids(told):
    from holdfast_site.audit.models import Event

    phone, *_ = enrol(told)
    sign_in(phone)
    sign_in(Phone())
    events = [" ".join(row) for row in Event.objects.order_by("pk").values_list("actor", "action", "about")]
    kinds = [re.sub(r"\d+", "N", one) for one in events if "checkin" not in one]
    assert kinds == [
        "anyone:operator welcome.made post:N",
        "anyone way_in.made post:N",
        "anyone member.signed_in member:N",
        "anyone member.not_signed_in nobody",
    ]


@pytest.mark.hazard("H-15")
def test_only_a_few_are_looked_at_at_a_time_and_help_is_there_all_the_while(cast, browser, now, monkeypatch):
    from holdfast_site.accounts import services

    def tried():
        return services.who_knows("nobody", "a password of nobody's", "123456", address="10.0.0.1", now=now)

    looked = []
    monkeypatch.setattr(services, "check_password", lambda *_: looked.append(1) or False)
    assert tried() is None
    assert len(looked) == 1
    with services.HASHING, services.HASHING:
        assert tried() is None
        assert len(looked) == 1
        assert browser.get("/help-now").status_code == 200
    assert tried() is None
    assert len(looked) == 2


@pytest.mark.hazard("H-14")
def test_of_two_who_use_one_welcome_at_once_the_second_gets_nothing(told, now):
    """Each has read it while it was open."""
    from holdfast_site.accounts import codes, services
    from holdfast_site.accounts.models import CodeApp, Member, PaperCode

    first, second = (services.welcome_of_link(told.link, now=now) for _ in range(2))
    one, other = codes.new_secret(), codes.new_secret()
    assert services.make_code_app(first, PASSWORD, one, "no code", now=now) is None
    assert services.make_code_app(first, PASSWORD, one, pyotp.TOTP(one).at(now), now=now)
    assert services.make_code_app(second, "a boat of somebody else", other, pyotp.TOTP(other).at(now), now=now) is None
    assert Member.objects.get(login="alma therapist").check_password(PASSWORD)
    assert (CodeApp.objects.count(), PaperCode.objects.count()) == (1, codes.PAPER_CODES)


def test_what_was_made_for_a_client_and_not_used_can_be_ended(cast, now):
    from holdfast_site.accounts import services

    told = welcomed(staff("client", of=cast.dan), now)
    others = welcomed(staff("client", of=cast.eli), now)
    services.end_welcomes(cast.dan, now=now)
    assert services.welcome_of_link(told.link, now=now) is None
    assert services.welcome_of_link(others.link, now=now) is not None


def test_nobody_is_let_in_as_a_therapist_who_is_not_there_or_as_another_one(cast, now):
    from holdfast.errors import UsageError
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Post, Welcome

    with pytest.raises(UsageError, match="No therapist has the id nobody"):
        services.introduce("Alma", "therapist", therapist_id="nobody", now=now)
    before = services.introduce("Alma", "therapist", therapist_id="alma", now=now)
    with pytest.raises(UsageError, match="Alma is another therapist here"):
        services.introduce("Alma", "therapist", therapist_id="ben", now=now)
    after = services.introduce("Alma", "therapist", therapist_id="alma", now=now)
    assert Post.objects.get(member__login="Alma").therapist_id == "alma"
    assert services.welcome_of_link(before.link, now=now) is None
    assert services.welcome_of_link(after.link, now=now) == Welcome.objects.latest("pk")


@pytest.mark.hazard("H-14")
def test_codes_tried_at_once_on_old_rows_are_all_counted(cast):
    """Each request has read the row before any of them counts."""
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Welcome

    told = services.introduce("Cleo", "desk", therapist_id=None, now=timezone_now())
    before = [services.welcome_of_link(told.link, now=timezone_now()) for _ in range(7)]
    wrong = "".join(str((int(digit) + 1) % 10) for digit in told.code)
    assert [services.fits(one, wrong) for one in before[:5]] == [False] * 5
    assert Welcome.objects.get().wrong == 5
    assert not services.fits(before[5], told.code)
    assert Welcome.objects.get().wrong == 5


def test_a_right_code_is_no_wrong_try(cast):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Welcome

    told = services.introduce("Cleo", "desk", therapist_id=None, now=timezone_now())
    for _ in range(9):
        assert services.fits(Welcome.objects.get(), told.code)
    assert Welcome.objects.get().wrong == 0


@pytest.mark.hazard("H-14")
def test_of_many_tries_at_once_no_more_are_looked_at_than_of_many_after_each_other(cast, now):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from holdfast_site.accounts import tries
    from holdfast_site.accounts.models import Tries

    def one(_):
        try:
            return tries.begin("somebody", now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as at_once:
        looked_at = sum(at_once.map(one, range(24)))
    assert (looked_at, Tries.objects.get().wrong) == (tries.FREE, tries.FREE)


def timezone_now():
    from django.utils import timezone

    return timezone.now()
