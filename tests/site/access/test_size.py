"""What a request may bring: little, but for an export. It is refused before anything of it is read."""

from __future__ import annotations

import pytest

from tests.site.conftest import signed_in

JUST_ENOUGH, ONE_TOO_MANY = 64 * 1024, 64 * 1024 + 1
KIND = "application/x-www-form-urlencoded"


def told(browser, address: str, length: object) -> int:
    """The answer to a body of ten letters that is said to have this length."""
    return sent(browser, address, length).status_code


def sent(browser, address: str, length: object):
    return browser.generic("POST", address, b"words=hello", content_type=KIND, CONTENT_LENGTH=str(length))


def test_what_brings_nothing_is_never_too_much(browser, site):
    assert browser.get("/help-now").status_code == 200


def test_whoever_brought_too_much_finds_help_as_on_every_page(cast, browser):
    assert b"tel:116123" in sent(browser, cast.address, ONE_TOO_MANY).content


def test_the_largest_form_is_read_and_one_letter_more_is_not(cast, browser):
    assert told(browser, cast.address, JUST_ENOUGH) != 413
    assert told(browser, cast.address, ONE_TOO_MANY) == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "ten", "0x10", "1, 2"])
def test_a_length_that_is_no_number_is_refused(cast, browser, length):
    assert told(browser, cast.address, length) == 413


def test_of_an_export_more_is_read_and_only_there(cast):
    desk = signed_in("desk")
    for address in ("/import/", "/cards/"):
        assert told(desk, address, ONE_TOO_MANY) != 413
        assert told(desk, address, 20 * 1024 * 1024 + 1) == 413
    assert told(desk, "/clients/", ONE_TOO_MANY) == 413


def test_where_nothing_is_there_is_no_place_for_more(cast, browser):
    assert told(browser, "/nothing-is-here", ONE_TOO_MANY) == 413
    assert told(browser, "/nothing-is-here", JUST_ENOUGH) == 404
