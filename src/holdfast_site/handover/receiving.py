"""Whether what a client keeps from his therapist can reach anybody.

Whoever treats or has treated him reads nothing of it, in whatever role. So it may be that nobody is left: then the lead
is told, and whoever books it is told before. The schedule and the staff decide that alone. Whether anybody kept
anything plays no part in it, so nothing of that can be told from it (safety rule 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext

from holdfast_site.access.actors import Role
from holdfast_site.accounts.models import Post
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action
from holdfast_site.checkins.models import Invitation
from holdfast_site.people.models import Appointment, Client, Therapist


class Unreceived(Enum):
    """Why what is not for the therapist would reach nobody."""

    NO_CARE_CONTACT = "nobody is the care contact"
    TREATS_HIM = "whoever is the care contact treats him, or has"


def unreceived() -> Unreceived | None:
    """Whether there are clients from whom nobody could receive what they may have kept from a therapist."""
    receivers = _receivers()
    if not receivers:
        return None if settings.SITE.care_contact is None else Unreceived.NO_CARE_CONTACT
    clients = _asked_under_another(receivers)
    for treats in receivers.values():
        clients = clients.filter(pk__in=Appointment.objects.filter(therapist__in=treats).values("client"))
    return Unreceived.TREATS_HIM if clients.exists() else None


def would_reach_nobody(client: Client, therapist: Therapist) -> str:
    """In a sentence, that nobody is left for what he keeps from therapists once he comes to this one; blank if not.

    Of somebody who comes for the first time it is not said: he has kept nothing yet, and is not offered it then.
    """
    his = set(Appointment.objects.filter(client=client).values_list("therapist", flat=True))
    able = [treats for treats in _receivers().values() if not treats & his]
    if not his or not able or not all(therapist.pk in treats for treats in able):
        return ""
    return gettext(
        "%(therapist)s is the care contact, and nobody else could be his: what he keeps from his therapist, now or "
        "before, would then reach nobody. The lead can add another care contact first."
    ) % {"therapist": therapist}


def _receivers() -> Mapping[int, frozenset[str]]:
    """Everybody who receives it and may sign in, with the therapists that the same person is."""
    found = Post.objects.filter(role=Role.CARE_CONTACT, member__is_active=True).values_list("member", flat=True)
    treating = Post.objects.filter(member__in=list(found), therapist__isnull=False)
    theirs: dict[int, set[str]] = {member: set() for member in found}
    for member, therapist in treating.values_list("member", "therapist"):
        theirs[member].add(str(therapist))
    return {member: frozenset(treats) for member, treats in theirs.items()}


def _asked_under_another(receivers: Mapping[int, frozenset[str]]) -> QuerySet[Client]:
    """Clients who were asked something when somebody else was there to receive it.

    That is: about a session with another therapist, or before the last of these became the care contact.
    """
    treats = frozenset[str]().union(*receivers.values())
    asked = Invitation.objects.exclude(appointment__therapist__in=treats)
    since = _since(receivers)
    if since is not None:
        asked = asked | Invitation.objects.filter(sent_at__lt=since)
    return Client.objects.filter(pk__in=asked.values("appointment__client")).exclude(wrapped_key=b"")


def _since(receivers: Mapping[int, frozenset[str]]) -> datetime | None:
    """When the last of them was added as the care contact, as far as the audit knows."""
    posts = Post.objects.filter(role=Role.CARE_CONTACT, member__in=list(receivers)).values_list("pk", flat=True)
    added = Event.objects.filter(action=Action.MEMBER_ADDED, about__in=[f"post:{pk}" for pk in posts])
    return added.order_by("-at").values_list("at", flat=True).first()
