"""Reading check-ins. Whatever a therapist or the silence model gets comes from the therapist's own boxes alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import DenseRank

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Post
from holdfast_site.checkins.answers import Value, put_right, unpacked, unpacked_correction
from holdfast_site.checkins.models import Asks, Audience, Correction, Invitation, SealedBox, Submission
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import allows, said_no
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


def is_closed(invitation: Invitation, *, now: datetime) -> bool:
    """Whether no answers are taken any more: its time is over, or he wants what he says to be left alone."""
    return now >= invitation.expires_at or not allows(invitation.appointment.client, Consent.ANSWERS, at=now)


def audiences_for(appointment: Appointment, *, now: datetime) -> Sequence[Audience]:
    """Who may be chosen to see an answer.

    Whoever treats him or has treated him is his therapist here, in whatever role.
    What is kept from the therapist is offered only where that can be kept (safety rule 11): not where one person
    treats everybody, nor where nobody receives it, or whoever does is the therapist; nor to a client who wants no such
    offer.
    """
    contact = settings.SITE.care_contact
    treats = Exists(Appointment.objects.filter(therapist=OuterRef("pk"), client=appointment.client_id))
    therapists = dict(Therapist.objects.values_list("pk", treats))
    his = {one for one, is_his in therapists.items() if is_his}
    posts = Post.objects.filter(role=Role.CARE_CONTACT, member__is_active=True)
    receivers = set(posts.values_list("member__posts__therapist", flat=True))  # none: in a role that treats nobody
    if contact is None or len(therapists) < 2 or not receivers or his & (receivers | {contact.therapist_id}):
        return (Audience.THERAPIST,)
    if not allows(appointment.client, Consent.PRIVATE_ROUTE, at=now):
        return SEEN_BY_THERAPIST
    return tuple(Audience)


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """One check-in as the therapist may see it. Of one that is wholly kept from him there is none."""

    invitation_id: int
    client_id: str
    therapist_id: str
    sent_at: datetime
    answered_at: datetime
    rotating: Sequence[str]
    answers: Mapping[str, Value]
    wants_to_be_asked: bool


ABOUT = {  # of a box: what it is about, fetched with it
    "invitation_id": "submission__invitation",
    "client_id": "submission__invitation__appointment__client",
    "therapist_id": "submission__invitation__appointment__therapist",
    "sent_at": "submission__invitation__sent_at",
    "answered_at": "submission__answered_at",
    "rotating": "submission__invitation__rotating",
}


def shown_to_therapist(invitations: QuerySet[Invitation], *, latest: int | None = None) -> Sequence[Shown]:
    """Those check-ins that the therapist may see something of, oldest first. Nothing else is fetched or opened.

    Of whoever asked that what he said is left alone: nothing.

    ``latest``: at most so many of each client, the latest of those that he may see something of.
    """
    invitations = invitations.exclude(appointment__client__in=said_no(Consent.ANSWERS))
    his = SealedBox.objects.filter(audience__in=SEEN_BY_THERAPIST, submission__invitation__in=invitations)
    boxes = his.annotate(**{name: F(path) for name, path in ABOUT.items()})
    if latest is not None:
        order = [F("sent_at").desc(), F("invitation_id").desc()]
        boxes = boxes.annotate(back=Window(DenseRank(), partition_by=[F("client_id")], order_by=order))
        boxes = boxes.filter(back__lte=latest)
    fetched = [(box, vars(box)) for box in boxes]
    prompted = {about["invitation_id"] for box, about in fetched if box.audience == Audience.PROMPT}
    answers = _answers([(box, about) for box, about in fetched if box.audience == Audience.THERAPIST], invitations)
    shown = {
        about["invitation_id"]: Shown(
            **{name: about[name] for name in ABOUT},
            answers=answers.get(about["invitation_id"], {}),
            wants_to_be_asked=about["invitation_id"] in prompted,
        )
        for _, about in fetched
    }
    return sorted(shown.values(), key=lambda one: (one.sent_at, one.invitation_id))


def _answers(
    boxes: Sequence[tuple[SealedBox, Mapping[str, Any]]], invitations: QuerySet[Invitation]
) -> Mapping[int, Mapping[str, Value]]:
    """What boxes hold, by the check-in they are about. Each client's key is unwrapped once."""
    clients = Client.objects.filter(pk__in={about["client_id"] for _, about in boxes}).only("wrapped_key")
    keys = {client.pk: _key(client) for client in clients}
    corrections: dict[int, list[Correction]] = {}
    for one in Correction.objects.filter(box__submission__invitation__in=invitations):
        corrections.setdefault(one.box_id, []).append(one)
    return {
        about["invitation_id"]: _opened(box, keys[about["client_id"]], corrections.get(box.pk, ()))
        for box, about in boxes
    }


def reached(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Those that he got, as far as the therapist can know. One that came back asked nobody; its silence means nothing.

    If he answered one that came back all the same, it counts only by what is for his therapist: what he kept from him
    must not show here either.
    """
    has_his = SealedBox.objects.filter(submission__invitation=OuterRef("pk"), audience__in=SEEN_BY_THERAPIST)
    return invitations.filter(Q(came_back_at__isnull=True) | Exists(has_his))


def shown_of(client: Client) -> Sequence[Shown]:
    """The same, of one client's sessions."""
    return shown_to_therapist(Invitation.objects.filter(appointment__client=client, asks=Asks.CHECKIN))


def opened(box: SealedBox, client: Client) -> Mapping[str, Value]:
    """What a box holds, as he has put it right since. Fetch many boxes with their ``corrections``."""
    return _opened(box, _key(client), box.corrections.all())


def as_given(box: SealedBox, client: Client) -> Mapping[str, Value]:
    """What a box held when it was sent in."""
    return unpacked(_key(client).open(box.sealed, place=box.place))


def corrections_of(box: SealedBox, client: Client) -> Sequence[tuple[Correction, Mapping[str, Value | None]]]:
    """Every correction of a box with what it says, the oldest first."""
    return _in_order(box.corrections.all(), _key(client))


def _key(client: Client) -> ClientBox:
    return settings.VAULT.client_box(client.pk, client.wrapped_key)


def _opened(box: SealedBox, key: ClientBox, corrections: Iterable[Correction]) -> Mapping[str, Value]:
    given = unpacked(key.open(box.sealed, place=box.place))
    return put_right(given, (values for _, values in _in_order(corrections, key)))


def _in_order(
    corrections: Iterable[Correction], key: ClientBox
) -> Sequence[tuple[Correction, Mapping[str, Value | None]]]:
    found = sorted(corrections, key=lambda one: one.pk)
    return [(one, unpacked_correction(key.open(one.sealed, place=one.place))) for one in found]
