"""The account of an import, in words that fit one as well as many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from holdfast.tables.account import account_lines
from holdfast.tables.importing import Account


def _lines(statuses: dict[str, int], clients: int) -> list[str]:
    kept = sum(statuses.values())
    return account_lines(
        Account(
            source="a list",
            now=datetime(2026, 11, 20, 18, tzinfo=UTC),
            rows_read=kept,
            kept={"appointments": kept, "clients": clients},
            added=kept,
            updated=0,
            unchanged=0,
            skipped={},
            statuses=statuses,
            certainty={},
            notes=(),
            written=True,
        )
    )


@pytest.mark.parametrize(
    ("statuses", "clients", "expected"),
    [
        (
            {"attended": 1},
            1,
            ["1 row read, 1 appointment kept; also 1 client.", "The one outcome was recorded by somebody"],
        ),
        ({"attended": 2}, 2, ["2 rows read, 2 appointments kept; also 2 clients.", "All 2 outcomes were recorded by"]),
        ({"unknown": 1}, 1, ["1 past appointment was never marked."]),
        ({"unknown": 2}, 1, ["2 past appointments were never marked."]),
    ],
)
def test_one_is_spoken_of_as_one(statuses: dict[str, int], clients: int, expected: list[str]) -> None:
    said = "\n".join(_lines(statuses, clients))
    assert all(words in said for words in expected), said
