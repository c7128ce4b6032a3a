"""Collects every word of the site that can be translated into src/holdfast_site/locale/django.pot.

python -m tools.translations            says whether that file is out of date
python -m tools.translations --write    brings it up to date
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po
from django.utils.translation.template import templatize

SITE = Path(__file__).resolve().parent.parent / "src" / "holdfast_site"
TARGET = SITE / "locale" / "django.pot"
MARKED = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "_", "N_")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}
HEADER = "# Every word of Holdfast's site. How to translate it: docs/how-to/translate.md"
ALWAYS_THE_SAME = datetime(2026, 1, 1, tzinfo=UTC)  # as its date: the file changes only when a word does


def collected() -> str:
    """The file as it should be."""
    words = Catalog(project="Holdfast", header_comment=HEADER, fuzzy=False, creation_date=ALWAYS_THE_SAME)
    for path in sorted([*SITE.rglob("*.py"), *(SITE / "templates").rglob("*.html")]):
        for context, said in _said(path):
            words.add(said, locations=[(path.relative_to(SITE).as_posix(), 0)], context=context)
    written = io.BytesIO()
    write_po(written, words, include_lineno=False, sort_output=False, width=100)
    return written.getvalue().decode()


def _said(path: Path) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """Context and words of each place where one file says something; more than one word for singular and plural."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
    for _, said, _, context in extract("python", io.BytesIO(source.encode()), keywords=MARKED):
        yield context, said


if __name__ == "__main__":
    now = collected()
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == now:
        print("up to date")
    elif "--write" in sys.argv:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(now, encoding="utf-8")
        print(f"written: {TARGET}")
    else:
        sys.exit("out of date: python -m tools.translations --write")
