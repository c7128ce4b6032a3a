"""The gate: between the address table and every page. It lets through what the policy lists, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from holdfast_site.access.actors import ANYONE, Actor, Role
from holdfast_site.access.policy import EVERYBODY, SIGNED_IN, Owns, Rule, may, rule_for
from holdfast_site.accounts.sessions import is_fresh, signed_in
from holdfast_site.audit.refused import Why, note
from holdfast_site.before.selectors import way_back_of_link
from holdfast_site.checkins import selectors
from holdfast_site.checkins.models import Asks, Invitation
from holdfast_site.messages.selectors import contact_of_link
from holdfast_site.pages import unreadable

# how the address table calls the secret of a link, and what such a link may be for
LINKS = {"link": (Asks.CHECKIN,), "asked": (Asks.BEFORE,), "sent": tuple(Asks)}
WAY_BACK, ADDRESS = "back", "address"
LARGEST = 2**63 - 1  # id that a database can hold
FOREIGN = frozenset({"cross-site", "same-site"})


class ActingRequest(HttpRequest):
    """A request that has passed the gate: it is known who is acting, in which role."""

    actor: Actor
    refused: Why


class Gate:
    """Refuses before a page is called. What is forbidden looks exactly like what is not there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.NOT_FOUND:
            _note_refused(request)
        return response

    def process_view(
        self, request: ActingRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Decide about one request; none means that it may pass.

        Raises
        ------
        Http404
            If the page is not in the policy, or not for this role.
        """
        found = request.resolver_match
        rule = rule_for(found.view_name) if found else None
        if rule is None or any(_no_id(part) for part in kwargs.values()):
            raise Http404
        request.actor = ANYONE if rule.owns is Owns.NOTHING and rule.roles == EVERYBODY else actor_of(request, kwargs)
        if not may(rule, request.actor.role):
            request.refused = Why.ROLE
            raise Http404
        if _sent_from_elsewhere(request):
            request.refused = Why.ELSEWHERE
            raise Http404
        if request.method not in rule.methods:
            return HttpResponseNotAllowed(sorted(rule.methods))
        if _holds_nul(request):
            return unreadable(request)
        return _to_prove(request, rule) if rule.fresh and not is_fresh(request, now=timezone.now()) else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Somewhere in what was sent stood a number that no database holds: that is no fault of ours."""
        return unreadable(request) if isinstance(exception, OverflowError) else None


def _note_refused(request: HttpRequest) -> None:
    """Tell the audit, of somebody who has signed in. It stays refused whether that can be written down or not."""
    actor, found = getattr(request, "actor", ANYONE), request.resolver_match
    if found is None or actor.role not in SIGNED_IN:
        return
    try:
        note(getattr(request, "refused", Why.NOT_HIS), found.view_name, by=actor, now=timezone.now())
    except DatabaseError:
        logging.getLogger(__name__).exception("what was refused could not be written down")


def _no_id(part: object) -> bool:
    """Whether a part of an address can be nothing that a database knows: it would break instead of finding nothing."""
    return "\0" in part if isinstance(part, str) else isinstance(part, int) and part > LARGEST


def _holds_nul(request: HttpRequest) -> bool:
    """The same of what was sent: no page of ours sends a sign that PostgreSQL cannot keep."""
    sent = [*request.GET.lists(), *request.POST.lists()]
    files = [file.name for _, named in request.FILES.lists() for file in named]
    told = [*(text for name, values in sent for text in (name, *values)), *files, *request.COOKIES.values()]
    return any("\0" in str(text) for text in told)


def actor_of(request: HttpRequest, kwargs: Mapping[str, Any]) -> Actor:
    """Who is acting. A link makes its holder the holder of that one thing, whoever he is."""
    if WAY_BACK in kwargs:
        way = way_back_of_link(kwargs[WAY_BACK])
        return ANYONE if way is None else Actor(Role.LINK_HOLDER, id=f"back-{way.pk}", way_back_id=way.pk)
    if ADDRESS in kwargs:
        contact = contact_of_link(kwargs[ADDRESS], now=timezone.now())
        return ANYONE if contact is None else Actor(Role.LINK_HOLDER, id=f"address-{contact.pk}", contact_id=contact.pk)
    for name, asks in LINKS.items():
        if name in kwargs:
            return _holder_of(selectors.invitation_of_link(kwargs[name], asks))
    return signed_in(request)


def _holder_of(invitation: Invitation | None) -> Actor:
    if invitation is None:
        return ANYONE
    return Actor(Role.LINK_HOLDER, id=str(invitation.pk), invitation_id=invitation.pk)


def _to_prove(request: HttpRequest, rule: Rule) -> HttpResponseBase:
    """Lead to where he shows once more that it is he, and from there back to this page."""
    onward = {"next": request.path} if "GET" in rule.methods else {}
    return redirect(f"{reverse('prove')}?{urlencode(onward)}")


def _sent_from_elsewhere(request: HttpRequest) -> bool:
    """Whether another site made the browser send this. Older browsers do not say; there the link's secret must do."""
    return request.method not in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site", "") in FOREIGN
