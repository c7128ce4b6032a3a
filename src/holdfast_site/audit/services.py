"""Adding to the audit, and finding out whether anybody has been at it.

Each row carries a keyed digest of itself and of the row before. The key is derived from the master key, so whoever has
the database alone can neither change a row nor remake the chain. A chain cannot show that its end was cut off: for
that, its head is written to a file beside the database whenever the site starts (``anchor``).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, transaction

from holdfast_site.access.actors import Actor
from holdfast_site.audit.models import Event
from holdfast_site.errors import VaultError
from holdfast_site.lines import append

START = bytes(32)
HEAD = re.compile(r"^([0-9]+) ([0-9a-f]{64})$", re.MULTILINE)  # a line of the file beside the database


class Action(StrEnum):
    """What the audit knows."""

    CHECKIN_SENT = "checkin.sent"
    CHECKIN_ANSWERED = "checkin.answered"
    TABLES_LOADED = "tables.loaded"
    DAYS_TAKEN_OUT = "days.taken_out"
    MEMBER_ADDED = "member.added"
    SIGNED_IN = "member.signed_in"
    NOT_SIGNED_IN = "member.not_signed_in"
    SIGNED_OUT = "member.signed_out"
    SESSIONS_ENDED = "sessions.ended"
    PROVED_AGAIN = "member.proved_again"
    WELCOME_MADE = "welcome.made"
    WAY_IN_MADE = "way_in.made"
    WAY_IN_CHANGED = "way_in.changed"
    WAY_IN_TAKEN = "way_in.taken"
    WAY_IN_KNOWN = "way_in.known"
    MAILBOX_READ = "mailbox.read"
    MAILBOX_ENTERED = "mailbox.entered"
    MAILBOX_CONFIRMED = "mailbox.confirmed"
    MAILBOX_REMOVED = "mailbox.removed"
    REFUSED = "request.refused"
    CASELOAD_READ = "caseload.read"
    CLIENT_READ = "client.read"
    KEPT_READ = "kept.read"
    APPOINTMENT_MARKED = "appointment.marked"
    ADDRESS_ASKED = "address.asked"
    ADDRESS_CONFIRMED = "address.confirmed"
    ADDRESS_DENIED = "address.denied"
    ADDRESS_UNSAFE = "address.unsafe"
    CONTACT_CHANGED = "contact.changed"
    CARDS_TAKEN = "cards.taken"
    MATTER_OPENED = "matter.opened"
    MATTERS_READ = "matters.read"
    MATTER_READ = "matter.read"
    MATTER_TAKEN = "matter.taken"
    MATTER_PLANNED = "matter.planned"
    MATTER_SETTLED = "matter.settled"
    SWITCH_READ = "switch.read"
    CLIENT_SWITCHED = "client.switched"
    STORY_READ = "story.read"
    APPOINTMENT_BOOKED = "appointment.booked"
    APPOINTMENT_CHANGED = "appointment.changed"
    PRACTICE_READ = "practice.read"
    STAFF_READ = "staff.read"
    CLIENT_ADDED = "client.added"
    CLIENTS_JOINED = "clients.joined"
    THERAPIST_CHANGED = "therapist.changed"
    MEMBER_ENDED = "member.ended"
    MEMBER_BACK = "member.back"
    SCHEDULE_READ = "schedule.read"
    CONTACT_READ = "contact.read"
    SUPERVISOR_ASSIGNED = "supervisor.assigned"
    SUPERVISOR_ENDED = "supervisor.ended"
    SUPERVISED_READ = "supervised.read"
    EMERGENCY_SOUGHT = "emergency.sought"
    EMERGENCY_OPENED = "emergency.opened"
    EMERGENCY_READ = "emergency.read"
    EMERGENCY_ENDED = "emergency.ended"
    EMERGENCY_KNOWN = "emergency.known"
    LEAVE_CHANGED = "leave.changed"
    UPLOADED = "export.uploaded"
    UPLOAD_ANSWERED = "export.answered"
    UPLOAD_FORGOTTEN = "export.forgotten"
    WORD_SAID = "word.said"
    CAME_BACK = "client.came_back"
    MESSAGE_SENT = "message.sent"
    MESSAGE_GIVEN_UP = "message.given_up"
    MESSAGE_CAME_BACK = "message.came_back"
    MESSAGES_STOPPED = "messages.stopped"
    CONSENT_DECIDED = "consent.decided"
    ANSWER_CORRECTED = "answer.corrected"
    OWN_READ = "own.read"
    OWN_DOWNLOADED = "own.downloaded"
    ERASED = "client.erased"
    BACKED_UP = "backup.made"
    PUT_BACK = "backup.put_back"
    GUESS_GIVEN = "guess.given"
    REPAIR_LOGGED = "repair.logged"
    REPAIR_TAKEN_BACK = "repair.taken_back"
    KEY_REPLACED = "key.replaced"
    STUDY_READ = "study.read"
    STUDY_WORDED = "study.worded"
    STUDY_CLOSED = "study.closed"
    STUDY_FORGOTTEN = "study.forgotten"
    STUDY_EXPORTED = "study.exported"


@dataclass(frozen=True, slots=True)
class Whole:
    """Every row is as it was written, and none is missing."""

    events: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was written, or that is missing."""

    event: int


