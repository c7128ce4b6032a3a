"""No cell of fewer than eleven people: what makes small ones larger, before a table about single people leaves."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

LEAST = 11  # people who share whatever is told of one of them by which he could be recognised
LEAST_OF_A_THERAPIST = 30  # people of whom it is told that they have the same therapist
OTHER, BLANK = "other", ""
Combination = tuple[str, ...]


def covered(people: Mapping[str, Combination], *, least: int = LEAST) -> Mapping[str, Combination]:
    """Blank what would tell people apart, until each combination is that of at least ``least`` people.

    Whoever shares his combination with too few loses the last part of it, then the one before, and so on. If too few
    are left with nothing, the smallest of the other combinations is blanked as well.

    Raises
    ------
    ValueError
        If there are fewer people altogether: nothing covers them.
    """
    if 0 < len(people) < least:
        raise ValueError(f"{least} people cover each other, and here are fewer.")
    found = dict(people)
    for part in reversed(range(len(next(iter(found.values()), ())))):
        for who in _too_few(found, least):
            found[who] = (*found[who][:part], BLANK, *found[who][part + 1 :])
    for _ in _too_few(found, least)[:1]:
        told = Counter(one for one in found.values() if any(one))
        smallest = min(told, key=lambda one: (told[one], one))
        found = {who: (BLANK,) * len(one) if one == smallest else one for who, one in found.items()}
    return found


def _too_few(people: Mapping[str, Combination], least: int) -> list[str]:
    held = Counter(people.values())
    return [who for who, one in people.items() if held[one] < least]


def gathered(people: Mapping[str, Collection[str]], *, least: int = LEAST) -> frozenset[str]:
    """Which values have to stand together as ``OTHER``: those of too few, and the next rarest until they are enough."""
    held: dict[str, set[str]] = {}
    for who, values in people.items():
        for value in values:
            held.setdefault(value, set()).add(who)
    together: set[str] = set()
    holders: set[str] = set()
    for value in sorted(held, key=lambda one: (len(held[one]), one)):
        if len(held[value]) >= least and (not together or len(holders) >= least):
            break
        together.add(value)
        holders |= held[value]
    return frozenset(together)


def banded(people: Mapping[str, Collection[int]], edges: Sequence[int], *, least: int = LEAST) -> Callable[[int], str]:
    """Say numbers as bands that begin at some of ``edges``, so wide that at least ``least`` people are in each.

    The edges are the same for every file: what two files with other bands tell together is no finer than they are.
    """
    holders: list[set[str]] = [set() for _ in edges]
    for who, numbers in people.items():
        for number in numbers:
            holders[bisect_right(edges, number) - 1].add(who)
    begins, found = [0], set[str]()
    for place, more in enumerate(holders):
        if more and place and (not found or len(found) >= least):
            begins.append(place)
            found = set()
        found |= more
    if len(found) < least and len(begins) > 1:
        begins.pop()
    if not any(holders[begins[-1] + 1 :]) and begins[-1] + 1 < len(edges):
        begins.append(begins[-1] + 1)  # nobody is above, so that need not be left open
    return lambda number: _band(edges, begins, bisect_right(edges, number) - 1)


def _band(edges: Sequence[int], begins: Sequence[int], place: int) -> str:
    band = bisect_right(begins, place) - 1
    low = edges[begins[band]]
    if band + 1 == len(begins):
        return f"{low} or more"
    high = edges[begins[band + 1]] - 1
    return f"{low}" if low == high else f"{low} to {high}"


def reached(most: Iterable[int], *, least: int = LEAST) -> int:
    """The highest that at least ``least`` people reach, of how far each of them came; nought if there are fewer."""
    highest = sorted(most, reverse=True)
    return highest[least - 1] if len(highest) >= least else 0
