"""What was said or done: one tap, kept once, his own client only, sealed; and what followed is counted for all."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client, signed_in

ADDRESS = "/today/said/dan"


def tap(form=None, **more):
    return {"form": str(form or uuid4()), "action": "go-slower", "prompted_by": "pace", **more}


def page(browser, name="dan"):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(f"/today/client/{name}").content.decode()))


def repairs():
    from holdfast_site.caseload.models import Repair

    return Repair.objects.count()


def test_one_tap_on_the_page_keeps_what_was_done(cast, browser):
    browser.post(cast.address, filled())
    alma = signed_in("therapist", "alma")
    html = alma.get("/today/client/dan").content.decode()
    form = re.search(
        r'action="/today/said/dan">.*?name="form" value="([^"]+)".*?name="prompted_by" value="([^"]+)"'
        r'.*?name="action" value="([^"]+)"',
        html,
        re.DOTALL,
    )
    answer = alma.post(ADDRESS, {"form": form[1], "prompted_by": form[2], "action": form[3]})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/today/client/dan#done")
    assert repairs() == 1
    assert "So far: too early to tell." in page(alma)


def test_what_he_said_brings_something_to_say_about_it(cast, browser):
    browser.post(cast.address, filled())  # too fast, a bit too much feeling; slower next time
    text = page(signed_in("therapist", "alma"))
    assert "Pace: too fast" in text
    assert "Say that you went too fast" in text
    assert "Skip the warm-up" not in text  # against too slow
    assert "Not tried here yet." in text


def test_the_same_form_is_kept_once(cast):
    from holdfast_site.audit.models import Event

    alma, sent = signed_in("therapist", "alma"), tap()
    for _ in range(3):
        assert alma.post(ADDRESS, sent).status_code == 302
    assert repairs() == 1
    assert Event.objects.filter(action="repair.logged").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"action": "hypnosis"}, {"prompted_by": "his mother"}, {"form": "no id"}, {"action": ""}, {"action": "pause"}],
)
def test_only_what_the_page_offers_is_kept(cast, wrong):
    assert signed_in("therapist", "alma").post(ADDRESS, tap() | wrong).status_code == 404
    assert repairs() == 0


def test_it_is_for_whoever_treats_him(cast, browser):
    for other in (browser, signed_in("therapist", "ben"), signed_in("care_contact")):
        assert other.post(ADDRESS, tap()).status_code == 404
    assert repairs() == 0


def test_it_is_sealed(cast, stored):
    from holdfast_site.caseload.models import Repair
    from holdfast_site.caseload.repairs import Done, done_of

    signed_in("therapist", "alma").post(ADDRESS, tap())
    assert done_of(Repair.objects.select_related("client").get()) == Done("go-slower", "pace")
    assert b"go-slower" not in stored()


def test_a_slip_can_be_taken_back_within_a_day_by_whoever_noted_it(cast, now, monkeypatch):

    from holdfast_site.audit.models import Event
    from holdfast_site.caseload.models import Repair

    alma, ben = signed_in("therapist", "alma"), signed_in("therapist", "ben")
    alma.post(ADDRESS, tap())
    address = f"/today/take-back/{Repair.objects.get().pk}"
    assert ben.post(address).status_code == 404
    assert alma.post(address).status_code == 302
    assert repairs() == 0
    assert alma.post(address).status_code == 404
    assert Event.objects.filter(action="repair.taken_back", about="client:dan").count() == 1
    alma.post(ADDRESS, tap())
    Repair.objects.update(at=now - timedelta(hours=25))
    assert alma.post(f"/today/take-back/{Repair.objects.get().pk}").status_code == 404
    assert "Take this back" not in page(alma)


@pytest.mark.long
def test_the_library_hears_of_it(cast, now):
    """As a row of the table, and as the signal that something was done since the contact before."""
    from holdfast.silence import moments
    from holdfast_site.caseload.adapters import tables

    for weeks in range(1, 9):
        appointment(cast.dan, cast.alma, now - timedelta(weeks=weeks))
    later = now + timedelta(days=3)
    before = {row["client_id"]: row["repair"] for row in moments(tables(later)).tails.iter_rows(named=True)}
    keep(cast.dan, cast.alma, now - timedelta(days=1), "go-slower")
    found = tables(later)["repairs"].to_dicts()
    assert [(row["client_id"], row["action"], row["prompted_by"]) for row in found] == [("dan", "go-slower", "pace")]
    after = {row["client_id"]: row["repair"] for row in moments(tables(later)).tails.iter_rows(named=True)}
    assert before["dan"] != after["dan"]
    assert before["eli"] == after["eli"]


def keep(him, with_whom, at, action):
    """As the page would, at any moment."""
    from holdfast_site.caseload.models import Repair
    from holdfast_site.caseload.repairs import Done, sealed

    repair = Repair(client=him, therapist=with_whom, at=at.replace(microsecond=0), form=uuid4())
    repair.sealed = sealed(repair, Done(action, "pace"))
    repair.save()
    return repair


@pytest.mark.long
def test_what_followed_is_counted_for_the_whole_practice(cast, browser, now):
    from holdfast_site.caseload.services import refresh

    browser.post(cast.address, filled())
    for number in range(14):
        him = client(f"c{number}")
        therapist = cast.alma if number % 2 else cast.ben
        at = now - timedelta(days=100)
        appointment(him, therapist, at - timedelta(days=1))
        keep(him, therapist, at, "go-slower")
        if number < 9:
            appointment(him, therapist, at + timedelta(days=6))
    keep(client("late"), cast.alma, now - timedelta(days=3), "go-slower")
    refresh(now)
    text = page(signed_in("therapist", "alma"))
    assert "Tried 14 times here: 9 came back, 5 left." in text


@pytest.mark.long
def test_what_followed_few_is_not_told(cast, browser, now):
    from holdfast_site.caseload.services import refresh

    browser.post(cast.address, filled())
    for number in range(9):
        him = client(f"c{number}")
        appointment(him, cast.ben, now - timedelta(days=90))
        keep(him, cast.ben, now - timedelta(days=80), "go-slower")
    refresh(now)
    assert "Tried 9 times here: too few to tell." in page(signed_in("therapist", "alma"))


@pytest.mark.long
def test_the_story_of_one_client(cast, browser, now):
    from holdfast_site.caseload.services import refresh
    from holdfast_site.people.models import Ending, Pause

    for weeks in (1, 2, 3, 8, 9, 10):
        appointment(cast.dan, cast.alma, now - timedelta(weeks=weeks))
    appointment(cast.dan, cast.alma, now - timedelta(weeks=4), status="no_show")
    appointment(cast.dan, cast.alma, now - timedelta(weeks=5), status="cancelled", initiated_by="provider")
    appointment(cast.dan, cast.alma, now - timedelta(weeks=6), status="unknown")
    appointment(cast.dan, cast.alma, now + timedelta(days=2), status="booked")
    Pause.objects.create(client=cast.dan, therapist=cast.alma, at=now - timedelta(days=55))
    Ending.objects.create(
        client=cast.dan, therapist=cast.alma, ended_on=(now - timedelta(weeks=30)).date(), kind="planned"
    )
    keep(cast.dan, cast.alma, now - timedelta(days=20), "go-slower")
    refresh(now)
    browser.post(cast.address, filled())
    text = page(signed_in("therapist", "alma"))
    assert re.search(r"Session 7 was (today|yesterday)\. He usually comes every 7 days\.", text)
    assert "The next one is booked in 2 days." in text
    for words in (
        "Session 1 ",
        "Did not come",
        "Called off by you",
        "Nobody marked whether he came",
        "Booked",
        "break agreed",
        "Finished, as planned",
        "Say that you went too fast, and let him set how far you go today: came back",
        "Check-in: For next time: slower",
    ):
        assert words in text, words


def test_what_he_said_of_somebody_else_is_not_for_the_next_therapist(cast, browser, now):
    browser.post(cast.address, filled(words="Zanzibar"))
    appointment(cast.dan, cast.ben, now + timedelta(days=1), status="booked")
    ben = signed_in("therapist", "ben")
    assert ben.get("/today/client/dan").status_code == 200
    assert "Zanzibar" not in page(ben)
    assert "Zanzibar" not in ben.get("/today/").content.decode()


def test_a_check_in_that_was_kept_from_him_is_drawn_like_one_that_was_not_answered(cast, browser):
    alma = signed_in("therapist", "alma")
    browser.post(cast.address, filled(who="care_contact"))
    text = page(alma)
    assert "check-in, nothing seen" in text
    assert "Check-in: nothing seen" in text


@pytest.mark.long
def test_the_number_of_queries_does_not_grow_with_his_story(cast, now):
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import Given, invite, keep_as_given

    alma = signed_in("therapist", "alma")

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert alma.get("/today/client/dan").status_code == 200
        return len(asked)

    def weeks(first, last):
        with transaction.atomic():
            for week in range(first, last):
                held = appointment(cast.dan, cast.alma, now - timedelta(weeks=week))
                invitation, _ = invite(by=ANYONE, appointment=held, now=held.starts_at)
                keep_as_given(
                    [Given(invitation, uuid4(), Answers.of([("pace", 1, Audience.THERAPIST)]), held.starts_at)]
                )
                keep(cast.dan, cast.alma, held.starts_at + timedelta(days=1), "go-slower")

    weeks(1, 2)
    queries()  # the first one of a session writes more
    short = queries()
    weeks(2, 80)
    assert 10 < short <= 40
    assert queries() == short


@pytest.mark.hazard("H-05")
def test_two_signs_say_who_it_is_to_his_therapist_alone(cast, now):
    from tests.site.people.test_contacts import kept

    kept(cast.dan, now, name="Dan Marsh")
    kept(cast.eli, now, name="Eli Stone")
    for days in (1, -2):
        appointment(cast.dan, cast.alma, now + timedelta(days=days), status="booked" if days > 0 else "unknown")
    alma = signed_in("therapist", "alma")
    assert page(alma).count("dan Dan Marsh") == 1
    today = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", alma.get("/today/").content.decode()))
    assert len(re.findall("dan +Dan Marsh", today)) == 2
    assert "Eli" not in today
    assert "Dan Marsh" not in signed_in("therapist", "ben").get("/today/").content.decode()
