"""Whatever comes, no error of ours: it is kept as it should be, or refused and nothing changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site.before.test_ask import asked, replied
from tests.site.before.test_back import way_back
from tests.site.conftest import appointment
from tests.site.nonsense import KINDS, Nonsense

NAMES = ["form", "reply", "attend_next", "until", "why", "words", "cancel", "who_switch", "who_done", "off", "text",
         "someone_else", "From", "Body", "MessageStatus", "MessageSid", "x\x00"]  # fmt: skip
KNOWN = ["", "0", "10", "11", "٣", "done", "coming", "someone_else", "pause", "call", "on", "yes", "\x00",
         "care_contact", "therapist", "prompt", "4", "too_fast", "we did not click", "STOP", "failed"]  # fmt: skip
VALUES = st.one_of(st.text(max_size=40), st.sampled_from(KNOWN), st.uuids().map(str))
FORMS = st.dictionaries(st.sampled_from(NAMES), st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=9)
FEW, MANY, SEEDS = 100, 5_000, range(5)
ALLOWED = (200, 400, 403, 404, 409, 410, 422, 429)
PLACES = ["/n/", "/say/", "/back/", "/stop/", "/sms"]


@pytest.fixture(name="addresses")
def _addresses(cast, browser, now):
    """Every page that is reached by a link: open, answered, and the way back."""
    moments = [now + timedelta(hours=hours) for hours in (20, 21)]
    open_, done = (asked(appointment(cast.dan, cast.alma, one, status="booked"), now) for one in moments)
    door = way_back(browser.post(done, replied("done")).content.decode())
    words = [open_.replace("/n/", "/say/"), f"/say/{cast.link}"]
    return [open_, done, *words, door, "/sms", f"/stop/{cast.other_link}"]


def check_form(address, browser, form, before):
    """Nothing is kept unless the page says so; how many are kept now, where there were so many before."""
    from holdfast_site.checkins.models import Submission

    answer = browser.post(address, form)
    assert answer.status_code in ALLOWED, (address, answer.status_code)
    kept = Submission.objects.count()
    assert kept == before or answer.status_code == 200
    return kept


@pytest.mark.long
def test_any_form_to_any_page_by_link(addresses, browser):
    from holdfast_site.checkins.models import Submission

    @settings(max_examples=FEW, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(addresses), FORMS)
    def check(address, form):
        check_form(address, browser, form, Submission.objects.count())

    check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_very_many_forms_to_any_page_by_link(addresses, browser, seed):
    from holdfast_site.checkins.models import Submission

    nonsense, kept = Nonsense(seed), Submission.objects.count()
    for _ in range(MANY):
        kept = check_form(nonsense.dice.choice(addresses), browser, nonsense.form(NAMES, KNOWN), kept)


@pytest.mark.long
def test_any_body_and_any_address(cast, browser, now):
    real = asked(appointment(cast.dan, cast.alma, now + timedelta(hours=20), status="booked"), now)
    made_up = st.tuples(st.sampled_from(PLACES), st.text(max_size=60)).map("".join)

    @settings(max_examples=FEW, suppress_health_check=list(HealthCheck), database=None)
    @given(st.one_of(made_up, st.just(real)), st.binary(max_size=200), st.sampled_from(KINDS))
    def check(address, body, kind):
        assert browser.generic("POST", address, body, content_type=kind).status_code in ALLOWED

    check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_very_many_bodies_and_addresses(addresses, browser, seed):
    nonsense = Nonsense(seed)
    for number in range(MANY):
        places = [nonsense.dice.choice(PLACES) + nonsense.text(60), nonsense.dice.choice(addresses)]
        kind, body = nonsense.body()
        assert browser.generic("POST", places[number % 2], body, content_type=kind).status_code in ALLOWED, body
