"""The first way in, roles, and showing once more that it is he."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from tests.site.accounts.authenticator import Phone
from tests.site.accounts.ways import ask, come_with, enrol, sign_in, welcomed, window
from tests.site.conftest import PASSWORD, staff

pytestmark = pytest.mark.long


def test_from_a_link_and_a_code_to_a_passkey_and_in_again(told):
    phone, browser, answer = enrol(told)
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert browser.get("/today/").status_code == 200
    again, answer = sign_in(phone)
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert again.get("/today/").status_code == 200


def test_the_link_without_the_code_shows_nothing_and_opens_nothing(told):
    browser = window()
    page = browser.get(f"/welcome/{told.link}")
    assert page.status_code == 200
    assert "alma" not in page.content.decode().lower()
    for address in ("/way-in", "/way-in/code", "/today/"):
        assert browser.get(address).status_code == 404
    assert browser.post("/way-in/passkey/ask").status_code == 404


def test_a_link_and_a_code_work_once_and_for_a_week(told, alma, now, clock):
    enrol(told)
    assert window().get(f"/welcome/{told.link}").status_code == 404
    again = welcomed(alma, now)
    clock(now + timedelta(days=7))
    assert window().get(f"/welcome/{again.link}").status_code == 404


def test_a_new_link_ends_the_one_before(told, alma, now):
    welcomed(alma, now)
    assert window().get(f"/welcome/{told.link}").status_code == 404


def test_after_five_wrong_codes_the_right_one_is_wrong(told):
    browser = window()
    for number in range(5):
        assert browser.post(f"/welcome/{told.link}", {"code": f"{number:08}"}).status_code == 422
    assert browser.post(f"/welcome/{told.link}", {"code": told.code}).status_code == 404


def test_a_wrong_code_says_what_to_do_to_staff_as_staff_and_to_a_client_as_a_client(cast, told, now):
    page = window().post(f"/welcome/{told.link}", {"code": "00000000"}).content.decode()
    assert "ask the lead, or whoever runs this site," in page
    assert "your therapist" not in page
    his = welcomed(staff("client", of=cast.dan), now)
    page = window().post(f"/welcome/{his.link}", {"code": "00000000"}).content.decode()
    assert "ask the practice, not your therapist," in page
    assert "the lead" not in page


def test_somebody_who_came_with_a_code_has_half_an_hour(told, now, clock):
    browser = come_with(told)
    clock(now + timedelta(minutes=29))
    assert browser.get("/way-in").status_code == 200
    clock(now + timedelta(minutes=31))
    assert browser.get("/way-in").status_code == 404


def test_a_new_way_in_takes_the_old_ones_away_and_ends_open_sessions(told, alma, now):
    lost, thief, _ = enrol(told)
    enrol(welcomed(alma, now))
    assert thief.get("/today/").status_code == 404
    assert sign_in(lost)[1].status_code == 422


def test_with_two_roles_he_says_in_which_and_gets_no_other(told):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    phone, *_ = enrol(told)
    add_member("alma therapist", Role.CARE_CONTACT)
    browser, answer = sign_in(phone)
    assert answer["Location"] == "/sign-in/role"
    page = browser.get("/sign-in/role").content.decode()
    assert page.count('name="role"') == 2
    assert browser.get("/today/").status_code == 404
    assert browser.post("/sign-in/role", {"role": "lead"}).status_code == 404
    assert browser.post("/sign-in/role", {"role": "care_contact"}).status_code == 302
    assert browser.get("/kept/").status_code == 200
    assert browser.get("/today/").status_code == 404


def test_nobody_chooses_a_role_who_has_not_shown_who_he_is(cast):
    staff("therapist", "alma")
    assert window().get("/sign-in/role").status_code == 404
    assert window().post("/sign-in/role", {"role": "therapist"}).status_code == 404


def test_it_is_he_for_five_minutes_then_he_shows_it_once_more(told, now, clock, monkeypatch):
    from holdfast_site.access import policy

    stepped = {**policy.POLICY, "caseload:today": replace(policy.POLICY["caseload:today"], fresh=True)}
    monkeypatch.setattr(policy, "POLICY", stepped)
    phone, browser, _ = enrol(told)
    assert browser.get("/today/").status_code == 200
    clock(now + timedelta(minutes=6))
    answer = browser.get("/today/")
    assert (answer.status_code, answer["Location"]) == (302, "/prove?next=%2Ftoday%2F")
    assert browser.get(answer["Location"]).status_code == 200
    other = Phone()
    assert browser.post("/prove", {"credential": other.shows(ask(browser))}).status_code == 422
    assert browser.post("/prove", {"code": "000000"}).status_code == 422
    assert browser.get("/today/").status_code == 302
    answer = browser.post("/prove", {"credential": phone.shows(ask(browser)), "next": "/today/"})
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert browser.get("/today/").status_code == 200
    clock(now - timedelta(days=3))  # set back: it could be any time ago
    assert browser.get("/today/").status_code == 404


def test_a_passkey_of_somebody_else_shows_nothing(told, now, cast):
    _, browser, _ = enrol(told)
    bens, *_ = enrol(welcomed(staff("therapist", "ben"), now))
    assert browser.post("/prove", {"credential": bens.shows(ask(browser))}).status_code == 422


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil", ""])
def test_it_leads_on_within_the_site_only(told, evil):
    phone, browser, _ = enrol(told)
    answer = browser.post("/prove", {"credential": phone.shows(ask(browser)), "next": evil})
    assert answer["Location"] == "/today/"


def test_ways_in_and_tries_are_audited_by_opaque_ids(told):
    from holdfast_site.audit.models import Event

    phone, *_ = enrol(told)
    sign_in(phone)
    sign_in(Phone())
    events = [" ".join(row) for row in Event.objects.order_by("pk").values_list("actor", "action", "about")]
    kinds = [re.sub(r"\d+", "N", one) for one in events if "checkin" not in one]
    assert kinds == [
        "anyone:operator welcome.made post:N",
        "anyone way_in.made post:N",
        "anyone member.signed_in member:N",
        "anyone member.not_signed_in nobody",
    ]


@pytest.mark.hazard("H-14")
def test_of_two_who_use_one_welcome_at_once_the_second_gets_nothing(told, now):
    """Each has read it while it was open."""
    from holdfast_site.accounts import codes, services
    from holdfast_site.accounts.models import CodeApp, Member, PaperCode

    first, second = (services.welcome_of_link(told.link, now=now) for _ in range(2))
    one, other = codes.new_secret(), codes.new_secret()
    assert services.make_code_app(first, PASSWORD, one, "no code", now=now) is None
    assert services.make_code_app(first, PASSWORD, one, pyotp.TOTP(one).at(now), now=now)
    assert services.make_code_app(second, "a boat of somebody else", other, pyotp.TOTP(other).at(now), now=now) is None
    assert Member.objects.get(login="alma therapist").check_password(PASSWORD)
    assert (CodeApp.objects.count(), PaperCode.objects.count()) == (1, codes.PAPER_CODES)


def test_what_was_made_for_a_client_and_not_used_can_be_ended(cast, now):
    from holdfast_site.accounts import services

    told = welcomed(staff("client", of=cast.dan), now)
    others = welcomed(staff("client", of=cast.eli), now)
    services.end_welcomes(cast.dan, now=now)
    assert services.welcome_of_link(told.link, now=now) is None
    assert services.welcome_of_link(others.link, now=now) is not None


def test_nobody_is_let_in_as_a_therapist_who_is_not_there_or_as_another_one(cast, now):
    from holdfast.errors import UsageError
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Post, Welcome

    with pytest.raises(UsageError, match="No therapist has the id nobody"):
        services.introduce("Alma", "therapist", therapist_id="nobody", now=now)
    before = services.introduce("Alma", "therapist", therapist_id="alma", now=now)
    with pytest.raises(UsageError, match="Alma is another therapist here"):
        services.introduce("Alma", "therapist", therapist_id="ben", now=now)
    after = services.introduce("Alma", "therapist", therapist_id="alma", now=now)
    assert Post.objects.get(member__login="Alma").therapist_id == "alma"
    assert services.welcome_of_link(before.link, now=now) is None
    assert services.welcome_of_link(after.link, now=now) == Welcome.objects.latest("pk")


def test_a_welcome_is_open_for_a_week_for_whom_it_is_made_and_for_nobody_who_left(cast, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Member, Welcome

    dan, eli = staff("client", of=cast.dan), staff("client", of=cast.eli)
    his, others = welcomed(dan, now), welcomed(eli, now)
    assert re.fullmatch(r"[\w-]{43}", his.link)
    assert re.fullmatch(r"\d{8}", his.code)
    week, moment = timedelta(days=7), timedelta(microseconds=1)
    found = Welcome.objects.get(post=dan)
    for at, is_open in ((now, True), (now + week - moment, True), (now + week, False)):
        assert services.welcome_of_link(his.link, now=at) == (found if is_open else None)
        assert services.welcome_of_client(cast.dan, now=at) == (found if is_open else None)
        assert services.welcome_by_id(found.pk, now=at) == (found if is_open else None)
    assert services.welcome_of_client(cast.dan, now=now, made_from=now) == found
    assert services.welcome_of_client(cast.dan, now=now, made_from=now + moment) is None
    assert services.welcome_of_link(f"{his.link}x", now=now) is None
    Member.objects.filter(pk=dan.member_id).update(is_active=False)
    assert services.welcome_of_link(his.link, now=now) is None
    assert services.welcome_of_link(others.link, now=now).post == eli


def test_a_code_is_typed_as_he_likes_and_is_good_with_its_own_link_alone(cast, now):
    from holdfast_site.accounts import services

    dan, eli = staff("client", of=cast.dan), staff("client", of=cast.eli)
    his, others = welcomed(dan, now), welcomed(eli, now)
    found = services.welcome_of_link(his.link, now=now)
    assert services.fits(found, f" {his.code[:4]} - {his.code[4:]}\u0663\u00b2")
    for wrong in (others.code, his.code[:7], f"{his.code}0", "", his.code[::-1] + "1"):
        assert not services.fits(found, wrong)
    assert services.welcome_of_link(his.link, now=now) is None
    assert not services.fits(found, his.code)
    assert services.fits(services.welcome_of_link(others.link, now=now), others.code)


def test_what_was_used_or_over_before_is_not_ended_anew(cast, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Welcome

    post = staff("client", of=cast.dan)
    used, over, is_open = (Welcome(post=post, link=bytes([n]) * 32, code=b"", expires_at=now) for n in range(3))
    hour = timedelta(hours=1)
    used.expires_at, used.used_at, over.expires_at, is_open.expires_at = now + hour, now - hour, now - hour, now + hour
    Welcome.objects.bulk_create([used, over, is_open])
    services.end_welcomes(cast.dan, now=now)
    assert [one.expires_at for one in Welcome.objects.order_by("pk")] == [now + hour, now - hour, now]


def test_a_last_way_in_stays_and_nobody_takes_one_of_somebody_else(told, cast, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import CodeApp, Member, Passkey
    from holdfast_site.audit.models import Event

    enrol(told)
    enrol(welcomed(staff("therapist", "ben"), now))
    hers, bens = Passkey.objects.order_by("pk")
    alma = Member.objects.get(pk=hers.member_id)

    def take(passkey):
        return services.remove_passkey(
            by=OPERATOR, member=alma, passkey_id=passkey.pk, here="", now=now + timedelta(seconds=1)
        )

    def taken():
        return list(Event.objects.filter(action="way_in.taken").values_list("actor", "about"))

    assert take(hers) is None
    assert Passkey.objects.count() == 2
    assert take(bens) is not None
    assert (Passkey.objects.count(), taken()) == (2, [])
    CodeApp.objects.create(member=alma, last_step=0, made_at=now, sealed=b"")
    assert take(hers) is not None
    assert list(Passkey.objects.all()) == [bens]
    assert taken() == [(OPERATOR.mark, f"member:{alma.pk}")]
