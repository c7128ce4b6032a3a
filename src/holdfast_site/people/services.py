"""Writing people."""

from __future__ import annotations

from django.conf import settings

from holdfast_site.people.models import Client


def add_client(client_id: str) -> Client:
    """Add a client under the practice's own id, with a key of his own."""
    return Client.objects.create(pk=client_id, wrapped_key=settings.VAULT.new_client_key(client_id))
