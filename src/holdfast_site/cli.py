"""The commands of ``holdfast site``: questions, arguments and printing, nothing else."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from holdfast.errors import UsageError
from holdfast.shell import CALLED, FILE, FOLDER, say
from holdfast_site.config import ERASED, SITE_FILE, is_loopback
from holdfast_site.init_questions import crisis_numbers_of, decide, mail_of, what_is_missing
from holdfast_site.serving import LOCAL, PORT, serve_demo, serve_site

if TYPE_CHECKING:
    from holdfast_site.accounts.services import Told


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--name", help="The practice's name. Clients never see it on a check-in.")
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, such as Europe/London.")
@click.option("--reading-hours", metavar="WORDS", help="When answers are read, as clients will see it.")
@click.option("--phone", metavar="NUMBER", help="Where clients call the practice; blank: no page names a number.")
@click.option("--crisis", "crisis", multiple=True, metavar="NAME=NUMBER", help="Whom to call now. Can be repeated.")
@click.option("--care-contact", metavar="NAME", help="Who receives what is not for the therapist; blank: nobody.")
@click.option(
    "--database", default="", metavar="ADDRESS", help="postgresql://user@host/name; by default SQLite in DIR."
)
@click.option("--mail-server", metavar="HOST", help="Sends mail to clients, with STARTTLS on port 587; blank: no mail.")
@click.option("--mail-user", metavar="NAME", help="The name to sign in to it with.")
@click.option("--mail-password-file", metavar="FILE", help="Where its password is: outside DIR, for its owner alone.")
@click.option(
    "--mail-sender", metavar="ADDRESS", help="From whom: neutral words, such as 'Hill Street <hello@example.org>'."
)
@click.option("--address", metavar="URL", help="Where people find the site, such as https://example.org.")
@click.option("--key", "key", type=FILE, help="Where to keep the master key; by default beside DIR, never in it.")
def init(
    folder: Path,
    name: str | None,
    timezone: str | None,
    reading_hours: str | None,
    phone: str | None,
    crisis: tuple[str, ...],
    care_contact: str | None,
    database: str,
    mail_server: str | None,
    mail_user: str | None,
    mail_password_file: str | None,
    mail_sender: str | None,
    address: str | None,
    key: Path | None,
) -> None:
    """Make a site in a new folder: asks a few things, makes the key and the database."""
    from pydantic import ValidationError

    from holdfast_site import start

    start.refuse_if_taken(folder)
    decided: dict[str, Any] = {
        "name": decide(name, "--name", "The practice's name", field="name"),
        "timezone": decide(timezone, "--timezone", "Its time zone, such as Europe/London", field="timezone"),
        "reading_hours": decide(
            reading_hours,
            "--reading-hours",
            "When are answers read? Such as: Monday to Friday, 9 to 5",
            field="reading_hours",
        ),
        "phone": decide(
            phone, "--phone", "Where do clients call the practice? Blank: no page says", field="phone", blank=True
        ),
        "crisis_numbers": crisis_numbers_of(crisis),
        "database": database,
    }
    contact = decide(
        care_contact, "--care-contact", "Who receives what is not for the therapist? Blank: nobody", blank=True
    )
    if contact:
        decided["care_contact"] = {"name": contact}
    mail_server = decide(mail_server, "--mail-server", "Which server sends mail to clients? Blank: none", blank=True)
    if mail_server:
        decided["email"] = mail_of(mail_server, mail_user, mail_password_file, mail_sender)
        where = "Where do people find the site? Such as https://example.org"
        address = decide(address, "--address", where, field="address")
    if address:
        decided["address"] = address
    key = key or folder.resolve().with_name(f"{folder.resolve().name}.key")
    try:
        start.make_site(folder, key_file=key, **decided)
    except ValidationError as error:
        raise UsageError("; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())) from error
    start.get_django_ready(folder)
    start.bring_up_to_date()
    for line in what_is_missing(decided):
        say(line)
    say(f"The site is in {folder}. Back that folder up.")
    say(f"Its key is {key}. Keep a copy of that apart from the backups.")
    say("Without the key nobody can read the answers; with key and folder anybody can.")
    say(f"Next: {CALLED} site doctor {folder}")


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--listen", default=LOCAL, show_default=True, metavar="ADDRESS", help="The address it would listen on.")
def doctor(folder: Path, listen: str) -> None:
    """Say whether the site in DIR is safe to start, and if not, every reason."""
    _refuse_if_unsafe(folder, listen, look_only=True)
    from holdfast_site import start

    say(f"{folder} is safe to start.")
    for words in [*start.advice(folder), *start.advice_on_days(folder), *start.advice_on_staff(folder)]:
        say(f"To mend: {words}")
    for note in start.notes(folder):
        say(note, error=True)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("language")
@click.option("--use", is_flag=True, help="Show the site in this language from its next start on.")
def words(folder: Path, language: str, use: bool) -> None:
    """Translate the site: make the file with every word for LANGUAGE (such as de or pt-BR), or bring it up to date.

    Fill it in with any editor for gettext, such as Poedit. What is not translated is said in English.
    """
    from holdfast_site import languages
    from holdfast_site.config import problem_of, read_config, write_config

    if wrong := problem_of("language", language):
        raise UsageError(f"{language} {wrong}")
    config = read_config(folder).model_copy(update={"language": language})
    path = languages.begin(folder, language)
    for line in languages.advice(folder, config):
        say(line)
    say(f"The words are in {path}.")
    if use:
        write_config(folder, config)
        say("The site is shown in them from its next start on.")
    else:
        say(f"To show the site in them: holdfast site words {folder} {language} --use")


@click.command("help-page")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--to", "to", type=FILE, help="Where to keep it, outside DIR; without it, where it was kept before.")
def help_page(folder: Path, to: Path | None) -> None:
    """Write help now as one page that needs no site: for the proxy in front to show when the site is down.

    From then on the site keeps it up to date while it runs.
    """
    from holdfast_site import start
    from holdfast_site.config import help_page_path, read_config, write_config

    config = read_config(folder)
    if to is not None:
        config = config.model_copy(update={"help_page": str(to.resolve())})
    path = help_page_path(folder, config)
    if path is None:
        raise UsageError("Say where to keep it: --to FILE, outside the folder, where the proxy can read it.")
    if path.is_relative_to(folder.resolve()):
        raise UsageError(f"{path} lies inside {folder}, where no proxy may look. Keep it outside.")
    start.get_django_ready(folder)
    from holdfast_site.help_page import write

    write(path, config)
    write_config(folder, config)
    say(f"Help now is in {path}. Let the proxy show it when the site is down.")


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@click.option("--demo", is_flag=True, help="A made-up practice in a temporary folder, gone when you stop it.")
@click.option("--listen", default=LOCAL, show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help=f"{PORT}, or for the demo the next one that is free; 0: any."
)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
def serve(folder: Path | None, demo: bool, listen: str, port: int | None, show: bool) -> None:
    """Start the site, if it is safe to, until you stop it with Ctrl+C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that a demo that is stopped is cleared away
    if (folder is None) == (not demo):
        raise UsageError("Give the folder of a site, or --demo. To make a site: holdfast site init DIR")
    if folder is not None:
        _refuse_if_unsafe(folder, listen)
        serve_site(folder, listen, PORT if port is None else port, show=show)
        return
    if not is_loopback(listen):
        raise UsageError("The demo is for this machine only: leave --listen out.")
    with tempfile.TemporaryDirectory(prefix="holdfast-demo-") as made:
        serve_demo(Path(made), listen, port, show=show)


