"""Importing in the browser: tried out first, taken over once, by whoever may, and nothing is left lying about."""

from __future__ import annotations

import io
import json
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.site.conftest import signed_in

HEADING = "appointment_id,client_id,therapist_id,starts_at,status\n"
ROWS = HEADING + "x1,c1,t1,2026-03-02T10:00,attended\nx2,c1,t1,2026-03-09T10:00,no_show\n"
OTHER = "Client;Datum;Therapist;Outcome\nC7;02.03.2026 10:00;T1;came\nC7;16.03.2026 10:00;T1;weg\n"


def brought(who, content, name="appointments.csv", form=None, source=""):
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    file.name = name
    return who.post("/import/", {"form": str(form or uuid4()), "export": file, "source": source})


def counts():
    from holdfast_site.people.models import Appointment, Client

    return Client.objects.count(), Appointment.objects.count()


def test_it_is_tried_out_then_taken_over_once(desk):
    page = brought(desk, ROWS)
    assert page.status_code == 302
    tried = desk.get(page.url).content.decode()
    assert "2 rows read, 2 appointments kept" in tried
    assert counts() == (0, 0)
    for _ in range(2):
        assert desk.post(f"{page.url}/take").status_code == 302
    done = desk.get(page.url).content.decode()
    assert "Taken over" in done
    assert counts() == (1, 2)


def test_a_newer_export_updates_and_the_same_one_changes_nothing(desk, rows, now):
    from holdfast_site.people.models import Appointment

    for content in (ROWS, ROWS.replace("no_show", "attended")):
        desk.post(f"{brought(desk, content).url}/take")
    assert set(Appointment.objects.values_list("status", flat=True)) == {"attended"}
    Appointment.objects.update(known_at=now)
    before = rows()["Appointment"]
    again = brought(desk, ROWS.replace("no_show", "attended")).url
    assert "2 as before" in desk.get(again).content.decode()
    desk.post(f"{again}/take")
    assert set(Appointment.objects.values_list("known_at", flat=True)) != {now}  # it is known of a later day now
    Appointment.objects.update(known_at=now)
    assert rows()["Appointment"] == before


def test_what_is_guessed_of_a_table_can_be_read_in_a_browser(desk):
    page = desk.get(brought(desk, OTHER, name="list.csv").url).content.decode()
    assert "<li>client: Client</li>" in page
    assert "<li>&#x27;came&#x27; means attended (1)</li>" in page


def test_what_was_taken_over_says_what_is_next_and_is_listed_by_the_systems_own_name(desk):
    page = brought(desk, ROWS)
    desk.post(f"{page.url}/take")
    assert "Therapists who are new stand by their ids" in desk.get(page.url).content.decode()
    assert "</a>, Holdfast&#x27;s own tables</li>" in desk.get("/import/").content.decode()


def test_the_same_form_twice_is_one_upload(desk):
    from holdfast_site.exchange.models import Upload

    form = uuid4()
    assert brought(desk, ROWS, form=form).url == brought(desk, ROWS, form=form).url
    assert Upload.objects.count() == 1


def test_every_problem_is_named_and_nothing_changes(desk):
    page = brought(desk, ROWS.replace("attended", "perhaps"))
    tried = desk.get(page.url).content.decode()
    assert "This cannot be imported as it is" in tried
    assert "perhaps" in tried
    refused = desk.post(f"{page.url}/take")
    assert refused.status_code == 409
    assert counts() == (0, 0)


def test_an_unknown_table_is_asked_about_and_the_answers_are_remembered(desk):
    page = brought(desk, OTHER, "termine.csv")
    asked = desk.get(page.url).content.decode()
    assert "weg" in asked
    told = {"words.weg": "no_show", "words.came": "attended"}
    given = {key: said for key, said in told.items() if f'name="{key}"' in asked}
    assert given
    assert desk.post(f"{page.url}/answer", given).status_code == 302
    assert "2 appointments kept" in desk.get(page.url).content.decode()
    desk.post(f"{page.url}/take")
    assert counts() == (1, 2)
    later = brought(desk, OTHER.replace("16.03", "23.03"), "termine.csv")
    assert "Take it over" in desk.get(later.url).content.decode()


def test_an_answer_to_no_question_is_refused(desk):
    page = brought(desk, OTHER, "termine.csv")
    assert desk.post(f"{page.url}/answer", {"words.nobody": "attended"}).status_code == 422


@pytest.mark.parametrize("name", ["../../x.csv", "..\\x.csv", "/etc/x.csv", "\0", ".", ""])
def test_a_name_of_a_file_points_nowhere_else(name):
    from holdfast_site.exchange.files import own_name

    kept = own_name(name, 3)
    assert kept in ("x.csv", "file-3")


