"""The practice's days in a real browser: each role, on a phone and at a desk, with and without JavaScript."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_checkin import SCRIPTS, SIZES, TARGETS, _browser, _links, opened, quiet, serious  # noqa: F401
from tests.browser.test_report import OUTSIDE, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROLES = ("The care contact", "The lead", "The desk", "A supervisor", "A therapist", "A client")
LEAST_TARGET = 44
LONGEST = 3000  # pixels on a phone, with everything folded that comes folded
MOST_PAGES = 16  # of one role: every kind of page is among them
LINKS = """all => all.map(one => String(one.href).split('#')[0])
    .filter(one => one.startsWith('http') && !one.includes('/mine/download/'))"""  # what is taken away is no page
ONE_OF_MANY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]")  # the part of an address that says which
IN_A_SENTENCE = "() => [...document.querySelectorAll('p a, label a')].map(one => one.textContent.trim())"


def entered(browser, links, who, size=PHONE, **more):
    page = opened(browser, links["staff"], size, **more)
    page.click(f"button:has-text('{who}')")
    return page


def walked(page):
    """Every place of the role, then what hangs on them, each kind of address once."""
    waiting, kinds = [page.url], set()
    while waiting and len(kinds) < MOST_PAGES:
        address = waiting.pop(0)
        kind = ONE_OF_MANY.sub("", address.split("?")[0])
        if kind in kinds:
            continue
        kinds.add(kind)
        page.goto(address)
        yield kind
        waiting += page.eval_on_selector_all("nav a, main a, footer a", LINKS)


@SIZES
@SCRIPTS
@pytest.mark.parametrize("who", ROLES)
def test_every_page_of_a_role_stays_within_its_origin_its_policy_its_width_and_three_thousand_pixels(
    browser, links, size, scripts, who
):
    page = entered(browser, links, who, size, scripts=scripts)
    for kind in walked(page):
        if size == PHONE:
            assert page.locator("html").bounding_box()["height"] <= LONGEST, kind
        if scripts:
            page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], kind
            assert page.evaluate(OUTSIDE) == [], kind
    assert quiet(page)
    page.close()


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, links, who, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = entered(browser, links, who, scheme=scheme)
    found = {kind: serious(axe, page) for kind in walked(page)}
    assert {kind: what for kind, what in found.items() if what} == {}
    page.close()


@pytest.mark.parametrize("who", [who for who in ROLES if who != "A therapist"])
def test_what_is_tapped_is_large_enough(browser, links, who):
    page = entered(browser, links, who)
    for kind in walked(page):
        sentences = page.evaluate(IN_A_SENTENCE)
        small = [one for one in page.evaluate(TARGETS) if one[1] < LEAST_TARGET and one[0] not in sentences]
        assert small == [], kind
    page.close()


@SCRIPTS
def test_a_care_contact_takes_on_plans_and_hands_over(browser, links, scripts):
    page = entered(browser, links, "The care contact", scripts=scripts)
    page.click("li:has-text('Asked for someone else') a")
    if page.locator("button:has-text('Take it on')").count():
        page.click("text=Take it on")
    page.check("label:has-text('Call him') input")
    page.fill("form:has-text('Plan this step') input[type=date]", "2099-01-05")
    page.click("text=Plan this step")
    assert page.locator("text=has it: call him, by Monday 5 January").count()
    page.click("text=Look for another therapist")
    assert page.locator("text=Goes slower; he felt too fast.").count()
    page.click("text=Nobody is holding")
    assert page.locator("text=Yours: call him").count() == 1
    page.close()


@SCRIPTS
def test_a_therapist_opens_somebody_elses_page_in_an_emergency_and_ends_it(browser, links, scripts):
    page = entered(browser, links, "A therapist", scripts=scripts)
    page.click("footer a:has-text('An emergency')")
    page.fill("input[name=name]", "Callum Cole")
    page.fill("input[name=known_by]", "C0003")
    page.fill("textarea", "He rang, and his therapist is away")
    page.click("text=Open his page for 60 minutes")
    assert page.locator("h1:has-text('C0003 · Callum Cole')").count() == 1
    opened_at = page.url
    page.click("text=End it now")
    page.goto(opened_at)
    assert page.locator("text=Callum").count() == 0
    assert quiet(page)
    page.close()


def test_the_desk_books_and_calls_off(browser, links):
    page = entered(browser, links, "The desk")
    page.click("text=Book somebody")
    page.fill("input[name=client]", "C0001")
    page.select_option("select[name=therapist]", "T01")
    page.fill("input[name=on]", "2099-01-06")
    page.fill("input[name=at]", "10:00")
    page.click("main button:has-text('Book')")
    assert page.locator("text=with Miriam Adler: booked").count() == 1
    page.click("text=Move or call off")
    page.check("label:has-text('The practice') input")
    page.click("button:has-text('Call it off')")
    assert page.locator("text=with Miriam Adler: called off").count() == 1
    page.close()
