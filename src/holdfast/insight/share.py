"""Leaving out small counts before a result is shared, and the counts that would give them away.

A count from 1 up to ``too_few`` is hidden. Counts add up: what reached a step and what did not make the
step before it, groups make everyone. So each hidden count is checked against every sum at once: as long
as the visible numbers still determine one, another number of the same sum is hidden with it.

What is shared is coarser from the start: all endings that somebody spoke of stand as one, and those still
open together with those nobody marked. Groups that are small as a whole are left out, and then everyone is
too, or the difference would show them. So fewer small counts arise, and fewer need to be hidden. Curves and
totals of appointments are left out altogether.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.insight.group import share_of
from holdfast.insight.result import (
    SUPPRESSED,
    Amount,
    Breakdown,
    Curve,
    Dropout,
    EndingCount,
    Evidence,
    Group,
    Leak,
    OverallTest,
    Share,
    Step,
)
from holdfast.tables.schema import Ending

Cell = tuple[str, ...]  # (group, part, name)
EVERYONE = "everyone"
LITTLE = 10  # so many are no cover for a hidden count
SMALL_GROUP = 10  # times the smallest count that is shown
_CERTAIN = 1e-9


@dataclass
class Sums:
    """Counts by cell, and which of them add up to which."""

    counts: dict[Cell, int] = field(default_factory=dict)
    equations: list[tuple[Cell, tuple[Cell, ...]]] = field(default_factory=list)

    def add(self, total: Cell, parts: Iterable[Cell]) -> None:
        known = tuple(part for part in parts if part in self.counts)
        if total in self.counts and known:
            self.equations.append((total, known))


def for_sharing(leak: Leak, too_few: int) -> Leak:
    """Return the result without small counts, and without the counts from which they could be worked out."""
    coarse = leak.model_copy(
        update={
            "groups": [_coarser(group) for group in leak.groups],
            "breakdowns": [
                item.model_copy(update={"groups": [_coarser(group) for group in item.groups]})
                for item in leak.breakdowns
            ],
        }
    )
    left_out = _left_out(coarse, too_few)
    sums = _sums(coarse)
    clean = _Cleaner(hide(sums, too_few, unpublished={cell for cell in sums.counts if cell[0] in left_out}))
    shown = [group for group in coarse.groups if _key("gender", group) not in left_out]
    breakdowns = [clean.breakdown(item, left_out) for item in coarse.breakdowns]
    return coarse.model_copy(
        update={
            "groups": [clean.group(_key("gender", group), group) for group in shown],
            "breakdowns": [item for item in breakdowns if item.groups],
            "too_small": [item.column for item in breakdowns if not item.groups],
            "evidence": Evidence(appointments=None, statuses={}, certainty={}, gender_known=_NOT_SHOWN),
        }
    )


_NOT_SHOWN = Share(count=None, of=None, why_not=SUPPRESSED)


def _left_out(leak: Leak, too_few: int) -> set[str]:
    """Groups with so few people that most of their counts would be hidden; and everyone, if there are any."""
    small = {
        _key(item.column, group)
        for item in leak.breakdowns
        for group in item.groups
        if (group.episodes or 0) <= SMALL_GROUP * too_few
    }
    others = [group for group in leak.groups if group.label != EVERYONE and _key("gender", group) not in small]
    return small | ({EVERYONE} if small and others else set())


SAID = (Ending.PLANNED, Ending.TOLD, Ending.SWITCHED, Ending.REFERRED, Ending.OTHER)
KEPT = (Ending.SILENT, Ending.NEVER_STARTED, Ending.OTHER)


def _key(column: str, group: Group) -> str:
    """Name a group's cells: the same label can stand in two columns, and everyone is everyone in all."""
    return EVERYONE if group.label == EVERYONE else f"{column}/{group.label}"


def _coarser(group: Group) -> Group:
    """Put the endings that were spoken of under ``other``, and the unmarked with those still open."""
    endings = {item.ending: item for item in group.endings}
    said = sum(endings[ending].count or 0 for ending in SAID)
    total = endings[Ending.SILENT].share.of or 0
    merged = [
        endings[ending].model_copy(update={"recorded": None, "inferred": None, "by_rule": None})
        for ending in (Ending.SILENT, Ending.NEVER_STARTED)
    ]
    other = endings[Ending.OTHER].model_copy(
        update={"count": said, "share": share_of(said, total, 0), "recorded": None, "inferred": None, "by_rule": None}
    )
    return group.model_copy(
        update={"funnel": [_coarser_step(step) for step in group.funnel], "endings": [*merged, other]}
    )


def _coarser_step(step: Step) -> Step:
    lost = {ending: step.lost.get(ending) or 0 for ending in (Ending.SILENT, Ending.NEVER_STARTED)}
    lost[Ending.OTHER] = sum(step.lost.get(ending) or 0 for ending in SAID)
    shown: dict[str, int | None] = {str(ending): count for ending, count in lost.items() if count}
    return step.model_copy(update={"lost": shown, "waiting": (step.waiting or 0) + (step.unmarked or 0), "unmarked": 0})


