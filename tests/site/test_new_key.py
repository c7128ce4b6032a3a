"""The master key is replaced: everything is there afterwards, under the new key alone, wherever it was killed."""

from __future__ import annotations

import os
import random
import time
from datetime import timedelta

import pytest

from holdfast.errors import FolderError
from holdfast_site import backup, start
from holdfast_site.config import ANCHORS, ERASED, SITE_FILE, key_path, read_config
from holdfast_site.errors import VaultError
from holdfast_site.vault import KEPT, Vault
from tests.site.checkins.test_answer import filled
from tests.site.conftest import signed_in

STEPS = ("write_config", "Vault.write", "_change", "begin_anew", "settle")


@pytest.fixture(name="keyed")
def _keyed(cast, site):
    """The site; its key is the first one again afterwards."""
    from django.conf import settings

    before, told = settings.VAULT, (site / SITE_FILE).read_text()
    leave(site)
    yield site
    settings.VAULT, settings.SECRET_KEY = before, before.derived("django").hex()
    (site / SITE_FILE).write_text(told)
    leave(site)


def leave(site):
    for name in (ERASED, ANCHORS):
        (site / name).unlink(missing_ok=True)
    for file in site.parent.glob("new*.key"):
        file.unlink()


def replace(site, now, name="new.key"):
    from holdfast_site import new_key

    new_key.replace(site, site.parent / name, now=now)


def as_a_new_process_would(site):
    """Take the key that the settings name, and look how far a replacement came."""
    from django.conf import settings
    from django.db import connections

    from holdfast_site.new_key import settle

    connections.close_all()
    settings.VAULT = Vault.read(key_path(site, read_config(site)))
    settle(site)
    return settings.VAULT


def whole(site):
    from holdfast_site.audit.services import Whole, verify

    return isinstance(verify(start.anchors(site)), Whole) and start.database_problems(site) == []


def said():
    """What everybody said, opened."""
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.checkins.selectors import opened

    boxes = SealedBox.objects.select_related("submission__invitation__appointment__client").order_by("pk")
    return [dict(opened(box, box.submission.invitation.appointment.client)) for box in boxes]


def spoken(cast, browser):
    browser.post(cast.address, filled(words="Zanzibar"))
    return said()


def test_what_was_said_can_be_read_and_links_that_were_sent_still_work(keyed, cast, browser, now, monkeypatch):
    from django.conf import settings

    from holdfast_site import new_key

    monkeypatch.setattr(new_key, "AT_A_TIME", 1)  # more rows than at a time
    before = spoken(cast, browser)
    replace(keyed, now)
    assert said() == before
    assert settings.VAULT.derived("django").hex() == settings.SECRET_KEY  # what it is at the next start
    assert [one["words"] for one in before] == ["Zanzibar"]
    browser.post(f"/c/{cast.other_link}", filled(words="Xanadu"))
    assert [one["words"] for one in said()] == ["Zanzibar", "Xanadu"]
    assert whole(keyed)
    replace(keyed, now, "new2.key")
    assert [one["words"] for one in said()] == ["Zanzibar", "Xanadu"]
    assert whole(keyed)
    assert len(Vault.read(keyed.parent / "new2.key").earlier) == 2


def test_the_old_key_opens_nothing_of_what_is_there_and_the_new_file_does_not_hold_it(keyed, cast, browser, now):
    from django.conf import settings

    from holdfast_site.people.models import Client

    spoken(cast, browser)
    old: Vault = settings.VAULT
    keys_then = old.client_box("dan", Client.objects.get(pk="dan").wrapped_key).key
    replace(keyed, now)
    for one in Client.objects.all():
        with pytest.raises(VaultError):
            old.client_box(one.pk, one.wrapped_key)
    file = (keyed.parent / "new.key").read_text()
    assert old.master.hex() not in file
    assert {old.derived(purpose).hex() in file for purpose in KEPT} == {True}
    assert not [one for one in ("client keys", "code apps", "uploads", "django") if old.derived(one).hex() in file]
    new_words = settings.VAULT.client_box("dan", Client.objects.get(pk="dan").wrapped_key)
    assert new_words.key[:32] not in keys_then
    sealed = new_words.seal(b"said later", place="here")
    with pytest.raises(VaultError):  # not even with an old copy of the database, where his key of then is
        type(new_words)(keys_then).open(sealed, place="here")


