"""Writing matters: opening one, taking it on, planning what comes next, and settling it.

Each form says how many steps it had seen. If somebody did something meanwhile, nothing changes and he is shown what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from holdfast.tables.schema import Ending as EndingKind
from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Post
from holdfast_site.audit.services import Action, record
from holdfast_site.handover.due import seen_to_on
from holdfast_site.handover.models import Did, Kind, Matter, NextStep, Outcome, Step, Switch
from holdfast_site.handover.selectors import held_by, kept_boxes, kind_of
from holdfast_site.people.booking import Over, Taken, book, call_off_all_with
from holdfast_site.people.models import Appointment, Client, Ending, Pause, Therapist

ENDS_AS: Mapping[Outcome, EndingKind] = {
    Outcome.TOLD: EndingKind.TOLD,
    Outcome.PLANNED: EndingKind.PLANNED,
    Outcome.REFERRED: EndingKind.REFERRED,
    Outcome.UNREACHED: EndingKind.SILENT,
    Outcome.SWITCHED: EndingKind.SWITCHED,
}
ACTIONS: Mapping[Did, Action] = {
    Did.TOOK: Action.MATTER_TAKEN,
    Did.PLANNED: Action.MATTER_PLANNED,
    Did.SETTLED: Action.MATTER_SETTLED,
}


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody did something about it after this form was made. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A form about a matter: its own id, and how many steps it had seen."""

    form: UUID
    steps: int


@transaction.atomic
def open_matter(
    *,
    by: Actor,
    client: Client,
    therapist: Therapist,
    kind: Kind,
    holder: Role,
    due_on: date,
    now: datetime,
    said: Mapping[str, str] | None = None,
) -> Matter:
    """Open a matter for whoever is to hold it. One that is open already stays; what was said last stands in it."""
    key = {"client": client, "therapist": therapist, "kind": kind, "holder": holder}
    matter = Matter.objects.filter(**key, closed_at__isnull=True).first()
    if matter is not None and not said:
        return matter
    is_new = matter is None
    matter = matter or Matter(**key, opened_at=now, due_on=due_on)
    if said:
        box = settings.VAULT.client_box(client.pk, client.wrapped_key)
        matter.sealed = box.seal(json.dumps(dict(said)).encode(), place=matter.place)
    matter.save()
    if is_new:
        record(Action.MATTER_OPENED, by=by, about=f"matter:{matter.pk}", at=now)
    return matter


def add_words(matter: Matter, words: str) -> None:
    """Put words under those that stand in a matter already, so that nothing that was said before is lost."""
    if not words:
        return
    box = settings.VAULT.client_box(matter.client_id, matter.client.wrapped_key)
    said = json.loads(box.open(matter.sealed, place=matter.place)) if matter.sealed else {}
    said["words"] = "\n".join(filter(None, [said.get("words", ""), words]))
    matter.sealed = box.seal(json.dumps(said).encode(), place=matter.place)
    matter.save(update_fields=["sealed"])


@transaction.atomic
def take(*, by: Actor, matter: Matter, seen: Seen, now: datetime) -> Step | Meanwhile:
    """Take a matter on: from now on it is his."""
    step = _step(by, matter, seen, Did.TOOK, now=now)
    if isinstance(step, _New):
        Matter.objects.filter(pk=matter.pk).update(owner=step.step.by_id)
    return _told(step)


@transaction.atomic
def take_on_kept(*, by: Actor, box_id: int, form: UUID, now: datetime) -> Matter:
    """Make what a client kept from his therapist a matter of the care contact's, and take it on. One is open once.

    Where it is a wish that is a matter already, that one is taken on.

    Raises
    ------
    SealedBox.DoesNotExist
        If it is not for this person.
    """
    known = held_by(by).filter(steps__form=form).first()
    if known is not None:
        return known
    box = kept_boxes(by).get(pk=box_id)
    about = box.submission.invitation.appointment
    theirs = held_by(by).filter(client=about.client, therapist=about.therapist, closed_at__isnull=True)
    matter = theirs.filter(kind=kind_of(box)).first() or open_matter(
        by=by,
        client=about.client,
        therapist=about.therapist,
        kind=Kind.KEPT,
        holder=Role.CARE_CONTACT,
        due_on=seen_to_on(now),
        now=now,
    )
    take(by=by, matter=matter, seen=Seen(form=form, steps=0), now=now)  # if somebody has it, it stays his
    return matter


@transaction.atomic
def plan(*, by: Actor, matter: Matter, seen: Seen, what: NextStep, on: date, now: datetime) -> Step | Meanwhile:
    """Say what is to be done next, and by when. Whoever plans it, holds it."""
    step = _step(by, matter, seen, Did.PLANNED, what=what, on=on, now=now)
    if isinstance(step, _New):
        Matter.objects.filter(pk=matter.pk).update(owner=step.step.by_id, next_step=what, due_on=on)
    return _told(step)


