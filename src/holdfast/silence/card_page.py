"""The model's card as Markdown, for a repository or a binder, and as one HTML page."""

from __future__ import annotations

from holdfast.insight import figures
from holdfast.silence import card as cards
from holdfast.silence import card_words
from holdfast.silence.card import Card
from holdfast.silence.evaluation import Evaluation
from holdfast.silence.evaluation_report import Charts, environment, style


def html(card: Card) -> str:
    """Return the card as one self-contained HTML file."""
    return environment().get_template("card.html.j2").render(**_told(card), **style())


def markdown(card: Card) -> str:
    """Return the card as Markdown."""
    found = environment()
    found.autoescape = False  # nosemgrep: not-escaped - Markdown has signs of its own; see ``cell``
    found.filters["cell"] = cell
    return found.get_template("card.md.j2").render(**_told(card))


def cell(text: object) -> str:
    """What may stand in a cell of a Markdown table, whatever a practice is called."""
    return card_words.without_signs(figures.clean(str(text))).replace("|", "\\|")


def _told(card: Card) -> dict[str, object]:
    judged = card.judged
    return {
        "card": card,
        "texts": cards,
        "plain": card_words,
        "chart": Charts(judged.methods) if isinstance(judged, Evaluation) else None,
        "evaluation": judged if isinstance(judged, Evaluation) else None,
        "why_not": None if isinstance(judged, Evaluation) else judged,
    }
