"""Reading as a supervisor while assigned, or as a stand-in while somebody is away. Nothing kept from therapists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Assignment, Post
from holdfast_site.away.models import Closed, Leave
from holdfast_site.caseload.flags import Content, muted, standing
from holdfast_site.caseload.models import Overdue
from holdfast_site.caseload.words import lines
from holdfast_site.checkins.questions import WORDS
from holdfast_site.checkins.selectors import Shown, shown_of
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import allows, said_no
from holdfast_site.handover.models import Matter
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Appointment, Client, Therapist
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.treating import clients_of, now_with

SEEN_WITHIN = timedelta(days=91)
A_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Supervised:
    """One client in a supervisor's list: his name, and what the plain list says of him."""

    client: Client
    card: ContactCard
    overdue: str  # blank: not on it
    is_seen: bool  # has an appointment within three months, or ahead
    is_worth: bool = False  # a conversation, by the early warning


@dataclass(frozen=True, slots=True)
class Pointed:
    """What the early warning says of a client, as his therapist may see it; never what the therapist thought of it."""

    at: datetime
    told: Content


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One check-in as a supervisor sees it: as the therapist does, without free text unless the client agreed."""

    sent_at: datetime
    lines: Sequence[str]
    wants_to_be_asked: bool


# --- supervisors ------------------------------------------------------------------------------------


def assignments(actor: Actor, *, now: datetime) -> QuerySet[Assignment]:
    """What a supervisor is assigned to, of which the clients have been told. For anybody else: nothing."""
    if actor.role is not Role.SUPERVISOR:
        return Assignment.objects.none()
    held = Assignment.objects.filter(supervisor__member=int(actor.id), supervisor__role=Role.SUPERVISOR)
    return (
        held.filter(ended_at__isnull=True, told_on__lte=timezone.localdate(now))
        .select_related("therapist")
        .order_by("therapist", "client")
    )


def supervised(actor: Actor, *, now: datetime) -> QuerySet[Client]:
    """The clients whom a supervisor may look at now."""
    held = list(assignments(actor, now=now))
    ids = {one.client_id for one in held if one.client_id is not None}
    for one in held:
        if one.therapist_id is not None:
            ids.update(clients_of(one.therapist_id).values_list("pk", flat=True))
    return Client.objects.filter(pk__in=ids).order_by("pk")


def in_list(actor: Actor, *, now: datetime) -> Sequence[Supervised]:
    """The same with names: whoever is worth a conversation first, then who has gone quiet, else by their ids.

    Therapists are not set beside each other.
    """
    clients = list(supervised(actor, now=now))
    cards, late = cards_of(clients), _overdue(clients)
    lately = Appointment.objects.filter(client__in=clients, starts_at__gte=now - SEEN_WITHIN)
    seen = set(lately.values_list("client", flat=True))
    worth = pointed_at(actor, now=now)
    found = [Supervised(one, cards[one.pk], late.get(one.pk, ""), one.pk in seen, one.pk in worth) for one in clients]
    return sorted(found, key=lambda one: (not one.is_worth, not one.overdue))


def _overdue(clients: Sequence[Client]) -> Mapping[str, str]:
    listed = Overdue.objects.filter(client__in=clients).exclude(client__in=said_no(Consent.LISTS))
    return {one.client_id: one.words for one in listed}


def pointed_at(actor: Actor, *, now: datetime) -> Mapping[str, Pointed]:
    """The flags that stand with therapists whom a supervisor oversees, by client; none of before that was told."""
    found: dict[str, Pointed] = {}
    off, may_see = muted(), set(supervised(actor, now=now).values_list("pk", flat=True))
    for one in assignments(actor, now=now):
        for therapist_id in _therapists_of(one):
            his = may_see & set(clients_of(therapist_id).values_list("pk", flat=True))
            for flag, told in standing(therapist_id, his, off, now=now):
                is_his = one.client_id in (None, flag.client_id)
                if is_his and timezone.localdate(flag.at) >= one.told_on:
                    found[flag.client_id] = Pointed(flag.at, told)
    return found


def _therapists_of(assignment: Assignment) -> Collection[str]:
    if assignment.therapist_id is not None:
        return [assignment.therapist_id]
    treats = Appointment.objects.filter(client=assignment.client_id).order_by("therapist")
    return list(treats.values_list("therapist", flat=True).distinct())


def checkins(actor: Actor, client: Client, *, now: datetime) -> Sequence[CheckIn]:
    """What a client told his therapist in check-ins, the latest first, since he was told that somebody looks on.

    Of a therapist whom the supervisor does not oversee, nothing.
    """
    allowed, held = may_read_words(client, now=now), list(assignments(actor, now=now))
    found = []
    for one in reversed(shown_of(client)):
        if not any(_may_show(assignment, one) for assignment in held):
            continue
        answers = {name: value for name, value in one.answers.items() if allowed or name != WORDS}
        found.append(CheckIn(one.sent_at, lines(answers), one.wants_to_be_asked))
    return found


def _may_show(assignment: Assignment, shown: Shown) -> bool:
    is_his = shown.client_id == assignment.client_id or shown.therapist_id == assignment.therapist_id
    return is_his and timezone.localdate(shown.sent_at) >= assignment.told_on


def may_read_words(client: Client, *, now: datetime) -> bool:
    """Whether this client has agreed that a supervisor reads his own words. Until he says so: no."""
    return allows(client, Consent.SUPERVISOR_READS, at=now)


# --- stand-ins --------------------------------------------------------------------------------------


def away(actor: Actor, *, now: datetime) -> QuerySet[Leave]:
    """For whom a therapist stands in today. For anybody else: for nobody."""
    if actor.role is not Role.THERAPIST or actor.therapist_id is None:
        return Leave.objects.none()
    today = timezone.localdate(now)
    return (
        Leave.objects.filter(stand_in=actor.therapist_id, first_day__lte=today, last_day__gte=today)
        .select_related("therapist")
        .order_by("pk")
    )


def standing_in(actor: Actor, *, now: datetime) -> Sequence[Matter]:
    """What clients of therapists who are away asked them for: what and by when, not in which words.

    Nothing that these would not see themselves: not of whoever is with another one by now.
    """
    whose = away(actor, now=now).values("therapist")
    theirs = Matter.objects.filter(holder=Role.THERAPIST, closed_at__isnull=True, therapist__in=whose)
    still_theirs = theirs.annotate(now_with=now_with("client")).filter(now_with=F("therapist"))
    return list(still_theirs.select_related("therapist").order_by("due_on", "pk"))


# --- the lead ---------------------------------------------------------------------------------------


def every_assignment(actor: Actor) -> QuerySet[Assignment]:
    """Who supervises whom now: for the lead, who does not look at clients himself."""
    if actor.role is not Role.LEAD:
        return Assignment.objects.none()
    return (
        Assignment.objects.filter(ended_at__isnull=True)
        .select_related("supervisor__member", "therapist")
        .order_by("pk")
    )


def leaves(actor: Actor, *, now: datetime) -> QuerySet[Leave]:
    """Who is or will be away, or was within a year: for the lead, who may have to take it out again."""
    if actor.role is not Role.LEAD:
        return Leave.objects.none()
    found = Leave.objects.filter(last_day__gte=_a_year_before(now)).select_related("therapist", "stand_in")
    return found.order_by("first_day", "pk")


def closed(actor: Actor, *, now: datetime) -> QuerySet[Closed]:
    """When the practice is or will be closed, or was within a year: for the lead."""
    if actor.role is not Role.LEAD:
        return Closed.objects.none()
    return Closed.objects.filter(last_day__gte=_a_year_before(now)).order_by("first_day")


def _a_year_before(now: datetime) -> date:
    return timezone.localdate(now) - A_YEAR


def supervisors(actor: Actor) -> QuerySet[Post]:
    """Who may be assigned: for the lead."""
    found = Post.objects.filter(role=Role.SUPERVISOR, member__is_active=True).select_related("member")
    return found.order_by("member__login") if actor.role is Role.LEAD else found.none()


def clients(actor: Actor) -> QuerySet[Client]:
    """Whom a supervisor may be assigned to: for the lead."""
    return Client.objects.all() if actor.role is Role.LEAD else Client.objects.none()


def therapists(actor: Actor) -> QuerySet[Therapist]:
    """Who treats here: for the lead."""
    return Therapist.objects.order_by("name", "pk") if actor.role is Role.LEAD else Therapist.objects.none()
