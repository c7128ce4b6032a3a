"""Log-ins to a guided internet treatment: the people of a file, what is known of them by a day, and as a practice.

A file is ``sessions.csv`` as published with Côté-Allard, Pham and others (2022, arXiv 2201.04967): one row a
log-in, with its beginning, its length, and the label of the person. Every person has his own clock: day 0 begins
with his first log-in.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from benchmarks.in_memory import practice
from benchmarks.judging import Bools, Floats

from holdfast.tables.read import Tables

FILE = "sessions.csv"
LEAST_SECONDS = 60  # a log-in counts if it is longer; so the published definition of adherence
ENOUGH = 8  # log-ins
TREATMENT_DAYS = 56
FOLLOW_UP_DAYS = 56  # after it: who has not been back by then is not waited for any longer
START = datetime(2020, 1, 6)  # noqa: DTZ001 - everybody's clock is put to one arbitrary morning
THERAPIST = "the programme"
SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Person:
    """One person: days from his first log-in to each that counts, how long each took, and the published label."""

    who: str
    days: Floats
    minutes: Floats
    adherent: bool

    def by(self, day: float) -> Floats:
        """The log-ins known on a day: those that began before it."""
        return self.days[self.days < day]

    @property
    def enough(self) -> bool:
        return self.by(TREATMENT_DAYS).size >= ENOUGH

    @property
    def still_there(self) -> bool:
        """He logged in at or after the end of the treatment."""
        return bool(self.days[-1] >= TREATMENT_DAYS)


def read_people(folder: Path) -> list[Person]:
    """Everybody in a folder's file, in the order of their numbers.

    Raises
    ------
    ValueError
        If a person carries two labels.
    """
    rows: dict[str, list[tuple[datetime, float]]] = {}
    labels: dict[str, set[str]] = {}
    with (folder / FILE).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            began, ended = (_moment(row[f"sessionlogtimestamp{end}"]) for end in ("start", "end"))
            rows.setdefault(row["Anonymized ID"], []).append((began, (ended - began).total_seconds()))
            labels.setdefault(row["Anonymized ID"], set()).add(row["Label"])
    if any(len(said) != 1 for said in labels.values()):
        raise ValueError(f"{FILE} gives a person two labels")
    return [_person(who, rows[who], adherent=labels[who] == {"1"}) for who in sorted(rows, key=int)]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _person(who: str, rows: Sequence[tuple[datetime, float]], *, adherent: bool) -> Person:
    counted = sorted(row for row in rows if row[1] > LEAST_SECONDS)
    first = counted[0][0]
    days = np.array([(began - first).total_seconds() / SECONDS for began, _ in counted])
    return Person(who, days, np.array([seconds / 60 for _, seconds in counted]), adherent)


def labels_of(people: Sequence[Person]) -> Bools:
    return np.array([one.adherent for one in people])


# --- what the label means ---------------------------------------------------------------------------

MEANINGS: Mapping[str, str] = {
    "count": f"at least {ENOUGH} log-ins of more than a minute in {TREATMENT_DAYS} days",
    "count and still there": (
        f"at least {ENOUGH} log-ins of more than a minute in {TREATMENT_DAYS} days, and one at or after their end"
    ),
}


def meaning(people: Sequence[Person]) -> str:
    """Which of the two readings of the published definition gives these people's labels more often."""
    return max(MEANINGS, key=lambda name: (agreement(people, name), name))


def agreement(people: Sequence[Person], name: str) -> int:
    """Of how many people a reading gives the label."""
    return sum((one.enough and (name == "count" or one.still_there)) == one.adherent for one in people)


# --- what is known by a day -------------------------------------------------------------------------

FEATURES = (
    "log-ins so far",
    "days since the last log-in",
    "days with a log-in",
    "log-ins in the last week",
    "longest gap so far, days",
    "middle gap, days",
    "minutes in all",
)


def known(people: Sequence[Person], day: float) -> Floats:
    """Simple features of each person as known on a day: (people, len(FEATURES)), in the order of ``FEATURES``."""
    return np.array([_known(one, day) for one in people])


def _known(one: Person, day: float) -> list[float]:
    seen = one.by(day)
    gaps = np.diff(seen)
    return [
        float(seen.size),
        float(day - seen[-1]),
        float(np.unique(np.floor(seen)).size),
        float((seen >= day - 7).sum()),
        float(max(gaps.max(initial=0.0), day - seen[-1])),
        float(np.median(gaps)) if gaps.size else float(day),
        float(one.minutes[: seen.size].sum()),
    ]


# --- as a practice ----------------------------------------------------------------------------------


def as_known_on(people: Sequence[Person], day: float) -> tuple[Tables, datetime]:
    """The practice on one day of everybody's clock, and the moment: log-ins before it, nothing later."""
    at = START + timedelta(days=day)
    rows = [
        (one.who, place, START + timedelta(days=float(when)))
        for one in people
        for place, when in enumerate(one.by(day))
    ]
    return _practice(rows, at), at


def as_it_went(people: Sequence[Person]) -> tuple[Tables, datetime]:
    """The practice when everything is over, to fit on.

    Everybody is followed to his first log-in at or after the end of the treatment, or, if there is none, for eight
    weeks more. What comes after is not this treatment. The clocks are put so that all these ends fall on one moment:
    then someone who was followed to a log-in is simply somebody who was here just now, and says nothing about
    leaving; and someone who was not has been quiet since his last log-in.
    """
    at = START + timedelta(days=TREATMENT_DAYS + FOLLOW_UP_DAYS)
    rows = []
    for one in people:
        last = _followed_until(one)
        shift = np.floor(TREATMENT_DAYS + FOLLOW_UP_DAYS - last)  # whole days: what is one day stays one day
        rows += [
            (one.who, place, START + timedelta(days=float(when + shift)))
            for place, when in enumerate(one.days[one.days <= last])
        ]
    return _practice(rows, at), at


def _followed_until(one: Person) -> float:
    after = one.days[one.days >= TREATMENT_DAYS]
    end = float(TREATMENT_DAYS + FOLLOW_UP_DAYS)
    return min(float(after[0]), end) if after.size else end


def _practice(rows: Sequence[tuple[str, int, datetime]], at: datetime) -> Tables:
    """Log-ins as attended appointments with one therapist. Nothing was ever booked, missed or said to be over."""
    who = [person for person, _, _ in rows]
    appointments = {
        "appointment_id": [f"{person}-{place}" for person, place, _ in rows],
        "client_id": who,
        "therapist_id": [THERAPIST] * len(rows),
        "starts_at": [began for _, _, began in rows],
        "status": ["attended"] * len(rows),
        "certainty": ["recorded"] * len(rows),
    }
    clients = {"client_id": sorted(set(who))}
    therapists = {"therapist_id": [THERAPIST]}
    return practice({"appointments": appointments, "clients": clients, "therapists": therapists}, exported_at=at)
