"""Where somebody who works here hears that something is waiting: an address that he enters and shows to be his own.

Only he sees it, changes it or takes it away. Until he has typed the code that went there, nothing else goes there.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import transaction

from holdfast_site.access.actors import Actor
from holdfast_site.accounts import tries
from holdfast_site.accounts.models import Mailbox, Member
from holdfast_site.audit.services import Action, record
from holdfast_site.vault import ClientBox

CODE_FOR, CODE_DIGITS = timedelta(days=1), 8


def mailbox_of(member: Member) -> Mailbox | None:
    """His, whatever its state; none if he has entered no address."""
    return Mailbox.objects.filter(member=member).first()


def address_of(mailbox: Mailbox) -> str:
    """The address: for him, and for what sends to it."""
    return _box().open(mailbox.sealed, place=mailbox.place).decode()


def code_of(mailbox: Mailbox) -> str:
    """The code that goes to a new address. It follows from the row, which no other address ever has; it is not kept."""
    made = hmac.digest(settings.VAULT.derived("mail codes"), f"{mailbox.pk}/{mailbox.form}".encode(), sha256)
    return f"{int.from_bytes(made) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def waits_for_code(mailbox: Mailbox, *, now: datetime) -> bool:
    """Whether the code that went there is still good for showing that the address is his own."""
    return mailbox.confirmed_at is None and now < mailbox.entered_at + CODE_FOR


def without_code(now: datetime) -> Sequence[Mailbox]:
    """Those to which no code was written yet."""
    new = Mailbox.objects.filter(confirmed_at__isnull=True, failed_at__isnull=True, messages__isnull=True)
    return list(new.filter(entered_at__gt=now - CODE_FOR, member__is_active=True).order_by("pk"))


@transaction.atomic
def enter(*, by: Actor, member: Member, address: str, form: UUID, now: datetime) -> bool:
    """Keep an address in the place of the one before, to which nothing more goes; a code is sent there.

    The same form twice enters it once. False, and nothing is changed: it was tried too often just now.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    known = mailbox_of(member)
    if known is not None and known.form == form:
        return True
    if not tries.begin(_tried(member), now=now):
        return False
    if known is not None:
        known.delete()
    made = Mailbox(member=member, form=form, entered_at=now)
    made.sealed = _box().seal(address.encode(), place=made.place)
    made.save(force_insert=True)
    record(Action.MAILBOX_ENTERED, by=by, about=f"member:{member.pk}", at=now)
    return True


def confirm(*, by: Actor, member: Member, code: str, now: datetime) -> bool:
    """Take the code that went to the address. False: it does not fit, is over, or it was tried too often just now."""
    mailbox = mailbox_of(member)
    if mailbox is None or not tries.begin(_tried(member), now=now):
        return False
    told = "".join(sign for sign in code if sign.isascii() and sign.isdigit())
    if not waits_for_code(mailbox, now=now) or not hmac.compare_digest(told, code_of(mailbox)):
        return False
    tries.was_right(_tried(member))
    with transaction.atomic():
        if Mailbox.objects.filter(pk=mailbox.pk, confirmed_at__isnull=True).update(confirmed_at=now, failed_at=None):
            record(Action.MAILBOX_CONFIRMED, by=by, about=f"member:{member.pk}", at=now)
    return True


@transaction.atomic
def remove(*, by: Actor, member: Member, now: datetime) -> None:
    """Take it away, with whatever waits to be sent there."""
    if Mailbox.objects.filter(member=member).delete()[0]:
        record(Action.MAILBOX_REMOVED, by=by, about=f"member:{member.pk}", at=now)


def _tried(member: Member) -> str:
    """Under what it is counted how often he enters an address or types a code."""
    return f"mailbox of {member.pk}"


def _box() -> ClientBox:
    return ClientBox(settings.VAULT.derived("mailboxes"))
