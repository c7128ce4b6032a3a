"""The pages before a session in a real browser: with and without JavaScript, at 360 and 1280 px, light and dark.

``HOLDFAST_SCREENSHOTS=1`` also writes the pictures in docs/images.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.browser.test_checkin import LEAST_TARGET, SCRIPTS, SIZES, TARGETS, _browser, opened, quiet, serious
from tests.browser.test_report import IMAGES, OUTSIDE, PHONE
from tests.site.test_cli import clean

__all__ = ("_browser",)
pytestmark = [pytest.mark.browser, pytest.mark.slow]
REPLIES = ("coming", "slower", "someone_else", "pause", "done", "call")


@pytest.fixture(scope="module", name="links")
def _links() -> Iterator[list[str]]:
    """Three pages before a session, then the outbox."""
    command = [sys.executable, "-u", "-m", "holdfast", "site", "serve", "--demo", "--port", "0"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean())
    assert running.stdout is not None
    told = ""
    while "/demo/outbox/" not in told and running.poll() is None:
        told += running.stdout.readline()
    yield re.findall(r"http\S+/(?:n/|demo/outbox)\S+", told)
    running.terminate()
    running.wait(20)
    running.stdout.close()


def choose(page, reply):
    page.locator(f"label.pick:has(input[name=reply][value='{reply}'])").click()


def pages(links):
    *asks, outbox = links
    say, stop = (asks[0].replace("/n/", f"/{name}/") for name in ("say", "stop"))
    return [*asks, outbox, say, stop]


@SIZES
@SCRIPTS
def test_every_page_stays_within_its_origin_its_policy_and_its_width(browser, links, size, scripts):
    for address in pages(links):
        page = opened(browser, address, size, scripts=scripts)
        for reply in REPLIES if "/n/" in address else ():
            choose(page, reply)
            if scripts:
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0], reply
                assert page.evaluate(OUTSIDE) == [], reply
        assert quiet(page)
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_targets_are_for_thumbs(browser, links, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    for address in pages(links):
        page = opened(browser, address, scheme=scheme)
        for reply in REPLIES if "/n/" in address else (None,):
            if reply:
                choose(page, reply)
            assert serious(axe, page) == [], (address, reply)
        targets = page.evaluate(TARGETS)
        in_text = [words for words, height in targets if height < LEAST_TARGET]
        assert [words for words in in_text if not words.startswith("http")] == [] or "outbox" in address
        page.close()


def test_only_what_belongs_to_his_answer_is_shown_and_none_is_larger_than_another(browser, links):
    page = opened(browser, links[0])
    boxes = page.locator(".equal > .row .pick")
    sizes = {(round(box["width"]), round(box["height"])) for box in (one.bounding_box() for one in boxes.all())}
    assert len(sizes) == 1
    for reply in REPLIES:
        choose(page, reply)
        shown = [one.get_attribute("class") for one in page.locator(".if").all() if one.is_visible()]
        assert shown == [f"if if-{reply}"]
    page.close()


@SCRIPTS
def test_he_is_done_is_thanked_and_can_come_back_and_back_shows_nothing(browser, links, scripts):
    page = opened(browser, links[int(scripts)], scripts=scripts)
    choose(page, "done")
    page.fill("#words", "Zanzibar")
    page.click("button[type=submit]")
    assert "Thank you for saying so" in page.content()
    door = page.locator("a.kept").get_attribute("href")
    page.go_back()
    assert "Zanzibar" not in page.content()
    page.goto(re.match(r"http://[^/]+", links[0])[0] + door)
    page.click("button[type=submit]")
    assert "would like to come back" in page.content()
    assert quiet(page)
    page.close()


@SCRIPTS
def test_words_are_found_for_him_in_two_steps(browser, links, scripts):
    page = opened(browser, links[int(scripts)].replace("/n/", "/say/"), scripts=scripts)
    page.locator("label.pick:has(input[value=too_fast])").click()
    page.click("button[type=submit]")
    assert "it goes too fast for me" in page.input_value("textarea")
    page.click("text=Send to my therapist")
    assert "Sent. It is saved." in page.content()
    page.close()


@pytest.mark.skipif(
    not os.environ.get("HOLDFAST_SCREENSHOTS"), reason="set HOLDFAST_SCREENSHOTS=1 to write the pictures"
)
def test_pictures_for_the_docs(browser, links):
    page = opened(browser, links[2], (PHONE[0], 1400))
    page.screenshot(path=IMAGES / "before-phone.png")
    page.close()
