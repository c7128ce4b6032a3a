"""What a source says of an appointment, and what follows from it for every source alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from holdfast.tables.moments import at_instant
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.source import Context, settled

ZONE = ZoneInfo("Europe/London")
CONTEXT = Context(now=datetime(2026, 11, 20, 18, tzinfo=UTC), timezone=ZONE)
PAST, AHEAD = (
    at_instant(datetime(2026, 11, 2, 10, tzinfo=ZONE), ZONE),
    at_instant(datetime(2026, 12, 2, 10, tzinfo=ZONE), ZONE),
)
CLIENT, PROVIDER, UNKNOWN = InitiatedBy.CLIENT, InitiatedBy.PROVIDER, InitiatedBy.UNKNOWN


def test_what_nobody_marked_is_booked_ahead_and_unknown_once_past() -> None:
    assert settled(Status.BOOKED, AHEAD, CONTEXT) == (Status.BOOKED, Certainty.RECORDED, None)
    assert settled(Status.BOOKED, PAST, CONTEXT) == (Status.UNKNOWN, Certainty.NOT_UPDATED, None)


@pytest.mark.parametrize(
    ("hours", "by", "status", "who"),
    [
        (2, None, Status.LATE_CANCELLED, UNKNOWN),
        (2, CLIENT, Status.LATE_CANCELLED, CLIENT),
        (2, PROVIDER, Status.CANCELLED, PROVIDER),
        (48, CLIENT, Status.CANCELLED, CLIENT),
        (None, CLIENT, Status.CANCELLED, CLIENT),
    ],
)
def test_a_cancellation_is_late_only_by_its_time_and_never_the_providers(
    hours: int | None, by: InitiatedBy | None, status: Status, who: InitiatedBy
) -> None:
    assert PAST.instant
    cancelled = at_instant(PAST.instant - timedelta(hours=hours), ZONE) if hours else None
    assert settled(Status.CANCELLED, PAST, CONTEXT, by=by, cancelled=cancelled) == (status, Certainty.RECORDED, who)


@pytest.mark.parametrize(
    ("said", "who"),
    [
        (Status.ATTENDED, None),
        (Status.NO_SHOW, CLIENT),
        (Status.LATE_CANCELLED, CLIENT),
        (Status.RESCHEDULED, UNKNOWN),
        (Status.UNKNOWN, None),
    ],
)
def test_the_other_words_are_taken_as_they_are(said: Status, who: InitiatedBy | None) -> None:
    assert settled(said, PAST, CONTEXT) == (said, Certainty.RECORDED, who)
