"""A page that is opened in an emergency: who can, what is seen and for how long, and who is told."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.access.test_canaries import as_him
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client, person, signed_in, staff
from tests.site.handover.test_holding import text
from tests.site.handover.test_matters import opened
from tests.site.people.test_contacts import kept

NAME, PHONE = "Dan Marsh", "07700 900123"
WHY = "He rang in tears, Zanzibar"
WORDS, KEPT = "Canarywords", "Canarykept"
FORM = "/emergency/"


@pytest.fixture(name="dan")
def _dan(cast, now, browser):
    """Alma's client, with a card, and something that he told her, and something that he did not."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    kept(cast.dan, now, name=NAME, phone=PHONE, email="dan@example.org", wishes="Never ring the landline")
    browser.post(cast.address, filled(words=WORDS))
    _, link = invite(by=ANYONE, appointment=cast.invitation.appointment, now=now + timedelta(minutes=1))
    browser.post(f"/c/{link}", filled(words=KEPT, who="care_contact"))
    return cast.dan


@pytest.fixture(name="ben")
def _ben(dan):
    return signed_in("therapist", "ben")


def asked(**told):
    return {"form": str(uuid4()), "name": NAME, "known_by": PHONE, "why": WHY, **told}


def page_for(browser, **told):
    """The address of what was opened."""
    answer = browser.post(FORM, asked(**told))
    assert answer.status_code == 302, text(answer)
    return answer["Location"]


def openings():
    from holdfast_site.emergency.models import Opening

    return Opening.objects.count()


def events(action):
    from holdfast_site.audit.models import Event

    return list(Event.objects.filter(action=f"emergency.{action}").values_list("actor", "about"))


def at(monkeypatch, moment):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: moment)


# --- the way in -------------------------------------------------------------------------------------


@pytest.mark.hazard("H-22")
def test_the_way_in_stands_at_the_foot_of_clinicians_pages_and_of_nobody_elses(dan, ben):
    assert f'href="{FORM}"' in ben.get("/today/").content.decode()
    assert f'href="{FORM}"' in signed_in("supervisor").get("/supervised/").content.decode()
    for role, address in (("lead", "/practice/"), ("desk", "/clients/"), ("care_contact", "/kept/")):
        browser = signed_in(role)
        assert FORM not in browser.get(address).content.decode()
        assert browser.get(FORM).status_code == browser.post(FORM, asked()).status_code == 404
    assert openings() == 0


@pytest.mark.hazard("H-22")
def test_where_one_person_alone_treats_there_is_nothing_of_it(dan, ben, cast):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member
    from holdfast_site.people.models import Appointment

    Appointment.objects.update(therapist=cast.ben)
    add_member("ben therapist", Role.SUPERVISOR)
    for browser, address in ((ben, "/today/"), (signed_in("supervisor"), "/supervised/")):
        assert FORM not in browser.get(address).content.decode()
        assert browser.get(FORM).status_code == browser.post(FORM, asked()).status_code == 404


@pytest.mark.hazard("H-22")
def test_it_says_what_happens_and_needs_that_it_is_he(ben, monkeypatch, now):
    said = text(ben.get(FORM))
    for words in ("for 60 minutes", "he can see that on his own page", "do not see what he kept", "116 123"):
        assert words in said
    at(monkeypatch, now + timedelta(minutes=6))
    assert ben.get(FORM)["Location"] == "/prove?next=%2Femergency%2F"
    assert ben.post(FORM, asked())["Location"].startswith("/prove")
    assert openings() == 0


@pytest.mark.hazard("H-05", "H-22")
def test_two_things_that_are_known_of_him_find_him(ben, dan):
    dan.other_ids = ["D7"]
    dan.save()
    for known_by in (PHONE, "+44 7700 900123", "0044 (7700) 900-123", "DAN@example.org", " Dan ", "d7"):
        address = page_for(ben, name=" dán   MARSH ", known_by=known_by)
    page = ben.get(address)
    assert page.status_code == 200
    assert "dan · Dan Marsh" in text(page)
    assert openings() == 1  # open already, each time


