"""Reading check-ins. Whatever a therapist or the silence model gets comes from the therapist's own boxes alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Post
from holdfast_site.checkins.answers import Value, put_right, unpacked, unpacked_correction
from holdfast_site.checkins.models import Asks, Audience, Correction, Invitation, SealedBox, Submission
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import allows
from holdfast_site.people.models import Appointment, Client, Therapist
from holdfast_site.vault import ClientBox

SEEN_BY_THERAPIST = (Audience.THERAPIST, Audience.PROMPT)


def invitation_of_link(link: str, asks: Collection[Asks] = (Asks.CHECKIN,)) -> Invitation | None:
    """What a link is for, if there is such a thing and it is one of these."""
    return Invitation.objects.filter(link=settings.VAULT.fingerprint_of_link(link), asks__in=asks).first()


def own_invitation(actor: Actor) -> Invitation:
    """The one check-in of a link holder.

    Raises
    ------
    Invitation.DoesNotExist
        For anybody else.
    """
    return Invitation.objects.select_related("appointment__client", "appointment__therapist").get(
        pk=actor.invitation_id or 0
    )


def is_answered(invitation: Invitation) -> bool:
    """Whether answers have come. Only the holder of the link is told."""
    return Submission.objects.filter(invitation=invitation).exists()


def audiences_for(appointment: Appointment, *, now: datetime) -> Sequence[Audience]:
    """Who may be chosen to see an answer.

    What is kept from the therapist is offered only where that can be kept (safety rule 11): not where one person
    treats everybody, nor where nobody receives it, or whoever does is the therapist; nor to a client who wants no such
    offer.
    """
    contact, therapist = settings.SITE.care_contact, appointment.therapist_id
    receivers = Post.objects.filter(role=Role.CARE_CONTACT, member__is_active=True)
    is_his_therapist = receivers.filter(member__posts__therapist=therapist).exists()
    alone = Therapist.objects.count() < 2
    if contact is None or contact.therapist_id == therapist or alone or is_his_therapist or not receivers.exists():
        return (Audience.THERAPIST,)
    if not allows(appointment.client, Consent.PRIVATE_ROUTE, at=now):
        return SEEN_BY_THERAPIST
    return tuple(Audience)


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """One check-in as the therapist may see it. Of one that is wholly kept from him there is none."""

    invitation: Invitation
    answers: Mapping[str, Value]
    wants_to_be_asked: bool


def shown_to_therapist(invitations: QuerySet[Invitation], *, latest: int | None = None) -> Sequence[Shown]:
    """Those check-ins that the therapist may see something of, oldest first. Nothing else is fetched or opened.

    ``latest``: at most so many of each client, the latest of those that he may see something of.
    """
    boxes = SealedBox.objects.filter(audience__in=SEEN_BY_THERAPIST).prefetch_related("corrections")
    his = Prefetch("submission__boxes", boxes, to_attr="his_boxes")
    has_his = SealedBox.objects.filter(submission__invitation=OuterRef("pk"), audience__in=SEEN_BY_THERAPIST)
    answered = invitations.filter(Exists(has_his))
    if latest is not None:
        order = [F("sent_at").desc(), F("pk").desc()]
        answered = answered.annotate(
            place=Window(RowNumber(), partition_by=[F("appointment__client")], order_by=order)
        ).filter(place__lte=latest)
    fetched = list(answered.select_related("appointment__client", "submission").prefetch_related(his))
    keys: dict[str, ClientBox] = {}  # each client's key is unwrapped once
    return [_shown(one, keys) for one in sorted(fetched, key=lambda one: (one.sent_at, one.pk))]


def shown_of(client: Client) -> Sequence[Shown]:
    """The same, of one client's sessions."""
    return shown_to_therapist(Invitation.objects.filter(appointment__client=client, asks=Asks.CHECKIN))


def opened(box: SealedBox, client: Client) -> Mapping[str, Value]:
    """What a box holds, as he has put it right since. Fetch many boxes with their ``corrections``."""
    return _opened(box, _key(client))


def as_given(box: SealedBox, client: Client) -> Mapping[str, Value]:
    """What a box held when it was sent in."""
    return unpacked(_key(client).open(box.sealed, place=box.place))


def corrections_of(box: SealedBox, client: Client) -> Sequence[tuple[Correction, Mapping[str, Value | None]]]:
    """Every correction of a box with what it says, the oldest first."""
    return _corrections(box, _key(client))


def _key(client: Client) -> ClientBox:
    return settings.VAULT.client_box(client.pk, client.wrapped_key)


def _opened(box: SealedBox, key: ClientBox) -> Mapping[str, Value]:
    given = unpacked(key.open(box.sealed, place=box.place))
    return put_right(given, (values for _, values in _corrections(box, key)))


def _corrections(box: SealedBox, key: ClientBox) -> Sequence[tuple[Correction, Mapping[str, Value | None]]]:
    found = sorted(box.corrections.all(), key=lambda one: one.pk)
    return [(one, unpacked_correction(key.open(one.sealed, place=one.place))) for one in found]


def _shown(invitation: Invitation, keys: dict[str, ClientBox]) -> Shown:
    boxes: Mapping[str, SealedBox] = {box.audience: box for box in vars(invitation.submission)["his_boxes"]}
    own, client = boxes.get(Audience.THERAPIST), invitation.appointment.client
    if own is not None and client.pk not in keys:
        keys[client.pk] = _key(client)
    answers = _opened(own, keys[client.pk]) if own is not None else {}
    return Shown(invitation, answers, wants_to_be_asked=Audience.PROMPT in boxes)
