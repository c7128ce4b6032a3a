"""Status words are found whatever their spelling, and never guessed."""

from __future__ import annotations

import pytest

from holdfast.errors import SourceError
from holdfast.tables.sources.words import meanings, same_word

TABLE = {"No Show": 1, "Cancelled": 2}


@pytest.mark.parametrize("word", ["No Show", "no-show", "NOSHOW", " No_Show "])
def test_case_spaces_and_signs_do_not_matter(word: str) -> None:
    assert meanings(TABLE, [word], title="X", file="a.csv")(word) == 1


def test_both_spellings_of_cancelled_are_one_word() -> None:
    assert same_word("Late Canceled") == same_word("late-cancelled")


def test_every_word_that_is_not_understood_is_named_with_its_count_and_a_way_out() -> None:
    with pytest.raises(SourceError) as caught:
        meanings(TABLE, ["Kept", "No Show", "Kept", "Vacation", ""], title="Jane", file="a.csv")
    message = str(caught.value)
    assert all(part in message for part in ("'Kept' (2)", "'Vacation' (1)", "a blank (1)", "No Show, Cancelled"))
    assert "holdfast import any a.csv --map" in message


def test_a_blank_is_understood_where_the_table_has_one() -> None:
    assert meanings({**TABLE, "": 3}, [" "], title="X", file="a.csv")("") == 3
