"""The audit is only added to; whatever is done to it behind its back is found."""

from __future__ import annotations

import random
import sqlite3

import pytest

from holdfast_site.config import DATABASE
from holdfast_site.start import anchors

EVENTS = 30


@pytest.fixture(name="chain")
def _chain(site, now):
    from django.db import connections, transaction

    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit import services

    with transaction.atomic():
        for number in range(EVENTS):
            services.record(
                services.Action.CHECKIN_SENT, by=Actor(Role.LINK_HOLDER, "7"), about=f"checkin:{number}", at=now
            )
    anchors(site).unlink(missing_ok=True)
    services.anchor(anchors(site))
    connections.close_all()
    return site / DATABASE


def verdict(folder):
    from django.db import connections

    from holdfast_site.audit.services import verify

    try:
        return verify(anchors(folder))
    finally:
        connections.close_all()


def behind_its_back(database, statement, values=()):
    with sqlite3.connect(database) as own:
        own.execute("PRAGMA synchronous=OFF")  # whoever does this need not wait for the disk
        for verb in ("update", "delete"):
            own.execute(f"DROP TRIGGER IF EXISTS audit_event_no_{verb}")
        own.execute(statement, values)
    own.close()


def test_an_untouched_chain_is_whole(chain, site):
    from holdfast_site.audit.services import Whole

    assert verdict(site) == Whole(EVENTS)


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event"])
def test_the_database_refuses_changes(chain, statement):
    from django.db import DatabaseError, connection

    with pytest.raises(DatabaseError, match="only added to"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("seed", "rounds"), [(0, 25), *(pytest.param(seed, 2_500, marks=pytest.mark.slow) for seed in (1, 2, 3, 4))]
)
def test_every_change_behind_its_back_is_found(chain, site, seed, rounds):
    from holdfast_site.audit.services import Broken

    whole, dice = chain.read_bytes(), random.Random(seed)
    statements = (
        "UPDATE audit_event SET actor = 'link_holder:8' WHERE id = ?",
        "UPDATE audit_event SET about = 'checkin:999' WHERE id = ?",
        "UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE id = ?",
        "UPDATE audit_event SET chain = randomblob(32) WHERE id = ?",
        "DELETE FROM audit_event WHERE id = ?",
        "DELETE FROM audit_event WHERE id >= ?",
    )
    for _ in range(rounds):
        behind_its_back(chain, dice.choice(statements), (dice.randint(1, EVENTS),))
        assert isinstance(verdict(site), Broken)
        chain.write_bytes(whole)


def test_a_head_is_written_down_once(chain, site, now):
    from django.db import transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.audit import services

    first = anchors(site).read_text()
    services.anchor(anchors(site))
    assert anchors(site).read_text() == first
    with transaction.atomic():
        services.record(services.Action.SIGNED_OUT, by=ANYONE, about="nobody", at=now)
    services.anchor(anchors(site))
    assert [line.split()[0] for line in anchors(site).read_text().splitlines()] == [str(EVENTS), str(EVENTS + 1)]


@pytest.mark.hazard("H-15")
@pytest.mark.parametrize("left", [3, 20, 66])
def test_a_head_that_a_power_cut_left_half_written_is_no_tampering_and_spoils_no_later_one(chain, site, now, left):
    from django.db import transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.audit import services

    number, head = anchors(site).read_text().split()
    anchors(site).write_text(f"{int(number) - 1} {'f' * 64}"[:left])
    assert verdict(site) == services.Whole(EVENTS)
    services.anchor(anchors(site))
    assert anchors(site).read_text().splitlines()[1:] == [f"{number} {head}"]
    with transaction.atomic():
        services.record(services.Action.SIGNED_OUT, by=ANYONE, about="nobody", at=now)
    assert verdict(site) == services.Whole(EVENTS + 1)


def test_of_an_empty_audit_no_head_is_written_and_it_is_whole(site):
    from holdfast_site.audit import services

    anchors(site).unlink(missing_ok=True)
    services.anchor(anchors(site))
    assert not anchors(site).exists()
    assert verdict(site) == services.Whole(0)


@pytest.mark.sqlite
def test_without_the_heads_a_cut_is_not_seen_and_with_them_it_is(chain, site):
    """What ``anchor`` is for: a chain that lost its end is whole in itself."""
    from holdfast_site.audit.services import Broken, Whole, verify

    behind_its_back(chain, "DELETE FROM audit_event WHERE id > 10")
    assert verify() == Whole(10)
    assert verdict(site) == Broken(EVENTS)


def test_a_chain_that_ends_in_another_head_than_was_written_down_is_broken_there(chain, site):
    """As if somebody had the key as well, and made the whole chain anew."""
    from holdfast_site.audit.services import Broken

    number, head = anchors(site).read_text().split()
    anchors(site).write_text(f"{number} {head[:-1]}{'0' if head[-1] != '0' else '1'}\n")
    assert verdict(site) == Broken(EVENTS)


