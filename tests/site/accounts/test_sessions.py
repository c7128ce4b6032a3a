"""A session: in one role at a time, and never for longer than it should last."""

from __future__ import annotations

import re
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


def test_whoever_is_in_already_is_led_on_and_not_asked_again(cast, browser):
    assert signed_in("therapist", "alma").get("/sign-in").headers["Location"] == "/today/"
    assert browser.get("/sign-in").status_code == 200


def test_a_session_gets_a_new_id_when_it_begins(cast):
    from holdfast_site.accounts.models import Session

    first = signed_in("therapist", "alma").cookies["session"].value
    assert first != signed_in("therapist", "alma").cookies["session"].value
    assert Session.objects.count() == 2


ON_A_PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile"
    " Safari/537.36"
)


def marks(page):
    return re.findall(r"/ways/sessions/(\w+)/end\"", page.content.decode())


def test_somebody_sees_where_he_is_signed_in_and_ends_what_he_does_not_know(cast):
    here, phone = signed_in("therapist", "alma"), signed_in("therapist", "alma", called=ON_A_PHONE)
    ben = signed_in("therapist", "ben")
    page = here.get("/ways").content.decode()
    assert page.count("<b>Here:</b> A browser on a device of an unknown kind") == 1
    assert page.count("Chrome on an Android phone or tablet") == 1
    assert "Pixel" not in page
    (mark,) = marks(here.get("/ways"))
    for browser in (here, phone, ben):
        assert browser.cookies["session"].value not in page
    for _ in range(2):
        assert here.post(f"/ways/sessions/{mark}/end")["Location"] == "/ways"
        assert phone.get("/today/").status_code == 404
    assert "Nowhere else." in here.get("/ways").content.decode()
    assert ben.get("/today/").status_code == 200


def test_nobody_ends_a_session_of_somebody_else_or_the_one_he_is_in(cast):
    here, there, ben = signed_in("therapist", "alma"), signed_in("therapist", "alma"), signed_in("therapist", "ben")
    (of_there,), (of_here,) = marks(here.get("/ways")), marks(there.get("/ways"))
    ben.post(f"/ways/sessions/{of_here}/end")
    ben.post("/ways/sessions/end-others")
    here.post(f"/ways/sessions/{of_here}/end")
    for browser in (here, there, ben):
        assert browser.get("/today/").status_code == 200
    assert of_there != of_here


def test_signing_out_everywhere_else_leaves_this_one_and_those_of_others(cast):
    from holdfast_site.accounts.models import Session
    from holdfast_site.audit.models import Event

    browsers = [signed_in("therapist", "alma") for _ in range(3)]
    dan, eli = signed_in("client", of=cast.dan), signed_in("client", of=cast.eli)
    for _ in range(2):
        assert browsers[0].post("/ways/sessions/end-others").status_code == 302
    assert [browser.get("/today/").status_code for browser in browsers] == [200, 404, 404]
    assert [browser.get("/mine/").status_code for browser in (dan, eli)] == [200, 200]
    assert Session.objects.filter(member__login="alma therapist").count() == 1
    assert Event.objects.filter(action="sessions.ended").count() == 1


def test_what_is_over_is_not_listed(cast, now, monkeypatch):
    from django.utils import timezone

    from holdfast_site.accounts import sessions

    monkeypatch.setattr(timezone, "now", lambda: now - timedelta(minutes=40))
    signed_in("therapist", "alma")
    monkeypatch.setattr(timezone, "now", lambda: now)
    here = signed_in("therapist", "alma")
    assert not marks(here.get("/ways"))
    monkeypatch.setattr(sessions.settings, "MOST_SECONDS", 0)
    assert not marks(here.get("/ways"))


def test_whoever_has_yet_to_say_in_which_role_is_sent_away_too(cast, now):
    from django.contrib.sessions.backends.base import UpdateError

    from holdfast_site.accounts.models import Session
    from holdfast_site.accounts.store import PROVEN, SessionStore

    here = signed_in("therapist", "alma")
    halfway = SessionStore()
    halfway[PROVEN], halfway["proven_at"] = Session.objects.get().member_id, now.isoformat()
    halfway.create()
    assert not marks(here.get("/ways"))
    here.post("/ways/sessions/end-others")
    assert not SessionStore().exists(halfway.session_key)
    with pytest.raises(UpdateError):
        halfway.save()


def test_a_session_says_whose_it_is_from_when_he_has_shown_it(cast):
    from holdfast_site.accounts.models import Session
    from holdfast_site.accounts.store import PROVEN, SessionStore

    alma, ben = staff("therapist", "alma").member, staff("therapist", "ben").member
    nobodys, halfway, within = SessionStore(), SessionStore(), SessionStore()
    halfway[PROVEN], within["_auth_user_id"] = alma.pk, str(ben.pk)
    for one in (nobodys, halfway, within):
        one.create()
    assert [Session.objects.get(pk=one.session_key).member for one in (nobodys, halfway, within)] == [None, alma, ben]
    assert SessionStore(halfway.session_key).load() == {PROVEN: alma.pk}


