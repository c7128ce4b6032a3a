"""Whatever comes, no error of ours: it is kept as it should be, or refused and nothing changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site.before.test_ask import asked, replied
from tests.site.before.test_back import way_back
from tests.site.conftest import appointment

NAMES = ["form", "reply", "attend_next", "until", "why", "words", "cancel", "who_switch", "who_done", "off", "text",
         "someone_else", "From", "Body", "MessageStatus", "MessageSid", "x\x00"]  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "0", "10", "11", "٣", "done", "coming", "someone_else", "pause", "call", "on", "yes", "\x00"]),
    st.sampled_from(["care_contact", "therapist", "prompt", "4", "too_fast", "we did not click", "STOP", "failed"]),
    st.uuids().map(str),
)
FORMS = st.dictionaries(st.sampled_from(NAMES), st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=9)
FEW, MANY = 100, 5_000
ALLOWED = (200, 400, 403, 404, 409, 410, 422)


@pytest.mark.long
@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_any_form_to_any_page_by_link(cast, browser, now, examples):
    from holdfast_site.checkins.models import Submission

    moments = [now + timedelta(hours=hours) for hours in (20, 21)]
    open_, done = (asked(appointment(cast.dan, cast.alma, one, status="booked"), now) for one in moments)
    door = way_back(browser.post(done, replied("done")).content.decode())
    addresses = [
        open_,
        done,
        open_.replace("/n/", "/say/"),
        f"/say/{cast.link}",
        door,
        "/sms",
        f"/stop/{cast.other_link}",
    ]

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(addresses), FORMS)
    def check(address, form):
        before = Submission.objects.count()
        answer = browser.post(address, form)
        assert answer.status_code in ALLOWED, (address, answer.status_code)
        assert Submission.objects.count() == before or answer.status_code == 200

    check()


@pytest.mark.long
@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_any_body_and_any_address(cast, browser, now, examples):
    kinds = st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "x"])
    real = asked(appointment(cast.dan, cast.alma, now + timedelta(hours=20), status="booked"), now)
    made_up = st.tuples(st.sampled_from(["/n/", "/say/", "/back/", "/stop/", "/sms"]), st.text(max_size=60)).map(
        "".join
    )

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(st.one_of(made_up, st.just(real)), st.binary(max_size=200), kinds)
    def check(address, body, kind):
        assert browser.generic("POST", address, body, content_type=kind).status_code in ALLOWED

    check()
