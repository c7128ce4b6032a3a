"""What followed, by hand: each outcome, and what may not be said of few."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.repair.followed import Afterwards, Followed, followed, tally
from holdfast.tables.schema import Ending

AT = datetime(2026, 3, 2, 18, tzinfo=UTC)
DAY = timedelta(days=1)


def after(*, came=(), ending=None, answers=(), rhythm=None, days=30):
    sessions = [AT + day * DAY for day in came]
    ended = None if ending is None else (AT + ending[0] * DAY, ending[1])
    told = [(AT + day * DAY, given) for day, given in answers]
    return followed(AT, Afterwards(sessions, ended, told, rhythm), now=AT + days * DAY)


def test_he_came_back():
    assert after(came=[-7, 5]) is Followed.CAME_BACK
    assert after(came=[-7]) is Followed.TOO_EARLY


def test_what_is_still_to_come_has_not_followed():
    assert after(came=[40]) is Followed.TOO_EARLY


@pytest.mark.parametrize(
    ("before", "then", "rose"),
    [
        ({"understood": 4}, {"understood": 6}, True),
        ({"understood": 4}, {"understood": 5}, False),
        ({"understood": 6}, {"understood": 4}, False),
        ({"pace": 3}, {"pace": 1}, True),
        ({"pace": -2}, {"pace": 0}, True),
        ({"pace": 2}, {"pace": -2}, False),
        ({"pace": 2}, {"tone": 0}, False),
        ({}, {"understood": 10}, False),
    ],
)
def test_a_better_answer_afterwards(before, then, rose):
    found = after(came=[5], answers=[(-3, before), (6, then)])
    assert found is (Followed.ROSE if rose else Followed.CAME_BACK)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (Ending.SWITCHED, Followed.SWITCHED),
        (Ending.SILENT, Followed.LEFT),
        (Ending.PLANNED, Followed.ENDED),
        (Ending.TOLD, Followed.ENDED),
        (Ending.REFERRED, Followed.ENDED),
    ],
)
def test_an_ending(kind, wanted):
    assert after(ending=(3, kind)) is wanted
    assert after(ending=(-3, kind)) is Followed.TOO_EARLY  # of a course before


def test_he_left_after_sixty_days_and_six_of_his_rhythms():
    assert after(days=59) is Followed.TOO_EARLY
    assert after(days=60) is Followed.LEFT
    assert after(days=100, rhythm=28.0) is Followed.TOO_EARLY
    assert after(days=168, rhythm=28.0) is Followed.LEFT


def test_a_tally_always_says_of_how_many_and_nothing_of_few():
    told = [Followed.CAME_BACK] * 6 + [Followed.ROSE] * 3 + [Followed.LEFT] * 4 + [Followed.SWITCHED]
    many = tally([*told, Followed.TOO_EARLY])
    assert (many.tried, many.early) == (14, 1)
    assert many.words == (
        "Tried 14 times here: 9 came back (3 with a better check-in), 1 went on with somebody else here, 4 left."
    )
    assert tally(told[:9]).words == "Tried 9 times here: too few to tell."
    assert tally([Followed.TOO_EARLY, Followed.LEFT]).words == "Tried twice here: too few to tell."
    assert tally([]).words == "Not tried here yet."
