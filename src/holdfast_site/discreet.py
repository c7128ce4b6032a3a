"""Words that tell whoever sees a message what it is about: none may stand in one (safety rule 13)."""

from __future__ import annotations

TELLING = (
    "therap", "session", "psych", "mental", "counsel", "clinic", "patient", "client", "check-in", "checkin",
    "wellbeing", "well-being", "anxi", "depress", "addict", "trauma", "health", "treatment", "doctor", "appointment",
)  # fmt: skip


def telling(words: str) -> str:
    """The first part of some words that tells what this is about; blank if none does."""
    lower = words.lower()
    return next((part for part in TELLING if part in lower), "")
