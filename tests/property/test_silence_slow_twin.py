"""Contacts, stages and signals equal the slow, obvious ones on any history, seen from any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from tests.property.histories import Row, Rows, moments, search, typed
from tests.property.silence_histories import absences, full_practices
from tests.property.slow_episodes import DAY
from tests.property.slow_signals import SlowSignals
from tests.property.slow_silence import Silence, SlowSilence

from holdfast.engine import Engine
from holdfast.silence.moments import CONTACT, Moments
from holdfast.silence.moments import moments as fast_moments
from holdfast.silence.signals import SIGNALS
from holdfast.tables.away import Away

pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # of ibis, towards DuckDB
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),  # of hypothesis, when an example fails
]
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock
STAGE = ["stage", "cell", "event", "bin", "part", "days", "expected_days", "late"]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def keys(silence: Silence, contact: Row) -> Row:
    one = silence.episode
    return {**one.names(), "contact": contact["contact"]}


def slow_frames(slow: SlowSilence) -> dict[str, list]:
    """What ``moments`` should give, as rows."""
    patterns: Counter = Counter()
    waited: Counter = Counter()
    spells: Counter = Counter()
    tails, stages, evenings = [], [], []
    for silence in slow.silences:
        sessions = [one for one in silence.contacts if one["attended"]]
        for contact in silence.contacts:
            settled, evening = (SlowSignals(silence, contact, days=days) for days in (2, 0))
            open_then = int(evening.is_asked and not evening.is_answered)
            codes, front = settled.all(), keys(silence, contact)
            event(f"{contact['fate']} {contact['how']}")
            if contact["fate"] in ("came", "ended"):
                if not settled.is_pending:
                    codes |= {"therapist_id": silence.episode.therapist, "how": contact["how"]}
                    pattern = tuple(sorted((codes | {"before": settled.before()}).items()))
                    patterns[pattern] += 1
                    waited[pattern] += open_then
                spells.update((one["cell"], one["event"], one["bin"]) for one in contact["stages"])
                continue
            tails.append(
                front
                | {name: contact[name] for name in ("link", "how", "fate", "sessions")}
                | {"contact_at": moment(contact["at"]), "rhythm_days": contact["rhythm"], "before": settled.before()}
                | codes
                | {"pending": settled.is_pending, "waited": open_then}
            )
            stages += [front | {name: one[name] for name in STAGE} for one in contact["stages"]]
            if silence.fate == "quiet" and contact is sessions[-1]:
                evenings.append(
                    front
                    | {"last_session_at": moment(contact["at"]), "sessions": contact["sessions"]}
                    | {"days_silent": (slow.at - contact["at"]) / DAY, "rhythm_days": contact["rhythm"]}
                    | evening.all()
                )
    patterns = Counter({pattern: (rows, waited[pattern]) for pattern, rows in patterns.items()})
    return {"patterns": patterns, "spells": spells, "tails": tails, "tail_stages": stages, "evenings": evenings}


def moment(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)


def by_key(rows: list[Row]) -> dict[tuple, Row]:
    return {(*(row[name] for name in CONTACT), row.get("stage")): row for row in rows}


def assert_same(found: Moments, slow: SlowSilence) -> None:
    expected = slow_frames(slow)
    for name in ("tails", "tail_stages", "evenings"):
        frame: pl.DataFrame = getattr(found, name)
        if name == "tail_stages":
            frame = frame.select(*CONTACT, *STAGE)
        rows, wanted = by_key(frame.to_dicts()), by_key(expected[name])
        assert rows.keys() == wanted.keys()
        for key, row in rows.items():
            for column, value in row.items():
                same = pytest.approx(wanted[key][column]) if isinstance(value, float) else wanted[key][column]
                assert value == same, (name, key, column)
    columns = ["therapist_id", "how", "before", *SIGNALS]
    patterns = {
        tuple(sorted(zip(columns, (str(one) for one in row[:-2]), strict=True))): row[-2:]
        for row in found.patterns.select(*columns, "rows", "waited").iter_rows()
    }
    assert patterns == dict(expected["patterns"])
    spells = {row[:-1]: row[-1] for row in found.spells.select("cell", "event", "bin", "rows").iter_rows()}
    assert spells == dict(expected["spells"])


@pytest.mark.slow
@search(examples=8)
@given(practice=full_practices(max_clients=8), at=moments(), exported_at=st.none() | moments())
def test_fast_and_slow_agree(engine: Engine, practice: Rows, at: datetime, exported_at: datetime | None) -> None:
    found = fast_moments(typed(practice, exported_at), at=at, engine=engine)
    assert_same(found, SlowSilence(practice, at, exported_at))


@pytest.mark.slow
@search(examples=8)
@given(
    practice=full_practices(max_clients=8),
    at=moments(),
    exported_at=st.none() | moments(),
    away=st.lists(absences(), min_size=1, max_size=5).map(tuple),
)
def test_they_agree_where_the_practice_says_when_nobody_was_there(
    engine: Engine, practice: Rows, at: datetime, exported_at: datetime | None, away: tuple[Away, ...]
) -> None:
    found = fast_moments(typed(practice, exported_at, away), at=at, engine=engine)
    assert_same(found, SlowSilence(practice, at, exported_at, away))