def record(action: Action, *, by: Actor, about: str, at: datetime) -> Event:
    """Add one event, in the same transaction as what it tells of.

    Raises
    ------
    VaultError
        If the master key was replaced since this process began: nothing may be written under the one before.
    """
    newest = list(Event.objects.order_by("-pk")[:2])
    if newest and not _is_ours(*newest) and key_in_use() not in (None, settings.VAULT.fingerprint):
        raise VaultError("The master key was replaced meanwhile. Start this again.")
    return _add(newest[0] if newest else None, action, by, about, at)


def begin_anew(*, by: Actor, at: datetime) -> Event:
    """Add the first event under a new master key."""
    last = Event.objects.order_by("-pk").first()
    return _add(last, Action.KEY_REPLACED, by, f"key:{settings.VAULT.fingerprint}", at)


def key_in_use(*, using: str = DEFAULT_DB_ALIAS) -> str | None:
    """The fingerprint of the master key that the database was moved to; none if it was never replaced."""
    moved = Event.objects.using(using).filter(action=Action.KEY_REPLACED).order_by("-pk").first()
    return moved.about.partition(":")[2] if moved else None


@transaction.atomic
def note_reading(action: Action, *, by: Actor, about: str, now: datetime) -> None:
    """Tell the audit who looked at what: by itself, because looking changes nothing else."""
    record(action, by=by, about=about, at=now)


def note_each(action: Action, *, by: Actor, abouts: Collection[str], now: datetime) -> None:
    """The same of several things that stand on one page without being what it is about."""
    if not abouts:
        return
    with transaction.atomic():
        for about in abouts:
            record(action, by=by, about=about, at=now)


def verify(anchors: Path | None = None, *, using: str = DEFAULT_DB_ALIAS) -> Whole | Broken:
    """Go through the whole chain, and through the heads that were written down before."""
    before, count, heads = START, 0, _heads(anchors)
    key, *later = settings.VAULT.keys("audit")
    for event in Event.objects.using(using).order_by("pk").iterator():
        count += 1
        if event.action == Action.KEY_REPLACED and later:
            key = later.pop(0)
        before = _link(key, before, event)
        if event.pk != count or not hmac.compare_digest(before, bytes(event.chain)):
            return Broken(count)
        if heads.pop(count, before.hex()) != before.hex():
            return Broken(count)
    missing = [*heads, *([count + 1] if later else [])]
    return Broken(min(missing)) if missing else Whole(count)


def anchor(anchors: Path) -> None:
    """Write the head of the chain down beside the database, once for each head."""
    last = Event.objects.order_by("-pk").first()
    if last is None or last.pk in _heads(anchors):
        return
    append(anchors, f"{last.pk} {bytes(last.chain).hex()}")


def _heads(anchors: Path | None) -> dict[int, str]:
    """By the number of their event; what a power cut left half written is none."""
    if anchors is None or not anchors.exists():
        return {}
    return {int(number): head for number, head in HEAD.findall(anchors.read_text(encoding="ascii"))}


def _add(last: Event | None, action: Action, by: Actor, about: str, at: datetime) -> Event:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of what it tells of.")
    event = Event(pk=last.pk + 1 if last else 1, at=at, actor=by.mark, action=action, about=about)
    event.chain = _link(settings.VAULT.derived("audit"), bytes(last.chain) if last else START, event)
    event.save(force_insert=True)
    return event


def _is_ours(last: Event, before: Event | None = None) -> bool:
    """Whether an event was added under the key that this process has."""
    link = _link(settings.VAULT.derived("audit"), bytes(before.chain) if before else START, last)
    return hmac.compare_digest(link, bytes(last.chain))


def _link(key: bytes, before: bytes, event: Event) -> bytes:
    told = json.dumps([event.at.isoformat(), event.actor, event.action, event.about])
    return hmac.digest(key, before + told.encode(), sha256)
