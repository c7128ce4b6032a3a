"""Nobody is holding: what is noticed is a matter once, is taken on, planned and settled; nothing done is lost."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.conftest import appointment, client, signed_in, staff
from tests.site.handover.test_matters import opened

pytestmark = pytest.mark.long


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def weekly(name, therapist, now, *, since):
    """Came each week until ``since`` weeks ago."""
    him = client(name)
    for weeks in range(since, since + 6):
        appointment(him, therapist, now - timedelta(weeks=weeks))
    return him


def noticed(now):
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.handover.noticing import notice

    notice(tables(now), now=now)


def matters():
    from holdfast_site.handover.models import Matter

    return sorted(Matter.objects.filter(closed_at__isnull=True).values_list("client", "kind"))


@pytest.fixture(name="asked")
def _asked(cast, now):
    """Dan asked the care contact for somebody else."""
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind

    return opened(cast, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT, said={"words": "Too fast"})


@pytest.fixture(name="ruth")
def _ruth(cast):
    return signed_in("care_contact")


def sent(browser, matter, do, *, seen=0, **told):
    from django.utils import timezone

    day = timezone.localdate() + timedelta(days=3)
    form = {"do": do, "form": uuid4(), "seen": seen, "on": day, **told}
    return browser.post(f"/holding/{matter.key}", form)


# --- noticing ---------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.hazard("H-11")
def test_what_is_noticed_is_a_matter_once_however_often_it_is_looked(cast, now):
    gus = weekly("gus", cast.alma, now, since=3)
    hal = weekly("hal", cast.alma, now, since=2)
    appointment(hal, cast.alma, now - timedelta(days=5), status="no_show")
    weekly("ivo", cast.alma, now, since=0)
    for hours in range(3):
        noticed(now + timedelta(hours=hours))
    assert matters() == [("gus", "nothing_booked"), ("hal", "missed")]
    appointment(gus, cast.alma, now + timedelta(days=2), status="booked")
    noticed(now + timedelta(hours=4))
    assert matters() == [("hal", "missed")]


def test_the_reason_is_the_one_that_is_true_now_and_whoever_has_it_keeps_it(cast, now, ruth):
    """He called off late, and his therapist wrote to him: nobody holds him still, and not because nobody spoke."""
    from holdfast_site.handover.models import Matter

    hal = weekly("hal", cast.alma, now, since=4)
    appointment(hal, cast.alma, now - timedelta(days=15), status="late_cancelled", initiated_by="client")
    noticed(now)
    called = "An appointment was missed or called off late, and nobody has spoken to him since"
    assert called in text(ruth.get("/holding/"))
    assert sent(ruth, Matter.objects.get(), "take").status_code == 302
    done = {"form": uuid4(), "action": "write-without-a-question-why", "prompted_by": "quiet"}
    assert signed_in("therapist", "alma").post("/today/said/hal", done).status_code == 302
    noticed(now + timedelta(minutes=1))
    assert matters() == [("hal", "nothing_booked")]
    assert Matter.objects.get().owner.role == "care_contact"  # whoever took it on still has it
    assert called not in text(ruth.get("/holding/"))


def test_who_asked_for_something_is_not_noticed_beside_it(cast, now):
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter

    gus = weekly("gus", cast.alma, now, since=3)
    told = {"client": gus, "therapist": cast.alma, "due_on": now.date(), "now": now}
    open_matter(by=ANYONE, kind=Kind.CALL, holder=Role.THERAPIST, **told)
    noticed(now)
    assert matters() == [("gus", "call")]


def test_nothing_that_is_answered_changes_what_is_noticed(cast, now):
    """The care contact may not know of check-ins, not even whether one was answered."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import Given, invite, keep_as_given

    for name in ("gus", "hal"):
        him = weekly(name, cast.alma, now, since=2)
        last = him.appointments.order_by("starts_at").last()
        invitation, _ = invite(by=ANYONE, appointment=last, now=now - timedelta(days=2))
        if name == "hal":
            keep_as_given(
                [Given(invitation, uuid4(), Answers.of([("pace", 0, Audience.THERAPIST)]), now - timedelta(days=1))]
            )
    noticed(now)
    assert matters() == [("gus", "nothing_booked"), ("hal", "nothing_booked")]