def test_nothing_is_recorded_outside_of_what_it_tells_of(site, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.audit.services import Action, record

    with pytest.raises(RuntimeError, match=r"^An event is recorded in the transaction of what it tells of\.$"):
        record(Action.CHECKIN_SENT, by=ANYONE, about="checkin:1", at=now)


def moved_to_a_new_key(settings, now):
    """The site under a master key that follows the one before."""
    from django.db import transaction

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.audit.services import begin_anew

    settings.VAULT = settings.VAULT.successor()
    with transaction.atomic():
        return begin_anew(by=OPERATOR, at=now)


def one_more(now):
    from django.db import transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.audit.services import Action, record

    with transaction.atomic():
        return record(Action.SIGNED_OUT, by=ANYONE, about="nobody", at=now)


def test_under_each_new_key_the_chain_goes_on_and_is_whole(chain, site, settings, now):
    from holdfast_site.audit.services import Whole, key_in_use

    assert key_in_use() is None
    for first in (EVENTS + 1, EVENTS + 3):
        event, mark = moved_to_a_new_key(settings, now), settings.VAULT.fingerprint
        told = (first, "anyone:operator", "key.replaced", f"key:{mark}", now)
        assert (event.pk, event.actor, event.action, event.about, event.at) == told
        assert key_in_use() == mark
        assert one_more(now).pk == first + 1
        assert verdict(site) == Whole(first + 1)


@pytest.mark.sqlite
def test_of_every_key_the_first_changed_event_is_named(chain, site, settings, now):
    from holdfast_site.audit.services import Broken

    for _ in range(2):
        moved_to_a_new_key(settings, now)
        one_more(now)
    for number in (EVENTS + 4, EVENTS + 3, EVENTS + 2, EVENTS + 1, EVENTS, 2, 1):
        behind_its_back(chain, "UPDATE audit_event SET actor = 'x' WHERE id = ?", (number,))
        assert verdict(site) == Broken(number)


@pytest.mark.sqlite
def test_the_first_missing_event_is_named(chain, site):
    from holdfast_site.audit.services import Broken

    behind_its_back(chain, "DELETE FROM audit_event WHERE id = ?", (4,))
    assert verdict(site) == Broken(4)


def test_a_key_of_whose_beginning_the_audit_knows_nothing_is_no_whole_chain(chain, site, settings):
    from holdfast_site.audit.services import Broken

    settings.VAULT = settings.VAULT.successor()
    assert verdict(site) == Broken(EVENTS + 1)


def test_whoever_still_has_the_key_before_writes_nothing(chain, site, settings, now):
    from holdfast_site.audit.models import Event
    from holdfast_site.errors import VaultError

    before = settings.VAULT
    moved_to_a_new_key(settings, now)
    under_the_new_one, settings.VAULT = settings.VAULT, before
    with pytest.raises(VaultError, match=r"^The master key was replaced meanwhile\. Start this again\.$"):
        one_more(now)
    settings.VAULT = under_the_new_one
    one_more(now)
    settings.VAULT = before
    with pytest.raises(VaultError):
        one_more(now)
    assert Event.objects.count() == EVENTS + 2


def test_a_copy_elsewhere_is_looked_at_itself(chain):
    from django.db.utils import ConnectionDoesNotExist

    from holdfast_site.audit.services import key_in_use, verify

    for look in (verify, key_in_use):
        with pytest.raises(ConnectionDoesNotExist):
            look(using="elsewhere")


def test_what_is_recorded_again_and_again_does_not_ask_each_time_whose_key_it_is(chain, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        one_more(now)
    assert asked.captured_queries
    assert not [one["sql"] for one in asked.captured_queries if "key.replaced" in one["sql"]]


def test_what_was_taken_back_leaves_no_gap_in_the_numbers(chain, site, now):
    from django.db import transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.audit.services import Action, Whole, record

    with transaction.atomic():
        record(Action.SIGNED_OUT, by=ANYONE, about="nobody", at=now)
        transaction.set_rollback(True)
    assert one_more(now).pk == EVENTS + 1
    assert verdict(site) == Whole(EVENTS + 1)


def test_who_looked_at_what_is_one_event_with_its_moment(cast, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit.models import Event
    from holdfast_site.audit.services import Action, note_reading

    before = Event.objects.count()
    by = Actor(Role.SUPERVISOR, id="7")
    note_reading(Action.SIGNED_OUT, by=by, about="client:dan", now=now)
    assert Event.objects.count() == before + 1
    last = Event.objects.order_by("pk").last()
    assert (last.actor, last.action, last.about, last.at) == ("supervisor:7", "member.signed_out", "client:dan", now)


@pytest.mark.parametrize("abouts", [[], ["client:dan"], ["client:dan", "client:eli"]])
def test_each_of_several_things_on_a_page_is_told_and_of_none_nothing(site, now, abouts):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.audit.models import Event
    from holdfast_site.audit.services import Action, Whole, note_each, verify

    note_each(Action.CONTACT_READ, by=OPERATOR, abouts=abouts, now=now)
    assert list(Event.objects.order_by("pk").values_list("action", "about")) == [
        ("contact.read", one) for one in abouts
    ]
    assert verify() == Whole(len(abouts))
