"""Reading what is to be sent, to whom it may be, and whether sending works."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db.models import Exists, QuerySet
from django.utils.translation import gettext

from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor
from holdfast_site.accounts.models import Post
from holdfast_site.accounts.whose_address import is_his_own
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action
from holdfast_site.away.selectors import in_the_way
from holdfast_site.before.models import WayBack
from holdfast_site.checkins.models import Asks, Invitation, SealedBox
from holdfast_site.checkins.selectors import SEEN_BY_THERAPIST
from holdfast_site.consents.models import Consent, Decision
from holdfast_site.consents.selectors import left_out
from holdfast_site.handover.models import Kind, Matter
from holdfast_site.messages.due import (
    PERHAPS_ATTENDED,
    TOO_LATE_AFTER,
    TOO_LATE_BEFORE,
    WEEK,
    Due,
    Hours,
    Meeting,
    Reach,
    Rhythm,
    due,
    possible,
)
from holdfast_site.messages.models import Beat, Message, State, Undelivered
from holdfast_site.messages.models import Kind as MessageKind
from holdfast_site.messages.phones import digest, international
from holdfast_site.people.contacts import WAYS, ContactCard
from holdfast_site.people.models import Appointment, Client, Contact, Ending, Pause
from holdfast_site.people.selectors import cards_of

SILENT_AFTER = timedelta(minutes=15)  # of the worker (H-01)
REFRESHED_WITHIN = timedelta(hours=3)
STUCK_AFTER = timedelta(hours=1)
CONFIRM_WITHIN = timedelta(days=14)
TELL_WITHIN = timedelta(days=3)
WAYS_CHANGED = (Action.WAY_IN_MADE, Action.WAY_IN_TAKEN, Action.WAY_IN_CHANGED)


@dataclass(frozen=True, slots=True, repr=False)
class Recipient:
    """How one client may be reached now."""

    channel: str
    to: str
    wording: str
    reach: Reach


def due_now(now: datetime, channels: Collection[str]) -> Sequence[Due]:
    """Everything that is to be asked now of somebody who can be reached by one of these channels."""
    rhythm = _rhythm()
    window = (now - rhythm.checkin_after - TOO_LATE_AFTER, now + rhythm.before)
    near = list(
        Appointment.objects.filter(starts_at__range=window).select_related("client", "therapist").order_by("pk")
    )
    off = in_the_way(near)
    rows = {one.pk: one for one in near if one.pk not in off}
    meetings = [Meeting(one.pk, one.client_id, one.starts_at, one.status) for one in rows.values()]
    asked = _asked(meetings)
    open_ones = [one for one in possible(now, meetings, rhythm) if one.cause not in asked]
    wanted = [one for one in open_ones if not _has_ended(rows[one.meeting.id])]
    reach = recipients({rows[one.meeting.id].client for one in wanted}, now, channels)
    return due(now, wanted, {name: one.reach for name, one in reach.items()}, rhythm.most_a_week)


def recipients(clients: Collection[Client], now: datetime, channels: Collection[str]) -> Mapping[str, Recipient]:
    """Those of these clients who may be sent something, by id."""
    named = Client.objects.filter(pk__in=[client.pk for client in clients])
    unwilling = left_out(Consent.CHECKINS, at=now, among=named)
    quiet = set(_undelivered(clients)) | _paused(clients, now) | _done(clients) | unwilling
    wanted = [client for client in clients if client.pk not in quiet and client.wrapped_key]
    sent: dict[str, list[datetime]] = {}
    lately = Message.objects.filter(client__in=wanted, queued_at__gt=now - WEEK).exclude(state=State.GIVEN_UP)
    lately = lately.filter(kind=MessageKind.LINK)  # one question about his address holds up nothing else
    for client_id, at in lately.values_list("client", "queued_at"):
        sent.setdefault(client_id, []).append(at)
    found = {}
    for client_id, card in cards_of(wanted).items():
        to = address_of(card)
        if card.channel in channels and to:
            found[client_id] = recipient_by(card, tuple(sent.get(client_id, ())))
    return found


def recipient_by(card: ContactCard, sent: Sequence[datetime] = ()) -> Recipient:
    """Somebody as one card says that he is reached."""
    return Recipient(card.channel, address_of(card), card.wording, Reach(_hours(card), sent))


def address_of(card: ContactCard) -> str:
    """Where a card says that he is to be reached; blank where it does not."""
    return addresses(card).get(WAYS.get(card.channel, ""), "")


def addresses(card: ContactCard) -> Mapping[str, str]:
    """Where messages would go, by the part of the card."""
    country = settings.SITE.sms.country if settings.SITE.sms else ""
    phone = card.phone if settings.SITE.demo else international(card.phone, country)
    return {"email": card.email, "phone": phone}


def leads_to_him(invitation: Invitation, *, now: datetime) -> bool:
    """Whether this link was sent, for all that is known, to the client himself and to nobody else.

    Only then is it half of a way in to his own page (H-16): it went to an address that is on his card now, and that is
    his own. A link that was made by hand may be anybody's; so may one of which a try went who knows where.
    """
    client = invitation.appointment.client
    message = Message.objects.filter(invitation=invitation, state=State.SENT, maybe_sent=False).first()
    contact = Contact.objects.filter(client=client).first()
    if message is None or contact is None or client.is_erased:
        return False
    went_to, known = bytes(message.went_to), addresses(cards_of([client])[client.pk])
    return any(
        known[way] and hmac.compare_digest(digest(known[way]), went_to) and is_his_own(contact, way, now=now)
        for way in WAYS.values()
    )


def contact_of_link(link: str, *, now: datetime) -> Contact | None:
    """Whose address a link asks about, for two weeks and while that address stands as it was."""
    asked = Contact.objects.filter(asked_at__gt=now - CONFIRM_WITHIN)
    return asked.filter(confirms=settings.VAULT.fingerprint_of_link(link)).first()


def asked_about(actor: Actor) -> Contact:
    """The one address that whoever has the link is asked about.

    Raises
    ------
    Contact.DoesNotExist
        For anybody else.
    """
    return Contact.objects.select_related("client").get(pk=actor.contact_id or 0)


def changed_ways(now: datetime) -> Mapping[Client, Event]:
    """The clients whose ways in were changed lately and who were not told since, each with the last change."""
    lately = Event.objects.filter(action__in=WAYS_CHANGED, at__gt=now - TELL_WITHIN, at__lte=now).order_by("pk")
    last = {one.about: one for one in lately}
    if not last:
        return {}
    posts = Post.objects.filter(client__isnull=False).exclude(client__wrapped_key=b"").select_related("client")
    marks = [(f"{kind}:{pk}", kind, pk) for kind, _, pk in (about.partition(":") for about in last)]
    his = posts.filter(member__in=[pk for _, kind, pk in marks if kind == "member"])
    by_link = posts.filter(client__in=[pk for _, kind, pk in marks if kind == "client"])
    found = {}
    for post in {*his, *by_link}:
        known = [last[about] for about in (f"member:{post.member_id}", f"client:{post.client_id}") if about in last]
        event = max(known, key=lambda one: one.pk)
        told = Message.objects.filter(client=post.client_id, kind=MessageKind.CHANGED, queued_at__gte=event.at)
        if post.client is not None and not told.exists():
            found[post.client] = event
    return found


def at_his_own(client: Client, *, now: datetime) -> Recipient | None:
    """How he is reached at an address that works and is, for all that is known, his own; none: not at all."""
    his, contact = recipient_by(cards_of([client])[client.pk]), Contact.objects.filter(client=client).first()
    if contact is None or not his.to or not is_his_own(contact, WAYS[his.channel], now=now):
        return None
    return his if refusal_of(client, his.to) is None else None


def is_still_wanted(message: Message, *, now: datetime) -> bool:
    """Whether what it asks still makes sense: the appointment stands and is ahead, or may have taken place.

    Its time may be another one than when the message was queued: an export may have moved it.
    """
    if message.mailbox_id is not None:  # what is not wanted any more was withdrawn
        return True
    if message.kind == MessageKind.CONFIRM:
        contact = Contact.objects.filter(client=message.whose, asked_at=message.queued_at).first()
        return contact is not None and contact.confirms is not None
    if message.kind in (MessageKind.MOVED, MessageKind.CHANGED):
        return not message.whose.is_erased
    if message.invitation is None:
        return False
    appointment = message.invitation.appointment
    if message.invitation.asks == Asks.BEFORE:
        stands = appointment.status == Status.BOOKED and now < appointment.starts_at - TOO_LATE_BEFORE
    else:
        stands = appointment.status in PERHAPS_ATTENDED and appointment.starts_at <= now
    return stands and not _has_ended(appointment)


def lies_in_a_leave(message: Message) -> bool:
    """Whether what it asks about cannot take place as booked: nobody is there on that day, as far as is known now."""
    return message.invitation is not None and bool(in_the_way([message.invitation.appointment]))


def waiting(now: datetime) -> QuerySet[Message]:
    """What may be tried now, the oldest first."""
    return Message.objects.filter(state=State.WAITING, next_at__lte=now).order_by("next_at", "pk")


def has_delivery_problem(clients: Collection[Client]) -> frozenset[str]:
    """For the desk: of these clients, those whose address now did not work, or is not theirs."""
    return frozenset(_undelivered(clients))


def undelivered_since(clients: Collection[Client]) -> Mapping[str, datetime]:
    """Of the same the ones who would be written to there, with since when that is known."""
    return {pk: at for pk, (at, to) in _undelivered(clients).items() if to}


def refusal_of(client: Client, to: str) -> Undelivered | None:
    """Why nothing may go to this address of a client: it did not work, or is not his."""
    rows = Undelivered.objects.filter(client=client).order_by("-is_denied")
    return next((one for one in rows if _is_at(one, to)), None)


def is_denied(client: Client, to: str) -> bool:
    """Whether somebody who got something there said that it is not his."""
    refusal = refusal_of(client, to)
    return refusal is not None and refusal.is_denied


def last_reached(client: Client, card: ContactCard) -> Sequence[str]:
    """By which channels he was reached until now: the one he chose or, where there is none, those that were used.

    What he ended himself is not used any more: there he is left alone.
    """
    if card.channel in WAYS:
        return [card.channel]
    ended = Decision.objects.filter(client=client, consent=Consent.MESSAGES).order_by("pk").last()
    sent = Message.objects.filter(client=client, state=State.SENT)
    if ended is not None and not ended.given:
        sent = sent.filter(sent_at__gt=ended.at)
    used = {bytes(one) for one in sent.values_list("went_to", flat=True)}
    known = addresses(card)
    return [channel for channel, way in WAYS.items() if known[way] and digest(known[way]) in used]


def has_news(since: datetime) -> bool:
    """Whether anything was said to therapists, done by them or marked since. What was kept from them is no news."""
    return (
        SealedBox.objects.filter(audience__in=SEEN_BY_THERAPIST, submission__answered_at__gt=since).exists()
        or Appointment.objects.filter(status_at__gt=since).exists()
        or Ending.objects.filter(recorded_at__gt=since).exists()
        or Pause.objects.filter(at__gt=since).exists()
        or Event.objects.filter(action__in=(Action.REPAIR_LOGGED, Action.REPAIR_TAKEN_BACK), at__gt=since).exists()
    )


@dataclass(frozen=True, slots=True)
class LastBeat:
    """The worker's last sign of life, when it worked the lists out, and whether there is anything to work out."""

    at: datetime
    refreshed_at: datetime | None
    has_work: bool


