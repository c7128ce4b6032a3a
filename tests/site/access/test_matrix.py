"""Every address × method × role × ownership: what the policy says is what happens, and nothing else can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.conftest import appointment, signed_in

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
OPEN = ("/", "/help-now", "/blank")
WHO = ("anyone", "alma", "ben", "care contact", "lead", "desk", "dan", "eli")
READ = {"GET": 200, "HEAD": 200}
LED_ON = {"GET": 302, "HEAD": 302}
FORM, READ_AND_SEND = {**READ, "POST": 422}, {**READ, "POST": 200}
WAY_IN = {  # for whoever came with a link and its code; nobody here did
    "/sign-in/role": ("GET", "HEAD", "POST"),
    "/welcome/" + "x" * 43: ("GET", "HEAD", "POST"),
    "/way-in": ("GET", "HEAD"),
    "/way-in/passkey": ("POST",),
    "/way-in/passkey/ask": ("POST",),
    "/way-in/code": ("GET", "HEAD", "POST"),
}
ABSENT = ("/c/", "/c/short", "/c/" + "x" * 43, "/c/%00", "/admin/", "/static/", "/help-now/", "/.env")


def views() -> Iterator[str]:
    from django.urls import get_resolver
    from django.urls.resolvers import URLPattern, URLResolver

    def walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(
                    pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                )
            else:
                yield f"{namespace}{pattern.name}"

    yield from walk(get_resolver().url_patterns, "")


def test_every_address_is_in_the_policy_and_every_rule_has_an_address(site):
    from holdfast_site.access.policy import POLICY

    assert sorted(views()) == sorted(POLICY)


@pytest.mark.parametrize("method", METHODS)
def test_open_pages_are_for_reading(site, browser, method):
    for address in OPEN:
        status = browser.generic(method, address).status_code
        assert status == (200 if method in ("GET", "HEAD") else 405), (method, address)


@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("method", METHODS)
def test_a_checkin_is_for_whoever_has_its_link(cast, browser, method):
    for address in (cast.address, f"/c/{cast.other_link}"):
        status = browser.generic(method, address).status_code
        allowed = {"GET": 200, "HEAD": 200, "POST": 422}  # an empty form is no form of ours
        assert status == allowed.get(method, 405), method


@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("method", METHODS)
def test_each_page_by_link_is_for_whoever_has_the_link_of_that_kind(cast, browser, now, method):
    from tests.site.before.test_ask import asked, replied
    from tests.site.before.test_back import way_back

    ahead = [appointment(cast.dan, cast.alma, now + timedelta(hours=hours), status="booked") for hours in (20, 22)]
    ask, done = (asked(one, now) for one in ahead)
    door = way_back(browser.post(done, replied("done")).content.decode())
    fits = {ask: 422, ask.replace("/n/", "/say/"): 422, f"/say/{cast.link}": 422, door: 422,
            ask.replace("/n/", "/stop/"): 200, f"/stop/{cast.other_link}": 200}  # fmt: skip
    fits[whether_his(cast.dan, now)] = 422
    for address, empty_form in fits.items():
        wanted = {"GET": 200, "HEAD": 200, "POST": empty_form}.get(method, 405)
        assert browser.generic(method, address).status_code == wanted, (method, address)
    ask_, door_ = ask.rpartition("/")[2], door.rpartition("/")[2]
    wrong = [f"/c/{ask_}", f"/n/{cast.link}", f"/back/{ask_}", f"/back/{cast.link}", f"/n/{door_}", f"/say/{door_}",
             f"/c/{door_}", f"/stop/{door_}", "/n/", "/n/short", "/say/x", "/back/x", "/stop/x", f"/yours/{cast.link}",
             f"/yours/{door_}", "/yours/x"]  # fmt: skip
    for address in wrong:
        assert browser.generic(method, address).status_code == 404, (method, address)


def whether_his(client, now):
    """The link that asks a client whether an address is his own."""
    from django.conf import settings

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.models import Contact
    from holdfast_site.people.services import keep_contact

    keep_contact(by=OPERATOR, client=client, card=ContactCard(email="x@example.org"), now=now)
    confirms = settings.VAULT.fingerprint_of_link("whether-his")
    Contact.objects.filter(client=client).update(confirms=confirms, asked_at=now)
    return "/yours/whether-his"


@pytest.mark.parametrize("method", METHODS)
def test_whatever_is_not_there_is_absent(cast, browser, method):
    for address in ABSENT:
        assert browser.generic(method, address).status_code == 404, (method, address)


@pytest.fixture(name="everybody")
def _everybody(cast, browser):
    """Somebody in each role, and in each two of them who own different things."""
    return {
        "anyone": browser,
        "alma": signed_in("therapist", "alma"),  # treats Dan
        "ben": signed_in("therapist", "ben"),  # treats Eli
        "care contact": signed_in("care_contact"),
        "lead": signed_in("lead"),
        "desk": signed_in("desk"),
        "dan": signed_in("client", of=cast.dan),
        "eli": signed_in("client", of=cast.eli),
    }


def places(cast, now):
    """Every address that is about somebody, with who may do what there."""
    dans = appointment(cast.dan, cast.alma, now - timedelta(days=7), status="unknown")
    elis = appointment(cast.eli, cast.ben, now - timedelta(days=7), status="unknown")
    uploaded, gone = upload_by("desk", now), upload_by("desk", now)
    both = {"alma": READ, "ben": READ}
    return {
        "/today/": both,
        "/today/client/dan": {"alma": READ},
        "/today/client/eli": {"ben": READ},
        "/today/client/nobody": {},
        f"/today/came/{dans.pk}": {"alma": {"POST": 404}, "ben": {"POST": 404}},  # neither yes nor no was said
        f"/today/came/{elis.pk}": {"alma": {"POST": 404}, "ben": {"POST": 404}},
        "/today/said/dan": {"alma": {"POST": 404}, "ben": {"POST": 404}},  # nothing was said
        "/today/said/eli": {"alma": {"POST": 404}, "ben": {"POST": 404}},
        "/today/take-back/1": {"alma": {"POST": 404}, "ben": {"POST": 404}},  # nothing was noted
        "/today/guess/1": {"alma": {"POST": 404}, "ben": {"POST": 404}},  # there is nothing to guess about
        "/kept/": {"care contact": {**READ, "POST": 404}},
        "/import/": {"lead": {**READ, "POST": 422}, "desk": {**READ, "POST": 422}},
        f"/import/{uploaded.form}": {"desk": READ},
        f"/import/{uploaded.form}/answer": {"desk": {"POST": 404}},  # nothing is asked
        f"/import/{uploaded.form}/moment": {"desk": {"POST": 422}},
        f"/import/{uploaded.form}/without": {"desk": {"POST": 302}},
        f"/import/{uploaded.form}/same": {"desk": {"POST": 422}},  # nobody may be somebody else
        f"/import/{uploaded.form}/take": {"desk": {"POST": 302}},
        f"/import/{gone.form}/forget": {"desk": {"POST": 302}},
        "/sign-in": {who: {**(READ if who == "anyone" else LED_ON), "POST": 422} for who in WHO},
        "/demo/outbox/": {who: dict.fromkeys(READ, 404) for who in WHO},
        "/demo/gallery/": {who: dict.fromkeys(READ, 404) for who in WHO},
        "/demo/gallery/staff": {who: dict.fromkeys(READ, 404) for who in WHO},
        "/demo/gallery/figures": {who: dict.fromkeys(READ, 404) for who in WHO},
        "/sms": {who: {"POST": 404} for who in WHO},  # not signed
        "/demo/therapist": {who: {"POST": 404} for who in WHO},  # this is no demo
        "/sign-in/passkey": {who: {"POST": 422} for who in WHO},
        "/sign-in/passkey/ask": {who: {"POST": 404} for who in WHO},  # browsers make no passkeys for a bare number
        "/prove": {who: {**READ, "POST": 422} for who in WHO if who != "anyone"},
        **{
            f"/mine/{page}": {"dan": READ, "eli": READ}
            for page in ("", "answers", "held", "looked", "download", "erase")
        },
        **{f"/mine/{page}": {"dan": FORM, "eli": FORM} for page in ("allowed", "reach", "questions", "erase/now")},
        **{f"/mine/download/{kind}": {"dan": READ, "eli": READ} for kind in ("html", "json", "fhir")},
        "/mine/download/xml": {"dan": dict.fromkeys(READ, 404), "eli": dict.fromkeys(READ, 404)},
        f"/mine/answers/{answered(cast, now)}/0": {"dan": FORM, "eli": dict.fromkeys(FORM, 404)},
        "/mine/give/dan": {"alma": READ_AND_SEND, "ben": dict.fromkeys(FORM, 404)},
        "/mine/give/eli": {"alma": dict.fromkeys(FORM, 404), "ben": READ_AND_SEND},
        "/ways": {who: READ for who in WHO if who != "anyone"},
        "/ways/add/ask": {who: {"POST": 404} for who in WHO if who != "anyone"},  # no passkeys for a bare number
        "/ways/add": {who: {"POST": 404} for who in WHO if who != "anyone"},
        "/ways/remove/1": {who: {"POST": 422} for who in WHO if who != "anyone"},  # nobody's last way in
        "/ways/password": {who: dict.fromkeys(FORM, 404) for who in WHO if who != "anyone"},  # nobody here has one
        "/ways/mail": {who: {**READ, "POST": 404} for who in ("alma", "ben", "care contact", "lead", "desk")},
        "/ways/known": {who: {"POST": 302} for who in WHO if who != "anyone"},
        "/ways/sessions/end-others": {who: {"POST": 302} for who in WHO if who != "anyone"},
        "/ways/sessions/x/end": {
            who: {"POST": 302} for who in WHO if who != "anyone"
        },  # there is none, or not any more
        **{address: {who: dict.fromkeys(methods, 404) for who in WHO} for address, methods in WAY_IN.items()},
    }


def upload_by(role, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.exchange.services import keep_upload

    by = Actor(Role(role), id=str(Post.objects.get(role=role).member_id))
    rows = b"appointment_id,client_id,therapist_id,starts_at,status\nx1,c1,t1,2026-03-02T10:00,attended\n"
    files = [("appointments.csv", rows)]
    return keep_upload(by=by, form=uuid4(), files=files, source_name="", now=now)


def answered(cast, now):
    """A check-in that Dan answered."""
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience, Submission
    from holdfast_site.checkins.services import Given, keep_as_given

    keep_as_given([Given(cast.invitation, uuid4(), Answers.of([("pace", 2, Audience.THERAPIST)]), now)])
    return Submission.objects.get(invitation=cast.invitation).pk


@pytest.mark.long
@pytest.mark.hazard("H-14")
def test_every_place_for_everybody_with_every_method(cast, everybody, now):
    seen, found = [], places(cast, now)
    for address, allowed in found.items():
        for who, his in everybody.items():
            for method in METHODS:
                status = his.generic(method, address).status_code
                wanted = allowed[who].get(method, 405) if who in allowed else hidden(address, who, method)
                seen.append((address, who, method, status, wanted))
    assert [one for one in seen if one[3] != one[4]] == []
    assert len(seen) == len(found) * len(WHO) * len(METHODS)


def hidden(address, who, method):
    """What is not his is absent. Only whoever may reach a kind of page is told of a method that it does not have."""
    from django.urls import resolve

    from holdfast_site.access.policy import POLICY

    acts_as = {"alma": "therapist", "ben": "therapist", "dan": "client", "eli": "client"}
    rule, role = POLICY[resolve(address).view_name], acts_as.get(who, who)
    return 405 if role.replace(" ", "_") in rule.roles and method not in rule.methods else 404


def test_marking_is_for_whose_client_it_is_and_once(cast, everybody, now):
    from holdfast_site.people.models import Appointment

    dans = appointment(cast.dan, cast.alma, now - timedelta(days=7), status="unknown", certainty="not_updated")
    address = f"/today/came/{dans.pk}"
    for who in ("anyone", "care contact", "ben"):
        everybody[who].post(address, {"came": "yes"})
        assert Appointment.objects.get(pk=dans.pk).status == "unknown", who
    assert everybody["alma"].post(address, {"came": "no"}).status_code == 302
    assert everybody["alma"].post(address, {"came": "yes"}).status_code == 302  # somebody was faster
    marked = Appointment.objects.get(pk=dans.pk)
    assert (marked.status, marked.certainty) == ("no_show", "recorded")


def test_a_client_who_went_on_with_somebody_else_is_gone_from_the_caseload(cast, everybody, now):
    assert everybody["alma"].get("/today/client/dan").status_code == 200
    appointment(cast.dan, cast.ben, now + timedelta(days=3), status="booked")
    assert everybody["alma"].get("/today/client/dan").status_code == 404
    assert everybody["ben"].get("/today/client/dan").status_code == 200


def test_a_link_shows_the_same_to_staff_as_to_anybody(cast, everybody):
    plain = everybody["anyone"].get(cast.address).content.decode()
    for who in ("alma", "care contact"):
        assert without_form_id(everybody[who].get(cast.address).content.decode()) == without_form_id(plain)


def without_form_id(page):
    return re.sub(r'name="form" value="[^"]+"', "", page)


def test_forbidden_looks_exactly_like_absent(cast, browser):
    absent = browser.get("/nothing-is-here")
    one_letter_off = browser.get(f"/c/{cast.link[:-1]}{'A' if cast.link[-1] != 'A' else 'B'}")
    assert one_letter_off.status_code == absent.status_code == 404
    assert one_letter_off.content == absent.content
    assert dict(one_letter_off.headers) == dict(absent.headers)


def test_whoever_was_signed_out_finds_the_way_in_on_the_same_page_as_whoever_mistyped(cast, browser):
    pages = [browser.get(path).content for path in ("/today/", "/mine/", "/practice/", "/nothing-is-here", "/c/wrong")]
    assert len(set(pages)) == 1
    assert b'href="/sign-in' in pages[0]
    assert b"Check that it is whole" in pages[0]


def test_a_page_without_a_rule_is_not_reached(site, browser, monkeypatch):
    from holdfast_site.access import policy

    monkeypatch.setattr(policy, "POLICY", {name: rule for name, rule in policy.POLICY.items() if name != "help_now"})
    assert browser.get("/help-now").status_code == 404


def test_a_form_on_another_site_is_refused(cast, browser, rows):
    before = rows()
    for site in ("cross-site", "same-site"):
        answer = browser.post(cast.address, {"pace": "1"}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 404
    assert rows() == before


def test_an_id_with_a_sign_that_no_id_has_is_absent(cast, everybody):
    for address in ("/today/client/%00", "/today/client/da%00n"):
        assert everybody["alma"].get(address).status_code == 404
    assert everybody["desk"].get("/clients/%00").status_code == 404


def test_a_foreign_host_is_refused(cast, browser):
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400


PAGES = ("/", "/help-now", "/nothing-is-here")


@pytest.mark.hazard("H-08", "H-14")
def test_every_page_is_closed(cast, browser):
    for address in (*PAGES, "/blank", cast.address):
        headers = browser.get(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "Set-Cookie" not in headers


@pytest.mark.hazard("H-02")
def test_help_is_on_every_page_with_words_on_it(cast, browser, now, monkeypatch):
    from django.utils import timezone

    for address in (*PAGES, cast.address):
        assert 'href="tel:116123"' in browser.get(address).content.decode()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=30))
    closed = browser.get(cast.address)
    assert closed.status_code == 410
    assert 'href="tel:116123"' in closed.content.decode()


def test_pages_of_staff_are_closed_too_and_their_forms_say_where_they_come_from(cast, everybody):
    for who, address in (
        ("alma", "/today/"),
        ("alma", "/today/client/dan"),
        ("care contact", "/kept/"),
        ("anyone", "/sign-in"),
    ):
        headers = everybody[who].get(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_form_without_its_secret_is_refused(cast, site):
    from django.test import Client

    strict = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    assert strict.post("/sign-in", {"login": "x", "password": "y", "role": "therapist"}).status_code == 403
    form = {"form": "00000000-0000-4000-8000-000000000000", "pace": "0"}
    assert strict.post(cast.address, form).status_code == 200  # its secret is in the address


def test_a_browser_without_cookies_is_told_so(site):
    from django.conf import settings
    from django.test import Client

    strict = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    assert "Allow cookies for this site." in strict.post("/sign-in", {"login": "x"}).content.decode()
    strict.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    assert "cookie" not in strict.post("/sign-in", {"login": "x"}).content.decode()


@pytest.mark.sqlite
@pytest.mark.hazard("H-02", "H-15")
def test_help_needs_no_database(site, browser):
    from django.db import connections

    from holdfast_site.config import DATABASE

    connections.close_all()
    (site / DATABASE).rename(site / "away")
    try:
        assert browser.get("/help-now").status_code == 200
        assert browser.get("/nothing-is-here").status_code == 404
        assert not (site / DATABASE).exists()
    finally:
        (site / "away").rename(site / DATABASE)
