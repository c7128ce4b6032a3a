"""The records of a CSV, a workbook or JSON alike, and reading them so that every bad cell is told of at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from holdfast.errors import SourceError
from holdfast.tables.moments import When
from holdfast.tables.sources.dates import READABLE
from holdfast.tables.sources.files import SourceFile, csv_rows
from holdfast.tables.sources.grid import Grid, Record, find_heading, make_grid, plain, sheet_of
from holdfast.tables.sources.source import AGAIN, Faults, Imported
from holdfast.words import Words

HEAD = 20_000  # bytes: the first item of a list, with its forms and notes, and the heading of a table
YES = frozenset({"true", "t", "yes", "y", "1", "x"})
NO = frozenset({"", "false", "f", "no", "n", "0"})
WAY_OUT = Words("Correct them in the file, or export it again.")
Needed = Sequence[Sequence[str]]


class BadCell(ValueError):
    """A cell of which nothing can be made. ``read_each`` adds where it stands."""

    def __init__(self, column: str, found: str, allowed: Words) -> None:
        super().__init__(column, found, allowed)
        self.column, self.found, self.allowed = column, found, allowed


def read_each(records: Iterable[Record], read_one: Callable[[Record], None]) -> None:
    """Read every record, and stop at the end if there were cells that could not be read.

    Raises
    ------
    SourceError
        With the place of each such cell.
    """
    faults = Faults()
    for record in records:
        try:
            read_one(record)
        except BadCell as cell:
            faults.add(record.place, cell.column, cell.found, cell.allowed)
    faults.refuse(WAY_OUT)


def required(record: Record, *names: str) -> str:
    """The cell under one of these names, which must be filled in."""
    text = record.get(*names)
    if not text:
        raise BadCell(names[0], "", Words("not blank"))
    return text


def moment(record: Record, read: Callable[[str], When], *names: str) -> When | None:
    """The moment under one of these names, or None if it is blank."""
    text = record.get(*names)
    if not text:
        return None
    try:
        return read(text)
    except (ValueError, OverflowError, OSError) as error:
        column = next(name for name in names if record.get(name))
        raise BadCell(column, text, READABLE) from error


def required_moment(record: Record, read: Callable[[str], When], *names: str) -> When:
    """The moment under one of these names, which must be filled in."""
    found = moment(record, read, *names)
    if found is None:
        raise BadCell(names[0], "", READABLE)
    return found


def flag(record: Record, *names: str) -> bool:
    """A yes or no, in any of the ways it is written. A blank is a no."""
    text = record.get(*names)
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise BadCell(names[0], text, Words("true or false, yes or no, 1 or 0"))


def latest(
    records: Iterable[Record], key: Callable[[Record], object], out: Imported, *, updated: Sequence[str] = ()
) -> list[Record]:
    """One record a key, and the others counted: of several, the one ``updated`` last, failing that the last one."""
    kept: dict[object, Record] = {}
    for record in records:
        out.rows_read += 1
        before = kept.get(key(record))
        if before is not None:
            out.skip(AGAIN)
        if before is None or record.get(*updated) >= before.get(*updated):
            kept[key(record)] = record
    return list(kept.values())


def read_records(files: Sequence[SourceFile], needed: Needed, *, lists: Sequence[str] = ()) -> list[Record]:
    """The records of all files, each a table or JSON, by what it holds and not by its name.

    Parameters
    ----------
    needed
        The columns without which this is not the right file, each as a sequence of aliases.
    lists
        Under which name an answer of the source's API holds its list or its one item, such as ``Appointments``.

    Raises
    ------
    SourceError
        If a file is neither, lacks a column, or if there is no record in any.
    """
    found = [record for file in files for record in _records(file, needed, lists)]
    if not found:
        names = ", ".join(file.name for file in files)
        raise SourceError(
            Words("There is no appointment in {files}. Was the right list exported, and the right time?", files=names)
        )
    return found


def _records(file: SourceFile, needed: Needed, lists: Sequence[str]) -> Iterable[Record]:
    if not looks_like_json(file):
        return [record for grid in read_grids(file, needed) for record in grid]
    records = json_records(file, *lists)
    for aliases in needed:
        if records and not any(plain(name) in record.cells for record in records for name in aliases):
            raise SourceError(
                Words(
                    "{file} is JSON, but no item in it has {column}. Is it another list?",
                    file=file.name,
                    column=repr(aliases[0]),
                )
            )
    return records


def read_grids(file: SourceFile, needed: Needed) -> list[Grid]:
    """The sheets of a file that have the heading; a CSV is one sheet.

    Raises
    ------
    SourceError
        If none has it.
    """
    fitting = [name for name, rows in file.sheets.items() if find_heading(rows, needed) is not None]
    names = fitting or list(file.sheets)[:1]
    shown = {name: sheet_of(file.name, name) if file.is_workbook else file.name for name in names}
    return [make_grid(shown[name], file.sheets[name], needed) for name in names]


def looks_like_json(file: SourceFile) -> bool:
    """Say whether a file is JSON, by its first sign."""
    return file.data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def has_keys(file: SourceFile, *keys: str) -> bool:
    """Say whether a file is JSON and has all these keys near its beginning. For ``recognises``."""
    head = file.data[:HEAD]
    return looks_like_json(file) and all(f'"{key}"'.encode() in head for key in keys)


def has_heading(file: SourceFile, needed: Needed) -> bool:
    """Say whether a file is a table with these columns. For ``recognises``: it never raises."""
    if looks_like_json(file):
        return False
    try:
        if file.is_workbook:
            return any(find_heading(rows, needed) is not None for rows in file.sheets.values())
        top = "\n".join(file.text[:HEAD].splitlines()[:50])
        return find_heading(csv_rows(file.name, top), needed) is not None
    except SourceError:
        return False


def json_records(file: SourceFile, *lists: str) -> list[Record]:
    """The items of a JSON file, flat: ``patient.uuid`` and ``providers.0.uuid`` are columns.

    The file may be an answer of an API that holds a list under one of the names ``lists``, a bare
    list, several of either, or one value a line.

    Raises
    ------
    SourceError
        If it is not JSON, is cut off, or an item is not an object.
    """
    return [Record(file.name, number, _flat(item), unit) for number, item, unit in json_items(file, *lists)]


def json_items(file: SourceFile, *lists: str) -> Iterator[tuple[int, Mapping[str, Any], str]]:
    """The items as they are, each with its number and what the number counts."""
    if _is_one_a_line(file):
        for line, value in file.json_lines():
            for item in _items(file.name, value, lists):
                yield line, item, "line"
    else:
        for number, item in enumerate(_items(file.name, file.json, lists), start=1):
            yield number, item, "item"


def _is_one_a_line(file: SourceFile) -> bool:
    """Say whether the first line is a whole value and others follow it."""
    lines = [line for line in file.text.lstrip().splitlines()[:20] if line.strip()]
    return len(lines) > 1 and lines[0].rstrip()[-1:] in ("}", "]") and lines[1].lstrip()[:1] in ("{", "[")


def _items(name: str, value: Any, lists: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for inner in value:
            yield from _items(name, inner, lists)
        return
    if not isinstance(value, dict):
        raise SourceError(
            Words(
                "{file} holds {found} where a list of objects should be. Is it another file?",
                file=name,
                found=repr(str(value)[:40]),
            )
        )
    held = [value[key] for key in lists if isinstance(value.get(key), (list, dict))]
    if not held:
        yield value
    for inner in held:
        yield from _items(name, inner, lists)


def _flat(item: Mapping[str, Any] | Sequence[Any], before: str = "") -> dict[str, str]:
    """An item's values as text under their path, as ``Record.get`` looks them up."""
    cells: dict[str, str] = {}
    pairs = item.items() if isinstance(item, Mapping) else enumerate(item)
    for key, value in pairs:
        path = before + plain(str(key))
        if isinstance(value, (dict, list)):
            cells |= _flat(value, path)
        else:
            cells[path] = _text(value)
    return cells


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()
