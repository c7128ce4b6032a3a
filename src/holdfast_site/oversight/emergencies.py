"""What cannot wait for a client's therapist: finding him by two things that are known of him, and his page for an hour.

It opens what his therapist may read of him, and less: nothing that he kept from therapists, no calculation, no notes,
and nothing to change.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts import tries
from holdfast_site.accounts.whose_address import treats
from holdfast_site.audit.services import Action, note_reading
from holdfast_site.away.selectors import away_until
from holdfast_site.caseload.models import Course
from holdfast_site.caseload.selectors import said
from holdfast_site.caseload.story import headline
from holdfast_site.caseload.words import lines
from holdfast_site.checkins.questions import WORDS
from holdfast_site.consents.selectors import told_to_his_therapist
from holdfast_site.emergency.models import Opening
from holdfast_site.emergency.selectors import therapist_of, treats_now, until, why
from holdfast_site.emergency.services import open_page
from holdfast_site.handover.models import Matter
from holdfast_site.oversight.selectors import CheckIn, may_read_words
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Appointment, Client, Therapist
from holdfast_site.people.selectors import cards_of

FEWEST_DIGITS = 8  # of a phone number, without its country or its nought


class Not(Enum):
    """Why nothing was opened."""

    FOUND = "nobody, or more than one, fits both"
    SO_SOON = "too many were sought before"
    NEEDED = "it is his own client"


@dataclass(frozen=True, slots=True)
class Page:
    """What is read in an emergency."""

    opening: Opening
    until: datetime
    why: str
    card: ContactCard
    asked_us: Sequence[str]
    headline: str
    therapist: Therapist | None
    last_day: date | None  # of the days on which his therapist is away, if that is so today
    matters: Sequence[Matter]  # what he asked his therapist for, not in which words
    checkins: Sequence[CheckIn]  # the latest first
    treated_him: bool  # whoever looks did, before: then what he said since is not shown
    words: bool  # his own are shown

    @property
    def client(self) -> Client:
        """Whose page it is."""
        return self.opening.client


# --- finding him ------------------------------------------------------------------------------------


def open_for(actor: Actor, told: Mapping[str, Any], *, now: datetime) -> Opening | Not:
    """Open the page of whoever fits both. Each try is counted, and one that found nobody is written down as well."""
    counted = f"emergency {actor.id}"
    if not tries.begin(counted, now=now):
        return Not.SO_SOON
    client = _find(told["name"], told["known_by"])
    opening = None
    if client is not None:
        if treats_now(actor, client):
            return Not.NEEDED
        opening = open_page(by=actor, client=client, form=told["form"], why=told["why"], now=now)
    if opening is None:
        note_reading(Action.EMERGENCY_SOUGHT, by=actor, about="nobody", now=now)
        return Not.FOUND
    if opening.at == now:  # opened just now, and told of: nothing less makes up for wrong tries
        tries.was_right(counted)
    return opening


def _find(name: str, known_by: str) -> Client | None:
    """Whoever has this name, and this number here, phone number or address; nobody, if that is not exactly one."""
    clients = list(Client.objects.exclude(wrapped_key=b""))
    cards, wanted = cards_of(clients), _plain(name)
    found = [one for one in clients if _plain(cards[one.pk].name) == wanted and _fits(one, cards[one.pk], known_by)]
    return found[0] if wanted and len(found) == 1 else None


def _fits(client: Client, card: ContactCard, known_by: str) -> bool:
    typed = known_by.strip().casefold()
    ids = {one.casefold() for one in (client.pk, *client.other_ids)}
    return typed in ids or (bool(typed) and typed == card.email.casefold()) or _is_same_phone(known_by, card.phone)


def _is_same_phone(one: str, other: str) -> bool:
    """Whether two numbers are one, with or without the country's."""
    short, long = sorted((_digits(one), _digits(other)), key=len)
    return len(short) >= FEWEST_DIGITS and long.endswith(short)


def _digits(phone: str) -> str:
    return "".join(sign for sign in phone if sign.isascii() and sign.isdigit()).lstrip("0")


def _plain(name: str) -> str:
    """A name however it is typed: without accents, capitals and double spaces."""
    apart = unicodedata.normalize("NFKD", name)
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).casefold().split())


# --- his page ---------------------------------------------------------------------------------------


def page_of(actor: Actor, opening: Opening, *, now: datetime) -> Page:
    """What is shown of him. ``opening`` is open to whoever looks, now."""
    client, therapist_id = opening.client, therapist_of(opening.client)
    treated_him = treats(actor.mark, client.pk)
    words = actor.role is Role.THERAPIST or may_read_words(client, now=now)
    appointments = Appointment.objects.filter(client=client, therapist=therapist_id).order_by("starts_at", "pk")
    course = Course.objects.filter(client=client, therapist=therapist_id).first()
    return Page(
        opening=opening,
        until=until(opening),
        why=why(opening),
        card=cards_of([client])[client.pk],
        asked_us=told_to_his_therapist(client),
        headline=headline(list(appointments), course, now),
        therapist=Therapist.objects.filter(pk=therapist_id).first(),
        last_day=away_until(timezone.localdate(now)).get(therapist_id or ""),
        matters=list(_asked_for(client, therapist_id)),
        checkins=[] if treated_him else _checkins(client, therapist_id, words=words),
        treated_him=treated_him,
        words=words,
    )


def _asked_for(client: Client, therapist_id: str | None) -> QuerySet[Matter]:
    theirs = Matter.objects.filter(client=client, therapist=therapist_id, holder=Role.THERAPIST)
    return theirs.filter(closed_at__isnull=True).order_by("due_on", "pk")


def _checkins(client: Client, therapist_id: str | None, *, words: bool) -> Sequence[CheckIn]:
    """What his therapist sees of what he said, the latest first; his own words, where they may be read."""
    as_his_therapist = Actor(Role.THERAPIST, therapist_id=therapist_id)
    found = []
    for one in reversed(said(as_his_therapist, client)):
        answers = {name: value for name, value in one.answers.items() if words or name != WORDS}
        found.append(CheckIn(one.on, lines(answers), one.wants_to_be_asked))
    return found
