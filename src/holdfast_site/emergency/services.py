"""Opening a page in an emergency, ending that sooner, and saying that it is known."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Post
from holdfast_site.audit.services import Action, record
from holdfast_site.emergency.models import Opening
from holdfast_site.emergency.selectors import may_say_known, open_to, unknown_to
from holdfast_site.people.models import Client


@transaction.atomic
def open_page(*, by: Actor, client: Client, form: UUID, why: str, now: datetime) -> Opening | None:
    """Open a client's page for an hour. What is open to him already stays as it is, and is not prolonged.

    The same form sent twice opens once. None: the form was somebody else's or about somebody else, or he was
    erased meanwhile.
    """
    known = open_to(by, now=now).filter(client=client).first()
    if known is not None:
        return known
    fresh = Client.objects.exclude(wrapped_key=b"").filter(pk=client.pk).first()
    if fresh is None:
        return None
    post = Post.objects.get(member=int(by.id), role=by.role)
    opening = Opening(form=form, client=fresh, by=post, at=now)
    box = settings.VAULT.client_box(fresh.pk, fresh.wrapped_key)
    told = {"client": fresh, "by": post, "at": now, "sealed": box.seal(why.encode(), place=opening.place)}
    opening, is_new = Opening.objects.get_or_create(form=form, defaults=told)
    if is_new:
        record(Action.EMERGENCY_OPENED, by=by, about=f"client:{fresh.pk}", at=now)
    return opening if (opening.by_id, opening.client_id) == (post.pk, fresh.pk) else None


@transaction.atomic
def end(*, by: Actor, key: UUID, now: datetime) -> bool:
    """End it before its hour is over. False: nothing is open to him there."""
    opening = open_to(by, now=now).filter(key=key).first()
    if opening is None or not Opening.objects.filter(pk=opening.pk, ended_at__isnull=True).update(ended_at=now):
        return False
    record(Action.EMERGENCY_ENDED, by=by, about=f"client:{opening.client_id}", at=now)
    return True


@transaction.atomic
def know(*, by: Actor, key: UUID, now: datetime) -> bool:
    """Say that it is known, as the lead or as his therapist. False: it is not theirs to say, or was said before."""
    opening = unknown_to(by).filter(key=key).first()
    if opening is None or not may_say_known(by, opening):
        return False
    field = "lead_knows_at" if by.role is Role.LEAD else "therapist_knows_at"
    Opening.objects.filter(pk=opening.pk).update(**{field: now})
    record(Action.EMERGENCY_KNOWN, by=by, about=f"opening:{opening.pk}", at=now)
    return True
