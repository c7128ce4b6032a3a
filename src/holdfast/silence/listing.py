"""The silences of one evening for people and for programs: a terminal page, CSV and JSON."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from holdfast.errors import UsageError
from holdfast.silence.fitted import Fitted
from holdfast.silence.policy import SPEAKING

COLUMNS = (
    "client_id", "therapist_id", "last_session_at", "sessions", "days_silent", "rhythm_days",
    "p_left", "p_left_low", "p_left_high", "p_last", "reasons",
)  # fmt: skip
GONE = 0.9  # from here on a silence is listed as probably over rather than as going quiet
NOTICED = 0.2  # below, nobody is counted as going quiet
SHOWN = 15
FORMATS = (".csv", ".json")


def write(silences: pl.DataFrame, fitted: Fitted, path: Path) -> None:
    """Write every open episode, as CSV (reasons in words) or JSON (reasons with signal and effect).

    Raises
    ------
    UsageError
        If the name ends in neither, or the file cannot be written.
    """
    if path.suffix not in FORMATS:
        raise UsageError(f"{path.name}: the name must end in .csv or .json, which says what to write.")
    text = csv_text(silences) if path.suffix == ".csv" else json_text(silences, fitted)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def csv_text(silences: pl.DataFrame) -> str:
    """One line an open episode; a cell that a spreadsheet could take for a formula is never written bare."""
    words = pl.col("reasons").list.eval(pl.element().struct.field("words")).list.join("; ")
    shown = silences.select(COLUMNS).with_columns(words.alias("reasons"), *_rounded())
    texts = [name for name, kind in shown.schema.items() if kind == pl.String]
    safe = [pl.when(pl.col(name).str.contains(r"^[=+\-@\t\r]")).then("'" + pl.col(name)).otherwise(pl.col(name))
            .alias(name) for name in texts]  # fmt: skip
    return shown.with_columns(safe).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S")


def json_text(silences: pl.DataFrame, fitted: Fitted) -> str:
    """The same with the reasons whole, and what the model stands on."""
    rows = silences.select(COLUMNS).with_columns(*_rounded()).to_dicts()
    for row in rows:
        row["last_session_at"] = row["last_session_at"].isoformat()
    told = {
        "at": fitted.at.isoformat(),
        "mostly_published": fitted.mostly_published,
        "endings": round(fitted.counts.endings, 1),
        "silences": rows,
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _rounded() -> list[pl.Expr]:
    chances = [pl.col(name).round(4) for name in ("p_left", "p_left_low", "p_left_high", "p_last")]
    return [*chances, pl.col("days_silent").round(2), pl.col("rhythm_days").round(2)]


# --- the terminal ----------------------------------------------------------------------------------


def show(silences: pl.DataFrame, fitted: Fitted, at: datetime, console: Console) -> None:
    """Print how many have gone and are going quiet; then with whom a word is worth most now, reasons first."""
    console.print(f"\n  [dim]As known on {at.day} {at:%B %Y, %H:%M}[/dim]\n")
    if not silences.height:
        console.print("  Nobody is in therapy here: there is no open episode with a session.\n")
        return
    gone = silences.filter(pl.col("p_left") >= GONE)
    quiet = silences.filter(pl.col("p_left").is_between(NOTICED, GONE, closed="left"))
    console.print(f"  [bold]{_headline(silences, gone, quiet)}[/bold]\n", width=min(console.width, 88))
    _people(worth_a_word(silences), console)
    console.print(f"  [dim]{_standing(fitted)}[/dim]", width=min(console.width, 88))
    console.print(
        "  [dim]No name here does not mean that all is well. This is no measure of how anybody is.[/dim]\n",
        width=min(console.width, 88),
    )


def _headline(silences: pl.DataFrame, gone: pl.DataFrame, quiet: pl.DataFrame) -> str:
    return (
        f"Of {silences.height:,} open {_plural(silences.height, 'episode')}, {gone.height:,} "
        f"{'has' if gone.height == 1 else 'have'} almost certainly been left without a word; "
        f"{quiet.height:,} more {'is' if quiet.height == 1 else 'are'} going quiet."
    )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def worth_a_word(silences: pl.DataFrame) -> pl.DataFrame:
    """Those with whom a word is worth enough more now than in a week, the most first (``policy.Speaking``)."""
    pairs = silences.select("p_left", "days_silent").iter_rows()
    gains = pl.Series("gain", [SPEAKING.gain(chance, days) for chance, days in pairs], dtype=pl.Float64)
    worth = silences.with_columns(gains).filter(pl.col("gain") >= SPEAKING.least_gain)
    return worth.sort("gain", "client_id", descending=[True, False]).drop("gain")


def _people(worth: pl.DataFrame, console: Console) -> None:
    if not worth.height:
        console.print("  With nobody is a word worth more now than in a week.\n", width=min(console.width, 88))
        return
    console.print("  [bold]Worth a conversation[/bold]  [dim]where a word now does more than one in a week[/dim]\n")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    for head in ("client", "therapist", "why", "has he left?"):
        table.add_column(head, overflow="fold")
    for row in worth.head(SHOWN).iter_rows(named=True):
        reasons = [reason["words"] for reason in row["reasons"]][:3]
        table.add_row(row["client_id"], row["therapist_id"], Text(_sentence(reasons, row)), _chance(row))
    console.print(table, width=min(console.width, 110))
    if worth.height > SHOWN:
        console.print(f"  and {worth.height - SHOWN:,} more: --out FILE.csv has everyone.\n")


def _sentence(reasons: list[str], row: dict[str, object]) -> str:
    if not reasons:
        return f"quiet for {float(str(row['days_silent'])):.0f} days"
    told = ". ".join(reason[:1].upper() + reason[1:] for reason in reasons)
    return f"{told}."


def _chance(row: dict[str, float]) -> str:
    """A chance as so many in ten, with its interval."""
    low, middle, high = (round(10 * row[name]) for name in ("p_left_low", "p_left", "p_left_high"))
    near = f"about {middle} in 10" if middle else "less than 1 in 10"
    return f"{near}\n({low} to {high})" if (low, high) != (middle, middle) else near


def _standing(fitted: Fitted) -> str:
    endings = f"{fitted.counts.endings:,.0f} endings"
    if fitted.prior_only:
        return "From published studies alone; nothing of this practice's own history went in."
    if fitted.mostly_published:
        return f"Mostly from published studies: with {endings} this practice's own history says little yet."
    return f"From this practice's own {endings}, and published studies. Ranges are 90 % intervals."
