"""``holdfast site``: making a site, refusing an unsafe one, starting a safe one; without its packages one sentence."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdfast import site_cli
from holdfast.cli import commands
from holdfast_site import start
from holdfast_site.config import DATABASE, SITE_FILE
from holdfast_site.vault import Vault

GIVEN = [
    "--name", "Hill Street", "--timezone", "Europe/London", "--reading-hours", "Monday to Friday, 9 to 5",
    "--crisis", "Samaritans=116 123", "--crisis", "Emergency=999", "--care-contact", "Ruth",
]  # fmt: skip


def holdfast(*arguments: object, typed: str = "") -> subprocess.CompletedProcess[str]:
    """In a process of its own: one process serves one site."""
    command = [sys.executable, "-m", "holdfast", "site", *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, input=typed, env=clean(), timeout=60)


def clean() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name not in ("HOLDFAST_SITE", "DJANGO_SETTINGS_MODULE")
    }


def change(folder: Path, **changes: object) -> None:
    path = folder / SITE_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.long
def test_init_makes_a_site_that_the_doctor_finds_safe(tmp_path):
    folder = tmp_path / "practice"
    done = holdfast("init", folder, *GIVEN)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "practice.key").exists()
    assert sorted(file.name for file in folder.iterdir()) == [
        "holdfast.sqlite3",
        "holdfast.sqlite3-journal",
        "site.json",
    ]
    assert not [file for file in folder.iterdir() if file.stat().st_mode & 0o077 and file.name != "site.json"]
    done = holdfast("doctor", folder)
    assert (done.returncode, done.stdout) == (0, f"{folder} is safe to start.\n"), done.stderr
    done = holdfast("init", folder, *GIVEN)
    assert done.returncode == 4
    assert "is not empty" in done.stderr


@pytest.mark.parametrize(
    ("leave_out", "words"), [("--timezone", "--timezone is missing"), ("--crisis", "--crisis is missing")]
)
def test_init_says_what_is_missing_where_nobody_can_be_asked(tmp_path, leave_out, words):
    pairs = zip(GIVEN[::2], GIVEN[1::2], strict=True)
    given = [part for pair in pairs if pair[0] != leave_out for part in pair]
    done = CliRunner().invoke(commands, ["site", "init", str(tmp_path / "practice"), *given])
    assert done.exit_code == 2
    assert words in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--timezone", "Mars/Base", "not a time zone"), ("--crisis", "Samaritans", "is not NAME=NUMBER"),
     ("--name", "  ", "name")],
)  # fmt: skip
def test_init_refuses_what_cannot_be(tmp_path, option, value, words):
    given = [*GIVEN, option, value]
    done = CliRunner().invoke(commands, ["site", "init", str(tmp_path / "practice"), *given])
    assert done.exit_code == 2
    assert words in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_never_made_inside_the_folder(tmp_path):
    folder = tmp_path / "practice"
    done = CliRunner().invoke(commands, ["site", "init", str(folder), *GIVEN, "--key", str(folder / "keys" / "k")])
    assert done.exit_code == 4
    assert "lies inside" in done.output
    assert not folder.exists()


def begun(folder, tables):
    """A site, and a folder of tables with one man's appointment."""
    tables.mkdir()
    (tables / "appointments.csv").write_text(
        "appointment_id,client_id,therapist_id,starts_at,status\na1,dan,alma,2026-01-05T09:00,attended\n"
    )
    assert holdfast("init", folder, *GIVEN).returncode == 0


@pytest.mark.slow
def test_from_a_folder_of_tables_to_an_answer(tmp_path):
    """Load, let somebody sign in, make a link: with a folder that stays, without the demo."""
    folder, tables = tmp_path / "site", tmp_path / "tables"
    begun(folder, tables)
    for _ in range(2):
        done = holdfast("load", folder, tables)
        assert done.stdout == "1 clients, 1 appointments and 0 check-ins are in the site.\n", done.stderr
    ways = [holdfast("add-person", folder, "Alma", "--therapist", "alma").stdout for _ in range(2)]
    assert all(re.fullmatch(r"http://localhost:8000/welcome/[\w-]{43}\n.*: \d{4} \d{4}\n", way) for way in ways)
    assert ways[0] != ways[1]
    assert "No therapist" in holdfast("add-person", folder, "Ben", "--therapist", "ben").stderr
    assert holdfast("add-person", folder, "Ruth").returncode == 2
    done = holdfast("link", folder, "dan")
    assert re.fullmatch(r"http://localhost:8000/c/[\w-]{43}\n", done.stdout), done.stderr
    assert "no session of eli" in holdfast("link", folder, "eli").stderr
    assert holdfast("doctor", folder).returncode == 0