@pytest.mark.hazard("H-05", "H-22")
def test_without_both_nobody_is_found_and_who_is_here_shows_in_nothing(ben, cast, now):
    """Each try is written down. The answer is the same whether he is here or not, or two men fit."""
    from holdfast_site.accounts.models import Tries

    kept(client("twin"), now, name=NAME, phone="07700 900777")
    kept(cast.eli, now, name="Eli Stone", phone=PHONE)
    kept(client("nameless"), now, phone="07700 900888")
    kept(client("twins"), now, name=NAME, phone="07700 900777")
    tries = [
        {"known_by": "07700 900124"}, {"known_by": "900123"}, {"name": "Dan"}, {"name": "Nobody"},
        {"known_by": "07700 900777"}, {"name": "´", "known_by": "07700 900888"}, {"known_by": "dan@example.com"},
    ]  # fmt: skip
    said = set()
    for one in tries:
        told = asked(**one)
        answer = ben.post(FORM, told)
        assert answer.status_code == 422
        page = as_him(answer.content.decode())
        for name in ("name", "known_by"):
            page = page.replace(f'value="{told[name]}"', "")
        said.add(re.sub(r' name="form" value="[^"]+"', "", page))
        Tries.objects.all().delete()
    assert len(said) == 1
    assert "Nothing was opened." in said.pop()
    assert [about for _, about in events("sought")] == ["nobody"] * len(tries)
    assert openings() == 0


@pytest.mark.hazard("H-22")
def test_whoever_tries_name_after_name_has_to_wait(ben, monkeypatch, now):
    at(monkeypatch, now)
    for _ in range(6):
        ben.post(FORM, asked(name="Nobody"))
    late = ben.post(FORM, asked())  # even the right one
    assert late.status_code == 429
    assert "Wait a little" in text(late)
    assert openings() == 0
    at(monkeypatch, now + timedelta(minutes=2))
    page_for(ben)


@pytest.mark.hazard("H-22")
def test_nothing_but_a_page_that_opens_and_is_told_of_makes_up_for_wrong_tries(ben, dan, monkeypatch, now):
    """Not his own client, nor a page that is open already: with either, names could be tried all day."""
    at(monkeypatch, now)
    alma = signed_in("therapist", "alma")
    address = page_for(ben)
    at(monkeypatch, now + timedelta(seconds=1))
    for browser in (alma, ben):
        tries = [asked(name="Nobody"), asked()] * 3
        assert [browser.post(FORM, told).status_code for told in tries][-1] == 429
    assert openings() == 1
    at(monkeypatch, now + timedelta(minutes=2))
    for number in (2, 3):
        ben.post(address)
        address = page_for(ben)  # opened anew: that is told of again
        assert openings() == number
        assert {ben.post(FORM, asked(name="Nobody")).status_code for _ in range(4)} == {422}


def test_a_form_that_says_too_little_opens_nothing_and_keeps_what_was_typed(ben):
    for told in ({"why": ""}, {"why": "  short  "}, {"why": "x" * 501}, {"name": ""}, {"known_by": ""}, {"form": "x"}):
        answer = ben.post(FORM, asked(**told))
        assert answer.status_code == 422
        assert "why it cannot wait, in a few words" in text(answer)
        assert "Dan Marsh" in answer.content.decode() or "name" in told
    assert (openings(), events("sought")) == (0, [])


def test_his_own_client_is_on_his_own_list_and_nobody_is_told(dan, ben):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    answer = signed_in("therapist", "alma").post(FORM, asked())
    assert answer.status_code == 422
    assert "He is your own client" in text(answer)
    add_member("alma therapist", Role.SUPERVISOR)  # she acts in another role, and he is her client all the same
    assert signed_in("supervisor").post(FORM, asked()).status_code == 422
    assert openings() == 0


# --- what is seen -----------------------------------------------------------------------------------


@pytest.mark.hazard("H-09", "H-22")
def test_he_reads_what_the_therapist_may_and_nothing_that_was_kept_from_therapists(ben, cast, now):
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind

    appointment(cast.dan, cast.alma, now + timedelta(days=1), status="booked")
    opened(cast, now, said={"words": "Canaryasked"})
    opened(cast, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT)
    page = ben.get(page_for(ben))
    said = text(page)
    for words in (PHONE, "Never ring the landline", "His therapist is alma.", "The next one is booked for tomorrow",
                  "Asked to be called", WORDS, "Pace: too fast", "Zanzibar"):  # fmt: skip
        assert words in said, words
    for words in (KEPT, "Canaryasked", "someone else", "Has he left"):
        assert words not in said, words
    forms = re.findall(r'<form[^>]*action="([^"]*)"', page.content.decode())
    assert {one for one in forms if one != "/sign-out"} == {page.request["PATH_INFO"]}  # to end it; nothing else
    assert ben.get("/today/client/dan").status_code == 404


