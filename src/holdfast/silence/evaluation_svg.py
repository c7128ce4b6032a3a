"""The evaluation's charts: what was said against what came, and values beside each other on one scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.insight import drawing as draw
from holdfast.insight import figures
from holdfast.insight.svg import LONGEST_LABEL, LONGEST_NARROW, Dot
from holdfast.insight.words import percent
from holdfast.silence.evaluation import Bin

HEIGHT = 300
TOP, BELOW = 14, 44
ROW = 56


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a row of dots begins and ends, its marks, and the line against which it is read."""

    low: float
    high: float
    marks: tuple[float, ...]
    right: float | None = None  # "1 is right"

    def across(self, value: float) -> float:
        """Per cent of the width; what lies outside stands at the edge."""
        inside = min(max(value, self.low), self.high)
        return 100 * (inside - self.low) / (self.high - self.low)


AUC = Scale(0.5, 1.0, (0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
RATIO = Scale(0.0, 2.5, (0.0, 0.5, 1.0, 1.5, 2.0, 2.5), right=1.0)


def around_nought(rows: Sequence[Dot]) -> Scale:
    """A scale for differences, wide enough for all of them, with nought marked."""
    reach = max((abs(end) for row in rows for end in (row.low, row.high) if end is not None), default=0.01)
    step = next((step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if reach <= 2 * step), reach)
    return Scale(-2 * step, 2 * step, (-2 * step, -step, 0.0, step, 2 * step), right=0.0)


def calibration(bins: Sequence[Bin], *, name: str, title: str, desc: str) -> Markup:
    """Draw what was said across and what came up; on the diagonal they are the same."""
    top = nice(max([*(one.share.high or 0 for one in bins), *(one.expected for one in bins)], default=1.0))
    frame = [*_frame(top), _diagonal()]
    marks = [part for one in bins for part in _mark(one, top)]
    return draw.chart(name, TOP + HEIGHT + BELOW, title, desc, [*frame, *marks], "curve")


def nice(highest: float) -> float:
    """The next round share, so that the scale does not hug the data."""
    return next((top for top in (0.1, 0.2, 0.4, 0.6, 0.8) if highest <= top), 1.0)


def _frame(top: float) -> Iterable[Markup]:
    for step in range(5):
        share = top * step / 4
        y = _down(share, top)
        yield draw.line(0, y, 100, y, "axis" if step == 0 else "grid")
        yield draw.text(0, y + 5, percent(share) if share else "0 %", "tick", "end", -8)
        yield draw.text(25 * step, TOP + HEIGHT + 18, percent(share) if share else "0 %", "tick", "middle")
    yield draw.text(50, TOP + HEIGHT + 38, "what the model said", "tick", "middle")


def _diagonal() -> Markup:
    tag = Markup('<line x1="0%" y1="{:g}" x2="100%" y2="{:g}" class="axis" stroke-dasharray="4 4"/>')
    return tag.format(TOP + HEIGHT, TOP)


def _mark(found: Bin, top: float) -> Iterable[Markup]:
    x = 100 * found.expected / top
    share = found.share
    if share.estimate is None or share.low is None or share.high is None:
        return
    yield draw.line(x, _down(share.low, top), x, _down(share.high, top), "range")
    yield Markup('<circle cx="{}%" cy="{:.1f}" r="5" class="dot"/>').format(f"{x:.2f}", _down(share.estimate, top))


def _down(share: float, top: float) -> float:
    return TOP + HEIGHT * (1 - min(share / top, 1.0))


# --- values beside each other -----------------------------------------------------------------------


def dots(rows: Sequence[Dot], scale: Scale, *, name: str, title: str, desc: str) -> Markup:
    """Draw a dot and its range a row."""
    bottom = len(rows) * ROW
    marks = [part for value in scale.marks for part in _scale_mark(value, scale, bottom)]
    parts = [part for place, row in enumerate(rows) for part in _dot_row(row, place * ROW, scale)]
    return draw.chart(name, bottom + 26, title, desc, [*marks, *parts], "dots")


def _scale_mark(value: float, scale: Scale, bottom: float) -> Iterable[Markup]:
    x = scale.across(value)
    anchor = "start" if x == 0 else "end" if x == 100 else "middle"
    yield draw.line(x, 26, x, bottom, "axis" if value == scale.right else "grid")
    text = f"{value:g}".replace("-", "−")
    yield draw.text(x, bottom + 20, text, "tick", anchor)


def _dot_row(row: Dot, y: float, scale: Scale) -> Iterable[Markup]:
    yield draw.text(0, y + 17, draw.short(row.label, LONGEST_NARROW + 8), "strong halo narrow")
    yield draw.text(0, y + 17, draw.short(row.label, LONGEST_LABEL), "strong halo wide")
    yield draw.text(100, y + 17, row.words.partition(" (")[0], "quiet halo narrow", "end")  # its range is in the table
    yield draw.text(100, y + 17, row.words, "quiet halo wide", "end")
    if row.estimate is None or row.low is None or row.high is None:
        return
    middle = y + 36
    yield draw.line(0, middle, 100, middle, "grid")
    yield draw.line(scale.across(row.low), middle, scale.across(row.high), middle, "range")
    at = f"{scale.across(row.estimate):.2f}"
    yield Markup('<circle cx="{}%" cy="{:g}" r="6" class="dot"/>').format(at, middle)


def in_words(rows: Sequence[Dot]) -> str:
    return " ".join(f"{figures.clean(row.label)}: {row.words}." for row in rows)
