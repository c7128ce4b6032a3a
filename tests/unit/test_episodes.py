"""The rules of docs/reference/episodes.md, one small table each: what was given, and what is seen.

A day stands for its midnight, and a blank for what is not known. ``expected`` names the columns that matter. All
cases seen from one moment are worked out together, as clients of one practice in which weekly is usual.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.errors import UsageError
from holdfast.tables.read import ROW, Practice, Tables, empty, to_types
from holdfast.tables.schema import TABLES

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # of ibis, towards DuckDB

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock
EXPORTED_AT = datetime(2027, 1, 1)  # noqa: DTZ001 - later than every case
IN_DAYS = (
    "started_at",
    "next_at",
    "first_session_at",
    "last_session_at",
    "ended_on",
    "paused_at",
    "recorded_at",
    "quiet_since",
)
WEEKLY = [{"client_id": "usual", "starts_at": str(datetime(2025, 1, 6) + timedelta(weeks=n))} for n in range(20)]  # noqa: DTZ001


@dataclass
class Case:
    """One rule, in the words of its name."""

    name: str
    at: str
    expected: list[Row]
    given: dict[str, list[Row]] = field(default_factory=dict)


CASES: list[Case] = []


def rows(text: str) -> list[Row]:
    """Read a table as it stands in this file."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def case(name: str, *, at: str, expected: str, **given: str) -> None:
    CASES.append(Case(name, at, rows(expected), {table: rows(text) for table, text in given.items()}))


def tables(given: dict[str, list[Row]]) -> Tables:
    """Typed tables of text rows. Who is not named is c1 with t1, and what has no status was attended."""
    frames = {}
    for name, table in TABLES.items():
        usual = {"client_id": "c1", "therapist_id": "t1", "status": "attended", "action": "pause"}
        filled = [{"appointment_id": f"a{n}", **usual, **row} for n, row in enumerate(given.get(name, []))]
        text = {column: [row.get(column) or None for row in filled] for column in table.columns}
        frame = pl.DataFrame(text, schema=dict.fromkeys(table.columns, pl.String)).with_row_index(ROW)
        frames[name] = table.schema.validate(to_types(table, frame, None).drop(ROW))
    return Tables(frames, Practice(exported_at=EXPORTED_AT))


def as_text(row: Row) -> Row:
    """A row as it would stand in this file."""
    return {name: _cell(name, value) for name, value in row.items()}


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in IN_DAYS:
        moment = EPOCH + timedelta(seconds=value)
        return moment.strftime("%Y-%m-%d" if moment.time() == EPOCH.time() else "%Y-%m-%dT%H:%M:%S")
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine.embedded(threads=1) as engine:
        yield engine


def look(given: dict[str, list[Row]], engine: Engine, at: str) -> list[Row]:
    """The episodes seen at a moment, in order."""
    found = episodes(tables(given), engine=engine, at=datetime.fromisoformat(at)).episodes.to_pyarrow().to_pylist()
    return sorted(found, key=lambda row: (row["client_id"], row["therapist_id"], row["episode"]))


@pytest.fixture(scope="module")
def seen(engine: Engine) -> dict[str, list[Row]]:
    """What is seen in each case."""
    found: dict[str, list[Row]] = {one.name: [] for one in CASES}
    for at in sorted({one.at for one in CASES}):
        together: dict[str, list[Row]] = {name: [] for name in TABLES}
        for number, one in enumerate(CASES):
            if one.at == at:
                for name, given in one.given.items():
                    together[name] += [row | {"client_id": f"{number}:{row.get('client_id', 'c1')}"} for row in given]
        together["appointments"] += WEEKLY
        for row in look(together, engine, at):
            number, _, client = row["client_id"].partition(":")
            if client:
                found[CASES[int(number)].name].append(row | {"client_id": client})
    return found


# --- silent, and not silent -------------------------------------------------------------------------