@transaction.atomic
def settle(
    *, by: Actor, matter: Matter, seen: Seen, outcome: Outcome, now: datetime, at: datetime | None = None
) -> Step | Meanwhile | Taken | Over:
    """Settle a matter, and write what follows from it: an ending, an agreed break, an appointment.

    ``at`` is when he comes again (booked) or means to come back (paused). Booked without it: he is booked already.
    """
    step = _step(by, matter, seen, Did.SETTLED, what=outcome, on=_day(at), now=now)
    if not isinstance(step, _New):
        return _told(step)
    if outcome == Outcome.BOOKED and at is not None:
        made = book(by=by, form=seen.form, client=matter.client, therapist=matter.therapist, starts_at=at, now=now)
        if not isinstance(made, Appointment):
            transaction.set_rollback(True)
            return made
    if outcome == Outcome.PAUSED:
        Pause.objects.create(client=matter.client, therapist=matter.therapist, at=now, until=_day(at))
    if outcome in ENDS_AS:
        _end(matter.client, matter.therapist, ENDS_AS[outcome], now)
    _close(matter, outcome, now)
    return step.step


@transaction.atomic
def switch(
    *, by: Actor, matter: Matter, seen: Seen, goes_to: Therapist, starts_at: datetime, story: str, now: datetime
) -> Step | Meanwhile | Taken | Over:
    """Hand somebody over: the episode ends as switched, what was booked in it is called off, the next one is booked.

    Only the story that he agreed to goes along; nothing of the therapist's own moves by itself.
    """
    step = _step(by, matter, seen, Did.SETTLED, what=Outcome.SWITCHED, now=now)
    if not isinstance(step, _New):
        return _told(step)
    client = matter.client
    made = book(by=by, form=seen.form, client=client, therapist=goes_to, starts_at=starts_at, now=now)
    if not isinstance(made, Appointment):
        transaction.set_rollback(True)
        return made
    call_off_all_with(by=by, client=client, therapist=matter.therapist, now=now)
    _end(client, matter.therapist, EndingKind.SWITCHED, now)
    gone = Switch(matter=matter, client=client, leaves=matter.therapist, goes_to=goes_to)
    gone.asked_at, gone.decided_at = matter.opened_at, now
    if story and not client.is_erased:
        box = settings.VAULT.client_box(client.pk, client.wrapped_key)
        gone.sealed = box.seal(story.encode(), place=gone.place)
    gone.save()
    record(Action.CLIENT_SWITCHED, by=by, about=f"switch:{gone.pk}", at=now)
    for other in Matter.objects.filter(client=client, closed_at__isnull=True, holder=matter.holder):
        _close(other, Outcome.SWITCHED, now)
    return step.step


@transaction.atomic
def settled_itself(matter: Matter, *, form: UUID, by: Actor, now: datetime) -> None:
    """Close what is no matter any more: he is booked again, or somebody wrote down how it ended."""
    number = matter.steps.count() + 1
    Step.objects.create(matter=matter, number=number, form=form, at=now, did=Did.SETTLED, what=Outcome.BY_ITSELF)
    _close(matter, Outcome.BY_ITSELF, now)
    record(Action.MATTER_SETTLED, by=by, about=f"matter:{matter.pk}", at=now)


@dataclass(frozen=True, slots=True)
class _New:
    """A step that was not there before."""

    step: Step


def _step(
    by: Actor, matter: Matter, seen: Seen, did: Did, *, now: datetime, what: str = "", on: date | None = None
) -> _New | Step | Meanwhile:
    """Add one step, or find the one that this form has made; not if anything was done since the form was made.

    Raises
    ------
    Matter.DoesNotExist
        If it is not for this person.
    """
    fresh = held_by(by).select_for_update().get(pk=matter.pk)
    known = Step.objects.filter(form=seen.form, matter=fresh).first()
    if known is not None:
        return known
    if fresh.closed_at is not None or fresh.steps.count() != seen.steps:
        return Meanwhile()
    post = Post.objects.get(member=int(by.id), role=by.role)
    step = Step.objects.create(
        matter=fresh, number=seen.steps + 1, form=seen.form, at=now, by=post, did=did, what=what, on=on
    )
    record(ACTIONS[did], by=by, about=f"matter:{matter.pk}", at=now)
    return _New(step)


def _told(step: _New | Step | Meanwhile) -> Step | Meanwhile:
    return step.step if isinstance(step, _New) else step


def _close(matter: Matter, outcome: Outcome, now: datetime) -> None:
    Matter.objects.filter(pk=matter.pk, closed_at__isnull=True).update(outcome=outcome, closed_at=now)


def _day(at: datetime | None) -> date | None:
    return None if at is None else timezone.localdate(at)


def _end(client: Client, therapist: Therapist, kind: EndingKind, now: datetime) -> None:
    """Write down how the episode ended. Whoever could not be reached left after his last session, not today."""
    ended_on = timezone.localdate(now)
    if kind is EndingKind.SILENT:
        came = Appointment.objects.filter(
            client=client, therapist=therapist, status=Status.ATTENDED, starts_at__lte=now
        )
        last = came.order_by("starts_at", "pk").last()
        ended_on = ended_on if last is None else timezone.localdate(last.starts_at)
    told = {"kind": kind, "recorded_at": now}
    Ending.objects.update_or_create(client=client, therapist=therapist, ended_on=ended_on, defaults=told)
