"""What kind of browser somebody uses, in words that he knows it by.

A browser names itself in a long line that can tell one phone from all others. None of that line is kept: only one of
the few names below.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from holdfast_site.languages import N_

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
    ("iPhone", N_("an iPhone")),
    ("iPad", N_("an iPad")),
    ("Android", N_("an Android phone or tablet")),
    ("Windows", N_("a Windows computer")),
    ("CrOS", N_("a Chromebook")),
    ("Macintosh", N_("a Mac or an iPad")),  # an iPad says that it is a Mac
    ("Linux", N_("a Linux computer")),
)


def in_words(told: str) -> str:
    """Say which browser on which kind of device, from what it tells of itself."""
    browser = _first(BROWSERS, told) or gettext("A browser")
    device = _first(DEVICES, told) or N_("a device of an unknown kind")
    return gettext("%(browser)s on %(device)s") % {"browser": browser, "device": gettext(device)}


def _first(known: Sequence[tuple[str, str]], told: str) -> str:
    return next((words for part, words in known if part in told), "")
