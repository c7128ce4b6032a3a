"""The gate by itself: what it decides about one request, before any page is called."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.site.access.test_matrix import whether_his
from tests.site.before.test_ask import asked, replied
from tests.site.before.test_back import way_back
from tests.site.conftest import appointment, signed_in


def decided(view, kwargs=None, *, method="GET", **sent):
    """What the gate answers to one request; none, where it may pass."""
    from django.test import RequestFactory

    from holdfast_site.access.gate import Gate

    request = RequestFactory().generic(method, "/somewhere", **sent)
    request.resolver_match = view and SimpleNamespace(view_name=view)
    return Gate(lambda _: None).process_view(request, None, (), kwargs or {})


def test_what_has_no_rule_is_for_nobody(site):
    from django.http import Http404

    from holdfast_site.access.actors import Role
    from holdfast_site.access.policy import may, rule_for

    assert rule_for("no such page") is None
    assert not any(may(None, role) for role in Role)
    for nowhere in ("no such page", None):
        with pytest.raises(Http404):
            decided(nowhere)


def test_a_rule_is_for_its_own_roles_and_for_no_other(site):
    from holdfast_site.access.actors import Role
    from holdfast_site.access.policy import POLICY, may, rule_for

    for view, rule in POLICY.items():
        assert rule_for(view) == rule
        assert {role for role in Role if may(rule, role)} == rule.roles


@pytest.mark.parametrize("part", [2**63, 10**30, "\0", "da\0n"])
def test_an_id_that_no_database_holds_is_absent(site, part):
    from django.http import Http404

    with pytest.raises(Http404):
        decided("help_now", {"number": part})


@pytest.mark.parametrize("part", [2**63 - 1, 0, "dan", None])
def test_an_id_that_a_database_could_hold_passes(site, part):
    assert decided("help_now", {"number": part}) is None


def test_a_page_that_is_only_read_names_what_may_be_done(site):
    answer = decided("help_now", method="POST")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("told", ["cross-site", "same-site"])
def test_what_another_site_made_the_browser_send_is_absent_and_what_it_links_to_is_not(site, told):
    from django.http import Http404

    for method in ("GET", "HEAD"):
        assert decided("sign_in", method=method, HTTP_SEC_FETCH_SITE=told) is None
    with pytest.raises(Http404):
        decided("sign_in", method="POST", HTTP_SEC_FETCH_SITE=told)


@pytest.mark.parametrize("told", [{}, {"HTTP_SEC_FETCH_SITE": "same-origin"}, {"HTTP_SEC_FETCH_SITE": "none"}])
def test_a_form_of_our_own_passes(site, told):
    assert decided("sign_in", method="POST", **told) is None


def test_a_number_that_is_too_long_is_no_fault_of_ours_and_anything_else_is(site):
    from django.test import RequestFactory

    from holdfast_site.access.gate import Gate

    gate, request = Gate(lambda _: None), RequestFactory().get("/somewhere")
    answer = gate.process_exception(request, OverflowError())
    assert answer.status_code == 400
    assert b"tel:116123" in answer.content
    assert gate.process_exception(request, ValueError()) is None


def test_whoever_did_not_show_lately_that_it_is_he_is_led_there_and_back(cast, monkeypatch):
    monkeypatch.setattr("holdfast_site.access.gate.is_fresh", lambda request, now: not (request.path and now))
    alma = signed_in("therapist", "alma")
    assert alma.get("/ways")["Location"] == "/prove?next=%2Fways"
    assert alma.post("/ways/sessions/end-others")["Location"] == "/prove?"  # nothing is sent twice: back to no page
    assert alma.get("/today/").status_code == 200


def test_each_link_makes_its_holder_the_holder_of_that_one_thing(cast, browser, now):
    from django.http import HttpRequest

    from holdfast_site.access.actors import ANYONE, Actor, Role
    from holdfast_site.access.gate import actor_of
    from holdfast_site.before.models import WayBack
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.people.models import Contact

    ahead = [appointment(cast.dan, cast.alma, now + timedelta(hours=hours), status="booked") for hours in (20, 22)]
    asks, done = (asked(one, now).rpartition("/")[2] for one in ahead)
    door = way_back(browser.post(f"/n/{done}", replied("done")).content.decode()).rpartition("/")[2]
    whether_his(cast.dan, now)
    before = Invitation.objects.get(appointment=ahead[0]).pk
    way, contact = WayBack.objects.get().pk, Contact.objects.get(client=cast.dan).pk

    def holder(**known):
        return Actor(Role.LINK_HOLDER, **known)

    checkin = holder(id=str(cast.invitation.pk), invitation_id=cast.invitation.pk)
    ask = holder(id=str(before), invitation_id=before)
    back = holder(id=f"back-{way}", way_back_id=way)
    address = holder(id=f"address-{contact}", contact_id=contact)
    fits = {("link", cast.link): checkin, ("sent", cast.link): checkin, ("asked", asks): ask, ("sent", asks): ask,
            ("back", door): back, ("address", "whether-his"): address}  # fmt: skip
    for name in ("link", "sent", "asked", "back", "address"):
        for secret in (cast.link, asks, door, "whether-his", "no link"):
            assert actor_of(HttpRequest(), {name: secret}) == fits.get((name, secret), ANYONE), name


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("/?words=a%00b", {}),
        ("/?a%00b=words", {}),
        ("/", {"data": {"words": "a\0b"}}),
        ("/", {"data": {"a\0b": "words"}}),
        ("/", {"HTTP_COOKIE": 'kept="a\\000b"'}),
    ],
)
def test_a_sign_that_no_database_keeps_is_unreadable_wherever_it_stands(site, address, more):
    from django.test import RequestFactory

    from holdfast_site.access.gate import Gate

    request = RequestFactory().post(address, **more)
    request.resolver_match = SimpleNamespace(view_name="sign_in")
    answer = Gate(lambda _: None).process_view(request, None, (), {})
    assert answer.status_code == 400
    assert b"tel:116123" in answer.content


def test_what_was_refused_is_told_to_the_audit_of_whoever_has_signed_in(cast):
    from holdfast_site.audit.models import Event

    alma = signed_in("therapist", "alma")
    assert alma.get("/kept/").status_code == 404
    assert alma.get("/today/client/eli").status_code == 404
    assert alma.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 404
    assert alma.get("/nothing-is-here").status_code == 404
    told = Event.objects.filter(action="request.refused").order_by("pk").values_list("about", flat=True)
    assert list(told) == ["role:handover:kept", "not_his:caseload:client", "elsewhere:sign_out"]


def test_of_whoever_has_not_signed_in_and_of_a_page_without_a_rule_nothing_is_told(cast, browser, rows, monkeypatch):
    from holdfast_site.access import policy

    before = rows()
    monkeypatch.setattr(policy, "POLICY", {name: rule for name, rule in policy.POLICY.items() if name != "help_now"})
    for address in ("/kept/", "/help-now", "/nothing-is-here"):
        assert browser.get(address).status_code == 404
    assert rows() == before


def test_what_could_not_be_written_down_stands_in_the_log(cast, monkeypatch, caplog):
    from django.db import OperationalError

    def full(*_, **__):
        raise OperationalError("the disk is full")

    monkeypatch.setattr("holdfast_site.access.gate.note", full)
    assert signed_in("therapist", "alma").get("/kept/").status_code == 404
    told = [(one.name, one.getMessage()) for one in caplog.records if one.levelname == "ERROR"]
    assert told == [("holdfast_site.access.gate", "what was refused could not be written down")]
