"""How a table of no known system is probably to be read, with how sure that is, and what has to be asked."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import polars as pl

from holdfast.errors import SourceError
from holdfast.tables.sources.any_columns import Column, choose_columns
from holdfast.tables.sources.any_records import Records, each_once, each_row_once
from holdfast.tables.sources.any_sheets import Found, find_sheets
from holdfast.tables.sources.dates import DateOrder, joined, possible_orders, read_date, way_of_writing
from holdfast.tables.sources.files import SourceFile, find_delimiter
from holdfast.tables.sources.headings import CLIENT_FIELDS, DATE_FIELDS, THERAPIST_FIELDS, Field
from holdfast.tables.sources.mapping import Mapping, file_name
from holdfast.tables.sources.outcomes import Meaning, understood, word_key
from holdfast.tables.sources.source import SHOWN, first_of
from holdfast.words import Words

MAKE_ALIKE = Words("Make them alike (2026-11-22 is safest), and import again. Nothing was written.")
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
    records: Records
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
        records=found.records,
        columns=chosen.known,
        unsure=chosen.unsure,
        order=order,
        words=words,
        sample=_sample(found, chosen.known, order, words),
        told=told,
    )


def date_texts(records: Records, columns: abc.Mapping[Field, Column]) -> pl.Series:
    """The date of each record, with its time if that stands in another cell."""
    time = columns.get(Field.TIME)
    day = records.filled_date(columns[Field.DATE].heading)
    if time is None:
        return day
    parts = {"day": day, "time": records.filled(time.heading)}
    return each_row_once(parts, lambda *cells: {"both": joined(*cells)}, {"both": pl.String})["both"]


def people(records: Records, columns: abc.Mapping[Field, Column], fields: tuple[Field, ...]) -> pl.Series:
    """Who is meant in each record: the id, or the name, put together from first name and surname if need be."""
    cells = [records.filled(columns[name].heading).alias(name) for name in fields if name in columns]
    if not cells:
        return nothing(records)
    whole = pl.select(pl.concat_str(*cells, separator=" ")).to_series()
    return whole.str.replace_all(r"\s+", " ").str.strip_chars()


def cells(records: Records, columns: abc.Mapping[Field, Column], name: Field) -> pl.Series:
    """What is filled in for one field in each record; nothing if there is no column for it."""
    return records.filled(columns[name].heading) if name in columns else nothing(records)


def nothing(records: Records) -> pl.Series:
    """A blank for each record."""
    return pl.Series([""], dtype=pl.String).new_from_index(0, len(records))


@dataclass(slots=True)
class _Shown:
    """Cells that show something: how many there are, and the first of them with their places."""

    count: int = 0
    first: list[tuple[Words, str, str]] = field(default_factory=list)

    def add(self, records: Records, heading: str, texts: pl.Series, mask: pl.Series) -> None:
        room = max(SHOWN - len(self.first), 0)
        places = records.places(mask, room)
        self.first += [(place, heading, repr(text)) for place, text in zip(places, texts.filter(mask), strict=False)]
        self.count += int(mask.sum())

    @property
    def example(self) -> Words:
        """The first of them."""
        place, heading, text = self.first[0]
        return Words("{place}, {column}: {text}", place=place, column=heading, text=text)

    def listed(self) -> list[Words]:
        """The first of them, a line each, and how many more there are."""
        form = Words("  {place}, {column}: {text}").form
        lines = [Words(form, place=place, column=heading, text=text) for place, heading, text in self.first]
        return first_of(lines, self.count)


def _order(found: Found, columns: abc.Mapping[Field, Column], told: Mapping) -> Order:
    """Whether the day comes first, by all the dates of the file together."""
    proof = {order: _Shown() for order in DateOrder}
    unclear = _Shown()
    for heading in dict.fromkeys(columns[name].heading for name in DATE_FIELDS if name in columns):
        _refuse_several_ways(found, heading)
        texts = found.records.filled(heading)
        possible = each_once(texts, lambda text: "|".join(possible_orders(text)))
        for order in DateOrder:
            proof[order].add(found.records, heading, texts, possible == order)
        unclear.add(found.records, heading, texts, possible.str.contains("|", literal=True))
    shown = unclear.example if unclear.count else ""
    return _decided(proof[DateOrder.DAY_FIRST], proof[DateOrder.MONTH_FIRST], shown, told)


def _decided(day: _Shown, month: _Shown, unclear: str, told: Mapping) -> Order:
    if day.count and month.count:
        if month.count <= day.count:
            words = Words("Some dates can only have the month first, others cannot ({other}):", other=day.example)
            raise SourceError(words, *month.listed(), MAKE_ALIKE)
        words = Words("Some dates can only have the day first, others cannot ({other}):", other=month.example)
        raise SourceError(words, *day.listed(), MAKE_ALIKE)
    against = {True: month, False: day, None: _Shown()}[told.day_first]
    if against.count:
        said = "true" if told.day_first else "false"
        raise SourceError(
            Words("The mapping's day_first is {said}, but these dates cannot be read so:", said=said),
            *against.listed(),
        )
    if told.day_first is not None:
        return Order(told.day_first, Words("the mapping says so"))
    if day.count or month.count:
        return Order(bool(day.count), (day if day.count else month).example)
    return Order(unclear=unclear)


def _refuse_several_ways(found: Found, heading: str) -> None:
    """A spreadsheet that took some cells for dates and left others as text may have swapped day and month in them."""
    texts = found.records.filled(heading)
    way_of = each_once(texts, lambda text: way_of_writing(text) or "")
    ways = {way: _Shown() for way in way_of.unique(maintain_order=True) if way}
    if len(ways) < 2:
        return
    for way, shown in ways.items():
        shown.add(found.records, heading, texts, way_of == way)
    usual = max(ways, key=lambda way: ways[way].count)
    others = [shown for way, shown in ways.items() if way != usual]
    rare = _Shown(sum(shown.count for shown in others), [line for shown in others for line in shown.first])
    raise SourceError(
        Words(
            "The dates under {column} are written in several ways, so that day and month may have been swapped in "
            "some. Most have {usual} ({example}), but these do not:",
            column=repr(heading),
            usual=usual,
            example=ways[usual].example,
        ),
        *rare.listed(),
        MAKE_ALIKE,
    )


def _words(found: Found, columns: abc.Mapping[Field, Column], told: Mapping) -> dict[str, Word]:
    """The words of the status column, the commonest first, each in its first spelling."""
    if Field.STATUS not in columns:
        return {}
    heading = columns[Field.STATUS].heading
    said = found.records.filled(heading)
    if columns.keys() & set(CLIENT_FIELDS):  # a block in the diary has no client, whatever it is called
        said = said.filter(people(found.records, columns, CLIENT_FIELDS) != "")
    spelled: dict[str, str] = {}
    counts: dict[str, int] = {}
    spellings = said.filter(said != "").alias("word").to_frame().group_by("word", maintain_order=True).len()
    for word, count in spellings.iter_rows():
        key = word_key(word)
        spelled.setdefault(key, word)
        counts[key] = counts.get(key, 0) + count
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
    first = found.records.head(_SAMPLE)
    shown = zip(
        people(first, columns, CLIENT_FIELDS),
        people(first, columns, THERAPIST_FIELDS),
        date_texts(first, columns),
        cells(first, columns, Field.STATUS),
        strict=True,
    )
    return tuple(
        {
            "client": client,
            "therapist": therapist,
            "starts_at": _start_shown(start, order),
            "status": meanings.get(word_key(word)) or "",
        }
        for client, therapist, start, word in shown
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
