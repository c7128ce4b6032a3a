"""Bad input: each kind gives one clear message with the way out, and the folder stays as it was."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from tests.unit.tables.made_files import (
    HEADING,
    ONE,
    appointments,
    changed_member,
    import_tables,
    save,
    snapshot,
    workbook,
    zipped,
)

from holdfast.errors import HoldfastError, SourceError
from holdfast.tables.check import TableProblems
from holdfast.tables.read import read_tables
from holdfast.tables.sources import files
from holdfast.tables.sources.files import SourceFile, csv_rows, find_delimiter, open_files
from holdfast.tables.sources.grid import make_grid
from holdfast.tables.sources.workbook import read_workbook

TWO = appointments("b1,C1,T1,2026-11-01T09:00,attended,recorded", "b2,C2,T1,2026-11-02T09:00,attended,recorded")
SHEET = workbook({"appointments": [line.split(",") for line in TWO.strip().split("\n")]})
BOMB = bytes(60_000_000)


def bad_xlsx() -> bytes:
    return changed_member(SHEET, "xl/worksheets/sheet1.xml", b"</sheetData>", b"")


def laughing_xlsx() -> bytes:
    """A workbook whose XML would grow beyond all measure: entities of entities."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "lol">{levels}]><worksheet xmlns="http://x">&l9;</worksheet>'.encode()
    with zipfile.ZipFile(io.BytesIO(SHEET)) as book:
        return changed_member(SHEET, "xl/worksheets/sheet1.xml", book.read("xl/worksheets/sheet1.xml"), bomb)


