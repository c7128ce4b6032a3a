"""The lead's page: the practice in counts that are not small, and nothing about one client or one therapist (H-19)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.site.conftest import appointment, client, signed_in
from tests.site.handover.test_holding import text
from tests.site.handover.test_matters import opened


@pytest.fixture(name="lead")
def _lead(cast):
    return signed_in("lead")


def worked_out(now):
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.insight.services import work_out

    work_out(tables(now), now=now)


@pytest.mark.parametrize(("count", "of", "shown"), [(0, 0, True), (0, 40, True), (40, 40, True), (11, 22, True)])
def test_counts_that_are_not_small_are_shown(count, of, shown):
    from holdfast_site.insight.small import part

    assert part(count, of).is_shown is shown


@pytest.mark.parametrize(("count", "of"), [(1, 40), (10, 40), (30, 40), (39, 40), (3, 7), (0, 7), (7, 7)])
def test_small_counts_and_what_would_give_them_away_are_not(count, of):
    from holdfast_site.insight.small import part

    found = part(count, of)
    assert found.count is None
    assert found.of == (None if of <= 10 else of)


def test_an_empty_practice_has_a_page_that_says_so(lead, now):
    from holdfast_site.messages.services import note_refreshed

    said = text(lead.get("/practice/"))
    assert "Nothing can be told yet" in said
    assert "Not worked out yet: look again in a minute." in said
    assert "The first ones are being worked out" in said
    note_refreshed(now)
    assert "nobody is waiting for somebody" in text(lead.get("/practice/"))


@pytest.mark.long
@pytest.mark.hazard("H-13", "H-19")
def test_the_leak_is_the_librarys_own_as_it_would_be_shared(cast, lead, now):
    from holdfast.insight.leak import leak
    from holdfast_site.caseload.adapters import tables

    for number in range(60):
        him = client(f"c{number}")
        for weeks in range(40 - (number % 30), 44):
            appointment(him, cast.alma, now - timedelta(weeks=weeks))
    worked_out(now)
    page = lead.get("/practice/")
    wanted = leak(tables(now), share=True)
    assert text(page).count(wanted.headline[0]) == 1
    assert '<svg class="chart funnel"' in page.content.decode()
    assert "alma" not in page.content.decode()
    assert not re.search(r"style=", page.content.decode())


@pytest.mark.long
def test_a_new_practice_sees_its_first_figures_before_monday_and_then_none_until_then(cast, lead, now):
    from holdfast_site.caseload.adapters import tables, without
    from holdfast_site.insight.services import work_out
    from holdfast_site.people.models import Client

    work_out(without(tables(now), frozenset(Client.objects.values_list("pk", flat=True))), now=now)
    assert "There were no appointments when it was last looked" in text(lead.get("/practice/"))
    for number in range(60):
        him = client(f"new{number}")
        for weeks in range(40 - (number % 30), 44):
            appointment(him, cast.alma, now - timedelta(weeks=weeks))
    worked_out(now)
    said = text(lead.get("/practice/"))
    assert "62 clients, 62 courses of therapy" in said
    assert "Nothing can be told yet" not in said
    for number in range(60, 90):
        appointment(client(f"new{number}"), cast.alma, now - timedelta(weeks=5))
    worked_out(now)
    assert text(lead.get("/practice/")) == said


@pytest.mark.long
def test_figures_change_once_a_week(cast, lead, now):
    from holdfast_site.insight.models import Figures

    worked_out(now)
    worked_out(now)
    assert Figures.objects.count() == 1
    worked_out(now + timedelta(days=7))
    assert Figures.objects.count() == 2
    worked_out(now + timedelta(weeks=70))
    assert Figures.objects.count() == 1


def test_open_matters_are_counted_and_few_are_few(cast, lead, now):
    opened(cast, now)
    said = text(lead.get("/practice/"))
    assert "10 or fewer open. The oldest has been open since today." in said
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter

    for number in range(12):
        told = {"therapist": cast.alma, "due_on": now.date(), "now": now}
        open_matter(by=ANYONE, client=client(f"c{number}"), kind=Kind.CALL, holder=Role.THERAPIST, **told)
    assert "13 open; nobody has taken on any of them." in text(lead.get("/practice/"))


@pytest.mark.long
def test_whether_people_are_asked_and_answer(cast, lead, now):
    from uuid import uuid4

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.models import Submission
    from holdfast_site.checkins.services import invite

    for number in range(30):
        one = appointment(client(f"c{number}"), cast.alma, now - timedelta(days=20))
        invitation, _ = invite(by=ANYONE, appointment=one, now=now - timedelta(days=19))
        if number < 15:
            Submission.objects.create(invitation=invitation, form=uuid4(), answered_at=now - timedelta(days=18))
    worked_out(now)
    assert "Of 30 check-ins in thirteen weeks, 15 were answered (50 %)." in text(lead.get("/practice/"))


@pytest.mark.long
@pytest.mark.parametrize(("switched", "said"), [(0, "Nobody has been handed over here yet."), (4, "Too few to tell")])
def test_time_to_switch_of_few_is_not_told(cast, lead, now, switched, said):
    a_switch(cast, now, switched)
    worked_out(now)
    assert said in text(lead.get("/practice/"))


@pytest.mark.long
def test_time_to_switch_from_asking_to_the_first_session_with_its_base(cast, lead, now):
    a_switch(cast, now, 12)
    worked_out(now)
    assert "9 days, the middle of 12." in text(lead.get("/practice/"))


def a_switch(cast, now, count):
    from holdfast_site.handover.models import Switch

    asked = now - timedelta(days=40)
    for number in range(count):
        him = client(f"s{number}")
        told = {"asked_at": asked, "decided_at": asked + timedelta(days=2)}
        Switch.objects.create(client=him, leaves=cast.alma, goes_to=cast.ben, **told)
        appointment(him, cast.ben, asked + timedelta(days=9, hours=1))


def test_reading_is_audited(lead):
    from holdfast_site.audit.models import Event

    lead.get("/practice/")
    assert Event.objects.filter(action="practice.read", actor__startswith="lead:").count() == 1


@pytest.mark.sqlite
@pytest.mark.hazard("H-20")
def test_the_lead_sees_how_old_the_last_backup_that_counts_is(lead, site, now, tmp_path):
    from holdfast_site import backup
    from holdfast_site.config import ANCHORS

    (site / ANCHORS).unlink(missing_ok=True)  # other tests' heads
    assert "There is no backup yet" in text(lead.get("/practice/"))
    backup.back_up(site, tmp_path / "copies", now=now)
    fresh = text(lead.get("/practice/"))
    assert "was put back and found whole" in fresh
    assert "That is a while" not in fresh
    (site / backup.GOOD).unlink()
    backup.back_up(site, tmp_path / "older", now=now - timedelta(days=5))
    assert "5 days ago, and was put back and found whole. That is a while" in text(lead.get("/practice/"))


def test_where_somebody_is_stands_out_at_the_top(lead):
    assert '<a href="/practice/" aria-current="page">' in lead.get("/practice/").content.decode()
