"""The leak as the lead's page draws it: the library's sentences, its drawing, and the numbers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.insight import figures, sections, svg
from holdfast.insight.result import Group, Leak


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what, how many of how many, and the share with its range."""

    name: str
    base: str
    share: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One group of clients."""

    name: str
    base: str
    funnel: Markup | None
    steps: Sequence[Row]
    endings: Sequence[Row]
    ended: str
    staying: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything of the leak that the lead's page shows."""

    headline: Sequence[str]
    too_few: str | None
    groups: Sequence[Drawn]
    notes: Sequence[str]


def page_of(leak: Leak) -> Page:
    """Draw a leak that may be shared."""
    groups = [leak.groups[0], *sections.beside(leak)]
    drawn = [_drawn(group, f"funnel-{number}") for number, group in enumerate(groups)]
    return Page(leak.headline, sections.too_few(leak), drawn, leak.notes)


def _drawn(group: Group, name: str) -> Drawn:
    said = [Row(step.name.capitalize(), figures.base(step.share), figures.share(step.share)) for step in group.funnel]
    ended = [
        Row(figures.ending(one.ending).capitalize(), figures.base(one.share), figures.share(one.share))
        for one in figures.lost_first(group.endings)
    ]
    nothing = sections.nothing_shown(group)
    title = f"{sections.name(group)}, from the first booking to the tenth session"
    desc = " ".join(f"{row.name}: {row.base}." for row in said)
    return Drawn(
        sections.name(group),
        sections.base(group),
        None if nothing else svg.funnel(group.funnel, name=name, title=title, desc=desc),
        said,
        ended,
        sections.ended(group),
        sections.staying(group),
    )
