"""What a practice decides about its site: ``site.json``, read at the start and nowhere else."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from holdfast.errors import FolderError
from holdfast.files import synced
from holdfast.shell import CALLED

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SITE_FILE, DATABASE, ANCHORS, ERASED, LOCALE = "site.json", "holdfast.sqlite3", "audit.heads", "erased", "locale"
Filled = Annotated[str, Field(min_length=1, max_length=200)]


def _like(pattern: str, words: str) -> AfterValidator:
    """Text that has this form; ``words`` say it to whoever wrote another."""

    def looked_at(said: str) -> str:
        if re.fullmatch(pattern, said) is None:
            raise ValueError(f"is not {words}")
        return said

    return AfterValidator(looked_at)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class CrisisNumber(_Part):
    """Whom to call now."""

    name: Annotated[Filled, _like(r"[^=]*", "a name alone; its number stands by itself")]
    number: Annotated[Filled, _like(r"[^=]*[0-9][^=]*", "a number that one can call, such as 116 123")]
    hours: Annotated[str, Field(max_length=100)] = ""

    @property
    def dial(self) -> str:
        """The number as a telephone wants it."""
        return dialled(self.number)


class CareContact(_Part):
    """Who receives what is not for the therapist."""

    name: Filled
    therapist_id: str | None = None  # where this person also treats


class EmailConfig(_Part):
    """How mail goes out."""

    host: Filled
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Annotated[str, Field(max_length=200)] = ""
    password_file: Annotated[str, Field(max_length=400)] = ""
    sender: Filled  # name and address, as clients see them

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, sender: str) -> str:
        address = parseaddr(sender)[1]
        if "@" not in address.strip("@") or any(sign in sender for sign in "\r\n"):
            raise ValueError("must be an address, such as: Hill Street <hello@example.org>")
        return sender

    @property
    def domain(self) -> str:
        return parseaddr(self.sender)[1].rpartition("@")[2]


class SmsConfig(_Part):
    """How text messages go out: a gateway that speaks as Twilio does."""

    url: Filled = "https://api.twilio.com"
    account: Annotated[str, _like(r"[A-Za-z0-9_-]{1,100}", "an account's id of letters and digits, such as AC0123")]
    token_file: Annotated[str, Field(min_length=1, max_length=400)]
    sender: Annotated[str, _like(r"\+?[A-Za-z0-9 ]{1,20}", "a number such as +441632960000, or a short plain name")]
    # what a number that begins with 0 gets
    country: Annotated[str, _like(r"(\+[1-9][0-9]{0,2})?", "the code of a country, such as +44, or blank")] = ""

    @property
    def hears_replies(self) -> bool:
        """Whether somebody can reply to the sender: to a number, and not to a name."""
        return not any(sign.isalpha() for sign in self.sender)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be like https://api.example.org")
        return url.rstrip("/")


class SiteConfig(_Part):
    """Everything in ``site.json``."""

    name: Filled
    timezone: Filled
    language: Annotated[str, Field(max_length=20)] = "en-GB"  # of every page and message
    reading_hours: Filled
    # where clients call the practice
    phone: Annotated[
        str, _like(r"(\+?[0-9][0-9 ()/.-]{2,29})?", "a phone number, such as 020 7946 0321 or +44 20 7946 0321")
    ] = ""
    crisis_numbers: tuple[CrisisNumber, ...] = ()
    care_contact: CareContact | None = None
    link_hours: Annotated[int, Field(ge=1, le=168)] = 72
    notice_hours: Annotated[int, Field(ge=0, le=168)] = 24  # called off later than this before is late
    address: str = "http://localhost:8000"  # by a name: under a number browsers make no passkeys
    trusted_proxy: str | None = None  # the address of the proxy that speaks TLS
    key_file: Filled
    key_fingerprint: Filled
    next_key_file: Annotated[str, Field(max_length=400)] = ""  # while the key is being replaced
    old_key_file: Annotated[str, Field(max_length=400)] = ""  # once it was
    database: str = ""  # blank: SQLite, in this folder; else postgresql://user@host/name, its password in a passfile
    email: EmailConfig | None = None  # none: nothing is sent by mail
    sms: SmsConfig | None = None
    checkin_after_hours: Annotated[int, Field(ge=1, le=23)] = 2  # after a session began
    before_hours: Annotated[int, Field(ge=24, le=48)] = 30  # ahead of one that is booked
    most_a_week: Annotated[int, Field(ge=1, le=7)] = 3  # messages a client
    staff_mail_from: Annotated[int, Field(ge=6, le=20)] = 8  # o'clock: when whoever works here may hear by mail
    staff_mail_until: Annotated[int, Field(ge=7, le=22)] = 18
    staff_mail_every: Annotated[int, Field(ge=1, le=24)] = 4  # hours at least between two such mails to one person
    help_page: Annotated[str, Field(max_length=400)] = ""  # the file that the proxy shows when the site is down
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

    @field_validator("language")
    @classmethod
    def _is_a_language(cls, language: str) -> str:
        from babel.core import Locale, UnknownLocaleError

        try:
            Locale.parse(language, sep="-")
        except (UnknownLocaleError, ValueError) as error:
            raise ValueError("is not a language; allowed: a code such as de or pt-BR") from error
        return language

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

    @field_validator("staff_mail_until")
    @classmethod
    def _ends_after_it_began(cls, until: int, info: ValidationInfo) -> int:
        if until <= info.data.get("staff_mail_from", 0):
            raise ValueError("must be later than staff_mail_from")
        return until

    @property
    def sends_mail(self) -> bool:
        """Whether there is a way for mail to go out; in the demo it goes into a folder."""
        return self.demo or self.email is not None

    @property
    def dial(self) -> str:
        return dialled(self.phone)

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""

    @property
    def speaks_tls(self) -> bool:
        return self.address.startswith("https://")

    @property
    def is_local(self) -> bool:
        return is_loopback(self.host)

    @property
    def is_a_number(self) -> bool:
        """Whether the address has no name: there are no passkeys under such a one."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


