"""Help now when the site is down, when it is slow, and when the database waits."""

from __future__ import annotations

import re
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from holdfast_site import start
from holdfast_site.config import read_config, write_config
from tests.site.conftest import DECIDED, end_serving
from tests.site.test_cli import change, holdfast

SLOW_ONES = 12  # more than there are threads


@pytest.mark.hazard("H-15", "H-02")
def test_the_page_is_whole_in_one_small_file_and_says_whom_to_call(site):
    from django.conf import settings

    from holdfast_site.help_page import page

    told = page(settings.SITE.model_copy(update={"phone": "020 7946 0321"}))
    assert len(told.encode()) < 20_000
    assert 'href="tel:116123"' in told
    assert 'href="tel:02079460321"' in told
    assert "Monday to Friday, 9 to 5" in told
    assert "<script" not in told
    assert DECIDED["name"] not in told  # which practice it is, is nobody's business
    asked_for = re.findall(r"""(?:src|href|action)=["']([^"']*)|url\(([^)]*)""", told)
    assert {first or second for first, second in asked_for} == {"data:,", "tel:116123", "tel:02079460321"}
    assert "The practice</h2>" not in page(settings.SITE.model_copy(update={"phone": ""}))


@pytest.mark.hazard("H-15")
def test_a_running_site_puts_right_a_page_that_is_gone_or_says_something_old(site, tmp_path):
    from django.conf import settings

    from holdfast_site.help_page import is_right, keep

    path = tmp_path / "help.html"
    config = settings.SITE.model_copy(update={"help_page": str(path)})
    keep(site, config)
    assert is_right(path, config)
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o644
    for old in ("", "Call 1234", "\udce4"):
        path.write_bytes(old.encode(errors="surrogateescape"))
        assert not is_right(path, config)
        keep(site, config)
        assert is_right(path, config)
    keep(site, settings.SITE)  # a practice that has none
    assert list(tmp_path.iterdir()) == [path]


def test_a_page_that_cannot_be_written_stops_nothing_and_is_told(site, tmp_path, caplog):
    from django.conf import settings

    from holdfast_site.help_page import keep

    keep(site, settings.SITE.model_copy(update={"help_page": str(tmp_path / "gone" / "help.html")}))
    assert "the help page was not written" in caplog.text


@pytest.mark.long
@pytest.mark.hazard("H-15", "H-20")
def test_the_doctor_says_that_there_is_none_or_an_old_one_and_the_command_mends_it(tmp_path):
    folder, to = tmp_path / "practice", tmp_path / "help.html"
    given = ["--name", "Hill Street", "--timezone", "Europe/London", "--reading-hours", "Monday to Friday, 9 to 5"]
    made = holdfast("init", folder, *given, "--crisis", "Samaritans=116 123", "--address", "https://hill.example")
    assert made.returncode == 0, made.stderr
    told = holdfast("doctor", folder)
    assert (told.returncode, "nobody finds whom to call" in told.stdout) == (0, True)
    assert "--to FILE" in holdfast("help-page", folder).stderr
    assert "lies inside" in holdfast("help-page", folder, "--to", folder / "help.html").stderr
    assert holdfast("help-page", folder, "--to", to).returncode == 0
    assert holdfast("doctor", folder).stdout == f"{folder} is safe to start.\n"
    change(folder, phone="020 7946 0321")
    assert "says something else" in holdfast("doctor", folder).stdout
    assert holdfast("help-page", folder).returncode == 0
    assert holdfast("doctor", folder).stdout == f"{folder} is safe to start.\n"
    assert "020 7946 0321" in to.read_text()


def test_on_one_machine_no_page_for_a_proxy_is_missed(site, made):
    assert start.advice(made) == []
    write_config(made, read_config(made).model_copy(update={"address": "https://hill.example"}))
    assert len(start.advice(made)) == 1


@pytest.fixture(name="busy")
def _busy(site, monkeypatch):
    """The real server, all of whose threads for pages are held by slow requests. Yields its address."""
    from django.db import connections

    from holdfast_site import server, wsgi

    monkeypatch.setitem(connections.databases["default"], "CONN_MAX_AGE", 0)  # the server's threads end with the test
    let_go, held = threading.Event(), threading.Semaphore(0)
    real = wsgi.application

    def slow(environ, begin):
        if environ["PATH_INFO"] == "/slow":
            held.release()
            let_go.wait(20)
        return real(environ, begin)

    monkeypatch.setattr(wsgi, "application", slow)
    running = server.server(Path(site), listen="127.0.0.1", port=0)

    def serve():
        with suppress(OSError):  # at the end its sockets are closed under it
            running.run()

    loop = threading.Thread(target=serve, daemon=True)
    loop.start()
    address = f"http://127.0.0.1:{running.effective_port}"
    with ThreadPoolExecutor(SLOW_ONES) as others:
        for _ in range(SLOW_ONES):
            others.submit(_got, f"{address}/slow", 20)
        assert all(held.acquire(timeout=5) for _ in range(server.THREADS))
        try:
            yield address
        finally:
            let_go.set()
    end_serving(running, loop)


def _got(address: str, seconds: float) -> str:
    with urllib.request.urlopen(address, timeout=seconds) as answer:
        return str(answer.read().decode())


@pytest.mark.hazard("H-15", "H-08")
@pytest.mark.long
def test_help_and_the_quick_exit_answer_while_every_thread_is_busy_and_others_wait(busy):
    with pytest.raises(TimeoutError):
        _got(f"{busy}/sign-in", 0.5)
    assert "116 123" in _got(f"{busy}/help-now", 2)
    assert "--paper" in _got(f"{busy}/static/site.css", 2)  # without it a browser would show nothing
    assert _got(f"{busy}/blank", 2)


@pytest.mark.long
def test_what_a_client_sends_does_not_wait_for_the_pages_of_others(busy):
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.urlopen(f"{busy}/c/no-such-link", data=b"form=", timeout=5)
    with told.value as answer:
        assert answer.status == 404


@pytest.mark.hazard("H-15")
@pytest.mark.sqlite
@pytest.mark.long
def test_help_does_not_wait_for_who_writes_to_the_database(site, browser):
    import sqlite3
    import time

    from holdfast_site.config import DATABASE

    other = sqlite3.connect(site / DATABASE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        began = time.monotonic()
        assert "116 123" in browser.get("/help-now").content.decode()
        assert time.monotonic() - began < 1
    finally:
        other.execute("ROLLBACK")
        other.close()
