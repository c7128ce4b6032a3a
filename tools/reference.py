"""Writes what the documentation takes from the product itself, so that neither can leave the other behind.

    python3 tools/reference.py            says which pages are out of date
    python3 tools/reference.py --write    brings them up to date

docs/reference/cli.md, roles.md, signals.md and tables.md are made whole. In any page, code blocks with these marks are
run, in order, in a folder of the page's own that holds the demo practice as ``practice`` (unless the page makes it
itself):

    ```console run         each line that begins with "$ holdfast" or "$ ./run" is run and must succeed
    ```console shown       the same, and below each command stands exactly what it prints
    ```console shown 12    the same, but no more than its first 12 lines
    ```text from "X" 12    12 lines of what the last command printed, from the first that begins with X
    ```python run          is run
    ```csv NAME            (or json) is written to a file of that name first

Between ``<!-- headline -->`` and ``<!-- end -->`` stand the sentences that the demo practice's leak begins with.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    import click

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
OWN_PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md", "SECURITY.md")
WIDTH = "88"  # of the terminal that the pages show
BLOCK = re.compile(r"^```(?P<mark>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"^\$ (?:holdfast|\./run)(?= |$)")
HEADLINE = re.compile(r"(?<=<!-- headline -->\n).*?(?=<!-- end -->)", re.S)


def pages() -> list[Path]:
    """Every page of the documentation, the generated ones included."""
    return [*(ROOT / name for name in OWN_PAGES), *sorted((ROOT / "docs").rglob("*.md"))]


def generated() -> dict[Path, str]:
    """The pages that are made whole."""
    from holdfast.silence.signals.reference import signals_reference
    from holdfast.tables.reference import tables_reference
    from holdfast_site.access.reference import roles_reference

    made = {
        "cli.md": cli_reference(),
        "roles.md": roles_reference(),
        "signals.md": signals_reference(),
        "tables.md": tables_reference(),
    }
    return {REFERENCE / name: text.rstrip("\n") + "\n" for name, text in made.items()}


def cli_reference() -> str:
    """Describe every command in Markdown, from its own help."""
    from holdfast.cli import commands

    head = (
        "# The command line\n\n"
        "Made from the commands' own help by `tools/reference.py`. From a checkout, `./run` stands for `holdfast`.\n\n"
        "Exit codes: 0 done · 1 the tables have problems · 2 wrong question · 3 a file cannot be imported · "
        "4 a folder cannot be used · 130 stopped by hand. `holdfast leak --json -` prints nothing but the JSON.\n"
    )
    return head + "".join(_help(name, command) for name, command in every_command("holdfast", commands))


def every_command(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command under its whole name, and every command below it."""
    import click

    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in sorted(command.list_commands(context)):
            found = command.get_command(context, inner)
            assert found is not None
            yield from every_command(f"{name} {inner}", found)


def _help(name: str, command: click.Command) -> str:
    import click

    names = ["-h", "--help"]  # as the group sets them: click keeps the first it made
    context = click.Context(command, info_name=name, terminal_width=100, max_content_width=100, help_option_names=names)
    return f"\n## {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


# --- pages that are run -----------------------------------------------------------------------------


def is_run(text: str) -> bool:
    """Say whether something on the page has to be run."""
    return any(set(match["mark"].split()[1:]) & {"run", "shown"} for match in BLOCK.finditer(text))


def after_running(text: str, folder: Path) -> str:
    """Run a page's marked blocks in ``folder``, and return the page as it ought to read.

    Raises
    ------
    RuntimeError
        If a command of the page does not succeed, or no longer prints what is quoted of it.
    """
    page = _Page()

    def replaced(match: re.Match[str]) -> str:
        shown = page.block(shlex.split(match["mark"]), match["text"])
        return match[0] if shown is None else f"```{match['mark']}\n{shown}```"

    environment = mock.patch.dict(os.environ, {"COLUMNS": WIDTH, "TERM": "dumb", "NO_COLOR": "1"})
    with contextlib.chdir(folder), environment:
        return BLOCK.sub(replaced, text)


