"""Cells as people fill them in: blanks that are written out, money, years of birth."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from holdfast.tables.sources.dates import DateOrder, read_date

WRITTEN_BLANKS = frozenset({"-", "--", "–", "—", "n/a", "#n/a", "none", "null", "nil", "nan", "nat"})
NO_DATE = re.compile(r"^[0/.\-: T]+$")  # 0000-00-00 00:00:00


def filled(text: str) -> str:
    """The cell, or nothing where it is blank in so many words."""
    return "" if text.strip().lower() in WRITTEN_BLANKS else text.strip()


def filled_date(text: str) -> str:
    """The cell, or nothing where it holds no date in so many zeros."""
    return "" if NO_DATE.match(text) else filled(text)


def amount(text: str) -> str:
    """An amount of money as a plain number: £1,200.50 and 1.200,50 € are 1200.50. What is no amount is blank.

    A comma or point is the decimal one if it stands last and one or two digits follow it.
    """
    found = re.search(r"\d[\d.,' \u00a0\u202f]*", text)
    if found is None or re.search(r"[-(−]\s*[^\d\s]{0,3}\s*\d", text) or len(re.findall(r"\d[\d.,]*", text)) > 1:
        return _spaced_amount(text)
    whole, cents = _parts(re.sub(r"[^\d.,]", "", found[0]))
    return f"{int(whole)}.{cents}" if cents else str(int(whole))


def _spaced_amount(text: str) -> str:
    """1 200,50: thousands set apart by a space, and nothing else in the cell that could be a number."""
    found = re.fullmatch(r"[^\d-]*(\d{1,3}(?:[ \u00a0\u202f']\d{3})+)((?:[.,]\d{1,2})?)[^\d]*", text)
    if found is None or "(" in text:
        return ""
    whole = re.sub(r"\D", "", found[1])
    return whole + found[2].replace(",", ".")


def _parts(digits: str) -> tuple[str, str]:
    found = re.fullmatch(r"([\d.,]*?)[.,](\d{1,2})", digits.rstrip(".,"))
    whole, cents = (found[1], found[2]) if found else (digits, "")
    return re.sub(r"\D", "", whole) or "0", cents


def birth_year(text: str, order: DateOrder, now: datetime) -> str:
    """The year in a date or year of birth; of a year in two digits, the latest that is past.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if re.fullmatch(r"\d{4}", text):
        return text
    year = read_date(text, order, ZoneInfo("UTC")).day.year
    return str(year if year <= now.year or re.search(r"\d{4}", text) else year - 100)
