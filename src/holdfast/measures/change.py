"""How much a score must move before the change is more than the questionnaire's own noise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """When somebody has reliably improved on a measure on which lower is better.

    ``reliable`` is the fall in points that exceeds measurement error; from ``caseness`` points on
    somebody counts as unwell, below it as recovered.
    """

    measure: str
    reliable: float
    caseness: float
    source: str


RELIABLE_CHANGE = (
    ReliableChange(
        "phq9",
        6,
        10,
        "NHS Talking Therapies manual: reliable change 6, caseness 10; Kroenke 2001 for the cut-off of 10",
    ),
    ReliableChange("gad7", 4, 8, "NHS Talking Therapies manual: reliable change 4, caseness 8"),
)
