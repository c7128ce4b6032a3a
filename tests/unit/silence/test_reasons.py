"""Reasons in words: his own values and dates, the largest effect first, and never an unfilled place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import polars as pl
import pytest
from tests.unit.silence import test_signals
from tests.unit.silence.stories import ahead, appointment, called_off, came, checkin, client, look, moment, repair

from holdfast.episodes import EPISODE
from holdfast.silence.moments import CONTACT, Moments
from holdfast.silence.reasons import LEAST, SINCE, UNTOLD, forms, listed, of_whom, signal_reasons, silence_reasons
from holdfast.silence.signals import SIGNALS
from holdfast.silence.words import filled
from holdfast.words import PLACE, Words

pytestmark = pytest.mark.long  # one practice, made and worked out for all of them

WEEKLY = came(-28, -21, -14, -7, 0)
EVERY = {(signal.name, code): 1.0 for signal in SIGNALS.values() for code in signal.codes}
STORIES = {
    **test_signals.STORIES,
    "fell": [*WEEKLY, checkin(-7, understood=8), checkin(0, understood=5), client(birth_year=1999)],
    "missed": [*WEEKLY, appointment(7, "no_show")],
    "late": [*WEEKLY, called_off(7, "late_cancelled", on=6)],
    "called off": [*WEEKLY, called_off(7, "cancelled", on=4)],
    "provider": [*WEEKLY, called_off(7, "cancelled", on=4, by="provider")],
    "booked": [*WEEKLY, ahead(14, booked=3)],
    "paused": [*WEEKLY, repair(2, "pause")],
    "unmarked": [*WEEKLY, appointment(7, "unknown")],
    "quiet": WEEKLY,
    "quiet, first": came(0),
    "quiet, nobody knows what is booked": came(-14, -7, 0, booked_at=None),
    "quiet, first, nobody knows what is booked": came(0, booked_at=None),
    "quiet, booked far ahead": [*WEEKLY, ahead(9, hour=9)],
    "long ago": [appointment(-90, "no_show"), *came(-80)],
}


@pytest.fixture(scope="module")
def found() -> Moments:
    return look(STORIES, day=8)


def last_sessions(found: Moments) -> pl.DataFrame:
    return found.evenings.select(CONTACT)


def codes(found: Moments) -> pl.DataFrame:
    return last_sessions(found).join(found.tails, on=CONTACT, maintain_order="left")


def told(found: Moments, effects: Mapping[tuple[str, str], float] = EVERY) -> pl.DataFrame:
    return signal_reasons(codes(found), found.values, effects, at=found.at)


def since(found: Moments, effect: float = 1.0) -> pl.DataFrame:
    stages = found.tail_stages.with_columns(effect=pl.lit(effect))
    return silence_reasons(last_sessions(found), stages, found.values, at=found.at)


def words(reasons: pl.DataFrame, name: str, signal: str) -> list[str]:
    return reasons.filter((pl.col("client_id") == name) & (pl.col("signal") == signal))["words"].to_list()


TELLING = [
    (signal.name, code)
    for signal in SIGNALS.values()
    for code, text in signal.codes.items()
    if text and code not in UNTOLD
]


@pytest.fixture(scope="module")
def every_reason(found: Moments) -> pl.DataFrame:
    return told(found)


@pytest.mark.parametrize(("signal", "code"), TELLING)
def test_every_code_with_words_is_told_in_words(every_reason: pl.DataFrame, signal: str, code: str) -> None:
    (text,) = words(every_reason, f"{signal} {code}", signal)
    assert text
    assert not PLACE.search(text)


def test_what_is_no_reason_has_no_words() -> None:
    """The reference, what is not known, and what says nothing for or against."""
    for signal in SIGNALS.values():
        wordless = {code for code, text in signal.codes.items() if not text}
        assert wordless == {signal.reference, *UNTOLD, "first", "asked"} & set(signal.codes)


@pytest.mark.parametrize(
    ("name", "signal", "expected"),
    [
        ("fell", "understood_fall", "'understood' fell from 8 to 5"),
        ("fell", "understood", "felt little understood: 5 of 10"),
        ("fell", "age", "27 years old"),
        ("fell", "session", "session 5: more leave about then than after the twentieth"),
        ("booking free_usual", "booking", "he usually books on the day, and did not"),
        (
            "perhaps_finished yes",
            "perhaps_finished",
            "nothing booked after session 6: perhaps you finished, and nobody wrote it down",
        ),
        ("booking ahead_late", "booking", "had booked the next one for 13 March, later than he usually comes"),
        ("missed late", "missed", "cancelled late on 26 February"),
        ("missed several", "missed", "missed or cancelled late 2 times before this one"),
        ("provider yes", "provider", "you called one off on 25 February"),
        ("widening much", "widening", "came after 18 days, and used to come every 7 days"),
        ("symptoms worse", "symptoms", "worse by WHO-5: from 50 to 40"),
        ("change again", "change", "asked for a change again: 'more of a plan'"),
        ("checkin unanswered_first", "checkin", "left his first check-in, of 2 March, unanswered"),
        ("wish_distance some", "wish_distance", "would like to be worked with somewhat differently: 2 points apart"),
        ("long ago", "missed", "missed the appointment on 2 December 2025"),
    ],
)
def test_words_name_his_own_values_and_dates(every_reason: pl.DataFrame, name: str, signal: str, expected: str) -> None:
    (text,) = words(every_reason, name, signal)
    assert text.startswith(expected)


@pytest.mark.parametrize(
    ("name", "signal", "expected"),
    [
        ("missed", "since_missed", "missed the appointment on 9 March"),
        ("late", "since_late", "cancelled late on 8 March"),
        ("called off", "since_called_off", "called off on 6 March"),
        ("provider", "since_provider", "you called one off on 6 March"),
        ("booked", "since_booked", "booked again on 5 March, and has not come"),
        ("paused", "since_paused", "agreed a break on 4 March, and has not come back"),
        ("unmarked", "since_unmarked", "nobody has marked the appointment on 9 March"),
        ("quiet", "quiet", "no session for 8 days and nothing booked; lately he came every 7 days"),
        ("missed", "quiet", "no session for 8 days and nothing booked; lately he came every 7 days"),
        ("quiet, first", "quiet", "no session for 8 days and nothing booked; clients here usually come every 7 days"),
        ("quiet, nobody knows what is booked", "quiet", "no session for 8 days; lately he came every 7 days"),
        ("quiet, booked far ahead", "quiet", "no session for 8 days; lately he came every 7 days"),
    ],
)
def test_words_for_what_has_and_has_not_happened_since(found: Moments, name: str, signal: str, expected: str) -> None:
    assert words(since(found), name, signal) == [expected]


def test_words_can_be_made_again_from_their_form_and_what_fills_it(found: Moments, every_reason: pl.DataFrame) -> None:
    """As whoever says them in another language does. Days of this year have no year, as they stand here."""
    for row in pl.concat([every_reason, since(found)]).iter_rows(named=True):
        again = Words(row["form"], **json.loads(row["values"]))
        assert again.replace(f" {found.at.year}", "") == row["words"]


def test_the_forms_are_all_that_is_ever_told(found: Moments, every_reason: pl.DataFrame) -> None:
    told = pl.concat([every_reason, since(found)])
    assert set(told["form"]) == set(forms("man"))
    assert set(of_whom(told, look_of(found, "unknown"))["form"]) == set(forms("unknown"))


def look_of(found: Moments, gender: str) -> pl.DataFrame:
    return found.evenings.select(EPISODE).unique().with_columns(gender=pl.lit(gender))


def test_every_event_has_its_words_told(found: Moments) -> None:
    assert {f"since_{what}" for what in SINCE} | {"quiet"} == set(since(found)["signal"])
    assert not since(found)["words"].str.contains(PLACE.pattern).any()


def test_only_what_raises_the_chance_is_a_reason(found: Moments) -> None:
    effects = {("understood", "low"): LEAST / 2, ("understood_fall", "fell"): 0.9, ("session", "s4_5"): -0.3}
    assert set(told(found, effects)["signal"]) == {"understood_fall"}
    assert since(found, effect=-1.0).is_empty()


def test_the_largest_effect_comes_first(found: Moments) -> None:
    effects = {("understood", "low"): 0.4, ("understood_fall", "fell"): 0.9, ("age", "under_30"): 0.5}
    row = listed(told(found, effects)).filter(pl.col("client_id") == "fell").row(0, named=True)
    assert [reason["signal"] for reason in row["reasons"]] == ["understood_fall", "age", "understood"]
    assert [reason["effect"] for reason in row["reasons"]] == [0.9, 0.5, 0.4]
    assert set(row["reasons"][0]) == {"signal", "words", "form", "values", "effect"}


@pytest.mark.slow
def test_no_silence_at_all_has_no_reasons() -> None:
    nobody = look({"booked": [ahead(20, booked=-5)]}, day=8)
    assert told(nobody).is_empty()
    assert since(nobody).is_empty()
    assert listed(told(nobody)).is_empty()


def test_a_place_that_cannot_be_filled_is_not_told() -> None:
    frame = pl.DataFrame({"missed": [2, None]}, schema={"missed": pl.Int64})
    assert frame.select(filled("missed {missed} times", frame, moment(0)))["missed"].to_list() == [
        "missed 2 times",
        None,
    ]


@pytest.mark.parametrize(
    ("template", "column", "value", "expected"),
    [
        ("{at_on}", "at_on", datetime(2026, 11, 3), "3 November"),  # noqa: DTZ001
        ("{at_on}", "at_on", datetime(2025, 12, 31), "31 December 2025"),  # noqa: DTZ001
        ("{gap_days}", "gap_days", 1.2, "1 day"),
        ("{gap_days}", "gap_days", 10.5, "10 days"),
        ("{gap_every}", "gap_days", 1.0, "every day"),
        ("{gap_every}", "gap_days", 13.6, "every 14 days"),
        ("{score}", "score", 12.0, "12"),
        ("{score}", "score", 12.34, "12.3"),
        ("{measure}", "measure", "phq9", "PHQ-9"),
        ("{measure}", "measure", "own scale", "own scale"),
        ("no place", "score", 1.0, "no place"),
    ],
)
def test_how_values_are_written(template: str, column: str, value: object, expected: str) -> None:
    frame = pl.DataFrame({column: [value]})
    assert frame.select(filled(template, frame, moment(0)).alias("words"))["words"].to_list() == [expected]


def test_nobody_is_called_he_who_is_not_a_man() -> None:
    """Whole words only, and what was asked for stays as it was said."""
    kinds = ("man", "woman", "other", "unknown")
    whole = pl.DataFrame({"client_id": kinds, "therapist_id": "T1", "episode": 0, "gender": kinds})
    text = "left his first check-in unanswered, the other one too; he usually answers, and you spoke with him"
    told = whole.select(*EPISODE, signal=pl.lit("checkin"), words=pl.lit(text), form=pl.lit(text), effect=pl.lit(1.0))
    wish = pl.lit("asked for: 'he talks less'")
    asked = told.head(0).vstack(told[1:2].with_columns(signal=pl.lit("change"), words=wish, form=wish))
    spoken = of_whom(pl.concat([told, asked]), whole)
    assert spoken["form"].to_list() == spoken["words"].to_list()
    expected = [
        text,
        "left her first check-in unanswered, the other one too; she usually answers, and you spoke with her",
        "left their first check-in unanswered, the other one too; the client usually answers, and you spoke with them",
        "left their first check-in unanswered, the other one too; the client usually answers, and you spoke with them",
        "asked for: 'he talks less'",
    ]
    assert Counter(spoken["words"]) == Counter(expected)
