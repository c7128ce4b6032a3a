"""The pages of signing in and of ways in: what each says, where it leads, and what it leaves in the session."""

from __future__ import annotations

import json
from datetime import timedelta

import pyotp
import pytest

from tests.site.accounts.authenticator import Phone
from tests.site.accounts.ways import ask, by_code, come_with, enrol, sign_in, welcomed, window, with_code_app
from tests.site.conftest import PASSWORD, appointment, signed_in, staff

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def _answers_say_what_they_show(monkeypatch):
    """With its template and what that was given, as Django's own tests have it."""
    from django.template.base import Template
    from django.test.utils import instrumented_test_render

    monkeypatch.setattr(Template, "_render", instrumented_test_render)


def shows(answer, page, status=200, **context):
    """Whether an answer is that page, and says of itself what it should."""
    assert (answer.status_code, answer.templates[0].name) == (status, f"accounts/{page}.html")
    assert {name: answer.context[name] for name in context} == context
    return True


def leads(answer, to):
    assert (answer.status_code, answer["Location"]) == (302, to)
    return True


def in_the_demo(settings):
    settings.SITE = settings.SITE.model_copy(update={"demo": True})


def test_signing_in_says_whether_it_was_wrong_and_offers_passkeys_where_there_are_any(cast, browser, settings):
    for who, passkeys in ((window(), True), (browser, False)):
        assert shows(who.get("/sign-in"), "sign_in", wrong=False, passkeys=passkeys)
        for wrong in ({}, {"login": "alma", "password": PASSWORD, "code": "123456"}):
            assert shows(who.post("/sign-in", wrong), "sign_in", 422, wrong=True, passkeys=passkeys)
    assert shows(window().post("/sign-in/passkey"), "sign_in", 422, wrong=True)
    settings.SITE = settings.SITE.model_copy(update={"address": "https://hill.example"})
    asked = window().post("/sign-in/passkey/ask")
    assert asked["Content-Type"] == "application/json"
    assert json.loads(asked.content)["rpId"] == "hill.example"


def test_with_a_code_he_is_in_and_whoever_was_in_before_is_not(told, now, clock):
    _, secret, on_paper = with_code_app(told, now)
    browser = signed_in("care_contact")
    assert leads(by_code(browser, on_paper[0]), "/today/")
    from holdfast_site.accounts.models import CodeApp

    assert browser.session["way"] == f"code_app:{CodeApp.objects.get().pk}"
    assert browser.get("/kept/").status_code == 404
    assert shows(browser.post("/sign-in"), "sign_in", 422, wrong=True)  # asked, and not only led on
    clock(now + timedelta(minutes=1))
    assert by_code(window(), pyotp.TOTP(secret).at(now)).status_code == 422


def test_of_two_roles_he_takes_one_with_the_way_he_came_by(told, cast):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Member, Passkey
    from holdfast_site.accounts.services import add_member

    phone, *_ = enrol(told)
    add_member("alma therapist", Role.CARE_CONTACT)
    browser = signed_in("lead")
    browser.defaults["SERVER_NAME"] = "localhost"
    assert leads(sign_in(phone, browser)[1], "/sign-in/role")
    assert browser.get("/people/").status_code == 404
    page = browser.get("/sign-in/role")
    assert shows(page, "choose_role")
    assert sorted(page.context["roles"]) == [("care_contact", "Care contact"), ("therapist", "Therapist")]
    assert browser.post("/sign-in/role").status_code == 404
    assert leads(browser.post("/sign-in/role", {"role": "care_contact"}), "/holding/")
    assert browser.session["way"] == f"passkey:{Passkey.objects.get().pk}"
    browser, _ = sign_in(phone)
    Member.objects.filter(login="alma therapist").update(is_active=False)
    assert browser.get("/sign-in/role").status_code == 404


