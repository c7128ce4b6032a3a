"""Two real trials, converted and counted, beside the raw files, hand counts and scikit-survival.

The data are CTN-0027 and CTN-0030 as harmonised in the R package public.ctn0094data (MIT), outcomes from CTNote;
they are in the shared data folder and no part of the project. The few rows quoted here are for checking by eye.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benchmarks import ctn0094, ctn0094_page
from benchmarks.pages import with_sections
from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator

from holdfast.insight.counts import counts_from_rows
from holdfast.insight.curves import kaplan_meier
from holdfast.insight.result import Group
from holdfast.tables.read import Tables, read_tables
from holdfast.tables.schema import Ending

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # of ibis, towards DuckDB
]

EXACT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture(scope="module")
def source(shared_data: Path) -> Path:
    return shared_data / "ctn0094_development"


@pytest.fixture(scope="module")
def tables(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("ctn0094")
    ctn0094.convert(source, folder)
    return read_tables(folder)  # raises if anything breaks a rule


@pytest.fixture(scope="module")
def found(source: Path) -> ctn0094_page.Whole:
    return ctn0094_page.whole(source)


def test_every_randomised_patient_is_there_once_with_the_sex_of_the_source(tables: Tables) -> None:
    assert tables["clients"].height == 1_244
    assert dict(tables["clients"]["gender"].value_counts().iter_rows()) == {"male": 809, "female": 435}
    assert dict(tables["clients"]["trial"].value_counts().iter_rows()) == {"CTN-0027": 844, "CTN-0030": 400}
    assert tables["therapists"].height == 17
    assert tables["clients"]["masculinity"].null_count() == 1_244


def test_every_raw_row_of_the_randomised_is_an_appointment_or_left_out_for_a_reason(
    source: Path, tables: Tables, found: ctn0094_page.Whole
) -> None:
    randomised = {row["who"] for row in ctn0094.source_rows(source, "randomization.csv")}
    raw = sum(row["who"] in randomised for row in ctn0094.source_rows(source, "visit.csv.gz"))
    left_out = sum(sum(one.left_out.values()) for one in found.courses)
    assert raw == 24_374 == tables["appointments"].height + left_out


def test_a_visit_that_was_held_is_never_read_as_missed_nor_a_missed_one_as_held(
    source: Path, found: ctn0094_page.Whole
) -> None:
    held: dict[tuple[str, str], set[str]] = {}
    for row in ctn0094.source_rows(source, "visit.csv.gz"):
        held.setdefault((row["who"], row["visit"]), set()).add(row["what"])
    for one in found.courses:
        for visit in one.visits:
            attended = bool(held[(one.patient.who, visit.label)] & {"visit", "final"})
            assert attended == (visit.status == "attended"), (one.patient.who, visit)


FIVE_BY_HAND = {
    # 2, randomised on day 7 to four weeks: P1Wk1A 7, P1Wk1B 13, P1Wk2 20, P1Wk3 27, P1Wk4 34 all "visit", then
    # P1Wk6 55, P1Wk8 69, P1Wk10 83, P1Finl 97 after treatment. Day 34 is in the last week, 28 to 35: planned.
    "2": ("attended attended attended attended attended", "planned"),
    # 46, randomised on day 2 to 24 weeks: WK0 2 and WK1 9 "visit"; WK2 "no visit", is_left_study, no day;
    # WK24 "visit" on day 14, planned for 170: the closing visit, held 156 days early.
    "46": ("attended attended cancelled", "other"),
    # 69, randomised on day 0 to four weeks: P1Wk1A 0, P1Wk1B 3, P1Wk2 10, all "visit"; then nothing at all.
    "69": ("attended attended attended", "silent"),
    # 146, randomised on day 6: WK0 6, WK1 11, WK2 19, WK3 29, WK4 32 "visit"; WK5 "no visit", is_window;
    # WK6 "no visit", is_left_study.
    "146": ("attended attended attended attended attended no_show cancelled", "other"),
    # 1148, randomised on day 5: WK0 5 "visit"; WK1, WK2 "no visit", is_window; WK3 to WK6 "no visit",
    # is_missing_14_consecutive; WK24 "visit" on day 369, half a year late: a recontact, left out.
    "1148": ("attended no_show no_show no_show no_show no_show no_show", "silent"),
}


@pytest.mark.parametrize("who", FIVE_BY_HAND)
def test_five_patients_worked_out_by_hand(who: str, tables: Tables, found: ctn0094_page.Whole) -> None:
    statuses, ending = FIVE_BY_HAND[who]
    rows = tables["appointments"].filter(pl.col("client_id") == who).sort("starts_at")
    assert rows["status"].to_list() == statuses.split()
    assert found.fates[who]["ending"] == ending


def test_a_missed_visit_without_a_day_stands_on_its_planned_day(tables: Tables) -> None:
    """146's WK6 was planned 42 days after randomisation on day 6; day 0 is 2007-01-01."""
    row = tables["appointments"].filter(pl.col("appointment_id") == "146-WK6-planned").row(0, named=True)
    assert row["starts_at"].date().isoformat() == "2007-02-18"
    assert row["day_is"] == "planned"


