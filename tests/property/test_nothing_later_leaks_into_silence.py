"""What happened, or came to be known, after a moment changes nothing of what the silence model sees from it.

The same practice is told four times: as it went, with the future forgotten, with another future, and with other
outcomes, answers and words to come. Every frame must be the same, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, time, timedelta

import polars as pl
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from tests.property.histories import START, Row, Rows, moments, search, typed
from tests.property.silence_histories import RATED, absences, full_practices
from tests.property.test_nothing_later_leaks import _one_each, forgotten, is_by, is_known, told_otherwise

from holdfast.engine import Engine
from holdfast.silence.moments import Moments
from holdfast.silence.moments import moments as moments_of
from holdfast.tables.away import Away

pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # of ibis, towards DuckDB
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),  # of hypothesis, when an example fails
]
EXPORTED_AT = START + timedelta(days=500)  # later than everything
Leaves = tuple[Away, ...]
ANSWERS = (*RATED, "approach", "language", "tone", "posture", "pace", "energy", "talked_down", "change")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def with_future_forgotten(practice: Rows, at: datetime) -> Rows:
    """The practice with everything taken out that was not known at ``at``."""
    known = forgotten(practice, at)
    about = {(row["client_id"], row["appointment_id"]) for row in known["appointments"]}
    sent = [row for row in practice["checkins"] if is_by(row["sent_at"], at)]
    known["checkins"] = [_unless_later(row, at) for row in sent if (row["client_id"], row["appointment_id"]) in about]
    known["scores"] = [row for row in practice["scores"] if is_by(row["taken_at"], at)]
    return known


def _unless_later(checkin: Row, at: datetime) -> Row:
    """A check-in without its answer, if that had not come yet."""
    if is_by(checkin["answered_at"], at):
        return checkin
    return checkin | dict.fromkeys(ANSWERS) | {"answered_at": None}


def with_future_of(practice: Rows, other: Rows, at: datetime) -> Rows:
    """What was known of one practice, going on with what was to come in another."""
    known = with_future_forgotten(practice, at)
    names = {row["appointment_id"]: f"b{n}" for n, row in enumerate(other["appointments"])}
    coming: Rows = {
        name: [row for row in other[name] if not is_known(name, row, at)]
        for name in ("appointments", "endings", "repairs")
    }
    coming["appointments"] = [row | {"appointment_id": names[row["appointment_id"]]} for row in coming["appointments"]]
    about = {(row["client_id"], row["appointment_id"]) for row in coming["appointments"]}
    asked = [row | {"appointment_id": names[row["appointment_id"]]} for row in other["checkins"]]
    later = [row for row in asked if not is_by(row["sent_at"], at)]
    coming["checkins"] = [row for row in later if (row["client_id"], row["appointment_id"]) in about]
    coming["scores"] = [row for row in other["scores"] if not is_by(row["taken_at"], at)]
    strangers = {row["client_id"] for row in known["clients"]}
    coming["clients"] = [row for row in other["clients"] if row["client_id"] not in strangers]
    return {name: _one_each(name, [*coming.get(name, []), *known[name]]) for name in known}


@st.composite
def going_on_otherwise(draw: st.DrawFn, practice: Rows, at: datetime) -> Rows:
    """The practice with other outcomes, words and answers wherever they were not known at ``at``."""
    told = practice | draw(told_otherwise(practice, at))
    told["checkins"] = [draw(_answered_later(row, at)) for row in practice["checkins"]]
    told["scores"] = [row if is_by(row["taken_at"], at) else row | {"score": 99.0} for row in practice["scores"]]
    return told


@st.composite
def _answered_later(draw: st.DrawFn, checkin: Row, at: datetime) -> Row:
    if is_by(checkin["answered_at"], at):
        return checkin
    told = {name: draw(st.integers(0, 10)) for name in RATED} | {"pace": draw(st.integers(-3, 3)), "change": "slower"}
    return checkin | told | {"answered_at": max(at, checkin["sent_at"]) + timedelta(days=draw(st.integers(1, 40)))}


def was_told(one: Away, at: datetime) -> bool:
    """Whether these days had begun by then, and somebody had said so."""
    first = datetime.combine(one.first_day, time())
    return first <= at and (one.told_at is None or is_by(one.told_at, at))


def until_then(away: Leaves, at: datetime) -> Leaves:
    """The leaves that were known at ``at``, as far as they had come by then."""
    return tuple(replace(one, last_day=min(one.last_day, at.date())) for one in away if was_told(one, at))


def going_on(away: Leaves, at: datetime, longer: timedelta) -> Leaves:
    """The same leaves, of which those that had not ended by then go on for longer."""
    return tuple(replace(one, last_day=one.last_day + longer) if one.last_day >= at.date() else one for one in away)


def assert_same(found: Moments, expected: Moments, how: str) -> None:
    for field in fields(Moments):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if not isinstance(one, pl.DataFrame):
            assert one == other, (how, field.name)
            continue
        assert one.schema == other.schema, (how, field.name)
        assert one.equals(other), (how, field.name)


leaves = st.lists(absences(), max_size=5).map(tuple)


@pytest.mark.slow
@search(examples=5)
@given(
    practice=full_practices(max_clients=6),
    other=full_practices(),
    away=leaves,
    at=moments(),
    data=st.data(),
)
def test_the_future_changes_nothing(
    engine: Engine, practice: Rows, other: Rows, away: Leaves, at: datetime, data: st.DataObject
) -> None:
    news = tuple(one for one in data.draw(leaves) if not was_told(one, at))
    tellings = {
        "forgotten": (with_future_forgotten(practice, at), until_then(away, at)),
        "another": (with_future_of(practice, other, at), (*news, *until_then(away, at))),
        "otherwise": (data.draw(going_on_otherwise(practice, at)), going_on(away, at, timedelta(days=9))),
    }
    as_it_went = moments_of(typed(practice, EXPORTED_AT, away), at=at, engine=engine)
    event("somebody was away" if until_then(away, at) else "nobody was away")
    event("somebody is quiet" if as_it_went.evenings.height else "nobody is quiet")
    for how, (told, leaves_told) in tellings.items():
        assert_same(moments_of(typed(told, EXPORTED_AT, leaves_told), at=at, engine=engine), as_it_went, how)
