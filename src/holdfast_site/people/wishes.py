"""How a client would like to be worked with, on the six axes: sealed with his own key, blank where he did not say."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings

from holdfast_site.people.models import Client

Wishes = Mapping[str, int]  # by axis, −3 to 3


def wishes_of(client: Client) -> Wishes:
    """What he would like; an axis on which he said nothing is not there."""
    if client.sealed_wishes is None:
        return {}
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    found: dict[str, int] = json.loads(box.open(client.sealed_wishes, place=client.wishes_place))
    return found


def sealed(client: Client, wishes: Wishes) -> bytes | None:
    """The same for the database."""
    if not wishes:
        return None
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    return box.seal(json.dumps(dict(sorted(wishes.items()))).encode(), place=client.wishes_place)