def test_men_and_women_are_everyone_and_the_steps_add_up(found: ctn0094_page.Whole) -> None:
    men, women, everyone = found.groups
    for name in ("clients", "episodes", "appointments", "sessions", "no_shows", "open"):
        assert getattr(men, name) + getattr(women, name) == getattr(everyone, name), name
    for place, kind in enumerate(everyone.endings):
        assert (men.endings[place].count or 0) + (women.endings[place].count or 0) == kind.count
    for group in (men, women, everyone):
        check_sums(group)


def check_sums(group: Group) -> None:
    assert sum(kind.count or 0 for kind in group.endings) + (group.open or 0) == group.episodes
    for step in group.funnel:
        lost = sum(count or 0 for count in step.lost.values())
        assert (step.reached or 0) + lost + (step.waiting or 0) + (step.unmarked or 0) == step.of
    for one in group.dropout:
        assert (one.share.of or 0) + (one.cannot_tell or 0) == group.episodes  # nobody here is without a session


def attended_days(source: Path) -> dict[str, list[int]]:
    """Days of treatment visits kept, straight from the raw files; in CTN-0027, where this is simple."""
    randomised = {
        row["who"]: int(float(row["when"]))
        for row in ctn0094.source_rows(source, "randomization.csv")
        if row["which"] == "1"
    }
    trial = {row["who"]: row["project"] for row in ctn0094.source_rows(source, "everybody.csv")}
    days: dict[str, set[int]] = {who: set() for who in randomised if trial[who] == "27"}
    for row in ctn0094.source_rows(source, "visit.csv.gz"):
        who, label = row["who"], row["visit"]
        if who not in days or row["what"] != "visit" or label in ("BASELINE", "WK28", "WK32"):
            continue
        day = int(float(row["when"]))
        if label != "WK24" or abs(day - randomised[who] - 168) <= 14:
            days[who].add(day)
    return {who: sorted(found) for who, found in days.items()}


def test_staying_by_week_equals_scikit_survival_on_the_raw_days(source: Path, found: ctn0094_page.Whole) -> None:
    """CTN-0027: from the first to the last visit kept. Everybody's treatment was over long before the last day."""
    days = attended_days(source)
    group = next(group for group in found.by_trial.breakdowns[0].groups if group.label == "CTN-0027")
    assert group.open == 0
    lengths = np.array([kept[-1] - kept[0] for kept in days.values()], dtype=float)
    times, survival = kaplan_meier_estimator(np.ones(len(lengths), dtype=bool), lengths)
    assert len(group.staying_weeks.points) > 24
    for point in group.staying_weeks.points:
        before = times <= 7 * point.time
        np.testing.assert_allclose(point.estimate, survival[before][-1] if before.any() else 1.0, **EXACT)


def test_incidence_by_session_equals_scikit_survival_on_the_raw_rows(source: Path, found: ctn0094_page.Whole) -> None:
    """CTN-0027: how many visits each kept, and how it ended, as competing risks."""
    days = attended_days(source)
    kinds = [Ending.PLANNED, Ending.SILENT, Ending.OTHER]
    events = np.array([1 + kinds.index(found.fates[who]["ending"]) for who in days])
    times, curves = cumulative_incidence_competing_risks(events, np.array([float(len(kept)) for kept in days.values()]))
    group = next(group for group in found.by_trial.breakdowns[0].groups if group.label == "CTN-0027")
    for place, kind in enumerate(kinds, start=1):
        for point in group.incidence_sessions[kind].points[1:]:
            np.testing.assert_allclose(point.estimate, curves[place][times <= point.time][-1], **EXACT)


@pytest.mark.parametrize("sex", ["Yes", "No"])
def test_our_kaplan_meier_of_the_trials_own_dropout_equals_scikit_survival(source: Path, sex: str) -> None:
    male = {row["who"]: row["is_male"] for row in ctn0094.source_rows(source, "demographics.csv")}
    rows = [
        row
        for row in ctn0094.source_rows(source, "outcomes.csv")
        if row["randomised"] == "1" and male[row["who"]] == sex
    ]
    assert len(rows) == {"Yes": 809, "No": 435}[sex]
    weeks = np.array([float(row["ctn0094_dropout_time"]) for row in rows])
    dropped = np.array([row["ctn0094_dropout_event"] == "1" for row in rows])
    ours = kaplan_meier(counts_from_rows(weeks, ["dropout" if one else None for one in dropped]))
    times, survival, limits = kaplan_meier_estimator(dropped, weeks, conf_type="log-log")
    np.testing.assert_array_equal(ours.times, times)
    np.testing.assert_allclose(ours.estimate, survival, **EXACT)
    there = survival > 0  # where nobody is left scikit-survival gives 0 as the upper limit; we give the exact one
    np.testing.assert_allclose(np.array([ours.lower, ours.upper])[:, there], limits[:, there], rtol=0, atol=1e-9)


def test_kappa_by_hand() -> None:
    """Cohen's own arithmetic on 20 + 5 + 10 + 15 answers: agreed 0.70, by chance 0.50, kappa 0.40."""
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert ctn0094_page.kappa(pairs) == pytest.approx(0.4)


def test_the_page_is_current(source: Path, found: ctn0094_page.Whole) -> None:
    """Otherwise: python -m benchmarks.ctn0094 --from ../shared/data/ctn0094_development --write-docs."""
    sections = ctn0094_page.sections(found, ctn0094_page.whole(source, follow_up=True))
    page = ctn0094.PAGE.read_text(encoding="utf-8")
    assert with_sections(page, sections) == page