@pytest.mark.long
def test_settled_it_does_not_come_back_by_the_hour(cast, now, ruth):
    from holdfast_site.handover.models import Matter

    weekly("gus", cast.alma, now, since=3)
    noticed(now)
    assert sent(ruth, Matter.objects.get(), "settle", outcome="talked").status_code == 302
    noticed(now + timedelta(hours=1))
    assert matters() == []
    noticed(now + timedelta(days=15))
    assert ("gus", "nothing_booked") in matters()


# --- taking on, planning ----------------------------------------------------------------------------


def test_an_empty_list_is_a_good_quiet_screen(ruth, now):
    from holdfast_site.messages.services import note_refreshed

    note_refreshed(now)
    said = text(ruth.get("/holding/"))
    assert "Nobody is waiting for somebody" in said
    assert "There is nothing to do here." in said


def test_the_list_says_who_has_it_what_is_next_and_when(asked, ruth):
    said = text(ruth.get("/holding/"))
    assert "1 person is waiting for somebody" in said
    assert "Asked for someone else. With alma." in said
    assert sent(ruth, asked, "take").status_code == 302
    assert "Yours: no next step yet" in text(ruth.get("/holding/"))
    assert sent(ruth, asked, "plan", seen=1, what="call").status_code == 302
    assert "Yours: call him, by" in text(ruth.get("/holding/"))
    whole = text(ruth.get(f"/holding/{asked.key}"))
    assert "care_contact took it on" in whole
    assert "care_contact planned the next step: call him" in whole
    assert '"Too fast"' in whole


def test_a_form_that_is_no_form_changes_nothing_and_says_so(asked, ruth, rows):
    sent(ruth, asked, "take")
    before = rows()["Step"]
    for told in ({"do": "plan", "what": "shout"}, {"do": "plan"}, {"do": "plan", "what": "call", "on": "tomorrow"}):
        answer = sent(ruth, asked, told.pop("do"), seen=1, **told)
        assert answer.status_code == 422
        assert "Nothing was saved" in answer.content.decode()
    assert sent(ruth, asked, "delete").status_code == 404
    assert rows()["Step"] == before


def test_two_people_at_once_the_second_sees_what_the_first_did(asked, ruth, rows):
    other = staff("lead")  # a second member, made care contact as well
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    add_member(other.member.login, Role.CARE_CONTACT)
    assert sent(ruth, asked, "take").status_code == 302
    before = rows()["Step"]
    late = sent(ruth, asked, "settle", outcome="talked")
    assert late.status_code == 409
    said = text(late)
    assert "Somebody did something about this while you had it open." in said
    assert "care_contact took it on" in said
    assert rows()["Step"] == before


def test_the_same_form_a_hundred_times_at_once_is_one_step(asked, ruth, site):
    from django.db import connections

    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.handover.models import Step
    from holdfast_site.handover.services import Seen, take

    member = Post.objects.get(role=Role.CARE_CONTACT).member_id
    seen, found = Seen(uuid4(), 0), []

    def again():
        for _ in range(25):
            step = take(by=Actor(Role.CARE_CONTACT, str(member)), matter=asked, seen=seen, now=asked.opened_at)
            found.append(step.pk)
        connections.close_all()

    threads = [threading.Thread(target=again) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 100
    assert set(found) == {Step.objects.get().pk}


# --- settling ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "kind"), [("told", "told"), ("planned", "planned"), ("referred", "referred"), ("unreached", "silent")]
)
def test_how_it_ended_becomes_an_ending_of_the_tables(asked, ruth, cast, now, outcome, kind):
    from django.utils import timezone

    from holdfast_site.people.models import Ending

    assert sent(ruth, asked, "settle", outcome=outcome, on="").status_code == 302
    ending = Ending.objects.get()
    assert (ending.client_id, ending.therapist_id, ending.kind) == ("dan", "alma", kind)
    last = cast.dan.appointments.get().starts_at
    assert ending.ended_on == timezone.localdate(last if kind == "silent" else None)
    assert ending.recorded_at is not None
    assert "1 settled in the last seven days" in text(ruth.get("/holding/"))