@click.command("add-person")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("login", metavar="NAME")
@click.option("--therapist", metavar="ID", help="Acts as the therapist with this id, as in the tables.")
@click.option("--care-contact", "role", flag_value="care_contact", help="Acts as the care contact.")
@click.option("--supervisor", "role", flag_value="supervisor", help="Acts as a supervisor, once the lead assigns him.")
@click.option("--lead", "role", flag_value="lead", help="Leads the practice, and adds everybody else in the site.")
@click.option("--desk", "role", flag_value="desk", help="Books, and keeps addresses right.")
def add_person(folder: Path, login: str, therapist: str | None, role: str | None) -> None:
    """Make a first way in to the site in DIR for somebody, in one role; again if he has lost his.

    Prints a link and a code. Send the one, tell the other: together they work once, within a week.
    """
    if (therapist is None) == (role is None):
        raise UsageError("Say in which one role: --therapist ID, --care-contact, --supervisor, --lead or --desk.")
    _refuse_if_unsafe(folder, LOCAL)
    from django.utils import timezone

    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import introduce

    _say_way_in(folder, introduce(login, Role(role or Role.THERAPIST), therapist_id=therapist, now=timezone.now()))


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("tables", metavar="TABLES", type=FOLDER)
def load(folder: Path, tables: Path) -> None:
    """Take ids, appointments, endings, breaks and check-ins of a folder of tables into the site in DIR."""
    from holdfast.tables import read_tables

    found = read_tables(tables)
    _refuse_if_unsafe(folder, LOCAL)
    from django.utils import timezone

    from holdfast_site.caseload import settling
    from holdfast_site.caseload.services import load_tables

    done = load_tables(found, now=timezone.now())
    say(
        f"{done.clients:,} clients, {done.appointments:,} appointments and {done.checkins:,} check-ins are in the site."
    )
    for line in settling.lines(done.settled):
        say(line)