WEEKLY_UNTIL_JUNE = """
    starts_at
    2026-05-18
    2026-05-25
    2026-06-01
"""
case(
    "a weekly client is silent three weeks after his last session",
    at="2026-06-22",
    appointments=WEEKLY_UNTIL_JUNE,
    expected="""
    sessions | gaps | rhythm_days | rhythm_is_own | quiet_since | quiet_days | long_quiet_days | ending | ending_by
    3        | 2    | 7           | yes           | 2026-06-01  | 21         | 21              | silent | rule
    """,
)
case(
    "a weekly client is not silent a minute earlier",
    at="2026-06-21T23:59",
    appointments=WEEKLY_UNTIL_JUNE,
    expected="""
    quiet_since | ending | ending_by
    2026-06-01  | open   |
    """,
)
MONTHLY_UNTIL_MARCH = """
    starts_at
    2026-01-01
    2026-01-31
    2026-03-02
"""
case(
    "a monthly client is not silent after sixty days",
    at="2026-05-01",
    appointments=MONTHLY_UNTIL_MARCH,
    expected="""
    rhythm_days | quiet_days | long_quiet_days | ending
    30          | 60         | 90              | open
    """,
)
case(
    "a monthly client is silent after ninety days",
    at="2026-05-31",
    appointments=MONTHLY_UNTIL_MARCH,
    expected="""
    rhythm_days | quiet_days | long_quiet_days | ending
    30          | 90         | 90              | silent
    """,
)
case(
    "somebody who comes every three days still has three weeks",
    at="2026-06-22",
    appointments="""
    starts_at
    2026-05-29
    2026-06-01
    2026-06-04
    """,
    expected="""
    rhythm_days | quiet_days | long_quiet_days | ending
    3           | 18         | 21              | open
    """,
)
case(
    "a client who has booked ahead is not silent",
    at="2026-06-22",
    appointments="""
    starts_at  | booked_at  | status
    2026-05-18 |            | attended
    2026-05-25 |            | attended
    2026-07-15 | 2026-05-25 | booked
    """,
    expected="""
    sessions | next_at    | quiet_days | ending
    2        | 2026-07-15 | 28         | open
    """,
)
case(
    "having booked is a sign of life, even if the therapist called it off",
    at="2026-06-22",
    appointments="""
    starts_at  | booked_at  | status    | initiated_by | status_at
    2026-05-18 |            | attended  |              |
    2026-06-19 | 2026-06-10 | cancelled | provider     | 2026-06-12
    """,
    expected="""
    quiet_since | ending
    2026-06-10  | open
    """,
)
case(
    "the therapist's cancellation is no sign of life",
    at="2026-06-22",
    appointments="""
    starts_at  | status    | initiated_by | status_at
    2026-05-25 | attended  |              |
    2026-06-01 | attended  |              |
    2026-06-08 | cancelled | provider     | 2026-06-07
    """,
    expected="""
    quiet_since | ending
    2026-06-01  | silent
    """,
)
case(
    "the client's cancellation is a sign of life",
    at="2026-06-22",
    appointments="""
    starts_at  | status    | initiated_by | status_at
    2026-05-25 | attended  |              |
    2026-06-01 | attended  |              |
    2026-06-08 | cancelled | client       | 2026-06-07
    """,
    expected="""
    quiet_since | ending
    2026-06-07  | open
    """,
)
case(
    "an answered check-in is a sign of life, one only sent is not",
    at="2026-06-22",
    appointments="""
    client_id | appointment_id | starts_at
    c1        | a              | 2026-06-01
    c2        | a              | 2026-06-01
    """,
    checkins="""
    client_id | appointment_id | sent_at    | answered_at
    c1        | a              | 2026-06-02 | 2026-06-04
    c2        | a              | 2026-06-02 |
    """,
    expected="""
    client_id | quiet_since | ending
    c1        | 2026-06-04  | open
    c2        | 2026-06-01  | silent
    """,
)
case(
    "one appointment: the rhythm of the practice stands in",
    at="2026-06-08",
    appointments="""
    starts_at
    2026-06-01
    """,
    expected="""
    sessions | gaps | rhythm_days | rhythm_is_own | ending
    1        | 0    | 7           | no            | open
    """,
)
case(
    "only bookings to come",
    at="2026-06-08",
    appointments="""
    starts_at  | booked_at  | status
    2026-06-15 | 2026-06-01 | booked
    2026-06-22 | 2026-06-01 | booked
    """,
    expected="""
    appointments | sessions | next_at    | quiet_since | ending | switched_to | came_from
    2            | 0        | 2026-06-15 | 2026-06-01  | open   |             |
    """,
)

# --- never started, and nobody marked it --------------------------------------------------------------

