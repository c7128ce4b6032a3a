"""Answers on their way into the boxes and out again: the same, to the last sign, and for nobody else."""

from __future__ import annotations


def test_answers_are_sorted_by_who_may_see_them_and_the_last_of_one_name_counts(site):
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience

    given = [
        ("pace", 1, Audience.THERAPIST),
        ("words", "Zanzibar", Audience.CARE_CONTACT),
        ("approach", 0, Audience.THERAPIST),
        ("pace", 2, Audience.THERAPIST),
    ]
    found = Answers.of(given)
    assert found.by_audience == {
        Audience.THERAPIST: {"pace": 2, "approach": 0},
        Audience.CARE_CONTACT: {"words": "Zanzibar"},
    }
    assert found.audiences == {Audience.THERAPIST, Audience.CARE_CONTACT}
    assert Answers.of([]).audiences == frozenset()


def test_what_is_sealed_is_plain_json_in_utf8_whatever_the_order_of_the_answers(site):
    from holdfast_site.checkins.answers import packed, packed_correction, unpacked, unpacked_correction

    values = {"words": "Größe 🙂", "pace": 0}
    assert packed(values) == '{"pace": 0, "words": "Größe 🙂"}'.encode()
    assert unpacked(packed(values)) == values
    taken_back = {"words": "Größe", "pace": None}
    assert packed_correction(taken_back) == '{"pace": null, "words": "Größe"}'.encode()
    assert unpacked_correction(packed_correction(taken_back)) == taken_back


def test_the_last_correction_stands_and_one_that_says_nothing_takes_an_answer_back(site):
    from holdfast_site.checkins.answers import put_right

    values = {"pace": 2, "approach": -1, "words": "a"}
    assert put_right(values, []) == values
    assert put_right(values, [{"pace": 0}, {"words": None}, {"pace": 1, "worth_it": 9}]) == {
        "pace": 1,
        "approach": -1,
        "worth_it": 9,
    }
    assert put_right(values, [{"words": None}, {"words": ""}])["words"] == ""
    assert values["words"] == "a"
