"""What ``practice.json`` says beside the tables: up to when they are complete, and what was imported when."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdfast.errors import FolderError, SourceError, UsageError
from holdfast.tables import away
from holdfast.tables.away import AWAY
from holdfast.tables.moments import zone
from holdfast.tables.read import PRACTICE_FILE, hours
from holdfast.tables.sources.files import SourceFile
from holdfast.words import Words


@dataclass(frozen=True, slots=True)
class Facts:
    """The file as it is, and the moments in it."""

    told: Mapping[str, Any] = field(default_factory=dict)
    imported: Mapping[str, datetime] = field(default_factory=dict)  # the last export of each source
    compared_up_to: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)  # source -> part -> moment

    def after(self, source: str, now: datetime, timezone: str, compared_up_to: Mapping[str, datetime]) -> bytes:
        """The file with this import added. Nothing in it depends on when it was run."""
        exported = datetime.fromisoformat(self.told["exported_at"]) if self.told.get("exported_at") else now
        aware = exported if exported.tzinfo else exported.replace(tzinfo=zone(timezone))
        known = self.imported.get(source, now)
        imported = {**self.imported, source: max(now, known)}
        told = {
            **self.told,
            "timezone": timezone,
            "exported_at": max(now, known, aware, key=lambda moment: moment.astimezone(UTC)).isoformat(),
            "imported": _written(imported),
        }
        if compared_up_to:
            parts = {**self.compared_up_to.get(source, {}), **compared_up_to}
            told["compared_up_to"] = {
                name: _written(moments) for name, moments in {**self.compared_up_to, source: parts}.items()
            }
        return (json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _written(moments: Mapping[str, datetime]) -> dict[str, str]:
    return {name: moment.isoformat() for name, moment in moments.items()}


def read_facts(folder: Path) -> Facts:
    """Read what earlier imports left in the folder.

    Raises
    ------
    FolderError
        If the file is damaged.
    """
    path = folder / PRACTICE_FILE
    if not path.exists():
        return Facts()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        compared = {name: _moments(parts) for name, parts in told.get("compared_up_to", {}).items()}
        return Facts(told, _moments(told.get("imported", {})), compared)
    except (ValueError, AttributeError, TypeError, RecursionError, OSError) as error:
        raise FolderError(f"{path} cannot be read ({error}). Correct it, or delete it and import again.") from error


LASTING = ("timezone", "name", "notice_hours", "away")  # facts of the practice, not of one export


def take_out(files: Sequence[SourceFile]) -> tuple[list[SourceFile], Mapping[str, Any]]:
    """Part the files from a ``practice.json`` that was given with them, and read what it says of the practice.

    Raises
    ------
    SourceError
        If it is not JSON, or says something of the practice that cannot be.
    """
    told: dict[str, Any] = {}
    for file in files:
        if file.name == PRACTICE_FILE and isinstance(file.json, dict):
            told |= {key: file.json[key] for key in LASTING if file.json.get(key)}
            _refuse_unreadable(told)
    return [file for file in files if file.name != PRACTICE_FILE], told


def _refuse_unreadable(told: Mapping[str, Any]) -> None:
    found: Mapping[str, Callable[[Any], object]] = {
        "timezone": lambda name: zone(str(name)),
        "notice_hours": hours,
        AWAY: lambda days: away.read(days, str(told["timezone"]) if "timezone" in told else None),
    }
    for name, read in found.items():
        try:
            if name in told:
                read(told[name])
        except (UsageError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise SourceError(
                Words(
                    "{file}: {key} cannot be read ({why}). Correct it.",
                    file=PRACTICE_FILE,
                    key=name,
                    why=next((why for why in error.args if isinstance(why, Words)), str(error)),
                )
            ) from error


def _moments(told: Mapping[str, str]) -> dict[str, datetime]:
    found = {name: datetime.fromisoformat(text) for name, text in told.items()}
    for name, moment in found.items():
        if moment.tzinfo is None:
            raise ValueError(f"{told[name]!r} lacks its offset from UTC")
    return found
