"""A client's own page: everything of his and nothing of others, who looked, his decisions, and the way to it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.accounts.authenticator import Phone
from tests.site.accounts.ways import ask, window
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in

pytestmark = pytest.mark.long

PAGES = (
    "",
    "answers",
    "held",
    "looked",
    "allowed",
    "reach",
    "questions",
    "download",
    "download/html",
    "download/json",
    "download/fhir",
)


@pytest.fixture(name="dan")
def _dan(cast):
    return signed_in("client", of=cast.dan)


def everything(browser):
    return "".join(browser.get(f"/mine/{page}").content.decode() for page in PAGES)


def keep(invitation, now, *answers):
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import Given, keep_as_given

    given = [(name, value, Audience(who)) for name, value, who in answers]
    keep_as_given([Given(invitation, uuid4(), Answers.of(given), now)])


def invited(whose, with_whom, now, *answers):
    """One more session with its check-in."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    his = appointment(whose, with_whom, now - timedelta(hours=2))
    invitation, _ = invite(by=ANYONE, appointment=his, now=now)
    keep(invitation, now, *answers)
    return invitation


# --- what he sees -----------------------------------------------------------------------------------


def test_he_sees_what_he_said_and_also_what_he_kept_from_his_therapist(cast, browser, dan):
    browser.post(cast.address, filled(words="Zanzibar", words_who="care_contact", pace_who="prompt"))
    page = dan.get("/mine/answers").content.decode()
    assert "Zanzibar" in page
    assert "Too fast" in page
    for words in (
        "Only the care contact reads this",
        "sees only that you want to be asked",
        "Your therapist reads this",
    ):
        assert words in page


