"""What the care contact receives: what clients kept from their therapist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Post
from holdfast_site.caseload.words import lines
from holdfast_site.checkins.models import Audience, SealedBox
from holdfast_site.checkins.selectors import opened

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """What one client kept from his therapist in one check-in."""

    client_id: str
    on: datetime
    lines: Sequence[str]


def kept_from_therapists(actor: Actor) -> Sequence[Kept]:
    """The latest hundred, newest first. For anybody but the care contact: nothing; and never about his own clients."""
    if actor.role is not Role.CARE_CONTACT:
        return []
    boxes = SealedBox.objects.filter(audience=Audience.CARE_CONTACT).select_related(
        "submission__invitation__appointment__client"
    )
    treats = Post.objects.filter(member=int(actor.id), therapist__isnull=False).values("therapist")
    not_his_own = boxes.exclude(submission__invitation__appointment__therapist__in=treats)
    return [_kept(box) for box in not_his_own.order_by("-submission__answered_at", "-pk")[:SHOWN]]


def _kept(box: SealedBox) -> Kept:
    client = box.submission.invitation.appointment.client
    return Kept(client.pk, box.submission.answered_at, lines(opened(box, client)))
