"""Counts that may be shown: none, or more than ten; and no part whose rest is from one to ten (hazard H-19)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext

LITTLE = 10


def is_small(count: int) -> bool:
    """Whether so few are behind it that they could be recognised."""
    return 0 < count <= LITTLE


@dataclass(frozen=True, slots=True)
class Part:
    """So many of so many. ``count`` is none where it, or what it leaves, is too small to be shown."""

    count: int | None
    of: int | None

    @property
    def is_shown(self) -> bool:
        return self.count is not None and self.of is not None

    @property
    def percent(self) -> int | None:
        return round(100 * self.count / self.of) if self.count is not None and self.of else None


def part(count: int, of: int) -> Part:
    """A count beside what it is a part of, as far as both may be shown."""
    if is_small(of):
        return Part(None, None)
    if is_small(count) or is_small(of - count):
        return Part(None, of)
    return Part(count, of)


def words(count: int) -> str:
    """A count by itself."""
    if is_small(count):
        return few()
    return number_format(count, force_grouping=True) if count else gettext("none")


def few() -> str:
    """So few that the number is not shown."""
    return gettext("%(count)s or fewer") % {"count": LITTLE}
