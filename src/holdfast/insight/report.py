"""The leak as one page: readable offline, on a phone and on paper, without any script or request."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from holdfast.insight import figures, sections, svg
from holdfast.insight.result import SUPPRESSED, Amount, Breakdown, Comparison, Curve, Group, Leak, Point, Share
from holdfast.insight.words import DEFINITION_WORDS, people, percent

NO_BREAK = "\u00a0"


def html(leak: Leak) -> str:
    """Return the report as one self-contained HTML file."""
    style = resources.files("holdfast.insight").joinpath("templates/report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _environment().get_template("leak.html.j2")
    own = Markup(style)  # noqa: S704 - our own style sheet, from the package
    return page.render(leak=leak, style=own, style_hash=digest, main=leak.groups[0])


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("holdfast.insight"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "together": together,
        "number": figures.number,
        "share": _with_range,
        "base": figures.base,
        "amount": _amount,
        "difference": _difference,
        "parameter": figures.parameter,
        "aside": _aside,
        "ending": figures.ending,
        "clean": figures.clean,
        "moment": moment,
        "people": people,
        "percent": percent,
    }
    found.globals |= {"say": sections, "fig": figures, "chart": _Charts(), "definition_words": DEFINITION_WORDS}
    return found


def together(text: str) -> str:
    """Keep a number and its sign on one line."""
    return text.replace(" %", f"{NO_BREAK}%")


def _parts(text: str) -> Markup:
    """A number and its range: each stays on one line, the line may break between them."""
    value, bracket, rest = together(text).partition(" (")
    if not bracket:
        return Markup("<span>{}</span>").format(text)
    return Markup('<b class="n">{}</b> <span class="n">({}</span>').format(value, rest)


def _with_range(found: Share | Point | None) -> Markup:
    return _parts(figures.share(found))


def _amount(found: Amount) -> Markup:
    return _parts(figures.amount(found))


def _difference(found: Comparison) -> Markup:
    return _parts(figures.difference(found))


def _aside(sentence: str) -> Markup:
    """Set what stands in brackets at the end of a sentence smaller."""
    said, bracket, rest = together(sentence).rpartition(" (")
    if not bracket or not rest.endswith(")."):
        return Markup("{}").format(together(sentence))
    aside = rest.removesuffix(").")
    return Markup('{}. <span class="aside">{}.</span>').format(said, aside[:1].upper() + aside[1:])


def moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M}"


class _Charts:
    """The charts of a group, each with its title and a description in words."""

    def funnel(self, group: Group, name: str) -> Markup:
        title = f"{sections.name(group)}, from the first booking to the tenth session"
        said = [_step_in_words(step.name, figures.base(step.share)) for step in group.funnel if step.share]
        return svg.funnel(group.funnel, name=name, title=title, desc=" ".join(said))

    def staying(self, group: Group, name: str) -> Markup:
        curve, who = group.staying_sessions, people(group)
        marks = (1, 5, 10)
        said = [
            f"{percent(point.estimate)} after {point.time:g} sessions." for point in figures.points_at(curve, marks)
        ]
        title = f"Share of {who} who came back after each session, of all who booked"
        return svg.staying(curve, name=name, title=title, desc=" ".join(said), marks=marks)

    def stacked(self, group: Group, curves: dict[str, Curve], name: str) -> Markup:
        unit = next(iter(curves.values())).unit
        since = "session by session" if unit == "sessions" else "week by week after the first session"
        title = f"What became of {people(group)}, {since}"
        said = [f"{figures.ending(key)}: {percent(curve.points[-1].estimate)}." for key, curve in curves.items()]
        return svg.stacked(curves, name=name, title=title, desc=f"At the end of the chart: {' '.join(said)}")

    def silent(self, breakdown: Breakdown, name: str) -> Markup:
        rows = [_silent_dot(group) for group in breakdown.groups]
        title = f"Left without a word by session {figures.COMPARED_AT}, by {sections.column(breakdown)}"
        return svg.dots(rows, name=name, title=title, desc=_rows_in_words(rows), shares=True)

    def silent_words(self, group: Group) -> Markup:
        return _parts(_silent_dot(group).words)

    def sessions(self, breakdown: Breakdown, name: str) -> Markup:
        rows = [_sessions_dot(group) for group in breakdown.groups]
        title = f"Sessions used, of the first {breakdown.groups[0].restricted_to}, by {sections.column(breakdown)}"
        return svg.dots(rows, name=name, title=title, desc=_rows_in_words(rows), shares=False)

    def definitions(self, group: Group, name: str) -> Markup:
        rows = [
            svg.Dot(
                DEFINITION_WORDS[item.definition],
                _brief(item.share),
                item.share.estimate,
                item.share.low,
                item.share.high,
            )
            for item in group.dropout
        ]
        title = f"Five meanings of dropout, for the same {people(group)}"
        return svg.dots(rows, name=name, title=title, desc=_rows_in_words(rows), shares=True)


def _step_in_words(name: str, words: str) -> str:
    return f"{name.capitalize()}: {words}."


def _rows_in_words(rows: Sequence[svg.Dot]) -> str:
    return " ".join(f"{figures.clean(row.label)}: {row.words}." for row in rows)


def _brief(found: Share) -> str:
    return figures.NOT_SHOWN if found.why_not == SUPPRESSED else figures.share(found)


def _silent_dot(group: Group) -> svg.Dot:
    point, words = figures.silent_point(group), figures.silent_by_fifth(group)
    if point is None:
        return svg.Dot(group.label, words)
    return svg.Dot(group.label, words, point.estimate, point.low, point.high)


def _sessions_dot(group: Group) -> svg.Dot:
    found = group.restricted_mean_sessions
    return svg.Dot(group.label, figures.amount(found), found.estimate, found.low, found.high)