@pytest.mark.slow
def test_a_backup_is_put_back_in_a_new_folder_and_starts_there(tmp_path):
    folder, tables, backups = tmp_path / "site", tmp_path / "tables", tmp_path / "backups"
    begun(folder, tables)
    assert holdfast("load", folder, tables).returncode == 0
    way = holdfast("own-page", folder, "dan").stdout
    assert re.fullmatch(r"http://localhost:8000/welcome/[\w-]{43}\n.*: \d{4} \d{4}\n", way), way
    assert "No client" in holdfast("own-page", folder, "eli").stderr
    done = holdfast("backup", folder, backups)
    assert done.returncode == 0, done.stderr
    (copy,) = backups.iterdir()
    assert done.stdout == f"{copy}\n"
    new = tmp_path / "elsewhere" / "site"
    assert "no master key" in holdfast("restore", copy, new).stderr
    done = holdfast("restore", copy, new, "--key", tmp_path / "site.key")
    assert done.stdout.startswith(f"{new} is as it was in {copy.name}, and safe to start."), done.stderr
    assert holdfast("doctor", new).returncode == 0
    assert re.match(r"http://localhost:8000/c/", holdfast("link", new, "dan").stdout)
    (copy / DATABASE).write_bytes(b"")
    assert "is not as it was written" in holdfast("restore", copy, new).stderr
    assert holdfast("doctor", new).returncode == 0


@pytest.mark.slow
def test_a_key_is_replaced_with_a_backup_before_and_after(tmp_path):
    folder, tables, backups = tmp_path / "site", tmp_path / "tables", tmp_path / "backups"
    begun(folder, tables)
    assert holdfast("load", folder, tables).returncode == 0
    assert "Back up first" in holdfast("replace-key", folder).stderr
    assert "Back up first" in holdfast("replace-key", folder, "--backed-up").stderr
    assert "lies inside" in holdfast("replace-key", folder, "--backup", backups, "--key", folder / "k").stderr
    assert not backups.exists()
    done = holdfast("replace-key", folder, "--backup", backups, "--key", tmp_path / "new.key")
    assert done.returncode == 0, done.stderr
    assert f"The site is under a new key: {tmp_path / 'new.key'}" in done.stdout
    before, after = sorted(backups.iterdir())
    done = holdfast("doctor", folder)
    assert f"The old key is still in {tmp_path / 'site.key'}" in done.stdout
    assert done.stdout.startswith(f"{folder} is safe to start.")
    assert "another master key" in holdfast("restore", before, folder).stderr
    assert holdfast("restore", after, folder).returncode == 0
    new = tmp_path / "elsewhere" / "site"
    assert holdfast("restore", before, new, "--key", tmp_path / "site.key").returncode == 0
    (tmp_path / "site.key").rename(tmp_path / "elsewhere" / "away.key")
    assert holdfast("doctor", folder).stdout == f"{folder} is safe to start.\n"


# --- the doctor -------------------------------------------------------------------------------------


def test_a_site_as_it_is_made_is_safe(made):
    assert start.problems(made) == []


def test_a_missing_key_is_found(made):
    (made.parent / "practice.key").unlink()
    assert "There is no master key" in start.problems(made)[0]


def test_another_sites_key_is_found(made):
    (made.parent / "practice.key").unlink()
    Vault.create(made.parent / "practice.key")
    assert "another site's" in start.problems(made)[0]


def test_a_key_that_others_can_read_is_found(made):
    (made.parent / "practice.key").chmod(0o644)
    assert "chmod 600" in start.problems(made)[0]


def test_a_key_in_the_folder_is_found(made):
    (made.parent / "practice.key").rename(made / "practice.key")
    change(made, key_file="practice.key")
    assert "lies inside" in start.problems(made)[0]


def test_a_folder_that_others_can_open_is_found(made):
    made.chmod(0o755)
    assert "chmod go-rwx" in start.problems(made)[0]


