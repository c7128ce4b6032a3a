"""Whatever comes, no error of ours: it is kept as it should be, or refused and nothing changes."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ["form", "understood", "pace", "pace_who", "who", "words", "change", "talked_down", "tone", "x\x00", "pace "]
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "0", "-3", "3", "10", "11", "1e3", "٣", "NaN", "therapist", "care_contact", "slower", "\x00"]),
    st.uuids().map(str),
)
FORMS = st.dictionaries(st.sampled_from(NAMES), st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=8)
FEW, MANY = 100, 5_000


def check_form(cast, browser, form):
    from holdfast_site.checkins.models import Submission

    before = Submission.objects.count()
    answer = browser.post(cast.address, form)
    assert answer.status_code in (200, 400, 403, 409, 422), answer.status_code
    kept = Submission.objects.count() - before
    assert kept == 0 or answer.status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_any_form(cast, browser, examples):
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(FORMS)
    def check(form):
        check_form(cast, browser, form)

    check()


@pytest.mark.long
@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_any_body_and_any_address(cast, browser, examples):
    kinds = st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "x"])
    addresses = st.one_of(st.text(max_size=60).map(lambda text: f"/c/{text}"), st.just(cast.address))

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(addresses, st.binary(max_size=200), kinds)
    def check(address, body, kind):
        answer = browser.generic("POST", address, body, content_type=kind)
        assert answer.status_code in (200, 400, 403, 404, 409, 422), answer.status_code

    check()


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
