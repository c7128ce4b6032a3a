"""Studies: what clients are asked, who is in a file, that it gives nobody away, and what is written down of it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client, signed_in

pytestmark = pytest.mark.hazard("H-19")
TOLD = {"name": "Why men stay", "by": "A university", "about": "How it goes.", "contact": "ask@example.org"}
WEEK = timedelta(weeks=1)
LEAST = 11


@pytest.fixture(name="lead")
def _lead(cast):
    return signed_in("lead")


@pytest.fixture(name="study")
def _study(cast, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.studies.services import name

    return name(by=OPERATOR, told={**TOLD, "form": uuid4()}, now=now)


@pytest.fixture(name="people")
def _people(cast, study, now):
    """Thirty-five clients of Alma's who said yes, each with three sessions; the first few with a check-in."""
    return [_comes(cast, study, f"p{number:02}", now) for number in range(35)]


def _comes(cast, study, name, now):
    one = client(name)
    for week in (1, 2, 3):
        appointment(one, cast.alma, now - week * WEEK - timedelta(hours=1))
    says(study, one, True, now)
    return one


def says(study, one, given, now, version=1):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.studies.services import answer

    by = Actor(Role.CLIENT, id="1", client_id=one.pk)
    return answer(by=by, client=one, study=study, version=version, given=given, form=uuid4(), now=now)


def sends():
    """What the lead sends to make a file."""
    return {"form": uuid4(), "why": "For A. Researcher", "promised": "yes"}


def ready(study, now):
    from holdfast_site.studies.making import prepared
    from holdfast_site.studies.models import Study

    return prepared(Study.objects.get(pk=study.pk), now=now)


def made(study, now):
    """A file, as it would be handed out; nothing if there is none."""
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.studies.making import NotYet
    from holdfast_site.studies.services import hand_out

    found = ready(study, now)
    if isinstance(found, NotYet):
        return None
    return hand_out(by=OPERATOR, study=study, ready=found, why="x", form=uuid4(), now=now)


def rows_of(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode())))


def ids_of(content):
    return {row["person"] for row in rows_of(content, "people")}


def answers(cast, one, now, **more):
    """He answers a check-in about his last session, in his browser."""
    from django.test import Client as Browser

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite
    from holdfast_site.people.models import Appointment

    about = Appointment.objects.filter(client=one, status="attended").order_by("-starts_at").first()
    _, link = invite(by=ANYONE, appointment=about, now=now)
    assert "Thank you" in Browser(SERVER_NAME="127.0.0.1").post(f"/c/{link}", filled(**more)).content.decode()


# --- the lead ---------------------------------------------------------------------------------------


def test_the_lead_names_a_study_once_and_every_changed_text_is_a_new_one(lead, cast):
    from holdfast_site.audit.models import Event
    from holdfast_site.studies.models import Study, Text

    told = {**TOLD, "form": uuid4()}
    for _ in range(2):
        page = lead.post("/studies/", told, follow=True).content.decode()
        assert "Why men stay" in page
    study = Study.objects.get()
    assert lead.post("/studies/", {**told, "form": uuid4(), "about": " "}).status_code == 422
    address = f"/studies/{study.pk}"
    lead.post(address, {**TOLD, "form": uuid4()})  # the same words
    changed = {**TOLD, "about": "Something else.", "form": uuid4()}
    for _ in range(2):
        lead.post(address, changed)
    assert [(one.version, one.about) for one in Text.objects.order_by("version")] == [
        (1, "How it goes."),
        (2, "Something else."),
    ]
    assert lead.post(address, {"form": uuid4()}).status_code == 422
    lead.post(f"{address}/close", {"do": "close", "sure": "yes"})
    lead.post(address, {**TOLD, "form": uuid4()})
    assert Text.objects.count() == 2  # a closed one says nothing new
    done = Event.objects.filter(about=f"study:{study.pk}").exclude(action="study.read")
    assert list(done.values_list("action", flat=True)) == ["study.worded", "study.worded", "study.closed"]


