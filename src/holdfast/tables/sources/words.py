"""A source's status words and what they mean: found whatever their case and spelling, never guessed.

The table of words stands in each source's own module; this is the one way to look a word up in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

from holdfast.errors import SourceError
from holdfast.tables.sources.grid import plain
from holdfast.words import Words

Meaning = TypeVar("Meaning")


@lru_cache(maxsize=10_000)  # every row has such a word, and those are few
def same_word(word: str) -> str:
    """Reduce a word to what tells it from others: ``No-Show`` is ``noshow``, ``Cancelled`` is ``canceled``."""
    return re.sub(r"(cancel)l", r"\1", plain(word))


def meanings(
    table: Mapping[str, Meaning], found: Iterable[str], *, title: str, file: str, column: str = "status"
) -> Callable[[str], Meaning]:
    """Return what looks a word up in ``table``, once every word that was ``found`` is known to be in it.

    Parameters
    ----------
    table
        The source's words, as its documentation spells them. The empty word, if it is there, is a blank.
    found
        Every word in the files, so that the message can name all that are not understood.

    Raises
    ------
    SourceError
        With the words that are not in the table and how often each stands there.
    """
    known = {same_word(word): meaning for word, meaning in table.items()}
    unknown = Counter(word.strip() for word in found if same_word(word) not in known)
    if unknown:
        raise SourceError(_not_understood(unknown, [word for word in table if word], title, file, column))
    return lambda word: known[same_word(word)]


def _not_understood(unknown: Counter[str], known: Iterable[str], title: str, file: str, column: str) -> Words:
    shown = [
        Words("{word} ({count})", word=repr(word) if word else Words("a blank"), count=count)
        for word, count in unknown.items()
    ]
    return Words(
        "{file}: in the column {column}, these are not among the words of {title}, and what they mean is not guessed: "
        "{shown}. Understood are: {known}. Correct them in the file, or say what each means: "
        "holdfast import any {file} --map MAPPING",
        file=file,
        column=column,
        shown=shown,
        known=", ".join(known),
        title=title,
    )
