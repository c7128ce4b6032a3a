"""A practice that books here and in its other system too, and brings an export every week: one man, one session."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from holdfast.tables.schema import InitiatedBy
from tests.site.exchange.test_settling import export, row, taken

pytestmark = pytest.mark.hazard("H-05")
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture(name="ahead")
def _ahead(now):
    return (now + timedelta(days=9)).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(name="came")
def _came(desk, now):
    """What he came to before: the first export, four weeks ago."""
    line = row("x1", (now - 5 * WEEK).replace(minute=0, second=0, microsecond=0), "attended")
    taken(desk, export(now - 4 * WEEK, line))
    return line


@pytest.fixture(name="booked_here")
def _booked_here(came, by, now, ahead):
    """Booked on this site three weeks ago."""
    return book(by, ahead, now - 3 * WEEK)


def book(by, starts_at, at):
    from holdfast_site.people.booking import book
    from holdfast_site.people.models import Appointment, Client, Therapist

    one = book(
        by=by,
        form=uuid4(),
        client=Client.objects.get(),
        therapist=Therapist.objects.get(pk="t1"),
        starts_at=starts_at,
        now=at,
    )
    assert isinstance(one, Appointment)
    return one


def move(by, one, starts_at, at):
    from holdfast_site.people.booking import move
    from holdfast_site.people.models import Appointment

    made = move(by=by, form=uuid4(), appointment_id=one.pk, starts_at=starts_at, now=at)
    assert isinstance(made, Appointment)
    return made


def ahead_of_him():
    """When he is expected, and under which ids."""
    from holdfast_site.people.models import Appointment

    return list(Appointment.objects.filter(status="booked").order_by("starts_at").values_list("starts_at", flat=True))


@pytest.mark.parametrize("by_other", [False, True], ids=["the same therapist", "another therapist"])
def test_what_is_booked_in_both_and_moved_there_is_moved_here(desk, came, booked_here, now, ahead, by_other):
    taken(desk, export(now - 2 * WEEK, came, row("x2", ahead, "booked")))
    assert ahead_of_him() == [ahead]
    line = row("x2", ahead + DAY, "booked").replace("t1", "t2" if by_other else "t1")
    told = taken(desk, export(now - WEEK, came, line))
    assert ahead_of_him() == [ahead + DAY]
    assert told[0].startswith("On this site: 0 new, 1 changed")
    booked_here.refresh_from_db()
    assert (booked_here.elsewhere_id, booked_here.therapist_id) == ("x2", "t2" if by_other else "t1")
    assert taken(desk, export(now, came, line)) == []
    assert ahead_of_him() == [ahead + DAY]


def test_nobody_is_asked_about_a_session_that_was_moved_away_there(desk, came, by, now):
    """The same as a man sees it: of the day from which it was moved he hears nothing."""
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.messages.services import queue_due
    from tests.site.people.test_contacts import kept

    soon = (now + timedelta(hours=20)).replace(minute=0, second=0, microsecond=0)
    one = book(by, soon, now - 3 * WEEK)
    kept(one.client, now, email="dan@example.org", channel="email", safe_from=0, safe_until=24)
    taken(desk, export(now - 2 * WEEK, came, row("x2", soon, "booked")))
    taken(desk, export(now - DAY, came, row("x2", soon + WEEK, "booked")))
    assert queue_due(now, {"email": None}) == 0
    assert not Invitation.objects.exists()
    taken(desk, export(now, came, row("x2", soon, "booked")))  # and back again
    assert queue_due(now, {"email": None}) == 1
    assert Invitation.objects.get().appointment_id == one.pk


def test_moved_there_onto_what_was_booked_here_anew_the_one_before_it_is_called_off(desk, came, by, now, ahead):
    """The desk heard of the move and booked the new time here, but left the old one."""
    from holdfast_site.people.models import Appointment

    one = book(by, ahead, now - 3 * WEEK)
    taken(desk, export(now - 2 * WEEK, came, row("x2", ahead, "booked")))
    other = book(by, ahead + DAY, now - 10 * DAY)
    told = taken(desk, export(now - WEEK, came, row("x2", ahead + DAY, "booked")))
    assert ahead_of_him() == [ahead + DAY]
    one.refresh_from_db()
    assert (one.status, one.certainty, one.elsewhere_id) == ("rescheduled", "inferred", "")
    assert any("1 called off here" in line for line in told)
    taken(desk, export(now - 2 * DAY, came, row("x2", ahead + 2 * DAY, "booked")))
    assert ahead_of_him() == [ahead + 2 * DAY]
    assert Appointment.objects.get(elsewhere_id="x2") == other


def test_imported_first_then_moved_there_while_the_new_time_was_booked_here(desk, came, by, now, ahead):
    taken(desk, export(now - 3 * WEEK, came, row("x2", ahead, "booked")))
    book(by, ahead + DAY, now - 10 * DAY)
    for at in (now - WEEK, now - DAY):
        taken(desk, export(at, came, row("x2", ahead + DAY, "booked")))
        assert ahead_of_him() == [ahead + DAY]


def test_moved_here_then_moved_there_to_another_time_is_one(desk, came, by, now, ahead):
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - 3 * WEEK, came, row("x2", ahead, "booked")))
    moved = move(by, Appointment.objects.get(appointment_id="x2"), ahead + DAY, now - 2 * WEEK)
    taken(desk, export(now - WEEK, came, row("x2", ahead, "booked")))  # it has not heard
    assert ahead_of_him() == [ahead + DAY]
    again = move(by, moved, ahead + 2 * DAY, now - 6 * DAY)
    taken(desk, export(now - 5 * DAY, came, row("x2", ahead + DAY, "booked")))  # it has heard of the first
    assert ahead_of_him() == [ahead + 2 * DAY]
    taken(desk, export(now - 4 * DAY, came, row("x2", ahead + 3 * DAY, "booked")))
    assert ahead_of_him() == [ahead + 3 * DAY]
    assert Appointment.objects.get(elsewhere_id="x2") == again


def test_moved_back_there_once_it_had_heard_of_the_move_is_moved_back_here(desk, came, by, now, ahead):
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - 3 * WEEK, came, row("x2", ahead, "booked")))
    move(by, Appointment.objects.get(appointment_id="x2"), ahead + DAY, now - 2 * WEEK)
    taken(desk, export(now - WEEK, came, row("x2", ahead + DAY, "booked")))
    taken(desk, export(now, came, row("x2", ahead, "booked")))
    assert ahead_of_him() == [ahead]


def test_booked_again_there_once_it_had_heard_that_it_was_called_off_is_booked_here(desk, came, by, now, ahead):
    from holdfast_site.people.booking import call_off
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - 3 * WEEK, came, row("x2", ahead, "booked")))
    one = Appointment.objects.get(appointment_id="x2")
    call_off(by=by, appointment_id=one.pk, who=InitiatedBy.CLIENT, now=now - 2 * WEEK)
    for days, status, expected in ((10, "booked", []), (8, "cancelled", []), (6, "booked", [ahead])):
        taken(desk, export(now - days * DAY, came, row("x2", ahead, status)))
        assert ahead_of_him() == expected, days


def test_called_off_there_after_both_were_one_is_called_off_here(desk, came, booked_here, now, ahead):
    taken(desk, export(now - 2 * WEEK, came, row("x2", ahead, "booked")))
    taken(desk, export(now - WEEK, came, row("x2", ahead + DAY, "cancelled")))
    assert ahead_of_him() == []


def test_what_is_there_already_is_not_booked_a_second_time(desk, came, by, now, ahead):
    taken(desk, export(now - 2 * WEEK, came, row("x2", ahead, "booked")))
    assert book(by, ahead, now - WEEK).appointment_id == "x2"
    assert ahead_of_him() == [ahead]


def test_a_row_of_before_the_upgrade_is_found_by_its_time_and_then_by_its_id(desk, came, booked_here, now, ahead):
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - 2 * WEEK, came, row("x2", ahead, "booked")))
    Appointment.objects.update(elsewhere_id="", agreed_at=None)
    taken(desk, export(now - WEEK, came, row("x2", ahead, "booked")))
    taken(desk, export(now - DAY, came, row("x2", ahead + DAY, "booked")))
    assert ahead_of_him() == [ahead + DAY]


# --- an older export that comes later -----------------------------------------------------------------


def from_folder(tmp_path, content, now):
    """Take tables over as ``holdfast site load`` does, which knows nothing of what was brought before."""
    from holdfast.tables import read_tables
    from holdfast_site.caseload.services import load_tables
    from holdfast_site.exchange.files import laid_out, unpacked

    folder = tmp_path / uuid4().hex
    folder.mkdir()
    laid_out(unpacked(content), folder)
    return load_tables(read_tables(folder), now=now).settled


def test_an_older_export_does_not_undo_what_a_newer_one_merely_had_as_before(came, now, ahead, tmp_path):
    said = [row("x2", ahead, "booked"), row("x2", ahead, "booked"), row("x2", ahead + DAY, "booked")]
    for days, line in zip((20, 5, 10), said, strict=True):  # the one of ten days ago comes last
        settled = from_folder(tmp_path, export(now - days * DAY, line), now)
    assert settled.older == 1
    assert ahead_of_him() == [ahead]


def test_an_older_export_does_not_undo_what_a_newer_one_agreed_with(booked_here, now, ahead, tmp_path):
    for days, starts_at in ((14, ahead), (4, ahead), (8, ahead + DAY)):
        settled = from_folder(tmp_path, export(now - days * DAY, row("x2", starts_at, "booked")), now)
    assert settled.older == 1
    assert ahead_of_him() == [ahead]


def test_an_older_export_does_not_take_a_move_back(booked_here, now, ahead, tmp_path):
    for days, starts_at in ((14, ahead), (4, ahead + DAY), (8, ahead)):
        from_folder(tmp_path, export(now - days * DAY, row("x2", starts_at, "booked")), now)
    assert ahead_of_him() == [ahead + DAY]


def test_marked_here_after_both_agreed_it_stands_until_somebody_says_otherwise_there(desk, came, by, now):
    from holdfast_site.people.booking import mark

    past = (now - 3 * DAY).replace(minute=0, second=0, microsecond=0)
    one = book(by, past, now - 3 * WEEK)
    taken(desk, export(now - 2 * WEEK, came, row("x2", past, "booked")))
    assert mark(by=by, appointment_id=one.pk, came=True, now=now - 2 * DAY)
    for hours, status, certainty, stands in (
        (40, "unknown", "not_updated", "attended"),
        (30, "attended", "defaulted", "attended"),
        (20, "unknown", "not_updated", "attended"),
        (10, "no_show", "recorded", "no_show"),
    ):
        taken(desk, export(now - timedelta(hours=hours), came, row("x2", past, status, certainty)))
        one.refresh_from_db()
        assert one.status == stands, hours
