"""The evaluation and the model card in a real browser: fit a phone, readable in the dark, silent on the network."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from holdfast.silence import fit
from holdfast.silence.card import card
from holdfast.silence.card_page import html as card_html
from holdfast.silence.evaluation_report import html
from holdfast.tables import read_tables
from tests.browser import test_report as report
from tests.unit.silence import evaluations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

browser = report._browser
OUTSIDE = report.OUTSIDE.replace("!element.matches('.unseen')", "!element.closest('.unseen, .scroll')")
PAGES = ["evaluation", "too few", "nasty", "card"]


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("evaluation")
    pages = {
        "evaluation": html(evaluations.evaluation()),
        "too few": html(evaluations.evaluation(count=12)),
        "nasty": html(evaluations.evaluation(practice=evaluations.NASTY * 3)),
        "card": _card(folder),
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


def _card(folder: Path) -> str:
    first = datetime(2026, 1, 5, 10, 0)  # noqa: DTZ001 - a wall clock
    days = [first + timedelta(days=7 * week) for week in range(12)]
    lines = [f"a{number},c1,t1,{when.isoformat()},attended" for number, when in enumerate(days)]
    heading = "appointment_id,client_id,therapist_id,starts_at,status"
    (folder / "appointments.csv").write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    return card_html(card(fit(read_tables(folder)), evaluations.evaluation(), practice="Harbour Street"))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", [report.PHONE, report.DESKTOP], ids=["phone", "desktop"])
def test_nothing_sticks_out_even_with_all_tables_open(browser, files, name, size) -> None:  # type: ignore[no-untyped-def]
    page = report._open(browser, files[name], size)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("name", PAGES)
def test_it_is_silent_on_the_network_and_in_the_console(browser, files, name) -> None:  # type: ignore[no-untyped-def]
    page = report._open(browser, files[name], report.PHONE)
    assert page.asked == [files[name].as_uri()]
    assert page.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["evaluation", "card"])
def test_all_words_stand_out_from_the_page(browser, files, name, scheme) -> None:  # type: ignore[no-untyped-def]
    page = report._open(browser, files[name], report.PHONE, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    behind = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    faint = {
        (tag, ink)
        for tag, ink, size in page.evaluate(report.COLOURS)
        if report._contrast(ink, behind) < (report.LARGE_TEXT if size >= 24 else report.SMALL_TEXT)
    }
    assert faint == set()


@pytest.mark.parametrize("size", [report.PHONE, report.DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("name", ["evaluation", "card"])
def test_labels_do_not_lie_on_each_other(browser, files, name, size) -> None:  # type: ignore[no-untyped-def]
    assert report._overlapping(report._open(browser, files[name], size)) == []


def test_tables_that_scroll_can_be_reached_with_the_keyboard(browser, files) -> None:  # type: ignore[no-untyped-def]
    page = report._open(browser, files["evaluation"], report.PHONE)
    reached = "() => [...document.querySelectorAll('.scroll')].every(part => part.tabIndex === 0 && part.ariaLabel)"
    assert page.evaluate(reached)


SWIPE = """() => [...document.querySelectorAll('.scroll')].filter(part => part.scrollWidth > part.clientWidth).map(
  part => getComputedStyle(part.previousElementSibling, '::after').content)"""
IN_SIGHT = """() => [...document.querySelectorAll('.scroll')].every(part =>
  part.querySelector('tbody td').getBoundingClientRect().right <= part.getBoundingClientRect().right + 1)"""


@pytest.mark.parametrize("name", ["evaluation", "card"])
def test_on_a_phone_a_table_with_more_to_the_right_says_so(browser, files, name) -> None:  # type: ignore[no-untyped-def]
    page = report._open(browser, files[name], report.PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    hints = page.evaluate(SWIPE)
    assert len(hints) >= 3
    assert set(hints) == {'" Swipe for more."'}
    assert page.evaluate(IN_SIGHT)  # what matters most stands beside the name


@pytest.mark.parametrize("name", ["evaluation", "card"])
def test_on_a_desktop_no_table_scrolls_and_none_says_so(browser, files, name) -> None:  # type: ignore[no-untyped-def]
    page = report._open(browser, files[name], report.DESKTOP)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.evaluate(SWIPE) == []


def test_a_name_stays_in_sight_while_its_row_is_swiped(browser, files) -> None:  # type: ignore[no-untyped-def]
    page = report._open(browser, files["evaluation"], report.PHONE)
    moved = """() => { const part = document.querySelector('#speak .scroll'); part.scrollLeft = 120;
      return part.querySelector('tbody th').getBoundingClientRect().left - part.getBoundingClientRect().left }"""
    assert page.evaluate(moved) == 0
