"""Bars in a terminal: every kind of loss has its own sign, so that nothing depends on colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from holdfast.insight import figures
from holdfast.insight.result import Point, Step


@dataclass(frozen=True, slots=True)
class Signs:
    """How each part of a bar is written, and the heights of a small curve."""

    came: str
    silent: str
    never: str
    spoken: str
    waiting: str
    unmarked: str
    hidden: str
    heights: str
    full: str
    perhaps: str


BLOCKS = Signs("▒", "█", "▓", "░", "·", "?", "~", "▁▂▃▄▅▆▇█", "█", "░")
LETTERS = Signs("-", "#", "%", "=", ".", "?", "~", "0123456789", "=", "-")
STYLES = {
    "came": "cyan",
    "silent": "bold yellow",
    "never": "yellow",
    "spoken": "cyan",
    "waiting": "",
    "unmarked": "",
    "hidden": "",
}


def bar(signs: Signs, step: Step, whole: int, width: int) -> Text:
    """Everyone who reached the step before, by what became of them, on the scale of all who booked."""
    gone = figures.lost(step)
    parts: tuple[tuple[str, int | None], ...] = (
        ("silent", gone.silent),
        ("never", gone.never_started),
        ("spoken", gone.spoken_of),
        ("waiting", gone.waiting),
        ("unmarked", gone.unmarked),
    )
    if gone.hidden:
        parts = (("hidden", (step.of or 0) - (step.reached or 0) if step.of is not None else 0),)
    kinds = (("came", step.reached), *parts)
    text = Text()
    for (kind, _), cells in zip(kinds, _cells([count or 0 for _, count in kinds], whole, width), strict=True):
        text.append(getattr(signs, kind) * cells, STYLES[kind])
    return text


def _cells(counts: Sequence[int], whole: int, width: int) -> list[int]:
    """Share out the cells of a line; whoever is there at all has one, taken from the longest."""
    if not whole:
        return [0] * len(counts)
    cells = [max(round(width * count / whole), 1) if count else 0 for count in counts]
    longest = cells.index(max(cells))
    cells[longest] -= max(sum(cells) - round(width * sum(counts) / whole), 0)
    return cells


def range_bar(signs: Signs, point: Point, room: int) -> Text:
    """A bar up to the low end of the range, and a paler one on to the high end."""
    low, high = round(room * point.low), round(room * point.high)
    return Text.assemble((signs.full * low, "cyan"), (signs.perhaps * max(high - low, 1), "cyan"))
