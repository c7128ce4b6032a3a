"""What no database can hold is refused in words: numbers too long, and a sign that cannot be seen."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from tests.site.conftest import signed_in

LONG = "9" * 30
NUL = "a\0b"


@pytest.fixture(name="who")
def _who(cast):
    roles = {role: signed_in(role) for role in ("lead", "desk", "care_contact", "supervisor")}
    return roles | {"therapist": signed_in("therapist", "alma"), "client": signed_in("client", of=cast.dan)}


def addresses():
    """Every address with a number in it."""
    from django.urls import get_resolver

    def walk(patterns, before):
        for one in patterns:
            route = before + str(one.pattern)
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns, route)
            elif "<int:" in route:
                yield "/" + re.sub(r"<int:\w+>", LONG, re.sub(r"<(?!int)\w+:\w+>", "x", route))

    return sorted(walk(get_resolver().url_patterns, ""))


def test_a_number_of_thirty_digits_in_an_address_is_absent_for_everybody(who):
    found = addresses()
    assert len(found) >= 6
    for address in found:
        for role, browser in who.items():
            for method in ("get", "post"):
                status = getattr(browser, method)(address).status_code
                assert status in (404, 405, 302), (address, role, status)  # 302: he has to show first that it is he


FORMS = {  # who sends what where
    "/people/": ("lead", ["login", "role", "therapist", "name"]),
    "/people/names": ("lead", ["name alma"]),
    "/people/therapist/alma": ("lead", ["name", "capacity", "gender", "style_pace"]),
    "/people/arranged": ("lead", ["do", "supervisor", "therapist", "client", "id", "stand_in", "told_on"]),
    "/people/access/1": ("lead", ["do"]),
    "/schedule/book": ("desk", ["client", "therapist", "on", "at", "form"]),
    "/clients/": ("desk", ["id", "name"]),
    "/clients/dan": ("desk", ["name", "email", "phone", "seen", "wishes", "safe_from", "ask"]),
    "/kept/": ("care_contact", ["box", "form"]),
    "/today/said/dan": ("therapist", ["action", "prompted_by", "form"]),
    "/mine/reach": ("client", ["name", "email", "phone", "form"]),
    "/mine/allowed": ("client", ["consent", "form", "given", "study", "version"]),
    "/studies/": ("lead", ["form", "name", "by", "about", "contact"]),
    "/prove": ("client", ["code", "next", "credential"]),
    "/import/": ("lead", ["form", "source"]),
    "/cards/": ("desk", ["form", "table"]),
}


@pytest.mark.parametrize("address", FORMS)
def test_neither_a_nul_nor_a_long_number_in_a_form_is_an_error_of_ours(who, rows, address):
    role, names = FORMS[address]
    for name in names:
        for value in (NUL, LONG):
            told = dict.fromkeys(names, "1") | {"form": str(uuid4()), name: value}
            status = who[role].post(address, told).status_code
            assert status < 500, (name, value)
            assert value == LONG or status == 400, (name, status)
    assert who[role].post(address, {NUL: "1"}).status_code == 400


@pytest.mark.parametrize("address", ["/sign-in", "/way-in", "/sms", "/demo/therapist"])
def test_nor_on_pages_that_are_for_everybody(cast, browser, address):
    for told in ({"login": NUL, "password": "x", "code": "y"}, {"credential": NUL}, {"login": LONG}):
        assert browser.post(address, told).status_code < 500
    assert browser.get("/sign-in", {"next": NUL}).status_code == 400


def test_nor_in_a_cookie_or_in_what_is_looked_for(who, cast):
    assert who["desk"].get("/clients/", {"q": NUL}).status_code == 400
    for name in ("on", "q", "client"):
        for address in ("/schedule/", "/clients/", "/schedule/book"):
            assert who["desk"].get(address, {name: LONG}).status_code == 200


def test_a_checkin_with_a_nul_is_refused_and_can_be_sent_again_without(cast, browser):
    from tests.site.checkins.test_answer import filled

    form = filled(words="so\0so")
    refused = browser.post(cast.address, form)
    assert refused.status_code == 400
    assert "Go back and send it again" in refused.content.decode()
    assert browser.post(cast.address, {**form, "words": "so so"}).status_code == 200
