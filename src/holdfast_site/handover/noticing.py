"""Whom nobody is holding, looked for every hour: the library's rule, turned into matters once, and taken back if over.

The care contact may know of appointments, endings and breaks, and nothing of check-ins: the tables come without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.matching.room import open_episodes
from holdfast.silence.unheld import Unheld, unheld_of
from holdfast.tables.read import Tables, empty
from holdfast_site.access.actors import OPERATOR, Role
from holdfast_site.audit.services import Action, record
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import said_no
from holdfast_site.handover.due import working_day
from holdfast_site.handover.models import NOTICED, Kind, Matter, Room
from holdfast_site.handover.services import open_matter, settled_itself
from holdfast_site.people.models import Client, Therapist
from holdfast_site.people.treating import now_with

REST = timedelta(days=14)  # after a matter was settled, before the same may be one again
Pair = tuple[str, str]


def without_checkins(found: Tables) -> Tables:
    """The tables as somebody may know them who may not know what was asked and answered."""
    frames = {**found.frames, "checkins": empty("checkins"), "scores": empty("scores")}
    return replace(found, frames=frames)


def notice(found: Tables, *, now: datetime) -> None:
    """Open what has become a matter, close what is none any more, and count who has room. Doing it twice is once."""
    with Engine.embedded() as engine:
        worked_out = episodes(without_checkins(found), engine=engine)
        unlisted = said_no(Consent.LISTS)
        unheld = (one for one in unheld_of(worked_out) if one.client_id not in unlisted)
        nobodys = {(one.client_id, one.therapist_id): one for one in unheld}
        rooms = open_episodes(worked_out)
    with transaction.atomic():
        _take_back(nobodys, now)
        _let_go(now)
        _open(nobodys, now)
        Room.objects.all().delete()
        Room.objects.bulk_create([Room(therapist_id=one, clients=count, at=now) for one, count in rooms.items()])


def _take_back(nobodys: Mapping[Pair, Unheld], now: datetime) -> None:
    for matter in Matter.objects.filter(kind__in=NOTICED, closed_at__isnull=True, holder=Role.CARE_CONTACT):
        if (matter.client_id, matter.therapist_id) not in nobodys:
            settled_itself(matter, form=uuid4(), by=OPERATOR, now=now)
        elif matter.kind != nobodys[matter.client_id, matter.therapist_id].why:
            _say_anew(matter, Kind(nobodys[matter.client_id, matter.therapist_id].why), now)


def _say_anew(matter: Matter, why: Kind, now: datetime) -> None:
    """Nobody holds him for another reason now, as when somebody has spoken to him. Whoever took it on still has it."""
    same = Matter.objects.filter(client=matter.client, therapist=matter.therapist, holder=matter.holder, kind=why)
    if not same.filter(closed_at__isnull=True).exists():
        Matter.objects.filter(pk=matter.pk).update(kind=why)
        record(Action.MATTER_OPENED, by=OPERATOR, about=f"matter:{matter.pk}", at=now)


def _let_go(now: datetime) -> None:
    """Close what clients asked of a therapist whom they are not with any more: nobody could see to it there."""
    asked = Matter.objects.filter(holder=Role.THERAPIST, closed_at__isnull=True).annotate(now_with=now_with("client"))
    for matter in asked.filter(now_with__isnull=False).exclude(now_with=F("therapist")):
        settled_itself(matter, form=uuid4(), by=OPERATOR, now=now)


def _open(nobodys: Mapping[Pair, Unheld], now: datetime) -> None:
    """A matter for each whom nobody holds: not where one is open about him, nor where this was settled lately."""
    held = set(Matter.objects.filter(closed_at__isnull=True).values_list("client", flat=True))
    rested = _settled_lately(now)
    fresh = [one for pair, one in nobodys.items() if one.client_id not in held and pair not in rested]
    clients = Client.objects.in_bulk([one.client_id for one in fresh])
    therapists = Therapist.objects.in_bulk([one.therapist_id for one in fresh])
    for one in fresh:
        open_matter(
            by=OPERATOR,
            client=clients[one.client_id],
            therapist=therapists[one.therapist_id],
            kind=Kind(one.why),
            holder=Role.CARE_CONTACT,
            due_on=working_day(timezone.localdate(now)),
            now=now,
        )


def _settled_lately(now: datetime) -> frozenset[Pair]:
    lately = Matter.objects.filter(closed_at__gt=now - REST).exclude(outcome="by_itself")
    return frozenset(lately.values_list("client", "therapist"))
