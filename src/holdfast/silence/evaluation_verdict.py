"""Whether the chances were right everywhere, and not only on the whole: the one place that was furthest off.

Of twenty 95 % ranges one misses the truth by chance alone. So a place is said to be off only where it would be rare
even as the worst of so many, or where more of them are off than chance explains; any other is named as one that
chance may explain. The same client is asked about on several evenings, so a part counts as no more than its clients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from scipy.stats import binom, binomtest, norm

from holdfast.insight.figures import base, share
from holdfast.insight.words import percent
from holdfast.silence.evaluation import MODEL, Bin, Question, Scored

RARE = 0.05
MISSES = 0.05  # of 95 % ranges
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class _Place:
    """One part or group: whether its range leaves out what was said, and how rare that is by chance."""

    words: str
    out: bool
    p: float


def parts_verdict(question: Question) -> str | None:
    """Name the part in which what came was furthest from what was said; nothing if every range holds it."""
    found = [place for one in question.curves.get(MODEL, []) if (place := _part(one)) is not None]
    return _worst(found, "parts", "Its chances were not right everywhere")


def groups_verdict(question: Question) -> str | None:
    """The same for the groups: nothing if every group's range holds 1."""
    found = [place for scored in question.groups if (place := _group(scored)) is not None]
    return _worst(found, "groups", "They were not right for every group")


def beyond_chance(question: Question) -> bool:
    """Whether the parts are further off than chance explains."""
    found = [place for one in question.curves.get(MODEL, []) if (place := _part(one)) is not None]
    return _is_beyond(found)


def _part(found: Bin) -> _Place | None:
    came = found.share
    if came.count is None or not came.of or came.low is None or came.high is None:
        return None
    words = f"where it said {percent(found.expected)}, {base(came)} had left, {share(came)}"
    out = not came.low <= found.expected <= came.high
    people = min(found.clients or came.of, came.of)
    had = round(people * came.count / came.of)
    return _Place(words, out, float(binomtest(had, people, min(max(found.expected, 0.0), 1.0)).pvalue))


def _group(scored: Scored) -> _Place | None:
    ratio = next((score.ratio for score in scored.scores if score.method == MODEL), None)
    if ratio is None or ratio.estimate is None or not ratio.low or not ratio.high or ratio.estimate <= 0:
        return None
    each = f"{ratio.estimate:.2f} had left for each one expected ({ratio.low:.2f} to {ratio.high:.2f})"
    sd = max(log(ratio.high / ratio.low) / (2 * Z95), 1e-9)
    out = not ratio.low <= 1 <= ratio.high
    return _Place(f'among "{scored.label}", {each}', out, float(2 * norm.sf(abs(log(ratio.estimate)) / sd)))


def _is_beyond(places: Sequence[_Place]) -> bool:
    """Rare even for the worst of so many, or more of them out than chance leaves out."""
    out = [place for place in places if place.out]
    if not out:
        return False
    worst = min(place.p for place in out) * len(places)
    many = sum(place.p < MISSES for place in out)
    return bool(worst < RARE or binom.sf(many - 1, len(places), MISSES) < RARE)


def _worst(places: Sequence[_Place], many: str, opening: str) -> str | None:
    out = [place for place in places if place.out]
    if not out:
        return None
    worst = min(out, key=lambda place: place.p).words
    where = f"In {len(out)} of {len(places)} {many} the range leaves out what was said"
    most = "" if len(out) == 1 else "most of all "
    if _is_beyond(places):
        return f"{opening}: {most}{worst}. {where}, and that is more than chance explains."
    return f"{where}, as chance alone may do: {most}{worst}."
