"""Dates as people write them; the order of day and month is told by the whole file or not at all."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from holdfast.errors import SourceError
from holdfast.tables.sources.dates import DateOrder, date_reader, find_order, joined, read_date, way_of_writing

LONDON = ZoneInfo("Europe/London")
DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("2026-11-22", DAY, "2026-11-22"),
        ("2026-11-22 14:30", MONTH, "2026-11-22T14:30:00+00:00"),
        ("2026-07-22T14:30:00", DAY, "2026-07-22T14:30:00+01:00"),
        ("2026-07-22T14:30:00Z", DAY, "2026-07-22T15:30:00+01:00"),
        ("2026-07-22T14:30:00.5-0700", DAY, "2026-07-22T22:30:00.500000+01:00"),
        ("2026-11-22 2:30 PM", DAY, "2026-11-22T14:30:00+00:00"),
        ("2026/11/22", DAY, "2026-11-22"),
        ("03/04/2026", DAY, "2026-04-03"),
        ("03/04/2026", MONTH, "2026-03-04"),
        ("3-4-26 9:05am", MONTH, "2026-03-04T09:05:00+00:00"),
        ("03.04.2026 9:05", MONTH, "2026-04-03T09:05:00+01:00"),
        ("11/22/2026, 12:00 a.m.", MONTH, "2026-11-22T00:00:00+00:00"),
        ("11/22/2026 12:00 PM", MONTH, "2026-11-22T12:00:00+00:00"),
        ("Nov 22, 2026 2:30 PM", DAY, "2026-11-22T14:30:00+00:00"),
        ("November 22, 2026 at 2pm", DAY, "2026-11-22T14:00:00+00:00"),
        ("Sunday, November 22nd 2026", DAY, "2026-11-22"),
        ("Sun 22 Nov 2026 14:30", MONTH, "2026-11-22T14:30:00+00:00"),
        ("22-Nov-26", MONTH, "2026-11-22"),
        ("11/22/2026 10:00 AM - 10:50 AM", MONTH, "2026-11-22T10:00:00+00:00"),
        ("11/22/2026 10:00-10:45", MONTH, "2026-11-22T10:00:00+00:00"),
        ("1784730600000", DAY, "2026-07-22T15:30:00+01:00"),
        ("31.12.2026 14.30 Uhr", DAY, "2026-12-31T14:30:00+00:00"),
        ("31. Dezember 2026, 9 Uhr", MONTH, "2026-12-31T09:00:00+00:00"),
        ("Do., 31.12.2026", DAY, "2026-12-31"),
        ("jeudi 31 décembre 2026 à 9h05", MONTH, "2026-12-31T09:05:00+00:00"),
        ("1er août 2026", MONTH, "2026-08-01"),
        ("5 de marzo de 2026 17:00", DAY, "2026-03-05T17:00:00+00:00"),
        ("quinta-feira, 31 de dezembro de 2026", DAY, "2026-12-31"),
        ("31-mrt-2026 10:00 uur", DAY, "2026-03-31T10:00:00+01:00"),
        ("5 March 2026", MONTH, "2026-03-05"),
        ("31-Dec-2026", MONTH, "2026-12-31"),
        ("Tue 03/11/2026", DAY, "2026-11-03"),
        ("20261231", MONTH, "2026-12-31"),
        ("31/12/2026 (Thu) 9:00", DAY, "2026-12-31T09:00:00+00:00"),
        ("2026-03-29 01:30", DAY, "2026-03-29T02:30:00+01:00"),
    ],
)
def test_it_reads(text: str, order: DateOrder, iso: str) -> None:
    assert read_date(text, order, LONDON).text() == iso


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "31/02/2026",
        "22/13/2026",
        "2026-11-22 25:00",
        "2026-11-22 14",
        "22 Foo 2026",
        "13:00",
        "7",
        "3 jui 2026",
    ],
)
def test_it_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_date(text, DAY, LONDON)


def test_one_date_decides_for_all() -> None:
    assert find_order(["03/04/2026", "5/5/2026", "22/04/2026"], file="list.csv") is DAY
    assert find_order(["03/04/2026", "04/22/2026 09:00"], file="list.csv") is MONTH
    assert find_order(["03/04/2026", "2026-11-22", "22.04.2026", ""], file="list.csv") is None


def test_a_weekday_decides_as_well() -> None:
    assert find_order(["Tue 03/11/2026"], file="list.csv") is DAY
    assert find_order(["mercredi 03/11/2026"], file="list.csv") is MONTH
    assert find_order(["Fri 03/11/2026"], file="list.csv") is None


def test_midnight_in_a_day_gives_way_to_the_time_beside_it() -> None:
    assert joined("2026-12-31T00:00:00", "14:30") == "2026-12-31 14:30"
    assert joined("12/31/2026 12:00 AM", "2:30 PM") == "12/31/2026 2:30 PM"
    assert joined("31.12.2026", "14.30 Uhr") == "31.12.2026 14.30 Uhr"


def test_each_way_of_writing_is_known_by_name() -> None:
    ways = {way_of_writing(text) for text in ("2026-12-31", "Do. 31.12.2026", "5 de marzo de 2026", "1784730600000")}
    assert len(ways) == 4
    assert way_of_writing("Arthur Penn") is None


def test_two_orders_in_one_file_are_refused() -> None:
    with pytest.raises(SourceError, match=r"two ways: '22/04/2026' .* '04/22/2026'"):
        find_order(["22/04/2026", "04/22/2026"], file="list.csv")


def test_where_nothing_tells_the_order_it_is_asked() -> None:
    with pytest.raises(SourceError, match=r"a\.csv: '03/04/2026' can have the day first or the month first"):
        date_reader(["03/04/2026", "05/06/2026"], LONDON, file="a.csv")


def test_where_nothing_tells_the_order_a_default_does() -> None:
    assert date_reader(["03/04/2026"], LONDON, file="a.csv", default=MONTH)("03/04/2026").text() == "2026-03-04"


def test_dates_that_read_the_same_both_ways_need_no_order() -> None:
    assert date_reader(["05/05/2026", "2026-03-04"], LONDON, file="a.csv")("05/05/2026").text() == "2026-05-05"


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (("2026-11-22", "2:30 PM"), "2026-11-22 2:30 PM"),
        (("14:30", "22/11/2026"), "22/11/2026 14:30"),
        (("2026-11-22", "", "0930"), "2026-11-22 09:30"),
        (("2026-11-22", "930"), "2026-11-22 9:30"),
        (("2026-11-22 14:30", "15:20"), "2026-11-22 14:30"),
        (("2026-11-22", ""), "2026-11-22"),
        (("", "14:30"), ""),
    ],
)
def test_a_date_and_a_time_in_two_cells_are_one(cells: tuple[str, ...], text: str) -> None:
    assert joined(*cells) == text
