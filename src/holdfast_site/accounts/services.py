"""Members and signing in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from holdfast_site.access.actors import ANYONE, Actor, Role
from holdfast_site.accounts.models import Member, Post
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action, record

TRIES, WITHIN = 10, timedelta(minutes=15)


def add_member(login: str, role: Role, *, therapist_id: str | None = None, password: str | None = None) -> Post:
    """Add somebody in one role. Without a password he cannot sign in with one."""
    member, _ = Member.objects.get_or_create(login=login, defaults={"password": make_password(password)})
    return Post.objects.create(member=member, role=role, therapist_id=therapist_id)


def post_of(login: str, password: str, role: Role, *, now: datetime) -> Post | None:
    """The post that somebody may act in, if his password is right; else none, whatever it was that was wrong.

    After ten wrong tries in a quarter of an hour no password is right for the rest of it.
    """
    member = Member.objects.filter(login=login, is_active=True).first()
    tried_out = member is not None and _wrong_tries(member, now) >= TRIES
    right = check_password(password, member.password if member else make_password(None))
    post = Post.objects.filter(member=member, role=role).first() if member and right and not tried_out else None
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
