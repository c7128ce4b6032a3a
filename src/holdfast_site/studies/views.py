"""The lead's pages about studies: what each asks clients for, its files, and its end."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.languages import N_
from holdfast_site.studies import selectors, services
from holdfast_site.studies.forms import CloseForm, FileForm, TextForm
from holdfast_site.studies.making import APART, NotYet, Ready, others, prepared
from holdfast_site.studies.models import Study

UNREADABLE, NOT_YET = 422, 409
UNCLEAR = N_("Something is missing or too long. Nothing was saved.")


def studies(request: ActingRequest) -> HttpResponse:
    """The practice's studies; and name another."""
    form = TextForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = services.name(by=request.actor, told=form.cleaned_data, now=timezone.now())
        return redirect("studies:study", made.pk)
    note_reading(Action.STUDY_READ, by=request.actor, about="studies", now=timezone.now())
    found = [(one, selectors.text_of(one)) for one in selectors.studies(request.actor)]
    return _page(request, "studies/studies.html", form, studies=found)


def study(request: ActingRequest, study: int) -> HttpResponse:
    """One study as clients are asked about it, and its files; change what it says."""
    found, now = _own(request, study), timezone.now()
    text = selectors.text_of(found)
    said = {name: getattr(text, name) for name in services.TOLD}
    form = TextForm(request.POST if request.method == "POST" else None, initial=said)
    if form.is_valid():
        services.change(by=request.actor, study=found, told=form.cleaned_data, now=now)
        return redirect("studies:study", found.pk)
    files = [(one, len(one.ids)) for one in reversed(selectors.files_of(found))]
    return _page(request, "studies/study.html", form, study=found, text=text, files=files)


def file(request: ActingRequest, study: int) -> HttpResponse:
    """What the next file would be; and make it, saying why."""
    found, now = _own(request, study), timezone.now()
    ready = prepared(found, now=now)
    form = FileForm(request.POST if request.method == "POST" else None)
    if isinstance(ready, Ready) and form.is_valid():
        said = form.cleaned_data
        content = services.hand_out(
            by=request.actor, study=found, ready=ready, why=said["why"], form=said["form"], now=now
        )
        if isinstance(content, bytes):
            return _given(content, found)
        ready = content
    return _file_page(request, found, form, ready)


def close(request: ActingRequest, study: int) -> HttpResponse:
    """What closing it means, and destroying its key; and do it."""
    found, now = _own(request, study), timezone.now()
    form = CloseForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, "studies/close.html", form, study=found, text=selectors.text_of(found))
    if form.cleaned_data["do"] == "close":
        services.close(by=request.actor, study=found, now=now)
    else:
        services.forget(by=request.actor, study=found, now=now)
    return redirect("studies:study", found.pk)


def _own(request: ActingRequest, study: int) -> Study:
    """The study; the audit is told who looked."""
    found = get_object_or_404(selectors.studies(request.actor), pk=study)
    note_reading(Action.STUDY_READ, by=request.actor, about=f"study:{found.pk}", now=timezone.now())
    return found


def _file_page(request: ActingRequest, study: Study, form: FileForm, ready: Ready | NotYet) -> HttpResponse:
    context = {
        "study": study,
        "text": selectors.text_of(study),
        "form": form,
        "ready": ready if isinstance(ready, Ready) else None,
        "not_yet": ready.why if isinstance(ready, NotYet) else "",
        "others": others(ready) if isinstance(ready, Ready) else None,
        "weeks": APART.days // 7,
        "wrong": gettext(UNCLEAR) if form.is_bound and not form.is_valid() else "",
    }
    status = UNREADABLE if context["wrong"] else NOT_YET if form.is_bound else 200
    return render(request, "studies/file.html", context, status=status)


def _given(content: bytes, study: Study) -> HttpResponse:
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}.zip"'
    return response


def _page(request: ActingRequest, template: str, form: TextForm | CloseForm, **context: object) -> HttpResponse:
    wrong = gettext(UNCLEAR) if form.is_bound and not form.is_valid() else ""
    told = {"form": form, "wrong": wrong, **context}
    return render(request, template, told, status=UNREADABLE if wrong else 200)