BAD = {
    "empty": ("appointments.csv", b"", "is empty"),
    "blank": ("appointments.csv", b"\n \n", "is empty"),
    "heading only cut": ("appointments.csv", HEADING[:30].encode(), "starts_at"),
    "cut in a row": ("appointments.csv", TWO.encode()[:-24], "breaks off within its last row"),
    "cut in quotes": ("appointments.csv", TWO.replace("b2", '"b2').encode(), "breaks off near line"),
    "too many cells": (
        "appointments.csv",
        TWO.replace("b2,", "b2,,").encode(),
        "row 3 has 7 cells, the heading only 6",
    ),
    "a column twice": (
        "appointments.csv",
        TWO.replace("certainty", "status").encode(),
        "status: found the column more than once",
    ),
    "no column": ("appointments.csv", TWO.replace("starts_at", "when").encode(), "starts_at: found no such column"),
    "zero bytes": ("appointments.csv", TWO.replace("C2", "C\x002").encode(), "line 3 holds a zero byte"),
    "binary": ("appointments.csv", bytes(range(256)) * 20, "is not text"),
    "old workbook": ("appointments.xls", b"\xd0\xcf\x11\xe0" + bytes(500), "old or password-protected workbook"),
    "cut zip": ("all.zip", zipped({"appointments.csv": TWO.encode()})[:-40], "a zip that cannot be opened"),
    "zip bomb": ("all.zip", zipped({"appointments.csv": BOMB}), "would unpack from"),
    "workbook bomb": (
        "appointments.xlsx",
        zipped({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": BOMB}),
        "would unpack from",
    ),
    "workbook bomb in a zip": (
        "all.zip",
        zipped({"appointments.xlsx": zipped({"xl/workbook.xml": b'<sheet name="appointments"/>', "xl/a.xml": BOMB})}),
        "would unpack from",
    ),
    "cut workbook": ("appointments.xlsx", SHEET[:-100], "cannot be opened"),
    "damaged workbook": ("appointments.xlsx", bad_xlsx(), "workbook that cannot be opened"),
    "laughing workbook": ("appointments.xlsx", laughing_xlsx(), "not a workbook that a spreadsheet program saved"),
    "cut parquet": ("appointments.parquet", b"PAR1" + bytes(50), "not a Parquet file that can be read"),
    "too long a cell": ("appointments.csv", TWO.replace("C2", '"' + "x" * 200_000).encode(), "near line 3"),
    "a bad date": (
        "appointments.csv",
        TWO.replace("2026-11-02T", "02/11/2026 ").encode(),
        r"row 3, starts_at: found '02/11/2026 09:00'",
    ),
}


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD)
def test_it_is_refused_in_one_message_and_the_folder_stays_as_it_was(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    import_tables(save(tmp_path / "good" / "appointments.csv", ONE), tmp_path / "out")
    before = snapshot(tmp_path / "out")
    with pytest.raises(HoldfastError, match=re.escape(message)):
        import_tables(save(tmp_path / "in" / name, content), tmp_path / "out")
    assert snapshot(tmp_path / "out") == before


def test_a_text_that_is_no_table_is_called_no_export_and_a_table_is_said_to_break_off() -> None:
    letter = '# To whom it may concern\n\nOne, two.\nAnd a line.\n"Quiet", he said, "as the grave", and "left".\n"x" y'
    with pytest.raises(SourceError, match=r"letter[.]md does not look like an export"):
        csv_rows("letter.md", letter)
    with pytest.raises(SourceError, match=r"a[.]csv breaks off near line 3"):
        csv_rows("a.csv", 'Sessions\nclient,date\nC1,"2026-11-02')
    with pytest.raises(SourceError, match=r"a[.]csv breaks off near line 1"):
        csv_rows("a.csv", '"client","date" x')


def test_into_a_new_folder_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        import_tables(save(tmp_path / "appointments.csv", b""), tmp_path / "a" / "b" / "out")
    assert not (tmp_path / "a").exists()


def test_one_bad_date_in_two_hundred_thousand_rows_is_named(tmp_path: Path) -> None:
    rows = [f"a{number},C{number},T1,2026-11-01T09:00,attended,recorded" for number in range(200_000)]
    rows[123_456] = rows[123_456].replace("2026-11-01", "2026-13-01")
    with pytest.raises(TableProblems) as caught:
        import_tables(save(tmp_path / "appointments.csv", appointments(*rows)), tmp_path / "out")
    (problem,) = caught.value.problems
    assert (problem.row, problem.column, problem.found) == (123_458, "starts_at", "'2026-13-01T09:00'")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_names_are_read_right_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = ONE.replace("C1", "Jürgen Groß")
    import_tables(save(tmp_path / "appointments.csv", text.encode(encoding)), tmp_path / "out")
    assert read_tables(tmp_path / "out")["appointments"]["client_id"].to_list() == ["Jürgen Groß"]


def test_an_accent_far_down_the_file_is_read_right(tmp_path: Path) -> None:
    rows = [f"a{number},C{number},T1,2026-11-01T09:00,attended,recorded" for number in range(20_000)]
    text = appointments(*rows, "z,Zoë,T1,2026-11-01T09:00,attended,recorded")
    import_tables(save(tmp_path / "appointments.csv", text.encode("cp1252")), tmp_path / "out")
    assert "Zoë" in read_tables(tmp_path / "out")["appointments"]["client_id"].to_list()


def test_names_with_emoji_and_of_any_script(tmp_path: Path) -> None:
    names = ["🦊 Fox", "👨‍👩‍👧", "李雷", "عمر", "C\u0301"]
    rows = [f"a{number},{name},T1,2026-11-01,attended," for number, name in enumerate(names)]
    import_tables(save(tmp_path / "appointments.csv", appointments(*rows)), tmp_path / "out")
    assert read_tables(tmp_path / "out")["appointments"]["client_id"].to_list() == names


def test_another_systems_export_is_named(shared_data: Path, tmp_path: Path) -> None:
    export = sorted((shared_data / "interop" / "openemr_ehi").glob("*.csv"))
    with pytest.raises(SourceError, match=r"looks like an export of OpenEMR.*holdfast import openemr"):
        import_tables(export, tmp_path / "out", name="cliniko")
    assert not (tmp_path / "out").exists()


class TestJson:
    @pytest.mark.parametrize("text", ['{"a": [1, 2', '{"a": 1}}', "[" * 100_000, "1" * 5000, ""])
    def test_what_is_no_json_is_refused(self, text: str) -> None:
        with pytest.raises(SourceError, match=r"a\.json"):
            SourceFile("a.json", text.encode()).json  # noqa: B018

    def test_a_bad_line_is_named(self) -> None:
        with pytest.raises(SourceError, match="line 3 is not JSON"):
            SourceFile("a.ndjson", b'{"a": 1}\n\n{"a": \n').json_lines()

    def test_a_line_separator_within_a_text_does_not_end_the_line(self) -> None:
        assert SourceFile("a.ndjson", '{"a": "x\u2028y"}\n'.encode()).json_lines() == [(1, {"a": "x\u2028y"})]


class TestWorkbooks:
    def test_a_formula_stands_for_the_value_it_was_saved_with(self) -> None:
        plain = workbook({"s": [["id"], ["=1+1"]]})
        with pytest.raises(SourceError, match="row 2 holds a formula whose value was never worked out"):
            read_workbook("a.xlsx", plain)
        worked_out = changed_member(plain, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
        assert read_workbook("a.xlsx", worked_out)["s"] == [["id"], ["2"]]

    def test_a_formula_that_came_out_blank_is_blank(self) -> None:
        plain = workbook({"s": [["id", "x"], ["=A1", "y"]]})
        worked_out = changed_member(
            plain, "xl/worksheets/sheet1.xml", b'<c r="A2"><f>A1</f><v />', b'<c r="A2" t="str"><f>A1</f><v></v>'
        )
        assert read_workbook("a.xlsx", worked_out)["s"] == [["id", "x"], ["", "y"]]

    def test_a_stray_cell_at_the_far_end_of_a_sheet_does_no_harm(self) -> None:
        stray = changed_member(
            workbook({"s": [["id"], ["1"]]}),
            "xl/worksheets/sheet1.xml",
            b"</sheetData>",
            b'<row r="100000"><c r="A100000" t="inlineStr"><is><t>end</t></is></c></row></sheetData>',
        )
        rows = read_workbook("a.xlsx", stray)["s"]
        assert (len(rows), rows[1], rows[2], rows[-1]) == (100000, ["1"], [], ["end"])

    def test_what_a_sheet_says_of_its_size_is_not_believed(self) -> None:
        boasting = changed_member(
            workbook({"s": [["id"], ["1"]]}), "xl/worksheets/sheet1.xml", b'ref="A1:A2"', b'ref="A1:XFD1048576"'
        )
        assert read_workbook("a.xlsx", boasting)["s"] == [["id"], ["1"]]

    def test_more_cells_than_memory_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("holdfast.tables.sources.workbook.MOST_CELLS", 10)
        with pytest.raises(SourceError, match="more than 10 cells"):
            read_workbook("a.xlsx", workbook({"s": [["a", "b", "c"]] * 4}))

    def test_a_row_that_ends_early_is_blank_there(self) -> None:
        assert read_workbook("a.xlsx", workbook({"s": [["a", "b"], ["1"]]}))["s"] == [["a", "b"], ["1", ""]]


class TestColumnsThatAreThereTwice:
    ROWS = (("Client", "Status", "Room", "Room"), ("A", "Show", "1", "1"), ("B", "Show", "1", "2"))

    def test_one_that_is_needed_is_refused(self) -> None:
        with pytest.raises(SourceError, match="'Room' more than once"):
            make_grid("a.csv", self.ROWS, [["Client"], ["Room"]])

    def test_another_may_be_read_where_both_say_the_same(self) -> None:
        first, second = make_grid("a.csv", self.ROWS, [["Client"]])
        assert first.get("Room") == "1"
        with pytest.raises(SourceError, match="'Room' more than once, with different cells in row 3"):
            second.get("Room")


class TestPaths:
    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"nothing\.csv cannot be read: No such file"):
            open_files([tmp_path / "nothing.csv"])

    def test_a_folder_named_like_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "appointments.csv").mkdir()
        with pytest.raises(SourceError, match="no file to import"):
            open_files([tmp_path / "appointments.csv"])

    def test_a_folder_where_a_table_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "out" / "appointments.csv").mkdir(parents=True)
        with pytest.raises(HoldfastError, match="is a folder, not a table"):
            import_tables(save(tmp_path / "appointments.csv", ONE), tmp_path / "out")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(SourceError, match="is not a file"):
            open_files([tmp_path / "pipe"])

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")
    def test_a_file_or_folder_without_permission(self, tmp_path: Path) -> None:
        inside = save(tmp_path / "closed" / "appointments.csv", ONE)
        inside.chmod(0)
        with pytest.raises(SourceError, match="Permission denied"):
            open_files([inside])
        inside.parent.chmod(0)
        try:
            with pytest.raises(SourceError, match="Permission denied"):
                open_files([inside.parent])
        finally:
            inside.parent.chmod(0o700)

    @pytest.mark.parametrize("name", ["read_bytes", "iterdir"])
    def test_what_the_system_refuses_to_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        def refuse(path: Path) -> None:
            raise PermissionError(13, "Permission denied")

        inside = save(tmp_path / "in" / "appointments.csv", ONE)
        monkeypatch.setattr(Path, name, refuse)
        with pytest.raises(SourceError, match="Permission denied"):
            open_files([inside.parent])

    def test_hidden_files_and_lock_files_are_passed_over(self, tmp_path: Path) -> None:
        for name in (".hidden.csv", "~$book.xlsx", "seen.csv"):
            save(tmp_path / name, ONE)
        assert [file.name for file in open_files([tmp_path])] == ["seen.csv"]

    def test_a_zip_of_very_many_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "MOST_MEMBERS", 2)
        path = save(tmp_path / "a.zip", zipped({f"{number}.csv": b"" for number in range(3)}))
        with pytest.raises(SourceError, match="holds 3 files"):
            open_files([path])


def test_the_delimiter_is_found_even_where_a_cell_is_too_long() -> None:
    text = "a;b\n" + "x" * 200_000 + ";1\n"
    assert find_delimiter("a;b\n1;2\n") == ";"
    with pytest.raises(SourceError, match="near line 2"):
        csv_rows("a.csv", text)
