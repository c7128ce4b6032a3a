"""A group's curves end where too few are followed, and say so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.property.histories import typed

from holdfast.insight import figures
from holdfast.insight.leak import leak
from holdfast.insight.result import TOO_FEW

NOW = datetime(2026, 6, 30, 18)  # noqa: DTZ001 - a wall clock


def weekly(client: str, sessions: int, *, last_weeks_ago: int) -> list[dict[str, object]]:
    return [
        {
            "appointment_id": f"{client}-{number}",
            "client_id": client,
            "therapist_id": "t1",
            "starts_at": NOW - timedelta(weeks=last_weeks_ago + sessions - 1 - number, hours=2),
            "status": "attended",
        }
        for number in range(sessions)
    ]


@pytest.mark.slow
def test_a_curve_stops_where_ten_people_or_fewer_have_been_followed() -> None:
    """Thirty came a third time and are still coming; only six began early enough to be known further."""
    recent = [row for n in range(24) for row in weekly(f"c{n}", 5, last_weeks_ago=1)]
    early = [row for n in range(24, 30) for row in weekly(f"c{n}", 12, last_weeks_ago=1)]
    everyone = leak(typed({"appointments": recent + early}, NOW)).groups[-1]
    assert [point.time for point in everyone.staying_sessions.points] == [0, 1, 2]
    assert everyone.restricted_mean_sessions.why_not == "Too few have been followed to 10 sessions yet."
    assert figures.silent_by_fifth(everyone) == TOO_FEW
