"""Erasing somebody: nothing he said can be read by anybody, in this database or an older copy; ids and audit stay."""

from __future__ import annotations

import shutil
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.accounts.ways import window
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in

WORDS = ("Zanzibar", "Daniel Foo", "Xanadu")


@pytest.fixture(name="full")
def _full(cast, browser, now, site):
    """Dan with something in every place; and no ledger of another test."""
    from holdfast_site.access.actors import OPERATOR, Role
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter
    from holdfast_site.own.erasing import ledger
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    ledger().unlink(missing_ok=True)
    browser.post(cast.address, filled(words="Zanzibar", words_who="care_contact"))
    keep_contact(by=OPERATOR, client=cast.dan, card=ContactCard(name="Daniel Foo"), now=now)
    open_matter(
        by=OPERATOR, client=cast.dan, therapist=cast.alma, kind=Kind.CALL, holder=Role.CARE_CONTACT,
        due_on=now.date(), now=now, said={"words": "Xanadu"},
    )  # fmt: skip
    yield cast
    ledger().unlink(missing_ok=True)


def erased(dan, **changes):
    return dan.post("/mine/erase/now", {"form": uuid4(), "sure": "yes", **changes})


def readable(client_id):
    """Everything of his that any key still opens."""
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.people.models import Client, Contact

    client = Client.objects.get(pk=client_id)
    boxes = SealedBox.objects.filter(submission__invitation__appointment__client=client)
    return bool(client.wrapped_key), boxes.count(), Contact.objects.filter(client=client).count()


def test_he_is_asked_twice_and_told_what_stays(full):
    dan = signed_in("client", of=full.dan)
    page = dan.get("/mine/erase").content.decode()
    for words in ("What goes", "What stays", "Older backups"):
        assert words in page
    assert erased(dan, sure="").status_code == 422
    assert erased(dan, form="x").status_code == 422
    assert readable("dan") == (True, 2, 1)


def test_after_it_nothing_of_his_is_left_for_anybody_and_he_is_out(full):
    from holdfast_site.audit.models import Event
    from holdfast_site.people.models import Appointment

    dan, alma, ruth = signed_in("client", of=full.dan), signed_in("therapist", "alma"), signed_in("care_contact")
    answer = erased(dan)
    assert "It is erased" in answer.content.decode()
    assert dan.get("/mine/").status_code == 404
    assert readable("dan") == (False, 0, 0)
    text = "".join(
        browser.get(page).content.decode()
        for browser, page in ((alma, "/today/"), (alma, "/today/client/dan"), (ruth, "/kept/"))
    )
    assert not [word for word in WORDS if word in text]
    assert Appointment.objects.filter(client="dan").exists()
    assert Event.objects.filter(action="client.erased", about="client:dan").count() == 1


def test_others_are_as_they_were(full, browser):
    browser.post(f"/c/{full.other_link}", filled(words="Kathmandu"))
    before = readable("eli")
    erased(signed_in("client", of=full.dan))
    assert readable("eli") == before == (True, 1, 0)
    assert "Kathmandu" in signed_in("therapist", "ben").get("/today/client/eli").content.decode()


