"""What happened, or came to be known, after a moment changes nothing of what the silence model sees from it.

The same practice is told four times: as it went, with the future forgotten, with another future, and with other
outcomes, answers and words to come. Every frame must be the same, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from tests.property.histories import START, Row, Rows, moments, search, typed
from tests.property.silence_histories import RATED, full_practices
from tests.property.test_nothing_later_leaks import _one_each, forgotten, is_by, is_known, told_otherwise

from holdfast.engine import Engine
from holdfast.silence.moments import Moments
from holdfast.silence.moments import moments as moments_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # of ibis, towards DuckDB
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),  # of hypothesis, when an example fails
]
EXPORTED_AT = START + timedelta(days=500)  # later than everything
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


def assert_same(found: Moments, expected: Moments, how: str) -> None:
    for field in fields(Moments):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if not isinstance(one, pl.DataFrame):
            assert one == other, (how, field.name)
            continue
        assert one.schema == other.schema, (how, field.name)
        assert one.equals(other), (how, field.name)


@pytest.mark.slow
@search(examples=5)
@given(practice=full_practices(max_clients=6), other=full_practices(), at=moments(), data=st.data())
def test_the_future_changes_nothing(
    engine: Engine, practice: Rows, other: Rows, at: datetime, data: st.DataObject
) -> None:
    tellings = {
        "forgotten": with_future_forgotten(practice, at),
        "another": with_future_of(practice, other, at),
        "otherwise": data.draw(going_on_otherwise(practice, at)),
    }
    as_it_went = moments_of(typed(practice, EXPORTED_AT), at=at, engine=engine)
    event("somebody is quiet" if as_it_went.evenings.height else "nobody is quiet")
    for how, told in tellings.items():
        assert_same(moments_of(typed(told, EXPORTED_AT), at=at, engine=engine), as_it_went, how)
