"""What every command needs: its tables, saying something, showing that work goes on, writing a file."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from holdfast.errors import UsageError
from holdfast.files import write_whole

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.tables.read import Tables

CALLED = os.environ.get("HOLDFAST_CALLED", "holdfast")  # how this person starts it, for lines to paste
_COMMAND = re.compile(r"\bholdfast (?=[a-z])")
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


def say(text: str = "", *, error: bool = False) -> None:
    """Print a line for a person; a command in it is named as this person calls it."""
    click.echo(_COMMAND.sub(f"{CALLED} ", text), err=error)


def console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


@contextmanager
def working(words: str) -> Iterator[None]:
    """Show that something is going on, on a terminal; stay quiet in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    shown = Console(stderr=True)
    if not shown.is_terminal:
        yield
        return
    with shown.status(words):
        yield


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """Hand out a function that shows how far long work has come (0 to 1): a bar, and without a terminal lines."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = Console(stderr=True)
    if not shown.is_terminal:
        yield _in_lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=shown, transient=True) as bar:
        task = bar.add_task("Beginning", total=1.0)
        yield lambda words, share: bar.update(task, description=words, completed=share)


def _in_lines() -> Callable[[str, float], None]:
    """Say on stderr what is being done, at the beginning and then once in every twentieth of the work."""
    began, told = monotonic(), -1

    def tell(words: str, share: float) -> None:
        nonlocal told
        if int(20 * share) > told:
            told = int(20 * share)
            say(f"{100 * share:3.0f} %  {words} ({monotonic() - began:.0f} s so far)", error=True)

    return tell


def tables_of(folder: Path | None, demo: bool, timezone: str | None) -> Tables:
    """Read a folder of tables, or make the demo practice's."""
    from holdfast.tables import read_tables

    if folder is not None and demo:
        raise UsageError("Give a folder of tables or --demo, not both.")
    if folder is None and not demo:
        raise UsageError(f"Give a folder of tables, or --demo. To make a folder: {CALLED} import SOURCE FILE… --to DIR")
    if folder is not None:
        return read_tables(folder, timezone=timezone)
    from holdfast.simulate import demo_practice, write

    with tempfile.TemporaryDirectory(prefix="holdfast-") as made:
        write(demo_practice(), Path(made))
        return read_tables(Path(made))


def moment_of(at: str | None, tables: Tables) -> datetime | None:
    """Read ``--at`` as a wall clock of the practice; without it the tables must say up to when they are complete.

    Raises
    ------
    UsageError
        If ``--at`` is no moment; or there is none, no moment of the export, and a row that is still to come.
    """
    from holdfast.tables.moments import parse_at

    if at:
        return parse_at(at, tables.practice.timezone)
    if tables.practice.exported_at is None:
        _refuse_the_future(tables)
    return None


def _refuse_the_future(tables: Tables) -> None:
    """Refuse tables whose last row is still to come: one wrong date, and everybody would seem to have left."""
    from holdfast.asof import last_moment
    from holdfast.engine import Engine

    with Engine.embedded() as engine:
        last = last_moment(engine.load(tables), engine)
    today: datetime = click.get_current_context().obj  # beside the practice's clock a day more or less does not matter
    if last is None or last <= today + timedelta(days=2):
        return
    raise UsageError(
        f"Something in the tables is dated {last.day} {last:%B %Y}, which is still to come, so that nobody can say up "
        f"to when they are complete. Mend the date, or say from when to look: --at {today:%Y-%m-%d}."
    )


def write_file(path: Path, text: str) -> None:
    """Write a file, or print it if the path is "-"."""
    if str(path) == "-":
        click.echo(text.rstrip("\n"))
        return
    write_whole(path, text)


def open_in_browser(address: str) -> None:
    """Show a page; quiet in a pipe, where nobody is looking."""
    if sys.stdout.isatty():
        webbrowser.open(address)