case(
    "somebody who never came has never started",
    at="2026-06-22",
    appointments="""
    starts_at  | booked_at  | status
    2026-06-01 | 2026-05-20 | no_show
    """,
    expected="""
    sessions | no_shows | quiet_since | ending        | ending_by
    0        | 1        | 2026-06-01  | never_started | rule
    """,
)
case(
    "where nobody marked whether he came, he has not never started",
    at="2026-06-22",
    appointments="""
    starts_at  | booked_at  | status
    2026-06-01 | 2026-05-20 | unknown
    """,
    expected="""
    sessions | unmarked | unmarked_after | ending
    0        | 1        | yes            | open
    """,
)
case(
    "an unmarked appointment is not a session, and leaves it open whether he came",
    at="2026-06-08",
    appointments="""
    starts_at  | status
    2026-05-25 | attended
    2026-06-01 | booked
    """,
    expected="""
    sessions | unmarked | unmarked_after | last_session_at | quiet_since
    1        | 1        | yes            | 2026-05-25      | 2026-06-01
    """,
)
MARKED_A_WEEK_LATER = """
    starts_at  | booked_at  | status   | status_at
    2026-06-01 | 2026-05-25 | attended | 2026-06-08
"""
case(
    "a session marked a week later is unmarked until then",
    at="2026-06-07",
    appointments=MARKED_A_WEEK_LATER,
    expected="""
    sessions | unmarked
    0        | 1
    """,
)
case(
    "a session marked a week later is a session from then on",
    at="2026-06-08",
    appointments=MARKED_A_WEEK_LATER,
    expected="""
    sessions | unmarked
    1        | 0
    """,
)
case(
    "an attendance that the source sets by itself is counted as assumed",
    at="2026-06-08",
    appointments="""
    starts_at  | certainty
    2026-05-18 | recorded
    2026-05-25 | defaulted
    2026-06-01 | inferred
    """,
    expected="""
    sessions | assumed
    3        | 2
    """,
)

# --- two on a day, couples, groups ---------------------------------------------------------------------

case(
    "two on one day are one session",
    at="2026-06-22",
    appointments="""
    starts_at
    2026-06-01T09:00
    2026-06-01T16:00
    2026-06-08T09:00
    """,
    expected="""
    appointments | sessions | gaps | first_session_at    | last_session_at
    3            | 2        | 1    | 2026-06-01T09:00:00 | 2026-06-08T09:00:00
    """,
)
case(
    "a part of a second does not move a session into the next day",
    at="2026-06-08",
    appointments="""
    starts_at
    2026-06-01T09:00:00
    2026-06-01T23:59:59.9
    """,
    expected="""
    appointments | sessions | gaps
    2            | 1        | 0
    """,
)
case(
    "a couple: each has his own episode, and one may go on alone",
    at="2026-06-22",
    appointments="""
    appointment_id | client_id | starts_at  | status
    a              | c1        | 2026-05-18 | attended
    a              | c2        | 2026-05-18 | attended
    b              | c1        | 2026-05-25 | attended
    b              | c2        | 2026-05-25 | no_show
    c              | c1        | 2026-06-15 | attended
    """,
    expected="""
    client_id | sessions | no_shows | ending
    c1        | 3        | 0        | open
    c2        | 1        | 1        | silent
    """,
)
case(
    "a group: one session for each who came",
    at="2026-06-08",
    appointments="""
    appointment_id | client_id | starts_at  | status
    g              | c1        | 2026-06-01 | attended
    g              | c2        | 2026-06-01 | attended
    g              | c3        | 2026-06-01 | no_show
    """,
    expected="""
    client_id | appointments | sessions
    c1        | 1            | 1
    c2        | 1            | 1
    c3        | 1            | 0
    """,
)

# --- agreed breaks ------------------------------------------------------------------------------------