def test_a_break_that_was_agreed_is_a_pause_and_booked_again_an_appointment(asked, ruth, now):
    from holdfast_site.handover.models import Matter
    from holdfast_site.people.models import Appointment, Pause

    form = uuid4()
    for _ in range(2):
        assert sent(ruth, asked, "settle", outcome="booked", at="14:00", form=form).status_code == 302
    made = Appointment.objects.get(status="booked")
    assert (made.client_id, made.therapist_id, made.certainty) == ("dan", "alma", "recorded")
    Matter.objects.filter(pk=asked.pk).update(closed_at=None, outcome="")
    assert sent(ruth, asked, "settle", seen=1, outcome="paused").status_code == 302
    until = Pause.objects.get().until
    assert until is not None
    said = text(ruth.get(f"/holding/{asked.key}"))
    assert f"A break is agreed, until {until:%A} {until.day} {until:%B} . Settled on" in said.replace(".", " .")
    assert f"a break is agreed, until {until.day} {until:%B}" in said
    assert "What you settle below" not in said


def test_what_was_planned_stands_in_the_form_and_a_time_is_asked_only_where_something_can_be_booked(
    asked, ruth, cast, now
):
    day = (now + timedelta(days=3)).date()
    assert sent(ruth, asked, "plan", what="call", on=day).status_code == 302
    page = ruth.get(f"/holding/{asked.key}").content.decode()
    assert f'value="{day}" required' in page
    assert 'type="time"' in page
    appointment(cast.dan, cast.alma, now + timedelta(days=5), status="booked")
    page = ruth.get(f"/holding/{asked.key}").content.decode()
    assert 'type="time"' not in page
    assert "For a break: until which day" in page


def test_a_time_that_is_taken_or_over_settles_nothing(asked, ruth, cast, now, rows):
    from zoneinfo import ZoneInfo

    starts = (now + timedelta(days=3)).astimezone(ZoneInfo("Europe/London")).replace(hour=14, minute=0)
    appointment(cast.eli, cast.alma, starts, status="booked")
    before = rows()
    taken = sent(ruth, asked, "settle", outcome="booked", on=starts.date(), at="14:20")
    assert taken.status_code == 409
    assert "sees somebody else at that time" in taken.content.decode()
    over = sent(ruth, asked, "settle", outcome="booked", on="2020-01-01", at="14:00")
    assert over.status_code == 409
    half = sent(ruth, asked, "settle", outcome="booked", at="")
    assert half.status_code == 422
    after = rows()
    assert {name for name in before if before[name] != after[name]} <= {"Event", "Session"}


# --- whose it is ------------------------------------------------------------------------------------


def test_what_his_own_client_asked_for_is_not_shown_to_a_care_contact_who_treats_him(asked, ruth, cast):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    assert ruth.get(f"/holding/{asked.key}").status_code == 200
    add_member("care_contact", Role.THERAPIST, therapist_id="alma")
    assert ruth.get(f"/holding/{asked.key}").status_code == 404
    assert sent(ruth, asked, "take").status_code == 404
    assert "dan" not in text(ruth.get("/holding/"))


def test_a_matter_of_the_therapists_is_not_the_care_contacts_nor_another_therapists(cast, ruth, now):
    his = opened(cast, now, said={"words": "After six"})
    alma, ben = signed_in("therapist", "alma"), signed_in("therapist", "ben")
    assert "After six" in text(alma.get(f"/holding/{his.key}"))
    assert "Asked to be called" in text(alma.get("/holding/"))
    for other in (ruth, ben):
        assert other.get(f"/holding/{his.key}").status_code == 404
        assert sent(other, his, "take").status_code == 404
        assert "dan" not in text(other.get("/holding/"))
    assert alma.get(f"/holding/{his.key}/another").status_code == 404
    assert sent(alma, his, "settle", outcome="talked").status_code == 302


def test_what_the_care_contact_holds_is_not_the_therapists(asked, cast):
    alma = signed_in("therapist", "alma")
    assert alma.get(f"/holding/{asked.key}").status_code == 404
    assert sent(alma, asked, "take").status_code == 404
    assert "Nobody asked for anything" in text(alma.get("/holding/"))


def test_names_and_numbers_are_on_the_page_of_the_matter_and_reading_is_audited(asked, ruth, cast, now):
    from holdfast_site.audit.models import Event
    from tests.site.people.test_contacts import kept

    kept(cast.dan, now, name="Dan Marsh", phone="07700 900123")
    kept(cast.eli, now, name="Eli Zanzibar")
    assert "Dan Marsh" in text(ruth.get("/holding/"))
    assert "07700 900123" in text(ruth.get(f"/holding/{asked.key}"))
    assert "Zanzibar" not in text(ruth.get("/holding/"))
    told = [" ".join(row) for row in Event.objects.values_list("actor", "action", "about")]
    assert any(re.fullmatch(rf"care_contact:\d+ matter.read matter:{asked.pk}", one) for one in told)
    assert any(re.fullmatch(r"care_contact:\d+ matters.read matters:1", one) for one in told)


