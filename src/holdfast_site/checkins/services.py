"""Writing check-ins: making a link, and keeping the answers that come by it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction

from holdfast.errors import UsageError
from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.checkins import selectors
from holdfast_site.checkins.answers import Answers, Value, packed, packed_correction
from holdfast_site.checkins.models import Asks, Audience, Correction, Invitation, SealedBox, Submission
from holdfast_site.checkins.questions import VERSION, next_rotating
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import allows
from holdfast_site.people.models import Appointment, Client
from holdfast_site.vault import ClientBox

LINK_BYTES = 32


@dataclass(frozen=True, slots=True)
class Kept:
    """The answers are on disk; these are the audiences that have something to read."""

    audiences: frozenset[Audience]
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class AnsweredBefore:
    """Another form of the same check-in was sent in before; that one stands."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The link's time is over."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing was chosen or written. Nothing is kept, and the link stays open."""


Done = Kept | AnsweredBefore | Closed | Empty


@transaction.atomic
def invite(*, by: Actor, appointment: Appointment, now: datetime) -> tuple[Invitation, str]:
    """Make one check-in and its link. The link is returned once and stored nowhere.

    Raises
    ------
    django.db.IntegrityError
        If one was made about this appointment in the same second: the tables could not tell them apart.
    """
    now = now.replace(microsecond=0)
    shown = selectors.shown_of(appointment.client)
    rotating = next_rotating(
        [one.rotating for one in shown], known=frozenset(name for one in shown for name in one.answers)
    )
    expires_at = now + timedelta(hours=settings.SITE.link_hours)
    return _invite(by, now, appointment=appointment, asks=Asks.CHECKIN, expires_at=expires_at, rotating=rotating)


@transaction.atomic
def ask_before(*, by: Actor, appointment: Appointment, now: datetime) -> tuple[Invitation, str]:
    """Ask before an appointment whether he comes, and make the link. It is open until the appointment begins."""
    now = now.replace(microsecond=0)
    return _invite(by, now, appointment=appointment, asks=Asks.BEFORE, expires_at=appointment.starts_at, rotating=())


def _invite(by: Actor, now: datetime, **told: Any) -> tuple[Invitation, str]:
    link = secrets.token_urlsafe(LINK_BYTES)
    fingerprint = settings.VAULT.fingerprint_of_link(link)
    invitation = Invitation.objects.create(link=fingerprint, sent_at=now, version=VERSION, **told)
    record(Action.CHECKIN_SENT, by=by, about=f"checkin:{invitation.pk}", at=now)
    return invitation, link


def invite_after_last_session(*, by: Actor, client_id: str, now: datetime) -> str:
    """Make a check-in about a client's last session, and return its link.

    Raises
    ------
    UsageError
        If he has had no session yet, or wants no questions.
    """
    client = Client.objects.filter(pk=client_id).first()
    if client is not None and not allows(client, Consent.CHECKINS, at=now):
        raise UsageError(f"{client_id} wants no questions now.")
    sessions = Appointment.objects.filter(client=client_id, status=Status.ATTENDED, starts_at__lte=now)
    last = sessions.order_by("starts_at", "pk").last()
    if last is None:
        raise UsageError(f"There is no session of {client_id} in this site.")
    return invite(by=by, appointment=last, now=now)[1]


@transaction.atomic(durable=True)
def keep_answers(*, by: Actor, invitation: Invitation, form: UUID, answers: Answers, now: datetime) -> Done:
    """Keep one set of answers. The same form sent twice, or a hundred times at once, is kept once.

    When this returns ``Kept``, the answers are on disk.
    """
    return keep_once(by=by, invitation=invitation, form=form, answers=answers, now=now)


def keep_once(*, by: Actor, invitation: Invitation, form: UUID, answers: Answers, now: datetime) -> Done:
    """The same inside a transaction, for what has to be kept together with something else."""
    before = Submission.objects.filter(invitation=invitation).first()
    if before is not None:
        return _as_before(before) if before.form == form else AnsweredBefore()
    erased = Client.objects.filter(appointments=invitation.appointment_id, wrapped_key=b"").exists()
    alone = invitation.asks == Asks.CHECKIN and selectors.is_closed(invitation, now=now)
    if now >= invitation.expires_at or erased or alone:
        return Closed()
    if not answers.audiences:
        return Empty()
    keep_as_given([Given(invitation, form, answers, now)])
    record(Action.CHECKIN_ANSWERED, by=by, about=f"checkin:{invitation.pk}", at=now)
    return Kept(answers.audiences, is_new=True)


@transaction.atomic
def correct(*, by: Actor, box: SealedBox, values: Mapping[str, Value | None], form: UUID, now: datetime) -> None:
    """Keep beside a box what its client puts right in it. Whoever may see the box sees what stands now."""
    if not values or Correction.objects.filter(form=form).exists():
        return
    client = box.submission.invitation.appointment.client
    correction = Correction(box=box, form=form, at=now)
    own = settings.VAULT.client_box(client.pk, client.wrapped_key)
    correction.sealed = own.seal(packed_correction(values), place=correction.place)
    correction.save(force_insert=True)
    record(Action.ANSWER_CORRECTED, by=by, about=f"checkin:{box.submission.invitation_id}", at=now)


class Given(NamedTuple):
    """One set of answers, as it is kept."""

    invitation: Invitation
    form: UUID
    answers: Answers
    answered_at: datetime


def keep_as_given(given: Sequence[Given]) -> None:
    """Keep answers without asking whether they may come: also those that were given elsewhere. In a transaction."""
    kept = Submission.objects.bulk_create(
        [Submission(invitation=one.invitation, form=one.form, answered_at=one.answered_at) for one in given]
    )
    keys: dict[str, ClientBox] = {}  # each client's key is unwrapped once
    boxes: list[SealedBox] = []
    for submission, one in zip(kept, given, strict=True):
        client = one.invitation.appointment.client
        if client.pk not in keys:
            keys[client.pk] = settings.VAULT.client_box(client.pk, client.wrapped_key)
        told = one.answers.by_audience.items()
        boxes += [_sealed(submission, audience, values, keys[client.pk]) for audience, values in told]
    SealedBox.objects.bulk_create(boxes)


def _as_before(submission: Submission) -> Kept:
    return Kept(frozenset(Audience(name) for name in submission.boxes.values_list("audience", flat=True)))


def _sealed(submission: Submission, audience: Audience, values: Mapping[str, Value], own: ClientBox) -> SealedBox:
    box = SealedBox(submission=submission, audience=audience)
    box.sealed = own.seal(packed(values), place=box.place)
    return box
