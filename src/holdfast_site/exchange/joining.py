"""One man under two ids of the other system: made one here if a person says so, or kept apart. Never by itself (H-05).

Who stays is the one who has something of his own here: a card, an answer, a decision, a page, a wish that somebody sees
to. It is sealed with his key, so two who both have something cannot be made one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import models, transaction
from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from holdfast.tables.reassigned import Reassigned
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast_site.access.actors import Actor
from holdfast_site.accounts.models import Post
from holdfast_site.audit.services import Action, record
from holdfast_site.before.models import Word
from holdfast_site.caseload.models import Repair
from holdfast_site.checkins.models import Invitation, Submission
from holdfast_site.consents.models import Decision
from holdfast_site.emergency.models import Opening
from holdfast_site.handover.models import NOTICED, Matter, Switch
from holdfast_site.languages import N_
from holdfast_site.people.models import Appointment, Client, Contact, Ending, KnownFrom, Pause
from holdfast_site.people.selectors import known_as
from holdfast_site.saying import said as say


class Said(StrEnum):
    """What a person says of two ids."""

    ONE = "one"
    TWO = "two"


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What an export has under another client: what is asked about it, what was decided, and that in words."""

    asked: Sequence[tuple[Reassigned, str]]  # with what was said; blank: nothing yet
    one_man: Sequence[Reassigned]
    two: Sequence[Reassigned]
    lines: Sequence[str]

    @property
    def is_decided(self) -> bool:
        """Whether everything that is asked was answered."""
        return all(said for _, said in self.asked)

    @property
    def decided(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.one_man or self.two)


def looked_at(found: Sequence[Reassigned], said: Mapping[str, Said]) -> LookedAt:
    """Ask about those who may be one man: all of the earlier id has gone over to one other, and they can be joined."""
    found = [one for one in found if not _is_settled(one)]
    went_to = Counter(one.was for one in found)
    reasons = {one: why_not(one) for one in found}
    asked = [
        (one, said.get(one.was, "")) for one in found if one.is_gone and went_to[one.was] == 1 and not reasons[one]
    ]
    is_asked = {one for one, _ in asked}
    lines = [f"{say(one.words)} {reasons[one]}".strip() for one in found if one not in is_asked]
    lines += [gettext(WORDS[Said(told)]) % {"was": one.was, "now": one.now} for one, told in asked if told]
    return LookedAt(
        asked,
        one_man=[one for one, told in asked if told == Said.ONE],
        two=[one for one in found if one not in is_asked or said.get(one.was) == Said.TWO],
        lines=lines,
    )


WORDS = {
    Said.ONE: N_("%(was)s and %(now)s are one man, as you said."),
    Said.TWO: N_("%(was)s and %(now)s are two men, as you said."),
}


def taken_lines(taken: int) -> Iterator[str]:
    """How many appointments are not those of whom they were."""
    if taken:
        words = ngettext(
            "One appointment was taken from whoever had it on this site before; if it was still to come, it is called "
            "off there.",
            "%(count)s appointments were taken from whoever had them on this site before; what was still to come is "
            "called off there.",
            taken,
        )
        yield words % {"count": number_format(taken, force_grouping=True)}


def why_not(one: Reassigned) -> str:
    """Why the two cannot be made one here, in a sentence; blank if they can."""
    was, now = _here(one.was), _here(one.now)
    assert was is not None  # noqa: S101 - for the types: of somebody who is not here nothing is open
    if was.is_erased or (now is not None and now.is_erased):
        told = gettext("One of %(was)s and %(now)s was erased here, so they stay two.")
        return told % {"was": one.was, "now": one.now}
    if now is not None and has_own(was) and has_own(now):
        told = gettext(
            "Both %(was)s and %(now)s have a card, answers or wishes of their own here, so they cannot be made one. If "
            'it is one man, choose at the desk which of them is written to; for the other, "Send nothing".'
        )
        return told % {"was": one.was, "now": one.now}
    return ""


BY_INVITATION = "invitation__appointment__client"
OWN: Mapping[
    type[models.Model], str
] = {  # sealed with his key, or asked for or decided by him; and how it leads to him
    Contact: "client",
    Submission: BY_INVITATION,
    Word: BY_INVITATION,
    Decision: "client",
    Post: "client",
    Switch: "client",
    Opening: "client",
    Repair: "client",
}