def hide(sums: Sums, too_few: int, unpublished: Set[Cell] = frozenset()) -> set[Cell]:
    """Choose the cells to hide: every count from 1 to ``too_few``, and what would give one of them away.

    ``unpublished`` cells are not shown anyway; they need no protection unless they are small.
    """
    small = {cell for cell, count in sums.counts.items() if 0 < count <= too_few}
    hidden = {*small, *unpublished}
    while (determined := _determined(sums, hidden)) & small:
        # First beside the small counts themselves; where nothing is left there, in the sums that give them away.
        fresh = _partners(sums, hidden, determined & small) or _partners(sums, hidden, determined)
        if not fresh:
            break
        hidden |= fresh
    return hidden


def _partners(sums: Sums, hidden: set[Cell], cells: set[Cell]) -> set[Cell]:
    found = (_partner(sums, hidden, cell) for cell in sorted(cells))
    return {partner for partner in found if partner is not None}


def _determined(sums: Sums, hidden: set[Cell]) -> set[Cell]:
    """The hidden cells whose count follows from the visible ones: no solution of the sums differs in them."""
    order = {cell: place for place, cell in enumerate(sorted(hidden))}
    rows = []
    for total, parts in sums.equations:
        row = np.zeros(len(order))
        for sign, cell in [(1.0, total), *((-1.0, part) for part in parts)]:
            if cell in order:
                row[order[cell]] += sign
        if row.any():
            rows.append(row)
    if not rows:
        return set()
    _, values, directions = np.linalg.svd(np.array(rows), full_matrices=True)
    rank = int((values > _CERTAIN).sum())
    free = np.abs(directions[rank:]).max(axis=0, initial=0.0)
    return {cell for cell, place in order.items() if free[place] < _CERTAIN}


def _partner(sums: Sums, hidden: set[Cell], cell: Cell) -> Cell | None:
    """The smallest visible count in a sum with ``cell``: a part rather than a total, and not a nought if possible."""
    candidates = [
        (other == total, sums.counts[other] == 0, sums.counts[other], other)
        for total, parts in sums.equations
        if cell == total or cell in parts
        for other in (total, *parts)
        if other not in hidden
    ]
    return min(candidates)[-1] if candidates else None


# --- which numbers add up ---------------------------------------------------------------------------


def _sums(leak: Leak) -> Sums:
    sums = Sums()
    groups = {_key("gender", group): group for group in leak.groups}
    groups |= {_key(item.column, group): group for item in leak.breakdowns for group in item.groups}
    for key, group in groups.items():
        sums.counts |= _counts(key, group)
    for key, group in groups.items():
        _add_up_group(sums, key, group)
    for item in leak.breakdowns:
        _add_up_groups(sums, [_key(item.column, group) for group in item.groups])
    return sums


def _counts(g: str, group: Group) -> dict[Cell, int]:
    cells: dict[Cell, int | None] = {
        (g, "episodes"): group.episodes,
        (g, "clients"): group.clients,
        (g, "open"): group.open,
    }
    for step in group.funnel:
        cells[g, "reached", step.name] = step.reached
        if step.session == 0 and step.reached == group.episodes:
            continue  # everybody knows that nobody is lost before he books: noughts there would cover nothing
        cells[g, "waiting", step.name] = step.waiting
        cells |= {(g, "lost", step.name, ending): step.lost.get(ending, 0) for ending in KEPT}
    for item in group.endings:
        cells[g, "ending", item.ending] = item.count
    for told in group.dropout:
        yes, of = told.share.count, told.share.of
        cells[g, "dropout", told.definition, "yes"] = yes
        cells[g, "dropout", told.definition, "no"] = None if yes is None or of is None else of - yes
        cells[g, "dropout", told.definition, "of"] = of
        cells[g, "dropout", told.definition, "cannot_tell"] = told.cannot_tell
    return {cell: count for cell, count in cells.items() if count is not None}


def _add_up_group(sums: Sums, g: str, group: Group) -> None:
    before: Cell = (g, "episodes")
    for step in group.funnel:
        reached = (g, "reached", step.name)
        lost = [(g, "lost", step.name, ending) for ending in KEPT]
        sums.add(before, [reached, (g, "waiting", step.name), *lost])
        before = reached
    sums.add((g, "episodes"), [(g, "open"), *((g, "ending", ending) for ending in KEPT)])
    for ending in KEPT:
        _add_up_ending(sums, g, ending, [step.name for step in group.funnel])
    for told in group.dropout:
        d = (g, "dropout", told.definition)
        sums.add((*d, "of"), [(*d, "yes"), (*d, "no")])
        sums.add((g, "reached", "first session"), [(*d, "of"), (*d, "cannot_tell")])


def _add_up_ending(sums: Sums, g: str, ending: Ending, steps: Sequence[str]) -> None:
    """An ending's total is what the steps lost to it and what came after the last step.

    Where little came after, the total bounds what a step lost as closely as a sum would, and counts as one.
    """
    total, lost = (g, "ending", ending), [(g, "lost", step, ending) for step in steps]
    after = sums.counts.get(total, 0) - sum(sums.counts.get(cell, 0) for cell in lost)
    if after <= LITTLE:
        sums.add(total, lost)


