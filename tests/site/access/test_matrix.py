"""Every address × method × role × ownership: what the policy says is what happens, and nothing else can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
OPEN = {"/": "home", "/help-now": "help_now", "/blank": "blank"}
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


@pytest.mark.parametrize("method", METHODS)
def test_a_checkin_is_for_whoever_has_its_link(cast, browser, method):
    for address in (cast.address, f"/c/{cast.other_link}"):
        status = browser.generic(method, address).status_code
        allowed = {"GET": 200, "HEAD": 200, "POST": 422}  # an empty form is no form of ours
        assert status == allowed.get(method, 405), method


@pytest.mark.parametrize("method", METHODS)
def test_whatever_is_not_there_is_absent(cast, browser, method):
    for address in ABSENT:
        assert browser.generic(method, address).status_code == 404, (method, address)


def test_forbidden_looks_exactly_like_absent(cast, browser):
    absent = browser.get("/nothing-is-here")
    one_letter_off = browser.get(f"/c/{cast.link[:-1]}{'A' if cast.link[-1] != 'A' else 'B'}")
    assert one_letter_off.status_code == absent.status_code == 404
    assert one_letter_off.content == absent.content
    assert dict(one_letter_off.headers) == dict(absent.headers)


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


def test_a_foreign_host_is_refused(cast, browser):
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400


PAGES = ("/", "/help-now", "/nothing-is-here")


def test_every_page_is_closed(cast, browser):
    for address in (*PAGES, "/blank", cast.address):
        headers = browser.get(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "Set-Cookie" not in headers


def test_help_is_on_every_page_with_words_on_it(cast, browser, now, monkeypatch):
    from django.utils import timezone

    for address in (*PAGES, cast.address):
        assert 'href="tel:116123"' in browser.get(address).content.decode()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=30))
    closed = browser.get(cast.address)
    assert closed.status_code == 410
    assert 'href="tel:116123"' in closed.content.decode()


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
