"""Names and addresses from a table in the browser: choose it, see what would happen, take it over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from holdfast.errors import HoldfastError
from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.cards import selectors, services
from holdfast_site.cards.forms import TableForm, TakeForm
from holdfast_site.cards.planning import WORDS, Left, Why
from holdfast_site.exchange.models import Upload
from holdfast_site.exchange.services import why
from holdfast_site.languages import N_

UNREADABLE = 422
MOST_SHOWN = 200  # rows of one reason
PARTS = {
    "id": N_("Id"),
    "name": N_("Name"),
    "first": N_("First name"),
    "last": N_("Last name"),
    "email": N_("E-mail"),
    "mobile": N_("Phone"),
    "phone": N_("Phone"),
    "channel": N_("How he wants to be written to"),
}
Shown = tuple[str, Sequence[Left], int, int]  # why, the first rows, of how many, and how many are not shown


def upload(request: ActingRequest) -> HttpResponse:
    """Ask for a table, or keep what is read of it until somebody has looked at it."""
    if request.method != "POST":
        return render(request, "cards/upload.html", {"form": TableForm()})
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, gettext("Choose the file again. Nothing was kept."))
    told = form.cleaned_data
    brought = told["table"]
    try:
        kept = services.keep_table(
            by=request.actor, form=told["form"], name=brought.name, content=brought.read(), now=timezone.now()
        )
    except HoldfastError as error:
        return _again(request, why(error))
    return redirect("cards:look", kept.form)


def look(request: ActingRequest, form: UUID) -> HttpResponse:
    """What would happen, or what has happened."""
    upload = get_object_or_404(selectors.own_tables(request.actor), form=form)
    return _done(request, upload) if upload.account is not None else _look(request, upload)


def take(request: ActingRequest, form: UUID) -> HttpResponse:
    """Take it over."""
    upload = get_object_or_404(selectors.own_tables(request.actor), form=form)
    said = TakeForm(request.POST)
    agreed = said.is_valid() and said.cleaned_data["agreed"]
    if upload.account is None:
        services.take_over(by=request.actor, upload=upload, agreed=agreed, now=timezone.now())
    return redirect("cards:look", form)


def forget(request: ActingRequest, form: UUID) -> HttpResponse:
    """Throw it away."""
    upload = get_object_or_404(selectors.own_tables(request.actor), form=form, account__isnull=True)
    services.forget(by=request.actor, upload=upload, now=timezone.now())
    return redirect("cards:upload")


def _again(request: ActingRequest, wrong: str) -> HttpResponse:
    return render(request, "cards/upload.html", {"form": TableForm(), "wrong": wrong}, status=UNREADABLE)


def _look(request: ActingRequest, upload: Upload) -> HttpResponse:
    table = selectors.opened(upload)
    found = services.looked_at(table, by=request.actor)
    note_reading(Action.CONTACT_READ, by=request.actor, about=f"table:{found.rows}", now=timezone.now())
    context = {
        "upload": upload,
        "found": found,
        "gained": found.parts,
        "read": [(gettext(PARTS[part]), heading) for part, heading in table.read],
        "unread": table.unread,
        "written_to": found.parts["email_channel"] + found.parts["sms_channel"],
        "shown": _shown(found.left),
    }
    return render(request, "cards/look.html", context)


def _done(request: ActingRequest, upload: Upload) -> HttpResponse:
    account: Mapping[str, list[tuple[int, str, str]]] = upload.account or {}
    left = [Left(row, "", client_id, Why(why)) for row, client_id, why in account["left"]]
    note_reading(Action.CONTACT_READ, by=request.actor, about=f"table:{len(left)}", now=timezone.now())
    return render(request, "cards/done.html", {"found": account, "gained": account["parts"], "shown": _shown(left)})


def _shown(left: Iterable[Left]) -> Sequence[Shown]:
    """What is not taken, by why."""
    by_why: dict[Why, list[Left]] = {}
    for one in left:
        by_why.setdefault(one.why, []).append(one)
    return [
        (gettext(WORDS[why]), by_why[why][:MOST_SHOWN], len(by_why[why]), max(0, len(by_why[why]) - MOST_SHOWN))
        for why in Why
        if why in by_why
    ]
