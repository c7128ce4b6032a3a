"""The strokes of which the charts are made: text, lines and boxes of inline SVG.

Across, positions are per cent of the chart's width; down, they are pixels. So type keeps its size on a phone.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from holdfast.insight import figures


def chart(name: str, height: float, title: str, desc: str, inside: Iterable[Markup], kind: str) -> Markup:
    head = Markup(
        '<svg class="chart {kind}" role="img" aria-labelledby="{name}-title {name}-desc" width="100%"'
        ' height="{height}" xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{title}</title>'
        '<desc id="{name}-desc">{desc}</desc>'
    )
    begin = head.format(name=name, kind=kind, height=f"{height:g}", title=title, desc=desc)
    return begin + Markup("").join(inside) + Markup("</svg>")


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start", dx: float = 0) -> Markup:
    tag = Markup('<text x="{}%" y="{:g}" dx="{:g}" text-anchor="{}" class="{}">{}</text>')
    return tag.format(f"{x:.2f}", y, dx, anchor, kind, words)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    tag = Markup('<line x1="{}%" y1="{:g}" x2="{}%" y2="{:g}" class="{}"/>')
    return tag.format(f"{x1:.2f}", y1, f"{x2:.2f}", y2, kind)


def rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    tag = Markup('<rect x="{}%" y="{:g}" width="{}%" height="{:g}" class="{}"/>')
    return tag.format(f"{x:.3f}", y, f"{max(width, 0):.3f}", height, kind)


def short(label: str, longest: int) -> str:
    label = figures.clean(label).strip()
    return label if len(label) <= longest else label[: longest - 1].rstrip() + "…"
