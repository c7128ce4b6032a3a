"""What kind of browser somebody uses, in words that he knows it by.

A browser names itself in a long line that can tell one phone from all others. None of that line is kept: only one of
the few names below.
"""

from __future__ import annotations

from collections.abc import Sequence

# the first that fits: browsers also call themselves by the names of those that they were made from
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
DEVICES = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "an Android phone or tablet"),
    ("Windows", "a Windows computer"),
    ("CrOS", "a Chromebook"),
    ("Macintosh", "a Mac or an iPad"),  # an iPad says that it is a Mac
    ("Linux", "a Linux computer"),
)


def in_words(told: str) -> str:
    """Say which browser on which kind of device, from what it tells of itself."""
    browser, device = _first(BROWSERS, told) or "A browser", _first(DEVICES, told) or "a device of an unknown kind"
    return f"{browser} on {device}"


def _first(known: Sequence[tuple[str, str]], told: str) -> str:
    return next((words for part, words in known if part in told), "")