def problem_of(field: str, said: str, part: str = "") -> str:
    """What is wrong with one answer for the settings, in words that go on after its name; blank if nothing is.

    ``part``: the part of the settings that the field is in.
    """
    known = {"name": "x", "timezone": "UTC", "reading_hours": "x", "key_file": "x", "key_fingerprint": "x"}
    mail = {"host": "x", "sender": "x@example.org"}
    return _problem(SiteConfig, {**known, part: {**mail, field: said}} if part else {**known, field: said})


def problem_of_number(name: str, number: str) -> str:
    """The same of whom to call now."""
    return _problem(CrisisNumber, {"name": name, "number": number})


def _problem(model: type[_Part], told: Mapping[str, object]) -> str:
    try:
        model.model_validate(told)
    except ValidationError as error:
        return "; ".join(_in_words(one) for one in error.errors())
    return ""


def _in_words(error: ErrorDetails) -> str:
    if error["type"] == "string_too_short":
        return "cannot be left blank"
    message = error["msg"]
    if message.startswith("Value error, "):
        return message.removeprefix("Value error, ")
    return "cannot be kept so: " + message[:1].lower() + message[1:]


def dialled(number: str) -> str:
    """A number as a telephone wants it."""
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")


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
        raise FolderError(f"There is no site in {folder}. To make one: {CALLED} site init {folder}") from error
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the file'}: {_in_words(one)}" for one in error.errors())
        raise FolderError(f"{path} cannot be used. {found}.") from error


def write_config(folder: Path, config: SiteConfig) -> None:
    """Write a site's settings, whole or not at all."""
    path = folder / SITE_FILE
    partial = path.with_suffix(".part")
    partial.write_text(config.model_dump_json(indent=1) + "\n", encoding="utf-8")
    synced(partial)
    os.replace(partial, path)
    synced(folder)


def secret_paths(folder: Path, config: SiteConfig) -> list[Path]:
    """The files that hold passwords of others: as written, or seen from the folder."""
    named = [config.email.password_file if config.email else "", config.sms.token_file if config.sms else ""]
    return [(folder / name).resolve() for name in named if name]


def key_path(folder: Path, config: SiteConfig) -> Path:
    """Where the master key is: as written, or seen from the folder."""
    return (folder / config.key_file).resolve()


def next_key_path(folder: Path, config: SiteConfig) -> Path:
    """Where the new master key is while it takes the place of the other."""
    return (folder / config.next_key_file).resolve()


def help_page_path(folder: Path, config: SiteConfig) -> Path | None:
    """Where the page with help is kept for the proxy: as written, or seen from the folder. None: nowhere."""
    return (folder / config.help_page).resolve() if config.help_page else None
