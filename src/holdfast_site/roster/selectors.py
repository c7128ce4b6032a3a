"""Who works here: for the lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext

from holdfast.tables.schema import AXES
from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import STAFF, Member, Post
from holdfast_site.languages import N_
from holdfast_site.people.models import Therapist

AT_ONCE = 40  # a form may have a hundred fields
ROLE_WORDS = {
    Role.THERAPIST: N_("Therapist"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.CARE_CONTACT: N_("Care contact"),
    Role.LEAD: N_("Lead"),
    Role.DESK: N_("Desk"),
}


@dataclass(frozen=True, slots=True)
class Working:
    """One member with the roles that he may act in, one at a time."""

    member: Member
    roles: Sequence[str]
    is_self: bool
    hears: bool  # by mail that something waits: whether, never where


def members(actor: Actor) -> QuerySet[Member]:
    """Everybody of the staff who may sign in or might again. For anybody but the lead: nobody."""
    if actor.role is not Role.LEAD:
        return Member.objects.none()
    staff = Post.objects.filter(role__in=STAFF).values("member")
    return Member.objects.filter(pk__in=staff).exclude(posts__role=Role.CLIENT).order_by("-is_active", "login")


def working(actor: Actor) -> Sequence[Working]:
    """The same, with their roles in words."""
    found = members(actor).prefetch_related("posts__therapist").select_related("mailbox")
    return [
        Working(one, [_words(post) for post in one.posts.all()], str(one.pk) == actor.id, _hears(one)) for one in found
    ]


def _hears(member: Member) -> bool:
    return hasattr(member, "mailbox") and member.mailbox.is_used


def _words(post: Post) -> str:
    said = gettext(ROLE_WORDS[Role(post.role)])
    return f"{said} ({post.therapist})" if post.therapist else said


def therapists(actor: Actor) -> QuerySet[Therapist]:
    """Who treats here, by name. For anybody but the lead: nobody."""
    return Therapist.objects.order_by("name", "pk") if actor.role is Role.LEAD else Therapist.objects.none()


def nameless(actor: Actor) -> QuerySet[Therapist]:
    """Therapists who are still called by their ids."""
    return therapists(actor).filter(name="")


def is_called_so(name: str, *, but: Therapist | None = None) -> bool:
    """Whether another therapist has this name: nobody could tell them apart."""
    others = Therapist.objects.filter(name__iexact=name)
    return bool(name) and (others if but is None else others.exclude(pk=but.pk)).exists()


def style_of(therapist: Therapist) -> dict[str, int | None]:
    """How a therapist works, by axis."""
    return {axis: getattr(therapist, f"style_{axis}") for axis in AXES}


def is_only_care_contact(member: Member) -> bool:
    """Whether nobody else who may sign in receives what is not for the therapist."""
    return _is_only(member, Role.CARE_CONTACT)


def is_last_lead(member: Member) -> bool:
    """Whether nobody else who may sign in leads the practice."""
    return _is_only(member, Role.LEAD)


def _is_only(member: Member, role: Role) -> bool:
    """Whether of those who may sign in he alone has a role."""
    return set(Post.objects.filter(role=role, member__is_active=True).values_list("member", flat=True)) == {member.pk}
