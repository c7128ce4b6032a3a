"""The server: waitress, in front of one site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from holdfast.errors import UsageError
from holdfast_site.config import read_config

THREADS = 4  # SQLite takes one writer at a time; more threads would only wait longer
KEPT_FREE = 2  # threads for what has to be there when all the others are busy
NEEDED_ALWAYS = ("/help-now", "/blank", "/static/")  # help, the quick exit, and the style sheet: none needs a database


class Threads:
    """Hands requests to threads. Some are kept free for help: it never waits behind a slow page (H-15)."""

    def __init__(self) -> None:
        from waitress.task import ThreadedTaskDispatcher

        self._for_pages, self._kept_free = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self._for_pages.set_thread_count(THREADS)
        self._kept_free.set_thread_count(KEPT_FREE)

    def add_task(self, channel: Any) -> None:
        """Take on the next request of a connection; it has arrived whole."""
        path = getattr(channel.requests[0], "path", "")  # what could not be read has none
        needed_always = path.startswith(NEEDED_ALWAYS)
        (self._kept_free if needed_always else self._for_pages).add_task(channel)

    def shutdown(self) -> None:
        """Let the threads finish what they have begun."""
        self._for_pages.shutdown()
        self._kept_free.shutdown()


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
