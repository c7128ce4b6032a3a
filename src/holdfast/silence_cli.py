"""The commands of the silence model: arguments, printing and files, nothing else."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.errors import UsageError
from holdfast.shell import CALLED, FILE, FOLDER, console, say, working

if TYPE_CHECKING:
    from holdfast.tables.read import Tables


def tables_of(folder: Path | None, demo: bool, timezone: str | None) -> Tables:
    """Read a folder of tables, or make the demo practice's."""
    from holdfast.tables import read_tables

    if (folder is None) == (not demo):
        raise UsageError("Give a folder of tables, or --demo. To make a folder: holdfast import SOURCE FILE… --to DIR")
    if folder is not None:
        return read_tables(folder, timezone=timezone)
    from holdfast.simulate import demo_practice, write

    with tempfile.TemporaryDirectory(prefix="holdfast-") as made:
        write(demo_practice(), Path(made))
        return read_tables(Path(made))


def moment_of(at: str | None, tables: Tables) -> datetime | None:
    """Read ``--at`` as a wall clock of the practice."""
    from holdfast.tables.moments import parse_at

    return parse_at(at, tables.practice.timezone) if at else None


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@click.option("--demo", is_flag=True, help="Use the demo practice: made-up people, so that you can look around.")
@click.option("--at", metavar="WHEN", help="As it was known then; by default the moment of the export.")
@click.option("--out", "out", type=FILE, help="Write everyone to a file: FILE.csv, or FILE.json with every reason.")
@click.option("--prior-only", is_flag=True, help="From published studies alone, without the practice's own history.")
@click.option("--save", "save", type=FILE, help="Keep the fitted model as readable JSON.")
@click.option("--model", "model", type=FILE, help="Use a model kept with --save instead of fitting one.")
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, if practice.json does not say it.")
def silence(
    folder: Path | None,
    demo: bool,
    at: str | None,
    out: Path | None,
    prior_only: bool,
    save: Path | None,
    model: Path | None,
    timezone: str | None,
) -> None:
    """Show who is going quiet: how likely each has silently left, how sure that is, and why."""
    if model is not None and prior_only:
        raise UsageError("--model and --prior-only exclude each other: a kept model has been fitted already.")
    from holdfast.silence import Fitted, fit_moments, moments, predict_moments
    from holdfast.silence.listing import show, write

    tables = tables_of(folder, demo, timezone)
    with working("Weighing silences"):
        found = moments(tables, at=moment_of(at, tables))
        fitted = Fitted.load(model) if model is not None else fit_moments(found, prior_only=prior_only)
        silences = predict_moments(fitted, found)
    show(silences, fitted, found.at, console())
    if save is not None:
        fitted.save(save)
        say(f"The model is in {save}. To use it: {CALLED} silence DIR --model {save}")
    if out is not None:
        write(silences, fitted, out)
        say(f"Everyone is in {out}: {silences.height:,} open episodes.")


COMMANDS: tuple[click.Command, ...] = (silence,)
