"""What a practice decides about its site: ``site.json``, read at the start and nowhere else."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from holdfast.errors import FolderError

SITE_FILE, DATABASE, ANCHORS = "site.json", "holdfast.sqlite3", "audit.heads"
Filled = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class CrisisNumber(_Part):
    """Whom to call now."""

    name: Filled
    number: Filled
    hours: Annotated[str, Field(max_length=100)] = ""

    @property
    def dial(self) -> str:
        """The number as a telephone wants it."""
        return "".join(sign for sign in self.number if sign.isdigit() or sign == "+")


class CareContact(_Part):
    """Who receives what is not for the therapist."""

    name: Filled
    therapist_id: str | None = None  # where this person also treats


class SiteConfig(_Part):
    """Everything in ``site.json``."""

    name: Filled
    timezone: Filled
    reading_hours: Filled
    crisis_numbers: tuple[CrisisNumber, ...] = ()
    care_contact: CareContact | None = None
    link_hours: Annotated[int, Field(ge=1, le=168)] = 72
    notice_hours: Annotated[int, Field(ge=0, le=168)] = 24  # called off later than this before is late
    address: str = "http://127.0.0.1:8000"
    trusted_proxy: str | None = None  # the address of the proxy that speaks TLS
    key_file: Filled
    key_fingerprint: Filled
    database: str = ""  # blank: SQLite, in this folder; else postgresql://user@host/name, its password in a passfile
    early_warning: bool = False  # once the practice has read the model's card
    demo: bool = False

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is not a time zone; allowed: a name such as Europe/London") from error
        return name

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("must be like https://example.org, with nothing after the host")
        return address.rstrip("/")

    @field_validator("database")
    @classmethod
    def _is_a_database(cls, database: str) -> str:
        parts = urlsplit(database)
        if database and (parts.scheme != "postgresql" or not parts.path.strip("/")):
            raise ValueError("must be like postgresql://user@host/name, or blank for SQLite in this folder")
        if parts.password:
            raise ValueError("holds a password; put it in the passfile of PostgreSQL, ~/.pgpass or PGPASSFILE")
        return database

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""

    @property
    def speaks_tls(self) -> bool:
        return self.address.startswith("https://")

    @property
    def is_local(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_config(folder: Path) -> SiteConfig:
    """Read a site's settings.

    Raises
    ------
    FolderError
        If there are none, or one of them is not allowed; it names all of them at once.
    """
    path = folder / SITE_FILE
    try:
        return SiteConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FolderError(f"There is no site in {folder}. To make one: holdfast site init {folder}") from error
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in error.errors())
        raise FolderError(f"{path} cannot be used. {found}.") from error


def write_config(folder: Path, config: SiteConfig) -> None:
    """Write a site's settings, whole or not at all."""
    path = folder / SITE_FILE
    partial = path.with_suffix(".part")
    partial.write_text(config.model_dump_json(indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)


def key_path(folder: Path, config: SiteConfig) -> Path:
    """Where the master key is: as written, or seen from the folder."""
    return (folder / config.key_file).resolve()
