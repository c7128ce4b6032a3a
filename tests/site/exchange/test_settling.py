"""An export against what somebody did here: what was booked, moved, called off or marked is not undone by it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from holdfast.tables.schema import InitiatedBy
from tests.site.exchange.test_import import HEADING, brought

LONDON = ZoneInfo("Europe/London")
OF_THIS_SITE = ("On this site", "of those changed", "called off here:")
HEAD = HEADING.replace("status\n", "status,certainty\n")


def export(made_at, *lines):
    """A zip of one table, made at a moment."""
    from holdfast_site.exchange.files import packed

    told = {"exported_at": made_at.isoformat(), "timezone": "Europe/London"}
    rows = "".join(f"{line}\n" for line in lines)
    return packed({"appointments.csv": (HEAD + rows).encode(), "practice.json": json.dumps(told).encode()})


def taken(desk, content):
    """Take an export over; what trying it out said about this site, which is what taking it over says too."""
    page = brought(desk, content, "export.zip")
    tried = lines_of(desk.get(page.url))
    assert desk.post(f"{page.url}/take").status_code == 302
    assert lines_of(desk.get(page.url)) == tried
    return tried


def lines_of(page):
    found = page.content.decode().split("<li>")
    return [part.split("</li>")[0] for part in found if any(words in part for words in OF_THIS_SITE)]


def row(id, starts_at, status, certainty="recorded"):
    return f"{id},c1,t1,{written(starts_at)},{status},{certainty}"


def written(moment):
    """As the practice's other system writes it: on its own clock."""
    return f"{moment.astimezone(LONDON):%Y-%m-%dT%H:%M}"


def stands(id):
    from holdfast_site.people.models import Appointment

    one = Appointment.objects.get(appointment_id=id)
    return one.status, one.known_from


