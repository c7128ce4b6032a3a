"""Importing in the browser: choose files, see what would happen, take it over."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from holdfast.errors import HoldfastError
from holdfast_site.access.gate import ActingRequest
from holdfast_site.exchange import selectors, services
from holdfast_site.exchange.files import names
from holdfast_site.exchange.forms import MomentForm, UploadForm, sources
from holdfast_site.exchange.models import Upload
from holdfast_site.languages import N_
from holdfast_site.saying import said

UNREADABLE, CONFLICT = 422, 409
NO_MOMENT = N_("That is not a day with a time. Nothing was saved.")


def upload(request: ActingRequest) -> HttpResponse:
    """Ask for files, or keep those that came until somebody has looked at what they hold."""
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    if not form.is_valid():
        called = dict(sources())
        before = [(one, called.get(one.source, one.source)) for one in selectors.taken_over(request.actor)]
        context = {"form": form, "wrong": sent, "before": before}
        return render(request, "exchange/upload.html", context, status=UNREADABLE if sent else 200)
    told = form.cleaned_data
    kept = services.keep_upload(
        by=request.actor, form=told["form"], files=form.brought, source_name=told["source"], now=timezone.now()
    )
    return redirect("exchange:look", kept.form)


def look(request: ActingRequest, form: UUID) -> HttpResponse:
    """What would happen, what has to be answered first, or what has happened."""
    upload = get_object_or_404(selectors.own_uploads(request.actor), form=form)
    if upload.account is not None:
        return render(request, "exchange/done.html", {"upload": upload})
    return _look(request, upload)


def answer(request: ActingRequest, form: UUID) -> HttpResponse:
    """Answers about a table of no known system."""
    own = selectors.own_uploads(request.actor)
    upload = get_object_or_404(own, form=form, account__isnull=True, source=services.ANY)
    given = {key: str(said) for key, said in request.POST.items() if key != "csrfmiddlewaretoken" and said}
    try:
        services.keep_answers(by=request.actor, upload=upload, given=given, now=timezone.now())
    except HoldfastError as error:
        return _look(request, upload, wrong=services.why(error), status=UNREADABLE)
    return redirect("exchange:look", form)


def take(request: ActingRequest, form: UUID) -> HttpResponse:
    """Take it over."""
    upload = get_object_or_404(selectors.own_uploads(request.actor), form=form)
    try:
        if upload.account is None:
            services.take_over(by=request.actor, upload=upload, now=timezone.now())
    except HoldfastError as error:
        return _look(request, upload, wrong=services.why(error), status=CONFLICT)
    return redirect("exchange:look", form)


def moment(request: ActingRequest, form: UUID) -> HttpResponse:
    """When the files were exported, where they do not say it."""
    upload = get_object_or_404(selectors.own_uploads(request.actor), form=form, account__isnull=True)
    asked = MomentForm(request.POST)
    if not asked.is_valid():
        return _look(request, upload, wrong=gettext(NO_MOMENT), status=UNREADABLE)
    try:
        services.keep_moment(
            by=request.actor, upload=upload, exported_at=asked.cleaned_data["moment"], now=timezone.now()
        )
    except HoldfastError as error:
        return _look(request, upload, wrong=services.why(error), status=UNREADABLE)
    return redirect("exchange:look", form)


def same(request: ActingRequest, form: UUID) -> HttpResponse:
    """Whether two ids are one man or two."""
    upload = get_object_or_404(selectors.own_uploads(request.actor), form=form, account__isnull=True)
    given = {was: request.POST.get(f"said.{was}", "") for was in request.POST.getlist("was")}
    try:
        services.keep_said(by=request.actor, upload=upload, given=given, now=timezone.now())
    except HoldfastError as error:
        return _look(request, upload, wrong=str(error), status=UNREADABLE)
    return redirect("exchange:look", form)


def without(request: ActingRequest, form: UUID) -> HttpResponse:
    """Go on without the files that are of something else."""
    upload = get_object_or_404(selectors.own_uploads(request.actor), form=form, account__isnull=True)
    services.leave_out(by=request.actor, upload=upload, now=timezone.now())
    return redirect("exchange:look", form)


def forget(request: ActingRequest, form: UUID) -> HttpResponse:
    """Throw it away."""
    upload = get_object_or_404(selectors.own_uploads(request.actor), form=form, account__isnull=True)
    services.forget(by=request.actor, upload=upload, now=timezone.now())
    return redirect("exchange:upload")


def _look(request: ActingRequest, upload: Upload, *, wrong: str = "", status: int = 200) -> HttpResponse:
    tried = services.try_out(upload, by=request.actor, now=timezone.now())
    asked = [(one, [(choice, said(choice.replace("_", " "))) for choice in one.choices]) for one in tried.asked]
    context = {
        "upload": upload,
        "tried": tried,
        "asked": asked,
        "wrong": wrong,
        "foreign": names(tried.foreign) if tried.foreign else "",
        "today": timezone.localdate(),
    }
    return render(request, "exchange/look.html", context, status=status)
