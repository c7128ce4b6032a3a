"""Signing in: right or wrong, in one role at a time, and never for longer than it should last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.conftest import PASSWORD, signed_in, staff


def try_to(browser, **changes):
    return browser.post("/sign-in", {"login": "alma therapist", "password": PASSWORD, "role": "therapist", **changes})


@pytest.fixture(name="alma")
def _alma(cast):
    return staff("therapist", "alma", PASSWORD)


def test_the_right_password_leads_to_today(alma, browser):
    answer = try_to(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert browser.get("/today/").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"login": "nobody"}, {"role": "care_contact"}, {"role": "lead"}, {"password": ""}]
)
def test_whatever_is_wrong_the_answer_is_the_same(alma, browser, wrong):
    answer = try_to(browser, **wrong)
    assert answer.status_code == 422
    assert answer.content.decode().count("That did not fit together.") == 1
    assert browser.get("/today/").status_code == 404


def test_after_ten_wrong_tries_even_the_right_one_waits(alma, browser, now, monkeypatch):
    from django.utils import timezone

    for _ in range(10):
        try_to(browser, password="wrong")
    assert try_to(browser).status_code == 422
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=16))
    assert try_to(browser).status_code == 302


def test_roles_do_not_add_up(cast, now):
    """Ruth is a therapist too: as one she does not see what she receives as the care contact, and the reverse."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    ruth = signed_in("therapist", "alma")
    add_member("alma therapist", Role.CARE_CONTACT)
    assert ruth.get("/kept/").status_code == 404
    other = type(ruth)(SERVER_NAME="127.0.0.1")
    assert try_to(other, role="care_contact").status_code == 302
    assert other.get("/kept/").status_code == 200
    assert other.get("/today/").status_code == 404


@pytest.mark.hazard("H-14")
def test_whoever_leaves_is_out_at_the_next_request(cast):
    alma = signed_in("therapist", "alma")
    from holdfast_site.accounts.models import Member

    Member.objects.update(is_active=False)
    assert alma.get("/today/").status_code == 404


def test_a_post_that_was_taken_away_ends_the_session(cast):
    alma = signed_in("therapist", "alma")
    from holdfast_site.accounts.models import Post

    Post.objects.all().delete()
    assert alma.get("/today/").status_code == 404


def test_a_new_password_ends_other_sessions(cast):
    alma = signed_in("therapist", "alma")
    from holdfast_site.accounts.models import Member

    member = Member.objects.get(login="alma therapist")
    member.set_password("another boat in the fog")
    member.save()
    assert alma.get("/today/").status_code == 404


def test_half_an_hour_of_nothing_ends_a_session_and_so_do_twelve_hours_of_anything(cast, now, monkeypatch):
    from django.utils import timezone

    idle, busy = signed_in("therapist", "alma"), signed_in("care_contact")
    moment = now
    while moment < now + timedelta(hours=12) - timedelta(minutes=25):
        moment += timedelta(minutes=25)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert busy.get("/kept/").status_code == 200, moment - now
    assert idle.get("/today/").status_code == 404
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=12, minutes=5))
    assert busy.get("/kept/").status_code == 404


def test_signing_out_ends_it_and_the_old_cookie_opens_nothing(cast):
    alma = signed_in("therapist", "alma")
    cookie = alma.cookies["session"].value
    assert alma.post("/sign-out").status_code == 302
    alma.cookies["session"] = cookie
    assert alma.get("/today/").status_code == 404


def test_a_session_gets_a_new_id_when_it_begins(alma, browser):
    try_to(browser)
    first = browser.cookies["session"].value
    try_to(browser)
    assert browser.cookies["session"].value != first


def test_passwords_are_hashed(alma, site):
    from django.db import connections

    connections.close_all()
    for file in site.iterdir():
        assert PASSWORD.encode() not in file.read_bytes()


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(alma, browser):
    try_to(browser)
    for cookie in browser.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"


def test_the_demo_needs_no_password_and_only_the_demo(alma, browser, settings):
    assert browser.post("/demo/therapist").status_code == 404
    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    assert browser.post("/demo/lead").status_code == 404
    assert browser.post("/demo/therapist").status_code == 302
    assert browser.get("/today/").status_code == 200
