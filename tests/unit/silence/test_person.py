"""What is said of somebody from what he told and scored: where each line is, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import ibis
import polars as pl
import pytest

from holdfast.engine import Engine
from holdfast.silence.signals import person
from holdfast.silence.signals.signal import Rules


@pytest.fixture(scope="module", name="engine")
def _engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def codes(engine: Engine, rules: Callable[[Any], Rules], columns: dict[str, Any], rows: Sequence[Any]) -> list[str]:
    """What the rules say of each of these rows, which come with the right code behind them."""
    facts = engine._place(
        pl.DataFrame(
            [(*told, number) for number, (*told, _) in enumerate(rows)], {**columns, "n": pl.Int64}, orient="row"
        )
    )
    cases, other = rules(facts)
    found = engine.fetch(facts.select("n", code=ibis.cases(*cases, else_=other)))
    return [code for _, code in sorted(found.rows())]


def right(engine: Engine, rules: Callable[[Any], Rules], columns: dict[str, Any], rows: Sequence[Any]) -> None:
    assert codes(engine, rules, columns, rows) == [row[-1] for row in rows]


def test_a_change_of_a_score_counts_from_the_measures_own_line_on(engine: Engine) -> None:
    columns = {"measure": pl.String, "first_score": pl.Float64, "score": pl.Float64, "is_first": pl.Boolean}
    rows = [
        ("phq9", 18.0, 12.0, False, "better"),
        ("phq9", 18.0, 13.0, False, "same"),
        ("phq9", 12.0, 18.0, False, "worse"),
        ("phq9", 12.0, 17.0, False, "same"),
        ("gad7", 12.0, 8.0, False, "better"),
        ("gad7", 12.0, 9.0, False, "same"),
        ("gad7", 8.0, 12.0, False, "worse"),
        ("core10", 20.0, 16.0, False, "better"),  # a fifth of the first
        ("core10", 20.0, 17.0, False, "same"),
        ("core10", 20.0, 24.0, False, "worse"),
        ("core10", 0.0, 0.0, False, "same"),
        ("core10", 0.0, 1.0, False, "worse"),
        ("core10", -10.0, -11.0, False, "same"),
        *((measure, 50.0, 60.0, False, "better") for measure in person.HIGHER_IS_BETTER),
        *((measure, 50.0, 40.0, False, "worse") for measure in person.HIGHER_IS_BETTER),
        ("who5", 50.0, 59.0, False, "same"),
        ("ors", 5.0, 6.0, False, "better"),
        ("ors", 6.0, 4.8, False, "worse"),
        ("core10", 5.0, 4.0, False, "better"),
        ("phq9", 18.0, 2.0, True, "none"),  # a first one is compared with nothing
        (None, None, None, None, "none"),
    ]
    right(engine, person._symptoms, columns, rows)


def test_a_mismatch_counts_until_he_says_himself_how_it_feels(engine: Engine) -> None:
    columns = {"ever_answered": pl.Int64, "answered": pl.Boolean, "distance": pl.Float64}
    rows = [
        (None, False, 1.4, "near"),
        (0, False, 1.5, "some"),
        (0, False, 2.4, "some"),
        (0, False, 2.5, "far"),
        (0, False, None, "unknown"),
        (1, False, 2.5, "asked"),
        (None, True, 2.5, "asked"),
        (1, False, None, "asked"),
    ]
    right(engine, person._wish_distance, columns, rows)


def test_his_age_goes_by_the_year_of_the_contact(engine: Engine) -> None:
    def at(year: int, month: int, day: int, hour: int = 0) -> int:
        return (date(year, month, day) - date(1970, 1, 1)).days * 86400 + hour * 3600

    columns = {"contact_at": pl.Int64, "birth_year": pl.Int64}
    new_year, eve = at(2026, 1, 1), at(2026, 12, 31, 23)
    rows = [
        (new_year, 1997, "under_30"),
        (eve, 1996, "over_30"),
        (new_year - 1, 1996, "under_30"),  # a second before, he is a year younger
        (eve + 3600, 1997, "over_30"),
        (eve, 1982, "over_30"),
        (eve, 1981, "a45_59"),
        (eve, 1967, "a45_59"),
        (eve, 1966, "a60"),
        (eve, None, "unknown"),
        *((at(year, 12, 31, 23), year - 29, "under_30") for year in range(2020, 2030)),
        *((at(year, 1, 1), year - 30, "over_30") for year in range(2020, 2030)),
        *((at(year, 1, 1), year - 29, "under_30") for year in (1901, 1970, 1971, 1972, 1973, 2099)),
        *((at(year, 12, 31, 23), year - 30, "over_30") for year in (1901, 1970, 1971, 1972, 1973, 2099)),
    ]
    right(engine, person._age, columns, rows)


def test_what_he_does_and_is_goes_by_his_own_or_the_sources_words(engine: Engine) -> None:
    text = {"employment": pl.String}
    words = {"working": person.WORKING, "unemployed": person.UNEMPLOYED, "student": person.STUDENTS}
    told = [(word, code) for code, many in {**words, "retired": person.RETIRED}.items() for word in many]
    right(engine, person._employment, text, [*told, ("carer", "other"), (None, "unknown")])
    told = [(word, code) for code, many in {"man": person.MEN, "woman": person.WOMEN}.items() for word in many]
    right(engine, person._gender, {"gender": pl.String}, [*told, ("non-binary", "other"), (None, "unknown")])
    right(engine, person._masculinity, {"masculinity": pl.Int64}, [(3, "low"), (4, "high"), (None, "unknown")])


def test_whether_he_stopped_before_goes_by_what_he_says_of_it_first(engine: Engine) -> None:
    columns = {"prior_dropout": pl.String, "prior_therapy": pl.String}
    rows = [
        ("yes", "no", "yes"),
        ("yes", None, "yes"),
        ("no", "yes", "no"),
        (None, "no", "no"),
        (None, "yes", "unknown"),
        (None, None, "unknown"),
    ]
    right(engine, person._prior_dropout, columns, rows)
