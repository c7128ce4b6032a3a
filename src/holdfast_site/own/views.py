"""A client's own page: what is held about him, who looked, what he allows, and taking it away, right or out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from holdfast_site.access.gate import ActingRequest
from holdfast_site.accounts.services import welcome_of_client
from holdfast_site.accounts.supervision import supervised_since
from holdfast_site.accounts.views import ask_for_code
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.checkins.selectors import own_invitation
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import allows, paused_until
from holdfast_site.consents.services import decide
from holdfast_site.consents.words import OBJECTED_TO, WORDINGS
from holdfast_site.emergency.selectors import could_be
from holdfast_site.emergency.selectors import of_client as openings_of
from holdfast_site.messages.selectors import leads_to_him
from holdfast_site.own import selectors, services
from holdfast_site.own.as_fhir import as_bundle
from holdfast_site.own.erasing import erase
from holdfast_site.own.everything import about_the_calculation, as_data, everything
from holdfast_site.own.forms import STOPS, CorrectForm, DecideForm, ObjectForm, OwnForm, ReachForm, StopForm, StudyForm
from holdfast_site.own.looking import SHOWN, by_day, who_looked
from holdfast_site.people.models import Client
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.treating import own_clients
from holdfast_site.studies.selectors import asked_of, studies
from holdfast_site.studies.services import answer

UNREADABLE, UNAVAILABLE = 422, 503
FEW = 3  # check-ins that stand open on the page; the older ones a tap away
TAKEN_AS = {"html": "html", "json": "json", "fhir": "fhir.json"}  # how the file ends
LINK_GOOD_FOR = timedelta(days=30)  # for asking for a way in; its questions close long before


def mine(request: ActingRequest) -> HttpResponse:
    """The first page: what changed because he spoke, and where the rest is."""
    client, now = _own(request), timezone.now()
    context = {
        "changes": selectors.what_changed(client),
        "asked_for": selectors.what_he_asked_for(client),
        "notice": allows(client, Consent.CARE_NOTICE, at=now),
        "stopped": not allows(client, Consent.CHECKINS, at=now),
        "opened": openings_of(client, since=now - SHOWN),
    }
    return render(request, "own/mine.html", context)


def answers(request: ActingRequest) -> HttpResponse:
    """Everything he said, with what he kept from his therapist."""
    return render(request, "own/answers.html", {"said": selectors.said(_own(request)), "few": FEW})


def correct(request: ActingRequest, submission: int, number: int) -> HttpResponse:
    """Put answers right. What stood there before stays, and is marked.

    Raises
    ------
    Http404
        If there is no such box of his.
    """
    client, now = _own(request), timezone.now()
    boxes = selectors.own_boxes(client, submission)
    if number >= len(boxes):
        raise Http404
    box = boxes[number]
    form = CorrectForm(selectors.values_of(box, client), request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _form_page(request, "own/correct.html", form, box=box, sent_at=box.submission.answered_at)
    told = {"values": form.values(), "form": form.cleaned_data["form"]}
    services.put_right(by=request.actor, client=client, box=box, now=now, **told)
    return redirect("own:answers")


def looked(request: ActingRequest) -> HttpResponse:
    """Who looked, within the last sixty days."""
    client, now = _own(request), timezone.now()
    found = by_day(who_looked(client, since=now - SHOWN))
    return render(request, "own/looked.html", {"days": found, "shown": SHOWN.days})


def allowed(request: ActingRequest) -> HttpResponse:
    """What he allows, each thing by itself."""
    client, now = _own(request), timezone.now()
    objects = ObjectForm(request.POST)
    if request.method == "POST" and objects.is_valid():
        services.object_to_it(by=request.actor, client=client, form=objects.cleaned_data["form"], now=now)
        return redirect(f"{reverse('own:allowed')}#object")
    about_study = StudyForm(request.POST)
    if request.method == "POST" and about_study.is_valid():
        return _answer_study(request, client, about_study)
    form = DecideForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        told = form.cleaned_data
        consent = Consent(told["consent"])
        decide(by=request.actor, client=client, consent=consent, given=told["given"], form=told["form"], now=now)
        # nosemgrep: led-elsewhere - it says which part of our own page
        return redirect(f"{reverse('own:allowed')}#{consent}")
    notice, *choices = selectors.standing(client, now=now)
    context = {
        "notice": notice,
        "choices": choices,
        "has_objected": not any(allows(client, consent, at=now) for consent in OBJECTED_TO),
        "decided": selectors.decided(client),
        "studies": asked_of(client),
        "research": WORDINGS[Consent.RESEARCH],
        "alone": not allows(client, Consent.ANSWERS, at=now),
        "early_warning": settings.SITE.early_warning,
        "emergencies": could_be(client),
        "supervised_since": supervised_since(client, now=now),
    }
    return _form_page(request, "own/allowed.html", form, **context)


def reach(request: ActingRequest) -> HttpResponse:
    """How he is reached, and when."""
    client, now = _own(request), timezone.now()
    card = cards_of([client])[client.pk]
    form = ReachForm(request.POST if request.method == "POST" else None, initial=card.model_dump())
    if form.is_valid():
        told = {"card": form.card(card), "form": form.cleaned_data["form"]}
        services.change_reach(by=request.actor, client=client, now=now, **told)
        return redirect("own:mine")
    return _form_page(request, "own/reach.html", form)


def questions(request: ActingRequest) -> HttpResponse:
    """Pause the questions after sessions, stop them, or go on. Nobody asks why."""
    client, now = _own(request), timezone.now()
    form = StopForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        _stop(request, client, form)
        return redirect("own:questions")
    asked = allows(client, Consent.CHECKINS, at=now)
    alone = not allows(client, Consent.ANSWERS, at=now)
    context = {
        "asked": asked,
        "alone": alone,
        "until": paused_until(client, at=now),
        "stops": STOPS[:-1] if asked else STOPS[-1:],
    }
    return _form_page(request, "own/questions.html", form, **context)


def held(request: ActingRequest) -> HttpResponse:
    """Everything that is held about him, part by part."""
    return render(request, "own/held.html", _all(_own(request), timezone.now()))


def download(request: ActingRequest) -> HttpResponse:
    """Offer everything, to take away."""
    _own(request)
    return render(request, "own/download.html")


def take(request: ActingRequest, kind: str) -> HttpResponse:
    """Everything that is held about him: a page to read, data, or a file for another practice's computer.

    Raises
    ------
    Http404
        For another kind.
    """
    if kind not in TAKEN_AS:
        raise Http404
    client, now = _own(request, Action.OWN_DOWNLOADED), timezone.now()
    if kind == "html":
        response = HttpResponse(render_to_string("own/everything.html", _all(client, now)))
    else:
        made = as_bundle(client, now=now) if kind == "fhir" else as_data(client, now=now)
        told = {"indent": 1, "ensure_ascii": False}
        response = JsonResponse(made, encoder=DjangoJSONEncoder, json_dumps_params=told)
    file = f"mine-{timezone.localdate(now).isoformat()}.{TAKEN_AS[kind]}"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def before_erasing(request: ActingRequest) -> HttpResponse:
    """Say what erasing does and what it does not."""
    _own(request)
    return render(request, "own/before_erasing.html")


def erase_all(request: ActingRequest) -> HttpResponse:
    """Erase everything he said. This cannot be undone."""
    client = _own(request)
    form = OwnForm(request.POST if request.method == "POST" else None)
    if not form.is_valid() or request.POST.get("sure") != "yes":
        return _form_page(request, "own/erase.html", form, not_sure=request.method == "POST")
    try:
        erase(by=request.actor, client=client, now=timezone.now())
    except (DatabaseError, OSError):
        return render(request, "own/erase.html", {"form": form, "not_done": True}, status=UNAVAILABLE)
    logout(request)
    return render(request, "own/erased.html")


# --- the way to it ----------------------------------------------------------------------------------


def give(request: ActingRequest, client_id: str) -> HttpResponse:
    """The therapist makes a code for a client of his, to be told in the room. The link is not shown to him."""
    client = get_object_or_404(own_clients(request.actor).exclude(wrapped_key=b""), pk=client_id)
    told = None
    if request.method == "POST":
        told = services.give_way_in(by=request.actor, client=client, now=timezone.now())
    return render(request, "own/give.html", {"client": client, "code": told and f"{told.code[:4]} {told.code[4:]}"})


@csrf_exempt  # no cookie is set for whoever has a link; the code is what a forged form would lack
def come(request: ActingRequest, link: str) -> HttpResponse:
    """Whoever has a link that was sent to a client himself, and the code that was told to him, makes a way in.

    By a link that may have come to somebody else no code is right (H-16).

    Raises
    ------
    Http404
        If the link is older than thirty days.
    """
    invitation, now = own_invitation(request.actor), timezone.now()
    if now - invitation.sent_at > LINK_GOOD_FOR:
        raise Http404
    client = invitation.appointment.client
    if not leads_to_him(invitation, now=now):
        return ask_for_code(request, None)
    return ask_for_code(request, welcome_of_client(client, now=now, made_from=client.contact.codes_from))


# --- what they share --------------------------------------------------------------------------------


def _answer_study(request: ActingRequest, client: Client, form: StudyForm) -> HttpResponse:
    """Write down a yes or no to a study. Where it asks in other words by now, he is shown these, and asked again."""
    told = form.cleaned_data
    asked = get_object_or_404(studies(request.actor), pk=told["study"])
    said = {"version": told["version"], "given": told["given"], "form": told["form"]}
    answer(by=request.actor, client=client, study=asked, now=timezone.now(), **said)
    return redirect(f"{reverse('own:allowed')}#study-{asked.pk}")


def _stop(request: ActingRequest, client: Client, form: StopForm) -> None:
    """Write down what he decided about being asked."""
    said, now = form.cleaned_data["stop"], timezone.now()
    until = timezone.localdate(now) + timedelta(days=int(said)) if said.isdigit() else None
    told = {"given": not said, "until": until, "form": form.cleaned_data["form"]}
    decide(by=request.actor, client=client, consent=Consent.CHECKINS, now=now, **told)


def _all(client: Client, now: datetime) -> dict[str, Any]:
    """Everything, for a page to read."""
    return {
        "parts": everything(client),
        "made_at": now,
        "id": client.pk,
        "said": selectors.said(client),
        "early_warning": about_the_calculation(),
        "site": settings.SITE,
    }


def _own(request: ActingRequest, action: Action = Action.OWN_READ) -> Client:
    """The client who signed in; the audit is told that he was here."""
    client = get_object_or_404(selectors.himself(request.actor))
    note_reading(action, by=request.actor, about=f"client:{client.pk}", now=timezone.now())
    return client


def _form_page(request: ActingRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    """A page with a form: what was wrong in it stands beside each part."""
    return render(request, template, {"form": form, **context}, status=UNREADABLE if form.is_bound else 200)
