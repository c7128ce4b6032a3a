"""What ``holdfast site init`` asks for, and what was given as options instead: each answer is looked at by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from holdfast.errors import UsageError
from holdfast_site.config import SITE_FILE, CrisisNumber, problem_of, problem_of_number

BLANK = "cannot be left blank"


def decide(
    given: str | None, option: str, question: str, *, field: str | None = None, blank: bool = False, part: str = ""
) -> str:
    """What was given as an option, or is said now; whoever says something wrong is told why, and asked that again.

    Raises
    ------
    UsageError
        If it was given and is wrong, or was not given and there is nobody to ask.
    """

    def wrong(said: str) -> str:
        if not said.strip():
            return "" if blank else BLANK
        return "" if field is None else problem_of(field, said, part)

    if given is not None:
        if why := wrong(given):
            raise UsageError(f"{option} {why}.")
        return given.strip()
    if can_ask():
        return _asked(question, wrong)
    if blank:
        return ""
    raise UsageError(f"{option} is missing, and there is nobody to ask.")


def what_is_missing(decided: Mapping[str, object]) -> list[str]:
    """What the site cannot do for what was left blank, and where to say it later."""
    said = []
    if "care_contact" not in decided:
        said.append(
            f"Nobody receives what is not for the therapist, so clients are not offered it. {_LATER}: care_contact"
        )
    if "email" not in decided:
        said.append(f"No server sends mail, so no client is asked anything by mail. {_LATER}: email")
    return said


_LATER = f"To name one later, in {SITE_FILE}"


def can_ask() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def _asked(question: str, wrong: Callable[[str], str]) -> str:
    """Ask until it is right. A blank answer is one as well: whoever may not give it is told so."""

    def right(said: str) -> str:
        why = wrong(said)
        if why:
            raise click.BadParameter(f"That {why}.")
        return said.strip()

    return str(click.prompt(question, default="", show_default=False, value_proc=right))


def mail_of(server: str, user: str | None, password_file: str | None, sender: str | None) -> dict[str, str]:
    """How mail goes out. The password itself is never asked for: it stays in a file of its own."""
    whom = "From whom? Such as: Hill Street <hello@example.org>"
    found = {"host": server, "sender": decide(sender, "--mail-sender", whom, field="sender", part="email")}
    user = decide(user, "--mail-user", "The name to sign in to it with. Blank: none", blank=True)
    if user:
        found["user"] = user
        file = decide(password_file, "--mail-password-file", "The file that holds its password, outside the folder")
        found["password_file"] = str(Path(file).resolve())
    return found


def crisis_numbers_of(given: tuple[str, ...]) -> list[CrisisNumber]:
    """Read each NAME=NUMBER; or ask, for as many as there are.

    Raises
    ------
    UsageError
        If one is not NAME=NUMBER, or none was given and there is nobody to ask.
    """
    if not given:
        return _ask_for_numbers()
    for pair in given:
        if "=" not in pair or _no_pair(pair):
            raise UsageError(f"--crisis {pair!r} is not NAME=NUMBER. Such as: --crisis 'Samaritans=116 123'")
    return [CrisisNumber(name=name, number=number) for name, _, number in (pair.partition("=") for pair in given)]


def _ask_for_numbers() -> list[CrisisNumber]:
    """Name by name, each with its number; NAME=NUMBER, as the option wants it, is both at once."""
    found: list[CrisisNumber] = []
    if not can_ask():
        raise UsageError("--crisis is missing, and there is nobody to ask.")
    said = _asked("Whom can clients call now, day and night? The name, such as Samaritans", _no_pair)
    while said:
        name, equals, number = said.partition("=")
        number = number if equals else _asked(f"The number of {name}", lambda told: problem_of_number("x", told))
        found.append(CrisisNumber(name=name, number=number))
        said = _asked("Whom else? The name; blank: nobody", lambda told: told and _no_pair(told)).strip()
    return found


def _no_pair(said: str) -> str:
    """What is wrong with a name, or with NAME=NUMBER; blank if nothing is."""
    name, equals, number = said.partition("=")
    return problem_of_number(name, number if equals else "1")
