"""Survival, cumulative incidence and Gray's test equal R's, to every digit R printed.

Data and results are those of the shared data folder: its README.md names the source of each data set,
and reference_R.json holds what R 4.2.2 with survival 3.5-3 and cmprsk 2.2-11 printed, 8 decimals.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from holdfast.insight.compare import ChiSquared, gray
from holdfast.insight.counts import Counts, counts_from_rows
from holdfast.insight.curves import cumulative_incidence, kaplan_meier

HALF_OF_THE_LAST_DIGIT = 0.5e-8 + 1e-12

Row = tuple[str, float, str | None]


@pytest.fixture(scope="module")
def printed(shared_data: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((shared_data / "reference_R.json").read_text(encoding="utf-8"))
    return results


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grouped(rows: Iterable[Row], *, all_causes: tuple[str, ...]) -> dict[str, Counts]:
    lists: dict[str, tuple[list[float], list[str | None]]] = defaultdict(lambda: ([], []))
    for group, time, cause in rows:
        lists[group][0].append(time)
        lists[group][1].append(cause)
    return {group: counts_from_rows(*both, all_causes=all_causes) for group, both in lists.items()}


def same(ours: float, theirs: float) -> None:
    assert abs(ours - theirs) <= HALF_OF_THE_LAST_DIGIT, (ours, theirs)


def check_survival(groups: dict[str, Counts], expected: list[dict[str, Any]]) -> None:
    assert {row["strata"] for row in expected} == set(groups)
    for row in expected:
        point = kaplan_meier(groups[row["strata"]], interval="log").at(row["time"])
        same(point.estimate, row["surv"])
        same(point.standard_error, row["se"])
        same(point.lower, row["lo"])
        same(point.upper, row["hi"])


def check_incidence(groups: dict[str, Counts], expected: dict[str, list[dict[str, Any]]]) -> None:
    assert {row["_row"] for row in expected["est"]} == {f"{g} {c}" for g in groups for c in "12"}
    for estimate, variance in zip(expected["est"], expected["var"], strict=True):
        assert variance["_row"] == estimate["_row"]
        group, cause = estimate["_row"].rsplit(" ", 1)
        curve = cumulative_incidence(groups[group], cause)
        for time in estimate.keys() - {"_row"}:
            same(curve.at(float(time)).estimate, estimate[time])
            same(curve.at(float(time)).standard_error ** 2, variance[time])


def check_gray(groups: dict[str, Counts], expected: list[dict[str, Any]]) -> None:
    for cause, test in zip("12", expected, strict=True):
        result = gray(list(groups.values()), cause)
        assert isinstance(result, ChiSquared)
        same(result.statistic, test["stat"])
        same(result.p, test["pv"])
        assert result.df == test["df"]


def test_relapse_after_drug_treatment_by_planned_length(shared_data: Path, printed: dict[str, Any]) -> None:
    """Hosmer and Lemeshow's UIS study; survival 3.5-3.

    summary(survfit(Surv(TIME, CENSOR) ~ TREAT, uis), times = c(30, 90, 180, 365))
    """
    rows = read(shared_data / "uis_drug_treatment" / "uis.csv")
    groups = grouped(
        ((f"TREAT={r['TREAT']}", float(r["TIME"]), "relapse" if r["CENSOR"] == "1" else None) for r in rows),
        all_causes=("relapse",),
    )
    assert sum(group.n for group in groups.values()) == printed["uis"]["n"]
    check_survival(groups, printed["uis"]["km_treat"])


def test_linkage_to_care_by_arm_of_the_trial_and_sex(shared_data: Path, printed: dict[str, Any]) -> None:
    """HELP trial, those with a known link status; survival 3.5-3.

    summary(survfit(Surv(dayslink, linkstatus) ~ treat + sex, help), times = c(30, 90, 180, 365))
    R pads the names of the strata to equal width.
    """
    rows = read(shared_data / "help_linkage" / "HELPrct.csv")
    groups = grouped(
        (
            (
                f"treat={r['treat']}, sex={r['sex']:<6}",
                float(r["dayslink"]),
                "linked" if float(r["linkstatus"]) else None,
            )
            for r in rows
            if r["dayslink"] and r["linkstatus"]
        ),
        all_causes=("linked",),
    )
    assert sum(group.n for group in groups.values()) == printed["helprct_link"]["n"]
    check_survival(groups, printed["helprct_link"]["km_treat_sex"])


def test_informative_dropout_from_a_mental_health_trial(shared_data: Path, printed: dict[str, Any]) -> None:
    """joineR's `mental`; survival 3.5-3.

    summary(survfit(Surv(surv.time, cens.ind) ~ treat, mental), times = c(1, 2, 4, 6, 8))
    """
    rows = read(shared_data / "mental_trial" / "mental.csv")
    groups = grouped(
        ((f"treat={r['treat']}", float(r["surv.time"]), "dropout" if r["cens.ind"] == "1" else None) for r in rows),
        all_causes=("dropout",),
    )
    assert sum(int(group.all_events.sum()) for group in groups.values()) == 63
    check_survival(groups, printed["mental"]["km_dropout"])


def test_death_after_colon_cancer_by_arm(shared_data: Path, printed: dict[str, Any]) -> None:
    """survival's `colon`, the rows about death (etype 2); survival 3.5-3.

    summary(survfit(Surv(time, status) ~ rx, subset(colon, etype == 2)), times = c(365, 1095, 1825))
    """
    rows = read(shared_data / "survival_benchmarks" / "colon.csv")
    groups = grouped(
        (
            (f"rx={r['rx']}", float(r["time"]), "death" if r["status"] == "1" else None)
            for r in rows
            if r["etype"] == "2"
        ),
        all_causes=("death",),
    )
    assert sum(group.n for group in groups.values()) == printed["colon_death"]["n"]
    check_survival(groups, printed["colon_death"]["km_rx"])


def test_malignancy_and_death_without_it_by_sex(shared_data: Path, printed: dict[str, Any]) -> None:
    """survival's `mgus2`; 1 plasma cell malignancy, 2 death before it; cmprsk 2.2-11.

    etime <- with(mgus2, ifelse(pstat == 1, ptime, futime))
    event <- with(mgus2, ifelse(pstat == 1, 1, 2 * death))
    ci <- cuminc(etime, event, sex); timepoints(ci, c(60, 120, 180, 240)); ci$Tests
    """

    def one(r: dict[str, str]) -> Row:
        if r["pstat"] == "1":
            return r["sex"], float(r["ptime"]), "1"
        return r["sex"], float(r["futime"]), "2" if r["death"] == "1" else None

    rows = read(shared_data / "survival_benchmarks" / "mgus2.csv")
    groups = grouped((one(r) for r in rows), all_causes=("1", "2"))
    check_incidence(groups, printed["mgus2"]["cif_sex"])
    check_gray(groups, printed["mgus2"]["cif_sex"]["gray"])


def test_relapse_and_death_in_remission_after_transplant(shared_data: Path, printed: dict[str, Any]) -> None:
    """KMsurv's `bmt`, three disease groups; 1 relapse (d2), 2 death in remission; cmprsk 2.2-11.

    status <- with(bmt, ifelse(d2 == 1, 1, ifelse(d3 == 1, 2, 0)))
    ci <- cuminc(bmt$t2, status, bmt$group); timepoints(ci, c(100, 365, 730)); ci$Tests
    """

    def one(r: dict[str, str]) -> Row:
        died = "2" if r["d3"] == "1" else None
        return r["group"], float(r["t2"]), "1" if r["d2"] == "1" else died

    rows = read(shared_data / "survival_benchmarks" / "bmt.csv")
    groups = grouped((one(r) for r in rows), all_causes=("1", "2"))
    check_incidence(groups, printed["bmt"]["cif_group"])
    check_gray(groups, printed["bmt"]["cif_group"]["gray"])


def test_death_and_transplant_in_biliary_cirrhosis_by_drug(shared_data: Path, printed: dict[str, Any]) -> None:
    """JM's `pbc2`, the first row of each person; 1 dead, 2 transplanted; cmprsk 2.2-11.

    ci <- with(pbc2.id, cuminc(years, match(status, c("dead", "transplanted"), 0), drug))
    timepoints(ci, c(1, 3, 5, 8)); ci$Tests
    """
    rows = read(shared_data / "survival_benchmarks" / "pbc2.csv")
    people = {r["id"]: r for r in reversed(rows)}.values()
    cause = {"dead": "1", "transplanted": "2", "alive": None}
    groups = grouped(((r["drug"], float(r["years"]), cause[r["status"]]) for r in people), all_causes=("1", "2"))
    assert sum(group.n for group in groups.values()) == printed["pbc2"]["n"]
    check_incidence(groups, printed["pbc2"]["cif_drug"])
    check_gray(groups, printed["pbc2"]["cif_drug"]["gray"])
