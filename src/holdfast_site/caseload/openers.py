"""What the therapist could say or do: two or three openers for each reason, and what followed when they were tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.utils.translation import gettext

from holdfast.repair import Side, Suggestion, Tally, suggestions_for, tally
from holdfast_site.checkins.answers import Value
from holdfast_site.languages import N_
from holdfast_site.saying import said

FRAMEWORKS = {"ACT": N_("ACT"), "strengths": N_("Strengths and values"), "narrative": N_("Narrative")}
FIRST, FIRST_OPENERS = 2, 2  # reasons, and things to say about one, at a glance; more are one tap away


@dataclass(frozen=True, slots=True)
class Opener:
    """One thing to say or do, with what followed here, and the id of the form that logs it."""

    suggestion: Suggestion
    tried: str
    form: UUID = field(default_factory=uuid4)

    @property
    def do(self) -> str:
        return gettext(self.suggestion.do)

    @property
    def say(self) -> str:
        """Words to begin with; blank where there is nothing to say."""
        return gettext(self.suggestion.say) if self.suggestion.say else ""

    @property
    def tags(self) -> str:
        """Whose way of talking it is, where it is somebody's."""
        return " · ".join(gettext(FRAMEWORKS[name]) for name in self.suggestion.frameworks if name in FRAMEWORKS)


@dataclass(frozen=True, slots=True)
class Card:
    """One reason in words, and what could be said about it."""

    reason: str
    words: str
    openers: Sequence[Opener]

    @property
    def first(self) -> Sequence[Opener]:
        return self.openers[:FIRST_OPENERS]

    @property
    def more(self) -> Sequence[Opener]:
        return self.openers[FIRST_OPENERS:]


def cards(
    reasons: Iterable[tuple[str, str]],
    felt: Mapping[str, Value],
    frameworks: Sequence[str],
    tallies: Mapping[str, Tally],
) -> Sequence[Card]:
    """One card a reason. Nothing is offered twice; a reason of which all has been offered above has no card.

    ``felt`` is his latest answer on each axis: which way it was off.
    """
    offered: set[str] = set()
    found = []
    for reason, words in reasons:
        about = suggestions_for(reason, side=_side(felt.get(reason)), frameworks=frameworks)
        fresh = [one for one in about if one.id not in offered]
        offered |= {one.id for one in fresh}
        if fresh:
            openers = [Opener(one, said(tallies.get(one.id, NEVER).words)) for one in fresh]
            found.append(Card(reason, words[:1].upper() + words[1:], openers))
    return found


NEVER = tally(())


def _side(felt: Value | None) -> Side | None:
    if not isinstance(felt, int) or felt == 0:
        return None
    return Side.MORE if felt > 0 else Side.LESS
