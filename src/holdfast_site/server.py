"""The server: waitress, in front of one site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from holdfast.errors import UsageError
from holdfast_site.config import read_config

THREADS = 4  # SQLite takes one writer at a time; more threads would only wait longer


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
            threads=THREADS,
            ident=None,
            max_request_body_size=settings.MOST_UPLOAD,
            clear_untrusted_proxy_headers=True,
            **behind,
        )
    except OSError as error:
        raise UsageError(f"Port {port} on {listen} is not free. Another: --port 0") from error
