"""Wrong tries wait, and keep nobody else out."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest

from tests.site.accounts.ways import by_code, enrol, sign_in, window, with_code_app

pytestmark = pytest.mark.long


def test_wrong_tries_make_that_address_wait_longer_each_time_and_nobody_else(told, now, clock):
    _, secret, _ = with_code_app(told, now)
    moment = now + timedelta(minutes=1)
    clock(moment)
    for _ in range(12):
        by_code(window(), "000000", password="wrong")
    right = pyotp.TOTP(secret).at(moment)
    assert by_code(window(), right).status_code == 422  # from the address that guessed
    owner = window()
    owner.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert by_code(owner, right).status_code == 302


def test_somebody_who_guesses_a_password_never_keeps_a_passkey_out(told, alma, now):
    phone, *_ = enrol(told)
    for _ in range(30):
        by_code(window(), "000000", password="wrong")
    assert sign_in(phone)[1].status_code == 302


def test_the_wait_grows_and_ends(site):
    from holdfast_site.accounts.tries import wait

    waits = [wait(wrong).total_seconds() for wrong in range(20)]
    assert waits[:7] == [0, 0, 0, 0, 0, 1, 2]
    assert waits == sorted(waits)
    assert waits[-1] == 15 * 60
    assert wait(10**9).total_seconds() == 15 * 60


def test_a_try_after_the_wait_counts_and_a_clock_that_was_set_back_makes_nobody_wait(site, now):
    from holdfast_site.accounts import tries

    for _ in range(8):
        tries.begin("x", now=now)
    assert not tries.begin("x", now=now)
    assert tries.begin("x", now=now - timedelta(days=3))
    assert tries.begin("y", now=now)
    assert tries.begin("x", now=now + timedelta(days=2))


def test_each_wait_begins_with_the_try_before_and_is_over_at_its_end(site, now):
    from holdfast_site.accounts import tries

    moment = now
    for wrong in range(8):
        moment += tries.wait(wrong)
        assert not wrong or tries.wait(wrong) == timedelta(0) or not tries.begin("x", now=moment - timedelta(seconds=1))
        assert tries.begin("x", now=moment), wrong
    assert moment - now == timedelta(seconds=1 + 2 + 4)


def test_a_right_one_forgets_the_wrong_ones_before_it_and_nobody_elses(site, now):
    from holdfast_site.accounts import tries

    for what in ("x", "y"):
        for _ in range(5):
            tries.begin(what, now=now)
    tries.was_right("x")
    assert [tries.begin("x", now=now) for _ in range(6)] == [True] * 5 + [False]
    assert not tries.begin("y", now=now)


def test_after_a_day_without_one_the_wrong_ones_are_forgotten_and_not_before(site, now):
    from holdfast_site.accounts import tries
    from holdfast_site.accounts.models import Tries

    day = timedelta(days=1)
    for moment, wrong in ((now, 1), (now + day, 2), (now + 2 * day + timedelta(seconds=1), 1)):
        tries.begin("x", now=moment)
        assert Tries.objects.get().wrong == wrong


def test_under_a_new_key_whoever_has_to_wait_waits_still(site, now, settings):
    from holdfast_site.accounts import tries
    from holdfast_site.accounts.models import Tries
    from holdfast_site.new_key import PRINTS

    for _ in range(5):
        tries.begin("x", now=now)
    settings.VAULT = settings.VAULT.successor()
    purpose = next(purpose for model, _, purpose in PRINTS if model is Tries)
    row = Tries.objects.get()
    Tries.objects.update(what=settings.VAULT.laid_over(purpose, row.what))
    assert not tries.begin("x", now=now)


def test_neighbours_in_one_household_count_together(site):
    from holdfast_site.accounts.tries import household

    assert household("2001:db8:1:2:3::4") == household("2001:db8:1:2:ffff::9")
    assert household("2001:db8:1:2:3::4") != household("2001:db8:1:3::4")
    assert household("192.0.2.7") != household("192.0.2.8")


@pytest.mark.parametrize("no_address", ["", "unix:", "testserver", "1.2.3.4.5"])
def test_what_is_no_address_is_counted_as_it_is(site, no_address):
    from holdfast_site.accounts.tries import household

    assert household(no_address) == no_address


@pytest.mark.hazard("H-15")
def test_only_a_few_are_looked_at_at_a_time_and_help_is_there_all_the_while(cast, browser, now, monkeypatch):
    from holdfast_site.accounts import services

    def tried():
        return services.who_knows("nobody", "a password of nobody's", "123456", address="10.0.0.1", now=now)

    looked = []
    monkeypatch.setattr(services, "check_password", lambda *_: looked.append(1) or False)
    assert tried() is None
    assert len(looked) == 1
    with services.HASHING, services.HASHING:
        assert tried() is None
        assert len(looked) == 1
        assert browser.get("/help-now").status_code == 200
    assert tried() is None
    assert len(looked) == 2


@pytest.mark.hazard("H-14")
def test_codes_tried_at_once_on_old_rows_are_all_counted(cast, now):
    """Each request has read the row before any of them counts."""
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Welcome

    told = services.introduce("Cleo", "desk", therapist_id=None, now=now)
    before = [services.welcome_of_link(told.link, now=now) for _ in range(7)]
    wrong = "".join(str((int(digit) + 1) % 10) for digit in told.code)
    assert [services.fits(one, wrong) for one in before[:5]] == [False] * 5
    assert Welcome.objects.get().wrong == 5
    assert not services.fits(before[5], told.code)
    assert Welcome.objects.get().wrong == 5


def test_a_right_code_is_no_wrong_try(cast, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Welcome

    told = services.introduce("Cleo", "desk", therapist_id=None, now=now)
    for _ in range(9):
        assert services.fits(Welcome.objects.get(), told.code)
    assert Welcome.objects.get().wrong == 0


@pytest.mark.hazard("H-14")
def test_of_many_tries_at_once_no_more_are_looked_at_than_of_many_after_each_other(cast, now):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from holdfast_site.accounts import tries
    from holdfast_site.accounts.models import Tries

    def one(_):
        try:
            return tries.begin("somebody", now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as at_once:
        looked_at = sum(at_once.map(one, range(24)))
    assert (looked_at, Tries.objects.get().wrong) == (tries.FREE, tries.FREE)
