"""What happened, or came to be known, after a moment changes nothing of what was seen at it.

What was not known yet is said here once more, from the table in docs/reference/episodes.md. The same people are
told several times within one practice, under other names: as it went, with the future forgotten, with another
future, and with other outcomes to come. All must look alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.histories import START, Row, Rows, maybe, moments, near, one_of, practices, search, statuses, typed

from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.tables.schema import TABLES, Certainty, Ending, InitiatedBy

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # of ibis, towards DuckDB
EXPORTED_AT = START + timedelta(days=500)  # later than everything
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock
SECOND = timedelta(seconds=1)
CALLED_OFF = ("cancelled", "late_cancelled", "rescheduled")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


# --- what was not known yet ---------------------------------------------------------------------------


def is_known(name: str, row: Row, at: datetime) -> bool:
    """Whether anybody knew of this row at ``at``, whatever came of it."""
    match name:
        case "appointments":
            return is_by(_first_said(row["booked_at"], row["starts_at"]), at)
        case "endings":
            return is_by(_first_said(row["recorded_at"], row["ended_on"]), at) and is_by(row["ended_on"], at)
        case "repairs":
            return is_by(row["at"], at)
        case _:
            return True  # a check-in: of it, the answer counts


def is_settled(row: Row, at: datetime) -> bool:
    """Whether it was known what became of this appointment."""
    told = is_by(_first_said(row["status_at"], row["starts_at"]), at)
    if row["status"] in CALLED_OFF:
        return told
    return row["status"] in ("attended", "no_show") and told and is_by(row["starts_at"], at)


def is_by(moment: datetime | None, at: datetime) -> bool:
    """Whether it had happened by then, on a clock of whole seconds."""
    return moment is not None and moment.replace(microsecond=0) <= at


def _first_said(known_at: datetime | None, happened_at: datetime) -> datetime:
    return happened_at if known_at is None else known_at


def forgotten(practice: Rows, at: datetime) -> Rows:
    """The practice with everything taken out that was not known at ``at``."""
    unsaid = {"status": "booked", "status_at": None, "initiated_by": None, "certainty": None}
    kept = {name: [row for row in rows if is_known(name, row, at)] for name, rows in practice.items()}
    kept["appointments"] = [row if is_settled(row, at) else row | unsaid for row in kept["appointments"]]
    about = {(row["client_id"], row["appointment_id"]) for row in kept["appointments"]}
    asked = [row for row in practice["checkins"] if (row["client_id"], row["appointment_id"]) in about]
    kept["checkins"] = [row for row in asked if is_by(row["answered_at"], at)]
    return kept


# --- other futures ------------------------------------------------------------------------------------


def with_future_of(practice: Rows, other: Rows, at: datetime) -> Rows:
    """What was known of one practice, going on with what was to come in another."""
    known = forgotten(practice, at)
    coming = {name: [row for row in rows if not is_known(name, row, at)] for name, rows in other.items()}
    coming["appointments"] = [row | {"appointment_id": f"b{n}"} for n, row in enumerate(coming["appointments"])]
    return {name: _one_each(name, [*coming[name], *known[name]]) for name in known}


@st.composite
def told_otherwise(draw: st.DrawFn, practice: Rows, at: datetime) -> Rows:
    """The practice with other outcomes, words and answers wherever they were not known at ``at``."""
    return {
        "appointments": [row if is_settled(row, at) else draw(_outcomes(row, at)) for row in practice["appointments"]],
        "endings": [row if is_known("endings", row, at) else draw(_endings(row, at)) for row in practice["endings"]],
        "checkins": [_answered(row, at, draw(st.integers(1, 40))) for row in practice["checkins"]],
        "repairs": practice["repairs"],
    }


def _outcomes(row: Row, at: datetime) -> st.SearchStrategy[Row]:
    outcome = {
        "status": statuses,
        "status_at": maybe(near(at, 1, 60)),
        "initiated_by": maybe(one_of(InitiatedBy)),
        "certainty": maybe(one_of(Certainty)),
    }
    return st.fixed_dictionaries(outcome).map(lambda said: row | said).filter(lambda other: not is_settled(other, at))


def _endings(row: Row, at: datetime) -> st.SearchStrategy[Row]:
    said = st.fixed_dictionaries({"kind": one_of(Ending), "recorded_at": near(at, 1, 60)})
    return said.map(lambda other: row | other)


def _answered(row: Row, at: datetime, days: int) -> Row:
    return row if is_by(row["answered_at"], at) else row | {"answered_at": at + timedelta(days=days)}


def _one_each(name: str, rows: list[Row]) -> list[Row]:
    """Of two rows with one key, the last."""
    return list({tuple(row[column] for column in TABLES[name].key): row for row in rows}.values())


# --- seen side by side --------------------------------------------------------------------------------


def side_by_side(*practices: Rows) -> Rows:
    """Several tellings as one practice: its clients under as many names."""
    return {
        name: [row | {"client_id": f"{row['client_id']}@{n}"} for n, told in enumerate(practices) for row in told[name]]
        for name in practices[0]
    }


def telling(rows: list[Row], number: int) -> list[Row]:
    """The rows of one telling, under the clients' own names and in order."""
    names = {row["client_id"]: row["client_id"].removesuffix(f"@{number}") for row in rows}
    own = [row | {"client_id": names[row["client_id"]]} for row in rows if names[row["client_id"]] != row["client_id"]]
    return sorted(
        own, key=lambda row: [row[key] for key in ("client_id", "therapist_id", "episode", "day") if key in row]
    )


