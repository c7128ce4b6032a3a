"""The report in a real browser: fits a phone, readable in the dark, silent on the network and in the console.

``HOLDFAST_SCREENSHOTS=1`` also writes the pictures in docs/images.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.insight.report import html
from tests.unit.insight import leaks

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE, DESKTOP = (360, 740), (1280, 860)
LARGE_TEXT, SMALL_TEXT = 3.0, 4.5  # contrast wanted by WCAG 2.2 AA
COLOURS = """() => [...document.querySelectorAll('h1,h2,h3,p,li,th,td,dt,dd,summary,caption,svg text,svg tspan')]
    .filter(element => element.textContent.trim() && element.getClientRects().length)
    .map(element => {
        const style = getComputedStyle(element);
        const ink = element.namespaceURI.endsWith('svg') ? style.fill : style.color;
        return [element.tagName, ink, parseFloat(style.fontSize)];
    })"""
OUTSIDE = """() => [...document.querySelectorAll('main *')]
    .filter(element => element.getClientRects().length && !element.matches('.unseen') && !element.closest('.scroll'))
    .filter(element => {
        const box = element.getBoundingClientRect();
        return box.width && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
    })
    .map(element => element.tagName + ': ' + element.textContent.slice(0, 60))"""


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium")


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module", name="files")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    nasty = (leaks.breakdown("men", leaks.NASTY), leaks.breakdown("x" * 120, "under 25"))
    pages = {
        "demo": leaks.demo(),
        "nasty": leaks.leak(breakdowns=nasty),
        "too few": leaks.too_few_to_tell(),
        "suppressed": leaks.suppressed(),
        "partly": leaks.partly_suppressed(),
    }
    for name, leak in pages.items():
        (folder / f"{name}.html").write_text(html(leak), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


def _open(browser, file: Path, size: tuple[int, int], scheme: str = "light"):  # type: ignore[no-untyped-def]
    viewport = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=viewport, color_scheme=scheme, device_scale_factor=2 if size[0] == PHONE[0] else 1)
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("name", ["demo", "nasty", "too few", "suppressed", "partly"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_sticks_out_even_with_all_tables_open(browser, files, name, size) -> None:  # type: ignore[no-untyped-def]
    page = _open(browser, files[name], size)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(OUTSIDE) == []


def test_it_is_silent_on_the_network_and_in_the_console(browser, files) -> None:  # type: ignore[no-untyped-def]
    for file in files.values():
        page = _open(browser, file, PHONE)
        assert page.asked == [file.as_uri()]
        assert page.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_stand_out_from_the_page(browser, files, scheme) -> None:  # type: ignore[no-untyped-def]
    page = _open(browser, files["demo"], PHONE, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    behind = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (_luminance(behind) < 0.1) == (scheme == "dark")
    faint = {
        (tag, ink)
        for tag, ink, size in page.evaluate(COLOURS)
        if _contrast(ink, behind) < (LARGE_TEXT if size >= 24 else SMALL_TEXT)
    }
    assert faint == set()


def test_no_text_is_tiny(browser, files) -> None:  # type: ignore[no-untyped-def]
    page = _open(browser, files["demo"], PHONE)
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 18
    assert min(size for _, _, size in page.evaluate(COLOURS)) >= 14


def test_labels_do_not_lie_on_each_other(browser, files) -> None:  # type: ignore[no-untyped-def]
    for name in ("demo", "nasty", "partly"):
        for size in (PHONE, DESKTOP):
            assert _overlapping(_open(browser, files[name], size)) == []


def test_on_paper_every_table_is_open(browser, files) -> None:  # type: ignore[no-untyped-def]
    page = _open(browser, files["demo"], DESKTOP)
    page.emulate_media(media="print")
    hidden = "() => [...document.querySelectorAll('table')].filter(table => table.getBoundingClientRect().height < 20)"
    assert page.evaluate(f"({hidden})().length") == 0


@pytest.mark.skipif(
    not os.environ.get("HOLDFAST_SCREENSHOTS"), reason="set HOLDFAST_SCREENSHOTS=1 to write the pictures"
)
def test_pictures_for_the_docs(browser, files) -> None:  # type: ignore[no-untyped-def]
    IMAGES.mkdir(exist_ok=True)
    long, tall = (PHONE[0], 1480), (DESKTOP[0], 1500)
    for name, size, scheme in (("phone", long, "light"), ("desktop", tall, "light"), ("dark", tall, "dark")):
        page = _open(browser, files["demo"], size, scheme)
        page.screenshot(path=IMAGES / f"leak-{name}.png", full_page=False)


def _overlapping(page) -> list[str]:  # type: ignore[no-untyped-def]
    """Pairs of labels of one drawing that lie on each other."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('svg.chart')].flatMap(chart => {
            const labels = [...chart.querySelectorAll('text')].filter(label => label.getClientRects().length);
            const boxes = labels.map(label => label.getBoundingClientRect());
            return labels.flatMap((label, i) => labels.slice(i + 1).flatMap((other, j) => {
                const a = boxes[i], b = boxes[i + 1 + j];
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                return across > 1 && down > 5 ? [label.textContent + ' | ' + other.textContent] : [];
            }));
        })"""
    )
    return found


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2 of ``rgb(r, g, b)``."""
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
