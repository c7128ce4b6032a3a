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

    with pytest.raises(RuntimeError, match="in the transaction"):
        record(Action.CHECKIN_SENT, by=ANYONE, about="checkin:1", at=now)
