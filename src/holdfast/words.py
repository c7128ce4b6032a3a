"""Words that remember how they were made, so that whoever shows them can say them in another language.

Here they are English, and text like any other. Besides they know their form, with a ``{name}`` for each value, and the
values. Somebody who has a translation of the form fills that instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Self

PLACE = re.compile(r"\{(\w+)\}")
AS_IT_STANDS = frozenset({"file", "files", "column", "columns"})  # of a file; they may be words by chance
Value = str | float | date | Sequence["str | Words"]


class Words(str):
    """A sentence or a part of one.

    The name of a value says what it is: ``…_on`` and ``…_at`` a day, ``…_days`` a number of days, ``…_every`` how
    often; ``file``, ``files``, ``column`` and ``columns`` are said as they stand. Values may be words themselves, and
    several of them.

    >>> Words("no session for {silent_days}", silent_days=9.2)
    'no session for 9 days'
    """

    __slots__ = ("form", "many", "values")
    form: str
    many: str  # the form for more than one; blank: there is only one form
    values: Mapping[str, Value]

    def __new__(cls, form: str, many: str = "", /, **values: Value) -> Self:
        """Make them; with ``many``, the value ``count`` says which of the two forms it is."""
        chosen = many if many and values["count"] != 1 else form
        made = super().__new__(cls, filled(chosen, {name: _english(name, value) for name, value in values.items()}))
        made.form, made.many, made.values = form, many, values
        return made


def plural(one: str, many: str, count: int, /, **values: Value) -> Words:
    """Words of which there is a form for one and another for more.

    >>> plural("{count} course", "{count} courses", 1200)
    '1,200 courses'
    """
    return Words(one, many, count=count, **values)


def filled(form: str, values: Mapping[str, str]) -> str:
    """A form with its values. A place of which there is no value stays as it is."""
    return PLACE.sub(lambda place: values.get(place[1], place[0]), form)


def meant(name: str, value: Value) -> Value:
    """What a value is, by its name."""
    if name.endswith("_days") and isinstance(value, int | float):
        return plural("{count} day", "{count} days", round(value))
    if name.endswith("_every") and isinstance(value, int | float):
        return plural("every day", "every {count} days", max(round(value), 1))
    if name.endswith(("_on", "_at")) and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def _english(name: str, value: Value) -> str:
    value = meant(name, value)
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y, %H:%M}" if isinstance(value, datetime) else f"{value.day} {value:%B %Y}"
    if isinstance(value, int | float):
        return f"{round(value, 1):,}" if value % 1 else f"{int(value):,}"
    return ", ".join(value)
