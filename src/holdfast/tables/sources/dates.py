"""Dates as people and spreadsheets write them: 22/11/2026 2:30 PM, Nov 22, 2026, 22. November 26 14.30 Uhr.

Whether 05/04/2026 is in April or in May cannot be told from one cell. It is told from all
the dates of a file together, and where they do not tell it is asked, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed_zone
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from holdfast.errors import SourceError
from holdfast.tables.moments import When, at_instant, from_epoch, on_day
from holdfast.tables.sources.date_words import month_number, weekday_numbers
from holdfast.words import Words

READABLE = Words("a date or time such as 2026-11-22 14:30, 22/11/2026 2:30 PM or Nov 22, 2026")
_WORD = r"[^\W\d_]"
_WEEKDAY = re.compile(rf"^\(?({_WORD}{{2,10}}(?:-feira)?)\)?\.?,?(?:\s+|$)", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)")
_DIGITS = re.compile(r"^(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)")
_NUMBERS = re.compile(r"^(?P<a>\d{1,2})\s?(?P<sep>[-/.])\s?(?P<b>\d{1,2})\s?(?P=sep)\s?(?P<y>\d{4}|\d{2})(?!\d)")
_MONTH_NAME = re.compile(
    rf"^(?P<m>{_WORD}{{3,10}})\.?[\s-]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|[\s-]+)(?P<y>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_DAY_NAME = re.compile(
    rf"^(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|°)?(?:[\s./-]+|(?={_WORD}))(?:de\s+)?(?P<m>{_WORD}{{3,10}})"
    r"\.?,?[\s./-]*(?:del?\s+)?(?P<y>\d{4}|\d{2})(?![\d:])",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"^\d{10}$|^\d{13}$")
_BEFORE_CLOCK = re.compile(r"^(?:T|,?\s+(?:at|um|à|om|a las|às)\s+|\s*[,@-]\s*|\s+)", re.IGNORECASE)
_CLOCK = re.compile(
    r"^(?P<h>\d{1,2})(?:(?::|\.|\s?h\s?)(?P<min>\d{2})(?::(?P<s>\d{2})(?P<f>\.\d{1,9})?)?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?)?\s*(?P<oclock>uhr|uur|hrs?|h)?\s*"
    r"(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
_CLOCK_ALONE = re.compile(
    r"^\d{1,2}(?::\d{2}|\.\d{2}(?![.\d])|\s*[ap]\.?\s?m|\s?(?:h|uhr|uur)\b|h\d)|^\d{3,4}$", re.IGNORECASE
)
MIDNIGHT = re.compile(r"[T\s]+(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)$", re.IGNORECASE)  # a day in a spreadsheet
_UNTIL = re.compile(
    r"\s*(?:[–—-]\s*|\b(?:to|bis|tot|a|à|até)\s+)\d{1,2}(?:[:.h]\d{2}|\s*[ap]\.?m|\s*h|\s*u).*$", re.IGNORECASE
)


class DateOrder(StrEnum):
    """Which comes first in a date written in numbers with the year at its end."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


def find_order(texts: Iterable[str], *, file: str) -> DateOrder | None:
    """Tell the order from all the dates of a file together; None if no date tells it.

    A date decides if only one order makes a date of it: 22/11/2026 is day first, 11/22/2026 month first.

    Raises
    ------
    SourceError
        If some dates can only be the one and some only the other.
    """
    proof: dict[DateOrder, str] = {}
    for text in texts:
        possible = possible_orders(text)
        if len(possible) == 1:
            proof.setdefault(possible[0], text.strip())
    if len(proof) == 2:
        day, month = proof[DateOrder.DAY_FIRST], proof[DateOrder.MONTH_FIRST]
        raise SourceError(
            Words(
                "{file}: the dates are written in two ways: {day} has the day first, {month} the month. "
                "Make them alike (2026-11-22 is safest), and import again.",
                file=file,
                day=repr(day),
                month=repr(month),
            )
        )
    return next(iter(proof), None)


def date_reader(
    texts: Iterable[str], timezone: ZoneInfo, *, file: str, default: DateOrder | None = None
) -> Callable[[str], When]:
    """Return what reads one date, in the order that ``texts``, all the dates of the file, are written in.

    Raises
    ------
    SourceError
        If a date can be read both ways, no other tells which, and there is no ``default``.
    """
    cells = [text for text in dict.fromkeys(texts) if text.strip()]  # each once: many appointments share a time
    order = find_order(cells, file=file) or default
    if order is None:
        unclear = next((text for text in cells if len(possible_orders(text)) > 1), None)
        if unclear is not None:
            raise SourceError(
                Words(
                    "{file}: {date} can have the day first or the month first, and no other date in it "
                    "tells which. Export a longer time, save the dates as 2026-11-22, or say which comes first: "
                    "holdfast import any {file} --map MAPPING",
                    file=file,
                    date=repr(unclear.strip()),
                )
            )

    @lru_cache(maxsize=10_000)
    def read_one(text: str) -> When:
        return read_date(text, order or DateOrder.DAY_FIRST, timezone)

    return read_one


