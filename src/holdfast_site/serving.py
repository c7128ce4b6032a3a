"""Serving a site until somebody stops it: a practice's own, or the demo's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from holdfast.errors import UsageError
from holdfast.shell import open_in_browser, say

LOCAL, PORT = "127.0.0.1", 8000
NAME = "localhost"  # the same machine by a name: under a bare number browsers make no passkeys


def serve_demo(home: Path, listen: str, port: int | None, *, show: bool) -> None:
    """Make a practice up in a folder and serve it: at its port, or at any that is free if that was not asked for."""
    from django.utils import timezone

    from holdfast_site import demo, demo_messages

    say("Making a practice up: a quarter of a minute or so …")
    made = demo.make(home)
    try:
        server = _server_of(made, listen, PORT if port is None else port)
    except UsageError:
        if port is not None:
            raise
        server = _server_of(made, listen, 0)
    address = _address(listen, server.effective_port)
    say("A made-up practice, on this machine only. Everything in it is gone when you stop it with Ctrl+C.\n")
    for words, link in demo.links(address, timezone.now()):
        say(f"{words}\n  {link}\n")
    at_work = demo_messages.begin(made, address)
    if show:
        open_in_browser(address)
    try:
        server.run()
    finally:
        at_work.stop()


def serve_site(folder: Path, listen: str, port: int, *, show: bool) -> None:
    """Serve a site that is safe to start, and do beside it what it does by itself."""
    from holdfast_site import worker
    from holdfast_site.audit.services import anchor
    from holdfast_site.backup import in_use
    from holdfast_site.config import read_config
    from holdfast_site.start import anchors, empty_working

    server = _server_of(folder, listen, port)
    with in_use(folder):
        empty_working()
        anchor(anchors(folder))
        worker.start(folder)
        address = _address(listen, server.effective_port)
        say(f"The site is at {address}. Stop it with Ctrl+C.")
        if read_config(folder).address != address:
            say(f"Links that it makes lead to {read_config(folder).address}, as its settings say.", error=True)
        if show:
            open_in_browser(address)
        server.run()


def _address(listen: str, port: int) -> str:
    """Where to open what listens there: on this machine by its name, for the sake of passkeys."""
    return f"http://{NAME if listen == LOCAL else f'[{listen}]' if ':' in listen else listen}:{port}"


def _server_of(folder: Path, listen: str, port: int) -> Any:
    from holdfast_site import server

    return server.server(folder, listen=listen, port=port)
