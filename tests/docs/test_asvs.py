"""The page beside ASVS: every item once, every test that it names is there, and its sum is right."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from tools.reference import ROOT

PAGE = (ROOT / "docs" / "reference" / "asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| (\w+) \| ([^|]*)\|$", PAGE, flags=re.MULTILINE)
CHOSEN = re.findall(r"^\| (\d+\.\d+\.\d+) \| 3 \| [^|]+ \| (\w+) \| ([^|]*)\|$", PAGE, flags=re.MULTILINE)
WORDS = ("yes", "part", "no", "yours", "none")
LEVELS = {"1": 70, "2": 183}  # of the standard, in all chapters
ELSEWHERE = {"1": 9, "2": 34}  # of those, in the chapters of which the site has nothing


def test_every_item_stands_there_once():
    lines = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    assert len(lines) == len(ROWS) + len(CHOSEN)
    assert len({item for item, *_ in ROWS}) == len(ROWS)
    assert Counter(level for _, level, *_ in ROWS) == {level: LEVELS[level] - ELSEWHERE[level] for level in LEVELS}


def test_the_sum_is_right():
    found = Counter(word for _, _, word, _ in ROWS)
    said = ", ".join(f"{word} {found[word]}" for word in WORDS)
    assert f"**{said[0].upper()}{said[1:]}.**" in PAGE
    assert set(found) == set(WORDS)


def test_every_test_that_is_named_is_there():
    known = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    assert set(re.findall(r"`(test_\w+)`", PAGE)) <= known


def test_thirty_of_level_3_are_gone_through_each_with_what_shows_it_or_why_not():
    assert len({item for item, *_ in CHOSEN}) == len(CHOSEN) == 30
    assert {word for _, word, _ in CHOSEN} <= set(WORDS)
    assert all(shown.strip() for *_, shown in CHOSEN)


@pytest.mark.parametrize("item", [row[0] for row in ROWS if row[2] != "none"])
def test_each_says_what_shows_it_or_why_not(item):
    assert next(row[3] for row in ROWS if row[0] == item).strip()
