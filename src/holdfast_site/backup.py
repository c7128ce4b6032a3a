"""Backups: a copy counts once it has been put back somewhere else and found whole. The key is never in one.

What clients said is sealed in the copy as it is in the database. Names to sign in with, ids and dates are not.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from holdfast.errors import FolderError
from holdfast.files import synced
from holdfast_site.config import ANCHORS, DATABASE, ERASED, LOCALE, SITE_FILE, key_path, read_config, write_config
from holdfast_site.lines import append

ABOUT, GOOD, LOCK = "backup.json", "backups", "in-use.lock"
PRIVATE = 0o700
BESIDE = (SITE_FILE, ANCHORS, ERASED)
WRITTEN = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a database


class BadBackup(FolderError):
    """A copy that is not whole. It does not count, and nothing is put back from it."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was put back and found whole."""

    path: Path
    made_at: datetime
    rows: int


def back_up(folder: Path, to: Path, *, now: datetime) -> Backup:
    """Copy a site while it runs, put the copy back elsewhere, look it over, and only then let it count.

    Django must be ready for the site.

    Raises
    ------
    BadBackup
        If the copy is not whole. Nothing of it stays.
    FolderError
        If it would lie where it must not, or there is no room.
    """
    _refuse_postgres(folder)
    refuse_place(folder, to, key=key_path(folder, read_config(folder)))
    try:
        to.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        with tempfile.TemporaryDirectory(prefix=".not-good-yet-", dir=to) as made:
            copy = Path(made) / "copy"
            _copy(folder, copy, now)
            rows = check(copy)
            done = to / f"holdfast-{now:%Y-%m-%dT%H%M%S.%f}"
            os.replace(copy, done)
            synced(to)
    except OSError as error:
        raise FolderError(f"No backup was made: {error.strerror or error}. Is there room in {to}?") from error
    _tell(folder, done, now)
    return Backup(done, now, rows)


def check(copy: Path) -> int:
    """Put a copy back in a folder of its own and look it over; return how many rows it holds.

    Raises
    ------
    BadBackup
        With what is wrong with it.
    """
    about = _about(copy)
    with tempfile.TemporaryDirectory(prefix=".looking-over-", dir=copy.parent) as made:
        database = Path(made) / DATABASE
        shutil.copyfile(copy / DATABASE, database)
        found = dict(about["sha256"])
        # nosemgrep: compared-in-steps - of files, and no secret
        changed = [name for name in found if _digest(copy / name) != found[name]]
        if changed:
            raise BadBackup(f"{copy}: {', '.join(sorted(changed))} is not as it was written.")
        with closing(sqlite3.connect(database)) as opened:
            if opened.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise BadBackup(f"{copy}: the database is damaged.")
            if opened.execute("PRAGMA foreign_key_check").fetchone():
                raise BadBackup(f"{copy}: something in the database points nowhere.")
            rows = _rows(opened)
        if rows != about["rows"]:
            raise BadBackup(f"{copy}: rows are missing, or there are too many.")
        _refuse_broken_chain(copy, database)
    return sum(rows.values())


def put_back(copy: Path, folder: Path, *, now: datetime) -> int:
    """Put a backup in the place of a site's database, which is kept beside it. Returns how many were erased again.

    Django must be ready for the site, and its database not yet opened. Whoever was erased here, or by what any backup
    beside this one knows, is erased again.

    Raises
    ------
    BadBackup
        If the backup is not whole. Nothing has changed then.
    """
    from django.db import connections

    check(copy)
    connections.close_all()
    _keep_what_is_there(folder, f"before-{now:%Y-%m-%dT%H%M%S}")
    _put(copy / DATABASE, folder / DATABASE)
    if (copy / ANCHORS).exists():
        _put(copy / ANCHORS, folder / ANCHORS)
    _learn_of_erased(copy, folder)
    return _bring_in_order(folder, copy.name, now)