def has_own(client: Client) -> bool:
    """Whether there is something of his own here; of matters, one that was not only noticed."""
    return Matter.objects.filter(client=client).exclude(kind__in=NOTICED).exists() or any(
        model._default_manager.filter(**{path: client.pk}).exists() for model, path in OWN.items()
    )


@transaction.atomic
def apply(*, by: Actor, about: LookedAt, exported_at: datetime, now: datetime) -> int:
    """Do what was decided; how many appointments were taken from whose they are not any more."""
    for one in about.one_man:
        _join(by, one, now)
    return sum(_take_away(by, one, exported_at, now) for one in about.two)


def _is_settled(one: Reassigned) -> bool:
    """Whether nothing is open: the earlier one is not here at all, or both are one already."""
    was = _here(one.was)
    return was is None or was == _here(one.now)


def _here(id: str) -> Client | None:
    return Client.objects.filter(pk=known_as().get(id, id)).first()


def _join(by: Actor, one: Reassigned, now: datetime) -> None:
    was, other = _here(one.was), _here(one.now)
    if was is None or was == other:  # another of these has made them one
        return
    if other is None:
        _know_as(was, [one.now])
    else:
        stays, goes = (was, other) if has_own(was) or not has_own(other) else (other, was)
        _hand_over(goes, stays)
        _know_as(stays, [goes.pk, *goes.other_ids])
        Client.objects.filter(pk=goes.pk).update(other_ids=[])
        record(Action.CLIENTS_JOINED, by=by, about=f"client:{goes.pk}", at=now)
        was = stays
    record(Action.CLIENTS_JOINED, by=by, about=f"client:{was.pk}", at=now)


def _know_as(client: Client, ids: Sequence[str]) -> None:
    client.other_ids = sorted({*client.other_ids, *ids})
    client.save(update_fields=["other_ids"])


def _hand_over(goes: Client, stays: Client) -> None:
    """What the other system told of one is the other's now. What both have is there once."""
    for row in Appointment.objects.filter(client=goes):
        same = Appointment.objects.filter(client=stays)
        if same.filter(appointment_id=row.appointment_id).exists():
            Invitation.objects.filter(appointment=row).delete()  # nobody answered it: he has nothing of his own
            row.delete()
            continue
        elsewhere = "" if same.filter(elsewhere_id=row.elsewhere_id).exists() else row.elsewhere_id
        Appointment.objects.filter(pk=row.pk).update(client=stays, elsewhere_id=elsewhere)
    _move(Ending, goes, stays, ("therapist", "ended_on"))
    _move(Pause, goes, stays, ("therapist", "at"))


def _move(model: type[models.Model], goes: Client, stays: Client, key: Sequence[str]) -> None:
    rows = model._default_manager
    for row in rows.filter(client=goes):
        if rows.filter(client=stays, **{name: getattr(row, name) for name in key}).exists():
            row.delete()
        else:
            rows.filter(pk=row.pk).update(client=stays)


def _take_away(by: Actor, one: Reassigned, exported_at: datetime, now: datetime) -> int:
    """He does not come to what the other system has for somebody else. What was marked or asked about here stays."""
    client = _here(one.was)
    if client is None or client == _here(one.now):
        return 0
    its = Appointment.objects.filter(client=client).exclude(known_from=KnownFrom.SITE, known_at__gt=exported_at)
    its = its.filter(Q(appointment_id__in=one.appointments) | Q(elsewhere_id__in=one.appointments))
    never_his = its.filter(known_from=KnownFrom.EXPORT, invitations__isnull=True).exclude(status=Status.BOOKED)
    gone = never_his.count()
    Appointment.objects.filter(pk__in=list(never_his.values_list("pk", flat=True))).delete()
    booked = list(its.filter(status=Status.BOOKED))
    for row in booked:
        row.status, row.initiated_by, row.certainty = Status.CANCELLED, InitiatedBy.PROVIDER, Certainty.INFERRED
        row.known_from, row.known_at, row.status_at, row.agreed_at = KnownFrom.EXPORT, exported_at, None, None
        row.elsewhere_id = ""
        row.save()
        record(Action.APPOINTMENT_CHANGED, by=by, about=f"appointment:{row.pk}", at=now)
    return gone + len(booked)