def test_a_database_that_is_gone_is_found_and_not_made_anew(made):
    (made / DATABASE).unlink()
    assert "Put the last good backup" in start.problems(made)[0]
    assert CliRunner().invoke(commands, ["site", "serve", str(made)]).exit_code == 4
    assert not (made / DATABASE).exists()


@pytest.mark.hazard("H-20", "H-02")
def test_no_crisis_number_is_found(made):
    change(made, crisis_numbers=[])
    assert "No crisis number" in start.problems(made)[0]


def test_a_site_that_lets_anybody_in_is_found(made):
    change(made, demo=True)
    assert "without a password" in start.problems(made)[0]


@pytest.mark.parametrize("name", ["DEBUG", "DJANGO_DEBUG"])
def test_debug_is_found(made, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert "DEBUG is set" in start.problems(made)[0]


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "192.168.1.4", "practice.example"])
def test_listening_to_others_without_tls_is_found(made, listen):
    assert "without TLS" in start.problems(made, listen=listen)[0]
    change(made, address="https://practice.example")
    assert "without TLS" in start.problems(made, listen=listen)[0]
    change(made, address="https://practice.example", trusted_proxy="192.168.1.1")
    assert start.problems(made, listen=listen) == []


def test_an_address_elsewhere_without_tls_is_found(made):
    change(made, address="http://practice.example")
    assert "must begin with https://" in start.problems(made)[0]


