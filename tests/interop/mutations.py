"""Exports that no system would write: samples whose cells, columns, items, lines and bytes a die has changed."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from holdfast.tables.sources.files import SourceFile

# fmt: off
NASTY = (
    "", " ", "\u00a0", "\u200b", "0", "-1", "7", "99", "9" * 30, "1e309", "NaN", "٣", "12,5", "1.234,56", "(5)", "true",
    "No", "?", "NULL", "\\N", "\x00", "\x07", "=1+1", "@", "x" * 300, "Ünïçødé 🙂", "\u202eabc", "a\nb", 'a"b',
    "a;b|c\td", "2026-02-30", "0000-00-00", "31/02/2026", "02/03/2026", "03/02/2026", "13/01/2026", "01/13/2026",
    "2.11.26", "22. November 2026", "Nov 22, 2026 2:30 PM", "Mo 02.11.2026", "20261122", "1793613600000", "1793613600",
    "2026-11", "9999-12-31T23:59:59Z", "0001-01-01", "2026-11-22T14:00:00+25:00", "2026-10-25T01:30:00",
    "2026-11-22 24:00", "12:00 AM", "13:00 PM", "10:00 - 10:50", "14 h 30", "1430", "99:99", "Attended", "No Show",
    "Cancelled by client", "late cancelled < 24h", "moved", "Total", "Page 1", "tom@example.org", "Phone",
    "Patient/C1", "urn:uuid:1", "#x",
)
# fmt: on
JUNK: tuple[Any, ...] = (None, True, False, 0, -1, 3.5, 10**30, float("nan"), [], {}, [[]], [{}], {"id": "x"}, [None])
LINES = """
RRULE:FREQ=SECONDLY
RRULE:FREQ=DAILY;BYHOUR=1,2,3
RRULE:FREQ=WEEKLY;COUNT=-1
RRULE:X=1
RRULE:FREQ=YEARLY
RRULE:FREQ=MONTHLY;BYDAY=5MO;UNTIL=20991231
RDATE:20261122T090000
EXDATE:x
RDATE;VALUE=PERIOD:20261122T0900
DTSTART:20261122T140000
DTSTART;TZID=Nowhere/Land:20261122T140000
DTSTART;VALUE=DATE:20261122
DTSTART:never
DTSTART;TZID=:20261122T140000
DTSTART;TZID=Eastern Standard Time:20261122T140000
RECURRENCE-ID:20261130T090000Z
SEQUENCE:two
SEQUENCE:2
STATUS:MAYBE
STATUS:CANCELLED
CLASS:PRIVATE
CREATED:19000101T000000Z
SUMMARY:AP NS
SUMMARY:DNA - AP
SUMMARY:Lunch
SUMMARY:
UID:
UID:s1
ORGANIZER:mailto:tom@example.org
ATTENDEE:mailto:x@example.org
X-WR-CALNAME:
X-WR-TIMEZONE:Nowhere
END:VEVENT
BEGIN:VEVENT
no colon here
 folded
BEGIN:VCALENDAR
END:VCALENDAR
DURATION:-P1D
DTSTART:99991231T235959Z
DTSTART:00010101T000000
""".strip("\n").splitlines()
LISTS = ("individual_appointments", "attendees", "Appointments", "Visits", "items")
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp1250", "shift-jis")
BROKEN = "bytes"  # said of a part of which nobody knows any more what stands in it
Change = Callable[[random.Random, Any], None]


@dataclass(slots=True)
class Part:
    """One file of an export, taken apart: rows of cells, a JSON value, or lines."""

    name: str
    content: Any
    said: list[str] = field(default_factory=list)  # what was changed, for whoever looks into a failure

    @property
    def ending(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def records(self) -> int:
        """How many records stand in it: rows below the heading, or items of its lists."""
        if self.ending == "csv":
            return sum(any(cell.strip() for cell in row) for row in self.content[1:])
        if isinstance(self.content, list):
            return len(self.content)
        return sum(len(self.content[name]) for name in LISTS if isinstance(self.content.get(name), list))


def parts_of(folder: Path) -> list[Part]:
    """The files of one sample, apart."""
    return [Part(path.name, _apart(path.name, path.read_bytes().decode())) for path in sorted(folder.iterdir())]


def _apart(name: str, text: str) -> Any:
    match name.rpartition(".")[2]:
        case "csv":
            return [list(row) for row in csv.reader(io.StringIO(text), delimiter=";" if ";" in text[:100] else ",")]
        case "json":
            return json.loads(text)
        case "ndjson":
            return [json.loads(line) for line in text.splitlines()]
    return text.splitlines()


def changed(parts: list[Part], dice: random.Random) -> bool:
    """Change these in a few places; say whether each still has all its records in the form they had."""
    gentle = True
    for _ in range(dice.choice((1, 1, 2, 2, 3, 5))):
        part = dice.choice(parts)
        kinds = GENTLE[part.ending] if dice.random() < 0.75 else HARSH[part.ending]
        gentle &= kinds is GENTLE[part.ending]
        change = dice.choice(kinds)
        part.said.append(change.__name__.strip("_"))
        change(dice, part.content)
    return gentle


def written(parts: Sequence[Part], dice: random.Random) -> list[SourceFile]:
    """Put the parts into bytes: in the usual way, in another way to write the same, or with the bytes changed."""
    files = [SourceFile(part.name, _bytes(part, dice)) for part in parts]
    if dice.random() < 0.1:
        at = dice.randrange(len(files))
        files[at] = SourceFile(files[at].name, broken(files[at].data, dice))
        parts[at].said.append(BROKEN)
    if dice.random() < 0.05:
        files.append(SourceFile(dice.choice(("readme.txt", "a.csv", "b.json", files[0].name)), b"Thank you\n"))
    if dice.random() < 0.05 and len(files) > 1:
        files.pop(dice.randrange(len(files)))
    return files


def zipped(files: Sequence[SourceFile]) -> bytes:
    """The files in one zip; two of one name are kept apart by a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(files):
            archive.writestr(f"{number}/{file.name}", file.data)
    return buffer.getvalue()


