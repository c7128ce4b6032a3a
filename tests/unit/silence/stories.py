"""Small practices, told client by client: what a story is about is all that its rows say.

Days count from the day of the last session, a Monday; each story is one client with one therapist. All stories of a
test file are one practice, worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from holdfast.silence.moments import CONTACT, Moments
from holdfast.silence.moments import moments as moments_of
from holdfast.tables.away import Away
from holdfast.tables.read import Practice, Tables, empty
from holdfast.tables.schema import TABLES

LAST_DAY = datetime(2026, 3, 2)  # noqa: DTZ001 - a wall clock; a Monday
Told = tuple[str, dict[str, object]]  # a table, and a row of it without its client and therapist
Story = Iterable[Told]
OF_A_PAIR = ("appointments", "endings", "repairs")


def moment(day: float, hour: float = 0) -> datetime:
    return LAST_DAY + timedelta(days=day, hours=hour)


def appointment(day: int, status: str = "attended", **said: object) -> Told:
    """One at ten o'clock, booked four weeks ahead unless something else is said."""
    row = {"starts_at": moment(day, 10), "status": status, "booked_at": moment(day - 28, 12), **said}
    return "appointments", {"appointment_id": f"a{day}", **row}


def came(*days: int, **said: object) -> list[Told]:
    """Sessions on these days, each booked on the day of the one before."""
    before = [days[0] - 10, *days[:-1]]
    return [appointment(day, **{"booked_at": moment(last, 11), **said}) for day, last in zip(days, before, strict=True)]


def ahead(day: int, *, booked: float = 0, hour: float = 11, **said: object) -> Told:
    """An appointment still to come, as a rule booked in the room."""
    return appointment(day, "booked", booked_at=moment(booked, hour), **said)


def called_off(day: int, status: str, *, on: float, hour: float = 9, by: str | None = "client", **said: object) -> Told:
    return appointment(day, status, status_at=moment(on, hour), initiated_by=by, **said)


def checkin(day: int, *, answered: float | None = 3, sent: float = 2, **answers: object) -> Told:
    """A check-in about the session of that day: sent, and answered, so many hours after ten."""
    told: dict[str, object] = {"appointment_id": f"a{day}", "sent_at": moment(day, 10 + sent)}
    return "checkins", {**told, "answered_at": None if answered is None else moment(day, 10 + answered), **answers}


def score(day: float, measure: str, value: float) -> Told:
    return "scores", {"measure": measure, "taken_at": moment(day, 9), "score": value}


def repair(day: float, action: str = "asked him about fit", hour: float = 15, **said: object) -> Told:
    return "repairs", {"at": moment(day, hour), "action": action, **said}


def ending(day: float, kind: str, *, recorded: float | None = None) -> Told:
    return "endings", {
        "ended_on": moment(day),
        "kind": kind,
        "recorded_at": moment(day if recorded is None else recorded),
    }


def client(**said: object) -> Told:
    return "clients", said


def therapist(**said: object) -> Told:
    return "therapists", said


def look(stories: Mapping[str, Story], *, day: float, hour: float = 18, away: tuple[Away, ...] = ()) -> Moments:
    """The practice of all these stories, from a day on which its tables are complete."""
    at = moment(day, hour)
    tables = tables_of(stories, exported_at=at)
    return moments_of(replace(tables, practice=replace(tables.practice, away=away)), at=at)


def tables_of(stories: Mapping[str, Story], *, exported_at: datetime) -> Tables:
    """Checked tables: each story's rows under the name of the story as client and as therapist."""
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in TABLES}
    for name, story in stories.items():
        told = list(story)
        for table in ("clients", "therapists"):
            if table not in {one for one, _ in told}:
                told.append((table, {}))
        for table, row in told:
            rows[table].append({"therapist_id": name, "client_id": name} | row)
    frames = {name: _frame(name, rows[name]) for name in TABLES}
    for name, table in TABLES.items():
        table.schema.validate(frames[name])
    return Tables(frames, Practice(exported_at=exported_at), frozenset(rows))


def _frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = empty(name).schema
    return pl.DataFrame({column: [row.get(column) for row in rows] for column in schema}, schema=schema)


def last_contact(frame: pl.DataFrame, name: str) -> dict[str, object]:
    """The last row of a story in one of the frames."""
    return frame.filter(pl.col("client_id") == name).sort(CONTACT).row(-1, named=True)
