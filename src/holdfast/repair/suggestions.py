"""What a therapist could say or do about a reason: openers for a conversation, from ``suggestions.toml``.

Nothing here recommends a treatment, and nothing is shown to a client.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ASKS = "asks"  # he wants to be asked how it fits, and did not say what: no signal of the model
MOST = 3
FILE = Path(__file__).with_name("suggestions.toml")


class Side(StrEnum):
    """Which way an axis was off: too slow, too gentle, too much feeling … or too fast, too blunt, too much doing."""

    LESS = "less"
    MORE = "more"


class Suggestion(BaseModel):
    """One thing to say or do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    reasons: tuple[str, ...] = Field(alias="for", min_length=1)
    side: Side | None = None
    frameworks: tuple[Literal["ACT", "strengths", "narrative", "plain"], ...] = Field(min_length=1)
    do: str = Field(min_length=5, max_length=110)
    say: str = Field(max_length=160)

    def is_about(self, reason: str, side: Side | None) -> bool:
        """Whether it speaks to a reason. Where the side is not known, either may be right."""
        return reason in self.reasons and (side is None or self.side in (None, side))


def read(text: str) -> Mapping[str, Suggestion]:
    """Read suggestions, by their id.

    Raises
    ------
    ValueError
        If something is missing, unknown or too long, or two have one id.
    """
    found = [Suggestion.model_validate(row) for row in tomllib.loads(text)["suggestion"]]
    by_id = {one.id: one for one in found}
    if len(by_id) != len(found):
        raise ValueError("Two suggestions have the same id. Give each one of its own.")
    return by_id


SUGGESTIONS = read(FILE.read_text(encoding="utf-8"))


def suggestions_for(reason: str, *, side: Side | None = None, frameworks: Iterable[str] = ()) -> Sequence[Suggestion]:
    """Choose at most three for one reason; those in the therapist's own way of working first."""
    own = {name.strip().casefold() for name in frameworks}
    about = [one for one in SUGGESTIONS.values() if one.is_about(reason, side)]
    about.sort(key=lambda one: own.isdisjoint(name.casefold() for name in one.frameworks))
    return about[:MOST]