def test_a_long_name_of_long_letters_can_be_written():
    from holdfast_site.exchange.files import MOST_BYTES, own_name

    kept = own_name("\u65e5" * 96 + ".csv", 0)
    assert len(kept.encode()) <= MOST_BYTES
    assert kept.endswith(".csv")


def test_two_files_of_one_name_are_two(desk):
    files = [io.BytesIO(ROWS.encode()), io.BytesIO(ROWS.replace("x1", "y1").replace("x2", "y2").encode())]
    for file in files:
        file.name = "appointments.csv"
    page = desk.post("/import/", {"form": str(uuid4()), "export": files, "source": "any"})
    from holdfast_site.exchange.models import Upload
    from holdfast_site.exchange.sealing import opened

    assert page.status_code == 302
    assert len(opened(Upload.objects.get()).files) == 2


def test_each_sees_his_own_uploads_only_and_therapists_none(desk):
    page = brought(desk, ROWS).url
    for who in (signed_in("lead"), signed_in("care_contact")):
        for address in (page, f"{page}/take", f"{page}/forget"):
            method = who.get if address == page else who.post
            assert method(address).status_code == 404
    assert counts() == (0, 0)


def test_what_was_brought_is_sealed_and_gone_when_it_was_forgotten_or_an_hour_is_over(desk, stored, now):
    from holdfast_site.exchange.models import Upload
    from holdfast_site.exchange.services import forget_old

    page = brought(desk, ROWS.replace("c1", "Zanzibar")).url
    assert b"Zanzibar" not in stored()
    assert desk.post(f"{page}/forget").status_code == 302
    assert desk.get(page).status_code == 404
    brought(desk, ROWS)
    forget_old(now + timedelta(minutes=50))
    assert Upload.objects.count() == 1
    forget_old(now + timedelta(hours=2))
    assert Upload.objects.count() == 0


def test_nothing_is_left_lying_about(desk, site):
    page = brought(desk, ROWS)
    desk.get(page.url)
    desk.post(f"{page.url}/take")
    assert list((site / "working").iterdir()) == []
    assert list(Path(tempfile.gettempdir()).glob("holdfast-import-*")) == []


@pytest.mark.hazard("H-21")
def test_while_an_import_is_at_work_its_files_are_the_owners_alone(site, now):
    from holdfast_site.exchange.services import forget_old
    from holdfast_site.exchange.working import working_folder

    with working_folder() as folder:
        (folder / "export.csv").write_text(ROWS)
        assert folder.parent == site / "working"
        for one in (folder, folder.parent):
            assert one.stat().st_mode & 0o777 == 0o700
        forget_old(now)
        assert (folder / "export.csv").exists()  # somebody is at work in it
    assert not folder.exists()


@pytest.mark.hazard("H-21")
@pytest.mark.parametrize("by", ["the worker", "a start"])
def test_what_a_killed_import_left_open_is_gone_at_once(site, now, by):
    from holdfast_site import start
    from holdfast_site.exchange.services import forget_old
    from holdfast_site.exchange.working import home

    left = home() / "killed"
    left.mkdir()
    (left / "export.csv").write_text(ROWS)
    forget_old(now) if by == "the worker" else start.empty_working()
    assert list(home().iterdir()) == []


@pytest.mark.parametrize("day", ["9999-12-31T10:00", "0001-01-01T10:00"])
@pytest.mark.parametrize("where", ["appointments", "endings"])
def test_a_day_that_is_none_is_named_and_breaks_nothing(desk, day, where):
    from holdfast_site.exchange.files import packed

    files = {"appointments.csv": ROWS}
    if where == "appointments":
        files["appointments.csv"] = ROWS.replace("2026-03-09T10:00", day)
    else:
        files["endings.csv"] = f"client_id,therapist_id,ended_on,kind\nc1,t1,{day[:10]},told\n"
    page = brought(desk, packed({name: text.encode() for name, text in files.items()}), "export.zip")
    tried = desk.get(page.url).content.decode()
    assert f"{where} (as imported), row" in tried
    assert "a day from 1900 to 2199" in tried
    assert desk.post(f"{page.url}/take").status_code == 409
    assert counts() == (0, 0)


@pytest.mark.parametrize("column", ["c1", "t1", "x1"])
def test_an_id_that_does_not_fit_is_named_and_the_longest_that_fits_is_taken(desk, column):
    from holdfast_site.people.models import MOST_ID

    long, longest = "y" * (MOST_ID + 1), "y" * MOST_ID
    page = brought(desk, ROWS.replace(column, long))
    assert f"at most {MOST_ID} signs" in desk.get(page.url).content.decode()
    assert desk.post(f"{page.url}/take").status_code == 409
    assert counts() == (0, 0)
    assert desk.post(f"{brought(desk, ROWS.replace(column, longest)).url}/take").status_code == 302
    assert counts()[1] == 2


