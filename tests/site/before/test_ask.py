"""Before a session: six equal answers, each of which does something, for whom he was told before he sent it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.access.test_canaries import as_him
from tests.site.conftest import appointment, client, signed_in

pytestmark = pytest.mark.long

CANARY = "Zanzibar"


@pytest.fixture(name="booked")
def _booked(cast, now):
    """Dan's next appointment with Alma."""
    return appointment(cast.dan, cast.alma, now + timedelta(hours=30), status="booked")


def asked(about, now):
    """Ask before an appointment; the address of the page."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import ask_before

    return f"/n/{ask_before(by=ANYONE, appointment=about, now=now)[1]}"


@pytest.fixture(name="address")
def _address(booked, now):
    return asked(booked, now)


def replied(reply, **more):
    return {"form": str(uuid4()), "reply": reply, **more}


def matters(settings):
    """Every open matter: kind, who holds it, what was said."""
    from holdfast_site.handover.models import Matter

    found = []
    for one in Matter.objects.filter(closed_at=None).select_related("client").order_by("pk"):
        box = settings.VAULT.client_box(one.client_id, one.client.wrapped_key)
        said = json.loads(box.open(one.sealed, place=one.place)) if one.sealed else {}
        found.append((one.kind, one.holder, said))
    return found


def kept():
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.checkins.selectors import opened

    boxes = SealedBox.objects.select_related("submission__invitation__appointment__client")
    return {box.audience: dict(opened(box, box.submission.invitation.appointment.client)) for box in boxes}


def test_it_asks_six_equal_things_and_prefers_none(cast, browser, address):
    page = browser.get(address).content.decode()
    replies = re.findall(r'<label class="pick"><input type="radio" name="reply" value="(\w+)"><span>([^<]+)', page)
    assert [value for value, _ in replies] == ["coming", "slower", "someone_else", "pause", "done", "call"]
    assert not re.search(r"<[^>]* (checked|selected|required)\b", page)
    assert "This box is not checked for emergencies." in page
    assert not [word for word in ("alma", "dan", "Ruth", "Hill Street") if re.search(rf"\b{word}\b", page)]


@pytest.mark.hazard("H-18")
@pytest.mark.parametrize(
    ("reply", "kind", "holder", "says"),
    [("slower", "slower", "therapist", "go slower"), ("call", "call", "therapist", "told to call you"),
     ("pause", "pause", "therapist", "agrees it with you"), ("done", "done", "therapist", "you are done"),
     ("someone_else", "someone_else", "care_contact", "not even that you answered")],
)  # fmt: skip
def test_each_answer_opens_a_matter_for_the_right_person_and_says_so(
    cast, browser, address, settings, reply, kind, holder, says
):
    answer = browser.post(address, replied(reply))
    assert answer.status_code == 200
    assert [(one[0], one[1]) for one in matters(settings)] == [(kind, holder)]
    page = answer.content.decode()
    assert says in page
    assert "Monday to Friday, 9 to 5" in page
    assert "stands until you or the practice cancels it" in page


def test_coming_is_kept_and_asks_nobody_for_anything(cast, browser, address, settings):
    page = browser.post(address, replied("coming", attend_next="9")).content.decode()
    assert "Your therapist sees that you're coming." in page
    assert matters(settings) == []
    assert kept() == {"therapist": {"reply": "coming", "attend_next": 9}}


def test_what_he_adds_goes_with_it(cast, browser, address, booked, settings):
    browser.post(address, replied("pause", until="4", words="Moving house", cancel="on"))
    ((kind, holder, said),) = matters(settings)
    assert (kind, holder) == ("pause", "therapist")
    assert said["until"] == "For 4 weeks"
    assert said["words"] == "Moving house"
    assert said["cancel"].startswith("Asks the practice to cancel ")


@pytest.mark.parametrize("more", [{}, {"attend_next": "0"}])
def test_asking_to_cancel_alone_reaches_somebody(cast, browser, address, settings, more):
    page = browser.post(address, replied("", cancel="on", **more)).content.decode()
    assert "You asked the practice to cancel" in page
    ((kind, holder, said),) = matters(settings)
    assert (kind, holder, list(said)) == ("cancel", "therapist", ["cancel"])


def test_someone_else_can_be_told_to_the_therapist_too(cast, browser, address, settings):
    page = browser.post(address, replied("someone_else", who_switch="therapist", words="No click")).content.decode()
    assert [(kind, holder) for kind, holder, _ in matters(settings)] == [
        ("someone_else", "therapist"), ("someone_else", "care_contact"),
    ]  # fmt: skip
    assert "so is the practice's care contact" in page


def test_where_nothing_can_be_kept_someone_else_goes_to_the_therapist_and_the_page_says_so_before(
    cast, browser, address, settings
):
    settings.SITE = settings.SITE.model_copy(update={"care_contact": None})
    page = browser.get(address).content.decode()
    assert "there is nobody else who could be" in page
    assert 'value="care_contact"' not in page
    browser.post(address, replied("someone_else"))
    assert [(kind, holder) for kind, holder, _ in matters(settings)] == [("someone_else", "therapist")]


def test_a_choice_that_is_no_longer_kept_is_never_turned_into_another(cast, browser, address, settings, rows):
    settings.SITE = settings.SITE.model_copy(update={"care_contact": None})
    before = rows()
    answer = browser.post(address, replied("someone_else", who_switch="care_contact", words="No click"))
    assert answer.status_code == 422
    assert 'value="No click"' in answer.content.decode()
    assert rows() == before


def test_why_he_is_done_can_be_for_the_care_contact_alone(cast, browser, address, settings):
    browser.post(address, replied("done", why="we did not click", words=CANARY, who_done="care_contact"))
    assert kept() == {
        "therapist": {"reply": "done"},
        "care_contact": {"why": "we did not click", "words": CANARY},
    }
    assert matters(settings) == [
        ("done", "therapist", {}),
        ("done", "care_contact", {"why": "Why: we did not click", "words": CANARY}),
    ]


@pytest.mark.hazard("H-09")
@pytest.mark.parametrize("who", ["therapist", "care_contact"])
def test_the_desk_sees_that_he_asked_to_cancel_and_nothing_else_and_can_do_it(cast, browser, address, booked, who):
    from django.utils import timezone

    from holdfast_site.people.models import Appointment
    from tests.site.conftest import signed_in

    desk, alma = signed_in("desk"), signed_in("therapist", "alma")
    day = f"/schedule/?on={timezone.localdate(booked.starts_at)}"
    assert "called off" not in desk.get(day).content.decode()
    told = replied("someone_else", who_switch=who, words="Zanzibar", cancel="on", who=who, who_words=who)
    assert browser.post(address, told).status_code == 200
    for page in (day, "/schedule/", f"/schedule/appointment/{booked.pk}"):
        said = desk.get(page).content.decode()
        assert "sked to have it called off" in said
        assert "Zanzibar" not in said
        assert "omeone else" not in said
    if who == "care_contact":
        for page in ("/today/", "/today/client/dan", "/holding/"):
            assert "cancel" not in alma.get(page).content.decode()
            assert "called off" not in alma.get(page).content.decode()
    desk.post(f"/schedule/appointment/{booked.pk}", {"do": "off", "who": "client"})
    one = Appointment.objects.get(pk=booked.pk)
    assert (one.status in ("cancelled", "late_cancelled"), one.initiated_by) == (True, "client")
    assert "sked to have it called off" not in desk.get(day).content.decode()


@pytest.mark.hazard("H-09")
@pytest.mark.parametrize("who", ["therapist", "care_contact"])
def test_at_the_desk_too_his_therapist_sees_only_what_he_did_not_keep_from_her(cast, browser, address, booked, who):
    from django.utils import timezone

    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Member
    from holdfast_site.accounts.services import add_member
    from tests.site.own.address.reached import in_role

    others = signed_in("desk")
    signed_in("therapist", "alma")
    alma = Member.objects.get(posts__therapist="alma")
    add_member(alma.login, Role.DESK)
    hers = in_role(alma, "desk")
    browser.post(address, replied("someone_else", who_switch=who, cancel="on"))
    day = f"/schedule/?on={timezone.localdate(booked.starts_at)}"
    for page in (day, "/schedule/", f"/schedule/appointment/{booked.pk}"):
        assert "sked to have it called off" in others.get(page).content.decode()
        assert ("sked to have it called off" in hers.get(page).content.decode()) == (who == "therapist")


@pytest.mark.parametrize("who", ["therapist", "care_contact"])
def test_when_the_desk_has_called_it_off_nobody_has_to_see_to_it_any_more(cast, browser, address, booked, who):
    from holdfast_site.audit.models import Event
    from holdfast_site.handover.models import Matter

    desk = signed_in("desk")
    browser.post(address, replied("", cancel="on", who=who))
    asked = Matter.objects.get(kind="cancel")
    assert asked.closed_at is None
    for _ in range(2):
        desk.post(f"/schedule/appointment/{booked.pk}", {"do": "off", "who": "client"})
    asked.refresh_from_db()
    assert (asked.closed_at is not None, asked.outcome) == (True, "by_itself")
    settled = Event.objects.filter(action="matter.settled", about=f"matter:{asked.pk}")
    assert [one.actor.partition(":")[0] for one in settled] == ["desk"]


def test_what_he_said_with_it_still_waits_for_a_reader(cast, browser, address, booked):
    from holdfast_site.handover.models import Matter

    browser.post(address, replied("", cancel="on", words="Please call me about it"))
    signed_in("desk").post(f"/schedule/appointment/{booked.pk}", {"do": "off", "who": "client"})
    assert Matter.objects.get(kind="cancel").closed_at is None


def test_who_asked_for_two_to_be_called_off_is_done_with_when_both_are(cast, browser, address, booked, now):
    from holdfast_site.handover.models import Matter

    second = appointment(cast.dan, cast.alma, now + timedelta(hours=40), status="booked")
    browser.post(address, replied("", cancel="on"))
    browser.post(asked(second, now), replied("", cancel="on"))
    desk = signed_in("desk")
    for one, is_closed in ((booked, False), (second, True)):
        desk.post(f"/schedule/appointment/{one.pk}", {"do": "off", "who": "client"})
        assert (Matter.objects.get(kind="cancel").closed_at is not None) == is_closed


def test_coming_and_cancelling_at_once_is_asked_back(cast, browser, address, rows):
    before = rows()
    answer = browser.post(address, replied("coming", cancel="on", words="Late train"))
    assert answer.status_code == 422
    assert "Choose one of the two" in answer.content.decode()
    assert 'value="Late train"' in answer.content.decode()
    assert rows() == before


def test_a_mis_tap_on_send_keeps_nothing_and_leaves_the_link_open(cast, browser, address, rows):
    before = rows()
    page = browser.post(address, {"form": str(uuid4()), "who_done": "therapist", "until": "4"}).content.decode()
    assert "Nothing was chosen yet, so nothing was sent." in page
    assert rows() == before
    assert browser.post(address, replied("coming")).status_code == 200
    assert kept() == {"therapist": {"reply": "coming"}}


def test_the_same_form_twice_is_kept_once_with_the_same_thanks(cast, browser, address, rows):
    form = replied("done", why="money or time")
    first = browser.post(address, form)
    after = rows()
    second = browser.post(address, {**form, "reply": "coming", "why": ""})
    assert (second.status_code, second.content) == (200, first.content)
    assert rows() == after


def test_another_form_is_not_added_and_says_so(cast, browser, address, rows):
    browser.post(address, replied("coming"))
    after = rows()
    answer = browser.post(address, replied("done"))
    assert answer.status_code == 409
    assert "What you sent now was not added." in answer.content.decode()
    assert rows() == after
    link = address.rpartition("/")[2]
    for page in (answer, browser.get(address)):
        assert f'href="/say/{link}"' in page.content.decode()
        assert f'href="/stop/{link}"' in page.content.decode()


@pytest.mark.parametrize("looks", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_looking_changes_nothing_and_then_he_can_answer(cast, browser, address, rows, looks):
    before = rows()
    for number in range(looks):
        method = ("get", "head")[number % 2]
        assert getattr(browser, method)(address, headers={"Purpose": "prefetch"}).status_code == 200
    assert rows() == before
    assert browser.post(address, replied("slower")).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.slow)])
def test_the_same_form_a_hundred_times_at_once_is_one_row_and_one_matter(
    cast, booked, now, sent_a_hundred_times, rounds
):
    from holdfast_site.checkins.models import Submission
    from holdfast_site.handover.models import Matter

    for number in range(rounds):
        address, form = asked(booked, now + timedelta(seconds=number)), replied("call", words=f"round {number}")
        assert sent_a_hundred_times(address, form) == [200] * 100
        assert Submission.objects.filter(form=form["form"]).count() == 1
        assert Matter.objects.filter(kind="call").count() == 1


@pytest.mark.parametrize("why", ["it has begun", "it was cancelled"])
def test_when_there_is_nothing_left_to_ask_the_link_is_closed(
    cast, browser, booked, address, now, rows, why, monkeypatch
):
    from django.utils import timezone

    if why == "it has begun":
        monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=31))
    else:
        booked.status = "cancelled"
        booked.save()
    before = rows()
    assert browser.get(address).status_code == 410
    assert browser.post(address, replied("done")).status_code == 410
    assert rows() == before


def test_a_full_disk_says_so_and_the_page_keeps_what_he_wrote(cast, browser, address, rows, monkeypatch):
    from django.db import OperationalError

    from holdfast_site.before import services

    def full(*_, **__):
        raise OperationalError("database or disk is full")

    before = rows()
    monkeypatch.setattr(services, "open_matter", full)
    answer = browser.post(address, replied("pause", until="8", words="Not now"))
    page = answer.content.decode()
    assert answer.status_code == 503
    assert 'value="Not now"' in page
    assert 'name="until" value="8" checked' in page
    assert 'href="tel:116123"' in page
    assert rows() == before  # neither answer without matter, nor matter without answer


def test_one_kind_of_link_does_not_open_the_other_kind_of_page(cast, browser, address):
    assert browser.get(address.replace("/n/", "/c/")).status_code == 404
    assert browser.get(cast.address.replace("/c/", "/n/")).status_code == 404
    assert browser.get(address.replace("/n/", "/back/")).status_code == 404


def test_the_page_is_small_and_sets_no_cookie(cast, browser, address):
    from holdfast_site.settings import HERE

    files = sum((HERE / "static" / name).stat().st_size for name in ("site.css", "leave.js", "icon.svg"))
    assert len(browser.get(address).content) + files <= 40_000
    browser.post(address, replied("done"))
    assert not browser.cookies


# --- what reaches the tables and the therapist --------------------------------------------------------


def rows_of_checkins(now):
    from holdfast_site.caseload.adapters import tables

    return tables(now)["checkins"].sort("sent_at").to_dicts()


def test_how_likely_he_comes_reaches_the_librarys_table(cast, browser, booked, address, now):
    browser.post(address, replied("coming", attend_next="3"))
    (row,) = [one for one in rows_of_checkins(now) if one["appointment_id"] == booked.appointment_id]
    assert row["attend_next"] == 3
    assert row["answered_at"] is not None
    assert row["pace"] is None


def test_it_goes_out_into_tables_and_comes_in_again(cast, browser, address, booked, tmp_path, now):
    from holdfast_site.caseload.loading import load
    from holdfast_site.checkins.models import Invitation, SealedBox, Submission
    from tests.site.caseload.test_tables import written

    browser.post(address, replied("coming", attend_next="3"))
    found = written(tmp_path / "tables", now + timedelta(seconds=1))
    for model in (SealedBox, Submission, Invitation):
        model.objects.all().delete()
    load(found)
    (row,) = [one for one in rows_of_checkins(now) if one["appointment_id"] == booked.appointment_id]
    assert row["attend_next"] == 3
    assert Invitation.objects.get(appointment=booked).asks == "before"


@pytest.mark.long
def test_the_silence_model_hears_it(cast, browser, now):
    from holdfast.silence import moments
    from holdfast_site.caseload.adapters import tables

    for weeks in range(1, 9):
        appointment(cast.dan, cast.alma, now - timedelta(weeks=weeks))
    address = asked(appointment(cast.dan, cast.alma, now + timedelta(hours=30), status="booked"), now)
    browser.post(address, replied("", attend_next="1"))
    seen = moments(tables(now + timedelta(minutes=1)))
    (judged,) = seen.tails.filter(client_id="dan").sort("contact").tail(1)["before"]
    assert judged == "low"


@pytest.mark.hazard("H-09")
def test_what_was_kept_from_his_therapist_leaves_everything_of_hers_as_it_was(cast, browser, address, now):
    alma = signed_in("therapist", "alma")

    def hers():
        pages = "".join(alma.get(one).content.decode() for one in ("/today/", "/today/client/dan"))
        return as_him(pages), rows_of_checkins(now)

    before = hers()
    browser.post(address, replied("someone_else", attend_next="0", words=CANARY, cancel="on"))
    assert hers() == before
    assert CANARY in signed_in("care_contact").get("/kept/").content.decode()


@pytest.mark.parametrize("pairs", [5, pytest.param(500, marks=pytest.mark.slow)])
def test_two_who_differ_only_in_a_private_wish_look_the_same_to_their_therapist(cast, browser, now, pairs):
    from django.db import transaction

    addresses = {}
    with transaction.atomic():
        for number in range(pairs):
            for twin in "ab":
                him = client(f"{number}{twin}")
                appointment(him, cast.alma, now - timedelta(hours=30))
                addresses[him.pk] = asked(appointment(him, cast.alma, now + timedelta(hours=30), status="booked"), now)
    for number in range(0, pairs):
        browser.post(addresses[f"{number}a"], replied("someone_else", attend_next=str(number % 11)))
    alma = signed_in("therapist", "alma")
    with transaction.atomic():  # what is noted of so many looks goes to the disk once
        for number in range(pairs):
            twins = [f"{number}{twin}" for twin in "ab"]
            pages = [as_him(alma.get(f"/today/client/{twin}").content.decode(), twin) for twin in twins]
            assert pages[0] == pages[1]
    hidden = ("client_id", "appointment_id")
    told = [{name: value for name, value in row.items() if name not in hidden} for row in rows_of_checkins(now)]
    assert len([row for row in told if row["answered_at"] is not None]) == 0


def test_what_is_for_her_stands_on_her_page_in_words(cast, browser, address):
    browser.post(address, replied("pause", until="4", attend_next="2"))
    page = signed_in("therapist", "alma").get("/today/client/dan").content.decode()
    assert "Asked for a pause of 4 weeks" in page
    assert "How likely he comes next time: 2 of 10" in page


def test_a_reply_does_not_change_what_the_next_checkin_asks(cast, browser, address, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    later = now + timedelta(minutes=1)
    browser.post(address, replied("coming", attend_next="9"))
    after, _ = invite(by=ANYONE, appointment=cast.invitation.appointment, now=later)
    assert after.rotating == cast.invitation.rotating


# --- what was promised, when it cannot be kept any more ------------------------------------------------


@pytest.mark.hazard("H-09")
def test_a_promise_to_keep_his_wish_that_cannot_be_kept_sends_nothing(cast, browser, address, settings):
    from holdfast_site.accounts.models import Post

    page = browser.get(address).content.decode()
    assert 'name="promised" value="yes"' in page
    Post.objects.filter(role="care_contact").delete()
    wish = replied("someone_else", words=CANARY, promised="yes")
    answer = browser.post(address, wish)
    assert answer.status_code == 422
    assert "Nothing was sent" in answer.content.decode()
    assert CANARY in answer.content.decode()
    assert matters(settings) == []
    again = {name: value for name, value in wish.items() if name != "promised"}  # the page now says who reads it
    assert 'name="promised"' not in answer.content.decode()
    assert browser.post(address, again).status_code == 200


@pytest.mark.parametrize(("phone", "says"), [("", "tell the practice."), ("020 7946 0321", 'href="tel:02079460321"')])
def test_pages_that_say_to_call_name_the_number_if_there_is_one(cast, browser, address, settings, phone, says):
    settings.SITE = settings.SITE.model_copy(update={"phone": phone})
    assert (says in browser.get(address).content.decode()) == bool(phone)
    assert says in browser.post(address, replied("done")).content.decode()
    assert says in browser.get(address).content.decode()
    assert says in browser.post(address, replied("coming")).content.decode()


def test_a_closed_page_names_the_number(cast, browser, address, settings, now, monkeypatch):
    from django.utils import timezone

    settings.SITE = settings.SITE.model_copy(update={"phone": "020 7946 0321"})
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=80))
    for closed in (address, cast.address):
        answer = browser.get(closed)
        assert answer.status_code == 410
        assert 'href="tel:02079460321"' in answer.content.decode()


@pytest.mark.parametrize("reply", ["slower", "call", "pause", "done", "coming"])
def test_nobody_is_asked_to_come_to_somebody_who_is_away_and_what_he_says_reaches_the_stand_in(
    cast, browser, booked, address, now, reply
):
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.services import keep_leave

    days = {"first_day": timezone.localdate(now), "last_day": timezone.localdate(booked.starts_at)}
    keep_leave(by=OPERATOR, therapist=cast.alma, stand_in=cast.ben, now=now, **days)
    page = browser.get(address).content.decode()
    assert "cannot be as booked</h1>" in page
    assert "The practice tells you a new time." in page
    assert not re.search(r'Coming\?|value="coming"|name="attend_next"|name="cancel"|The appointment stays', page)
    assert not [word for word in ("alma", "ben", "dan", "Hill Street") if re.search(rf"\b{word}\b", page)]
    thanks = browser.post(address, replied(reply, words=CANARY)).content.decode()
    assert "The practice tells you a new time in place of" in thanks
    assert "stands until" not in thanks
    assert ("or whoever stands in" in thanks) == (reply != "coming")
    seen = signed_in("therapist", "ben").get("/standing-in/").content.decode()
    assert ("With alma." in seen) == (reply != "coming")
    assert CANARY not in seen


@pytest.mark.hazard("H-08")
@pytest.mark.parametrize("is_closed", [False, True])
def test_whoever_may_stand_in_until_then_is_named_whatever_is_in_the_way(
    cast, browser, booked, address, now, is_closed
):
    """He is away today only, or the practice is closed on the day itself: the page asks for no safe number."""
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.services import keep_closed, keep_leave

    today, day = timezone.localdate(now), timezone.localdate(booked.starts_at)
    keep_leave(
        by=OPERATOR,
        therapist=cast.alma,
        stand_in=cast.ben,
        now=now,
        first_day=today,
        last_day=day if is_closed else today,
    )
    if is_closed:
        keep_closed(by=OPERATOR, first_day=day, last_day=day, now=now)
    page = browser.get(address).content.decode()
    assert "whoever stands in sees what you ask for here, but not the words" in page
    assert "which number is safe" not in page
    assert "or whoever stands in" in browser.post(address, replied("call", words=CANARY)).content.decode()
