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
        raise SourceError(f"The mapping {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise SourceError(f"The mapping {path.name} cannot be used:\n{_problems(error)}") from error


def _problems(error: ValidationError) -> str:
    return "\n".join(f"  {_problem(dict(one))}" for one in error.errors(include_url=False))


def _problem(one: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in one["loc"] if part != "[key]") or "the file"
    found = repr(one.get("input"))
    match one["type"]:
        case "json_invalid":
            return f"it is not JSON: {one['ctx']['error']}. Correct it there"
        case "extra_forbidden":
            allowed = f"the keys {', '.join(Mapping.model_fields)}"
        case "enum" if "[key]" in one["loc"]:
            allowed = f"the keys {', '.join(headings.Field)}"
        case "enum":
            allowed = f"{', '.join(Meaning)}, or null while it is not decided"
        case "literal_error":
            allowed = str(one["ctx"]["expected"])
        case "bool_type":
            allowed = "true, false, or null while it is not decided"
        case _:
            allowed = (
                str(one["msg"])
                .removeprefix("Input should be ")
                .replace("String should have at least 1 character", "a name")
            )
    return f"{key}: found {found[:60]}; allowed: {allowed}"
