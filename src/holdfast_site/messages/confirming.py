"""An address that somebody else has entered: whether it is the client's own, and telling him at the old one (H-16).

What is sent to an address is half of a way in to his own page. So whoever changes it must not gain that half.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from holdfast_site.access.actors import Actor
from holdfast_site.accounts.services import end_welcomes
from holdfast_site.accounts.whose_address import treats
from holdfast_site.audit.services import Action, record
from holdfast_site.messages.models import Kind, Message, State, Undelivered
from holdfast_site.messages.phones import digest
from holdfast_site.messages.selectors import (
    CONFIRM_WITHIN,
    TELL_WITHIN,
    address_of,
    addresses,
    is_denied,
    last_reached,
    refusal_of,
)
from holdfast_site.people.contacts import WAYS, ContactCard
from holdfast_site.people.models import Client, Contact
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.services import keep_contact

LINK_BYTES = 32


@transaction.atomic
def change_card(*, by: Actor, client: Client, card: ContactCard, now: datetime, tell_him: bool = True) -> None:
    """Keep a card that somebody at the practice changed; ask the client at a changed address, tell him at the old one.

    Codes that were made before are over, and so is every link that went to an address which is not on the card now.
    Where he is told nowhere, be it that the old address is not safe (``tell_him`` is false), codes that are made within
    the time to object open nothing by a link either: then somebody sees him first.
    """
    before = cards_of([client])[client.pk]
    keep_contact(by=by, client=client, card=card, now=now)
    if not tell_him:
        _tell_nothing(by, client, now)
    moves = address_of(card) not in ("", address_of(before))
    if moves or (before.email, before.phone) != (card.email, card.phone):
        end_welcomes(client, now=now)
    is_told = tell_him and _tell(client, before, card, now)
    if not moves:
        return
    if address_of(card) not in addresses(before).values():
        Undelivered.objects.filter(client=client, went_to=b"").delete()  # which one that was is not known: not this one
    contact, way = Contact.objects.get(client=client), WAYS[card.channel]
    if not is_told:
        Contact.objects.filter(pk=contact.pk).update(codes_from=contact.hand(way).good_from)
    if contact.hand(way).to_confirm and not treats(by.mark, client.pk):
        _ask(client, card, now)


@transaction.atomic
def ask_whether_his(*, by: Actor, client: Client, now: datetime) -> bool:
    """Ask the client whether the address on his card is his own: who asks stands for it, having checked with him.

    False: he is not written to, somebody said that the address is not his, or whoever asks treats him, and then it has
    to be somebody else.
    """
    card = cards_of([client])[client.pk]
    if not address_of(card) or is_denied(client, address_of(card)) or treats(by.mark, client.pk):
        return False
    way = WAYS[card.channel]
    Contact.objects.filter(client=client).update(**{f"{way}_by": by.mark, f"{way}_to_confirm": True})
    record(Action.ADDRESS_ASKED, by=by, about=f"client:{client.pk}", at=now)
    _ask(client, card, now)
    return True


@transaction.atomic
def answer(*, by: Actor, contact: Contact, is_his: bool, now: datetime) -> None:
    """Keep what whoever got the question says, of the one address that it asks about.

    If it is not his, nothing more goes there, and the desk sees so. A yes takes back no such word.
    """
    if contact.confirms is None:  # he settled it himself in this very moment
        return
    about, unsure = f"client:{contact.client_id}", f"{contact.asks}_to_confirm"
    asked = Contact.objects.filter(pk=contact.pk, confirms=contact.confirms)
    his = Undelivered.objects.filter(client=contact.client_id)
    went_to = digest(addresses(cards_of([contact.client])[contact.client_id])[contact.asks])
    if is_his:
        if asked.filter(**{unsure: True}).update(**{unsure: False}):
            his.filter(went_to__in=[went_to, b""], is_denied=False).delete()
            record(Action.ADDRESS_CONFIRMED, by=by, about=about, at=now)
        return
    if asked.update(**{unsure: True}):
        his.update_or_create(client=contact.client, went_to=went_to, defaults={"at": now, "is_denied": True})
        record(Action.ADDRESS_DENIED, by=by, about=about, at=now)


def _tell(client: Client, before: ContactCard, card: ContactCard, now: datetime) -> bool:
    """Tell him where he was reached until now, if that is over or another address takes its place; whether he is told.

    Never at an address that does not work, or that somebody said is not his.
    """
    old, new, used = addresses(before), addresses(card), address_of(card)
    is_told = False
    for channel in last_reached(client, before):
        to, stays = old[WAYS[channel]], new[WAYS[channel]]
        if to and (to != stays or used not in ("", to)) and refusal_of(client, to) is None:
            there = before.model_copy(update={"channel": channel})
            _queue(client, Kind.MOVED, there.model_dump_json(), now, now + TELL_WITHIN)
            is_told = True
    return is_told


def _tell_nothing(by: Actor, client: Client, now: datetime) -> None:
    """Whoever changes it says that the old address is not safe: what waits to be sent there is dropped too (H-08)."""
    waiting = Message.objects.filter(client=client, kind=Kind.MOVED, state=State.WAITING)
    waiting.update(state=State.GIVEN_UP, sealed=b"")
    record(Action.ADDRESS_UNSAFE, by=by, about=f"client:{client.pk}", at=now)


def _ask(client: Client, card: ContactCard, now: datetime) -> None:
    """Make the question, where there is a way to send it."""
    if not address_of(card) or is_denied(client, address_of(card)):
        return
    link = secrets.token_urlsafe(LINK_BYTES)
    asked = {"confirms": settings.VAULT.fingerprint_of_link(link), "asks": WAYS[card.channel], "asked_at": now}
    Contact.objects.filter(client=client).update(**asked)
    _queue(client, Kind.CONFIRM, link, now, now + CONFIRM_WITHIN)


def _queue(client: Client, kind: Kind, what: str, now: datetime, ends_at: datetime) -> None:
    mark = uuid4()
    message = Message(kind=kind, cause=f"{kind}:{mark}", client=client, mark=mark)
    message.queued_at, message.next_at, message.ends_at = now, now, ends_at
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    message.sealed = box.seal(what.encode(), place=message.place)
    message.save(force_insert=True)