class _Page:
    """A page while it is run: the names its Python has made, and what its last command printed."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {"__name__": "page"}
        self.printed: list[str] = []

    def block(self, marks: list[str], text: str) -> str | None:
        """Run one block; return what it ought to say, if that is to be shown."""
        match marks:
            case ["csv" | "json", name]:
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_text(text, encoding="utf-8")
            case ["python", "run"]:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(text, "page", "exec"), self.names)
            case ["console", "run"]:
                for command in _commands(text):
                    self.run(command)
            case ["console", "shown", *most]:
                return "\n".join(self.run(command, *map(int, most)) for command in _commands(text))
            case ["text", "from", words, most]:
                return self.quote(words, int(most))
        return None

    def run(self, command: str, most: int | None = None) -> str:
        """Run a command in this process; return it as a page shows it, with what it prints."""
        from click.testing import CliRunner

        from holdfast.cli import commands

        arguments = shlex.split(COMMAND.sub("", command))
        done = CliRunner().invoke(commands, arguments, prog_name="holdfast", catch_exceptions=False)
        if done.exit_code:
            raise RuntimeError(f"{command}\nended with {done.exit_code}:\n{done.output}")
        self.printed = [line.rstrip() for line in done.output.strip("\n").splitlines()]
        shown = self.printed if most is None or len(self.printed) <= most else [*_trimmed(self.printed[:most]), "…"]
        return "".join(f"{line}\n" for line in (command, *shown))

    def quote(self, words: str, most: int) -> str:
        """Some lines of what the last command printed."""
        for number, line in enumerate(self.printed):
            if line.strip().startswith(words):
                return "".join(f"{line}\n" for line in _trimmed(self.printed[number : number + most]))
        raise RuntimeError(f"No line of what is printed begins with {words!r} any more.")


def _trimmed(lines: list[str]) -> list[str]:
    return "\n".join(lines).rstrip("\n").split("\n")


def _commands(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if COMMAND.match(line))


def prepare(text: str, folder: Path, demo: Path) -> Path:
    """Make the folder in which a page is run."""
    folder.mkdir(parents=True, exist_ok=True)
    if "holdfast demo --to practice" not in text:
        shutil.copytree(demo, folder / "practice")
    return folder


def with_headline(text: str, sentences: Iterable[str]) -> str:
    """Put the sentences at their place in a page."""
    quoted = "".join(f"> {sentence}\n" for sentence in sentences)
    return HEADLINE.sub(lambda _: quoted.replace("\n>", "\n>\n>"), text)


def demo_headline(demo: Path) -> list[str]:
    """What the leak of the demo practice says first."""
    from holdfast.insight.leak import leak
    from holdfast.tables import read_tables

    return leak(read_tables(demo)).headline


def up_to_date() -> Iterator[tuple[Path, str]]:
    """Every page of which something is taken from the product, as it ought to read."""
    from holdfast.simulate import demo_practice, write

    yield from generated().items()
    with tempfile.TemporaryDirectory() as scratch:
        demo = Path(scratch) / "demo"
        write(demo_practice(), demo)
        for number, path in enumerate(pages()):
            text = path.read_text(encoding="utf-8")
            if is_run(text):
                text = after_running(text, prepare(text, Path(scratch) / str(number), demo))
            yield path, with_headline(text, demo_headline(demo)) if HEADLINE.search(text) else text


def main() -> int:
    """Compare, or write."""
    stale = 0
    for path, text in up_to_date():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'written' if '--write' in sys.argv else 'out of date'}: {path.relative_to(ROOT)}")
        if "--write" in sys.argv:
            path.write_text(text, encoding="utf-8")
    return 0 if "--write" in sys.argv else int(stale > 0)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    from tools.environment import python_for, source_on_path

    python = python_for("run")
    if Path(sys.prefix) != python.parent.parent:  # started with any Python: go on with the private one
        sys.exit(subprocess.run([str(python), __file__, *sys.argv[1:]], env=source_on_path()).returncode)
    sys.exit(main())