def broken(data: bytes, dice: random.Random) -> bytes:
    """Bytes that were cut off, doubled, left out, turned round or made zero on their way."""
    first, last = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    kind = dice.randrange(6)
    if kind == 0:
        return data[:first]
    if kind == 1:
        return data[:first] + data[last:]
    if kind == 2:
        return data[:last] + data[first:]
    if kind == 3:
        return data[:first] + b"\x00" * dice.randint(1, 5) + data[first:]
    whole = bytearray(data)
    for _ in range(dice.randint(1, 8) if whole else 0):
        whole[dice.randrange(len(whole))] = dice.randrange(256)
    return bytes(whole)


def _bytes(part: Part, dice: random.Random) -> bytes:
    plainly = dice.random() < 0.8
    if part.ending == "csv" and not plainly and dice.random() < 0.4:
        return (_parquet if dice.random() < 0.3 else _workbook)(part)
    text = {"csv": _csv, "json": _json, "ndjson": _ndjson, "ics": _ics}[part.ending](part.content, dice, plainly)
    encoding = "utf-8" if plainly else dice.choice(ENCODINGS)
    return text.encode(encoding, "replace")


def _csv(rows: Sequence[Sequence[str]], dice: random.Random, plainly: bool) -> str:
    out = io.StringIO()
    dress = {} if plainly else {
        "delimiter": dice.choice(",;\t|"),
        "quoting": dice.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL)),
        "lineterminator": dice.choice(("\n", "\r\n", "\r")),
    }  # fmt: skip
    if dress.get("lineterminator") == "\r":  # beside which the writer would let a line break in a cell stand bare
        dress["quoting"] = csv.QUOTE_ALL
    csv.writer(out, **dress).writerows(rows)
    return out.getvalue()


def _json(value: Any, dice: random.Random, plainly: bool) -> str:
    if not plainly and isinstance(value, list) and dice.random() < 0.5:
        return _ndjson(value, dice, plainly)
    return json.dumps(value, indent=None if plainly else dice.choice((None, 1)))


def _ndjson(values: Sequence[Any], dice: random.Random, plainly: bool) -> str:
    return (
        dice.choice(("\n", "\n\n", "\r\n")).join(json.dumps(value) for value in values) if values or plainly else "[]"
    )


def _ics(lines: Sequence[str], dice: random.Random, plainly: bool) -> str:
    return ("\r\n" if plainly else dice.choice(("\n", "\r\n ", "\r\n"))).join([*lines, ""])


