"""What an import says of the files of every system is said in the site's language: nothing of it stays English."""

from __future__ import annotations

import html
import io
import re
import zipfile
from pathlib import Path

import pytest

from holdfast.tables.schema import TABLES, Status
from holdfast.tables.sources import MODULES, jane
from tests.site.exchange.test_import import brought

SAMPLES = Path(__file__).resolve().parents[2] / "interop" / "samples"
KEPT = re.compile(r"<[^>]*>|&\w+;|%\(\w+\)s|%%|\{\w+\}")  # of a sentence: markup and values
LATIN = re.compile(r"[^\W\d_]*[A-Za-z][^\W\d_]*")


def strange(words: str) -> str:
    """A sentence of which no letter is left but those of its values."""
    kept = KEPT.findall(words)
    parts = [re.sub(r"[A-Za-z]", "ж", part) for part in KEPT.split(words)]
    return "".join(part + value for part, value in zip(parts, [*kept, ""], strict=True))


@pytest.fixture(autouse=True)
def _in_a_strange_language(site, monkeypatch):
    """Every word that translators get is translated, and no other."""
    from django.utils import translation

    from holdfast_site import languages

    known: dict[str, str] = {}
    for message in languages._read(languages.EVERY_WORD, languages.ENGLISH):
        for words in languages._originals(message) if message.id else ():
            known[words.replace("%%", "%") if not languages.FILLED.search(words) else words] = strange(words)

    def say(words):
        return known.get(words, words)

    monkeypatch.setattr(translation._trans, "gettext", say)
    monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, n: say(one if n == 1 else many))
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, words: say(words))


def said(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "\n", page[page.index("<main") : page.index("</main")]))


SYSTEMS = sorted(SAMPLES.iterdir())
BESIDE = "Europe London utf DNA NS LC PING note_locked pc"  # zone, encoding, and codes of the systems


def left_over(page: str, *files: bytes | str) -> set[str]:
    """Words of a page that are neither translated nor in the files."""
    data = " ".join(one if isinstance(one, str) else one.decode("latin-1") for one in files)
    return set(LATIN.findall(said(page))) - set(LATIN.findall(f"{data} {BESIDE}"))


@pytest.mark.parametrize("folder", SYSTEMS, ids=lambda folder: folder.name)
def test_what_is_said_of_each_systems_files_is_translated_before_and_after(desk, folder):
    paths = sorted(folder.iterdir())
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    page = brought(desk, whole.getvalue(), name="export.zip").url
    data = [part for path in paths for part in (path.name, path.read_bytes())]
    assert left_over(desk.get(page).content.decode(), *data) == set()
    desk.post(f"{page}/take")
    assert left_over(desk.get(page).content.decode(), *data) == set()


JANE = "Appointment Number,Client,Staff Member,Start Time,Status\n"
TABLE = "Client,Date,Therapist,Outcome\n"
OWN = "appointment_id,client_id,therapist_id,starts_at,status\n"
LONG = "1" * 300
REFUSED = {
    "nothing in it": ("tables", "appointments.csv", " \n"),
    "no text": ("any", "list.csv", b"\x01\x02\x03\x04" * 50),
    "an old workbook": ("any", "list.xls", b"\xd0\xcf\x11\xe0" + b"x" * 50),
    "a zip that was cut off": ("any", "list.zip", b"PK\x03\x04" + b"x" * 50),
    "no columns": ("jane", "list.csv", "Vorname,Zuname\nx,y\n"),
    "a word": ("jane", "list.csv", f"{JANE}1,Q,R,2026-03-02 10:00,zzz\n2,Q,R,2026-03-02 10:00,qqq\n"),
    "no date": ("jane", "list.csv", JANE + "1,Q,R,zzz,Arrived\n" * 30),
    "cut off": ("jane", "list.csv", f"{JANE}1,Q,R,2026-03-02 10:00,Arrived\n2,Q,R,2026-03-02 10:00,Arrived\n3,Q\n"),
    "two ways": ("jane", "list.csv", f"{JANE}1,Q,R,13/02/2026,Arrived\n2,Q,R,02/13/2026,Arrived\n"),
    "another system": ("cliniko", "appointments.csv", f"{OWN}1,c,t,2026-03-02T10:00,attended\n"),
    "no JSON": ("openmrs", "list.json", '[{"uuid": "x",'),
    "a number": ("openmrs", "list.json", "[1]"),
    "no client": ("any", "list.csv", "Date,Outcome\n2026-03-02,came\n2026-03-03,came\n"),
    "two ways in any table": ("any", "list.csv", f"{TABLE}Q,13/02/2026,T,came\nQ,02/13/2026,T,came\n"),
    "a bad day in any table": ("any", "list.csv", TABLE + "Q,2026-02-13,T,came\n" * 3 + "Q,2026-02-31,T,came\n"),
    "a calendar": ("ical", "list.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"),
    "cells": ("tables", "appointments.csv", f"{OWN}x1,,t,2026-03-02T10:00,zzz\nx1,,t,qqq,attended\n"),
    "columns": ("tables", "appointments.csv", "appointment_id,client_id,status,status\n1,c,booked,booked\n"),
    "no such day": ("tables", "appointments.csv", f"{OWN}x1,c1,t1,1026-03-02T10:00,attended\n"),
    "a long id": ("tables", "appointments.csv", f"{OWN}{LONG},c1,t1,2026-03-02T10:00,attended\n"),
    "ids that were shortened": ("tables", "appointments.csv", f"{OWN}1.4E+18,c1,t1,2026-03-02T10:00,attended\n"),
    "a practice": ("tables", "practice.json", '{"notice_hours": 9999, "timezone": "Europe/London"}'),
}


# What the tables, and Jane, call something is said as they call it.
CODES = " ".join([*MODULES, *TABLES, *(name for table in TABLES.values() for name in table.columns), *Status])
JANES = " ".join(["Jane", "Starts At", "Status", "Patient ID", "Staff Member ID", *jane.WORDS])


def test_why_files_are_refused_is_translated(desk):
    reasons = set()
    for what, (source, name, content) in REFUSED.items():
        page = desk.get(brought(desk, content, name=name, source=source).url).content.decode()
        reasons.add(page[page.index('role="alert"') : page.index("</div>", page.index('role="alert"'))])
        data = content if isinstance(content, str) else ""
        assert (what, left_over(page, name, data, CODES, JANES)) == (what, set())
    assert len(reasons) == len(REFUSED)


def test_where_files_can_be_from_is_translated(desk):
    assert left_over(desk.get("/import/").content.decode()) == set()