def test_every_id_that_fits_has_room_in_the_audit(site):
    from holdfast_site.audit.models import Event
    from holdfast_site.people.models import MOST_ID

    room = Event._meta.get_field("about").max_length
    assert max(len(f"{what}:") + MOST_ID for what in ("client", "therapist")) <= room


JANE = (
    "Appointment ID,Start At,Patient Number,Patient,Staff Member,State,Cancelled At,Cancellation Reason,Booked At\r\n"
    "1,2026-03-02 10:00,77,Tom Ash,T1,Arrived,,,2026-01-01 09:00\r\n"
    "2,2026-03-09 10:00,77,Tom Ash,T1,No Show,,,2026-01-01 09:00\r\n"
)


@pytest.mark.parametrize(("source", "export"), [("", JANE), ("jane", JANE), ("any", OTHER)])
def test_a_file_of_something_else_is_named_and_one_goes_on_without_it(desk, source, export):
    files = [io.BytesIO(export.encode()), io.BytesIO(b"%PDF-1.7 an invoice"), io.BytesIO(b"\x00\x01\x02")]
    for file, name in zip(files, ("termine.csv", "invoice.pdf", "letter.docx"), strict=True):
        file.name = name
    page = desk.post("/import/", {"form": str(uuid4()), "export": files, "source": source}).url
    assert "invoice.pdf and letter.docx are not of the same system" in desk.get(page).content.decode()
    assert desk.post(f"{page}/take").status_code == 409
    assert desk.post(f"{page}/without").status_code == 302
    asked = desk.get(page).content.decode()
    told = {"words.weg": "no_show", "words.came": "attended"}
    given = {key: said for key, said in told.items() if f'name="{key}"' in asked}
    assert not given or desk.post(f"{page}/answer", given).status_code == 302
    left_out = "Left out, as you said: invoice.pdf and letter.docx."
    assert left_out in desk.get(page).content.decode()
    desk.post(f"{page}/take")
    assert counts() == (1, 2)
    assert left_out in desk.get(page).content.decode()


def test_where_no_file_fits_nothing_is_offered_and_nothing_changes(desk):
    page = brought(desk, b"%PDF-1.7 an invoice", "invoice.pdf").url
    tried = desk.get(page).content.decode()
    assert "This cannot be imported as it is" in tried
    assert "Go on without" not in tried
    assert desk.post(f"{page}/without").status_code == 302
    assert desk.get(page).content.decode().count("invoice.pdf") == tried.count("invoice.pdf")


