"""The plain overdue list in a terminal: who, with whom, and a sentence that a calendar can check."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from holdfast.insight import figures
from holdfast.insight.terminal import Page
from holdfast.silence.overdue import RHYTHMS, Overdue

WEEKS = 13  # longer ago, somebody is counted and not named
SHOWN = 40


def show(found: Sequence[Overdue], console: Console) -> None:
    """Print who is overdue, whoever went quiet last first; those of long ago only as a number."""
    page, recent = Page(console), [one for one in found if one.quiet_days <= 7 * WEEKS]
    console.print()
    page.say(_headline(len(found), len(recent)), style="bold")
    if recent:
        console.print()
        _people(recent[:SHOWN], page)
    if len(recent) > SHOWN:
        page.say(f"And {len(recent) - SHOWN:,} more of the last {WEEKS} weeks.")
    page.say(
        f"A plain rule: quiet for more than {RHYTHMS:g} of the client's own rhythms, nothing booked with anybody here, "
        "no ending on record, no agreed break. No model is needed for it.",
        style="dim",
    )


def _headline(every: int, recent: int) -> str:
    if not every:
        return "Nobody is overdue."
    clients = "client is" if every == 1 else "clients are"
    return f"{every:,} {clients} overdue; {recent:,} of them went quiet in the last {WEEKS} weeks."


def _people(found: Sequence[Overdue], page: Page) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("client", "therapist", ""):
        table.add_column(head, overflow="fold")
    for one in found:
        table.add_row(*(Text(figures.clean(said)) for said in (one.client_id, one.therapist_id, one.words)))
    page.console.print(Padding(table, (0, 0, 0, 2)), width=page.width)
    page.console.print()
