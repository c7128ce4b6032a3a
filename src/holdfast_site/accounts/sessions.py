"""From a session to who is acting. A session ends when nothing was done for half an hour, and after twelve hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.utils import timezone

from holdfast_site.access.actors import ANYONE, Actor, Role
from holdfast_site.accounts.models import Member, Post

POST, BEGAN = "post", "began"


def begin(request: HttpRequest, post: Post, *, now: datetime) -> Actor:
    """Begin a session in one role, under a new id."""
    request.session.flush()
    login(request, post.member)
    request.session[POST] = post.pk
    request.session[BEGAN] = now.isoformat()
    return _actor(post)


def signed_in(request: HttpRequest) -> Actor:
    """Who is acting. Somebody whose post or membership was taken away is nobody from the next request on."""
    if POST not in request.session or not isinstance(request.user, Member):
        return ANYONE
    began = datetime.fromisoformat(request.session[BEGAN])
    if timezone.now() - began > timedelta(seconds=settings.MOST_SECONDS):
        request.session.flush()
        return ANYONE
    post = Post.objects.filter(pk=request.session[POST], member=request.user, member__is_active=True).first()
    return ANYONE if post is None else _actor(post)


def _actor(post: Post) -> Actor:
    return Actor(Role(post.role), id=str(post.member_id), therapist_id=post.therapist_id)
