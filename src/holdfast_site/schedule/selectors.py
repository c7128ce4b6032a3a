"""What the desk sees: the schedule, what is due and was sent, names and addresses. Never what was said, nor whether."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.whose_address import is_his_own, treats
from holdfast_site.away.selectors import booked_in_the_way, in_the_way
from holdfast_site.before.selectors import asked_to_call_off
from holdfast_site.checkins.models import Asks, Invitation
from holdfast_site.messages.models import Kind, Message, State
from holdfast_site.messages.selectors import address_of, is_denied, undelivered_since
from holdfast_site.people import booking
from holdfast_site.people.contacts import WAYS, ContactCard
from holdfast_site.people.models import Appointment, Client, Contact, Therapist
from holdfast_site.people.selectors import cards_of

SENT_WITHIN, DUE_WITHIN = timedelta(days=14), timedelta(days=3)
MOST_FOUND = 25
STATUS_WORDS = {
    Status.BOOKED: "booked",
    Status.ATTENDED: "came",
    Status.LATE_CANCELLED: "called off late",
    Status.CANCELLED: "called off",
    Status.RESCHEDULED: "moved",
    Status.NO_SHOW: "did not come",
    Status.UNKNOWN: "not marked",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One appointment as the desk sees it."""

    appointment: Appointment
    card: ContactCard
    status: str
    can_mark: bool
    can_change: bool
    can_right: bool = False  # marked today by whoever looks, who may have tapped the wrong answer
    asked_off: bool = False  # he asked by his link to have it called off; why is not for the desk
    gone: str = ""  # in a leave of its therapist, or on a closed day: that it is to be moved or called off


@dataclass(frozen=True, slots=True)
class Sent:
    """A check-in that went out or is to go out: to whom, and about which day. Not what came of it."""

    client_id: str
    card: ContactCard
    about: datetime
    at: datetime | None
    came_back: bool = False  # it did not arrive
    is_before: bool = False  # it asks whether he comes to an appointment, not how one was


@dataclass(frozen=True, slots=True)
class Person:
    """A client as the desk knows him."""

    client: Client
    card: ContactCard


def clients(actor: Actor) -> QuerySet[Client]:
    """Everybody. For anybody but the desk: nobody."""
    return Client.objects.order_by("pk") if actor.role is Role.DESK else Client.objects.none()


def therapists(actor: Actor) -> QuerySet[Therapist]:
    """Whom somebody can be booked with. For anybody but the desk: nobody."""
    return Therapist.objects.order_by("name", "pk") if actor.role is Role.DESK else Therapist.objects.none()


def appointments(actor: Actor) -> QuerySet[Appointment]:
    """Every appointment. For anybody but the desk: none."""
    found = Appointment.objects.select_related("client", "therapist")
    return found if actor.role is Role.DESK else found.none()


def day(actor: Actor, on: date, in_a_leave: Sequence[Line], *, now: datetime) -> Sequence[Line]:
    """One day of the schedule, in order. What was moved away from it is left out; ``in_a_leave`` says what is to be."""
    begin = datetime.combine(on, time(), ZoneInfo(settings.SITE.timezone))
    end = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(settings.SITE.timezone))
    found = appointments(actor).filter(starts_at__gte=begin, starts_at__lt=end).exclude(status=Status.RESCHEDULED)
    rows = list(found.order_by("starts_at", "therapist", "client"))
    cards = cards_of([one.client for one in rows])
    asked = _asked_off(actor, now=now)
    own = {one.pk for one in booking.marked_today(found, by=actor, now=now)}
    gone = {one.appointment.pk: one.gone for one in in_a_leave}
    lines = (line(one, cards[one.client_id], asked, now=now) for one in rows)
    return [replace(one, can_right=one.appointment.pk in own, gone=gone.get(one.appointment.pk, "")) for one in lines]


def booked(actor: Actor, client: Client, *, now: datetime) -> Sequence[Line]:
    """Whatever is booked of one client, the next first."""
    ahead = appointments(actor).filter(client=client, status=Status.BOOKED, starts_at__gt=now)
    card, asked = card_of(client), _asked_off(actor, now=now)
    return _with_gone([line(one, card, asked, now=now) for one in ahead.order_by("starts_at", "pk")], now=now)


