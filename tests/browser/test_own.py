"""In a real browser with a passkey of its own: from a link and a code to his page, and everything on it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.test_checkin import DESKTOP, FLAGS, OUTSIDE, PHONE, _chromium, serious
from tests.site.test_cli import GIVEN, clean, holdfast

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = ("", "answers", "looked", "allowed", "reach", "questions", "download", "erase", "../ways")
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(scope="module", name="practice")
def _practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A site that stays, with one client, and a link and a code for him and for his therapist."""
    home: Path = tmp_path_factory.mktemp("practice")
    folder, tables = home / "site", home / "tables"
    tables.mkdir()
    (tables / "appointments.csv").write_text(
        "appointment_id,client_id,therapist_id,starts_at,status\na1,dan,alma,2026-01-05T09:00,attended\n"
    )
    assert holdfast("init", folder, *GIVEN).returncode == 0
    assert holdfast("load", folder, tables).returncode == 0
    told = {
        "dan": holdfast("own-page", folder, "dan").stdout,
        "alma": holdfast("add-person", folder, "Alma", "--therapist", "alma").stdout,
    }
    command = [sys.executable, "-u", "-m", "holdfast", "site", "serve", str(folder), "--port", "0"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean())
    assert running.stdout is not None
    found = re.search(r":(\d+)\.", running.stdout.readline())
    assert found
    address = f"http://localhost:{found[1]}"
    ways = {who: (re.search(r"/welcome/\S+", said)[0], said.rpartition(":")[2].strip()) for who, said in told.items()}
    yield {"address": address, **ways}
    running.terminate()
    running.wait(20)
    running.stdout.close()


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        yield opened
        opened.close()


def phone(browser, size=PHONE, scheme="light"):
    """A phone that can make passkeys, and remembers what its pages asked for and complained of."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    page.key = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
    page.cdp = cdp
    return page


def test_he_makes_a_passkey_looks_at_every_page_comes_back_and_erases(browser, practice):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    link, code = practice["dan"]
    page = phone(browser)
    page.goto(practice["address"] + link)
    page.fill("input[name=code]", "0000 0000")
    page.click("text=Go on")
    assert "That code does not work." in page.content()
    page.fill("input[name=code]", code)
    page.click("text=Go on")
    assert serious(axe, page) == []
    page.click("text=Make a passkey")
    page.wait_for_url("**/mine/")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in (PHONE, DESKTOP):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            for where in PAGES:
                page.goto(f"{practice['address']}/mine/{where}")
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0], where
                assert page.evaluate(OUTSIDE) == [], where
                assert serious(axe, page) == [], (where, scheme)
    page.goto(f"{practice['address']}/mine/download")
    with page.expect_download() as taken:
        page.click("text=As a page to read")
    assert taken.value.suggested_filename.startswith("mine-")
    page.goto(f"{practice['address']}/mine/")
    page.click("text=Sign out")
    assert page.url.endswith("/sign-in")
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/mine/")
    page.goto(f"{practice['address']}/prove?next=/mine/erase/now")
    page.click("text=Use my passkey")
    page.wait_for_url("**/mine/erase/now")
    page.check("text=I am sure")
    page.click("text=Erase everything I said")
    assert "It is erased" in page.content()
    page.go_back()
    page.goto(f"{practice['address']}/sign-in")
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("text=That did not fit together.")
    assert [url for url in page.asked if not url.startswith((practice["address"], "blob:"))] == []
    assert [words for words in page.said if not re.search("status of (404|422)", words)] == []
    page.context.close()


def test_where_it_is_stopped_he_is_told_and_the_other_way_is_there_without_scripts_too(browser, practice):
    page = phone(browser)
    page.goto(f"{practice['address']}/sign-in")
    assert page.locator("[data-sorry]").is_hidden()
    page.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": page.key, "isUserVerified": False})
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("text=That was stopped")
    page.context.close()
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(f"{practice['address']}/sign-in")
    assert plain.locator("form[data-passkey]").is_hidden()
    assert plain.locator("input[name=password]").is_visible()
    plain.close()


def test_a_therapist_without_passkeys_sets_up_a_code_app_without_scripts(browser, practice):
    import pyotp

    link, code = practice["alma"]
    page = browser.new_page(java_script_enabled=False, viewport={"width": PHONE[0], "height": PHONE[1]})
    page.goto(practice["address"] + link)
    page.fill("input[name=code]", code)
    page.click("text=Go on")
    page.click("text=Set up a code app")
    assert page.locator("svg.square").bounding_box()["width"] > 100
    secret = page.locator(".secret").text_content()
    page.fill("input[name=password]", "a rowing boat in the fog")
    page.fill("input[name=code]", pyotp.TOTP(secret).now())
    page.click("text=Done")
    on_paper = page.locator(".codes li").all_inner_texts()
    assert len(on_paper) == 8
    page.click("text=I have written them down")
    assert page.url.endswith("/today/")
    page.click("text=Sign out")
    page.fill("input[name=login]", "Alma")
    page.fill("input[name=password]", "a rowing boat in the fog")
    page.fill("input[name=code]", on_paper[0])
    page.click("button:has-text('Sign in') >> nth=-1")
    assert page.url.endswith("/today/")
    page.close()
