"""Which database a site keeps its rows in, as Django wants to hear it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from holdfast_site import sqlite
from holdfast_site.config import DATABASE, SiteConfig

KEPT_OPEN = 600  # seconds


def settings(folder: Path | None, site: SiteConfig) -> dict[str, Any]:
    """Django's settings of the one database. A reader never waits for a writer."""
    engine = _postgres(site.database) if site.database else _sqlite(folder)
    return {**engine, "CONN_MAX_AGE": KEPT_OPEN, "ATOMIC_REQUESTS": False}


def _sqlite(folder: Path | None) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / DATABASE if folder else ":memory:",
        "OPTIONS": sqlite.options(),
    }


def _postgres(address: str) -> dict[str, Any]:
    """From ``postgresql://user@host:port/name?sslmode=…``; the password is PostgreSQL's own passfile's business."""
    parts = urlsplit(address)
    return {
        "ENGINE": "holdfast_site.postgres",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
