"""The commands of the silence model: arguments, printing and files, nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.errors import UsageError
from holdfast.shell import (
    CALLED,
    FILE,
    FOLDER,
    console,
    moment_of,
    open_in_browser,
    progress,
    say,
    tables_of,
    working,
    write_file,
)

if TYPE_CHECKING:
    from datetime import datetime

    from holdfast.silence import Fitted, Moments
    from holdfast.silence.evaluation import Evaluation
    from holdfast.tables.read import Tables

KEPT = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@click.option("--demo", is_flag=True, help="Use the demo practice: made-up people, so that you can look around.")
@click.option("--at", metavar="WHEN", help="As it was known then; by default the moment of the export.")
@click.option("--out", "out", type=FILE, help="Write everyone to a file: FILE.csv, or FILE.json with every reason.")
@click.option("--prior-only", is_flag=True, help="From published studies alone, without the practice's own history.")
@click.option("--save", "save", type=FILE, help="Keep the fitted model as readable JSON.")
@click.option("--model", "model", type=KEPT, help="Use a model kept with --save instead of fitting one.")
@click.option("--overdue", is_flag=True, help="The plain list of who is overdue instead: by a calendar, no model.")
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, if practice.json does not say it.")
def silence(
    folder: Path | None,
    demo: bool,
    at: str | None,
    out: Path | None,
    prior_only: bool,
    save: Path | None,
    model: Path | None,
    overdue: bool,
    timezone: str | None,
) -> None:
    """Show who is going quiet: how likely each has silently left, how sure that is, and why."""
    if model is not None and prior_only:
        raise UsageError("--model and --prior-only exclude each other: a kept model has been fitted already.")
    if overdue and (out is not None or save is not None or model is not None or prior_only):
        raise UsageError("--overdue is a list without a model: leave --out, --save, --model and --prior-only out.")
    from holdfast.silence import fit_moments, moments, predict_moments
    from holdfast.silence.listing import refuse_other_forms, show, write

    if out is not None:
        refuse_other_forms(out)
    tables = tables_of(folder, demo, timezone)
    if overdue:
        _show_overdue(tables, at)
        return
    with working("Weighing silences"):
        found = moments(tables, at=moment_of(at, tables))
        fitted = _kept(model, found) if model is not None else fit_moments(found, prior_only=prior_only)
        silences = predict_moments(fitted, found)
    show(silences, fitted, found, console(), kept=model.name if model is not None else None, called=CALLED)
    if save is not None:
        fitted.save(save)
        say(f"The model is in {save}. To use it: {CALLED} silence DIR --model {save}")
    if out is not None:
        write(silences, fitted, out)
        say(f"Everyone is in {out}: {silences.height:,} open episodes.")


def _kept(model: Path, found: Moments) -> Fitted:
    """A kept model, if it knows nothing that is later than the evening it is asked about.

    Of another practice's model, what it learned of that one's therapists is left out, whatever they are called here.
    """
    from holdfast.silence import Fitted

    fitted = Fitted.load(model)
    if found.practice != fitted.practice:
        fitted = fitted.elsewhere()
    if fitted.at > found.at:
        raise UsageError(
            f"The model in {model} was fitted on what was known on {fitted.at:%d %B %Y}, after the evening asked "
            f"about, {found.at:%d %B %Y}: it knows what came later. Leave --model out, and one is fitted as of then."
        )
    return fitted


def _show_overdue(tables: Tables, at: str | None) -> None:
    from holdfast.silence.overdue import overdue
    from holdfast.silence.overdue_list import show

    with working("Looking at the calendar"):
        found = overdue(tables, at=moment_of(at, tables))
    show(found, console())


# --- evaluate ---------------------------------------------------------------------------------------


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@click.option("--demo", is_flag=True, help="Use the demo practice: made-up people, so that you can look around.")
@click.option("--at", metavar="WHEN", help="The end of what is known; by default the moment of the export.")
@click.option(
    "--origins", default=8, show_default=True, type=click.IntRange(1, 60), help="From how many evenings, at most."
)
@click.option("--quick", is_flag=True, help="Leave out the flags replayed week by week, which take most of the time.")
@click.option("--seed", default=0, show_default=True, help="Of everything that is drawn at random.")
@click.option("--json", "json_file", type=FILE, help="Write the figures as JSON; - prints them.")
@click.option("--html", "html_file", type=FILE, help="Write the report: one file that can be read offline and printed.")
@click.option("--open", "open_report", is_flag=True, help="Write the report and open it in the browser.")
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, if practice.json does not say it.")
def evaluate(
    folder: Path | None,
    demo: bool,
    at: str | None,
    origins: int,
    quick: bool,
    seed: int,
    json_file: Path | None,
    html_file: Path | None,
    open_report: bool,
    timezone: str | None,
) -> None:
    """Judge the model on the practice's own past, beside what a person could use instead.

    From several evenings of the past everything is fitted on what was known then, asked, and compared with what
    happened afterwards. With 8,000 sessions that takes about ten seconds an evening and four for each week replayed:
    three to five minutes with eight evenings, under two with --quick.
    """
    from holdfast.silence.evaluation_report import html
    from holdfast.silence.evaluation_terminal import show

    tables = tables_of(folder, demo, timezone)
    found = _evaluated(tables, moment_of(at, tables), origins, quick, seed)
    if json_file is not None:
        write_file(json_file, found.model_dump_json(indent=2) + "\n")
    if str(json_file) != "-":
        show(found, console())
    report = html_file
    if report is not None or open_report:
        report = _written(html(found), report, "evaluation.html", open_report)
    _name_files({"The evaluation": json_file, "The report": report})


def _evaluated(tables: Tables, at: datetime | None, origins: int, quick: bool, seed: int) -> Evaluation:
    from holdfast.silence.evaluate import evaluate as judge

    with progress() as report:
        return judge(tables, at=at, origins=origins, replay=not quick, seed=seed, report=report)


def _written(page: str, file: Path | None, name: str, open_it: bool) -> Path:
    path = file or Path(tempfile.mkdtemp(prefix="holdfast-")) / name
    write_file(path, page)
    if open_it:
        open_in_browser(path.resolve().as_uri())
    return path


def _name_files(files: dict[str, Path | None]) -> None:
    """Name every file that was written; if one was printed, beside it, so that what is printed can be kept."""
    printed = any(str(file) == "-" for file in files.values())
    written = {what: file for what, file in files.items() if file is not None and str(file) != "-"}
    if written and not printed:
        say()
    for what, file in written.items():
        say(f"{what}: {file}", error=printed)


# --- card -------------------------------------------------------------------------------------------


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@click.option("--demo", is_flag=True, help="Use the demo practice: made-up people, so that you can look around.")
@click.option("--at", metavar="WHEN", help="As it was known then; by default the moment of the export.")
@click.option(
    "--evaluation",
    "evaluation_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Use what {CALLED} evaluate --json wrote, in place of judging the model again.",
)
@click.option("--html", "html_file", type=FILE, help="Write the card as one HTML file.")
@click.option("--md", "md_file", type=FILE, help="Write the card as Markdown; without either, it is printed.")
@click.option("--timezone", metavar="ZONE", help="The practice's time zone, if practice.json does not say it.")
def card(
    folder: Path | None,
    demo: bool,
    at: str | None,
    evaluation_file: Path | None,
    html_file: Path | None,
    md_file: Path | None,
    timezone: str | None,
) -> None:
    """Write the model's card: what it is for, what went in, how it has done here, and its limits.

    To be read before anybody switches flags on. Without --evaluation the model is judged first, which takes three to
    five minutes with 8,000 sessions.
    """
    from holdfast.silence import fit
    from holdfast.silence.card import card as make
    from holdfast.silence.card_page import html, markdown

    tables = tables_of(folder, demo, timezone)
    moment = moment_of(at, tables)
    judged = _kept_or_new(tables, moment, evaluation_file)
    with working("Fitting the model"):
        fitted = fit(tables, at=moment)
    found = make(fitted, judged, practice=tables.practice.name)
    if html_file is not None:
        write_file(html_file, html(found))
    text_file = md_file or (Path("-") if html_file is None else None)
    if text_file is not None:
        write_file(text_file, markdown(found))
    _name_files({"The card": html_file, "The card as Markdown": text_file})


def _kept_or_new(tables: Tables, at: datetime | None, file: Path | None) -> Evaluation | str:
    """An evaluation, or why there is none: a practice whose history is too short has a card all the same."""
    from holdfast.silence.evaluation import Evaluation
    from holdfast.silence.evaluation_match import check

    if file is not None:
        found = Evaluation.read(file.read_text(encoding="utf-8"))
        check(found, tables, at)
        return found
    try:
        return _evaluated(tables, at, 8, quick=False, seed=0)
    except UsageError as error:
        return str(error)


COMMANDS: tuple[click.Command, ...] = (silence, evaluate, card)
