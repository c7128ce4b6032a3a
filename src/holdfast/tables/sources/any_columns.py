"""Which column of an unknown table holds what: by its heading, by what is in it, or to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from holdfast.errors import SourceError
from holdfast.tables.sources.any_sheets import Found, is_clocks, is_dates
from holdfast.tables.sources.grid import plain
from holdfast.tables.sources.headings import (
    CLIENT_FIELDS,
    DATE_FIELDS,
    THERAPIST_FIELDS,
    Field,
    is_bare_name,
    is_start,
    meanings_of,
)
from holdfast.tables.sources.mapping import Mapping
from holdfast.tables.sources.outcomes import understood
from holdfast.words import Words

_WHEN = (Field.DATE, Field.TIME)
_ASKED_IF_TWO = (Field.CLIENT, Field.THERAPIST, Field.STATUS)
_NEEDED = (*CLIENT_FIELDS, Field.DATE)


class Sure(StrEnum):
    """How it is known what a column holds."""

    HEADING = "by its heading"
    TOLD = "by the mapping"


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    sure: Sure


@dataclass(slots=True)
class Columns:
    """The columns that are known, and for those that are not, which it can be."""

    known: dict[Field, Column] = field(default_factory=dict)
    unsure: dict[Field, tuple[str, ...]] = field(default_factory=dict)

    def has(self, fields: Iterable[Field]) -> bool:
        return any(name in self.known for name in fields)


def choose_columns(found: Found, told: Mapping) -> Columns:
    """Say which column holds what.

    Raises
    ------
    SourceError
        If there is no date in it at all, or a column that is needed stands there twice.
    """
    columns = Columns()
    for name, heading in told.columns.items():
        if heading:
            columns.known[name] = Column(heading, Sure.TOLD)
    for name in Field:
        if name not in columns.known and name not in _WHEN and not _left_out(name, told):
            _choose(name, found, columns)
    _whole_or_half_names(columns)
    _choose_when(found, columns, told)
    _ask_for_the_rest(found, columns, told)
    _drop_what_is_not_needed(columns)
    _refuse_twice(found, columns)
    return columns


def _left_out(name: Field, told: Mapping) -> bool:
    return name in told.columns and name not in _NEEDED


def _choose(name: Field, found: Found, columns: Columns) -> None:
    likely = _candidates(found, name, columns)
    candidates = [heading for heading in likely if _can_hold(name, heading, found.texts(heading))]
    if name is Field.STATUS:
        spoken = [heading for heading in candidates if any(understood(w, heading) for w in found.texts(heading))]
        candidates = spoken or candidates
    if len(candidates) > 1 and name in _ASKED_IF_TWO and not _agree(found, candidates):
        columns.unsure[name] = tuple(candidates)
    elif candidates:
        columns.known[name] = Column(candidates[0], Sure.HEADING)


def _candidates(found: Found, name: Field, columns: Columns) -> list[str]:
    """The headings that can mean this, the likeliest first, as far as they are free."""
    taken = {plain(column.heading) for column in columns.known.values()}
    ranked = [
        (rank, number, heading)
        for number, heading in enumerate(found.heading)
        if plain(heading) not in taken
        for rank, meaning in meanings_of(heading)
        if meaning is name
    ]
    return list(dict.fromkeys(heading for _, _, heading in sorted(ranked)))


def _can_hold(name: Field, heading: str, texts: Sequence[str]) -> bool:
    """Say whether these cells can be what the heading says: ``Arrived`` may be a time, ``ID`` the client's."""
    if not texts:
        return True
    if name is Field.STATUS:
        return not is_dates(texts) and not is_clocks(texts)
    if name is Field.BIRTH:
        return is_dates(texts) or all(text.isdigit() and len(text) == 4 for text in texts)
    if name is Field.APPOINTMENT_ID:
        return plain(heading) != "id" or len(set(texts)) == len(texts)
    return name not in DATE_FIELDS or is_dates(texts)


def _agree(found: Found, headings: Sequence[str]) -> bool:
    first = found.texts(headings[0])
    return all(found.texts(heading) == first for heading in headings[1:])


def _whole_or_half_names(columns: Columns) -> None:
    """Beside a first name alone ``Name`` is the surname, beside a surname alone it is the first name."""
    whole = columns.known.get(Field.CLIENT)
    if whole is None or not is_bare_name(whole.heading):
        return
    first, last = Field.CLIENT_FIRST in columns.known, Field.CLIENT_LAST in columns.known
    if first != last:
        columns.known[Field.CLIENT_LAST if first else Field.CLIENT_FIRST] = whole
        del columns.known[Field.CLIENT]


