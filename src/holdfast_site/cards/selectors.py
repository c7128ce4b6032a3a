"""Reading tables of names and addresses that were brought: each is its uploader's own."""

from __future__ import annotations

from django.db.models import QuerySet

from holdfast_site.access.actors import Actor, Role
from holdfast_site.cards.table import Table
from holdfast_site.exchange.models import CARDS, Upload
from holdfast_site.exchange.sealing import box


def own_tables(actor: Actor) -> QuerySet[Upload]:
    """What somebody at the desk brought. For anybody else, nothing."""
    if actor.role is not Role.DESK:
        return Upload.objects.none()
    return Upload.objects.filter(by__member=int(actor.id), by__role=actor.role, source=CARDS)


def opened(upload: Upload) -> Table:
    """The rows that were read of it."""
    return Table.model_validate_json(box().open(upload.sealed, place=upload.place))
