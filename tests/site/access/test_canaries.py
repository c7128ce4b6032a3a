"""What is not for the therapist reaches nothing of his: no page, no table, no order, no byte (safety rule 11, H-09)."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client, signed_in

CANARY = "Zanzibar"
MOMENT = re.compile(r"csrfmiddlewaretoken[^>]+|\d\d:\d\d")


@pytest.fixture(name="pages")
def _pages(cast, now):
    """Everything that Alma can see, as text."""
    appointment(cast.dan, cast.alma, now + timedelta(days=1), status="booked")
    alma = signed_in("therapist", "alma")

    def seen():
        pages = [alma.get(address) for address in ("/today/", "/today/client/dan", "/today/client/eli", "/kept/")]
        return "".join(MOMENT.sub("", page.content.decode()) for page in pages)

    return seen


def test_the_therapist_sees_what_is_for_him(cast, browser, pages):
    browser.post(cast.address, filled(words=CANARY))
    assert CANARY in pages()
    assert "For next time: slower" in pages()
    assert "Pace: too fast" in pages()


@pytest.mark.hazard("H-09")
def test_what_was_kept_from_him_leaves_his_pages_as_they_were(cast, browser, pages):
    before = pages()
    browser.post(cast.address, filled(who="care_contact", words=CANARY))
    assert pages() == before


def test_asked_to_ask_he_sees_that_and_nothing_of_why(cast, browser, pages):
    browser.post(cast.address, filled(who="prompt", words=CANARY))
    text = pages()
    assert "Wants to be asked how it fits." in text
    assert CANARY not in text
    assert "too fast" not in text
    assert "slower" not in text


def test_the_care_contact_gets_it_and_nothing_else(cast, browser):
    browser.post(cast.address, filled(words_who="care_contact", words=CANARY, pace_who="prompt"))
    text = signed_in("care_contact").get("/kept/").content.decode()
    assert CANARY in text
    assert "too fast" not in text
    assert "slower" not in text


def test_a_care_contact_who_treats_him_is_not_offered_and_shown_nothing_of_his(cast, browser):
    """One person in two roles acts in one at a time; but what is kept from a therapist is kept from the person."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    browser.post(cast.address, filled(who="care_contact", words=CANARY))
    ruth = signed_in("care_contact")
    assert CANARY in ruth.get("/kept/").content.decode()
    add_member("care_contact", Role.THERAPIST, therapist_id="alma")
    assert CANARY not in ruth.get("/kept/").content.decode()
    assert 'value="care_contact"' in browser.get(f"/c/{cast.other_link}").content.decode()  # Eli is Ben's
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    _, link = invite(by=ANYONE, appointment=cast.invitation.appointment, now=cast.invitation.expires_at)
    assert 'value="care_contact"' not in browser.get(f"/c/{link}").content.decode()


def test_nothing_is_offered_that_nobody_would_receive(cast, browser):
    from holdfast_site.accounts.models import Member

    Member.objects.update(is_active=False)
    assert 'value="care_contact"' not in browser.get(cast.address).content.decode()


def test_looking_is_audited_by_opaque_ids(cast, browser, pages):
    from holdfast_site.audit.models import Event

    browser.post(cast.address, filled(words=CANARY))
    pages()
    events = [" ".join(row) for row in Event.objects.values_list("actor", "action", "about")]
    assert [one for one in events if re.fullmatch(r"therapist:\d+ client.read client:dan", one)]
    assert [one for one in events if re.fullmatch(r"therapist:\d+ caseload.read therapist:alma", one)]
    assert [one for one in events if re.fullmatch(r"link_holder:\d+ checkin.answered checkin:\d+", one)]
    assert CANARY not in "".join(events)


@pytest.mark.hazard("H-09")
@pytest.mark.parametrize("pairs", [10, pytest.param(500, marks=pytest.mark.slow)])
def test_two_clients_who_differ_only_in_what_is_hidden_look_the_same(cast, now, pairs):
    """Non-interference: pages, tables and next questions are byte-equal, whatever was hidden."""
    from django.db import transaction

    from holdfast.tables.schema import TABLES
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import invite, keep_as_given

    dice, alma, following = random.Random(5), signed_in("therapist", "alma"), {}

    def hidden():
        """Anything he could keep to the care contact, nothing included."""
        names = dice.sample(["understood", "on_target", "worth_it", "tone", "energy"], dice.randint(0, 5))
        return [(name, dice.randint(0, 3), Audience.CARE_CONTACT) for name in names]

    with transaction.atomic():
        for number in range(pairs):
            shown = [("pace", dice.randint(-3, 3), Audience.THERAPIST)] if dice.random() < 0.5 else []
            for twin in "ab":
                him = client(f"{number}{twin}")
                his = appointment(him, cast.alma, now - timedelta(hours=3), appointment_id=him.pk)
                invitation, _ = invite(by=ANYONE, appointment=his, now=now)
                keep_as_given(invitation, uuid4(), Answers.of([*shown, *hidden()]), now)
                following[him.pk] = invite(by=ANYONE, appointment=his, now=now + timedelta(minutes=1))[0].rotating

    def page(name):
        return MOMENT.sub("", alma.get(f"/today/client/{name}").content.decode().replace(name, "HIM"))

    for number in range(pairs):
        assert page(f"{number}a") == page(f"{number}b")
        assert following[f"{number}a"] == following[f"{number}b"]
    rows = tables(now + timedelta(minutes=2))["checkins"].select([*TABLES["checkins"].columns]).rows()
    twins = [[row[2:] for row in rows if row[0].endswith(twin) and row[0][0].isdigit()] for twin in "ab"]
    assert twins[0] == twins[1]
    assert len(twins[0]) == 2 * pairs
