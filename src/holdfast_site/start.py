"""Making a site, looking it over, and getting Django ready for it. Only this knows the order of things."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from holdfast.errors import FolderError
from holdfast_site.config import (
    ANCHORS,
    DATABASE,
    SITE_FILE,
    SiteConfig,
    help_page_path,
    is_loopback,
    key_path,
    read_config,
    secret_paths,
    write_config,
)
from holdfast_site.discreet import telling
from holdfast_site.errors import UnsafeSite, VaultError
from holdfast_site.vault import PRIVATE_MODE, Vault

FOLDER_VARIABLE = "HOLDFAST_SITE"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
PRIVATE_FOLDER = 0o700


def make_site(folder: Path, *, key_file: Path, **decided: object) -> SiteConfig:
    """Make a new site: its settings, its key and an empty database.

    Raises
    ------
    FolderError
        If the folder holds something already.
    pydantic.ValidationError
        If something decided is not allowed. Nothing has been made then.
    UnsafeSite
        If the key would lie inside the folder, where backups of the data would hold it too.
    """
    refuse_if_taken(folder)
    if _inside(key_file, folder):
        raise UnsafeSite([_KEY_INSIDE.format(key=key_file, folder=folder)])
    relative = os.path.relpath(key_file.resolve(), folder.resolve())
    wanted = SiteConfig.model_validate({**decided, "key_file": relative, "key_fingerprint": "not made yet"})
    vault = Vault.create(key_file)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)
    config = wanted.model_copy(update={"key_fingerprint": vault.fingerprint})
    write_config(folder, config)
    return config


def refuse_if_taken(folder: Path) -> None:
    """Refuse a folder that is not a new one.

    Raises
    ------
    FolderError
        If it holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderError(f"{folder} is not empty. Name a new folder for the site.")


