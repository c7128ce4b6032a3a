"""Everything that leads to a client is shown to him and his to take away, or named with a reason; and it is erased."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.before.test_ask import asked, replied
from tests.site.before.test_back import way_back
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in
from tests.site.own.test_mine import invited

pytestmark = pytest.mark.long

HIS = {
    "an answer": "Zanzibar",
    "an answer kept from his therapist": "Xanadu",
    "a reply before a session": "Slower, please",
    "words sent with a reply": "Kathmandu",
    "words said to his therapist": "Timbuktu",
    "words when he came back": "Samarkand",
    "the story that went along": "Ulan Bator",
    "a wish": "Very much doing: tools, steps, plans",
    "his name": "Daniel Foo",
    "what his therapist noted": "Something else",
    "a message": "A message that says nothing of what it is about",
    "a decision": "Questions after sessions: yes",
    "a decision about a study": "A study (Why men stay): yes",
    "a file of a study": "A file for the study Why men stay held you",
    "an emergency": "Sam could read your page from",
    "who looked": "opened your page",
}


@pytest.fixture(name="full")
def _full(cast, browser, now, settings, monkeypatch):
    """Dan with something in every table that leads to a client; Eli with nothing more than he had."""
    from holdfast_site.own.erasing import ledger

    ledger().unlink(missing_ok=True)
    said_by_link(cast, browser, now)
    kept_by_the_practice(cast, now, settings)
    signed_in("therapist", "alma").get("/today/client/dan")
    yield cast
    ledger().unlink(missing_ok=True)


def said_by_link(cast, browser, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.checkins.services import correct

    browser.post(cast.address, filled(words="Zanzibar", pace_who="therapist"))
    invited(cast.dan, cast.alma, now - timedelta(days=9), ("words", "Xanadu", "care_contact"))
    box = SealedBox.objects.order_by("pk").first()
    correct(by=ANYONE, box=box, values={"pace": 1}, form=uuid4(), now=now)
    ahead = [appointment(cast.dan, cast.alma, now + timedelta(hours=hours), status="booked") for hours in (20, 30, 40)]
    ask, done, open_ = (asked(one, now) for one in ahead)
    browser.post(ask, replied("slower", words="Kathmandu"))
    browser.post(f"/say/{cast.link}", {"form": str(uuid4()), "text": "Timbuktu"})
    door = way_back(browser.post(done, replied("done")).content.decode())
    browser.post(door, {"form": str(uuid4()), "words": "Samarkand"})
    assert browser.get(open_).status_code == 200


def kept_by_the_practice(cast, now, settings):
    from holdfast_site.access.actors import OPERATOR, Actor, Role
    from holdfast_site.accounts.models import Assignment, CodeApp, PaperCode, Passkey, Post
    from holdfast_site.accounts.services import add_member
    from holdfast_site.caseload.models import Course, Flag, Guess, Overdue, Repair
    from holdfast_site.caseload.repairs import Done, sealed
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.services import decide
    from holdfast_site.emergency.services import open_page
    from holdfast_site.handover.models import Did, Matter, Step, Switch
    from holdfast_site.messages.models import Message, Undelivered
    from holdfast_site.own.services import give_way_in
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.models import Ending, Pause
    from holdfast_site.people.services import keep_contact, keep_wishes

    dan, alma, ben = cast.dan, cast.alma, cast.ben
    own = settings.VAULT.client_box("dan", dan.wrapped_key)
    keep_contact(by=OPERATOR, client=dan, card=ContactCard(name="Daniel Foo"), now=now)
    keep_wishes(dan, {"approach": 3})
    give_way_in(by=OPERATOR, client=dan, now=now)
    post = Post.objects.get(client=dan)
    Passkey.objects.create(member=post.member, credential=b"c", public_key=b"p", sign_count=0, made_at=now)
    CodeApp.objects.create(member=post.member, sealed=b"s", made_at=now)
    PaperCode.objects.create(member=post.member, digest=b"d")
    signed_in("client", of=dan)
    flag = Flag(client=dan, therapist=alma, at=now)
    flag.sealed = own.seal(json.dumps({"signals": [], "words": ["Atlantis"], "chance": "x"}).encode(), place=flag.place)
    flag.save()
    guess = Guess(flag=flag, at=now)
    guess.sealed = own.seal(b"yes", place=guess.place)
    guess.save()
    Overdue.objects.create(client=dan, therapist=alma, form="Lemuria", at=now)
    Course.objects.create(client=dan, therapist=alma, rhythm_days=7, rhythm_is_own=True)
    repair = Repair(client=dan, therapist=alma, at=now, form=uuid4())
    repair.sealed = sealed(repair, Done("something-else", "quiet"))
    repair.save()
    decide(by=OPERATOR, client=dan, consent=Consent.CHECKINS, given=True, form=uuid4(), now=now)
    in_a_study(dan, now)
    matter = Matter.objects.filter(client=dan).first()
    Step.objects.create(matter=matter, number=1, form=uuid4(), at=now, did=Did.TOOK)
    switch = Switch(matter=matter, client=dan, leaves=ben, goes_to=alma, asked_at=now, decided_at=now)
    switch.sealed = own.seal(b"Ulan Bator", place=switch.place)
    switch.save()
    told = {"client": dan, "mark": uuid4(), "sealed": b"", "state": "sent", "queued_at": now, "next_at": now}
    Message.objects.create(cause="checkin:1", ends_at=now, sent_at=now, **told)
    Undelivered.objects.create(client=dan, at=now)
    Ending.objects.create(client=dan, therapist=ben, ended_on=now.date(), kind="switched")
    Pause.objects.create(client=dan, therapist=alma, at=now)
    supervisor = add_member("sam", Role.SUPERVISOR)
    Assignment.objects.create(supervisor=supervisor, client=dan, told_on=now.date(), assigned_at=now)
    by = Actor(Role.SUPERVISOR, id=str(supervisor.member_id))
    open_page(by=by, client=dan, form=uuid4(), why="Shangri-La", now=now)


def in_a_study(client, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.studies.models import File, InFile
    from holdfast_site.studies.services import answer, name
    from tests.site.studies.test_studies import TOLD

    study = name(by=OPERATOR, told={**TOLD, "form": uuid4()}, now=now)
    answer(by=OPERATOR, client=client, study=study, version=1, given=True, form=uuid4(), now=now)
    told = {"why": "x", "ids": {}, "checksum": "0" * 64, "form": uuid4()}
    file = File.objects.create(study=study, version=1, at=now, by="lead:1", **told)
    InFile.objects.create(file=file, client=client)


def leading_to_a_client():
    """Every model from which a client can be reached: by its links, or because he signs in with it."""
    from django.apps import apps

    from holdfast_site.accounts.models import Member
    from holdfast_site.people.models import Client

    found, more = {Client, Member}, True
    while more:
        before = len(found)
        found |= {
            model
            for model in apps.get_models()
            if any(field.is_relation and field.related_model in found - {Member} for field in model._meta.fields)
        }
        more = len(found) > before
    return found | {model for model in apps.get_models() if _is_of_a_member(model, Member)}


def _is_of_a_member(model, member):
    return any(field.is_relation and field.related_model is member for field in model._meta.fields)


def test_every_model_that_leads_to_a_client_is_listed_once(site):
    from holdfast_site.own.held import HELD

    assert sorted(one.model.__name__ for one in HELD) == sorted(model.__name__ for model in leading_to_a_client())


def test_each_is_in_a_part_or_says_why_not(site):
    from holdfast_site.own.everything import PARTS
    from holdfast_site.own.held import HELD

    for one in HELD:
        assert bool(one.part) != bool(one.why_not), one.model
        assert not one.part or one.part in PARTS, one.model
    assert {one.part for one in HELD if one.part} | {"who_looked"} == set(PARTS)
    assert {one.model.__name__ for one in HELD if one.why_not} == {
        *("Flag", "Guess", "Mailbox", "Overdue", "Session", "Upload"),
    }


def test_the_tests_know_an_example_of_each(full):
    from holdfast_site.own.held import HELD

    empty = {one.model.__name__ for one in HELD if not one.rows_of(full.dan)}
    assert empty == {"Upload", "Mailbox"}  # only staff bring exports, or hear by mail that something waits
    others = {one.model.__name__ for one in HELD if one.rows_of(full.eli)}
    assert others == {"Client", "Appointment", "Invitation"}


@pytest.mark.parametrize("address", ["download/json", "download/html", "held"])
def test_he_finds_everything_of_his_with_its_day_and_who_may_see_it(full, address):
    dan = signed_in("client", of=full.dan)
    text = html.unescape(dan.get(f"/mine/{address}").content.decode())
    if address == "held":  # his answers have a page of their own, a tap away
        text += html.unescape(dan.get("/mine/answers").content.decode())
    assert not [what for what, words in HIS.items() if words not in text]
    assert not [word for word in ("Atlantis", "Lemuria") if word in text]


def test_as_data_every_part_has_something_and_each_thing_says_who_may_see_it(full):
    from holdfast_site.own.everything import PARTS

    found = json.loads(signed_in("client", of=full.dan).get("/mine/download/json").content)
    for name in PARTS:
        assert found[name], name
        for one in found[name]:
            assert one["who_may_see"], name
            assert one["in_words"], name
            assert one["date"] or name in ("wishes", "worked_out", "ways_in"), name


def test_a_reply_before_a_session_stands_among_his_answers_and_is_asked_anew_instead_of_put_right(full):
    page = signed_in("client", of=full.dan).get("/mine/answers").content.decode()
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    assert "before your session on" in text
    assert "Before your next session Slower, please" in text
    done = next(part for part in page.split("<section") if "I&#x27;m done" in part)
    assert "Put something right" not in done


def test_after_erasing_nothing_is_left_but_that_and_when(full):
    from django.db.models import BinaryField, TextField

    from holdfast_site.own.held import HELD, Erasing

    links = {model: _links(model, full.dan) for model in ("Invitation", "Welcome")}
    signed_in("client", of=full.dan).post("/mine/erase/now", {"form": uuid4(), "sure": "yes"})
    for one in HELD:
        rows = one.rows_of(full.dan)
        if one.erasing is Erasing.DELETED:
            assert not rows, one.model
            continue
        assert not any(isinstance(field, TextField) for field in one.model._meta.fields), one.model
        sealed = [field for field in one.model._meta.fields if isinstance(field, BinaryField)]
        for field in sealed:
            if field.name in ("link", "code"):
                assert one.erasing is Erasing.SHUT, one.model
            else:
                assert not [row for row in rows if getattr(row, field.name)], (one.model, field.name)
    for model, before in links.items():
        still_open = {pk for pk, link in _links(model, full.dan).items() if before[pk] == link}
        assert still_open == (_answered(full.dan) if model == "Invitation" else set())


def _links(model, client):
    from holdfast_site.own.held import HELD

    named = next(one for one in HELD if one.model.__name__ == model)
    return {row.pk: bytes(row.link) for row in named.rows_of(client)}


def _answered(client):
    """Those that show nothing any more but that they were answered."""
    from holdfast_site.checkins.models import Submission

    return set(Submission.objects.filter(invitation__appointment__client=client).values_list("invitation", flat=True))
