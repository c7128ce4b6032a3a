"""Every importer on thousands of exports that are wrong somewhere: refused in words, or all of it accounted for.

``python -m tests.interop.trial 5000`` tries 5,000 inputs; ``python -m tests.interop.trial 1 --from 4711`` tries
number 4,711 again. Each number is a seed: it gives the same input on every machine.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coverage import Coverage

from holdfast.errors import HoldfastError
from holdfast.tables import moments, sources
from holdfast.tables.facts import read_facts
from holdfast.tables.importing import import_files
from holdfast.tables.sources import source
from holdfast.tables.sources.any_table import apply
from holdfast.tables.sources.asking import answer, guess_lines, questions
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.guess import guess
from holdfast.tables.sources.mapping import Mapping, load
from holdfast.tables.sources.source import Context, Imported, Source
from tests.interop.answer_key import LONDON, NOW, read_csv
from tests.interop.mutations import BROKEN, Part, broken, changed, parts_of, written, zipped

SOURCES = Path(sources.__file__).parent
SAMPLES = Path(__file__).parent / "samples"
WHOLE = 0.04  # of the inputs go from a file on the disk all the way into a folder's tables
LONGEST = 5.0  # seconds of processor time that one input may take
LONGEST_MESSAGE = 20_000  # letters
WAY_OUT = re.compile(
    r"allowed:|\?|\bname them\b|\b(export|save|give|download|fetch|correct|make|remove|split|take|put|unpack|write|"
    r"import|store|open|try|keep|look)\b",
    re.IGNORECASE,
)
LAID_ON_EACH_OTHER = {"ical", "simplepractice"}  # two downloads of one calendar, two reports of the same days
NO_ROW = "a line of text and no appointment"
ONE_EACH = {"any", "acuity", "cliniko", "jane", "mindbody", "nextgen", "nhs-tt", "openmrs", "therapyappointment"}
AT_LEAST_ONE = {"fhir", "intakeq", "openemr", "pmhc"}  # a meeting of several clients is a row for each


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one module: how many branches were taken, how many there are, and which were not (line->line)."""

    taken: int
    of: int
    not_taken: list[str]


@dataclass(slots=True)
class Tally:
    """What became of the inputs, and what went wrong."""

    inputs: int = 0
    taken: int = 0
    refused: int = 0
    counted: int = 0  # of those taken: how often rows taken and rows left were laid on rows given
    wrong: list[str] = field(default_factory=list)


def main(inputs: int, first: int) -> Tally:
    """Try so many inputs, each sample as often as any other."""
    tally = Tally()
    names = sorted(folder.name for folder in SAMPLES.iterdir())
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(first, first + inputs):
            began = time.process_time()
            try:
                _try(number, names[number % len(names)], Path(scratch), tally)
            except Exception:  # whatever it is, it is what is looked for
                tally.wrong.append(f"input {number}, {names[number % len(names)]}: {traceback.format_exc(limit=-6)}")
            if (took := time.process_time() - began) > LONGEST:
                tally.wrong.append(f"input {number}, {names[number % len(names)]}: took {took:.1f} s")
            tally.inputs += 1
    return tally


def _try(number: int, sample: str, scratch: Path, tally: Tally) -> None:
    dice = random.Random(number)
    parts = deepcopy(_sample(sample))
    gentle = changed(parts, dice)
    files = written(parts, dice)
    importer = source(sample.split("_")[0])
    own = importer if dice.random() < 0.97 else source(dice.choice(("any", "tables", "fhir", "jane")))
    try:
        if dice.random() < WHOLE:
            into = _folder(sample, scratch, dice.randrange(2)) if dice.random() < 0.5 else scratch / "new"
            _import_whole(own, files, into, dice)
        elif own.name == "any" and dice.random() < 0.5:
            _ask_and_answer(dice.choice(files), dice, scratch)
        else:
            imported = _read(own, files, _context(sample, scratch, dice))
            given = _given(own, parts, files) if gentle else None
            for fault in unaccounted(own, imported, given):
                tally.wrong.append(
                    f"input {number}, {sample}: {fault}; {[said for part in parts for said in part.said]}"
                )
            tally.counted += own.name in ONE_EACH | AT_LEAST_ONE
        tally.taken += 1
    except HoldfastError as refusal:
        tally.refused += 1
        tally.wrong += [f"input {number}, {sample}: {fault}" for fault in unhelpful(str(refusal), files)]


