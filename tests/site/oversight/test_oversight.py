"""Supervisors read while assigned, once the clients were told; stand-ins see what is open; both end by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client, person, signed_in, staff
from tests.site.handover.test_holding import text
from tests.site.handover.test_matters import opened
from tests.site.people.test_contacts import kept


@pytest.fixture(name="lead")
def _lead(cast):
    return signed_in("lead")


@pytest.fixture(name="today")
def _today(cast):
    from django.utils import timezone

    return timezone.localdate()


@pytest.fixture(name="sue")
def _sue(cast):
    return signed_in("supervisor")


def assigned(lead, today, **told):
    from holdfast_site.accounts.models import Post

    supervisor = Post.objects.get(role="supervisor").pk
    form = {"do": "assign", "supervisor": supervisor, "therapist": "alma", "told_on": today, **told}
    return lead.post("/people/arranged", form)


def test_assigned_to_nobody_there_is_nothing_to_see(sue):
    assert "You are assigned to nobody" in text(sue.get("/supervised/"))
    assert sue.get("/supervised/client/dan").status_code == 404


def test_of_a_therapist_he_sees_that_therapists_clients_and_no_other(cast, lead, sue, today, now):
    kept(cast.dan, now, name="Dan Marsh", phone="07700 900123")
    assert assigned(lead, today).status_code == 302
    assert assigned(lead, today).status_code == 302  # the same again
    said = text(sue.get("/supervised/"))
    assert "1 client whom you supervise" in said
    assert "dan · Dan Marsh" in said
    assert sue.get("/supervised/client/dan").status_code == 200
    assert "07700" not in text(sue.get("/supervised/client/dan"))  # his name, nothing else of the card
    assert sue.get("/supervised/client/eli").status_code == 404


def test_of_one_client_he_sees_that_one(cast, lead, sue, today):
    assert assigned(lead, today, therapist="", client="eli").status_code == 302
    assert sue.get("/supervised/client/eli").status_code == 200
    assert sue.get("/supervised/client/dan").status_code == 404


def test_before_the_clients_were_told_he_sees_nothing(cast, lead, sue, today):
    assigned(lead, today + timedelta(days=1))
    assert sue.get("/supervised/client/dan").status_code == 404


def test_when_it_ends_he_sees_nothing_from_the_next_request_on(cast, lead, sue, today):
    from holdfast_site.accounts.models import Assignment

    assigned(lead, today)
    assert sue.get("/supervised/client/dan").status_code == 200
    for _ in range(2):
        lead.post("/people/arranged", {"do": "end", "id": Assignment.objects.get().pk})
    assert sue.get("/supervised/client/dan").status_code == 404


def test_he_reads_answers_but_not_words_nor_what_was_kept_from_the_therapist(cast, lead, sue, today, browser):
    assigned(lead, today)
    browser.post(cast.address, filled(words="Zanzibar", tone="3", tone_who="care_contact"))
    said = text(sue.get("/supervised/client/dan"))
    assert "Pace: too fast" in said
    assert "Zanzibar" not in said
    assert "blunt" not in said
    assert "His own words are not here" in said


def test_every_look_is_in_the_audit(cast, lead, sue, today):
    from holdfast_site.audit.models import Event

    assigned(lead, today)
    sue.get("/supervised/")
    sue.get("/supervised/client/dan")
    found = set(Event.objects.filter(actor__startswith="supervisor:").values_list("action", "about"))
    assert found == {("supervised.read", "supervised:1"), ("supervised.read", "client:dan")}
    assert Event.objects.filter(action="supervisor.assigned").count() == 1


@pytest.mark.parametrize(
    "told",
    [
        {"therapist": "", "client": ""},
        {"therapist": "alma", "client": "dan"},
        {"therapist": "nobody"},
        {"therapist": "", "client": "nobody"},
        {"supervisor": 999},
        {"told_on": ""},
    ],
)
def test_what_cannot_be_assigned_is_refused(cast, lead, sue, today, told):
    from holdfast_site.accounts.models import Assignment

    assert assigned(lead, today, **told).status_code == 422
    assert not Assignment.objects.exists()


# --- leave ------------------------------------------------------------------------------------------


def away(lead, first, last, **told):
    form = {"do": "leave", "therapist": "alma", "stand_in": "ben", "first_day": first, "last_day": last, **told}
    return lead.post("/people/arranged", form)


def test_a_stand_in_sees_what_is_open_while_the_other_is_away_and_not_the_words(cast, lead, today, now):
    opened(cast, now, said={"words": "Zanzibar"})
    ben = signed_in("therapist", "ben")
    assert "dan" not in text(ben.get("/standing-in/"))
    assert away(lead, today, today).status_code == 302
    said = text(ben.get("/standing-in/"))
    assert "You stand in for alma" in said
    assert "dan Asked to be called. With alma." in said
    assert "Zanzibar" not in said
    assert "dan" not in text(signed_in("therapist", "alma").get("/standing-in/"))


def test_what_the_care_contact_holds_is_not_the_stand_ins(cast, lead, today, now):
    from holdfast_site.access.actors import Role

    opened(cast, now, holder=Role.CARE_CONTACT)
    away(lead, today, today)
    assert "dan" not in text(signed_in("therapist", "ben").get("/standing-in/"))


def test_whoever_is_with_another_one_by_now_is_not_shown_to_a_stand_in(cast, lead, today, now):
    opened(cast, now)
    away(lead, today, today)
    ben = signed_in("therapist", "ben")
    assert "dan" in text(ben.get("/standing-in/"))
    appointment(cast.dan, person("cara"), now + timedelta(days=1), status="booked")
    assert "dan" not in text(ben.get("/standing-in/"))


@pytest.mark.parametrize(("first", "last"), [(-9, -1), (1, 9)])
def test_before_and_after_the_leave_there_is_nothing_to_see(cast, lead, today, now, first, last):
    opened(cast, now)
    away(lead, today + timedelta(days=first), today + timedelta(days=last))
    assert "dan" not in text(signed_in("therapist", "ben").get("/standing-in/"))


def test_a_leave_can_be_changed_and_taken_out(cast, lead, today):
    from holdfast_site.away.models import Leave

    away(lead, today, today)
    away(lead, today, today + timedelta(days=3))
    leave = Leave.objects.get()
    assert leave.last_day == today + timedelta(days=3)
    assert lead.post("/people/arranged", {"do": "take_back", "id": leave.pk}).status_code == 302
    assert not Leave.objects.exists()
    assert lead.post("/people/arranged", {"do": "take_back", "id": leave.pk}).status_code == 404


@pytest.mark.parametrize(
    "told", [{"stand_in": "alma"}, {"last_day": "2020-01-01"}, {"therapist": "x"}, {"first_day": "soon"}]
)
def test_what_is_no_leave_is_refused(cast, lead, today, told):
    answer = away(lead, today, today, **told)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_clients(cast, lead, sue, today, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.site.conftest import client

    assigned(lead, today)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            sue.get("/supervised/")
        return len(asked)

    alone = queries()
    for number in range(20):
        him = client(f"c{number}")
        kept(him, now, name="Dan Marsh")
        appointment(him, cast.alma, now + timedelta(days=1), status="booked")
    assert queries() <= alone + 1


def test_the_lead_says_when_the_practice_is_closed_and_takes_it_out_again(cast, lead, today):
    from holdfast_site.audit.models import Event
    from holdfast_site.away.models import Closed

    told = {"do": "close", "first_day": today + timedelta(days=9), "last_day": today + timedelta(days=3)}
    answer = lead.post("/people/arranged", told)
    assert (answer.status_code, Closed.objects.count()) == (422, 0)
    assert "The last day is before the first." in answer.content.decode()
    for length in (10, 12, 12):
        told["last_day"] = today + timedelta(days=length)
        assert lead.post("/people/arranged", told).status_code == 302
    closed = Closed.objects.get()
    assert closed.last_day == today + timedelta(days=12)
    assert f"to {closed.last_day:%A %-d %B %Y}" in text(lead.get("/people/arranged"))
    assert Event.objects.filter(action="leave.changed", about=f"closed:{closed.pk}").count() == 3
    for status in (302, 404):
        assert lead.post("/people/arranged", {"do": "open_again", "id": closed.pk}).status_code == status
    assert not Closed.objects.exists()


def test_the_model_hears_of_leaves_and_of_closed_days(cast, lead, today, now):
    from django.utils import timezone

    from holdfast.tables.away import Away
    from holdfast_site.caseload.adapters import tables

    assert tables(now).practice.away == ()
    away(lead, today, today + timedelta(days=3))
    lead.post("/people/arranged", {"do": "close", "first_day": today, "last_day": today})
    found = tables(now).practice.away
    assert [replace(one, told_at=None) for one in found] == [
        Away("alma", today, today + timedelta(days=3)),
        Away(None, today, today),
    ]
    wall = timezone.localtime(timezone.now()).replace(tzinfo=None)
    assert all(one.told_at is not None and wall - timedelta(minutes=5) <= one.told_at <= wall for one in found)


def test_what_was_told_first_stands_for_its_time_when_a_leave_grows_or_is_cut_short(cast, today, now):
    """Each last day from when it was told; what was there before anybody kept that, from its first day on."""
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.models import Leave
    from holdfast_site.away.selectors import told_away
    from holdfast_site.away.services import keep_leave

    def kept(days, hour):
        at = now + timedelta(hours=hour)
        whose = {"therapist": cast.alma, "stand_in": cast.ben, "first_day": today}
        keep_leave(by=OPERATOR, **whose, last_day=today + timedelta(days=days), now=at)
        found = told_away(ZoneInfo("UTC"))
        hours = {one.told_at and (one.told_at.replace(tzinfo=UTC) - now) // timedelta(hours=1) for one in found}
        assert len(hours) == len(found)
        return [(one.last_day - today).days for one in found], sorted(hours, key=str)

    assert kept(9, 0) == ([9], [0])
    assert kept(9, 1) == ([9], [0])
    assert kept(20, 2) == ([9, 20], [0, 2])
    assert kept(30, 3) == ([9, 20, 30], [0, 2, 3])
    assert kept(15, 4) == ([9, 15], [0, 2])
    assert kept(5, 5) == ([5], [0])
    Leave.objects.update(told={})
    assert kept(8, 6) == ([5, 8], [6, None])


def test_a_last_day_of_another_year_is_asked_about(cast, lead, today):
    from holdfast_site.away.models import Closed, Leave

    for answer in (
        away(lead, today, today + timedelta(days=367)),
        lead.post("/people/arranged", {"do": "close", "first_day": today, "last_day": "2199-12-31"}),
    ):
        assert answer.status_code == 422
        assert "more than a year ahead. Is the year right?" in answer.content.decode()
    assert not Leave.objects.exists()
    assert not Closed.objects.exists()
    assert away(lead, today, today + timedelta(days=366)).status_code == 302


def test_a_leave_of_the_last_year_that_did_not_take_place_can_be_taken_out(cast, lead, today):
    from holdfast_site.away.models import Leave

    long_ago, lately = (
        Leave.objects.create(therapist=cast.alma, stand_in=cast.ben, first_day=day, last_day=day)
        for day in (today - timedelta(days=370), today - timedelta(days=300))
    )
    page = text(lead.get("/people/arranged"))
    assert "Of the last year" in page
    assert f"{lately.first_day:%-d %B %Y} to" in page
    assert f"{long_ago.first_day:%-d %B %Y} to" not in page
    for leave, status in ((long_ago, 404), (lately, 302)):
        assert lead.post("/people/arranged", {"do": "take_back", "id": leave.pk}).status_code == status


def test_until_when_somebody_is_away_is_said_with_another_year(cast, today):
    from holdfast_site.away.models import Leave
    from holdfast_site.away.selectors import absence

    now = datetime(2026, 12, 20, 12, tzinfo=UTC)
    for year, said in ((2026, "until Thursday 31 December."), (2027, "until Friday 31 December 2027.")):
        days = {"first_day": date(year, 12, 30), "last_day": date(year, 12, 31)}
        Leave.objects.create(therapist=cast.alma, stand_in=cast.ben, **days)
        assert absence("alma", date(year, 12, 30), now=now) == f"alma is away on that day, {said}"


def test_whoever_is_away_cannot_stand_in(cast, lead, today):
    from holdfast_site.away.models import Leave

    Leave.objects.create(therapist=cast.ben, stand_in=cast.alma, first_day=today, last_day=today)
    type(cast.ben).objects.filter(pk="ben").update(name="Ben Ward")
    told = {"do": "leave", "therapist": "alma", "stand_in": "ben", "first_day": today, "last_day": today}
    answer = lead.post("/people/arranged", told)
    assert answer.status_code == 422
    assert "Ben Ward is away on some of these days" in answer.content.decode()
    assert Leave.objects.count() == 1


def test_a_client_is_told_who_supervises_what_and_since_when_on_his_page_and_beside_the_questions(
    cast, lead, sue, browser, today
):
    own_page = signed_in("client", of=cast.dan)

    def told():
        return text(own_page.get("/mine/allowed")), text(browser.get(cast.address))

    page, asked = told()
    assert "Nobody supervises your therapist here now." in page
    assert "supervisor" not in asked
    assigned(lead, today + timedelta(days=1))  # he is to be told tomorrow
    assert "supervisor" not in told()[1]
    assigned(lead, today, therapist="ben")
    assert "supervisor" not in told()[1]
    assigned(lead, today, therapist="", client="dan")
    page, asked = told()
    assert f"the answers that your therapist sees, since {today:%-d %B %Y}" in page
    assert "that you missed an appointment or have none booked" in page
    assert "Never your words or your answers." in page
    assert "and so does your therapist's supervisor, unless you choose otherwise." in asked


def test_a_supervisor_sees_what_was_said_to_whom_he_oversees_since_it_was_told(cast, browser, now, today):
    """Not what a client told another therapist before, nor what he said before he was told that somebody looks on."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Assignment
    from holdfast_site.oversight.selectors import checkins

    sue = staff("supervisor")
    browser.post(cast.address, filled())
    her = Actor(Role.SUPERVISOR, id=str(sue.member_id))

    def seen(therapist, told_on):
        Assignment.objects.all().delete()
        Assignment.objects.create(supervisor=sue, therapist=therapist, told_on=told_on, assigned_at=now)
        return len(checkins(her, cast.dan, now=now))

    assert seen(cast.alma, today) == 1
    assert seen(cast.ben, today) == 0
    assert seen(cast.alma, today + timedelta(days=1)) == 0


