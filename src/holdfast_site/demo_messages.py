"""What the demo needs to show messages: somebody to send them to, and a folder instead of the post."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast_site.people.models import Appointment
    from holdfast_site.worker import Running

NEAR = timedelta(hours=48)
ASKED = 3
AWAKE = 8  # clients who may be sent something at any hour, so that there is something to see at any hour


def begin(folder: Path, address: str) -> Running:
    """Begin to work beside the requests. Links lead to where the demo listens."""
    from django.conf import settings

    from holdfast_site import worker

    settings.SITE = settings.SITE.model_copy(update={"address": address})
    return worker.start(folder)


def make_reachable(now: datetime) -> None:
    """A way to reach those who have none, and any hour for a few whose session is near."""
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.models import Client
    from holdfast_site.people.selectors import cards_of
    from holdfast_site.people.services import keep_contact

    clients = list(Client.objects.order_by("pk"))
    awake = {one.client_id for one in _near(now)[:AWAKE]}
    for client, card in zip(clients, cards_of(clients).values(), strict=True):
        changes: dict[str, object] = {}
        if card.channel == "none":
            changes |= {"channel": "email", "email": card.email or f"{client.pk.lower()}@example.org"}
        if client.pk in awake:
            changes |= {"safe_from": 0, "safe_until": 24}
        if changes:
            keep_contact(by=OPERATOR, client=client, card=card.model_copy(update=changes), now=now)


def links(address: str, now: datetime) -> Iterator[tuple[str, str]]:
    """What there is to see of it."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import ask_before
    from holdfast_site.people.models import Appointment

    booked = Appointment.objects.filter(status="booked", starts_at__gt=now).order_by("starts_at", "pk")
    for about in booked[:ASKED]:
        yield "Before his next session:", f"{address}/n/{ask_before(by=ANYONE, appointment=about, now=now)[1]}"
    yield "What was sent to clients:", f"{address}/demo/outbox/"


def _near(now: datetime) -> list[Appointment]:
    from holdfast_site.people.models import Appointment

    near = Appointment.objects.filter(starts_at__range=(now - timedelta(hours=20), now + NEAR))
    return list(near.order_by("starts_at", "pk"))