def test_the_demo_lets_in_by_a_role_and_nothing_else_does(cast, browser, settings, now):
    staff("therapist", "alma")
    staff("therapist", "ben")
    ahead = appointment(cast.dan, cast.alma, now + timedelta(hours=5), status="booked")
    appointment(cast.dan, cast.alma, now - timedelta(hours=1))  # of which nobody was asked in this very second
    for role in ("therapist", "phone", "before"):
        assert browser.post(f"/demo/{role}").status_code == 404
    in_the_demo(settings)
    assert leads(browser.post("/demo/therapist"), "/today/")
    assert browser.get("/today/client/dan").status_code == 200  # Alma's, who was there first
    assert browser.post("/demo/lead").status_code == 404  # there is none
    assert browser.post("/demo/phone")["Location"].startswith("/c/")
    assert browser.post("/demo/before")["Location"].startswith("/n/")
    type(ahead).objects.filter(pk=ahead.pk).update(status="attended")
    assert browser.post("/demo/before").status_code == 404


def test_who_shows_once_more_that_it_is_he_goes_on_where_he_wanted(told, now, clock, cast):
    from holdfast_site.audit.models import Event

    browser, _, on_paper = with_code_app(told, now)
    for asked, onward in (("?next=/ways", "/ways"), ("", "/today/"), ("?next=https://evil.example/", "/today/")):
        assert shows(browser.get(f"/prove{asked}"), "prove", onward=onward, wrong=False, passkeys=True)
    for wrong in ({}, {"code": "no code"}, {"credential": "{"}):
        page = browser.post("/prove", {"next": "/ways", **wrong})
        assert shows(page, "prove", 422, onward="/ways", wrong=True)
    later = now + timedelta(minutes=6)
    clock(later)
    assert leads(browser.post("/prove?next=/today/", {"next": "/ways", "code": on_paper[0]}), "/ways")
    assert browser.get("/ways").status_code == 200
    proved = Event.objects.filter(action="member.proved_again")
    assert [one.at for one in proved] == [later]
    numbered = signed_in("therapist", "ben")  # who came by a bare number
    assert shows(numbered.get("/prove"), "prove", passkeys=False)


def test_a_first_way_in_says_to_staff_and_to_a_client_what_is_theirs(told, cast, now):
    his = welcomed(staff("client", of=cast.dan), now)
    for one, is_client in ((told, False), (his, True)):
        address = f"/welcome/{one.link}"
        assert shows(window().get(address), "welcome", wrong=False, is_staff=not is_client)
        assert shows(window().post(address), "welcome", 422, wrong=True, is_staff=not is_client)
        browser = come_with(one)
        assert shows(browser.get("/way-in"), "way_in", passkeys=True, is_client=is_client)
        page = browser.post("/way-in/passkey", {"credential": "{"})
        assert shows(page, "way_in", 422, passkeys=True, is_client=is_client, wrong=True)
        page = browser.post("/way-in/passkey")
        assert shows(page, "way_in", 422, wrong=True)
    numbered = window()
    numbered.defaults["SERVER_NAME"] = "127.0.0.1"
    assert shows(come_with(told, numbered).get("/way-in"), "way_in", passkeys=False)
    assert numbered.post("/way-in/passkey/ask").status_code == 404


def test_a_client_who_makes_a_passkey_is_on_his_own_page(cast, now):
    phone, browser, answer = enrol(welcomed(staff("client", of=cast.dan), now))
    assert leads(answer, "/mine/")
    assert browser.get("/mine/").status_code == 200
    assert sign_in(phone)[0].get("/mine/").status_code == 200


def test_a_code_app_is_set_up_with_one_secret_and_told_what_does_not_fit(told, now):
    from holdfast_site.accounts.codes import address_of
    from holdfast_site.accounts.page import square

    browser = come_with(told)
    page = browser.get("/way-in/code")
    secret = page.context["secret"]
    address = address_of(secret, login="alma therapist", host="localhost")
    same = {"login": "alma therapist", "secret": secret, "address": address, "square": square(address)}
    assert shows(page, "way_in_code", wrong_code=False, **same)
    for sent, wrong_code in (({"password": PASSWORD, "code": "1"}, True), ({"password": "short", "code": "1"}, False)):
        page = browser.post("/way-in/code", sent)
        assert shows(page, "way_in_code", 422, wrong_code=wrong_code, **same)
        assert bool(page.context["form"].errors) is not wrong_code
    page = browser.post("/way-in/code", {"password": PASSWORD, "code": pyotp.TOTP(secret).at(now)})
    assert shows(page, "paper_codes", login="alma therapist", onward="/today/")
    assert len(page.context["codes"]) == 8
    assert browser.get("/today/").status_code == 200


