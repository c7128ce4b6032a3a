import numpy as np
import pytest

from holdfast.insight.counts import Counts, counts_from_rows, counts_from_table, on_session_scale

CAUSES = ["silent", "told"]


def test_rows_of_the_same_time_and_cause_are_added_up() -> None:
    counts = counts_from_table([2, 1, 2, 2], ["told", "", "told", None], [3, 5, 1, 2], all_causes=CAUSES)
    assert counts.times.tolist() == [1, 2]
    assert counts.events.tolist() == [[0, 0], [0, 4]]
    assert counts.censored.tolist() == [5, 2]
    assert (counts.n, counts.causes) == (11, ("silent", "told"))


def test_who_is_censored_at_a_tie_is_still_at_risk() -> None:
    counts = counts_from_rows([1, 1, 2, 2], ["told", None, "told", None])
    assert counts.at_risk.tolist() == [4, 2]


def test_a_cause_that_never_occurs_keeps_its_column() -> None:
    counts = counts_from_rows([1, 2], ["told", None], all_causes=CAUSES)
    assert counts.events_of("silent").tolist() == [0, 0]


def test_by_default_the_causes_are_those_that_occur() -> None:
    assert counts_from_rows([1, 2, 3], ["told", None, "silent"]).causes == ("silent", "told")


def test_nobody_is_a_table_too() -> None:
    counts = counts_from_rows([], [], all_causes=CAUSES)
    assert (counts.n, counts.at_risk.tolist(), counts.events.shape) == (0, [], (0, 2))


def test_a_table_cannot_be_changed_afterwards() -> None:
    counts = counts_from_rows([1], ["told"])
    with pytest.raises(ValueError, match="read-only"):
        counts.events[0, 0] = 7


def test_numpy_strings_are_causes() -> None:
    counts = counts_from_rows(np.array([1.0, 2.0]), np.array(["told", ""]).tolist())
    assert counts.events.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("times", "causes", "counts", "message"),
    [
        ([-1], ["told"], [1], "0 or more"),
        ([float("nan")], ["told"], [1], "finite"),
        ([float("inf")], ["told"], [1], "finite"),
        ([1], ["told"], [-1], "whole numbers"),
        ([1], ["told"], [1.5], "whole numbers"),
        ([1, 2], ["told"], [1, 1], "2 times, 1 causes and 2 counts"),
        ([1], ["vanished"], [1], "silent, told.*: vanished.*blank"),
    ],
)
def test_a_row_that_is_not_allowed_is_refused(times, causes, counts, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        counts_from_table(times, causes, counts, all_causes=CAUSES)


@pytest.mark.parametrize("names", [["told", "told"], ["told", ""], "told"])
def test_names_of_causes_must_tell_them_apart(names) -> None:
    with pytest.raises(ValueError, match="different, non-empty"):
        counts_from_rows([1], [None], all_causes=names)


def test_an_unknown_cause_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="silent, told; not 'planned'"):
        counts_from_rows([1], [None], all_causes=CAUSES).events_of("planned")


def as_rows(counts: Counts) -> list[tuple[float, int, int]]:
    columns = (counts.times.tolist(), counts.all_events.tolist(), counts.censored.tolist())
    return list(zip(*columns, strict=True))


def test_an_open_episode_has_not_decided_after_its_last_session() -> None:
    counts = counts_from_rows([0, 0, 2, 2], ["told", None, "told", None])
    assert as_rows(on_session_scale(counts)) == [(0, 1, 0), (1, 0, 1), (2, 1, 0)]


def test_sessions_are_whole_numbers() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        on_session_scale(counts_from_rows([1.5], [None]))