def test_closing_ends_asking_and_files_and_then_its_key_can_be_destroyed(lead, study, people, cast, now):
    from django.db import IntegrityError, transaction

    from holdfast_site.audit.models import Event
    from holdfast_site.studies.models import InFile, Study

    found = lead.post(f"/studies/{study.pk}/file", sends())
    assert found["Content-Type"] == "application/zip"
    address = f"/studies/{study.pk}/close"
    with pytest.raises(IntegrityError), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(secret=b"")  # while it is open
    lead.post(address, {"do": "forget", "sure": "yes"})
    assert bytes(Study.objects.get().secret)
    assert lead.post(address, {"do": "close"}).status_code == 422
    lead.post(address, {"do": "close", "sure": "yes"})
    assert "This study is closed" in lead.get(f"/studies/{study.pk}/file").content.decode()
    assert not says(study, cast.dan, True, now)
    his = signed_in("client", of=people[0]).get("/mine/allowed").content.decode()
    was_in = InFile.objects.filter(client=people[0]).exists()
    assert ("This study is over" in his) == was_in
    assert "Why men stay" not in signed_in("client", of=cast.dan).get("/mine/allowed").content.decode()
    for _ in range(2):
        lead.post(address, {"do": "close", "sure": "yes"})
        lead.post(address, {"do": "forget", "sure": "yes"})
    assert not bytes(Study.objects.get().secret)
    done = ["study.closed", "study.forgotten"]
    assert list(Event.objects.filter(action__in=done).order_by("pk").values_list("action", flat=True)) == done
    assert "its key is destroyed" in lead.get(address).content.decode()


# --- the client -------------------------------------------------------------------------------------


def button(page):
    return dict(re.findall(r'name="(study|version|form)" value="([^"]+)"', page.partition("A study: ")[2]))


def test_a_client_is_asked_on_his_page_and_can_take_a_yes_back(study, cast, now):
    from holdfast_site.consents.models import Decision
    from holdfast_site.studies.selectors import willing

    dan = signed_in("client", of=cast.dan)
    page = dan.get("/mine/allowed").content.decode()
    assert "A study: Why men stay" in page
    assert "A university" in page
    assert willing(study) == frozenset()
    form = button(page)
    for _ in range(2):
        assert dan.post("/mine/allowed", {**form, "given": "yes"}).status_code == 302
    assert willing(study) == {"dan"}
    assert Decision.objects.filter(consent="research").count() == 1
    page = dan.get("/mine/allowed").content.decode()
    assert "A study (Why men stay): yes" in re.sub(r"\s+", " ", page)
    dan.post("/mine/allowed", {**button(page), "given": "no"})
    assert willing(study) == frozenset()


def test_a_yes_is_to_the_words_he_was_shown_and_to_no_others(study, lead, cast, now):
    from holdfast_site.studies.selectors import willing

    dan = signed_in("client", of=cast.dan)
    form = button(dan.get("/mine/allowed").content.decode())
    assert dan.post("/mine/allowed", {**form, "version": 2, "given": "yes"}).status_code == 302
    assert willing(study) == frozenset()  # nobody says yes to what is still to come
    lead.post(f"/studies/{study.pk}", {**TOLD, "about": "Something else.", "form": uuid4()})
    dan.post("/mine/allowed", {**form, "given": "yes"})  # a page from before
    assert willing(study) == frozenset()
    page = dan.get("/mine/allowed").content.decode()
    assert "Something else." in page
    dan.post("/mine/allowed", {**button(page), "given": "yes"})
    assert willing(study) == {"dan"}
    lead.post(f"/studies/{study.pk}", {**TOLD, "about": "Yet another.", "form": uuid4()})
    assert willing(study) == frozenset()
    assert "does not count any more" in dan.get("/mine/allowed").content.decode()
    assert dan.post("/mine/allowed", {**form, "study": 999, "given": "yes"}).status_code == 404


def test_nobody_who_treats_him_can_tell_what_he_said_to_a_study(study, cast, browser, now):
    """Asked, and having said yes or no: the pages are the same to the byte."""
    alma = signed_in("therapist", "alma")

    def pages():
        texts = [alma.get(one).content.decode() for one in ("/today/", "/today/client/dan", "/holding/")]
        return [re.sub(r'csrfmiddlewaretoken[^>]+|name="form"[^>]+', "", text) for text in texts]

    before = pages()
    for given in (True, False):
        says(study, cast.dan, given, now)
        assert pages() == before


