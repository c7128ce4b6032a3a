"""Whether something waits for somebody who works here, and telling him so by mail.

What waits is asked of the selectors that make his own pages, as the one he is in each of his roles. So nothing that a
client kept from him decides whether a mail goes out, or when (safety rule 11). And it waits only until he has looked
at the page where it stands, which the audit knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Mailbox, Member, Post
from holdfast_site.accounts.sessions import acting_as
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action
from holdfast_site.away.models import Leave
from holdfast_site.away.selectors import away_until
from holdfast_site.emergency.selectors import unknown_to
from holdfast_site.handover.models import Matter
from holdfast_site.handover.selectors import held_by, kept_boxes
from holdfast_site.messages import staff
from holdfast_site.messages.models import Kind, Message, State
from holdfast_site.oversight.selectors import away, standing_in
from holdfast_site.schedule.selectors import unreached

ONCE_A_DAY = timedelta(days=1)
AHEAD = timedelta(minutes=5)  # of now: what is said to have been then, a clock wrote that ran ahead


@dataclass(frozen=True, slots=True)
class Page:
    """Where something stands, as the audit names looking at it."""

    action: Action
    about: str  # how what it was about begins


TODAY, LIST = Page(Action.CASELOAD_READ, "therapist:"), Page(Action.MATTERS_READ, "matters:")
STANDING_IN, KEPT = Page(Action.MATTERS_READ, "standing_in:"), Page(Action.KEPT_READ, "kept:")
PRACTICE, DAY_OF_DESK = Page(Action.PRACTICE_READ, "practice"), Page(Action.SCHEDULE_READ, "day:")
Stands = Iterator[tuple[Page, datetime]]


# --- what waits -------------------------------------------------------------------------------------


def waits_since(member: Member, *, now: datetime) -> datetime | None:
    """Since when the newest of what he has not looked at waits, in any of his roles; none: nothing does.

    A therapist who is away hears of nothing as one; whoever stands in hears of it. Nobody stands in for a care contact.
    """
    gone = away_until(timezone.localdate(now))
    posts = (acting_as(post) for post in Post.objects.filter(member=member).order_by("pk"))
    actors = [one for one in posts if one.therapist_id not in gone]
    found = ((actor, page, at) for actor in actors for page, at in _stands(actor, now))
    return max((at for actor, page, at in found if not _has_looked(actor, page, at)), default=None)


def _stands(actor: Actor, now: datetime) -> Stands:
    """Every page of a role on which something stands that somebody has to see to, with when the newest came."""
    yield from _newest(LIST, _matters(actor, now))
    yield from _newest(STANDING_IN, _of_others(actor, now))
    yield from _newest(KEPT, kept_boxes(actor).aggregate(at=Max("submission__answered_at")).values())
    opened = unknown_to(actor).exclude(by__member=int(actor.id)).aggregate(at=Max("at"))
    yield from _newest(DAY_OF_DESK, (one.since for one in unreached(actor, now=now)))
    yield from _newest(PRACTICE if actor.role is Role.LEAD else TODAY, opened.values())


def _newest(page: Page, moments: Iterable[datetime | None]) -> Stands:
    known = [at for at in moments if at is not None]
    if known:
        yield page, max(known)


def _matters(actor: Actor, now: datetime) -> Iterator[datetime]:
    """When each matter came that is open and nobody's, or his own and due."""
    today = timezone.localdate(now)
    is_his = Q(owner__member=int(actor.id), due_on__lte=today)
    for one in held_by(actor).filter(Q(owner__isnull=True) | is_his, closed_at__isnull=True):
        yield _came(one, today)


def _of_others(actor: Actor, now: datetime) -> Iterator[datetime]:
    """The same of what clients asked of those for whom he stands in: not before their leave began."""
    today, leaves = timezone.localdate(now), dict[str, Leave]()
    for leave in away(actor, now=now):
        leaves.setdefault(leave.therapist_id, leave)
    for one in standing_in(actor, now=now):
        yield max(_came(one, today), _midnight(leaves[one.therapist_id].first_day))


def _came(matter: Matter, today: date) -> datetime:
    """When it came; again on the day on which it is due."""
    return max(matter.opened_at, _midnight(matter.due_on)) if matter.due_on <= today else matter.opened_at


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.SITE.timezone))


def _has_looked(actor: Actor, page: Page, since: datetime) -> bool:
    looked = Event.objects.filter(action=page.action, at__gte=since, actor=actor.mark)
    return looked.filter(about__startswith=page.about).exists()


def no_care_contact_hears() -> bool:
    """Whether there are care contacts, and none of them has an address at which he hears."""
    posts = Post.objects.filter(role=Role.CARE_CONTACT, member__is_active=True)
    return posts.exists() and not used_mailboxes().filter(member__in=posts.values("member")).exists()


def used_mailboxes() -> QuerySet[Mailbox]:
    """Those to which mails go that something is waiting."""
    return Mailbox.objects.filter(confirmed_at__isnull=False, failed_at__isnull=True, member__is_active=True)


# --- telling ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Teller:
    """Looks once a minute for whom something waits, and writes the mail that says so."""

    channels: Mapping[str, Callable[..., str]]

    def turn(self, now: datetime) -> None:
        """Do one round."""
        if "email" not in self.channels:
            return
        for mailbox in used_mailboxes().select_related("member").order_by("pk"):
            _tell(mailbox, now)


def _tell(mailbox: Mailbox, now: datetime) -> None:
    unsent = Message.objects.filter(mailbox=mailbox, kind=Kind.WAITS, state__in=[State.WAITING, State.SENDING])
    is_unsent = unsent.exists()
    if not is_unsent and not (_may_be_told(mailbox, now) and staff.is_a_day(now) and staff.hours().hold(now)):
        return
    since = waits_since(mailbox.member, now=now)
    if is_unsent and since is None:
        staff.withdraw(mailbox, now)
    elif not is_unsent and since is not None and _is_news(mailbox, since, now):
        staff.queue_waits(mailbox, now)


def _may_be_told(mailbox: Mailbox, now: datetime) -> bool:
    """Whether the last mail to him is long enough ago."""
    told_at, every = mailbox.told_at, timedelta(hours=settings.SITE.staff_mail_every)
    return told_at is None or told_at > now + AHEAD or now - told_at >= every


def _is_news(mailbox: Mailbox, since: datetime, now: datetime) -> bool:
    """Whether something came after the last mail; of what he was told of and has not looked at, he hears once a day."""
    told_at = mailbox.told_at
    return told_at is None or told_at > now + AHEAD or since > told_at or now - told_at >= ONCE_A_DAY
