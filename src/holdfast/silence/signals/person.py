"""Signals from what he told about himself when he came, and from questionnaires."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.measures.change import RELIABLE_CHANGE
from holdfast.silence.signals.signal import UNASKED, UNKNOWN, Known, Rules, Signal

MEN = ("man", "male", "m")
WOMEN = ("woman", "female", "f", "w")
WORKING = ("employed", "self-employed", "self employed", "working", "full-time", "part-time", "full time", "part time")
UNEMPLOYED = ("unemployed", "jobless", "looking for work", "out of work")
STUDENTS = ("student", "in education", "in training", "apprentice")
RETIRED = ("retired", "pensioner")
NEAR, FAR = 1.5, 2.5  # points apart on a scale of six, in the mean
HIGHER_IS_BETTER = ("who5", "who-5", "reqol10", "reqol-10", "reqol20", "ors", "srs", "swemwbs", "wemwbs")
SHARE = 0.2  # of the first score: what counts as a change where the measure's own noise is not on file
_YEAR_DAYS = 365.2425


def _year(moment: ir.IntegerValue) -> ir.IntegerValue:
    """The calendar year of a moment in seconds since 1970, from 1900 to 2100: of these every fourth is a leap year."""
    return (moment // DAY * 4 + 2) // (4 * 365 + 1) + 1970


def age(facts: ir.Table) -> ir.IntegerValue:
    """His age in the year of the contact."""
    return _year(facts.contact_at) - facts.birth_year


def _age(facts: ir.Table) -> Rules:
    years = age(facts)
    return [(years.isnull(), UNKNOWN), (years < 30, "under_30"), (years < 45, "over_30"), (years < 60, "a45_59")], "a60"


def _employment(facts: ir.Table) -> Rules:
    told = facts.employment
    return (
        [
            (told.isnull(), UNKNOWN),
            (told.isin(WORKING), "working"),
            (told.isin(UNEMPLOYED), "unemployed"),
            (told.isin(STUDENTS), "student"),
            (told.isin(RETIRED), "retired"),
        ],
        "other",
    )


def _prior_dropout(facts: ir.Table) -> Rules:
    return (
        [
            ((facts.prior_dropout == "yes").fill_null(False), "yes"),
            ((facts.prior_dropout == "no").fill_null(False), "no"),
            ((facts.prior_therapy == "no").fill_null(False), "no"),
        ],
        UNKNOWN,
    )


def _masculinity(facts: ir.Table) -> Rules:
    return [(facts.masculinity.isnull(), UNKNOWN), (facts.masculinity >= 4, "high")], "low"


def _gender(facts: ir.Table) -> Rules:
    told = facts.gender
    return [(told.isnull(), UNKNOWN), (told.isin(MEN), "man"), (told.isin(WOMEN), "woman")], "other"


def _wish_distance(facts: ir.Table) -> Rules:
    asked = (facts.ever_answered.fill_null(0) == 1) | facts.answered
    return (
        [
            (asked, "asked"),
            (facts.distance.isnull(), UNKNOWN),
            (facts.distance < NEAR, "near"),
            (facts.distance < FAR, "some"),
        ],
        "far",
    )


def _symptoms(facts: ir.Table) -> Rules:
    rise = facts.score - facts.first_score
    up_is_better = facts.measure.isin(HIGHER_IS_BETTER)
    known = [(facts.measure == one.measure, float(one.reliable)) for one in RELIABLE_CHANGE]
    least = ibis.cases(*known, else_=SHARE * facts.first_score.abs())
    nothing = facts.measure.isnull() | facts.is_first
    return (
        [
            (nothing, UNASKED),
            ((rise == 0) | (rise.abs() < least), "same"),
            ((up_is_better & (rise > 0)) | (~up_is_better & (rise < 0)), "better"),
        ],
        "worse",
    )


PERSON = (
    Signal(
        "wish_distance",
        "How far the therapist's way of working is from what he would like, until he has said how it feels",
        {
            "near": "",
            "some": "would like to be worked with somewhat differently: {distance} points apart on six axes",
            "far": "would like to be worked with quite differently: {distance} points apart on six axes",
            UNKNOWN: "",
            "asked": "",
        },
        Known.SETTLED,
        _wish_distance,
        note="The mean distance over the axes known of both. Once a check-in is answered, how it felt stands instead.",
    ),
    Signal(
        "age",
        "His age in the year of the contact",
        {
            "over_30": "",
            "under_30": "{age} years old",
            "a45_59": "{age} years old",
            "a60": "{age} years old",
            UNKNOWN: "",
        },
        Known.EVENING,
        _age,
    ),
    Signal(
        "employment",
        "What he does for a living",
        {
            "working": "",
            "unemployed": "out of work",
            "student": "a student",
            "retired": "retired",
            "other": "employment: {employment}",
            UNKNOWN: "",
        },
        Known.EVENING,
        _employment,
    ),
    Signal(
        "prior_dropout",
        "Whether he has stopped therapy without saying so before",
        {"no": "", "yes": "has stopped therapy without saying so before", UNKNOWN: ""},
        Known.EVENING,
        _prior_dropout,
        note="Someone who says that he has not been in therapy before has not stopped one.",
    ),
    Signal(
        "masculinity",
        "How traditional he calls himself",
        {"low": "", "high": "calls himself traditional: {masculinity} of 5", UNKNOWN: ""},
        Known.EVENING,
        _masculinity,
    ),
    Signal(
        "gender",
        "Gender, in his own or the source's words",
        {"man": "", "woman": "a woman", "other": "gender: {gender}", UNKNOWN: ""},
        Known.EVENING,
        _gender,
    ),
    Signal(
        "symptoms",
        "The latest questionnaire score against the first of the same kind in this episode",
        {
            "same": "",
            "better": "better by {measure}: from {first_score} to {score}",
            "worse": "worse by {measure}: from {first_score} to {score}",
            UNASKED: "",
        },
        Known.SETTLED,
        _symptoms,
        note="A change counts from 6 points on phq9, 4 on gad7, and a fifth of the first score on any other measure.",
    ),
)
