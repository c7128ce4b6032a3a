"""The questions of a check-in, in this project's own words. A prompt for a conversation, not a validated measure.

Five are asked each time, two rotate, and one asks for a single change. Zero of a balance is "just right"; its sides
are never added up. The names are the columns of the ``checkins`` table; the ranges are that table's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    options = ((0, "Never"), (1, "Once"), (2, "A few times"), (3, "Often"))
    values = (0, 1, 2, 3)


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
        return (
            ((-3, f"Far {self.less}"), (-2, self.less.capitalize()), (-1, f"A bit {self.less}")),
            ((0, "Just right"),),
            ((1, f"A bit {self.more}"), (2, self.more.capitalize()), (3, f"Far {self.more}")),
        )


Question = Scale | HowOften | Balance

CORE: Sequence[Question] = (
    Scale(
        "understood",
        "Did your therapist get what you were saying?",
        low="missed it",
        middle="got the gist",
        high="even got what I had not said",
    ),
    Scale(
        "on_target",
        "Did you work on what matters to you?",
        low="not at all",
        middle="about half the time",
        high="on the very thing, all the time",
    ),
    Balance("pace", "How was the pace?", less="too slow", more="too fast"),
    Balance(
        "approach", "Talking about feelings, or doing something about things?", "too much feeling", "too much doing"
    ),
    Scale(
        "worth_it",
        "Was it worth your time?",
        low="I could have stayed away",
        middle="could go either way",
        high="I would come back tomorrow",
    ),
)
ROTATING: Sequence[Question] = (
    Scale(
        "could_say",
        "If something had been off, could you have said so?",
        low="no way",
        middle="with some effort",
        high="I did, or would have at once",
    ),
    HowOften("talked_down", "Did you feel talked down to?"),
    Balance("tone", "How did your therapist talk to you?", less="too gentle", more="too blunt"),
    Balance("posture", "Who set the direction?", less="too much left to me", more="too much set for me"),
    Balance("language", "What about the words?", less="too plain", more="too technical"),
    Balance("energy", "And the energy in the room?", less="too flat", more="too lively"),
)
QUESTIONS: Mapping[str, Question] = {question.name: question for question in (*CORE, *ROTATING)}
CHANGES: Sequence[str] = (
    "slower",
    "get to the point sooner",
    "something practical to try",
    "more of a plan",
    "more room to talk",
    "explain what we are doing and why",
    "leave it as it is",
    "rather not say here",
)
ROTATING_EACH_TIME = 2
REST = 2  # check-ins that were answered, before a rotating question is asked again


def in_words(question: Question, value: int) -> str:
    """An answer in the words of its question. One that this version does not know is shown as it is."""
    match question:
        case Scale():
            return f"{value} of 10"
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