def test_a_disk_that_takes_no_session_is_not_taken_for_one_that_was_ended(cast, monkeypatch):
    from django.contrib.sessions.backends.base import UpdateError
    from django.db import OperationalError

    from holdfast_site.accounts.models import Session
    from holdfast_site.accounts.store import SessionStore

    def full(*_, **__):
        raise OperationalError("the disk is full")

    kept = SessionStore()
    kept.create()
    kept.save()
    with monkeypatch.context() as failing:
        failing.setattr(Session, "save", full)
        with pytest.raises(OperationalError, match="the disk is full"):
            kept.save()
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        kept.save()


def test_showing_once_more_that_it_is_he_gives_the_session_a_new_id(cast, settings):
    alma = signed_in("therapist", "alma")
    before = alma.cookies["session"].value
    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    assert alma.post("/prove").status_code == 302
    assert alma.cookies["session"].value != before
    alma.cookies["session"] = before
    assert alma.get("/today/").status_code == 404


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (ON_A_PHONE, "Chrome on an Android phone or tablet"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on a Linux computer"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
            " Safari/537.36 Edg/126.0.0.0",
            "Edge on a Windows computer",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
            " Safari/605.1.15",
            "Safari on a Mac or an iPad",
        ),
        ("<script>curl/8", "A browser on a device of an unknown kind"),
        ("", "A browser on a device of an unknown kind"),
    ],
)
def test_a_browser_is_told_in_plain_words_and_in_none_of_its_own(told, words):
    from holdfast_site.accounts.browsers import in_words

    assert in_words(told) == words


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


def test_the_demo_asks_before_the_next_session_of_somebody_who_has_not_answered(cast, browser, settings, now):
    from datetime import timedelta

    from holdfast_site.people.models import Appointment
    from tests.site.before.test_ask import replied
    from tests.site.conftest import appointment

    Appointment.objects.filter(status="booked").update(status="cancelled")
    assert browser.post("/demo/before").status_code == 404
    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    assert browser.post("/demo/before").status_code == 404
    appointment(cast.dan, cast.alma, now + timedelta(days=1), status="booked")
    link = browser.post("/demo/before").headers["Location"]
    assert "Coming?" in browser.get(link).content.decode()
    assert browser.post(link, replied("coming")).status_code == 200
    assert browser.post("/demo/before").status_code == 404


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


# --- what a session keeps ---------------------------------------------------------------------------


def a_request(**kept):
    """A request whose session keeps this, and nothing else."""
    from django.http import HttpRequest

    from holdfast_site.accounts.store import SessionStore

    request = HttpRequest()
    request.session = SessionStore()
    request.session.update(kept)
    return request


MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (5 * MINUTE, True),
        (5 * MINUTE + MOMENT, False),
        (-MINUTE, True),  # a clock that was put right in passing
        (-MINUTE - MOMENT, False),  # one that was set back: it could be any age
    ],
)
def test_it_counts_for_five_minutes_that_he_has_shown_it_and_that_he_was_asked(site, now, age, counts):
    from holdfast_site.accounts import sessions

    then = now - age
    assert sessions.is_fresh(a_request(proved=then.isoformat()), now=now) is counts
    request = a_request()
    sessions.remember_asked(request, "show", b"challenge", now=then)
    assert sessions.asked(request, "show", now=now) == (b"challenge" if counts else None)


def test_whoever_was_asked_nothing_or_something_else_or_has_answered_already_has_no_answer_that_counts(cast, now):
    from holdfast_site.accounts import sessions

    request = a_request()
    assert not sessions.is_fresh(request, now=now)
    sessions.prove(request, now=now)
    assert sessions.is_fresh(request, now=now)
    assert sessions.asked(request, "show", now=now) is None
    for purpose, answer in (("make", None), ("show", b"challenge")):
        sessions.remember_asked(request, "show", b"challenge", now=now)
        assert sessions.asked(request, purpose, now=now) == answer
        assert sessions.asked(request, "show", now=now) is None


def test_who_is_on_the_way_in_is_remembered_for_half_an_hour_under_a_new_id(cast, now):
    from holdfast_site.accounts import sessions

    request = a_request(other="stays")
    request.session.create()
    before = request.session.session_key
    assert sessions.remembered(request, "welcomed", now=now) is None
    sessions.remember(request, "welcomed", 7, now=now)
    assert request.session.session_key != before
    assert sessions.remembered(request, "welcomed", now=now + 30 * MINUTE) == 7
    assert sessions.remembered(request, "welcomed", now=now + 30 * MINUTE + MOMENT) is None
    assert sessions.remembered(request, "proven", now=now) is None
    assert request.session["other"] == "stays"


def test_what_the_next_page_is_to_say_it_says_once_and_nobody_knows_what_he_was_not_told(cast, now, rows):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts import sessions

    request, before = a_request(), rows()
    assert sessions.news(request) == []
    sessions.know(request, by=OPERATOR, now=now)
    assert rows() == before
    assert sessions.told(request) == ""
    sessions.tell(request, "It is done.")
    assert [sessions.told(request), sessions.told(request)] == ["It is done.", ""]


