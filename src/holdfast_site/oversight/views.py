"""The supervisor's pages, the stand-in's, the lead's about both, and a page that is opened in an emergency."""

from __future__ import annotations

from uuid import UUID, uuid4

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext

from holdfast_site.access.gate import ActingRequest
from holdfast_site.access.places import first_place
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.away import services as away
from holdfast_site.away.selectors import is_away_between, stands_in_between
from holdfast_site.caseload.flags import record_here
from holdfast_site.consents.selectors import told_to_his_therapist
from holdfast_site.emergency import selectors as emergency_selectors
from holdfast_site.emergency import services as emergency_services
from holdfast_site.emergency.models import Opening
from holdfast_site.languages import N_
from holdfast_site.oversight import selectors, services
from holdfast_site.oversight.emergencies import Not, open_for, page_of
from holdfast_site.oversight.forms import FEWEST_WHY, MOST_WHY, AssignForm, ClosedForm, EmergencyForm, LeaveForm
from holdfast_site.people.selectors import cards_of

UNREADABLE, TOO_MANY = 422, 429
NOT_OPENED = {
    Not.FOUND: N_(
        "Nobody here is known by both, or more than one man is. Nothing was opened. Check how his name is spelled; "
        "what is surest beside it is the id that he has here."
    ),
    Not.SO_SOON: N_("That was tried too often. Nothing was looked up. Wait a little, or ask the desk to call him."),
    Not.NEEDED: N_("He is your own client: his page is on your own list. Nothing was opened, and nobody was told."),
}
NOT_THERE = "Something is missing, is no day, or nobody here has that name or id. Nothing was saved."


def supervised(request: ActingRequest) -> HttpResponse:
    """The clients of whom he is the supervisor."""
    actor, now = request.actor, timezone.now()
    found = selectors.in_list(actor, now=now)
    note_reading(Action.SUPERVISED_READ, by=actor, about=f"supervised:{len(found)}", now=now)
    context = {
        "seen": [one for one in found if one.is_seen],
        "longer": [one for one in found if not one.is_seen],
        "assignments": selectors.assignments(actor, now=now),
    }
    return render(request, "oversight/supervised.html", context)


def client(request: ActingRequest, client_id: str) -> HttpResponse:
    """What one of them told his therapist."""
    actor, now = request.actor, timezone.now()
    his = get_object_or_404(selectors.supervised(actor, now=now), pk=client_id)
    note_reading(Action.SUPERVISED_READ, by=actor, about=f"client:{his.pk}", now=now)
    context = {
        "client": his,
        "card": cards_of([his])[his.pk],
        "checkins": selectors.checkins(actor, his, now=now),
        "words": selectors.may_read_words(his, now=now),
        "asked_us": told_to_his_therapist(his),
        "pointed": selectors.pointed_at(actor, now=now).get(his.pk),
        "record": record_here(),
    }
    return render(request, "oversight/client.html", context)


def standing_in(request: ActingRequest) -> HttpResponse:
    """For whom he stands in today, and what is open there."""
    actor, now = request.actor, timezone.now()
    found = selectors.standing_in(actor, now=now)
    note_reading(Action.MATTERS_READ, by=actor, about=f"standing_in:{len(found)}", now=now)
    away = selectors.away(actor, now=now)
    whom = get_text_list([str(one.therapist) for one in away], gettext("and"))
    context = {"away": away, "whom": whom, "matters": found}
    return render(request, "oversight/standing_in.html", context)


def emergency(request: ActingRequest) -> HttpResponse:
    """Open one page of somebody else's client for an hour, because something cannot wait.

    Raises
    ------
    Http404
        If nobody else treats here.
    """
    actor, now = request.actor, timezone.now()
    if not emergency_selectors.is_offered(actor):
        raise Http404
    if request.method != "POST":
        note_reading(Action.EMERGENCY_SOUGHT, by=actor, about="form", now=now)
        return _emergency_page(request)
    form = EmergencyForm(request.POST)
    if not form.is_valid():
        words = gettext("His name, one more thing that you know of him, and why it cannot wait, in a few words.")
        return _emergency_page(request, wrong=words)
    done = open_for(actor, form.cleaned_data, now=now)
    if isinstance(done, Opening):
        return redirect("oversight:opened", done.key)
    return _emergency_page(request, wrong=gettext(NOT_OPENED[done]), too_many=done is Not.SO_SOON)


def _emergency_page(request: ActingRequest, *, wrong: str = "", too_many: bool = False) -> HttpResponse:
    context = {
        "form": request.POST.get("form") or uuid4(),
        "told": request.POST,
        "wrong": wrong,
        "fewest": FEWEST_WHY,
        "most": MOST_WHY,
    }
    status = TOO_MANY if too_many else UNREADABLE if wrong else 200
    return render(request, "oversight/emergency.html", context, status=status)


