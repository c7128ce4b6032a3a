"""Words are English text, and remember the form and the values that they were made of."""

from __future__ import annotations

import ast
import copy
import pickle
from datetime import date
from pathlib import Path

import pytest

from holdfast.words import PLACE, Words, plural

SOURCE = Path(__file__).resolve().parents[2] / "src"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (Words("no session for {silent_days}", silent_days=1.2), "no session for 1 day"),
        (Words("comes {rhythm_every}", rhythm_every=0.6), "comes every day"),
        (Words("comes {rhythm_every}", rhythm_every=13.6), "comes every 14 days"),
        (Words("on {over_at}", over_at="2026-11-03"), "on 3 November 2026"),
        (Words("on {over_on}", over_on=date(2026, 11, 3)), "on 3 November 2026"),
        (Words("{distance} points", distance=2.0), "2 points"),
        (Words("{distance} points", distance=2.25), "2.2 points"),
        (Words("{count} of them", count=1200), "1,200 of them"),
        (Words("{who}: {what}", who=Words("men"), what="{count}"), "men: {count}"),
        (Words("{parts}.", parts=[Words("one"), plural("{count} man", "{count} men", 2)]), "one, 2 men."),
        (Words("50 % of {nothing}"), "50 % of {nothing}"),
        (plural("{count} man of {all}", "{count} men of {all}", 1, all=3), "1 man of 3"),
    ],
)
def test_they_are_english_text(words, expected):
    assert words == expected


def test_they_remember_what_they_were_made_of():
    words = plural("{count} man of {all}", "{count} men of {all}", 2, all=3)
    for one in (words, copy.deepcopy(words), pickle.loads(pickle.dumps(words))):
        assert one == "2 men of 3"
        assert (one.form, one.many, one.values) == ("{count} man of {all}", "{count} men of {all}", words.values)


def test_each_form_names_the_values_that_it_is_given():
    """A place without a value would be shown as it stands, and nobody would be told."""
    calls = (one for path in SOURCE.rglob("*.py") for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    for call in calls:
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("Words", "plural"):
            forms = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            given = {one.arg for one in call.keywords} | ({"count"} if len(forms) > 1 else set())
            asked = {name for form in forms for name in PLACE.findall(form)} | ({"count"} if len(forms) > 1 else set())
            if forms and given and None not in given:
                assert asked == given, forms