def test_every_column_that_is_under_the_master_key_is_thought_of(site):
    """A new one fails here, until somebody has said what becomes of it."""
    from django.apps import apps
    from django.db.models import BinaryField

    from holdfast_site.new_key import BOXES, PRINTS

    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, BinaryField)
    }
    moved = {f"{model._meta.label}.{field}" for model, field, _ in PRINTS}
    moved |= {f"{model._meta.label}.sealed" for model, _ in BOXES} | {"people.Client.wrapped_key"}
    assert moved <= found
    assert found - moved == OF_CLIENTS | BY_THE_FIRST_KEY | BY_NO_KEY


OF_CLIENTS = {  # sealed with a client's own key, which is wrapped anew
    "caseload.Flag.sealed", "caseload.Guess.sealed", "caseload.Repair.sealed", "checkins.Correction.sealed",
    "checkins.SealedBox.sealed", "emergency.Opening.sealed", "handover.Matter.sealed", "handover.Switch.sealed",
    "messages.Message.sealed", "people.Client.sealed_wishes", "people.Contact.sealed",
}  # fmt: skip
BY_THE_FIRST_KEY = {
    "accounts.Welcome.link",
    "before.WayBack.link",
    "checkins.Invitation.link",
    "people.Contact.confirms",
    "studies.Study.secret",
}
BY_NO_KEY = {"accounts.Passkey.credential", "accounts.Passkey.public_key", "audit.Event.chain"}  # the chain goes on


def test_codes_on_paper_and_of_an_app_fit_still_and_so_does_a_first_way_in(keyed, cast, now):
    import pyotp

    from holdfast_site.access.actors import OPERATOR, Role
    from holdfast_site.accounts import codes
    from holdfast_site.accounts.models import Member, PaperCode, Post, Session
    from holdfast_site.accounts.services import fits, introduce, welcome_of_link

    told = introduce("alma", Role.THERAPIST, therapist_id="alma", by=OPERATOR, now=now)
    member, secret = Member.objects.get(login="alma"), codes.new_secret()
    paper = codes.keep_secret(member, secret, step=0, now=now)
    stored = set(PaperCode.objects.values_list("digest", flat=True))
    signed_in("therapist", "ben")
    assert Session.objects.exists()
    replace(keyed, now)
    assert not Session.objects.exists()
    assert codes.accepted(member, paper[0], now=now)
    assert not codes.accepted(member, paper[0], now=now)
    assert codes.accepted(member, pyotp.TOTP(secret).at(now), now=now)
    open_one = welcome_of_link(told.link, now=now)
    assert open_one is not None
    assert not fits(open_one, "00000000" if told.code != "00000000" else "1")
    assert fits(open_one, told.code)
    assert not stored & set(PaperCode.objects.values_list("digest", flat=True))
    assert Post.objects.filter(member=member).exists()


def test_where_something_went_is_recognised_and_cannot_be_guessed_with_the_old_key(keyed, cast, now):
    from django.conf import settings

    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    Undelivered.objects.create(client=cast.dan, went_to=digest("+447700900123"), at=now)
    Undelivered.objects.create(client=cast.eli, went_to=b"", at=now)
    old = settings.VAULT
    replace(keyed, now)
    assert Undelivered.objects.get(client=cast.dan).went_to == digest("+447700900123")
    assert bytes(Undelivered.objects.get(client=cast.dan).went_to) != old.print_of("phones", b"+447700900123")
    assert bytes(Undelivered.objects.get(client=cast.eli).went_to) == b""


def test_whoever_was_erased_stays_so_with_either_key(keyed, cast, browser, now):
    from django.conf import settings

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.erasing import erase, erase_again
    from holdfast_site.people.models import Client

    old, kept = settings.VAULT, Client.objects.get(pk="dan").wrapped_key
    erase(by=OPERATOR, client=cast.dan, now=now)
    replace(keyed, now)
    assert Client.objects.get(pk="dan").wrapped_key in (b"", memoryview(b""))
    erase(by=OPERATOR, client=cast.eli, now=now)
    back = {"dan": bytes(kept), "eli": old.new_client_key("eli")}
    for key in (settings.VAULT, old):  # an older copy, under the new key or under the old one
        for name, wrapped in back.items():
            Client.objects.filter(pk=name).update(wrapped_key=wrapped)
        settings.VAULT = key
        if key is old:
            from holdfast_site.own.erasing import digest, ledger, noted

            assert {digest("dan"), digest("eli")} <= noted(ledger())
        else:
            assert erase_again(now=now) == 2


