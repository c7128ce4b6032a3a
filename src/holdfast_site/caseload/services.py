"""Writing a caseload: what a therapist marks, and what is worked out from the tables."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from holdfast.silence.overdue import overdue
from holdfast.silence.policy import Flag as Shown
from holdfast.silence.policy import new_flags, quiet_ones
from holdfast.tables.read import Tables
from holdfast_site.access.actors import OPERATOR, Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.caseload import selectors
from holdfast_site.caseload.adapters import tables, without
from holdfast_site.caseload.loading import Loaded, load
from holdfast_site.caseload.models import Flag, Overdue
from holdfast_site.caseload.words import chance
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import left_out
from holdfast_site.people.models import Appointment, Client

CAME = {"yes": "attended", "no": "no_show"}


@transaction.atomic
def mark(*, by: Actor, appointment_id: int, came: str, now: datetime) -> bool:
    """Mark a past appointment. False if it is not his, or was marked meanwhile: then nothing changes."""
    own = selectors.unmarked(by, now=now).filter(pk=appointment_id).values("pk")
    changed = Appointment.objects.filter(pk__in=list(own.values_list("pk", flat=True)), status="unknown").update(
        status=CAME[came], certainty="recorded", status_at=now
    )
    if changed:
        record(Action.APPOINTMENT_MARKED, by=by, about=f"appointment:{appointment_id}", at=now)
    return bool(changed)


@transaction.atomic
def note_reading(action: Action, *, by: Actor, about: str, now: datetime) -> None:
    """Tell the audit who looked at what."""
    record(action, by=by, about=about, at=now)


@transaction.atomic
def load_tables(found: Tables, *, now: datetime, by: Actor = OPERATOR) -> Loaded:
    """Load a folder of tables, and tell the audit."""
    done = load(found)
    record(Action.TABLES_LOADED, by=by, about=f"appointments:{done.appointments}", at=now)
    return done


def refresh(now: datetime) -> None:
    """Work out the overdue list, and new flags where the practice wants them. Nothing else follows from it."""
    now = now.replace(microsecond=0)
    if not Appointment.objects.exists():
        return
    found = tables(now)
    erased = frozenset(Client.objects.filter(wrapped_key=b"").values_list("pk", flat=True))
    late = [
        Overdue(client_id=one.client_id, therapist_id=one.therapist_id, words=one.words, at=now)
        for one in overdue(without(found, erased))
    ]
    unwilling = left_out(Consent.EARLY_WARNING, at=now)
    flags = _new_flags(without(found, unwilling), now) if settings.SITE.early_warning else []
    with transaction.atomic():
        Overdue.objects.all().delete()
        Overdue.objects.bulk_create(late)
        if settings.SITE.early_warning:
            unwilling = left_out(Consent.EARLY_WARNING, at=now)  # once more: somebody may have said no meanwhile
            Flag.objects.filter(client__in=unwilling).delete()
            Flag.objects.bulk_create([flag for flag in flags if flag.client_id not in unwilling], ignore_conflicts=True)


def _new_flags(found: Tables, now: datetime) -> list[Flag]:
    from holdfast.silence import fit_moments, moments, predict_moments

    seen = moments(found)
    predicted = predict_moments(fit_moments(seen), seen)
    rows = {(row["client_id"], row["therapist_id"]): row for row in predicted.iter_rows(named=True)}
    fresh = new_flags(quiet_ones(predicted), _shown_before(now), at=_wall(now))
    return [_sealed(rows[flag.client_id, flag.therapist_id], now) for flag in fresh]


def _sealed(row: dict[str, object], now: datetime) -> Flag:
    client = Client.objects.get(pk=row["client_id"])
    flag = Flag(client=client, therapist_id=str(row["therapist_id"]), at=now)
    told = row["reasons"] if isinstance(row["reasons"], list) else []
    content = {
        "signals": [reason["signal"] for reason in told],
        "words": [reason["words"] for reason in told],
        "chance": chance(*(float(str(row[name])) for name in ("p_left_low", "p_left", "p_left_high"))),
    }
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    flag.sealed = box.seal(json.dumps(content).encode(), place=flag.place)
    return flag


def _shown_before(now: datetime) -> list[Shown]:
    """The flags so far, as the policy wants them: none is repeated for the same reason within four weeks."""
    found = []
    for flag in Flag.objects.filter(at__lte=now).select_related("client"):
        box = settings.VAULT.client_box(flag.client_id, flag.client.wrapped_key)
        signals = json.loads(box.open(flag.sealed, place=flag.place))["signals"]
        found.append(Shown(flag.client_id, flag.therapist_id, 0, _wall(flag.at), tuple(signals), 0.0, 0.0))
    return found


def _wall(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(settings.SITE.timezone)).replace(tzinfo=None)
