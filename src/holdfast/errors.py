"""The errors people see, and what each means to a shell.

HoldfastError            something the person can put right: shown without a traceback
├── TableProblems        a file breaks the tables' rules; carries every problem found      exit 1
├── SourceError          a file is not what the importer needs, or cannot be read          exit 3
├── FolderError          the folder is missing, in use or cannot be written                exit 4
└── UsageError           the question itself cannot be answered (a column that is not there) exit 2

Messages name the thing, the rule and the way out. They never quote what a client said;
an identifier or a cell is quoted only when the person needs it to find the place.
"""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.words import Words


class HoldfastError(Exception):
    """Something the person can put right, said in one line or several."""

    exit_code = 2

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines: Sequence[str] = lines

    def __str__(self) -> str:
        return "\n".join(self.lines)


class UsageError(HoldfastError):
    """The question cannot be answered as asked."""


class SourceError(HoldfastError):
    """A file is not what the importer needs, or cannot be read. It is said on the site too, so in words."""

    exit_code = 3

    def __init__(self, *lines: Words) -> None:
        super().__init__(*lines)


class FolderError(HoldfastError):
    """A folder of tables is missing, in use or cannot be written."""

    exit_code = 4
