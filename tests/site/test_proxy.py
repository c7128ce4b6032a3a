"""Who asks, and whether over TLS, is told by the proxy of the settings alone: anybody can write such headers."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import closing, suppress

import pytest

from holdfast_site.config import read_config, write_config
from tests.site.conftest import end_serving

FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


def serve(made):
    with suppress(OSError):  # at the end its sockets are closed under it
        made.run()


def answered(site, headers):
    """The headers and the body of what a served site answers."""
    from holdfast_site.server import server

    made = server(site, listen="127.0.0.1", port=0)
    thread = threading.Thread(target=serve, args=(made,), daemon=True)
    thread.start()
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", made.effective_port, timeout=10)) as wire:
            wire.request("GET", "/", headers={"Host": "hill.example", "Connection": "close", **headers})
            answer = wire.getresponse()
            return answer.headers, answer.read()
    finally:
        end_serving(made, thread)


@pytest.fixture(name="told_by")
def _told_by(site, monkeypatch):
    """What the site hears of a request with such headers, behind one proxy or another."""
    from holdfast_site import wsgi

    def hears(environ, begin):
        begin("200 OK", [("Content-Type", "application/json")])
        wanted = ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", *(name for name in environ if "FORWARDED" in name))
        return [json.dumps({name: environ[name] for name in wanted}).encode()]

    monkeypatch.setattr(wsgi, "application", hears)
    before = read_config(site)

    def told_by(proxy, headers):
        write_config(site, before.model_copy(update={"trusted_proxy": proxy}))
        return json.loads(answered(site, headers)[1])

    yield told_by
    write_config(site, before)


@pytest.mark.parametrize("proxy", [None, "192.0.2.7"])
def test_headers_of_anybody_but_the_proxy_are_thrown_away(told_by, proxy):
    heard = told_by(proxy, FORGED)
    assert heard == {"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "HTTP_HOST": "hill.example"}


def test_the_proxys_own_are_taken_and_of_a_list_only_what_it_added_itself(told_by):
    heard = told_by("127.0.0.1", {**FORGED, "X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert (heard["REMOTE_ADDR"], heard["wsgi.url_scheme"]) == ("203.0.113.9", "https")
    assert heard["HTTP_HOST"] == "hill.example"


def test_the_server_says_no_name_and_no_version(site):
    headers, _ = answered(site, {})
    assert not {"Server", "Via", "X-Powered-By"} & set(headers)
    assert "waitress" not in str(headers).lower()
