"""A disk that takes nothing more, full or read-only: each page says so, nothing is half done, then it goes on (H-07).

SQLite itself refuses what would be written: with the error of a read-only disk, or of a full one.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.access.conftest import _all_staff
from tests.site.access.test_matrix import whether_his
from tests.site.access.test_matrix_practice import _places
from tests.site.before.test_ask import asked, replied
from tests.site.before.test_back import way_back
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, signed_in
from tests.site.messages.test_sending import _mail, _past, messages, turn

__all__ = ("_all_staff", "_mail", "_past", "_places")
pytestmark = pytest.mark.sqlite

NOT_SHOWN = "who looks is written down first, and nothing can be written down"
NOT_DONE = "This was not done: nothing can be written down now."
NOT_KEPT = ("Not saved yet", "Not sent yet", NOT_DONE)
UNKNOWN = "Something went wrong here, not with you."
CALL = 'href="tel:116123"'


@contextmanager
def read_only():
    """What a disk that was mounted for reading alone answers."""
    with _set("query_only", 1, 0):
        yield


@contextmanager
def full():
    """A disk on which no page more has a place, and no free one is left in the file."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    with _set("max_page_count", pages, 1_000_000):
        yield


@contextmanager
def _set(name, value, afterwards):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}={afterwards}")


@pytest.mark.hazard("H-07", "H-15")
def test_on_a_read_only_disk_every_page_by_link_says_so_and_then_it_works(cast, browser, rows, now):
    from holdfast_site.people.models import Contact

    ahead = [appointment(cast.dan, cast.alma, now + timedelta(hours=hours), status="booked") for hours in (20, 22)]
    ask, done = (asked(one, now) for one in ahead)
    door = way_back(browser.post(done, replied("done")).content.decode())
    sends = {
        cast.address: filled(),
        ask: replied("call"),
        f"/say/{cast.link}": {"form": str(uuid4()), "text": "It goes too fast for me."},
        door: {"form": str(uuid4()), "words": "I would like to come back."},
        f"/stop/{cast.link}": {},
        whether_his(cast.dan, now): {"his": "yes"},
    }
    Contact.objects.update(asks="email")
    before = rows()
    with read_only():
        for address, form in sends.items():
            assert browser.get(address).status_code == 200, address
            answer = browser.post(address, form)
            page = answer.content.decode()
            assert answer.status_code == 503, address
            assert any(words in page for words in NOT_KEPT), address
            assert CALL in page
            assert all(value in page for name, value in form.items() if name in ("words", "text"))
    assert rows() == before
    for address, form in sends.items():
        assert browser.post(address, form).status_code == 200, address


@pytest.mark.long
@pytest.mark.hazard("H-07", "H-15")
@pytest.mark.parametrize("disk", [read_only, full])
def test_no_page_of_anybody_is_an_unexplained_error(cast, places, all_staff, rows, disk):
    everybody = {**all_staff, "dan": signed_in("client", of=cast.dan)}
    mine = dict.fromkeys(f"/mine/{page}" for page in ("", "answers", "held", "looked", "allowed", "reach", "questions"))
    refused, before = [], rows()
    with disk():
        for address in (*places, *mine, "/ways", "/prove", "/sign-in"):
            for who, his in everybody.items():
                for method in ("GET", "POST"):
                    answer = his.generic(method, address)
                    page = answer.content.decode()
                    assert answer.status_code not in (400, 500), (address, who, method)
                    assert UNKNOWN not in page
                    if answer.status_code == 503:
                        refused.append((who, method))
                        assert (NOT_SHOWN if method == "GET" else NOT_DONE) in page, (address, who, method)
                        assert CALL in page
    assert {who for who, method in refused if method == "GET"} >= {"dan", "alma", "ben", "care contact", "sue"}
    if disk is read_only:
        assert rows() == before
    assert all_staff["alma"].get("/today/").status_code == 200  # and nobody was signed out by it


def test_nobody_is_signed_in_on_a_disk_that_cannot_tell_of_it(cast, browser, rows):
    from tests.site.conftest import PASSWORD, staff

    staff("desk", password=PASSWORD)
    before = rows()
    with read_only():
        answer = browser.post("/sign-in", {"login": "desk", "password": PASSWORD, "code": "123456"})
        assert answer.status_code in (422, 503)
    assert rows() == before


@pytest.mark.hazard("H-07")
def test_nothing_is_sent_of_which_nothing_could_be_noted_and_all_of_it_later(cast, mail, past, now):
    from django.db import OperationalError

    with read_only(), pytest.raises(OperationalError):
        turn(now)
    assert mail.got == []
    turn(now)
    assert len(mail.got) == 1
    assert [message.state for message in messages()] == ["sent"]
