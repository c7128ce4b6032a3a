"""A session: in one role at a time, and never for longer than it should last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.conftest import signed_in, staff


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


def test_a_session_gets_a_new_id_when_it_begins(cast):
    from django.contrib.sessions.models import Session

    first = signed_in("therapist", "alma").cookies["session"].value
    assert first != signed_in("therapist", "alma").cookies["session"].value
    assert Session.objects.count() == 2


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(cast):
    alma = signed_in("therapist", "alma")
    alma.get("/today/")
    for cookie in alma.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"


def test_leaving_the_page_leaves_nobody_signed_in_here(cast):
    alma = signed_in("therapist", "alma")
    assert alma.get("/blank").content == type(alma)(SERVER_NAME="127.0.0.1").get("/blank").content
    assert not alma.cookies["session"].value
    assert alma.get("/today/").status_code == 404


@pytest.mark.sqlite
def test_help_is_there_for_somebody_signed_in_when_the_database_is_not(cast, site):
    from django.db import connections

    from holdfast_site.config import DATABASE

    alma = signed_in("therapist", "alma")
    connections.close_all()
    (site / DATABASE).rename(site / "away")
    try:
        assert alma.get("/help-now").status_code == 200
        assert alma.get("/blank").status_code == 200
    finally:
        (site / "away").rename(site / DATABASE)


def test_the_demo_has_a_check_in_ready_and_a_fresh_one_for_whoever_looks_next(cast, browser, settings, now):
    from datetime import timedelta

    from tests.site.checkins.test_answer import filled
    from tests.site.conftest import appointment

    appointment(cast.dan, cast.alma, now - timedelta(minutes=5))
    appointment(cast.eli, cast.ben, now - timedelta(minutes=6))
    assert browser.post("/demo/phone").status_code == 404
    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    links = [browser.post("/demo/phone").headers["Location"] for _ in range(2)]
    assert links[0] != links[1]
    for link in links:
        assert "About your last session" in browser.get(link).content.decode()
        assert browser.post(link, filled()).status_code == 200


def test_in_the_demo_nobody_has_anything_to_show_and_elsewhere_he_has(cast, settings):
    alma = signed_in("therapist", "alma")
    assert alma.post("/prove", {"next": "/ways"}).status_code == 422
    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    assert alma.post("/prove", {"next": "/ways"}).headers["Location"] == "/ways"


def test_the_demo_needs_no_password_and_only_the_demo(cast, browser, settings):
    staff("therapist", "alma")
    assert browser.post("/demo/therapist").status_code == 404
    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    assert browser.post("/demo/lead").status_code == 404
    assert browser.post("/demo/therapist").status_code == 302
    assert browser.get("/today/").status_code == 200
