"""Words that must stand on pages, and words that must not, in every template (safety.md 1 and 5, pages.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import holdfast_site

TEMPLATES = Path(holdfast_site.__file__).parent / "templates"
BOX = re.compile(r'<textarea|<input type="text"(?![^>]*name="(?:login|code|name|email|phone|until|timezone)")')
UNCHECKED = "This box is not checked for emergencies"
NEVER = ("non-complian", "no-show", "at risk", "dropout", "failure", "journey", "reach out", "mental illness", "!</")
ASKED = {
    "understood", "on_target", "worth_it", "could_say", "talked_down",
    "pace", "approach", "tone", "posture", "language", "energy",
}  # fmt: skip


def templates() -> dict[str, str]:
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")
    }


def for_clients() -> dict[str, str]:
    return {name: text for name, text in templates().items() if 'extends "base.html"' in text}


@pytest.mark.hazard("H-04")
def test_beside_each_box_in_which_a_client_writes_it_says_that_nobody_checks_it():
    boxes = {name: text for name, text in for_clients().items() if BOX.search(text)}
    assert boxes, "clients can write somewhere"
    assert [name for name, text in boxes.items() if UNCHECKED not in text] == []


@pytest.mark.hazard("H-01", "H-06")
def test_no_question_is_asked_that_is_not_in_this_list_and_none_is_about_self_harm(site):
    """Whoever adds one about self-harm has to build the rest of H-01 first: an alert, a responder, a stand-in."""
    from holdfast_site.checkins.questions import QUESTIONS

    assert set(QUESTIONS) == ASKED


@pytest.mark.hazard("H-02")
def test_every_page_of_a_clients_has_help_one_tap_away():
    assert "_numbers.html" in templates()["base.html"]
    files = {"own/everything.html", "help_page.html"}  # what he takes away, and what a proxy shows: pages of their own
    assert all("_numbers.html" in templates()[name] for name in files)
    own = {"base.html", "staff.html", "blank.html", *files}
    whole = [name for name, text in templates().items() if "<html" in text and name not in own]
    assert whole == [], "a page that does not build on base.html has no help on it"


def test_no_page_uses_words_that_hurt_or_blame():
    found = [(name, word) for name, text in templates().items() for word in NEVER if word in text.lower()]
    assert found == []
