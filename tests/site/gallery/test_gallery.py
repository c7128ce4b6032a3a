"""The gallery: it shows every part of the pages, writes and reads nothing, and is in the demo only."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import holdfast_site

TEMPLATES = Path(holdfast_site.__file__).parent / "templates"
ADDRESSES = ("/demo/gallery/", "/demo/gallery/staff", "/demo/gallery/figures")
NOT_SHOWN = {
    "own/_page.html": "the frame of whole pages, not a part of one",
    "handover/_seen.html": "nothing that can be seen: what a form says without being asked",
}


@pytest.fixture(name="demo")
def _demo(site, settings, monkeypatch):
    """A site that is a demo, and says which templates each page was made of."""
    from django.template import Template
    from django.test.utils import instrumented_test_render

    monkeypatch.setattr(Template, "_render", instrumented_test_render)
    settings.SITE = settings.SITE.model_copy(update={"demo": True})


def every_part() -> set[str]:
    return {file.relative_to(TEMPLATES).as_posix() for file in TEMPLATES.rglob("_*.html")}


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_there_in_the_demo_only(site, browser, settings, address):
    assert browser.get(address).status_code == 404
    settings.SITE = settings.SITE.model_copy(update={"demo": True})
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_reads_and_writes_nothing(demo, browser, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    assert list(asked) == []


def test_every_part_is_in_it(demo, browser):
    made = {template.name for address in ADDRESSES for template in browser.get(address).templates}
    assert every_part() - made - set(NOT_SHOWN) == set()
    assert set(NOT_SHOWN) <= every_part() - made


def test_every_part_says_first_what_it_is_given():
    silent = [name for name in every_part() if not (TEMPLATES / name).read_text(encoding="utf-8").startswith("{# ")]
    assert silent == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_state_shows_something_and_no_two_of_a_part_look_the_same(demo, browser, address):
    for part, states in browser.get(address).context["parts"]:
        looks = Counter(" ".join(state.html.split()) for state in states)
        assert "" not in looks, part.title
        assert [look for look, times in looks.items() if times > 1] == [], part.title


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.long
def test_every_part_can_be_linked_to(demo, browser, address):
    parts = [part.anchor for part, _ in browser.get(address).context["parts"]]
    assert len(parts) == len(set(parts))
    assert all(f'<a href="#{anchor}">' in browser.get(address).content.decode() for anchor in parts)
