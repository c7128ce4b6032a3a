"""Members and signing in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from holdfast.errors import UsageError
from holdfast_site.access.actors import ANYONE, OPERATOR, Actor, Role
from holdfast_site.accounts.models import Member, Post
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action, record
from holdfast_site.people.models import Therapist

TRIES, WITHIN = 10, timedelta(minutes=15)


def add_member(login: str, role: Role, *, therapist_id: str | None = None, password: str | None = None) -> Post:
    """Add somebody in one role. Without a password he cannot sign in with one."""
    member, _ = Member.objects.get_or_create(login=login, defaults={"password": make_password(password)})
    return Post.objects.create(member=member, role=role, therapist_id=therapist_id)


@transaction.atomic
def introduce(login: str, role: Role, *, therapist_id: str | None, password: str, now: datetime) -> None:
    """Add somebody from the command line. Who is known already keeps his password and gets the role.

    Raises
    ------
    UsageError
        If there is no such therapist, he has the role already, or the password is too easy.
    """
    if therapist_id is not None and not Therapist.objects.filter(pk=therapist_id).exists():
        raise UsageError(f"No therapist has the id {therapist_id}. First: holdfast site load DIR TABLES")
    if Post.objects.filter(member__login=login, role=role).exists():
        raise UsageError(f"{login} acts in this role already.")
    try:
        validate_password(password)
    except ValidationError as error:
        raise UsageError(" ".join(error.messages)) from error
    post = add_member(login, role, therapist_id=therapist_id, password=password)
    record(Action.MEMBER_ADDED, by=OPERATOR, about=f"post:{post.pk}", at=now)


def post_of(login: str, password: str, role: Role, *, now: datetime) -> Post | None:
    """The post that somebody may act in, if his password is right; else none, whatever it was that was wrong.

    After ten wrong tries in a quarter of an hour no password is right for the rest of it.
    """
    member = Member.objects.filter(login=login, is_active=True).first()
    if member is not None and _wrong_tries(member, now) >= TRIES:
        return None
    right = check_password(password, member.password if member else make_password(password))  # takes as long for nobody
    post = Post.objects.filter(member=member, role=role).first() if member and right else None
    with transaction.atomic():
        about = f"member:{member.pk}" if member else "nobody"
        record(Action.SIGNED_IN if post else Action.NOT_SIGNED_IN, by=ANYONE, about=about, at=now)
    return post


def signed_out(*, by: Actor, now: datetime) -> None:
    """Tell the audit."""
    with transaction.atomic():
        record(Action.SIGNED_OUT, by=by, about=f"member:{by.id}", at=now)


def _wrong_tries(member: Member, now: datetime) -> int:
    lately = Event.objects.filter(action=Action.NOT_SIGNED_IN, about=f"member:{member.pk}", at__gt=now - WITHIN)
    return lately.count()