def asked_off(actor: Actor, *, now: datetime) -> Sequence[Line]:
    """Whatever is ahead, on any day, that a client asked to have called off, the next first."""
    asked = _asked_off(actor, now=now)
    rows = list(appointments(actor).filter(pk__in=asked).order_by("starts_at", "pk"))
    cards = cards_of([one.client for one in rows])
    return [line(one, cards[one.client_id], asked, now=now) for one in rows]


def in_a_leave(actor: Actor, *, now: datetime) -> Sequence[Line]:
    """Whatever is ahead, on any day, and lies in a leave of its therapist or on a closed day, the next first."""
    found = booked_in_the_way(appointments(actor), now=now)
    cards = cards_of([one.client for one, _ in found])
    return [replace(line(one, cards[one.client_id], (), now=now), gone=why.words(now=now)) for one, why in found]


def _with_gone(lines: Sequence[Line], *, now: datetime) -> Sequence[Line]:
    """The same, each that is still to come with what is in its way."""
    found = in_the_way([one.appointment for one in lines if one.can_change])
    words = {pk: why.words(now=now) for pk, why in found.items()}
    return [replace(one, gone=words.get(one.appointment.pk, "")) for one in lines]


def _asked_off(actor: Actor, *, now: datetime) -> frozenset[int]:
    """The appointments that clients asked to have called off; for nobody but the desk.

    Whoever treats him or has treated him is his therapist at the desk too: what he kept from therapists is not there.
    """
    if actor.role is not Role.DESK:
        return frozenset()
    asked = asked_to_call_off(now=now)
    kept = Appointment.objects.filter(pk__in=[pk for pk, is_kept in asked.items() if is_kept])
    hers = {pk for pk, client_id in kept.values_list("pk", "client") if treats(actor.mark, client_id)}
    return frozenset(asked) - hers


def line_of(actor: Actor, one: Appointment, *, now: datetime) -> Line:
    """One appointment, for its own page."""
    asked = _asked_off(actor, now=now)
    return _with_gone([line(one, card_of(one.client), asked, now=now)], now=now)[0]


def next_day(actor: Actor, after: date) -> date | None:
    """The next day on which anybody is booked."""
    begin = datetime.combine(after + timedelta(days=1), time(), ZoneInfo(settings.SITE.timezone))
    ahead = appointments(actor).filter(starts_at__gte=begin).exclude(status=Status.RESCHEDULED).order_by("starts_at")
    first = ahead.first()
    return None if first is None else timezone.localdate(first.starts_at)


def line(one: Appointment, card: ContactCard, asked: Collection[int], *, now: datetime) -> Line:
    """One appointment, and what may be done with it."""
    is_past, is_open = one.starts_at <= now, one.status in (Status.BOOKED, Status.UNKNOWN)
    said = "not marked" if is_past and is_open else STATUS_WORDS[Status(one.status)]
    return Line(
        one,
        card,
        said,
        can_mark=is_past and is_open,
        can_change=not is_past and one.status == Status.BOOKED,
        asked_off=one.pk in asked,
    )


def sent(actor: Actor, *, now: datetime) -> Sequence[Sent]:
    """The check-ins that were sent within two weeks, newest first. Whether one was answered is not for the desk."""
    if actor.role is not Role.DESK:
        return []
    lately = Invitation.objects.filter(sent_at__range=(now - SENT_WITHIN, now)).select_related("appointment__client")
    rows = list(lately.order_by("-sent_at", "-pk"))
    cards = cards_of([one.appointment.client for one in rows])
    return [
        Sent(
            one.appointment.client_id,
            cards[one.appointment.client_id],
            one.appointment.starts_at,
            one.sent_at,
            came_back=one.came_back_at is not None,
            is_before=one.asks == Asks.BEFORE,
        )
        for one in rows
    ]


@dataclass(frozen=True, slots=True)
class Unreached:
    """A client whose address does not work or is not his, so that nothing is sent to him."""

    client_id: str
    card: ContactCard
    since: datetime


