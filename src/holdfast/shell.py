"""What every command needs of the shell: saying something, showing that work goes on, writing a file."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from holdfast.files import write_whole

if TYPE_CHECKING:
    from rich.console import Console

CALLED = os.environ.get("HOLDFAST_CALLED", "holdfast")  # how this person starts it, for lines to paste
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


def say(text: str = "", *, error: bool = False) -> None:
    click.echo(text, err=error)


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


def write_file(path: Path, text: str) -> None:
    """Write a file, or print it if the path is "-"."""
    if str(path) == "-":
        say(text.rstrip("\n"))
        return
    write_whole(path, text)


def open_in_browser(path: Path) -> None:
    """Show a page that was written; quiet in a pipe, where nobody is looking."""
    if sys.stdout.isatty():
        webbrowser.open(path.resolve().as_uri())
