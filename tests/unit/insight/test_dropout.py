"""The meanings of dropout, each against what its words say, worked out by hand for one episode at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from holdfast.engine import DAY, Engine
from holdfast.insight.dropout import answers, definitions, median_sessions, pairs_of

FIRST, LAST, AT = 100 * DAY, 200 * DAY, 400 * DAY
EPISODE: Mapping[str, Any] = {
    "group": "men",
    "client_id": "dan",
    "therapist_id": "alma",
    "episode": 1,
    "sessions": 5,
    "unmarked": 0,
    "unmarked_after": False,
    "ending": "silent",
    "ending_by": "recorded",
    "first_session_at": FIRST,
    "last_session_at": LAST,
    "last_kept_at": LAST,
    "last_missed_at": None,
    "last_unmarked_at": None,
}
TIMES = {"first_session_at", "last_session_at", "last_kept_at", "last_missed_at", "last_unmarked_at"}
Score = tuple[str, int, float]


@pytest.fixture(scope="module", name="engine")
def _engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def fates(engine: Engine, *episodes: Mapping[str, Any]) -> Any:
    kinds = dict.fromkeys(TIMES, pl.Int64)
    return engine._place(pl.DataFrame([{**EPISODE, **one} for one in episodes], schema_overrides=kinds))


def taken(engine: Engine, *scores: Sequence[Score], of: str = "") -> Any:
    """What each client scored; they are called by their number, or all as it is said."""
    rows = [
        {"client_id": of or str(number), "measure": name, "taken_at": at, "score": score}
        for number, his in enumerate(scores)
        for name, at, score in his
    ]
    kinds = {"client_id": pl.String, "measure": pl.String, "taken_at": pl.Int64, "score": pl.Float64}
    return engine._place(pl.DataFrame(rows, schema=kinds))


def said(
    engine: Engine,
    key: str,
    episodes: Sequence[Mapping[str, Any]],
    scores: Sequence[Sequence[Score]] = (),
    median: float | None = 4,
) -> list[str]:
    """What one definition says of each of these episodes: all are asked at once, each as a group of its own."""
    named = [{**one, "client_id": str(number), "group": str(number)} for number, one in enumerate(episodes)]
    found = answers(fates(engine, *named), taken(engine, *scores), AT, median, engine)
    words = dict(zip(found["group"], found[key], strict=True))
    assert found["episodes"].to_list() == [1] * len(episodes)
    return [words[str(number)] for number in range(len(episodes))]


def test_by_the_records_own_word(engine: Engine) -> None:
    told = [
        ("silent", "recorded", "yes"),
        ("told", "recorded", "yes"),
        ("planned", "recorded", "no"),
        ("switched", "recorded", "no"),
        ("referred", "recorded", "no"),
        ("silent", "rule", "cannot tell"),
        ("planned", "inferred", "cannot tell"),
        ("open", "recorded", "cannot tell"),
    ]
    episodes = [{"ending": ending, "ending_by": by} for ending, by, _ in told]
    assert said(engine, "own_word", episodes) == [word for _, _, word in told]


def test_by_the_last_appointment(engine: Engine) -> None:
    told: list[tuple[Mapping[str, Any], str]] = [
        ({}, "no"),
        ({"last_missed_at": LAST + DAY}, "yes"),
        ({"last_missed_at": LAST}, "no"),
        ({"last_missed_at": LAST - DAY}, "no"),
        ({"last_missed_at": LAST + DAY, "ending": "open"}, "cannot tell"),
        ({"last_unmarked_at": LAST + DAY, "unmarked": 1}, "cannot tell"),
        ({"last_unmarked_at": LAST, "unmarked": 1}, "cannot tell"),
        ({"last_unmarked_at": LAST - DAY, "unmarked": 1}, "no"),
        ({"last_unmarked_at": LAST + DAY, "unmarked": 1, "last_missed_at": LAST + 2 * DAY}, "yes"),
        ({"last_missed_at": 1, "last_kept_at": None}, "yes"),
        ({"last_kept_at": None}, "no"),
        ({"last_kept_at": None, "last_unmarked_at": LAST, "unmarked": 1}, "cannot tell"),
    ]
    assert said(engine, "missed_last", [one for one, _ in told]) == [word for _, word in told]


def test_by_how_often_he_came(engine: Engine) -> None:
    told: list[tuple[Mapping[str, Any], str, str]] = [  # of three sessions, and of a median of five
        ({"sessions": 5}, "no", "no"),
        ({"sessions": 4}, "no", "yes"),
        ({"sessions": 3}, "no", "yes"),
        ({"sessions": 2}, "yes", "yes"),
        ({"sessions": 2, "unmarked": 1}, "cannot tell", "yes"),
        ({"sessions": 2, "unmarked": 3}, "cannot tell", "cannot tell"),
        ({"sessions": 2, "ending": "open"}, "cannot tell", "cannot tell"),
        ({"sessions": 3, "ending": "open"}, "no", "cannot tell"),
    ]
    episodes = [one for one, _, _ in told]
    assert said(engine, "below_three", episodes, median=5) == [three for _, three, _ in told]
    assert said(engine, "below_median", episodes, median=5) == [five for _, _, five in told]
    assert said(engine, "below_median", episodes, median=None) == ["cannot tell"] * len(told)


def scores(measure: str, *pairs: tuple[int, float]) -> list[Score]:
    return [(measure, at, score) for at, score in pairs]


def test_by_whether_he_was_better(engine: Engine) -> None:
    told: list[tuple[list[Score], str]] = [
        (scores("phq9", (FIRST, 18), (LAST, 12)), "no"),  # six points are a change
        (scores("phq9", (FIRST, 18), (LAST, 13)), "yes"),  # five are none
        (scores("phq9", (FIRST, 18), (LAST, 24)), "yes"),  # six the other way are no improvement
        (scores("phq9", (FIRST, 10), (LAST, 9)), "no"),  # below ten he is well
        (scores("phq9", (FIRST, 11), (LAST, 10)), "yes"),  # at ten he is not
        (scores("phq9", (FIRST, 9), (LAST, 1)), "cannot tell"),  # he was well from the beginning
        (scores("gad7", (FIRST, 12), (LAST, 8)), "no"),
        (scores("gad7", (FIRST, 12), (LAST, 9)), "yes"),
        (scores("gad7", (FIRST, 8), (LAST, 7)), "no"),
        (scores("gad7", (FIRST, 7), (LAST, 1)), "cannot tell"),
        (scores("gad7", (FIRST, 9), (LAST, 8)), "yes"),  # each measure by its own line: nine is below that of phq9
        (scores("core10", (FIRST, 30), (LAST, 1)), "cannot tell"),  # its noise is not on file
        (scores("phq9", (FIRST, 20)), "cannot tell"),  # one score is no change
        (scores("phq9", (FIRST, 20), (FIRST, 3)), "cannot tell"),
        ([], "cannot tell"),
        (scores("phq9", (FIRST, 20), (FIRST + DAY, 3), (LAST, 19)), "yes"),  # the first and the last count
        (scores("phq9", (LAST, 5), (FIRST, 20)), "no"),  # in whatever order they came
        (scores("phq9", (FIRST - 28 * DAY, 20), (LAST + 14 * DAY, 5)), "no"),
        (scores("phq9", (FIRST - 29 * DAY, 20), (LAST, 5)), "cannot tell"),
        (scores("phq9", (FIRST, 20), (LAST + 15 * DAY, 5)), "cannot tell"),
        (scores("phq9", (FIRST, 20), (LAST, 19)) + scores("gad7", (FIRST, 12), (LAST, 2)), "no"),  # one is enough
        (scores("phq9", (FIRST, 20), (LAST, 19)) + scores("gad7", (FIRST, 5), (LAST, 1)), "yes"),
        (scores("phq9", (FIRST, 20)) + scores("gad7", (LAST, 2)), "cannot tell"),
    ]
    assert said(engine, "before_change", [{}] * len(told), [one for one, _ in told]) == [word for _, word in told]


def test_who_is_still_here_has_not_left_and_what_is_not_known_yet_counts_for_nothing(engine: Engine) -> None:
    worse, known, late = ((FIRST, 20), (LAST, 19)), ((FIRST, 20), (AT, 19)), ((FIRST, 20), (AT + 1, 19))
    episodes = [{}, {"ending": "open"}, {"last_session_at": AT}, {"last_session_at": AT}]
    found = said(engine, "before_change", episodes, [scores("phq9", *one) for one in (worse, worse, known, late)])
    assert found == ["yes", "cannot tell", "yes", "cannot tell"]


def test_a_score_is_his_own_and_of_that_episode(engine: Engine) -> None:
    known = taken(engine, scores("phq9", (FIRST, 20), (LAST, 5)), of="dan")
    later = {"episode": 2, "first_session_at": LAST + 60 * DAY, "last_session_at": LAST + 90 * DAY}
    found = answers(fates(engine, {}, later, {"client_id": "eli"}, {"sessions": 0}), known, AT, 4, engine)
    assert sorted(zip(found["before_change"], found["episodes"], strict=True)) == [("cannot tell", 2), ("no", 1)]


def test_the_median_is_of_episodes_that_began_and_are_over_and_whole(engine: Engine) -> None:
    counted = [{"sessions": number} for number in (1, 2, 9)]
    left_out = [{"sessions": 0}, {"sessions": 50, "ending": "open"}, {"sessions": 60, "unmarked_after": True}]
    assert median_sessions(fates(engine, *counted, *left_out), engine) == 2
    assert median_sessions(fates(engine, *left_out), engine) is None


def test_each_definition_says_by_what_it_goes() -> None:
    assert [(one.key, one.words, one.parameters) for one in definitions(4.0)] == [
        ("own_word", "ended by the client alone, in the record's own word", {"counts": "silent, told"}),
        ("missed_last", "missed the last appointment made and never came back", {"missed": "no_show, late_cancelled"}),
        ("below_median", "fewer sessions than the practice's median", {"sessions": 4.0}),
        ("below_three", "fewer than 3 sessions", {"sessions": 3}),
        (
            "before_change",
            "left before reliable improvement or recovery",
            {
                "change": "phq9: 6 points or below 10; gad7: 4 points or below 8",
                "days_before": 28,
                "days_after": 14,
            },
        ),
    ]
    assert definitions(None)[2].parameters == {"sessions": "not known"}


def test_every_two_of_them_are_compared_once() -> None:
    assert pairs_of(("a", "b", "c")) == [("a", "b"), ("a", "c"), ("b", "c")]
