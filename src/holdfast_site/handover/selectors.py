"""What the care contact receives: what clients kept from their therapist, and the matters that somebody has to hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from holdfast.tables.schema import AXES, Status
from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Post
from holdfast_site.caseload.words import lines
from holdfast_site.checkins.before_questions import REPLY
from holdfast_site.checkins.models import Asks, Audience, Invitation, SealedBox
from holdfast_site.checkins.selectors import SEEN_BY_THERAPIST, opened, reached
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import said_no, told_to_his_therapist
from holdfast_site.handover.models import NOTICED, Kind, Matter, Outcome, Step, Switch
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Appointment, Client, Therapist
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.treating import own_clients

SHOWN = 100
LOOKED_BACK, ANSWER_WITHIN = timedelta(days=60), timedelta(days=2)
CAME_LATELY = timedelta(days=91)
WORDS = "words"  # what he wrote himself, in what he said when he asked
GENDER = "gender"  # whom he would like to go on with


@dataclass(frozen=True, slots=True)
class Kept:
    """What one client kept from his therapist in one check-in, how he may be reached, and who has it."""

    box_id: int
    client_id: str
    therapist: Therapist
    card: ContactCard
    on: datetime
    lines: Sequence[str]
    matter: Matter | None  # the open one about it: of what he asked for, or once somebody has taken it on


ABOUT_KEPT = (Kind.KEPT, Kind.SOMEONE_ELSE, Kind.DONE)


def kept_from_therapists(actor: Actor, page: Page[SealedBox]) -> Sequence[Kept]:
    """A hundred of them, newest first, with names and words."""
    boxes = list(page.object_list)
    cards = cards_of([box.submission.invitation.appointment.client for box in boxes])
    taken = (
        held_by(actor)
        .filter(kind__in=ABOUT_KEPT, closed_at__isnull=True)
        .select_related("owner__member", "owner__therapist")
    )
    matters = {(one.client_id, one.therapist_id, one.kind): one for one in taken}
    return [_kept(box, cards, matters) for box in boxes]


def kept_page(actor: Actor, number: str) -> Page[SealedBox]:
    """One page of what was kept; the first where there is no such page.

    For anybody but the care contact: nothing; and never about his own clients.
    """
    boxes = kept_boxes(actor).prefetch_related("corrections").order_by("-submission__answered_at", "-pk")
    return Paginator(boxes, SHOWN).get_page(number)


def kept_boxes(actor: Actor) -> QuerySet[SealedBox]:
    """The same as it was sealed."""
    if actor.role is not Role.CARE_CONTACT:
        return SealedBox.objects.none()
    boxes = SealedBox.objects.filter(audience=Audience.CARE_CONTACT)
    alone = said_no(Consent.ANSWERS)
    theirs = boxes.exclude(submission__invitation__appointment__client__in=alone)
    return theirs.exclude(submission__invitation__appointment__client__in=_own_clients(actor)).select_related(
        "submission__invitation__appointment__client", "submission__invitation__appointment__therapist"
    )


def kept_by(actor: Actor, client: Client) -> Sequence[SealedBox]:
    """The same of one client, as it was sealed, newest first."""
    boxes = kept_boxes(actor).filter(submission__invitation__appointment__client=client)
    return list(boxes.order_by("-submission__answered_at", "-pk")[:SHOWN])


def kind_of(box: SealedBox) -> Kind:
    """What the matter is about that holds what was kept. A wish from before a session had one when it came.

    There, only a wish for somebody else is kept; of being done, why and in which words.
    """
    invitation = box.submission.invitation
    if invitation.asks != Asks.BEFORE:
        return Kind.KEPT
    return Kind.SOMEONE_ELSE if REPLY in opened(box, invitation.appointment.client) else Kind.DONE


def about_kept(matters: Mapping[tuple[str, str, str], Matter], box: SealedBox) -> Matter | None:
    """Of these matters, the open one that holds what was kept: that of his wish, else what was taken on."""
    whose = box.submission.invitation.appointment
    found = (matters.get((whose.client_id, whose.therapist_id, kind)) for kind in (kind_of(box), Kind.KEPT))
    return next(filter(None, found), None)


def _kept(box: SealedBox, cards: Mapping[str, ContactCard], matters: Mapping[tuple[str, str, str], Matter]) -> Kept:
    about, answered_at = box.submission.invitation.appointment, box.submission.answered_at
    return Kept(
        box.pk,
        about.client_id,
        about.therapist,
        cards[about.client_id],
        answered_at,
        lines(opened(box, about.client)),
        about_kept(matters, box),
    )


def _own_clients(actor: Actor) -> QuerySet[Client]:
    """Whom the same person treats or has treated in another role: of these she is a therapist, whatever she acts as.

    It does not matter whom he told it about: who comes to her is told so by nothing that he kept from therapists.
    """
    posts = Post.objects.filter(member=int(actor.id), therapist__isnull=False)
    return Client.objects.filter(appointments__therapist__in=posts.values("therapist"))


# --- matters ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """One matter in the list: who it is about, who has it, what is next and by when."""

    matter: Matter
    card: ContactCard
    is_his: bool  # of whoever looks
    is_late: bool
    last_came: datetime | None


@dataclass(frozen=True, slots=True)
class Silent:
    """Somebody who did not answer twice in a row."""

    client_id: str
    card: ContactCard


@dataclass(frozen=True, slots=True)
class CameOver:
    """Somebody who came from another therapist here, and whether he let a story go along."""

    client_id: str
    card: ContactCard
    came_from: str
    has_story: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """One matter with everything that was done about it, and what he said when he asked."""

    matter: Matter
    card: ContactCard
    steps: Sequence[Step]
    said: Mapping[str, str]
    booked: Sequence[Appointment]
    asked_us: Sequence[str]  # what he wants to be left alone


def held_by(actor: Actor) -> QuerySet[Matter]:
    """The matters that this person may see, settled ones too: a therapist's are what his own clients asked him for.

    What the care contact's own client asked the care contact for is not among them.
    """
    if actor.role is Role.THERAPIST and actor.therapist_id is not None:
        own = {"therapist": actor.therapist_id, "client__in": own_clients(actor).values("pk")}
        return Matter.objects.filter(holder=actor.role, **own).exclude(kind__in=NOTICED)
    if actor.role is not Role.CARE_CONTACT:
        return Matter.objects.none()
    may = Q(kind__in=NOTICED) | ~Q(client__in=_own_clients(actor))
    return _listed(Matter.objects.filter(may, holder=actor.role))


def not_begun(actor: Actor) -> int:
    """How many of them nobody has taken on."""
    return held_by(actor).filter(closed_at__isnull=True, owner__isnull=True).count()


def others(actor: Actor, matter: Matter) -> QuerySet[Therapist]:
    """With whom he can go on instead: for the care contact."""
    found = Therapist.objects.exclude(pk=matter.therapist_id)
    return found if actor.role is Role.CARE_CONTACT else found.none()


def _listed(matters: QuerySet[Matter]) -> QuerySet[Matter]:
    """Without what was noticed of those who do not want to be on such lists. What they asked for stays."""
    return matters.exclude(kind__in=NOTICED, client__in=said_no(Consent.LISTS))


def open_matters(actor: Actor, *, now: datetime) -> Sequence[Held]:
    """What is open: what clients asked for first, then what was noticed; of each, what is due first."""
    found = (
        held_by(actor)
        .filter(closed_at__isnull=True)
        .select_related("client", "therapist", "owner__member", "owner__therapist")
    )
    matters = sorted(found.order_by("due_on", "opened_at", "pk"), key=lambda one: not one.was_asked_for)
    cards, came = cards_of([one.client for one in matters]), _last_came(matters, now)
    today = timezone.localdate(now)
    return [_held(one, cards[one.client_id], actor, today, came.get(one.client_id)) for one in matters]


def _held(matter: Matter, card: ContactCard, actor: Actor, today: date, came: datetime | None) -> Held:
    is_his = matter.owner is not None and str(matter.owner.member_id) == actor.id
    is_late = matter.due_on < today and (matter.owner is not None or matter.was_asked_for)
    return Held(matter, card, is_his, is_late, came)


def _last_came(matters: Sequence[Matter], now: datetime) -> Mapping[str, datetime]:
    clients = {one.client_id for one in matters}
    sessions = Appointment.objects.filter(client__in=clients, status=Status.ATTENDED, starts_at__lte=now)
    return dict(sessions.values_list("client").annotate(last=Max("starts_at")))


def unanswered_twice(actor: Actor, *, now: datetime) -> Sequence[Silent]:
    """A therapist's own clients whose last two check-ins have nothing for him, two days after they went out.

    For him only: whether a check-in was answered is not the care contact's to know. One that was kept from him
    wholly is one that was not answered.
    """
    if actor.role is not Role.THERAPIST:
        return []
    about = Invitation.objects.filter(
        asks=Asks.CHECKIN,
        appointment__client__in=own_clients(actor),
        sent_at__range=(now - LOOKED_BACK, now - ANSWER_WITHIN),
    )
    answered = Exists(SealedBox.objects.filter(submission__invitation=OuterRef("pk"), audience__in=SEEN_BY_THERAPIST))
    latest: dict[str, list[bool]] = {}
    rows = (
        reached(about)
        .annotate(answered=answered)
        .order_by("-sent_at", "-pk")
        .values_list("appointment__client", "answered")
    )
    for client_id, was_answered in rows:
        latest.setdefault(client_id, []).append(was_answered)
    silent = [pk for pk, found in latest.items() if len(found) > 1 and not any(found[:2])]
    left_alone = said_no(Consent.LISTS) | said_no(Consent.ANSWERS)
    clients = list(Client.objects.filter(pk__in=silent).exclude(pk__in=left_alone).order_by("pk"))
    cards = cards_of(clients)
    return [Silent(one.pk, cards[one.pk]) for one in clients]


def settled_since(actor: Actor, since: datetime) -> int:
    """How many were settled by somebody since then."""
    return held_by(actor).filter(closed_at__gte=since).exclude(outcome=Outcome.BY_ITSELF).count()


def whole(actor: Actor, key: UUID, *, now: datetime) -> Whole | None:
    """One matter, if this person may see it."""
    matter = (
        held_by(actor)
        .select_related("client", "therapist", "owner__member", "owner__therapist")
        .filter(key=key)
        .first()
    )
    if matter is None:
        return None
    steps = list(matter.steps.select_related("by__member", "by__therapist").order_by("number"))
    ahead = Appointment.objects.filter(client=matter.client, status="booked", starts_at__gt=now)
    card = cards_of([matter.client])[matter.client_id]
    booked = list(ahead.select_related("therapist").order_by("starts_at", "pk"))
    return Whole(matter, card, steps, said(matter), booked, told_to_his_therapist(matter.client))


def in_words(told: Mapping[str, str]) -> tuple[str, Sequence[str]]:
    """What he wrote himself, and what else he said, a sentence each."""
    return told.get(WORDS, ""), [told[name] for name in told if name not in (WORDS, GENDER, *AXES)]


def story_for(actor: Actor, client: Client) -> str:
    """What a client let go along when he came from another therapist here: for the one he came to, nobody else."""
    if actor.role is not Role.THERAPIST or actor.therapist_id is None:
        return ""
    last = Switch.objects.filter(client=client, goes_to=actor.therapist_id).order_by("decided_at", "pk").last()
    if last is None or not last.sealed:
        return ""
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    return box.open(last.sealed, place=last.place).decode()


def came_over(actor: Actor, *, now: datetime) -> Sequence[CameOver]:
    """Who of a therapist's own clients came from another therapist here within three months."""
    if actor.role is not Role.THERAPIST or actor.therapist_id is None:
        return []
    lately = Switch.objects.filter(
        goes_to=actor.therapist_id, client__in=own_clients(actor), decided_at__gte=now - CAME_LATELY
    )
    rows = list(lately.select_related("client", "leaves").order_by("-decided_at", "-pk"))
    cards = cards_of([one.client for one in rows])
    return [CameOver(one.client_id, cards[one.client_id], str(one.leaves), bool(one.sealed)) for one in rows]


def said(matter: Matter) -> Mapping[str, str]:
    """What he said when he asked."""
    if not matter.sealed:
        return {}
    box = settings.VAULT.client_box(matter.client_id, matter.client.wrapped_key)
    found: dict[str, str] = json.loads(box.open(matter.sealed, place=matter.place))
    return found
