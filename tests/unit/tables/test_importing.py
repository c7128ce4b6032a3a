"""Merging, interruption, and what else may go wrong with the folder that is imported into."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from tests.interop.answer_key import read_csv
from tests.unit.tables.made_files import HEADING, NOW, ONE, appointments, import_tables, save, snapshot

from holdfast.errors import FolderError, HoldfastError, SourceError
from holdfast.tables import importing, journal
from holdfast.tables.merge import as_frame, harmless, upsert
from holdfast.tables.read import read_tables
from holdfast.tables.schema import TABLES
from holdfast.tables.sources import source

Row = dict[str, str]
YESTERDAY = NOW - timedelta(days=1)


def rows_in(folder: Path, table: str = "appointments") -> list[Row]:
    return read_csv(folder / f"{table}.csv")


def given_tables(folder: Path, mark: str, count: int = 3) -> Path:
    """A folder of three tables in which everything carries one mark, so that a mixture is seen."""
    ids = [f"{mark}{number}" for number in range(count)]
    save(folder / "appointments.csv", appointments(*(f"{id},{id},T1,2026-11-01,attended,recorded" for id in ids)))
    save(folder / "clients.csv", "client_id,gender\n" + "".join(f"{id},{mark}\n" for id in ids))
    save(
        folder / "scores.csv", "client_id,measure,taken_at,score\n" + "".join(f"{id},phq9,2026-11-01,9\n" for id in ids)
    )
    return folder


class TestMerging:
    def test_importing_twice_changes_nothing(self, tmp_path: Path) -> None:
        files = given_tables(tmp_path / "in", "A")
        import_tables(files, tmp_path / "out")
        before = snapshot(tmp_path / "out")
        account = import_tables(files, tmp_path / "out")
        assert snapshot(tmp_path / "out") == before
        assert (account.added, account.updated, account.unchanged) == (0, 0, 3)

    def test_a_newer_export_updates_and_leaves_what_it_does_not_say(self, tmp_path: Path) -> None:
        old = f"{HEADING},status_at,fee\na1,C1,T1,2026-11-30T09:00,booked,recorded,2026-11-01,80\n"
        import_tables(save(tmp_path / "1" / "appointments.csv", old), tmp_path / "out", now=YESTERDAY)
        same_outcome = f"{HEADING},status_at,fee\na1,C1,T2,2026-11-30T09:00,booked,recorded,,\n"
        account = import_tables(save(tmp_path / "2" / "appointments.csv", same_outcome), tmp_path / "out")
        (row,) = rows_in(tmp_path / "out")
        assert account.updated == 1
        assert (row["therapist_id"], row["status_at"], row["fee"]) == ("T2", "2026-11-01", "80")

    def test_with_a_new_outcome_nothing_of_the_old_one_is_kept(self, tmp_path: Path) -> None:
        old = f"{HEADING},initiated_by,status_at\na1,C1,T1,2026-11-01T09:00,late_cancelled,recorded,client,2026-10-31\n"
        import_tables(save(tmp_path / "1" / "appointments.csv", old), tmp_path / "out", now=YESTERDAY)
        new = f"{HEADING},initiated_by,status_at\na1,C1,T1,2026-11-01T09:00,attended,recorded,,\n"
        import_tables(save(tmp_path / "2" / "appointments.csv", new), tmp_path / "out")
        (row,) = rows_in(tmp_path / "out")
        assert (row["status"], row.get("initiated_by", ""), row.get("status_at", "")) == ("attended", "", "")

    def test_an_older_export_adds_only_what_was_not_there(self, tmp_path: Path) -> None:
        newer = appointments("a1,C1,T1,2026-11-01T09:00,attended,recorded")
        older = appointments("a1,C1,T1,2026-11-01T09:00,booked,recorded", "a0,C1,T1,2026-10-01,attended,recorded")
        import_tables(save(tmp_path / "1" / "appointments.csv", newer), tmp_path / "out")
        account = import_tables(save(tmp_path / "2" / "appointments.csv", older), tmp_path / "out", now=YESTERDAY)
        assert (account.added, account.not_replaced) == (1, 1)
        assert {row["appointment_id"]: row["status"] for row in rows_in(tmp_path / "out")} == {
            "a1": "attended",
            "a0": "attended",
        }
        told = json.loads((tmp_path / "out" / "practice.json").read_text())
        assert told["exported_at"].startswith("2026-11-20T18:00")

    def test_what_a_newer_export_of_the_same_days_no_longer_has_is_counted_and_kept(self, tmp_path: Path) -> None:
        first = appointments(
            "a1,C1,T1,2026-11-01T09:00,attended,recorded",
            "a2,C1,T1,2026-11-08T09:00,attended,recorded",
            "a3,C2,T1,2026-11-08T10:00,cancelled,recorded",
            "a4,C2,T1,2026-11-15T10:00,attended,recorded",
            "a5,C2,T1,2026-12-15T10:00,booked,recorded",
        )
        import_tables(save(tmp_path / "1" / "appointments.csv", first), tmp_path / "out", now=YESTERDAY)
        second = appointments(
            "a1,C1,T1,2026-11-01T09:00,attended,recorded", "a4,C2,T1,2026-11-15T10:00,attended,recorded"
        )
        account = import_tables(save(tmp_path / "2" / "appointments.csv", second), tmp_path / "out")
        assert any(note.startswith("One appointment of an earlier export is not in this one") for note in account.notes)
        assert [row["appointment_id"] for row in rows_in(tmp_path / "out")] == ["a1", "a2", "a3", "a4", "a5"]

    def test_an_export_of_other_days_or_of_what_was_called_off_misses_nothing(self, tmp_path: Path) -> None:
        first = appointments("a1,C1,T1,2026-11-01T09:00,attended,recorded", "a2,C1,T1,2026-11-08,attended,recorded")
        import_tables(save(tmp_path / "1" / "appointments.csv", first), tmp_path / "out", now=YESTERDAY)
        for part in ("b1,C1,T1,2026-11-15,attended,recorded", "c1,C1,T1,2026-11-03,cancelled,recorded"):
            account = import_tables(
                save(tmp_path / part[:2] / "appointments.csv", appointments(part)), tmp_path / "out"
            )
            assert not any("not in this one" in note for note in account.notes)

    def test_clients_written_by_hand_beside_imported_appointments_are_kept(self, tmp_path: Path) -> None:
        import_tables(save(tmp_path / "1" / "appointments.csv", ONE), tmp_path / "out")
        save(tmp_path / "out" / "clients.csv", "client_id,gender,team\nC1,man,blue\n")
        newer = appointments("b1,C2,T1,2026-11-02T09:00,attended,recorded")
        import_tables(save(tmp_path / "2" / "appointments.csv", newer), tmp_path / "out")
        clients = {row["client_id"]: (row["gender"], row["team"]) for row in rows_in(tmp_path / "out", "clients")}
        assert clients == {"C1": ("man", "blue"), "C2": ("", "")}

    def test_two_systems_with_the_same_numbers_are_refused(self, tmp_path: Path) -> None:
        import_tables(save(tmp_path / "1" / "appointments.csv", ONE), tmp_path / "out")
        other = f"{HEADING},source\na1,C9,T1,2026-11-01T09:00,attended,recorded,acuity\n"
        before = snapshot(tmp_path / "out")
        with pytest.raises(SourceError, match="Appointment a1 is in this folder already, from tables"):
            import_tables(save(tmp_path / "2" / "appointments.csv", other), tmp_path / "out")
        assert snapshot(tmp_path / "out") == before

    def test_clients_known_to_two_systems_by_one_id_are_told_of(self, tmp_path: Path) -> None:
        import_tables(save(tmp_path / "1" / "appointments.csv", ONE), tmp_path / "out")
        other = f"{HEADING},source\nb1,C1,T1,2026-11-01T09:00,attended,recorded,acuity\n"
        account = import_tables(save(tmp_path / "2" / "appointments.csv", other), tmp_path / "out")
        assert any("more than one system under the same id" in note for note in account.notes)

    def test_whoever_is_mentioned_gets_a_row_where_the_table_is_there(self, tmp_path: Path) -> None:
        save(tmp_path / "in" / "appointments.csv", ONE)
        save(tmp_path / "in" / "clients.csv", "client_id,gender\nC7,man\n")
        import_tables(tmp_path / "in", tmp_path / "out")
        assert [row["client_id"] for row in rows_in(tmp_path / "out", "clients")] == ["C7", "C1"]
        assert not (tmp_path / "out" / "therapists.csv").exists()

    def test_a_dry_run_writes_nothing(self, tmp_path: Path) -> None:
        account = import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "new" / "out", dry=True)
        assert (account.added, account.written) == (1, False)
        assert not (tmp_path / "new").exists()

    def test_nothing_a_spreadsheet_would_run_is_written(self, tmp_path: Path) -> None:
        cells = ["=cmd()", "+44 20 7946", "-x", "@SUM(A1)", "\t=1", "＝cmd()", "-5", "+5", "1e5", "plain"]
        rows = [f'a{number},"{cell}",T1,2026-11-01,attended,,"{cell}"' for number, cell in enumerate(cells)]
        text = f"{HEADING},=room\n" + "\n".join(rows) + "\n"
        import_tables(save(tmp_path / "appointments.csv", text), tmp_path / "out")
        written = rows_in(tmp_path / "out")
        expected = ["'=cmd()", "'+44 20 7946", "'-x", "'@SUM(A1)", "'=1", "'＝cmd()", "-5", "+5", "1e5", "plain"]
        assert [row["client_id"] for row in written] == [row["'=room"] for row in written] == expected
        before = snapshot(tmp_path / "out")
        import_tables(tmp_path / "appointments.csv", tmp_path / "out")
        assert snapshot(tmp_path / "out") == before

    def test_what_stood_in_the_folder_is_made_harmless_too(self, tmp_path: Path) -> None:
        save(tmp_path / "out" / "appointments.csv", f"{HEADING},room\na0,C1,T1,2026-11-01,attended,,=cmd()\n")
        import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")
        assert rows_in(tmp_path / "out")[0]["room"] == "'=cmd()"


def slow_upsert(
    table: str, old: Sequence[Row], new: Sequence[Row], *, keep_old: bool
) -> tuple[list[Row], Mapping[str, int]]:
    """The same rules one row at a time, as plainly as they can be written."""
    key = TABLES[table].key
    rows = {tuple(row[name] for name in key): dict(row) for row in old}
    tally = dict.fromkeys(("added", "updated", "unchanged", "not_replaced"), 0)
    for row in new:
        place = tuple(row[name] for name in key)
        before = rows.get(place)
        if before is None:
            rows[place] = dict(row)
            tally["added"] += 1
        elif keep_old:
            same = all(before[name] == cell for name, cell in row.items() if cell)
            tally["unchanged" if same else "not_replaced"] += 1
        else:
            all_new = (
                ("status", "initiated_by") if table == "appointments" and before["status"] != row["status"] else ()
            )
            rows[place] = {name: cell if cell or name in all_new else before[name] for name, cell in row.items()}
            tally["unchanged" if rows[place] == before else "updated"] += 1
    return list(rows.values()), tally


_COLUMNS = ("appointment_id", "client_id", "status", "initiated_by", "fee", "room")
_CELL = st.sampled_from(["", "x", "y"])
_ROW = st.fixed_dictionaries(
    {
        "appointment_id": st.sampled_from("123"),
        "client_id": st.sampled_from("AB"),
        "status": _CELL,
        "initiated_by": _CELL,
        "fee": _CELL,
        "room": _CELL,
    }
)


@pytest.mark.slow
@given(old=st.lists(_ROW, max_size=6), new=st.lists(_ROW, max_size=8), keep_old=st.booleans())
def test_merging_frames_gives_what_merging_row_by_row_gives(old: list[Row], new: list[Row], keep_old: bool) -> None:
    table = TABLES["appointments"]
    old = list({(row["appointment_id"], row["client_id"]): row for row in old}.values())
    slow, slow_tally = slow_upsert("appointments", old, new, keep_old=keep_old)
    tally: Counter[str] = Counter()
    merged = upsert(table, as_frame(table, old), as_frame(table, new), tally, keep_old=keep_old)
    columns = list(_COLUMNS)
    blank = merged.select(
        pl.col(name).fill_null("") if name in merged.columns else pl.lit("").alias(name) for name in columns
    )
    assert blank.to_dicts() == [{name: row[name] for name in columns} for row in slow]
    assert {name: tally[name] for name in slow_tally} == slow_tally


@given(st.lists(st.text(max_size=6), min_size=1, max_size=5))
def test_making_harmless_twice_is_making_it_once(cells: list[str]) -> None:
    once = harmless(pl.DataFrame({"a": cells}, schema={"a": pl.String}))
    assert harmless(once).equals(once)
    assert not any(cell and cell[0] in "=+-@" and not _is_number(cell) for cell in once["a"])


def _is_number(text: str) -> bool:
    return bool(pl.Series([text]).cast(pl.Float64, strict=False).is_not_null().all())


class TestTheFoldersFacts:
    @pytest.mark.parametrize(
        "text",
        [
            "{",
            "[]",
            "null",
            '{"imported": []}',
            '{"imported": {"tables": "yesterday"}}',
            '{"imported": {"tables": "2026-11-01T09:00"}}',
            '{"imported": {"tables": 5}}',
            '{"compared_up_to": {"ical": "x"}}',
            '{"exported_at": "soon"}',
            '{"exported_at": 5}',
            '{"notice_hours": "a day"}',
            '{"timezone": "Nowhere"}',
            '{"timezone": 5}',
            "\ufeff\x00",
            "[" * 100_000,
        ],
    )
    def test_a_damaged_file_is_told_of_and_left_as_it_is(self, tmp_path: Path, text: str) -> None:
        import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")
        save(tmp_path / "out" / "practice.json", text)
        before = snapshot(tmp_path / "out")
        with pytest.raises(HoldfastError, match=r"practice\.json cannot be read|is not a time zone"):
            importing.import_files(
                source("tables"), [tmp_path / "appointments.csv"], tmp_path / "out", now=NOW, clock=NOW
            )
        assert snapshot(tmp_path / "out") == before

    @pytest.mark.parametrize(
        ("told", "place"),
        [
            ({"notice_hours": "x"}, "notice_hours"),
            ({"notice_hours": 1e300}, "notice_hours"),
            ({"timezone": "Nowhere"}, "timezone"),
            ({"away": [{"first_day": "x"}]}, "away"),
            ({"away": {"first_day": "x"}}, "away"),
            ({"exported_at": "0001-01-01T00:00:00+00:00"}, "exported_at"),
            ({"exported_at": "9999-12-31T23:59:59+00:00"}, "exported_at"),
        ],
    )
    def test_one_that_is_brought_along_and_cannot_be_is_refused_with_the_place(self, tmp_path, told, place) -> None:
        files = [save(tmp_path / "appointments.csv", ONE), save(tmp_path / "practice.json", json.dumps(told))]
        with pytest.raises(SourceError, match=rf"practice\.json: {place} "):
            importing.import_files(source("tables"), files, tmp_path / "out", now=None, clock=NOW)
        assert not (tmp_path / "out" / "appointments.csv").exists()

    def test_what_others_put_there_is_kept(self, tmp_path: Path) -> None:
        save(tmp_path / "out" / "practice.json", '{"name": "Elm", "exported_at": "2026-11-01T09:00"}')
        import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")
        told = json.loads((tmp_path / "out" / "practice.json").read_text())
        assert (told["name"], told["timezone"]) == ("Elm", "Europe/London")
        assert told["exported_at"] == told["imported"]["tables"] == "2026-11-20T18:00:00+00:00"


class TestTheFolder:
    def test_a_file_where_the_folder_should_be(self, tmp_path: Path) -> None:
        with pytest.raises(FolderError, match="cannot be written"):
            import_tables(save(tmp_path / "appointments.csv", ONE), save(tmp_path / "out", "x"))

    @pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
    def test_a_place_where_nobody_may_write(self, tmp_path: Path) -> None:
        with pytest.raises(FolderError, match="cannot be written"):
            import_tables(save(tmp_path / "appointments.csv", ONE), Path("/proc/self/holdfast"))

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_read_only_folder(self, tmp_path: Path) -> None:
        import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")
        (tmp_path / "out").chmod(0o500)
        try:
            with pytest.raises(FolderError, match="cannot be written: Permission denied"):
                import_tables(tmp_path / "appointments.csv", tmp_path / "out")
            assert len(read_tables(tmp_path / "out")["appointments"]) == 1
        finally:
            (tmp_path / "out").chmod(0o700)

    def test_one_table_in_two_formats(self, tmp_path: Path) -> None:
        save(tmp_path / "out" / "appointments.csv", ONE)
        pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "out" / "appointments.parquet")
        with pytest.raises(FolderError, match="appointments twice"):
            import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")

    def test_a_damaged_table_in_the_folder_is_named(self, tmp_path: Path) -> None:
        save(tmp_path / "out" / "appointments.csv", ONE + "a2,C2,T1,2026-11-02,attended,recorded,one,two,many\n")
        with pytest.raises(SourceError, match=r"appointments\.csv, row 3"):
            import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")

    @pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions elsewhere")
    def test_a_table_stays_as_private_as_it_was(self, tmp_path: Path) -> None:
        import_tables(given_tables(tmp_path / "in", "A"), tmp_path / "out")
        (tmp_path / "out" / "clients.csv").chmod(0o600)
        import_tables(given_tables(tmp_path / "in", "B"), tmp_path / "out")
        assert (tmp_path / "out" / "clients.csv").stat().st_mode & 0o777 == 0o600

    def test_whoever_waits_too_long_for_another_import_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "out").mkdir()
        monkeypatch.setattr(importing, "FileLock", lambda path, timeout: FileLock(path, timeout=0.1))
        with (
            FileLock(tmp_path / "out" / importing.LOCK),
            pytest.raises(FolderError, match="Another import has been at work"),
        ):
            import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")

    @pytest.mark.long
    def test_imports_at_the_same_time_do_not_lose_each_others_rows(self, tmp_path: Path) -> None:
        marks = "ABCDEFGH"
        files = [given_tables(tmp_path / mark, mark) for mark in marks]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda folder: import_tables(folder, tmp_path / "out"), files))
        assert {row["appointment_id"] for row in rows_in(tmp_path / "out")} == {
            f"{m}{n}" for m in marks for n in range(3)
        }
        assert sorted(snapshot(tmp_path / "out")) == ["appointments.csv", "clients.csv", "practice.json", "scores.csv"]


# --- Interruption -----------------------------------------------------------------------------------------------------


@contextmanager
def failing_at(step: int, raised: BaseException) -> Iterator[Callable[[], bool]]:
    """Let the ``step``-th call that touches the disk for good fail. Gives a way to ask whether it came to that."""
    calls = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == step:
                raise raised
            return real(*arguments, **named)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", counted(os.fsync))
        patch.setattr(Path, "replace", counted(Path.replace))
        yield lambda: calls >= step


def marks_in(folder: Path) -> set[str]:
    """Which marks the tables carry, as a reader finds them. A mixture has two, or differs from table to table."""
    tables = read_tables(folder)
    found = {
        frozenset(tables[name]["client_id"].str.slice(0, 1).unique().to_list())
        for name in ("appointments", "clients", "scores")
    }
    assert len(found) == 1, found
    return set(found.pop())


def _words_of(act: Callable[[], object]) -> str:
    try:
        act()
    except FolderError as error:
        return str(error)
    except KeyboardInterrupt:
        return "interrupted"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("raised", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_failing_at_any_step_leaves_all_old_or_all_new(tmp_path: Path, raised: BaseException) -> None:
    old, new = given_tables(tmp_path / "old", "A"), given_tables(tmp_path / "new", "B")
    outcomes = []
    for step in range(1, 50):
        out = tmp_path / f"out{step}"
        import_tables(old, out)
        before = snapshot(out)
        with failing_at(step, raised) as happened:
            told = _words_of(lambda out=out: import_tables(new, out))  # type: ignore[misc]
        if "not all are in their place yet" in told:
            assert journal.is_pending(out)
        elif "The old tables are as they were" in told:
            assert snapshot(out) == before
        else:
            assert told in ("", "interrupted")
        outcomes.append(frozenset(marks_in(out)))
        assert not list(out.glob("*.holdfast*"))
        if not happened():
            break
    assert outcomes[-1] == {"A", "B"}  # no step was left to fail, so the import came through
    assert outcomes == sorted(outcomes, key=len)  # old up to the commit, new from there on
    assert frozenset("A") in outcomes
    assert len(outcomes) > 8


def test_a_full_disk_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_tables(given_tables(tmp_path / "old", "A"), tmp_path / "out")
    before = snapshot(tmp_path / "out")

    def full(path: Path, content: bytes, like: Path | None = None) -> None:
        path.write_bytes(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal, "_write_synced", full)
    with pytest.raises(FolderError, match=r"No space left on device\. The old tables are as they were"):
        import_tables(given_tables(tmp_path / "new", "B"), tmp_path / "out")
    assert snapshot(tmp_path / "out") == before


def test_what_an_import_that_was_killed_left_is_swept_away(tmp_path: Path) -> None:
    import_tables(given_tables(tmp_path / "old", "A"), tmp_path / "out")
    save(tmp_path / "out" / f"scores.csv{journal.NEW}", "half a ta")
    import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")
    assert not list((tmp_path / "out").glob(f"*{journal.NEW}"))
    assert len(rows_in(tmp_path / "out", "scores")) == 3


@pytest.mark.parametrize("content", ["[", '{"a": 1}', '["../elsewhere"]', "[1]"])
def test_a_commit_that_nobody_wrote_is_not_carried_out(tmp_path: Path, content: str) -> None:
    import_tables(given_tables(tmp_path / "old", "A"), tmp_path / "out")
    save(tmp_path / f"elsewhere{journal.NEW}", "x")
    save(tmp_path / "out" / journal.COMMIT, content)
    with pytest.raises(FolderError, match="holdfast-commit"):
        read_tables(tmp_path / "out")
    assert not (tmp_path / "elsewhere").exists()


# Runs the journal alone, so that starting it takes no time: writes A and B in turn, and dies where it is told to.
CHILD = """
import importlib.util, os, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("journal", sys.argv[1])
journal = importlib.util.module_from_spec(spec)
spec.loader.exec_module(journal)
folder, sets, die_at = Path(sys.argv[2]), [Path(sys.argv[3]), Path(sys.argv[4])], int(sys.argv[5])
calls = 0
def counted(real):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == die_at:
            os._exit(9)
        return real(*arguments, **named)
    return call