def test_who_signs_in_acts_as_what_his_post_says_and_nothing_of_another_session_is_left(cast, now):
    from holdfast_site.access.actors import ANYONE, Actor, Role
    from holdfast_site.accounts import sessions
    from holdfast_site.accounts.models import Post

    ruth = Post.objects.get(role="care_contact")
    alma, dan = staff("therapist", "alma"), staff("client", of=cast.dan)
    for post, role, ids in (
        (ruth, Role.CARE_CONTACT, {}),
        (alma, Role.THERAPIST, {"therapist_id": "alma"}),
        (dan, Role.CLIENT, {"client_id": "dan"}),
    ):
        request = a_request(told="to somebody else")
        actor = sessions.begin(request, post, now=now)
        assert actor == Actor(role, id=str(post.member_id), **ids)
        request.user = post.member
        assert sessions.signed_in(request) == actor
        assert sessions.told(request) == ""
        assert sessions.news(request) == []
        assert sessions.is_fresh(request, now=now)
    request.session["post"] = alma.pk
    assert sessions.signed_in(request) == ANYONE  # a post of somebody else
    request.session["post"] = dan.pk
    assert sessions.signed_in(request) == actor
    request.session["began"] = (now - timedelta(hours=12, seconds=1)).isoformat()
    assert sessions.signed_in(request) == ANYONE
    assert request.session.is_empty()


def test_his_sessions_are_listed_here_first_then_what_was_used_last_with_when(cast, now):
    from holdfast_site.accounts import sessions
    from holdfast_site.accounts.models import Session
    from holdfast_site.accounts.store import SessionStore

    halfway, *keys = [signed_in("therapist", "alma").cookies["session"].value for _ in range(4)]
    empty = SessionStore().encode({})
    Session.objects.filter(session_key=halfway).update(session_data=empty, expire_date=now + MINUTE)
    for key, unused in zip(keys, (9, 3, 6), strict=True):
        Session.objects.filter(session_key=key).update(expire_date=now + (30 - unused) * MINUTE)
    request = a_request()
    request.session = SessionStore(keys[0])
    member = Session.objects.first().member
    found = sessions.open_sessions(request, member, now=now)
    assert [(one.is_this, now - one.used_at) for one in found] == [
        (True, 9 * MINUTE),
        (False, 3 * MINUTE),
        (False, 6 * MINUTE),
    ]
    assert all(timedelta(0) <= one.began_at - now < 5 * MINUTE for one in found)
    assert len({one.mark for one in found}) == 3
    assert len(sessions.open_sessions(request, member, now=now + 26 * MINUTE)) == 1


def test_of_what_is_ended_only_what_went_on_is_counted_and_what_was_there_is_in_the_audit(cast, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts import sessions
    from holdfast_site.accounts.models import Session
    from holdfast_site.accounts.store import SessionStore
    from holdfast_site.audit.models import Event

    keys = [signed_in("therapist", "alma").cookies["session"].value for _ in range(4)]
    Session.objects.filter(session_key=keys[1]).update(expire_date=now)
    member = Session.objects.first().member
    for ended in (2, 0):
        assert sessions.end_others(member, here=keys[0], by=OPERATOR, now=now) == ended
    assert list(Session.objects.values_list("session_key", flat=True)) == keys[:1]
    other = signed_in("therapist", "alma")
    request = a_request()
    request.session = SessionStore(keys[0])
    marks = [one.mark for one in sessions.open_sessions(request, member, now=now)]
    for mark in (*marks, *marks, "no such mark"):
        sessions.end_one(request, member, mark, by=OPERATOR, now=now)
    assert list(Session.objects.values_list("session_key", flat=True)) == keys[:1]
    assert other.get("/today/").status_code == 404
    events = Event.objects.filter(action="sessions.ended").values_list("actor", "about", "at")
    assert list(events) == [(OPERATOR.mark, f"member:{member.pk}", now)] * 2


# --- on a disk that takes nothing -------------------------------------------------------------------


@pytest.mark.sqlite
@pytest.mark.hazard("H-15")
def test_on_a_disk_that_takes_nothing_he_stays_signed_in_and_nothing_new_is_remembered(cast, now):
    from django.contrib.sessions.backends.base import UpdateError
    from django.db import OperationalError
    from django.http import HttpRequest, HttpResponse

    from holdfast_site.accounts.sessions import Sessions
    from holdfast_site.accounts.store import SessionStore
    from tests.site.test_failing_disk import read_only

    alma = signed_in("therapist", "alma")
    store = SessionStore(alma.cookies["session"].value)
    request = HttpRequest()
    request.session, request.path = store, "/sign-in"
    with read_only():
        assert alma.get("/prove").status_code == 200
        store["asked"] = ["x", "", now.isoformat()]
        with pytest.raises(OperationalError):
            Sessions(lambda _: HttpResponse()).process_response(request, HttpResponse())
    assert "asked" not in SessionStore(store.session_key)
    assert alma.get("/today/").status_code == 200
    SessionStore().delete(store.session_key)
    with pytest.raises(UpdateError):  # and one that was ended meanwhile is still told from it
        store.save()