# --- a file -----------------------------------------------------------------------------------------


@pytest.mark.hazard("H-14")
def test_first_he_sees_what_it_would_be_then_he_says_why_and_shows_that_it_is_he(lead, study, people, now):
    from holdfast_site.audit.models import Event
    from holdfast_site.studies.models import File

    address = f"/studies/{study.pk}/file"
    page = lead.get(address)
    assert "33 people are in it" in page.content.decode()
    assert "Fewer than 11 clients are not in it" in page.content.decode()  # two of the thirty-five, and the cast
    assert lead.post(address, {**sends(), "why": ""}).status_code == 422
    assert lead.post(address, {"form": uuid4(), "why": "x"}).status_code == 422
    assert not File.objects.exists()
    told = sends()
    found = lead.post(address, told)
    assert found["Content-Disposition"] == f'attachment; filename="study-{study.pk}.zip"'
    assert found["Cache-Control"] == "no-store"
    assert lead.post(address, told).content == found.content  # the same form once more
    file = File.objects.get()
    assert (file.why, file.version, len(file.ids), file.by[:5]) == ("For A. Researcher", 1, 33, "lead:")
    assert sha256(found.content).hexdigest() == file.checksum
    assert set(file.ids) == ids_of(found.content)
    assert Event.objects.filter(action="study.exported", about=f"study-file:{file.pk}").count() == 2
    page = lead.get(address).content.decode()
    assert "The last file once more" in page
    other = lead.post(address, {**sends(), "why": "For B. Researcher"})  # and to somebody else
    assert other.content == found.content
    assert [one.why for one in File.objects.order_by("pk")] == ["For A. Researcher", "For B. Researcher"]
    assert "can be made from" not in lead.get(address).content.decode()
    assert "For A. Researcher" in lead.get(f"/studies/{study.pk}").content.decode()
    session = lead.session
    session["proved"] = (now - timedelta(minutes=6)).isoformat()
    session.save()
    for page in (lead.get(address), lead.post(address, sends())):
        assert page.status_code == 302
        assert page["Location"].startswith("/prove")


def test_ten_who_allow_it_are_nobody(lead, cast, study, now):
    for number in range(10):
        _comes(cast, study, f"p{number}", now)
    page = lead.get(f"/studies/{study.pk}/file")
    assert "Nothing is exported" in page.content.decode()
    assert lead.post(f"/studies/{study.pk}/file", sends()).status_code == 409
    _comes(cast, study, "p10", now)
    assert "11 people are in it" in lead.get(f"/studies/{study.pk}/file").content.decode()


@pytest.mark.hazard("H-09")
def test_no_mark_of_anybodys_is_in_the_zip_nor_in_what_is_kept_of_it(cast, study, people, now):
    """No name, id, words or address; what he kept from his therapist changes not a byte."""
    import json

    from holdfast_site.people.models import Therapist
    from holdfast_site.studies.models import File
    from tests.site.people.test_contacts import kept

    Therapist.objects.filter(pk="alma").update(name="Canaryalma")
    for one in people:
        kept(one, now, name="Canaryname", phone="07700900999", wishes="Canarywish")
        answers(cast, one, now, words="Canarywords")
    first = ready(study, now)
    checkins = rows_of(first.content, "checkins")
    assert len(checkins) == 33
    for one in people:
        answers(cast, one, now + timedelta(minutes=1), words="Canarykept", who="care_contact")
        answers(cast, one, now + timedelta(minutes=2), words="Canarykept", who="care_contact", pace="3")
    assert ready(study, now).content == first.content
    assert isinstance(made(study, now), bytes)
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        text = "\n".join(archive.read(name).decode() for name in archive.namelist())
    ledger = json.dumps([list(File.objects.values_list("ids", "why", "checksum"))])
    own = [one.pk for one in people] + ["alma", "Canary", "07700"]
    cells = {cell for row in csv.reader(io.StringIO(text + "\n" + ledger.replace('"', ","))) for cell in row}
    assert not cells & set(own)
    assert [mark for mark in ("Canary", "07700", "alma", str(now.year)) if mark in text + ledger] == []