def last_beat() -> LastBeat | None:
    """None: there never was a worker."""
    found = Beat.objects.values_list("at", "refreshed_at", Exists(Appointment.objects.all())).first()
    return None if found is None else LastBeat(*found)


def not_worked_out(last: Callable[[], LastBeat | None] = last_beat) -> bool:
    """Whether the lists have not been worked out at all yet, though there is something to: then they tell nothing."""
    beat = last()
    return Appointment.objects.exists() if beat is None else beat.refreshed_at is None and beat.has_work


def trouble(now: datetime, last: Callable[[], LastBeat | None] = last_beat) -> str:
    """For everybody who works here: what does not go on by itself, in a sentence; blank if all does."""
    beat = last()
    if beat is None or abs(now - beat.at) > SILENT_AFTER:  # also when a clock was put right
        return gettext("Nothing is being sent or worked out at the moment. Tell whoever runs this computer.")
    if beat.refreshed_at is not None and abs(now - beat.refreshed_at) > REFRESHED_WITHIN:
        return gettext("The lists are not being worked out anew. Tell whoever runs this computer.")
    to_clients = Message.objects.filter(client__isnull=False)  # what waits for whoever works here tells nobody else
    if to_clients.filter(state=State.WAITING, tries__gt=1, queued_at__lt=now - STUCK_AFTER).exists():
        return gettext("Messages to clients do not go out. Tell whoever runs this computer.")
    return ""


