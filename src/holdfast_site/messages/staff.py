"""Mails to those who work here: the code for a new address, and that something is waiting.

Of the latter all are the same, to everybody and whatever waits. They go out as all messages do (``services.py``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from holdfast_site.access.actors import WORKER
from holdfast_site.accounts.mailboxes import CODE_FOR, address_of, code_of, waits_for_code, without_code
from holdfast_site.accounts.models import Mailbox
from holdfast_site.audit.services import Action, record
from holdfast_site.away.selectors import is_closed
from holdfast_site.handover.due import working_day
from holdfast_site.messages.due import DAY, Hours, Reach
from holdfast_site.messages.models import Kind, Message, State
from holdfast_site.messages.selectors import Recipient
from holdfast_site.messages.wording import staff_code, waits


def hours() -> Hours:
    """When somebody may be told, by the practice's clock."""
    site = settings.SITE
    return Hours(site.staff_mail_from, site.staff_mail_until, ZoneInfo(site.timezone))


def is_a_day(now: datetime) -> bool:
    """Whether anybody is told anything today: on a working day, unless the practice is closed."""
    today = timezone.localdate(now)
    return working_day(today) == today and not is_closed(today)


# --- writing ----------------------------------------------------------------------------------------


def queue_codes(now: datetime) -> int:
    """Write the code for each new address, once; how many."""
    return sum(_queue(one, Kind.CODE, f"{Kind.CODE}:{one.pk}", now, CODE_FOR) for one in without_code(now))


@transaction.atomic
def queue_waits(mailbox: Mailbox, now: datetime) -> bool:
    """Tell him that something is waiting. Whoever else was about to do the same finds it done."""
    mine = Mailbox.objects.filter(pk=mailbox.pk, told_at=mailbox.told_at)
    if not mine.update(told_at=now):
        return False
    return _queue(mailbox, Kind.WAITS, f"{Kind.WAITS}:{mailbox.pk}:{now.isoformat()}", now, DAY)


@transaction.atomic
def withdraw(mailbox: Mailbox, now: datetime) -> None:
    """Nothing waits for him any more, or nobody is to hear of it now: what was not sent yet is not sent."""
    waiting = Message.objects.filter(mailbox=mailbox, kind=Kind.WAITS, state=State.WAITING)
    for pk in list(waiting.values_list("pk", flat=True)):
        if waiting.filter(pk=pk).update(state=State.GIVEN_UP):
            record(Action.MESSAGE_GIVEN_UP, by=WORKER, about=f"message:{pk}", at=now)
            _tell_again(mailbox)


def _tell_again(mailbox: Mailbox) -> None:
    """What was not sent keeps nothing back: the last mail to him is the last that went out, or may have."""
    went = Message.objects.filter(mailbox=mailbox, kind=Kind.WAITS).exclude(state=State.GIVEN_UP, maybe_sent=False)
    Mailbox.objects.filter(pk=mailbox.pk).update(told_at=went.aggregate(at=Max("queued_at"))["at"])


def _queue(mailbox: Mailbox, kind: Kind, cause: str, now: datetime, good_for: timedelta) -> bool:
    told = {"mailbox": mailbox, "kind": kind, "mark": uuid4(), "queued_at": now, "next_at": now}
    return Message.objects.get_or_create(cause=cause, defaults={**told, "ends_at": now + good_for})[1]


# --- sending ----------------------------------------------------------------------------------------


def recipient(message: Message, mailbox: Mailbox, *, now: datetime) -> Recipient | None:
    """How he is reached. A code goes at any hour: he is there, and has just asked for it."""
    if message.kind == Kind.CODE:
        is_open, when = waits_for_code(mailbox, now=now), Hours(0, 24, ZoneInfo(settings.SITE.timezone))
    else:
        is_open, when = mailbox.is_used and is_a_day(now), hours()
    if not is_open or mailbox.failed_at is not None or not mailbox.member.is_active:
        return None
    return Recipient("email", address_of(mailbox), "", Reach(when))


def words(message: Message, mailbox: Mailbox) -> tuple[str, str]:
    """Subject and text."""
    return staff_code(code_of(mailbox)) if message.kind == Kind.CODE else waits(settings.SITE.address)


def note_arrived(message: Message) -> None:
    """It went out: whatever did not get through before is over."""
    _his(message).update(missed_at=None)


def note_missed(message: Message, now: datetime) -> None:
    """It was tried, and did not get through. The next one is tried as ever."""
    if message.tries > 1:
        _his(message).update(missed_at=now)


def came_back(message: Message, *, for_good: bool, now: datetime) -> bool:
    """A report says that it did not arrive. False: that was known."""
    if for_good:
        return note_failed(message, now)
    if not Message.objects.filter(pk=message.pk, state=State.SENT).update(state=State.GIVEN_UP):
        return False
    _his(message).update(missed_at=now)
    return True


def note_failed(message: Message, now: datetime) -> bool:
    """The address does not work: nothing more goes there, until he enters one. False: that was known."""
    return bool(_his(message).filter(failed_at__isnull=True).update(failed_at=now))


def _his(message: Message) -> QuerySet[Mailbox]:
    """The mailbox of whoever works here; of a message to a client, none."""
    return Mailbox.objects.filter(messages=message)
