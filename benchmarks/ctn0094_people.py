"""The trials' people for a forecast: what was known of each at intake and after weeks 2 and 4, and what became of him.

Everything is on each person's own clock: day 0 is the day of randomisation. The source and its reading are those
of ``benchmarks.ctn0094``. Reasons of missed visits are not used at all, because the source writes them backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
from benchmarks import ctn0094
from benchmarks.in_memory import practice
from benchmarks.judging import Bools

from holdfast.silence.metrics import Floats
from holdfast.tables.read import Tables

START = datetime(2007, 1, 1)  # noqa: DTZ001 - arbitrary: day 0 of everybody
LANDMARKS = (0, 2, 4)  # weeks after randomisation; 0 is the day itself
MISSING_WEEKS = 4  # in a row make a dropout
EMPLOYMENT = {"Full Time": "employed", "Part Time": "employed", "Unemployed": "unemployed", "Student": "student"}
Unit = Literal["site", "arm"]  # who stands in the place of the therapist


@dataclass(frozen=True, slots=True)
class Participant:
    """One randomised person. ``week``: in which the four missing weeks began, or the last in which they could have."""

    who: str
    site: str
    trial: str
    arm: str
    man: bool
    age: float | None
    job: str
    background: Mapping[str, float]
    days: Floats  # of every visit, from randomisation
    kept: Bools
    dropped_out: bool
    week: int

    def known(self, weeks: int) -> Bools:
        """Which visits had been by a landmark: through the day of randomisation, or through whole weeks."""
        return np.asarray(self.days <= last_day(weeks))

    def comes_again(self, weeks: int) -> bool:
        """He kept a visit after a landmark, in the weeks on which the trial's definition looked."""
        return bool((self.kept & (self.days > last_day(weeks)) & (self.days <= self.watched_until)).any())

    def visits_kept(self, weeks: int) -> Floats:
        return np.asarray(self.days[self.known(weeks) & self.kept])

    @property
    def watched_until(self) -> int:
        """The last day of the weeks on which the trial's definition looked."""
        return 7 * (self.week + MISSING_WEEKS - 1)


def last_day(weeks: int) -> int:
    return 7 * weeks - 1 if weeks else 0


def still_in(people: Sequence[Participant], weeks: int) -> Bools:
    """Whose missing weeks had not begun by a landmark. At the time, nobody could know this of everybody."""
    return np.array([one.week > weeks for one in people])


@dataclass(frozen=True, slots=True)
class Question:
    """Who will drop out, asked after some weeks: of those still in, or of everybody, as one has to ask at the time.

    ``has_left`` asks instead who has left already: what the silence model is made for.
    """

    weeks: int
    everybody: bool = False
    has_left: bool = False

    def concerns(self, people: Sequence[Participant]) -> Bools:
        return np.ones(len(people), dtype=bool) if self.everybody else still_in(people, self.weeks)


QUESTIONS = (
    *(Question(weeks) for weeks in LANDMARKS),
    *(Question(weeks, everybody=True) for weeks in LANDMARKS if weeks),
)


HAS_LEFT = tuple(Question(weeks, everybody=True, has_left=True) for weeks in LANDMARKS if weeks)


def dropped_out(people: Sequence[Participant]) -> Bools:
    return np.array([one.dropped_out for one in people])


def who_stayed(people: Sequence[Participant], arm: str | None) -> list[Participant]:
    """Those who did not drop out, in one arm; of everybody, if nobody stayed in it or no arm is told."""
    stayed = [one for one in people if not one.dropped_out]
    return [one for one in stayed if one.arm == arm] or stayed


def sites(people: Sequence[Participant]) -> np.ndarray:
    return np.unique([one.site for one in people], return_inverse=True)[1].astype(np.int64)


# --- reading ----------------------------------------------------------------------------------------


def read_people(source: Path) -> list[Participant]:
    """Everybody who was randomised, in the order of their numbers."""
    outcomes = {row["who"]: row for row in ctn0094.source_rows(source, "outcomes.csv")}
    background = read_background(source)
    return [
        _participant(one, outcomes[one.patient.who], background[one.patient.who])
        for one in ctn0094.courses(source, follow_up=True)
        if outcomes.get(one.patient.who, {}).get("ctn0094_dropout_time")
    ]