@pytest.mark.hazard("H-05", "H-14")
def test_nothing_of_anybody_else_is_on_any_page_or_in_what_he_takes_away(cast, browser, dan, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    browser.post(f"/c/{cast.other_link}", filled(words="Kathmandu", words_who="care_contact"))
    keep_contact(by=OPERATOR, client=cast.eli, card=ContactCard(name="Elias Quux", phone="0999"), now=now)
    keep_contact(by=OPERATOR, client=cast.dan, card=ContactCard(name="Daniel Foo", wishes="after six"), now=now)
    signed_in("therapist", "ben").get("/today/client/eli")
    text = everything(dan)
    for others in ("Kathmandu", "Elias", "0999", "eli", "ben therapist"):
        assert not re.search(rf"\b{others}\b", text), others
    for his in ("Daniel Foo", "after six"):
        assert his in text


def test_what_he_takes_away_holds_everything_of_his(cast, browser, dan, now):
    browser.post(cast.address, filled(words="Zanzibar", words_who="care_contact"))
    dan.post("/mine/allowed", {"form": uuid4(), "consent": "statistics", "given": "no"})
    answer = dan.get("/mine/download/json")
    assert re.fullmatch(r'attachment; filename="mine-\d{4}-\d\d-\d\d.json"', answer["Content-Disposition"])
    found = json.loads(answer.content)
    said = json.dumps(found["answers"], ensure_ascii=False)
    assert "Zanzibar" in said
    assert "Only the practice's care contact" in said
    assert [one["about"] for one in found["decisions"]] == ["statistics"]
    assert found["appointments"][0]["status"] == "attended"
    assert found["questions_sent"][0]["answered"]
    page = dan.get("/mine/download/html").content.decode()
    assert "Zanzibar" in page
    assert "<script" not in page
    assert "http" not in page


def test_no_flag_is_shown_anywhere_and_that_there_is_a_calculation_is_said(cast, dan, now, settings):
    from holdfast_site.caseload.models import Flag

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    before = clean(everything(dan))
    flag = Flag(client=cast.dan, therapist=cast.alma, at=now)
    told = json.dumps({"signals": [], "words": ["Xanadu"], "chance": "perhaps"}).encode()
    flag.sealed = settings.VAULT.client_box("dan", cast.dan.wrapped_key).seal(told, place=flag.place)
    flag.save()
    assert clean(everything(dan)) == before
    assert "A calculation tells your therapist" in before


def clean(text):
    return re.sub(
        r'csrfmiddlewaretoken[^>]+|name="form" value="[^"]+"|"(?:made_at|timestamp)": "[^"]+"|\d\d:\d\d', "", text
    )


def test_what_changed_is_told_by_what_he_said_later(cast, dan, now):
    for days, value in ((30, 2), (20, 1), (10, 0)):
        invited(cast.dan, cast.alma, now - timedelta(days=days), ("pace", value, "therapist"))
    invited(cast.dan, cast.alma, now - timedelta(days=5), ("tone", -2, "therapist"))
    page = re.sub(r"\s+", " ", dan.get("/mine/").content.decode())
    assert re.search(r"The pace\.</b> You said: too fast \([^)]+\), a bit too fast \([^)]+\)\. Just right on", page)
    assert re.search(r"talks to you\.</b> You said: too gentle \([^)]+\)\. You have not been asked again since\.", page)
    assert "Not better yet" not in page


def test_a_check_in_that_he_answered_a_day_later_has_one_date_on_all_his_pages(cast, dan, now):
    from django.utils import timezone
    from django.utils.formats import date_format

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    ago = appointment(cast.dan, cast.alma, now - timedelta(days=11))
    invitation, _ = invite(by=ANYONE, appointment=ago, now=now - timedelta(days=10))
    keep(invitation, now - timedelta(days=9), ("pace", 2, "therapist"))
    said = date_format(timezone.localtime(now - timedelta(days=9)), "j F Y")
    assert f"too fast ({said})" in dan.get("/mine/").content.decode()
    assert f"<h2>{said}" in dan.get("/mine/answers").content.decode()


def test_the_name_that_he_signs_in_with_is_not_counted_as_a_way_in(cast, dan):
    """Of a way in there is none here: he was let in by the test."""
    assert "No passkey, and no password." in dan.get("/ways").content.decode()
    held = dan.get("/mine/held").content.decode()
    assert "Your ways in" not in held.partition("<main")[2].partition("</main>")[0]
    assert "How you sign in" in held


def test_what_did_not_get_better_is_said_too_and_what_was_kept_from_the_therapist_is_not_called_unheard(cast, dan, now):
    for days, value in ((30, 1), (20, 3)):
        invited(
            cast.dan, cast.alma, now - timedelta(days=days), ("pace", value, "therapist"), ("energy", 2, "care_contact")
        )
    page = dan.get("/mine/").content.decode()
    assert "Not better yet" in page
    assert "energy" not in page


def test_what_was_right_in_between_begins_anew(cast, dan, now):
    for days, value in ((50, 3), (40, 0), (30, 2), (20, 1)):
        invited(cast.dan, cast.alma, now - timedelta(days=days), ("pace", value, "therapist"))
    page = re.sub(r"\s+", " ", dan.get("/mine/").content.decode())
    assert "far too fast" not in page
    assert "Better, and not right yet." in page


def test_what_he_asked_for_stands_there_until_it_was_seen_to_and_what_the_practice_noted_does_not(cast, dan, now):
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.handover.models import Kind, Matter
    from holdfast_site.handover.services import open_matter

    for kind in (Kind.SOMEONE_ELSE, Kind.NOTHING_BOOKED):
        more = {"holder": Role.CARE_CONTACT, "due_on": now.date(), "now": now}
        open_matter(by=ANYONE, client=cast.dan, therapist=cast.alma, kind=kind, **more)
    page = dan.get("/mine/").content.decode()
    assert "you asked for someone else. Somebody is seeing to it." in page
    assert page.count("you asked") == 1
    Matter.objects.update(closed_at=now)
    assert "That was seen to on" in dan.get("/mine/").content.decode()


def test_he_sees_who_looked_by_role_and_name_and_nobody_sees_that_he_did(cast, browser, dan):
    browser.post(cast.address, filled(words="x", words_who="care_contact"))
    alma, ruth = signed_in("therapist", "alma"), signed_in("care_contact")
    for _ in range(2):
        alma.get("/today/client/dan")
    alma.get("/today/")
    ruth.get("/kept/")
    signed_in("therapist", "ben").get("/today/")
    page = re.sub("<[^>]+>", "", dan.get("/mine/looked").content.decode())
    assert "Alma therapist, therapist opened your page (2 times)." in page
    assert "alma therapist, therapist opened the list of the day" in page
    assert "care_contact, care contact opened what is only for the care contact" in page
    assert "ben" not in page


def test_somebody_who_kept_nothing_is_not_told_of_the_care_contacts_list(cast, dan):
    signed_in("care_contact").get("/kept/")
    assert "care contact opened" not in re.sub("<[^>]+>", "", dan.get("/mine/looked").content.decode())


def test_his_visits_are_audited_by_opaque_ids(cast, dan):
    from holdfast_site.audit.models import Event

    dan.get("/mine/")
    dan.get("/mine/download/json")
    found = [" ".join(one) for one in Event.objects.filter(about="client:dan").values_list("actor", "action", "about")]
    assert [re.sub(r"\d+", "N", one) for one in found] == [
        "client:N own.read client:dan",
        "client:N own.downloaded client:dan",
    ]


@pytest.mark.hazard("H-09")
def test_his_page_leaves_the_therapists_pages_as_they_were(cast, browser, dan):
    from tests.site.access.test_canaries import as_him

    browser.post(cast.address, filled(words="x", words_who="care_contact"))
    alma = signed_in("therapist", "alma")
    pages = ("/today/", "/today/client/dan")
    before = [as_him(alma.get(page).content.decode()) for page in pages]
    everything(dan)
    kept = re.search(r"/mine/answers/\d+/1", dan.get("/mine/answers").content.decode())[0]
    dan.post(kept, {"form": uuid4(), "words": "Ulan Bator"})
    dan.post("/mine/allowed", {"form": uuid4(), "consent": "private_route", "given": "no"})
    assert [as_him(alma.get(page).content.decode()) for page in pages] == before


# --- what he does -----------------------------------------------------------------------------------


def test_he_puts_an_answer_right_and_the_old_one_stays_marked(cast, browser, dan):
    browser.post(cast.address, filled())
    alma = signed_in("therapist", "alma")
    assert "Pace: too fast" in alma.get("/today/client/dan").content.decode()
    address = re.search(r"/mine/answers/\d+/0", dan.get("/mine/answers").content.decode())[0]
    page = dan.get(address).content.decode()
    assert '<option value="2" selected>Too fast</option>' in page
    form = uuid4()
    for _ in range(3):
        assert dan.post(address, {"form": form, "pace": "0"}).status_code == 302
    page = re.sub("<[^>]+>", "", dan.get("/mine/answers").content.decode())
    assert re.search(r"Just right You put this right on [^.]+\. Before: Too fast", page)
    assert "Pace: just right" in alma.get("/today/client/dan").content.decode()
    assert "too fast" not in alma.get("/today/client/dan").content.decode()
    from holdfast_site.checkins.models import Correction

    assert Correction.objects.count() == 1


def test_he_can_take_an_answer_back_and_what_he_did_not_touch_stays(cast, browser, dan):
    browser.post(cast.address, filled(words="Zanzibar"))
    address = re.search(r"/mine/answers/\d+/0", dan.get("/mine/answers").content.decode())[0]
    dan.post(address, {"form": uuid4(), "words": ""})
    alma = signed_in("therapist", "alma").get("/today/client/dan").content.decode()
    assert "Zanzibar" not in alma
    assert "Pace: too fast" in alma
    assert "Zanzibar" in dan.get("/mine/answers").content.decode()
    dan.post(address, {"form": uuid4()})
    from holdfast_site.checkins.models import Correction

    assert Correction.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"pace": "9"}, {"pace": "x"}, {"change": "nonsense"}, {"words": "x" * 501}])
