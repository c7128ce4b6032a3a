"""Writing a caseload: what a therapist marks, and what is worked out from the tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from holdfast.engine import Engine
from holdfast.episodes import Episodes, episodes
from holdfast.repair import tally
from holdfast.silence.fitted import Fitted
from holdfast.silence.overdue import overdue_of
from holdfast.silence.policy import Flag as Shown
from holdfast.silence.policy import Muting, muting, new_flags, quiet_ones
from holdfast.tables.read import Tables
from holdfast_site.access.actors import OPERATOR, Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.caseload import selectors
from holdfast_site.caseload.adapters import tables, without
from holdfast_site.caseload.flags import Content, Said, count_record, opened, unseen
from holdfast_site.caseload.loading import Loaded, load
from holdfast_site.caseload.models import Calibration, Course, Flag, Guess, Overdue, Repair, Summary
from holdfast_site.caseload.repairs import ACTIONS, REASONS, Done, done_of, sealed, what_followed
from holdfast_site.caseload.story import TAKEN_BACK_WITHIN
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import left_out, said_no
from holdfast_site.people import booking
from holdfast_site.people.models import Appointment, Client
from holdfast_site.people.selectors import erased
from holdfast_site.saying import heard, kept

CAME = {"yes": True, "no": False}
LOOKED_BACK = timedelta(weeks=10)  # at earlier flags, before new ones are shown; the policy wants two months


@transaction.atomic
def mark(*, by: Actor, appointment_id: int, came: str, now: datetime) -> bool:
    """Mark a past appointment. False if it is not his, or was marked meanwhile: then nothing changes."""
    is_his = selectors.unmarked(by, selectors.own_ids(by), now=now).filter(pk=appointment_id).exists()
    return is_his and booking.mark(by=by, appointment_id=appointment_id, came=CAME[came], now=now)


def mark_right(*, by: Actor, appointment_id: int, came: str, now: datetime) -> bool:
    """Put right what he marked himself today. False if it says so already, or is not his to put right any more."""
    own = selectors.own_appointments(by, selectors.own_ids(by))
    return booking.mark_right(own, by=by, appointment_id=appointment_id, came=CAME[came], now=now)


@transaction.atomic
def load_tables(found: Tables, *, now: datetime, by: Actor = OPERATOR) -> Loaded:
    """Load a folder of tables, and tell the audit."""
    done = load(found)
    record(Action.TABLES_LOADED, by=by, about=f"appointments:{done.appointments}", at=now)
    return done


# --- what the therapist said, did and thought -------------------------------------------------------


@transaction.atomic
def log_repair(*, by: Actor, client: Client, form: UUID, done: Done, now: datetime) -> bool:
    """Keep what was said or done. The same form sent twice is kept once. False: it is nothing that can be logged.

    ``client`` is one of the actor's own.
    """
    if done.action not in ACTIONS or done.prompted_by not in REASONS or by.therapist_id is None or client.is_erased:
        return False
    if Repair.objects.filter(form=form).exists():
        return True
    repair = Repair(client=client, therapist_id=by.therapist_id, at=now.replace(microsecond=0), form=form)
    repair.sealed = sealed(repair, done)
    repair.save(force_insert=True)
    record(Action.REPAIR_LOGGED, by=by, about=f"client:{client.pk}", at=now)
    return True


@transaction.atomic
def take_back(*, by: Actor, repair_id: int, now: datetime) -> str | None:
    """Take back what was logged by mistake, within a day. Returns whose it was; none: nothing of his is there."""
    lately = Repair.objects.filter(therapist=by.therapist_id, at__gt=now - TAKEN_BACK_WITHIN)
    repair = lately.filter(client__in=selectors.own_ids(by), pk=repair_id).first()
    if repair is None:
        return None
    repair.delete()
    record(Action.REPAIR_TAKEN_BACK, by=by, about=f"client:{repair.client_id}", at=now)
    return repair.client_id


@transaction.atomic
def keep_guess(*, by: Actor, flag_id: int, said: Said, now: datetime) -> bool:
    """Keep what he thinks before he sees why. The first one stands. False: there is nothing of his to guess about."""
    flag = unseen(by, selectors.own_ids(by), now=now).select_related("client").filter(pk=flag_id).first()
    if flag is None:
        return Guess.objects.filter(flag=flag_id, flag__therapist=by.therapist_id).exists()
    guess = Guess(flag=flag, at=now)
    box = settings.VAULT.client_box(flag.client_id, flag.client.wrapped_key)
    guess.sealed = box.seal(said.encode(), place=guess.place)
    guess.save(force_insert=True)
    record(Action.GUESS_GIVEN, by=by, about=f"flag:{flag.pk}", at=now)
    return True


# --- what is worked out -----------------------------------------------------------------------------


def refresh(now: datetime, *, found: Tables | None = None, fitted: Fitted | None = None) -> None:
    """Work out the overdue list, the counts, and new flags where the practice wants them. Nothing else follows.

    ``found`` are the tables of that moment and ``fitted`` a model, where they were made before.
    """
    now = now.replace(microsecond=0)
    if not Appointment.objects.exists():
        return
    found = tables(now) if found is None else found
    gone, unwilling = erased(), left_out(Consent.EARLY_WARNING, at=now)
    unlisted = said_no(Consent.LISTS)
    with Engine.embedded() as engine:
        known = episodes(without(found, gone), engine=engine)
        late = [
            Overdue(
                client_id=one.client_id,
                therapist_id=one.therapist_id,
                form=one.words.form,
                values=dict(one.words.values),
                at=now,
            )
            for one in overdue_of(known)
            if one.client_id not in unlisted
        ]
        courses = _courses(known)
        willing = episodes(without(found, gone | unwilling), engine=engine) if unwilling - gone else known
        flags = _new_flags(willing, now, fitted) if settings.SITE.early_warning else []
    with transaction.atomic():
        gone = erased()  # once more: somebody may have been erased meanwhile
        Overdue.objects.all().delete()
        Overdue.objects.bulk_create([one for one in late if one.client_id not in gone])
        Course.objects.all().delete()
        Course.objects.bulk_create([one for one in courses if one.client_id not in gone])
        if settings.SITE.early_warning:
            unwilling = left_out(Consent.EARLY_WARNING, at=now)  # once more: somebody may have said no meanwhile
            Guess.objects.filter(flag__client__in=unwilling).delete()
            Flag.objects.filter(client__in=unwilling).delete()
            Flag.objects.bulk_create([flag for flag in flags if flag.client_id not in unwilling], ignore_conflicts=True)
    _count(now)


def _courses(known: Episodes) -> list[Course]:
    """The rhythm of each client with each therapist, of the latest episode."""
    columns = known.episodes.select("client_id", "therapist_id", "episode", "rhythm_days", "rhythm_is_own")
    rows = known.engine.fetch(columns).sort("episode").unique(["client_id", "therapist_id"], keep="last")
    return [
        Course(
            client_id=row["client_id"],
            therapist_id=row["therapist_id"],
            rhythm_days=row["rhythm_days"],
            rhythm_is_own=row["rhythm_is_own"],
        )
        for row in rows.drop_nulls().sort("client_id", "therapist_id").iter_rows(named=True)
    ]


def _count(now: datetime) -> None:
    """What became of the flags, and what followed what was done: counts for the whole practice."""
    repairs = list(Repair.objects.filter(at__lte=now).select_related("client"))
    after = what_followed(repairs, now=now)
    by_action: dict[str, list[Repair]] = {}
    for one in repairs:
        by_action.setdefault(done_of(one).action, []).append(one)
    tallies = {action: asdict(tally(after[one.pk] for one in done)) for action, done in sorted(by_action.items())}
    counted = Summary(at=now, record=dict(count_record(now=now)), tallies=tallies)
    with transaction.atomic():
        Summary.objects.all().delete()
        counted.save(force_insert=True)


def judge(now: datetime, *, found: Tables | None = None, every: timedelta = timedelta(days=1)) -> bool:
    """Judge the model's chances on the practice's own past, once a day: flags are muted where they have been off.

    ``found`` are the tables of that moment, where they were made before.
    """
    from holdfast.silence.calibrated import counted_here

    last = Calibration.objects.order_by("-at").first()
    if not settings.SITE.early_warning or (last is not None and abs(now - last.at) < every):
        return False
    left = erased() | left_out(Consent.EARLY_WARNING, at=now)
    found = tables(now) if found is None else found
    counted = counted_here(without(found, left)) if Appointment.objects.exists() else []
    off = [(name, kept(words)) for name, words in muting(counted).groups]
    with transaction.atomic():
        Calibration.objects.create(at=now, is_judged=bool(counted), muted=off)
    return True


def _new_flags(known: Episodes, now: datetime, fitted: Fitted | None) -> list[Flag]:
    from holdfast.silence import fit_moments
    from holdfast.silence.calibrated import evening
    from holdfast.silence.moments import moments_of

    seen = moments_of(known)
    predicted = evening(fitted or fit_moments(seen), seen)
    rows = {(row["client_id"], row["therapist_id"]): row for row in predicted.iter_rows(named=True)}
    quiet = quiet_ones(predicted)
    groups = {(one.client_id, one.therapist_id): one.groups for one in quiet}
    fresh = new_flags(quiet, _shown_before(now), at=_wall(now), muted=_muting())
    pairs = [(flag.client_id, flag.therapist_id) for flag in fresh]
    return [sealed_flag(rows[pair], groups[pair], now) for pair in pairs]


def _muting() -> Muting:
    last = Calibration.objects.order_by("-at", "-pk").first()
    return Muting(tuple((name, heard(words)) for name, words in last.muted)) if last else Muting()


def sealed_flag(row: Mapping[str, object], groups: Sequence[str], now: datetime) -> Flag:
    """A flag, not yet stored, from what the model says of somebody on an evening."""
    client = Client.objects.get(pk=row["client_id"])
    flag = Flag(client=client, therapist_id=str(row["therapist_id"]), at=now)
    told = row["reasons"] if isinstance(row["reasons"], list) else []
    content = Content(
        signals=[reason["signal"] for reason in told],
        words=[[reason["form"], json.loads(reason["values"])] for reason in told],
        p_left=float(str(row["p_left"])),
        groups=list(groups),
        between=[float(str(row[name])) for name in ("p_left_low", "p_left_high")],
    )
    box = settings.VAULT.client_box(client.pk, client.wrapped_key)
    flag.sealed = box.seal(json.dumps(asdict(content)).encode(), place=flag.place)
    return flag


def _shown_before(now: datetime) -> list[Shown]:
    """The flags so far, as the policy wants them: none is repeated for the same reason within four weeks."""
    lately = Flag.objects.filter(at__range=(now - LOOKED_BACK, now)).select_related("client")
    return [
        Shown(flag.client_id, flag.therapist_id, 0, _wall(flag.at), tuple(opened(flag).signals), 0.0, 0.0)
        for flag in lately
    ]


def _wall(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(settings.SITE.timezone)).replace(tzinfo=None)
