"""The same for another practice's computer: his rows handed over to ``holdfast.fhir``, in the words of his page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, to_locale

from holdfast.fhir import bundle, record
from holdfast_site.access.actors import Role
from holdfast_site.caseload.models import Repair
from holdfast_site.caseload.repairs import done_of
from holdfast_site.checkins.before_questions import ATTEND, CANCEL, REPLY, SURE, UNTIL, WEEKS, WHY, WHYS, Reply
from holdfast_site.checkins.models import Asks, Audience, SealedBox, Submission
from holdfast_site.checkins.questions import CHANGE, CHANGES, QUESTIONS, VERSION, WORDS, Balance, HowOften
from holdfast_site.checkins.selectors import SEEN_BY_THERAPIST
from holdfast_site.consents.models import Consent
from holdfast_site.handover.models import Matter
from holdfast_site.messages.models import State
from holdfast_site.own.everything import (
    Entry,
    asked,
    by_link,
    courses_of,
    matters_of,
    messages,
    questions_sent,
    rhythm,
    settled,
    steps,
    stories,
    supervised,
    what_was_asked,
)
from holdfast_site.own.selectors import Part, Said, decided, said, values_of
from holdfast_site.own.words import ABOUT, REACHED, asked_for, asks, wish
from holdfast_site.people.contacts import WAYS
from holdfast_site.people.models import Appointment, Client, Contact, Ending, Pause
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.wishes import wishes_of

AFTER, BEFORE, WISHES = "after-session", "before-session", "wishes"
FROM_HIM = ("word", "knock", "switch")  # the others went from the practice to him
STATES: Mapping[str, str] = {
    State.WAITING: "preparation",
    State.SENDING: "in-progress",
    State.SENT: "completed",
    State.GIVEN_UP: "not-done",
    "undelivered": "not-done",
}


def as_bundle(client: Client, *, now: datetime) -> Mapping[str, Any]:
    """All that is held about him that FHIR R4 has a place for, and nothing of anybody else's."""
    return bundle(
        record.Record(
            made_at=localtime(now),
            namespace=UUID(bytes=settings.VAULT.lasting("fhir", b"ids")[:16]),
            language=to_locale(get_language() or "en").replace("_", "-"),
            practice=settings.SITE.name,
            client=_himself(client),
            therapists=_therapists(client),
            visits=list(_visits(client)),
            endings=[record.Ended(one.therapist_id, one.ended_on, one.kind) for one in _of(Ending, client)],
            breaks=[record.Break(one.therapist_id, localtime(one.at), one.until) for one in _of(Pause, client)],
            forms=_forms(),
            answers=[*_answers(client), *_wishes(client)],
            decisions=list(_decisions(client)),
            asked=[_asked(one) for one in matters_of(client)],
            messages=list(_messages(client)),
            noted=list(_noted(client)),
            rhythms=[record.Rhythm(one.therapist_id, one.rhythm_days, rhythm(one)) for one in courses_of(client)],
            supervised=list(_supervised(client)),
        )
    )


def _of(model: Any, client: Client) -> Any:
    return model.objects.filter(client=client).select_related("therapist").order_by("pk")


def _at(moment: datetime | None) -> datetime | None:
    return localtime(moment) if moment else None


# --- who ----------------------------------------------------------------------------------------------


def _himself(client: Client) -> record.Person:
    if not Contact.objects.filter(client=client).exists():
        return record.Person(client.pk)
    card = cards_of([client])[client.pk]
    others = {name: value for name, value in card.model_dump().items() if name not in ("name", "email", "phone")}
    wishes = {name: f"{gettext(REACHED[name])}: {value}" for name, value in others.items() if value != ""}
    return record.Person(client.pk, card.name, card.email, card.phone, WAYS.get(card.channel, ""), wishes)


def _therapists(client: Client) -> Mapping[str, str]:
    """Whoever his appointments, endings, breaks and what was noted name."""
    his = chain.from_iterable(_of(model, client) for model in (Appointment, Ending, Pause, Repair))
    return {one.therapist_id: str(one.therapist) for one in chain(his, courses_of(client))}


def _supervised(client: Client) -> Iterator[record.Supervised]:
    for one in supervised(client):
        yield record.Supervised(one.key, one.words, localtime(one.data["from"]), _at(one.data["until"]))


# --- sessions -----------------------------------------------------------------------------------------


def _visits(client: Client) -> Iterator[record.Visit]:
    for one in _of(Appointment, client).order_by("starts_at", "pk"):
        yield record.Visit(
            id=str(one.pk),
            therapist=one.therapist_id,
            starts_at=localtime(one.starts_at),
            status=one.status,
            initiated_by=one.initiated_by,
            certainty=one.certainty,
            modality=one.modality,
            booked_at=_at(one.booked_at),
            status_at=_at(one.status_at),
            known_from=one.known_from,
            known_at=_at(one.known_at),
        )


def _noted(client: Client) -> Iterator[record.Noted]:
    """What was said or done. The reason that a calculation gave for it is left out (safety rule 8)."""
    for one in Repair.objects.filter(client=client).select_related("client").order_by("at", "pk"):
        yield record.Noted(str(one.pk), one.therapist_id, done_of(one).words, localtime(one.at))


