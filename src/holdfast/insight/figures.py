"""Numbers as the report and the terminal write them: always with a base, or with the reason why there is none."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.insight.result import (
    SUPPRESSED,
    TOO_FEW,
    Amount,
    Comparison,
    Curve,
    EndingCount,
    Group,
    Point,
    Share,
    Step,
)
from holdfast.insight.words import ENDING_WORDS, of_hundred, percent
from holdfast.tables.schema import Ending
from holdfast.words import Words

NOT_SHOWN = Words("not shown")
WHY_NOT_SHOWN = Words("it would give away a small number")
OTHERS_NOT_SHOWN = Words("how they left is not shown")
COMPARED_AT = 5  # sessions, as in the comparisons of the leak
READ_AT_SESSIONS = (1, 3, 5, 10)
READ_AT_WEEKS = (4, 8, 13, 26, 52)
ORDER = (
    Ending.SILENT,
    Ending.NEVER_STARTED,
    Ending.OTHER,
    Ending.TOLD,
    Ending.SWITCHED,
    Ending.REFERRED,
    Ending.PLANNED,
)
SPOKEN_OF = tuple(ending for ending in ORDER if ending not in (Ending.SILENT, Ending.NEVER_STARTED))
STATUS_WORDS = {
    "booked": "still to come",
    "attended": "attended",
    "late_cancelled": "cancelled late",
    "cancelled": "cancelled",
    "rescheduled": "moved to another time",
    "no_show": "did not come",
    "unknown": "never marked",
}
CERTAINTY_WORDS = {
    "recorded": "somebody recorded it",
    "defaulted": "the system filled it in by itself",
    "inferred": "worked out from other entries",
    "not_updated": "past, and never marked",
    "blank": "not said",
}
PARAMETER_WORDS = {
    "silent": "left without a word",
    "told": "stopped and said so",
    "no_show": "did not come",
    "late_cancelled": "cancelled late",
    "phq9": "PHQ-9",
    "gad7": "GAD-7",
}


def clean(text: str) -> str:
    """Leave out what could steer a terminal or turn the reading direction: labels come from files."""
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Cf") and sign != "\u200d" else sign for sign in text)


def number(count: int | None) -> str:
    return NOT_SHOWN if count is None else f"{count:,}"


def base(found: Share | None) -> str:
    """Write "208 of 758"; without the base, where that may not be shown."""
    if found is None or found.count is None:
        return NOT_SHOWN
    if found.of is None:
        return Words("{count}", count=found.count)
    return Words("{count} of {all}", count=found.count, all=found.of)


def share(found: Share | Point | None) -> str:
    """Write "27 % (24 to 31)", or why there is no rate."""
    if found is None:
        return NOT_SHOWN
    if found.estimate is None or found.low is None or found.high is None:
        return getattr(found, "why_not", None) or TOO_FEW
    told = {"share": percent(found.estimate), "low": of_hundred(found.low), "high": of_hundred(found.high)}
    return Words("{share} ({low} to {high})", **told)


def between(low: float, high: float) -> str:
    """Write a range in per cent for a sentence: "between 24 and 31"."""
    return Words("between {low} and {high}", low=of_hundred(low), high=of_hundred(high))


def amount(found: Amount) -> str:
    """Write "6.1 (5.8 to 6.3)", or why there is no number."""
    if found.estimate is None or found.low is None or found.high is None:
        return found.why_not or TOO_FEW
    return f"{found.estimate:.1f} ({found.low:.1f} to {found.high:.1f})"


def is_share(comparison: Comparison) -> bool:
    """Tell a difference of shares, written in points of 100, from a difference in sessions."""
    return not comparison.what.startswith("sessions")


def difference(comparison: Comparison) -> str:
    """Write a difference with its sign: "−5.6 points (−11.1 to −0.3)"."""
    found = comparison.difference
    if found.estimate is None or found.low is None or found.high is None:
        return found.why_not or TOO_FEW
    scale, unit = (100, "points") if is_share(comparison) else (1, "sessions")
    return f"{_signed(found.estimate * scale)} {unit} ({_signed(found.low * scale)} to {_signed(found.high * scale)})"


def _signed(value: float) -> str:
    text = f"{abs(value):.1f}"
    if text == "0.0":
        return text
    return f"−{text}" if value < 0 else f"+{text}"


def parameter(value: str | float) -> str:
    """Write a definition's parameter in the words of the pages."""
    if not isinstance(value, str):
        return f"{value:g}"
    for name, words in PARAMETER_WORDS.items():
        value = value.replace(name, words)
    return value


def chance(p: float | None) -> str:
    if p is None:
        return TOO_FEW
    return "under 0.001" if p < 0.001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def ending(name: str) -> str:
    return ENDING_WORDS.get(Ending(name), name)


def point_at(curve: Curve, time: float) -> Point | None:
    return next((point for point in curve.points if point.time == time), None)


def points_at(curve: Curve, times: Iterable[float]) -> list[Point]:
    """The points at these times, as far as the curve can be told."""
    return [point for time in times if (point := point_at(curve, time)) is not None]


def silent_by_fifth(group: Group) -> str:
    """The share of a group that left without a word by the session at which groups are compared."""
    point = silent_point(group)
    if point is not None:
        return share(point)
    if group.staying_sessions.points:
        return "nobody known" if point_at(group.staying_sessions, COMPARED_AT) is not None else TOO_FEW
    why = group.staying_sessions.why_not
    return NOT_SHOWN if why == SUPPRESSED else why or "not known yet"


def silent_point(group: Group) -> Point | None:
    curve = group.incidence_sessions.get(Ending.SILENT)
    return point_at(curve, COMPARED_AT) if curve is not None else None


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of those who did not reach a step, in five kinds. ``None``: not shown."""

    silent: int | None
    never_started: int | None
    spoken_of: int | None
    waiting: int | None
    unmarked: int | None

    @property
    def hidden(self) -> bool:
        """Whether any of these may not be shown, so that the others do not add up."""
        return None in (self.silent, self.never_started, self.spoken_of, self.waiting, self.unmarked)

    @property
    def unsettled(self) -> int | None:
        return None if self.waiting is None or self.unmarked is None else self.waiting + self.unmarked


def lost_first(endings: Iterable[EndingCount]) -> list[EndingCount]:
    """The endings in the order of the report: without a word, never came, then those that were spoken of."""
    order = [Ending.SILENT, Ending.NEVER_STARTED, *reversed(SPOKEN_OF)]
    return sorted(endings, key=lambda item: order.index(Ending(item.ending)))


def ways_lost(steps: Iterable[Step]) -> list[Ending]:
    """The endings that stand in any of these steps, the lost first."""
    found = {way for step in steps for way in step.lost}
    return [way for way in ORDER if way in found]


def lost(step: Step) -> Lost:
    said = [step.lost.get(ending, 0) for ending in SPOKEN_OF]
    return Lost(
        silent=step.lost.get(Ending.SILENT, 0),
        never_started=step.lost.get(Ending.NEVER_STARTED, 0),
        spoken_of=None if None in said else sum(count or 0 for count in said),
        waiting=step.waiting,
        unmarked=step.unmarked,
    )
