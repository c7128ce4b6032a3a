"""Tables that an import replaces in the very moment they are read: all old or all new, never a mixture."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.tables.made_files import appointments

from holdfast.errors import FolderError
from holdfast.insight.leak import leak
from holdfast.tables import TableProblems, journal, read, read_tables
from holdfast.tables.write import write_tables


def csv_of(mark: str) -> dict[str, bytes]:
    """Two tables in which everything carries one mark; of two marks, the rows would not fit together."""
    return {
        "appointments.csv": appointments(f"{mark}1,{mark},T1,2026-11-01,attended,recorded").encode(),
        "clients.csv": f"client_id,gender\n{mark},{mark}\n".encode(),
    }


def change_while_reading(monkeypatch: pytest.MonkeyPatch, folder: Path, *marks: str) -> None:
    """Let an import happen each time that the first table has just been read."""
    to_come, as_it_is = iter(marks), read._read_one

    def meanwhile(*given: object) -> object:
        done = as_it_is(*given)
        if given[0].name == "appointments" and (mark := next(to_come, None)):
            journal.replace_together(folder, csv_of(mark))
        return done

    monkeypatch.setattr(read, "_read_one", meanwhile)


def test_an_import_while_reading_gives_all_of_the_new(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    journal.replace_together(tmp_path, csv_of("old"))
    change_while_reading(monkeypatch, tmp_path, "new", "newer")
    tables = read_tables(tmp_path)
    assert tables["appointments"]["client_id"].to_list() == tables["clients"]["gender"].to_list() == ["newer"]


def test_a_folder_that_never_rests_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    journal.replace_together(tmp_path, csv_of("0"))
    change_while_reading(monkeypatch, tmp_path, *map(str, range(1, 20)))
    with pytest.raises(FolderError, match="changed again and again"):
        read_tables(tmp_path)


def test_what_is_wrong_with_tables_at_rest_is_told_at_once(tmp_path: Path) -> None:
    journal.replace_together(tmp_path, {**csv_of("a"), "clients.csv": b"client_id\nb\n"})
    with pytest.raises(TableProblems, match="one that is in the clients table"):
        read_tables(tmp_path)


@pytest.mark.slow
def test_sealed_tables_that_are_replaced_before_the_leak_is_done_are_refused(tmp_path: Path) -> None:
    for mark in ("old", "new"):
        journal.replace_together(tmp_path / mark, csv_of(mark))
        write_tables(read_tables(tmp_path / mark), tmp_path / f"{mark}-sealed")
    tables = read_tables(tmp_path / "old-sealed")
    newer = {path.name: path.read_bytes() for path in (tmp_path / "new-sealed").iterdir()}
    journal.replace_together(tmp_path / "old-sealed", newer)
    with pytest.raises(FolderError, match="were changed while they were being read"):
        leak(tables)
