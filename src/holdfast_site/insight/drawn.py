"""The leak as the lead's page draws it: the library's sentences, its drawing, and the numbers beside it.

The sentences that are stored with the leak are English; here they are made anew, in the site's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext
from markupsafe import Markup

from holdfast.insight import figures, sections, svg, words
from holdfast.insight.result import Group, Leak, Share
from holdfast_site.saying import said


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
    too_few: str  # blank: there is more to say
    groups: Sequence[Drawn]
    notes: Sequence[str]


def page_of(leak: Leak) -> Page:
    """Draw a leak that may be shared."""
    groups = [leak.groups[0], *sections.beside(leak)]
    drawn = [_drawn(group, f"funnel-{number}") for number, group in enumerate(groups)]
    headline, notes = ([said(one) for one in told(leak)] for told in (words.headline, words.notes))
    return Page(headline, said(sections.too_few(leak) or ""), drawn, notes)


def _drawn(group: Group, name: str) -> Drawn:
    steps = [_row(step.name, step.share) for step in group.funnel]
    ended = [_row(figures.ending(one.ending), one.share) for one in figures.lost_first(group.endings)]
    nothing = sections.nothing_shown(group)
    called = capfirst(said(sections.label(group)))
    title = gettext("%(group)s, from the first booking to the tenth session") % {"group": called}
    desc = " ".join(f"{row.name}: {row.base}." for row in steps)
    return Drawn(
        called,
        said(sections.base(group)),
        None if nothing else svg.funnel(group.funnel, name=name, title=title, desc=desc, say=said),
        steps,
        ended,
        said(sections.ended(group)),
        said(sections.staying(group)),
    )


def _row(name: str, share: Share | None) -> Row:
    return Row(capfirst(said(name)), said(figures.base(share)), said(figures.share(share)))
