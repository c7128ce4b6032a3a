"""A check-in's form as the page shows it: what is asked, what can be chosen, what is chosen already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext

from holdfast_site.checkins.forms import FOR_ALL, FORM_ID, WHO, CheckinForm
from holdfast_site.checkins.models import Audience
from holdfast_site.checkins.questions import CHANGE, CHANGES, MOST_WORDS, WORDS, Balance, HowOften, Question, Scale


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Choices that stand beside each other."""

    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, with its number and with who may see the answer."""

    number: int
    name: str
    asks: str
    kind: str
    rows: Sequence[Row]
    who: Sequence[Choice]
    none_chosen: bool
    anchors: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole page."""

    form_id: str
    asked: Sequence[Asked]
    words: str
    words_who: Sequence[Choice]
    who: Sequence[Choice]
    most_words: int = MOST_WORDS

    @property
    def private(self) -> bool:
        """Whether there is anything to choose about who may see."""
        return len(self.who) > 1


def sheet(form: CheckinForm) -> Sheet:
    """Lay the form out."""
    asked = [_asked(form, number, question) for number, question in enumerate(form.questions, start=1)]
    change = Asked(
        number=len(asked) + 1,
        name=CHANGE,
        asks=gettext("One change for next time?"),
        kind="changes",
        rows=[Row([_choice(form, CHANGE, change, capfirst(gettext(change))) for change in CHANGES])],
        who=_who(form, WHO.format(CHANGE)),
        none_chosen=form.is_bound and not form.said(CHANGE),
    )
    return Sheet(
        form_id=str(form[FORM_ID].value() or ""),
        asked=[*asked, change],
        words=form.said(WORDS),
        words_who=_who(form, WHO.format(WORDS)),
        who=_who(form, FOR_ALL),
    )


def _asked(form: CheckinForm, number: int, question: Question) -> Asked:
    return Asked(
        number=number,
        name=question.name,
        asks=gettext(question.asks),
        kind=question.kind,
        rows=[
            Row([_choice(form, question.name, str(value), words) for value, words in row]) for row in _rows(question)
        ],
        who=_who(form, WHO.format(question.name)),
        none_chosen=form.is_bound and not form.said(question.name),
        anchors=_anchors(question),
    )


def _rows(question: Question) -> Sequence[Sequence[tuple[int, str]]]:
    match question:
        case Balance():
            return question.sides
        case HowOften():
            return [question.options]
        case Scale():
            numbers = [(value, str(value)) for value in question.values]
            return [numbers[:6], numbers[6:]]


def _anchors(question: Question) -> Sequence[tuple[str, str]]:
    if isinstance(question, Scale):
        return (("0", gettext(question.low)), ("5", gettext(question.middle)), ("10", gettext(question.high)))
    return ()


def _who(form: CheckinForm, name: str) -> Sequence[Choice]:
    return [_choice(form, name, audience, str(Audience(audience).label)) for audience in form.audiences]


def _choice(form: CheckinForm, name: str, value: str, words: str) -> Choice:
    return Choice(value, words, chosen=form.said(name) == value)
