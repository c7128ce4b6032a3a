"""Reading uploads: each is its uploader's own."""

from __future__ import annotations

from django.db.models import QuerySet

from holdfast_site.access.actors import Actor
from holdfast_site.access.policy import IMPORTERS
from holdfast_site.exchange.models import CARDS, Upload

LATEST = 5


def own_uploads(actor: Actor) -> QuerySet[Upload]:
    """What somebody uploaded in his role. For anybody who may not, nothing."""
    if actor.role not in IMPORTERS:
        return Upload.objects.none()
    return Upload.objects.filter(by__member=int(actor.id), by__role=actor.role).exclude(source=CARDS)


def taken_over(actor: Actor) -> QuerySet[Upload]:
    """The latest that were taken over, newest first."""
    return own_uploads(actor).filter(account__isnull=False).order_by("-at", "-pk")[:LATEST]
