"""Two real trials of treatment for opioid use as seven tables: visits kept and missed, and how treatment ended.

    python -m benchmarks.ctn0094 --from ../shared/data/ctn0094_development --to DIR
    python -m benchmarks.ctn0094 --from ../shared/data/ctn0094_development --write-docs

The data are CTN-0027 and CTN-0030 as harmonised for CTN-0094 (R packages public.ctn0094data and CTNote), and are
no part of this project. What every source column becomes, and why, is in docs/validation/leak-ctn0094.md; the
second command works out that page's tables again.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from holdfast.tables.schema import TABLES

ORIGIN = date(2007, 1, 1)  # arbitrary, the same for everyone: the day of consent, from which the source counts
PAGE = Path(__file__).resolve().parent.parent / "docs" / "validation" / "leak-ctn0094.md"
TREATMENT_WEEKS = {"30 phase 1": 4, "30 phase 2": 16}  # medication with taper; meta_study_length.csv
ONE_PHASE_WEEKS = 24  # in CTN-0027, and in CTN-0051, which is not in the development set
FOLLOW_UP_WEEKS = 8  # planned after treatment in either trial
IN_TIME_DAYS = 14  # a week-24 visit further than this from its planned day is a closing visit or a later recontact
NO_TREATMENT = ("BASELINE", "Cross Active Study", "P1Unsc", "P2Unsc")  # before randomisation, or never planned
FOLLOW_UP = ("WK28", "WK32", *(f"P1Wk{n}" for n in (6, 8, 10, 12)), *(f"P2Wk{n}" for n in (18, 20, 22, 24)))
HELD = ("visit", "final")
COULD_NOT = ("in_jail", "in_hospital", "illness", "moved", "no_funding", "unable", "on_vacation", "dead")
AWAY = {"dead": "died", "in_jail": "in jail", "in_hospital": "in hospital", "illness": "ill", "moved": "moved away"}
DIAGNOSES = {
    "has_major_dep": "major depression",
    "has_anx_pan": "anxiety or panic",
    "has_bipolar": "bipolar disorder",
    "has_schizophrenia": "schizophrenia",
    "has_opiates_dx": "opioid use disorder",
    "has_alcol_dx": "alcohol use disorder",
    "has_cocaine_dx": "cocaine use disorder",
}
_RANK = {"attended": 0, "no_show": 1, "cancelled": 2, "unknown": 3}  # of several rows on one day

SourceRow = Mapping[str, str]
OutRow = dict[str, str]


@dataclass(frozen=True, slots=True)
class Patient:
    """One randomised patient. Days count from consent."""

    who: str
    trial: str  # 27 or 30
    site: str
    arm: str
    randomised_on: int
    second_phase_on: int | None  # trial 30 only
    demographics: SourceRow
    psychiatric: SourceRow

    @property
    def planned_end(self) -> int:
        """The day on which the planned medication, taper included, is over."""
        if self.trial != "30":
            return self.randomised_on + 7 * ONE_PHASE_WEEKS
        if self.second_phase_on is None:
            return self.randomised_on + 7 * TREATMENT_WEEKS["30 phase 1"]
        return self.second_phase_on + 7 * TREATMENT_WEEKS["30 phase 2"]

    @property
    def last_day(self) -> int:
        """The last day the protocol foresees for him, with its window."""
        return self.planned_end + 7 * FOLLOW_UP_WEEKS + 2 * IN_TIME_DAYS


@dataclass(frozen=True, slots=True)
class Visit:
    """One planned visit that counts, on its own day or, where none is recorded, on the planned one."""

    label: str
    day: int
    status: str
    certainty: str
    reasons: frozenset[str]
    dated: bool
    is_follow_up: bool


# --- the source -------------------------------------------------------------------------------------


def source_rows(source: Path, name: str) -> list[dict[str, str]]:
    """One of the source's files, as text; ``NA`` and blank are both blank."""
    path = source / name
    with gzip.open(path, "rt", encoding="utf-8") if name.endswith(".gz") else path.open(encoding="utf-8") as lines:
        return [{key: "" if value == "NA" else value for key, value in row.items()} for row in csv.DictReader(lines)]


def patients(source: Path) -> dict[str, Patient]:
    """Everyone who was randomised, by ``who``. The others left before treatment and are not in the tables."""
    by_who = {
        name: {row["who"]: row for row in source_rows(source, f"{name}.csv")}
        for name in ("everybody", "site_masked", "demographics", "psychiatric")
    }
    phases: dict[str, dict[str, SourceRow]] = {"1": {}, "2": {}}
    for row in source_rows(source, "randomization.csv"):
        if row["when"]:
            phases[row["which"]][row["who"]] = row
    found = {}
    for who, first in phases["1"].items():
        trial, second = by_who["everybody"][who]["project"], phases["2"].get(who)
        found[who] = Patient(
            who=who,
            trial=trial,
            site=by_who["site_masked"][who]["site_masked"],
            arm=first["treatment"],
            randomised_on=_day(first["when"]),
            second_phase_on=_day(second["when"]) if second and trial == "30" else None,  # 27 repeats the first
            demographics=by_who["demographics"].get(who, {}),
            psychiatric=by_who["psychiatric"].get(who, {}),
        )
    return found


