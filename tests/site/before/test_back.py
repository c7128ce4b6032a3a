"""Whoever is done finds a door that stays open: one link, a year later, for him alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.site.before.test_ask import CANARY, _address, _booked, asked, matters, replied  # noqa: F401
from tests.site.conftest import appointment, signed_in

pytestmark = pytest.mark.long


def way_back(page):
    return re.search(r'href="(/back/[^"]+)"', page)[1]


def test_whoever_is_done_gets_a_way_back_that_works_a_year_later(cast, browser, address, now, settings, monkeypatch):
    from django.utils import timezone

    door = way_back(browser.post(address, replied("done")).content.decode())
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=400))
    page = browser.get(door).content.decode()
    assert "You can come back" in page
    assert not [word for word in ("alma", "dan", "Ruth", "Hill Street") if re.search(rf"\b{word}\b", page)]
    form = {"form": str(uuid4()), "someone_else": "yes", "words": "New number: 0123"}
    assert browser.post(door, form).status_code == 200
    assert browser.post(door, form).status_code == 200
    backs = [(holder, said) for kind, holder, said in matters(settings) if kind == "back"]
    assert backs == [("care_contact", {"words": "Someone else this time. New number: 0123"})]


def test_a_link_that_was_used_says_so_and_what_happens_next_until_somebody_has_seen_to_it(
    cast, browser, address, now, monkeypatch
):
    """As an answered check-in does; not what was written with it, nor who he or his therapist is (H-08)."""
    from django.utils import timezone

    from holdfast_site.handover.models import Matter

    door = way_back(browser.post(address, replied("done")).content.decode())
    monkeypatch.setattr(timezone, "now", lambda: datetime(2031, 3, 7, 15, tzinfo=UTC))  # a Friday
    sent = browser.post(door, {"form": str(uuid4()), "someone_else": "yes", "words": CANARY}).content.decode()
    again = browser.get(door).content.decode()
    assert "This was sent on 7 March" in again
    for page in (sent, again):
        assert "It is to be seen to by Monday 10 March. If you have not heard by then, tell the practice." in page
        assert "Nothing is booked yet." in page
        assert not [word for word in (CANARY, "alma", "dan", "Ruth") if re.search(rf"\b{word}\b", page)]
    assert 'name="words" value=""' in again  # something can be added
    Matter.objects.filter(kind="back").update(closed_at=now)
    assert "This was sent" not in browser.get(door).content.decode()
    assert "You can come back" in browser.get(door).content.decode()


def test_a_form_that_was_sent_before_does_not_open_a_settled_matter_again(cast, browser, address, now):
    from holdfast_site.handover.models import Matter

    door = way_back(browser.post(address, replied("done")).content.decode())
    form = {"form": str(uuid4())}
    browser.post(door, form)
    Matter.objects.filter(kind="back").update(closed_at=now)
    browser.post(door, form)
    assert Matter.objects.filter(kind="back").count() == 1


def test_a_link_causes_a_few_messages_a_day_and_no_more_and_the_refusal_tells_nothing(
    cast, browser, address, now, rows, settings, monkeypatch
):
    """Whoever gets hold of the link cannot bury the practice under it, nor learn what was sent with it."""
    from django.utils import timezone

    door = way_back(browser.post(address, replied("done")).content.decode())
    forms = [{"form": str(uuid4()), "words": f"word {number}"} for number in range(4)]
    assert [browser.post(door, form).status_code for form in forms[:3]] == [200] * 3
    before = rows()
    refused = browser.post(door, forms[3])
    assert (refused.status_code, rows()) == (429, before)
    page = refused.content.decode()
    assert "This cannot be taken today." in page
    assert 'value="word 3"' in page
    assert "word 2" not in page
    assert browser.post(door, forms[0]).status_code == 200  # what was taken stays taken, however often it is sent
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=1, minutes=1))
    assert browser.post(door, forms[3]).status_code == 200
    said = next(said["words"] for kind, _, said in matters(settings) if kind == "back")
    assert said.splitlines() == ["word 0", "word 1", "word 2", "word 3"]


def test_he_is_told_to_keep_the_link_now_and_can_copy_it(cast, browser, address):
    page = browser.post(address, replied("done")).content.decode()
    assert "Keep this link: it is shown only now." in page
    assert re.search(rf'<input type="url" readonly value="http://[^"]+{way_back(page)}">', page)
    assert re.search(rf'<a class="kept" href="{way_back(page)}">http://[^<]+{way_back(page)}</a>', page)
    assert "To cancel or move it, tell the practice." in page


def test_looking_at_the_door_opens_nothing(cast, browser, address, rows):
    door = way_back(browser.post(address, replied("done")).content.decode())
    before = rows()
    for _ in range(50):
        assert browser.get(door).status_code == 200
    assert rows() == before


def test_nobody_else_gets_one(cast, browser, address):
    assert "/back/" not in browser.post(address, replied("pause")).content.decode()


def test_whoever_was_erased_has_no_link_any_more(cast, browser, address, now, rows):
    from holdfast_site.people.models import Client

    booked = appointment(cast.dan, cast.alma, now + timedelta(hours=40), status="booked")
    other = asked(booked, now)
    door = way_back(browser.post(address, replied("done")).content.decode())
    Client.objects.filter(pk="dan").update(wrapped_key=b"")
    before = rows()
    assert browser.post(door, {"form": str(uuid4())}).status_code == 404
    assert browser.post(other, replied("call")).status_code == 410
    assert browser.post(other.replace("/n/", "/stop/")).status_code == 200
    assert browser.post(other.replace("/n/", "/say/"), {"form": str(uuid4()), "text": "x"}).status_code == 410
    assert rows() == before


def test_a_care_contact_who_is_his_therapist_hears_the_way_back_as_his_therapist(cast, browser, address, settings):
    from holdfast_site.accounts.models import Post

    door = way_back(browser.post(address, replied("done")).content.decode())
    alma = signed_in("therapist", "alma")
    member = Post.objects.get(role="therapist", therapist="alma").member
    Post.objects.filter(role="care_contact").update(member=member)
    assert "your therapist" in browser.get(door).content.decode().lower()
    browser.post(door, {"form": str(uuid4()), "words": CANARY})
    assert [holder for kind, holder, _ in matters(settings) if kind == "back"] == ["therapist"]
    page = alma.get("/holding/").content.decode()
    assert ("Would like to come back" in page, "Said he is done" in page) == (True, False)


@pytest.mark.hazard("H-09")
@pytest.mark.parametrize(("with_whom", "is_told"), [("no", True), ("yes", False), ("", False)])
def test_his_therapist_hears_that_he_would_like_to_come_back_only_if_he_wants_the_same(
    cast, browser, address, settings, with_whom, is_told
):
    """As the page says before he sends it. Otherwise nothing that the therapist sees changes."""
    from tests.site.handover.test_holding import text

    door = way_back(browser.post(address, replied("done")).content.decode())
    assert "If you choose nothing: only the care contact." in browser.get(door).content.decode()
    alma = signed_in("therapist", "alma")
    pages = ("/holding/", "/today/", "/today/client/dan")
    before = [text(alma.get(page)) for page in pages]
    for _ in range(2):
        browser.post(door, {"form": str(uuid4()), "someone_else": with_whom, "words": CANARY})
    said = text(alma.get("/holding/"))
    assert CANARY not in said
    assert ("Said he is done" in said, "Would like to come back" in said) == (not is_told, is_told)
    assert is_told or [text(alma.get(page)) for page in pages] == before
    backs = [(holder, told.get("words", "")) for kind, holder, told in matters(settings) if kind == "back"]
    assert [holder for holder, _ in sorted(backs)] == ["care_contact", *["therapist"] * is_told]
    assert all((CANARY in words) == (holder == "care_contact") for holder, words in backs)
    if is_told:
        matter = re.search(r'href="(/holding/[^"]+)"', alma.get("/holding/").content.decode())[1]
        assert "The care contact was told too" in text(alma.get(matter))


@pytest.mark.hazard("H-09")
def test_what_the_door_promised_to_the_care_contact_alone_goes_to_nobody_else(cast, browser, address, settings):
    from holdfast_site.accounts.models import Post

    door = way_back(browser.post(address, replied("done")).content.decode())
    assert 'name="promised" value="on"' in browser.get(door).content.decode()
    Post.objects.filter(role="care_contact").delete()
    told = {"form": str(uuid4()), "promised": "on", "words": CANARY}
    answer = browser.post(door, told)
    assert answer.status_code == 422
    assert CANARY in answer.content.decode()
    assert "your therapist of then reads it" in answer.content.decode()
    assert not [kind for kind, *_ in matters(settings) if kind == "back"]
    del told["promised"]  # as the page has it now
    assert browser.post(door, told).status_code == 200