def test_his_ways_in_are_all_there_with_what_was_changed_and_what_went_wrong(told, now, clock):
    from holdfast_site.accounts.models import CodeApp, Passkey

    browser, _, on_paper = with_code_app(told, now)
    assert by_code(window(), on_paper[0]).status_code == 302
    clock(now + timedelta(minutes=2))
    assert shows(
        browser.get("/ways"), "ways", code_app=CodeApp.objects.get(), paper=7, passkeys=True, home="caseload:today"
    )
    page = browser.post("/ways/add", {"credential": "{"})
    assert shows(page, "ways", 422, wrong="That did not work. Try again.", told="")
    assert len(page.context["open"]) == 2
    answer = browser.post("/ways/add", {"credential": Phone().makes(ask(browser, "/ways/add/ask"))})
    assert leads(answer, "/ways")
    page = browser.get("/ways")
    assert shows(page, "ways", wrong="", told="The passkey is made. You are signed out in the one other place.")
    assert list(page.context["known"]) == list(Passkey.objects.all())
    assert [one.words for one in page.context["changes"]][:1] == ["A passkey was made."]
    assert [one.is_this for one in page.context["open"]] == [True]
    assert leads(browser.post("/ways/sessions/nothing/end"), "/ways")
    assert leads(browser.post("/ways/sessions/end-others"), "/ways")
    assert shows(browser.get("/ways"), "ways", told="Done. You are signed in nowhere else.")
    clock(now + timedelta(days=91))
    later = signed_in("therapist", "alma")
    assert shows(later.get("/ways"), "ways", changes=[], passkeys=False)


def test_one_way_in_stays_and_each_password_page_says_what_is_wrong_with_it(told, now, cast):
    from holdfast_site.accounts.models import Passkey

    _, only, _ = enrol(welcomed(staff("therapist", "ben"), now))
    page = only.post(f"/ways/remove/{Passkey.objects.get().pk}")
    assert shows(page, "ways", 422, wrong="This is your only way in. Make another one first.")
    browser, *_ = with_code_app(told, now)
    assert shows(browser.get("/ways/password"), "password", login="alma therapist", wrong=False)
    new = "a kettle on the windowsill"
    for said, wrong in (({"current": "not mine", "new": new}, True), ({"current": PASSWORD, "new": "short"}, False)):
        page = browser.post("/ways/password", said)
        assert shows(page, "password", 422, login="alma therapist", wrong=wrong)
        assert bool(page.context["form"].errors) is not wrong
    assert leads(browser.post("/ways/password", {"current": PASSWORD, "new": new}), "/ways")
    assert shows(browser.get("/ways"), "ways", told="The password is changed. You are signed in nowhere else.")


def test_going_and_knowing_lead_somewhere(cast):
    alma, dan = signed_in("therapist", "alma"), signed_in("client", of=cast.dan)
    assert leads(alma.post("/ways/known"), "/today/")
    assert leads(dan.post("/ways/known"), "/mine/")
    assert leads(alma.post("/sign-out"), "/sign-in")


def test_what_he_ends_elsewhere_and_what_he_knows_is_told_of_him(told, now, clock, cast):
    from holdfast_site.accounts.models import Member
    from holdfast_site.audit.models import Event

    phone, browser, _ = enrol(told)
    clock(now + timedelta(seconds=30))
    browser.post("/ways/add", {"credential": Phone().makes(ask(browser, "/ways/add/ask"))})
    clock(now + timedelta(minutes=1))
    other, _ = sign_in(phone)
    there = next(one for one in other.get("/ways").context["open"] if not one.is_this)
    assert leads(other.post(f"/ways/sessions/{there.mark}/end"), "/ways")
    assert browser.get("/today/").status_code == 404
    assert leads(other.post("/ways/known"), "/today/")
    alma = Member.objects.get(login="alma therapist").pk
    events = Event.objects.filter(action__in=["sessions.ended", "way_in.known"]).order_by("pk")
    told_of = [(one.actor, one.action, one.about, one.at - now) for one in events]
    mark, minute = (f"therapist:{alma}", f"member:{alma}"), timedelta(minutes=1)
    assert told_of == [(mark[0], "sessions.ended", mark[1], minute), (mark[0], "way_in.known", mark[1], minute)]
