"""The replay: who is caught, how many days before, and what is counted once, on flags set by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from holdfast.asof import seconds
from holdfast.silence import alerts as module
from holdfast.silence.alerts import Replay, alerts
from holdfast.silence.evaluation_words import OVERDUE
from holdfast.silence.outcomes import Afterwards, Outcome
from holdfast.silence.policy import NO_REASON, Flag, Muting

FIRST = datetime(2026, 1, 5, 18, 0)  # noqa: DTZ001 - a wall clock
DAY = timedelta(days=1)
END = FIRST + 300 * DAY


def past(last: dict[str, float], came_again: dict[str, float] | None = None) -> Afterwards:
    """Clients of one therapist with their last sessions, in days after the first; all long quiet by the end."""
    again = came_again or {}
    rows = [(name, day) for name, day in (*last.items(), *again.items())]
    sessions = pl.DataFrame(
        {
            "client_id": [name for name, _ in rows],
            "therapist_id": "t1",
            "at": [seconds(FIRST + day * DAY) for _, day in rows],
        }
    )
    pairs = sessions.group_by("client_id", "therapist_id").agg(
        quiet_days=(seconds(END) - pl.col("at").max()) / 86_400, rhythm_days=pl.lit(7.0), paused=pl.lit(False),
        ahead=pl.lit(False), unmarked_at=pl.lit(None, pl.Int64),
    )  # fmt: skip
    endings = pl.DataFrame(schema={
        "client_id": pl.String, "therapist_id": pl.String, "day": pl.Int64, "kind": pl.String, "known_at": pl.Int64,
    })  # fmt: skip
    return Afterwards(sessions, endings, pairs, seconds(END))


def flag(client: str, day: float) -> Flag:
    return Flag(client, "t1", 0, FIRST + day * DAY, ("quiet",), 0.7, 0.1)


def replay(flags: list[Flag], weeks: int = 30) -> Replay:
    found = Replay({"model": "Holdfast"}, {"model": flags})
    found.weeks = [FIRST + 7 * number * DAY for number in range(weeks)]
    found.therapist_weeks = weeks
    return found


def test_days_before_sixty_by_hand() -> None:
    """Last session on day 10, flagged on day 31: the rule would have noticed on day 70, 39 days later."""
    exits = module._exits(past({"c1": 10}), replay([]).weeks)
    assert module._days_sooner([flag("c1", 31)], exits) == [39]


@pytest.mark.parametrize(("day", "caught"), [(9, 0), (10, 1), (69, 1), (70, 0)])
def test_a_flag_counts_from_his_last_session_until_the_rule_would_have_noticed(day: float, caught: int) -> None:
    exits = module._exits(past({"c1": 10}), replay([]).weeks)
    assert len(module._days_sooner([flag("c1", day)], exits)) == caught


def test_the_first_flag_of_the_silence_counts() -> None:
    exits = module._exits(past({"c1": 10}), replay([]).weeks)
    assert module._days_sooner([flag("c1", 60), flag("c1", 20)], exits) == [50]


def test_only_exits_with_all_their_sixty_days_in_the_replay_are_counted() -> None:
    weeks = replay([]).weeks  # until day 203
    exits = module._exits(past({"c1": -1, "c2": 0, "c3": 143, "c4": 144}), weeks)
    assert exits["client_id"].to_list() == ["c2", "c3"]


def test_what_became_of_a_flag_is_what_became_of_that_silence() -> None:
    """Flagged on day 30 in a silence from which he came back on day 40; he left only after that."""
    end = past({"c1": 10}, {"c1": 40})
    assert module._outcomes([flag("c1", 30), flag("c1", 60)], end) == ["stayed", "left"]


def test_the_whole_by_hand() -> None:
    end = past({f"c{number}": 10.0 for number in range(20)})
    flags = [flag(f"c{number}", 35) for number in range(15)]
    found = alerts(replay(flags), end, Muting())
    assert found is not None
    way = found.ways[0]
    assert (found.exits, way.flags, way.record.count, way.record.of) == (20, 15, 15, 15)
    assert (way.caught.count, way.caught.of, way.days_sooner.estimate) == (15, 20, 35)
    assert way.per_therapist_week.estimate == pytest.approx(0.5)


def test_ten_exits_are_too_few_for_a_share() -> None:
    end = past({f"c{number}": 10.0 for number in range(10)})
    found = alerts(replay([flag("c1", 31)]), end, Muting())
    assert found is not None
    assert found.ways[0].caught.estimate is None
    assert found.ways[0].caught.why_not == "too few to tell"


def test_without_weeks_there_are_no_alerts() -> None:
    assert alerts(Replay({"model": "Holdfast"}), past({"c1": 1}), Muting()) is None


def listed(quiet_days: float, last_session_at: int = 0) -> pl.DataFrame:
    row = {"client_id": "c1", "therapist_id": "t1", "episode": 0}
    return pl.DataFrame([{**row, "last_session_at": last_session_at, "quiet_days": quiet_days}])


def test_whoever_stands_on_the_plain_list_is_counted_once_for_each_silence() -> None:
    found = Replay({OVERDUE: "New on the plain overdue list"})
    for week in range(6):
        found._add_overdue(listed(15 + 7 * week), FIRST + 7 * week * DAY)
    found._add_overdue(listed(15, last_session_at=99), FIRST + 70 * DAY)
    assert [flag.at for flag in found.flags[OVERDUE]] == [FIRST, FIRST + 70 * DAY]


def test_whoever_was_long_gone_when_the_replay_began_is_nothing_new() -> None:
    found = Replay({OVERDUE: "New on the plain overdue list"})
    found._add_overdue(listed(61), FIRST)
    assert found.flags[OVERDUE] == []


def evening() -> pl.DataFrame:
    reasons = [[{"signal": name, "words": "", "effect": 1.0} for name in ("understood", "session")]]
    return pl.DataFrame({
        "client_id": ["c1"], "therapist_id": ["t1"], "episode": [0], "days_silent": [10.0], "rhythm_days": [7.0],
        "p_left": [0.8], "model": [0.8], "silence": [0.3], "reasons": reasons, "gender": ["man"], "age": ["under_30"],
    })  # fmt: skip


def test_the_model_has_its_reasons_and_the_others_the_silence() -> None:
    model, silence = module._by(evening(), "model")[0], module._by(evening(), "silence")[0]
    assert (model.p_left, model.reasons, model.groups) == (0.8, ("understood", "session"), ("men", "under 30"))
    assert (silence.p_left, silence.reason) == (0.3, NO_REASON)


def test_a_flag_too_young_to_be_told_of_is_undecided_whatever_came() -> None:
    """Else those who came again would count, and those who left could not."""
    days = (END - FIRST) / DAY
    end = past({"gone": days - 30, "back": days - 30}, {"back": days - 20})
    flags = [flag("gone", days - 25), flag("back", days - 25)]
    assert module._outcomes(flags, end) == [Outcome.UNDECIDED, Outcome.UNDECIDED]
    long_ago = past({"gone": 10, "back": 10}, {"back": 25})
    assert module._outcomes([flag("gone", 20), flag("back", 20)], long_ago) == [Outcome.LEFT, Outcome.STAYED]
