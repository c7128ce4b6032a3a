"""Erasing somebody: his key is destroyed, and what it opened is deleted. Ids, dates and the audit stay.

Older backups still hold his wrapped key. So whom to erase again is written down outside the database, like the heads of
the audit, and seen to whenever the site starts or a backup is put back. Only a keyed digest of his id stands there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from holdfast_site.access.actors import OPERATOR, Actor
from holdfast_site.accounts.models import Member, Welcome
from holdfast_site.accounts.services import take_ways_in
from holdfast_site.audit.services import Action, record
from holdfast_site.checkins.models import Invitation
from holdfast_site.config import ERASED
from holdfast_site.lines import append
from holdfast_site.own.held import HELD, Erasing
from holdfast_site.people.models import Client


@transaction.atomic(durable=True)
def erase(*, by: Actor, client: Client, now: datetime) -> None:
    """Erase a client, for good. Whoever is erased already stays so."""
    _destroy(by, client, now)
    note(ledger(), [client.pk])  # last: what is written down here is done, or done at the next start


def erase_again(*, now: datetime) -> int:
    """Erase everybody who was erased before and is not erased here: an older backup was put back. Returns how many."""
    known = noted(ledger())
    if not known:
        return 0
    back = [client for client in Client.objects.exclude(wrapped_key=b"") if digest(client.pk) in known]
    for client in back:
        with transaction.atomic():
            _destroy(OPERATOR, client, now)
    return len(back)


def ledger() -> Path:
    """Where it is written down: in the site's folder, outside the database."""
    return Path(str(settings.SITE_FOLDER)) / ERASED


def note(file: Path, client_ids: Iterable[str]) -> None:
    """Write down who was erased, so that it is on disk when this returns."""
    for client_id in client_ids:
        append(file, digest(client_id))


def noted(file: Path) -> frozenset[str]:
    """Everybody who was written down."""
    return frozenset(file.read_text(encoding="ascii").split()) if file.exists() else frozenset()


def digest(client_id: str) -> str:
    """What stands for somebody in the ledger."""
    return str(settings.VAULT.lasting("erased", client_id.encode()).hex())


def _destroy(by: Actor, client: Client, now: datetime) -> None:
    _take_his_page(client)
    for one in HELD:
        his = one.rows_of(client)
        if one.erasing is Erasing.DELETED:
            his.delete()
        elif one.erasing is Erasing.EMPTIED:
            his.update(**one.emptied)
    _shut_links(client)
    record(Action.ERASED, by=by, about=f"client:{client.pk}", at=now)


def _shut_links(client: Client) -> None:
    """His open links lead nowhere, and no code makes a way in any more."""
    for invitation in Invitation.objects.filter(appointment__client=client, submission__isnull=True):
        invitation.link = secrets.token_bytes(32)
        invitation.save(update_fields=["link"])
    for welcome in Welcome.objects.filter(post__client=client):
        welcome.link, welcome.code = secrets.token_bytes(32), secrets.token_bytes(32)
        welcome.save(update_fields=["link", "code"])


def _take_his_page(client: Client) -> None:
    member = Member.objects.filter(posts__client=client).first()
    if member is not None:
        take_ways_in(member)
        Member.objects.filter(pk=member.pk).update(is_active=False)
