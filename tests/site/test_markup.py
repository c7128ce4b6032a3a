"""What people write is shown as they wrote it, and never read as a part of the page."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import holdfast_site
from tests.site.checkins.test_answer import filled
from tests.site.conftest import signed_in

HOSTILE = """</p><script>alert('x')</script><img src=x onerror="y">{{ site.name }}{% debug %}"""
TEMPLATES = Path(holdfast_site.__file__).parent / "templates"


def test_what_a_client_writes_is_shown_as_he_wrote_it(cast, browser):
    assert browser.post(cast.address, filled(words=HOSTILE)).status_code == 200
    page = signed_in("therapist", "alma").get("/today/client/dan").content.decode()
    assert escape(HOSTILE).replace("&#x27;", "&#39;") in page.replace("&#x27;", "&#39;")
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_name_that_the_lead_gives_is_no_part_of_the_page_either(cast):
    from holdfast_site.people.models import Therapist

    Therapist.objects.filter(pk="alma").update(name=HOSTILE[:100])
    page = signed_in("lead").get("/people/therapist/alma").content.decode()
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


def test_no_template_lets_anything_through_as_it_is():
    for path in TEMPLATES.rglob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape|safeseq", path.read_text(encoding="utf-8")), path