@cache
def _sample(name: str) -> list[Part]:
    return parts_of(SAMPLES / name)


@cache
def _folder(sample: str, scratch: Path, turn: int) -> Path:
    """A folder into which the sample itself has been imported, as it is; of those laid on each other, one file."""
    folder = scratch / f"{sample}-{turn}"
    importer = source(sample.split("_")[0])
    paths = sorted((SAMPLES / sample).iterdir())
    if sample in LAID_ON_EACH_OTHER:
        paths = paths[turn : turn + 1]
    files = [SourceFile(path.name, path.read_bytes()) for path in paths]
    if sample != "any_halves":  # of which something has to be asked
        import_files(importer, files, folder, now=None, clock=NOW - timedelta(days=2), timezone=LONDON)
    return folder


def _context(sample: str, scratch: Path, dice: random.Random) -> Context:
    """What an importer knows: half the time of an earlier import too."""
    folder, zone = _folder(sample, scratch, dice.randrange(2)), ZoneInfo(LONDON)
    now = NOW.astimezone(zone)
    if dice.random() < 0.5 or not (folder / "appointments.csv").exists():
        return Context(now=now, timezone=zone)
    up_to = read_facts(folder).compared_up_to.get(sample, {})
    return Context(now=now, timezone=zone, existing=_known(folder), folder=folder, compared_up_to=up_to)


@cache
def _known(folder: Path) -> dict[str, list[dict[str, str]]]:
    return {"appointments": read_csv(folder / "appointments.csv")}


def _read(importer: Source, files: Sequence[SourceFile], context: Context) -> Imported:
    for file in files:
        importer.knows(file)
    importer.own_date(files)
    return importer.read(files, context)


def _import_whole(importer: Source, files: Sequence[SourceFile], folder: Path, dice: random.Random) -> None:
    """As from the command line: from a folder or a zip on the disk, which may have been damaged on its way too."""
    with tempfile.TemporaryDirectory() as given:
        path = Path(given) / "export.zip"
        if dice.random() < 0.5:
            packed = zipped(files)
            path.write_bytes(broken(packed, dice) if dice.random() < 0.3 else packed)
        else:
            for file in files:
                (path.parent / file.name).write_bytes(file.data)
            path = path.parent
        import_files(importer, [path], folder, now=None, clock=NOW, timezone=LONDON, dry_run=True)


def _ask_and_answer(file: SourceFile, dice: random.Random, scratch: Path) -> None:
    """A table of no known system as on the page: guess, answer what is asked with anything allowed, read it."""
    told = Mapping()
    for _ in range(5):
        found = guess(file, told)
        guess_lines(found)
        asked = questions(found)
        if not asked:
            break
        told = answer(found, {question.key: dice.choice(question.choices) for question in asked})
    if dice.random() < 0.4:
        kept = [Part("mapping.json", told.model_dump(mode="json"))]
        changed(kept, dice)
        (scratch / "mapping.json").write_bytes(written(kept, dice)[0].data)
        told = load(scratch / "mapping.json")
    apply(file, told, Context(now=NOW, timezone=ZoneInfo(LONDON)))


def _given(importer: Source, parts: Sequence[Part], files: Sequence[SourceFile]) -> int | None:
    """How many appointments stand in the files, where that can be counted without reading them."""
    if (
        importer.name not in ONE_EACH - {"any"}
        or len(parts) != len(files)
        or any(BROKEN in part.said for part in parts)
    ):
        return None
    names = {"nhs-tt": "IDS201"}
    return sum(part.records for part in parts if part.name.startswith(names.get(importer.name, "")))


