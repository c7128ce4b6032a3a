"""What a signal is: a question about a contact, with a few answers in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import ibis
import ibis.expr.types as ir

PENDING, UNASKED, UNKNOWN = "pending", "none", "unknown"
Rules = tuple[Sequence[tuple[ir.BooleanValue, str]], str]  # the first that holds gives the code, else the last word


class Known(StrEnum):
    """When a signal is known."""

    EVENING = "on the evening of the contact"
    SETTLED = "two days after it"


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal.

    ``codes`` gives each code what it says of him, in words that a therapist can check; the first is the
    reference, whose effect is 0. ``{names}`` in the words are filled from the values, see ``reasons``. A code
    with no words is never given as a reason. ``rules`` makes the code from the facts about a contact.
    """

    name: str
    question: str
    codes: Mapping[str, str]
    known: Known
    rules: Callable[[ir.Table], Rules]
    note: str = ""  # what the reference page has to add

    @property
    def reference(self) -> str:
        return next(iter(self.codes))

    def code(self, facts: ir.Table) -> ir.IntegerValue:
        """The place of the code among ``codes``, for each row of the facts."""
        rules, otherwise = self.rules(facts)
        places = {code: ibis.literal(place, "int8") for place, code in enumerate(self.codes)}
        return ibis.cases(*((holds, places[code]) for holds, code in rules), else_=places[otherwise])


def if_pending(facts: ir.Table, rules: Rules) -> Rules:
    """The same rules, once the check-in is answered or has been left unanswered."""
    cases, otherwise = rules
    return [(facts.pending, PENDING), *cases], otherwise
