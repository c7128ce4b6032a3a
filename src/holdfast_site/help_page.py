"""Help now as one file of its own, for the proxy in front: it shows it when the site is down or slow (H-15).

The file follows from the practice's settings alone. It holds no script and asks for nothing else.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from django.template.loader import render_to_string

from holdfast.errors import UsageError
from holdfast.files import write_whole
from holdfast_site.config import SiteConfig, help_page_path

FOR_EVERYBODY = 0o644  # the proxy runs as somebody else, and the page holds nothing of anybody's


def page(config: SiteConfig) -> str:
    """The page, whole."""
    return render_to_string("help_page.html", {"site": config})


def write(path: Path, config: SiteConfig) -> None:
    """Write the page where the proxy can read it.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    write_whole(path, page(config))
    if os.name == "posix":
        path.chmod(FOR_EVERYBODY)


def is_right(path: Path, config: SiteConfig) -> bool:
    """Whether the page is there and says what the practice's settings say now."""
    try:
        return path.read_text(encoding="utf-8") == page(config)
    except (OSError, UnicodeDecodeError):
        return False


def keep(folder: Path, config: SiteConfig) -> None:
    """Write the page again if it is gone or says something else; nothing if the practice has none."""
    path = help_page_path(folder, config)
    if path is None or is_right(path, config):
        return
    try:
        write(path, config)
    except UsageError:  # the site is worth more than its spare page; the doctor says that this one is not there
        logging.getLogger(__name__).exception("the help page was not written")