def _add_up_groups(sums: Sums, keys: list[str]) -> None:
    for cell in [cell for cell in sums.counts if cell[0] == EVERYONE]:
        sums.add(cell, [(key, *cell[1:]) for key in keys])


# --- taking them out --------------------------------------------------------------------------------


class _Cleaner:
    """Takes the hidden cells out of a result, and every rate and curve that would show them."""

    def __init__(self, hidden: set[Cell]) -> None:
        self.hidden = hidden

    def seen(self, cell: Cell, count: int | None) -> int | None:
        return None if cell in self.hidden else count

    def breakdown(self, item: Breakdown, left_out: Set[str]) -> Breakdown:
        small = left_out | {cell[0] for cell in self.hidden if cell[1:] == ("ending", Ending.SILENT)}
        kept = [
            one.model_copy(update={"difference": Amount(why_not=SUPPRESSED)})
            if {f"{item.column}/{one.first}", f"{item.column}/{one.second}"} & small
            else one.model_copy(update={"difference": _rounded(one.difference, 3)})
            for one in item.comparisons
            if f"{item.column}/{one.second}" not in left_out
        ]
        shown = [group for group in item.groups if _key(item.column, group) not in left_out]
        groups = [self.group(_key(item.column, group), group) for group in shown]
        complete = len(shown) == len(item.groups)
        tests = (
            item.tests if complete else [OverallTest(what=t.what, test=t.test, why_not=SUPPRESSED) for t in item.tests]
        )
        return item.model_copy(update={"groups": groups, "comparisons": kept, "tests": tests})

    def group(self, g: str, group: Group) -> Group:
        whole = self.seen((g, "episodes"), group.episodes)
        update: dict[str, Any] = {
            "episodes": whole,
            "clients": self.seen((g, "clients"), group.clients),
            "open": self.seen((g, "open"), group.open),
            "funnel": self._funnel(g, group),
            "endings": [self._ending(g, item) for item in group.endings],
            "dropout": [self._dropout(g, told) for told in group.dropout],
            "disagreement": [],
        }
        return group.model_copy(update=update | _without_detail(group, whole))

    def _funnel(self, g: str, group: Group) -> list[Step]:
        of = self.seen((g, "episodes"), group.episodes)
        steps = []
        for step in group.funnel:
            reached = self.seen((g, "reached", step.name), step.reached)
            shown = step.model_copy(
                update={
                    "reached": reached,
                    "of": of,
                    "share": _if_seen(step.share, reached, of) if step.share else None,
                    "lost": self._lost(g, step),
                    "waiting": self.seen((g, "waiting", step.name), step.waiting),
                }
            )
            steps.append(shown)
            of = reached
        return steps

    def _lost(self, g: str, step: Step) -> dict[str, int | None]:
        shown = {ending: self.seen((g, "lost", step.name, ending), step.lost.get(ending, 0)) for ending in KEPT}
        return {str(ending): count for ending, count in shown.items() if count is None or count}

    def _ending(self, g: str, item: EndingCount) -> EndingCount:
        count = self.seen((g, "ending", item.ending), item.count)
        total = None if (g, "open") in self.hidden or (g, "episodes") in self.hidden else item.share.of
        return item.model_copy(update={"count": count, "share": _if_seen(item.share, count, total)})

    def _dropout(self, g: str, told: Dropout) -> Dropout:
        d = (g, "dropout", told.definition)
        yes, of = self.seen((*d, "yes"), told.share.count), self.seen((*d, "of"), told.share.of)
        if (*d, "no") in self.hidden:
            yes = None
        untold = self.seen((*d, "cannot_tell"), told.cannot_tell)
        return told.model_copy(update={"share": _if_seen(told.share, yes, of), "cannot_tell": untold})


def _if_seen(share: Share, count: int | None, of: int | None) -> Share | None:
    if count is not None and of is not None:
        return share
    return Share(count=count, of=of, why_not=SUPPRESSED)


_TOTALS = ("appointments", "sessions", "no_shows", "unmarked_appointments", "assumed_sessions")
_CURVES = ("staying_sessions", "staying_weeks")


def _without_detail(group: Group, whole: int | None) -> dict[str, Any]:
    """Totals that could be subtracted, and curves, whose every step would tell how many left there."""
    mean = group.restricted_mean_sessions
    return {
        **dict.fromkeys(_TOTALS),
        **{name: Curve(unit=getattr(group, name).unit, of=0, why_not=SUPPRESSED) for name in _CURVES},
        "incidence_sessions": {},
        "incidence_weeks": {},
        "restricted_mean_sessions": _rounded(mean, 1) if whole is not None else Amount(why_not=SUPPRESSED),
    }


def _rounded(amount: Amount, digits: int) -> Amount:
    parts = {name: getattr(amount, name) for name in ("estimate", "low", "high")}
    return amount.model_copy(
        update={name: None if value is None else round(value, digits) for name, value in parts.items()}
    )