@pytest.mark.slow
@search(examples=10)
@given(practice=practices(), other=practices(), at=moments(), data=st.data())
def test_the_future_changes_nothing(
    engine: Engine, practice: Rows, other: Rows, at: datetime, data: st.DataObject
) -> None:
    tellings = [
        practice,
        forgotten(practice, at),
        with_future_of(practice, other, at),
        data.draw(told_otherwise(practice, at)),
    ]
    found = episodes(typed(side_by_side(*tellings), EXPORTED_AT), engine=engine, at=at)
    for table in (found.sessions, found.episodes):
        rows = table.to_pyarrow().to_pylist()
        as_it_went = telling(rows, 0)
        for number in range(1, len(tellings)):
            assert telling(rows, number) == as_it_went


# --- endings that came to be known late ---------------------------------------------------------------

LAST_SESSION = START + timedelta(days=28)


def weekly(client: str) -> list[Row]:
    """Five sessions, a week apart."""
    return [
        {
            "appointment_id": f"a{week}",
            "client_id": client,
            "therapist_id": "t1",
            "starts_at": START + timedelta(weeks=week, hours=10),
            "status": "attended",
        }
        for week in range(5)
    ]


def told(client: str, ended_on: datetime, recorded_at: datetime | None, kind: str) -> Row:
    return {"client_id": client, "therapist_id": "t1", "ended_on": ended_on, "recorded_at": recorded_at, "kind": kind}


spoken = st.sampled_from(("planned", "told", "switched", "referred", "silent", "other"))
late = st.tuples(spoken, st.integers(1, 10), st.integers(0, 40))  # what, on which day, told how much later


def expected_ending(endings: list[Row], at: datetime) -> tuple[str, datetime | None]:
    """What the last word known at ``at`` is; without any, he is still in his fifth week."""
    known = [row for row in endings if row["recorded_at"] <= at]
    if not known:
        return "open", None
    last = max(known, key=lambda row: (row["recorded_at"], row["ended_on"]))
    return last["kind"], last["ended_on"]


@pytest.mark.slow
@search(examples=10)
@given(
    histories=st.lists(st.lists(late, max_size=3, unique_by=lambda one: one[1]), min_size=1, max_size=12),
    days=st.integers(10, 20),
)
def test_an_ending_told_late_is_there_from_then_on_and_a_later_word_corrects_it(
    engine: Engine, histories: list[list[tuple[str, int, int]]], days: int
) -> None:
    at = LAST_SESSION + timedelta(days=days)
    rows: Rows = {"appointments": [], "endings": [], "checkins": [], "repairs": []}
    expected = {}
    for number, history in enumerate(histories):
        client = f"c{number}"
        ended = [(kind, LAST_SESSION + timedelta(days=day), wait) for kind, day, wait in history]
        endings = [told(client, day, day + timedelta(days=wait), kind) for kind, day, wait in ended]
        rows["appointments"] += weekly(client)
        rows["endings"] += endings
        expected[client] = expected_ending(endings, at)
    found = episodes(typed(rows, EXPORTED_AT), engine=engine, at=at).episodes.to_pyarrow().to_pylist()
    as_found = {
        row["client_id"]: (row["ending"], row["ended_on"] and EPOCH + SECOND * row["ended_on"]) for row in found
    }
    assert as_found == expected