@pytest.fixture(name="warned")
def _warned(cast, settings, now):
    """A practice with the early warning on, and one flag about Dan, who is with Alma."""
    from tests.site.caseload.test_guesses import flag

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    return flag(cast.dan, cast.alma, now)


def seen_by(sue):
    return text(sue.get("/supervised/")), text(sue.get("/supervised/client/dan"))


@pytest.mark.hazard("H-10")
def test_a_supervisor_sees_whom_the_early_warning_points_to_reasons_first_while_he_is_assigned(
    cast, lead, sue, today, warned
):
    from holdfast_site.accounts.models import Assignment

    assigned(lead, today)
    for page in seen_by(sue):
        assert "Worth a conversation" in page
    page = seen_by(sue)[1]
    assert "His therapist sees the same once he has made his own guess, or has not wanted to." in page
    assert page.index("Quiet for a month") < page.index("About 6 in 10") < page.index("too few to tell")
    lead.post("/people/arranged", {"do": "end", "id": Assignment.objects.get().pk})
    assert sue.get("/supervised/client/dan").status_code == 404
    assert "Worth a conversation" not in text(sue.get("/supervised/"))


def test_whom_a_supervisor_could_ask_about_stands_first_and_all_others_by_their_ids(
    cast, lead, sue, today, now, warned
):
    for name in ("abe", "zed", "cal"):
        appointment(client(name), cast.alma, now - timedelta(days=3))
    assigned(lead, today)
    page = text(sue.get("/supervised/"))
    assert sorted(("abe", "cal", "dan", "zed"), key=page.index) == ["dan", "abe", "cal", "zed"]


