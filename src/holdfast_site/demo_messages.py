"""What the demo needs to show messages: somebody to send them to, and a folder instead of the post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.people.models import Appointment
    from holdfast_site.worker import Running

ASKED = 3
AWAKE = 8  # of those who came last and those who come next: they may be sent something at any hour


def begin(folder: Path, address: str) -> Running:
    """Begin to work beside the requests. Links lead to where the demo listens."""
    from django.conf import settings

    from holdfast_site import worker

    settings.SITE = settings.SITE.model_copy(update={"address": address})
    return worker.start(folder)


def make_reachable(now: datetime) -> None:
    """A way to reach those who have none, and any hour for a few, so that there is something to see at any hour."""
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.models import Client
    from holdfast_site.people.selectors import cards_of
    from holdfast_site.people.services import keep_contact

    clients = list(Client.objects.order_by("pk"))
    awake = {one.client_id for one in (*came_last(AWAKE), *_come_next(now)[:AWAKE])}
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

    for about in _come_next(now)[:ASKED]:
        invitation, link = ask_before(by=ANYONE, appointment=about, now=now)
        send(invitation, link, now)
        yield "Before his next session:", f"{address}/n/{link}"
    yield "What was sent to clients:", f"{address}/demo/outbox/"


def send(invitation: Invitation, link: str, now: datetime) -> None:
    """Have a link go out by the worker, as any other: what was sent stands in the outbox at any hour of the day."""
    from holdfast_site.messages.services import queue_link

    cause = f"{invitation.asks}:{invitation.appointment_id}"
    queue_link(invitation, link, cause=cause, ends_at=invitation.expires_at, now=now)


def came_last(count: int) -> Sequence[Appointment]:
    """The last session of each of the clients who came last."""
    from holdfast_site.people.models import Appointment

    found: dict[str, Appointment] = {}
    for one in Appointment.objects.filter(status="attended").order_by("-starts_at", "-pk").iterator():
        found.setdefault(one.client_id, one)
        if len(found) == count:
            break
    return list(found.values())


def _come_next(now: datetime) -> Sequence[Appointment]:
    """The next appointment of each client who is booked, the soonest first."""
    from holdfast_site.people.models import Appointment

    found: dict[str, Appointment] = {}
    for one in Appointment.objects.filter(status="booked", starts_at__gt=now).order_by("starts_at", "pk"):
        found.setdefault(one.client_id, one)
    return list(found.values())
