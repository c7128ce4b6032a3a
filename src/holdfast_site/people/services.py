"""Writing people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from holdfast_site.access.actors import Actor, Role
from holdfast_site.audit.services import Action, record
from holdfast_site.people.contacts import WAYS, ContactCard, Way
from holdfast_site.people.models import Client, Contact, Hand
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.wishes import Wishes, sealed, wishes_of

TIME_TO_OBJECT = timedelta(days=3)  # from when he was told at his old address


def add_client(client_id: str) -> Client:
    """Add a client under the practice's own id, with a key of his own."""
    return Client.objects.create(pk=client_id, wrapped_key=settings.VAULT.new_client_key(client_id))


@transaction.atomic
def keep_contact(*, by: Actor, client: Client, card: ContactCard, now: datetime) -> None:
    """Keep how a client may be reached, in place of what was known before."""
    before = cards_of([client])[client.pk]
    contact = Contact.objects.filter(client=client).first() or _new_contact(client)
    _note_whose_hand(contact, before, card, by=by, now=now)
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    contact.sealed = box.seal(card.model_dump_json().encode(), place=contact.place)
    contact.changed_at = now
    contact.save()
    record(Action.CONTACT_CHANGED, by=by, about=f"client:{client.pk}", at=now)


def _new_contact(client: Client) -> Contact:
    return Contact(client=client, email_to_confirm=False, phone_to_confirm=False)


def _note_whose_hand(contact: Contact, before: ContactCard, card: ContactCard, *, by: Actor, now: datetime) -> None:
    """Note who entered what is new. What the client keeps himself is his; what others change he has to confirm.

    Only what is entered first of all, into a card that never had an address, is no change.
    """
    if by.role is Role.CLIENT:
        contact.codes_from = None
    is_first = not (before.email or before.phone or contact.email_by or contact.phone_by)
    for way in WAYS.values():
        hand, is_changed = contact.hand(way), before.typed(way) != card.typed(way)
        if by.role is Role.CLIENT or is_changed:
            hand = hand._replace(by=by.mark)
            contact.confirms = None if contact.asks == way else contact.confirms
        if by.role is Role.CLIENT:
            hand = hand._replace(to_confirm=False, good_from=None)
        elif not is_first and (is_changed or _is_switched(hand, before, card, way)):
            hand = hand._replace(to_confirm=True, good_from=now + TIME_TO_OBJECT)
        contact.note_hand(way, hand)


def _is_switched(hand: Hand, before: ContactCard, card: ContactCard, way: Way) -> bool:
    """Whether he is written to this way from now on, where another was known too, and did not enter it himself."""
    if card.channel == before.channel or WAYS.get(card.channel) != way:
        return False
    others = (before.typed(other) for other in WAYS.values() if other != way)
    return any(others) and not hand.by.startswith(f"{Role.CLIENT}:")


def keep_wishes(client: Client, wishes: Wishes) -> bool:
    """Keep how he would like to be worked with; the same wishes again change nothing."""
    if dict(wishes_of(client)) == dict(wishes):
        return False
    client.sealed_wishes = sealed(client, wishes)
    client.save(update_fields=["sealed_wishes"])
    return True
