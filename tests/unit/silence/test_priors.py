"""The priors hold together, their arithmetic is right, and the page shows what they are."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from holdfast.silence.priors import PRIORS, Basis, PriorProblems, UnknownSignal, read_priors
from holdfast.silence.priors_page import priors_reference

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "priors.md"
RATING = ("high", "low", "middle", "none", "pending")
FALL = ("same", "fell", "rose", "first", "none", "pending")
AXIS = ("right", "slightly", "little", "much", "none", "pending")
CODES = {
    "session": ("s21", "s1", "s2", "s3", "s4_5", "s6_10", "s11_20"),
    **dict.fromkeys(("understood", "on_target", "worth_it"), RATING),
    **dict.fromkeys(("understood_fall", "on_target_fall", "worth_it_fall"), FALL),
    "at_the_top": ("no", "yes", "none", "pending"),
    **dict.fromkeys(("approach", "language", "tone", "posture", "pace", "energy"), AXIS),
    "wish_distance": ("near", "some", "far", "unknown", "asked"),
    "talked_down": ("never", "once", "often", "none", "pending"),
    "could_say": ("high", "middle", "low", "none", "pending"),
    "change": ("none", "as_it_is", "wish", "again", "came", "not_here", "pending"),
    "masculine_pace": ("no", "yes", "pending"),
    "checkin": ("not_asked", "answered", "unanswered_usually", "unanswered_often", "unanswered_first", "pending"),
    "answering": ("steady", "less", "none", "pending"),
    "booking": ("ahead", "ahead_late", "free_usual", "free", "not_known"),
    "perhaps_finished": ("no", "yes"),
    "missed": ("none", "called_off", "late", "no_show", "several"),
    "provider": ("no", "yes"),
    "widening": ("no", "some", "much", "none"),
    "age": ("over_30", "under_30", "a45_59", "a60", "unknown"),
    "employment": ("working", "unemployed", "student", "retired", "other", "unknown"),
    "prior_dropout": ("no", "yes", "unknown"),
    "masculinity": ("low", "high", "unknown"),
    "gender": ("man", "woman", "other", "unknown"),
    "symptoms": ("same", "better", "worse", "none"),
    "repair": ("no", "yes"),
}
K, T = PRIORS.transport.k, PRIORS.transport.t


def shipped() -> tuple[str, str]:
    here = files("holdfast.silence")
    return (here / "priors.toml").read_text("utf-8"), (here / "priors_evidence.csv").read_text("utf-8")


# --- every signal and code --------------------------------------------------------------------------


def test_every_signal_and_code_has_a_prior_and_nothing_else_has():
    PRIORS.agree_with(CODES)


def test_the_reference_has_exactly_no_effect():
    for signal in PRIORS.signals:
        reference = PRIORS.effect(signal, PRIORS.codes(signal)[0])
        assert (reference.mean, reference.sd, reference.basis) == (0.0, 0.0, Basis.REFERENCE)


def test_a_code_without_a_prior_is_named():
    codes = {**CODES, "provider": ("no", "yes", "perhaps")}
    with pytest.raises(PriorProblems, match="provider: no prior for perhaps"):
        PRIORS.agree_with(codes)


def test_all_that_differs_is_named_at_once():
    codes = {**CODES, "mood": ("low", "high"), "repair": ("yes", "no"), "gender": ("man", "woman", "other")}
    del codes["widening"]
    with pytest.raises(PriorProblems) as raised:
        PRIORS.agree_with(codes)
    assert raised.value.problems == (
        "widening: has a prior, but is no signal",
        "gender: a prior, but no such code: unknown",
        "repair: the reference is yes, the priors take it to be no",
        "mood: has no prior",
    )


def test_an_unknown_code_says_which_there_are():
    with pytest.raises(UnknownSignal, match=r"understood has no prior for 'lo'\. It has high, low, middle"):
        PRIORS.effect("understood", "lo")


def test_an_unknown_signal_says_which_there_are():
    with pytest.raises(UnknownSignal, match=r"'mood'.*session, understood"):
        PRIORS.codes("mood")


# --- reading ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"ALL-12"', '"DRV-10"', "understood_fall rose: the row DRV-10 is not in priors_evidence.csv"),
        ("sd = 0.42", "sd = -0.42", "employment unemployed: sd must be more than 0, but is -0.42"),
        ("mean = 0.58", "mean = nan", "employment unemployed: mean must be a number, but is nan"),
        ('basis = "not_known"', 'basis = "guess"', "not_known: basis must be one of published"),
        ('codes = ["no", "yes"]', 'codes = ["no", "maybe"]', "perhaps_finished maybe: has no prior"),
        ('codes = ["no", "yes"]', 'codes = ["yes", "no"]', "perhaps_finished yes: is the reference, whose effect is 0"),
        ('not_known = ["unknown", "asked"]', 'not_known = ["unknown", "asked", "far"]', "far: stands twice"),
        ('signals = ["repair"]', 'signals = ["provider"]', "provider: stands twice"),
        ('evidence = ["ALL-03", "ALL-04", "ALL-05"]', "evidence = []", "repair yes: is called published"),
        ('arithmetic = "no row: 0"', 'arithmetic = ""', "employment other: the arithmetic is missing"),
    ],
)
def test_priors_that_do_not_hold_together_are_refused(old, new, problem):
    priors, evidence = shipped()
    assert old in priors
    with pytest.raises(PriorProblems, match=problem):
        read_priors(priors.replace(old, new, 1), evidence)


def test_all_problems_are_told_at_once():
    priors, evidence = shipped()
    spoiled = priors.replace("sd = 0.42", "sd = 0", 1).replace('"ALL-12"', '"DRP-03"', 1)
    with pytest.raises(PriorProblems) as raised:
        read_priors(spoiled, evidence)
    assert len(raised.value.problems) == 2


def test_no_row_is_shipped_that_nothing_rests_on():
    entries = [prior for effects in PRIORS.effects.values() for prior in effects.values()]
    named = {id_ for entry in (*entries, PRIORS.intercept) for id_ in entry.evidence}
    named |= {*PRIORS.therapist_spread.evidence, *PRIORS.transport.evidence}
    assert named == set(PRIORS.evidence)


def test_nothing_rests_on_a_derived_row():
    assert not [id_ for id_ in PRIORS.evidence if id_.startswith("DRV-")]


# --- the arithmetic, from the rows -------------------------------------------------------------------


def row(id_: str) -> float:
    return PRIORS.evidence[id_].number


def standard_error(id_: str) -> float:
    """Of a log ratio, from its printed 95 % interval."""
    found = PRIORS.evidence[id_]
    assert found.ci_low
    assert found.ci_high
    return math.log(found.ci_high / found.ci_low) / (2 * stats.norm.ppf(0.975))


def mean(signal: str, code: str) -> float:
    return PRIORS.effect(signal, code).mean


def test_out_of_work():
    prior = PRIORS.effect("employment", "unemployed")
    assert prior.mean == pytest.approx(K * math.log(row("DRP-28")), abs=0.005)
    assert prior.sd == pytest.approx(math.hypot(K * standard_error("DRP-28"), T), abs=0.005)


def test_young_beside_the_average_older_person():
    older = np.average([0.0, mean("age", "a45_59"), mean("age", "a60")], weights=[0.45, 0.35, 0.20])
    assert mean("age", "under_30") - older == pytest.approx(-K * math.log(row("DRP-29")), abs=0.01)
    assert PRIORS.effect("age", "under_30").sd == pytest.approx(math.hypot(K * standard_error("DRP-29"), T), abs=0.01)


def test_older():
    odds = [row(id_) / (100 - row(id_)) for id_ in ("DRP-19a", "DRP-19b")]
    a_year = math.log(odds[1] / odds[0]) / (64 - 20)
    assert mean("age", "a45_59") == pytest.approx(-0.5 * K * a_year * 15, abs=0.005)
    assert mean("age", "a60") == pytest.approx(-0.5 * K * a_year * 30, abs=0.005)


def test_a_wish_that_came_and_one_that_did_not_are_one_preference_apart():
    apart = mean("change", "again") - mean("change", "came")
    assert apart == pytest.approx(K * math.log(row("INT-01")), abs=0.01)
    assert mean("wish_distance", "far") == pytest.approx(0.5 * K * math.log(row("INT-01")), abs=0.005)


def test_one_no_show():
    gone = (100 - row("BEH-03")) / row("BEH-03")
    assert mean("missed", "no_show") == pytest.approx(K * math.log(gone), abs=0.025)


def test_a_repair():
    d = 0.62  # printed beside r in ALL-03; r alone gives 2r/√(1 − r²)
    assert 2 * row("ALL-03") / math.sqrt(1 - row("ALL-03") ** 2) == pytest.approx(d, abs=0.015)
    assert mean("repair", "yes") == pytest.approx(-0.25 * K * d * math.pi / math.sqrt(3), abs=0.005)


def test_the_share_of_silent_among_those_who_left():
    """BEH-02 prints 75.0, 52.8 and 75.9 % right in three groups of 97 people: only one split fits."""

    def possible(n: int, percent: float) -> bool:
        return any(round(100 * right / n, 1) == percent for right in range(n + 1))

    fits = [
        (completed, told, silent)
        for completed in range(1, 96)
        for told in range(1, 97 - completed)
        for silent in [97 - completed - told]
        if possible(completed, 75.0) and possible(told, 52.8) and possible(silent, 75.9)
    ]
    assert fits == [(32, 36, 29)]
    _, told, silent = fits[0]
    assert silent / (silent + told) == pytest.approx(0.45, abs=0.005)


def test_a_course_to_a_session():
    """An odds ratio of 2.30 over a course of which 22 % end silently, as a ratio of the chances per session."""
    base, ratio = 0.22, row("DRP-28")
    odds = base / (1 - base) * ratio
    hazard_ratio = math.log(1 / (1 + odds)) / math.log(1 - base)
    assert hazard_ratio == pytest.approx(2.01, abs=0.005)
    assert math.log(hazard_ratio) / math.log(ratio) == pytest.approx(0.84, abs=0.005)
    assert pytest.approx(0.84 * 0.83, abs=0.005) == K


def test_alliance_explains_what_it_was_found_to_explain():
    slope = K * row("ALL-01")
    assert PRIORS.transport.a == row("ALL-01")
    assert 100 * slope**2 / (slope**2 + math.pi**2 / 3) == pytest.approx(row("ALL-09"), abs=0.6)


def test_low_and_middle_answers_share_the_slope():
    slope = K * row("ALL-01")
    assert 3 * mean("understood", "low") == pytest.approx(2.2 * slope, abs=0.01)
    assert 3 * mean("understood", "middle") == pytest.approx(0.9 * slope, abs=0.015)
    kept = (row("ALL-17a") + row("ALL-17b")) / 2
    assert 3 * mean("understood_fall", "fell") == pytest.approx(1.2 * kept * slope, abs=0.015)


def test_a_bad_session_counts_the_alliance_once():
    published = row("ALL-01") * math.pi / math.sqrt(3)
    bad = {"understood": "low", "on_target": "middle", "worth_it": "middle", "understood_fall": "fell", "pace": "much"}
    assert 0.6 < sum(mean(signal, code) for signal, code in bad.items()) < published
    worst = dict.fromkeys(("understood", "on_target", "worth_it"), "low")
    worst |= dict.fromkeys(("understood_fall", "on_target_fall", "worth_it_fall"), "fell")
    worst |= {"pace": "much", "approach": "little", "talked_down": "often", "could_say": "low"}
    assert published < sum(mean(signal, code) for signal, code in worst.items()) < 2 * published


def test_therapists_differ_by_what_was_found():
    found = [math.sqrt(math.pi**2 / 3 * share / (1 - share)) for share in (row("INT-30") / 100, row("INT-28") / 100)]
    spread = PRIORS.therapist_spread
    assert math.sqrt(found[0] * found[1]) == pytest.approx(0.554, abs=0.001)
    assert found[0] < spread.median < found[1]
    share = spread.median**2 / (spread.median**2 + math.pi**2 / 3)
    assert 0.05 < share < 0.12
    low, high = spread.range
    assert low < found[0] < found[1] < high


def test_the_spread_is_log_normal():
    spread = PRIORS.therapist_spread
    judge = stats.lognorm(spread.log_sd, scale=spread.median)
    assert spread.log_density(0.7) == pytest.approx(judge.logpdf(0.7), abs=1e-12)
    assert spread.range == pytest.approx(judge.ppf([0.05, 0.95]), abs=1e-12)


@pytest.mark.parametrize(
    ("signal", "code"),
    [
        ("symptoms", "better"),
        ("symptoms", "worse"),
        ("gender", "woman"),
        ("provider", "yes"),
        ("masculinity", "high"),
        ("masculine_pace", "yes"),
        ("prior_dropout", "yes"),
        ("missed", "called_off"),
    ],
)
def test_where_studies_disagree_or_print_no_direction_nothing_is_claimed(signal, code):
    prior = PRIORS.effect(signal, code)
    assert (prior.mean, prior.basis) == (0.0, Basis.ZERO)
    assert prior.sd >= 0.3


@pytest.mark.parametrize("signal", sorted(CODES))
def test_missing_is_neither_good_nor_bad_beforehand(signal):
    for code in {"none", "pending", "unknown", "not_known", "not_asked"} & set(PRIORS.codes(signal)):
        assert PRIORS.effect(signal, code).mean == 0.0


def test_a_range_holds_nine_tenths():
    prior = PRIORS.effect("missed", "no_show")
    low, high = prior.odds_ratio_range
    inside = stats.norm(prior.mean, prior.sd).cdf(np.log([low, high]))
    assert inside == pytest.approx([0.05, 0.95], abs=1e-9)


# --- the page ---------------------------------------------------------------------------------------


def test_the_page_is_up_to_date():
    shown = PAGE.read_text(encoding="utf-8")
    assert shown == priors_reference(), "python -m holdfast.silence.priors_page > docs/reference/priors.md"


def test_the_page_names_every_row_and_every_code():
    shown = priors_reference()
    assert all(f"| {id_} |" in shown for id_ in PRIORS.evidence)
    assert all(f"`{code}`" in shown for signal in PRIORS.signals for code in PRIORS.codes(signal))