def unaccounted(importer: Source, imported: Imported, given: int | None) -> Iterator[str]:
    """Rows taken and rows named as left out are together the rows that were given."""
    taken, left, read = len(imported.rows.get("appointments", ())), imported.skipped.total(), imported.rows_read
    if importer.name == "nhs-tt":  # whose reasons are about other tables
        left = 0
    if importer.name == "any":
        taken, left = imported.frames["appointments"].height, left - imported.skipped[NO_ROW]
    if importer.name in ONE_EACH and taken + left != read:
        yield f"{taken} taken and {left} left out, but {read} read: {dict(imported.skipped)}"
    if importer.name in AT_LEAST_ONE and taken + left < read:
        yield f"{taken} taken and {left} left out, of {read} read"
    if given is not None and given != read:
        yield f"{given} rows were given, {read} were read"


def unhelpful(message: str, files: Sequence[SourceFile]) -> Iterator[str]:
    """A refusal names the file or the row or the thing, and what to do now."""
    places = [name for file in files for name in (file.name, file.stem, str(Path(file.name).stem)) if name]
    if not any(place in message for place in [*places, "export.zip", "these files", "These", "The mapping", "(as im"]):
        yield f"a refusal names no place: {message[:500]}"
    if not WAY_OUT.search(message):
        yield f"a refusal names no way out: {message[:500]}"
    if len(message) > LONGEST_MESSAGE:
        yield f"a refusal of {len(message):,} letters: {message[:200]}"


def branches(inputs: int, first: int) -> tuple[Tally, dict[str, Taken]]:
    """Try so many inputs, and say of each module that reads exports which of its branches were taken."""
    measure = Coverage(data_file=None, branch=True, config_file=False, include=[f"{SOURCES}/*", moments.__file__])
    with measure.collect():
        tally = main(inputs, first)
    with tempfile.TemporaryDirectory() as scratch:
        measure.json_report(outfile=f"{scratch}/found.json")
        found = json.loads(Path(scratch, "found.json").read_bytes())["files"]
    return tally, {Path(name).stem: _taken(file) for name, file in found.items()}


def _taken(file: Any) -> Taken:
    told = file["summary"]
    return Taken(told["covered_branches"], told["num_branches"], [f"{a}->{b}" for a, b in file["missing_branches"]])


def branch_lines(modules: dict[str, Taken]) -> Iterator[str]:
    """How many branches were taken, all together and by module, and which were not."""
    taken, of = sum(one.taken for one in modules.values()), sum(one.of for one in modules.values())
    yield f"{taken:,} of {of:,} branches were taken: {taken / of:.1%}"
    for name, one in sorted(modules.items()):
        if one.of:
            yield f"  {name}: {one.taken} of {one.of} ({one.taken / one.of:.0%}); not {', '.join(one.not_taken) or '-'}"


def _told(tally: Tally) -> Iterator[str]:
    yield f"{tally.inputs:,} inputs: {tally.taken:,} taken, {tally.refused:,} refused, {tally.counted:,} counted"
    for sign, many in Counter(re.sub(r"^input \d+, ", "", one)[:300] for one in tally.wrong).most_common(40):
        first = next(one for one in tally.wrong if sign in one)
        yield f"\n{many} times: {first}"


if __name__ == "__main__":
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("inputs", type=int)
    reading.add_argument("--from", dest="first", type=int, default=0)
    reading.add_argument("--branches", action="store_true", help="show which branches of the importers were taken")
    asked = reading.parse_args()
    if asked.branches:
        done, modules = branches(asked.inputs, asked.first)
        print("\n".join(branch_lines(modules)))
    else:
        done = main(asked.inputs, asked.first)
    print("\n".join(_told(done)))
    sys.exit(1 if done.wrong else 0)