def last_good(folder: Path) -> datetime | None:
    """When the last backup that counts was made; none if there never was one."""
    file = folder / GOOD
    lines = file.read_text(encoding="ascii").split("\n") if file.exists() else []
    whole = [at for at, _, name in (line.partition(" ") for line in lines) if name]  # not what a power cut left
    return datetime.fromisoformat(whole[-1]) if whole else None


def prepare(copy: Path, folder: Path, key: Path | None) -> None:
    """Get a folder ready for a backup: its own settings stay; a new one gets those of the backup.

    Raises
    ------
    BadBackup
        If it is no backup.
    """
    _about(copy)
    if (folder / SITE_FILE).exists():
        _refuse_postgres(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    config = read_config(folder if (folder / SITE_FILE).exists() else copy)
    if key is not None:
        relative, of_copy = os.path.relpath(key.resolve(), folder.resolve()), read_config(copy).key_fingerprint
        named = {"key_file": relative, "key_fingerprint": of_copy, "next_key_file": "", "old_key_file": ""}
        config = config.model_copy(update=named)
    for words in _words(copy):
        if not (folder / words).exists():
            _put(copy / words, folder / words)
    write_config(folder, config)


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Hold a site's folder: one process serves it, or puts a backup in it.

    Raises
    ------
    FolderError
        If another one does already.
    """
    lock = FileLock(folder / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise FolderError(f"{folder} is in use: stop the site that is running there first.") from error
    try:
        yield
    finally:
        lock.release()


# --- copying ----------------------------------------------------------------------------------------


def _refuse_postgres(folder: Path) -> None:
    if read_config(folder).database:
        raise FolderError(
            "The rows of this site are in PostgreSQL: back them up with pg_dump, and the folder beside it. Whoever was "
            "erased since is erased again when the site starts."
        )


def refuse_place(folder: Path, to: Path, *, key: Path) -> None:
    """Refuse a place for backups.

    Raises
    ------
    FolderError
        If it lies in the site, or the key lies in it.
    """
    if to.resolve().is_relative_to(folder.resolve()):
        raise FolderError(f"{to} lies inside the site: what takes the one takes the other. Name another folder.")
    if key.resolve().is_relative_to(to.resolve()):
        raise FolderError(f"The key lies inside {to}: with key and backup anybody can read everything. Move one away.")


def _copy(folder: Path, copy: Path, now: datetime) -> None:
    """The heads of the audit first, then the database, then the ledger: each can only know less than the next."""
    copy.mkdir(mode=PRIVATE)
    for name in (SITE_FILE, ANCHORS):
        if (folder / name).exists():
            _put(folder / name, copy / name)
    os.close(os.open(copy / DATABASE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(sqlite3.connect(f"{(folder / DATABASE).resolve().as_uri()}?mode=rw", uri=True, timeout=20)) as source,
        closing(sqlite3.connect(copy / DATABASE)) as target,
    ):
        source.backup(target)  # in one go: whole as of one moment, however much is written meanwhile
        target.execute("PRAGMA journal_mode=DELETE")
        rows = _rows(target)
    if (folder / ERASED).exists():
        _put(folder / ERASED, copy / ERASED)
    for words in _words(folder):
        _put(folder / words, copy / words)
    names = [DATABASE, *(name for name in BESIDE if (copy / name).exists()), *_words(copy)]
    told = {"made_at": now.isoformat(), "rows": rows, "sha256": {name: _digest(copy / name) for name in names}}
    (copy / ABOUT).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (copy / ABOUT).chmod(0o600)
    for name in (*names, ABOUT):
        synced(copy / name)
    synced(copy)


def _words(folder: Path) -> list[str]:
    """The files in which the practice has translated the site, from the folder on."""
    return sorted(path.relative_to(folder).as_posix() for path in (folder / LOCALE).rglob("*.po"))


def _tell(folder: Path, done: Path, now: datetime) -> None:
    from django.db import DatabaseError, transaction

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.audit.services import Action, record

    try:
        with transaction.atomic():
            record(Action.BACKED_UP, by=OPERATOR, about=f"backup:{done.name}", at=now)
    except DatabaseError as error:
        raise FolderError(f"{done} is whole, but the site was too busy to note it. Make another one.") from error
    append(folder / GOOD, f"{now.isoformat()} {done.name}")


# --- looking over -----------------------------------------------------------------------------------


def _about(copy: Path) -> Mapping[str, Mapping[str, object]]:
    try:
        found: Mapping[str, Mapping[str, object]] = json.loads((copy / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadBackup(f"{copy} is no backup, or not a whole one.") from error
    if not {"rows", "sha256"} <= set(found) or DATABASE not in found["sha256"]:
        raise BadBackup(f"{copy} is no backup, or not a whole one.")
    return found


def _rows(opened: sqlite3.Connection) -> dict[str, int]:
    names = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    quoted = {str(name): str(name).replace('"', '""') for (name,) in names}
    counts = {name: f'SELECT count(*) FROM "{safe}"' for name, safe in quoted.items()}  # noqa: S608 - quoted above
    return {name: opened.execute(count).fetchone()[0] for name, count in counts.items()}


def _refuse_broken_chain(copy: Path, database: Path) -> None:
    from django.conf import settings
    from django.db import connections

    from holdfast_site.audit.services import Broken, verify

    if read_config(copy).key_fingerprint != settings.VAULT.fingerprint:
        raise BadBackup(
            f"{copy} was made under another master key than this one. If the key was replaced since: put it back with "
            f"--key and the key of then, and replace that one again."
        )
    alias = database.parent.name
    connections.databases[alias] = {**connections.databases["default"], "NAME": database}
    try:
        whole = verify(copy / ANCHORS, using=alias)
    finally:
        connections[alias].close()
        del connections[alias], connections.databases[alias]
    if isinstance(whole, Broken):
        raise BadBackup(f"{copy}: the audit was changed or cut at event {whole.event}, or the key is another's.")


# --- putting back -----------------------------------------------------------------------------------


def _keep_what_is_there(folder: Path, suffix: str) -> None:
    for name in (DATABASE, ANCHORS):
        if (folder / name).exists():
            os.replace(folder / name, folder / f"{name}.{suffix}")
    for end in WRITTEN:  # these belong to the database that was there, under its name
        if (folder / f"{DATABASE}{end}").exists():
            os.replace(folder / f"{DATABASE}{end}", folder / f"{DATABASE}.{suffix}{end}")


def _learn_of_erased(copy: Path, folder: Path) -> None:
    """Everybody whom this site or any backup beside this one knows as erased."""
    ledgers = [folder / ERASED, *copy.resolve().parent.glob(f"*/{ERASED}"), copy / ERASED]
    known = sorted({line for ledger in ledgers if ledger.exists() for line in ledger.read_text("ascii").split()})
    if known:
        partial = folder / f"{ERASED}.part"
        partial.write_text("".join(f"{line}\n" for line in known), encoding="ascii")
        synced(partial)
        os.replace(partial, folder / ERASED)


def _bring_in_order(folder: Path, name: str, now: datetime) -> int:
    from django.db import transaction

    from holdfast_site import start
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.audit.services import Action, anchor, record

    start.bring_up_to_date()
    with transaction.atomic():
        record(Action.PUT_BACK, by=OPERATOR, about=f"backup:{name}", at=now)
    again = start.erase_again()
    anchor(start.anchors(folder))
    return again


def _put(source: Path, target: Path) -> None:
    """Copy a file so that it is there whole or not at all, for its owner alone."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    partial = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, partial)
    partial.chmod(0o600)
    synced(partial)
    os.replace(partial, target)


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            found = sha256()
            while block := opened.read(1 << 20):
                found.update(block)
    except OSError as error:
        raise BadBackup(f"{file} is missing.") from error
    return found.hexdigest()