def _day(text: str) -> int:
    return int(float(text))


# --- one patient's visits ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one patient: the visits, merged by day, and a closing visit held early, if there was one."""

    patient: Patient
    visits: tuple[Visit, ...]
    closed_early_on: int | None
    left_out: Mapping[str, int]  # why -> rows

    @property
    def last_attended(self) -> int:
        return max(visit.day for visit in self.visits if visit.status == "attended")


def course(patient: Patient, rows: Iterable[SourceRow], *, follow_up: bool) -> Course:
    """Sort one patient's visit rows: what counts, what does not, and why."""
    kept: list[Visit] = []
    closed_early_on: int | None = None
    left_out: dict[str, int] = {}

    def leave(why: str) -> None:
        left_out[why] = left_out.get(why, 0) + 1

    for row in rows:
        visit = _visit(patient, row)
        if visit is None:
            leave("before randomisation, or not planned")
        elif _misses_week_24(patient, visit):
            leave("week 24 out of time")
            closed_early_on = visit.day if visit.day < patient.planned_end else closed_early_on
        elif visit.day > patient.last_day:
            leave("dated after the trial's last day")
        elif visit.is_follow_up and not follow_up:
            leave("after treatment: follow-up")
        else:
            kept.append(visit)
    merged = _one_a_day(kept)
    left_out["same day as another row"] = len(kept) - len(merged)
    return Course(patient, tuple(merged), closed_early_on, left_out)


def _visit(patient: Patient, row: SourceRow) -> Visit | None:
    label = row["visit"]
    dated, week = bool(row["when"]), label.removeprefix("WK")
    if label in NO_TREATMENT or not (dated or week.isdecimal()):
        return None
    day = _day(row["when"]) if dated else patient.randomised_on + 7 * int(week)
    reasons = frozenset(name.removeprefix("is_") for name, value in row.items() if value and name.startswith("is_"))
    status, certainty = _status(row["what"], reasons, dated=dated)
    return Visit(label, day, status, certainty, reasons, dated, _is_follow_up(patient, label, day))


def _status(what: str, reasons: frozenset[str], *, dated: bool) -> tuple[str, str]:
    """Read a disposition. Reasons on a visit that was held are notes about something else, and change nothing."""
    if what in HELD:
        return "attended", "recorded" if what == "visit" else "inferred"
    if what == "MISSING" and dated:
        return "unknown", "not_updated"
    certainty = "inferred" if what == "MISSING" else "recorded"
    return ("cancelled" if reasons & {*COULD_NOT, "left_study"} else "no_show"), certainty


def _is_follow_up(patient: Patient, label: str, day: int) -> bool:
    """A phase's final visit belongs to treatment if it lies within it; the others go by their names."""
    if label == "P1Finl":
        return day >= patient.randomised_on + 7 * (TREATMENT_WEEKS["30 phase 1"] + 1)
    if label == "P2Finl":
        return day >= patient.planned_end + 7
    return label in FOLLOW_UP


def _misses_week_24(patient: Patient, visit: Visit) -> bool:
    return visit.label == "WK24" and visit.dated and abs(visit.day - patient.planned_end) > IN_TIME_DAYS


def _one_a_day(visits: Sequence[Visit]) -> list[Visit]:
    """Several dated rows on one day are one visit under several names; a planned day is a guess, and stays apart."""
    by_day: dict[tuple[int, str], Visit] = {}
    for visit in sorted(visits, key=lambda visit: (_RANK[visit.status], visit.label)):
        by_day.setdefault((visit.day, "" if visit.dated else visit.label), visit)
    return sorted(by_day.values(), key=lambda visit: (visit.day, visit.label))


# --- how it ended -----------------------------------------------------------------------------------


def ending(found: Course) -> tuple[str, int, str] | None:
    """How treatment ended, if the record says: kind, day and reason. Nothing said is nothing recorded.

    Completion beats a closing visit, a closing visit a reason; of several reasons the one that leaves him least
    choice. Only reasons on rows from the last visit he kept on count.
    """
    last_row = max(visit.day for visit in found.visits)
    if found.last_attended >= found.patient.planned_end - 7:
        return "planned", last_row, "came in the last planned week of treatment"
    if found.closed_early_on is not None:
        return "other", max(last_row, found.closed_early_on), "came for the closing visit, early"
    late = frozenset[str]().union(*(visit.reasons for visit in found.visits if visit.day >= found.last_attended))
    for reason, words in AWAY.items():
        if reason in late:
            return "other", last_row, words
    if "left_study" in late:
        return "other", last_row, "left the study: withdrew, was withdrawn or dropped out"
    if "missing_14_consecutive" in late:
        return "silent", last_row, "dropped by the trial after 14 missed days"
    return None