def opened(request: ActingRequest, key: UUID) -> HttpResponse:
    """Read it, until its hour is over; or end it sooner.

    Raises
    ------
    Http404
        If it is not open to him, or not any more.
    """
    actor, now = request.actor, timezone.now()
    if request.method == "POST":
        if not emergency_services.end(by=actor, key=key, now=now):
            raise Http404
        return redirect(first_place(actor.role))
    opening = get_object_or_404(emergency_selectors.open_to(actor, now=now), key=key)
    note_reading(Action.EMERGENCY_READ, by=actor, about=f"client:{opening.client_id}", now=now)
    page = page_of(actor, opening, now=now)
    response = render(request, "oversight/opened.html", {"page": page})
    response["Refresh"] = str(int((page.until - now).total_seconds()) + 1)  # then it is gone from the screen too
    return response


def arranged(request: ActingRequest) -> HttpResponse:
    """Who supervises whom, who is away and when all is closed; the lead changes each."""
    if request.method != "POST":
        return _arranged_page(request)
    acts = {
        "assign": _assign,
        "end": _end,
        "leave": _leave,
        "take_back": _take_back,
        "close": _close,
        "open_again": _open_again,
    }
    if request.POST.get("do") not in acts:
        raise Http404
    wrong = acts[request.POST["do"]](request)
    return _arranged_page(request, wrong=wrong) if wrong else redirect("oversight:arranged")


def _assign(request: ActingRequest) -> str:
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _first_of(form)
    told, actor = form.cleaned_data, request.actor
    supervisor = selectors.supervisors(actor).filter(pk=told["supervisor"]).first()
    therapist = selectors.therapists(actor).filter(pk=told["therapist"]).first()
    client = selectors.clients(actor).filter(pk=told["client"]).first()
    if supervisor is None or (therapist is None and client is None):
        return NOT_THERE
    services.assign(
        by=actor, supervisor=supervisor, therapist=therapist, client=client, told_on=told["told_on"], now=timezone.now()
    )
    return ""


def _end(request: ActingRequest) -> str:
    found = get_object_or_404(selectors.every_assignment(request.actor), pk=_number(request))
    services.end(by=request.actor, assignment=found, now=timezone.now())
    return ""


def _leave(request: ActingRequest) -> str:
    form = LeaveForm(request.POST)
    if not form.is_valid():
        return _first_of(form)
    told, here = form.cleaned_data, selectors.therapists(request.actor)
    therapist, stand_in = here.filter(pk=told["therapist"]).first(), here.filter(pk=told["stand_in"]).first()
    if therapist is None or stand_in is None:
        return NOT_THERE
    if is_away_between(stand_in.pk, told["first_day"], told["last_day"]):
        return f"{stand_in} is away on some of these days and cannot stand in. Nothing was saved."
    other = stands_in_between(therapist.pk, told["first_day"], told["last_day"])
    if other is not None:
        return (
            f"{therapist} stands in for {other} on some of these days. Let somebody else do that first, then keep this."
        )
    away.keep_leave(
        by=request.actor,
        therapist=therapist,
        stand_in=stand_in,
        first_day=told["first_day"],
        last_day=told["last_day"],
        now=timezone.now(),
    )
    return ""


def _take_back(request: ActingRequest) -> str:
    now = timezone.now()
    found = get_object_or_404(selectors.leaves(request.actor, now=now), pk=_number(request))
    away.take_back(by=request.actor, leave=found, now=now)
    return ""


def _close(request: ActingRequest) -> str:
    form = ClosedForm(request.POST)
    if not form.is_valid():
        return _first_of(form)
    days = form.cleaned_data
    away.keep_closed(by=request.actor, first_day=days["first_day"], last_day=days["last_day"], now=timezone.now())
    return ""


def _open_again(request: ActingRequest) -> str:
    now = timezone.now()
    found = get_object_or_404(selectors.closed(request.actor, now=now), pk=_number(request))
    away.open_again(by=request.actor, closed=found, now=now)
    return ""


def _number(request: ActingRequest) -> int:
    told = request.POST.get("id", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


def _first_of(form: forms.Form) -> str:
    own = form.non_field_errors()
    return str(own[0]) if own and len(form.errors) == 1 else NOT_THERE


def _arranged_page(request: ActingRequest, *, wrong: str = "") -> HttpResponse:
    now = timezone.now()
    note_reading(Action.STAFF_READ, by=request.actor, about="arranged", now=now)
    leaves, closed = selectors.leaves(request.actor, now=now), selectors.closed(request.actor, now=now)
    today = timezone.localdate(now)
    context = {
        "assignments": selectors.every_assignment(request.actor),
        "leaves": [one for one in leaves if one.last_day >= today],
        "past_leaves": [one for one in leaves if one.last_day < today],
        "closed": [one for one in closed if one.last_day >= today],
        "past_closed": [one for one in closed if one.last_day < today],
        "supervisors": selectors.supervisors(request.actor),
        "therapists": selectors.therapists(request.actor),
        "told": request.POST,
        "wrong": wrong,
    }
    return render(request, "oversight/arranged.html", context, status=UNREADABLE if wrong else 200)
