"""Cuts the power while check-ins are saved, on paper: from a record of every system call, the disks it could have left.

    strace … python -m tests.site.power_cut FOLDER COUNT JOURNAL_MODE SYNCHRONOUS

saves check-ins through the real page, one after the other, and says on its standard output which were thanked for.
What reaches a disk before power is lost is what was synced, and any part of what was written since: each write may be
there, gone, or torn between two sectors. ``disks`` makes such disks at random moments of the record.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

from holdfast_site.config import DATABASE

SECTOR = 512
BEGIN, THANKED = "begin", "thanked for "
TRACED = "pwrite64,write,fsync,fdatasync,ftruncate,unlink"
CALL = re.compile(r"^(\w+)\((?:(\d+)<([^>]*)>|\"([^\"]*)\")(?:, \"([^\"]*)\"(?:, (\d+))?)?(?:, (\d+))?\) += (-?\d+)")


@dataclass
class File:
    """One file: what of it is on the disk for certain, and what was done to it since."""

    synced: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)  # none: cut off there

    def sync(self) -> None:
        for change in self.since:
            _apply(self.synced, *change)
        self.since.clear()

    def after_a_cut(self, dice: random.Random) -> bytes:
        """One of the states that this file could be found in."""
        found = bytearray(self.synced)
        for offset, written in self.since:
            for change in _survives(offset, written, dice):
                _apply(found, *change)
        return bytes(found)


def _survives(offset: int, written: bytes | None, dice: random.Random) -> Sequence[tuple[int, bytes | None]]:
    """What of one change reaches the disk: all of it, nothing, or some of its sectors."""
    fate = dice.random()
    if fate < 0.4 or (written is None and fate < 0.7):
        return []
    if fate < 0.7 or written is None:
        return [(offset, written)]
    cuts = [0, *range(SECTOR - offset % SECTOR, len(written), SECTOR), len(written)]
    parts = [(offset + at, written[at:end]) for at, end in pairwise(cuts)]
    return [part for part in parts if dice.random() < 0.5]


def _apply(content: bytearray, offset: int, written: bytes | None) -> None:
    if written is None:
        content[offset:] = b"\0" * max(0, offset - len(content)) if offset > len(content) else b""
        return
    content.extend(b"\0" * (offset - len(content)))
    content[offset : offset + len(written)] = written


@dataclass(frozen=True)
class Call:
    """One line of the record that matters here."""

    name: str
    path: str
    written: bytes
    number: int
    done: int


def calls(record: Path) -> Iterator[Call]:
    """What was called, in order."""
    with record.open(encoding="ascii") as lines:
        for line in lines:
            found = CALL.match(line)
            if found:
                name, fd, path, unlinked, written, size, last, done = found.groups()
                where = "stdout" if fd == "1" else _bytes(path or unlinked or "").decode()
                yield Call(name, where, _bytes(written or ""), int(last or size or 0), int(done))


def _bytes(printed: str) -> bytes:
    return bytes.fromhex(printed.replace("\\x", ""))


def disks(
    record: Path, before: Mapping[str, bytes], count: int, dice: random.Random
) -> Iterator[tuple[dict[str, bytes], frozenset[str]]]:
    """Disks after a cut at random moments, each with what had been thanked for by then."""
    moments = sorted(dice.choices(range(_length(record)), k=count))
    files = {path: File(bytearray(content)) for path, content in before.items()}
    thanked: frozenset[str] = frozenset()
    begun = number = 0
    for call in calls(record):
        if call.path == "stdout":
            said = call.written.decode()
            begun = begun or said.startswith(BEGIN)
            thanked |= {said.removeprefix(THANKED).strip()} if said.startswith(THANKED) else set()
        elif begun and DATABASE in call.path:
            _happens(files, call)
        if not begun:
            continue
        while moments and moments[0] == number:
            moments.pop(0)
            yield {path: file.after_a_cut(dice) for path, file in files.items()}, thanked
        number += 1


def _length(record: Path) -> int:
    begun = count = 0
    for call in calls(record):
        begun = begun or (call.path == "stdout" and call.written.decode().startswith(BEGIN))
        count += bool(begun)
    return count


def _happens(files: dict[str, File], call: Call) -> None:
    file = files.setdefault(call.path, File())
    match call.name:
        case "pwrite64":
            file.since.append((call.number, call.written[: call.done]))
        case "fsync" | "fdatasync":
            file.sync()
        case "ftruncate":
            file.since.append((call.number, None))
        case "unlink":
            del files[call.path]


def wrong(folder: Path, disk: Mapping[str, bytes], thanked: frozenset[str]) -> str | None:
    """What is wrong with a disk when the site starts on it again; none if nothing is."""
    for path, content in disk.items():
        (folder / Path(path).name).write_bytes(content)
    try:
        connection = sqlite3.connect(folder / DATABASE)
        said = connection.execute("PRAGMA quick_check").fetchone()[0]
        if said != "ok":
            return f"damaged: {said}"
        sealed = "checkins_submission JOIN checkins_sealedbox ON submission_id = checkins_submission.id"
        kept = {str(UUID(form)) for (form,) in connection.execute(f"SELECT form FROM {sealed}")}
        return f"lost: {len(thanked - kept)}" if thanked - kept else None
    except (sqlite3.DatabaseError, ValueError) as error:  # also what reads, and is no form of ours
        return f"does not open: {error}"
    finally:
        connection.close()
        for path in folder.iterdir():
            path.unlink()


# --- what is recorded ---------------------------------------------------------------------------------


def save(folder: Path, count: int, journal: str, synchronous: int) -> None:
    """Save check-ins through the page, and say after each that it was thanked for."""
    from holdfast_site import sqlite, start
    from tests.site.conftest import DECIDED, appointment, client, person

    sqlite.wanted = lambda: {"journal_mode": journal, "synchronous": synchronous, "mmap_size": 0, "foreign_keys": 1}
    start.make_site(folder, key_file=folder.with_name("master.key"), **DECIDED)
    start.get_django_ready(folder)
    start.bring_up_to_date()
    from django.db import connections, transaction
    from django.test import Client
    from django.utils import timezone

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    now, carl = timezone.now(), person("carl")
    with transaction.atomic():
        about = [appointment(client(f"c{number}"), carl, now) for number in range(count)]
        links = [invite(by=ANYONE, appointment=one, now=now)[1] for one in about]
    connections.close_all()
    _copy(folder)
    os.write(1, BEGIN.encode())
    for link in links:
        form = str(uuid4())
        answer = Client(SERVER_NAME="127.0.0.1").post(f"/c/{link}", {"form": form, "pace": 1, "words": "x" * 300})
        if b"It is saved" in answer.content:
            os.write(1, f"{THANKED}{form}".encode())


def _copy(folder: Path) -> None:
    """Keep what is on the disk as the record begins."""
    kept = folder.with_name("before")
    kept.mkdir()
    for path in folder.glob("*.sqlite3*"):
        (kept / path.name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    save(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
