"""Where the only care contact becomes his therapist, somebody who can act is told; not what was kept, nor whether."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.conftest import PASSWORD, appointment, client, signed_in
from tests.site.handover.test_holding import text

pytestmark = pytest.mark.hazard("H-09")
MAY_REACH_NOBODY = "may reach nobody"


@pytest.fixture(name="ruth")
def _ruth(cast):
    """The care contact treats as well: she is Ben."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Post

    member = Post.objects.get(role=Role.CARE_CONTACT).member
    Post.objects.create(member=member, role=Role.THERAPIST, therapist=cast.ben)
    return member


@pytest.fixture(name="lead")
def _lead(cast):
    return signed_in("lead")


def says(lead):
    return text(lead.get("/practice/"))


def another_care_contact():
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    return add_member("vera", Role.CARE_CONTACT, password=PASSWORD)


def test_the_lead_is_told_when_the_only_care_contact_became_his_therapist(cast, ruth, lead, now):
    assert MAY_REACH_NOBODY not in says(lead)
    appointment(cast.dan, cast.ben, now + timedelta(days=2), status="booked")
    said = says(lead)
    assert MAY_REACH_NOBODY in said
    assert "dan" not in said.split()
    another_care_contact()
    assert MAY_REACH_NOBODY not in says(lead)


@pytest.mark.parametrize("kept", [True, False])
def test_it_is_said_whether_anything_was_kept_or_not(cast, ruth, lead, now, browser, kept):
    from holdfast_site.checkins.models import Audience, SealedBox

    if kept:
        browser.post(cast.address, filled(words="Xanadu", words_who="care_contact"))
    assert SealedBox.objects.filter(audience=Audience.CARE_CONTACT).exists() == kept
    appointment(cast.dan, cast.ben, now + timedelta(days=2), status="booked")
    said = says(lead)
    assert MAY_REACH_NOBODY in said
    assert "Xanadu" not in said
    SealedBox.objects.all().delete()
    assert says(lead) == said


def test_her_own_clients_whom_nobody_asked_under_another_are_no_reason(cast, ruth, lead):
    assert cast.other.appointment.therapist == cast.ben
    assert MAY_REACH_NOBODY not in says(lead)


def test_nor_is_somebody_who_was_erased(cast, ruth, lead, now):
    from holdfast_site.people.models import Client

    appointment(cast.dan, cast.ben, now + timedelta(days=2), status="booked")
    Client.objects.filter(pk="dan").update(wrapped_key=b"")
    assert MAY_REACH_NOBODY not in says(lead)


def test_a_therapist_who_became_the_care_contact_after_her_clients_were_asked_is_one(cast, lead, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Member, Post
    from holdfast_site.roster.services import add

    before = Post.objects.get(role=Role.CARE_CONTACT).member
    alma = signed_in("therapist", "alma")
    assert alma.get("/today/").status_code == 200
    by = Actor(Role.LEAD, id="999")
    add(by=by, login="alma therapist", role=Role.CARE_CONTACT, therapist_id="", now=now + timedelta(minutes=1))
    assert MAY_REACH_NOBODY not in says(lead)  # there are two
    Member.objects.filter(pk=before.pk).update(is_active=False)
    assert MAY_REACH_NOBODY in says(lead)


def test_a_practice_whose_care_contact_has_no_way_in_is_told_so(cast, lead, settings):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Member, Post

    Member.objects.filter(posts__in=Post.objects.filter(role=Role.CARE_CONTACT)).update(is_active=False)
    assert "Nobody who can sign in is the care contact" in says(lead)
    settings.SITE = settings.SITE.model_copy(update={"care_contact": None})
    assert MAY_REACH_NOBODY not in says(lead)


def booked(desk, **told):
    from django.utils import timezone

    day = timezone.localdate() + timedelta(days=3)
    form = {"form": uuid4(), "client": "dan", "therapist": "ben", "on": day, "at": "14:00", **told}
    return desk.post("/schedule/book", form)


def test_the_desk_books_him_with_her_only_by_saying_so(cast, ruth, rows):
    desk = signed_in("desk")
    before = rows()["Appointment"]
    asked = booked(desk)
    assert asked.status_code == 409
    assert "would then reach nobody" in text(asked)
    assert rows()["Appointment"] == before
    assert booked(desk, though_unread="on").status_code == 302
    assert booked(desk, at="15:00").status_code == 302  # she is his therapist now, and the lead was told


@pytest.mark.parametrize("who", ["somebody new", "somebody whom another care contact can hear"])
def test_there_is_nothing_to_say_where_somebody_can_receive_it(cast, ruth, who):
    client("finn")
    if who != "somebody new":
        another_care_contact()
    said = booked(signed_in("desk"), client="finn" if who == "somebody new" else "dan")
    assert said.status_code == 302


def test_on_a_day_of_leave_both_are_said_and_both_have_to_be_said_again(cast, ruth, now):
    from django.utils import timezone

    from holdfast_site.away.models import Leave

    day = timezone.localdate()
    Leave.objects.create(therapist=cast.ben, stand_in=cast.alma, first_day=day, last_day=day + timedelta(days=9))
    desk = signed_in("desk")
    for told in ({}, {"though_away": "on"}, {"though_unread": "on"}):
        asked = booked(desk, **told)
        assert asked.status_code == 409
        for name in ("though_away", "though_unread"):
            is_checked = f'name="{name}" checked' in asked.content.decode()
            assert is_checked == (name in told)
    assert booked(desk, though_away="on", though_unread="on").status_code == 302


def test_she_hands_him_over_to_herself_only_by_saying_so(cast, ruth, now):
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind, Matter
    from tests.site.handover.test_matters import opened
    from tests.site.handover.test_switch import handed

    matter = opened(cast, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT, said={"words": "Too fast"})
    care = signed_in("care_contact")
    asked = handed(care, matter, goes_to="ben")
    assert asked.status_code == 409
    assert Matter.objects.get().closed_at is None
    assert handed(care, matter, goes_to="ben", though_unread="on").status_code == 302
    assert Matter.objects.get().closed_at is not None