def test_a_process_from_before_adds_nothing_under_the_old_key(keyed, cast, browser, now):
    """One that has waited meanwhile, such as for a mail that came back."""
    from django.conf import settings

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.checkins.services import invite_after_last_session

    old = settings.VAULT
    replace(keyed, now)
    new, settings.VAULT = settings.VAULT, old
    with pytest.raises(VaultError, match="replaced meanwhile"):
        invite_after_last_session(by=OPERATOR, client_id="dan", now=now + timedelta(minutes=1))
    assert Invitation.objects.count() == 2
    settings.VAULT = new
    assert whole(keyed)


def test_where_the_audit_was_changed_at_its_end_what_people_say_is_still_kept(keyed, cast, browser, now):
    """That is found elsewhere, and nobody loses an answer over it."""
    from django.db import transaction

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.audit.models import Event
    from holdfast_site.audit.services import Broken, verify

    for about_the_key in ("", "replaced"):
        if about_the_key:
            replace(keyed, now)
        with transaction.atomic():
            last = Event.objects.order_by("-pk").first()
            Event.objects.create(
                pk=last.pk + 1, at=now, actor=OPERATOR.mark, action="x", about="x", chain=os.urandom(32)
            )
        count = len(said())
        link = cast.other_link if about_the_key else cast.link
        browser.post(f"/c/{link}", filled(words="Zanzibar"))
        assert len(said()) == count + 1
        assert isinstance(verify(), Broken)


