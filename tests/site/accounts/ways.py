"""A browser on its way in: with a link and a code, with a passkey, with a password and a code."""

from __future__ import annotations

import json
import re

import pyotp

from tests.site.accounts.authenticator import Phone
from tests.site.conftest import PASSWORD


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
