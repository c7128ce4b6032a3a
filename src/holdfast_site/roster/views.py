"""The lead's pages about people: who may sign in, in which roles, and how therapists work."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from holdfast_site.access.actors import Role
from holdfast_site.access.gate import ActingRequest
from holdfast_site.accounts.models import Member
from holdfast_site.accounts.services import Told
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.languages import N_
from holdfast_site.people.models import Therapist
from holdfast_site.roster import selectors, services
from holdfast_site.roster.forms import AddForm, NamesForm, TherapistForm
from holdfast_site.roster.words import AXIS_ENDS

UNREADABLE, NOT_YET = 422, 409
UNCLEAR = N_("Something is missing or too long. Nothing was saved.")


def people(request: ActingRequest) -> HttpResponse:
    """Who works here; and add somebody."""
    if request.method != "POST":
        return _page(request)
    form = AddForm(request.POST)
    if not form.is_valid():
        return _page(request, wrong=gettext(UNCLEAR))
    told = form.cleaned_data
    done = services.add(
        by=request.actor,
        login=told["login"],
        role=Role(told["role"]),
        therapist_id=told["therapist"],
        name=told["name"],
        now=timezone.now(),
    )
    if isinstance(done, str):
        return _page(request, wrong=done)
    return redirect("roster:people") if done.told is None else _page(request, told=done.told, who=told["login"])


def access(request: ActingRequest, member: int) -> HttpResponse:
    """Take somebody's access away, or give it back.

    Raises
    ------
    Http404
        If nobody of that number is there, or neither was said.
    """
    if request.POST.get("do") == "again":
        return _again(request, member)
    known, do = selectors.members(request.actor).filter(pk=member).first(), request.POST.get("do", "")
    if known is None or do not in ("end", "back"):
        raise Http404
    done = _ended(request, member) if do == "end" else _let_back(request, member)
    if isinstance(done, services.OnlyCareContact):
        return _page(request, only=known)
    if not done:
        why = gettext("Nothing changed: it was done already, it is you, or nobody would lead any more.")
        return _page(request, wrong=why)
    return redirect("roster:people")


def _ended(request: ActingRequest, member: int) -> bool | services.OnlyCareContact:
    sure = request.POST.get("sure") == "yes"
    return services.end(by=request.actor, member_id=member, sure=sure, now=timezone.now())


def _let_back(request: ActingRequest, member: int) -> bool:
    return services.let_back(by=request.actor, member_id=member, now=timezone.now())


def _again(request: ActingRequest, member: int) -> HttpResponse:
    told = services.new_way_in(by=request.actor, member_id=member, now=timezone.now())
    if told is None:
        raise Http404
    return _page(request, told=told, who=selectors.members(request.actor).get(pk=member).login)


def therapist(request: ActingRequest, therapist_id: str) -> HttpResponse:
    """A therapist's name, for how many clients there is room, and how the therapist works."""
    found = get_object_or_404(selectors.therapists(request.actor), pk=therapist_id)
    form = TherapistForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and selectors.is_called_so(form.cleaned_data["name"], but=found):
        return _therapist_page(request, found, wrong=services.called_so(form.cleaned_data["name"]))
    if form.is_valid():
        services.keep_therapist(by=request.actor, therapist=found, told=form.cleaned_data, now=timezone.now())
        return redirect("roster:people")
    return _therapist_page(request, found, wrong=gettext(UNCLEAR) if form.is_bound else "")


def names(request: ActingRequest) -> HttpResponse:
    """Name the therapists who are still called by their ids."""
    nameless = list(selectors.nameless(request.actor)[: selectors.AT_ONCE])
    form, wrong = NamesForm(nameless, request.POST if request.method == "POST" else None), ""
    if form.is_bound:
        told = form.names() if form.is_valid() else {}
        wrong = gettext(UNCLEAR)
        if form.is_valid():
            wrong = services.keep_names(by=request.actor, therapists=nameless, names=told, now=timezone.now())
        if not wrong:
            return redirect("roster:names" if told and selectors.nameless(request.actor).exists() else "roster:people")
    note_reading(Action.STAFF_READ, by=request.actor, about="names", now=timezone.now())
    return render(request, "roster/names.html", {"form": form, "wrong": wrong}, status=UNREADABLE if wrong else 200)


def _page(
    request: ActingRequest, *, wrong: str = "", told: Told | None = None, who: str = "", only: Member | None = None
) -> HttpResponse:
    note_reading(Action.STAFF_READ, by=request.actor, about="staff", now=timezone.now())
    context = {
        "working": selectors.working(request.actor),
        "therapists": selectors.therapists(request.actor),
        "nameless": selectors.nameless(request.actor).count(),
        "roles": [(role.value, gettext(words)) for role, words in selectors.ROLE_WORDS.items()],
        "wrong": wrong,
        "only": only,
        "told": request.POST if wrong else {},
        "way_in": told
        and {
            "who": who,
            "link": f"{settings.SITE.address}{reverse('welcome', args=[told.link])}",
            "code": f"{told.code[:4]} {told.code[4:]}",
        },
    }
    status = UNREADABLE if wrong else NOT_YET if only else 200
    return render(request, "roster/people.html", context, status=status)


def _therapist_page(request: ActingRequest, therapist: Therapist, *, wrong: str) -> HttpResponse:
    note_reading(Action.STAFF_READ, by=request.actor, about=f"therapist:{therapist.pk}", now=timezone.now())
    style = selectors.style_of(therapist)
    axes = [(axis, gettext(low), gettext(high), style[axis]) for axis, (low, high) in AXIS_ENDS.items()]
    context = {"therapist": therapist, "axes": axes, "scale": range(-3, 4), "wrong": wrong}
    return render(request, "roster/therapist.html", context, status=UNREADABLE if wrong else 200)