def test_what_cannot_be_an_answer_is_not_kept(cast, browser, dan, wrong):
    browser.post(cast.address, filled(words="Zanzibar"))
    address = re.search(r"/mine/answers/\d+/0", dan.get("/mine/answers").content.decode())[0]
    before = dan.get("/mine/answers").content
    assert dan.post(address, {"form": uuid4(), **wrong}).status_code == 422
    assert clean(dan.get("/mine/answers").content.decode()) == clean(before.decode())


def test_he_says_yes_and_no_and_an_old_page_sent_again_changes_nothing(cast, dan, now):
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.selectors import allows

    form = uuid4()
    dan.post("/mine/allowed", {"form": form, "consent": "supervisor_reads", "given": "yes"})
    assert allows(cast.dan, Consent.SUPERVISOR_READS, at=now)
    dan.post("/mine/allowed", {"form": uuid4(), "consent": "supervisor_reads", "given": "no"})
    dan.post("/mine/allowed", {"form": form, "consent": "supervisor_reads", "given": "yes"})
    assert not allows(cast.dan, Consent.SUPERVISOR_READS, at=now)
    assert not allows(cast.eli, Consent.SUPERVISOR_READS, at=now)
    assert dan.post("/mine/allowed", {"form": uuid4(), "consent": "research", "given": "yes"}).status_code == 422


