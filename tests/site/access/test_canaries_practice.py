"""A mark in each kind of data, looked for on every page of every role: seen only where the matrix allows it."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.site.access.test_matrix_practice import WHY, opened_to_ben, table_by
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in
from tests.site.handover.test_matters import opened
from tests.site.messages.sinks import mail_server
from tests.site.messages.test_sending import card, turn
from tests.site.own.test_mine import PAGES
from tests.site.people.test_contacts import kept
from tests.site.studies.test_studies import TOLD as STUDY

NAME, PHONE, WISH = "Canaryname", "07700900999", "Canarywish"
FOR_THERAPIST, KEPT, ASKED_THERAPIST, ASKED_CONTACT, STORY, PREFERS = (
    *("Canarytherapist", "Canarykept", "Canaryaskedtherapist", "Canaryaskedcontact", "Canarystory", "Stays more with"),
)
BROUGHT = "Canarybrought"  # in a table of names and addresses that waits to be taken over
REASON, CHANCE, DONE, PROMPTED = "Canaryreason", "Canarychance", "Canarydone", "Canaryprompted"
MAILBOX = "canarymail@work.example"  # where the care contact hears that something is waiting
GUESSED = "You thought that he will not come back"  # a guess is one of three words: this is how it is read
ALLOWED = {
    NAME: {"care contact", "desk", "sue", "alma", "ben", "dan", "eli"},
    PHONE: {"care contact", "desk", "alma", "ben", "dan", "eli"},
    WISH: {"care contact", "desk", "alma", "ben", "dan", "eli"},
    FOR_THERAPIST: {"alma", "dan", "ben"},  # to him Dan's page is open in an emergency
    KEPT: {"care contact", "dan"},
    ASKED_THERAPIST: {"alma", "dan"},
    ASKED_CONTACT: {"care contact", "dan"},
    STORY: {"ben", "eli"},
    PREFERS: set(),
    BROUGHT: {"desk"},
    REASON: {"alma", "sue"},  # of a flag, to which the supervisor is assigned
    CHANCE: {"alma", "sue"},
    GUESSED: {"alma"},
    DONE: {"alma", "dan"},  # it is shown to whom it was done; not which sign led to it
    PROMPTED: set(),
    MAILBOX: {"care contact"},
    WHY: {"alma", "ben"},  # why a page was opened in an emergency
}


@pytest.fixture(name="marked")
def _marked(cast, now, browser, settings):
    """Every kind of data holds its mark."""
    from django.utils import timezone

    from holdfast_site.access.actors import ANYONE, OPERATOR, Role
    from holdfast_site.accounts.mailboxes import enter
    from holdfast_site.accounts.models import Mailbox, Post
    from holdfast_site.checkins.services import invite
    from holdfast_site.handover.models import Kind, Switch
    from holdfast_site.handover.services import open_matter
    from holdfast_site.people.models import Therapist
    from holdfast_site.people.services import keep_wishes
    from holdfast_site.refreshing import refresh
    from holdfast_site.studies.services import name

    for client in (cast.dan, cast.eli):
        kept(client, now, name=NAME, phone=PHONE, wishes=WISH)
    browser.post(cast.address, filled(words=FOR_THERAPIST))
    _, link = invite(by=ANYONE, appointment=cast.invitation.appointment, now=now + timedelta(minutes=1))
    browser.post(f"/c/{link}", filled(words=KEPT, who="care_contact"))
    opened(cast, now, kind=Kind.SLOWER, said={"words": ASKED_THERAPIST})
    opened(cast, now, kind=Kind.SOMEONE_ELSE, holder=Role.CARE_CONTACT, said={"words": ASKED_CONTACT})
    told = {"client": cast.eli, "therapist": cast.ben, "due_on": timezone.localdate(), "now": now}
    open_matter(by=OPERATOR, kind=Kind.CALL, holder=Role.THERAPIST, **told)
    came = Switch(client=cast.eli, leaves=cast.alma, goes_to=cast.ben, asked_at=now, decided_at=now)
    box = settings_vault().client_box("eli", cast.eli.wrapped_key)
    came.sealed = box.seal(STORY.encode(), place=came.place)
    came.save()
    keep_wishes(cast.dan, {"approach": -3})
    Therapist.objects.filter(pk="ben").update(capacity=5, style_approach=-3)
    appointment(cast.dan, cast.alma, now + timedelta(days=1), status="booked")
    appointment(cast.eli, cast.ben, now + timedelta(days=1), status="booked")
    refresh(now)
    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    flagged(cast, now)
    name(by=OPERATOR, told={**STUDY, "form": uuid4()}, now=now)
    ruth = Post.objects.select_related("member").get(role=Role.CARE_CONTACT)
    enter(by=OPERATOR, member=ruth.member, address=MAILBOX, form=uuid4(), now=now)
    Mailbox.objects.update(confirmed_at=now)
    return cast


def flagged(cast, now):
    """A flag about Dan with its reasons, what Alma guessed before she saw them, and what she did about it."""
    from holdfast_site.caseload.models import Flag, Guess, Repair
    from holdfast_site.caseload.repairs import Done, sealed

    box = settings_vault().client_box("dan", cast.dan.wrapped_key)
    flag = Flag(client=cast.dan, therapist=cast.alma, at=now)
    told = {"signals": ["quiet"], "words": [[REASON, {}]], "chance": CHANCE}
    flag.sealed = box.seal(json.dumps(told).encode(), place=flag.place)
    flag.save()
    guess = Guess(flag=flag, at=now)
    guess.sealed = box.seal(b"no", place=guess.place)
    guess.save()
    repair = Repair(client=cast.dan, therapist=cast.alma, at=now - timedelta(hours=1), form=uuid4())
    repair.sealed = sealed(repair, Done(DONE, PROMPTED))
    repair.save()


def settings_vault():
    from django.conf import settings

    return settings.VAULT


OUT = "/blank"  # the quick exit: it signs out


@pytest.fixture(name="everybody")
def _everybody(marked, all_staff, now):
    """Who works here, and both clients; one's page is open to the other's therapist in an emergency."""
    opened_to_ben(marked, now)
    table_by("desk", now, f"id,name\n{BROUGHT},Ann\n")
    clients = {"dan": signed_in("client", of=marked.dan), "eli": signed_in("client", of=marked.eli)}
    return {**all_staff, **clients}


def crawled(browser, links=()):
    """Every page that somebody can reach from where he comes in, and every address that anybody has, as text."""
    from holdfast_site.emergency.models import Opening
    from holdfast_site.exchange.models import Upload
    from holdfast_site.handover.models import Matter
    from holdfast_site.people.models import Appointment

    waiting = ["/today/", "/holding/", "/kept/", "/practice/", "/people/", "/people/arranged", "/supervised/"]
    waiting += ["/emergency/"]
    waiting += ["/studies/", "/standing-in/", "/schedule/", "/schedule/sent", "/schedule/book", "/clients/"]
    waiting += [f"/cards/{form}" for form in Upload.objects.values_list("form", flat=True)]
    waiting += [f"/mine/{page}" for page in PAGES] + [
        f"/{kind}/{link}" for link in links for kind in ("c", "say", "stop")
    ]
    for client in ("dan", "eli"):
        waiting += [f"/today/client/{client}", f"/supervised/client/{client}", f"/clients/{client}", f"/story/{client}"]
    waiting += [f"/emergency/{key}" for key in Opening.objects.values_list("key", flat=True)]
    for key in Matter.objects.values_list("key", flat=True):
        waiting += [f"/holding/{key}", f"/holding/{key}/another"]
    waiting += [f"/schedule/appointment/{pk}" for pk in Appointment.objects.values_list("pk", flat=True)]
    seen, text = set(), []
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        page = browser.get(address)
        if page.status_code == 200:
            text.append(page.content.decode())
            waiting += [
                found for found in re.findall(r'href="(/[^"#]*)"', text[-1]) if "static" not in found and found != OUT
            ]
    return "".join(text)


@pytest.mark.long
@pytest.mark.hazard("H-09", "H-14")
def test_what_is_seen_is_what_the_matrix_allows(marked, everybody):
    """Whoever holds a link is anyone, and sees no mark at all."""
    links = (marked.link, marked.other_link)
    found = {who: crawled(browser, links if who == "anyone" else ()) for who, browser in everybody.items()}
    seen = {mark: {who for who, text in found.items() if mark in text} for mark in ALLOWED}
    assert seen == ALLOWED


@pytest.mark.long
def test_no_mark_stands_open_on_the_disk_in_the_audit_in_a_log_or_in_a_mail(
    marked, everybody, site, stored, now, settings, caplog, monkeypatch
):
    from holdfast_site.accounts.models import Mailbox
    from holdfast_site.config import EmailConfig
    from holdfast_site.messages import staff
    from holdfast_site.messages.due import Hours

    monkeypatch.setattr(staff, "is_a_day", lambda _: True)  # whenever the tests run
    monkeypatch.setattr(staff, "hours", lambda: Hours(0, 24, ZoneInfo("UTC")))

    caplog.set_level(logging.DEBUG)
    for browser in everybody.values():
        crawled(browser)
    with mail_server() as sink:
        email = EmailConfig(
            host="127.0.0.1", port=sink.port, security="none", sender="Hill Street <hello@hill.example>"
        )
        settings.SITE = settings.SITE.model_copy(update={"email": email, "address": "https://hill.example"})
        card(marked.dan, now, name=NAME, phone=PHONE, wishes=WISH)
        appointment(marked.dan, marked.alma, now - timedelta(hours=5))  # about which nothing was asked yet
        staff.queue_waits(Mailbox.objects.get(), now)
        turn(now)
    mails = "".join(mail.as_string().replace(f"To: {MAILBOX}", "") for mail in sink.got)
    assert re.search(r"https://hill\.example/[cn]/", mails)
    assert "Something is waiting" in mails
    assert [mark for mark in ALLOWED if mark in mails or mark in caplog.text] == []
    disk = stored() + b"".join(path.read_bytes() for path in site.rglob("*") if path.is_file())
    assert [mark for mark in ALLOWED if mark.encode() in disk] == []


@pytest.mark.parametrize("pairs", [8, pytest.param(500, marks=pytest.mark.slow)])
def test_whatever_is_asked_of_the_care_contact_the_therapists_pages_are_the_same_to_the_byte(cast, now, pairs):
    """Non-interference of matters: what only the care contact was asked for, taken on and planned."""
    import random

    from django.db import transaction

    from holdfast_site.access.actors import OPERATOR, Actor, Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.handover.models import Kind, NextStep
    from holdfast_site.handover.services import Seen, open_matter, plan, take
    from tests.site.conftest import client

    dice, alma = random.Random(7), signed_in("therapist", "alma")
    by = Actor(Role.CARE_CONTACT, str(Post.objects.get(role="care_contact").member_id))
    with transaction.atomic():
        for number in range(pairs):
            for twin in "ab":
                him = client(f"{number}{twin}")
                appointment(him, cast.alma, now - timedelta(days=3))
                if twin == "a":
                    continue
                kind = dice.choice([Kind.SOMEONE_ELSE, Kind.PAUSE, Kind.DONE, Kind.CALL])
                told = {"client": him, "therapist": cast.alma, "due_on": now.date(), "now": now}
                matter = open_matter(
                    by=OPERATOR, kind=kind, holder=Role.CARE_CONTACT, said={"words": "x" * number}, **told
                )
                if dice.random() < 0.5:
                    take(by=by, matter=matter, seen=Seen(uuid4(), 0), now=now)
                    plan(by=by, matter=matter, seen=Seen(uuid4(), 1), what=NextStep.CALL, on=now.date(), now=now)

    def page(address):
        return re.sub(r'csrfmiddlewaretoken[^>]+|name="form"[^>]+', "", alma.get(address).content.decode())

    def of(name):
        return page(f"/today/client/{name}").replace(name, "HIM")

    with transaction.atomic():  # what is noted of so many looks goes to the disk once
        for number in range(pairs):
            assert of(f"{number}a") == of(f"{number}b")
    for address in ("/today/", "/holding/", "/standing-in/"):
        text = page(address)
        assert len(re.findall(r"\d+a\b", text)) == len(re.findall(r"\d+b\b", text))
