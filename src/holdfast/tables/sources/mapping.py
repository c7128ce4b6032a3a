"""How a table of no known system is read, as a person said: a small JSON file that can be read and changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdfast.errors import SourceError
from holdfast.tables.sources import headings
from holdfast.tables.sources.grid import plain
from holdfast.tables.sources.outcomes import Meaning, word_key
from holdfast.words import Words


class Mapping(BaseModel):
    """Which column holds what, which way round dates are, and what each status word means.

    A column that is null is not used. A word or ``day_first`` that is null is not decided yet.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    version: Literal[1] = 1
    columns: dict[headings.Field, str | None] = Field(default_factory=dict)
    day_first: bool | None = None
    words: dict[str, Meaning | None] = Field(default_factory=dict)
    sheets: list[str] = Field(default_factory=list)  # of a workbook; none named: the ones with appointments
    therapist: str = Field(default="unknown", min_length=1)  # who sees everybody, where no column says who

    def meaning(self, word: str) -> Meaning | None:
        """What was said that a word means; None if nothing was."""
        key = word_key(word)
        return next((meaning for known, meaning in self.words.items() if word_key(known) == key), None)

    def json_text(self) -> str:
        """The mapping as it stands in its file."""
        return self.model_dump_json(indent=1) + "\n"


def file_name(heading: Iterable[str]) -> str:
    """Under which name the mapping for tables with these columns is kept, whatever their order."""
    keys = sorted(key for name in heading if (key := plain(name)))
    return f"mapping-{hashlib.sha256('|'.join(keys).encode()).hexdigest()[:10]}.json"


def load(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    SourceError
        If it cannot be read, or with every key that holds what it may not.
    """
    try:
        return Mapping.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SourceError(
            Words("The mapping {file} cannot be read: {why}.", file=str(path), why=error.strerror or "")
        ) from error
    except ValidationError as error:
        raise SourceError(
            Words("The mapping {file} cannot be used:", file=path.name),
            *(_problem(dict(one)) for one in error.errors(include_url=False)),
        ) from error


def _problem(one: dict[str, Any]) -> Words:
    key = ".".join(str(part) for part in one["loc"] if part != "[key]") or Words("the file")
    found = repr(one.get("input"))
    allowed: str
    match one["type"]:
        case "json_invalid":
            return Words("  it is not JSON: {why}. Correct it there", why=str(one["ctx"]["error"]))
        case "extra_forbidden":
            allowed = Words("the keys {keys}", keys=", ".join(Mapping.model_fields))
        case "enum" if "[key]" in one["loc"]:
            allowed = Words("the keys {keys}", keys=", ".join(headings.Field))
        case "enum":
            allowed = Words("{meanings}, or null while it is not decided", meanings=", ".join(Meaning))
        case "literal_error":
            allowed = str(one["ctx"]["expected"])
        case "bool_type":
            allowed = Words("true, false, or null while it is not decided")
        case _:
            allowed = (
                str(one["msg"])
                .removeprefix("Input should be ")
                .replace("String should have at least 1 character", "a name")
            )
    return Words("  {key}: found {found}; allowed: {allowed}", key=key, found=found[:60], allowed=allowed)