@click.command("mend-days")
@click.argument("folder", metavar="DIR", type=FOLDER)
def mend_days(folder: Path) -> None:
    """Take out dates outside the years 1900 to 2199, such as 9999-12-31, that an import brought before it refused them.

    What may be unknown is left blank; an appointment, ending or break on such a day is taken out. Make a backup first.
    """
    _refuse_if_unsafe(folder, LOCAL)
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.exchange.mending import take_out_impossible_days

    found = take_out_impossible_days(by=OPERATOR, now=timezone.now())
    say("1 date was taken out." if found == 1 else f"{found:,} dates were taken out.")


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("client", metavar="CLIENT")
def link(folder: Path, client: str) -> None:
    """Make a check-in about a client's last session, and print its link. Nothing is sent."""
    _refuse_if_unsafe(folder, LOCAL)
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.checkins.services import invite_after_last_session
    from holdfast_site.config import read_config

    secret = invite_after_last_session(by=OPERATOR, client_id=client, now=timezone.now())
    config = read_config(folder)
    say(f"{config.address}/c/{secret}")
    say(f"Open for {config.link_hours} hours. Whoever has it can fill it in; it is shown only here.", error=True)


@click.command("came-back")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("mails", metavar="[MAIL]...", nargs=-1, type=click.Path(exists=True, path_type=Path))
def came_back(folder: Path, mails: tuple[Path, ...]) -> None:
    """Read mails that came back because they could not be delivered: files, folders of them, or one from the input.

    Who has such an address is sent nothing more by mail until the desk has corrected it. Any other mail is left alone.
    """
    _refuse_if_unsafe(folder, LOCAL)
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.bounces import MOST_MAIL, read
    from holdfast_site.messages.services import mail_came_back

    texts = _files(mails) if mails else [sys.stdin.buffer.read(MOST_MAIL)]
    told = news = 0
    for text in texts:  # one after the other: whatever is wrong with one, those before it count
        found = read(text)
        told += found is not None
        news += found is not None and mail_came_back(found, by=OPERATOR, now=timezone.now())
    say(f"{len(texts)} read, {told} of them about a message that did not arrive, {news} of these new.")


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("to", metavar="TO", type=FOLDER)
def backup(folder: Path, to: Path) -> None:
    """Back the site in DIR up into a new folder in TO, while it runs. It counts once it was put back and found whole.

    The key is not in it: keep a copy of that somewhere else.
    """
    from holdfast_site import start
    from holdfast_site.backup import back_up

    start.get_django_ready(folder)
    from django.utils import timezone

    done = back_up(folder, to, now=timezone.now())
    say(f"{done.path}")
    say(f"Put back in a place of its own, looked over and found whole: {done.rows:,} rows.", error=True)


@click.command()
@click.argument("copy", metavar="BACKUP", type=FOLDER)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--key", "key", type=FILE, help="Where the master key is, if not where the site expects it.")
def restore(copy: Path, folder: Path, key: Path | None) -> None:
    """Put a backup in the place of the site in DIR, or in a new folder. What was there is kept beside it.

    Stop the site first. Whoever was erased since then is erased again.
    """
    from holdfast_site import start
    from holdfast_site.backup import in_use, prepare, put_back

    is_new = not (folder / SITE_FILE).exists()
    prepare(copy, folder, key)
    with in_use(folder):
        start.get_django_ready(folder)
        from django.utils import timezone

        again = put_back(copy, folder, now=timezone.now())
        _refuse_if_unsafe(folder, LOCAL)
    say(f"{folder} is as it was in {copy.name}, and safe to start.")
    say(f"Erased again, because they had been erased since: {again}.")
    if is_new:
        say(
            "Whoever was erased after the newest backup beside this one is not known here. If you have the old folder, "
            f"put its file '{ERASED}' into {folder} before you start the site."
        )


