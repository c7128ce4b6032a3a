"""The file of a study: a zip of tables, what each column means, and what was done to them.

The same content is the same to the byte, and no date is in it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from holdfast.study.cells import LEAST
from holdfast.study.deidentified import COLUMNS, PEOPLE, Cell, Deidentified

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
READABLE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class About:
    """The study as those who are in it were asked about it."""

    name: str
    version: int
    by: str
    about: str
    practice: str


def packed(made: Deidentified, about: About) -> bytes:
    """One zip: a CSV file for each table in which there is something, ``dictionary.csv`` and ``README.md``."""
    tables = {name: rows for name, rows in made.rows.items() if rows}
    told = {name: [[row[column] for column in COLUMNS[name]] for row in rows] for name, rows in tables.items()}
    files = {f"{name}.csv": _csv(list(COLUMNS[name]), rows) for name, rows in told.items()}
    meant = [[f"{name}.csv", column, words] for name in tables for column, words in COLUMNS[name].items()]
    files["dictionary.csv"] = _csv(["file", "column", "meaning"], meant)
    files["README.md"] = _readme(made, about, tables)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, READABLE, 3
            archive.writestr(entry, files[name])
    return whole.getvalue()


def _csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def _readme(made: Deidentified, about: About, tables: Mapping[str, Sequence[object]]) -> str:
    sizes = "\n".join(f"- `{name}.csv`: {len(rows):,} rows" for name, rows in tables.items())
    missing = [
        f"- `{name}.csv` is not here: too few people have anything in it." for name in COLUMNS if name not in tables
    ]
    notes = "\n".join([*(f"- {one}" for one in made.notes), *missing])
    return README.format(
        name=about.name,
        version=about.version,
        by=about.by,
        about=about.about.replace("\n", "\n> "),
        practice=about.practice,
        people=len(made.rows[PEOPLE]),
        sizes=sizes,
        notes=notes,
        least=LEAST,
    )


README = """# {name}

Done by: {by}. From: {practice}. Made with Holdfast.

What those who are in it said yes to (text {version} of this study):

> {about}

## What is here

{people} people, each of whom said yes to this study by its name.

{sizes}
- `dictionary.csv`: what each column means

An answer that is missing is blank, and never a nought.

## Who is not here

Whoever was not asked, said no or said nothing: those who said yes may differ from them. People come into these files
and leave them {least} at a time, in groups, so a few who said yes may not be here yet, and some have left only so that
nobody can tell who took his yes back. Nobody who has left comes back.

## What was done to it

{notes}
- There is no date and no year: weeks are counted from each person's first session, which is in week 0.
- Weeks, and how many sessions, stand as bands ("4 to 6") in each of which are at least {least} people of the group.
- Each group was made coarser for itself: who comes later changes nothing of what is told of those before.
- There is nothing in anybody's own words, no name, no address, and no answer on self-harm.
- Nothing is here that somebody kept from his therapist. Such an answer is blank, like one that was not given.
- Check-ins that were not answered are not here: from these no share of answers can be worked out.
- Ids were made for this study alone. They are the same in each of its files, and in nothing else.
- Rows are in the order of these ids, which says nothing.

## What it still is

Not anonymous. A course is a course: somebody who knows how often a person came, or what he answered in which week, may
find him. Keep the file as you would keep a record, give it to nobody who is not named in the study, look for nobody in
it, and publish no count from 1 to 10, nor one from which such a count follows.

## Licence of the questions

The check-in was written for Holdfast and may be used under the Apache License 2.0. It is a prompt for a conversation
and not a validated measure. PHQ-9 and GAD-7 are free to use; where scores of them are here, they are totals.
"""