case(
    "an agreed break and the return: the gap says nothing about his rhythm",
    at="2026-05-18",
    appointments="""
    starts_at
    2026-03-02
    2026-03-09
    2026-03-16
    2026-05-04
    2026-05-11
    """,
    repairs="""
    at         | until
    2026-03-16 | 2026-05-04
    """,
    expected="""
    sessions | gaps | breaks | rhythm_days | paused | ending
    5        | 3    | 1      | 7           | no     | open
    """,
)
BREAK_UNTIL_MAY = {
    "appointments": """
    starts_at
    2026-03-02
    2026-03-09
    2026-03-16
    """,
    "repairs": """
    at         | until
    2026-03-17 | 2026-05-04
    """,
}
case(
    "in an agreed break he is not silent",
    at="2026-05-03",
    **BREAK_UNTIL_MAY,
    expected="""
    paused | quiet_since | ending
    yes    | 2026-03-17  | open
    """,
)
case(
    "who does not return from a break is silent from the day he had named",
    at="2026-05-25",
    **BREAK_UNTIL_MAY,
    expected="""
    paused | quiet_since | quiet_days | ending
    no     | 2026-05-04  | 21         | silent
    """,
)
case(
    "a break without a day to come back on has no end of its own",
    at="2026-05-25",
    appointments=BREAK_UNTIL_MAY["appointments"],
    repairs="""
    at         | until
    2026-03-17 |
    """,
    expected="""
    paused | quiet_since | ending
    yes    | 2026-03-17  | open
    """,
)
case(
    "another kind of repair is not a break",
    at="2026-05-25",
    appointments=BREAK_UNTIL_MAY["appointments"],
    repairs="""
    at         | until | action
    2026-03-17 |       | asked about pace
    """,
    expected="""
    paused | quiet_since | ending
    no     | 2026-03-16  | silent
    """,
)

case(
    "an open-ended break ends with the goodbye: who booked anew and never came has never started",
    at="2026-07-20",
    appointments="""
    starts_at  | status   | booked_at
    2026-03-02 | attended |
    2026-06-08 | no_show  | 2026-06-01
    """,
    repairs="""
    at         | until
    2026-03-03 |
    """,
    endings="""
    ended_on   | kind
    2026-03-10 | planned
    """,
    expected="""
    episode | paused | paused_at  | ending
    0       | yes    | 2026-03-03 | planned
    1       | no     |            | never_started
    """,
)
case(
    "a break agreed after the goodbye belongs to what began then",
    at="2026-07-20",
    appointments="""
    starts_at  | booked_at
    2026-03-02 |
    2026-06-08 | 2026-06-01
    """,
    repairs="""
    at         | until
    2026-06-09 |
    """,
    endings="""
    ended_on   | kind
    2026-03-10 | planned
    """,
    expected="""
    episode | paused | paused_at  | ending
    0       | no     |            | planned
    1       | yes    | 2026-06-09 | open
    """,
)
case(
    "an unmarked hour on the day of his last session leaves no doubt that he was there",
    at="2026-07-20",
    appointments="""
    starts_at        | status
    2026-06-01T10:00 | attended
    2026-06-01T11:00 | unknown
    """,
    expected="""
    sessions | unmarked | unmarked_after | ending
    1        | 1        | no             | silent
    """,
)

# --- handovers ----------------------------------------------------------------------------------------

case(
    "a handover with a record",
    at="2026-06-22",
    appointments="""
    therapist_id | starts_at
    t1           | 2026-05-25
    t1           | 2026-06-01
    t2           | 2026-06-15
    """,
    endings="""
    therapist_id | ended_on   | kind
    t1           | 2026-06-02 | switched
    """,
    expected="""
    therapist_id | sessions | ending   | ending_by | switched_to | came_from
    t1           | 2        | switched | recorded  | t2          |
    t2           | 1        | open     |           |             | t1
    """,
)
case(
    "a handover without a record is inferred once it is quiet",
    at="2026-06-22",
    appointments="""
    therapist_id | starts_at
    t1           | 2026-05-04
    t1           | 2026-05-11
    t2           | 2026-06-15
    """,
    expected="""
    therapist_id | quiet_days | ending   | ending_by | switched_to | came_from
    t1           | 42         | switched | inferred  | t2          |
    t2           | 7          | open     |           |             | t1
    """,
)
case(
    "a booking with another therapist is a handover as well",
    at="2026-06-22",
    appointments="""
    therapist_id | starts_at  | booked_at  | status
    t1           | 2026-05-04 |            | attended
    t1           | 2026-05-11 |            | attended
    t2           | 2026-06-29 | 2026-06-15 | booked
    """,
    expected="""
    therapist_id | ending   | ending_by | switched_to | came_from
    t1           | switched | inferred  | t2          |
    t2           | open     |           |             | t1
    """,
)
case(
    "two therapists side by side are not a handover while both go on",
    at="2026-06-22",
    appointments="""
    therapist_id | starts_at
    t1           | 2026-06-08
    t2           | 2026-06-09
    t1           | 2026-06-15
    t2           | 2026-06-16
    """,
    expected="""
    therapist_id | ending | switched_to | came_from
    t1           | open   |             |
    t2           | open   |             | t1
    """,
)
case(
    "he went on to whom he came to, not to whom he never came",
    at="2026-06-22",
    appointments="""
    therapist_id | starts_at  | status
    t1           | 2026-05-25 | attended
    t2           | 2026-05-28 | no_show
    """,
    endings="""
    therapist_id | ended_on   | kind
    t1           | 2026-05-26 | switched
    """,
    expected="""
    therapist_id | ending        | switched_to | came_from
    t1           | switched      |             |
    t2           | never_started |             |
    """,
)
case(
    "a leftover booking with the same therapist is no handover",
    at="2026-06-22",
    appointments="""
    starts_at  | booked_at  | status
    2026-04-27 |            | attended
    2026-05-11 |            | attended
    2026-06-29 | 2026-04-27 | booked
    """,
    endings="""
    ended_on   | kind
    2026-05-04 | planned
    """,
    expected="""
    episode | sessions | next_at    | ending  | ending_by
    0       | 1        | 2026-06-29 | planned | recorded
    1       | 1        |            | silent  | rule
    """,
)

