"""The report's charts, drawn as inline SVG on the machine that makes the report.

Every chart is as wide as its place: across, positions are per cent of that width; down, they are pixels.
So type keeps its size on a phone. Labels of the axes stand in the margins that the style sheet leaves free.
Colours are classes; the style sheet knows them for light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.insight import drawing as draw
from holdfast.insight import figures
from holdfast.insight.result import Curve, Point, Step
from holdfast.insight.words import percent
from holdfast.words import Words

LONGEST_LABEL, LONGEST_NARROW = 48, 15  # letters, on a wide page and on a phone
PLOT_HEIGHT = 240
TOP, BELOW = 14, 44
ROW, BAR_TOP, BAR = 86, 26, 26
DOT_ROW = 56
Say = Callable[[str], str]  # says words in the language of the page


@dataclass(frozen=True, slots=True)
class Dot:
    """One row of a comparison: a label, a value with its range, and the words for it."""

    label: str
    words: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None


# --- the funnel -------------------------------------------------------------------------------------


def funnel(steps: Sequence[Step], *, name: str, title: str, desc: str, say: Say = str) -> Markup:
    """Draw one bar a step; whoever was lost on the way to it stays visible at its end."""
    whole = next((step.of for step in steps if step.of), None)
    rows = [part for place, step in enumerate(steps) for part in _funnel_row(step, place * ROW, whole, say)]
    return draw.chart(name, len(steps) * ROW - 18, title, desc, rows, "funnel")


def _funnel_row(step: Step, y: float, whole: int | None, say: Say) -> Iterable[Markup]:
    name = say(step.name)
    yield draw.text(0, y + 17, name[:1].upper() + name[1:], "strong")
    yield draw.text(100, y + 17, say(figures.base(step.share)), "quiet narrow", "end")
    yield draw.text(100, y + 17, say(_came(step)), "quiet wide", "end")
    yield draw.rect(0, y + BAR_TOP, 100, BAR, "track")
    if not whole:
        return
    if step.reached is None:
        yield from _beneath(0, 0, y, say(figures.WHY_NOT_SHOWN), "")
        return
    scale = 100 / whole
    yield draw.rect(0, y + BAR_TOP, step.reached * scale, BAR, "came")
    if step.of is not None:
        yield from _lost_at(step, y, scale, say)


def _came(step: Step) -> str:
    found = figures.base(step.share)
    if step.share and step.share.estimate is not None:
        return Words("{base} · {share}", base=found, share=percent(step.share.estimate))
    return found


def _lost_at(step: Step, y: float, scale: float, say: Say) -> Iterable[Markup]:
    """The segments after the bar, and one line under it that says the most important of them."""
    gone = figures.lost(step)
    x = x_lost = (step.reached or 0) * scale
    if gone.hidden:
        rest = ((step.of or 0) - (step.reached or 0)) * scale
        yield draw.rect(x, y + BAR_TOP, rest, BAR, "hidden")
        yield from _beneath(x, rest, y, say(figures.OTHERS_NOT_SHOWN), "")
        return
    kinds = (
        ("silent", gone.silent),
        ("never", gone.never_started),
        ("spoken", gone.spoken_of),
        ("waiting", gone.waiting),
        ("unmarked", gone.unmarked),
    )
    for kind, count in kinds:
        if count:
            yield draw.rect(x, y + BAR_TOP, count * scale, BAR, kind)
            x += count * scale
    first = gone.silent or gone.never_started or 0
    yield from _beneath(x_lost, first * scale, y, say(_most_lost(gone)), _the_others(gone, say))


def _most_lost(gone: figures.Lost) -> str:
    if gone.silent:
        return Words("{count} left without a word", count=gone.silent)
    return Words("{count} never came", count=gone.never_started) if gone.never_started else ""


def _the_others(gone: figures.Lost, say: Say) -> str:
    parts = []
    if gone.spoken_of:
        parts.append(say(Words("{count} another way", count=gone.spoken_of)))
    if gone.unsettled:
        parts.append(say(Words("{count} open or not marked", count=gone.unsettled)))
    return " · ".join(parts)


def _beneath(x: float, width: float, y: float, words: str, others: str) -> Iterable[Markup]:
    """Write under the lost, to the side where there is room. The second half only where the page is wide."""
    line = y + BAR_TOP + BAR + 17
    if words:
        at, anchor = _narrow_place(x, width)
        yield draw.text(at, line, words, "lost narrow", anchor)
    if words or others:
        at, anchor = (x, "start") if x <= 15 else (100, "end")
        tag = Markup('<text x="{}%" y="{:g}" text-anchor="{}" class="wide"><tspan class="lost">{}</tspan>{}</text>')
        yield tag.format(f"{at:.2f}", line, anchor, words, f" · {others}" if words and others else others)


def _narrow_place(x: float, width: float) -> tuple[float, str]:
    """A line of two thirds of a phone's width must fit beside this place."""
    if x < 34:
        return x, "start"
    return (min(x + width, 100), "end") if x + width > 66 else (x + width / 2, "middle")


# --- curves -----------------------------------------------------------------------------------------


def staying(curve: Curve, *, name: str, title: str, desc: str, marks: Sequence[float]) -> Markup:
    """Draw the share still coming as steps, with its band; the marked points carry their value."""
    last = curve.points[-1].time or 1
    band = _steps([(point.time, point.high) for point in curve.points], last)
    band += _steps([(point.time, point.low) for point in curve.points], last)[::-1]
    line = [(0.0, 1.0), *_steps([(point.time, point.estimate) for point in curve.points], last)]
    plot = _plot(last, [_path(band, "band", closed=True), _path(line, "line")])
    marked = [part for point in figures.points_at(curve, marks) for part in _mark(point, last)]
    return draw.chart(name, TOP + PLOT_HEIGHT + BELOW, title, desc, [*_frame(curve, last), plot, *marked], "curve")


