"""Writing and sending messages. Each is queued together with its link, sent outside of any transaction, and noted.

What is killed between sending and noting is sent once more with the same mark: at least once, never silently not.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from holdfast_site.access.actors import GATEWAY, WORKER, Actor
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action, record
from holdfast_site.checkins.models import Asks, Invitation, Submission
from holdfast_site.checkins.services import ask_before, invite
from holdfast_site.consents.models import Consent
from holdfast_site.consents.services import decide
from holdfast_site.messages import selectors, staff
from holdfast_site.messages.bounces import CameBack
from holdfast_site.messages.due import APART, DAY, Due
from holdfast_site.messages.models import Beat, Kind, Message, State, Undelivered
from holdfast_site.messages.phones import digest
from holdfast_site.messages.transports import BadAddress, NotSent, Outgoing, Transport
from holdfast_site.messages.wording import confirming, moved, ways_changed, worded
from holdfast_site.people.contacts import WAYS, ContactCard
from holdfast_site.people.models import Appointment, Client, Contact
from holdfast_site.people.selectors import NOBODY_KNOWS, cards_of
from holdfast_site.people.services import keep_contact

PATHS = {Asks.CHECKIN: "c", Asks.BEFORE: "n"}
LOST_AFTER = timedelta(minutes=5)  # a try of which nothing was noted
AGAIN_AFTER = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480)]
MOST_TRIES = 14  # the last ones eight hours apart: a mail server may be dead for almost three days


def queue_due(now: datetime, channels: Mapping[str, Transport]) -> int:
    """Make the links that are due, each with the message that will bring it; how many."""
    return sum(_queue(one, now) for one in selectors.due_now(now, channels))


@transaction.atomic
def _queue(one: Due, now: datetime) -> bool:
    appointment = Appointment.objects.select_related("client").get(pk=one.meeting.id)
    if Message.objects.filter(cause=one.cause).exists():
        return False
    make = invite if one.asks is Asks.CHECKIN else ask_before
    try:
        with transaction.atomic():
            invitation, link = make(by=WORKER, appointment=appointment, now=now)
    except IntegrityError:  # somebody made a link by hand in this very second
        return False
    queue_link(invitation, link, cause=one.cause, ends_at=one.ends_at, now=now)
    return True


def queue_link(invitation: Invitation, link: str, *, cause: str, ends_at: datetime, now: datetime) -> None:
    """Make the message that will bring a link."""
    client = invitation.appointment.client
    told = {"cause": cause, "client": client, "invitation": invitation}
    message = Message(**told, mark=uuid4(), queued_at=now, next_at=now, ends_at=ends_at)
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    message.sealed = box.seal(link.encode(), place=message.place)
    message.save(force_insert=True)


def queue_changed_ways(now: datetime) -> int:
    """Tell each client whose ways in were changed, at the address that is his own, if he is written to at all."""
    untold = selectors.changed_ways(now).items()
    return sum(_queue_changed(one, event, now) for one, event in untold if selectors.at_his_own(one, now=now))


@transaction.atomic
def _queue_changed(client: Client, event: Event, now: datetime) -> bool:
    mark, ends_at = uuid4(), event.at + selectors.TELL_WITHIN
    told = {"client": client, "kind": Kind.CHANGED, "mark": mark, "queued_at": now, "next_at": now, "ends_at": ends_at}
    return Message.objects.get_or_create(cause=f"{Kind.CHANGED}:{event.pk}", defaults=told)[1]


# --- sending ------------------------------------------------------------------------------------------


def send_waiting(clock: Callable[[], datetime], channels: Mapping[str, Transport]) -> int:
    """Try everything that may be tried now; how many went out. It may be stopped, or killed, anywhere.

    A server that answers slowly makes a round long: whether it is a safe hour for somebody is asked of the clock at
    the moment when it is his turn.
    """
    now = clock()
    near = (now - LOST_AFTER, now + LOST_AFTER)
    lost = Message.objects.filter(state=State.SENDING).exclude(claimed_at__range=near)
    if lost.exists():  # looking takes no lock, writing does
        lost.update(state=State.WAITING, maybe_sent=True)
    _undo_a_clock_that_ran_ahead(now)
    ids = list(selectors.waiting(now).values_list("pk", flat=True))
    return sum(_try(pk, clock(), channels) for pk in ids)


def _undo_a_clock_that_ran_ahead(now: datetime) -> None:
    """What was queued in days to come is forgotten and queued anew when it is due; of an address, it goes now."""
    ahead = Message.objects.filter(state=State.WAITING, queued_at__gt=now + APART)
    for pk in ahead.filter(kind=Kind.LINK, maybe_sent=False).values_list("pk", flat=True):
        _forget(pk, now)
    early = ahead.exclude(kind=Kind.LINK).filter(next_at__gt=now + DAY)
    if early.exists():
        early.update(next_at=now)


@transaction.atomic
def _forget(pk: int, now: datetime) -> None:
    """Take a message and its link back that certainly never went out."""
    message = Message.objects.select_for_update().filter(pk=pk, state=State.WAITING, maybe_sent=False).first()
    asked = None if message is None else message.invitation
    if message is None or Submission.objects.filter(invitation=asked).exists():
        return
    record(Action.MESSAGE_GIVEN_UP, by=WORKER, about=f"message:{message.pk}", at=now)
    message.delete()
    if asked is not None:
        asked.delete()


@transaction.atomic
def _leave_for_later(message: Message, now: datetime) -> None:
    """Take it back, so that he is asked if the leave is taken out again. What may have gone out is given up."""
    if message.maybe_sent:
        _give_up(message, now)
        return
    Message.objects.filter(pk=message.pk, state=State.SENDING).update(state=State.WAITING)
    _forget(message.pk, now)


def _try(pk: int, now: datetime, channels: Mapping[str, Transport]) -> bool:
    mine = Message.objects.filter(pk=pk, state=State.WAITING)
    if mine.update(state=State.SENDING, claimed_at=now, tries=F("tries") + 1) != 1:
        return False  # somebody was faster
    message = Message.objects.select_related("client", "mailbox__member", "invitation__appointment").get(pk=pk)
    his = _recipient(message, now, channels)
    if his is None or now >= message.ends_at or not selectors.is_still_wanted(message, now=now):
        _give_up(message, now)
        return False
    if selectors.lies_in_a_leave(message):
        _leave_for_later(message, now)
        return False
    may_go = max(his.reach.hours.next(now), _apart_from_the_last(message, now))
    if may_go > now:
        _put_back(message, now, may_go, counts=False)
        return False
    try:
        called = channels[his.channel](_outgoing(message, his))
    except BadAddress:
        _stop_at(message, his.to, now)
    except NotSent as why:
        _put_back(message, now, now + AGAIN_AFTER[min(message.tries, len(AGAIN_AFTER)) - 1], maybe=why.maybe)
    else:
        _note_sent(message, now, called, digest(his.to))
        return True
    return False


def _apart_from_the_last(message: Message, now: datetime) -> datetime:
    """From when on it is long enough after the last one that he got: what has waited together does not come at once."""
    if message.kind != Kind.LINK:
        return now
    his = Message.objects.filter(client=message.client, kind=Kind.LINK, sent_at__range=(now - APART, now + APART))
    last = his.order_by("sent_at").values_list("sent_at", flat=True).last()
    return now if last is None else last + APART


def _recipient(message: Message, now: datetime, channels: Mapping[str, Transport]) -> selectors.Recipient | None:
    """Who gets it now. What is about his address goes by his card, whether he is asked anything otherwise or not."""
    if message.mailbox is not None:
        return staff.recipient(message, message.mailbox, now=now) if "email" in channels else None
    client = message.whose
    if message.kind == Kind.LINK:
        return selectors.recipients([client], now, channels).get(client.pk)
    if client.is_erased:
        return None
    if message.kind == Kind.MOVED:
        his = selectors.recipient_by(ContactCard.model_validate_json(_sealed_in(message)))
        is_open = selectors.refusal_of(client, his.to) is None
    elif message.kind == Kind.CHANGED:
        own = selectors.at_his_own(client, now=now)
        return own if own is not None and own.channel in channels else None
    else:
        his = selectors.recipient_by(cards_of([client])[client.pk])
        asks = Contact.objects.get(client=client).asks  # of another one it may not be sent to this
        is_open = WAYS.get(his.channel) == asks and not selectors.is_denied(client, his.to)
    return his if his.channel in channels and his.to and is_open else None


def _sealed_in(message: Message) -> str:
    box = settings.VAULT.client_box(message.whose.pk, message.whose.wrapped_key)
    return box.open(message.sealed, place=message.place).decode()


def _outgoing(message: Message, his: selectors.Recipient) -> Outgoing:
    if message.mailbox is not None:
        return Outgoing(str(message.mark), his.channel, his.to, *staff.words(message, message.mailbox), "")
    if message.kind == Kind.MOVED:
        return Outgoing(str(message.mark), his.channel, his.to, *moved(settings.SITE.phone), "")
    if message.kind == Kind.CHANGED:
        return Outgoing(str(message.mark), his.channel, his.to, *ways_changed(settings.SITE.phone), "")
    link = _sealed_in(message)
    if message.kind == Kind.CONFIRM:
        address = f"{settings.SITE.address}/yours/{link}"
        subject, text = confirming(address, by_sms=his.channel == "sms")
        return Outgoing(str(message.mark), his.channel, his.to, subject, text, "")
    asks = Asks(message.invitation.asks) if message.invitation else Asks.CHECKIN
    there, stop = (f"{settings.SITE.address}/{path}/{link}" for path in (PATHS[asks], "stop"))
    sms = settings.SITE.sms
    hears_replies = sms is None or sms.hears_replies
    subject, text = worded(his.wording, there, stop, by_sms=his.channel == "sms", hears_replies=hears_replies)
    return Outgoing(str(message.mark), his.channel, his.to, subject, text, stop)


@transaction.atomic
def _note_sent(message: Message, now: datetime, called: str, went_to: bytes) -> None:
    noted = Message.objects.filter(pk=message.pk, state=State.SENDING)
    noted.update(state=State.SENT, sent_at=now, sealed=b"", gateway=called, went_to=went_to)
    staff.note_arrived(message)
    record(Action.MESSAGE_SENT, by=WORKER, about=f"message:{message.pk}", at=now)


def _put_back(message: Message, now: datetime, next_at: datetime, *, counts: bool = True, maybe: bool = False) -> None:
    maybe = maybe or message.maybe_sent
    if next_at >= message.ends_at or message.tries >= MOST_TRIES:
        message.maybe_sent = maybe
        _give_up(message, now)
        return
    tries = message.tries if counts else 0  # it may not go yet: that says nothing of whether sending works
    mine = Message.objects.filter(pk=message.pk, state=State.SENDING)
    mine.update(state=State.WAITING, next_at=next_at, tries=tries, maybe_sent=maybe)


@transaction.atomic
def _stop_at(message: Message, to: str, now: datetime) -> None:
    """Send nothing more to an address that does not work; show it the desk, if it is the one he has now, or himself."""
    if message.mailbox_id is not None:
        staff.note_failed(message, now)
    else:
        Undelivered.objects.update_or_create(client=message.whose, went_to=digest(to), defaults={"at": now})
    _give_up(message, now)


@transaction.atomic
def _give_up(message: Message, now: datetime) -> None:
    """Wipe the link. Of one that surely never went out, its questions go too: he was never asked."""
    gone = Message.objects.filter(pk=message.pk).exclude(state=State.SENT)
    gone.update(state=State.GIVEN_UP, sealed=b"", maybe_sent=message.maybe_sent)
    asked = message.invitation
    if asked is not None and not message.maybe_sent and not Submission.objects.filter(invitation=asked).exists():
        asked.delete()
    _was_not_told(message, now)
    staff.note_missed(message, now)
    record(Action.MESSAGE_GIVEN_UP, by=WORKER, about=f"message:{message.pk}", at=now)


def _was_not_told(message: Message, now: datetime) -> None:
    """What was to tell him of a change did not: only codes made after the time to object open by a link now (H-16)."""
    contact = Contact.objects.filter(client=message.client_id).first() if message.kind == Kind.MOVED else None
    good_from = [contact.hand(way).good_from for way in WAYS.values()] if contact else []
    if any(good_from):  # else he has entered all of it himself since
        latest = max(now, *filter(None, good_from))
        Contact.objects.filter(client=message.client_id).update(codes_from=latest)


# --- what comes back ----------------------------------------------------------------------------------


@transaction.atomic
def stop(*, by: Actor, client: Client, now: datetime) -> None:
    """Send him nothing more: he said so, and need not say why."""
    card = cards_of([client])[client.pk] if client.wrapped_key else NOBODY_KNOWS
    if card.channel == "none":
        return
    keep_contact(by=by, client=client, card=card.model_copy(update={"channel": "none"}), now=now)
    decide(by=by, client=client, consent=Consent.MESSAGES, given=False, form=uuid4(), now=now)
    record(Action.MESSAGES_STOPPED, by=by, about=f"client:{client.pk}", at=now)


@transaction.atomic
def stop_number(number: str, *, now: datetime) -> None:
    """The same for a reply from his telephone."""
    for client in Client.objects.filter(messages__went_to=digest(number)).distinct():
        if selectors.address_of(cards_of([client])[client.pk]) == number:
            stop(by=GATEWAY, client=client, now=now)


@transaction.atomic
def not_delivered(called: str, *, now: datetime) -> None:
    """The gateway says that it could not be delivered."""
    for message in Message.objects.filter(gateway=called).exclude(gateway="").select_related("client"):
        _came_back(message, by=GATEWAY, for_good=True, now=now)


@transaction.atomic
def mail_came_back(told: CameBack, *, by: Actor, now: datetime) -> bool:
    """A mail server says that a mail could not be delivered. False: it is none of ours, or that was known."""
    message = Message.objects.filter(mark=told.mark).select_related("client").first()
    if message is None or not _is_about(told, message):
        return False
    return _came_back(message, by=by, for_good=told.for_good, now=now)


def _is_about(told: CameBack, message: Message) -> bool:
    """Whether a report is about where the message went; of one that names nobody that is believed.

    Somebody may have it sent on to an address of his that does not work: that says nothing of this one.
    """
    went_to = bytes(message.went_to)
    return not told.recipients or any(hmac.compare_digest(digest(one), went_to) for one in told.recipients)


def _came_back(message: Message, *, by: Actor, for_good: bool, now: datetime) -> bool:
    """He was not asked; and nothing more goes to the address that it went to."""
    asked = Invitation.objects.filter(messages=message, came_back_at__isnull=True)
    is_news = bool(asked.update(came_back_at=now))
    went_to = bytes(message.went_to)  # blank: nobody knows where that was
    if message.mailbox_id is not None:
        is_news = staff.came_back(message, for_good=for_good, now=now)
    elif for_good and went_to:
        gone = {"client": message.client, "went_to": went_to}
        is_news |= Undelivered.objects.get_or_create(**gone, defaults={"at": now})[1]
    if Message.objects.filter(pk=message.pk, kind=Kind.MOVED, state=State.SENT).update(state=State.GIVEN_UP):
        is_news = True
        _was_not_told(message, now)
    if is_news:
        record(Action.MESSAGE_CAME_BACK, by=by, about=f"message:{message.pk}", at=now)
    return is_news


# --- the worker's sign of life ------------------------------------------------------------------------


def beat(now: datetime) -> None:
    """Say that the worker is there."""
    Beat.objects.update_or_create(pk=1, defaults={"at": now})


def note_refreshed(now: datetime) -> None:
    """Say as of when the lists are."""
    Beat.objects.update_or_create(
        pk=1, defaults={"refreshed_at": now}, create_defaults={"at": now, "refreshed_at": now}
    )
