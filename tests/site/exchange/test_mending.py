"""Days that are none, in a site that took them over before imports refused them; one command mends them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.site.conftest import appointment, signed_in
from tests.site.exchange.test_import import ROWS, brought

FAR = datetime(9999, 12, 31, 10, tzinfo=UTC)
LONG_AGO = datetime(1, 1, 2, 10, tzinfo=UTC)


@pytest.fixture(name="broken")
def _broken(cast, now):
    """A placeholder in every place that holds a day, beside rows that are right."""
    from holdfast_site.people.models import Ending, Pause

    pair = {"client": cast.dan, "therapist": cast.alma}
    appointment(*pair.values(), FAR, status="booked")
    appointment(*pair.values(), LONG_AGO)
    appointment(*pair.values(), now - timedelta(days=30), booked_at=LONG_AGO, status_at=FAR)
    Ending.objects.create(**pair, ended_on=date(9999, 12, 31), kind="told")
    Ending.objects.create(**pair, ended_on=now.date(), kind="told", recorded_at=FAR)
    Pause.objects.create(**pair, at=now, until=date(9999, 12, 31))
    Pause.objects.create(**pair, at=LONG_AGO)
    return cast


def mend(now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.exchange.mending import take_out_impossible_days

    return take_out_impossible_days(by=OPERATOR, now=now)


def test_the_doctor_says_it_and_how_to_mend_it_and_then_no_more(broken, now, site_folder):
    from holdfast_site import start

    (told,) = start.advice_on_days(site_folder)
    assert told.startswith("8 dates in the site lie outside the years 1900 to 2199")
    assert f"holdfast site mend-days {site_folder}" in told
    assert mend(now) == 8
    assert start.advice_on_days(site_folder) == []
    assert mend(now) == 0


def test_what_may_be_unknown_is_blank_and_what_was_on_no_day_is_gone(broken, now):
    from holdfast_site.audit.models import Event
    from holdfast_site.people.models import Appointment, Ending, Pause

    rows = Appointment.objects.count()
    mend(now)
    assert Appointment.objects.count() == rows - 2
    assert not Appointment.objects.exclude(booked_at=None, status_at=None).exists()
    assert list(Ending.objects.values_list("ended_on", "recorded_at")) == [(now.date(), None)]
    assert list(Pause.objects.values_list("at", "until")) == [(now, None)]
    assert Event.objects.filter(action="days.taken_out", about="rows:8").count() == 1


def test_one_that_he_was_asked_about_stays_at_the_time_of_the_question(cast, now):
    from holdfast_site.people.models import Appointment

    Appointment.objects.filter(pk=cast.invitation.appointment_id).update(starts_at=FAR)
    assert mend(now) == 1
    one = Appointment.objects.get(pk=cast.invitation.appointment_id)
    assert (one.starts_at, one.certainty) == (cast.invitation.sent_at, "inferred")


def test_pages_open_again(broken, now):
    mend(now)
    alma = signed_in("therapist", "alma")
    for page in ("/today/", "/today/client/dan"):
        assert alma.get(page).status_code == 200


def test_what_the_last_import_left_no_longer_keeps_out_the_next_one(site, now):
    from holdfast_site.people.models import Appointment

    desk = signed_in("desk")
    bad = ROWS + "x3,c1,t1,2199-12-30T10:00,booked\n"
    assert desk.post(f"{brought(desk, bad).url}/take").status_code == 302
    spoil_memory(now)
    Appointment.objects.filter(appointment_id="x3").update(starts_at=FAR)
    assert desk.post(f"{brought(desk, ROWS).url}/take").status_code == 409
    mend(now)
    assert desk.post(f"{brought(desk, ROWS).url}/take").status_code == 302
    assert sorted(Appointment.objects.values_list("appointment_id", flat=True)) == ["x1", "x2"]


def spoil_memory(now):
    """What an import before that check would have left."""
    import polars as pl

    from holdfast_site.exchange.services import change_memory

    def spoil(tables):
        moved = pl.col("starts_at").str.replace("2199-12-30", "9999-12-31")
        return {**tables, "appointments": tables["appointments"].with_columns(moved)}

    change_memory(spoil, now=now)


@pytest.mark.sqlite
@pytest.mark.long
def test_the_doctor_and_the_command_by_hand(tmp_path):
    import sqlite3

    from holdfast_site.config import DATABASE
    from tests.site.test_cli import GIVEN, holdfast

    folder = tmp_path / "practice"
    assert holdfast("init", folder, *GIVEN).returncode == 0
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "appointments.csv").write_text(ROWS)
    assert holdfast("load", folder, tmp_path / "tables").returncode == 0
    with sqlite3.connect(folder / DATABASE) as database:
        database.execute("update people_appointment set booked_at = '9999-12-31 10:00:00' where appointment_id = 'x1'")
    database.close()
    told = holdfast("doctor", folder).stdout
    assert "To mend: 1 date in the site lies outside the years 1900 to 2199" in told
    assert holdfast("mend-days", folder).stdout == "1 date was taken out.\n"
    assert holdfast("doctor", folder).stdout == f"{folder} is safe to start.\n"