@pytest.mark.parametrize(
    "changes",
    [{"timezone": "Mars/Base"}, {"link_hours": 0}, {"link_hours": 169}, {"address": "practice.example"},
     {"reading_hours": ""}, {"unheard_of": 1}, {"crisis_numbers": [{"name": "x"}]}, {"phone": "call us"},
     {"crisis_numbers": [{"name": "Samaritans=116 123", "number": "116 123"}]},
     {"crisis_numbers": [{"name": "Samaritans", "number": "day and night"}]}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_by_name(made, changes):
    from holdfast.errors import FolderError

    change(made, **changes)
    with pytest.raises(FolderError, match=next(iter(changes))) as caught:
        start.problems(made)
    assert "pattern" not in str(caught.value)


@pytest.mark.hazard("H-20")
def test_every_reason_is_given_at_once_and_nothing_is_started(made):
    (made.parent / "practice.key").chmod(0o644)
    change(made, crisis_numbers=[])
    for command in ("doctor", "serve"):
        done = CliRunner().invoke(commands, ["site", command, str(made)])
        assert done.exit_code == 4
        assert "chmod 600" in done.output
        assert "No crisis number" in done.output


def test_behind_tls_cookies_are_for_tls_only(made):
    change(made, address="https://practice.example", trusted_proxy="127.0.0.1")
    names = (
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_NAME",
        "ALLOWED_HOSTS",
    )
    code = f"from holdfast_site import settings; print([getattr(settings, name) for name in {names}])"
    done = subprocess.run(
        [sys.executable, "-c", code], text=True, capture_output=True, env={**clean(), "HOLDFAST_SITE": str(made)}
    )
    hosts = ["127.0.0.1", "localhost", "[::1]", "practice.example"]
    assert done.stdout == f"[True, True, True, '__Host-session', {hosts}]\n", done.stderr


# --- sending ----------------------------------------------------------------------------------------

MAIL = {"host": "mail.example", "sender": "Hill Street <hello@hill.example>"}
AWAY = {"address": "https://hill.example", "trusted_proxy": "127.0.0.1"}
SMS = {"account": "AC1", "sender": "+15005550006"}


def secret(made: Path, mode: int = 0o600) -> str:
    path = made.parent / "password"
    path.write_text("x")
    path.chmod(mode)
    return "../password"


def test_a_site_that_sends_safely_is_safe(made):
    change(made, email={**MAIL, "user": "hill", "password_file": secret(made)}, **AWAY)
    assert start.problems(made) == []
    change(made, email={"host": "127.0.0.1", "port": 25, "security": "none", "sender": MAIL["sender"]})
    assert start.problems(made) == []


@pytest.mark.hazard("H-16", "H-20")
@pytest.mark.parametrize(
    ("changes", "says"),
    [({"email": {**MAIL, "security": "none"}, **AWAY}, "in the open"),
     ({"email": {**MAIL, "password_file": "../nowhere"}, **AWAY}, "no password in"),
     ({"email": {**MAIL, "password_file": "site.json"}, **AWAY}, "lies inside"),
     ({"email": MAIL}, "lead nowhere"),
     ({"email": {**MAIL, "sender": "Hill Street Therapy <hello@hill.example>"}, **AWAY}, '"therap"'),
     ({"email": MAIL, **AWAY, "address": "https://hill-counselling.example"}, '"counsel"'),
     ({"sms": {**SMS, "token_file": "../t", "url": "http://sms.example"}, **AWAY}, "in the open"),
     ({"sms": {**SMS, "token_file": "../t", "sender": "MentalHub"}, **AWAY}, '"mental"')],
)  # fmt: skip
def test_an_unsafe_way_of_sending_is_found(made, changes, says):
    change(made, **changes)
    assert [problem for problem in start.problems(made) if says in problem], start.problems(made)


def test_a_password_that_others_can_read_is_found(made):
    change(made, email={**MAIL, "password_file": secret(made, 0o644)}, **AWAY)
    assert "chmod 600" in start.problems(made)[0]


def test_a_password_in_the_settings_is_refused_and_not_repeated(made):
    from holdfast.errors import FolderError

    change(made, email={**MAIL, "password": "zanzibar"})
    with pytest.raises(FolderError, match="password") as refused:
        start.problems(made)
    assert "zanzibar" not in str(refused.value)


@pytest.mark.long
def test_init_takes_the_mail_server(tmp_path):
    folder, password = tmp_path / "practice", tmp_path / "mail.password"
    password.write_text("x")
    password.chmod(0o600)
    told = ["--mail-server", "mail.example", "--mail-user", "hill", "--mail-password-file", password]
    more = ["--mail-sender", "Hill Street <hello@hill.example>", "--address", "https://hill.example"]
    done = holdfast("init", folder, *GIVEN, *told, *more)
    assert done.returncode == 0, done.stderr
    assert holdfast("doctor", folder).returncode == 0
    kept = json.loads((folder / SITE_FILE).read_text())
    assert kept["email"]["host"] == "mail.example"
    assert Path(kept["email"]["password_file"]) == password


# --- serving ----------------------------------------------------------------------------------------


@pytest.fixture(name="taken")
def _taken():
    """The port that the site would like, taken by somebody else."""
    from holdfast_site.serving import LOCAL, PORT

    with socket.socket() as other:
        with suppress(OSError):  # somebody has it already
            other.bind((LOCAL, PORT))
            other.listen()
        yield PORT


@pytest.mark.slow
def test_the_demo_can_be_filled_in_and_is_gone_afterwards_and_a_port_that_is_taken_does_not_matter(tmp_path, taken):
    command = [sys.executable, "-u", "-m", "holdfast", "site", "serve", "--demo"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**clean(), "TMPDIR": str(tmp_path)})
    assert running.stdout is not None
    try:
        told = ""
        while "/help-now" not in told and running.poll() is None:
            told += running.stdout.readline()
        first = re.findall(r"http\S+/c/\S+", told)[0]
        assert f":{taken}/" not in first
        with urllib.request.urlopen(first) as answer:
            assert "About your last session" in answer.read().decode()
    finally:
        running.terminate()
        assert running.wait(20) == 0
        running.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_for_this_machine_only():
    done = CliRunner().invoke(commands, ["site", "serve", "--demo", "--listen", "0.0.0.0"])
    assert done.exit_code == 2
    assert "this machine only" in done.output


@pytest.mark.parametrize("arguments", [[], ["somewhere", "--demo"]])
def test_serve_wants_a_folder_or_the_demo(arguments):
    assert CliRunner().invoke(commands, ["site", "serve", *arguments]).exit_code == 2


def test_without_its_packages_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(site_cli, "is_installed", lambda: False)
    for arguments in (["doctor", "x"], ["serve", "--demo"], ["init", "x"]):
        done = CliRunner().invoke(commands, ["site", *arguments])
        assert (done.exit_code, done.output.strip()) == (2, site_cli.HOW)
    for arguments in (["--help"], ["site"], ["site", "--help"]):
        done = CliRunner().invoke(commands, arguments)
        assert (site_cli.HOW in done.output) == ("site" in arguments)


def test_the_library_stays_quick_to_start():
    """Asking for help, or for a leak, loads nothing of the site."""
    code = "import sys, holdfast.cli; print([name for name in ('django', 'cryptography') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, env=clean())
    assert done.stdout == "[]\n"