def get_django_ready(folder: Path) -> None:
    """Load Django for one site; once in a process.

    Raises
    ------
    FolderError
        If another site is loaded in this process.
    UsageError
        If the site's language has no words, or they cannot be read.
    """
    import django

    from holdfast_site import languages

    resolved = str(folder.resolve())
    if os.environ.setdefault(FOLDER_VARIABLE, resolved) != resolved:
        raise FolderError("One process serves one site. Start another process for the other one.")
    languages.make_ready(folder, read_config(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast_site.settings"
    django.setup()
    from holdfast_site.new_key import settle

    settle(folder)


def bring_up_to_date() -> None:
    """Bring the database to the form that this version wants. Only its owner can open it, and so its journal."""
    from django.conf import settings
    from django.core.management import call_command

    if not settings.SITE.database:
        os.close(os.open(str(settings.DATABASES["default"]["NAME"]), os.O_RDWR | os.O_CREAT, PRIVATE_MODE))
    call_command("migrate", verbosity=0, interactive=False)


def empty_working() -> None:
    """Throw away what an import left lying open when it was killed (H-21)."""
    from holdfast_site.exchange.working import empty_working

    empty_working()


def erase_again() -> int:
    """Erase whoever was erased before and is back with an older backup. Returns how many."""
    from django.utils import timezone

    from holdfast_site.own.erasing import erase_again

    return erase_again(now=timezone.now())


def anchors(folder: Path) -> Path:
    """Where the heads of the audit are written down."""
    return folder / ANCHORS


# --- looking it over --------------------------------------------------------------------------------

_KEY_INSIDE = (
    "The key file {key} lies inside {folder}: a backup of the folder would hold the key as well, and then the "
    "encryption protects nothing. Keep it outside."
)


def problems(folder: Path, *, listen: str = "127.0.0.1") -> list[str]:
    """Everything for which this site must not start, before the database is opened.

    Raises
    ------
    FolderError
        If there is no site in the folder, or its settings cannot be read.
    """
    config = read_config(folder)
    return [
        *_key_problems(folder, config),
        *_reach_problems(config, listen),
        *_mode_problems(folder),
        *_sending_problems(folder, config),
        *([] if config.crisis_numbers else [f"No crisis number. Add one to crisis_numbers in {folder / SITE_FILE}."]),
        *_place_problems(folder, config),
        *([_DEMO.format(file=folder / SITE_FILE)] if config.demo else []),
        *([_DEBUG] if os.environ.get("DJANGO_DEBUG") or os.environ.get("DEBUG") else []),
    ]


def notes(folder: Path) -> list[str]:
    """What is no reason not to start, and good to know."""
    config = read_config(folder)
    return [_NUMBER.format(address=config.address, file=folder / SITE_FILE)] if config.is_a_number else []


_NUMBER = (
    "address is {address}: under a bare number browsers make no passkeys, so people need a password and a code app. "
    "With a name they make some: on this machine http://localhost with the same port, in {file}."
)
_DEMO = "demo is true in {file}: anybody could come in without a password. Take it out."
_GONE = "{database} is not there. Put the last good backup in its place; an empty one is never made in its stead."
_EMPTY = "The database has no tables. Put the last good backup in its place; an empty one never takes a lost one's."
_OTHER_KEY = (
    "The database is under another master key than the one in the key file: one of them is from before the key was "
    "replaced, or the end of the audit was cut off. Put the two that belong together back."
)
_HEARD = "The database is on another machine, and its address does not end in ?sslmode=verify-full."
_DEBUG = "DEBUG is set in the environment. Pages for debugging show what people wrote; take the variable away."


def reach_database() -> list[str]:
    """Why the database cannot be used at all; none if it can. An empty one is never taken for the site's own."""
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except UnsafeSite as error:
        return error.problems
    except OperationalError as error:
        return [f"The database cannot be reached: {str(error).strip()}"]
    return [] if connection.introspection.table_names() else [_EMPTY]


def database_problems(folder: Path) -> list[str]:
    """The same of the database and the audit, when it is up to date. Django must be ready."""
    from django.db import connection

    from holdfast_site.audit.services import Broken, verify

    found = reach_database() or _other_key()
    if found:
        return found
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            if cursor.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return [f"{folder / DATABASE} is damaged. Put the last good backup in its place."]
    whole = verify(anchors(folder))
    if isinstance(whole, Broken):
        return [f"The audit was changed or cut at event {whole.event}. Keep the folder as it is and find out why."]
    return []


def _other_key() -> list[str]:
    """Whether the database was moved to another master key, or not yet to this one."""
    from django.conf import settings

    from holdfast_site.audit.services import key_in_use

    in_use = key_in_use()
    is_under_this = in_use == settings.VAULT.fingerprint if in_use else not settings.VAULT.earlier
    return [] if is_under_this else [_OTHER_KEY]


def advice(folder: Path) -> list[str]:
    """What should be mended, though the site can start without it. Django must be ready."""
    from holdfast_site import help_page, languages, new_key

    config = read_config(folder)
    said = [*languages.advice(folder, config), *new_key.advice(folder, config)]
    path = help_page_path(folder, config)
    if path is None:
        return said if config.is_local else [*said, _NO_HELP.format(folder=folder)]
    return said if help_page.is_right(path, config) else [*said, _OLD_HELP.format(path=path, folder=folder)]


def advice_on_days(folder: Path) -> list[str]:
    """The same of days that are none, which imports have refused for a while. Django must be ready."""
    from holdfast_site.exchange.mending import impossible_days

    found = impossible_days()
    lie = "1 date in the site lies" if found == 1 else f"{found:,} dates in the site lie"
    return [_DAYS.format(lie=lie, folder=folder)] if found else []


def advice_on_staff(folder: Path) -> list[str]:
    """The same of those who work here. Django must be ready."""
    from holdfast_site.waiting import no_care_contact_hears

    return [_UNHEARD] if read_config(folder).email is not None and no_care_contact_hears() else []


_UNHEARD = (
    "No care contact hears by mail that something is waiting: what a client asks for stands in the list until somebody "
    "looks. Whoever is one enters an address under 'Your ways in'."
)
_DAYS = (
    "{lie} outside the years 1900 to 2199 (such as 9999-12-31), and pages that count from it can fail. To take it out, "
    "with a backup made before: holdfast site mend-days {folder}"
)
_NO_HELP = (
    "When the site is down, nobody finds whom to call. Write a page for the proxy in front of it: "
    "holdfast site help-page {folder} --to FILE"
)
_OLD_HELP = (
    "The page with help for the proxy is missing, or says something else than the settings: {path}. "
    "To write it again: holdfast site help-page {folder}"
)


def _place_problems(folder: Path, config: SiteConfig) -> list[str]:
    """Whether the database is where it should be, and cannot be listened to on its way."""
    if not config.database:
        return [] if (folder / DATABASE).exists() else [_GONE.format(database=folder / DATABASE)]
    parts = urlsplit(config.database)
    host = unquote(parts.hostname or "/")
    is_here = host.startswith("/") or is_loopback(host)  # a socket on this machine has a path
    return [] if is_here or dict(parse_qsl(parts.query)).get("sslmode") == "verify-full" else [_HEARD]


def _key_problems(folder: Path, config: SiteConfig) -> list[str]:
    path = key_path(folder, config)
    found = [_KEY_INSIDE.format(key=path, folder=folder)] if _inside(path, folder) else []
    try:
        fingerprint = Vault.read(path).fingerprint
    except VaultError as error:
        return [*found, str(error)]
    if fingerprint != config.key_fingerprint:
        found.append(f"The key in {path} is another site's. Put this site's key file back.")
    if os.name == "posix" and path.stat().st_mode & OTHERS:
        found.append(f"Others on this machine can read the key file. To mend it: chmod 600 {path}")
    return found


def _reach_problems(config: SiteConfig, listen: str) -> list[str]:
    found = []
    if not config.is_local and not config.speaks_tls:
        found.append(f"address is {config.address}: what is not on this machine must begin with https://.")
    if not is_loopback(listen) and not (config.speaks_tls and config.trusted_proxy):
        found.append(
            f"It would listen on {listen}, for other machines, without TLS. Put a proxy that speaks TLS in front, and "
            "say so with an https:// address and trusted_proxy; or listen on 127.0.0.1."
        )
    return found


def _sending_problems(folder: Path, config: SiteConfig) -> list[str]:
    found = [problem for path in secret_paths(folder, config) for problem in _secret_problems(path, folder)]
    mail, sms = config.email, config.sms
    if mail and mail.security == "none" and not is_loopback(mail.host):
        found.append(f"Mail to {mail.host} would go out in the open. Set email.security to starttls or tls.")
    if sms and not sms.url.startswith("https://") and not is_loopback(urlsplit(sms.url).hostname or ""):
        found.append(f"Text messages to {sms.url} would go out in the open. It must begin with https://.")
    if ((mail and not is_loopback(mail.host)) or sms) and config.is_local:
        found.append(
            f"Messages would hold links to {config.address}, which lead nowhere from a telephone. Set address."
        )
    said = {"email.sender": mail.sender if mail else "", "sms.sender": sms.sender if sms else ""}
    if mail or sms:
        said["address"] = config.address
    for name, words in said.items():
        part = telling(words)
        if part:
            found.append(
                f'{name} holds "{part}": it would tell whoever sees a message what it is about. Choose another.'
            )
    return found


def _secret_problems(path: Path, folder: Path) -> list[str]:
    if not path.is_file():
        return [f"There is no password in {path}. Put it there, on one line."]
    if _inside(path, folder):
        return [f"{path} lies inside {folder}: a backup would hold the password as well. Keep it outside."]
    if os.name == "posix" and path.stat().st_mode & OTHERS:
        return [f"Others on this machine can read {path}. To mend it: chmod 600 {path}"]
    return []


def _mode_problems(folder: Path) -> list[str]:
    loose = [path for path in (folder, folder / DATABASE) if path.exists() and path.stat().st_mode & OTHERS]
    if os.name != "posix":
        return []
    return [f"Others on this machine can open {path}. To mend it: chmod go-rwx {path}" for path in loose]


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