@pytest.mark.hazard("H-09")
def test_whatever_was_kept_from_therapists_the_page_is_the_same_to_the_byte(ben, cast, now, browser):
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.checkins.services import invite
    from holdfast_site.handover.models import Kind

    address = page_for(ben)

    def seen():
        return as_him(ben.get(address).content.decode())

    before = seen()
    for number in range(2, 6):
        _, link = invite(by=ANYONE, appointment=cast.invitation.appointment, now=now + timedelta(minutes=number))
        browser.post(f"/c/{link}", filled(who="care_contact", words=f"{KEPT} {number}"))
    opened(cast, now, kind=Kind.CALL, holder=Role.CARE_CONTACT, said={"words": KEPT})
    assert seen() == before


@pytest.mark.hazard("H-09", "H-22")
def test_somebody_whom_he_left_reads_nothing_of_what_he_told_the_next_one(dan, ben, cast, now):
    """How to reach him, yes; what he said, perhaps about the one before, no."""
    appointment(cast.dan, cast.ben, now - timedelta(days=60))
    said = text(ben.get(page_for(ben)))
    assert PHONE in said
    assert "You have treated him before" in said
    assert WORDS not in said
    assert "Pace" not in said


@pytest.mark.hazard("H-09")
def test_a_supervisor_reads_his_own_words_only_if_he_said_so(dan, cast, now):
    from tests.site.consents.test_consents import say

    sue = signed_in("supervisor")
    address = page_for(sue)
    said = text(sue.get(address))
    assert "Pace: too fast" in said
    assert "he has not agreed to that" in said
    assert WORDS not in said
    say(cast.dan, "supervisor_reads", True, now)
    assert WORDS in text(sue.get(address))


@pytest.mark.hazard("H-09")
def test_what_he_asked_to_be_left_alone_is_left_alone(ben, cast, now):
    from tests.site.consents.test_consents import say

    say(cast.dan, "answers", False, now)
    said = text(ben.get(page_for(ben)))
    assert WORDS not in said
    assert "He asked that what he said is left alone for now" in said


# --- for how long -----------------------------------------------------------------------------------


@pytest.mark.hazard("H-22")
def test_after_an_hour_it_is_absent_again_to_the_second(ben, cast, monkeypatch, now):
    from holdfast_site.emergency.models import Opening

    address = page_for(ben)
    begun = Opening.objects.get().at
    for minutes in (20, 40, 59):
        at(monkeypatch, begun + timedelta(minutes=minutes))
        assert ben.get(address).status_code == 200
    at(monkeypatch, begun + timedelta(seconds=3599.9))
    last = ben.get(address)
    assert (last.status_code, last["Refresh"]) == (200, "1")  # the screen does not keep it either
    assert "is open to you until" in text(ben.get("/today/"))
    at(monkeypatch, begun + timedelta(minutes=60))
    gone, absent = ben.get(address), ben.get("/nothing-is-here")
    assert (gone.status_code, gone.content) == (404, absent.content)
    assert ben.post(address).status_code == 404
    assert "is open to you until" not in text(ben.get("/today/"))


@pytest.mark.hazard("H-22")
def test_a_clock_that_is_set_back_opens_nothing_for_longer(ben, monkeypatch, now):
    from holdfast_site.emergency.models import Opening

    address = page_for(ben)
    at(monkeypatch, Opening.objects.get().at - timedelta(seconds=30))
    assert ben.get(address).status_code == 404


def test_ending_it_is_one_tap_and_works_twice(ben):
    address = page_for(ben)
    assert ben.post(address)["Location"] == "/today/"
    assert ben.get(address).status_code == ben.post(address).status_code == 404
    assert len(events("ended")) == 1
    assert ben.get(page_for(ben)).status_code == 200  # another emergency is another one


@pytest.mark.hazard("H-14", "H-22")
def test_it_is_open_to_nobody_else_and_to_nobody_who_has_left(ben, dan, cast):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Member
    from holdfast_site.accounts.services import add_member

    address = page_for(ben)
    person("cleo")
    therapists = [signed_in("therapist", name) for name in ("alma", "cleo")]
    others = [signed_in(role) for role in ("supervisor", "lead", "desk", "care_contact")]
    add_member("ben therapist", Role.DESK)  # he himself, in another role
    for other in (*therapists, *others, signed_in("client", of=cast.dan)):
        assert other.get(address).status_code == other.post(address).status_code == 404
    assert ben.get(address).status_code == 200
    Member.objects.filter(login="ben therapist").update(is_active=False)
    assert ben.get(address).status_code == 404


