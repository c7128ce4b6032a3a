"""An evaluation as one page: readable offline, on a phone and on paper, without any script or request."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from holdfast.insight import figures
from holdfast.insight.report import moment, together
from holdfast.insight.result import Amount
from holdfast.insight.svg import Dot
from holdfast.insight.words import percent
from holdfast.silence import evaluation_svg as svg
from holdfast.silence import evaluation_words as words
from holdfast.silence.evaluation import MODEL, Discrimination, Evaluation, Method, Question, Scored


def html(evaluation: Evaluation) -> str:
    """Return the report as one self-contained HTML file."""
    page = environment().get_template("evaluation.html.j2")
    return page.render(evaluation=evaluation, chart=Charts(evaluation.methods), **style())


def environment() -> Environment:
    """Where the pages of the silence model are made."""
    found = Environment(
        loader=PackageLoader("holdfast.silence"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "together": together,
        "moment": moment,
        "clean": figures.clean,
        "percent": percent,
        "base": figures.base,
        "share": lambda found: split(figures.share(found)),
        "figure": lambda found, places=2, signed=False: split(words.figure(found, places, signed=signed)),
        "bare": bare,
        "split": split,
    }
    found.globals |= {"say": words, "MODEL": MODEL}
    return found


def style() -> dict[str, object]:
    """The style sheet of all reports and its fingerprint, which is all that the page may load."""
    sheet = resources.files("holdfast.insight").joinpath("templates/report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    own = Markup(sheet)  # noqa: S704 - our own style sheet, from the package
    return {"style": own, "style_hash": digest}


def split(text: str) -> Markup:
    """A number and its range: each stays on one line, the line may break between them."""
    value, bracket, rest = together(text).partition(" (")
    if not bracket:
        return Markup("<span>{}</span>").format(text)
    return Markup('<b class="n">{}</b> <span class="n">({}</span>').format(value, rest)


def bare(found: Amount, places: int = 2) -> str:
    """A number without its range."""
    return found.why_not or "" if found.estimate is None else f"{found.estimate:.{places}f}".replace("-", "−")


class Charts:
    """The charts of an evaluation, each with its title and a description in words."""

    def __init__(self, methods: Sequence[Method]) -> None:
        self.names = {method.key: method.name for method in methods}

    def calibration(self, question: Question) -> Markup:
        bins = question.curves.get(MODEL, [])
        said = [f"Said {percent(one.expected)}, came {figures.share(one.share)}." for one in bins]
        title = "What the model said, and what came"
        return svg.calibration(bins, name=f"calibration-{question.key}", title=title, desc=" ".join(said))

    def methods(self, question: Question) -> Markup:
        rows = [_dot(self.names[one.method], one.auc) for one in question.overall.scores]
        title = "How often each method gave the higher chance to the right one"
        return svg.dots(rows, svg.AUC, name=f"auc-{question.key}", title=title, desc=svg.in_words(rows))

    def beyond(self, question: Question) -> Markup:
        others = [one for one in question.overall.scores if one.method != MODEL]
        rows = [_dot(self.names[one.method], one.beyond, 3, signed=True) for one in others]
        title = "By how much each method was further from what came than the model"
        scale = svg.around_nought(rows)
        return svg.dots(rows, scale, name=f"beyond-{question.key}", title=title, desc=svg.in_words(rows))

    def over_time(self, parts: Sequence[Discrimination], name: str, title: str) -> Markup:
        rows = [_dot(_span(part.label), part.auc[MODEL]) for part in parts]
        return svg.dots(rows, svg.AUC, name=name, title=title, desc=svg.in_words(rows))

    def groups(self, question: Question, column: str) -> Markup:
        rows = [_group_dot(scored) for scored in question.groups if scored.column == column]
        title = f"Had left for each one who was expected to: {words.COLUMNS[column].lower()}"
        name = f"groups-{question.key}-{column}"
        return svg.dots(rows, svg.RATIO, name=name, title=title, desc=svg.in_words(rows))


def _dot(label: str, found: Amount, places: int = 2, *, signed: bool = False) -> Dot:
    return Dot(label, words.figure(found, places, signed=signed), found.estimate, found.low, found.high)


def _span(label: str) -> str:
    return label if label[:1].isalpha() else f"{label} rhythms"


def _group_dot(scored: Scored) -> Dot:
    model = words.of_method(scored, MODEL)
    return Dot(scored.label, scored.why_not or "") if model is None else _dot(scored.label, model.ratio)
