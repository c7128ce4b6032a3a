"""Whom to offer somebody who asks for another therapist: the library's choice, from what this person may see.

The care contact may know what he said when he asked, what he kept for the care contact in check-ins, and what he says
now on the telephone. His answers to the therapist, and his wishes from before, are not the care contact's to see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.text import capfirst
from django.utils.translation import gettext

from holdfast.fit import TITLES
from holdfast.matching.switch import MOST, Asked, Offer, Therapist, offers
from holdfast.tables.schema import AXES
from holdfast_site.access.actors import Actor
from holdfast_site.away.selectors import away_until
from holdfast_site.checkins.questions import QUESTIONS, Balance
from holdfast_site.checkins.selectors import opened
from holdfast_site.handover.models import Matter, Room
from holdfast_site.handover.selectors import GENDER, kept_by, said
from holdfast_site.languages import N_
from holdfast_site.people import models as people

GENDERS = (("", N_("Either")), ("woman", N_("A woman")), ("man", N_("A man")))


@dataclass(frozen=True, slots=True)
class Choice:
    """One axis with what can be said about it, and what is taken to be so."""

    axis: str
    asks: str
    options: Sequence[tuple[str, str, bool]]  # value, words, whether it is chosen


@dataclass(frozen=True, slots=True)
class Offered:
    """Whom to offer, what that is made of, and how many could not be judged."""

    asked: Asked
    offers: Sequence[tuple[Offer, str, date | None]]  # each with a name, and until when he is away if he is today
    no_room: int
    not_said: int  # of whom nobody said how many clients they can take


def what_he_asks(actor: Actor, matter: Matter, told: Mapping[str, str]) -> Asked:
    """What was wrong, and whom he would like: as it is told now, or else as he said it himself."""
    known = _kept(actor, matter) | _axes(said(matter)) if not told else _axes(told)
    gender = told.get(GENDER, "") if told else said(matter).get(GENDER, "")
    return Asked(felt={axis: value for axis, value in known.items() if value}, gender=_gender(gender))


def choices(asked: Asked) -> Sequence[Choice]:
    """The axes as the page asks about them."""
    return [_choice(axis, asked.felt.get(axis)) for axis in AXES]


def offered(matter: Matter, asked: Asked, *, today: date) -> Offered:
    """Whom to offer; whoever is away today comes last. A therapist he was with before is not among them."""
    rooms = {room.therapist_id: room.clients for room in Room.objects.all()}
    before = set(people.Appointment.objects.filter(client=matter.client_id).values_list("therapist", flat=True))
    known = list(people.Therapist.objects.filter(pk__in=rooms).order_by("pk"))
    called = {one.pk: str(one) for one in known}
    here = [_therapist(one, rooms) for one in known]
    leaves = next((one for one in here if one.id == matter.therapist_id), Therapist(matter.therapist_id, None))
    others = [one for one in here if one.id not in before]
    away = away_until(today)
    here_now = offers(asked, leaves=leaves, others=[one for one in others if one.id not in away])
    not_now = offers(asked, leaves=leaves, others=[one for one in others if one.id in away])
    return Offered(
        asked,
        [(one, called[one.therapist_id], away.get(one.therapist_id)) for one in (*here_now, *not_now)][:MOST],
        no_room=sum(1 for one in others if one.places == 0),
        not_said=sum(1 for one in others if one.places is None),
    )


def _therapist(one: people.Therapist, rooms: Mapping[str, int]) -> Therapist:
    style = {axis: getattr(one, f"style_{axis}") for axis in AXES if getattr(one, f"style_{axis}") is not None}
    places = None if one.capacity is None else max(one.capacity - rooms[one.pk], 0)
    return Therapist(one.pk, places, style, one.gender)


def _kept(actor: Actor, matter: Matter) -> dict[str, int]:
    """What he kept for the care contact on the axes: what he said last of each."""
    found: dict[str, int] = {}
    for box in reversed(kept_by(actor, matter.client)):
        answers = opened(box, matter.client)
        found |= {axis: int(answers[axis]) for axis in AXES if axis in answers}
    return found


def _axes(told: Mapping[str, str]) -> dict[str, int]:
    """The axes among some words; what is no number from −3 to 3 was not said."""
    allowed = {str(number): number for number in range(-3, 4)}
    return {axis: allowed[told[axis]] for axis in AXES if told.get(axis) in allowed}


def _gender(told: str) -> str:
    return told if told in dict(GENDERS) else ""


def _choice(axis: str, felt: int | None) -> Choice:
    question = QUESTIONS[axis]
    assert isinstance(question, Balance)  # noqa: S101 - for the types: an axis is asked as a balance
    words = {-2: question.less, 0: N_("not said"), 2: question.more}
    near = 0 if not felt else (-2 if felt < 0 else 2)
    options = [(str(value), capfirst(gettext(told)), value == near) for value, told in words.items()]
    return Choice(axis, gettext(TITLES[axis]), options)
