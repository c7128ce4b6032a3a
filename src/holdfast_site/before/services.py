"""Writing what came by a link: a reply before the next session, something said, somebody who comes back.

Each is kept once, together with the matter that it opens and the audit, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from holdfast_site.access.actors import Actor, Role
from holdfast_site.audit.services import Action, record
from holdfast_site.before import selectors
from holdfast_site.before.models import Knock, WayBack, Word
from holdfast_site.checkins.answers import Answers, Value
from holdfast_site.checkins.before_questions import CANCEL, REPLY, UNTIL, WEEKS, WHY, Reply
from holdfast_site.checkins.models import Audience, Invitation, Submission
from holdfast_site.checkins.questions import WORDS
from holdfast_site.checkins.selectors import audiences_for, is_answered
from holdfast_site.checkins.services import AnsweredBefore, Closed, Done, Kept, keep_once
from holdfast_site.handover.due import seen_to_on
from holdfast_site.handover.models import Kind, Matter
from holdfast_site.handover.services import add_words, open_matter, settled_itself
from holdfast_site.people.models import Appointment

HOLDERS: Mapping[Audience, Role] = {
    Audience.THERAPIST: Role.THERAPIST,
    Audience.CARE_CONTACT: Role.CARE_CONTACT,
}
MATTERS: Mapping[Reply, Kind] = {
    Reply.SLOWER: Kind.SLOWER,
    Reply.SOMEONE_ELSE: Kind.SOMEONE_ELSE,
    Reply.PAUSE: Kind.PAUSE,
    Reply.DONE: Kind.DONE,
    Reply.CALL: Kind.CALL,
}
MOST_KNOCKS, DAY = 3, timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Said:
    """It is on disk, and whoever is to have it has it."""


@dataclass(frozen=True, slots=True)
class TooOften:
    """Nothing was kept: enough came by this link today."""


class Back(NamedTuple):
    """With whom he would like to go on, as far as he said, and what he added."""

    same_therapist: bool
    someone_else: bool
    words: str


class Came(NamedTuple):
    """Something came in by a link."""

    by: Actor
    form: UUID
    now: datetime


@transaction.atomic(durable=True)
def keep_reply(*, came: Came, invitation: Invitation, answers: Answers) -> Done:
    """Keep what he answered before a session, and open what follows from it for whoever is to be told."""
    if not is_answered(invitation) and not selectors.is_open(invitation, now=came.now):
        return Closed()
    done = keep_once(by=came.by, invitation=invitation, form=came.form, answers=answers, now=came.now)
    if isinstance(done, Kept) and done.is_new:
        _follow(came, invitation, answers.by_audience)
    return done


def _follow(came: Came, invitation: Invitation, told: Mapping[Audience, Mapping[str, Value]]) -> None:
    reply = next((Reply(str(values[REPLY])) for values in told.values() if REPLY in values), None)
    if reply is Reply.DONE:
        _leave_the_door_open(invitation.submission)
    kind = MATTERS.get(reply) if reply else None
    if kind is None and any(CANCEL in values for values in told.values()):
        kind = Kind.CANCEL
    if kind is None:
        return
    appointment = invitation.appointment
    for audience, values in told.items():
        _tell(came, appointment, kind, HOLDERS[audience], in_words(values, appointment))
    also = reply is Reply.SOMEONE_ELSE and Audience.THERAPIST in told
    if also and Audience.CARE_CONTACT in audiences_for(appointment, now=came.now):
        words = in_words(told[Audience.THERAPIST], appointment)
        _tell(came, appointment, Kind.SOMEONE_ELSE, Role.CARE_CONTACT, words)


def _leave_the_door_open(submission: Submission) -> None:
    link = settings.VAULT.fingerprint_of_link(selectors.link_back(submission))
    WayBack.objects.create(submission=submission, link=link)


def _tell(came: Came, appointment: Appointment, kind: Kind, holder: Role, said: Mapping[str, str]) -> None:
    open_matter(
        by=came.by,
        client=appointment.client,
        therapist=appointment.therapist,
        kind=kind,
        holder=holder,
        due_on=seen_to_on(came.now),
        now=came.now,
        said=said,
    )


def in_words(values: Mapping[str, Value], appointment: Appointment) -> Mapping[str, str]:
    """What stands in a matter: each a sentence that can be read alone."""
    found = {}
    if UNTIL in values:
        found[UNTIL] = gettext("For %(weeks)s") % {"weeks": gettext(dict(WEEKS)[str(values[UNTIL])])}
    if CANCEL in values:
        day = date_format(localtime(appointment.starts_at), gettext("l j F, H:i"))
        found[CANCEL] = gettext("Asks the practice to cancel %(day)s") % {"day": day}
    if WHY in values:
        found[WHY] = gettext("Why: %(why)s") % {"why": gettext(str(values[WHY]))}
    if WORDS in values:
        found[WORDS] = str(values[WORDS])
    return found


@transaction.atomic(durable=True)
def say(*, came: Came, invitation: Invitation, text: str) -> Said | AnsweredBefore | Closed:
    """Pass on what he has to say to his therapist, once for each link."""
    before = Word.objects.filter(invitation=invitation).first()
    if before is not None:
        return Said() if before.form == came.form else AnsweredBefore()
    if not selectors.is_valid(invitation, now=came.now):
        return Closed()
    Word.objects.create(invitation=invitation, form=came.form, said_at=came.now)
    appointment = invitation.appointment
    matter = open_matter(
        by=came.by,
        client=appointment.client,
        therapist=appointment.therapist,
        kind=Kind.SAID,
        holder=Role.THERAPIST,
        due_on=seen_to_on(came.now),
        now=came.now,
    )
    add_words(matter, text)
    record(Action.WORD_SAID, by=came.by, about=f"checkin:{invitation.pk}", at=came.now)
    return Said()


@transaction.atomic(durable=True)
def come_back(*, came: Came, way_back: WayBack, told: Back) -> Said | TooOften:
    """Tell the practice that he would like to come back. The same form twice tells it once; a link has a few a day.

    The care contact hears of it. His therapist does too, if he wants the same one; in which words, only the first.
    """
    WayBack.objects.select_for_update().get(pk=way_back.pk)
    today = Knock.objects.filter(way_back=way_back, at__gt=came.now - DAY)
    if today.count() >= MOST_KNOCKS and not today.filter(form=came.form).exists():
        return TooOften()
    _, is_new = Knock.objects.get_or_create(form=came.form, defaults={"way_back": way_back, "at": came.now})
    if not is_new:
        return Said()
    appointment = way_back.submission.invitation.appointment
    holder = Role.CARE_CONTACT if selectors.care_contact_receives(way_back, now=came.now) else Role.THERAPIST
    matter = open_matter(
        by=came.by,
        client=appointment.client,
        therapist=appointment.therapist,
        kind=Kind.BACK,
        holder=holder,
        due_on=seen_to_on(came.now),
        now=came.now,
    )
    if told.same_therapist or holder is Role.THERAPIST:
        _is_done_no_more(came, appointment)
    if told.same_therapist and holder is Role.CARE_CONTACT:
        _tell_his_therapist_too(came, appointment)
    someone_else = gettext("Someone else this time.") if told.someone_else else ""
    add_words(matter, " ".join(filter(None, [someone_else, told.words])))
    record(Action.CAME_BACK, by=came.by, about=f"matter:{matter.pk}", at=came.now)
    return Said()


def _is_done_no_more(came: Came, appointment: Appointment) -> None:
    """Close what his therapist has open of it: who would like to come back is not one who stopped."""
    whose = {"client": appointment.client, "therapist": appointment.therapist, "holder": Role.THERAPIST}
    for matter in Matter.objects.filter(**whose, kind=Kind.DONE, closed_at__isnull=True):
        settled_itself(matter, form=uuid4(), by=came.by, now=came.now)


def _tell_his_therapist_too(came: Came, appointment: Appointment) -> None:
    """That he would like to come back, not in which words. What stands in such a matter already stays."""
    whose = {"client": appointment.client, "therapist": appointment.therapist, "holder": Role.THERAPIST}
    if not Matter.objects.filter(**whose, kind=Kind.BACK, closed_at__isnull=True).exists():
        words = {"also": gettext("The care contact was told too, and asks him when suits him: agree who does.")}
        _tell(came, appointment, Kind.BACK, Role.THERAPIST, words)