def test_what_fails_in_the_middle_leaves_the_old_key_in_its_place(keyed, cast, browser, now, monkeypatch):
    from django.conf import settings

    from holdfast_site import new_key

    before, old = spoken(cast, browser), settings.VAULT

    def full(**_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(new_key, "begin_anew", full)
        with pytest.raises(OSError, match="No space"):
            replace(keyed, now)
    assert settings.VAULT is old
    assert said() == before
    assert whole(keyed)
    replace(keyed, now)
    assert said() == before


def test_within_another_transaction_it_is_refused_since_it_would_not_be_on_disk(keyed, cast, now):
    from django.conf import settings
    from django.db import transaction

    old = settings.VAULT
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        replace(keyed, now)
    assert settings.VAULT is old
    assert whole(keyed)


def test_it_says_that_the_old_key_lies_there_until_it_is_gone(keyed, cast, now):
    from holdfast_site import new_key

    assert new_key.advice(keyed, read_config(keyed)) == []
    assert new_key.default_place(keyed, now) == keyed.parent / f"practice-{now:%Y-%m-%dT%H%M%S}.key"
    replace(keyed, now)
    (advice,) = new_key.advice(keyed, read_config(keyed))
    assert advice.startswith(
        f"The old key is still in {keyed.parent / 'master.key'}. Take it off this machine: it opens"
    )
    replace(keyed, now, "new2.key")
    (keyed.parent / "new.key").unlink()
    assert new_key.advice(keyed, read_config(keyed)) == []


def test_a_database_that_cannot_be_asked_is_left_to_whoever_looks_the_site_over(keyed, cast, now, monkeypatch):
    from django.db import OperationalError

    from holdfast_site import new_key

    def gone():
        raise OperationalError("no")

    told = read_config(keyed).model_copy(update={"next_key_file": "../new.key"})
    new_key.write_config(keyed, told)
    monkeypatch.setattr(new_key, "key_in_use", gone)
    new_key.settle(keyed)
    assert read_config(keyed) == told
    finish = f"To finish it, stop the site: holdfast site replace-key {keyed}"
    assert new_key.advice(keyed, told) == [f"Replacing the key was begun and not finished. {finish}"]


def test_a_next_key_that_is_not_the_one_in_use_is_not_taken(keyed, cast, now):
    from django.conf import settings

    from holdfast_site import new_key

    replace(keyed, now)
    settings.VAULT.successor().write(keyed.parent / "new2.key")
    told = read_config(keyed).model_copy(update={"key_fingerprint": "another", "next_key_file": "../new2.key"})
    new_key.write_config(keyed, told)
    new_key.settle(keyed)
    assert read_config(keyed) == told


def test_a_database_and_a_key_that_do_not_belong_together_are_found(keyed, cast, now):
    from django.conf import settings

    old = settings.VAULT
    settings.VAULT = old.successor()
    assert "one of them is from before" in start.database_problems(keyed)[0]
    settings.VAULT = old
    replace(keyed, now)
    settings.VAULT = old
    assert "one of them is from before" in start.database_problems(keyed)[0]


def test_the_end_of_the_audit_cannot_be_cut_off_to_before_it_with_the_old_key(keyed, cast, now):
    from django.conf import settings

    from holdfast_site.audit.services import Broken, verify

    settings.VAULT = settings.VAULT.successor()
    assert isinstance(verify(), Broken)


@pytest.mark.parametrize("where", ["inside", "there already"])
def test_a_new_key_lies_outside_and_replaces_no_file(keyed, now, where):
    from holdfast_site import new_key

    place = keyed / "k.key" if where == "inside" else keyed.parent / "master.key"
    with pytest.raises(FolderError, match=r"lies inside|exists already"):
        new_key.replace(keyed, place, now=now)
    assert not read_config(keyed).next_key_file


# --- killed -----------------------------------------------------------------------------------------


def dies(work):
    """Do something in a process that may die of it. Whether it lived."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return child


def dying_at(name, which, after):
    """Let the process die when something is called for the so-manieth time: before it does anything, or after."""
    from holdfast_site import new_key

    holder, attribute = (Vault, "write") if name == "Vault.write" else (new_key, name)
    real, calls = getattr(holder, attribute), []

    def call(*given, **named):
        calls.append(1)
        if len(calls) == which and not after:
            os._exit(9)
        result = real(*given, **named)
        if len(calls) == which and after:
            os._exit(9)
        return result

    setattr(holder, attribute, call)


@pytest.mark.parametrize(("name", "which", "after"), [
    (name, which, after) for name in STEPS for which in ((1, 5, 9) if name == "_change" else (1,))
    for after in (False, True)
])  # fmt: skip
def test_killed_at_any_step_it_is_whole_and_goes_on(keyed, cast, browser, now, name, which, after):
    before = spoken(cast, browser)

    def work():
        dying_at(name, which, after)
        replace(keyed, now)

    assert os.waitstatus_to_exitcode(os.waitpid(dies(work), 0)[1]) == 9
    first = as_a_new_process_would(keyed)
    assert said() == before
    assert whole(keyed)
    moved = bool(first.earlier)
    assert moved == (name == "settle")
    if not moved:
        replace(keyed, now)
    assert said() == before
    assert whole(keyed)
    assert as_a_new_process_would(keyed).earlier
    assert read_config(keyed).next_key_file == ""
    assert len(list(keyed.parent.glob("new*.key"))) == 1


def test_a_new_key_that_is_in_use_is_not_thrown_away_where_the_settings_do_not_name_it_yet(keyed, cast, browser, now):
    before = spoken(cast, browser)

    def work():
        dying_at("settle", 1, after=False)
        replace(keyed, now)

    assert os.waitstatus_to_exitcode(os.waitpid(dies(work), 0)[1]) == 9
    with pytest.raises(FolderError, match="under a new key already"):
        replace(keyed, now)
    assert as_a_new_process_would(keyed).earlier
    assert said() == before
    assert whole(keyed)


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost(keyed, cast, browser, now):
    from holdfast_site.new_key import advice

    before, dice, moved = spoken(cast, browser), random.Random(17), 0
    for number in range(40):
        child = dies(lambda number=number: replace(keyed, now, f"new{number}.key"))
        time.sleep(dice.uniform(0, 0.08))
        os.kill(child, 9)
        os.waitpid(child, 0)
        moved = len(as_a_new_process_would(keyed).earlier)
        assert said() == before
        assert whole(keyed)
        assert len(advice(keyed, read_config(keyed))) <= 2
    replace(keyed, now, "new99.key")
    assert said() == before
    assert len(as_a_new_process_would(keyed).earlier) == moved + 1


# --- backups ----------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_a_backup_from_before_says_which_key_it_wants_and_opens_with_that(keyed, cast, browser, now, tmp_path):
    before = spoken(cast, browser)
    old = backup.back_up(keyed, tmp_path / "to", now=now)
    replace(keyed, now)
    new = backup.back_up(keyed, tmp_path / "to", now=now + timedelta(hours=1))
    assert backup.check(new.path)
    with pytest.raises(backup.BadBackup, match="another master key"):
        backup.check(old.path)
    backup.prepare(old.path, keyed, keyed.parent / "master.key")
    assert start.problems(keyed) == []
    as_a_new_process_would(keyed)
    backup.put_back(old.path, keyed, now=now + timedelta(hours=2))
    assert said() == before
    assert whole(keyed)