# --- recorded endings ---------------------------------------------------------------------------------

case(
    "who comes back after a goodbye begins a new episode",
    at="2026-06-22",
    appointments="""
    starts_at
    2026-04-27
    2026-06-15
    """,
    endings="""
    ended_on   | kind
    2026-05-04 | planned
    """,
    expected="""
    episode | sessions | started_at | ended_on   | ending
    0       | 1        | 2026-04-27 | 2026-05-04 | planned
    1       | 1        | 2026-06-15 |            | open
    """,
)
case(
    "a session on the day of the goodbye belongs before it",
    at="2026-06-22",
    appointments="""
    starts_at
    2026-04-27
    2026-05-04T10:00
    """,
    endings="""
    ended_on   | kind
    2026-05-04 | planned
    """,
    expected="""
    episode | sessions | ending
    0       | 2        | planned
    """,
)
case(
    "a leftover booking, cancelled after the goodbye, begins nothing",
    at="2026-06-22",
    appointments="""
    starts_at  | booked_at  | status    | initiated_by | status_at
    2026-04-27 | 2026-04-20 | attended  |              |
    2026-05-11 | 2026-04-20 | cancelled | client       | 2026-05-05
    """,
    endings="""
    ended_on   | kind
    2026-05-04 | planned
    """,
    expected="""
    episode | appointments | sessions | ending
    0       | 2            | 1        | planned
    """,
)
case(
    "something booked after the goodbye begins a new episode even if he does not come",
    at="2026-06-22",
    appointments="""
    starts_at  | booked_at  | status
    2026-04-27 | 2026-04-20 | attended
    2026-05-18 | 2026-05-11 | no_show
    """,
    endings="""
    ended_on   | kind
    2026-05-04 | planned
    """,
    expected="""
    episode | appointments | sessions | ending
    0       | 1            | 1        | planned
    1       | 1            | 0        | never_started
    """,
)
TOLD_LATE = {
    "appointments": WEEKLY_UNTIL_JUNE,
    "endings": """
    ended_on   | kind | recorded_at
    2026-06-02 | told | 2026-06-20
    """,
}
case(
    "an ending told late is not known before",
    at="2026-06-19",
    **TOLD_LATE,
    expected="""
    ending | ended_on | recorded_at
    open   |          |
    """,
)
case(
    "an ending told late is known from then on, with the day it fell on",
    at="2026-06-20",
    **TOLD_LATE,
    expected="""
    ending | ending_by | ended_on   | recorded_at
    told   | recorded  | 2026-06-02 | 2026-06-20
    """,
)
CORRECTED = {
    "appointments": WEEKLY_UNTIL_JUNE,
    "endings": """
    ended_on   | kind   | recorded_at
    2026-06-08 | silent | 2026-06-09
    2026-06-03 | told   | 2026-06-20
    """,
}
case(
    "until it is corrected, the first word stands",
    at="2026-06-19",
    **CORRECTED,
    expected="""
    episode | ending | ended_on
    0       | silent | 2026-06-08
    """,
)
case(
    "a later word corrects the first, and makes no second episode",
    at="2026-06-20",
    **CORRECTED,
    expected="""
    episode | ending | ended_on
    0       | told   | 2026-06-03
    """,
)
case(
    "two words on one day correct each other, and what follows is one new episode",
    at="2026-06-22",
    appointments="""
    starts_at
    2026-04-27
    2026-06-15
    """,
    endings="""
    ended_on         | kind    | recorded_at
    2026-05-04T09:00 | other   | 2026-05-05
    2026-05-04T17:00 | planned | 2026-05-05
    2026-05-06       | told    | 2026-05-07
    """,
    expected="""
    episode | sessions | ending | ended_on
    0       | 1        | told   | 2026-05-06
    1       | 1        | open   |
    """,
)
case(
    "a referral that never came to a booking is an episode",
    at="2026-06-22",
    endings="""
    ended_on   | kind
    2026-06-01 | never_started
    """,
    expected="""
    episode | appointments | sessions | quiet_since | quiet_days | ending        | ending_by
    0       | 0            | 0        |             |            | never_started | recorded
    """,
)
case(
    "recorded as silent, but he never came: he never started",
    at="2026-06-22",
    appointments="""
    starts_at  | status
    2026-05-04 | no_show
    """,
    endings="""
    ended_on   | kind
    2026-06-01 | silent
    """,
    expected="""
    sessions | ending        | ending_by
    0        | never_started | recorded
    """,
)
case(
    "recorded as never started, but he came: he ended in another way",
    at="2026-06-22",
    appointments="""
    starts_at
    2026-05-04
    """,
    endings="""
    ended_on   | kind
    2026-06-01 | never_started
    """,
    expected="""
    sessions | ending | ending_by
    1        | other  | recorded
    """,
)


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name.replace(" ", "_"))
def test_rule(one: Case, seen: dict[str, list[Row]]) -> None:
    found = [{name: text for name, text in as_text(row).items() if name in one.expected[0]} for row in seen[one.name]]
    assert found == one.expected


