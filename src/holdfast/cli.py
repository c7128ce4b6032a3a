"""The command line: arguments, exit codes and printing, and the only place that reads the clock.

Exit codes: 0 done · 1 the tables have problems · 2 wrong question · 3 a file cannot be imported ·
4 a folder cannot be used · 130 stopped by hand.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import tempfile
import textwrap
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from holdfast import __version__
from holdfast.errors import HoldfastError, UsageError
from holdfast.shell import (
    CALLED,
    FILE,
    FOLDER,
    console,
    moment_of,
    open_in_browser,
    say,
    tables_of,
    working,
    write_file,
)
from holdfast.silence_cli import COMMANDS
from holdfast.site_cli import site
from holdfast.tables.sources import MODULES

if TYPE_CHECKING:
    from holdfast.insight.result import Leak
    from holdfast.tables import Tables
    from holdfast.tables.sources.files import SourceFile
    from holdfast.tables.sources.guess import Guess

PROBLEMS = 1
STOPPED = 130


class _Commands(click.Group):
    """Shows what a person can put right without a traceback, each kind with its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HoldfastError as error:
            say(str(error), error=True)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.exceptions.Abort):
            say("Stopped. Nothing was changed.", error=True)
            ctx.exit(STOPPED)


HELP = f"""Holdfast shows where a practice loses people, how many left without a word, and how sure that is.

\b
First:  {CALLED} leak --demo
Then:   {CALLED} import SOURCE FILE… --to DIR
        {CALLED} leak DIR
"""


@click.group(
    cls=_Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="holdfast")
def commands() -> None:
    """Start the clock that every command reads."""
    click.get_current_context().obj = datetime.now()  # noqa: DTZ005 - the commands' clock, beside a practice's wall clock


def main() -> NoReturn:
    """Run the command line, with text that any terminal can show."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    gc.disable()  # one answer and done: looking for garbage would cost a tenth of the time and free nothing
    code: object = 0
    try:
        commands(prog_name=CALLED)
    except SystemExit as done:
        code = done.code
    except BrokenPipeError:  # the reader of a pipe has seen enough
        pass
    _leave(code if isinstance(code, int) else int(code is not None))


def _leave(code: int) -> NoReturn:
    """End at once: to take all that was loaded apart, piece by piece, would cost a tenth of the time for nothing."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # its reader may be gone
            stream.flush()
    os._exit(code)


# --- import -----------------------------------------------------------------------------------------


IMPORT_HELP = f"""Make tables of a practice system's export, or update them.

\b
SOURCE is one of:
{textwrap.fill(" ".join(MODULES), 90, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)}
FILE can be a file, a zip or a folder. Importing twice changes nothing; a newer export updates.
Example: {CALLED} import cliniko export/*.json --to practice --timezone Europe/London
"""


