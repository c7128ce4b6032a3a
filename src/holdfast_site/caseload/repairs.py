"""What was said or done about a reason: what is sealed of it, in words, and what followed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext

from holdfast.repair import SUGGESTIONS, Followed, followed
from holdfast.repair.followed import Afterwards
from holdfast.repair.suggestions import ASKS
from holdfast.silence.reasons import QUIET, SINCE
from holdfast.silence.signals import SIGNALS
from holdfast.tables.schema import Ending as EndingKind
from holdfast.tables.schema import Status
from holdfast_site.caseload.models import Course, Repair
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.selectors import shown_to_therapist
from holdfast_site.people.models import Appointment, Ending

SOMETHING_ELSE = "something-else"
ACTIONS = frozenset({*SUGGESTIONS, SOMETHING_ELSE})
REASONS = frozenset({*SIGNALS, *(f"since_{what}" for what in SINCE), QUIET, ASKS, ""})
Pair = tuple[str, str]  # a client with a therapist


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and the reason that it was about."""

    action: str
    prompted_by: str

    @property
    def words(self) -> str:
        """A suggestion in its own words; what came from elsewhere as it was written there."""
        if self.action == SOMETHING_ELSE:
            return gettext("Something else")
        known = SUGGESTIONS.get(self.action)
        return self.action[:1].upper() + self.action[1:] if known is None else gettext(known.do)


def sealed(repair: Repair, done: Done) -> bytes:
    """What was done, for the database."""
    box = settings.VAULT.client_box(repair.client_id, repair.client.wrapped_key)
    return box.seal(json.dumps(asdict(done)).encode(), place=repair.place)


def done_of(repair: Repair) -> Done:
    """The same, opened again."""
    box = settings.VAULT.client_box(repair.client_id, repair.client.wrapped_key)
    return Done(**json.loads(box.open(repair.sealed, place=repair.place)))


def what_followed(repairs: Sequence[Repair], *, now: datetime) -> Mapping[int, Followed]:
    """What followed each, as a therapist may know it: of check-ins only what he may see."""
    then = _afterwards({(one.client_id, one.therapist_id) for one in repairs}, now)
    return {one.pk: followed(one.at, then[one.client_id, one.therapist_id], now=now) for one in repairs}


def _afterwards(pairs: Iterable[Pair], now: datetime) -> Mapping[Pair, Afterwards]:
    wanted = set(pairs)
    clients = {client for client, _ in wanted}
    sessions: dict[Pair, list[datetime]] = {}
    came = Appointment.objects.filter(client__in=clients, status=Status.ATTENDED, starts_at__lte=now)
    for client, therapist, at in came.order_by("starts_at").values_list("client", "therapist", "starts_at"):
        sessions.setdefault((client, therapist), []).append(at)
    endings: dict[Pair, tuple[datetime, EndingKind]] = {}
    for one in Ending.objects.filter(client__in=clients, ended_on__lte=now.date()).order_by("ended_on", "pk"):
        at = datetime.combine(one.ended_on, datetime.min.time(), tzinfo=now.tzinfo)
        endings[one.client_id, one.therapist_id] = (at, EndingKind(one.kind))
    rhythms = {
        (client, therapist): days
        for client, therapist, days in Course.objects.filter(client__in=clients).values_list(
            "client", "therapist", "rhythm_days"
        )
    }
    answers = _answers(clients)
    return {
        pair: Afterwards(sessions.get(pair, ()), endings.get(pair), answers.get(pair, ()), rhythms.get(pair))
        for pair in wanted
    }


def _answers(clients: Iterable[str]) -> Mapping[Pair, list[tuple[datetime, Mapping[str, int | str]]]]:
    found: dict[Pair, list[tuple[datetime, Mapping[str, int | str]]]] = {}
    for one in shown_to_therapist(Invitation.objects.filter(appointment__client__in=set(clients))):
        found.setdefault((one.client_id, one.therapist_id), []).append((one.sent_at, one.answers))
    return found