# --- practices of their own ---------------------------------------------------------------------------


def test_without_any_gap_in_the_practice_a_week_is_assumed(engine: Engine) -> None:
    (row,) = look({"appointments": [{"starts_at": "2026-06-01"}]}, engine, "2026-06-08")
    assert (row["rhythm_days"], row["rhythm_is_own"]) == (7.0, False)


def test_the_rhythm_of_the_practice_leaves_breaks_out(engine: Engine) -> None:
    sessions = [{"starts_at": day} for day in ("2026-03-02", "2026-03-16", "2026-05-25")]
    pause = [{"at": "2026-03-17"}]
    (row,) = look({"appointments": sessions, "repairs": pause}, engine, "2026-06-01")
    assert (row["rhythm_days"], row["rhythm_is_own"]) == (14.0, False)


def test_no_appointments_no_episodes(engine: Engine) -> None:
    assert look({}, engine, "2026-06-08") == []


def test_nothing_has_happened_yet_and_somebody_said_from_when_to_look(engine: Engine) -> None:
    told = tables({"appointments": [{"starts_at": "2026-07-01", "status": "booked"}]})
    found = episodes(Tables(told.frames), engine=engine, at=datetime(2026, 6, 1))  # noqa: DTZ001
    (row,) = found.episodes.to_pyarrow().to_pylist()
    assert (row["ending"], row["sessions"], _cell("next_at", row["next_at"])) == ("open", 0, "2026-07-01")


def test_nothing_has_happened_and_nobody_said_from_when_to_look(engine: Engine) -> None:
    nothing = Tables({name: empty(name) for name in TABLES})
    with pytest.raises(UsageError, match="Say from when to look"):
        episodes(nothing, engine=engine)


def test_without_an_export_moment_the_last_thing_told_is_when_we_look_from(engine: Engine) -> None:
    told = tables({"appointments": [{"starts_at": "2026-06-01"}, {"starts_at": "2026-07-01", "status": "booked"}]})
    assert episodes(Tables(told.frames), engine=engine).at == datetime(2026, 6, 1)  # noqa: DTZ001


def test_sessions_are_numbered_within_their_episode(engine: Engine) -> None:
    days = ["2026-04-27", "2026-06-15", "2026-06-22"]
    given = tables(
        {"appointments": [{"starts_at": day} for day in days], "endings": [{"ended_on": "2026-05-04", "kind": "told"}]}
    )
    found = episodes(given, engine=engine, at=datetime(2026, 6, 30))  # noqa: DTZ001
    rows = found.ordered_sessions().to_pyarrow().to_pylist()
    assert sorted((row["episode"], row["session"], row["gap_days"]) for row in rows) == [
        (0, 1, None),
        (1, 1, None),
        (1, 2, 7),
    ]
