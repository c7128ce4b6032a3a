"""What somebody asked for and did not get: one event each, by opaque ids, and never enough to fill a disk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.conftest import signed_in
from tests.site.handover.test_holding import text


@pytest.fixture(name="alma")
def _alma(cast):
    return signed_in("therapist", "alma")


def events():
    from holdfast_site.audit.models import Event

    found = Event.objects.filter(action="request.refused").order_by("pk")
    return [(event.actor.partition(":")[0], event.about) for event in found]


@pytest.mark.hazard("H-14")
def test_another_role_another_owner_and_another_site_are_each_told_to_the_audit(cast, alma):
    assert alma.get("/kept/").status_code == 404
    assert alma.get("/today/client/eli").status_code == 404
    assert alma.get("/today/client/nobody").status_code == 404
    assert alma.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 404
    assert events() == [
        ("therapist", "role:handover:kept"),
        ("therapist", "not_his:caseload:client"),
        ("therapist", "not_his:caseload:client"),
        ("therapist", "elsewhere:sign_out"),
    ]


def test_what_is_told_names_no_client_and_nothing_that_was_sent(cast, alma, stored):
    from holdfast_site.audit.models import Event

    alma.post("/mine/give/eli", {"words": "Zanzibar"})
    alma.get("/today/client/eli?words=Zanzibar")
    told = [(event.actor, event.about) for event in Event.objects.filter(action="request.refused")]
    assert len(told) == 2
    assert "eli" not in str(told)
    assert b"Zanzibar" not in stored()


def test_whoever_has_not_signed_in_writes_nothing(cast, browser, rows):
    before = rows()
    for address in ("/today/", "/kept/", "/c/" + "x" * 43, "/nothing-is-here", "/welcome/" + "x" * 43):
        assert browser.get(address).status_code == 404
    assert rows() == before


def test_what_was_shown_and_what_no_page_is_are_no_refusals(cast, alma):
    assert alma.get("/today/client/dan").status_code == 200
    assert alma.get("/nothing-is-here").status_code == 404
    assert alma.get("/today/client/%00").status_code == 404
    assert alma.put("/today/").status_code == 405
    assert events() == []


def test_nobody_fills_the_disk_and_the_next_hour_counts_anew(cast, alma, now, monkeypatch):
    from django.utils import timezone

    from holdfast_site.audit.models import Refused
    from holdfast_site.audit.refused import MOST_AN_HOUR

    hour = now.replace(minute=0, second=0, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: hour + timedelta(minutes=1))
    alma, ben = signed_in("therapist", "alma"), signed_in("therapist", "ben")
    for _ in range(MOST_AN_HOUR + 5):
        assert alma.get("/kept/").status_code == 404
    ben.get("/kept/")
    assert len(events()) == MOST_AN_HOUR + 1
    assert sorted(Refused.objects.values_list("times", flat=True)) == [1, MOST_AN_HOUR]
    monkeypatch.setattr(timezone, "now", lambda: hour + timedelta(minutes=61))
    signed_in("therapist", "alma").get("/kept/")
    assert len(events()) == MOST_AN_HOUR + 2


def test_of_many_at_once_no_more_than_the_bound_are_written(cast, now, monkeypatch):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit import refused
    from holdfast_site.audit.models import Refused

    monkeypatch.setattr(refused, "MOST_AN_HOUR", 2)
    by, counted = Actor(Role.DESK, "7"), Refused.objects.get_or_create

    def meanwhile(**what):
        found = counted(**what)
        Refused.objects.update(times=2)
        return found

    refused.note(refused.Why.ROLE, "home", by=by, now=now)
    monkeypatch.setattr(Refused.objects, "get_or_create", meanwhile)
    refused.note(refused.Why.ROLE, "home", by=by, now=now)
    assert len(events()) == 1


def test_what_is_long_ago_is_forgotten(cast, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit import refused
    from holdfast_site.audit.models import Refused

    for days in (61, 59, 0):
        refused.note(refused.Why.ROLE, "home", by=Actor(Role.DESK, "7"), now=now - timedelta(days=days))
    assert Refused.objects.count() == 2
    assert len(events()) == 3


def test_it_stays_refused_when_nothing_can_be_written(cast, alma, monkeypatch):
    from django.db import OperationalError

    from holdfast_site.access import gate

    def full(*_, **__):
        raise OperationalError("the disk is full")

    absent = alma.get("/nothing-is-here")
    monkeypatch.setattr(gate, "note", full)
    refused = alma.get("/kept/")
    assert (refused.status_code, refused.content) == (404, absent.content)


def test_every_page_has_a_name_that_the_audit_can_keep(site):
    from holdfast_site.access.policy import POLICY
    from holdfast_site.audit.models import Event
    from holdfast_site.audit.refused import Why

    longest = max(len(f"{why}:{view}") for why in Why for view in POLICY)
    assert longest <= Event._meta.get_field("about").max_length


def test_the_lead_sees_how_much_was_refused_to_those_who_work_here(cast, alma, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit import refused
    from holdfast_site.insight import selectors

    lead, dan = signed_in("lead"), signed_in("client", of=cast.dan)
    dan.get("/today/")
    assert "Nothing, in the last seven days" in text(lead.get("/practice/"))
    alma.get("/kept/")
    page = text(lead.get("/practice/"))
    assert "somebody who works here asked once for something that is not for them" in page
    assert "hardly happens by mistake" not in page
    for _ in range(refused.MOST_AN_HOUR):
        refused.note(refused.Why.ROLE, "home", by=Actor(Role.DESK, "7"), now=now)
    refused.note(refused.Why.ROLE, "home", by=Actor(Role.DESK, "8"), now=now - timedelta(days=8))
    page = text(lead.get("/practice/"))
    assert f"those who work here asked {refused.MOST_AN_HOUR + 1} times" in page
    assert "That was 2 people." in page
    assert "hardly happens by mistake" in page
    assert selectors.refused(Actor(Role.DESK, "7"), now=now) is None


def test_somebody_who_asks_in_one_hour_and_again_in_the_next_is_one_person(cast, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit import refused

    assert refused.lately(now=now) == refused.Lately(0, 0, False)
    for hours in (1, 0):
        refused.note(refused.Why.ROLE, "home", by=Actor(Role.DESK, "7"), now=now - timedelta(hours=hours))
    assert refused.lately(now=now) == refused.Lately(2, 1, False)


def test_an_hour_begins_at_its_full_hour(cast, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.audit import refused
    from holdfast_site.audit.models import Refused

    full = now.replace(minute=0, second=0, microsecond=0)
    for later in (timedelta(0), timedelta(minutes=59, seconds=58, microseconds=7)):
        refused.note(refused.Why.ROLE, "home", by=Actor(Role.DESK, "7"), now=full + later)
    assert list(Refused.objects.values_list("hour", "times")) == [(full, 2)]
