"""Whether the chances were right everywhere: what chance may explain is told apart from what it does not."""

from __future__ import annotations

import pytest
from tests.unit.silence import evaluations
from tests.unit.silence.test_evaluation_words import score

from holdfast.insight.result import Amount, Share
from holdfast.silence import evaluation_words as words
from holdfast.silence.evaluation import MODEL, Bin, Question, Scored
from holdfast.silence.evaluation_verdict import beyond_chance, groups_verdict, parts_verdict

RIGHT = Bin(expected=0.1, share=Share(count=10, of=100, estimate=0.1, low=0.055, high=0.174))
NEARLY = Bin(expected=0.1, share=Share(count=17, of=100, estimate=0.17, low=0.109, high=0.256))  # p = 0.03
FAR = Bin(expected=0.366, share=Share(count=45, of=82, estimate=0.549, low=0.441, high=0.652))  # p = 0.0008


def asked(*bins: Bin, groups: tuple[Scored, ...] = ()) -> Question:
    found = evaluations.evaluation().questions[0]
    return found.model_copy(update={"curves": {MODEL: list(bins)}, "groups": list(groups)})


def group(label: str, estimate: float, low: float, high: float) -> Scored:
    model = score(method=MODEL, ratio=Amount(estimate=estimate, low=low, high=high))
    return Scored(column="age", label=label, rows=900, clients=300, left=60, scores=[model])


@pytest.mark.long
def test_where_every_range_holds_what_was_said_there_is_nothing_to_say() -> None:
    assert parts_verdict(asked(*[RIGHT] * 10)) is None
    assert groups_verdict(asked(groups=(group("men", 1.1, 0.9, 1.3),))) is None


@pytest.mark.long
def test_one_part_that_is_far_out_is_said_by_number() -> None:
    """Binomial, 45 or more of 82 at 0.366, both sides: about 0.001; of ten, about 0.01."""
    found = asked(*[RIGHT] * 9, FAR)
    assert parts_verdict(found) == (
        "Its chances were not right everywhere: where it said 37 %, 45 of 82 had left, 55 % (44 to 65). "
        "In 1 of 10 parts the range leaves out what was said, and that is more than chance explains."
    )


def test_one_of_ten_that_is_just_out_may_be_chance() -> None:
    """Of ten 95 % ranges one or more misses in four of ten evaluations of a perfect model."""
    found = asked(*[RIGHT] * 9, NEARLY)
    assert not beyond_chance(found)
    assert parts_verdict(found) == (
        "In 1 of 10 parts the range leaves out what was said, as chance alone may do: "
        "where it said 10 %, 17 of 100 had left, 17 % (11 to 26)."
    )


def test_a_client_who_is_in_a_part_more_than_once_counts_once() -> None:
    """22 of 41 at 0.366, both sides: about 0.03; of ten that is no longer rare."""
    found = FAR.model_copy(update={"clients": 41})
    assert not beyond_chance(asked(*[RIGHT] * 9, found))
    assert "as chance alone may do: where it said 37 %, 45 of 82" in (parts_verdict(asked(*[RIGHT] * 9, found)) or "")


def test_an_evaluation_says_how_many_clients_are_in_a_part() -> None:
    bins = evaluations.evaluation().questions[0].curves[MODEL]
    assert all(one.clients and one.share.of and one.clients <= one.share.of for one in bins)
    assert any(one.clients != one.share.of for one in bins)


@pytest.mark.parametrize(("out", "beyond"), [(2, False), (3, True)])
def test_several_that_are_just_out_are_beyond_chance_together(out: int, beyond: bool) -> None:
    """By the binomial with 0.05: two or more of ten have 0.086, three or more 0.012."""
    assert beyond_chance(asked(*[RIGHT] * (10 - out), *[NEARLY] * out)) is beyond


def test_the_group_that_is_furthest_off_is_named() -> None:
    groups = (group("30 to 44", 0.67, 0.47, 0.91), *[group(f"g{number}", 1.0, 0.8, 1.2) for number in range(6)])
    assert groups_verdict(asked(groups=groups)) == (
        "In 1 of 7 groups the range leaves out what was said, as chance alone may do: "
        'among "30 to 44", 0.67 had left for each one expected (0.47 to 0.91).'
    )


def test_the_slope_speaks_of_the_whole_where_a_part_is_far_out() -> None:
    methods = evaluations.evaluation().methods
    told = " ".join(words.lead(asked(*[RIGHT] * 9, FAR), methods))
    assert "On the whole, its chances are neither clearly too bold nor too timid" in told
    assert "where it said 37 %, 45 of 82 had left" in told
    assert "On the whole" not in " ".join(words.lead(asked(*[RIGHT] * 10), methods))


def test_the_headline_says_so_only_beyond_chance() -> None:
    whole = evaluations.evaluation()
    far, nearly = (
        whole.model_copy(update={"questions": [asked(*[RIGHT] * 9, one), *whole.questions[1:]]})
        for one in (FAR, NEARLY)
    )
    assert any("not right everywhere" in sentence for sentence in words.headline(far))
    assert not any("17 of 100" in sentence for sentence in words.headline(nearly))