@pytest.mark.parametrize("why", ["switched off", "he does not want it", "before he was told", "of another therapist"])
def test_where_a_supervisor_sees_no_flag(cast, lead, sue, today, now, warned, settings, why):
    from uuid import uuid4

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.caseload.models import Flag
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.services import decide

    assigned(lead, today)
    if why == "switched off":
        settings.SITE = settings.SITE.model_copy(update={"early_warning": False})
    elif why == "he does not want it":
        told = {"consent": Consent.EARLY_WARNING, "given": False}
        decide(by=OPERATOR, client=cast.dan, form=uuid4(), now=now, **told)
    elif why == "before he was told":
        Flag.objects.update(at=now - timedelta(days=2))
    else:
        Flag.objects.update(therapist=cast.ben)
    for page in seen_by(sue):
        assert "Worth a conversation" not in page


def test_what_the_therapist_thought_does_not_show_to_his_supervisor(cast, lead, sue, today, now, warned):
    """Nor whether he was asked yet: the supervisor's pages stay the same to the byte."""
    assigned(lead, today)
    before = seen_by(sue)
    signed_in("therapist", "alma").post(f"/today/guess/{warned.pk}", {"guess": "no"})
    assert warned.__class__.objects.get().guess is not None
    assert seen_by(sue) == before


