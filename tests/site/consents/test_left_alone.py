"""'Please stop using what I said' and 'I object': what each does at once, who is told, and that help stays."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.access.test_canaries import as_him
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in, staff
from tests.site.consents.test_consents import allowed, say

pytestmark = pytest.mark.long


def page(browser, address):
    return re.sub(r"\s+", " ", browser.get(address).content.decode())


@pytest.fixture(name="settings")
def _settings(settings):
    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    return settings


@pytest.fixture(name="dan")
def _dan(cast, settings):
    return signed_in("client", of=cast.dan)


def answered(cast, browser):
    browser.post(cast.address, filled(words="Zanzibar", pace_who="therapist", change_who="care_contact"))
    browser.post(f"/c/{cast.other_link}", filled(words="Kathmandu"))


def stop(dan, given="no"):
    assert dan.post("/mine/allowed", {"form": uuid4(), "consent": "answers", "given": given}).status_code == 302


# --- please stop using what I said ------------------------------------------------------------------


@pytest.mark.hazard("H-09")
def test_nobody_opens_what_he_said_and_those_who_treat_him_are_told(cast, browser, dan, now):
    from holdfast_site.accounts.models import Assignment

    sue = staff("supervisor")
    Assignment.objects.create(supervisor=sue, therapist=cast.alma, told_on=now.date(), assigned_at=now)
    answered(cast, browser)
    say(cast.dan, "supervisor_reads", True, now)
    alma, ruth, sam = signed_in("therapist", "alma"), signed_in("care_contact"), signed_in("supervisor")
    seen = (
        (alma, "/today/client/dan", "Zanzibar"),
        (ruth, "/kept/", "slower"),
        (sam, "/supervised/client/dan", "Zanzibar"),
    )
    assert all(words in page(who, address) for who, address, words in seen)
    stop(dan)
    assert not [address for who, address, words in seen if words in page(who, address)]
    assert "he said is left alone for now" in page(alma, "/today/client/dan")
    assert "he said is left alone for now" in page(sam, "/supervised/client/dan")
    assert "Zanzibar" in page(dan, "/mine/answers")
    assert "Kathmandu" in page(signed_in("therapist", "ben"), "/today/client/eli")
    stop(dan, "yes")
    assert all(words in page(who, address) for who, address, words in seen)


def test_nothing_is_worked_out_from_it_and_he_is_not_asked(cast, browser, dan, now):
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.checkins.services import invite_after_last_session
    from holdfast_site.errors import HoldfastError

    answered(cast, browser)
    stop(dan)
    rows = {row["client_id"]: row for row in tables(now)["checkins"].iter_rows(named=True)}
    assert rows["dan"]["pace"] is None
    assert rows["eli"]["pace"] == 2  # as he said
    for consent in ("checkins", "early_warning", "statistics", "supervisor_reads"):
        assert not allowed(cast.dan, consent, now), consent
        assert allowed(cast.eli, consent, now) or consent == "supervisor_reads"
    with pytest.raises(HoldfastError):
        invite_after_last_session(by=None, client_id="dan", now=now)


def test_who_is_left_alone_is_not_listed_as_one_who_did_not_answer(cast, dan, now):
    from holdfast_site.checkins.models import Invitation

    about = appointment(cast.dan, cast.alma, now - timedelta(days=9))
    for days in (8, 9):
        told = {"expires_at": now, "version": 1, "rotating": [], "link": bytes([days]) * 32}
        Invitation.objects.create(appointment=about, sent_at=now - timedelta(days=days), **told)
    alma = signed_in("therapist", "alma")
    listed = "/today/client/dan"
    assert listed in page(alma, "/holding/")
    stop(dan)
    assert listed not in page(alma, "/holding/")


def test_an_open_link_takes_no_answers_and_promises_nothing(cast, browser, dan, rows):
    stop(dan)
    before = rows()
    assert browser.get(cast.address).status_code == 410
    assert browser.post(cast.address, filled(words="Zanzibar")).status_code == 410
    assert rows() == before
    assert browser.get(f"/c/{cast.other_link}").status_code == 200


@pytest.mark.hazard("H-01", "H-02")
def test_help_and_what_he_asks_for_stay(cast, browser, dan, now):
    from tests.site.before.test_ask import asked, replied

    ask = asked(appointment(cast.dan, cast.alma, now + timedelta(hours=30), status="booked"), now)
    stop(dan)
    assert browser.get("/help-now").status_code == 200
    for address in ("/mine/", "/mine/allowed", "/mine/questions"):
        assert "116 123" in page(dan, address)
    assert "116 123" in browser.get(cast.address).content.decode()
    browser.post(ask, replied("call"))
    assert "Asked to be called" in page(signed_in("therapist", "alma"), "/holding/")


def test_on_his_page_what_it_holds_back_is_said_and_cannot_be_switched_on_by_itself(cast, dan):
    stop(dan)
    told = page(dan, "/mine/allowed")
    assert told.count("while what you said is left alone") == 3
    assert "You asked that what you said is left alone" in page(dan, "/mine/questions")


# --- I object ---------------------------------------------------------------------------------------


def quiet(cast, now):
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.caseload.models import Overdue
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter

    for whose, with_whom in ((cast.dan, cast.alma), (cast.eli, cast.ben)):
        Overdue.objects.create(client=whose, therapist=with_whom, form="Xanadu", at=now)
        more = {"holder": Role.CARE_CONTACT, "due_on": now.date(), "now": now}
        open_matter(by=ANYONE, client=whose, therapist=with_whom, kind=Kind.NOTHING_BOOKED, **more)


@pytest.mark.hazard("H-11")
def test_one_tap_takes_him_off_everything_at_once_and_his_therapist_is_told(cast, dan, now):
    quiet(cast, now)
    alma, ruth = signed_in("therapist", "alma"), signed_in("care_contact")
    assert "Xanadu" in page(alma, "/today/")
    assert ">dan" in page(ruth, "/holding/")
    form = uuid4()
    for _ in range(3):
        assert dan.post("/mine/allowed", {"form": form, "objects": "yes"}).status_code == 302
    from holdfast_site.consents.models import Decision

    assert Decision.objects.filter(client="dan").count() == 3
    assert "You objected" in page(dan, "/mine/allowed")
    assert "Xanadu" not in page(alma, "/today/")
    assert ">dan" not in page(ruth, "/holding/")
    assert ">eli" in page(ruth, "/holding/")
    assert "asked not to be on lists" in page(alma, "/today/client/dan")
    assert "Xanadu" in page(signed_in("therapist", "ben"), "/today/")
    for consent in ("early_warning", "lists", "statistics"):
        assert not allowed(cast.dan, consent, now)
    assert allowed(cast.dan, "checkins", now)


def test_each_can_be_let_back_by_itself(cast, dan, now):
    quiet(cast, now)
    dan.post("/mine/allowed", {"form": uuid4(), "objects": "yes"})
    dan.post("/mine/allowed", {"form": uuid4(), "consent": "lists", "given": "yes"})
    assert "Xanadu" in page(signed_in("therapist", "alma"), "/today/")
    assert not allowed(cast.dan, "statistics", now)
    assert "You objected" not in page(dan, "/mine/allowed")


def test_what_is_worked_out_anew_leaves_him_out_and_closes_what_was_noticed(cast, dan, now):
    from holdfast_site.caseload.models import Overdue
    from holdfast_site.handover.models import Matter
    from holdfast_site.refreshing import refresh

    for whose, with_whom in ((cast.dan, cast.alma), (cast.eli, cast.ben)):
        for weeks in range(5, 14):
            appointment(whose, with_whom, now - timedelta(weeks=weeks))
    cast.invitation.appointment.__class__.objects.filter(starts_at__gt=now - timedelta(days=2)).update(
        starts_at=now - timedelta(weeks=4)
    )
    refresh(now)
    assert set(Overdue.objects.values_list("client", flat=True)) == {"dan", "eli"}
    assert Matter.objects.filter(client="dan", closed_at=None).count() == 1
    dan.post("/mine/allowed", {"form": uuid4(), "objects": "yes"})
    refresh(now + timedelta(minutes=1))
    assert set(Overdue.objects.values_list("client", flat=True)) == {"eli"}
    assert not Matter.objects.filter(client="dan", closed_at=None).exists()
    assert Matter.objects.filter(client="eli", closed_at=None).exists()


@pytest.mark.hazard("H-09")
def test_who_kept_something_and_stops_it_looks_to_his_therapist_like_one_who_kept_nothing(cast, browser, dan):
    """What she can see after he stopped does not depend on what he had kept from her (safety rule 11)."""
    alma = signed_in("therapist", "alma")
    stop(dan)
    pages = ("/today/", "/today/client/dan", "/holding/")
    before = [as_him(alma.get(one).content.decode()) for one in pages]
    stop(dan, "yes")
    browser.post(cast.address, filled(who="care_contact", words="Zanzibar"))
    stop(dan)
    assert [as_him(alma.get(one).content.decode()) for one in pages] == before
