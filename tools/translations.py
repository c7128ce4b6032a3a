"""Collects every word of the site that can be translated into src/holdfast_site/locale/django.pot.

Of the library it takes what is made as ``Words``, and what is declared as data: reasons, and what could be said.

python -m tools.translations            says whether that file is out of date
python -m tools.translations --write    brings it up to date
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po
from django.utils.translation.template import templatize

from holdfast.repair import SUGGESTIONS, Followed
from holdfast.silence.reasons import forms
from holdfast.tables.sources.headings import Field
from holdfast.tables.sources.outcomes import Meaning

SOURCE = Path(__file__).resolve().parent.parent / "src"
SITE, LIBRARY = SOURCE / "holdfast_site", SOURCE / "holdfast"
TARGET = SITE / "locale" / "django.pot"
MARKED = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "_", "N_")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}
MADE = {"Words": None, "plural": (1, 2)}
HEADER = "# Every word of Holdfast's site. How to translate it: docs/how-to/translate.md"
Said = str | tuple[str, ...]
ALWAYS_THE_SAME = datetime(2026, 1, 1, tzinfo=UTC)  # as its date: the file changes only when a word does


def collected() -> str:
    """The file as it should be."""
    words = Catalog(project="Holdfast", header_comment=HEADER, fuzzy=False, creation_date=ALWAYS_THE_SAME)
    for path in sorted([*SITE.rglob("*.py"), *(SITE / "templates").rglob("*.html")]):
        for context, said in _said(path, MARKED):
            words.add(said, locations=[(path.relative_to(SITE).as_posix(), 0)], context=context)
    for path in sorted(LIBRARY.rglob("*.py")):
        for _, said in _said(path, MADE):
            _of_library(words, said, path.relative_to(SOURCE).as_posix())
    for path, declared in _declared():
        for said in declared:
            _of_library(words, said, path)
    written = io.BytesIO()
    write_po(written, words, include_lineno=False, sort_output=False, width=100)
    return written.getvalue().decode()


def _declared() -> Iterator[tuple[str, Iterable[str]]]:
    """What the library declares as data, and the site says. Nothing is known here of a client's gender."""
    yield "holdfast/silence/reasons.py", forms("unknown")
    yield "holdfast/repair/followed.py", [one.value for one in Followed]
    yield "holdfast/tables/sources/headings.py", [one.value.replace("_", " ") for one in Field]
    yield "holdfast/tables/sources/outcomes.py", [one.value.replace("_", " ") for one in Meaning]
    both = ((one.do, one.say) for one in SUGGESTIONS.values())
    yield "holdfast/repair/suggestions.toml", (words for pair in both for words in pair if words)


def _of_library(words: Catalog, said: Said, path: str) -> None:
    """Add words in which values stand in curly braces; a sign for per cent is one there, and nothing else."""
    added = words.add(said, locations=[(path, 0)])
    added.flags.discard("python-format")
    if "{" in "".join(said):
        added.flags.add("python-brace-format")


def _said(path: Path, marked: Mapping[str, Any]) -> Iterator[tuple[str | None, Said]]:
    """Context and words of each place where one file says something; more than one word for singular and plural."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
    for _, said, _, context in extract("python", io.BytesIO(source.encode()), keywords=marked):
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
