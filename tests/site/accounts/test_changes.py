"""Whoever signs in is told what was changed about his ways in, until he says that he knows, on each of his devices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.authenticator import Phone
from tests.site.accounts.ways import ask, by_code, enrol, sign_in, window, with_code_app
from tests.site.conftest import signed_in

pytestmark = pytest.mark.long

TOLD, MADE = "Your ways in were changed", "A passkey was made."


def one_more(browser, phone):
    answer = browser.post("/ways/add", {"credential": phone.makes(ask(browser, "/ways/add/ask"))})
    assert answer.status_code == 302


def page(browser, where="/today/"):
    return browser.get(where).content.decode()


@pytest.fixture(name="two")
def _two(told, now, clock):
    """Alma's phone; and a passkey that somebody made half an hour later in her name."""
    hers, browser, _ = enrol(told)
    assert TOLD not in page(browser)
    clock(now + timedelta(minutes=3))
    other = Phone()
    one_more(browser, other)
    clock(now + timedelta(hours=1))
    return hers, other


def test_who_signs_in_with_his_own_phone_hears_of_a_passkey_that_was_made_and_of_what_to_do(two):
    browser, _ = sign_in(two[0])
    assert TOLD in page(browser)
    assert MADE in page(browser)
    assert TOLD in page(browser), "until he says that he knows"
    assert "That was not me" in page(browser)
    ways = page(browser, "/ways")
    assert MADE in ways
    assert "tell the practice today" in ways
    assert ways.count(">Remove it<") == 2


def test_once_he_knows_it_is_over_and_the_audit_says_so(two, now, clock):
    from holdfast_site.audit.models import Event

    browser, _ = sign_in(two[0])
    for _ in range(2):
        assert browser.post("/ways/known").status_code == 302
    assert TOLD not in page(browser)
    assert TOLD not in page(sign_in(two[0])[0])
    assert Event.objects.filter(action="way_in.known").count() == 1


def test_whoever_made_himself_a_passkey_hides_nothing_from_the_other_phone(two):
    thief, _ = sign_in(two[1])
    assert TOLD not in page(thief)
    thief.post("/ways/known")
    assert MADE in page(sign_in(two[0])[0])


def test_showing_once_more_that_it_is_he_hides_nothing_either(two, now, clock):
    hers = sign_in(two[0])[0]
    clock(now + timedelta(hours=1, minutes=10))
    answer = hers.post("/prove", {"credential": two[0].shows(ask(hers)), "next": "/ways"})
    assert answer.status_code == 302
    assert TOLD in page(hers)


def test_a_link_that_the_lead_made_is_told_too_and_what_was_removed(two, alma, now, clock):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts.models import Passkey
    from holdfast_site.accounts.services import welcome

    browser, _ = sign_in(two[0])
    browser.post("/ways/known")
    clock(now + timedelta(hours=1, minutes=1))
    newest = Passkey.objects.order_by("pk").last()
    assert browser.post(f"/ways/remove/{newest.pk}").status_code == 302
    clock(now + timedelta(hours=2))
    welcome(by=OPERATOR, post=alma, now=now + timedelta(hours=2))
    again = page(sign_in(two[0])[0])
    assert "A passkey was removed." in again
    assert "A link and a code for a new way in were made for you." in again
    assert MADE not in again


def test_with_a_code_app_he_hears_of_a_changed_password(told, now, clock):
    import pyotp

    from tests.site.conftest import PASSWORD

    browser, secret, paper = with_code_app(told, now)
    new = "another rowing boat in the fog"
    clock(now + timedelta(minutes=2))
    answer = browser.post("/ways/password", {"current": PASSWORD, "new": new})
    assert answer.status_code == 302, answer.content.decode()
    clock(now + timedelta(hours=1))
    browser = window()
    code = pyotp.TOTP(secret).at(now + timedelta(hours=1))
    assert by_code(browser, code, password=new).status_code == 302
    assert "The password was changed." in page(browser)
    browser.post("/ways/known")
    assert TOLD not in page(browser)
    assert paper


def test_somebody_with_two_roles_hears_it_in_the_one_he_chooses(two, alma):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    add_member(alma.member.login, Role.LEAD)
    browser, answer = sign_in(two[0])
    assert answer["Location"] == "/sign-in/role"
    browser.post(answer["Location"], {"role": "lead"})
    assert MADE in page(browser, "/ways")
    assert TOLD in page(browser, "/practice/")


def test_who_came_in_without_a_way_is_told_nothing_and_of_another_one_nothing(two, cast):
    ben = signed_in("therapist", "ben")
    assert TOLD not in page(ben)
    assert ben.post("/ways/known").status_code == 302
    assert MADE not in page(ben, "/ways")