def test_whoever_said_no_changes_nothing_in_it(cast, study, people, now):
    before = ready(study, now).content
    for number in range(3):
        other = client(f"q{number}")
        appointment(other, cast.alma, now - WEEK)
        answers(cast, other, now)
    says(study, cast.dan, False, now)
    assert ready(study, now).content == before


def test_ids_stay_the_same_in_a_study_and_are_others_in_another(cast, study, people, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.studies.services import name

    another = name(by=OPERATOR, told={**TOLD, "form": uuid4()}, now=now)
    for one in people:
        says(another, one, True, now)
    first, other = made(study, now), made(another, now)
    assert ids_of(first) & ids_of(other) == set()
    therapists = [{row["therapist"] for row in rows_of(one, "episodes")} for one in (first, other)]
    assert len(therapists[0]) == 1
    assert therapists[0].isdisjoint(therapists[1])
    for one in people:
        appointment(one, cast.alma, now + WEEK)
    later = made(study, now + 5 * WEEK)
    assert ids_of(later) == ids_of(first)
    assert rows_of(later, "episodes") != rows_of(first, "episodes")


def test_a_new_master_key_changes_no_id(study, settings):
    from holdfast_site.studies.selectors import id_in

    before = id_in(study, "client dan")
    settings.VAULT = settings.VAULT.successor()
    assert id_in(study, "client dan") == before
    assert id_in(study, "client eli") != before


# --- from one to the next ---------------------------------------------------------------------------


def test_one_who_takes_it_back_is_out_of_the_next_and_cannot_be_told_from_ten_others(cast, study, people, now):
    from holdfast_site.studies.models import InFile

    first = made(study, now)
    him = next(one for one in people if InFile.objects.filter(client=one).exists())
    says(study, him, False, now)
    then = now + 5 * WEEK
    for one in people:
        appointment(one, cast.alma, now + WEEK)
    second = made(study, then)
    assert len(ids_of(second)) == 22
    assert ids_of(second) < ids_of(first)
    assert InFile.objects.filter(client=him).count() == 1
    his = signed_in("client", of=him).get("/mine/allowed").content.decode()
    assert "You are in no file any more" in his
    says(study, him, True, then)
    for one in people:
        appointment(one, cast.alma, now + 6 * WEEK)
    assert ids_of(made(study, then + 5 * WEEK)) == ids_of(second)


def test_two_files_are_four_weeks_apart_and_new_of_nobody_or_of_eleven(cast, study, people, now):
    from holdfast_site.people.models import Ending
    from holdfast_site.studies.making import chosen, everybody

    for one in people:  # nothing but answers can change of them
        Ending.objects.create(client=one, therapist=cast.alma, ended_on=now.date(), kind="planned")
    inside = [one for one in people if one.pk in everybody(chosen(study))]
    for one in inside[1:]:
        answers(cast, one, now)
    first = made(study, now)
    answers(cast, inside[0], now + timedelta(minutes=1))
    soon, late = now + 3 * WEEK, now + 5 * WEEK
    assert "can be made from" in ready(study, soon).why
    assert "something is new of a few" in ready(study, late).why
    for one in inside[1:12]:
        answers(cast, one, now + timedelta(minutes=1))
    second = made(study, late)
    before, after = (Counter(row["person"] for row in rows_of(one, "checkins")) for one in (first, second))
    assert Counter((after - before).values()) == {1: 12}


def test_bands_cut_anew_do_not_hide_that_something_is_new_of_one_man_only(cast, study, now):
    from holdfast_site.people.models import Appointment, Ending

    begin = now - 20 * WEEK
    for number, last_week in enumerate([7] * 12 + [9] * 10 + [13] * 11):
        one = client(f"p{number:02}")
        for week in (0, last_week):
            appointment(one, cast.alma, begin + week * WEEK)
        Ending.objects.create(client=one, therapist=cast.alma, ended_on=now.date(), kind="planned")
        says(study, one, True, now)
    told = Counter(row["last_week"] for row in rows_of(made(study, now), "episodes"))
    assert told == {"6 to 7": 12, "8 or more": 21}
    late = now + 5 * WEEK

    def moves(name):
        Appointment.objects.filter(client=name, starts_at=begin + 7 * WEEK).update(starts_at=begin + 9 * WEEK)

    moves("p00")  # there are eleven now who were here last in week 9, so that these have a band of their own
    assert "something is new of a few" in ready(study, late).why
    for number in range(1, 12):
        moves(f"p{number:02}")
    assert made(study, late)  # and now it is new of twelve


def test_the_four_weeks_begin_anew_when_what_was_told_before_is_told_again(cast, study, people, now, settings):
    from holdfast_site.people.models import Ending

    for one in people:
        Ending.objects.create(client=one, therapist=cast.alma, ended_on=now.date(), kind="planned")
    here = settings.SITE
    first = made(study, now)
    settings.SITE = here.model_copy(update={"name": "Another name"})
    assert made(study, now + 5 * WEEK) != first
    settings.SITE = here
    assert made(study, now + 10 * WEEK) == first
    for one in people:
        answers(cast, one, now)
    assert "can be made from" in ready(study, now + 11 * WEEK).why
    assert made(study, now + 14 * WEEK)


def test_a_form_that_made_one_file_makes_no_other(cast, study, people, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.studies.making import NotYet
    from holdfast_site.studies.models import File
    from holdfast_site.studies.services import hand_out

    told = {"by": OPERATOR, "study": study, "why": "x", "form": uuid4(), "now": now}
    assert isinstance(hand_out(ready=ready(study, now), **told), bytes)
    for one in people:
        appointment(one, cast.alma, now + WEEK)
    assert isinstance(hand_out(ready=ready(study, now + 6 * WEEK), **told), NotYet)
    assert File.objects.count() == 1


def test_after_a_backup_was_put_back_everybody_is_asked_anew(lead, cast, study, people, now):
    """Who took his yes back after the backup would otherwise be in the next file."""
    from django.db import transaction

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.audit.services import Action, record

    with transaction.atomic():
        record(Action.PUT_BACK, by=OPERATOR, about="backup:of-last-week", at=now)
    assert "a backup was put back" in ready(study, now).why
    lead.post(f"/studies/{study.pk}", {**TOLD, "about": "A backup was put back: say it anew.", "form": uuid4()})
    assert "fewer than 11" in ready(study, now).why
    for one in people[:22]:
        says(study, one, True, now, version=2)
    assert ready(study, now).people == 22


def test_what_has_changed_between_looking_and_making_makes_no_file(cast, study, people, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.studies.making import NotYet
    from holdfast_site.studies.models import File
    from holdfast_site.studies.services import hand_out

    looked = ready(study, now)
    for one in people[:5]:
        says(study, one, False, now)
    assert isinstance(hand_out(by=OPERATOR, study=study, ready=looked, why="x", form=uuid4(), now=now), NotYet)
    assert not File.objects.exists()


def test_each_combination_in_it_is_that_of_eleven(cast, study, people, now):
    content = made(study, now)
    told = {row["person"]: [row["age"], row["employment"]] for row in rows_of(content, "people")}
    for row in rows_of(content, "episodes"):
        told[row["person"]].append(row["therapist"])
    assert min(Counter(map(tuple, told.values())).values()) >= LEAST


# --- what a client finds of it ----------------------------------------------------------------------


def test_he_sees_which_files_held_him_and_who_made_them_until_he_is_erased(lead, cast, study, people, now):
    from holdfast_site.own.erasing import erase, ledger
    from holdfast_site.studies.making import chosen, everybody
    from holdfast_site.studies.models import File, InFile, Study

    lead.post(f"/studies/{study.pk}/file", sends())
    him = next(one for one in people if InFile.objects.filter(client=one).exists())
    other = next(one for one in people if not InFile.objects.filter(client=one).exists())
    his, others = signed_in("client", of=him), signed_in("client", of=other)
    words = "made a file for a study, with you in it"
    assert words in his.get("/mine/looked").content.decode()
    assert words not in others.get("/mine/looked").content.decode()
    assert "Files that held you" in his.get("/mine/allowed").content.decode()
    assert "Files that held you" not in others.get("/mine/allowed").content.decode()
    from holdfast_site.access.actors import OPERATOR

    try:
        erase(by=OPERATOR, client=him, now=now)
    finally:
        ledger().unlink(missing_ok=True)
    assert not InFile.objects.filter(client=him).exists()
    assert len(File.objects.get().ids) == 33
    assert him.pk not in everybody(chosen(Study.objects.get()))
