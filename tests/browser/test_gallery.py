"""The gallery in a real browser; and pictures for docs/reference/pages.md, written when they are asked for."""

from __future__ import annotations

import os
import re

import pytest

from holdfast_site.access.places import PLACES
from tests.browser.test_checkin import SIZES, _browser, _links, opened, quiet, serious  # noqa: F401
from tests.browser.test_report import IMAGES, OUTSIDE, PHONE
from tests.conftest import ROOT

PAGES = ROOT / "docs" / "reference" / "pages.md"
LONGEST = 2400  # pixels of a page that are shown
LEAST_STATES = 15
EVERYBODYS = {"checkin": "first", "closed": "closed", "help": "help"}  # no role: by their links
PARTS = {"parts-clients": "", "parts-staff": "staff", "parts-figures": "figures"}  # of the demo's gallery


def names() -> set[str]:
    """The pictures there have to be: of each place of each role, of pages without a role, and of the parts of all."""
    return {f"{role}-{view.split(':')[1]}" for role, places in PLACES.items() for view, _ in places} | {
        *EVERYBODYS,
        *PARTS,
    }


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
    for name, address in PARTS.items():
        _taken(opened(browser, f"{links['staff']}demo/gallery/{address}", PHONE), folder / f"{name}.jpg")
    for role, places in PLACES.items():
        page = opened(browser, links["staff"], PHONE)
        with page.expect_navigation():
            page.click(f"form[action='/demo/{role}'] button")
        for view, words in places:
            if view != places[0][0]:
                page.click(f"nav[aria-label=Pages] a:text-matches('^{words}(:|$)')")
            _shot(page, folder / f"{role}-{view.split(':')[1]}.jpg")
        page.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@SIZES
def test_every_part_in_every_state_fits_and_can_be_used_by_everybody(browser, links, size, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    for address in PARTS.values():
        page = opened(browser, f"{links['staff']}demo/gallery/{address}", size, scheme=scheme)
        assert page.locator(".state").count() > LEAST_STATES
        assert serious(axe, page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address
        assert page.evaluate(OUTSIDE) == [], address
        assert quiet(page)
        page.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_a_passkey_is_offered_only_where_scripts_can_ask_for_it(browser, links, scripts):
    page = opened(browser, f"{links['staff']}demo/gallery/", scripts=scripts)
    assert page.locator("[data-passkey]").is_visible() is scripts
    page.close()


def _taken(page, path):
    _shot(page, path)
    page.close()


def _shot(page, path):
    high = min(page.evaluate("document.documentElement.scrollHeight"), LONGEST)
    page.set_viewport_size({"width": PHONE[0], "height": high})
    page.screenshot(path=path, type="jpeg", quality=60)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
