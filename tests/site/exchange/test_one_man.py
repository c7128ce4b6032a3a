"""One man who has another id in the other system from one export to the next: a person says so, and he is one here."""

from __future__ import annotations

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.exchange.test_both_systems import DAY, WEEK
from tests.site.exchange.test_import import brought
from tests.site.exchange.test_settling import export, row
from tests.site.own.test_held import _full  # noqa: F401
from tests.site.people.test_contacts import kept

pytestmark = pytest.mark.hazard("H-05")


@pytest.fixture(name="lines")
def _lines(now):
    """What the other system has of one man: he came twice, and comes twice more."""
    at = [(now + days * DAY).replace(minute=0, second=0, microsecond=0) for days in (-30, -23, 4, 11)]
    status = ("attended", "no_show", "booked", "booked")
    return [row(f"x{number}", *told) for number, told in enumerate(zip(at, status, strict=True), 1)]


@pytest.fixture(name="before")
def _before(desk, lines, now):
    from holdfast_site.people.models import Client

    taken_over(desk, export(now - 2 * WEEK, *lines))
    return Client.objects.get()


def under(lines, id):
    return [line.replace(",c1,", f",{id},") for line in lines]


def taken_over(desk, content, **said):
    page = brought(desk, content, "export.zip").url
    if said:
        told = {"was": list(said), **{f"said.{was}": one for was, one in said.items()}}
        assert desk.post(f"{page}/same", told).status_code == 302
    tried = text(desk.get(page))
    assert desk.post(f"{page}/take").status_code == 302
    done = text(desk.get(page))
    assert [line for line in tried if "as you said" in line or "taken from" in line] == [
        line for line in done if "as you said" in line or "taken from" in line
    ]
    return done


def text(page):
    found = html.unescape(page.content.decode()).split("<li>")[1:]
    return [part.split("</li>")[0] for part in found]


def stands():
    """Who comes to what, and what became of it."""
    from holdfast_site.people.models import Appointment

    found = Appointment.objects.order_by("appointment_id", "client")
    return list(found.values_list("appointment_id", "client", "status"))


def test_it_is_asked_before_anything_is_taken_over(desk, before, lines, now):
    page = brought(desk, export(now - WEEK, *under(lines, "c2")), "export.zip").url
    asked = html.unescape(desk.get(page).content.decode())
    assert "4 appointments that earlier exports had for client c1 stand under client c2 in this one" in asked
    assert "Take it over" not in asked
    assert desk.post(f"{page}/take").status_code == 409
    for told in ({}, {"was": "c1"}, {"was": "c1", "said.c1": "perhaps"}, {"was": "c9", "said.c9": "one"}):
        assert desk.post(f"{page}/same", told).status_code == 422
    assert {client for _, client, _ in stands()} == {"c1"}
    assert desk.post(f"{page}/same", {"was": "c1", "said.c1": "one"}).status_code == 302
    assert "c1 and c2 are one man, as you said." in text(desk.get(page))
    assert {client for _, client, _ in stands()} == {"c1"}  # it was only tried out
    assert "Take it over" in desk.get(page).content.decode()
    assert desk.post(f"{page}/same", {"was": "c1", "said.c1": "two"}).status_code == 302
    assert "c1 and c2 are two men, as you said." in text(desk.get(page))


def test_one_man_stays_one_with_his_card_and_every_later_export_means_him(desk, before, lines, now):
    from holdfast_site.people.models import Client

    kept(before, now, email="dan@example.org", channel="email")
    had = stands()
    taken_over(desk, export(now - WEEK, *under(lines, "c2")), c1="one")
    assert stands() == had
    later = lines[3].replace("booked", "cancelled")
    taken_over(desk, export(now - DAY, *under([*lines[:3], later], "c2")))
    assert stands() == [*had[:3], ("x4", "c1", "cancelled")]
    assert list(Client.objects.values_list("pk", "other_ids")) == [("c1", ["c2"])]


