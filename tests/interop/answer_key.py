"""Compares what an import wrote with a sample's ``expected.csv``, row for row."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from holdfast.tables.importing import Account, import_files
from holdfast.tables.sources import source

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
LONDON = "Europe/London"


def run_import(
    name: str, files: list[Path], folder: Path, *, now: datetime | None = NOW, timezone: str | None = LONDON
) -> Account:
    """Import as the command line does, with the samples' own present moment."""
    return import_files(source(name), files, folder, now=now, clock=NOW, timezone=timezone)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def in_utc(text: str) -> str:
    """Write a moment as the answer keys do: UTC with Z, or the day alone."""
    if len(text) <= 10:
        return text
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


CLIENTS = ("client_id", "client_ref")
THERAPISTS = ("therapist_id", "therapist_ref")


def assert_meets_key(folder: Path, key: Path, *, people: Sequence[tuple[str, str]] = (CLIENTS, THERAPISTS)) -> None:
    """Every expected appointment is there with its status, canceller, certainty and times, and no other.

    ``people`` are the columns of the tables and of the key that tell the same people apart.
    """
    expected = {row["source_id"]: row for row in read_csv(key) if row["status"] not in ("skip", "series")}
    found = {row["appointment_id"]: row for row in read_csv(folder / "appointments.csv")}
    assert found.keys() == expected.keys()
    for id, want in expected.items():
        have = found[id]
        assert (
            id,
            in_utc(have["starts_at"]),
            have["status"],
            have.get("initiated_by", ""),
            have["certainty"],
        ) == (id, want["starts_at_utc"], want["status"], want["initiated_by"], want["certainty"])
        if want["cancelled_at_utc"]:
            assert in_utc(have["status_at"]) == want["cancelled_at_utc"], id
    assert_same_people(found, expected, people)


def assert_same_people(
    found: dict[str, dict[str, str]], expected: dict[str, dict[str, str]], people: Sequence[tuple[str, str]]
) -> None:
    """Each of the key's clients and therapists is exactly one id in the tables."""
    for ours, theirs in people:
        pairs = {(found[id][ours], row[theirs]) for id, row in expected.items() if row[theirs]}
        assert len(pairs) == len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs})
