"""What the worker does by itself, and how those who work here notice that it does not."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.conftest import appointment, signed_in, staff
from tests.site.messages.test_sending import _mail, _past, card, messages, text_of, turn  # noqa: F401

pytestmark = pytest.mark.long


@pytest.mark.hazard("H-01")
def test_staff_are_told_when_the_worker_has_been_silent_for_a_quarter_of_an_hour(cast, now, browser, monkeypatch):
    """H-01: a worker that is dead is seen."""
    from django.utils import timezone

    from tests.site.conftest import signed_in

    silent = "Nothing is being sent or worked out"
    alma = signed_in("therapist", "alma")
    assert silent in alma.get("/today/").content.decode()
    turn(now)
    assert silent not in alma.get("/today/").content.decode()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=14))
    assert silent not in alma.get("/today/").content.decode()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=16))
    assert silent in alma.get("/today/").content.decode()
    assert silent not in browser.get(cast.address).content.decode()


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_was_three_days_wrong_hides_no_dead_worker_and_keeps_nothing_back(cast, mail, past, now, days):
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.selectors import trouble
    from holdfast_site.messages.services import beat, queue_due
    from holdfast_site.messages.transports import transports

    beat(now + timedelta(days=days))
    assert trouble(now) != ""
    queue_due(now, transports())
    Message.objects.update(state="sending", claimed_at=now + timedelta(days=days))  # and killed then
    turn(now)
    assert trouble(now) == ""
    assert len(mail.got) == 1


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("days", [3, 400])
def test_what_a_clock_that_ran_ahead_queued_holds_back_nothing_and_is_asked_when_it_is_due(
    cast, mail, past, now, settings, days
):
    """It was queued, and never went out: the mail server was dead then. It is about a session of that later day."""
    from holdfast_site.checkins.models import Invitation

    later = appointment(cast.dan, cast.alma, now + timedelta(days=days, hours=-5))
    alive = settings.SITE
    settings.SITE = alive.model_copy(update={"email": alive.email.model_copy(update={"port": 1})})
    turn(now + timedelta(days=days))
    assert [one.cause for one in messages()] == [f"checkin:{later.pk}"]
    settings.SITE = alive
    turn(now)
    assert [(one.cause, one.state) for one in messages()] == [(f"checkin:{past.pk}", "sent")]
    assert not Invitation.objects.filter(appointment=later).exists()
    turn(now + timedelta(days=days))
    assert len(mail.got) == 2
    assert Invitation.objects.filter(appointment=later).exists()


@pytest.mark.hazard("H-17")
def test_what_was_sent_under_a_clock_that_ran_ahead_holds_back_what_is_due_a_day_at_most(cast, mail, past, now):
    from holdfast_site.messages.models import Message

    turn(now)
    fresh = appointment(cast.dan, cast.alma, now - timedelta(hours=4))
    for ahead, got in ((timedelta(hours=6), 1), (timedelta(days=3), 2)):
        Message.objects.filter(cause=f"checkin:{past.pk}").update(queued_at=now + ahead, sent_at=now + ahead)
        turn(now + timedelta(seconds=5))
        assert len(mail.got) == got, ahead
    assert messages()[-1].cause == f"checkin:{fresh.pk}"


@pytest.mark.hazard("H-16")
def test_a_question_about_his_address_that_was_queued_in_days_to_come_goes_now(cast, mail, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.confirming import change_card
    from holdfast_site.people.selectors import cards_of

    changed = cards_of([cast.dan])[cast.dan.pk].model_copy(update={"email": "dan@xanadu.example"})
    change_card(by=OPERATOR, client=cast.dan, card=changed, now=now + timedelta(days=40), tell_him=True)
    assert {one.kind for one in messages()} == {"confirm", "moved"}
    turn(now)
    assert sorted(one["To"] for one in mail.got) == ["dan@xanadu.example", "dan@zanzibar.example"]


def test_lists_are_worked_out_after_a_new_answer_and_not_after_one_that_was_kept_from_the_therapist(
    cast, now, browser, monkeypatch
):
    from holdfast_site import worker
    from tests.site.checkins.test_answer import filled

    done = []
    monkeypatch.setattr(worker, "refresh", lambda at: done.append(at) or True)
    refresher = worker.Refresher()
    refresher.turn(now - timedelta(seconds=30))
    refresher.turn(now - timedelta(seconds=10))
    assert len(done) == 1
    browser.post(cast.address, filled(who="care_contact"))
    refresher.turn(now + timedelta(minutes=1))
    assert len(done) == 1
    browser.post(f"/c/{cast.other_link}", filled())
    refresher.turn(now + timedelta(minutes=1))
    assert len(done) == 2
    refresher.turn(now + timedelta(minutes=2))
    assert len(done) == 2
    refresher.turn(now + timedelta(minutes=62))
    assert len(done) == 3


def test_lists_are_worked_out_after_a_therapist_said_what_he_did_and_when_he_takes_it_back(cast, now, monkeypatch):
    from django.utils import timezone

    from holdfast_site import worker
    from holdfast_site.caseload.models import Repair

    done = []
    monkeypatch.setattr(worker, "refresh", lambda at: done.append(at) or True)
    refresher, alma = worker.Refresher(), signed_in("therapist", "alma")
    refresher.turn(now - timedelta(seconds=30))
    for address in ("/today/said/dan", "/today/take-back/{repair}"):
        before, repair = len(done), Repair.objects.values_list("pk", flat=True).first()
        told = {"form": uuid4(), "action": "go-slower", "prompted_by": "quiet"}
        assert alma.post(address.format(repair=repair), told).status_code == 302
        for _ in range(2):
            refresher.turn(timezone.now())
        assert len(done) == before + 1


@pytest.mark.hazard("H-11")
def test_before_the_first_working_out_no_page_says_that_nobody_is_quiet(site, now):
    """H-11: a list that was not made yet is none. A site that ran while it was empty works out what is loaded next."""
    from holdfast_site import worker
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts.models import Post
    from holdfast_site.oversight.services import assign
    from tests.site.conftest import client, person

    refresher, alma = worker.Refresher(), person("alma")
    pages = {"today": signed_in("therapist", "alma"), "holding": signed_in("care_contact")}
    pages |= {"practice": signed_in("lead"), "supervised": signed_in("supervisor")}
    told_on = now.date() - timedelta(days=2)
    supervisor = Post.objects.get(role="supervisor")
    assign(by=OPERATOR, supervisor=supervisor, therapist=alma, client=None, told_on=told_on, now=now)
    quiet = ("Nobody is overdue.", "Nobody is waiting for somebody", "Nothing is open: nobody is waiting", "")
    not_yet = "ot worked out yet"

    def said():
        return [browser.get(f"/{place}/").content.decode() for place, browser in pages.items()]

    refresher.turn(now - timedelta(seconds=40))
    assert all(words in page and not_yet not in page for words, page in zip(quiet, said(), strict=True))
    him = client("finn")
    for weeks in range(4, 10):
        appointment(him, alma, now - timedelta(weeks=weeks))
    assert all(not_yet in page and (not words or words not in page) for words, page in zip(quiet, said(), strict=True))
    refresher.turn(now - timedelta(seconds=20))
    worked_out = said()
    assert all(not_yet not in page for page in worked_out)
    assert all("finn" in page for page in (worked_out[0], worked_out[1], worked_out[3]))


def test_a_member_of_staff_is_needed_for_the_sign(site):
    """Pages that are nobody's ask the database for nothing."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.pages import _trouble

    staff("desk")
    assert _trouble(ANYONE.role) == ""


def test_a_round_that_fails_is_followed_by_the_next_one(site, caplog):
    import threading

    from holdfast_site.worker import _keep_doing

    stopped, rounds = threading.Event(), []

    def turn(now):
        rounds.append(now)
        if len(rounds) == 3:
            stopped.set()
        raise ZeroDivisionError("Zanzibar")

    _keep_doing(turn, 0.001, stopped)
    assert len(rounds) == 3


def test_tables_are_made_once_for_all_that_is_worked_out_from_them(cast, now, settings, monkeypatch):
    from holdfast_site import refreshing
    from holdfast_site.caseload import adapters, services

    made = []

    def counted(moment):
        made.append(moment)
        return adapters.tables(moment)

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    monkeypatch.setattr(refreshing, "tables", counted)
    monkeypatch.setattr(services, "tables", counted)
    refreshing.refresh(now)
    assert len(made) == 1