def test_two_men_what_was_booked_for_the_first_is_called_off_and_he_keeps_what_was_marked_here(
    desk, before, lines, now, browser
):
    from holdfast_site.access.actors import ANYONE, Actor, Role
    from holdfast_site.checkins.services import invite
    from holdfast_site.people.booking import book
    from holdfast_site.people.models import Appointment, Therapist

    his_own = book(
        by=Actor(Role.DESK, id="1"),
        form=uuid4(),
        client=before,
        therapist=Therapist.objects.get(),
        starts_at=now + 20 * DAY,
        now=now - 3 * DAY,
    )
    came = Appointment.objects.get(appointment_id="x1")
    _, link = invite(by=ANYONE, appointment=came, now=now)
    browser.post(f"/c/{link}", filled())
    done = taken_over(desk, export(now - WEEK, *under(lines, "c2")), c1="two")
    assert any(line.startswith("3 appointments were taken from whoever had them") for line in done)
    found = stands()
    assert [one for one in found if one[1] == "c1"] == [
        (his_own.appointment_id, "c1", "booked"),
        ("x1", "c1", "attended"),
        ("x3", "c1", "cancelled"),
        ("x4", "c1", "cancelled"),
    ]
    assert [one[0] for one in found if one[1] == "c2"] == ["x1", "x2", "x3", "x4"]
    taken_over(desk, export(now - DAY, *under(lines, "c2")))  # nothing is asked again, and nothing comes back
    assert stands() == found


def test_an_appointment_that_stood_under_the_wrong_man_is_not_asked_about(desk, before, lines, now):
    done = taken_over(desk, export(now - WEEK, *lines[:3], *under(lines[3:], "c2")))
    assert "One appointment that an earlier export had for client c1 stands under client c2 in this one." in done
    assert stands()[3:] == [("x4", "c1", "cancelled"), ("x4", "c2", "booked")]


def test_both_were_here_before_and_the_one_with_a_card_stays(desk, before, lines, now):
    from holdfast_site.people.models import Client

    own = row("y1", now - 20 * DAY, "attended").replace(",c1,", ",c2,")
    taken_over(desk, export(now - 10 * DAY, *lines, own))
    kept(Client.objects.get(pk="c2"), now, email="dan@example.org", channel="email")
    taken_over(desk, export(now - WEEK, *under(lines, "c2"), own), c1="one")
    assert {client for _, client, _ in stands()} == {"c2"}
    assert len(stands()) == 5
    assert Client.objects.get(pk="c2").other_ids == ["c1"]
    taken_over(desk, export(now - DAY, *under(lines, "c2"), own))
    assert {client for _, client, _ in stands()} == {"c2"}


def test_two_who_both_have_something_of_their_own_are_not_joined_and_the_way_out_is_said(desk, before, lines, now):
    from holdfast_site.people.models import Client

    own = row("y1", now - 20 * DAY, "attended").replace(",c1,", ",c2,")
    taken_over(desk, export(now - 10 * DAY, *lines, own))
    for one in Client.objects.all():
        kept(one, now, email="dan@example.org", channel="email")
    done = taken_over(desk, export(now - WEEK, *under(lines, "c2"), own))
    assert any("so they cannot be made one" in line for line in done)
    assert {client for _, client, status in stands() if status == "booked"} == {"c2"}


def test_whoever_was_erased_is_joined_with_nobody(desk, before, lines, now):
    from holdfast_site.people.models import Client

    Client.objects.update(wrapped_key=b"")
    done = taken_over(desk, export(now - WEEK, *under(lines, "c2")))
    assert any("was erased here, so they stay two" in line for line in done)
    assert {client for _, client, status in stands() if status == "booked"} == {"c2"}


