"""Today: who comes, who is worth a conversation and why, who has gone quiet, what nobody marked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.site.conftest import appointment, client, signed_in


def today(browser):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get("/today/").content.decode()))


def weekly(name, with_whom, now, *, since):
    """Came each week until ``since`` weeks ago."""
    him = client(name)
    for weeks in range(since, since + 9):
        appointment(him, with_whom, now - timedelta(weeks=weeks))
    return him


def a_caseload(therapist, now):
    """Two who came the day before yesterday, four who have not come for weeks.

    Nobody is due today: whoever is, and has not come yet, counts as late by the hour.
    """
    for name, since in (("finn", 4), ("gus", 5), ("kim", 6), ("leo", 6)):
        weekly(name, therapist, now, since=since)
    for name in ("hal", "ike"):
        weekly(name, therapist, now - timedelta(days=2), since=0)


def test_an_empty_day_says_so(cast, now):
    from holdfast_site.messages.services import note_refreshed

    note_refreshed(now)
    text = today(signed_in("therapist", "ben"))
    assert "Nobody is booked within a week." in text
    assert "Nobody is overdue." in text
    assert "Did he come?" not in text
    assert "Worth a conversation" not in text
    assert "The early warning is off here; whoever runs this computer can switch it on" in text


def test_the_next_comes_first_and_only_within_a_week(cast, now):
    for days in (3, 1, 9):
        appointment(cast.dan, cast.alma, now + timedelta(days=days), status="booked")
    appointment(cast.dan, cast.alma, now + timedelta(days=2), status="cancelled")
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.caseload.selectors import coming, own_ids

    alma = Actor(Role.THERAPIST, "1", therapist_id="alma")
    found = coming(alma, own_ids(alma), now=now)
    assert [round((one.appointment.starts_at - now).days) for one in found] == [1, 3]


def test_of_the_next_day_everybody_is_shown_and_the_rest_of_the_week_is_one_tap_away(cast, now):
    eli = client("eli-too")
    for him, hours in ((cast.dan, 48), (eli, 49), (cast.dan, 96)):
        start = now.replace(hour=9, minute=0) + timedelta(hours=hours)
        appointment(him, cast.alma, start, status="booked")
    page = signed_in("therapist", "alma").get("/today/").content.decode()
    shown, folded = page.split("<summary>1 more within a week</summary>")
    folded = folded.split("</details>")[0]
    assert shown.count("/today/client/dan") == folded.count("/today/client/dan") == 1
    assert "/today/client/eli-too" in shown


@pytest.mark.long
def test_who_has_gone_quiet_is_listed_in_words_on_the_own_page_only(cast, now):
    from holdfast_site.caseload.services import refresh

    weekly("finn", cast.alma, now, since=7)
    refresh(now)
    text = today(signed_in("therapist", "alma"))
    assert "finn No session for 49 days; he usually comes every 7 days. Nothing is booked." in text
    assert "finn" not in today(signed_in("therapist", "ben"))


@pytest.mark.hazard("H-10")
@pytest.mark.slow
def test_flags_give_reasons_first_then_the_chance_then_their_record(cast, now, settings, site):
    from django.db import connections

    from holdfast_site.caseload.models import Flag
    from holdfast_site.caseload.services import refresh

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    a_caseload(cast.alma, now)
    refresh(now)
    flag = Flag.objects.get()
    alma = signed_in("therapist", "alma")
    assert alma.post(f"/today/guess/{flag.pk}", {"guess": "skipped"}).status_code == 302
    text = today(alma)
    where = text.index("Worth a conversation")
    order = [text.index(words, where) for words in (flag.client_id, "Has he left?", "too few to tell")]
    assert order == sorted(order)
    assert "does not mean that all is well" in text
    assert not re.search(r"\d\.\d\d|%", text)
    connections.close_all()
    assert b"nothing booked" not in (site / "holdfast.sqlite3").read_bytes().lower()  # reasons are sealed


@pytest.mark.slow
def test_however_often_it_is_worked_out_there_is_one_flag_for_so_few_clients(cast, now, settings):
    from holdfast_site.caseload.models import Flag
    from holdfast_site.caseload.services import refresh

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    a_caseload(cast.alma, now)
    for hours in range(3):
        refresh(now + timedelta(hours=hours))
    assert Flag.objects.count() == 1


@pytest.mark.long
@pytest.mark.hazard("H-11")
def test_without_the_practices_word_there_are_no_flags_and_the_plain_list_works(cast, now):
    from holdfast_site.caseload.models import Flag, Overdue
    from holdfast_site.caseload.services import refresh

    weekly("finn", cast.alma, now, since=7)
    refresh(now)
    assert not Flag.objects.exists()
    assert Overdue.objects.exists()


def test_a_past_appointment_that_nobody_marked_is_asked_about_once(cast, now):
    one = appointment(cast.dan, cast.alma, now - timedelta(days=2), status="unknown")
    alma = signed_in("therapist", "alma")
    assert "Did he come?" in today(alma)
    alma.post(f"/today/came/{one.pk}", {"came": "yes"})
    assert "Everything is marked." in today(alma)


def test_a_wrong_tap_is_put_right_the_same_day_by_whoever_made_it_and_each_tap_is_in_the_audit(cast, now):
    from holdfast_site.audit.models import Event
    from holdfast_site.people.models import Appointment

    one = appointment(cast.dan, cast.alma, now - timedelta(days=2), status="unknown")
    alma, ben, about = signed_in("therapist", "alma"), signed_in("therapist", "ben"), f"appointment:{one.pk}"

    def tapped(browser, **told):
        answer = browser.post(f"/today/came/{one.pk}", told)
        assert answer.headers["Location"] == "/today/#came"
        return Appointment.objects.get(pk=one.pk).status

    assert tapped(alma, came="yes") == "attended"
    assert "Put right: he did not come" in today(alma)
    assert tapped(ben, came="no", right="yes") == "attended"
    assert tapped(alma, came="no", right="yes") == "no_show"
    assert tapped(alma, came="no", right="yes") == "no_show"
    assert tapped(alma, came="yes") == "no_show"  # the first form again, late
    assert Event.objects.filter(action="appointment.marked", about=about).count() == 2
    Appointment.objects.filter(pk=one.pk).update(status_at=now - timedelta(days=1))
    assert "Put right" not in today(alma)
    assert tapped(alma, came="yes", right="yes") == "no_show"


def test_what_the_desk_marked_is_not_the_therapists_to_put_right(cast, now):
    one = appointment(cast.dan, cast.alma, now - timedelta(days=2), status="unknown")
    signed_in("desk").post(f"/schedule/came/{one.pk}", {"came": "yes"})
    assert "Put right" not in today(signed_in("therapist", "alma"))


def test_the_number_of_queries_does_not_grow_with_the_caseload(cast, now):
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    alma = signed_in("therapist", "alma")

    def queries():
        with CaptureQueriesContext(connection) as asked:
            alma.get("/today/")
        return len(asked)

    def more(numbers):
        with transaction.atomic():
            for number in numbers:
                him = client(f"c{number}")
                appointment(him, cast.alma, now + timedelta(days=1), status="booked")
                invite(by=ANYONE, appointment=appointment(him, cast.alma, now - timedelta(days=2)), now=now)

    more(range(1))
    one = queries()
    more(range(1, 60))
    assert queries() <= one
    assert queries() <= 30


# --- words ------------------------------------------------------------------------------------------


def test_every_answer_in_words(site):
    from holdfast_site.caseload.words import lines

    answers = {"pace": -1, "talked_down": 0, "understood": 0, "change": "slower", "words": "Loud room"}
    assert lines(answers) == [
        "For next time: slower",
        'In his words: "Loud room"',
        "Felt understood: 0 of 10",
        "Pace: a bit too slow",
        "Felt talked down to: never",
    ]


def test_what_is_off_leaves_top_marks_out_and_shows_a_fall(site):
    from holdfast_site.caseload.words import off

    before = {"understood": 9, "worth_it": 8}
    answers = {"understood": 7, "worth_it": 7, "pace": 0, "tone": 3, "talked_down": 1, "change": "leave it as it is"}
    assert off(answers, before) == [
        "Felt understood: 7 of 10, before 9",
        "Felt talked down to: once",
        "Tone: far too blunt",
    ]
    assert off({"understood": 0}, {}) == []
    assert off({"change": "more of a plan"}, {}) == ["For next time: more of a plan"]


def test_a_chance_in_words(site):
    from holdfast_site.caseload.words import chance

    assert chance(0.31, 0.42, 0.58) == "about 4 in 10 (between 3 and 6)"
    assert chance(0.0, 0.01, 0.04) == "less than 1 in 10"
