"""The therapist's pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from holdfast_site.access.actors import Actor
from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.caseload import flags, selectors, services
from holdfast_site.caseload.forms import GuessForm, LogForm
from holdfast_site.caseload.repairs import SOMETHING_ELSE, Done
from holdfast_site.caseload.story import story
from holdfast_site.consents.selectors import told_to_his_therapist
from holdfast_site.emergency import services as emergency_services
from holdfast_site.emergency.selectors import notices
from holdfast_site.people.treating import own_clients

FEW, TO_PUT_RIGHT = 3, 5  # what can be read before the next client comes, and what he tapped last


def today(request: ActingRequest) -> HttpResponse:
    """One screen: who is coming, who is worth a conversation, who has gone quiet, what nobody marked."""
    actor, now = request.actor, timezone.now()
    note_reading(Action.CASELOAD_READ, by=actor, about=f"therapist:{actor.therapist_id}", now=now)
    own = selectors.own_ids(actor)
    overdue, pointed = list(selectors.overdue(actor, own)), _pointed(actor, own, now)
    coming = selectors.coming(actor, own, now=now)
    next_day = selectors.of_the_first_day(coming)
    nobody_marked = list(selectors.unmarked(actor, own, now=now))
    unmarked = nobody_marked[:FEW]
    marked = selectors.marked_today(actor, own, now=now)[:TO_PUT_RIGHT]
    opened = notices(actor)
    shown = {
        *(one.opening.client_id for one in opened),
        *(one.appointment.client_id for one in coming),
        *(one.client.pk for one in pointed.get("worth", ())),
        *(one.client_id for one in overdue),
        *(one.client_id for one in (*unmarked, *marked)),
    }
    context = {
        "names": selectors.names(own & shown),
        "opened": opened,
        "coming": next_day,
        "later": coming[len(next_day) :],
        "early_warning": settings.SITE.early_warning,
        **pointed,
        "overdue": overdue[:FEW],
        "longer": overdue[FEW:],
        "unmarked": unmarked,
        "unmarked_after": max(len(nobody_marked) - FEW, 0),
        "marked": marked,
    }
    return render(request, "caseload/today.html", context)


def _pointed(actor: Actor, own: Collection[str], now: datetime) -> Mapping[str, Any]:
    """Who is worth a conversation, with the record of it; nothing where the early warning is off."""
    if not settings.SITE.early_warning:
        return {}
    off = flags.muted()
    return {
        "muted": off,
        "worth": flags.worth_a_conversation(actor, own, off, now=now),
        "record": flags.record_here(),
        "guesses": flags.own_guesses(actor, now=now),
    }


def client(request: ActingRequest, client_id: str) -> HttpResponse:
    """One of his clients: the story, the fit, what could be said, what he said."""
    actor, now = request.actor, timezone.now()
    his = get_object_or_404(own_clients(actor), pk=client_id)
    note_reading(Action.CLIENT_READ, by=actor, about=f"client:{his.pk}", now=now)
    context = {
        "client": his,
        "names": selectors.names({his.pk}),
        "asked_us": told_to_his_therapist(his),
        "story": story(actor, his, now=now),
        "something_else": SOMETHING_ELSE,
    }
    return render(request, "caseload/client.html", context)


def log(request: ActingRequest, client_id: str) -> HttpResponse:
    """Keep what was said or done: one tap.

    Raises
    ------
    Http404
        If the client is not his own, or it is nothing that the page offers.
    """
    his = get_object_or_404(own_clients(request.actor), pk=client_id)
    form = LogForm(request.POST)
    if not form.is_valid():
        raise Http404
    done = Done(form.cleaned_data["action"], form.cleaned_data["prompted_by"])
    kept = services.log_repair(
        by=request.actor, client=his, form=form.cleaned_data["form"], done=done, now=timezone.now()
    )
    if not kept:
        raise Http404
    return redirect(f"{reverse('caseload:client', args=[his.pk])}#done")


def take_back(request: ActingRequest, repair: int) -> HttpResponse:
    """Take back what was logged by mistake.

    Raises
    ------
    Http404
        If it is not his own, or a day old.
    """
    whose = services.take_back(by=request.actor, repair_id=repair, now=timezone.now())
    if whose is None:
        raise Http404
    return redirect(f"{reverse('caseload:client', args=[whose])}#done")


def guess(request: ActingRequest, flag: int) -> HttpResponse:
    """What he thinks before he sees why, or that he would rather just see it.

    Raises
    ------
    Http404
        If the flag is not his own, or it is no answer that the page offers.
    """
    form = GuessForm(request.POST)
    if not form.is_valid():
        raise Http404
    said = flags.Said(form.cleaned_data["guess"])
    if not services.keep_guess(by=request.actor, flag_id=flag, said=said, now=timezone.now()):
        raise Http404
    if form.cleaned_data["then"] == "client":
        return redirect("caseload:client", flags.whose(request.actor, flag))
    return redirect("caseload:today")


def know(request: ActingRequest, key: UUID) -> HttpResponse:
    """Say that he knows that a client's page was opened in an emergency.

    Raises
    ------
    Http404
        If it is not of his own client, or was said before.
    """
    if not emergency_services.know(by=request.actor, key=key, now=timezone.now()):
        raise Http404
    return redirect("caseload:today")


def came(request: ActingRequest, appointment: int) -> HttpResponse:
    """Did he come? One tap; for the rest of the day he can put it right.

    Raises
    ------
    Http404
        If the appointment is not his own, or the answer is neither yes nor no.
    """
    said = request.POST.get("came", "")
    if said not in services.CAME:
        raise Http404
    write = services.mark_right if "right" in request.POST else services.mark
    write(by=request.actor, appointment_id=appointment, came=said, now=timezone.now())
    return redirect(f"{reverse('caseload:today')}#came")
