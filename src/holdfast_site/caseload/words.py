"""Answers in words, for the therapist: sentences before numbers, and always what the number is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext

from holdfast.fit import FALL, TITLES
from holdfast.repair.suggestions import ASKS
from holdfast.silence.checkins import RATED
from holdfast.silence.signals.said import LOW
from holdfast.silence.words import in_ten
from holdfast_site.checkins import before_words as said_before
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.questions import CHANGE, CHANGES, QUESTIONS, WORDS, Question, Scale, in_words
from holdfast_site.saying import said

NOTHING_TO_CHANGE = CHANGES[-2:]


def lines(answers: Mapping[str, Value]) -> Sequence[str]:
    """One line an answer: what he would change first, then what is off, then the rest."""
    found = [_next_time(answers)] if CHANGE in answers else []
    found += [_own_words(answers)] if WORDS in answers else []
    asked = [name for name in QUESTIONS if name in answers]
    return [*said_before.lines(answers), *found, *(_line(QUESTIONS[name], answers[name]) for name in asked)]


def off(answers: Mapping[str, Value], before: Mapping[str, Value]) -> Sequence[str]:
    """Only what is worth knowing before he comes: wishes, words, what was not just right, and what fell.

    A row of top marks is politeness as often as content, and says nothing; so it is not shown here.
    """
    wish = [_next_time(answers)] if answers.get(CHANGE) not in (None, *NOTHING_TO_CHANGE) else []
    words = [_own_words(answers)] if WORDS in answers else []
    asked = [question for name, question in QUESTIONS.items() if name in answers]
    told = (_off(question, int(answers[question.name]), before.get(question.name)) for question in asked)
    return [*said_before.worth_knowing(answers), *wish, *words, *(line for line in told if line is not None)]


def reasons(answers: Mapping[str, Value], before: Mapping[str, Value], *, asks: bool) -> Sequence[tuple[str, str]]:
    """What is off in one check-in, by the name of the library's signal, in words. It needs no model."""
    found = [(ASKS, gettext("Wants to be asked how it fits"))] if asks else []
    if answers.get(CHANGE) not in (None, *NOTHING_TO_CHANGE):
        found.append((CHANGE, _next_time(answers)))
    for name, question in QUESTIONS.items():
        if name in answers:
            value = int(answers[name])
            fell = _off(question, value, before.get(name))
            if fell is not None:
                found.append((f"{name}_fall" if name in RATED else name, fell))
            elif isinstance(question, Scale) and value <= LOW:
                found.append((name, _line(question, value)))
    return found


def _next_time(answers: Mapping[str, Value]) -> str:
    return gettext("For next time: %(change)s") % {"change": gettext(str(answers[CHANGE]))}


def _own_words(answers: Mapping[str, Value]) -> str:
    return gettext('In his words: "%(words)s"') % {"words": answers[WORDS]}


def _off(question: Question, value: int, earlier: Value | None) -> str | None:
    if not isinstance(question, Scale):
        return _line(question, value) if value else None
    fell = earlier is not None and int(earlier) - value >= FALL
    if not fell:
        return None
    told = {"about": said(TITLES[question.name]), "value": value, "earlier": earlier}
    return gettext("%(about)s: %(value)s of 10, before %(earlier)s") % told


def _line(question: Question, value: Value) -> str:
    return f"{said(TITLES[question.name])}: {in_words(question, int(value)).lower()}"


def chance(low: float, middle: float, high: float) -> str:
    """A chance as so many in ten, with its range."""
    near, how_sure = in_ten(middle, low, high)
    return f"{said(near)} ({said(how_sure)})" if how_sure else said(near)


def how_often(count: int) -> str:
    """A count of times, as it is said."""
    named = {
        0: gettext("never"),
        1: gettext("once"),
        2: gettext("twice"),
        3: gettext("three times"),
        4: gettext("four times"),
        5: gettext("five times"),
    }
    return named.get(count) or gettext("%(count)s times") % {"count": count}
