"""What ``holdfast site init`` asks for, and what was given as options instead: each answer is looked at by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from holdfast.errors import UsageError
from holdfast_site.config import CrisisNumber, problem_of

MOST = 200  # letters of a name or number


def decide(
    given: str | None, option: str, question: str, *, field: str | None = None, blank: bool = False, part: str = ""
) -> str:
    """What was given as an option, or is said now; whoever says something wrong is told why, and asked that again.

    Raises
    ------
    UsageError
        If it was given and is wrong, or was not given and there is nobody to ask.
    """
    if given is not None:
        wrong = _wrong(field, given, part)
        if wrong:
            raise UsageError(f"{option} {wrong}")
        return given
    if can_ask():
        return _asked(question, lambda said: "" if blank and not said else _wrong(field, said, part), blank=blank)
    if blank:
        return ""
    raise UsageError(f"{option} is missing, and there is nobody to ask.")


def can_ask() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def _asked(question: str, wrong: Callable[[str], str], *, blank: bool = False) -> str:
    """Ask until it is right."""

    def right(said: str) -> str:
        why = wrong(said)
        if why:
            raise click.BadParameter(f"That {why}.")
        return said

    return str(click.prompt(question, default="" if blank else None, show_default=False, value_proc=right))


def _wrong(field: str | None, said: str, part: str = "") -> str:
    """What is wrong with an answer, by the settings it is for; blank if nothing is."""
    return "" if field is None else problem_of(field, said, part)


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
    found = []
    for pair in given:
        name, equals, number = pair.partition("=")
        if not equals or _no_name(name) or _no_number(number):
            raise UsageError(f"--crisis {pair!r} is not NAME=NUMBER. Such as: --crisis 'Samaritans=116 123'")
        found.append(CrisisNumber(name=name, number=number))
    return found


def _ask_for_numbers() -> list[CrisisNumber]:
    found: list[CrisisNumber] = []
    if not can_ask():
        raise UsageError("--crisis is missing, and there is nobody to ask.")
    name = _asked("Whom can clients call now, day and night? The name", _no_name)
    while name:
        number = _asked(f"The number of {name}", _no_number)
        found.append(CrisisNumber(name=name, number=number))
        name = _asked("Whom else? The name; blank: nobody", lambda said: said and _no_name(said), blank=True).strip()
    return found


def _no_name(said: str) -> str:
    return "" if 0 < len(said.strip()) <= MOST else f"is not a name of 1 to {MOST} letters"


def _no_number(said: str) -> str:
    right = 0 < len(said) <= MOST and any(sign.isdigit() for sign in said)
    return "" if right else "is not a number that one can call, such as 116 123"
