"""Whole practices: the demo, and any other world. Made, not real, and their truth is known.

    practice = simulate(WORLDS["polite"], seed=7)
    write(practice, Path("polite"))

The same world and seed give the same bytes on every platform and Python.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from holdfast.errors import UsageError
from holdfast.simulate.episode import Episode
from holdfast.simulate.practice import simulate as live
from holdfast.simulate.rows import Register, Row
from holdfast.simulate.therapists import Therapist
from holdfast.simulate.truth import EpisodeTruth, truth
from holdfast.simulate.world import DEMO, DEMO_SEED, World
from holdfast.tables import journal
from holdfast.tables.read import PRACTICE_FILE
from holdfast.tables.schema import TABLES


@dataclass(frozen=True, slots=True)
class SimulatedPractice:
    """The seven tables as text, just as CSV files would hold them, and what truly happened."""

    world: World
    tables: Mapping[str, Sequence[Row]]
    truth: Sequence[EpisodeTruth]
    therapist_effects: Mapping[str, float]  # on the log-odds of a silent exit
    exported_at: datetime | None = None  # the practice's wall clock; blank: the world's now
    _lived: tuple[Sequence[Therapist], Sequence[Episode]] = field(default=((), ()), repr=False)

    @property
    def now(self) -> datetime:
        """The moment of the export, on the practice's own clock."""
        return self.exported_at or self.world.clock_now

    def as_of(self, at: datetime) -> SimulatedPractice:
        """The same practice, exported at an earlier moment of its wall clock: what its tables held then."""
        if at > self.world.clock_now:
            raise UsageError(f"This practice was lived through to {self.world.clock_now}; {at} is later.")
        return _exported(self.world, self._lived, at)

    def csv(self, table: str) -> str:
        """One table as CSV."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(TABLES[table].columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.tables[table])
        return text.getvalue()

    def truth_json(self) -> str:
        """What truly happened, with the world it happened in."""
        told = {
            "effects": asdict(self.world.effects),
            "base": self.world.base,
            "therapist_effects": {name: round(size, 6) for name, size in self.therapist_effects.items()},
            "episodes": [asdict(episode) for episode in self.truth],
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def simulate(world: World, *, seed: int = DEMO_SEED) -> SimulatedPractice:
    """Make a practice of any world: its tables, and apart from them what truly happened."""
    return _exported(world, live(world, seed), None)


def demo_practice(world: World = DEMO, *, seed: int = DEMO_SEED) -> SimulatedPractice:
    """Make the demo practice."""
    return simulate(world, seed=seed)


def _exported(
    world: World, lived: tuple[Sequence[Therapist], Sequence[Episode]], at: datetime | None
) -> SimulatedPractice:
    staff, episodes = lived
    register = Register(world, staff, episodes, now=at)
    return SimulatedPractice(
        world=world,
        tables=register.tables(),
        truth=truth(register, episodes),
        therapist_effects={therapist.id: therapist.effect for therapist in staff},
        exported_at=at,
        _lived=lived,
    )


def write(practice: SimulatedPractice, folder: Path, *, truth: Path | None = None) -> None:
    """Write the tables into a folder, and the truth, if it is wanted, to a place outside it."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.csv": practice.csv(name).encode() for name in TABLES}
    files[PRACTICE_FILE] = _practice_json(practice).encode()
    journal.replace_together(folder, files)
    if truth is not None:
        truth.write_bytes(practice.truth_json().encode())


def _practice_json(practice: SimulatedPractice) -> str:
    world, at = practice.world, practice.exported_at
    told = {
        "name": world.name,
        "timezone": world.timezone,
        "exported_at": (at.replace(tzinfo=ZoneInfo(world.timezone)) if at else world.now).isoformat(),
        "notice_hours": 24,
    }
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
