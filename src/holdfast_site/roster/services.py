"""Adding people and taking their access away. Somebody who leaves is nobody from his next request on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts import mailboxes
from holdfast_site.accounts.models import Member, Post
from holdfast_site.accounts.services import Told, add_member, welcome
from holdfast_site.audit.services import Action, record
from holdfast_site.handover.models import Matter
from holdfast_site.languages import N_
from holdfast_site.people.models import Therapist
from holdfast_site.roster.selectors import is_called_so, is_last_lead, is_only_care_contact, members

CALLED_SO = N_("Another therapist here is called %(name)s. Add something that tells them apart. Nothing was saved.")
GOES_BY = N_(
    "%(id)s is %(name)s already. If that is who you mean, leave the name blank; a name is changed below, under "
    "Therapists."
)


def called_so(name: str) -> str:
    """Why a therapist cannot have a name."""
    return gettext(CALLED_SO) % {"name": name}


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody was added in a role; who is new here has to be told his first way in."""

    told: Told | None


@transaction.atomic
def add(*, by: Actor, login: str, role: Role, therapist_id: str, name: str = "", now: datetime) -> Added | str:
    """Add somebody, or a role of somebody who is known and keeps his way in. Or say why not."""
    known = Member.objects.filter(login=login).first()
    if known is not None and str(known.pk) == by.id:
        return gettext("Nobody gives a role to himself. Ask another lead, or whoever runs this computer.")
    if known is not None and not members(by).filter(pk=known.pk).exists():
        return gettext("%(login)s is taken. Choose another name.") % {"login": login}
    if known is not None and Post.objects.filter(member=known, role=role).exists():
        return gettext("%(login)s acts in this role already.") % {"login": login}
    if role is Role.THERAPIST and not therapist_id:
        return gettext("Say which therapist this is: the id in the practice's tables.")
    if role is Role.THERAPIST:
        treats, _ = Therapist.objects.get_or_create(pk=therapist_id)
        if is_called_so(name, but=treats):
            transaction.set_rollback(True)
            return called_so(name)
        if name and treats.name not in ("", name):
            return gettext(GOES_BY) % {"id": treats.pk, "name": treats.name}
        if name:
            keep_therapist(by=by, therapist=treats, told={"name": name}, now=now)
    post = add_member(login, role, therapist_id=therapist_id if role is Role.THERAPIST else None)
    record(Action.MEMBER_ADDED, by=by, about=f"post:{post.pk}", at=now)
    return Added(None if known else welcome(by=by, post=post, now=now))


@transaction.atomic
def new_way_in(*, by: Actor, member_id: int, now: datetime) -> Told | None:
    """Make a new way in for somebody who has lost his; nobody if there is nobody of that number who may come in."""
    member = members(by).filter(pk=member_id, is_active=True).first()
    post = None if member is None else member.posts.order_by("pk").first()
    return None if post is None else welcome(by=by, post=post, now=now)


@dataclass(frozen=True, slots=True)
class OnlyCareContact:
    """Nobody else receives what is not for the therapist. Nothing was changed: first it has to be said again."""


@transaction.atomic
def end(*, by: Actor, member_id: int, now: datetime, sure: bool = False) -> bool | OnlyCareContact:
    """Take somebody's access away; what he had taken on is nobody's again, for whoever has the role.

    Where he heard by mail that something waits is forgotten.

    False: there is nobody to take it from, or nobody would lead the practice then, and so nobody could add another.
    """
    list(Member.objects.select_for_update().order_by("pk"))  # two leads who end each other: one of them does
    member = members(by).filter(pk=member_id, is_active=True).first()
    if member is None or str(member.pk) == by.id or is_last_lead(member):
        return False
    if is_only_care_contact(member) and not sure:
        return OnlyCareContact()
    member.is_active = False
    member.save(update_fields=["is_active"])
    Matter.objects.filter(owner__member=member, closed_at__isnull=True).update(owner=None)
    mailboxes.remove(by=by, member=member, now=now)
    record(Action.MEMBER_ENDED, by=by, about=f"member:{member.pk}", at=now)
    return True


@transaction.atomic
def let_back(*, by: Actor, member_id: int, now: datetime) -> bool:
    """Let somebody in again whose access was taken away."""
    changed = members(by).filter(pk=member_id, is_active=False).update(is_active=True)
    if changed:
        record(Action.MEMBER_BACK, by=by, about=f"member:{member_id}", at=now)
    return bool(changed)


@transaction.atomic
def keep_therapist(*, by: Actor, therapist: Therapist, told: Mapping[str, object], now: datetime) -> None:
    """Keep a therapist's name, for how many clients there is room, and how the therapist works."""
    for name, value in told.items():
        setattr(therapist, name, value)
    therapist.save(update_fields=list(told))
    record(Action.THERAPIST_CHANGED, by=by, about=f"therapist:{therapist.pk}", at=now)


@transaction.atomic
def keep_names(*, by: Actor, therapists: Sequence[Therapist], names: Mapping[str, str], now: datetime) -> str:
    """Name several therapists, or none of them; then say why."""
    seen: set[str] = set()
    for one in therapists:
        name = names.get(one.pk, "")
        if name and (name.casefold() in seen or is_called_so(name, but=one)):
            transaction.set_rollback(True)
            return called_so(name)
        if name:
            seen.add(name.casefold())
            keep_therapist(by=by, therapist=one, told={"name": name}, now=now)
    return ""