@pytest.mark.long
def test_when_it_was_exported_can_be_said_and_counts_against_what_was_marked_since(desk, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.people.booking import mark
    from holdfast_site.people.models import Appointment

    page = brought(desk, ROWS.replace("no_show", "unknown")).url
    tried = desk.get(page).content.decode()
    assert "When was it exported?" in tried
    assert "--now" not in tried
    for wrong in ({"on": "2199-01-01", "at": "10:00"}, {"on": "x", "at": "10:00"}, {"on": "2026-03-10"}):
        assert desk.post(f"{page}/moment", wrong).status_code == 422
    assert desk.post(f"{page}/moment", {"on": "2026-03-10", "at": "10:00"}).status_code == 302
    assert "as of 10 March 2026, 10:00" in desk.get(page).content.decode()
    desk.post(f"{page}/take")
    one = Appointment.objects.get(appointment_id="x2")
    assert mark(by=Actor(Role.DESK, id="1"), appointment_id=one.pk, came=True, now=now)
    older = brought(desk, ROWS).url
    desk.post(f"{older}/moment", {"on": "2026-03-11", "at": "10:00"})
    desk.post(f"{older}/take")
    assert Appointment.objects.get(appointment_id="x2").status == "attended"
    desk.post(f"{brought(desk, ROWS).url}/take")  # of now, as far as anybody knows
    assert Appointment.objects.get(appointment_id="x2").status == "no_show"


def test_files_cannot_be_from_before_what_they_tell(desk):
    page = brought(desk, HEADING + "x1,c1,t1,2026-03-02T10:00,attended\nx2,c1,t1,2026-03-09T10:00,booked\n").url
    for on, at in (("1999-01-01", "10:00"), ("2026-03-02", "09:59")):
        answer = desk.post(f"{page}/moment", {"on": on, "at": at})
        assert answer.status_code == 422
        assert "These files tell who came on 2 March 2026" in answer.content.decode()
    assert "When was it exported?" in desk.get(page).content.decode()
    assert desk.post(f"{page}/moment", {"on": "2026-03-02", "at": "11:00"}).status_code == 302


@pytest.mark.parametrize("told", [{"notice_hours": "x"}, {"notice_hours": 1e300}, {"exported_at": "0001-01-01T00:00Z"}])
def test_what_cannot_be_of_a_practice_is_told_in_words(desk, told):
    from holdfast_site.exchange.files import packed
    from holdfast_site.people.models import Appointment

    content = packed({"appointments.csv": ROWS.encode(), "practice.json": json.dumps(told).encode()})
    page = brought(desk, content, "export.zip").url
    assert f"practice.json: {next(iter(told))} " in desk.get(page).content.decode()
    assert desk.post(f"{page}/take").status_code == 409
    assert not Appointment.objects.exists()


def test_files_that_say_they_are_of_days_to_come_are_refused(desk, now):
    from tests.site.exchange.test_settling import export

    page = brought(desk, export(now + timedelta(days=3), "x1,c1,t1,2026-03-02T10:00,attended,recorded"), "export.zip")
    assert "That is still to come" in desk.get(page.url).content.decode()
    assert desk.post(f"{page.url}/take").status_code == 409


def test_an_upload_of_before_an_upgrade_still_opens(desk):
    from holdfast_site.exchange.files import packed
    from holdfast_site.exchange.models import Upload
    from holdfast_site.exchange.sealing import box

    page = brought(desk, ROWS).url
    upload = Upload.objects.get()
    upload.sealed = box().seal(packed({"files/appointments.csv": ROWS.encode()}), place=upload.place)
    upload.save()
    assert "2 appointments kept" in desk.get(page).content.decode()


def test_what_is_told_of_clients_is_not_kept_for_the_next_time(desk):
    from holdfast_site.exchange import services

    clients = "client_id,concerns\nc1,Zanzibar\n"
    zipped = services.packed({"appointments.csv": ROWS.encode(), "clients.csv": clients.encode()})
    desk.post(f"{brought(desk, zipped, 'export.zip').url}/take")
    assert counts() == (1, 2)
    with services._folder() as folder:
        kept = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert "appointments.csv" in kept
    assert not any("Zanzibar" in text for text in kept.values())


@pytest.mark.hazard("H-14")
def test_what_stands_beside_the_tables_own_columns_is_not_kept_either(desk):
    """Names, notes and reasons: they would stay when whoever they are about is erased."""
    from holdfast_site.exchange import services

    told = ROWS.replace("status\n", "status,client_name,notes\n", 1).replace("attended", "attended,Dan Zanzibar,wept")
    endings = "client_id,therapist_id,ended_on,kind,reason\nc1,t1,2026-03-01,told,Zanzibar\n"
    zipped = services.packed({"appointments.csv": told.encode(), "endings.csv": endings.encode()})
    desk.post(f"{brought(desk, zipped, 'export.zip').url}/take")
    assert counts() == (1, 2)
    with services._folder() as folder:
        kept = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert {"appointments.csv", "endings.csv"} <= set(kept)
    assert "status,source" in kept["appointments.csv"]
    assert not any("Zanzibar" in text or "wept" in text for text in kept.values())


@pytest.mark.long
def test_two_who_take_over_at_once_both_leave_what_they_brought(desk, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor, wait

    from django.db import connections
    from django.utils import timezone

    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.exchange import services
    from holdfast_site.exchange.models import Upload

    for content in (ROWS, ROWS.replace("x1,", "y1,").replace("x2,", "y2,")):
        brought(desk, content)
    uploads = list(Upload.objects.order_by("pk"))
    by, imported, begun = Actor(Role.DESK, id=str(uploads[0].by.member_id)), services._imported, threading.Event()

    def slowly(upload, *args, **told):
        done = imported(upload, *args, **told)
        begun.wait(1) if upload == uploads[0] else begun.set()
        return done

    def take(upload):
        try:
            services.take_over(by=by, upload=upload, now=timezone.now())
        finally:
            connections.close_all()

    monkeypatch.setattr(services, "_imported", slowly)
    with ThreadPoolExecutor(2) as threads:
        done = wait([threads.submit(take, upload) for upload in uploads]).done
    assert [one.exception() for one in done] == [None, None]
    with services._folder() as folder:
        kept = (folder / "appointments.csv").read_text(encoding="utf-8")
    assert all(f"{id}," in kept for id in ("x1", "x2", "y1", "y2"))


def test_more_than_an_export_has_is_refused_and_a_check_in_stays_small(desk, cast, browser):
    assert brought(desk, b"x" * (20 * 1024 * 1024 + 1)).status_code == 413
    assert browser.post(cast.address, {"words": "x" * 70_000}).status_code == 413


def test_it_is_audited_by_opaque_ids(desk):
    from holdfast_site.audit.models import Event

    page = brought(desk, ROWS)
    desk.post(f"{page.url}/take")
    told = list(Event.objects.order_by("pk").values_list("action", "actor"))[-2:]
    assert [action for action, _ in told] == ["export.uploaded", "tables.loaded"]
    assert all(actor.startswith("desk:") for _, actor in told)
