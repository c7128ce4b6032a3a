"""The care contact's page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action
from holdfast_site.caseload.services import note_reading
from holdfast_site.handover import selectors


def kept(request: ActingRequest) -> HttpResponse:
    """What clients kept from their therapist, newest first."""
    actor = request.actor
    found = selectors.kept_from_therapists(actor)
    note_reading(Action.KEPT_READ, by=actor, about=f"kept:{len(found)}", now=timezone.now())
    return render(request, "handover/kept.html", {"kept": found})
