"""Reading people. Who may see a name is decided by whose client it is; ask the selector of your own pages first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.conf import settings

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


def erased() -> frozenset[str]:
    """The ids of those who were erased."""
    return frozenset(Client.objects.filter(wrapped_key=b"").values_list("pk", flat=True))


def _opened(contact: Contact) -> ContactCard:
    box = settings.VAULT.client_box(contact.client_id, contact.client.wrapped_key)
    return ContactCard.model_validate_json(box.open(contact.sealed, place=contact.place))


def known_as() -> Mapping[str, str]:
    """Other ids of clients, each with the one under which he stands here."""
    found = Client.objects.exclude(other_ids=[]).values_list("pk", "other_ids")
    return {other: pk for pk, others in found for other in others}
