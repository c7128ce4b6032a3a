"""Reading what is held about the client who signed in: everything of his, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext

from holdfast_site.access.actors import Actor, Role
from holdfast_site.checkins.answers import Value, put_right
from holdfast_site.checkins.models import Asks, Audience, SealedBox, Submission
from holdfast_site.checkins.selectors import SEEN_BY_THERAPIST, as_given, corrections_of
from holdfast_site.consents.models import Consent, Decision
from holdfast_site.consents.selectors import allows, history
from holdfast_site.consents.words import USES_ANSWERS, WORDINGS
from holdfast_site.handover.models import Matter
from holdfast_site.own.words import (
    ORDER,
    REPLIES,
    Change,
    Heard,
    Line,
    asked_for,
    asks,
    changes,
    says,
)
from holdfast_site.people.models import Client
from holdfast_site.studies.selectors import names

ON_HIS_PAGE = (
    Consent.SUPERVISOR_READS,
    Consent.PRIVATE_ROUTE,
    Consent.EARLY_WARNING,
    Consent.LISTS,
    Consent.STATISTICS,
    Consent.ANSWERS,
)


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """What one audience may read of a check-in."""

    box: SealedBox
    audience: Audience
    lines: Sequence[Line]

    @property
    def can_be_put_right(self) -> bool:
        """Whether there is an answer in it that can be changed. What he asked for before a session he asks anew."""
        return any(line.name in ORDER for line in self.lines)


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """One check-in that he answered."""

    id: int
    on: datetime
    before: datetime | None  # the session that was still to come, if it was asked before one
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Standing:
    """One consent as it stands now, and since when."""

    consent: Consent
    says: str
    given: bool
    since: datetime | None
    button: str
    when_no: str
    held_back: bool  # it uses what he said, and he asked that that is left alone


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What he asked the practice for, and when it was settled."""

    on: datetime
    what: str
    settled: datetime | None


def himself(actor: Actor) -> QuerySet[Client]:
    """The client who signed in. For anybody else, and for whoever has been erased: nobody."""
    his = actor.client_id if actor.role is Role.CLIENT else None
    return Client.objects.exclude(wrapped_key=b"").filter(pk=his or "")


def said(client: Client) -> Sequence[Said]:
    """Every check-in that he answered, with what he kept from his therapist; the latest first."""
    boxes = _boxes(client).order_by("-submission__answered_at", "-submission", "pk")
    by_submission = groupby(boxes, key=lambda box: box.submission)
    return [
        Said(
            one.pk,
            one.answered_at,
            _before(one),
            [Part(box, Audience(box.audience), lines_of(box, client)) for box in his],
        )
        for one, his in by_submission
    ]


def _before(one: Submission) -> datetime | None:
    asked = one.invitation
    return asked.appointment.starts_at if asked.asks == Asks.BEFORE else None


def own_boxes(client: Client, submission: int) -> Sequence[SealedBox]:
    """The boxes of one check-in of his; none if it is somebody else's."""
    return list(_boxes(client).filter(submission=submission).order_by("pk"))


def lines_of(box: SealedBox, client: Client) -> Sequence[Line]:
    """What a box says, with what stood there before he put it right."""
    given, corrections = as_given(box, client), corrections_of(box, client)
    standing = put_right(given, (values for _, values in corrections))
    when = {name: one.at for one, values in corrections for name in values}
    names = [name for name in (*REPLIES, *ORDER) if name in given or name in when]
    return [
        Line(name, asks(name), says(name, standing.get(name)), says(name, given.get(name)) if name in when else "",
             when.get(name))
        for name in names
    ]  # fmt: skip


def values_of(box: SealedBox, client: Client) -> Mapping[str, Value]:
    """What stands in a box now."""
    return put_right(as_given(box, client), (values for _, values in corrections_of(box, client)))


def what_changed(client: Client) -> Sequence[Change]:
    """What he said was off, and what he said of it later. What he kept from his therapist nobody could change."""
    boxes = _boxes(client).filter(audience__in=SEEN_BY_THERAPIST).order_by("submission__answered_at", "pk")
    return changes([Heard(box.submission.answered_at, values_of(box, client)) for box in boxes])


def what_he_asked_for(client: Client) -> Sequence[AskedFor]:
    """What he asked the practice for, the latest first."""
    found = ((one, asked_for(one.kind)) for one in Matter.objects.filter(client=client).order_by("-opened_at", "-pk"))
    return [AskedFor(one.opened_at, what, one.closed_at) for one, what in found if what]


def standing(client: Client, *, now: datetime) -> Sequence[Standing]:
    """The consents that he decides about on his page, as they stand."""
    latest = {(one.consent, one.study): one for one in reversed(history(client))}
    offered = [one for one in ON_HIS_PAGE if one is not Consent.EARLY_WARNING or settings.SITE.early_warning]
    is_alone = not allows(client, Consent.ANSWERS, at=now)
    found = []
    for consent in (Consent.CARE_NOTICE, *offered):
        words, given = WORDINGS[consent], allows(client, consent, at=now)
        last = latest.get((consent, ""))
        button = gettext(words.no if given else words.yes)
        held_back = consent in USES_ANSWERS and is_alone
        since = last.at if last else None
        found.append(Standing(consent, gettext(words.says), given, since, button, gettext(words.when_no), held_back))
    return found


def decided(client: Client) -> Sequence[tuple[Decision, str]]:
    """Everything he ever decided, the latest first; what was about a study with how it is called."""
    called = names()
    return [(one, called.get(one.study, "")) for one in history(client)]


def _boxes(client: Client) -> QuerySet[SealedBox]:
    his = SealedBox.objects.filter(submission__invitation__appointment__client=client)
    return his.select_related("submission__invitation__appointment").prefetch_related("corrections")
