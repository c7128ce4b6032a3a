"""The groups in which the model is judged, and for which flags can be muted, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.words import Words

GROUPS: Mapping[str, Mapping[str, Words]] = {  # column -> value -> words; what is not named here is left out
    "gender": {
        "man": Words("men"),
        "woman": Words("women"),
        "other": Words("another gender"),
        "unknown": Words("gender not known"),
    },
    "age": {
        "under_30": Words("under 30"),
        "over_30": Words("30 to 44"),
        "a45_59": Words("45 to 59"),
        "a60": Words("60 and over"),
        "unknown": Words("age not known"),
    },
    "employment": {
        "working": Words("working"),
        "unemployed": Words("without work"),
        "student": Words("students"),
        "retired": Words("retired"),
        "other": Words("other employment"),
        "unknown": Words("employment not known"),
    },
    "caseload": {"few": Words("with fewer clients"), "many": Words("with more clients")},
    "standing": {"new": Words("first three sessions"), "old": Words("fourth session and later")},
}


def groups_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the groups that somebody belongs to, from whichever of the columns the row has."""
    return tuple(labels[row[column]] for column, labels in GROUPS.items() if row.get(column) in labels)