def _rhythm() -> Rhythm:
    site = settings.SITE
    after, before = timedelta(hours=site.checkin_after_hours), timedelta(hours=site.before_hours)
    return Rhythm(after, before, site.most_a_week)


def _hours(card: ContactCard) -> Hours:
    try:
        zone = ZoneInfo(card.timezone or settings.SITE.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo(settings.SITE.timezone)
    return Hours(card.safe_from, card.safe_until, zone)


def _asked(meetings: Sequence[Meeting]) -> frozenset[str]:
    ids = [one.id for one in meetings]
    links = Invitation.objects.filter(appointment__in=ids).values_list("asks", "appointment")
    causes = Message.objects.filter(cause__in=[f"{asks}:{one}" for one in ids for asks in ("checkin", "before")])
    return frozenset([*(f"{asks}:{one}" for asks, one in links), *causes.values_list("cause", flat=True)])


def _has_ended(appointment: Appointment) -> bool:
    """Whether the course it belongs to had ended by then, as far as the practice knows."""
    day = appointment.starts_at.astimezone(ZoneInfo(settings.SITE.timezone)).date()
    pair = {"client": appointment.client_id, "therapist": appointment.therapist_id}
    return Ending.objects.filter(**pair, ended_on__gte=day).exists()


def _undelivered(clients: Collection[Client]) -> Mapping[str, tuple[datetime, str]]:
    """Those whose address now did not work, with since when, and the address."""
    rows = list(Undelivered.objects.filter(client__in=clients).select_related("client"))
    cards = cards_of([one.client for one in rows if one.client.wrapped_key])
    now_at = {client_id: address_of(card) for client_id, card in cards.items()}
    known = sorted((one for one in rows if one.client_id in now_at), key=lambda one: one.at)
    return {one.client_id: (one.at, now_at[one.client_id]) for one in known if _is_at(one, now_at[one.client_id])}


def _is_at(gone: Undelivered, to: str) -> bool:
    """Whether this is the address that did not work; of before it was kept which, any may be."""
    went_to = bytes(gone.went_to)
    return not went_to or hmac.compare_digest(went_to, digest(to))


def _paused(clients: Collection[Client], now: datetime) -> set[str]:
    """Those on an agreed break: until its day, or, where none was agreed, until they come again."""
    today = now.astimezone(ZoneInfo(settings.SITE.timezone)).date()
    found = set()
    for one in Pause.objects.filter(client__in=clients, at__lte=now):
        came = Appointment.objects.filter(client=one.client_id, status=Status.ATTENDED, starts_at__gt=one.at)
        if (one.until is None and not came.exists()) or (one.until is not None and today <= one.until):
            found.add(one.client_id)
    return found


def _done(clients: Collection[Client]) -> set[str]:
    """Those who told their therapist that they are done, and have neither booked nor asked to come back since."""
    last: dict[str, datetime] = {}
    said = WayBack.objects.filter(
        submission__invitation__appointment__client__in=clients, submission__boxes__audience__in=SEEN_BY_THERAPIST
    )
    rows = said.values_list("submission__invitation__appointment__client", "submission__answered_at")
    for client_id, at in rows:
        last[client_id] = max(at, last.get(client_id, at))
    return {
        client_id
        for client_id, at in last.items()
        if not Appointment.objects.filter(client=client_id, booked_at__gt=at).exists()
        and not Matter.objects.filter(client=client_id, kind=Kind.BACK, opened_at__gt=at).exists()
    }