@commands.command("import", help=IMPORT_HELP)
@click.argument("source", metavar="SOURCE")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, path_type=Path))
@click.option("--to", "folder", required=True, type=FOLDER, help="Folder of tables to make or to update.")
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, such as Europe/London.")
@click.option("--now", "now", metavar="WHEN", help="Moment of the export; by default the file's own date, or now.")
@click.option("--map", "mapping", type=FILE, help="For 'any': a mapping file, in place of questions.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
def import_command(
    source: str,
    files: tuple[Path, ...],
    folder: Path,
    timezone: str | None,
    now: str | None,
    mapping: Path | None,
    dry_run: bool,
) -> None:
    from holdfast.tables.account import account_lines
    from holdfast.tables.importing import import_files
    from holdfast.tables.sources import source as source_named
    from holdfast.tables.sources.files import open_files

    chosen = source_named(source)
    opened = open_files(files)
    answered = _answer_questions(opened[0], folder, mapping) if chosen.name == "any" else mapping
    with working(f"Reading {len(files):,} file{'s' if len(files) > 1 else ''}"):
        account = import_files(
            chosen,
            opened,
            folder,
            now=_moment(now, timezone),
            clock=datetime.now(UTC),
            timezone=timezone,
            dry_run=dry_run,
            mapping=answered,
        )
    for line in account_lines(account):
        say(line)
    if timezone is None and str(account.now.tzinfo) == "UTC":
        say("No time zone was given, so times without one were read as UTC. If that is wrong: --timezone Europe/London")
    if dry_run:
        say(f"This was a dry run: {folder} is as it was.")
    else:
        say(f"\nThe tables are in {folder}. Next: {CALLED} leak {folder}")


def _moment(text: str | None, timezone: str | None) -> datetime | None:
    """Read ``--now``: an instant, or the practice's wall clock."""
    from holdfast.tables import moments

    if text is None:
        return None
    zone = moments.zone(timezone) if timezone else UTC
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now {text!r} is not a moment. Give {moments.ALLOWED}.") from error
    return told if told.tzinfo else told.replace(tzinfo=zone)


def _answer_questions(file: SourceFile, folder: Path, mapping: Path | None) -> Path | None:
    """For a table of no known system: show what was guessed, ask what was not, and hand on the answers.

    Without somebody to ask, the import itself lists what is open and how to write it down.
    """
    from holdfast.tables.sources import all_sources
    from holdfast.tables.sources.any_table import kept_mapping
    from holdfast.tables.sources.asking import answer, questions
    from holdfast.tables.sources.guess import guess
    from holdfast.tables.sources.mapping import load

    known = load(mapping) if mapping else kept_mapping(file, folder)
    for other in all_sources():
        if other.knows(file):
            say(f"{file.name} looks like an export of {other.title}. Without questions: {CALLED} import {other.name} …")
    found = guess(file, known)
    _show_guess(found)
    if known is not None or not sys.stdin.isatty():
        return mapping
    while open_questions := questions(found):
        told = {question.key: _ask(question.words, question.choices) for question in open_questions}
        found = guess(file, answer(found, told))
        _show_guess(found)
    if not click.confirm("Import it like this?", default=True):
        raise UsageError("Nothing was imported. To say it in a file instead: --map FILE")
    path = Path(tempfile.mkdtemp(prefix="holdfast-")) / "mapping.json"
    path.write_text(answer(found, {}).json_text(), encoding="utf-8")
    return path


def _show_guess(found: Guess) -> None:
    from holdfast.tables.sources.asking import guess_lines

    for line in guess_lines(found):
        say(line)


def _ask(words: str, choices: tuple[str, ...]) -> str:
    """Ask one question with numbered answers, so that nobody has to type a column's name."""
    say(f"\n{words}")
    for number, choice in enumerate(choices, start=1):
        say(f"  {number}  {choice.replace('_', ' ')}")
    number = click.prompt("Number", type=click.IntRange(1, len(choices)))
    return choices[number - 1]


# --- check ------------------------------------------------------------------------------------------


@commands.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, if practice.json does not say it.")
def check(folder: Path, timezone: str | None) -> None:
    """List every problem of the tables in DIR: file, row, column, what was found, what is allowed."""
    from holdfast.tables import TableProblems, read_tables

    try:
        with working("Checking"):
            tables = read_tables(folder, timezone=timezone)
    except TableProblems as found:
        for problem in found.problems:
            say(str(problem))
        count = len(found.problems)
        say(f"\n{count:,} problem{'' if count == 1 else 's'}. Correct the file, or its export, and check again.")
        sys.exit(PROBLEMS)
    for name in sorted(tables.present):
        say(f"{name}: {tables[name].height:,} rows")
    say("All of it keeps the rules.")


# --- leak -------------------------------------------------------------------------------------------


@commands.command()
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@click.option("--demo", is_flag=True, help="Use the demo practice: made-up people, so that you can look around.")
@click.option("--at", metavar="DATE", help="As it was known then; by default the moment of the export.")
@click.option(
    "--by",
    multiple=True,
    metavar="COLUMN",
    help="Compare groups by a column of the clients, or by age. Can be repeated.",
)
@click.option("--share", is_flag=True, help="Leave out small counts, and those that would give them away.")
@click.option(
    "--too-few", default=10, show_default=True, type=click.IntRange(1), help="With so few people or fewer, no rate."
)
@click.option("--json", "json_file", type=FILE, help="Write the figures as JSON; - prints them.")
@click.option("--html", "html_file", type=FILE, help="Write the report: one file that can be read offline and printed.")
@click.option("--open", "open_report", is_flag=True, help="Write the report and open it in the browser.")
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, if practice.json does not say it.")
def leak(
    folder: Path | None,
    demo: bool,
    at: str | None,
    by: tuple[str, ...],
    share: bool,
    too_few: int,
    json_file: Path | None,
    html_file: Path | None,
    open_report: bool,
    timezone: str | None,
) -> None:
    """Show where people are lost, how many left without a word, and how sure that is."""
    tables = tables_of(folder, demo, timezone)
    with working("Counting"):
        result = _work_out(tables, at, by, share, too_few)
    if json_file is not None:
        write_file(json_file, result.model_dump_json(indent=2) + "\n")
    if str(json_file) != "-":
        _show(result)
    if html_file is not None or open_report:
        _report(result, html_file, open_report)
    elif demo:
        say(f"\nThis was the demo practice. With your own export: {CALLED} import SOURCE FILE… --to DIR")


def _show(result: Leak) -> None:
    from holdfast.insight.terminal import show

    if result.groups and not result.groups[-1].episodes:
        return say("\n".join(result.headline))  # a page of noughts would say no more
    show(result, console())


def _work_out(tables: Tables, at: str | None, by: tuple[str, ...], share: bool, too_few: int) -> Leak:
    from holdfast.insight.leak import leak as work_out

    return work_out(tables, at=moment_of(at, tables), by=by, share=share, too_few=too_few)


def _write_demo(folder: Path) -> None:
    from holdfast.simulate import demo_practice, write

    write(demo_practice(), folder)


def _report(result: Leak, file: Path | None, open_it: bool) -> None:
    from holdfast.insight.report import html

    path = file or Path(tempfile.mkdtemp(prefix="holdfast-")) / "leak.html"
    write_file(path, html(result))
    say(f"\nThe report: {path}")
    if open_it:
        open_in_browser(path.resolve().as_uri())


# --- demo, schema -----------------------------------------------------------------------------------


@commands.command()
@click.option(
    "--to", "folder", required=True, type=FOLDER, help="Folder to write the tables to; it must be new or empty."
)
def demo(folder: Path) -> None:
    """Write the demo practice's tables, to look at and to try things on."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty. Name a new folder for the demo practice.")
    _write_demo(folder)
    say(f"The demo practice is in {folder}. Next: {CALLED} leak {folder}")


@commands.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--to", "target", required=True, type=FOLDER, help="Folder to write to; it must be new or empty.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="What to write.",
)
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, if practice.json does not say it.")
def convert(folder: Path, target: Path, form: Literal["parquet", "csv"], timezone: str | None) -> None:
    """Check the tables in DIR and write them as Parquet, from which large practices are read many times faster."""
    from holdfast.tables import read_tables
    from holdfast.tables.write import write_tables

    with working("Checking and writing"):
        write_tables(read_tables(folder, timezone=timezone), target, form=form)
    say(f"The tables are in {target}.")


@commands.command()
@click.argument("what", type=click.Choice(["leak", "evaluation", "tables"]))
def schema(what: str) -> None:
    """Print the schema of the JSON of the leak or of an evaluation, or of the seven tables."""
    if what == "leak":
        from holdfast.insight.schema import leak_schema

        click.echo(json.dumps(leak_schema(), indent=2))
        return
    if what == "evaluation":
        from holdfast.silence.evaluation import evaluation_schema

        click.echo(json.dumps(evaluation_schema(), indent=2))
        return
    from holdfast.tables.reference import tables_reference

    click.echo(tables_reference())


for _command in (*COMMANDS, site):
    commands.add_command(_command)
