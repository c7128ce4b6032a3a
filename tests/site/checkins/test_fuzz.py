"""Whatever comes, no error of ours: it is kept as it should be, or refused and nothing changes."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site.nonsense import KINDS, Nonsense

NAMES = ["form", "understood", "pace", "pace_who", "who", "words", "change", "talked_down", "tone", "x\x00", "pace "]
KNOWN = ["", "0", "-3", "3", "8", "10", "11", "1e3", "٣", "NaN", "therapist", "care_contact", "slower", "\x00"]
VALUES = st.one_of(st.text(max_size=40), st.sampled_from(KNOWN), st.uuids().map(str))
FORMS = st.dictionaries(st.sampled_from(NAMES), st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=8)
FEW, MANY, SEEDS = 100, 5_000, range(5)
ALLOWED = (200, 400, 403, 404, 409, 422)


def check_form(address, browser, form, before):
    """It is kept once, or it is not and the page says so; how many are kept now, where there were so many before."""
    from holdfast_site.checkins.models import Submission

    answer = browser.post(address, form)
    assert answer.status_code in ALLOWED, answer.status_code
    kept = Submission.objects.count()
    assert kept == before or (kept == before + 1 and answer.status_code == 200)
    return kept


@pytest.mark.long
def test_any_form(cast, browser):
    from holdfast_site.checkins.models import Submission

    @settings(max_examples=FEW, suppress_health_check=list(HealthCheck), database=None)
    @given(FORMS)
    def check(form):
        check_form(cast.address, browser, form, Submission.objects.count())

    check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_very_many_forms(cast, browser, now, seed):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    nonsense, address, kept = Nonsense(seed), cast.address, 0
    for _ in range(MANY):
        form = nonsense.form(NAMES, KNOWN)
        if nonsense.dice.random() < 0.5:
            form["form"] = str(UUID(int=nonsense.dice.getrandbits(128)))
        before, kept = kept, check_form(address, browser, form, kept)
        if kept > before:
            later = now + timedelta(seconds=kept)
            address = f"/c/{invite(by=ANYONE, appointment=cast.invitation.appointment, now=later)[1]}"
    assert kept > 20  # not all of it was refused at the door


@pytest.mark.long
def test_any_body_and_any_address(cast, browser):
    kinds = st.sampled_from(KINDS)
    addresses = st.one_of(st.text(max_size=60).map(lambda text: f"/c/{text}"), st.just(cast.address))

    @settings(max_examples=FEW, suppress_health_check=list(HealthCheck), database=None)
    @given(addresses, st.binary(max_size=200), kinds)
    def check(address, body, kind):
        answer = browser.generic("POST", address, body, content_type=kind)
        assert answer.status_code in ALLOWED, answer.status_code

    check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_very_many_bodies_and_addresses(cast, browser, seed):
    nonsense = Nonsense(seed)
    for number in range(MANY):
        address = cast.address if number % 2 else f"/c/{nonsense.text(60)}"
        kind, body = nonsense.body()
        assert browser.generic("POST", address, body, content_type=kind).status_code in ALLOWED, (address, body)


def test_too_much_is_refused(cast, browser, rows):
    before = rows()
    form = {"form": str(uuid4()), "words": "x" * 70_000}
    body = urlencode(form)
    kind = "application/x-www-form-urlencoded"
    assert browser.generic("POST", cast.address, body, content_type=kind).status_code == 413
    many = "&".join(f"a{number}=1" for number in range(500))
    answer = browser.generic("POST", cast.address, many, content_type=kind)
    assert answer.status_code == 400
    assert rows() == before
