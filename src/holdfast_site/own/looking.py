"""Who at the practice looked at something of a client's: his own things by name, and lists that he was on.

The audit names what was opened by opaque ids. A list is no page of anybody's, so whether he was on it is worked out
from what he had then: an appointment of that day, a matter that was open, a supervisor. Where that cannot be known, it
says that he may have been on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from itertools import groupby
from operator import or_
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from holdfast.tables.schema import Status
from holdfast_site.access.actors import Role
from holdfast_site.accounts.models import STAFF, Assignment, Member, Post
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action
from holdfast_site.away.models import Leave
from holdfast_site.checkins.before_questions import CANCEL
from holdfast_site.checkins.models import Asks, Audience, Invitation, SealedBox
from holdfast_site.checkins.selectors import opened
from holdfast_site.handover.models import Matter, Switch
from holdfast_site.languages import N_
from holdfast_site.own.words import LISTS, ROLES, did
from holdfast_site.people.models import Appointment, Client
from holdfast_site.schedule.selectors import DUE_WITHIN, SENT_WITHIN
from holdfast_site.studies.models import InFile

WHOEVER_GOT_IT = (Action.ADDRESS_CONFIRMED, Action.ADDRESS_DENIED)  # by a link that he may never have seen
_TELLS_OF_A_LIST = reduce(or_, (Q(about__startswith=kind) for kind in sorted({kind for _, kind in LISTS})))
SHOWN = timedelta(days=60)  # on his page; what he takes away has all of it


@dataclass(frozen=True, slots=True)
class Looked:
    """Who did what with something of his on one day, and how often."""

    on: date
    who: str
    what: str
    times: int
    is_list: bool  # of many people, on which he was or may have been


@dataclass(frozen=True, slots=True)
class Person:
    """What one person did on a day, in words."""

    who: str
    did: Sequence[str]


@dataclass(frozen=True, slots=True)
class Day:
    """One day: who opened what is his, and who opened lists."""

    on: date
    his: Sequence[Person]
    lists: Sequence[Person]


def who_looked(client: Client, *, since: datetime | None = None) -> Sequence[Looked]:
    """Who looked at or did something with what is his, by day, the latest first."""
    zone, things = ZoneInfo(settings.SITE.timezone), _Things(client)
    found = [one for one in _events(things, since) if _is_his(one, things)]
    names = _names(found)
    lines: list[Looked] = []
    for day, events in groupby(found, key=lambda event: event.at.astimezone(zone).date()):
        counted: dict[tuple[str, str, bool], int] = {}
        for event in events:
            key = (_who(event.actor, names), _what(event), _list_of(event) is not None)
            counted[key] = counted.get(key, 0) + 1
        lines += [Looked(day, who, what, times, is_list) for (who, what, is_list), times in counted.items()]
    return lines


def by_day(lines: Sequence[Looked]) -> Sequence[Day]:
    """The same with one line a person, and lists apart."""
    days = ((on, list(of_day)) for on, of_day in groupby(lines, key=lambda one: one.on))
    return [
        Day(on, _people(one for one in found if not one.is_list), _people(one for one in found if one.is_list))
        for on, found in days
    ]


def _people(lines: Iterable[Looked]) -> Sequence[Person]:
    told: dict[str, list[str]] = {}
    for one in lines:
        told.setdefault(one.who, []).append(one.what + times_in_words(one.times))
    return [Person(who, did) for who, did in told.items()]


def times_in_words(times: int) -> str:
    """How often, where it was more than once."""
    return " " + gettext("(%(times)s times)") % {"times": times} if times > 1 else ""


def _what(event: Event) -> str:
    kind = _list_of(event)
    return did(event.action) if kind is None else gettext(LISTS[kind])


# --- which events -----------------------------------------------------------------------------------


def _events(things: _Things, since: datetime | None) -> Sequence[Event]:
    """What others did with something of his, and the lists that were opened since he has been known here.

    Two questions, each of which the audit has an index for: the audit may hold millions of rows.
    """
    his = Event.objects.filter(about__in=things.marks)
    found = list(_by_others(his if since is None else his.filter(at__gte=since)))
    if things.since is not None:
        begin = things.since if since is None else max(since, things.since)
        of_others = Q(action=Action.CASELOAD_READ) & ~Q(about__in=things.caseloads)
        lists = Event.objects.filter(_TELLS_OF_A_LIST, action__in={action for action, _ in LISTS}, at__gte=begin)
        found += _by_others(lists.exclude(about__in=things.marks).exclude(of_others))
    return sorted(found, key=lambda event: event.pk, reverse=True)


def _by_others(events: QuerySet[Event]) -> QuerySet[Event]:
    others = Q(action__in=WHOEVER_GOT_IT) | ~Q(actor__startswith=Role.LINK_HOLDER)
    return events.filter(others).exclude(actor__startswith=Role.CLIENT)


def _list_of(event: Event) -> tuple[str, str] | None:
    """Which list an event tells of; none: it is about one thing, his or somebody else's."""
    kind = (event.action, event.about.partition(":")[0])
    return kind if kind in LISTS else None


