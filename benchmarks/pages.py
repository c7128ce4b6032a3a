"""Tables on a page that a command works out again: what stands between two markers belongs to the command.

<!-- begin: funnel -->
| … |
<!-- end: funnel -->
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path


def with_sections(text: str, sections: Mapping[str, str]) -> str:
    """The page with every section put between its markers.

    Raises
    ------
    ValueError
        If a section has no markers on the page, or not exactly one pair, or there is no section for a marker.
    """
    there = re.findall(r"<!-- begin: ([\w-]+) -->", text)
    if sorted(there) != sorted(sections):
        raise ValueError(f"The page has markers for {sorted(there)}, but the sections are {sorted(sections)}.")
    for name, section in sections.items():
        begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
        before, rest = text.split(begin)
        text = before + begin + section.strip() + "\n" + end + rest.split(end, 1)[1]
    return text


def rewrite(page: Path, sections: Mapping[str, str]) -> bool:
    """Put the sections on the page. Returns whether anything changed."""
    before = page.read_text(encoding="utf-8")
    after = with_sections(before, sections)
    page.write_text(after, encoding="utf-8")
    return after != before


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: words on the left, numbers on the right."""
    rule = ["---", *["---:"] * (len(heading) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heading, rule, *rows))


def percent(estimate: float | None, low: float | None = None, high: float | None = None) -> str:
    """A share in per cent with one decimal, and its interval."""
    if estimate is None:
        return "–"
    if low is None or high is None:
        return f"{100 * estimate:.1f} %"
    return f"{100 * estimate:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
