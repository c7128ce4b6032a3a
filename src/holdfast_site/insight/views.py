"""The lead's page: where people are lost, whether they are asked, and what is open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action, note_reading
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
        "open": now_open,
        "matters": words(now_open.matters) if now_open is not None else "",
        "few": few(),
        "unreceived": selectors.nobody_receives(actor),
        "refused": selectors.refused(actor, now=now),
        "backup": selectors.last_backup(actor, now=now),
    }
    return render(request, "insight/practice.html", context)
