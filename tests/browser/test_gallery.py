"""Pictures of every place of every role on a phone, for docs/reference/pages.md; written when they are asked for."""

from __future__ import annotations

import os
import re

import pytest

from holdfast_site.access.places import PLACES
from tests.browser.test_checkin import _browser, _links, opened  # noqa: F401
from tests.browser.test_report import IMAGES, PHONE
from tests.conftest import ROOT

PAGES = ROOT / "docs" / "reference" / "pages.md"
LONGEST = 2400  # pixels of a page that are shown
EVERYBODYS = {"checkin": "first", "closed": "closed", "help": "help"}  # no role: by their links


def names() -> set[str]:
    """The pictures there have to be: one for each place of each role, and the client's pages without a role."""
    return {f"{role}-{view.split(':')[1]}" for role, places in PLACES.items() for view, _ in places} | set(EVERYBODYS)


def test_every_place_of_every_role_is_in_the_docs():
    shown = set(re.findall(r"\(\.\./images/pages/([a-z_-]+)\.jpg\)", PAGES.read_text(encoding="utf-8")))
    assert names() <= shown


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not os.environ.get("HOLDFAST_SCREENSHOTS"), reason="pictures were not asked for")
def test_pictures_for_the_docs(browser, links):
    folder = IMAGES / "pages"
    folder.mkdir(exist_ok=True)
    for name, link in EVERYBODYS.items():
        _taken(opened(browser, links[link], PHONE), folder / f"{name}.jpg")
    for role, places in PLACES.items():
        page = opened(browser, links["staff"], PHONE)
        with page.expect_navigation():
            page.click(f"form[action='/demo/{role}'] button")
        for view, words in places:
            if view != places[0][0]:
                page.click(f"nav[aria-label=Pages] a:text-is('{words}')")
            _shot(page, folder / f"{role}-{view.split(':')[1]}.jpg")
        page.close()


def _taken(page, path):
    _shot(page, path)
    page.close()


def _shot(page, path):
    high = min(page.evaluate("document.documentElement.scrollHeight"), LONGEST)
    page.set_viewport_size({"width": PHONE[0], "height": high})
    page.screenshot(path=path, type="jpeg", quality=60)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
