"""Pages by link, before a session and after it. Opening one changes nothing; sending it in does what it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from holdfast_site.access.gate import ActingRequest
from holdfast_site.away.selectors import in_the_way, stand_in_until
from holdfast_site.before import selectors, services
from holdfast_site.before.forms import BackForm, BeforeForm, PickForm, SayForm
from holdfast_site.before.page import sheet, told
from holdfast_site.before.sentences import MOST_PICKED, OFF
from holdfast_site.before.services import Back, Came, Said, TooOften
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.questions import MOST_WORDS
from holdfast_site.checkins.selectors import audiences_for, is_answered, own_invitation
from holdfast_site.checkins.services import AnsweredBefore, Closed, Empty, Kept
from holdfast_site.handover.due import seen_to_on
from holdfast_site.people.models import Appointment

GONE, CONFLICT, UNAVAILABLE, UNREADABLE, TOO_MANY = 410, 409, 503, 422, 429


@csrf_exempt  # as the check-in: the secret in the address is what a forged form would lack
def ask(request: ActingRequest, asked: str) -> HttpResponse:
    """Is he coming? Or keep what he sent in."""
    invitation = own_invitation(request.actor)
    if request.method == "POST":
        return _replied(request, invitation, asked)
    if is_answered(invitation):
        return _answered(request, invitation, asked)
    if not selectors.is_open(invitation, now=timezone.now()):
        return render(request, "before/closed.html", status=GONE)
    return _page(request, invitation, BeforeForm(audiences_for(invitation.appointment, now=timezone.now())))


def _replied(request: ActingRequest, invitation: Invitation, link: str) -> HttpResponse:
    form = BeforeForm(audiences_for(invitation.appointment, now=timezone.now()), request.POST)
    if not form.is_valid():
        return _page(request, invitation, form, wrong="unreadable", status=UNREADABLE)
    if form.crossed:
        return _page(request, invitation, form, wrong="crossed", status=UNREADABLE)
    if form.broken:
        return _page(request, invitation, form, wrong="broken", status=UNREADABLE)
    came = Came(request.actor, form.cleaned_data["form"], timezone.now())
    try:
        done = services.keep_reply(came=came, invitation=invitation, answers=form.answers())
    except DatabaseError:  # a full or failing disk: the page comes back with everything he wrote in it
        return _page(request, invitation, form, wrong="not_saved", status=UNAVAILABLE)
    match done:
        case Kept():
            return _thanked(request, invitation, link)
        case Empty():
            return _page(request, invitation, form, wrong="empty", status=UNREADABLE)
        case AnsweredBefore():
            return _answered(request, invitation, link, not_added=True)
        case Closed():
            return render(request, "before/closed.html", {"not_kept": True}, status=GONE)


def _answered(request: ActingRequest, invitation: Invitation, link: str, *, not_added: bool = False) -> HttpResponse:
    can_say = selectors.is_valid(invitation, now=timezone.now())
    context = {"link": link, "can_say": can_say, "not_added": not_added}
    return render(request, "before/answered.html", context, status=CONFLICT if not_added else 200)


def _thanked(request: ActingRequest, invitation: Invitation, link: str) -> HttpResponse:
    submission = invitation.submission
    way_back = selectors.link_back(submission) if hasattr(submission, "way_back") else ""
    context = {
        "told": told(selectors.given_in(submission), way_back),
        "appointment": invitation.appointment,
        **_away(invitation.appointment),
        "receivers": audiences_for(invitation.appointment, now=timezone.now()),
        "address": settings.SITE.address,
        "link": link,
    }
    return render(request, "before/thanks.html", context)


def _page(
    request: ActingRequest, invitation: Invitation, form: BeforeForm, wrong: str = "", status: int = 200
) -> HttpResponse:
    context = {"sheet": sheet(form, invitation.appointment), "wrong": wrong, **_away(invitation.appointment)}
    return render(request, "before/ask.html", context, status=status)


def _away(about: Appointment) -> Mapping[str, object]:
    """What is in the way of an appointment, and who may see for his therapist what he asks for: two things (H-08)."""
    day = timezone.localdate(about.starts_at)
    return {
        "in_the_way": in_the_way([about]).get(about.pk),
        "stand_in": stand_in_until(about.therapist_id, day, now=timezone.now()),
    }


@csrf_exempt
def say(request: ActingRequest, sent: str) -> HttpResponse:
    """Say it for me, in two steps: what is off, then two sentences to change, send or read out."""
    invitation = own_invitation(request.actor)
    if request.method != "POST":
        return _step_one(request, invitation)
    if "text" in request.POST:
        return _say(request, invitation)
    picked = PickForm(request.POST)
    if not picked.is_valid():
        return _pick(request, wrong=True)
    return _words(request, SayForm(), picked.sentences())


def _say(request: ActingRequest, invitation: Invitation) -> HttpResponse:
    form = SayForm(request.POST)
    text = request.POST.get("text", "")
    if not form.is_valid():
        return _words(request, form, text, wrong="unreadable", status=UNREADABLE)
    came = Came(request.actor, form.cleaned_data["form"], timezone.now())
    try:
        done = services.say(came=came, invitation=invitation, text=form.cleaned_data["text"])
    except DatabaseError:
        return _words(request, form, text, wrong="not_saved", status=UNAVAILABLE)
    match done:
        case Said():
            return render(request, "before/said.html")
        case AnsweredBefore():
            return _said_already(request, not_added=True)
        case Closed():
            return render(request, "before/closed.html", {"not_kept": True}, status=GONE)


def _step_one(request: ActingRequest, invitation: Invitation) -> HttpResponse:
    if selectors.has_said(invitation):
        return _said_already(request)
    if not selectors.is_valid(invitation, now=timezone.now()):
        return render(request, "before/closed.html", {"is_words": True}, status=GONE)
    return _pick(request)


def _pick(request: ActingRequest, *, wrong: bool = False) -> HttpResponse:
    chosen = set(request.POST.getlist("off"))
    picks = [(one.name, gettext(one.pick), one.name in chosen) for one in OFF]
    context = {"picks": picks, "wrong": wrong, "most": MOST_PICKED}
    return render(request, "before/pick.html", context, status=UNREADABLE if wrong else 200)


def _words(request: ActingRequest, form: SayForm, text: str, wrong: str = "", status: int = 200) -> HttpResponse:
    context = {"form_id": form["form"].value() or "", "text": text, "wrong": wrong, "most_words": MOST_WORDS}
    return render(request, "before/words.html", context, status=status)


def _said_already(request: ActingRequest, *, not_added: bool = False) -> HttpResponse:
    return render(request, "before/said_already.html", {"not_added": not_added}, status=CONFLICT if not_added else 200)


@csrf_exempt
def back(request: ActingRequest, back: str) -> HttpResponse:
    """The door that stays open."""
    way_back = selectors.own_way_back(request.actor)
    form = BackForm(request.POST if request.method == "POST" else None)
    to_care_contact = selectors.care_contact_receives(way_back, now=timezone.now())
    if not form.is_bound:
        return _door(request, form, to_care_contact, asked_at=selectors.still_asked_at(way_back))
    if not form.is_valid():
        return _door(request, form, to_care_contact, wrong="unreadable")
    said = form.cleaned_data
    if said["promised"] and not to_care_contact:
        return _door(request, form, to_care_contact, wrong="unkept")
    came, with_whom = Came(request.actor, said["form"], timezone.now()), said["someone_else"]
    told = Back(same_therapist=with_whom == "no", someone_else=with_whom == "yes", words=said["words"])
    try:
        done = services.come_back(came=came, way_back=way_back, told=told)
    except DatabaseError:
        return _door(request, form, to_care_contact, wrong="not_saved")
    if isinstance(done, TooOften):
        return _door(request, form, to_care_contact, wrong="later")
    context = {"to_care_contact": to_care_contact, "by": seen_to_on(came.now)}
    return render(request, "before/welcome.html", context)


def _door(
    request: ActingRequest, form: BackForm, to_care_contact: bool, *, wrong: str = "", asked_at: datetime | None = None
) -> HttpResponse:
    """The form; where it was sent before and nobody has seen to it yet, behind what was done."""
    said = form.data if form.is_bound else {}
    context = {
        "asked_at": asked_at,
        "by": seen_to_on(asked_at) if asked_at else None,
        "form_id": form["form"].value() or "",
        "someone_else": said.get("someone_else", ""),
        "words": said.get("words", ""),
        "wrong": wrong,
        "most_words": MOST_WORDS,
        "to_care_contact": to_care_contact,
    }
    status = {"unreadable": UNREADABLE, "unkept": UNREADABLE, "not_saved": UNAVAILABLE, "later": TOO_MANY}.get(
        wrong, 200
    )
    return render(request, "before/back.html", context, status=status)
