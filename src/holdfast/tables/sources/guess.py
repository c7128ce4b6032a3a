"""How a table of no known system is probably to be read, with how sure that is, and what has to be asked."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from holdfast.errors import SourceError
from holdfast.tables.sources.any_columns import Column, choose_columns
from holdfast.tables.sources.any_sheets import Found, find_sheets
from holdfast.tables.sources.cells import filled, filled_date
from holdfast.tables.sources.dates import DateOrder, joined, possible_orders, read_date, way_of_writing
from holdfast.tables.sources.files import SourceFile, find_delimiter
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.headings import CLIENT_FIELDS, DATE_FIELDS, THERAPIST_FIELDS, Field
from holdfast.tables.sources.mapping import Mapping, file_name
from holdfast.tables.sources.outcomes import Meaning, understood, word_key

_SHOWN = 20  # rows named in one message
_SAMPLE = 3  # rows shown as they would be read


@dataclass(frozen=True, slots=True)
class Word:
    """What a status word means, if that is known, and in how many rows it stands."""

    meaning: Meaning | None
    count: int


@dataclass(frozen=True, slots=True)
class Order:
    """Whether the day comes first, and the cell that shows it; or one that can be read both ways."""

    day_first: bool | None = None
    evidence: str = ""
    unclear: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a file holds and how it is probably to be read. Nothing that is unsure has been decided."""

    file: str
    encoding: str  # blank for a workbook
    delimiter: str  # blank for a workbook
    sheets: tuple[str, ...]
    unclear_sheets: tuple[str, ...]
    heading_row: int
    heading: tuple[str, ...]
    records: tuple[Record, ...]
    columns: abc.Mapping[Field, Column]
    unsure: abc.Mapping[Field, tuple[str, ...]]
    order: Order
    words: abc.Mapping[str, Word]
    sample: tuple[abc.Mapping[str, str], ...]
    told: Mapping

    @property
    def day_first(self) -> bool | None:
        return self.order.day_first

    @property
    def mapping_name(self) -> str:
        """The name of the mapping file for tables with this heading."""
        return file_name(self.heading)

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns that are not read."""
        used = {column.heading for column in self.columns.values()}
        return tuple(heading for heading in self.heading if heading and heading not in used)


def guess(file: SourceFile, told: Mapping | None = None) -> Guess:
    """Say how a file is probably to be read; what was ``told`` stands, and only the rest is guessed.

    Raises
    ------
    SourceError
        If it holds no table of appointments, or writes its dates in several ways.
    """
    told = told or Mapping()
    found = find_sheets(file, told)
    chosen = choose_columns(found, told)
    order = _order(found, chosen.known, told)
    words = _words(found, chosen.known, told)
    return Guess(
        file=file.name,
        encoding="" if file.is_workbook else file.encoding,
        delimiter="" if file.is_workbook else find_delimiter(file.text),
        sheets=tuple(sheet.name for sheet in found.sheets),
        unclear_sheets=found.unclear,
        heading_row=found.sheets[0].position + 1,
        heading=found.heading,
        records=tuple(found.records),
        columns=chosen.known,
        unsure=chosen.unsure,
        order=order,
        words=words,
        sample=_sample(found, chosen.known, order, words),
        told=told,
    )


def date_text(record: Record, columns: abc.Mapping[Field, Column]) -> str:
    """The date of a record, with its time if that stands in another cell."""
    time = columns.get(Field.TIME)
    day = filled_date(record.get(columns[Field.DATE].heading))
    return joined(day, filled(record.get(time.heading))) if time else day


def person(record: Record, columns: abc.Mapping[Field, Column], fields: tuple[Field, ...]) -> str:
    """Who is meant: the id, or the name, put together from first name and surname if need be."""
    cells = [filled(record.get(columns[name].heading)) for name in fields if name in columns]
    return " ".join(" ".join(cells).split())


def cell(record: Record, columns: abc.Mapping[Field, Column], name: Field) -> str:
    """What is filled in for one field; nothing if there is no column for it."""
    return filled(record.get(columns[name].heading)) if name in columns else ""


def _order(found: Found, columns: abc.Mapping[Field, Column], told: Mapping) -> Order:
    """Whether the day comes first, by all the dates of the file together."""
    proof: dict[DateOrder, list[str]] = {order: [] for order in DateOrder}
    unclear = ""
    for heading in dict.fromkeys(columns[name].heading for name in DATE_FIELDS if name in columns):
        _refuse_several_ways(found, heading)
        for record, text in found.cells(heading):
            possible = possible_orders(text)
            if len(possible) == 1:
                proof[possible[0]].append(f"{record.place}, {heading}: {text!r}")
            elif possible and not unclear:
                unclear = f"{record.place}, {heading}: {text!r}"
    return _decided(proof[DateOrder.DAY_FIRST], proof[DateOrder.MONTH_FIRST], unclear, told)


def _decided(day: list[str], month: list[str], unclear: str, told: Mapping) -> Order:
    if day and month:
        fewer, words = (month, "month") if len(month) <= len(day) else (day, "day")
        other = (day if fewer is month else month)[0]
        raise SourceError(
            f"Some dates can only have the {words} first, others cannot ({other}):\n{_listed(fewer)}\n"
            "Make them alike (2026-11-22 is safest), and import again. Nothing was written."
        )
    against = {True: month, False: day, None: []}[told.day_first]
    if against:
        said = "true" if told.day_first else "false"
        raise SourceError(f"The mapping's day_first is {said}, but these dates cannot be read so:\n{_listed(against)}")
    if told.day_first is not None:
        return Order(told.day_first, "the mapping says so")
    if day or month:
        return Order(bool(day), (day or month)[0])
    return Order(unclear=unclear)


def _refuse_several_ways(found: Found, heading: str) -> None:
    """A spreadsheet that took some cells for dates and left others as text may have swapped day and month in them."""
    ways: dict[str, list[str]] = {}
    for record, text in found.cells(heading):
        if way := way_of_writing(text):
            ways.setdefault(way, []).append(f"{record.place}, {heading}: {text!r}")
    if len(ways) > 1:
        usual = max(ways, key=lambda way: len(ways[way]))
        rare = [line for way, lines in ways.items() if way != usual for line in lines]
        raise SourceError(
            f"The dates under {heading!r} are written in several ways, so that day and month may have been swapped in "
            f"some. Most have {usual} ({ways[usual][0]}), but these do not:\n{_listed(rare)}\n"
            "Make them alike (2026-11-22 is safest), and import again. Nothing was written."
        )


def _listed(lines: list[str]) -> str:
    more = [f"… and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else []
    return "\n".join(f"  {line}" for line in [*lines[:_SHOWN], *more])


def _words(found: Found, columns: abc.Mapping[Field, Column], told: Mapping) -> dict[str, Word]:
    """The words of the status column, the commonest first, each in its first spelling."""
    if Field.STATUS not in columns:
        return {}
    heading = columns[Field.STATUS].heading
    spelled: dict[str, str] = {}
    counts: dict[str, int] = {}
    for record, word in found.cells(heading):
        if columns.keys() & set(CLIENT_FIELDS) and not person(record, columns, CLIENT_FIELDS):
            continue  # a block in the diary, whatever it is called
        key = word_key(word)
        spelled.setdefault(key, word)
        counts[key] = counts.get(key, 0) + 1
    commonest = sorted(counts, key=lambda key: -counts[key])
    return {spelled[key]: Word(_meaning(spelled[key], heading, told), counts[key]) for key in commonest}


def _meaning(word: str, heading: str, told: Mapping) -> Meaning | None:
    return told.meaning(word) or understood(word, heading)


def _sample(
    found: Found, columns: abc.Mapping[Field, Column], order: Order, words: abc.Mapping[str, Word]
) -> tuple[dict[str, str], ...]:
    """The first rows as they would be read, for the person to look at."""
    if Field.DATE not in columns:
        return ()
    meanings = {word_key(word): known.meaning for word, known in words.items()}
    return tuple(
        {
            "client": person(record, columns, CLIENT_FIELDS),
            "therapist": person(record, columns, THERAPIST_FIELDS),
            "starts_at": _start_shown(date_text(record, columns), order),
            "status": meanings.get(word_key(cell(record, columns, Field.STATUS))) or "",
        }
        for record in found.records[:_SAMPLE]
    )


def _start_shown(text: str, order: Order) -> str:
    """The start in the tables' form, without the offset; as it stands where it can be read in two ways."""
    if order.unclear:
        return text
    try:
        read = read_date(text, date_order(order.day_first), ZoneInfo("UTC"))
    except (ValueError, OverflowError, OSError):
        return text
    return read.text().removesuffix("+00:00")


def date_order(day_first: bool | None) -> DateOrder:
    """The order to read in; where it makes no difference, either."""
    return DateOrder.MONTH_FIRST if day_first is False else DateOrder.DAY_FIRST