def unreached(actor: Actor, *, now: datetime) -> Sequence[Unreached]:
    """Those of the clients who are still here, for whom the desk needs another address; the latest first.

    For anybody else: none.
    """
    lately = Appointment.objects.filter(client=OuterRef("pk"), starts_at__gte=now - SENT_WITHIN)
    here = list(clients(actor).filter(Exists(lately), undelivered__isnull=False).exclude(wrapped_key=b"").distinct())
    since, cards = undelivered_since(here), cards_of(here)
    found = [Unreached(pk, cards[pk], at) for pk, at in since.items()]
    return sorted(found, key=lambda one: one.since, reverse=True)


def due(actor: Actor, *, now: datetime) -> Sequence[Sent]:
    """Sessions of the last three days about which no check-in was sent."""
    lately = appointments(actor).filter(status=Status.ATTENDED, starts_at__range=(now - DUE_WITHIN, now))
    rows = list(
        lately.exclude(Exists(Invitation.objects.filter(appointment=OuterRef("pk"), asks=Asks.CHECKIN))).order_by(
            "starts_at", "pk"
        )
    )
    cards = cards_of([one.client for one in rows])
    return [Sent(one.client_id, cards[one.client_id], one.starts_at, None) for one in rows]


def found(actor: Actor, words: str) -> Sequence[Person]:
    """Clients whose id or name has these words in it, at most fifty; without words, the first fifty."""
    everybody = list(clients(actor))
    cards, wanted = cards_of(everybody), words.strip().lower()
    people = (Person(one, cards[one.pk]) for one in everybody)
    return [one for one in people if wanted in f"{one.client.pk} {one.card.name}".lower()][:MOST_FOUND]


def meant(actor: Actor, words: str) -> Client | None:
    """The one client who has this id or, if nobody has, this name. Nobody, if several have it."""
    by_id = clients(actor).filter(pk=words.strip()).first()
    if by_id is not None or not words.strip():
        return by_id
    named = [one.client for one in found(actor, words) if one.card.name.strip().lower() == words.strip().lower()]
    return named[0] if len(named) == 1 else None


def card_as_of(client: Client) -> str:
    """When his card was last changed, for a form to say what it had seen; blank where there is none."""
    contact = Contact.objects.filter(client=client).first()
    return "" if contact is None else contact.changed_at.isoformat()


@dataclass(frozen=True, slots=True)
class Whose:
    """What is known of whether the address that a client is written to is his own."""

    is_his: bool  # good for one half of a way in to his own page
    asked_at: datetime | None  # when he was asked whether it is; he has not said yes since
    waits_until: datetime | None  # he said yes, and was told at the old one that it was changed
    may_ask: bool  # not whoever treats him
    is_denied: bool  # somebody said that it is not his: nobody is asked there again
    codes_from: datetime | None  # he was told of the change nowhere: a code that is made before opens nothing

    @property
    def to_ask(self) -> bool:
        """Whether there is something to ask him."""
        return not (self.is_his or self.waits_until or self.is_denied)


def whose_address(actor: Actor, client: Client, *, now: datetime) -> Whose | None:
    """That; none where he is not written to."""
    contact, card = Contact.objects.filter(client=client).first(), card_of(client)
    if contact is None or not address_of(card):
        return None
    way = WAYS[card.channel]
    _, to_confirm, good_from = contact.hand(way)
    asks = to_confirm and contact.confirms is not None and contact.asks == way and _is_asked(contact)
    return Whose(
        is_his=is_his_own(contact, way, now=now),
        asked_at=contact.asked_at if asks else None,
        waits_until=good_from if not to_confirm and good_from and now < good_from else None,
        may_ask=not treats(actor.mark, client.pk),
        is_denied=is_denied(client, address_of(card)),
        codes_from=contact.codes_from if contact.codes_from and now < contact.codes_from else None,
    )


def _is_asked(contact: Contact) -> bool:
    """Whether the newest question went out, or still waits for his safe hours."""
    asked = Message.objects.filter(client=contact.client_id, kind=Kind.CONFIRM).order_by("pk").last()
    return asked is not None and asked.state != State.GIVEN_UP


def card_of(client: Client) -> ContactCard:
    """How one client may be reached."""
    return cards_of([client])[client.pk]
