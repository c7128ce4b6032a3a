"""Every word of every page comes from the list that can be translated: seen in a language that marks what it says."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import django
import pytest
from babel.messages import pofile

from holdfast.tables.schema import Status
from holdfast.tables.sources import all_sources
from holdfast_site.languages import EVERY_WORD
from tests.site.before.test_ask import asked, replied
from tests.site.before.test_back import way_back
from tests.site.caseload.test_today import a_caseload
from tests.site.checkins.test_answer import filled
from tests.site.conftest import DECIDED, appointment, client, signed_in
from tests.site.exchange.test_import import OTHER, ROWS, brought
from tests.site.handover.test_switch import _asked, _practice  # noqa: F401 - fixtures
from tests.site.insight.test_practice import worked_out

DJANGO = Path(django.__file__).parent / "conf" / "locale" / "en" / "LC_MESSAGES" / "django.po"
LISTED = {
    one.id for path in (EVERY_WORD, DJANGO) for one in pofile.read_po(path.read_bytes().splitlines(keepends=True))
}
SAID = re.compile(r"⟦[^⟦⟧]*⟧")
CUT = re.compile(r"⟦.*…⟧?(?=\n|$)")  # what was shortened has lost its last brackets
MARKUP = re.compile(r"<(style|script|textarea|code)\b.*?</\1>|<[^>]*>", re.S)
IN_MARKUP = re.compile(r'(?:aria-label|alt|title|placeholder)="([^"]*)"')
NUMBERS = [one[part] for one in DECIDED["crisis_numbers"] for part in ("name", "hours") if part in one]
CORRECT = "answers/1/0"  # of the first check-in what is for the therapist
DATA = [DECIDED["name"], DECIDED["reading_hours"], *NUMBERS, "http://localhost:8000"]  # what the practice said itself


@pytest.fixture(name="marked", autouse=True)
def _marked(site, monkeypatch):
    """A language in which everything that was looked up, and is in the list of words, stands in brackets."""
    from django.utils import translation

    def one(words, listed):
        return f"⟦{words}⟧" if listed in LISTED else words

    monkeypatch.setattr(translation._trans, "gettext", lambda words: one(words, words))
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, words: one(words, words))
    monkeypatch.setattr(
        translation._trans, "ngettext", lambda single, many, n: one(single if n == 1 else many, (single, many))
    )


def unmarked(html: str, *data: str) -> list[str]:
    """What a page says without having looked it up; ``data``: names and the like, which nobody translates."""
    shown = MARKUP.sub("\n", html) + "\n".join(IN_MARKUP.findall(html))
    shown = CUT.sub(lambda cut: cut[0] + "⟧" * (cut[0].count("⟦") - cut[0].count("⟧")), unescape(shown))
    while SAID.search(shown):
        shown = SAID.sub("", shown)
    for one in (*DATA, *data):
        shown = shown.replace(one, "")
    return [line.strip() for line in shown.split("\n") if re.search(r"[A-Za-z]{2}", line)]


def test_a_word_that_is_not_looked_up_is_found():
    assert unmarked('<p title="Oh">⟦Well ⟦now⟧ then⟧ good</p>') == ["good", "Oh"]


def test_the_pages_of_a_check_in(cast, browser):
    pages = [browser.get(cast.address), browser.post(cast.address, filled(pace="9")), browser.post(cast.address, {})]
    pages += [browser.post(cast.address, filled()), browser.get(cast.address), browser.post(cast.address, filled())]
    pages += [browser.get(f"/stop/{cast.other_link}"), browser.post(f"/stop/{cast.other_link}")]
    for page in pages:
        assert unmarked(page.content.decode()) == [], page.status_code


@pytest.mark.parametrize("reply", ["coming", "slower", "someone_else", "pause", "done", "call"])
def test_the_pages_before_a_session(cast, browser, now, reply):
    page = asked(appointment(cast.dan, cast.alma, now + timedelta(hours=20), status="booked"), now)
    say = page.replace("/n/", "/say/")
    sent = browser.post(page, replied(reply, cancel="on" if reply != "coming" else ""))
    pages = [browser.get(page), sent, browser.get(say), browser.post(say, {"off": ["too_fast", "too_flat"]})]
    door = way_back(sent.content.decode()) if reply == "done" else ""
    if door:
        pages += [browser.get(door), browser.post(door, {"form": "x"})]
    for one in pages:
        assert unmarked(one.content.decode(), page.rpartition("/")[2], door) == [], one.status_code


@pytest.mark.parametrize("address", ["/", "/help-now", "/sign-in", "/nothing-here"])
def test_the_pages_that_are_nobodys(site, browser, address):
    assert unmarked(browser.get(address).content.decode()) == []


@pytest.mark.parametrize("wording", ["message", "question", "note"])
@pytest.mark.parametrize("by_sms", [True, False])
def test_messages(wording, by_sms):
    from holdfast_site.messages import wording as words

    for hears in (True, False):
        told = words.worded(wording, "LINK", "LINK", by_sms=by_sms, hears_replies=hears)
        assert unmarked("\n".join(told), "LINK") == []
    assert unmarked("\n".join(words.confirming("LINK", by_sms=by_sms)), "LINK") == []
    assert unmarked("\n".join(words.moved("020"))) == []
    assert unmarked("\n".join(words.ways_changed("020"))) == []


@pytest.fixture(name="own_pages")
def _own_pages(cast, browser, now):
    """Dan signed in, with something of everything on his pages."""
    browser.post(cast.address, filled(words=""))
    ask = asked(appointment(cast.dan, cast.alma, now + timedelta(hours=20), status="booked"), now)
    browser.post(ask, replied("slower", words=""))
    alma = signed_in("therapist", "alma")
    assert alma.get("/today/client/dan").status_code == 200
    dan = signed_in("client", of=cast.dan)
    assert dan.get("/mine/").status_code == 200
    return dan


@pytest.mark.parametrize(
    "page", ["", "answers", "looked", "allowed", "reach", "questions", "held", "download", "erase", CORRECT]
)
def test_the_pages_of_a_client_who_signed_in(own_pages, page):
    answer = own_pages.get(f"/mine/{page}")
    assert answer.status_code == 200
    logins = ("Alma therapist", "alma therapist", "dan client", "alma", "dan")
    assert unmarked(answer.content.decode(), *logins) == []


@pytest.mark.long
def test_today_and_a_clients_page(cast, browser, now, settings):
    """Those on the plain list, the early warning with its reasons, what could be said, and what was."""
    from holdfast_site.caseload.models import Flag
    from holdfast_site.caseload.services import refresh

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    a_caseload(cast.alma, now)
    browser.post(cast.address, filled(words="", understood="2", pace="3"))
    appointment(cast.dan, cast.alma, now + timedelta(days=2), status="booked")
    refresh(now)
    flag, alma = Flag.objects.get(), signed_in("therapist", "alma")
    assert alma.post(f"/today/guess/{flag.pk}", {"guess": "skipped"}).status_code == 302
    for whose in (flag.client_id, "dan"):
        form = re.search(r'name="form" value="([^"]+)"', alma.get(f"/today/client/{whose}").content.decode())[1]
        done = {"form": form, "action": "offer-two-times", "prompted_by": "quiet"}
        assert alma.post(f"/today/said/{whose}", done).status_code == 302
    for page in ("/today/", f"/today/client/{flag.client_id}", "/today/client/dan"):
        answer = alma.get(page)
        assert answer.status_code == 200
        assert unmarked(answer.content.decode(), *NAMES) == [], page


@pytest.mark.long
def test_the_practices_figures(cast, now):
    """As many clients as it takes for rates, some of whom ended, and some of whose appointments nobody marked."""
    from holdfast_site.people.models import Ending

    for number in range(60):
        him = client(f"c{number}")
        for weeks in range(40 - (number % 30), 44):
            appointment(him, cast.alma, now - timedelta(weeks=weeks))
        if number % 5 == 0:
            kind = "planned" if number % 2 else "told"
            on = (now - timedelta(weeks=40 - number % 30)).date()
            Ending.objects.create(client=him, therapist=cast.alma, ended_on=on, kind=kind, recorded_at=now)
        if number % 4 == 1:
            appointment(him, cast.alma, now - timedelta(weeks=2), status="unknown")
    worked_out(now)
    page = signed_in("lead").get("/practice/").content.decode()
    assert "chart funnel" in page
    assert unmarked(page) == []


def test_whom_to_offer_somebody_who_asks_for_another_therapist(practice, asked):
    page = signed_in("care_contact").get(f"/holding/{asked.key}/another?pace=2&gender=woman&tone=-2").content.decode()
    assert 'name="goes_to"' in page
    assert unmarked(page, *NAMES, "Too fast") == []


def test_what_the_page_of_people_refuses(cast):
    lead = signed_in("lead")
    new = {"login": "zoe", "role": "therapist", "therapist": "", "name": ""}
    sent = [{}, new, {**new, "login": "lead"}, {**new, "therapist": "alma", "name": "Ada"}]
    sent += [{**new, "therapist": "ben", "name": "Ada"}, {**new, "login": "yan", "therapist": "alma", "name": "Bo"}]
    pages = [lead.post("/people/", told) for told in sent]
    pages += [lead.post("/people/therapist/ben", {"name": "Ada"}), lead.post("/people/access/1", {"do": "end"})]
    assert [page.status_code for page in pages].count(422) >= 6
    for page in pages:
        link = re.search(r'class="secret">http://localhost:8000([^<]*)<', page.content.decode())
        assert unmarked(page.content.decode(), *NAMES, "zoe", "Ada", *([link[1]] if link else [])) == []


@pytest.mark.long
def test_importing(cast):
    """Tables of a known and of no known system: asked about, tried out, taken over; and those that are refused."""
    desk = signed_in("desk")
    pages = [desk.get("/import/"), desk.post("/import/", {})]
    for content in (ROWS, ROWS.replace("no_show", "attended"), ROWS.replace("no_show", "odd"), OTHER):
        page = brought(desk, content).url
        pages += [desk.get(page), desk.post(f"{page}/moment", {})]
        keys = re.findall(r'<select name="([^"]+)" required>', pages[-1].content.decode())
        if keys:
            pages.append(desk.post(f"{page}/answer", dict.fromkeys(keys, "attended"), follow=True))
        pages.append(desk.post(f"{page}/take", follow=True))
    titles = [one.title for one in all_sources()]
    for page in pages:
        html = page.content.decode()
        assert unmarked(html, *titles, *OF_THE_FILE, *NAMES) == [], page.status_code


STATUSES = ", ".join(one.value for one in Status)
OF_THE_FILE = (
    "appointments.csv",
    "'came'",
    "'weg'",
    "'odd'",
    "Client",
    "Datum",
    "Therapist",
    "Outcome",
    "Europe/London",
    STATUSES,
)
NAMES = (
    "dan",
    "eli",
    "finn",
    "gus",
    "kim",
    "leo",
    "hal",
    "ike",
    "Alma",
    "alma",
    "ben",
    "therapist",
    "care_contact",
    "lead",
)
STAFF = {  # those that say some things in English still are named in docs/how-to/translate.md
    "therapist": ["/today/", "/holding/", "/standing-in/"],
    "care_contact": ["/holding/", "/kept/"],
    "desk": ["/schedule/", "/schedule/sent", "/clients/", "/cards/"],
    "lead": ["/practice/", "/people/arranged", "/people/", "/people/therapist/alma", "/people/names", "/studies/"],
}


@pytest.mark.parametrize(("role", "address"), [(role, one) for role, all_ in STAFF.items() for one in all_])
def test_the_pages_of_staff(cast, browser, role, address):
    browser.post(cast.address, filled(words=""))
    who = signed_in(role, "alma" if role == "therapist" else None)
    answer = who.get(address, follow=True)
    assert answer.status_code == 200
    assert unmarked(answer.content.decode(), *NAMES) == []
