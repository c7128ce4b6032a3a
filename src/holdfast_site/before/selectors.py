"""Reading what a link holder needs: his way back, whether he is done, and what he is told that was done."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor, Role
from holdfast_site.before.models import WayBack, Word
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.before_questions import CANCEL
from holdfast_site.checkins.models import Asks, Audience, Invitation, SealedBox, Submission
from holdfast_site.checkins.selectors import audiences_for, opened
from holdfast_site.handover.models import Kind, Matter


def way_back_of_link(link: str) -> WayBack | None:
    """The way back that a link is for, if there is one. Whoever was erased has none."""
    erased = {"submission__invitation__appointment__client__wrapped_key": b""}
    return WayBack.objects.exclude(**erased).filter(link=settings.VAULT.fingerprint_of_link(link)).first()


def own_way_back(actor: Actor) -> WayBack:
    """The one way back of a link holder.

    Raises
    ------
    WayBack.DoesNotExist
        For anybody else.
    """
    return WayBack.objects.select_related(
        "submission__invitation__appointment__client", "submission__invitation__appointment__therapist"
    ).get(pk=actor.way_back_id or 0)


def link_back(submission: Submission) -> str:
    """The link by which he can come back. It follows from the master key, so that it can be shown again to him."""
    made = settings.VAULT.lasting("ways back", submission.form.bytes)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def is_open(invitation: Invitation, *, now: datetime) -> bool:
    """Whether there is still something to say about an appointment that is to come."""
    appointment = invitation.appointment
    return now < appointment.starts_at and appointment.status == Status.BOOKED and is_valid(invitation, now=now)


def is_valid(invitation: Invitation, *, now: datetime) -> bool:
    """Whether a link's time runs, and there is somebody whom it is for."""
    return now < invitation.expires_at and bool(invitation.appointment.client.wrapped_key)


def given_in(submission: Submission) -> Mapping[Audience, Mapping[str, Value]]:
    """What he sent in, by who reads it: for the thanks to him who sent it, and for nobody else."""
    client = submission.invitation.appointment.client
    return {Audience(box.audience): opened(box, client) for box in submission.boxes.order_by("pk")}


def has_said(invitation: Invitation) -> bool:
    """Whether something was said by this link already."""
    return Word.objects.filter(invitation=invitation).exists()


def still_asked_at(way_back: WayBack) -> datetime | None:
    """When he last asked by this link to come back, as long as somebody has to see to it; none if nobody has."""
    last = way_back.knocks.order_by("-at").first()
    appointment = way_back.submission.invitation.appointment
    asked_for = {"client": appointment.client_id, "therapist": appointment.therapist_id, "kind": Kind.BACK}
    asked = Matter.objects.filter(**asked_for)
    holder = Role.CARE_CONTACT if asked.filter(holder=Role.CARE_CONTACT).exists() else Role.THERAPIST
    is_open = last is not None and asked.filter(holder=holder, closed_at__isnull=True).exists()
    return last.at if last is not None and is_open else None


def care_contact_receives(way_back: WayBack, *, now: datetime) -> bool:
    """Whether the care contact hears of somebody who would like to come back. Not where that is his therapist."""
    return Audience.CARE_CONTACT in audiences_for(way_back.submission.invitation.appointment, now=now)


def asked_to_call_off(*, now: datetime) -> Mapping[int, bool]:
    """The appointments still ahead that he asked to have called off, each with whether he kept that from his therapist.

    Nothing else that he said. Only the desk may know it: whoever calls this has made sure.
    """
    ahead = {"appointment__status": Status.BOOKED, "appointment__starts_at__gt": now, "asks": Asks.BEFORE}
    boxes = SealedBox.objects.filter(submission__invitation__in=Invitation.objects.filter(**ahead))
    readable = boxes.exclude(submission__invitation__appointment__client__wrapped_key=b"")
    found = readable.select_related("submission__invitation__appointment__client").prefetch_related("corrections")
    asked = [box for box in found if CANCEL in opened(box, box.submission.invitation.appointment.client)]
    kept = {box.submission.invitation.appointment_id: box.audience == Audience.CARE_CONTACT for box in asked}
    told = {box.submission.invitation.appointment_id: False for box in asked if box.audience != Audience.CARE_CONTACT}
    return kept | told