@pytest.fixture(name="past")
def _past(now):
    return (now - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(name="ahead")
def _ahead(now):
    return (now + timedelta(days=5)).replace(minute=0, second=0, microsecond=0)


def came(by, id, now, *, came=True):
    from holdfast_site.people.booking import mark
    from holdfast_site.people.models import Appointment

    assert mark(by=by, appointment_id=Appointment.objects.get(appointment_id=id).pk, came=came, now=now)


@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("made", [-1, 0], ids=["older", "of the same moment"])
def test_what_was_marked_here_stands_against_an_export_that_was_not_made_later(desk, by, now, past, made):
    before = now - timedelta(days=1)
    taken(desk, export(before, row("x1", past, "unknown")))
    came(by, "x1", now - timedelta(hours=2))
    told = taken(desk, export(now - timedelta(hours=2) + timedelta(hours=made), row("x1", past, "no_show")))
    assert stands("x1") == ("attended", "site")
    assert told == ["On this site: 0 new, 0 changed, 1 kept as somebody marked, moved or called off here."]


@pytest.mark.parametrize("hour", ["2026-10-25T01:00", "2026-03-29T01:00"], ids=["back", "forward"])
def test_a_session_in_the_hour_in_which_the_clocks_change_is_not_changed_by_the_same_export(desk, now, hour):
    line = f"x1,c1,t1,{hour},attended,recorded"
    taken(desk, export(now - timedelta(days=2), line))
    assert taken(desk, export(now - timedelta(days=1), line)) == []


def test_a_later_export_in_which_somebody_wrote_something_else_wins_and_says_so(desk, by, now, past):
    taken(desk, export(now - timedelta(days=1), row("x1", past, "unknown")))
    came(by, "x1", now - timedelta(hours=2))
    told = taken(desk, export(now - timedelta(hours=1), row("x1", past, "no_show")))
    assert stands("x1") == ("no_show", "export")
    assert told[0] == "On this site: 0 new, 1 changed, 0 kept as somebody marked, moved or called off here."
    assert told[1].startswith("1 of those changed had been marked")


@pytest.mark.parametrize(
    ("status", "certainty"), [("unknown", "not_updated"), ("attended", "defaulted"), ("attended", "inferred")]
)
def test_a_later_export_in_which_nobody_said_anything_does_not_win(desk, by, now, past, status, certainty):
    taken(desk, export(now - timedelta(days=1), row("x1", past, "unknown")))
    came(by, "x1", now - timedelta(hours=2), came=False)
    taken(desk, export(now - timedelta(hours=1), row("x1", past, status, certainty)))
    assert stands("x1") == ("no_show", "site")


def test_the_same_export_twice_changes_nothing(desk, by, now, past, ahead, rows):
    whole = export(now - timedelta(hours=1), row("x1", past, "attended"), row("x2", ahead, "booked"))
    assert taken(desk, whole) == []
    before = rows()["Appointment"]
    assert taken(desk, whole) == []
    assert rows()["Appointment"] == before


def test_what_was_called_off_here_stays_so_though_an_older_export_has_it_as_booked(desk, by, now, ahead):
    from holdfast_site.people.booking import call_off
    from holdfast_site.people.models import Appointment

    whole = export(now - timedelta(days=1), row("x1", ahead, "booked"))
    taken(desk, whole)
    assert call_off(by=by, appointment_id=Appointment.objects.get().pk, who=InitiatedBy.CLIENT, now=now)
    told = taken(desk, whole)
    assert stands("x1") == ("cancelled", "site")
    assert "1 kept" in told[0]


@pytest.mark.long
def test_what_was_moved_here_stays_moved_until_it_is_moved_there_too(desk, by, now, ahead):
    from holdfast_site.people.booking import move
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - timedelta(days=1), row("x1", ahead, "booked")))
    at, later = now - timedelta(hours=3), ahead + timedelta(days=1)
    moved = move(by=by, form=uuid4(), appointment_id=Appointment.objects.get().pk, starts_at=later, now=at)
    assert isinstance(moved, Appointment)
    for made in (at - timedelta(hours=1), at + timedelta(hours=1)):  # the other system was not told yet
        assert "1 kept" in taken(desk, export(made, row("x1", ahead, "booked")))[0]
        assert stands("x1") == ("rescheduled", "site")
    taken(desk, export(at + timedelta(hours=2), row("x1", later + timedelta(days=1), "booked")))
    moved.refresh_from_db()
    assert (moved.status, moved.known_from, moved.starts_at) == ("booked", "export", later + timedelta(days=1))
    assert stands("x1") == ("rescheduled", "site")


def test_an_export_of_another_system_knows_nothing_more_recent_of_this_one(desk, by, now, past):
    """The tables of all systems are loaded together: each row is as old as its own export."""
    from holdfast.tables.read import Practice
    from holdfast_site.caseload.loading import _Clock, _Exported

    told = {"imported": {"jane": "2026-03-02T10:00:00+00:00"}, "exported_at": "2026-03-09T10:00:00+00:00"}
    practice = Practice(exported_at=datetime.fromisoformat("2026-03-09T10:00"), source=json.dumps(told).encode())
    exported = _Exported(practice, _Clock(now.tzinfo, timedelta(0)))
    assert exported.at("jane").day == 2
    assert exported.at(None).day == 9
    assert _Exported(Practice(), _Clock(now.tzinfo, timedelta(0))).at("jane") is None


def test_tables_that_do_not_say_when_they_were_made_undo_nothing(by, now, past, tmp_path, site):
    from holdfast.tables import read_tables
    from holdfast_site.caseload.services import load_tables

    for status in ("unknown", "no_show"):
        (tmp_path / "appointments.csv").write_text(f"{HEAD}{row('x1', past, status)}\n")
        load_tables(read_tables(tmp_path), now=now)
        if status == "unknown":
            came(by, "x1", now)
    assert stands("x1") == ("attended", "site")


