"""The answers come out as the library's ``checkins`` table, without what was kept from the therapist."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest
from click.testing import CliRunner

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment


def written(folder, now):
    """The site's tables through files, as the shell would read them: they keep every rule of the library."""
    from holdfast.tables import read_tables
    from holdfast.tables.write import write_tables
    from holdfast_site.caseload.adapters import tables

    shutil.rmtree(folder, ignore_errors=True)
    write_tables(tables(now), folder, form="csv")
    return read_tables(folder)


def test_an_answer_comes_out_as_it_went_in(cast, browser, tmp_path, now):
    browser.post(cast.address, filled())
    rows = written(tmp_path / "tables", now)["checkins"].to_dicts()
    first, second = rows
    assert first["client_id"] == "dan"
    assert (first["pace"], first["approach"], first["understood"], first["change"]) == (2, -1, 8, "slower")
    assert first["tone"] is None
    assert first["answered_at"] is not None
    assert (second["client_id"], second["answered_at"]) == ("eli", None)


def test_times_are_the_practices_wall_clock(cast, tmp_path, now):
    from zoneinfo import ZoneInfo

    sent = written(tmp_path / "tables", now)["checkins"]["sent_at"][0]
    assert sent == now.astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None, microsecond=0)


def test_what_was_kept_from_the_therapist_is_in_no_table(cast, browser, tmp_path, now):
    folder = tmp_path / "tables"
    written(folder, now)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    browser.post(cast.address, filled(who="care_contact", words="Zanzibar"))
    written(folder, now)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_asking_to_be_asked_shows_that_he_answered_and_nothing_of_what(cast, browser, tmp_path, now):
    browser.post(cast.address, filled(who="prompt"))
    row = written(tmp_path / "tables", now)["checkins"].to_dicts()[0]
    assert row["answered_at"] is not None
    assert {row[name] for name in ("understood", "pace", "approach", "worth_it", "could_say", "change")} == {None}


@pytest.mark.long
def test_the_silence_model_runs_on_it(cast, browser, tmp_path, now):
    from holdfast.cli import commands
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    for weeks in range(1, 9):
        appointment(cast.dan, cast.alma, now - timedelta(weeks=weeks))
        appointment(cast.eli, cast.ben, now - timedelta(weeks=4 + weeks))
    _, link = invite(by=ANYONE, appointment=cast.dan.appointments.latest("starts_at"), now=now + timedelta(seconds=5))
    browser.post(f"/c/{link}", filled(understood="1", worth_it="0"))
    folder, out = tmp_path / "tables", tmp_path / "silences.json"
    written(folder, now + timedelta(minutes=1))
    done = CliRunner().invoke(commands, ["silence", str(folder), "--prior-only", "--out", str(out)])
    assert done.exit_code == 0, done.output
    found = {one["client_id"]: one for one in json.loads(out.read_text())["silences"]}
    assert {"dan", "eli"} == set(found)
    signals = {reason["signal"] for reason in found["dan"]["reasons"]}
    assert signals & {"understood", "worth_it"}, signals
