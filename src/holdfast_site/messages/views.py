"""Ending the messages, confirming an address, hearing the SMS gateway, and the demo's outbox."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from holdfast_site.access.gate import ActingRequest
from holdfast_site.checkins.selectors import own_invitation
from holdfast_site.messages import confirming, services
from holdfast_site.messages import gateway as said_by
from holdfast_site.messages.selectors import asked_about
from holdfast_site.messages.transports import Outgoing, outbox_folder, sms_token

SHOWN, UNREADABLE = 50, 422


@csrf_exempt  # as the check-in; and his mail program can send it for him with one click
def stop(request: ActingRequest, sent: str) -> HttpResponse:
    """Ask whether nothing more is to be sent, or see to it."""
    invitation = own_invitation(request.actor)
    if request.method != "POST":
        return render(request, "messages/stop.html")
    services.stop(by=request.actor, client=invitation.appointment.client, now=timezone.now())
    return render(request, "messages/stopped.html")


@csrf_exempt  # as the check-in: the secret in the address is what a forged form would lack
def confirm(request: ActingRequest, address: str) -> HttpResponse:
    """Ask whether an address is his, or keep what he says."""
    is_his = {"yes": True, "no": False}.get(request.POST.get("his", ""))
    if request.method != "POST" or is_his is None:
        return render(request, "messages/confirm.html", status=UNREADABLE if request.method == "POST" else 200)
    confirming.answer(by=request.actor, contact=asked_about(request.actor), is_his=is_his, now=timezone.now())
    return render(request, "messages/confirmed.html", {"is_his": is_his})


@csrf_exempt  # nosemgrep: can-be-forged - signed instead
def gateway(request: ActingRequest) -> HttpResponse:
    """Hear what the SMS gateway has to say. What a reply says is neither kept nor read, and the answer says so.

    Raises
    ------
    Http404
        For whatever is not signed by it.
    """
    form, signature = request.POST, request.headers.get("X-Twilio-Signature", "")
    fields = {name: form.getlist(name) for name in form}
    if not said_by.is_signed(sms_token(), f"{settings.SITE.address}/sms", fields, signature):
        raise Http404
    now = timezone.now()
    if form.get("MessageStatus", "") in said_by.FAILED:
        services.not_delivered(form.get("MessageSid", ""), now=now)
    text = form.get("Body")
    if text is None:
        return _xml(said_by.SILENCE)
    if said_by.wants_to_stop(text):
        services.stop_number(form.get("From", ""), now=now)
        return _xml(said_by.SILENCE)
    numbers = " or ".join(one.number for one in settings.SITE.crisis_numbers[:2])
    return _xml(said_by.answer(f"Nobody reads replies to this number. If it cannot wait, call {numbers}."))


def outbox(request: ActingRequest) -> HttpResponse:
    """What clients of the demo would have got.

    Raises
    ------
    Http404
        Anywhere else.
    """
    if not settings.SITE.demo:
        raise Http404
    return render(request, "messages/outbox.html", {"messages": _latest()})


def _latest() -> Sequence[Outgoing]:
    files = sorted(outbox_folder().glob("*.json"), key=lambda file: (-file.stat().st_mtime, file.name))
    return [Outgoing(**json.loads(file.read_text(encoding="utf-8"))) for file in files[:SHOWN]]


def _xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml; charset=utf-8")
