"""A client's name and addresses: sealed with his own key, in one row, and every change in the audit."""

from __future__ import annotations

import pytest

ADDRESS = "dan@zanzibar.example"


def kept(client, now, **told):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    keep_contact(by=OPERATOR, client=client, card=ContactCard(**told), now=now)


def test_a_card_comes_back_as_it_was_kept_and_is_blank_where_there_is_none(cast, now):
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.selectors import cards_of

    kept(cast.dan, now, name="Dan Marsh", email=ADDRESS, channel="email")
    kept(cast.dan, now, name="Dan Marsh", phone="07700 900123", channel="sms")
    cards = cards_of([cast.dan, cast.eli])
    assert cards["dan"] == ContactCard(name="Dan Marsh", phone="07700 900123", channel="sms")
    assert cards["dan"].initials == "DM"
    assert cards["eli"] == ContactCard()


def test_nothing_of_it_stands_open_on_the_disk_and_a_card_moved_to_another_client_does_not_open(cast, now, stored):
    from holdfast_site.errors import VaultError
    from holdfast_site.people.models import Contact
    from holdfast_site.people.selectors import cards_of

    kept(cast.dan, now, name="Dan Marsh", email=ADDRESS)
    assert ADDRESS.encode() not in stored()
    Contact.objects.update(client=cast.eli)
    with pytest.raises(VaultError):
        cards_of([cast.eli])


def test_what_cannot_be_a_card_is_refused_without_being_repeated(site):
    from pydantic import ValidationError

    from holdfast_site.people.contacts import ContactCard

    with pytest.raises(ValidationError) as refused:
        ContactCard(email="x" * 201)
    assert "xxx" not in str(refused.value)
