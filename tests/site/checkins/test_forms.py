"""The shape of what is sent in: all of it may be left out, none of it may be anything else."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest


@pytest.fixture(name="form")
def _form(site):
    """A form with a scale, a balance and how often, for whoever reads here."""
    from holdfast_site.checkins.forms import CheckinForm
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.questions import QUESTIONS

    questions = [QUESTIONS[name] for name in ("worth_it", "pace", "talked_down")]

    def form(*without, **sent):
        data = {"form": str(uuid4()), **sent} if sent or without else None
        return CheckinForm(questions, [Audience.THERAPIST, Audience.PROMPT], data)

    return form


def test_it_offers_each_value_and_each_reader_and_nothing_is_chosen(form):
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.questions import CHANGES

    empty = form()
    asked = ["worth_it", "pace", "talked_down", "change", "words"]
    assert list(empty.fields) == ["form", *asked, "who", *(f"{name}_who" for name in asked)]
    assert isinstance(empty.initial["form"], UUID)
    assert empty.initial["form"] != form().initial["form"]
    assert empty["form"].is_hidden
    assert empty.fields["pace"].choices == [(value, str(value)) for value in range(-3, 4)]
    assert empty.fields["change"].choices == [(change, change) for change in CHANGES]
    readers = [(one.value, one.label) for one in (Audience.THERAPIST, Audience.PROMPT)]
    assert empty.fields["who"].choices == empty.fields["words_who"].choices == readers
    assert [empty.said(name) for name in empty.fields] == [""] * len(empty.fields)
    assert not empty.is_bound


def test_what_is_left_out_is_in_no_answer_and_a_zero_is_one(form):
    from holdfast_site.checkins.models import Audience

    nothing = form("an answer", who="")
    assert nothing.is_valid()
    assert nothing.answers().by_audience == {}
    assert nothing.said("pace") == ""
    sent = form(worth_it="0", pace="-3", change="", words="  ")
    assert sent.is_valid()
    assert sent.answers().by_audience == {Audience.THERAPIST: {"worth_it": 0, "pace": -3}}
    assert [sent.said(name) for name in ("worth_it", "pace", "talked_down")] == ["0", "-3", ""]


def test_an_answer_goes_to_its_own_reader_else_to_the_one_for_all(form):
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.questions import CHANGES, MOST_WORDS

    words = "é" * MOST_WORDS
    sent = form(pace="1", talked_down="3", change=CHANGES[0], words=words, who="prompt", pace_who="therapist")
    assert sent.is_valid(), sent.errors
    assert sent.answers().by_audience == {
        Audience.THERAPIST: {"pace": 1},
        Audience.PROMPT: {"talked_down": 3, "change": CHANGES[0], "words": words},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"form": ""},
        {"form": "1"},
        {"worth_it": "11"},
        {"pace": "-4"},
        {"talked_down": "often"},
        {"change": "another"},
        {"words": "a" * 501},
        {"who": "care_contact"},
        {"pace_who": "care_contact"},
        {"words_who": "everybody"},
    ],
)
def test_what_was_not_offered_is_wrong_there_and_kept_on_the_page(form, wrong):
    sent = form(**{"pace": "1", **wrong})
    (name,) = wrong
    assert list(sent.errors) == [name]
    assert sent.said(name) == wrong[name]