os.fsync, Path.replace, Path.unlink = counted(os.fsync), counted(Path.replace), counted(Path.unlink)
print("ready", flush=True)
for turn in range(1 if die_at else 10**9):
    content = {path.name: path.read_bytes() for path in sets[turn % 2].iterdir()}
    journal.replace_together(folder, content)
"""


def start_child(tmp_path: Path, *, die_at: int = 0) -> subprocess.Popen[str]:
    spec = importlib.util.find_spec("holdfast.tables.journal")
    assert spec is not None
    assert spec.origin is not None
    arguments = [spec.origin, tmp_path / "out", tmp_path / "new", tmp_path / "old", str(die_at)]
    source_root = Path(spec.origin).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(source_root)},
    )


@pytest.fixture
def two_versions(tmp_path: Path) -> Path:
    given_tables(tmp_path / "old", "A", 2000)
    given_tables(tmp_path / "new", "B", 2000)
    import_tables(tmp_path / "old", tmp_path / "out")
    return tmp_path


@pytest.mark.slow
def test_dying_at_any_step_leaves_all_old_or_all_new(two_versions: Path) -> None:
    outcomes = []
    for die_at in range(1, 40):
        (two_versions / "out" / "practice.json").unlink(missing_ok=True)
        journal.replace_together(
            two_versions / "out", {path.name: path.read_bytes() for path in (two_versions / "old").iterdir()}
        )
        with start_child(two_versions, die_at=die_at) as child:
            child.wait(timeout=60)
        outcomes.append(marks_in(two_versions / "out"))
        if child.returncode == 0:
            break
    assert outcomes[0] == {"A"}
    assert outcomes[-1] == {"B"}
    assert all(len(marks) == 1 for marks in outcomes)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills like SIGKILL here")
def test_thirty_kills_leave_all_old_or_all_new(two_versions: Path) -> None:
    chance = random.Random(30)
    seen = []
    for _ in range(30):
        with start_child(two_versions) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0, 0.03))
            child.kill()
        assert child.returncode == -signal.SIGKILL
        marks = marks_in(two_versions / "out")
        assert len(marks) == 1
        seen.append(marks)
    assert {"A"} in seen or {"B"} in seen
