"""The answers come out as the library's ``checkins`` table, without what was kept from the therapist."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client


def written(folder, now):
    from holdfast.tables import read_tables
    from holdfast_site.checkins.adapters import write_tables

    write_tables(folder, now=now)
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


@pytest.mark.parametrize("pairs", [12, pytest.param(500, marks=pytest.mark.slow)])
def test_two_sites_that_differ_only_in_what_is_hidden_look_the_same(cast, now, tmp_path, pairs):
    """Non-interference: byte-equal tables, next questions and therapist's view, whatever was hidden."""
    import random

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins import selectors
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import invite, keep_answers

    dice = random.Random(5)

    def hidden():
        """Anything he could keep to the care contact, nothing included."""
        names = dice.sample(["understood", "on_target", "worth_it", "tone", "energy"], dice.randint(0, 5))
        return [(name, dice.randint(0, 3), Audience.CARE_CONTACT) for name in names]

    for number in range(pairs):
        shown = [("pace", dice.randint(-3, 3), Audience.THERAPIST)] if dice.random() < 0.5 else []
        seen = []
        for twin in ("a", "b"):
            him = client(f"{number}{twin}")
            his = appointment(him, cast.alma, now - timedelta(hours=3), appointment_id=f"{number}{twin}")
            invitation, _ = invite(by=ANYONE, appointment=his, now=now)
            answers = Answers.of([*shown, *hidden()])
            keep_answers(by=ANYONE, invitation=invitation, form=uuid4(), answers=answers, now=now)
            following, _ = invite(by=ANYONE, appointment=his, now=now + timedelta(minutes=1))
            answered = selectors.answers_for_therapist(invitation)
            seen.append((answered, selectors.asks_about_fit(invitation), following.rotating))
        assert seen[0] == seen[1]
    written(tmp_path / "tables", now)
    lines = (tmp_path / "tables" / "checkins.csv").read_text().splitlines()
    rows = [line.split(",", 2) for line in lines if line[0].isdigit()]
    twins = [[rest for name, _, rest in rows if name.endswith(twin)] for twin in ("a", "b")]
    assert twins[0] == twins[1]
    assert len(twins[0]) == 2 * pairs


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
