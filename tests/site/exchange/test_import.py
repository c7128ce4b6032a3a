"""Importing in the browser: tried out first, taken over once, by whoever may, and nothing is left lying about."""

from __future__ import annotations

import io
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.site.conftest import signed_in

HEADING = "appointment_id,client_id,therapist_id,starts_at,status\n"
ROWS = HEADING + "x1,c1,t1,2026-03-02T10:00,attended\nx2,c1,t1,2026-03-09T10:00,no_show\n"
OTHER = "Client;Datum;Therapist;Outcome\nC7;02.03.2026 10:00;T1;came\nC7;16.03.2026 10:00;T1;weg\n"


@pytest.fixture(name="desk")
def _desk(site):
    return signed_in("desk")


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


def test_a_newer_export_updates_and_the_same_one_changes_nothing(desk, rows):
    from holdfast_site.people.models import Appointment

    for content in (ROWS, ROWS.replace("no_show", "attended")):
        desk.post(f"{brought(desk, content).url}/take")
    assert set(Appointment.objects.values_list("status", flat=True)) == {"attended"}
    before = rows()["Appointment"]
    again = brought(desk, ROWS.replace("no_show", "attended")).url
    assert "2 as before" in desk.get(again).content.decode()
    desk.post(f"{again}/take")
    assert rows()["Appointment"] == before


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
    from holdfast_site.exchange.services import _opened

    assert page.status_code == 302
    kept, _ = _opened(Upload.objects.get())
    assert len(kept) == 2


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


def test_nothing_is_left_lying_about(desk):
    page = brought(desk, ROWS)
    desk.get(page.url)
    desk.post(f"{page.url}/take")
    assert list(Path(tempfile.gettempdir()).glob("holdfast-import-*")) == []


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