def stacked(curves: dict[str, Curve], *, name: str, title: str, desc: str) -> Markup:
    """Draw what became of everyone, as layers that add up; the share still coming is the open space above."""
    some = next(iter(curves.values()))
    times = [point.time for point in some.points]
    last = times[-1] or 1
    below = [0.0] * len(times)
    layers = []
    for ending in figures.ORDER:
        if ending not in curves:
            continue
        above = [low + point.estimate for low, point in zip(below, curves[ending].points, strict=True)]
        upper, lower = (_steps(list(zip(times, edge, strict=True)), last) for edge in (above, below))
        layers.append(_path([*upper, *lower[::-1]], f"layer {ending}", closed=True))
        below = above
    frame = _frame(some, last)
    return draw.chart(name, TOP + PLOT_HEIGHT + BELOW, title, desc, [*frame, _plot(last, layers)], "curve")


def _steps(points: Sequence[tuple[float, float]], last: float) -> list[tuple[float, float]]:
    """Each value holds until the next time."""
    found: list[tuple[float, float]] = []
    for place, (time, value) in enumerate(points):
        until = points[place + 1][0] if place + 1 < len(points) else last
        found += [(time, value), (until, value)]
    return found


def _path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> Markup:
    drawn = "M" + "L".join(f"{x:g} {100 * (1 - y):.2f}" for x, y in points) + ("Z" if closed else "")
    return Markup('<path d="{}" class="{}" vector-effect="non-scaling-stroke"/>').format(drawn, kind)


def _plot(last: float, inside: Iterable[Markup]) -> Markup:
    """A plane of its own units, stretched over the chart: sessions or weeks across, per cent down."""
    tag = Markup('<svg x="0" y="{}" width="100%" height="{}" viewBox="0 0 {:g} 100" preserveAspectRatio="none">')
    return tag.format(TOP, PLOT_HEIGHT, last) + Markup("").join(inside) + Markup("</svg>")


def _frame(curve: Curve, last: float) -> Iterable[Markup]:
    for share in (0, 25, 50, 75, 100):
        y = _down(share / 100)
        yield draw.line(0, y, 100, y, "axis" if share == 0 else "grid")
        yield draw.text(0, y + 5, f"{share} %", "tick", "end", -8)
    for time in _ticks(last):
        yield draw.text(100 * time / last, TOP + PLOT_HEIGHT + 18, f"{time:g}", "tick", "middle")
    words = "sessions" if curve.unit == "sessions" else "weeks since the first session"
    yield draw.text(50, TOP + PLOT_HEIGHT + 38, words, "tick", "middle")


def _ticks(last: float) -> list[float]:
    step = next((step for step in (1, 2, 5, 10, 13) if last / step <= 5), 20)
    return [float(time) for time in range(0, int(last) + 1, step)]


def _down(share: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - share)


def _mark(point: Point, last: float) -> Iterable[Markup]:
    x = 100 * point.time / last
    yield Markup('<circle cx="{}%" cy="{:.1f}" r="4" class="dot"/>').format(f"{x:.2f}", _down(point.estimate))
    anchor, dx = ("start", 5) if x <= 85 else ("end", -5)
    yield draw.text(x, max(_down(point.high) - 6, 11), percent(point.estimate), "value halo", anchor, dx)


# --- values beside each other -----------------------------------------------------------------------


def dots(rows: Sequence[Dot], *, name: str, title: str, desc: str, shares: bool) -> Markup:
    """Draw a dot and its range a row, on one scale from zero."""
    highest = max((row.high for row in rows if row.high is not None), default=0.0)
    top = _nice(highest)
    bottom = len(rows) * DOT_ROW
    parts = [part for place, row in enumerate(rows) for part in _dot_row(row, place * DOT_ROW, top)]
    scale = [part for value in (0, top / 2, top) for part in _scale_mark(value, top, bottom, shares=shares)]
    return draw.chart(name, bottom + 26, title, desc, [*scale, *parts], "dots")


def _nice(highest: float) -> float:
    """The next round number, so that the scale does not hug the data."""
    return next((top for top in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 2, 4, 6, 8, 10) if highest <= top), highest)


def _scale_mark(value: float, top: float, bottom: float, *, shares: bool) -> Iterable[Markup]:
    x = 100 * value / top
    anchor = "start" if value == 0 else "end" if value == top else "middle"
    yield draw.line(x, 26, x, bottom, "grid")
    yield draw.text(x, bottom + 20, percent(value) if shares else f"{value:g}", "tick", anchor)


def _dot_row(row: Dot, y: float, top: float) -> Iterable[Markup]:
    yield draw.text(0, y + 17, draw.short(row.label, LONGEST_NARROW), "strong halo narrow")
    yield draw.text(0, y + 17, draw.short(row.label, LONGEST_LABEL), "strong halo wide")
    yield draw.text(100, y + 17, row.words, "quiet halo", "end")
    if row.estimate is None or row.low is None or row.high is None:
        return
    middle = y + 36
    yield draw.line(0, middle, 100, middle, "grid")
    yield draw.line(100 * row.low / top, middle, 100 * min(row.high / top, 1), middle, "range")
    yield Markup('<circle cx="{}%" cy="{:g}" r="6" class="dot"/>').format(f"{100 * row.estimate / top:.2f}", middle)
