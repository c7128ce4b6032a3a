"""The care contact's pages: what was kept from therapists, whom nobody is holding, and the way to another therapist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from holdfast_site.access.actors import Role
from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.away.selectors import absence
from holdfast_site.handover import offers, selectors, services
from holdfast_site.handover.forms import BY_HAND, MOST_STORY, KeptForm, PlanForm, SeenForm, SettleForm, SwitchForm
from holdfast_site.handover.models import CAN_BE_AGREED, Matter, NextStep, Outcome, Step
from holdfast_site.handover.receiving import would_reach_nobody
from holdfast_site.people.booking import Over, Taken
from holdfast_site.people.treating import own_clients

UNREADABLE, CHANGED_MEANWHILE = 422, 409
LATELY = timedelta(days=7)
WRONG: Mapping[type[object], str] = {
    services.Meanwhile: "Somebody did something about this while you had it open. Nothing of yours was saved: look "
    "below at what was done, then decide again.",
    Taken: "The therapist sees somebody else at that time. Nothing was saved: choose another time.",
    Over: "That time is over already. Nothing was saved: choose one that is still to come.",
}


def kept(request: ActingRequest) -> HttpResponse:
    """What clients kept from their therapist, newest first; take one on."""
    if request.method == "POST":
        return _taken_on(request)
    actor = request.actor
    page = selectors.kept_page(actor, request.GET.get("page", ""))
    found = selectors.kept_from_therapists(actor, page)
    note_reading(Action.KEPT_READ, by=actor, about=f"kept:{len(found)}", now=timezone.now())
    return render(request, "handover/kept.html", {"kept": [(one, uuid4()) for one in found], "page": page})


def holding(request: ActingRequest) -> HttpResponse:
    """Whom nobody is holding, and who is held by whom; for a therapist, what his clients asked him for."""
    actor, now = request.actor, timezone.now()
    found = selectors.open_matters(actor, now=now)
    note_reading(Action.MATTERS_READ, by=actor, about=f"matters:{len(found)}", now=now)
    context = {
        "nobodys": [one for one in found if one.matter.owner is None],
        "held": [one for one in found if one.matter.owner is not None],
        "settled": selectors.settled_since(actor, now - LATELY),
        "silent": selectors.unanswered_twice(actor, now=now),
        "came_over": selectors.came_over(actor, now=now),
        "is_his_therapist": actor.role is Role.THERAPIST,
    }
    return render(request, "handover/holding.html", context)


def matter(request: ActingRequest, matter: UUID) -> HttpResponse:
    """One matter: how to reach him, what was done, what is next."""
    if request.method == "POST":
        return _done(request, _own(request, matter))
    return _matter_page(request, matter)


def another(request: ActingRequest, matter: UUID) -> HttpResponse:
    """Another therapist: who has room and fits better on what was wrong; he decides."""
    if request.method == "POST":
        return _switched(request, _own(request, matter))
    return _another_page(request, matter)


# --- what can be done -------------------------------------------------------------------------------


def _own(request: ActingRequest, matter: UUID) -> Matter:
    return get_object_or_404(selectors.held_by(request.actor).select_related("client", "therapist"), key=matter)


def _taken_on(request: ActingRequest) -> HttpResponse:
    form = KeptForm(request.POST)
    if not form.is_valid():
        raise Http404
    told = form.cleaned_data
    box = get_object_or_404(selectors.kept_boxes(request.actor), pk=told["box"])
    matter = services.take_on_kept(by=request.actor, box_id=box.pk, form=told["form"], now=timezone.now())
    return redirect("handover:matter", matter.key)


def _done(request: ActingRequest, matter: Matter) -> HttpResponse:
    shapes: Mapping[str, tuple[type[SeenForm], Callable[..., object]]] = {
        "take": (SeenForm, _take),
        "plan": (PlanForm, _plan),
        "settle": (SettleForm, _settle),
    }
    if request.POST.get("do") not in shapes:
        raise Http404
    shape, act = shapes[request.POST["do"]]
    form = shape(request.POST)
    if not form.is_valid():
        return _matter_page(request, matter.key, wrong=_first_of(form), status=UNREADABLE)
    away = _away(matter.therapist_id, form.cleaned_data)
    if away:
        return _matter_page(request, matter.key, away=away, status=CHANGED_MEANWHILE)
    done = act(request, matter, form.cleaned_data)
    if isinstance(done, Step):
        return redirect("handover:matter", matter.key)
    return _matter_page(request, matter.key, wrong=WRONG[type(done)], status=CHANGED_MEANWHILE)


def _take(request: ActingRequest, matter: Matter, told: dict[str, Any]) -> object:
    return services.take(by=request.actor, matter=matter, seen=_seen(told), now=timezone.now())


def _plan(request: ActingRequest, matter: Matter, told: dict[str, Any]) -> object:
    what, on = NextStep(told["what"]), told["on"]
    return services.plan(by=request.actor, matter=matter, seen=_seen(told), what=what, on=on, now=timezone.now())


def _settle(request: ActingRequest, matter: Matter, told: dict[str, Any]) -> object:
    outcome, at = Outcome(told["outcome"]), _moment(told["on"], told["at"])
    return services.settle(
        by=request.actor, matter=matter, seen=_seen(told), outcome=outcome, at=at, now=timezone.now()
    )


def _switched(request: ActingRequest, matter: Matter) -> HttpResponse:
    form = SwitchForm(request.POST)
    goes_to = selectors.others(request.actor, matter).filter(pk=request.POST.get("goes_to", "")).first()
    if not form.is_valid() or goes_to is None:
        return _another_page(request, matter.key, wrong=_first_of(form), status=UNREADABLE)
    told, starts_at = form.cleaned_data, _moment(form.cleaned_data["on"], form.cleaned_data["at"])
    assert starts_at is not None  # noqa: S101 - for the types: the form asks for a day
    away, unread = absence(goes_to.pk, told["on"], now=timezone.now()), would_reach_nobody(matter.client, goes_to)
    if (away and not told["though_away"]) or (unread and not told["though_unread"]):
        return _another_page(request, matter.key, away=away, unread=unread, status=CHANGED_MEANWHILE)
    done = services.switch(
        by=request.actor,
        matter=matter,
        seen=_seen(told),
        goes_to=goes_to,
        starts_at=starts_at,
        story=told["story"],
        now=timezone.now(),
    )
    if isinstance(done, Step):  # if he goes on with her who acts here, she is his therapist from now on
        is_hers = selectors.held_by(request.actor).filter(pk=matter.pk).exists()
        return redirect("handover:matter", matter.key) if is_hers else redirect("handover:holding")
    return _another_page(request, matter.key, wrong=WRONG[type(done)], status=CHANGED_MEANWHILE)


def _away(therapist_id: str, told: Mapping[str, Any]) -> str:
    """That nobody is there on the day that is to be booked, unless he said that he knows."""
    if told.get("outcome") != Outcome.BOOKED or told["on"] is None or told["though_away"]:
        return ""
    return absence(therapist_id, told["on"], now=timezone.now())


def _seen(told: Mapping[str, Any]) -> services.Seen:
    return services.Seen(form=told["form"], steps=told["seen"])


def _moment(day: date | None, at: time | None) -> datetime | None:
    """A day and a time of the practice's clock; a day alone is its beginning."""
    return None if day is None else datetime.combine(day, at or time(), ZoneInfo(settings.SITE.timezone))