def test_an_upgraded_site_knows_what_was_said_there(by, now, past, ahead, cast):
    from importlib import import_module

    from django.apps import apps

    from holdfast_site.people.booking import book
    from holdfast_site.people.models import Appointment
    from tests.site.conftest import appointment

    step = import_module("holdfast_site.people.migrations.0005_from_where_it_is_known")
    marked = appointment(cast.dan, cast.alma, past, status="unknown")
    overwritten = appointment(cast.dan, cast.alma, past + timedelta(hours=1), status="unknown")
    booked = book(by=by, form=uuid4(), client=cast.dan, therapist=cast.alma, starts_at=ahead, now=now)
    for one in (marked, overwritten):
        came(by, one.appointment_id, now)
    Appointment.objects.update(known_from="export", known_at=None)
    Appointment.objects.filter(pk=overwritten.pk).update(status_at=past)  # by an import afterwards
    step.what_was_said_here(apps, None)
    found = dict(Appointment.objects.filter(known_from="site").values_list("pk", "known_at"))
    assert found == {marked.pk: now, booked.pk: now}


@pytest.mark.hazard("H-05")
@pytest.mark.parametrize("as_folder", [True, False], ids=["from a folder", "in the browser"])
def test_an_older_export_after_a_newer_one_adds_and_changes_nothing(desk, now, past, tmp_path, as_folder):
    from holdfast.tables import read_tables
    from holdfast_site.caseload.services import load_tables
    from holdfast_site.caseload.settling import lines
    from holdfast_site.exchange.files import laid_out, unpacked

    newer = export(now - timedelta(hours=2), row("x1", past, "no_show"))
    older = export(now - timedelta(days=3), row("x1", past, "booked"), row("x2", past - timedelta(days=7), "attended"))
    for number, content in enumerate([newer, older]):
        if as_folder:
            (tmp_path / str(number)).mkdir()
            laid_out(unpacked(content), tmp_path / str(number))
            told = list(lines(load_tables(read_tables(tmp_path / str(number)), now=now).settled))
        else:
            taken(desk, content)
    assert stands("x1") == ("no_show", "export")
    assert stands("x2") == ("attended", "export")
    if as_folder:
        assert told == ["1 kept as an export has them that was made after this one."]


def one_booked():
    from holdfast_site.people.models import Appointment

    return Appointment.objects.get(status="booked")


@pytest.mark.long
def test_a_move_that_is_written_down_in_both_systems_is_one_appointment(desk, by, now, ahead):
    """And stays it when it is taken over again, marked there, or called off there."""
    from holdfast_site.people.booking import move
    from holdfast_site.people.models import Appointment

    day = timedelta(days=1)
    taken(desk, export(now - day, row("x1", ahead, "booked")))
    later = ahead + day
    moved = move(by=by, form=uuid4(), appointment_id=one_booked().pk, starts_at=later, now=now - timedelta(hours=5))
    for hours in (4, 3):
        told = taken(desk, export(now - timedelta(hours=hours), row("x1", later, "booked")))
        assert told == []
        assert one_booked() == moved
        assert stands("x1") == ("rescheduled", "site")
    taken(desk, export(now - timedelta(hours=2), row("x1", later, "attended")))
    assert stands(moved.appointment_id) == ("attended", "export")
    assert Appointment.objects.count() == 2


@pytest.mark.long
def test_what_is_booked_in_both_systems_is_one_appointment_and_so_are_its_checkins(desk, by, now, ahead):
    """Called off there after it was booked here, it is called off; what was called off before is another."""
    from holdfast_site.exchange.files import packed, unpacked
    from holdfast_site.people.booking import book
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - timedelta(days=3), row("x1", ahead - timedelta(days=30), "attended")))
    one = Appointment.objects.get()
    made = book(
        by=by, form=uuid4(), client=one.client, therapist=one.therapist, starts_at=ahead, now=now - timedelta(hours=9)
    )
    files = dict(unpacked(export(now - timedelta(hours=8), row("x2", ahead, "booked"))))
    sent = written(now - timedelta(hours=8))
    files["checkins.csv"] = f"client_id,appointment_id,sent_at\nc1,x2,{sent}\n".encode()
    taken(desk, packed(files))
    assert one_booked() == made
    assert made.invitations.count() == 1
    for hours, made_at, status in ((12, 4, "booked"), (5, 3, "cancelled")):
        head = HEAD.replace("certainty", "certainty,status_at")
        line = f"{row('x2', ahead, 'cancelled')},{written(now - timedelta(hours=hours))}"
        files = dict(unpacked(export(now - timedelta(hours=made_at))))
        files["appointments.csv"] = f"{head}{line}\n".encode()
        Appointment.objects.filter(appointment_id="x2").delete()
        taken(desk, packed(files))
        made.refresh_from_db()
        assert made.status == status, hours


