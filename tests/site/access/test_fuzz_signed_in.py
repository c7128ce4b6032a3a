"""Whatever somebody who has signed in sends by his own forms: no error of ours, and no page that does not come back.

The forms are read from the pages themselves, so that a new one is tried out as soon as somebody can reach it.
"""

from __future__ import annotations

import io
import random
from html.parser import HTMLParser
from uuid import UUID

import pytest
from django.db import transaction

from tests.site.access.test_matrix_practice import _places
from tests.site.conftest import appointment, signed_in
from tests.site.nonsense import Nonsense

__all__ = ("_places",)
pytestmark = pytest.mark.hazard("H-14")
ROLES = ("alma", "care contact", "desk", "sue", "dan", "lead")
KNOWN = ["", "0", "-1", "7", "9" * 30, "yes", "no", "٣", "NaN", "1e3", "2026-02-30", "2026-03-29", "9999-12-31",
         "0001-01-01", "01:30", "24:00", "99:99", "dan", "eli", "alma", "nobody", "therapist", "care_contact",
         "+44 7700 900123", "a@b.example", "a@", "x" * 600, "\x00", "🙂", "<b>"]  # fmt: skip
MINE = [f"/mine/{page}" for page in ("", "answers", "held", "looked", "allowed", "reach", "questions", "download")]
OWN = ["/ways", "/ways/mail", "/prove", "/import/", "/today/client/dan", "/mine/give/dan"]
LEFT_OUT = ("/sign-out", "/ways/sessions/end-others")  # of what follows nothing would be his any more
WELL = 400  # what is below was done, or leads on


class Forms(HTMLParser):
    """Every form of a page: where it goes, the names in it, and what stands there to be sent."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.found, self.open = address, {}, None

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form":
            sends = told.get("method", "").lower() == "post"
            self.open = self.found.setdefault(told.get("action") or self.address, {}) if sends else None
        elif self.open is not None and tag in ("input", "select", "textarea", "button") and told.get("name"):
            self.name = told["name"]
            self.open.setdefault(self.name, []).append(told.get("value") or "")
        elif self.open is not None and tag == "option":
            self.open[self.name].append(told.get("value") or "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None


def forms_of(browser, addresses):
    """What somebody can send from the pages that he sees."""
    found = {}
    for address in addresses:
        page = browser.get(address)
        if page.status_code == 200:
            seen = Forms(address.split("?")[0])
            seen.feed(page.content.decode())
            found |= seen.found
    return {to: names for to, names in found.items() if to not in LEFT_OUT and names}


def anything(nonsense, names):
    """A form as the page would send it, with nonsense in a few places; or nothing but nonsense."""
    dice = nonsense.dice
    form = {name: dice.choice(values) for name, values in names.items()} if dice.random() < 0.7 else {}
    if "form" in names and dice.random() < 0.8:
        form["form"] = str(UUID(int=dice.getrandbits(128)))
    few = dice.sample(sorted(names), min(2, len(names)))
    known = [*KNOWN, *(value for values in names.values() for value in values)]
    return form | nonsense.form([name for name in few if name != "form"], known)


@pytest.fixture(name="signed")
def _signed(cast, places, all_staff, now):
    """Somebody in each role, where there is something to see to; and every page that can be looked at."""
    appointment(cast.dan, cast.alma, now, status="unknown")
    return {**all_staff, "dan": signed_in("client", of=cast.dan)}, [*places, *MINE, *OWN]


@pytest.mark.long
@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("each", [3, pytest.param(150, marks=pytest.mark.slow)])
def test_no_form_that_somebody_can_send_breaks_anything(signed, who, each):
    everybody, addresses = signed
    nonsense, his, done, broken = Nonsense(each), everybody[who], 0, []
    forms = forms_of(his, addresses)
    assert len(forms) >= (1 if who == "sue" else 2)
    for to, names in sorted(forms.items()):
        for _ in range(each):
            form = anything(nonsense, names)
            answer = his.post(to, form)
            done += answer.status_code < WELL
            if answer.status_code >= 500:
                broken.append((to, form, answer.status_code))
    assert broken == []
    assert done > 0 or who == "sue"  # not all of it was refused at the door
    with transaction.atomic():  # and what was kept can be shown, to him and to those who see the same
        for address in addresses:
            for name, browser in everybody.items():
                if name == who or each > 100:
                    assert browser.get(address).status_code < 500, (address, name)


ROWS = b"appointment_id,client_id,therapist_id,starts_at,status\nx1,c1,t1,2026-03-02T10:00,attended\n"
NAMES = ("appointments.csv", "a.xlsx", "a.ics", "a.json", "a.zip", "a.parquet", "practice.json", "a", "..", "a.csv.csv")


def nonsense_file(dice: random.Random):
    """A table that was cut, changed or doubled; or bytes."""
    whole = bytearray(ROWS * dice.randint(1, 3))
    for _ in range(dice.randint(0, 6)):
        whole[dice.randrange(len(whole))] = dice.randrange(256)
    content = bytes(whole[: dice.randint(0, len(whole))]) if dice.random() < 0.7 else dice.randbytes(200)
    start = dice.choice([b"", b"", b"PK\x03\x04", b"PAR1", b"{", b"BEGIN:VCALENDAR\r\n", b"\xff\xfe", b"\xef\xbb\xbf"])
    file = io.BytesIO(start + content)
    file.name = dice.choice(NAMES)
    return file


@pytest.mark.long
@pytest.mark.parametrize("files", [10, pytest.param(400, marks=pytest.mark.slow)])
def test_no_file_that_is_brought_breaks_anything(cast, files):
    dice, desk, tried = random.Random(files), signed_in("desk"), 0
    for _ in range(files):
        brought = {"form": str(UUID(int=dice.getrandbits(128))), "export": nonsense_file(dice), "source": ""}
        answer = desk.post("/import/", brought)
        assert answer.status_code < 500, brought
        if answer.status_code == 302:
            tried += 1
            assert desk.get(answer.url).status_code == 200
            assert desk.post(f"{answer.url}/take").status_code < 500
    assert tried > 0
