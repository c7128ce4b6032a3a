"""Codes: six digits from an app, which follow from a shared secret and the time, and codes on paper."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import pyotp
from django.conf import settings
from django.db import transaction

from holdfast_site.accounts import tries
from holdfast_site.accounts.models import CodeApp, Member, PaperCode
from holdfast_site.vault import ClientBox

STEP = timedelta(seconds=30)
EITHER_WAY = (-1, 0, 1)  # steps by which a phone's clock may be off
PAPER_CODES, LETTERS = 8, "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


def new_secret() -> str:
    """Make a secret for a code app."""
    return pyotp.random_base32()


def address_of(secret: str, *, login: str, host: str) -> str:
    """What a code app reads from the square on the screen. It names the host alone."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=host)


def fits(secret: str, code: str, *, now: datetime) -> int | None:
    """The step of time that a code belongs to, if it is one of this moment."""
    clock = pyotp.TOTP(secret)
    for off in EITHER_WAY:
        at = now + off * STEP
        if hmac.compare_digest(clock.at(at), _plain(code)):
            return clock.timecode(at)
    return None


def keep_secret(member: Member, secret: str, *, step: int, now: datetime) -> Sequence[str]:
    """Keep what a code app was set up with, and return new codes on paper: they are shown once. In a transaction."""
    CodeApp.objects.filter(member=member).delete()
    PaperCode.objects.filter(member=member).delete()
    made = CodeApp(member=member, last_step=step, made_at=now)
    made.sealed = _box().seal(secret.encode(), place=made.place)
    made.save(force_insert=True)
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(PAPER_CODES)]
    PaperCode.objects.bulk_create([PaperCode(member=member, digest=_digest(member, code)) for code in codes])
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def accepted(member: Member, code: str, *, now: datetime) -> bool:
    """Whether a code is right. None is right twice. Codes on paper are too long to be guessed, and never wait."""
    paper = PaperCode.objects.filter(member=member, digest=_digest(member, code), used_at__isnull=True)
    with transaction.atomic():
        if paper.update(used_at=now):
            return True
    app = CodeApp.objects.filter(member=member).first()
    what = f"code of {member.pk}"
    if app is None or not tries.begin(what, now=now):
        return False
    secret = _box().open(app.sealed, place=app.place).decode()
    step = fits(secret, code, now=now)
    with transaction.atomic():
        taken = CodeApp.objects.filter(pk=app.pk, last_step__lt=step).update(last_step=step) if step else 0
    if taken:
        tries.was_right(what)
    return bool(taken)


def _plain(code: str) -> str:
    return "".join(sign for sign in code.lower() if sign.isascii() and sign.isalnum())


def _digest(member: Member, code: str) -> bytes:
    return bytes(settings.VAULT.print_of("paper codes", f"{member.pk} {_plain(code)}".encode()))


def _box() -> ClientBox:
    return ClientBox(settings.VAULT.derived("code apps"))
