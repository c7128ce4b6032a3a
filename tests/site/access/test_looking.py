"""Opening a link changes nothing, whoever or whatever does it: scanners, previews, guards of mail (rule 12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.access.test_matrix import whether_his
from tests.site.before.test_ask import asked, replied
from tests.site.before.test_back import way_back
from tests.site.conftest import appointment

AGENTS = [
    {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)", "Purpose": "prefetch"},
    {"User-Agent": "facebookexternalhit/1.1", "Sec-Purpose": "prefetch;prerender"},
    {"User-Agent": "WhatsApp/2.23", "Range": "bytes=0-1023"},
    {"User-Agent": "", "Accept": "*/*"},
]
METHODS = ("get", "head", "options")


@pytest.mark.long
@pytest.mark.hazard("H-08")
@pytest.mark.parametrize("looks", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_looking_at_any_kind_of_link_changes_nothing(cast, browser, rows, now, looks):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.services import give_way_in

    ahead = [appointment(cast.dan, cast.alma, now + timedelta(hours=hours), status="booked") for hours in (20, 22)]
    ask, done = (asked(one, now) for one in ahead)
    door = way_back(browser.post(done, replied("done")).content.decode())
    welcome = give_way_in(by=OPERATOR, client=cast.dan, now=now)
    addresses = [cast.address, ask, ask.replace("/n/", "/say/"), f"/say/{cast.link}", door, f"/stop/{cast.link}",
                 f"/c/{cast.link}/mine", whether_his(cast.dan, now), f"/welcome/{welcome.link}"]  # fmt: skip
    before = rows()
    for address in addresses:
        for number in range(looks):
            for method in METHODS:
                answer = getattr(browser, method)(address, headers=AGENTS[number % len(AGENTS)])
                assert answer.status_code in ((405,) if method == "options" else (200,)), (address, method)
    assert rows() == before
