"""Replacing the master key: somebody left who had it, or a computer with it was lost.

Everything moves in one transaction, and the audit's event of it says under which key the database is. The settings name
both keys before, and the new one alone after. So whenever this is killed, the next start finds out how far it came.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Model

from holdfast.errors import FolderError
from holdfast_site.access.actors import OPERATOR
from holdfast_site.accounts.models import CodeApp, Mailbox, PaperCode, Session, Tries, Welcome
from holdfast_site.audit.services import begin_anew, key_in_use
from holdfast_site.config import SiteConfig, key_path, next_key_path, read_config, write_config
from holdfast_site.exchange.models import Memory, Upload
from holdfast_site.messages.models import Message, Undelivered
from holdfast_site.people.models import Client
from holdfast_site.vault import ClientBox, Sealed, Vault

AT_A_TIME = 500
PRINTS: tuple[tuple[type[Model], str, str], ...] = (  # made of what could be guessed: laid over with the new key
    (PaperCode, "digest", "paper codes"),
    (Welcome, "code", "welcomes"),
    (Tries, "what", "tries"),
    (Message, "went_to", "phones"),
    (Undelivered, "went_to", "phones"),
)
BOXES: tuple[tuple[type[Model], str], ...] = (  # sealed with a key of the master's own, and not of a client
    (CodeApp, "code apps"),
    (Mailbox, "mailboxes"),
    (Upload, "uploads"),
    (Memory, "uploads"),
)


def replace(folder: Path, key_file: Path, *, now: datetime) -> None:
    """Make a new master key in ``key_file`` and move the site to it; or go on where that was killed.

    Django must be ready for the site, and its folder held.

    Raises
    ------
    FolderError
        If the key would lie where it must not, or a replacement was finished before and the settings do not name its
        key yet (``settle``). Nothing has changed then.
    """
    if key_in_use() not in (None, settings.VAULT.fingerprint):
        raise FolderError(f"{folder} is under a new key already, and its settings do not say so yet. Run this again.")
    config = read_config(folder)
    if not config.next_key_file:
        refuse_place(folder, key_file)
        relative = os.path.relpath(key_file.resolve(), folder.resolve())
        config = config.model_copy(update={"next_key_file": relative})
        write_config(folder, config)
    new_file = next_key_path(folder, config)
    new_file.unlink(missing_ok=True)  # of a try that was killed: nothing is under it
    before: Vault = settings.VAULT
    after = before.successor()
    after.write(new_file)
    _use(after)
    try:
        with transaction.atomic(durable=True):
            _move(before, after)
            begin_anew(by=OPERATOR, at=now)
    except BaseException:
        _use(before)
        raise
    settle(folder)


def refuse_place(folder: Path, key_file: Path) -> None:
    """Refuse a place for a new key.

    Raises
    ------
    FolderError
        If it lies in the site's folder, or there is a file already.
    """
    if key_file.resolve().is_relative_to(folder.resolve()):
        raise FolderError(f"{key_file} lies inside {folder}, where backups would hold it. Name another place.")
    if key_file.exists():
        raise FolderError(f"{key_file} exists already, and a key file is never replaced. Name another.")


def settle(folder: Path) -> None:
    """See to it that the settings name the key that the database is under, after a replacement that was killed."""
    config = read_config(folder)
    if not config.next_key_file:
        return
    try:
        in_use = key_in_use()
    except DatabaseError:  # whoever looks the site over says what is wrong with it
        return
    if in_use in (None, config.key_fingerprint):
        return
    after = Vault.read(next_key_path(folder, config))
    if after.fingerprint == in_use:
        write_config(folder, _named(config, after))
        _use(after)


def advice(folder: Path, config: SiteConfig) -> list[str]:
    """What is left to do about keys."""
    said = []
    if config.next_key_file:
        said.append(f"Replacing the key was begun and not finished. To finish it, stop the site: {_COMMAND} {folder}")
    old = (folder / config.old_key_file).resolve()
    if config.old_key_file and old.exists():
        said.append(f"The old key is still in {old}. Take it off this machine: it opens older backups, and no newer.")
    return said


_COMMAND = "holdfast site replace-key"


def _named(config: SiteConfig, after: Vault) -> SiteConfig:
    return config.model_copy(
        update={
            "key_file": config.next_key_file,
            "key_fingerprint": after.fingerprint,
            "next_key_file": "",
            "old_key_file": config.key_file,
        }
    )


def _use(vault: Vault) -> None:
    settings.VAULT, settings.SECRET_KEY = vault, vault.derived("django").hex()


def _move(before: Vault, after: Vault) -> None:
    """Everything that is under the master key. Whoever was erased has no key, and gets none."""
    _change(Client, "wrapped_key", lambda one, key: after.rewrapped(before, one.pk, key))
    for model, purpose in BOXES:
        old, new = ClientBox(before.derived(purpose)), ClientBox(after.derived(purpose))
        _change(model, "sealed", _sealed_anew(old, new))
    for model, field, purpose in PRINTS:
        _change(model, field, _laid_over(after, purpose))
    Session.objects.all().delete()  # everybody signs in again


def _sealed_anew(old: ClientBox, new: ClientBox) -> Callable[[Model, Sealed], bytes]:
    return lambda one, sealed: new.seal(old.open(sealed, place=one.place), place=one.place)  # type: ignore[attr-defined]


def _laid_over(after: Vault, purpose: str) -> Callable[[Model, Sealed], bytes]:
    return lambda _, print_of_it: after.laid_over(purpose, print_of_it)


def _change(model: type[Model], field: str, how: Callable[[Model, Sealed], bytes]) -> None:
    """Change one column in every row that has something there. Each row once: to lay over twice would be wrong."""
    for rows in _rows(model, field):
        for one in rows:
            setattr(one, field, how(one, getattr(one, field)))
        model._default_manager.bulk_update(rows, [field])


def _rows(model: type[Model], field: str) -> Iterator[list[Model]]:
    full = model._default_manager.exclude(**{field: b""}).exclude(**{field: None})
    ids = list(full.values_list("pk", flat=True))
    for first in range(0, len(ids), AT_A_TIME):
        yield list(model._default_manager.filter(pk__in=ids[first : first + AT_A_TIME]))


def default_place(folder: Path, now: datetime) -> Path:
    """Where a new key lies if nobody says where: beside the one before."""
    return key_path(folder, read_config(folder)).with_name(f"{folder.resolve().name}-{now:%Y-%m-%dT%H%M%S}.key")
