"""The names of months and weekdays in English, German, French, Spanish, Dutch and Portuguese."""

from __future__ import annotations

from functools import lru_cache

from holdfast.tables.sources.grid import plain

_MONTHS = """
january february march april may june july august september october november december
januar februar märz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
januari februari maart april mei juni juli augustus september oktober november december
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
"""
_WEEKDAYS = """
monday tuesday wednesday thursday friday saturday sunday
montag dienstag mittwoch donnerstag freitag samstag sonntag
lundi mardi mercredi jeudi vendredi samedi dimanche
lunes martes miércoles jueves viernes sábado domingo
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
segunda terça quarta quinta sexta sábado domingo
"""
_SHORT_MONTHS = {"mrz": 3, "mrt": 3, "jaen": 1}


def month_number(name: str) -> int:
    """The number of a month, by its name or the beginning of it; ``jui`` is juin or juillet, and so neither.

    Raises
    ------
    ValueError
        If it is the name of no month, or of two.
    """
    found = _numbers(_MONTHS, name, at_least=3) or frozenset({_SHORT_MONTHS.get(plain(name), 0)})
    if len(found) != 1 or 0 in found:
        raise ValueError(f"{name!r} is no month")
    return next(iter(found))


def weekday_numbers(name: str) -> frozenset[int]:
    """Which weekday this can be, Monday being 1: none if it is no weekday, two where languages differ."""
    return _numbers(_WEEKDAYS, name.removesuffix("-feira"), at_least=2)


@lru_cache(maxsize=1000)
def _numbers(languages: str, name: str, *, at_least: int) -> frozenset[int]:
    word = plain(name)
    if len(word) < at_least:
        return frozenset()
    rows = [line.split() for line in languages.strip().splitlines()]
    return frozenset(n for row in rows for n, full in enumerate(row, start=1) if plain(full).startswith(word))
