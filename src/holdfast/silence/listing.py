"""The silences of one evening for people and for programs: a terminal page, CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from holdfast.episodes import EPISODE
from holdfast.errors import UsageError
from holdfast.files import write_whole
from holdfast.insight import figures
from holdfast.insight.terminal import Page
from holdfast.insight.words import beyond_the_export
from holdfast.silence.fitted import Fitted
from holdfast.silence.moments import Moments
from holdfast.silence.policy import SPEAKING
from holdfast.silence.words import in_ten

COLUMNS = (
    "client_id", "therapist_id", "last_session_at", "sessions", "days_silent", "rhythm_days",
    "p_left", "p_left_low", "p_left_high", "p_last", "reasons",
)  # fmt: skip
COUNTED = (
    "An open course here is anybody's with a session and no known ending, however long it is quiet. The leak counts "
    "men first, and what its plain rule calls over as over: so fewer are open there."
)
GONE = 0.9  # from here on a course is counted as probably ended
SHOWN = 15
CIRCUMSTANCES = ("age", "gender", "employment", "masculinity")  # nothing to talk about: they stand in the file alone
FORMATS = (".csv", ".json")


def write(silences: pl.DataFrame, fitted: Fitted, path: Path) -> None:
    """Write every open episode, as CSV (reasons in words) or JSON (reasons with signal and effect).

    Those with whom a word now is worth most come first, as on the terminal.

    Raises
    ------
    UsageError
        If the name ends in neither, or the file cannot be written.
    """
    refuse_other_forms(path)
    text = csv_text(silences) if path.suffix == ".csv" else json_text(silences, fitted)
    write_whole(path, text)


def refuse_other_forms(path: Path) -> None:
    """Refuse a file that is neither CSV nor JSON, or stands where nothing can be written, before any work is done.

    Raises
    ------
    UsageError
        If so.
    """
    if path.suffix not in FORMATS:
        raise UsageError(f"{path.name}: the name must end in .csv or .json, which says what to write.")
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.parent}.")


def csv_text(silences: pl.DataFrame) -> str:
    """One line an open episode; a cell that a spreadsheet could take for a formula is never written bare."""
    words = pl.col("reasons").list.eval(pl.element().struct.field("words")).list.join("; ")
    shown = by_worth(silences).select(COLUMNS).with_columns(words.alias("reasons"), *_rounded())
    texts = [name for name, kind in shown.schema.items() if kind == pl.String]
    safe = [pl.when(pl.col(name).str.contains(r"^[=+\-@\t\r]")).then("'" + pl.col(name)).otherwise(pl.col(name))
            .alias(name) for name in texts]  # fmt: skip
    return shown.with_columns(safe).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S")


def json_text(silences: pl.DataFrame, fitted: Fitted) -> str:
    """The same with the reasons whole, and what the model stands on."""
    shown = pl.struct(pl.element().struct.field("signal", "words", "effect"))
    reasons = pl.col("reasons").list.eval(shown)
    rows = by_worth(silences).select(COLUMNS).with_columns(reasons, *_rounded()).to_dicts()
    for row in rows:
        row["last_session_at"] = row["last_session_at"].isoformat()
    told = {
        "at": fitted.at.isoformat(),
        "mostly_published": fitted.mostly_published,
        "endings": 0.0 if fitted.prior_only else round(fitted.counts.endings, 1),
        "silences": rows,
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _rounded() -> list[pl.Expr]:
    chances = [pl.col(name).round(4) for name in ("p_left", "p_left_low", "p_left_high", "p_last")]
    return [*chances, pl.col("days_silent").round(2), pl.col("rhythm_days").round(2)]


# --- the terminal ----------------------------------------------------------------------------------


def show(
    silences: pl.DataFrame,
    fitted: Fitted,
    found: Moments,
    console: Console,
    *,
    kept: str | None = None,
    called: str = "holdfast",
) -> None:
    """Print how many have gone; then with whom a word is worth most now, reasons first.

    ``kept`` names the file of a model that was fitted before; ``called`` is how this person starts Holdfast.
    """
    at, page = found.at, Page(console)
    console.print(f"\n  [dim]As known on {at.day} {at:%B %Y, %H:%M}[/dim]\n")
    if not silences.height:
        page.say(_nobody(found))
        return
    worth = by_worth(silences).filter(pl.col("gain") >= SPEAKING.least_gain)
    page.say(_headline(silences, worth), style="bold")
    for warning in beyond_the_export(at, found.complete_to):
        page.say(warning)
    _people(worth, page)
    page.say(COUNTED, style="dim")
    page.say(_standing(fitted, kept), style="dim")
    page.say(f"Whether such chances were right here: {called} evaluate DIR.", style="dim")
    page.say("No name here does not mean that all is well. This is no measure of how anybody is.", style="dim")


def _nobody(found: Moments) -> str:
    if found.sessions or (found.complete_to is not None and found.at < found.complete_to):
        return "Nobody is in therapy here: there is no open course with a session on that evening."
    return (
        "There is no session up to that evening: no appointment is marked as attended. Where nobody marks who came, "
        "nothing can be said of who went; see what the import said of each status."
    )


def _headline(silences: pl.DataFrame, worth: pl.DataFrame) -> str:
    courses = "course" if silences.height == 1 else "courses"
    gone = silences.filter(pl.col("p_left") >= GONE).height
    now = f"With {worth.height:,} of all these" if worth.height else "With nobody"
    return (
        f"Of {silences.height:,} open {courses} of therapy, {gone:,} {'has' if gone == 1 else 'have'} probably ended "
        f"without a word: the chance is 9 in 10 or more. {now}, a word now does more than one in a week."
    )


def by_worth(silences: pl.DataFrame) -> pl.DataFrame:
    """With ``gain``: what a word now is worth beyond one in a week (``policy.Speaking``); the most first."""
    pairs = silences.select("p_left", "days_silent").iter_rows()
    gains = pl.Series("gain", [SPEAKING.gain(chance, days) for chance, days in pairs], dtype=pl.Float64)
    return silences.with_columns(gains).sort("gain", *EPISODE, descending=[True, False, False, False])


def _people(worth: pl.DataFrame, page: Page) -> None:
    if not worth.height:
        return
    page.console.print("\n  [bold]Going quiet, and whom a word can still reach[/bold]\n")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    for head in ("client", "therapist", "why", "left already?"):
        table.add_column(head, overflow="fold")
    for row in worth.head(SHOWN).iter_rows(named=True):
        reasons = [reason["words"] for reason in row["reasons"] if reason["signal"] not in CIRCUMSTANCES][:3]
        names = (Text(figures.clean(row[name])) for name in ("client_id", "therapist_id"))
        table.add_row(*names, Text(figures.clean(_sentence(reasons, row))), _chance(row))
    page.console.print(Padding(table, (0, 0, 0, 2)), width=page.width)
    if worth.height > SHOWN:
        page.say(f"And {worth.height - SHOWN:,} more: --out FILE.csv has everyone, in this order.\n")


def _sentence(reasons: list[str], row: dict[str, object]) -> str:
    if not reasons:
        return f"quiet for {float(str(row['days_silent'])):.0f} days"
    told = ". ".join(reason[:1].upper() + reason[1:] for reason in reasons)
    return f"{told}."


def _chance(row: Mapping[str, float]) -> str:
    """A chance as so many in ten, with its range below."""
    near, how_sure = in_ten(row["p_left"], row["p_left_low"], row["p_left_high"])
    return f"{near}\n({how_sure})" if how_sure else near


def _standing(fitted: Fitted, kept: str | None) -> str:
    """What the model stands on, and whose it is."""
    if fitted.prior_only:
        return "From published studies alone; nothing of this practice's own history went in."
    counts = fitted.counts
    noted = counts.open_endings + counts.silent_endings
    unsaid = counts.gone - counts.silent_endings
    model = "this practice's own history" if kept is None else f"the history that the model in {kept} was fitted on"
    first = f"{'Mostly from' if fitted.mostly_published else 'From'} published studies and from {model}:"
    day = "" if kept is None else f", up to {fitted.at.day} {fitted.at:%B %Y}"
    return (
        f"{first} {noted:,} endings on record{day}, and silences that by their chances come to {unsaid:,.0f} more. "
        "Ranges are 90 % intervals."
    )