# --- the seven tables -------------------------------------------------------------------------------


def courses(source: Path, *, follow_up: bool = False) -> list[Course]:
    """Everyone randomised, with the visits that count."""
    people = patients(source)
    rows: dict[str, list[SourceRow]] = {who: [] for who in people}
    for row in source_rows(source, "visit.csv.gz"):
        if row["who"] in rows:
            rows[row["who"]].append(row)
    ordered = sorted(people, key=int)
    return [course(people[who], rows[who], follow_up=follow_up) for who in ordered]


def seven_tables(found: Sequence[Course]) -> dict[str, list[OutRow]]:
    """Courses as the rows of the seven tables; what the source cannot fill stays empty."""
    tables: dict[str, list[OutRow]] = {name: [] for name in TABLES}
    tables["appointments"] = [_appointment(one, visit) for one in found for visit in one.visits]
    tables["clients"] = [_client(one.patient) for one in found]
    tables["therapists"] = [
        {"therapist_id": f"site-{site}"} for site in sorted({one.patient.site for one in found}, key=int)
    ]
    for one in found:
        said = ending(one)
        if said is not None:
            kind, day, reason = said
            tables["endings"].append(_pair(one.patient) | {"ended_on": _on(day), "kind": kind, "reason": reason})
    return tables


def _on(day: int) -> str:
    return (ORIGIN + timedelta(days=day)).isoformat()


def _pair(patient: Patient) -> OutRow:
    return {"client_id": patient.who, "therapist_id": f"site-{patient.site}"}


def _appointment(found: Course, visit: Visit) -> OutRow:
    apart = "" if visit.dated else "-planned"
    return {
        "appointment_id": f"{found.patient.who}-{visit.label}{apart}",
        **_pair(found.patient),
        "starts_at": _on(visit.day),
        "status": visit.status,
        "initiated_by": "unknown" if visit.status == "cancelled" else "",
        "certainty": visit.certainty,
        "day_is": "recorded" if visit.dated else "planned",
    }


def _client(patient: Patient) -> OutRow:
    said = patient.demographics
    sex = {"Yes": "male", "No": "female"}.get(said.get("is_male", ""), "")
    age = said.get("age", "")
    job = said.get("job", "")
    return {
        "client_id": patient.who,
        "gender": sex,
        "birth_year": str(ORIGIN.year - _day(age)) if age else "",
        "employment": "" if job == "Missing" else job,
        "concerns": ";".join(words for name, words in DIAGNOSES.items() if patient.psychiatric.get(name) == "Yes"),
        "trial": f"CTN-00{patient.trial}",
        "arm": patient.arm,
    }


def convert(source: Path, folder: Path, *, follow_up: bool = False) -> list[Course]:
    """Write the seven tables and ``practice.json`` into a folder."""
    found = courses(source, follow_up=follow_up)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in seven_tables(found).items():
        extra = [column for column in (rows[0] if rows else {}) if column not in TABLES[name].columns]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*TABLES[name].columns, *extra], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    exported_on = _on(max(one.patient.last_day for one in found) + 1)  # then nobody has anything planned any more
    told = {"name": "CTN-0027 and CTN-0030", "exported_at": f"{exported_on}T00:00:00"}
    (folder / "practice.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--from", dest="source", type=Path, required=True, help="the folder ctn0094_development")
    parser.add_argument("--to", type=Path, help="the folder to write the seven tables into")
    parser.add_argument("--follow-up", action="store_true", help="also count the visits planned after treatment")
    parser.add_argument("--write-docs", action="store_true", help=f"work out the tables in {PAGE.name} again")
    told = parser.parse_args()
    if told.to is None and not told.write_docs:
        parser.error("say where to write the tables: --to DIR; or --write-docs")
    if told.to is not None:
        found = convert(told.source, told.to, follow_up=told.follow_up)
        print(f"{len(found):,} patients, {sum(len(one.visits) for one in found):,} appointments in {told.to}")
    if told.write_docs:
        from benchmarks.ctn0094_page import sections, whole
        from benchmarks.pages import rewrite

        tables = sections(whole(told.source), whole(told.source, follow_up=True))
        print("changed" if rewrite(PAGE, tables) else "already current")


if __name__ == "__main__":
    main()
