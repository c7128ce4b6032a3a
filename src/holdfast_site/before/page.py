"""The forms as the pages show them: what can be chosen, what is chosen already, and who is told what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext

from holdfast_site.before.forms import FORM_ID, WHO_DONE, WHO_SWITCH, BeforeForm
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.before_questions import ATTEND, CANCEL, REPLY, SURE, UNTIL, WEEKS, WHY, WHYS, Reply
from holdfast_site.checkins.models import Audience
from holdfast_site.checkins.page import Choice, Row
from holdfast_site.checkins.questions import MOST_WORDS, WORDS
from holdfast_site.languages import N_
from holdfast_site.people.models import Appointment

WHO_SWITCH_WORDS = {
    Audience.CARE_CONTACT: N_("Only the practice's care contact"),
    Audience.THERAPIST: N_("The care contact, and my therapist too"),
}
WHO_DONE_WORDS = {
    Audience.THERAPIST: N_("My therapist"),
    Audience.CARE_CONTACT: N_("Only the practice's care contact"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole page before a session."""

    appointment: Appointment
    form_id: str
    sure: Sequence[Row]
    nothing_chosen: frozenset[str]
    replies: Sequence[Choice]
    until: Sequence[Choice]
    whys: Sequence[Choice]
    who_switch: Sequence[Choice]
    who_done: Sequence[Choice]
    words: str
    cancel: bool
    is_private: bool
    most_words: int = MOST_WORDS


def sheet(form: BeforeForm, appointment: Appointment) -> Sheet:
    """Lay the form out."""
    numbers = [_choice(form, ATTEND, str(value), str(value)) for value in SURE]
    return Sheet(
        appointment=appointment,
        form_id=form.said(FORM_ID),
        nothing_chosen=frozenset(name for name in (ATTEND, REPLY) if form.is_bound and not form.said(name)),
        sure=[Row(numbers[:6]), Row(numbers[6:])],
        replies=[_choice(form, REPLY, reply.value, str(reply.label)) for reply in Reply],
        until=[_choice(form, UNTIL, value, gettext(words)) for value, words in WEEKS],
        whys=[_choice(form, WHY, why, capfirst(gettext(why))) for why in WHYS],
        who_switch=[_choice(form, WHO_SWITCH, who, gettext(words)) for who, words in WHO_SWITCH_WORDS.items()],
        who_done=[_choice(form, WHO_DONE, who, gettext(words)) for who, words in WHO_DONE_WORDS.items()],
        words=form.said(WORDS),
        cancel=bool(form.said(CANCEL)),
        is_private=form.is_private,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What the page after it says: what he chose, and who reads it."""

    reply: Reply | None
    audiences: frozenset[Audience]
    asks_to_cancel: bool
    is_kept: bool  # from his therapist
    way_back: str = ""


def told(given: Mapping[Audience, Mapping[str, Value]], way_back: str) -> Told:
    """From what is on disk, so that the same form sent twice gets the same page."""
    values = {name: value for one in given.values() for name, value in one.items()}
    return Told(
        reply=Reply(str(values[REPLY])) if REPLY in values else None,
        audiences=frozenset(given),
        asks_to_cancel=CANCEL in values,
        is_kept=bool(given) and Audience.THERAPIST not in given,
        way_back=way_back,
    )


def _choice(form: BeforeForm, name: str, value: str, words: str) -> Choice:
    return Choice(value, words, chosen=form.is_bound and name in form.data and form.said(name) == value)