def _parquet(part: Part) -> bytes:
    """The rows as columns that know their type, as far as there is room for them in the first row."""
    heading, *rows = part.content
    columns = {name: [row[at] if at < len(row) else None for row in rows] for at, name in enumerate(heading)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    floats = [name for name in frame.columns if name.endswith("_id") and len(rows) % 2]
    buffer = io.BytesIO()
    frame.with_columns(pl.col(floats).cast(pl.Float64, strict=False)).write_parquet(buffer)
    return buffer.getvalue()


def _workbook(part: Part) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = part.name.rpartition(".")[0][:31]
    for row in part.content:
        sheet.append([_cell(cell) for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cell(text: str) -> object:
    """As a spreadsheet takes it: numbers and days as such, a formula as one that was never worked out."""
    if re.fullmatch(r"\d{1,20}", text):
        return float(text)
    if text in ("true", "false"):
        return text == "true"
    with suppress(ValueError):
        return datetime.fromisoformat(text).replace(tzinfo=None)
    return ILLEGAL_CHARACTERS_RE.sub("", text)[:32_000]


# Of a table: cells and rows gently, its columns and its form harshly.


def _place(dice: random.Random, rows: list[list[str]], first: int = 1) -> tuple[list[str], int]:
    row = rows[dice.randrange(min(first, len(rows) - 1), len(rows))]
    return row, dice.randrange(len(row)) if row else -1


def _set_cell(dice: random.Random, rows: list[list[str]]) -> None:
    row, at = _place(dice, rows)
    if at >= 0:
        row[at] = dice.choice(NASTY)


def _borrow_cell(dice: random.Random, rows: list[list[str]]) -> None:
    row, at = _place(dice, rows)
    other, _ = _place(dice, rows)
    if at >= 0 and other:
        row[at] = other[at] if at < len(other) and dice.random() < 0.7 else dice.choice(other)


def _set_column(dice: random.Random, rows: list[list[str]]) -> None:
    """One cell everywhere: all dates unclear, all words the same, or nothing."""
    _, at = _place(dice, rows)
    value = dice.choice(NASTY)
    for row in rows[1:]:
        if 0 <= at < len(row) and dice.random() < 0.9:
            row[at] = value


def _double_row(dice: random.Random, rows: list[list[str]]) -> None:
    row = list(dice.choice(rows[1:] or rows))
    rows.insert(dice.randint(1, len(rows)), row)


def _change_dates(dice: random.Random, rows: list[list[str]]) -> None:
    """All dates of the table in another way of writing."""
    shape = dice.choice((r"\3/\2/\1", r"\2/\3/\1", r"\3.\2.\1", r"\1\2\3", r"\1/\2/\3"))
    for row in rows[1:]:
        row[:] = [re.sub(r"(20\d\d)-(\d\d)-(\d\d)", shape, cell) for cell in row]


def _drop_column(dice: random.Random, rows: list[list[str]]) -> None:
    _, at = _place(dice, rows)
    for row in rows:
        if 0 <= at < len(row):
            del row[at]


def _double_column(dice: random.Random, rows: list[list[str]]) -> None:
    _, at = _place(dice, rows)
    for row in rows:
        if 0 <= at < len(row):
            row.append(row[at])


def _swap_columns(dice: random.Random, rows: list[list[str]]) -> None:
    one, other = _place(dice, rows)[1], _place(dice, rows)[1]
    for row in rows:
        if min(one, other) >= 0 and max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]


def _rename_column(dice: random.Random, rows: list[list[str]]) -> None:
    if heading := rows[0]:
        heading[dice.randrange(len(heading))] = dice.choice((*NASTY, *heading, "Client", "Date", "Status"))


def _extra_cells(dice: random.Random, rows: list[list[str]]) -> None:
    dice.choice(rows).extend(dice.choice(NASTY) for _ in range(dice.randint(1, 3)))


def _short_row(dice: random.Random, rows: list[list[str]]) -> None:
    row = dice.choice([rows[-1], dice.choice(rows)])
    del row[dice.randint(0, len(row)) :]


def _line_between(dice: random.Random, rows: list[list[str]]) -> None:
    lines = ([], [""] * len(rows[0]), list(rows[0]), ["Total", "12"], ["Printed on 20/11/2026"], ["Page 1 of 2"], ["x"])
    rows.insert(dice.randint(0, len(rows)), dice.choice(lines))


def _drop_rows(dice: random.Random, rows: list[list[str]]) -> None:
    del rows[dice.randint(0, 2) : dice.randint(1, len(rows))]
    rows.extend([[""]] if not rows else [])


def _huge_cell(dice: random.Random, rows: list[list[str]]) -> None:
    row, at = _place(dice, rows)
    if at >= 0:
        row[at] = "x" * 140_000


# Of JSON: what stands in a place gently, whole items harshly.


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(inside):
        yield value, key
        yield from _places(inner)


def _leaf(dice: random.Random, value: Any) -> tuple[Any, Any] | None:
    found = [(box, key) for box, key in _places(value) if not isinstance(box[key], dict | list)]
    return dice.choice(found) if found else None


def _any_place(dice: random.Random, value: Any) -> tuple[Any, Any] | None:
    found = list(_places(value))
    return dice.choice(found) if found else None


def _set_leaf(dice: random.Random, value: Any) -> None:
    if place := _leaf(dice, value):
        place[0][place[1]] = dice.choice(NASTY)


def _junk_leaf(dice: random.Random, value: Any) -> None:
    if place := _leaf(dice, value):
        place[0][place[1]] = dice.choice(JUNK[:8])


def _borrow_leaf(dice: random.Random, value: Any) -> None:
    """Another value of the same name: a reference to somebody else, another status, another day."""
    if place := _leaf(dice, value):
        same = [box[key] for box, key in _places(value) if key == place[1] and not isinstance(box[key], dict | list)]
        place[0][place[1]] = dice.choice(same)


def _junk(dice: random.Random, value: Any) -> None:
    if place := _any_place(dice, value):
        place[0][place[1]] = json.loads(json.dumps(dice.choice(JUNK)))


def _drop_key(dice: random.Random, value: Any) -> None:
    if place := _any_place(dice, value):
        del place[0][place[1]]


def _rename_key(dice: random.Random, value: Any) -> None:
    place = _any_place(dice, value)
    if place and isinstance(place[0], dict):
        place[0][dice.choice((f"{place[1]}s", str(place[1]).upper(), "id", ""))] = place[0].pop(place[1])


def _double_item(dice: random.Random, value: Any) -> None:
    lists = [box[key] for box, key in _places([value]) if isinstance(box[key], list) and box[key]]
    if lists:
        chosen = dice.choice(lists)
        chosen.insert(dice.randint(0, len(chosen)), json.loads(json.dumps(dice.choice(chosen))))


def _wrap(dice: random.Random, value: Any) -> None:
    if place := _any_place(dice, value):
        inner = place[0][place[1]]
        place[0][place[1]] = dice.choice(([inner], {"id": inner}, [[[inner]]], str(inner)))


def _deep(dice: random.Random, value: Any) -> None:
    if place := _any_place(dice, value):
        inner: Any = "x"
        for _ in range(400):
            inner = [inner]
        place[0][place[1]] = inner


# Of a calendar: what an event says, and where lines begin and end.


def _set_line(dice: random.Random, lines: list[str]) -> None:
    at = dice.randrange(len(lines))
    lines[at] = f"{lines[at].partition(':')[0]}:{dice.choice(NASTY)}"


def _add_line(dice: random.Random, lines: list[str]) -> None:
    lines.insert(dice.randint(0, len(lines)), dice.choice(LINES))


def _in_event(dice: random.Random, lines: list[str]) -> None:
    """A line in place of the event's own of that name, or beside it."""
    begins = [at for at, line in enumerate(lines) if line == "BEGIN:VEVENT"]
    if begins:
        at, line = dice.choice(begins), dice.choice(LINES)
        own = re.split("[:;]", line)[0]
        end = next((n for n in range(at, len(lines)) if lines[n] == "END:VEVENT"), len(lines))
        same = [n for n in range(at + 1, end) if re.split("[:;]", lines[n])[0] == own]
        lines[same[0] if same and dice.random() < 0.8 else at + 1 : (same[0] + 1) if same else at + 1] = [line]


def _borrow_line(dice: random.Random, lines: list[str]) -> None:
    at = dice.randrange(len(lines))
    same = [line for line in lines if re.split("[:;]", line)[0] == re.split("[:;]", lines[at])[0]]
    lines[at] = dice.choice(same)


def _drop_line(dice: random.Random, lines: list[str]) -> None:
    if len(lines) > 1:
        del lines[dice.randrange(len(lines))]


def _fold(dice: random.Random, lines: list[str]) -> None:
    at = dice.randrange(len(lines))
    cut = dice.randint(0, len(lines[at]))
    lines[at : at + 1] = [lines[at][:cut], dice.choice((" ", "\t", "")) + lines[at][cut:]]


def _drop_event(dice: random.Random, lines: list[str]) -> None:
    begins = [at for at, line in enumerate(lines) if line == "BEGIN:VEVENT"]
    if begins:
        at = dice.choice(begins)
        end = next((n for n in range(at, len(lines)) if lines[n] == "END:VEVENT"), at)
        del lines[at : end + 1]


_OF_JSON = (_set_leaf, _set_leaf, _junk_leaf, _borrow_leaf, _borrow_leaf)
_FORM_OF_JSON = (_junk, _drop_key, _drop_key, _rename_key, _double_item, _wrap, _deep)
GENTLE: dict[str, tuple[Change, ...]] = {
    "csv": (_set_cell, _set_cell, _set_cell, _borrow_cell, _borrow_cell, _set_column, _double_row, _change_dates),
    "json": _OF_JSON,
    "ndjson": _OF_JSON,
    "ics": (_in_event, _in_event, _borrow_line, _set_line),
}
HARSH: dict[str, tuple[Change, ...]] = {
    "csv": (
        *(_drop_column, _double_column, _swap_columns, _rename_column, _extra_cells, _short_row),
        *(_line_between, _line_between, _drop_rows, _huge_cell),
    ),
    "json": _FORM_OF_JSON,
    "ndjson": _FORM_OF_JSON,
    "ics": (_add_line, _drop_line, _fold, _drop_event),
}
