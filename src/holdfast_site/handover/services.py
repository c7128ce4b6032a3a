"""Writing matters: opening one when somebody asked for something, or when nobody has seen to somebody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from holdfast_site.access.actors import Actor, Role
from holdfast_site.audit.services import Action, record
from holdfast_site.handover.models import Kind, Matter
from holdfast_site.people.models import Client, Therapist


@transaction.atomic
def open_matter(
    *,
    by: Actor,
    client: Client,
    therapist: Therapist,
    kind: Kind,
    holder: Role,
    due_on: date,
    now: datetime,
    said: Mapping[str, str] | None = None,
) -> Matter:
    """Open a matter for whoever is to hold it. One that is open already stays; what was said last stands in it."""
    key = {"client": client, "therapist": therapist, "kind": kind, "holder": holder}
    matter = Matter.objects.filter(**key, closed_at__isnull=True).first()
    if matter is not None and not said:
        return matter
    is_new = matter is None
    matter = matter or Matter(**key, opened_at=now, due_on=due_on)
    if said:
        box = settings.VAULT.client_box(client.pk, client.wrapped_key)
        matter.sealed = box.seal(json.dumps(dict(said)).encode(), place=matter.place)
    matter.save()
    if is_new:
        record(Action.MATTER_OPENED, by=by, about=f"matter:{matter.pk}", at=now)
    return matter


def add_words(matter: Matter, words: str) -> None:
    """Put words under those that stand in a matter already, so that nothing that was said before is lost."""
    if not words:
        return
    box = settings.VAULT.client_box(matter.client_id, matter.client.wrapped_key)
    said = json.loads(box.open(matter.sealed, place=matter.place)) if matter.sealed else {}
    said["words"] = "\n".join(filter(None, [said.get("words", ""), words]))
    matter.sealed = box.seal(json.dumps(said).encode(), place=matter.place)
    matter.save(update_fields=["sealed"])
