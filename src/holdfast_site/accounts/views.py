"""Signing in and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from holdfast_site.access.actors import Role
from holdfast_site.access.gate import ActingRequest
from holdfast_site.access.places import first_place
from holdfast_site.accounts import services, sessions
from holdfast_site.accounts.forms import ROLES, SignInForm
from holdfast_site.accounts.models import Post

UNREADABLE = 422


def sign_in(request: ActingRequest) -> HttpResponse:
    """Ask who it is, or begin a session."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, wrong=form.is_bound)
    told, now = form.cleaned_data, timezone.now()
    post = services.post_of(told["login"], told["password"], Role(told["role"]), now=now)
    if post is None:
        return _page(request, wrong=True)
    actor = sessions.begin(request, post, now=now)
    return redirect(first_place(actor.role))


def sign_out(request: ActingRequest) -> HttpResponse:
    """End the session."""
    services.signed_out(by=request.actor, now=timezone.now())
    logout(request)
    return redirect("sign_in")


def enter_demo(request: ActingRequest, role: str) -> HttpResponse:
    """Begin a session without a password: only in the demo.

    Raises
    ------
    Http404
        Anywhere else, or for a role that nobody has.
    """
    post = Post.objects.filter(role=role).order_by("pk").first() if settings.SITE.demo else None
    if post is None:
        raise Http404
    return redirect(first_place(sessions.begin(request, post, now=timezone.now()).role))


def _page(request: ActingRequest, *, wrong: bool) -> HttpResponse:
    return render(
        request, "accounts/sign_in.html", {"roles": ROLES, "wrong": wrong}, status=UNREADABLE if wrong else 200
    )
