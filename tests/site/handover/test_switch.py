"""Another therapist: from what the care contact may know alone; he decides, and only what he agreed to moves."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.conftest import appointment, client, person, signed_in
from tests.site.handover.test_holding import noticed, text
from tests.site.handover.test_matters import opened

pytestmark = pytest.mark.long

STORY = "Zanzibar: he lost his brother in May"


@pytest.fixture(name="practice")
def _practice(cast, now):
    """Alma goes fast; Ben, Cleo and Dora would be slower. Ben is full, of Dora nobody said how many she takes."""
    from holdfast_site.people.models import Therapist

    cleo, dora = person("cleo"), person("dora")
    for one, pace, gender, capacity in (
        (cast.alma, 3, "woman", 5),
        (cast.ben, -1, "man", 1),
        (cleo, 0, "woman", 5),
        (dora, -3, "woman", None),
    ):
        Therapist.objects.filter(pk=one.pk).update(style_pace=pace, gender=gender, capacity=capacity)
        appointment(client(f"one of {one.pk}"), one, now - timedelta(days=1))
    noticed(now)
    return cast


@pytest.fixture(name="asked")
def _asked(practice, now):
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind

    said = {"words": "Too fast", "pace": "2"}
    return opened(practice, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT, said=said)


@pytest.fixture(name="ruth")
def _ruth(practice):
    return signed_in("care_contact")


def offered(page):
    return re.findall(r'name="goes_to" value="(\w+)"', page.content.decode())


def handed(browser, matter, **told):
    from django.utils import timezone

    day = timezone.localdate() + timedelta(days=4)
    form = {"form": uuid4(), "seen": 0, "goes_to": "cleo", "on": day, "at": "10:00", **told}
    return browser.post(f"/holding/{matter.key}/another", form)


@pytest.mark.hazard("H-18")
def test_who_has_room_and_is_better_on_what_he_said_was_wrong(asked, ruth):
    page = ruth.get(f"/holding/{asked.key}/another")
    assert offered(page) == ["cleo"]
    said = text(page)
    assert "Goes slower; he felt too fast." in said
    assert "Has room for 4 more." in said
    assert "1 more has no room. Of 1 nobody said how many clients they can take." in said


def test_what_he_says_on_the_telephone_counts_and_is_not_kept(asked, ruth, rows):
    before = rows()
    assert offered(ruth.get(f"/holding/{asked.key}/another?pace=-2")) == []
    assert offered(ruth.get(f"/holding/{asked.key}/another?pace=2&gender=man")) == []
    after = rows()
    assert {name for name in before if before[name] != after[name]} <= {"Event", "Session"}


def test_what_he_kept_for_the_care_contact_counts_and_what_he_told_his_therapist_does_not(practice, ruth, now, browser):
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind
    from tests.site.checkins.test_answer import filled

    matter = opened(practice, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT)
    plain = text(ruth.get(f"/holding/{matter.key}/another"))
    assert "he felt" not in plain
    browser.post(practice.address, filled(pace="2", tone="3"))  # for his therapist
    assert text(ruth.get(f"/holding/{matter.key}/another")) == plain
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    _, link = invite(by=ANYONE, appointment=practice.invitation.appointment, now=now + timedelta(minutes=1))
    browser.post(f"/c/{link}", filled(pace="2", who="care_contact"))
    assert "he felt too fast" in text(ruth.get(f"/holding/{matter.key}/another"))


def test_his_wishes_from_before_change_nothing_on_the_care_contacts_page(asked, ruth, practice):
    from holdfast_site.people.services import keep_wishes

    before = text(ruth.get(f"/holding/{asked.key}/another"))
    keep_wishes(practice.dan, {"pace": 3, "tone": -3})
    assert text(ruth.get(f"/holding/{asked.key}/another")) == before


def test_handing_over_ends_one_course_begins_the_next_and_calls_off_what_was_booked(asked, ruth, practice, now):
    from holdfast_site.handover.models import Switch
    from holdfast_site.people.models import Appointment, Ending

    booked = appointment(practice.dan, practice.alma, now + timedelta(days=30), status="booked")
    form = uuid4()
    for _ in range(2):
        assert handed(ruth, asked, form=form).status_code == 302
    assert [(one.therapist_id, one.kind) for one in Ending.objects.all()] == [("alma", "switched")]
    assert Appointment.objects.get(pk=booked.pk).status == "cancelled"
    first = Appointment.objects.get(client="dan", therapist="cleo")
    assert first.status == "booked"
    switch = Switch.objects.get()
    assert (switch.leaves_id, switch.goes_to_id, switch.asked_at) == ("alma", "cleo", asked.opened_at)
    assert signed_in("therapist", "alma").get("/today/client/dan").status_code == 404
    assert signed_in("therapist", "cleo").get("/today/client/dan").status_code == 200
    assert ruth.get(f"/holding/{asked.key}/another").status_code == 404
    assert "Goes on with another therapist here" in text(ruth.get(f"/holding/{asked.key}"))


def test_the_library_sees_one_episode_switched_and_the_next_one_linked(asked, ruth, practice, now):
    from holdfast.engine import Engine
    from holdfast.episodes import episodes
    from holdfast_site.caseload.adapters import tables

    handed(ruth, asked)
    with Engine.embedded() as engine:
        found = engine.fetch(episodes(tables(now + timedelta(minutes=1)), engine=engine).episodes)
    dans = {row["therapist_id"]: row for row in found.iter_rows(named=True) if row["client_id"] == "dan"}
    assert (dans["alma"]["ending"], dans["alma"]["switched_to"]) == ("switched", "cleo")
    assert (dans["cleo"]["ending"], dans["cleo"]["came_from"]) == ("open", "alma")


def test_only_what_he_agreed_to_goes_along_and_only_the_new_therapist_reads_it(asked, ruth, practice, stored):
    from holdfast_site.people.models import Ending

    refused = handed(ruth, asked, story=STORY)
    assert refused.status_code == 422
    assert "Nothing goes along that he has not agreed to: tick that he has, or write nothing." in text(refused)
    assert STORY in refused.content.decode()  # what was typed is not lost
    assert not Ending.objects.exists()
    assert handed(ruth, asked, story=STORY, agreed="on").status_code == 302
    assert STORY in text(signed_in("therapist", "cleo").get("/story/dan"))
    assert signed_in("therapist", "alma").get("/story/dan").status_code == 404
    assert signed_in("therapist", "ben").get("/story/dan").status_code == 404
    assert b"Zanzibar" not in stored()


def test_the_new_therapist_is_told_who_came_and_finds_his_story(asked, ruth, practice):
    assert handed(ruth, asked, story=STORY, agreed="on").status_code == 302
    cleo = signed_in("therapist", "cleo")
    page = cleo.get("/holding/")
    assert "dan from alma. Read what he lets you know" in text(page)
    assert 'href="/story/dan"' in page.content.decode()
    assert STORY not in page.content.decode()
    for other in ("alma", "ben"):
        assert "dan" not in text(signed_in("therapist", other).get("/holding/"))


def test_a_story_page_without_a_story_says_so_in_no_way(asked, ruth, practice):
    handed(ruth, asked)
    assert signed_in("therapist", "cleo").get("/story/dan").status_code == 404


def test_to_nobody_and_back_to_the_same_one_nobody_is_handed_over(asked, ruth, rows):
    before = rows()
    for goes_to in ("", "nobody", "alma"):
        assert handed(ruth, asked, goes_to=goes_to).status_code == 422
    assert handed(ruth, asked, on="2020-01-01").status_code == 409
    assert handed(ruth, asked, seen=3).status_code == 409
    after = rows()
    assert {name for name in before if before[name] != after[name]} <= {"Event", "Session"}


@pytest.mark.long
@pytest.mark.hazard("H-09")
def test_until_it_is_settled_openly_no_byte_of_the_therapists_pages_changes(practice, now):
    """Non-interference: a request that only the care contact gets (rule 11, H-09)."""
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind
    from holdfast_site.refreshing import refresh
    from tests.site.handover.test_holding import sent

    appointment(practice.dan, practice.alma, now + timedelta(days=2), status="booked")
    alma, ruth = signed_in("therapist", "alma"), signed_in("care_contact")

    def seen():
        refresh(now)
        pages = (alma.get(address).content.decode() for address in ("/today/", "/today/client/dan", "/story/dan"))
        return re.sub(r'csrfmiddlewaretoken[^>]+|name="form"[^>]+', "", "".join(pages))

    before = seen()
    said = {"words": "Zanzibar", "pace": "2"}
    matter = opened(practice, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT, said=said)
    assert seen() == before
    sent(ruth, matter, "take")
    sent(ruth, matter, "plan", seen=1, what="call")
    ruth.get(f"/holding/{matter.key}/another")
    assert seen() == before
    sent(ruth, matter, "settle", seen=2, outcome="talked")
    assert seen() == before


def test_whoever_is_away_is_offered_last_and_the_page_says_until_when(asked, ruth, practice):
    from django.utils import timezone

    from holdfast_site.away.models import Leave
    from holdfast_site.people.models import Therapist

    Therapist.objects.filter(pk__in=("ben", "dora")).update(capacity=9)
    address, today = f"/holding/{asked.key}/another", timezone.localdate()
    first = offered(ruth.get(address))[0]
    assert "Away until" not in text(ruth.get(address))
    Leave.objects.create(therapist_id=first, stand_in=practice.alma, first_day=today, last_day=today)
    assert offered(ruth.get(address))[-1] == first
    assert text(ruth.get(address)).count("Away until") == 1


def test_onto_a_day_of_leave_he_is_handed_over_only_by_saying_so(asked, ruth, practice, rows):
    from django.utils import timezone

    from holdfast_site.away.models import Leave
    from holdfast_site.people.models import Therapist

    day = timezone.localdate() + timedelta(days=4)
    cleo = Therapist.objects.get(pk="cleo")
    Leave.objects.create(therapist=cleo, stand_in=practice.alma, first_day=day, last_day=day)
    before = rows()["Appointment"]
    answer = handed(ruth, asked, story=STORY, agreed="on")
    assert answer.status_code == 409
    assert "cleo is away on that day" in text(answer)
    page = answer.content.decode()
    assert STORY in page
    assert 'name="agreed" checked' in page
    assert rows()["Appointment"] == before
    assert handed(ruth, asked, story=STORY, agreed="on", though_away="on").status_code == 302


def test_onto_a_day_of_leave_a_matter_is_settled_only_by_saying_so(asked, ruth, practice):
    from django.utils import timezone

    from holdfast_site.away.models import Closed
    from tests.site.handover.test_holding import sent

    day = timezone.localdate() + timedelta(days=3)
    Closed.objects.create(first_day=day, last_day=day)
    answer = sent(ruth, asked, "settle", outcome="booked", at="10:00")
    assert answer.status_code == 409
    assert "The practice is closed on that day" in text(answer)
    assert 'value="booked" required checked' in answer.content.decode()
    assert sent(ruth, asked, "settle", outcome="booked", at="10:00", though_away="on").status_code == 302


def test_a_break_until_a_day_of_leave_is_no_booking(asked, ruth, practice):
    from django.utils import timezone

    from holdfast_site.away.models import Closed
    from tests.site.handover.test_holding import sent

    day = timezone.localdate() + timedelta(days=3)
    Closed.objects.create(first_day=day, last_day=day)
    assert sent(ruth, asked, "settle", outcome="paused").status_code == 302
