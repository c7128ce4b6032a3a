"""The answers of a check-in: their names in words, and when one has fallen; the same for model, card and site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FALL: Final = 2  # points of ten from his own last answer: less is within what the same answer varies by
TITLES: Final[Mapping[str, str]] = {
    "understood": "Felt understood",
    "on_target": "Worked on what matters",
    "worth_it": "Worth his time",
    "could_say": "Could have said if something was off",
    "talked_down": "Felt talked down to",
    "pace": "Pace",
    "approach": "Feelings and doing",
    "tone": "Tone",
    "posture": "Direction",
    "language": "Words",
    "energy": "Energy",
}
