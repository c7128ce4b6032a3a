"""The groups in which the model is judged, and for which flags can be muted, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GROUPS: Mapping[str, Mapping[str, str]] = {  # column -> value -> words; what is not named here is left out
    "gender": {"man": "men", "woman": "women", "other": "another gender", "unknown": "gender not known"},
    "age": {
        "under_30": "under 30",
        "over_30": "30 to 44",
        "a45_59": "45 to 59",
        "a60": "60 and over",
        "unknown": "age not known",
    },
    "employment": {
        "working": "working",
        "unemployed": "without work",
        "student": "students",
        "retired": "retired",
        "other": "other employment",
        "unknown": "employment not known",
    },
    "caseload": {"few": "with fewer clients", "many": "with more clients"},
    "standing": {"new": "first three sessions", "old": "fourth session and later"},
}


def groups_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the groups that somebody belongs to, from whichever of the columns the row has."""
    return tuple(labels[row[column]] for column, labels in GROUPS.items() if row.get(column) in labels)