def _participant(course: ctn0094.Course, outcome: Mapping[str, str], background: Mapping[str, float]) -> Participant:
    patient = course.patient
    age = patient.demographics.get("age", "")
    days, kept = _visits_from_randomisation(course)
    return Participant(
        who=patient.who,
        site=patient.site,
        trial=patient.trial,
        arm=f"{patient.trial} {patient.arm}",
        man=patient.demographics.get("is_male") == "Yes",
        age=float(age) if age else None,
        job=patient.demographics.get("job", ""),
        background=background,
        days=days,
        kept=kept,
        dropped_out=outcome["ctn0094_dropout_event"] == "1",
        week=int(float(outcome["ctn0094_dropout_time"])),
    )


def _visits_from_randomisation(course: ctn0094.Course) -> tuple[Floats, Bools]:
    """Days and whether kept. Nobody is randomised in his absence, so day 0 is a visit, also where none is written."""
    days = np.array([visit.day - course.patient.randomised_on for visit in course.visits], dtype=float)
    kept = np.array([visit.status == "attended" for visit in course.visits])
    from_then = days >= 0
    days, kept = days[from_then], kept[from_then]
    if not (days[kept] == 0).any():
        days, kept = np.r_[0.0, days[days > 0]], np.r_[True, kept[days > 0]]
    return days, kept


ASKED_AT_INTAKE = {
    "demographics": ("is_hispanic", "race", "is_living_stable", "education", "marital"),
    "psychiatric": (
        "has_schizophrenia", "has_major_dep", "has_bipolar", "has_anx_pan", "has_brain_damage", "has_epilepsy",
        "depression", "anxiety", "schizophrenia", "has_alcol_dx", "has_amphetamines_dx", "has_cannabis_dx",
        "has_cocaine_dx", "has_sedatives_dx",
    ),
    "asi": ("used_iv",),
    "fagerstrom": ("is_smoker", "per_day"),
}  # fmt: skip
USED = ("Opioid", "Heroin", "Cocaine", "Alcohol", "Benzodiazepine", "THC", "Amphetamine")  # days of use before intake
USE_DAYS = 28


def read_background(source: Path) -> dict[str, dict[str, float]]:
    """Everything else that was asked at intake, as numbers: 1 where an answer holds; blank is an answer of its own.

    Dated rows (pain, days of use) count only up to the day of randomisation.
    """
    patients = ctn0094.patients(source)
    found: dict[str, dict[str, float]] = {who: {} for who in patients}
    for name, columns in ASKED_AT_INTAKE.items():
        for row in ctn0094.source_rows(source, f"{name}.csv"):
            who = row["who"].removesuffix(".0")
            if who in found:
                found[who] |= {f"{column}: {row[column] or 'not said'}": 1.0 for column in columns}
    for row in _dated(source, "pain.csv", patients):
        found[row["who"]][f"pain: {row['pain']}"] = 1.0
    for row in _dated(source, "tlfb.csv.gz", patients):
        day = float(row["when"])
        if row["what"] in USED and -USE_DAYS <= day < 0:
            name = f"days of {row['what']}"
            found[row["who"]][name] = found[row["who"]].get(name, 0.0) + 1
    return found


def _dated(source: Path, name: str, patients: Mapping[str, ctn0094.Patient]) -> list[Mapping[str, str]]:
    """Rows of the randomised that are dated no later than their randomisation."""
    return [
        row
        for row in ctn0094.source_rows(source, name)
        if row["who"] in patients and row["when"] and float(row["when"]) <= patients[row["who"]].randomised_on
    ]


# --- what was known, as numbers ---------------------------------------------------------------------


def client_columns(people: Sequence[Participant]) -> Floats:
    """Sex, age and employment, each with a column for "not said": what a client table holds of them."""
    jobs = ("employed", "unemployed", "student")
    said = [EMPLOYMENT.get(one.job, "") for one in people]
    ages = np.array([np.nan if one.age is None else one.age for one in people])
    return np.column_stack(
        [
            [float(one.man) for one in people],
            np.nan_to_num(ages, nan=float(np.nanmean(ages))),
            np.isnan(ages).astype(float),
            *([float(word == job) for word in said] for job in jobs),
            [float(one.job in ("", "Missing")) for one in people],
        ]
    )


