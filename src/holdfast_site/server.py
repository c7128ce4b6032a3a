"""The server: waitress, in front of one site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from holdfast.errors import UsageError
from holdfast_site.config import read_config

THREADS = 4  # SQLite takes one writer at a time; more threads would only wait longer
ANSWERS = ("/c/", "/n/", "/say/", "/back/", "/stop/")  # what clients send by link
KEPT_FREE = 2  # threads for what has to be there when all the others are busy
NEEDED_ALWAYS = ("/help-now", "/blank", "/static/")  # help, the quick exit, and the style sheet: none needs a database


class Threads:
    """Hands requests to threads. Some are kept free for help: it never waits behind a slow page (H-15).

    What clients send has one thread: SQLite lets one write at a time, and whom it sends away looks in again after a
    while of his own. In turns, nobody who came first is saved last.
    """

    def __init__(self) -> None:
        self._for_pages, self._for_answers, self._kept_free = _threads(THREADS), _threads(1), _threads(KEPT_FREE)

    def add_task(self, channel: Any) -> None:
        """Take on the next request of a connection; it has arrived whole."""
        request = channel.requests[0]
        path, sends = getattr(request, "path", ""), getattr(request, "command", "") == "POST"  # unreadable: has neither
        if path.startswith(NEEDED_ALWAYS):
            self._kept_free.add_task(channel)
        elif sends and path.startswith(ANSWERS):
            self._for_answers.add_task(channel)
        else:
            self._for_pages.add_task(channel)

    def shutdown(self) -> None:
        """Let the threads finish what they have begun."""
        for threads in (self._for_pages, self._for_answers, self._kept_free):
            threads.shutdown()


def _threads(count: int) -> Any:
    from waitress.task import ThreadedTaskDispatcher

    some = ThreadedTaskDispatcher()
    some.set_thread_count(count)
    return some


def server(folder: Path, *, listen: str, port: int) -> Any:
    """A server that is ready to run. Django must be ready.

    Raises
    ------
    UsageError
        If the address or port cannot be had.
    """
    import waitress
    from django.conf import settings

    from holdfast_site.wsgi import application

    proxy = read_config(folder).trusted_proxy
    behind = (
        {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}} if proxy else {}
    )
    try:
        return waitress.create_server(
            application,
            host=listen,
            port=port,
            _dispatcher=Threads(),
            ident=None,
            max_request_body_size=settings.MOST_UPLOAD,
            clear_untrusted_proxy_headers=True,
            **behind,
        )
    except OSError as error:
        raise UsageError(f"Port {port} on {listen} is not free. Another: --port 0") from error