def joined(*cells: str) -> str:
    """One text of a date and a time that stand in cells of their own, in whatever order; blank if there is no date."""
    filled = [text for cell in cells if (text := cell.strip())]
    if len(filled) < 2:
        return "" if not filled or is_clock(filled[0]) else filled[0]
    day = next((cell for cell in filled if not is_clock(cell)), "")
    clock = next((cell for cell in filled if is_clock(cell)), "")
    day = MIDNIGHT.sub("", day) if clock else day
    if not day or ":" in day or not clock:
        return day
    return f"{day} {clock[:-2]}:{clock[-2:]}" if clock.isdigit() else f"{day} {clock}"


def is_clock(cell: str) -> bool:
    """Say whether a cell is a time alone: 14:30, 2 PM, 10:00 - 10:50, 14 h 30, or 1430 as some systems write it."""
    return bool(_CLOCK_ALONE.match(cell))


def read_date(text: str, order: DateOrder, timezone: ZoneInfo) -> When:
    """Read one date, with its time if there is one; a time without an offset is on the practice's clock.

    Raises
    ------
    ValueError
        If it is no date, or none that exists.
    """
    cleaned, _ = _without_weekday(text)
    if _EPOCH.match(cleaned):
        return from_epoch(cleaned, timezone)
    day, rest = _day(cleaned, order)
    clock, _ = _without_weekday(_BEFORE_CLOCK.sub("", rest))
    if not clock:
        return on_day(day)
    if not _YEAR_FIRST.match(cleaned):  # 10:00-10:50 after such a date is a span, and not an offset from UTC
        clock = _UNTIL.sub("", clock)
    return at_instant(datetime.combine(day, _clock(clock)), timezone)


def _day(text: str, order: DateOrder) -> tuple[date, str]:
    """The day a text begins with, and what follows it."""
    if found := _YEAR_FIRST.match(text) or _DIGITS.match(text):
        return date(int(found["y"]), int(found["m"]), int(found["d"])), text[found.end() :]
    if found := _NUMBERS.match(text):
        first, second = int(found["a"]), int(found["b"])
        swap = order is DateOrder.MONTH_FIRST and found["sep"] != "."
        day, month = (second, first) if swap else (first, second)
        return date(_year(found["y"]), month, day), text[found.end() :]
    if found := _MONTH_NAME.match(text) or _DAY_NAME.match(text):
        return date(_year(found["y"]), month_number(found["m"]), int(found["d"])), text[found.end() :]
    raise ValueError(f"{text!r} is not a date")


@lru_cache(maxsize=10_000)  # many appointments are on the same day, and each is looked at several times
def _without_weekday(text: str) -> tuple[str, frozenset[int]]:
    """A text without the weekday it begins with, and which weekday that can be."""
    cleaned = " ".join(text.split())
    found = _WEEKDAY.match(cleaned)
    days = weekday_numbers(found[1]) if found and not _MONTH_NAME.match(cleaned) else frozenset[int]()
    return (cleaned[found.end() :], days) if found and days else (cleaned, days)


def _year(text: str) -> int:
    """Two digits are a year of this century: appointments are not older."""
    return int(text) + 2000 if len(text) == 2 else int(text)


def _clock(text: str) -> time:
    """The time of day, with its offset if there is one; of a span from one time to another, its beginning."""
    found = _CLOCK.match(text) or _CLOCK.match(_UNTIL.sub("", text))
    if found is None or not (found["min"] or found["half"] or found["oclock"]):
        raise ValueError(f"{text!r} is not a time")
    hour = int(found["h"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(f"{text!r} is not a time")
        hour = hour % 12 + 12 * (found["half"][0].lower() == "p")
    micro = int(float(found["f"] or 0) * 1_000_000)
    return time(hour, int(found["min"] or 0), int(found["s"] or 0), micro, tzinfo=_offset(found["zone"]))


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    digits = re.sub(r"[^0-9]", "", text)
    if not digits:
        return UTC
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return fixed_zone(-shift if "-" in text else shift)


def possible_orders(text: str) -> list[DateOrder]:
    """The orders that make a date of this text, if they make different dates of it; else none.

    A weekday before the date decides too, if it is that of one reading and not of the other.
    """
    cleaned, weekdays = _without_weekday(text)
    found = _NUMBERS.match(cleaned)
    if found is None or found["sep"] == "." or int(found["a"]) == int(found["b"]):
        return []
    days = {order: day for order in DateOrder if (day := _in_order(found, order))}
    on_weekday = [order for order, day in days.items() if day.isoweekday() in weekdays]
    return on_weekday if len(on_weekday) == 1 else list(days)


def _in_order(found: re.Match[str], order: DateOrder) -> date | None:
    first, second = int(found["a"]), int(found["b"])
    day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    try:
        return date(_year(found["y"]), month, day)
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def way_of_writing(text: str) -> str | None:
    """In which of four ways a date is written, in words; None if it is in none of them."""
    cleaned, _ = _without_weekday(text)
    ways = {
        Words("the year first"): (_YEAR_FIRST, _DIGITS),
        Words("numbers with the year last"): (_NUMBERS,),
        Words("the month by its name"): (_MONTH_NAME, _DAY_NAME),
        Words("seconds since 1970"): (_EPOCH,),
    }
    return next((way for way, shapes in ways.items() if any(shape.match(cleaned) for shape in shapes)), None)