def test_a_client_is_told_that_his_therapists_supervisor_sees_it_too(cast, lead, sue, today, warned):
    own_page = signed_in("client", of=cast.dan)
    assert "tells your therapist when a talk with you may be worth it" in text(own_page.get("/mine/allowed"))
    assigned(lead, today)
    told = text(own_page.get("/mine/allowed"))
    assert "tells your therapist, and the supervisor, when a talk with you may be worth it" in told


@pytest.mark.hazard("H-01")
def test_whoever_stands_in_for_somebody_goes_away_only_when_another_does(cast, lead, today):
    from holdfast_site.away.models import Leave

    cara = person("cara")
    told = {"do": "leave", "first_day": today, "last_day": today + timedelta(days=9)}
    assert lead.post("/people/arranged", {**told, "therapist": "alma", "stand_in": "ben"}).status_code == 302
    bens = {"do": "leave", "therapist": "ben", "stand_in": "cara"}
    days = {"first_day": today + timedelta(days=9), "last_day": today + timedelta(days=12)}
    answer = lead.post("/people/arranged", {**bens, **days})
    assert answer.status_code == 422
    assert "ben stands in for alma on some of these days" in answer.content.decode()
    assert not Leave.objects.filter(therapist=cast.ben).exists()
    later = {one: day + timedelta(days=1) for one, day in days.items()}
    assert lead.post("/people/arranged", {**bens, **later}).status_code == 302
    assert lead.post("/people/arranged", {**told, "therapist": "alma", "stand_in": "cara"}).status_code == 302
    assert lead.post("/people/arranged", {**bens, **days}).status_code == 302
    assert Leave.objects.filter(stand_in=cara).count() == 3