def test_of_whoever_is_erased_meanwhile_nothing_is_open_and_nothing_of_the_reason_is_left(ben, dan, cast, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.emergency.models import Opening
    from holdfast_site.own.erasing import erase

    address = page_for(ben)
    erase(by=OPERATOR, client=cast.dan, now=now)
    assert ben.get(address).status_code == 404
    assert bytes(Opening.objects.get().sealed) == b""
    assert ben.post(FORM, asked()).status_code == 422
    assert "Zanzibar" not in text(signed_in("therapist", "alma").get("/today/"))
    assert "page of dan" in text(signed_in("lead").get("/practice/"))


def test_the_same_form_sent_again_and_another_tab_open_it_once(ben, dan):
    told = asked()
    first = ben.post(FORM, told)["Location"]
    assert ben.post(FORM, told)["Location"] == ben.post(FORM, asked())["Location"] == first
    assert (openings(), len(events("opened"))) == (1, 1)
    ben.post(first)  # ended; then the form comes once more, late
    assert ben.post(FORM, told)["Location"] == first
    assert ben.get(first).status_code == 404
    assert (openings(), len(events("opened"))) == (1, 1)


def test_the_form_of_somebody_else_opens_nothing(ben, dan):
    told = asked()
    ben.post(FORM, told)
    assert signed_in("supervisor").post(FORM, told).status_code == 422
    assert openings() == 1


@pytest.mark.hazard("H-22")
def test_a_form_that_opened_a_page_before_does_not_tell_whether_somebody_else_is_here(ben, dan, cast, now):
    """Sent again with another name, it would open nothing and tell nobody: so it says the same of everybody."""
    cara = client("cara")
    appointment(cara, cast.alma, now - timedelta(days=3))
    kept(cara, now, name="Cara Hill", phone="07700 900555")
    told = asked(known_by="07700 900555")
    ben.post(page_for(ben, form=told["form"]))
    here, absent = (ben.post(FORM, {**told, "name": name}) for name in ("Cara Hill", "Cara Hull"))
    assert here.status_code == absent.status_code == 422
    assert as_him(here.content.decode()) == as_him(absent.content.decode()).replace("Hull", "Hill")
    assert (openings(), len(events("sought"))) == (1, 2)


# --- who is told ------------------------------------------------------------------------------------


@pytest.mark.hazard("H-22")
def test_the_lead_is_told_until_it_is_known_without_name_or_reason(ben, dan):
    lead = signed_in("lead")
    assert "Opened in an emergency" not in text(lead.get("/practice/"))
    page_for(ben)
    page = lead.get("/practice/")
    said = text(page)
    assert "Ben therapist opened the page of dan, who is somebody else's client" in said
    assert "Zanzibar" not in said
    assert "Marsh" not in said
    known = re.search(r'action="(/practice/known/[^"]+)"', page.content.decode())[1]
    for other in (ben, signed_in("therapist", "alma"), signed_in("desk"), signed_in("supervisor")):
        assert other.post(known).status_code == 404
    assert lead.post(known).status_code == 302
    assert lead.post(known).status_code == 404
    assert "Opened in an emergency" not in text(lead.get("/practice/"))
    assert len(events("known")) == 1


@pytest.mark.hazard("H-22")
def test_nobody_says_of_himself_that_it_is_known_while_there_is_another_lead(ben, dan):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member
    from holdfast_site.emergency.models import Opening

    post = add_member("ben therapist", Role.LEAD)
    page_for(ben)
    himself = signed_in("lead")
    known = f"/practice/known/{Opening.objects.get().key}"
    assert known in himself.get("/practice/").content.decode()  # nobody else could
    other = add_member("other lead", Role.LEAD)
    assert post.member_id != other.member_id
    page = himself.get("/practice/")
    assert known not in page.content.decode()
    assert "until another lead says that it is known" in text(page)
    assert himself.post(known).status_code == 404


@pytest.mark.hazard("H-22")
def test_his_therapist_is_told_with_the_reason(ben, dan):
    page_for(ben)
    alma = signed_in("therapist", "alma")
    page = alma.get("/today/")
    assert "Dan Marsh" in text(page)
    assert f'"{WHY}"' in text(page).replace("&quot;", '"')
    known = re.search(r'action="(/today/known/[^"]+)"', page.content.decode())[1]
    assert ben.post(known).status_code == 404
    assert "Opened in an emergency" not in text(ben.get("/today/"))
    assert alma.post(known).status_code == 302
    assert alma.post(known).status_code == 404
    assert "Opened in an emergency" not in text(alma.get("/today/"))
    assert "Opened in an emergency" in text(signed_in("lead").get("/practice/"))  # each says so for himself


@pytest.mark.hazard("H-22")
def test_he_sees_at_once_who_it_was_and_not_why(ben, dan, cast):
    himself = signed_in("client", of=cast.dan)
    assert "emergency to somebody who does not treat you" not in text(himself.get("/mine/"))
    ben.get(page_for(ben))
    assert "your page was opened in an emergency to somebody who does not treat you" in text(himself.get("/mine/"))
    looked = text(himself.get("/mine/looked"))
    read = "read your page in that hour; opened your page for one hour, in an emergency"
    assert f"Ben therapist, therapist {read}" in looked
    pages = "".join(text(himself.get(f"/mine/{page}")) for page in ("held", "download/html", "download/json", "looked"))
    assert "Ben therapist could read your page from" in pages
    assert "Zanzibar" not in pages
    assert "can open your page for one hour" in text(himself.get("/mine/allowed"))
    assert "in an emergency" not in text(signed_in("client", of=cast.eli).get("/mine/looked"))


@pytest.mark.hazard("H-22")
def test_it_is_told_of_whoever_has_left_since_and_to_whoever_had_no_way_in_yet(ben, dan, cast):
    from holdfast_site.accounts.models import Member

    page_for(ben)
    Member.objects.filter(login="ben therapist").update(is_active=False)
    for browser, page, who in (
        (signed_in("lead"), "/practice/", "Ben therapist opened"),
        (signed_in("therapist", "alma"), "/today/", ""),
    ):
        assert who in text(browser.get(page))
        assert "Opened in an emergency" in text(browser.get(page))
    himself = signed_in("client", of=cast.dan)  # his first sign-in ever
    assert "your page was opened in an emergency" in text(himself.get("/mine/"))
    assert "Ben therapist" in text(himself.get("/mine/looked"))


def test_whoever_is_with_nobody_yet_is_told_who_could(cast, now):
    lone = client("lone")
    kept(lone, now, name="Lone Marsh", phone="07700 900555")
    sue = signed_in("supervisor")
    assert "can open your page for one hour" in text(signed_in("client", of=lone).get("/mine/allowed"))
    page_for(sue, name="Lone Marsh", known_by="07700 900555")


def test_where_nobody_else_could_he_is_not_told_that_somebody_might(dan, cast):
    staff("therapist", "alma")
    assert "can open your page for one hour" not in text(signed_in("client", of=cast.dan).get("/mine/allowed"))
    staff("supervisor")
    assert "can open your page for one hour" in text(signed_in("client", of=cast.dan).get("/mine/allowed"))


@pytest.mark.hazard("H-14")
def test_the_reason_stands_open_nowhere_on_the_disk_or_in_the_audit(ben, dan, site, stored):
    page_for(ben)
    disk = stored() + b"".join(path.read_bytes() for path in site.rglob("*") if path.is_file())
    assert b"Zanzibar" not in disk
    assert [one for one in events("opened") if re.fullmatch(r"therapist:\d+", one[0]) and one[1] == "client:dan"]


def test_whoever_was_opened_has_something_of_his_own_when_two_ids_are_made_one(ben, dan):
    from holdfast_site.emergency.models import Opening
    from holdfast_site.exchange.joining import OWN

    page_for(ben)
    assert Opening in OWN
    assert Opening.objects.filter(**{OWN[Opening]: "dan"}).exists()


@pytest.mark.hazard("H-22")
def test_asked_past_the_gate_there_is_nothing_for_anybody_else_and_nothing_of_somebody_erased_meanwhile(dan, ben, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.emergency.models import Opening
    from holdfast_site.emergency.selectors import is_offered, open_to, unknown_to
    from holdfast_site.emergency.services import open_page
    from holdfast_site.people.models import Client

    page_for(ben)
    member = Post.objects.get(role=Role.THERAPIST, therapist="ben").member_id
    for role in (Role.LEAD, Role.DESK, Role.CARE_CONTACT):
        other = Actor(role, str(member))
        assert not is_offered(other)
        assert not open_to(other, now=now).exists()
    assert not unknown_to(Actor(Role.DESK, str(member))).exists()
    assert str(Opening.objects.get()) == f"opening {Opening.objects.get().pk}"  # no log names whose it is

    Client.objects.filter(pk="eli").update(wrapped_key=b"")
    by = Actor(Role.THERAPIST, str(member), therapist_id="ben")
    assert open_page(by=by, client=Client(pk="eli"), form=uuid4(), why=WHY, now=now) is None
    assert openings() == 1
