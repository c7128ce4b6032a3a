"""A backup counts once it was put back and found whole; what was acknowledged before it began is in it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest

from holdfast.errors import FolderError
from holdfast_site import backup
from holdfast_site.config import ANCHORS, DATABASE, ERASED, SITE_FILE
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in

pytestmark = pytest.mark.sqlite


@pytest.fixture(name="to")
def _to(tmp_path, site):
    alone(site)
    yield tmp_path / "backups"
    alone(site)


def alone(site):
    """Take away what another test left beside the database."""
    for name in (backup.GOOD, ERASED, ANCHORS, backup.LOCK):
        (site / name).unlink(missing_ok=True)
    for left in site.glob("*.before-*"):
        left.unlink()


def answers_in(database):
    with closing(sqlite3.connect(database)) as opened:
        return {row[0] for row in opened.execute("SELECT form FROM checkins_submission")}


def test_it_holds_everything_but_the_key_and_leaves_nothing_else(cast, browser, site, to, now):
    browser.post(cast.address, filled(words="Zanzibar"))
    done = backup.back_up(site, to, now=now)
    assert [file.name for file in to.iterdir()] == [done.path.name]
    assert {file.name for file in done.path.iterdir()} <= {DATABASE, SITE_FILE, ANCHORS, ERASED, backup.ABOUT}
    assert len(answers_in(done.path / DATABASE)) == 1
    key = (site.parent / "master.key").read_bytes().strip()
    for file in done.path.iterdir():
        assert file.stat().st_mode & 0o077 == 0
        assert key not in file.read_bytes()
        assert bytes.fromhex(key.decode()) not in file.read_bytes()
        assert b"Zanzibar" not in file.read_bytes()
    assert backup.last_good(site) == now
    with (site / backup.GOOD).open("a", encoding="ascii") as file:
        file.write("2026-1")  # a power cut
    assert backup.last_good(site) == now
    from holdfast_site.audit.models import Event

    assert Event.objects.filter(action="backup.made").count() == 1


def test_where_there_never_was_one_it_says_so(site, to):
    assert backup.last_good(site) is None


def test_it_lies_neither_in_the_site_nor_beside_the_key(cast, site, now):
    with pytest.raises(FolderError, match="inside the site"):
        backup.back_up(site, site / "backups", now=now)
    with pytest.raises(FolderError, match="key lies inside"):
        backup.back_up(site, site.parent, now=now)
    assert backup.last_good(site) is None


def test_rows_in_postgresql_are_backed_up_by_its_own_tools(cast, site, to, now):
    from holdfast_site.config import read_config, write_config

    before = read_config(site)
    write_config(site, before.model_copy(update={"database": "postgresql://h@localhost/h"}))
    try:
        with pytest.raises(FolderError, match="pg_dump"):
            backup.back_up(site, to, now=now)
    finally:
        write_config(site, before)


def test_a_copy_that_could_not_be_noted_does_not_count(cast, site, to, now, monkeypatch):
    from django.db import OperationalError

    from holdfast_site.audit import services

    def busy(*_, **__):
        raise OperationalError("database is locked")

    monkeypatch.setattr(services, "record", busy)
    with pytest.raises(FolderError, match="too busy"):
        backup.back_up(site, to, now=now)
    assert backup.last_good(site) is None


def damage(copy, how):
    database = copy / DATABASE
    if how == "cut":
        database.write_bytes(database.read_bytes()[:-8192])
    elif how == "one bit":
        whole = bytearray(database.read_bytes())
        whole[len(whole) // 2] ^= 1
        database.write_bytes(whole)
    elif how == "gone":
        database.unlink()
    elif how == "ledger":
        (copy / SITE_FILE).write_text("{}")
    else:
        (copy / backup.ABOUT).write_text("{}")


@pytest.mark.parametrize("how", ["cut", "one bit", "gone", "ledger", "about"])
def test_a_copy_that_is_not_whole_is_refused_and_nothing_changes(cast, site, to, now, how):
    done = backup.back_up(site, to, now=now)
    damage(done.path, how)
    from django.db import connections

    connections.close_all()
    before = (site / DATABASE).read_bytes()
    with pytest.raises((backup.BadBackup, OSError)):
        backup.put_back(done.path, site, now=now)
    assert (site / DATABASE).read_bytes() == before


def test_a_copy_of_a_database_whose_audit_was_changed_does_not_count(cast, site, to, now):
    from django.db import connections

    connections.close_all()
    with closing(sqlite3.connect(site / DATABASE)) as own, own:
        own.execute("DROP TRIGGER audit_event_no_update")
        own.execute("UPDATE audit_event SET actor = 'x' WHERE id = 1")
    with pytest.raises(backup.BadBackup, match="audit was changed"):
        backup.back_up(site, to, now=now)
    assert list(to.iterdir()) == []
    assert backup.last_good(site) is None


def test_a_full_disk_leaves_nothing_behind_and_says_so(cast, site, to, now, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "synced", full)
    with pytest.raises(FolderError, match="No space left"):
        backup.back_up(site, to, now=now)
    assert list(to.iterdir()) == []
    assert backup.last_good(site) is None


@pytest.mark.hazard("H-15")
def test_what_is_put_back_is_as_it_was_and_what_was_there_is_kept(cast, browser, site, to, now):
    done = backup.back_up(site, to, now=now)
    browser.post(cast.address, filled())
    assert backup.put_back(done.path, site, now=now) == 0
    from holdfast_site import start
    from holdfast_site.checkins.models import Submission

    assert Submission.objects.count() == 0
    assert start.database_problems(site) == []
    (kept,) = (file for file in site.glob(f"{DATABASE}.before-*") if not file.name.endswith("-journal"))
    assert len(answers_in(kept)) == 1
    assert browser.get(cast.address).status_code == 200


def test_whoever_was_erased_since_is_erased_again_also_where_only_a_later_backup_knows(cast, browser, site, to, now):
    from holdfast_site.people.models import Client

    browser.post(cast.address, filled(words="Zanzibar"))
    older = backup.back_up(site, to, now=now)
    dan = signed_in("client", of=cast.dan)
    dan.post("/mine/erase/now", {"form": uuid4(), "sure": "yes"})
    backup.back_up(site, to, now=now + timedelta(seconds=1))
    (site / ERASED).unlink()  # the computer is gone; what is left is the folder of backups
    assert backup.put_back(older.path, site, now=now + timedelta(seconds=2)) == 1
    assert Client.objects.get(pk="dan").is_erased
    assert not Client.objects.get(pk="eli").is_erased
    assert "Zanzibar" not in signed_in("therapist", "alma").get("/today/client/dan").content.decode()


def test_a_new_folder_gets_the_settings_of_the_backup_and_an_old_one_keeps_its_own(cast, site, to, now, tmp_path):
    from holdfast_site.config import key_path, read_config

    done = backup.back_up(site, to, now=now)
    new = tmp_path / "new"
    backup.prepare(done.path, new, site.parent / "master.key")
    assert read_config(new).name == "Hill Street"
    assert key_path(new, read_config(new)) == (site.parent / "master.key").resolve()
    before = (site / SITE_FILE).read_text()
    backup.prepare(done.path, site, None)
    assert (site / SITE_FILE).read_text() == before
    with pytest.raises(backup.BadBackup):
        backup.prepare(tmp_path, tmp_path / "other", None)
    assert not (tmp_path / "other").exists()


def test_the_words_of_a_practice_go_along_and_those_that_are_there_stay(cast, site, to, now, tmp_path):
    from holdfast_site.languages import begin

    words = begin(site, "de")
    try:
        copy = backup.back_up(site, to, now=now).path
        kept = words.relative_to(site)
        assert (copy / kept).read_bytes() == words.read_bytes()
        folder = tmp_path / "again"
        backup.prepare(copy, folder, site.parent / "master.key")
        assert (folder / kept).read_bytes() == words.read_bytes()
        (folder / kept).write_text("newer", encoding="utf-8")
        backup.prepare(copy, folder, None)
        assert (folder / kept).read_text(encoding="utf-8") == "newer"
        (copy / kept).write_text("torn", encoding="utf-8")
        with pytest.raises(backup.BadBackup, match="is not as it was written"):
            backup.check(copy)
    finally:
        shutil.rmtree(site / "locale")


def test_one_process_holds_a_folder_at_a_time(site, to):
    with backup.in_use(site), pytest.raises(FolderError, match="stop the site"), backup.in_use(site):
        pass
    with backup.in_use(site):
        pass


@pytest.mark.long
@pytest.mark.hazard("H-07", "H-20")
@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_under_load_every_backup_is_whole_and_holds_what_was_acknowledged_before_it(cast, site, to, now, rounds):
    from django.db import connections

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import invite, keep_answers

    acknowledged, done = [], threading.Event()
    answers = Answers.of([("words", "x" * 400, Audience.THERAPIST)])

    def write(number):
        try:
            moment, his = now, appointment(cast.dan, cast.alma, now, appointment_id=f"w{number}")
            while not done.wait(0.05):
                moment += timedelta(seconds=1)
                invitation, _ = invite(by=ANYONE, appointment=his, now=moment)
                form = uuid4()
                keep_answers(by=ANYONE, invitation=invitation, form=form, answers=answers, now=moment)
                acknowledged.append(form.hex)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(rounds):
            while len(acknowledged) <= number and any(writer.is_alive() for writer in writers):
                done.wait(0.01)  # something new for each backup
            before = set(acknowledged)
            made = backup.back_up(site, to, now=now + timedelta(seconds=number))
            assert before <= answers_in(made.path / DATABASE)
            shutil.rmtree(made.path)
    finally:
        done.set()
        for writer in writers:
            writer.join()
    assert len(acknowledged) >= rounds
