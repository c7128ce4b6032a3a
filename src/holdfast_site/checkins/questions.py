"""The questions of a check-in, in this project's own words. A prompt for a conversation, not a validated measure.

Five are asked each time, two rotate, and one asks for a single change. Zero of a balance is "just right"; its sides
are never added up. The names are the columns of the ``checkins`` table; the ranges are that table's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext

from holdfast_site.languages import N_

VERSION = 1
CHANGE, WORDS = "change", "words"
MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Scale:
    """From 0 up, each end and the middle said by what happened, not by praise."""

    name: str
    asks: str
    low: str
    middle: str
    high: str

    kind = "scale"
    values = tuple(range(11))


@dataclass(frozen=True, slots=True)
class HowOften:
    """Four words for how often."""

    name: str
    asks: str

    kind = "often"
    values = (0, 1, 2, 3)

    @property
    def options(self) -> Sequence[tuple[int, str]]:
        """What is shown."""
        return ((0, gettext("Never")), (1, gettext("Once")), (2, gettext("A few times")), (3, gettext("Often")))


@dataclass(frozen=True, slots=True)
class Balance:
    """Too little on one side, too much on the other, "just right" in the middle."""

    name: str
    asks: str
    less: str
    more: str

    kind = "balance"
    values = tuple(range(-3, 4))

    @property
    def sides(self) -> Sequence[Sequence[tuple[int, str]]]:
        """What is shown, from one end over the middle to the other."""
        far, bit = gettext("Far %(too_much)s"), gettext("A bit %(too_much)s")
        less, more = ({"too_much": gettext(side)} for side in (self.less, self.more))
        return (
            ((-3, far % less), (-2, capfirst(less["too_much"])), (-1, bit % less)),
            ((0, gettext("Just right")),),
            ((1, bit % more), (2, capfirst(more["too_much"])), (3, far % more)),
        )


Question = Scale | HowOften | Balance

CORE: Sequence[Question] = (
    Scale(
        "understood",
        N_("Did your therapist get what you were saying?"),
        low=N_("missed it"),
        middle=N_("got the gist"),
        high=N_("even got what I had not said"),
    ),
    Scale(
        "on_target",
        N_("Did you work on what matters to you?"),
        low=N_("not at all"),
        middle=N_("about half the time"),
        high=N_("on the very thing, all the time"),
    ),
    Balance("pace", N_("How was the pace?"), less=N_("too slow"), more=N_("too fast")),
    Balance(
        "approach",
        N_("Talking about feelings, or doing something about things?"),
        N_("too much feeling"),
        N_("too much doing"),
    ),
    Scale(
        "worth_it",
        N_("Was it worth your time?"),
        low=N_("I could have stayed away"),
        middle=N_("could go either way"),
        high=N_("I would come back tomorrow"),
    ),
)
ROTATING: Sequence[Question] = (
    Scale(
        "could_say",
        N_("If something had been off, could you have said so?"),
        low=N_("no way"),
        middle=N_("with some effort"),
        high=N_("I did, or would have at once"),
    ),
    HowOften("talked_down", N_("Did you feel talked down to?")),
    Balance("tone", N_("How did your therapist talk to you?"), less=N_("too gentle"), more=N_("too blunt")),
    Balance("posture", N_("Who set the direction?"), less=N_("too much left to me"), more=N_("too much set for me")),
    Balance("language", N_("What about the words?"), less=N_("too plain"), more=N_("too technical")),
    Balance("energy", N_("And the energy in the room?"), less=N_("too flat"), more=N_("too lively")),
)
QUESTIONS: Mapping[str, Question] = {question.name: question for question in (*CORE, *ROTATING)}
CHANGES: Sequence[str] = (
    N_("slower"),
    N_("get to the point sooner"),
    N_("something practical to try"),
    N_("more of a plan"),
    N_("more room to talk"),
    N_("explain what we are doing and why"),
    N_("leave it as it is"),
    N_("rather not say here"),
)
ROTATING_EACH_TIME = 2
REST = 2  # check-ins that were answered, before a rotating question is asked again


def in_words(question: Question, value: int) -> str:
    """An answer in the words of its question. One that this version does not know is shown as it is."""
    match question:
        case Scale():
            return gettext("%(value)s of 10") % {"value": value}
        case HowOften():
            return dict(question.options).get(value, str(value))
        case Balance():
            return dict(pair for side in question.sides for pair in side).get(value, str(value))


def next_rotating(asked: Sequence[Sequence[str]], known: frozenset[str]) -> tuple[str, ...]:
    """Choose the rotating questions of the next check-in by what is not known about him yet.

    ``asked`` are the rotating questions of his answered check-ins, oldest first; ``known`` what his therapist has an
    answer to. Whatever he kept from the therapist must not be in ``known``: which question comes next can be seen.
    """
    resting = {name for names in asked[-REST:] for name in names}
    last = {name: when for when, names in enumerate(asked) for name in names}
    order = [question.name for question in ROTATING if question.name not in resting]
    order.sort(key=lambda name: (name in known, last.get(name, -1)))
    return tuple(order[:ROTATING_EACH_TIME])


def questions_of(rotating: Sequence[str]) -> Sequence[Question]:
    """What one check-in asks, in order: the rotating ones before the last of the core."""
    return (*CORE[:-1], *(QUESTIONS[name] for name in rotating), CORE[-1])