def test_three_entries_of_one_man_become_one(desk, before, lines, now):
    from holdfast_site.people.models import Client

    third = row("z1", now + 18 * DAY, "booked").replace(",c1,", ",c3,")
    taken_over(desk, export(now - 10 * DAY, *lines, third))
    taken_over(desk, export(now - WEEK, *under(lines, "c2"), third.replace("c3", "c2")), c1="one", c3="one")
    (stays,) = {client for _, client, _ in stands()}
    assert len(stands()) == 5
    assert {stays, *Client.objects.get(pk=stays).other_ids} == {"c1", "c2", "c3"}
    assert set(Client.objects.exclude(pk=stays).values_list("pk", flat=True)) <= {"c1", "c3"}
    taken_over(desk, export(now - DAY, *under(lines, "c2"), third.replace("c3", "c2")))
    assert {client for _, client, _ in stands()} == {stays}


def test_what_was_booked_in_both_is_still_one_and_what_he_is_sent_is_his(desk, before, lines, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.people.booking import book
    from holdfast_site.people.models import Appointment, Therapist

    at = (now + 15 * DAY).replace(minute=0, second=0, microsecond=0)
    by, with_whom = Actor(Role.DESK, id="1"), Therapist.objects.get()
    made = book(by=by, form=uuid4(), client=before, therapist=with_whom, starts_at=at, now=now - 10 * DAY)
    taken_over(desk, export(now - 8 * DAY, *lines, row("x9", at, "booked")))
    moved = row("x9", at + timedelta(days=2), "booked")
    taken_over(desk, export(now - DAY, *under([*lines, moved], "c2")), c1="one")
    made.refresh_from_db()
    assert (made.client_id, made.starts_at) == ("c1", at + timedelta(days=2))
    assert Appointment.objects.count() == 5


def test_who_is_one_already_is_not_asked_about_and_a_third_id_is(desk, before, lines, now):
    from holdfast_site.people.models import Client

    taken_over(desk, export(now - WEEK, *under(lines, "c2")), c1="one")
    had = stands()
    taken_over(desk, export(now - 5 * DAY, *lines))  # under the first id again
    taken_over(desk, export(now - 3 * DAY, *under(lines, "c4")), c1="one")
    assert stands() == had
    assert list(Client.objects.values_list("pk", "other_ids")) == [("c1", ["c2", "c4"])]


def test_whom_it_made_one_stands_in_the_audit_and_his_other_id_is_nobody_elses(desk, before, lines, now):
    from holdfast_site.audit.models import Event

    taken_over(desk, export(now - WEEK, *under(lines, "c2")), c1="one")
    assert list(Event.objects.filter(action="clients.joined").values_list("about", flat=True)) == ["client:c1"]
    assert desk.post("/schedule/clients", {"id": "c2", "name": "Somebody else"}).status_code != 302


def test_whatever_is_held_of_a_client_is_his_own_or_comes_with_the_export_or_is_made_anew():
    """What is added to the site has to be thought of here too: joined with somebody, he would be left without it."""
    from holdfast_site.exchange.joining import OWN
    from holdfast_site.own.held import HELD

    hangs_on_his_own = {"Knock", "WayBack", "Correction", "SealedBox", "Step", "InFile"}
    hangs_on_his_way_in = {"Passkey", "CodeApp", "PaperCode", "Session", "Welcome", "Member"}
    goes_over = {"Appointment", "Invitation", "Ending", "Pause"}
    is_made_anew = {"Client", "Flag", "Guess", "Course", "Overdue", "Message", "Undelivered"}
    is_of_staff = {"Assignment", "Mailbox", "Upload"}
    thought_of = hangs_on_his_own | hangs_on_his_way_in | goes_over | is_made_anew | is_of_staff | {"Matter"}
    assert {model.__name__ for model in OWN} | thought_of == {one.model.__name__ for one in HELD}


def test_each_kind_of_what_is_his_own_is_found(full):
    from holdfast_site.exchange.joining import OWN, has_own

    found = {
        model.__name__: model._default_manager.filter(**{path: full.dan.pk}).exists() for model, path in OWN.items()
    }
    assert found == dict.fromkeys(found, True)
    assert has_own(full.dan)
    assert not has_own(full.eli)