@click.command("replace-key")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--backup", "to", type=FOLDER, metavar="TO", help="Where to back up, before and after.")
@click.option(
    "--backed-up", is_flag=True, help="Instead, for PostgreSQL: its dump was just made, and the folder copied."
)
@click.option("--key", "key", type=FILE, help="Where to keep the new key; by default beside the old one.")
def replace_key(folder: Path, to: Path | None, backed_up: bool, key: Path | None) -> None:
    """Give the site in DIR a new master key: somebody left who had the old one, or it was lost.

    Stop the site first. If this is interrupted, run it again: it goes on. Everybody signs in again; links that were
    sent still work.
    """
    from holdfast_site.backup import back_up, in_use, refuse_place
    from holdfast_site.config import key_path, read_config

    if (to is None) != bool(read_config(folder).database) or (to is None) != backed_up:
        raise UsageError("Back up first: name where, with --backup TO; or for PostgreSQL use its own tools and say so.")
    with in_use(folder):
        was_begun, old = bool(read_config(folder).next_key_file), key_path(folder, read_config(folder))
        _refuse_if_unsafe(folder, LOCAL)
        from django.utils import timezone

        from holdfast_site import new_key

        key = key or new_key.default_place(folder, timezone.now())
        if not was_begun:
            new_key.refuse_place(folder, key)
        if not was_begun or read_config(folder).next_key_file:  # else it was finished just now
            if to is not None:
                refuse_place(folder, to, key=key)
                say(f"Backed up under the old key: {back_up(folder, to, now=timezone.now()).path}")
            new_key.replace(folder, key, now=timezone.now())
        new = key_path(folder, read_config(folder))
        say(f"The site is under a new key: {new}. Keep a copy of that apart from the backups.")
        if to is not None:
            say(f"Backed up under the new key: {back_up(folder, to, now=timezone.now()).path}")
        say(f"Older backups still open with the old key, {old}. Take it off this machine; once you throw it away,")
        say("nobody reads them any more.")


@click.command("own-page")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("client", metavar="CLIENT")
def own_page(folder: Path, client: str) -> None:
    """Make a way in for a client to his own page: a link and a code.

    Send the one, tell the other in person. Whoever has both can read everything he said, so let two people see to it
    where you can; a therapist makes a code for a client of his without ever seeing a link.
    """
    _refuse_if_unsafe(folder, LOCAL)
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.own.services import give_way_in_by_id

    _say_way_in(folder, give_way_in_by_id(by=OPERATOR, client_id=client, now=timezone.now()))


def _say_way_in(folder: Path, told: Told) -> None:
    from holdfast_site.config import read_config

    say(f"{read_config(folder).address}/welcome/{told.link}")
    say(f"The code, to be told apart from the link: {told.code[:4]} {told.code[4:]}")


def _files(paths: tuple[Path, ...]) -> list[bytes]:
    """What stands in files, and in the files of folders."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.iterdir()) if path.is_dir() else [path]
    return [path.read_bytes() for path in found if path.is_file()]


def _refuse_if_unsafe(folder: Path, listen: str, *, look_only: bool = False) -> None:
    """Look over the files, then the database.

    Raises
    ------
    UnsafeSite
        With every reason why it must not start.
    """
    from holdfast_site import start
    from holdfast_site.errors import UnsafeSite

    found = start.problems(folder, listen=listen)
    if found:
        raise UnsafeSite(found)
    start.get_django_ready(folder)
    found = start.reach_database()
    if found:
        raise UnsafeSite(found)
    if not look_only:
        start.bring_up_to_date()
        start.erase_again()
    found = start.database_problems(folder)
    if found:
        raise UnsafeSite(found)


COMMANDS = (
    init,
    doctor,
    serve,
    help_page,
    words,
    add_person,
    load,
    mend_days,
    link,
    own_page,
    came_back,
    backup,
    restore,
    replace_key,
)
