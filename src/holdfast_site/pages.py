"""The pages that are nobody's: the way in, help now, a blank page, and what is shown when something is wrong.

None of them touches the database, so that help is there when everything else is not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from holdfast_site.access.actors import ANYONE, Role
from holdfast_site.access.places import PLACES
from holdfast_site.accounts.models import STAFF
from holdfast_site.accounts.sessions import news
from holdfast_site.emergency.models import Opening
from holdfast_site.emergency.selectors import CLINICIANS, is_offered, open_to, until
from holdfast_site.handover.selectors import not_begun
from holdfast_site.messages.selectors import LastBeat, last_beat, not_worked_out, trouble


def practice(request: HttpRequest) -> dict[str, Any]:
    """What every page may say: the practice's decisions, from its settings, and where else its reader can go."""
    role, beat = getattr(request, "actor", ANYONE).role, cache(last_beat)
    return {
        "site": settings.SITE,
        "places": PLACES.get(role, ()),
        "to_begin": partial(_to_begin, request),
        "trouble": partial(_trouble, role, beat),
        "not_worked_out": partial(
            not_worked_out, beat
        ),  # asked by the pages that show the lists: others need no database
        "changed_ways": partial(news, request),
        "in_emergency": cache(partial(_in_emergency, request)),  # asked twice on a page
    }


def _trouble(role: Role, beat: Callable[[], LastBeat | None] = last_beat) -> str:
    """What does not go on by itself, for those who work here. Only pages that show it ask: others need no database."""
    return trouble(timezone.now(), beat) if role in STAFF else ""


def _to_begin(request: HttpRequest) -> int:
    """How much his clients asked a therapist for that he has not begun: on the pages that the tabs lead to."""
    actor, at = getattr(request, "actor", ANYONE), request.resolver_match
    is_a_tab = at is not None and at.view_name in {view for view, _ in PLACES.get(actor.role, ())}
    return not_begun(actor) if actor.role is Role.THERAPIST and is_a_tab else 0


@dataclass(frozen=True, slots=True)
class InEmergency:
    """For a clinician: whether there is a way to somebody else's client, and what is open to him that way."""

    is_offered: bool
    open: Sequence[tuple[Opening, datetime]]  # each with when it ends


def _in_emergency(request: HttpRequest) -> InEmergency | None:
    """Only clinicians' pages that show it ask."""
    actor = getattr(request, "actor", ANYONE)
    if actor.role not in CLINICIANS:
        return None
    return InEmergency(is_offered(actor), [(one, until(one)) for one in open_to(actor, now=timezone.now())])


def home(request: HttpRequest) -> HttpResponse:
    """What somebody finds who comes without a link."""
    return render(request, "home.html")


def help_now(request: HttpRequest) -> HttpResponse:
    """Whom to call now."""
    return render(request, "help_now.html")


def blank(request: HttpRequest) -> HttpResponse:
    """Where the quick exit leads: nothing, and nobody is signed in any more in this browser."""
    response = render(request, "blank.html")
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Strict")
    return response


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its secret, or one that is no form."""
    sorry = {"sorry": _("That could not be read. Go back and send it again.")}
    if reason == REASON_NO_CSRF_COOKIE:
        sorry = {
            "sorry": _("Your browser did not keep the cookie that this page needs, so nothing was sent."),
            "then": _("Allow cookies for this site. Then open the page again. The cookie says nothing about you."),
        }
    return render(request, "sorry.html", sorry, status=403)


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Something came that no page of ours sends."""
    return render(request, "sorry.html", {"sorry": _("That could not be read. Go back and send it again.")}, status=400)


def absent(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not there, or not for this person: the same page, to the byte."""
    return render(request, "sorry.html", {"absent": True}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Our own fault, or a disk that takes nothing."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return _not_written(request)
    sorry = _("Something went wrong here, not with you. Go back, keep the page open and try again in a minute.")
    return render(request, "sorry.html", {"sorry": sorry}, status=500)


def _not_written(request: HttpRequest) -> HttpResponse:
    """A full or failing disk. Who looks is written down first, so that then there is nothing to look at either."""
    if request.method in ("GET", "HEAD"):
        sorry = _("This page cannot be shown now: who looks is written down first, and nothing can be written down.")
    else:
        sorry = _("This was not done: nothing can be written down now. Go back, and keep what you wrote.")
    then = _("Try again in a few minutes. If it stays so, whoever runs this site has to know: its disk may be full.")
    return render(request, "sorry.html", {"sorry": sorry, "then": then}, status=503)


def too_much(request: HttpRequest) -> HttpResponse:
    """More than a page of ours sends, or than an export may have here."""
    sorry = _(
        "That is more than can be taken here. An export may have up to 20 MB; a larger one goes by the command line."
    )
    return render(request, "sorry.html", {"sorry": sorry}, status=413)
