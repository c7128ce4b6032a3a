"""An address of his own for whoever works here: shown to be his by a code, seen by him alone, gone when he leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.conftest import signed_in

MINE, PAGE = "alma@zanzibar.example", "/ways/mail"


@pytest.fixture(name="ruth")
def _ruth(cast, settings):
    """The care contact, at a site that sends mail."""
    from holdfast_site.config import EmailConfig

    email = EmailConfig(host="127.0.0.1", security="none", sender="Hill Street <hello@hill.example>")
    settings.SITE = settings.SITE.model_copy(update={"email": email, "address": "https://hill.example"})
    return signed_in("care_contact")


def enter(browser, address=MINE, **more):
    return browser.post(PAGE, {"do": "enter", "form": uuid4(), "address": address, **more})


def confirm(browser, code):
    return browser.post(PAGE, {"do": "confirm", "code": code})


def sent(now):
    """What went out: to whom, and its text."""
    from holdfast_site.messages.services import send_waiting
    from holdfast_site.messages.staff import queue_codes

    got = []
    queue_codes(now)
    send_waiting(lambda: now, {"email": lambda message: got.append((message.to, message.text)) or ""})
    return got


def code_in(text):
    return text[:9]


def mailbox():
    from holdfast_site.accounts.models import Mailbox

    return Mailbox.objects.first()


def audited():
    from holdfast_site.audit.models import Event

    return [one for one in Event.objects.order_by("pk").values_list("action", flat=True) if one.startswith("mailbox.")]


def text(answer):
    return answer.content.decode()


@pytest.mark.hazard("H-16")
def test_nothing_but_a_code_goes_to_an_address_until_it_is_typed(ruth, now, stored):
    assert enter(ruth).status_code == 302
    assert "Eight digits go to alma@zanzibar.example" in text(ruth.get(PAGE))
    assert not mailbox().is_used
    ((to, mail),) = sent(now)
    assert to == MINE
    assert mail[9:] == "\n\nType it where you entered this address. If you entered none, nothing more is sent here.\n"
    assert sent(now) == []
    wrong = confirm(ruth, "0000 0000")
    assert (wrong.status_code, mailbox().confirmed_at) == (422, None)
    assert "does not fit" in text(wrong)
    assert confirm(ruth, code_in(mail)).status_code == 302
    assert confirm(ruth, code_in(mail)).status_code == 422  # once
    assert "You hear at alma@zanzibar.example" in text(ruth.get(PAGE))
    assert mailbox().is_used
    assert ruth.post(PAGE, {"do": "remove"}).status_code == 302
    assert ruth.post(PAGE, {"do": "remove"}).status_code == 302
    assert mailbox() is None
    assert [one for one in audited() if one != "mailbox.read"] == [f"mailbox.{did}" for did in DONE]
    assert b"zanzibar" not in stored()


DONE = ("entered", "confirmed", "removed")


@pytest.mark.hazard("H-16")
def test_a_code_is_for_one_address_alone_whatever_form_another_is_entered_by(ruth, now):
    form = uuid4()
    enter(ruth, form=form)
    ((_, first),) = sent(now)
    ruth.post(PAGE, {"do": "remove"})
    enter(ruth, "somebody.else@example.org", form=form)
    assert confirm(ruth, code_in(first)).status_code == 422
    enter(ruth)  # the same again gets another one
    ((_, second),) = sent(now)
    assert confirm(ruth, code_in(second)).status_code == 302


def test_the_same_form_twice_or_the_same_code_in_two_windows_is_kept_once(ruth, now, monkeypatch):
    from holdfast_site.accounts import mailboxes

    form = uuid4()
    assert [enter(ruth, form=form).status_code for _ in range(2)] == [302, 302]
    ((_, mail),) = sent(now)
    before = mailbox()
    monkeypatch.setattr(mailboxes, "mailbox_of", lambda _: before)  # both windows read it before either has written
    assert [confirm(ruth, code_in(mail)).status_code for _ in range(2)] == [302, 302]
    assert [audited().count(f"mailbox.{did}") for did in DONE] == [1, 1, 0]


def test_another_address_takes_its_place_and_a_code_is_over_after_a_day(ruth, now, clock):
    enter(ruth)
    ((_, mail),) = sent(now)
    confirm(ruth, code_in(mail))
    enter(ruth, "new@zanzibar.example")
    assert not mailbox().is_used
    ((to, mail),) = sent(now)
    assert to == "new@zanzibar.example"
    clock(now + timedelta(days=1))
    again = signed_in("care_contact")
    assert "The code for new@zanzibar.example is over" in text(again.get(PAGE))
    assert confirm(again, code_in(mail)).status_code == 422


def test_the_same_form_a_hundred_times_at_once_is_one_address_and_one_code(ruth, now):
    from django.db import connections

    from holdfast_site.accounts.mailboxes import enter as keep
    from holdfast_site.accounts.models import Mailbox, Post
    from holdfast_site.accounts.sessions import acting_as

    post, form = Post.objects.select_related("member").get(role="care_contact"), uuid4()

    def ten(_):
        try:
            told = {"by": acting_as(post), "member": post.member, "address": MINE, "form": form, "now": now}
            return [keep(**told) for _ in range(10)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as many:
        assert {kept for ten_kept in many.map(ten, range(10)) for kept in ten_kept} == {True}
    assert Mailbox.objects.count() == 1
    assert audited().count("mailbox.entered") == 1
    assert len(sent(now)) == 1


def test_who_tries_too_often_has_to_wait(ruth, now):
    for number in range(5):
        assert enter(ruth, f"{number}@zanzibar.example").status_code == 302
    assert "tried too often" in text(enter(ruth))
    (code,) = (mail for _, mail in sent(now))
    assert confirm(ruth, code_in(code)).status_code == 422  # nor is a code looked at


def test_what_is_no_address_is_refused_and_nothing_else_is_offered(ruth):
    for address in ("", "alma", "a@b", f"{'a' * 200}@zanzibar.example"):
        assert enter(ruth, address).status_code == 422
    assert enter(ruth, form="x").status_code == 422
    assert confirm(ruth, "").status_code == 422
    assert ruth.post(PAGE, {"do": "anything"}).status_code == 404
    assert mailbox() is None


def test_where_no_mail_is_sent_or_nothing_could_wait_the_page_says_so(cast):
    supervisor = signed_in("supervisor")
    assert "This site sends no mail" in text(supervisor.get(PAGE))
    assert enter(supervisor).status_code == 422
    assert mailbox() is None


def test_a_supervisor_is_told_that_no_mail_would_come(ruth):
    assert "In your role nothing waits for you" in text(signed_in("supervisor").get(PAGE))
    assert "Somebody whom nobody is holding" in text(ruth.get(PAGE))


@pytest.mark.hazard("H-14")
def test_only_he_sees_it_and_shows_before_that_it_is_he(ruth, now, clock):
    enter(ruth)
    ((_, mail),) = sent(now)
    lead = signed_in("lead")
    assert "hears by mail" not in text(lead.get("/people/"))
    confirm(ruth, code_in(mail))
    people = text(lead.get("/people/"))
    assert people.count("hears by mail that something is waiting") == 1
    assert MINE not in people + text(lead.get(PAGE))
    assert b"Hear by mail" in ruth.get("/ways").content
    clock(now + timedelta(minutes=6))
    assert ruth.get(PAGE)["Location"].startswith("/prove")
    assert ruth.post(PAGE, {"do": "remove"})["Location"].startswith("/prove")
    assert mailbox().is_used


def test_whoever_leaves_takes_it_along(ruth, now):
    from holdfast_site.accounts.models import Post
    from holdfast_site.messages.models import Message

    enter(ruth)
    sent(now)
    member = Post.objects.get(role="care_contact").member_id
    lead = signed_in("lead")
    assert lead.post(f"/people/access/{member}", {"do": "end", "sure": "yes"}).status_code == 302
    assert mailbox() is None
    assert not Message.objects.filter(client=None).exists()
    assert lead.post(f"/people/access/{member}", {"do": "back"}).status_code == 302
    assert mailbox() is None


def test_a_client_has_no_such_page(cast, ruth):
    dan = signed_in("client", of=cast.dan)
    assert dan.get(PAGE).status_code == 404
    assert PAGE not in text(dan.get("/ways"))


def test_it_opens_under_a_new_master_key_and_a_code_from_before_is_over(ruth, now, site):
    from django.conf import settings

    from holdfast_site.accounts.mailboxes import address_of, code_of
    from holdfast_site.new_key import _move

    enter(ruth)
    before, code = settings.VAULT, code_of(mailbox())
    after = before.successor()
    _move(before, after)
    settings.VAULT = after
    try:
        assert address_of(mailbox()) == MINE
        assert code_of(mailbox()) != code
    finally:
        settings.VAULT = before
