"""The desk's pages: the schedule, what is due and was sent, and how clients may be reached."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from holdfast.tables.schema import InitiatedBy
from holdfast_site.access.gate import ActingRequest
from holdfast_site.audit.services import Action, note_each, note_reading
from holdfast_site.away.selectors import absence
from holdfast_site.dates import FIRST, LAST
from holdfast_site.handover.receiving import would_reach_nobody
from holdfast_site.messages.confirming import ask_whether_his, change_card
from holdfast_site.messages.selectors import has_delivery_problem
from holdfast_site.people import booking
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Appointment, Client, Therapist
from holdfast_site.schedule import selectors, services
from holdfast_site.schedule.forms import (
    CHANNEL_OPTIONS,
    WHO_OPTIONS,
    WORDING_OPTIONS,
    BookForm,
    CardForm,
    NewForm,
    OffForm,
    WhenForm,
)

UNREADABLE, CHANGED_MEANWHILE = 422, 409
MEANWHILE = "He or somebody else changed this while you had it open. Nothing of yours was saved: this is how it stands."
UNCLEAR = "Something is missing, or is not a day, a time or an address. Nothing was saved."
BOOKING_WRONG = {"on": "Day: this is not a day.", "at": "Time: this is not a time.", "form": "Open this page anew."}
WRONG = {
    booking.Taken: "The therapist sees somebody else at that time. Nothing was saved: choose another time.",
    booking.Over: "That time is over, or the appointment is not booked any more. Nothing was saved.",
}


def day(request: ActingRequest) -> HttpResponse:
    """One day of the schedule; today, if no other is asked for."""
    now, on = timezone.now(), _day(request.GET.get("on", ""))
    note_reading(Action.SCHEDULE_READ, by=request.actor, about=f"day:{on}", now=now)
    in_a_leave = selectors.in_a_leave(request.actor, now=now)
    unreached = selectors.unreached(request.actor, now=now)
    others = [f"appointment:{one.appointment.pk}" for one in in_a_leave]
    note_each(Action.SCHEDULE_READ, by=request.actor, abouts=others, now=now)
    note_each(Action.CONTACT_READ, by=request.actor, abouts=[f"client:{one.client_id}" for one in unreached], now=now)
    context = {
        "on": on,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "is_today": on == timezone.localdate(now),
        "lines": selectors.day(request.actor, on, in_a_leave, now=now),
        "asked_off": selectors.asked_off(request.actor, now=now),
        "unreached": unreached,
        "in_a_leave": in_a_leave,
        "next": selectors.next_day(request.actor, on),
    }
    return render(request, "schedule/day.html", context)


def book(request: ActingRequest) -> HttpResponse:
    """Book somebody."""
    if request.method != "POST":
        return _book_page(request)
    form = BookForm(request.POST)
    client = selectors.meant(request.actor, request.POST.get("client", ""))
    therapist = selectors.therapists(request.actor).filter(pk=request.POST.get("therapist", "")).first()
    if not form.is_valid() or client is None or therapist is None:
        return _book_page(request, wrong=_unclear(form, client, therapist), status=UNREADABLE)
    told = form.cleaned_data
    away = absence(therapist.pk, told["on"], now=timezone.now())
    unread = would_reach_nobody(client, therapist)
    if (away and not told["though_away"]) or (unread and not told["though_unread"]):
        return _book_page(request, away=away, unread=unread, status=CHANGED_MEANWHILE)
    made = booking.book(
        by=request.actor,
        form=told["form"],
        client=client,
        therapist=therapist,
        starts_at=_moment(told),
        now=timezone.now(),
    )
    if isinstance(made, Appointment):
        return _to_its_day(made)
    return _book_page(request, wrong=WRONG[type(made)], status=CHANGED_MEANWHILE)


def appointment(request: ActingRequest, appointment: int) -> HttpResponse:
    """Move one appointment, or call it off.

    Raises
    ------
    Http404
        If it is not there, or nothing that can be done was said.
    """
    found = get_object_or_404(selectors.appointments(request.actor), pk=appointment)
    if request.method != "POST":
        return _appointment_page(request, found)
    acts = {"move": _move, "off": _off}
    if request.POST.get("do") not in acts:
        raise Http404
    return acts[request.POST["do"]](request, found)


def came(request: ActingRequest, appointment: int) -> HttpResponse:
    """Did he come? One tap; for the rest of the day whoever made it can put it right.

    Raises
    ------
    Http404
        If it is not there, or neither yes nor no was said.
    """
    found = get_object_or_404(selectors.appointments(request.actor), pk=appointment)
    said = {"yes": True, "no": False}.get(request.POST.get("came", ""))
    if said is None:
        raise Http404
    now = timezone.now()
    if "right" in request.POST:
        mine = selectors.appointments(request.actor)
        booking.mark_right(mine, by=request.actor, appointment_id=found.pk, came=said, now=now)
    else:
        booking.mark(by=request.actor, appointment_id=found.pk, came=said, now=now)
    return _to_its_day(found)


def sent(request: ActingRequest) -> HttpResponse:
    """Which check-ins are due and which were sent; not what came of them."""
    now = timezone.now()
    note_reading(Action.SCHEDULE_READ, by=request.actor, about="sent", now=now)
    context = {"due": selectors.due(request.actor, now=now), "sent": selectors.sent(request.actor, now=now)}
    return render(request, "schedule/sent.html", context)


def clients(request: ActingRequest) -> HttpResponse:
    """Find a client, or add one."""
    if request.method != "POST":
        return _clients_page(request)
    form = NewForm(request.POST)
    if not form.is_valid():
        return _clients_page(request, wrong=UNCLEAR)
    told = form.cleaned_data
    if not services.add(by=request.actor, client_id=told["id"], name=told["name"], now=timezone.now()):
        return _clients_page(request, wrong="There is a client with this id already. Nothing was saved.")
    return redirect("schedule:client", told["id"])


def client(request: ActingRequest, client_id: str) -> HttpResponse:
    """How one client may be reached, and what is booked; correct it."""
    found = get_object_or_404(selectors.clients(request.actor), pk=client_id)
    if found.is_erased:
        note_reading(Action.CONTACT_READ, by=request.actor, about=f"client:{found.pk}", now=timezone.now())
        return render(request, "schedule/erased.html", {"client": found})
    if "ask" in request.POST:
        is_asked = ask_whether_his(by=request.actor, client=found, now=timezone.now())
        return redirect(f"{reverse('schedule:client', args=[found.pk])}?{'asked' if is_asked else 'not-asked'}")
    return _card_sent_in(request, found) if request.method == "POST" else _client_page(request, found)


# --- steps ------------------------------------------------------------------------------------------


def _card_sent_in(request: ActingRequest, client: Client) -> HttpResponse:
    form = CardForm(request.POST)
    if not form.is_valid():
        return _client_page(request, client, wrong=UNCLEAR, unclear=form, status=UNREADABLE)
    told = form.cleaned_data
    if told.pop("seen") != selectors.card_as_of(client):  # he may have ended the messages meanwhile
        return _client_page(request, client, wrong=MEANWHILE, status=CHANGED_MEANWHILE)
    tell_him = not told.pop("is_unsafe")
    card = ContactCard(timezone=selectors.card_of(client).timezone, **told)
    change_card(by=request.actor, client=client, card=card, now=timezone.now(), tell_him=tell_him)
    return redirect(f"{reverse('schedule:client', args=[client.pk])}?saved")


def _unclear(form: BookForm, client: Client | None, therapist: Therapist | None) -> str:
    """Which parts of a booking could not be read."""
    said = [words for name, words in BOOKING_WRONG.items() if name in form.errors]
    if client is None:
        said.insert(0, "Client: nobody has this id or name, or more than one has the name. Then use the id.")
    if therapist is None:
        said.append("With: choose a therapist.")
    return " ".join([*said, "Nothing was saved."])


def _move(request: ActingRequest, found: Appointment) -> HttpResponse:
    form = WhenForm(request.POST)
    if not form.is_valid():
        return _appointment_page(request, found, wrong=UNCLEAR, status=UNREADABLE)
    told = form.cleaned_data
    away = absence(found.therapist_id, told["on"], now=timezone.now())
    if away and not told["though_away"]:
        return _appointment_page(request, found, away=away, status=CHANGED_MEANWHILE)
    made = booking.move(
        by=request.actor, form=told["form"], appointment_id=found.pk, starts_at=_moment(told), now=timezone.now()
    )
    if isinstance(made, Appointment):
        return _to_its_day(made)
    return _appointment_page(request, found, wrong=WRONG[type(made)], status=CHANGED_MEANWHILE)


def _off(request: ActingRequest, found: Appointment) -> HttpResponse:
    form = OffForm(request.POST)
    if not form.is_valid():
        return _appointment_page(request, found, wrong=UNCLEAR, status=UNREADABLE)
    who = InitiatedBy(form.cleaned_data["who"])
    services.call_off(by=request.actor, appointment_id=found.pk, who=who, now=timezone.now())
    return _to_its_day(found)


def _to_its_day(found: Appointment) -> HttpResponse:
    return redirect(f"{reverse('schedule:day')}?on={timezone.localdate(found.starts_at)}")


def _day(told: str) -> date:
    """The day that was asked for, or today."""
    try:
        asked = date.fromisoformat(told)
    except ValueError:
        return timezone.localdate()
    return asked if FIRST < asked < LAST else timezone.localdate()


def _moment(told: dict[str, Any]) -> datetime:
    return datetime.combine(told["on"], told["at"], ZoneInfo(settings.SITE.timezone))


# --- pages ------------------------------------------------------------------------------------------


def _book_page(
    request: ActingRequest, *, wrong: str = "", away: str = "", unread: str = "", status: int = 200
) -> HttpResponse:
    note_reading(Action.SCHEDULE_READ, by=request.actor, about="booking", now=timezone.now())
    context = {
        "form": request.POST.get("form") or uuid4(),
        "people": selectors.found(request.actor, ""),
        "therapists": selectors.therapists(request.actor),
        "today": timezone.localdate(),
        "told": request.POST or request.GET,
        "away": away,
        "unread": unread,
        "wrong": wrong,
    }
    return render(request, "schedule/book.html", context, status=status)


def _client_page(
    request: ActingRequest, client: Client, *, wrong: str = "", unclear: CardForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    booked = selectors.booked(request.actor, client, now=now)
    note_reading(Action.CONTACT_READ, by=request.actor, about=f"client:{client.pk}", now=now)
    if booked:
        note_reading(Action.SCHEDULE_READ, by=request.actor, about=f"client:{client.pk}", now=now)
    done = {} if wrong else request.GET
    context = {
        "client": client,
        "booked": booked,
        "card": selectors.card_of(client) if unclear is None else request.POST,  # what was typed is not lost
        "seen": selectors.card_as_of(client),
        "channels": CHANNEL_OPTIONS,
        "wordings": WORDING_OPTIONS,
        "came_back": bool(has_delivery_problem([client])),
        "wrong": wrong,
        "errors": {} if unclear is None else unclear.errors,
        "is_saved": "saved" in done,
        "is_asked": "asked" in done,
        "not_asked": "not-asked" in done,
        "whose": selectors.whose_address(request.actor, client, now=now),
    }
    return render(request, "schedule/client.html", context, status=status)


def _appointment_page(
    request: ActingRequest, found: Appointment, *, wrong: str = "", away: str = "", status: int = 200
) -> HttpResponse:
    now = timezone.now()
    note_reading(Action.SCHEDULE_READ, by=request.actor, about=f"appointment:{found.pk}", now=now)
    context = {
        "line": selectors.line_of(request.actor, found, now=now),
        "form": request.POST.get("form") or uuid4(),
        "told": request.POST,
        "away": away,
        "who": WHO_OPTIONS,
        "today": timezone.localdate(now),
        "wrong": wrong,
        "notice_hours": settings.SITE.notice_hours,
    }
    return render(request, "schedule/appointment.html", context, status=status)


def _clients_page(request: ActingRequest, *, wrong: str = "") -> HttpResponse:
    words = request.GET.get("q", "")[:100]
    found = selectors.found(request.actor, words)
    note_reading(Action.CONTACT_READ, by=request.actor, about=f"clients:{len(found)}", now=timezone.now())
    context = {"found": found, "q": words, "most": selectors.MOST_FOUND, "wrong": wrong, "told": request.POST}
    return render(request, "schedule/clients.html", context, status=UNREADABLE if wrong else 200)