def test_he_pauses_the_questions_stops_them_and_goes_on(cast, dan, now):
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.selectors import allows, paused_until

    assert dan.post("/mine/questions", {"form": uuid4(), "stop": "28"}).status_code == 302
    assert not allows(cast.dan, Consent.CHECKINS, at=now)
    assert allows(cast.dan, Consent.CHECKINS, at=now + timedelta(days=29))
    dan.post("/mine/questions", {"form": uuid4(), "stop": "stop"})
    assert not allows(cast.dan, Consent.CHECKINS, at=now + timedelta(days=900))
    assert paused_until(cast.dan, at=now) is None
    dan.post("/mine/questions", {"form": uuid4(), "stop": ""})
    assert allows(cast.dan, Consent.CHECKINS, at=now)


REACH = {
    "channel": "email",
    "email": "d@example.org",
    "safe_from": "9",
    "safe_until": "18",
    "name": "Dan",
    "wishes": "x",
}


def test_he_changes_how_he_is_reached_and_that_is_a_decision(cast, dan, now):
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.selectors import allows
    from holdfast_site.people.selectors import cards_of

    form = uuid4()
    assert dan.post("/mine/reach", {"form": form, **REACH}).status_code == 302
    card = cards_of([cast.dan])["dan"]
    assert (card.email, card.channel, card.safe_from) == ("d@example.org", "email", 9)
    assert allows(cast.dan, Consent.MESSAGES, at=now)
    dan.post("/mine/reach", {"form": uuid4(), **REACH, "channel": "none"})
    assert not allows(cast.dan, Consent.MESSAGES, at=now)
    dan.post("/mine/reach", {"form": form, **REACH})  # his old page again
    assert cards_of([cast.dan])["dan"].channel == "none"


@pytest.mark.parametrize(
    "wrong", [{"email": ""}, {"email": "nonsense"}, {"safe_until": "9"}, {"safe_from": "99"}, {"channel": "pigeon"}]
)
def test_what_cannot_be_is_not_kept_and_what_he_typed_stands_there(cast, dan, wrong):
    from holdfast_site.people.selectors import cards_of

    answer = dan.post("/mine/reach", {"form": uuid4(), **REACH, **wrong})
    assert answer.status_code == 422
    assert "Not saved yet" in answer.content.decode()
    assert 'value="x"' in answer.content.decode()
    assert answer.content.decode().count("<p>E-mail address: ") == ("email" in wrong)
    assert cards_of([cast.dan])["dan"].email == ""


