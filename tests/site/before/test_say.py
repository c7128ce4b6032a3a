"""Say it for me: two plain sentences from what is off, to change, to send or to read out."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.site.before.test_ask import asked, matters
from tests.site.conftest import appointment


@pytest.fixture(name="address")
def _address(cast):
    return f"/say/{cast.link}"


def test_it_makes_two_sentences_for_every_one_two_or_three_things(site):
    from itertools import combinations

    from holdfast_site.before.sentences import MOST_PICKED, OFF, sentences
    from holdfast_site.checkins.questions import MOST_WORDS

    names = [one.name for one in OFF]
    assert len(set(names)) == len(names)
    for count in range(1, MOST_PICKED + 1):
        for picked in combinations(names, count):
            text = sentences(picked)
            assert text.count(". ") == 1
            assert text.endswith(".")
            assert len(text) <= MOST_WORDS


def test_what_is_off_becomes_words_and_nothing_is_kept_by_that(cast, browser, address, rows):
    before = rows()
    assert browser.get(address).status_code == 200
    page = browser.post(address, {"off": ["too_fast", "talked_down"]}).content.decode()
    assert "it goes too fast for me, and I have felt talked down to" in page
    assert "It would help me to go slower, and to talk on a level." in page
    assert "This box is not checked for emergencies." in page
    assert rows() == before


@pytest.mark.parametrize("off", [[], ["too_fast", "too_blunt", "too_flat", "no_point"], ["everything"]])
def test_nothing_or_too_much_is_asked_back(cast, browser, address, off):
    answer = browser.post(address, {"off": off})
    assert answer.status_code == 422
    assert "Pick one, two or three." in answer.content.decode()


def test_what_he_sends_reaches_his_therapist_once(cast, browser, address, settings, rows):
    form = {"form": str(uuid4()), "text": "It goes too fast for me.\nSlower, please."}
    answer = browser.post(address, form)
    assert "Sent. It is saved." in answer.content.decode()
    assert "Monday to Friday, 9 to 5" in answer.content.decode()
    after = rows()
    assert browser.post(address, form).content == answer.content
    assert rows() == after
    ((kind, holder, said),) = matters(settings)
    assert (kind, holder) == ("said", "therapist")
    assert said["words"].splitlines() == ["It goes too fast for me.", "Slower, please."]


def test_a_second_time_by_the_same_link_is_not_added_and_says_so(cast, browser, address, rows):
    browser.post(address, {"form": str(uuid4()), "text": "One"})
    after = rows()
    answer = browser.post(address, {"form": str(uuid4()), "text": "Two"})
    assert answer.status_code == 409
    assert rows() == after
    assert "already" in browser.get(address).content.decode()


def test_by_the_link_of_the_next_session_it_is_added_below(cast, browser, address, settings, now):
    from datetime import timedelta

    browser.post(address, {"form": str(uuid4()), "text": "One"})
    booked = appointment(cast.dan, cast.alma, now + timedelta(hours=20), status="booked")
    browser.post(asked(booked, now).replace("/n/", "/say/"), {"form": str(uuid4()), "text": "Two"})
    ((_, _, said),) = matters(settings)
    assert said["words"] == "One\nTwo"


def test_too_long_is_not_kept_and_not_lost(cast, browser, address, rows):
    before = rows()
    answer = browser.post(address, {"form": str(uuid4()), "text": "x" * 501})
    assert answer.status_code == 422
    assert "x" * 501 in answer.content.decode()
    assert rows() == before


def test_what_he_said_stands_open_nowhere(cast, browser, address, site):
    browser.post(address, {"form": str(uuid4()), "text": "Zanzibar is hard for me"})
    assert [file.name for file in site.rglob("*") if file.is_file() and b"Zanzibar" in file.read_bytes()] == []


def test_it_is_reached_from_the_thanks(cast, browser, address):
    from tests.site.checkins.test_answer import filled

    assert f'href="{address}"' in browser.post(cast.address, filled()).content.decode()


def test_after_its_time_a_link_carries_no_words(cast, browser, address, now, rows, monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=73))
    before = rows()
    assert browser.get(address).status_code == 410
    assert browser.post(address, {"form": str(uuid4()), "text": "x"}).status_code == 410
    assert rows() == before
