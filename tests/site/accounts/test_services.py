"""Members and their ways in: what each call changes, of whom, and what it tells the audit."""

from __future__ import annotations

import json
from datetime import timedelta

import pyotp
import pytest

from tests.site.accounts.authenticator import Phone
from tests.site.accounts.ways import welcomed
from tests.site.conftest import PASSWORD, staff

NEW = "a kettle on the windowsill"


@pytest.fixture(name="by")
def _by():
    from holdfast_site.access.actors import Actor, Role

    return Actor(Role.LEAD, id="7")


@pytest.fixture(name="heard")
def _heard(cast):
    """What the audit was told since the last time."""
    from holdfast_site.audit.models import Event

    last = Event.objects.order_by("pk").last().pk

    def heard():
        nonlocal last
        new = list(Event.objects.filter(pk__gt=last).order_by("pk"))
        last = new[-1].pk if new else last
        return [(one.actor, one.action, one.about, one.at) for one in new]

    return heard


def made(member):
    """A phone that makes a passkey of somebody as it was asked: it, what it answers, and the rest of the call."""
    from holdfast_site.accounts import passkeys

    site, phone = passkeys.Site("localhost", "http://localhost"), Phone()
    asked = passkeys.asked_to_make(member, site)
    return phone, {"answer": phone.makes(json.loads(asked.options)), "challenge": asked.challenge, "site": site}


def opened(member, key, now):
    from holdfast_site.accounts.models import Session

    return Session.objects.create(session_key=key, member=member, expire_date=now + timedelta(hours=1))


