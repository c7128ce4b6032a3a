"""The answers of a check-in: their names in words, and when one has fallen; the same for model, card and site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from holdfast.words import Words

FALL: Final = 2  # points of ten from his own last answer: less is within what the same answer varies by
TITLES: Final[Mapping[str, Words]] = {
    "understood": Words("Felt understood"),
    "on_target": Words("Worked on what matters"),
    "worth_it": Words("Worth his time"),
    "could_say": Words("Could have said if something was off"),
    "talked_down": Words("Felt talked down to"),
    "pace": Words("Pace"),
    "approach": Words("Feelings and doing"),
    "tone": Words("Tone"),
    "posture": Words("Direction"),
    "language": Words("Words"),
    "energy": Words("Energy"),
}
