"""The desk: books, moves, calls off, marks and corrects addresses; sees that something is due, never what was said."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in
from tests.site.handover.test_holding import text
from tests.site.handover.test_matters import opened
from tests.site.people.test_contacts import kept

pytestmark = pytest.mark.long


@pytest.fixture(name="desk")
def _desk(cast):
    return signed_in("desk")


@pytest.fixture(name="day")
def _day(cast):
    from django.utils import timezone

    return timezone.localdate() + timedelta(days=3)


def booked(desk, day, **told):
    return desk.post(
        "/schedule/book",
        {"form": uuid4(), "client": "dan", "therapist": "alma", "on": day, "at": "14:00", **told},
    )


def the_booked():
    from holdfast_site.people.models import Appointment

    return Appointment.objects.get(status="booked")


def test_booking_the_same_form_twice_books_once(cast, desk, day):
    form = uuid4()
    for _ in range(2):
        answer = booked(desk, day, form=form)
        assert answer.status_code == 302
    assert answer.headers["Location"] == f"/schedule/?on={day}"
    one = the_booked()
    assert (one.client_id, one.therapist_id, one.certainty) == ("dan", "alma", "recorded")
    assert one.booked_at is not None
    said = text(desk.get(f"/schedule/?on={day}"))
    assert "14:00 dan with alma: booked" in said


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"client": "nobody"}, 422),
        ({"therapist": "nobody"}, 422),
        ({"at": "noon"}, 422),
        ({"form": "x"}, 422),
        ({"on": "2020-01-01"}, 409),
    ],
)
def test_what_cannot_be_booked_is_said_and_what_was_typed_is_kept(desk, day, rows, told, status):
    before = rows()["Appointment"]
    answer = booked(desk, day, **told)
    assert answer.status_code == status
    assert "Nothing was saved" in text(answer)
    assert rows()["Appointment"] == before


def test_a_therapist_is_not_booked_twice_at_a_time(cast, desk, day):
    booked(desk, day)
    assert booked(desk, day, client="eli", at="14:30").status_code == 409
    assert booked(desk, day, client="eli", at="15:00").status_code == 302


def test_moved_it_stands_as_moved_and_the_new_one_is_booked(cast, desk, day):
    from holdfast_site.people.models import Appointment

    booked(desk, day)
    old, form = the_booked(), uuid4()
    for _ in range(2):
        told = {"do": "move", "form": form, "on": day, "at": "16:00"}
        assert desk.post(f"/schedule/appointment/{old.pk}", told).status_code == 302
    assert Appointment.objects.get(pk=old.pk).status == "rescheduled"
    assert the_booked().starts_at.astimezone().strftime("%H:%M") == "16:00"


def test_a_move_to_a_time_that_is_taken_changes_nothing(cast, desk, day, rows):
    booked(desk, day)
    old = the_booked()
    booked(desk, day, client="eli", at="16:00")
    before = rows()["Appointment"]
    told = {"do": "move", "form": uuid4(), "on": day, "at": "16:10"}
    assert desk.post(f"/schedule/appointment/{old.pk}", told).status_code == 409
    assert rows()["Appointment"] == before


@pytest.mark.parametrize(("days", "status"), [(3, "cancelled"), (0.2, "late_cancelled")])
@pytest.mark.parametrize("who", ["client", "provider", "unknown"])
def test_called_off_in_time_or_late_and_by_whom(cast, desk, now, days, status, who):
    from holdfast_site.people.models import Appointment

    one = appointment(cast.dan, cast.alma, now + timedelta(days=days), status="booked")
    address = f"/schedule/appointment/{one.pk}"
    assert desk.post(address, {"do": "off", "who": who}).status_code == 302
    assert desk.post(address, {"do": "off", "who": "client"}).status_code == 302  # done already
    found = Appointment.objects.get(pk=one.pk)
    assert (found.status, found.initiated_by) == (status, who)
    assert desk.post(address, {"do": "off", "who": "his mother"}).status_code == 422
    assert desk.post(address, {"do": "delete"}).status_code == 404


def test_came_or_not_is_marked_once_and_never_before_its_time(cast, desk, now):
    from holdfast_site.people.models import Appointment

    past = appointment(cast.dan, cast.alma, now - timedelta(hours=1), status="booked")
    ahead = appointment(cast.dan, cast.alma, now + timedelta(days=1), status="booked")
    for one in (past, ahead):
        desk.post(f"/schedule/came/{one.pk}", {"came": "no"})
        desk.post(f"/schedule/came/{one.pk}", {"came": "yes"})
    assert Appointment.objects.get(pk=past.pk).status == "no_show"
    assert Appointment.objects.get(pk=ahead.pk).status == "booked"
    assert desk.post(f"/schedule/came/{past.pk}", {"came": "perhaps"}).status_code == 404


def test_a_wrong_tap_can_be_put_right_that_day_by_whoever_made_it(cast, desk, now):
    from django.utils import timezone

    from holdfast_site.audit.models import Event
    from holdfast_site.people.models import Appointment

    mine = appointment(cast.dan, cast.alma, now - timedelta(hours=1), status="booked")
    hers = appointment(cast.eli, cast.alma, now - timedelta(hours=2), status="booked")
    signed_in("therapist", "alma").post(f"/today/came/{hers.pk}", {"came": "no"})
    desk.post(f"/schedule/came/{mine.pk}", {"came": "no"})
    page = desk.get(f"/schedule/?on={timezone.localdate(mine.starts_at)}").content.decode()
    assert page.count("Put right: he came") == 1
    for one in (mine, hers):
        for _ in range(2):
            desk.post(f"/schedule/came/{one.pk}", {"came": "yes", "right": "yes"})
    assert Appointment.objects.get(pk=mine.pk).status == "attended"
    assert Appointment.objects.get(pk=hers.pk).status == "no_show"
    about = {"action": "appointment.marked", "about": f"appointment:{mine.pk}"}
    assert Event.objects.filter(**about).count() == 2
    Appointment.objects.filter(pk=mine.pk).update(status_at=now - timedelta(days=1))
    desk.post(f"/schedule/came/{mine.pk}", {"came": "no", "right": "yes"})
    assert Appointment.objects.get(pk=mine.pk).status == "attended"


def test_a_card_says_what_is_booked_and_leads_to_it(cast, desk, now):
    from holdfast_site.audit.models import Event

    assert "Nothing is booked." in text(desk.get("/clients/dan"))
    assert not Event.objects.filter(action="schedule.read", about="client:dan").exists()
    one = appointment(cast.dan, cast.alma, now + timedelta(days=3), status="booked")
    appointment(cast.dan, cast.alma, now + timedelta(days=4), status="cancelled")
    appointment(cast.eli, cast.alma, now + timedelta(days=5), status="booked")
    page = desk.get("/clients/dan").content.decode()
    assert page.count("Booked: ") == 1
    assert f'href="/schedule/appointment/{one.pk}"' in page
    assert Event.objects.filter(action="schedule.read", about="client:dan").exists()


def test_an_address_is_corrected_and_one_that_is_none_is_refused(cast, desk, now, stored):
    from holdfast_site.people.selectors import cards_of

    told = {
        "name": "Dan Marsh",
        "email": "dan@zanzibar.example",
        "channel": "email",
        "wording": "note",
        "safe_from": 9,
        "safe_until": 18,
    }
    assert desk.post("/clients/dan", told).status_code == 302
    card = cards_of([cast.dan])["dan"]
    assert (card.name, card.email, card.safe_until) == ("Dan Marsh", "dan@zanzibar.example", 18)
    for wrong in ({"email": "no"}, {"phone": "call me"}, {"channel": "pigeon"}, {"safe_from": 20}):
        assert desk.post("/clients/dan", {**told, **wrong}).status_code == 422
    assert cards_of([cast.dan])["dan"] == card
    assert b"zanzibar" not in stored()


def test_what_was_typed_is_not_lost_when_it_is_refused(cast, desk):
    told = {"name": "Dan Marsh", "email": "no", "channel": "email", "safe_from": 9, "safe_until": 18}
    answer = desk.post("/clients/dan", told)
    assert answer.status_code == 422
    assert 'value="Dan Marsh"' in answer.content.decode()


def test_a_question_before_a_session_is_told_from_one_after_it(cast, desk, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import ask_before

    ahead = appointment(cast.dan, cast.alma, now + timedelta(days=2), status="booked")
    ask_before(by=ANYONE, appointment=ahead, now=now - timedelta(minutes=5))
    said = text(desk.get("/schedule/sent"))
    assert f"dan Before {ahead.starts_at:%-d %B}" in said
    assert f"dan About {cast.invitation.appointment.starts_at:%-d %B}" in said


def test_a_client_is_found_by_name_and_added_once(cast, desk, now):
    kept(cast.dan, now, name="Dan Marsh")
    assert "dan · Dan Marsh" in text(desk.get("/clients/?q=marsh"))
    assert "Nobody has that name" in text(desk.get("/clients/?q=zanzibar"))
    assert desk.post("/clients/", {"id": "C9", "name": "Finn Ashby"}).status_code == 302
    assert desk.post("/clients/", {"id": "C9", "name": "Gus"}).status_code == 422
    assert desk.post("/clients/", {"id": "no spaces", "name": "Gus"}).status_code == 422
    assert "C9 · Finn Ashby" in text(desk.get("/clients/"))


def test_it_sees_that_a_checkin_is_due_and_was_sent_and_nothing_more(cast, desk, now, browser):
    appointment(cast.dan, cast.alma, now - timedelta(days=1))
    pages = ("/schedule/", "/schedule/sent", "/clients/", "/clients/dan", "/schedule/book")

    def seen():
        page = "".join(desk.get(address).content.decode() for address in pages)
        return re.sub(r'csrfmiddlewaretoken[^>]+|name="form"[^>]+', "", page)

    before = seen()
    assert "1 check-in not sent yet" in text(desk.get("/schedule/sent"))
    browser.post(cast.address, filled(words="Zanzibar"))  # for the therapist
    browser.post(f"/c/{cast.other_link}", filled(who="care_contact"))
    opened(cast, now, said={"words": "Zanzibar"})
    assert seen() == before


def test_what_the_desk_looks_at_is_in_the_audit(cast, desk):
    from holdfast_site.audit.models import Event

    for address in ("/schedule/", "/schedule/sent", "/clients/", "/clients/dan"):
        desk.get(address)
    found = set(Event.objects.filter(actor__startswith="desk:").values_list("action", "about"))
    assert ("contact.read", "client:dan") in found
    assert ("schedule.read", "sent") in found


def test_the_number_of_queries_does_not_grow_with_the_day(cast, desk, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from tests.site.conftest import client

    def queries():
        with CaptureQueriesContext(connection) as asked:
            desk.get(f"/schedule/?on={timezone.localdate(now + timedelta(days=1))}")
        return len(asked)

    alone = queries()
    for number in range(20):
        him = client(f"c{number}")
        kept(him, now, name="Dan Marsh")
        appointment(him, cast.alma, now + timedelta(days=1), status="booked")
    assert queries() <= alone + 1


def test_the_desk_is_told_of_an_address_that_did_not_work_until_it_is_kept_anew(cast, desk, now):
    from holdfast_site.messages.models import Undelivered

    told = {"name": "Dan", "channel": "email", "email": "dan@hill.example", "wording": "note"}
    told |= {"safe_from": 9, "safe_until": 18}
    assert desk.post("/clients/dan", told).status_code == 302
    assert "could not be delivered" not in text(desk.get("/clients/dan"))
    Undelivered.objects.create(client=cast.dan, at=now + timedelta(minutes=1))
    assert "could not be delivered" in text(desk.get("/clients/dan"))


def test_a_day_of_leave_is_booked_only_by_saying_so(cast, desk, day):
    from holdfast_site.away.models import Leave
    from holdfast_site.people.models import Appointment

    Leave.objects.create(therapist=cast.alma, stand_in=cast.ben, first_day=day, last_day=day)
    answer = booked(desk, day)
    assert answer.status_code == 409
    assert "alma is away on that day" in text(answer)
    assert not Appointment.objects.filter(status="booked").exists()
    assert booked(desk, day, though_away="on").status_code == 302
    assert booked(desk, day, client="eli", therapist="ben").status_code == 302


def test_onto_a_day_of_leave_it_is_moved_only_by_saying_so(cast, desk, day, rows):
    from holdfast_site.away.models import Leave

    booked(desk, day)
    there, later = f"/schedule/appointment/{the_booked().pk}", day + timedelta(days=7)
    Leave.objects.create(therapist=cast.alma, stand_in=cast.ben, first_day=later, last_day=later + timedelta(days=1))
    told = {"do": "move", "form": str(uuid4()), "on": str(later), "at": "15:00"}
    before = rows()["Appointment"]
    answer = desk.post(there, told)
    assert answer.status_code == 409
    assert "alma is away on that day, until" in text(answer)
    page = answer.content.decode()
    assert [f'value="{told[name]}"' in page for name in ("form", "on", "at")] == [True] * 3
    assert rows()["Appointment"] == before
    assert desk.post(there, {**told, "though_away": "on"}).status_code == 302
    assert desk.post(there, {**told, "though_away": "on"}).status_code == 302
    assert the_booked().starts_at.date() == later


def test_when_the_practice_is_closed_it_says_so_whoever_is_asked_for(cast, desk, day):
    from holdfast_site.away.models import Closed

    Closed.objects.create(first_day=day, last_day=day + timedelta(days=2))
    for therapist in ("alma", "ben"):
        answer = booked(desk, day, therapist=therapist)
        assert answer.status_code == 409
        assert "The practice is closed on that day, until" in text(answer)
    assert booked(desk, day + timedelta(days=3)).status_code == 302


def test_what_lies_in_a_leave_or_on_a_closed_day_says_so_and_is_counted_until_it_is_seen_to(cast, desk, day, now):
    """Not what the desk booked there knowingly, nor what is called off."""
    from datetime import datetime, time
    from zoneinfo import ZoneInfo

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.services import keep_closed, keep_leave, take_back

    def at(days, hour):
        return datetime.combine(day + timedelta(days=days), time(hour), ZoneInfo("Europe/London"))

    def page():
        return text(desk.get(f"/schedule/?on={day}"))

    his = appointment(cast.dan, cast.alma, at(0, 14), status="booked")
    appointment(cast.dan, cast.alma, at(0, 9), status="cancelled")
    appointment(cast.eli, cast.ben, at(0, 14), status="booked")
    on_closed = appointment(cast.eli, cast.ben, at(2, 14), status="booked")
    assert "in a leave" not in page()
    told = {"by": OPERATOR, "now": now - timedelta(minutes=1)}
    leave = keep_leave(therapist=cast.alma, stand_in=cast.ben, first_day=day, last_day=day, **told)
    why = "move it or call it off. ben stands in."
    assert "1 appointment lies in a leave or on a closed day" in page()
    for place in (f"/schedule/?on={day}", "/clients/dan", f"/schedule/appointment/{his.pk}"):
        assert re.search(rf"alma is away then, until [^:]+: {why}", text(desk.get(place))), place
    assert page().count(why) == 2  # beside it, and where they are counted
    assert booked(desk, day, client="eli", at="17:00", though_away="on").status_code == 302
    assert page().count(why) == 2
    keep_closed(first_day=day + timedelta(days=2), last_day=day + timedelta(days=2), **told)
    assert "2 appointments lie in a leave or on a closed day" in page()
    assert "The practice is closed then, until" in text(desk.get(f"/schedule/appointment/{on_closed.pk}"))
    desk.post(f"/schedule/appointment/{on_closed.pk}", {"do": "off", "who": "provider"})
    assert "1 appointment lies" in page()
    take_back(by=OPERATOR, leave=leave, now=now)
    assert "in a leave" not in page()


def test_somebody_can_be_booked_by_his_whole_name_unless_two_have_it(cast, desk, day, now):
    kept(cast.dan, now, name="Dan Marsh")
    assert booked(desk, day, client=" dan marsh ").status_code == 302
    assert the_booked().client_id == "dan"
    kept(cast.eli, now, name="Dan Marsh")
    assert booked(desk, day, client="Dan Marsh", at="17:00").status_code == 422
    assert booked(desk, day, client="dan", at="17:00").status_code == 302  # the id


@pytest.mark.parametrize(
    ("told", "says"),
    [({"client": "nobody"}, "Client:"), ({"therapist": ""}, "With:"), ({"at": "noon"}, "Time:"), ({"on": "x"}, "Day:")],
)
def test_a_booking_that_cannot_be_read_says_which_part(cast, desk, day, told, says):
    said = text(booked(desk, day, **told))
    assert [part for part in ("Client:", "With:", "Time:", "Day:") if part in said] == [says]


@pytest.mark.parametrize(("channel", "beside"), [("email", "email"), ("sms", "phone")])
def test_a_way_without_its_address_is_refused_beside_the_field(cast, desk, rows, channel, beside):
    told = {"name": "Dan", "channel": channel, "wording": "note", "safe_from": 8, "safe_until": 20}
    before = rows()["Contact"]
    answer = desk.post("/clients/dan", told)
    assert answer.status_code == 422
    assert re.search(
        rf'name="{beside}"[^>]*></label>\s*<p class="wrong" role="alert">He chose', answer.content.decode()
    )
    assert rows()["Contact"] == before
    answer = desk.post("/clients/dan", {**told, "email": "dan@hill.example", "phone": "0161 4960123"}, follow=True)
    assert "Saved." in text(answer)


@pytest.mark.hazard("H-16")
def test_a_card_that_was_changed_meanwhile_is_shown_and_not_written_over(cast, desk, now):
    """He ends the messages while the desk has his card open."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.messages.services import stop
    from holdfast_site.people.selectors import cards_of

    kept(cast.dan, now, name="Dan Marsh", email="dan@hill.example", channel="email")
    told = {"name": "Dan Marsh", "email": "dan@hill.example", "channel": "email", "wording": "note"}
    told |= {"safe_from": 9, "safe_until": 18}
    seen = re.search(r'name="seen" value="([^"]+)"', desk.get("/clients/dan").content.decode())[1].replace(
        "&#x2B;", "+"
    )
    stop(by=ANYONE, client=cast.dan, now=now + timedelta(minutes=1))
    answer = desk.post("/clients/dan", {**told, "seen": seen})
    assert answer.status_code == 409
    assert "changed this while you had it open" in text(answer)
    assert cards_of([cast.dan])["dan"].channel == "none"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x"])
def test_a_day_that_is_none_is_today_and_nothing_is_booked_on_it(cast, desk, day):
    assert desk.get(f"/schedule/?on={day}").status_code == 200
    told = {"form": str(uuid4()), "client": "dan", "therapist": "alma", "on": day, "at": "10:00"}
    assert desk.post("/schedule/book", told).status_code == 422