def _choose_when(found: Found, columns: Columns, told: Mapping) -> None:
    """The column of the date, best one with the time in it, and that of the time if it stands apart."""
    candidates = [heading for name in _WHEN for heading in _candidates(found, name, columns)]
    starts = [heading for heading in dict.fromkeys(found.heading) if is_start(heading)]
    candidates = list(dict.fromkeys([*starts, *candidates]))
    if Field.DATE not in columns.known:
        dates = [heading for heading in candidates if is_dates(found.texts(heading))]
        _choose_date(found, columns, dates or _candidates(found, Field.DATE, columns)[:1])
    if Field.TIME in columns.known or _left_out(Field.TIME, told):
        return
    clocks = [heading for heading in candidates if is_clocks(found.texts(heading))]
    if clocks:
        columns.known[Field.TIME] = Column(clocks[0], Sure.HEADING)


def _choose_date(found: Found, columns: Columns, dates: Sequence[str]) -> None:
    timed = [heading for heading in dates if any(":" in text for text in found.texts(heading))]
    best = timed or list(dates)
    if len(best) > 1 and not _agree(found, best):
        columns.unsure[Field.DATE] = tuple(best)
    elif best:
        columns.known[Field.DATE] = Column(best[0], Sure.HEADING)


def _ask_for_the_rest(found: Found, columns: Columns, told: Mapping) -> None:
    """What no heading tells: what is needed is asked for, and a column full of status words is asked about."""
    taken = {plain(column.heading) for column in columns.known.values()}
    free = [heading for heading in dict.fromkeys(found.heading) if plain(heading) and plain(heading) not in taken]
    if Field.DATE not in columns.known and Field.DATE not in columns.unsure:
        dates = [heading for heading in free if is_dates(found.texts(heading)) and not meanings_of(heading)]
        if not dates:
            raise SourceError(_no_date(found))
        columns.unsure[Field.DATE] = tuple(dates)
    if not columns.has(CLIENT_FIELDS) and Field.CLIENT not in columns.unsure:
        timed = [heading for heading in free if is_dates(found.texts(heading)) or is_clocks(found.texts(heading))]
        possible = tuple(heading for heading in free if heading not in timed)
        if not possible:
            raise SourceError(_nobody(found))
        columns.unsure[Field.CLIENT] = possible
    if Field.STATUS not in columns.known and Field.STATUS not in columns.unsure and not _left_out(Field.STATUS, told):
        spoken = [heading for heading in free if _speaks_of_status(found.texts(heading))]
        if spoken:
            columns.unsure[Field.STATUS] = tuple(spoken)


def _speaks_of_status(texts: Sequence[str]) -> bool:
    known = [text for text in texts if understood(text)]
    return bool(known) and len(known) * 2 >= len(texts)


def _no_date(found: Found) -> Words:
    shown = ", ".join(repr(heading) for heading in found.heading if heading)
    return Words(
        "{file} has no column with the date of an appointment among {columns}. A table of appointments is needed, one "
        "row an appointment, so export that; a list with one row a client is another.",
        file=found.sheets[0].label,
        columns=shown,
    )


def _nobody(found: Found) -> Words:
    shown = ", ".join(repr(heading) for heading in found.heading if heading)
    return Words(
        "{file} has no column that could say who the client is among {columns}. Without a name or a number for each "
        "client nobody's sessions can be told from another's: export the list with one.",
        file=found.sheets[0].label,
        columns=shown,
    )


def _drop_what_is_not_needed(columns: Columns) -> None:
    """Where there is an id the name is not read, and where there is the whole name its halves are not."""
    for fields in (CLIENT_FIELDS, THERAPIST_FIELDS):
        best = next((name for name in fields[:2] if name in columns.known), None)
        if best is not None:
            for name in fields:
                columns.unsure.pop(name, None)
                if name is not best:
                    columns.known.pop(name, None)
        elif fields[2] in columns.known and fields[3] in columns.known:
            columns.unsure.pop(fields[1], None)


def _refuse_twice(found: Found, columns: Columns) -> None:
    keys = [plain(heading) for heading in found.heading]
    for name, column in columns.known.items():
        if keys.count(plain(column.heading)) > 1:
            raise SourceError(
                Words(
                    "{file} has the column {column} more than once, so it is not clear which "
                    "is the {field}. Remove or rename one, and import again.",
                    file=found.sheets[0].label,
                    column=repr(column.heading),
                    field=name.replace("_", " "),
                )
            )
