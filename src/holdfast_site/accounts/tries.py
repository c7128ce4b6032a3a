"""Wrong tries: each makes the next one wait longer, for whoever is wrong, and not for anybody else.

What is counted is a name together with the address it is tried from. Somebody elsewhere who keeps guessing a
therapist's password makes himself wait, not her; and a passkey is never made to wait.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from holdfast_site.accounts.models import Tries

FREE = 5  # wrong tries before the first wait
LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)
ONE_HOUSEHOLD = 64  # bits of an IPv6 address that one customer has


def begin(what: str, *, now: datetime) -> bool:
    """Count a try, before it is known whether it is right. False: it is too early, and nothing is looked at."""
    digest = _digest(what)
    with transaction.atomic():
        Tries.objects.filter(last_at__lt=now - FORGOTTEN).delete()
        Tries.objects.get_or_create(what=digest, defaults={"wrong": 0, "last_at": now})
        before = Tries.objects.select_for_update().get(what=digest)  # whoever tries at the same time waits here
        if before.last_at <= now < before.last_at + wait(before.wrong):  # a clock that was set back makes nobody wait
            return False
        Tries.objects.filter(pk=before.pk).update(wrong=F("wrong") + 1, last_at=now)
    return True


def was_right(what: str) -> None:
    """Forget the wrong tries before a right one."""
    with transaction.atomic():
        Tries.objects.filter(what=_digest(what)).update(wrong=0)


def wait(wrong: int) -> timedelta:
    """How long to wait after so many wrong tries: nothing, then a second, twice as long each time, and never longer
    than a quarter of an hour."""
    if wrong < FREE:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(wrong - FREE, 16)), LONGEST)


def household(address: str) -> str:
    """Of an IPv6 address the part that stays: whoever has one has a billion others beside it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, ONE_HOUSEHOLD), strict=False)) if found.version == 6 else address


def _digest(what: str) -> bytes:
    return bytes(settings.VAULT.print_of("tries", what.encode()))
