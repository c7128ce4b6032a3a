"""What could be said about each reason: there is something for every one, and nothing is about another."""

from __future__ import annotations

import pytest

from holdfast.repair.suggestions import ASKS, MOST, SUGGESTIONS, Side, read, suggestions_for
from holdfast.silence.reasons import QUIET, SINCE, UNTOLD
from holdfast.silence.signals import SIGNALS
from holdfast.tables.schema import AXES, PAUSE

TELLING = {
    name
    for name, signal in SIGNALS.items()
    if any(words and code != signal.reference and code not in UNTOLD for code, words in signal.codes.items())
}
REASONS = TELLING | {f"since_{what}" for what in SINCE} | {QUIET, ASKS}
ONE = """
[[suggestion]]
id = "one"
for = ["pace"]
frameworks = ["plain"]
do = "Do it well"
say = ""
"""


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_there_are_two_or_three_things_to_do_about_every_reason_the_model_can_give(reason):
    for side in Side if reason in AXES else (None,):
        assert 2 <= len(suggestions_for(reason, side=side)) <= MOST


def test_no_suggestion_is_about_a_reason_that_nobody_gives():
    assert {reason for one in SUGGESTIONS.values() for reason in one.reasons} == REASONS


def test_what_helps_against_too_fast_is_not_offered_against_too_slow():
    slow, fast = (suggestions_for("pace", side=side) for side in Side)
    assert {one.id for one in slow}.isdisjoint(one.id for one in fast)


def test_the_therapists_own_way_of_working_comes_first():
    assert suggestions_for("posture", side=Side.MORE, frameworks=["narrative"])[0].id == "ask-him-as-the-one-who-knows"
    assert suggestions_for("posture", side=Side.MORE, frameworks=["Strengths"])[0].id == "offer-two-ways"


def test_every_framework_of_the_issue_is_there():
    assert {name for one in SUGGESTIONS.values() for name in one.frameworks} == {
        "ACT",
        "strengths",
        "narrative",
        "plain",
    }


def test_an_agreed_break_is_no_suggestion():
    assert PAUSE not in SUGGESTIONS


def test_the_words_are_plain():
    text = " ".join(f"{one.do} {one.say}" for one in SUGGESTIONS.values()).casefold()
    for word in ("non-compliant", "at risk", "dropout", "journey", "reach out", "failure", "resist", "!"):
        assert word not in text, word


def test_a_file_with_a_fault_is_refused():
    assert list(read(ONE)) == ["one"]
    with pytest.raises(ValueError, match="same id"):
        read(ONE + ONE)
    for fault in (ONE.replace("plain", "magic"), ONE.replace('do = "Do it well"', ""), ONE + "more = 1\n"):
        with pytest.raises(ValueError, match="validation error"):
            read(fault)
