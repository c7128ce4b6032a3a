"""Every code of every signal: a small story, and the code that must come of it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest
from tests.unit.silence.stories import (
    Story,
    ahead,
    appointment,
    called_off,
    came,
    checkin,
    client,
    last_contact,
    look,
    moment,
    repair,
    score,
    therapist,
)

from holdfast.silence.moments import Moments
from holdfast.silence.signals import PENDING, SIGNALS

pytestmark = pytest.mark.long

WEEKLY = came(-28, -21, -14, -7, 0)
ASKED = (-28, -21, -14, -7, 0)


def every_week(count: int) -> list:
    return came(*range(-7 * (count - 1), 1, 7))


def said(**answers: object) -> Story:
    """Weekly sessions, the last of which he answered so."""
    return [*WEEKLY, checkin(0, **answers)]


def first_then(name: str, before: int, now: int) -> Story:
    return [*WEEKLY, checkin(-14, **{name: before}), checkin(-7, answered=None), checkin(0, **{name: now})]


def picked(before: str | None, now: str | None) -> Story:
    return [*WEEKLY, checkin(-7, change=before), checkin(0, change=now)]


def answered_of(*answered: bool) -> Story:
    """Sessions with a check-in each; which of them were answered."""
    days = range(-7 * (len(answered) - 1), 1, 7)
    asked = [checkin(day, answered=3 if was else None) for day, was in zip(days, answered, strict=True)]
    return [*came(*days), *asked]


def wishes(distance: int) -> Story:
    """He would like to be worked with so many points away from how the therapist works, on two axes."""
    return [
        *WEEKLY,
        client(prefers_pace=-1, prefers_tone=-1, prefers_energy=2),
        therapist(style_pace=-1 + distance, style_tone=-1 + distance),
    ]


def rated(name: str) -> Mapping[str, Story]:
    return {
        "high": said(**{name: 8}),
        "middle": said(**{name: 6}),
        "low": said(**{name: 5}),
        "none": said(**{name: None}),
    }


def fall(name: str) -> Mapping[str, Story]:
    return {
        "same": first_then(name, 8, 7),
        "fell": first_then(name, 8, 6),
        "rose": first_then(name, 6, 8),
        "first": said(**{name: 9}),
        "none": [*WEEKLY, checkin(-7, **{name: 9}), checkin(0)],
    }


def axis(name: str) -> Mapping[str, Story]:
    return {
        "right": said(**{name: 0}),
        "slightly": said(**{name: -1}),
        "little": said(**{name: -2}),
        "much": said(**{name: 2}),
        "none": WEEKLY,
    }


def rotating(name: str) -> Mapping[str, Story]:
    """The latest answer of the last three contacts counts."""
    return axis(name) | {
        "much": [*WEEKLY, checkin(-14, **{name: 3}), checkin(0)],
        "none": [*WEEKLY, checkin(-21, **{name: 3}), checkin(0)],
    }


CODES: Mapping[str, Mapping[str, Story]] = {
    "session": {
        "s1": every_week(1),
        "s2": every_week(2),
        "s3": every_week(3),
        "s4_5": every_week(5),
        "s6_10": every_week(10),
        "s11_20": every_week(11),
        "s21": every_week(21),
    },
    "booking": {
        "ahead": [*WEEKLY, ahead(10)],
        "ahead_late": [*WEEKLY, ahead(11)],
        "free_usual": WEEKLY,
        "free": [appointment(day, booked_at=moment(day, 9)) for day in (-14, -7, 0)],
        "not_known": came(-14, -7, 0, booked_at=None),
    },
    "perhaps_finished": {"no": [*every_week(6), ahead(10)], "yes": every_week(6)},
    "missed": {
        "none": WEEKLY,
        "called_off": [*WEEKLY, called_off(-4, "cancelled", on=-5)],
        "late": [*WEEKLY, called_off(-4, "late_cancelled", on=-4)],
        "no_show": [*WEEKLY, appointment(-4, "no_show")],
        "several": [*WEEKLY, appointment(-5, "no_show"), called_off(-4, "late_cancelled", on=-4)],
    },
    "provider": {
        "no": [*WEEKLY, called_off(-4, "cancelled", on=-5)],
        "yes": [*WEEKLY, called_off(-4, "cancelled", on=-5, by="provider")],
    },
    "widening": {
        "no": came(-31, -24, -17, -10, 0),
        "some": came(-32, -25, -18, -11, 0),
        "much": came(-39, -32, -25, -18, 0),
        "none": came(-20, -13, 0),
    },
    "repair": {"no": [*WEEKLY, repair(-8)], "yes": [*WEEKLY, repair(1)]},
    "understood": rated("understood"),
    "on_target": rated("on_target"),
    "worth_it": rated("worth_it"),
    "understood_fall": fall("understood"),
    "on_target_fall": fall("on_target"),
    "worth_it_fall": fall("worth_it"),
    "at_the_top": {
        "yes": said(understood=10, worth_it=10),
        "no": said(understood=10, on_target=9, worth_it=10),
        "none": said(pace=0),
    },
    "approach": axis("approach"),
    "pace": axis("pace"),
    "language": rotating("language"),
    "tone": rotating("tone"),
    "posture": rotating("posture"),
    "energy": rotating("energy"),
    "talked_down": {
        "never": said(talked_down=0),
        "once": [*WEEKLY, checkin(-14, talked_down=1)],
        "often": said(talked_down=2),
        "none": [*WEEKLY, checkin(-21, talked_down=3)],
    },
    "could_say": {
        "high": said(could_say=7),
        "middle": [*WEEKLY, checkin(-7, could_say=4), checkin(0)],
        "low": said(could_say=3),
        "none": WEEKLY,
    },
    "change": {
        "none": picked("slower", None),
        "as_it_is": picked(None, "Leave it as it is "),
        "wish": picked("leave it as it is", "slower"),
        "again": picked("slower", "more of a plan"),
        "came": picked("slower", "leave it as it is"),
        "not_here": picked(None, "rather not say here"),
    },
    "masculine_pace": {
        "yes": [*said(pace=2), client(masculinity=4)],
        "no": [*said(pace=2), client(masculinity=3)],
    },
    "checkin": {
        "not_asked": [*WEEKLY, checkin(-7)],
        "answered": said(),
        "unanswered_usually": answered_of(False, True, True, False),
        "unanswered_often": answered_of(True, True, False, False, False),
        "unanswered_first": answered_of(False),
    },
    "answering": {
        "steady": answered_of(False, False, True, True, False, False),
        "less": answered_of(True, True, False, False, True, False),
        "none": answered_of(True, True, False, False, False),
    },
    "wish_distance": {
        "near": wishes(1),
        "some": wishes(2),
        "far": wishes(3),
        "unknown": [*WEEKLY, client(prefers_pace=3), therapist(style_tone=-3)],
        "asked": [*wishes(3), checkin(-14, pace=0)],
    },
    "age": {
        "under_30": [*WEEKLY, client(birth_year=1997)],
        "over_30": [*WEEKLY, client(birth_year=1996)],
        "a45_59": [*WEEKLY, client(birth_year=1981)],
        "a60": [*WEEKLY, client(birth_year=1966)],
        "unknown": WEEKLY,
    },
    "employment": {
        "working": [*WEEKLY, client(employment=" Self-employed")],
        "unemployed": [*WEEKLY, client(employment="Unemployed")],
        "student": [*WEEKLY, client(employment="student")],
        "retired": [*WEEKLY, client(employment="retired")],
        "other": [*WEEKLY, client(employment="carer")],
        "unknown": [*WEEKLY, client(employment=" ")],
    },
    "prior_dropout": {
        "yes": [*WEEKLY, client(prior_dropout="yes")],
        "no": [*WEEKLY, client(prior_therapy="no")],
        "unknown": [*WEEKLY, client(prior_therapy="yes")],
    },
    "masculinity": {
        "high": [*WEEKLY, client(masculinity=4)],
        "low": [*WEEKLY, client(masculinity=3)],
        "unknown": WEEKLY,
    },
    "gender": {
        "man": [*WEEKLY, client(gender="Male")],
        "woman": [*WEEKLY, client(gender="woman")],
        "other": [*WEEKLY, client(gender="non-binary")],
        "unknown": WEEKLY,
    },
    "symptoms": {
        "same": [*WEEKLY, score(-40, "phq9", 15), score(0, "phq9", 20)],
        "better": [*WEEKLY, score(-28, "gad7", 10), score(0, "gad7", 6)],
        "worse": [*WEEKLY, score(-28, "who5", 50), score(0, "who5", 40)],
        "none": [*WEEKLY, score(-28, "phq9", 15), score(-7, "gad7", 10)],
    },
}
STORIES = {f"{signal} {code}": story for signal, codes in CODES.items() for code, story in codes.items()}
MORE: Mapping[str, tuple[str, str, Story]] = {
    "an answer after two days comes too late": ("checkin", "unanswered_first", [*WEEKLY, checkin(0, answered=49)]),
    "an answer within two days counts": ("checkin", "answered", [*WEEKLY, checkin(0, answered=47)]),
    "an answer given after the next session is not compared with": (
        "understood_fall",
        "first",
        [*WEEKLY, checkin(-7, answered=24 * 8, understood=10), checkin(0, understood=5)],
    ),
    "what was booked the next day is not yet known on the evening": (
        "booking",
        "free_usual",
        [*WEEKLY, ahead(7, booked=1)],
    ),
    "nothing booked after the fifth session is not yet an ending": ("perhaps_finished", "no", every_week(5)),
    "where the source does not say when anything was booked, nobody can tell": (
        "perhaps_finished",
        "no",
        [appointment(day, booked_at=None) for day in range(-63, 1, 7)],
    ),
    "what was called off the same evening is not ahead": (
        "booking",
        "free_usual",
        [*WEEKLY, called_off(7, "cancelled", on=0, hour=20)],
    ),
    "a no-show that was marked only later is not yet known": (
        "missed",
        "none",
        [*WEEKLY, called_off(-4, "no_show", on=3, by=None)],
    ),
    "the therapist's own cancellations are not his": (
        "missed",
        "none",
        [*WEEKLY, called_off(-4, "late_cancelled", on=-4, by="provider")],
    ),
    "what he missed before the first session counts": (
        "missed",
        "no_show",
        [appointment(-7, "no_show"), appointment(0)],
    ),
    "a gap in which a break was agreed does not widen": (
        "widening",
        "no",
        [*came(-44, -37, -30, 0), repair(-29, "pause")],
    ),
    "a repair that is a pause is none": ("repair", "no", [*WEEKLY, repair(0, "pause")]),
    "a repair three days later is not yet known": ("repair", "no", [*WEEKLY, repair(3)]),
    "a score from long before the episode is not its first": (
        "symptoms",
        "none",
        [*WEEKLY, score(-90, "phq9", 20), score(0, "phq9", 5)],
    ),
    "two sessions on a day are one": ("session", "s1", [appointment(0), appointment(0, appointment_id="second")]),
    "an unmarked appointment before does not count as a session": (
        "session",
        "s2",
        [appointment(-14), appointment(-7, "unknown"), appointment(0)],
    ),
}


@pytest.fixture(scope="module")
def settled() -> Moments:
    """Nine days after the last session of each story."""
    return look(STORIES | {name: story for name, (_, _, story) in MORE.items()}, day=9)


@pytest.mark.parametrize(("signal", "code"), [(signal, code) for signal, codes in CODES.items() for code in codes])
def test_the_code_of_a_story(settled: Moments, signal: str, code: str) -> None:
    assert last_contact(settled.tails, f"{signal} {code}")[signal] == code


@pytest.mark.parametrize("name", MORE)
def test_where_the_line_is(settled: Moments, name: str) -> None:
    signal, code, _ = MORE[name]
    assert last_contact(settled.tails, name)[signal] == code


def test_every_code_has_its_story() -> None:
    told = {(signal, code) for signal, codes in CODES.items() for code in codes}
    declared = {(signal.name, code) for signal in SIGNALS.values() for code in signal.codes}
    assert told == {(signal, code) for signal, code in declared if code != PENDING}


@pytest.fixture(scope="module")
def evening() -> Moments:
    """The evening of the last session."""
    return look(
        {
            "waiting": [*WEEKLY, checkin(-7, tone=1), checkin(0, answered=None)],
            "answered": said(understood=4),
            "not asked yet": [*WEEKLY, checkin(0, sent=20, answered=None)],
        },
        day=0,
    )


@pytest.mark.slow
def test_a_check_in_that_may_still_be_answered_is_pending(evening: Moments) -> None:
    waiting, settled = last_contact(evening.evenings, "waiting"), last_contact(evening.tails, "waiting")
    asked = [signal.name for signal in SIGNALS.values() if PENDING in signal.codes]
    assert {waiting[name] for name in asked} == {PENDING}
    assert {settled[name] for name in asked} == {PENDING}
    assert settled["pending"]
    assert waiting["session"] == "s4_5"


@pytest.mark.slow
def test_it_is_kept_which_were_unanswered_on_their_own_evening(evening: Moments) -> None:
    """Whatever came of them later; what was not sent by then, nobody waited for."""
    told = {name: last_contact(evening.tails, name)["waited"] for name in ("waiting", "answered", "not asked yet")}
    assert told == {"waiting": 1, "answered": 0, "not asked yet": 0}


@pytest.mark.slow
def test_an_answer_on_the_evening_is_known_on_the_evening(evening: Moments) -> None:
    answered = last_contact(evening.evenings, "answered")
    assert (answered["checkin"], answered["understood"]) == ("answered", "low")
    assert not last_contact(evening.tails, "answered")["pending"]


@pytest.mark.slow
def test_what_will_be_asked_tomorrow_has_not_been_asked(evening: Moments) -> None:
    assert last_contact(evening.evenings, "not asked yet")["checkin"] == "not_asked"


@pytest.mark.slow
def test_a_check_in_has_its_two_days_even_if_he_is_back_sooner() -> None:
    """Else those who come back within them would have an open one, and those who do not an unanswered one."""
    soon = {
        "answered": [*came(-21, -14, -7, 0, 1), checkin(0, answered=30, understood=4)],
        "unanswered": [*came(-21, -14, -7, 0, 1), checkin(0, answered=None)],
    }
    found = look(soon, day=30)
    told = dict(found.patterns.group_by("checkin").agg(pl.col("rows").sum()).iter_rows())
    assert told == {"not_asked": 6, "answered": 1, "unanswered_first": 1}


@pytest.mark.slow
def test_an_answer_that_came_late_is_never_called_unanswered() -> None:
    late = {name: [*WEEKLY, checkin(0, answered=hours)] for name, hours in (("late", 80), ("never", None))}
    found = look(late, day=8)
    assert {last_contact(found.tails, name)["checkin"] for name in late} == {"unanswered_first"}
    values = {name: last_contact(found.values, name)["asked_on"] for name in late}
    assert values["late"] is None
    assert values["never"] is not None


@pytest.mark.slow
def test_a_question_before_the_next_session_may_be_answered_for_two_days() -> None:
    asked = {"appointment_id": "a14", "sent_at": moment(6, 12), "answered_at": None}
    story = {"asked": [*WEEKLY, ahead(14), ("checkins", asked)]}
    told = [last_contact(look(story, day=day).tails, "asked")["before"] for day in (5, 6, 8, 9)]
    assert told == ["none", "none", "unanswered", "unanswered"]


@pytest.mark.slow
def test_who_sees_only_the_other_of_two_therapists_for_long_has_not_left_without_a_word() -> None:
    both = [("appointments", dict(row, therapist_id="other", appointment_id=f"o{day}"))
            for day in range(-28, 36, 7) for _, row in [appointment(day + 1)]]  # fmt: skip
    story = {"two": [*came(-28, -21, -14, -7, 0), *both]}
    soon, later = look(story, day=9), look(story, day=34)
    assert set(soon.evenings["therapist_id"]) == {"two", "other"}
    assert set(later.evenings["therapist_id"]) == {"other"}
