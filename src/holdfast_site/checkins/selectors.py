"""Reading check-ins. Whatever a therapist or the silence model gets comes from the therapist's own boxes alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings

from holdfast_site.access.actors import Actor
from holdfast_site.checkins.answers import Value, unpacked
from holdfast_site.checkins.models import Audience, Invitation, SealedBox, Submission
from holdfast_site.people.models import Appointment, Client, Therapist

SEEN_BY_THERAPIST = (Audience.THERAPIST, Audience.PROMPT)


def invitation_of_link(link: str) -> Invitation | None:
    """The check-in that a link is for, if there is one."""
    return Invitation.objects.filter(link=settings.VAULT.fingerprint_of_link(link)).first()


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


def audiences_for(appointment: Appointment) -> Sequence[Audience]:
    """Who may be chosen to see an answer.

    What is kept from the therapist is offered only where that can be kept (safety rule 11): not where one person
    treats everybody, nor where there is no care contact but the therapist.
    """
    contact = settings.SITE.care_contact
    alone = Therapist.objects.count() < 2
    if contact is None or alone or contact.therapist_id == appointment.therapist_id:
        return (Audience.THERAPIST,)
    return tuple(Audience)


def answers_for_therapist(invitation: Invitation) -> Mapping[str, Value] | None:
    """What the therapist may see of a check-in: none, if it was not answered or nothing of it is for the therapist."""
    box = SealedBox.objects.filter(submission__invitation=invitation, audience=Audience.THERAPIST).first()
    if box is not None:
        return opened(box, invitation.appointment.client)
    return {} if asks_about_fit(invitation) else None


def asks_about_fit(invitation: Invitation) -> bool:
    """Whether he wants the therapist to ask him about fit, without the answer."""
    return SealedBox.objects.filter(submission__invitation=invitation, audience=Audience.PROMPT).exists()


def opened(box: SealedBox, client: Client) -> Mapping[str, Value]:
    """What a box holds."""
    return unpacked(settings.VAULT.client_box(client.pk, client.wrapped_key).open(box.sealed, place=box.place))


def shown_to_therapist(client: Client) -> Sequence[tuple[Invitation, Mapping[str, Value]]]:
    """A client's check-ins that the therapist has something of, oldest first."""
    sent = Invitation.objects.filter(
        appointment__client=client, submission__boxes__audience__in=SEEN_BY_THERAPIST
    ).distinct()
    found = ((invitation, answers_for_therapist(invitation)) for invitation in sent.order_by("sent_at", "pk"))
    return [(invitation, answers) for invitation, answers in found if answers is not None]