def test_a_name_has_a_post_for_each_role_and_the_audit_hears_who_added_it(heard, by, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Post

    for login, role, therapist in (("Cleo", "desk", None), ("Dora", "desk", None), ("Cleo", "therapist", "alma")):
        services.introduce(login, role, therapist_id=therapist, by=by, now=now)
        post = Post.objects.get(member__login=login, role=role)
        assert post.therapist_id == therapist
        about = f"post:{post.pk}"
        assert heard() == [("lead:7", "member.added", about, now), ("lead:7", "welcome.made", about, now)]
    services.introduce("Cleo", "therapist", therapist_id="alma", now=now)  # she has lost her way in
    assert heard() == [("anyone:operator", "welcome.made", about, now)]
    assert Post.objects.filter(member__login__in=["Cleo", "Dora"]).count() == 3


def test_a_new_welcome_ends_the_open_one_of_that_post_alone(cast, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Welcome

    alma, ben = staff("therapist", "alma"), staff("therapist", "ben")
    welcomed(alma, now)
    Welcome.objects.update(used_at=now)
    welcomed(alma, now)
    welcomed(ben, now)
    later, week = now + timedelta(hours=1), timedelta(days=7)
    welcomed(alma, later)
    assert [one.expires_at for one in Welcome.objects.order_by("pk")] == [now + week, later, now + week, later + week]
    assert services.welcome_of_client(cast.dan, now=now) is None


def test_a_code_is_any_of_a_hundred_million_and_kept_as_it_always_was(alma, settings, now, monkeypatch):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Welcome

    for drawn, code in ((lambda most: most - 1, "99999999"), (lambda _: 7, "00000007")):
        monkeypatch.setattr(services.secrets, "randbelow", drawn)
        told = welcomed(alma, now)
        assert told.code == code
        link = settings.VAULT.fingerprint_of_link(told.link)
        assert Welcome.objects.get(link=link).code == settings.VAULT.print_of("welcomes", link + code.encode())


@pytest.mark.hazard("H-14")
def test_a_welcome_takes_his_earlier_ways_in_away_and_nobody_elses(two, heard, rows, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import CodeApp, Member, PaperCode, Passkey, Session

    (alma, *_), (ben, *_) = two
    for member in (alma, ben):
        opened(member, f"of {member.login}", now)
        Passkey.objects.create(
            member=member, credential=member.login.encode(), public_key=b"", sign_count=0, made_at=now
        )
    post = alma.posts.get()
    told = welcomed(post, now)
    found = services.welcome_of_link(told.link, now=now)
    _, sent = made(alma)
    heard()
    before = rows()
    assert services.make_passkey(found, now=now, **{**sent, "challenge": b"not what was asked"}) is None
    assert rows() == before
    assert services.make_passkey(found, now=now, **sent) == post
    assert heard() == [("anyone", "way_in.made", f"post:{post.pk}", now)]
    assert services.make_passkey(found, now=now, **made(alma)[1]) is None  # it is used up
    for model, of_alma, of_ben in ((Passkey, 1, 1), (CodeApp, 0, 1), (PaperCode, 0, 8), (Session, 0, 1)):
        counts = [model.objects.filter(member=member).count() for member in (alma, ben)]
        assert counts == [of_alma, of_ben], model
    assert not Passkey.objects.filter(credential=alma.login.encode()).exists()
    assert [Member.objects.get(pk=one.pk).has_usable_password() for one in (alma, ben)] == [False, True]
    assert Member.objects.get(pk=ben.pk).check_password(PASSWORD)


def test_a_clients_way_in_is_told_of_him_and_not_of_his_post(cast, heard, now):
    from holdfast_site.accounts import codes, services

    post, secret = staff("client", of=cast.dan), codes.new_secret()
    found = services.welcome_of_link(welcomed(post, now).link, now=now)
    assert heard() == [("anyone:operator", "welcome.made", "client:dan", now)]
    assert len(services.make_code_app(found, PASSWORD, secret, pyotp.TOTP(secret).at(now), now=now)) == 8
    assert heard() == [("anyone", "way_in.made", "client:dan", now)]


@pytest.mark.hazard("H-14")
def test_whatever_is_changed_about_ways_in_ends_his_other_sessions_and_is_told(two, heard, by, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Member, Passkey, Session

    (alma, *_), (ben, *_) = two
    about = f"member:{alma.pk}"
    opened(alma, "here", now)
    opened(ben, "his", now)
    _, sent = made(alma)

    def ends_one(action, change, **told):
        opened(alma, "there", now)
        heard()
        assert change(by=by, member=alma, here="here", now=now, **told) == 1
        assert heard() == [("lead:7", action, about, now), ("lead:7", "sessions.ended", about, now)]
        assert set(Session.objects.values_list("session_key", flat=True)) == {"here", "his"}

    assert services.add_passkey(by=by, member=alma, here="here", now=now, **{**sent, "challenge": None}) is None
    ends_one("way_in.made", services.add_passkey, **sent)
    ends_one("way_in.changed", services.change_password, current=PASSWORD, new=NEW)
    kept = [Member.objects.get(pk=one.pk) for one in (alma, ben)]
    assert [one.check_password(word) for one in kept for word in (PASSWORD, NEW)] == [False, True, True, False]
    ends_one("way_in.taken", services.remove_passkey, passkey_id=Passkey.objects.get().pk)
    assert not Passkey.objects.exists()


def test_whoever_guesses_at_his_password_waits_alone_until_he_is_right(two, by, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Member

    (alma, *_), (ben, *_) = two

    def changed(member, current):
        told = {"member": Member.objects.get(pk=member.pk), "current": current, "new": PASSWORD, "here": ""}
        return services.change_password(by=by, now=now, **told) is not None

    for _ in range(2):  # the second time as many as if there had been none before
        assert [changed(alma, "a boat that is not mine") for _ in range(4)] == [False] * 4
        assert changed(alma, PASSWORD)
    assert [changed(alma, "a boat that is not mine") for _ in range(5)] == [False] * 5
    assert not changed(alma, PASSWORD)
    assert changed(ben, PASSWORD)


@pytest.mark.hazard("H-14")
def test_a_name_a_password_and_a_code_are_all_needed_of_somebody_who_is_still_there(two, heard, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Member

    (alma, _, on_paper), (ben, *_) = two
    codes = iter(on_paper)

    def knows(login=alma.login, password=PASSWORD, code=None):
        return services.who_knows(login, password, code or next(codes), address="192.0.2.7", now=now)

    assert knows() == alma
    assert heard() == [("anyone", "member.signed_in", f"member:{alma.pk}", now)]
    for wrong in ({"password": "wrong"}, {"code": "wrong"}, {"login": ben.login}):
        assert knows(**wrong) is None
    told = [("anyone", "member.not_signed_in", f"member:{one.pk}", now) for one in (alma, alma, ben)]
    assert heard() == told
    assert knows(login="nobody") is None
    Member.objects.filter(pk=alma.pk).update(is_active=False)
    assert knows() is None
    assert heard() == [("anyone", "member.not_signed_in", "nobody", now)] * 2


def test_whoever_guesses_at_a_name_waits_at_his_own_address_and_under_that_name_until_he_is_right(two, heard, now):
    from holdfast_site.accounts import services

    (alma, _, hers), (ben, _, bens) = two

    def knows(code, member=alma, address="192.0.2.7"):
        return services.who_knows(member.login, PASSWORD, code, address=address, now=now)

    for right in hers[:2]:
        assert [knows("no code") for _ in range(4)] == [None] * 4
        assert knows(right) == alma
    assert [knows("no code") for _ in range(5)] == [None] * 5
    heard()
    assert knows(hers[2]) is None
    assert heard() == []  # nothing was looked at
    assert knows(hers[2], address="192.0.2.8") == alma
    assert knows(bens[0], member=ben) == ben
    assert services.who_knows("x", "", "", address="2001:db8::1", now=now) is None


def test_whoever_signs_with_a_passkey_is_told_by_it_and_anybody_else_as_nobody(alma, heard, now):
    from holdfast_site.accounts import passkeys, services
    from holdfast_site.accounts.models import Passkey

    phone, sent = made(alma.member)
    services.add_passkey(by=services.OPERATOR, member=alma.member, here="", now=now, **sent)
    heard()
    for site, right in ((sent["site"], True), (sent["site"], False), (None, True)):
        asked = passkeys.asked_to_show(sent["site"])
        answer, challenge = phone.shows(json.loads(asked.options)), asked.challenge if right else b"another"
        is_he = site is not None and right
        assert services.who_signed(answer, challenge, site, now=now) == (Passkey.objects.get() if is_he else None)
        assert Passkey.objects.get().used_at == now  # since the first time
        action, about = ("signed_in", f"member:{alma.member_id}") if is_he else ("not_signed_in", "nobody")
        assert heard() == [("anyone", f"member.{action}", about, now)]


def test_what_he_shows_and_how_he_goes_is_told_of_himself(heard, by, now):
    from holdfast_site.accounts import services

    services.proved_again(by=by, now=now)
    services.signed_out(by=by, now=now)
    assert heard() == [
        ("lead:7", "member.proved_again", "member:7", now),
        ("lead:7", "member.signed_out", "member:7", now),
    ]


def test_a_post_is_found_by_its_role_of_one_who_is_still_there(cast, now):
    from holdfast_site.accounts import services
    from holdfast_site.accounts.models import Member

    alma, ben = staff("therapist", "alma"), staff("therapist", "ben")
    assert services.post_for(ben.member, "therapist") == ben
    assert services.post_for(ben.member, "lead") is None
    Member.objects.filter(pk=alma.member_id).update(is_active=False)
    assert services.post_for(alma.member, "therapist") is None
