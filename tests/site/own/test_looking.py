"""Lists with many people on them: he is told of those that he was on, in plain words, and of no other."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.site.conftest import appointment, signed_in

pytestmark = pytest.mark.long


def lists(whose):
    """What he is told about lists, by who opened them."""
    page = signed_in("client", of=whose).get("/mine/looked").content.decode()
    found = re.findall(r"<details>.*?</details>", page, re.S)
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", " ".join(found)))


@pytest.fixture(name="desk")
def _desk(cast):
    return signed_in("desk")


def today(now):
    from django.utils import timezone

    return timezone.localdate(now)


def test_the_desks_schedule_of_his_day_and_of_no_other(cast, desk, now):
    appointment(cast.dan, cast.alma, now + timedelta(days=3), status="booked")
    desk.get(f"/schedule/?on={today(now) + timedelta(days=3)}")
    desk.get(f"/schedule/?on={today(now) + timedelta(days=3)}")
    desk.get(f"/schedule/?on={today(now) + timedelta(days=5)}")
    assert "desk, front desk opened the schedule of a day that you were on (2 times)." in lists(cast.dan)
    assert "schedule" not in lists(cast.eli)


def test_what_he_asked_to_have_called_off_stands_on_every_day_of_the_schedule_until_then(cast, browser, desk, now):
    from tests.site.before.test_ask import asked, replied

    ask = asked(appointment(cast.dan, cast.alma, now + timedelta(hours=40), status="booked"), now)
    other = f"/schedule/?on={today(now) + timedelta(days=20)}"
    desk.get(other)
    assert "schedule" not in lists(cast.dan)
    browser.post(ask, replied("slower", cancel="on"))
    desk.get(other)
    assert "the schedule of a day that you were on" in lists(cast.dan)


def test_what_lies_in_a_leave_stands_on_every_day_of_the_schedule_and_he_is_told(cast, desk, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.services import keep_leave

    appointment(cast.dan, cast.alma, now + timedelta(days=3), status="booked")
    days = {"first_day": today(now) + timedelta(days=2), "last_day": today(now) + timedelta(days=4)}
    keep_leave(by=OPERATOR, therapist=cast.alma, stand_in=cast.ben, now=now, **days)
    desk.get(f"/schedule/?on={today(now) + timedelta(days=20)}")
    assert "opened an appointment of yours" in his(cast.dan)
    assert "opened an appointment of yours" not in his(cast.eli)


def test_names_at_the_desk_and_what_was_sent(cast, desk):
    assert desk.get("/clients/?q=zzz").status_code == 200
    assert "search" not in lists(cast.dan)  # it found nobody
    for page in ("/clients/?q=a", "/schedule/book", "/schedule/sent"):
        assert desk.get(page).status_code == 200
    for whose in (cast.dan, cast.eli):
        told = lists(whose)
        assert "a search by name, which may have found you" in told
        assert "the page for booking, which lists names" in told
        assert "to whom questions were sent or are due, you among them" in told


def his(whose):
    """What he is told of what is his alone."""
    page = signed_in("client", of=whose).get("/mine/looked").content.decode()
    page = re.sub(r"<details>.*?</details>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


def test_what_was_done_with_another_is_no_business_of_his(cast, desk, now):
    """One card, one appointment and one page: each is told to whose it is, and to nobody else."""
    from holdfast_site.accounts.models import Assignment, Post
    from holdfast_site.own.looking import who_looked

    ahead = appointment(cast.dan, cast.alma, now + timedelta(days=3), status="booked")
    told = {whose.pk: who_looked(whose) for whose in (cast.dan, cast.eli)}
    assert desk.get("/clients/dan").status_code == 200
    assert desk.get(f"/schedule/appointment/{ahead.pk}").status_code == 200
    sam, lead, moment = signed_in("supervisor"), signed_in("lead"), now - timedelta(days=1)
    post = Post.objects.get(role="supervisor")
    Assignment.objects.create(supervisor=post, client=cast.dan, told_on=moment.date(), assigned_at=moment)
    assert sam.get("/supervised/client/dan").status_code == 200
    for page in ("/people/", "/people/names"):
        assert lead.get(page).status_code == 200
    assert "opened how you are reached" in his(cast.dan)
    assert "opened an appointment of yours (2 times)" in his(cast.dan)
    assert "supervisor opened your page" in his(cast.dan)
    assert who_looked(cast.eli) == told["eli"]
    assert "looked at something of yours" not in his(cast.dan)


def test_what_was_looked_at_under_an_id_that_was_made_one_with_his(cast, desk):
    from tests.site.conftest import client

    other = client("dan-again")
    assert desk.get("/clients/dan-again").status_code == 200
    assert "how you are reached" not in his(cast.dan)
    cast.dan.other_ids = [other.pk]
    cast.dan.save()
    assert "opened how you are reached." in his(cast.dan)


def test_who_came_after_the_list_was_opened_was_not_on_it(cast, desk, now):
    from tests.site.conftest import client

    desk.get("/clients/")
    late = client("fay")
    appointment(late, cast.alma, now + timedelta(days=9), status="booked", booked_at=now + timedelta(hours=1))
    assert "search" not in lists(late)


def test_lists_of_what_is_to_be_seen_to_while_something_of_his_is_open(cast, now):
    from django.utils import timezone

    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.handover.models import Kind, Matter
    from holdfast_site.handover.services import open_matter

    ruth = signed_in("care_contact")
    ruth.get("/holding/")
    told = {"by": ANYONE, "kind": Kind.CALL, "due_on": now.date(), "now": timezone.now()}
    assert "seen to" not in lists(cast.dan)
    open_matter(client=cast.dan, therapist=cast.alma, holder=Role.CARE_CONTACT, **told)
    ruth.get("/holding/")
    signed_in("therapist", "alma").get("/holding/")  # it is not hers to see
    assert "care_contact, care contact opened what is to be seen to, something for you among it." in lists(cast.dan)
    assert "alma therapist" not in lists(cast.dan)
    assert "seen to" not in lists(cast.eli)
    Matter.objects.update(closed_at=timezone.now())
    before = lists(cast.dan)
    ruth.get("/holding/")
    assert lists(cast.dan) == before


def test_the_supervisors_list_and_the_leads_page_that_names_him(cast, now):
    from holdfast_site.accounts.models import Assignment, Post

    sam, lead = signed_in("supervisor"), signed_in("lead")
    for browser, page in ((sam, "/supervised/"), (lead, "/people/arranged")):
        assert browser.get(page).status_code == 200
    assert lists(cast.dan) == ""
    post = Post.objects.get(role="supervisor")
    moment = now - timedelta(days=1)
    Assignment.objects.create(supervisor=post, client=cast.dan, told_on=moment.date(), assigned_at=moment)
    for browser, page in ((sam, "/supervised/"), (lead, "/people/arranged")):
        browser.get(page)
    assert "looks after, you among them" in lists(cast.dan)
    assert "who supervises whom, you among them" in lists(cast.dan)
    assert lists(cast.eli) == ""


@pytest.mark.hazard("H-09", "H-10")
def test_that_a_therapist_guessed_about_a_flag_is_not_told(cast, now, settings):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit.services import Action, note_reading

    before = signed_in("client", of=cast.dan).get("/mine/looked").content.count(b"<li>")
    note_reading(Action.GUESS_GIVEN, by=Actor(Role.THERAPIST, id="1"), about="flag:1", now=now)
    assert signed_in("client", of=cast.dan).get("/mine/looked").content.count(b"<li>") == before


def test_a_day_is_one_line_a_person_and_lists_are_apart(cast, desk):
    alma = signed_in("therapist", "alma")
    for _ in range(30):
        alma.get("/today/client/dan")
        desk.get("/clients/?q=a")
    page = signed_in("client", of=cast.dan).get("/mine/looked").content.decode()
    assert page.count("<li>") <= 6
    assert "opened your page (30 times)." in page
    assert "(30 times)" in lists(cast.dan)


def test_every_reading_that_the_audit_knows_has_words(site):
    from holdfast_site.audit.services import Action
    from holdfast_site.own.words import DID, LISTS

    own = {Action.OWN_READ}  # his own visits
    counts = {Action.PRACTICE_READ, Action.STUDY_READ}
    no_person = counts | {Action.STAFF_READ, Action.MAILBOX_READ}  # who works there
    told = set(DID) | {action for action, _ in LISTS}
    assert {action for action in Action if action.endswith(".read")} - told <= own | no_person


@pytest.mark.sqlite
def test_nobody_waits_while_the_whole_audit_is_read(cast, now):
    """Each question to the audit is answered by an index: it may hold a million rows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from holdfast_site.own.looking import SHOWN, who_looked

    with CaptureQueriesContext(connection) as asked:
        who_looked(cast.dan, since=now - SHOWN)
    asked_of_audit = [one["sql"] for one in asked.captured_queries if 'FROM "audit_event"' in one["sql"]]
    assert len(asked_of_audit) == 3
    with connection.cursor() as cursor:
        for sql in asked_of_audit:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            assert [row[3] for row in cursor.fetchall() if row[3].startswith("SCAN")] == []


def test_lists_of_a_therapist_whom_he_never_had_are_not_even_fetched(cast, now):
    signed_in("therapist", "ben").get("/today/")
    assert lists(cast.dan) == ""
    signed_in("therapist", "alma").get("/today/")
    assert "opened the list of the day" in lists(cast.dan)