@pytest.mark.hazard("H-14")
def test_taking_away_and_erasing_need_that_he_shows_once_more_that_it_is_he(cast, dan, now, monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=6))
    for address in ("/mine/download/json", "/mine/download/html", "/mine/download/fhir", "/mine/erase/now"):
        answer = dan.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/prove?next=%2Fmine%2F")
    answer = dan.post("/mine/erase/now", {"form": uuid4(), "sure": "yes"})
    assert answer.status_code == 302
    assert dan.get("/mine/answers").status_code == 200


# --- the way to it ----------------------------------------------------------------------------------


def sent_to_him(invitation, now, address="his@example.org"):
    """Note that a link went by mail to an address that the desk entered."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.messages.models import Message, State
    from holdfast_site.messages.phones import digest
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    his, form = invitation.appointment.client, uuid4()
    keep_contact(by=Actor(Role.DESK, id="999"), client=his, card=ContactCard(email=address, channel="email"), now=now)
    times = {"queued_at": now, "next_at": now, "ends_at": now, "sent_at": now}
    told = {"state": State.SENT, "went_to": digest(address), **times}
    Message.objects.create(cause=str(form), mark=form, client=his, invitation=invitation, sealed=b"", **told)


def code_told(answer):
    return re.search(r'class="digits">(\d{4} \d{4})<', answer.content.decode())[1]


def test_a_code_told_in_the_room_and_a_link_that_was_sent_make_a_way_in(cast, browser, now):
    sent_to_him(cast.invitation, now)
    browser.post(cast.address, filled())
    assert f"/c/{cast.link}/mine" in browser.get(cast.address).content.decode()
    code = code_told(signed_in("therapist", "alma").post("/mine/give/dan"))
    his, phone = window(), Phone()
    assert his.get(f"/c/{cast.link}/mine").status_code == 200
    assert his.get("/mine/").status_code == 404
    assert his.post(f"/c/{cast.link}/mine", {"code": code}).status_code == 302
    made = phone.makes(ask(his, "/way-in/passkey/ask"))
    answer = his.post("/way-in/passkey", {"credential": made})
    assert (answer.status_code, answer["Location"]) == (302, "/mine/")
    assert "Too fast" in his.get("/mine/answers").content.decode()
    again = window()
    assert again.post("/sign-in/passkey", {"credential": phone.shows(ask(again))})["Location"] == "/mine/"


def test_neither_half_is_enough_and_a_code_of_somebody_else_is_none(cast, browser, now):
    sent_to_him(cast.invitation, now)
    sent_to_him(cast.other, now)
    page = signed_in("therapist", "alma").post("/mine/give/dan")
    code = code_told(page)
    assert "/welcome/" not in page.content.decode()  # she gets one half
    for address in (f"/c/{cast.other_link}/mine", f"/c/{cast.link}/mine"):
        wrong = code if "other" in address or address == f"/c/{cast.other_link}/mine" else "0000 0000"
        answer = browser.post(address, {"code": wrong})
        assert answer.status_code == 422
    assert browser.get("/way-in").status_code == 404


def test_without_a_code_ever_made_it_looks_the_same_as_with_a_wrong_one(cast, browser, now):
    sent_to_him(cast.invitation, now)
    before = browser.post(f"/c/{cast.link}/mine", {"code": "1234 5678"}).content
    signed_in("therapist", "alma").post("/mine/give/dan")
    assert clean(browser.post(f"/c/{cast.link}/mine", {"code": "0000 0001"}).content.decode()) == clean(before.decode())


def test_a_link_of_long_ago_makes_no_way_in(cast, browser, now, monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=31))
    assert browser.get(f"/c/{cast.link}/mine").status_code == 404


def test_a_name_to_sign_in_with_says_nothing_about_him(cast):
    from holdfast_site.accounts.models import Post

    signed_in("therapist", "alma").post("/mine/give/dan")
    login = Post.objects.get(client="dan").member.login
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{4}", login)
