"""Records are the same whether they come from a CSV, a workbook or JSON in any of its shapes."""

from __future__ import annotations

import json

import pytest

from holdfast.errors import SourceError
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record, make_grid
from holdfast.tables.sources.records import (
    BadCell,
    flag,
    has_heading,
    has_keys,
    json_records,
    latest,
    read_each,
    read_records,
    required,
)
from holdfast.tables.sources.source import Imported

ITEMS = [{"Id": 1, "patient": {"uuid": "p"}, "on": True, "by": [{"id": 7}]}, {"Id": 2, "note": None, "on": False}]
NEEDED = (("Id",),)


def _file(value: object, name: str = "a.json") -> SourceFile:
    text = value if isinstance(value, str) else json.dumps(value)
    return SourceFile(name, text.encode())


@pytest.mark.parametrize(
    "value",
    [
        ITEMS,
        {"Rows": ITEMS, "page": 1},
        [{"Rows": ITEMS[:1]}, {"Rows": ITEMS[1:]}],
        [ITEMS[:1], ITEMS[1:]],
        json.dumps({"Rows": ITEMS}, indent=2),
        json.dumps(ITEMS, indent=2),
        "\n".join(json.dumps(item) for item in ITEMS),
        "\ufeff" + "\r\n\r\n".join(json.dumps({"Rows": [item]}) for item in ITEMS),
    ],
)
def test_a_list_a_page_and_one_a_line_are_the_same(value: object) -> None:
    first, second = json_records(_file(value), "Rows")
    assert (first.get("Id"), first.get("patient.uuid"), first.get("on"), first.get("by.0.id")) == (
        "1",
        "p",
        "true",
        "7",
    )
    assert (second.get("Id"), second.get("note"), second.get("on")) == ("2", "", "false")


def test_the_rows_of_a_sheet_look_up_only_the_columns_that_are_there() -> None:
    aliases = ("Missing", "Start At", "Other", "Starts")
    grid = make_grid("a.csv", [["Id", "start_at", "STARTS"], ["1", "", "b"], ["2", "a", "b"], ["3"]], NEEDED)
    assert [record.get(*aliases) for record in grid] == ["b", "a", ""]
    assert [record.filled(*aliases) for record in grid] == [
        [("Starts", "b")],
        [("Start At", "a"), ("Starts", "b")],
        [],
    ]
    assert {record.columns.present(aliases) for record in grid} == {(("Start At", "startat"), ("Starts", "starts"))}


def test_a_column_that_is_there_twice_and_differs_is_refused_where_it_is_looked_up() -> None:
    rows = [["Id", "Note", "note"], ["1", "a", "a"], ["2", "a", "b"]]
    same, different = make_grid("a.csv", rows, NEEDED)
    assert (same.get("Note"), same.filled("Note"), different.get("Id", "Note")) == ("a", [("Note", "a")], "2")
    for look in (different.get, different.filled):
        with pytest.raises(SourceError, match=r"'Note' more than once, with different cells in row 3"):
            look("Note")


def test_a_place_in_json_is_counted_in_items_or_lines() -> None:
    assert json_records(_file(ITEMS))[1].place == "a.json, item 2"
    assert json_records(_file("\n".join(json.dumps(item) for item in ITEMS)))[1].place == "a.json, line 2"


def test_json_and_a_table_give_the_same_records() -> None:
    table = SourceFile("a.csv", b"Id,on\n1,true\n2,false\n")
    assert [(r.get("id"), r.get("On")) for r in read_records([table], NEEDED)] == [("1", "true"), ("2", "false")]
    assert [(r.get("id"), r.get("On")) for r in read_records([_file(ITEMS)], NEEDED)] == [("1", "true"), ("2", "false")]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (json.dumps(ITEMS)[:-9], "not complete JSON"),
        ("\n".join(json.dumps(item) for item in ITEMS)[:-9], "line 2 is not JSON"),
        ([1, 2], "holds '1' where"),
        ([{"other": 1}], "no item in it has 'Id'"),
        ([], "no appointment in a.json"),
    ],
)
def test_what_is_not_the_right_json_is_told(value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_records([_file(value)], NEEDED)


def test_recognising_never_raises() -> None:
    for data in (b"", b"\x00\xff\xfe\x00", b'"never closed', b"PK\x03\x04broken", b"[", b"{"):
        file = SourceFile("x", data)
        assert not has_heading(file, NEEDED)
        assert not has_keys(file, "Id")


def test_bad_cells_are_listed_together_up_to_twenty() -> None:
    records = [Record("a.csv", row, {"id": ""}) for row in range(2, 27)]

    def read_one(record: Record) -> None:
        required(record, "Id")

    with pytest.raises(SourceError) as caught:
        read_each(records, read_one)
    message = str(caught.value)
    assert "a.csv, row 2, Id" in message
    assert "a.csv, row 21, Id" in message
    assert "row 22" not in message
    assert "5 more" in message


@pytest.mark.parametrize(("text", "value"), [("Y", True), ("1", True), ("TRUE", True), ("", False), ("No", False)])
def test_a_flag_is_read_in_any_spelling(text: str, value: bool) -> None:
    assert flag(Record("a", 1, {"kept": text}), "Kept") is value


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(BadCell):
        flag(Record("a", 1, {"kept": "perhaps"}), "Kept")


def test_of_several_records_of_one_key_the_newest_is_kept_and_the_others_are_counted() -> None:
    told = [("a", "2026-02-01"), ("a", "2026-01-01"), ("b", ""), ("a", "2026-02-01")]
    records = [Record("list.csv", row, {"id": id, "changed": day}) for row, (id, day) in enumerate(told, start=2)]
    out = Imported()
    kept = latest(records, lambda record: record.get("id"), out, updated=("changed",))
    assert [record.row for record in kept] == [5, 4]
    assert (out.rows_read, out.skipped) == (4, {"the same appointment once more": 2})
