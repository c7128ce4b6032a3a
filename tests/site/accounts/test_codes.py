"""A password and a code: once each, and how a password is changed."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from tests.site.accounts.ways import by_code, come_with, enrol, welcomed, window, with_code_app
from tests.site.conftest import PASSWORD, staff

pytestmark = pytest.mark.long


def test_a_password_and_a_code_app(told, now, clock):
    browser, secret, on_paper = with_code_app(told, now)
    assert browser.get("/today/").status_code == 200
    assert len(on_paper) == 8
    clock(now + timedelta(minutes=1))
    code = pyotp.TOTP(secret).at(now + timedelta(minutes=1))
    assert by_code(window(), code).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"login": "nobody"}, {"code": "000000"}, {"code": ""}, {"password": ""}]
)
def test_whatever_is_wrong_the_answer_is_the_same(told, now, clock, wrong):
    _, secret, _ = with_code_app(told, now)
    clock(now + timedelta(minutes=1))
    browser = window()
    answer = by_code(browser, pyotp.TOTP(secret).at(now + timedelta(minutes=1)), **wrong)
    assert answer.status_code == 422
    assert answer.content.decode().count("That did not fit together.") == 1
    assert browser.get("/today/").status_code == 404


def test_no_code_is_right_twice_nor_an_older_one(told, now, clock):
    _, secret, (first, *_) = with_code_app(told, now)
    later = now + timedelta(minutes=2)
    clock(later)
    clockwork = pyotp.TOTP(secret)
    assert by_code(window(), clockwork.at(later)).status_code == 302
    assert by_code(window(), clockwork.at(later)).status_code == 422
    assert by_code(window(), clockwork.at(later - timedelta(seconds=30))).status_code == 422
    assert by_code(window(), clockwork.at(later - timedelta(minutes=5))).status_code == 422
    assert by_code(window(), first).status_code == 302
    assert by_code(window(), first).status_code == 422


@pytest.mark.parametrize("kind", ["app", "paper"])
def test_a_code_that_is_sent_twenty_times_at_once_is_right_once(told, now, clock, kind):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from holdfast_site.accounts.codes import accepted
    from holdfast_site.accounts.models import Member

    _, secret, on_paper = with_code_app(told, now)
    later = now + timedelta(minutes=1)
    code = on_paper[0] if kind == "paper" else pyotp.TOTP(secret).at(later)
    member = Member.objects.get(login="alma therapist")

    def sent(_):
        try:
            return accepted(member, code, now=later)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as at_once:
        assert sum(at_once.map(sent, range(20))) == 1


def test_a_password_alone_is_never_enough(cast, now):
    staff("therapist", "alma", password=PASSWORD)
    assert by_code(window(), "123456").status_code == 422


def test_a_short_or_common_password_is_refused(told, now):
    browser = come_with(told)
    page = browser.get("/way-in/code").content.decode()
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)[1]
    answer = browser.post("/way-in/code", {"password": "short", "code": pyotp.TOTP(secret).at(now)})
    assert answer.status_code == 422
    assert "15 characters" in answer.content.decode()
    assert secret in answer.content.decode()


def test_neither_secret_nor_codes_nor_addresses_are_on_disk_as_they_are(told, now, stored):
    _, secret, on_paper = with_code_app(told, now)
    by_code(window(), "000000")
    disk = stored()
    for hidden in (PASSWORD, on_paper[0], on_paper[0].replace("-", ""), told.code, told.link, "127.0.0.1"):
        assert hidden.encode() not in disk, hidden
    from holdfast_site.accounts.models import CodeApp

    assert secret.encode() not in bytes(CodeApp.objects.get().sealed)


NEW = "a kettle on the windowsill"


def changes(browser, **said):
    return browser.post("/ways/password", {"current": PASSWORD, "new": NEW, **said})


@pytest.mark.hazard("H-14")
def test_a_password_is_changed_with_the_current_one_and_ends_his_other_sessions(told, now, clock):
    browser, secret, _ = with_code_app(told, now)
    clock(now + timedelta(minutes=1))
    other = window()
    by_code(other, pyotp.TOTP(secret).at(now + timedelta(minutes=1)))
    assert other.get("/today/").status_code == 200
    assert "Change the password" in browser.get("/ways").content.decode()
    assert browser.get("/ways/password").status_code == 200
    answer = changes(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/ways")
    assert "The password is changed. You are signed out in the one other" in browser.get("/ways").content.decode()
    assert [one.get("/today/").status_code for one in (browser, other)] == [200, 404]
    clock(now + timedelta(minutes=2))
    code = pyotp.TOTP(secret).at(now + timedelta(minutes=2))
    assert by_code(window(), code).status_code == 422
    assert by_code(window(), code, password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"current": "a boat that is not mine"}, "does not fit"),
        ({"new": "a short one"}, "at least 15"),
        ({"new": "1q2w3e4r5t6y7u8i9o0p"}, "too common"),
        ({"current": ""}, ""),
        ({"new": ""}, "required"),
    ],
)
def test_a_password_that_is_wrong_short_or_common_changes_nothing(told, now, said, words):
    from holdfast_site.accounts.models import Member

    browser, *_ = with_code_app(told, now)
    before = Member.objects.get(login="alma therapist").password
    answer = changes(browser, **said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Member.objects.get(login="alma therapist").password == before
    assert browser.get("/today/").status_code == 200


def test_whoever_guesses_at_the_current_password_waits(told, now, clock):
    browser, *_ = with_code_app(told, now)
    for _ in range(5):
        assert changes(browser, current="a boat that is not mine").status_code == 422
    assert changes(browser).status_code == 422
    clock(now + timedelta(seconds=2))
    assert changes(browser).status_code == 302


def test_a_password_needs_proof_that_is_fresh_and_somebody_who_has_one(told, now, clock, cast):
    browser, *_ = with_code_app(told, now)
    _, ben, _ = enrol(welcomed(staff("therapist", "ben"), now))
    assert ben.get("/ways/password").status_code == changes(ben).status_code == 404
    clock(now + timedelta(minutes=6))
    assert browser.get("/ways/password")["Location"] == "/prove?next=%2Fways%2Fpassword"
    assert changes(browser)["Location"].startswith("/prove")


def test_a_password_that_was_changed_meanwhile_stays_and_many_at_once_wait(told, now, monkeypatch):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Member

    browser, *_ = with_code_app(told, now)
    make = services.make_password

    def meanwhile(password):
        Member.objects.filter(login="alma therapist").update(password="another")
        return make(password)

    monkeypatch.setattr(services, "make_password", meanwhile)
    assert changes(browser).status_code == 422
    assert Member.objects.get(login="alma therapist").password == "another"
    with services.HASHING, services.HASHING:
        assert services._new_hash(Member.objects.get(login="alma therapist"), PASSWORD, NEW, now=now) is None


def test_a_code_app_reads_whose_it_is_and_the_host_alone(site):
    from holdfast_site.accounts.codes import address_of, new_secret

    assert address_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", login="alma", host="hill.example") == (
        "otpauth://totp/hill.example:alma?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=hill.example"
    )
    assert re.fullmatch("[A-Z2-7]{32}", new_secret())


def test_a_code_is_of_this_moment_or_of_the_one_beside_it_and_no_other(site, now):
    from holdfast_site.accounts.codes import STEP, fits, new_secret

    secret = new_secret()
    clock = pyotp.TOTP(secret)
    this = clock.timecode(now)
    for off in range(-3, 4):
        code = clock.at(now + off * STEP)
        assert fits(secret, f" {code[:3]} {code[3:]}", now=now) == (this + off if abs(off) < 2 else None), off


def test_codes_on_paper_are_one_mans_and_work_as_they_were_printed_whatever_comes_after(two, settings, now):
    """They lie in a drawer for years: how a digest of one is made must not change."""
    from holdfast_site.accounts.codes import accepted
    from holdfast_site.accounts.models import PaperCode

    (alma, _, hers), (ben, _, bens) = two
    assert len({*hers, *bens}) == 16
    plain = [f"{alma.pk} {code.replace('-', '')}".encode() for code in hers]
    kept = {bytes(one) for one in PaperCode.objects.filter(member=alma).values_list("digest", flat=True)}
    assert kept == {settings.VAULT.print_of("paper codes", one) for one in plain}
    assert not accepted(ben, hers[0], now=now)
    assert accepted(alma, f" {hers[0].upper().replace('-', ' ')} ", now=now)
    assert list(PaperCode.objects.exclude(used_at=None).values_list("member", "used_at")) == [(alma.pk, now)]


def test_a_secret_is_sealed_with_the_key_that_a_new_master_key_takes_over(two, settings):
    from holdfast_site.accounts.models import CodeApp
    from holdfast_site.new_key import BOXES
    from holdfast_site.vault import ClientBox

    (alma, secret, _), _ = two
    box, app = ClientBox(settings.VAULT.derived(dict(BOXES)[CodeApp])), CodeApp.objects.get(member=alma)
    assert box.open(app.sealed, place=app.place) == secret.encode()


def test_a_new_code_app_ends_the_one_before_it_and_nobody_elses(two, now):
    from holdfast_site.accounts import codes
    from holdfast_site.accounts.models import CodeApp

    (alma, before, hers), (ben, secret, bens) = two
    after = codes.new_secret()
    codes.keep_secret(alma, after, step=7, now=now)
    assert CodeApp.objects.values_list("last_step", "made_at").get(member=alma) == (7, now)
    assert not codes.accepted(alma, hers[0], now=now)
    assert not codes.accepted(alma, pyotp.TOTP(before).at(now), now=now)
    assert codes.accepted(alma, pyotp.TOTP(after).at(now), now=now)
    assert codes.accepted(ben, bens[0], now=now)
    assert codes.accepted(ben, pyotp.TOTP(secret).at(now), now=now)


def test_whoever_guesses_at_codes_waits_alone_until_he_is_right(two, now):
    from holdfast_site.accounts.codes import accepted

    (alma, secret, on_paper), (ben, bens, _) = two
    clock = pyotp.TOTP(secret)
    for _ in range(4):
        assert not accepted(alma, "no code", now=now)
    assert accepted(alma, clock.at(now), now=now)
    for _ in range(5):  # as many as if there had been none before
        assert not accepted(alma, "no code", now=now)
    after = now + timedelta(seconds=30)
    assert not accepted(alma, clock.at(after), now=now)
    assert accepted(alma, on_paper[0], now=now)
    assert accepted(ben, pyotp.TOTP(bens).at(now), now=now)
    assert accepted(alma, clock.at(after), now=after)


@pytest.mark.parametrize(("form", "where"), [("CodeAppForm", "password"), ("PasswordForm", "new")])
def test_a_password_is_long_and_not_common_wherever_it_is_chosen_and_kept_as_it_was_typed(site, form, where):
    from holdfast_site.accounts import forms

    def chosen(word):
        return getattr(forms, form)({"code": "123456", "current": PASSWORD, where: word})

    right = chosen(f" {NEW} ")
    assert right.is_valid()
    assert right.cleaned_data[where] == f" {NEW} "
    for wrong, words in (("fourteen signs", "15 characters"), ("1q2w3e4r5t6y7u8i9o0p", "too common")):
        assert words in str(chosen(wrong).errors[where])