# --- what he said -------------------------------------------------------------------------------------


def _forms() -> Sequence[record.Form]:
    after = [_question(name) for name in (*QUESTIONS, CHANGE, WORDS)]
    before = [_question(name) for name in (ATTEND, REPLY, UNTIL, WHY, CANCEL, WORDS)]
    wishes = [record.Question(axis, gettext(ABOUT[axis]), _wished(axis)) for axis in ABOUT]
    return [
        record.Form(AFTER, gettext("Questions after a session"), VERSION, after),
        record.Form(BEFORE, gettext("Questions before a session"), VERSION, before),
        record.Form(WISHES, gettext("How you would like to be worked with"), VERSION, wishes),
    ]


def _question(name: str) -> record.Question:
    """One question with the answers that can be picked."""
    if name == ATTEND:
        return record.Question(name, asks(name), within=(SURE[0], SURE[-1]))
    if name not in QUESTIONS:
        return record.Question(name, asks(name), _picked(name))
    match QUESTIONS[name]:
        case HowOften() as question:
            return record.Question(name, asks(name), question.options)
        case Balance() as question:
            return record.Question(name, asks(name), [one for side in question.sides for one in side])
        case question:
            ends = {"low": gettext(question.low), "middle": gettext(question.middle), "high": gettext(question.high)}
            words = gettext("0: %(low)s; 5: %(middle)s; 10: %(high)s") % ends
            return record.Question(name, f"{asks(name)} ({words})", within=(question.values[0], question.values[-1]))


def _picked(name: str) -> Sequence[tuple[record.Value, str]]:
    """The answers of a question that is no scale; none, if it is answered in words."""
    known: Mapping[str, Sequence[tuple[str, str]]] = {
        CHANGE: [(one, gettext(one)) for one in CHANGES],
        REPLY: [(value, str(words)) for value, words in Reply.choices],
        UNTIL: [(value, gettext(words)) for value, words in WEEKS],
        WHY: [(one, gettext(one)) for one in WHYS],
        CANCEL: [("yes", gettext("yes"))],
    }
    return known.get(name, ())


def _wished(axis: str) -> Sequence[tuple[record.Value, str]]:
    return [(value, wish(axis, value)) for value in range(-3, 4)]


def _answers(client: Client) -> Iterator[record.Answers]:
    for one in said(client):
        for part in one.parts:
            yield _part(one, part, client)


def _part(one: Said, part: Part, client: Client) -> record.Answers:
    """What one audience may read. What he kept from his therapist is his own: it is in it, and marked."""
    values, invitation = values_of(part.box, client), part.box.submission.invitation
    return record.Answers(
        id=str(part.box.pk),
        checkin=str(one.id),
        form=BEFORE if invitation.asks == Asks.BEFORE else AFTER,
        answers=[
            record.Answer(line.name, line.asks, values.get(line.name), line.says, line.before, _at(line.corrected_at))
            for line in part.lines
        ],
        at=localtime(one.on),
        visit=str(invitation.appointment_id),
        withheld=part.audience is not Audience.THERAPIST,
    )


def _wishes(client: Client) -> Iterator[record.Answers]:
    found = wishes_of(client)
    if found:
        answers = [record.Answer(axis, gettext(ABOUT[axis]), value, wish(axis, value)) for axis, value in found.items()]
        yield record.Answers(WISHES, WISHES, WISHES, answers)


def _decisions(client: Client) -> Iterator[record.Decision]:
    for one, study in decided(client):
        words, at = str(Consent(one.consent).label), localtime(one.at)
        told = str(one.pk), one.consent, words, one.version, one.given, at, study, one.until
        yield record.Decision(*told)


# --- what was asked for, and what went from one to the other ------------------------------------------


def _asked(matter: Matter) -> record.Asked:
    return record.Asked(
        id=str(matter.key),
        kind=matter.kind,
        words=what_was_asked(matter),
        at=localtime(matter.opened_at),
        by_himself=asked_for(matter.kind) is not None,
        said=asked(matter).data["said"],
        done=[(localtime(one.at), one.words) for one in steps(matter) if isinstance(one.at, datetime)],
        closed_at=_at(matter.closed_at),
        outcome=settled(matter.outcome),
        withheld=matter.holder != Role.THERAPIST,
    )


def _messages(client: Client) -> Iterator[record.Message]:
    kept = _kept(client)
    for one in chain(by_link(client), stories(client), questions_sent(client), messages(client)):
        if isinstance(one.at, datetime):
            from_him = one.key.partition("/")[0] in FROM_HIM
            yield record.Message(one.key, one.words, localtime(one.at), from_him, _state(one), one.key in kept)


def _kept(client: Client) -> Collection[str]:
    """Questions that his therapist does not know to be answered, as he kept every answer from them."""
    seen = SealedBox.objects.filter(submission=OuterRef("pk"), audience__in=SEEN_BY_THERAPIST)
    answered = Submission.objects.filter(~Exists(seen), invitation__appointment__client=client)
    return {f"invitation/{pk}" for pk in answered.values_list("invitation", flat=True)}


def _state(one: Entry) -> str:
    if one.data.get("came_back"):
        return STATES["undelivered"]
    return STATES.get(one.data.get("became", ""), "completed")
