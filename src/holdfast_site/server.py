"""The server: waitress, in front of one site."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

from holdfast.errors import HoldfastError, UsageError
from holdfast_site.config import read_config

THREADS = 4  # SQLite takes one writer at a time; more threads would only wait longer
HOUR = 3600.0


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
    behind = {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-proto"}} if proxy else {}
    try:
        return waitress.create_server(
            application,
            host=listen,
            port=port,
            threads=THREADS,
            ident=None,
            max_request_body_size=settings.MOST_UPLOAD,
            clear_untrusted_proxy_headers=True,
            **behind,
        )
    except OSError as error:
        raise UsageError(f"Port {port} on {listen} is not free. Another: --port 0") from error


def keep_fresh(every: float = HOUR) -> threading.Thread:
    """Work out the overdue list and the flags now and every hour, beside the requests. It may be stopped anywhere."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import DatabaseError, connections
    from django.utils import timezone

    from holdfast_site.exchange.services import forget_old
    from holdfast_site.refreshing import refresh

    def work() -> None:
        while True:
            try:
                refresh(timezone.now())
                forget_old(timezone.now())
                SessionStore.clear_expired()
            except (DatabaseError, HoldfastError) as error:
                logging.getLogger(__name__).error("not refreshed", exc_info=error)
            finally:
                connections.close_all()
            time.sleep(every)

    thread = threading.Thread(target=work, name="keep-fresh", daemon=True)
    thread.start()
    return thread
