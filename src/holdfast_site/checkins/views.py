"""The check-in's page. Opening it changes nothing, however often; sending it in keeps one set of answers."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from holdfast_site.access.gate import ActingRequest
from holdfast_site.accounts.supervision import supervised_since
from holdfast_site.checkins import selectors, services
from holdfast_site.checkins.forms import CheckinForm
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.page import sheet
from holdfast_site.checkins.questions import questions_of

GONE, CONFLICT, UNAVAILABLE, UNREADABLE = 410, 409, 503, 422


@csrf_exempt  # no cookie is set for whoever has a link: the secret in the address is what a forged form would lack
def answer(request: ActingRequest, link: str) -> HttpResponse:
    """Show the check-in, or keep what was sent in."""
    invitation = selectors.own_invitation(request.actor)
    if request.method == "POST":
        return _sent_in(request, invitation, link)
    if selectors.is_answered(invitation):
        return _answered(request, invitation, link)
    if selectors.is_closed(invitation, now=timezone.now()):
        return render(request, "checkins/closed.html", status=GONE)
    return _page(request, invitation, _form(invitation))


def _sent_in(request: ActingRequest, invitation: Invitation, link: str) -> HttpResponse:
    form = _form(invitation, request)
    if not form.is_valid():
        return _page(request, invitation, form, wrong="unreadable", status=UNREADABLE)
    try:
        done = services.keep_answers(
            by=request.actor,
            invitation=invitation,
            form=form.cleaned_data["form"],
            answers=form.answers(),
            now=timezone.now(),
        )
    except DatabaseError:  # a full or failing disk: the page comes back with everything he wrote in it
        return _page(request, invitation, form, wrong="not_saved", status=UNAVAILABLE)
    match done:
        case services.Kept(audiences):
            return render(request, "checkins/thanks.html", {"audiences": audiences, "link": link})
        case services.Empty():
            return _page(request, invitation, form, wrong="empty", status=UNREADABLE)
        case services.AnsweredBefore():
            return _answered(request, invitation, link, not_added=True)
        case services.Closed():
            return render(request, "checkins/closed.html", {"not_kept": True}, status=GONE)


def _answered(request: ActingRequest, invitation: Invitation, link: str, *, not_added: bool = False) -> HttpResponse:
    can_say = not selectors.is_closed(invitation, now=timezone.now())
    context = {"link": link, "can_say": can_say, "not_added": not_added}
    return render(request, "checkins/answered.html", context, status=CONFLICT if not_added else 200)


def _form(invitation: Invitation, request: ActingRequest | None = None) -> CheckinForm:
    audiences = selectors.audiences_for(invitation.appointment, now=timezone.now())
    return CheckinForm(questions_of(invitation.rotating), audiences, request.POST if request else None)


def _page(
    request: ActingRequest, invitation: Invitation, form: CheckinForm, wrong: str = "", status: int = 200
) -> HttpResponse:
    is_supervised = supervised_since(invitation.appointment.client, now=timezone.now()) is not None
    context = {"sheet": sheet(form), "wrong": wrong, "is_supervised": is_supervised}
    return render(request, "checkins/answer.html", context, status=status)
