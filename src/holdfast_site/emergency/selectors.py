"""Which pages are open in an emergency, to whom and until when; and who has still to be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Post
from holdfast_site.emergency.models import Opening
from holdfast_site.people.models import Appointment, Client, Therapist
from holdfast_site.people.treating import now_with, own_clients

LASTS = timedelta(minutes=60)
CLINICIANS = (Role.THERAPIST, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Notice:
    """One opening, for whoever is told of it. ``why`` is for his therapist alone, and blank for anybody else."""

    opening: Opening
    who: str
    until: datetime
    why: str = ""
    can_be_known: bool = True  # by whoever looks: nobody says so of what he opened himself, if another can


# --- whoever opens ----------------------------------------------------------------------------------


def is_offered(actor: Actor) -> bool:
    """Whether there is anybody whose client it could be: not where one person alone treats."""
    if actor.role not in CLINICIANS:
        return False
    others = Therapist.objects.exclude(pk__in=treats_as(actor))
    return others.filter(Exists(Appointment.objects.filter(therapist=OuterRef("pk")))).exists()


def treats_now(actor: Actor, client: Client) -> bool:
    """Whether it is his own client, in whatever role he acts."""
    return treats_as(actor).filter(therapist=therapist_of(client)).exists()


def therapist_of(client: Client) -> str | None:
    """Whom a client is with now; none: nobody."""
    found: str | None = Client.objects.annotate(now_with=now_with("pk")).get(pk=client.pk).now_with
    return found


def treats_as(actor: Actor) -> QuerySet[Post, str | None]:
    """As which therapists somebody is known, whatever his role now is."""
    posts = Post.objects.filter(member=int(actor.id), therapist__isnull=False)
    return posts.values_list("therapist", flat=True)


def open_to(actor: Actor, *, now: datetime) -> QuerySet[Opening]:
    """What is open to a clinician at this moment. For anybody else: nothing."""
    if actor.role not in CLINICIANS:
        return Opening.objects.none()
    his = Opening.objects.filter(by__member=int(actor.id), by__role=actor.role).exclude(client__wrapped_key=b"")
    still = his.filter(ended_at__isnull=True, at__lte=now, at__gt=now - LASTS)
    return still.select_related("client").order_by("at", "pk")


def until(opening: Opening) -> datetime:
    """When it ended, or ends by itself."""
    return opening.ended_at or opening.at + LASTS


def why(opening: Opening) -> str:
    """The reason that was given; blank once he has been erased."""
    if not opening.sealed or opening.client.is_erased:
        return ""
    box = settings.VAULT.client_box(opening.client_id, opening.client.wrapped_key)
    return box.open(opening.sealed, place=opening.place).decode()


# --- whoever is told --------------------------------------------------------------------------------


def unknown_to(actor: Actor) -> QuerySet[Opening]:
    """What the lead, or his therapist, has not yet said is known. For anybody else: nothing."""
    found = Opening.objects.select_related("client", "by__member", "by__therapist").order_by("at", "pk")
    if actor.role is Role.LEAD:
        return found.filter(lead_knows_at__isnull=True)
    if actor.role is Role.THERAPIST:
        return found.filter(therapist_knows_at__isnull=True, client__in=own_clients(actor))
    return found.none()


def notices(actor: Actor) -> Sequence[Notice]:
    """The same in words. Why it was is for his therapist: the lead reads nothing that may tell of a client."""
    reads = actor.role is Role.THERAPIST
    return [
        Notice(one, one.by.called, until(one), why(one) if reads else "", may_say_known(actor, one))
        for one in unknown_to(actor)
    ]


def may_say_known(actor: Actor, opening: Opening) -> bool:
    """Whether this one can say so: not of what he opened himself, while there is another lead."""
    if actor.role is not Role.LEAD or opening.by.member_id != int(actor.id):
        return True
    leads = Post.objects.filter(role=Role.LEAD, member__is_active=True)
    return not leads.exclude(member=opening.by.member_id).exists()


# --- himself ----------------------------------------------------------------------------------------


def of_client(client: Client, *, since: datetime | None = None) -> QuerySet[Opening]:
    """Whenever a client's page was opened so, the latest first."""
    found = Opening.objects.filter(client=client).select_related("by__member", "by__therapist")
    return (found if since is None else found.filter(at__gte=since)).order_by("-at", "-pk")


def could_be(client: Client) -> bool:
    """Whether there is somebody here to whom his page could be opened: a clinician who does not treat him."""
    clinicians = Post.objects.filter(role__in=CLINICIANS, member__is_active=True)
    treats_him = Post.objects.filter(therapist__isnull=False, therapist=therapist_of(client)).values("member")
    return clinicians.exclude(member__in=treats_him).exists()
