"""An address that somebody else has entered: whether it is the client's own, and telling him at the old one (H-16).

What is sent to an address is half of a way in to his own page. So whoever changes it must not gain that half.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from holdfast_site.access.actors import Actor
from holdfast_site.accounts.services import end_welcomes
from holdfast_site.audit.services import Action, record
from holdfast_site.messages.models import Kind, Message, Undelivered
from holdfast_site.messages.selectors import CONFIRM_WITHIN, WAYS, address_of
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Client, Contact
from holdfast_site.people.selectors import cards_of, treats
from holdfast_site.people.services import keep_contact

LINK_BYTES = 32
TELL_WITHIN = timedelta(days=3)


@transaction.atomic
def change_card(*, by: Actor, client: Client, card: ContactCard, now: datetime) -> None:
    """Keep a card that somebody at the practice changed; ask the client at a changed address, tell him at the old one.

    Codes that were made before are over, and so is every link that went to an address which is not on the card now.
    """
    before = cards_of([client])[client.pk]
    keep_contact(by=by, client=client, card=card, now=now)
    if (before.email, before.phone) == (card.email, card.phone):
        return
    end_welcomes(client, now=now)
    if address_of(before) and address_of(before) not in (card.email, address_of(card)):
        _queue(client, Kind.MOVED, before.model_dump_json(), now, now + TELL_WITHIN)
    if Contact.objects.filter(client=client, to_confirm=True).exists() and not treats(by.mark, client.pk):
        _ask(client, card, now)


@transaction.atomic
def ask_whether_his(*, by: Actor, client: Client, now: datetime) -> bool:
    """Ask the client whether the address on his card is his own: who asks stands for it, having checked with him.

    False: nothing is sent to him now, or whoever asks treats him, and then it has to be somebody else.
    """
    card = cards_of([client])[client.pk]
    if not address_of(card) or treats(by.mark, client.pk):
        return False
    told = {f"{WAYS[card.channel]}_by": by.mark, "to_confirm": True}
    Contact.objects.filter(client=client).update(**told)
    record(Action.ADDRESS_ASKED, by=by, about=f"client:{client.pk}", at=now)
    _ask(client, card, now)
    return True


@transaction.atomic
def answer(*, by: Actor, contact: Contact, is_his: bool, now: datetime) -> None:
    """Keep what whoever got the question says. If it is not his, nothing more goes there, and the desk sees so."""
    about = f"client:{contact.client_id}"
    if is_his:
        if Contact.objects.filter(pk=contact.pk, confirms=contact.confirms, to_confirm=True).update(to_confirm=False):
            record(Action.ADDRESS_CONFIRMED, by=by, about=about, at=now)
        return
    Contact.objects.filter(pk=contact.pk).update(to_confirm=True)
    Undelivered.objects.update_or_create(client=contact.client, defaults={"at": now})
    record(Action.ADDRESS_DENIED, by=by, about=about, at=now)


def _ask(client: Client, card: ContactCard, now: datetime) -> None:
    """Make the question, where there is a way to send it."""
    if not address_of(card):
        return
    link = secrets.token_urlsafe(LINK_BYTES)
    Contact.objects.filter(client=client).update(confirms=settings.VAULT.fingerprint_of_link(link), asked_at=now)
    _queue(client, Kind.CONFIRM, link, now, now + CONFIRM_WITHIN)


def _queue(client: Client, kind: Kind, what: str, now: datetime, ends_at: datetime) -> None:
    mark = uuid4()
    message = Message(kind=kind, cause=f"{kind}:{mark}", client=client, mark=mark)
    message.queued_at, message.next_at, message.ends_at = now, now, ends_at
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    message.sealed = box.seal(what.encode(), place=message.place)
    message.save(force_insert=True)