def visit_columns(people: Sequence[Participant], weeks: int) -> Floats:
    """Visits kept, visits missed, days since the last kept, and whether the last was missed."""
    return np.array([_visits(one, weeks) for one in people])


def _visits(one: Participant, weeks: int) -> list[float]:
    known = one.known(weeks)
    kept = one.visits_kept(weeks)
    missed = one.days[known & ~one.kept]
    since = days_silent(one, weeks)
    return [float(kept.size), float(missed.size), since, float(missed.size > 0 and missed[-1] > kept.max(initial=-1))]


def days_silent(one: Participant, weeks: int) -> float:
    """Days since his last visit; since randomisation, if the source has none by then."""
    return float(last_day(weeks) - one.visits_kept(weeks).max(initial=0.0))


def arm_columns(people: Sequence[Participant], arms: Sequence[str]) -> Floats:
    return np.array([[float(one.arm == arm) for arm in arms] for one in people])


def background_columns(people: Sequence[Participant], names: Sequence[str]) -> Floats:
    return np.array([[one.background.get(name, 0.0) for name in names] for one in people])


# --- as a practice ----------------------------------------------------------------------------------


def as_known_after(people: Sequence[Participant], weeks: int, unit: Unit) -> tuple[Tables, datetime]:
    """The practice at a landmark of everybody's clock: visits up to it, no ending, nothing later."""
    at = _on(last_day(weeks)) + timedelta(hours=23)
    rows = [
        (one, day, kept)
        for one in people
        for day, kept in zip(one.days[one.known(weeks)], one.kept[one.known(weeks)], strict=True)
    ]
    return _practice(people, rows, [], at, unit), at


def as_it_went(people: Sequence[Participant], unit: Unit) -> tuple[Tables, datetime]:
    """The practice when everything is over, to fit on: every ending is the trial's own outcome.

    Whoever dropped out is recorded as silent when the four missing weeks are complete; everybody else's treatment
    has ended as planned when the last week of the definition is over. What comes after is not in the tables.
    """
    rows = [
        (one, day, kept)
        for one in people
        for day, kept in zip(one.days, one.kept, strict=True)
        if day <= one.watched_until
    ]
    endings = [(one, "silent" if one.dropped_out else "planned", one.watched_until) for one in people]
    at = _on(max(one.watched_until for one in people) + 1)
    return _practice(people, rows, endings, at, unit), at


def _on(day: float) -> datetime:
    return START + timedelta(days=float(day))


def _practice(
    people: Sequence[Participant],
    rows: Sequence[tuple[Participant, float, bool]],
    endings: Sequence[tuple[Participant, str, int]],
    at: datetime,
    unit: Unit,
) -> Tables:
    appointments = {
        "appointment_id": [f"{one.who}-{place}" for place, (one, _, _) in enumerate(rows)],
        "client_id": [one.who for one, _, _ in rows],
        "therapist_id": [getattr(one, unit) for one, _, _ in rows],
        "starts_at": [_on(day) for _, day, _ in rows],
        "status": ["attended" if kept else "no_show" for _, _, kept in rows],
        "certainty": ["recorded"] * len(rows),
    }
    clients = {
        "client_id": [one.who for one in people],
        "gender": ["man" if one.man else "woman" for one in people],
        "birth_year": [None if one.age is None else START.year - int(one.age) for one in people],
        "employment": [EMPLOYMENT.get(one.job) for one in people],
    }
    ended = {
        "client_id": [one.who for one, _, _ in endings],
        "therapist_id": [getattr(one, unit) for one, _, _ in endings],
        "ended_on": [_on(day) for _, _, day in endings],
        "recorded_at": [_on(day) for _, _, day in endings],
        "kind": [kind for _, kind, _ in endings],
    }
    therapists = {"therapist_id": sorted({getattr(one, unit) for one in people})}
    given = {"appointments": appointments, "clients": clients, "therapists": therapists, "endings": ended}
    return practice(given, exported_at=at)