@pytest.mark.long
def test_the_number_of_queries_does_not_grow_with_the_list(cast, ruth, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.site.people.test_contacts import kept

    def queries():
        with CaptureQueriesContext(connection) as asked:
            ruth.get("/holding/")
        return len(asked)

    alone = queries()
    for number in range(20):
        kept(weekly(f"c{number}", cast.alma, now, since=3), now, name="Dan Marsh")
    noticed(now)
    assert queries() <= alone + 2


def test_who_did_not_answer_twice_is_put_to_his_therapist_alone(cast, ruth, now, browser):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    alma, ben = signed_in("therapist", "alma"), signed_in("therapist", "ben")
    address = "/holding/"
    links = {}
    for client_, therapist in ((cast.dan, cast.alma), (client("finn"), cast.alma), (client("gus"), cast.alma)):
        for days in (12, 5):
            one = appointment(client_, therapist, now - timedelta(days=days))
            links[client_.pk, days] = invite(by=ANYONE, appointment=one, now=now - timedelta(days=days))
    assert "Did not answer twice" in text(alma.get(address))
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import Given, keep_as_given

    for name, audience in (("finn", Audience.THERAPIST), ("gus", Audience.CARE_CONTACT)):
        invitation = links[name, 5][0]
        keep_as_given([Given(invitation, uuid4(), Answers.of([("pace", 1, audience)]), now - timedelta(days=4))])
    said = text(alma.get(address))
    assert "finn" not in said
    assert "gus" in said  # kept from her: as if he had not answered
    assert "dan" in said
    for other in (ruth, ben):
        assert "Did not answer twice" not in text(other.get(address))


# --- what was kept from a therapist -----------------------------------------------------------------


@pytest.fixture(name="kept_box")
def _kept_box(cast, browser):
    from holdfast_site.checkins.models import SealedBox
    from tests.site.checkins.test_answer import filled

    browser.post(cast.address, filled(who="care_contact", words="Zanzibar"))
    return SealedBox.objects.get(audience="care_contact")


def test_what_was_kept_says_how_to_reach_him_and_is_taken_on_once(cast, kept_box, ruth, now):
    from tests.site.people.test_contacts import kept

    kept(cast.dan, now, name="Dan Marsh", phone="07700 900123")
    page = text(ruth.get("/kept/"))
    assert "dan · Dan Marsh" in page
    assert "07700 900123" in page
    form = {"box": kept_box.pk, "form": uuid4()}
    answers = [ruth.post("/kept/", form), ruth.post("/kept/", form), ruth.post("/kept/", {**form, "form": uuid4()})]
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert matters() == [("dan", "kept")]
    assert "Kept something from his therapist. With alma." in text(ruth.get("/holding/"))
    assert "Care_contact has it" in text(ruth.get("/kept/"))
    whole = text(ruth.get(answers[0].headers["Location"]))
    assert "opened from what he kept" in whole
    assert "07700 900123" in whole
    assert "Take it on" not in whole
    assert "Zanzibar" not in whole  # it stays where he left it


@pytest.mark.parametrize(
    ("reply", "kind"),
    [({"reply": "someone_else"}, "someone_else"), ({"reply": "done", "who_done": "care_contact"}, "done")],
)
def test_a_wish_that_was_kept_is_one_matter_wherever_it_is_taken_on(cast, ruth, browser, now, reply, kind):
    from holdfast_site.checkins.models import SealedBox
    from tests.site.before.test_ask import asked as ask
    from tests.site.before.test_ask import replied

    about = appointment(cast.dan, cast.alma, now + timedelta(hours=30), status="booked")
    browser.post(ask(about, now), {**replied(""), **reply, "words": "Zanzibar"})
    assert ("dan", kind) in (before := matters())
    page = text(ruth.get("/kept/"))
    assert "Nobody has it yet" in page
    assert "Take it on" not in page
    box = SealedBox.objects.get(audience="care_contact")
    answer = ruth.post("/kept/", {"box": box.pk, "form": uuid4()})  # from a page of before
    assert matters() == before
    assert "Care_contact has it" in text(ruth.get(answer.headers["Location"]))
    assert "Care_contact has it" in text(ruth.get("/kept/"))


def test_what_was_agreed_as_he_asked_can_be_settled_so(cast, now):
    from holdfast_site.handover.models import Kind

    alma = signed_in("therapist", "alma")
    slower, done = (opened(cast, now, kind=kind) for kind in (Kind.SLOWER, Kind.DONE))
    assert "Agreed: from now on as he asked" in text(alma.get(f"/holding/{slower.key}"))
    assert "Agreed: from now on as he asked" not in text(alma.get(f"/holding/{done.key}"))
    assert sent(alma, slower, "settle", outcome="agreed", on="").status_code == 302
    assert "Agreed: from now on as he asked. Settled on" in text(alma.get(f"/holding/{slower.key}"))


def test_how_much_was_asked_for_and_not_begun_stands_on_every_page_of_the_therapist(cast, now):
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind

    alma, ben = signed_in("therapist", "alma"), signed_in("therapist", "ben")
    opened(cast, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT)
    assert "not begun" not in text(alma.get("/today/"))
    slower = opened(cast, now, kind=Kind.SLOWER)
    opened(cast, now)
    assert "2 not begun" in text(alma.get("/today/"))
    assert "not begun" not in text(alma.get("/today/client/dan"))  # the tabs lead elsewhere
    assert "not begun" not in text(ben.get("/today/"))
    sent(alma, slower, "take")
    assert "1 not begun" in text(alma.get("/today/"))


@pytest.mark.hazard("H-09")
def test_a_taken_up_matter_of_what_was_kept_changes_no_page_of_his_therapist(cast, kept_box, ruth):
    alma, ben = signed_in("therapist", "alma"), signed_in("therapist", "ben")
    pages = ("/today/", "/today/client/dan", "/holding/", "/standing-in/")

    def shown():
        return [text(one.get(page)) for one in (alma, ben) for page in pages]

    before = shown()
    ruth.post("/kept/", {"box": kept_box.pk, "form": uuid4()})
    assert matters() == [("dan", "kept")]
    assert shown() == before


def test_what_was_kept_is_taken_on_by_nobody_who_treats_him(kept_box, ruth):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    add_member("care_contact", Role.THERAPIST, therapist_id="alma")
    assert ruth.post("/kept/", {"box": kept_box.pk, "form": uuid4()}).status_code == 404
    assert matters() == []


def test_what_he_asked_of_a_therapist_he_has_left_holds_nobody_up(cast, now):
    """Nobody can see it there any more: it is closed, and whoever goes quiet afterwards is noticed."""
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind, Matter

    asked = opened(cast, now, kind=Kind.SLOWER, holder=Role.THERAPIST)
    noticed(now)
    assert Matter.objects.get(pk=asked.pk).closed_at is None
    appointment(cast.dan, cast.ben, now + timedelta(days=3), status="booked")
    noticed(now)
    closed = Matter.objects.get(pk=asked.pk)
    assert (closed.outcome, closed.closed_at is None) == ("by_itself", False)


@pytest.mark.hazard("H-09")
def test_an_address_of_a_matter_tells_nothing_of_others(cast, now):
    from holdfast_site.access.actors import Role

    held = opened(cast, now, holder=Role.THERAPIST)
    page = signed_in("therapist", "alma").get("/holding/").content.decode()
    assert f"/holding/{held.key}" in page
    assert not re.search(r"/holding/\d+\b", page.replace(str(held.key), ""))


def test_whatever_was_kept_can_be_reached_however_much_came_after_it(cast, browser, ruth, monkeypatch):
    from holdfast_site.handover import selectors
    from tests.site.checkins.test_answer import filled

    monkeypatch.setattr(selectors, "SHOWN", 1)
    browser.post(cast.address, filled(who="care_contact", words="the first"))
    assert "Earlier ones" not in text(ruth.get("/kept/"))
    browser.post(f"/c/{cast.other_link}", filled(who="care_contact", words="the second"))
    latest, earlier = text(ruth.get("/kept/")), text(ruth.get("/kept/?page=2"))
    assert ("the second" in latest, "the first" in latest, "1 to 1 of 2." in latest) == (True, False, True)
    assert ("the second" in earlier, "the first" in earlier, "Newer ones" in earlier) == (False, True, True)
    for odd in ("99", "0", "-1", "x", "1e9"):
        assert ruth.get(f"/kept/?page={odd}").status_code == 200
