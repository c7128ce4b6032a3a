"""Appointments that stand under another client in a newer export: found, told, and never taken back by an older one."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from holdfast.tables.account import account_lines
from holdfast.tables.importing import import_files
from holdfast.tables.reassigned import reassigned
from holdfast.tables.sources import source

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEAD = "appointment_id,client_id,therapist_id,starts_at,status\n"


def frames(*rows):
    told = [dict(zip(("appointment_id", "client_id"), row.split(), strict=True)) for row in rows]
    return {"appointments": pl.DataFrame(told, schema={"appointment_id": pl.String, "client_id": pl.String})}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (["x1 a", "x2 a"], ["x1 b", "x2 b"], [("a", "b", ("x1", "x2"), True)]),
        (["x1 a", "x2 a"], ["x1 b", "x2 a"], [("a", "b", ("x1",), False)]),
        (["x1 a", "x2 a"], ["x1 b", "x2 c"], [("a", "b", ("x1",), True), ("a", "c", ("x2",), True)]),
        (["x1 a", "x1 b"], ["x1 a", "x1 c"], [("b", "c", ("x1",), True)]),  # of a couple
        (["x1 a"], ["x1 a", "x1 b"], []),  # somebody comes with him now
        (["x1 a", "x1 b"], ["x1 a"], []),  # he comes alone now
        (["x1 a", "x1 b"], ["x1 c", "x1 d"], []),  # nobody can tell who became whom
        (["x1 a"], ["x2 b"], []),
        ([], ["x1 a"], []),
        (["x1 a"], [], []),
    ],
)
def test_who_became_whom(before, after, found):
    told = reassigned(frames(*before), frames(*after))
    assert [(one.was, one.now, one.appointments, one.is_gone) for one in told] == found


def brought(tmp_path, *rows, at=NOW, name="in.csv"):
    file = tmp_path / "appointments.csv"
    file.write_text(HEAD + "".join(f"{row},t1,2026-03-02T10:00,attended\n" for row in rows))
    return import_files(source("tables"), [file], tmp_path / "to", now=at, clock=NOW, timezone="UTC")


def test_it_is_told_and_an_older_export_takes_nothing_back(tmp_path):
    brought(tmp_path, "x1,a", "x2,a", at=datetime(2026, 4, 1, tzinfo=UTC))
    account = brought(tmp_path, "x1,b", "x2,b", at=datetime(2026, 4, 20, tzinfo=UTC))
    assert any(
        line.startswith("2 appointments that earlier exports had for client a") for line in account_lines(account)
    )
    (tmp_path / "to" / "appointments.csv").write_text(
        HEAD + "".join(f"x{n},b,t1,2026-03-02T10:00,attended\n" for n in (1, 2))
    )
    older = brought(tmp_path, "x1,a", "x2,a", "x3,a", at=datetime(2026, 4, 10, tzinfo=UTC))
    assert not older.reassigned
    assert older.added == 1
    kept = pl.read_csv(tmp_path / "to" / "appointments.csv")
    assert sorted(kept.select("appointment_id", "client_id").iter_rows()) == [("x1", "b"), ("x2", "b"), ("x3", "a")]
