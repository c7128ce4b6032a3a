"""Reading people. Who may see a name is decided by whose client it is; ask the selector of your own pages first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings

from holdfast_site.accounts.models import Post
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Client, Contact

NOBODY_KNOWS = ContactCard()


def cards_of(clients: Iterable[Client]) -> Mapping[str, ContactCard]:
    """The contact card of each client, by id; one that is all blank where none is kept. One query for all of them.

    The caller has to have decided that whoever asks may see these clients.
    """
    found = {client.pk: NOBODY_KNOWS for client in clients}
    for contact in Contact.objects.filter(client__in=list(found)).select_related("client"):
        found[contact.client_id] = _opened(contact)
    return found


def is_his_own(contact: Contact, way: str, *, now: datetime) -> bool:
    """Whether an address (``email`` or ``phone``) is good for one half of a way in to his own page.

    Not while he has to confirm it, and never from the hand of somebody who treats him: who tells him the code would
    then hold both halves, and read what he kept from that person.
    """
    good_from = getattr(contact, f"{way}_good_from")
    if getattr(contact, f"{way}_to_confirm") or (good_from is not None and now < good_from):
        return False
    entered_by = str(getattr(contact, f"{way}_by"))
    return bool(entered_by) and not treats(entered_by, contact.client_id)


def treats(mark: str, client_id: str) -> bool:
    """Whether somebody, in whatever role the audit marks him, is also a therapist whom this client has or had."""
    member = mark.partition(":")[2]
    posts = Post.objects.filter(member=int(member) if member.isdecimal() else 0)
    return posts.filter(therapist__appointments__client=client_id).exists()


def erased() -> frozenset[str]:
    """The ids of those who were erased."""
    return frozenset(Client.objects.filter(wrapped_key=b"").values_list("pk", flat=True))


def _opened(contact: Contact) -> ContactCard:
    box = settings.VAULT.client_box(contact.client_id, contact.client.wrapped_key)
    return ContactCard.model_validate_json(box.open(contact.sealed, place=contact.place))