def said_at(made_at, line, **moments):
    """An export that says when something was booked, or when its outcome was written down."""
    from holdfast_site.exchange.files import packed, unpacked

    files = dict(unpacked(export(made_at)))
    head = HEAD.replace("certainty", f"certainty,{','.join(moments)}")
    cells = ",".join(map(written, moments.values()))
    return packed({**files, "appointments.csv": f"{head}{line},{cells}\n".encode()})


@pytest.mark.hazard("H-05")
@pytest.mark.parametrize(("hours", "stays"), [(3, True), (1, False)], ids=["before", "after"])
def test_an_outcome_stands_against_one_that_was_written_down_there_before_it(desk, by, now, past, hours, stays):
    taken(desk, export(now - timedelta(days=1), row("x1", past, "unknown")))
    came(by, "x1", now - timedelta(hours=2))
    taken(desk, said_at(now, row("x1", past, "no_show"), status_at=now - timedelta(hours=hours)))
    assert stands("x1") == (("attended", "site") if stays else ("no_show", "export"))


def test_a_day_without_a_time_does_not_say_that_it_was_before(desk, by, now, past):
    taken(desk, export(now - timedelta(days=1), row("x1", past, "unknown")))
    came(by, "x1", now - timedelta(minutes=2))
    today = now.astimezone(LONDON).replace(hour=0, minute=0)
    taken(desk, said_at(now - timedelta(minutes=1), row("x1", past, "no_show"), status_at=today))
    assert stands("x1") == ("no_show", "export")


@pytest.mark.parametrize(("hours", "status"), [(1, "booked"), (9, None)], ids=["after", "before"])
def test_what_is_booked_there_after_it_was_called_off_here_is_another_one(desk, by, now, past, ahead, hours, status):
    from holdfast_site.people.booking import book, call_off
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - timedelta(days=3), row("x1", past, "attended")))
    one, booked_at = Appointment.objects.get(), now - timedelta(hours=8)
    told = {"client": one.client, "therapist": one.therapist, "starts_at": ahead, "now": booked_at}
    made = book(by=by, form=uuid4(), **told)
    assert call_off(by=by, appointment_id=made.pk, who=InitiatedBy.CLIENT, now=now - timedelta(hours=2))
    taken(desk, said_at(now, row("x2", ahead, "booked"), booked_at=now - timedelta(hours=hours)))
    assert stands(made.appointment_id) == ("cancelled", "site")
    assert Appointment.objects.filter(appointment_id="x2").values_list("status", flat=True).first() == status


@pytest.mark.long
def test_a_therapist_who_was_corrected_there_is_corrected_here_or_kept_with_a_word(desk, by, now, past):
    from holdfast_site.people.models import Appointment

    taken(desk, export(now - timedelta(days=1), row("x1", past, "unknown")))
    came(by, "x1", now - timedelta(hours=2))
    unsaid = row("x1", past, "attended", "defaulted").replace("t1", "t2")
    told = taken(desk, export(now - timedelta(hours=1, minutes=30), unsaid))
    assert told == ["On this site: 0 new, 0 changed, 1 kept as somebody marked, moved or called off here."]
    assert Appointment.objects.get().therapist_id == "t1"
    told = taken(desk, export(now - timedelta(hours=1), row("x1", past, "attended").replace("t1", "t2")))
    assert told[0].startswith("On this site: 0 new, 1 changed")
    assert Appointment.objects.get().therapist_id == "t2"
