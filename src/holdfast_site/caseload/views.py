"""The therapist's pages."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action
from holdfast_site.caseload import selectors, services

FEW = 5  # what can be read before the next client comes


def today(request: ActingRequest) -> HttpResponse:
    """One screen: who is coming, who is worth a conversation, who has gone quiet, what nobody marked."""
    actor, now = request.actor, timezone.now()
    services.note_reading(Action.CASELOAD_READ, by=actor, about=f"therapist:{actor.therapist_id}", now=now)
    overdue = list(selectors.overdue(actor))
    context = {
        "coming": selectors.coming(actor, now=now),
        "early_warning": settings.SITE.early_warning,
        "worth": selectors.worth_a_conversation(actor, now=now),
        "record": selectors.record_here(now=now),
        "overdue": overdue[:FEW],
        "longer": overdue[FEW:],
        "unmarked": selectors.unmarked(actor, now=now)[:FEW],
    }
    return render(request, "caseload/today.html", context)


def client(request: ActingRequest, client_id: str) -> HttpResponse:
    """What one of his clients said."""
    actor, now = request.actor, timezone.now()
    his = get_object_or_404(selectors.own_clients(actor), pk=client_id)
    services.note_reading(Action.CLIENT_READ, by=actor, about=f"client:{his.pk}", now=now)
    return render(request, "caseload/client.html", {"client": his, "said": selectors.said(his)[::-1]})


def came(request: ActingRequest, appointment: int) -> HttpResponse:
    """Did he come? Two taps: this is the second.

    Raises
    ------
    Http404
        If the appointment is not his own, or the answer is neither yes nor no.
    """
    said = request.POST.get("came", "")
    if said not in services.CAME:
        raise Http404
    services.mark(by=request.actor, appointment_id=appointment, came=said, now=timezone.now())
    return redirect("caseload:today")
