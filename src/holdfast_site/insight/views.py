"""The lead's page: where people are lost, whether they are asked, what is open, and what was opened."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.emergency import services as emergency_services
from holdfast_site.emergency.selectors import notices
from holdfast_site.insight import selectors
from holdfast_site.insight.drawn import page_of
from holdfast_site.insight.small import few, words


def practice(request: ActingRequest) -> HttpResponse:
    """The practice as a whole, as of the beginning of this week; what is open, as of now."""
    actor, now = request.actor, timezone.now()
    week, now_open = selectors.this_week(actor), selectors.open_now(actor, now=now)
    note_reading(Action.PRACTICE_READ, by=actor, about="practice", now=now)
    context = {
        "week": week,
        "leak": page_of(week.leak) if week is not None and week.leak is not None else None,
        "opened": notices(actor),
        "open": now_open,
        "matters": words(now_open.matters) if now_open is not None else "",
        "few": few(),
        "unreceived": selectors.nobody_receives(actor),
        "refused": selectors.refused(actor, now=now),
        "backup": selectors.last_backup(actor, now=now),
    }
    return render(request, "insight/practice.html", context)


def know(request: ActingRequest, key: UUID) -> HttpResponse:
    """Say that the lead knows that a client's page was opened in an emergency.

    Raises
    ------
    Http404
        If there is no such notice, it is about himself while somebody else leads too, or it was said before.
    """
    if not emergency_services.know(by=request.actor, key=key, now=timezone.now()):
        raise Http404
    return redirect("insight:practice")