def _first_of(form: forms.Form) -> str:
    own = form.non_field_errors()
    return str(own[0]) if own else "Something is missing, or is not a day or a time. Nothing was saved."


# --- the pages --------------------------------------------------------------------------------------


def _matter_page(
    request: ActingRequest, matter: UUID, *, wrong: str = "", away: str = "", status: int = 200
) -> HttpResponse:
    found, is_his_therapist = _read(request, matter, Action.MATTER_READ), request.actor.role is Role.THERAPIST
    context = {
        "whole": found,
        "wrong": wrong,
        "away": away,
        "told": request.POST if away else {},
        "is_his_therapist": is_his_therapist,
        "form": uuid4(),
        "next_steps": [one for one in NextStep.choices if not (one[0] == NextStep.ASK and is_his_therapist)],
        "outcomes": [one for one in BY_HAND if _is_offered(Outcome(one[0]), found)],
        "today": timezone.localdate(),
        "words": selectors.in_words(found.said),
    }
    return render(request, "handover/matter.html", context, status=status)


def _is_offered(outcome: Outcome, found: selectors.Whole) -> bool:
    """Whether it can come of this matter."""
    if outcome is Outcome.AGREED:
        return found.matter.kind in CAN_BE_AGREED
    return outcome is not Outcome.BOOKED or not found.booked


def _another_page(
    request: ActingRequest, matter: UUID, *, wrong: str = "", away: str = "", unread: str = "", status: int = 200
) -> HttpResponse:
    found = _read(request, matter, Action.SWITCH_READ)
    if found.matter.closed_at is not None:
        raise Http404
    asked = offers.what_he_asks(request.actor, found.matter, request.GET.dict())
    context = {
        "whole": found,
        "wrong": wrong,
        "away": away,
        "unread": unread,
        "form": uuid4(),
        "choices": offers.choices(asked),
        "genders": [(value, gettext(words), value == asked.gender) for value, words in offers.GENDERS],
        "found": offers.offered(found.matter, asked, today=timezone.localdate()),
        "told": request.POST,
        "most_story": MOST_STORY,
        "today": timezone.localdate(),
        "words": selectors.in_words(found.said),
    }
    return render(request, "handover/another.html", context, status=status)


def _read(request: ActingRequest, matter: UUID, action: Action) -> selectors.Whole:
    now = timezone.now()
    found = selectors.whole(request.actor, matter, now=now)
    if found is None:
        raise Http404
    note_reading(action, by=request.actor, about=f"matter:{found.matter.pk}", now=now)
    return found


# --- the new therapist ------------------------------------------------------------------------------


def story(request: ActingRequest, client_id: str) -> HttpResponse:
    """What a client let go along when he came from another therapist here. His new therapist reads it.

    Raises
    ------
    Http404
        If he is not this therapist's, or let nothing go along.
    """
    his = get_object_or_404(own_clients(request.actor), pk=client_id)
    told = selectors.story_for(request.actor, his)
    if not told:
        raise Http404
    note_reading(Action.STORY_READ, by=request.actor, about=f"client:{his.pk}", now=timezone.now())
    return render(request, "handover/story.html", {"client": his, "story": told})
