"""The demo practice: made, not real, and its truth is known.

    practice = demo_practice()
    write(practice, Path("harbour-street"))

The same world and seed give the same bytes on every platform and Python.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from holdfast.simulate.practice import simulate
from holdfast.simulate.rows import Register, Row
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


def demo_practice(world: World = DEMO, *, seed: int = DEMO_SEED) -> SimulatedPractice:
    """Make a practice: the demo, or any other world."""
    staff, episodes = simulate(world, seed)
    register = Register(world, staff, episodes)
    return SimulatedPractice(
        world=world,
        tables=register.tables(),
        truth=truth(register, episodes),
        therapist_effects={therapist.id: therapist.effect for therapist in staff},
    )


def write(practice: SimulatedPractice, folder: Path, *, truth: Path | None = None) -> None:
    """Write the tables into a folder, and the truth, if it is wanted, to a place outside it."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.csv": practice.csv(name).encode() for name in TABLES}
    files[PRACTICE_FILE] = _practice_json(practice.world).encode()
    journal.replace_together(folder, files)
    if truth is not None:
        truth.write_bytes(practice.truth_json().encode())


def _practice_json(world: World) -> str:
    told = {
        "name": world.name,
        "timezone": world.timezone,
        "exported_at": world.now.isoformat(),
        "notice_hours": 24,
    }
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