def _is_his(event: Event, things: _Things) -> bool:
    kind = _list_of(event)
    return event.about in things.marks or (kind is not None and WAS_ON[kind](event, things))


class _Things:
    """What is his, fetched once and only when it is asked for."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @cached_property
    def appointments(self) -> Sequence[Appointment]:
        return list(Appointment.objects.filter(client=self.client).order_by("starts_at", "pk"))

    @cached_property
    def invitations(self) -> Sequence[Invitation]:
        return list(Invitation.objects.filter(appointment__client=self.client))

    @cached_property
    def matters(self) -> Sequence[Matter]:
        return list(Matter.objects.filter(client=self.client))

    @cached_property
    def assignments(self) -> Sequence[Assignment]:
        his = Q(client=self.client) | Q(therapist__in=[one.therapist_id for one in self.appointments])
        return list(Assignment.objects.filter(his).select_related("supervisor"))

    @cached_property
    def marks(self) -> frozenset[str]:
        """How the audit calls what is about him alone. Flags are left out: none is shown to a client (rule 8)."""
        switches = Switch.objects.filter(client=self.client)
        files = InFile.objects.filter(client=self.client).values_list("file", flat=True)
        return frozenset(
            [
                *self.names,
                *(f"appointment:{one.pk}" for one in self.appointments),
                *(f"checkin:{one.pk}" for one in self.invitations),
                *(f"matter:{one.pk}" for one in self.matters),
                *(f"switch:{one.pk}" for one in switches),
                *(f"study-file:{pk}" for pk in files),
                *(f"assignment:{one.pk}" for one in self.assignments if one.client_id),
            ]
        )

    @cached_property
    def names(self) -> Sequence[str]:
        """How the audit calls himself: by his id here, and by those of entries that were made one with his."""
        return [f"client:{pk}" for pk in (self.client.pk, *self.client.other_ids)]

    @cached_property
    def caseloads(self) -> frozenset[str]:
        """How the audit calls the lists of those who have had him."""
        return frozenset(f"therapist:{one.therapist_id}" for one in self.appointments)

    @cached_property
    def since(self) -> datetime | None:
        """Since when he has been known here, as far as that can be told."""
        booked = [min(one.booked_at or one.starts_at, one.starts_at) for one in self.appointments]
        first = Event.objects.filter(about__in=self.names).order_by("pk").first()
        return min([*booked, *([first.at] if first else [])], default=None)

    @cached_property
    def kept_since(self) -> datetime | None:
        """Since when the care contact has had something that he kept from his therapist."""
        first = self._boxes.filter(audience=Audience.CARE_CONTACT).order_by("submission__answered_at").first()
        return None if first is None else first.submission.answered_at

    @cached_property
    def asked_off(self) -> Sequence[tuple[datetime, datetime]]:
        """From when until when it stood on the schedule that he asked to have an appointment called off."""
        boxes = self._boxes.filter(submission__invitation__asks=Asks.BEFORE).prefetch_related("corrections")
        return [
            (box.submission.answered_at, box.submission.invitation.appointment.starts_at)
            for box in boxes
            if CANCEL in opened(box, self.client)
        ]

    @cached_property
    def days(self) -> frozenset[str]:
        """The days of the schedule that he stands on."""
        zone = ZoneInfo(settings.SITE.timezone)
        there = (one for one in self.appointments if one.status != Status.RESCHEDULED)
        return frozenset(one.starts_at.astimezone(zone).date().isoformat() for one in there)

    @cached_property
    def leaves(self) -> Sequence[Leave]:
        return list(Leave.objects.filter(therapist__in=[one.therapist_id for one in self.matters]))

    @cached_property
    def _therapists(self) -> Mapping[str, str]:
        """The therapist of each member who is one."""
        posts = Post.objects.filter(role=Role.THERAPIST, therapist__isnull=False)
        return {str(member): str(therapist) for member, therapist in posts.values_list("member", "therapist")}

    def therapist_of(self, actor: str) -> str | None:
        """The therapist whom the audit names as a member."""
        return self._therapists.get(actor.partition(":")[2])

    @property
    def _boxes(self) -> QuerySet[SealedBox]:
        his = SealedBox.objects.filter(submission__invitation__appointment__client=self.client)
        return his.select_related("submission__invitation__appointment")


# --- whether he was on a list -----------------------------------------------------------------------


def _on_caseload(event: Event, things: _Things) -> bool:
    return event.about in things.caseloads


def _on_kept(event: Event, things: _Things) -> bool:
    return things.kept_since is not None and event.at >= things.kept_since


def _on_day(event: Event, things: _Things) -> bool:
    asked = any(begin <= event.at < end for begin, end in things.asked_off)
    return asked or event.about.partition(":")[2] in things.days


def _on_sent(event: Event, things: _Things) -> bool:
    sent = any(event.at - SENT_WITHIN <= one.sent_at <= event.at for one in things.invitations)
    came = (one.starts_at for one in things.appointments if one.status == Status.ATTENDED)
    return sent or any(event.at - DUE_WITHIN <= at <= event.at for at in came)


def _on_matters(event: Event, things: _Things) -> bool:
    """A matter that was open then, and that this role holds: a therapist's own clients, or anybody's."""
    role, therapist = event.actor.partition(":")[0], things.therapist_of(event.actor)
    return any(
        one.holder == role and _was_open(one, event.at) and (role != Role.THERAPIST or one.therapist_id == therapist)
        for one in things.matters
    )


def _on_standing_in(event: Event, things: _Things) -> bool:
    """What he asked a therapist for who was away then, and for whom this one stood in."""
    day = event.at.astimezone(ZoneInfo(settings.SITE.timezone)).date()
    stand_in = things.therapist_of(event.actor)
    whose = {
        one.therapist_id
        for one in things.leaves
        if one.stand_in_id == stand_in and one.first_day <= day <= one.last_day
    }
    return any(
        one.holder == Role.THERAPIST and one.therapist_id in whose and _was_open(one, event.at)
        for one in things.matters
    )


def _on_supervised(event: Event, things: _Things) -> bool:
    return any(
        event.actor == f"{Role.SUPERVISOR}:{one.supervisor.member_id}" and _held(one, event.at)
        for one in things.assignments
    )


def _on_arranged(event: Event, things: _Things) -> bool:
    return any(one.client_id is not None and _held(one, event.at) for one in things.assignments)


def _on_search(event: Event, things: _Things) -> bool:
    """The audit knows how many were found, not who."""
    return event.about.partition(":")[2] != "0"


def _perhaps(event: Event, things: _Things) -> bool:
    return True


WAS_ON: Mapping[tuple[str, str], Callable[[Event, _Things], bool]] = {
    (Action.CASELOAD_READ, "therapist"): _on_caseload,
    (Action.KEPT_READ, "kept"): _on_kept,
    (Action.SCHEDULE_READ, "day"): _on_day,
    (Action.SCHEDULE_READ, "sent"): _on_sent,
    (Action.SCHEDULE_READ, "booking"): _perhaps,
    (Action.CONTACT_READ, "clients"): _on_search,
    (Action.MATTERS_READ, "matters"): _on_matters,
    (Action.MATTERS_READ, "standing_in"): _on_standing_in,
    (Action.SUPERVISED_READ, "supervised"): _on_supervised,
    (Action.STAFF_READ, "arranged"): _on_arranged,
}


def _was_open(matter: Matter, at: datetime) -> bool:
    return matter.opened_at <= at and (matter.closed_at is None or at < matter.closed_at)


def _held(assignment: Assignment, at: datetime) -> bool:
    return assignment.assigned_at <= at and (assignment.ended_at is None or at < assignment.ended_at)


# --- who --------------------------------------------------------------------------------------------


def _names(events: Sequence[Event]) -> Mapping[str, str]:
    """How each member of staff who acted is called, by how the audit marks him."""
    marks = {event.actor: event.actor.partition(":") for event in events if event.actor.partition(":")[0] in STAFF}
    ids = {int(pk) for _, _, pk in marks.values() if pk.isdigit()}
    logins = dict(Member.objects.filter(pk__in=ids).values_list("pk", "login"))
    treating = Post.objects.filter(member__in=ids, role=Role.THERAPIST).select_related("member", "therapist")
    called = {one.member_id: one.called for one in treating if one.therapist and one.therapist.name}
    return {
        mark: (called if role == Role.THERAPIST else {}).get(int(pk or 0)) or logins.get(int(pk or 0), "")
        for mark, (role, _, pk) in marks.items()
    }


def _who(actor: str, names: Mapping[str, str]) -> str:
    """By role, and by name where that is known."""
    if actor == str(Role.ANYONE):
        return gettext("Whoever had the link and the code, or the site by itself")
    known = ROLES.get(actor.partition(":")[0], N_("somebody"))
    role = gettext(known)
    if names.get(actor):
        return f"{names[actor]}, {role}"
    return role if known == ROLES[Role.ANYONE] else gettext("The %(role)s") % {"role": role}