def test_his_open_links_and_ways_in_lead_nowhere(full, browser, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    _, link = invite(by=ANYONE, appointment=full.invitation.appointment, now=now + timedelta(minutes=1))
    told = signed_in("therapist", "alma").post("/mine/give/dan")
    assert told.status_code == 200
    erased(signed_in("client", of=full.dan))
    assert browser.get(f"/c/{link}").status_code == 404
    assert window().get(f"/c/{full.link}/mine").status_code == 200
    assert window().post(f"/c/{full.link}/mine", {"code": "12345678"}).status_code == 422
    assert signed_in("therapist", "alma").get("/mine/give/dan").status_code == 404


def test_what_his_links_and_codes_were_made_of_is_gone_too_and_nobody_elses_is(full, now):
    """Whoever has an older copy of a link or a code holds nothing, even if his key came back."""
    from holdfast_site.access.actors import ANYONE, OPERATOR
    from holdfast_site.accounts.codes import new_secret
    from holdfast_site.accounts.models import CodeApp, Member, Post, Session, Welcome
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.checkins.services import invite
    from holdfast_site.own.erasing import erase
    from holdfast_site.own.services import give_way_in

    fresh, _ = invite(by=ANYONE, appointment=full.invitation.appointment, now=now + timedelta(minutes=1))
    for one in (full.dan, full.eli):
        give_way_in(by=OPERATOR, client=one, now=now)
        signed_in("client", of=one)
        made = CodeApp(member=Member.objects.get(posts__client=one), last_step=0, made_at=now)
        made.sealed = new_secret().encode()
        made.save()
    signed_in("care_contact")

    def kept():
        return {
            **{f"link {pk}": bytes(link) for pk, link in Invitation.objects.values_list("pk", "link")},
            **{f"welcome {one.post.client_id}": bytes(one.link) for one in Welcome.objects.all()},
            **{f"code {one.post.client_id}": bytes(one.code) for one in Welcome.objects.all()},
            **{f"app {one.member_id}": bytes(one.sealed) for one in CodeApp.objects.all()},
            **{f"signed in {one.member_id}": b"" for one in Session.objects.all()},
            **{f"active {one.pk}": one.is_active for one in Member.objects.all()},
        }

    before, him = kept(), Post.objects.get(client="dan").member_id
    erase(by=OPERATOR, client=full.dan, now=now)
    after = kept()
    changed = {f"link {fresh.pk}", "welcome dan", "code dan", f"app {him}", f"signed in {him}", f"active {him}"}
    assert {name for name, what in before.items() if after.get(name) != what} == changed
    assert [after[f"active {him}"], f"app {him}" in after] == [False, False]
    assert {len(what) for name, what in after.items() if name.startswith(("link", "welcome", "code"))} == {32}


def test_answers_that_arrive_while_he_is_erased_are_not_kept(full, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience, SealedBox
    from holdfast_site.checkins.selectors import own_invitation
    from holdfast_site.checkins.services import Closed, invite, keep_answers

    fresh, _ = invite(by=ANYONE, appointment=full.invitation.appointment, now=now + timedelta(minutes=1))
    fetched = own_invitation(type("Holder", (), {"invitation_id": fresh.pk})())
    erased(signed_in("client", of=full.dan))
    answers = Answers.of([("pace", 1, Audience.THERAPIST)])
    assert keep_answers(by=ANYONE, invitation=fetched, form=uuid4(), answers=answers, now=now) == Closed()
    assert not SealedBox.objects.filter(submission__invitation=fresh).exists()


@pytest.mark.long
def test_an_export_that_is_loaded_again_brings_nothing_back(full, tmp_path, now):
    from holdfast.tables import read_tables
    from holdfast_site.caseload.services import load_tables, refresh

    (tmp_path / "appointments.csv").write_text(
        "appointment_id,client_id,therapist_id,starts_at,status\na1,dan,alma,2026-01-05T09:00,attended\n"
    )
    (tmp_path / "checkins.csv").write_text(
        "client_id,appointment_id,sent_at,answered_at,pace\ndan,a1,2026-01-05T12:00,2026-01-05T13:00,2\n"
    )
    erased(signed_in("client", of=full.dan))
    load_tables(read_tables(tmp_path), now=now)
    refresh(now)
    assert readable("dan") == (False, 0, 0)
    assert signed_in("therapist", "alma").get("/today/client/dan").status_code == 200


@pytest.mark.sqlite
def test_an_older_copy_that_is_put_back_has_him_erased_again_at_the_start(full, site, now):
    from django.db import connections

    from holdfast_site import start
    from holdfast_site.config import DATABASE

    connections.close_all()
    older = site.parent / "older.sqlite3"
    shutil.copy(site / DATABASE, older)
    erased(signed_in("client", of=full.dan))
    connections.close_all()
    shutil.copy(older, site / DATABASE)
    assert readable("dan") == (True, 2, 1)  # he is back
    start.erase_again()
    assert readable("dan") == (False, 0, 0)
    assert readable("eli")[0]
    start.erase_again()
    from holdfast_site.audit.models import Event

    assert [one.actor for one in Event.objects.filter(action="client.erased")] == ["anyone:operator"]


def test_the_ledger_names_nobody_and_a_new_practice_key_would_not_match_it(full, settings):
    from holdfast_site.own.erasing import digest, ledger
    from holdfast_site.vault import Vault

    erased(signed_in("client", of=full.dan))
    (line,) = ledger().read_text().split()
    assert "dan" not in line
    assert line == digest("dan")
    before, settings.VAULT = settings.VAULT, Vault(bytes(32))
    try:
        assert line != digest("dan")
    finally:
        settings.VAULT = before


def test_if_it_cannot_be_written_down_nothing_is_erased_and_he_is_told(full, monkeypatch):
    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    dan = signed_in("client", of=full.dan)
    answer = erased(dan)
    monkeypatch.undo()
    assert answer.status_code == 503
    assert "could not finish" in answer.content.decode()
    assert readable("dan") == (True, 2, 1)
    assert dan.get("/mine/answers").status_code == 200


@pytest.mark.long
def test_where_nobody_was_erased_a_start_erases_nobody(full, now, rows):
    from holdfast_site.own.erasing import erase_again, ledger

    ledger().unlink(missing_ok=True)
    before = rows()
    assert erase_again(now=now) == 0
    assert rows() == before


@pytest.mark.long
def test_somebody_who_was_erased_may_come_again_to_sessions_and_is_not_asked_or_flagged(full, now, settings):
    from holdfast_site.caseload.models import Flag, Overdue
    from holdfast_site.caseload.services import refresh

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    erased(signed_in("client", of=full.dan))
    for weeks in range(2, 12):
        appointment(full.dan, full.alma, now - timedelta(weeks=weeks))
    refresh(now)
    assert not Flag.objects.filter(client="dan").exists()
    assert not Overdue.objects.filter(client="dan").exists()


@pytest.mark.long
@pytest.mark.hazard("H-14")
def test_whoever_is_erased_while_lists_are_worked_out_is_on_none_of_them(full, now, monkeypatch):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.caseload import services
    from holdfast_site.caseload.models import Course, Overdue
    from holdfast_site.own.erasing import erase

    then = now - timedelta(weeks=7)  # he came last, and answered
    for weeks in range(1, 5):
        appointment(full.dan, full.alma, then - timedelta(weeks=weeks))
    full.dan.appointments.filter(starts_at__gt=then).update(starts_at=then)
    full.invitation.submission.__class__.objects.update(answered_at=then)
    services.refresh(now)
    assert {model.objects.filter(client="dan").exists() for model in (Overdue, Course)} == {True}
    courses = services._courses

    def while_he_is_erased(known):
        found = courses(known)
        erase(by=OPERATOR, client=full.dan, now=now)
        return found

    monkeypatch.setattr(services, "_courses", while_he_is_erased)
    services.refresh(now)
    assert {model.objects.filter(client="dan").exists() for model in (Overdue, Course)} == {False}


def test_where_others_still_meet_his_id_nothing_breaks_and_nothing_is_kept(full, now):
    from holdfast_site.handover.models import Matter, Switch
    from holdfast_site.people.models import Contact

    care, desk = signed_in("care_contact"), signed_in("desk")
    matter = Matter.objects.get()
    erased(signed_in("client", of=full.dan))
    card = {"name": "Dan", "email": "dan@new.example", "channel": "email", "wording": "message", "seen": ""}
    for answer in (desk.get("/clients/dan"), desk.post("/clients/dan", {**card, "safe_from": "8", "safe_until": "20"})):
        assert "was erased, as he asked" in answer.content.decode()
    assert not Contact.objects.filter(client="dan").exists()
    assert care.get(f"/holding/{matter.key}").status_code == 200
    told = {"form": uuid4(), "seen": "0", "goes_to": "ben", "on": f"{now + timedelta(days=7):%Y-%m-%d}", "at": "10:00"}
    answer = care.post(f"/holding/{matter.key}/another", {**told, "story": "Zanzibar", "agreed": "on"})
    assert answer.status_code == 302, answer.content.decode()
    assert [bytes(one.sealed) for one in Switch.objects.all()] == [b""]


@pytest.mark.hazard("H-14")
def test_a_line_of_the_ledger_that_a_power_cut_left_half_written_hides_nobody_after_it(full, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.erasing import digest, erase, ledger, noted

    erase(by=OPERATOR, client=full.dan, now=now)
    with ledger().open("a", encoding="ascii") as file:
        file.write(digest("somebody")[:20])
    erase(by=OPERATOR, client=full.eli, now=now)
    assert {digest("dan"), digest("eli")} <= noted(ledger())
