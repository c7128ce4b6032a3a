"""A table of names and addresses, read as it stands: one row a client, its columns found by their headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from django.utils.translation import gettext
from pydantic import BaseModel

from holdfast.errors import UsageError
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import is_total, plain, refuse_cut_off
from holdfast.tables.sources.headings import Field, is_bare_name, meanings_of

MOST_ROWS = 100_000
SEARCHED = 50  # rows from the top: somewhere in them is the heading


class Part(StrEnum):
    """What a column can hold. A telephone that is carried about goes before one that stands somewhere."""

    ID = "id"
    NAME = "name"
    FIRST = "first"
    LAST = "last"
    EMAIL = "email"
    MOBILE = "mobile"
    PHONE = "phone"
    CHANNEL = "channel"


# English; German; French; Spanish; Dutch; Portuguese. The likelier a heading means the part, the earlier it stands.
_ALIASES = {
    Part.ID: "id, code",  # a bare number is as often that of the row
    Part.EMAIL: """
        email, e-mail, email address, e-mail address, mail, mail address, client email, patient email, primary email,
        client email address, patient email address; e-mail-adresse, mailadresse; adresse e-mail, adresse mail,
        courriel, adresse électronique, mél; correo, correo electrónico; e-mailadres, mailadres;
        endereço de e-mail, correio eletrónico, correio eletrônico""",
    Part.MOBILE: """
        mobile, mobile phone, mobile number, mobile no, mobile phone number, cell, cell phone, cellphone, cell number,
        client mobile, patient mobile; handy, handynummer, mobil, mobiltelefon, mobilnummer, mobilfunknummer;
        portable, téléphone portable, numéro de portable; móvil, teléfono móvil, celular, teléfono celular;
        mobiel, mobiel nummer, mobiele telefoon, gsm; telemóvel, telefone celular""",
    Part.PHONE: """
        phone, phone number, phone no, telephone, telephone number, telephone no, tel, tel no, contact number,
        client phone, patient phone, primary phone, client phone number, patient phone number; telefon, telefonnummer,
        rufnummer, telefon nr; téléphone, numéro de téléphone; teléfono, número de teléfono; telefoon, telefoonnummer;
        telefone, número de telefone""",
    Part.CHANNEL: """
        channel, contact by, preferred contact, preferred contact method, contact preference, contact method,
        preferred channel, communication preference, preferred communication; kanal, kontaktweg, bevorzugter kontakt;
        canal, moyen de contact, contact préféré; medio de contacto, contacto preferido; kanaal, contactvoorkeur;
        contato preferido, contacto preferido, meio de contato""",
}
_NAMES = {
    Field.CLIENT_ID: Part.ID,
    Field.CLIENT: Part.NAME,
    Field.CLIENT_FIRST: Part.FIRST,
    Field.CLIENT_LAST: Part.LAST,
}
_LAST_CHOICE = 1000  # a bare "id" is the client's only where nothing says so more clearly


class Row(BaseModel):
    """One client as the table has him. ``number`` counts as a spreadsheet does."""

    number: int
    id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    channel: str = ""  # in the table's own word


class Table(BaseModel):
    """What was read, and from where: nothing else of the file is kept."""

    rows: list[Row]
    read: list[tuple[str, str]]  # each part that was found, with its heading
    unread: list[str]  # headings of columns, and names of sheets, of which nothing was read


def read_table(name: str, content: bytes) -> Table:
    """Read the one table of a file, CSV or Excel workbook.

    Raises
    ------
    HoldfastError
        If it is no table, has no column of ids or nothing beside them, or has too many rows.
    """
    sheets = SourceFile(name, content).sheets
    found = next((one for one in sheets if _heading_of(sheets[one]) is not None), None)
    if found is None:
        raise UsageError(_no_heading(sheets))
    rows, at = sheets[found], _heading_of(sheets[found]) or 0
    heading = [cell.strip() for cell in rows[at]]
    columns = _columns(heading)
    below = [
        (number, row)
        for number, row in enumerate(rows[at + 1 :], start=at + 2)
        if any(cell.strip() for cell in row) and not is_total(row)
    ]
    refuse_cut_off(name, below, heading)
    if len(below) > MOST_ROWS:
        told = gettext("This table has more than %(most)s rows. Split it. Nothing was kept.")
        raise UsageError(told % {"most": f"{MOST_ROWS:,}"})
    used = set(columns.values())
    beside = [cell for number, cell in enumerate(heading) if cell and number not in used]
    others = [sheet for sheet, lines in sheets.items() if sheet != found and any(map(any, lines))]
    read = [(part.value, heading[number]) for part, number in columns.items()]
    return Table(rows=[_row(number, row, columns) for number, row in below], read=read, unread=[*beside, *others])


def _row(number: int, cells: Sequence[str], columns: Mapping[Part, int]) -> Row:
    """One row; a name that stands in two columns is put together."""

    def cell(part: Part) -> str:
        at = columns.get(part)
        return " ".join(cells[at].split()) if at is not None and at < len(cells) else ""

    return Row(
        number=number,
        id=cells[columns[Part.ID]].strip() if columns[Part.ID] < len(cells) else "",  # blanks within it are its own
        name=" ".join(filter(None, (cell(Part.FIRST), cell(Part.NAME), cell(Part.LAST)))),
        email=cell(Part.EMAIL),
        phone=cell(Part.MOBILE) or cell(Part.PHONE),
        channel=cell(Part.CHANNEL),
    )


def _split(text: str) -> Iterator[str]:
    return (plain(alias) for alias in re.split(r"[,;\n]", text) if alias.strip())


_KNOWN = {alias: (part, rank) for part, text in _ALIASES.items() for rank, alias in enumerate(_split(text))}


def _meaning(heading: str) -> tuple[Part, int] | None:
    """What a heading means, and how far it is from the usual one; none: it is not read."""
    found = [(_NAMES[field], rank) for rank, field in meanings_of(heading) if field in _NAMES]
    if found:
        return min(found, key=lambda one: one[1])
    part, rank = _KNOWN.get(plain(heading), (None, 0))
    if part is None:
        return None
    return part, rank + _LAST_CHOICE if part is Part.ID else rank


def _heading_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Which row is the heading: the first that has an id and something beside it."""
    for number, row in enumerate(rows[:SEARCHED]):
        parts = {meant[0] for cell in row if (meant := _meaning(cell))}
        if Part.ID in parts and parts - {Part.ID, Part.CHANNEL}:
            return number
    return None


def _columns(heading: Sequence[str]) -> Mapping[Part, int]:
    """In which column each part stands.

    Raises
    ------
    UsageError
        If two columns mean the same, and neither more clearly than the other.
    """
    found: dict[Part, list[tuple[int, int]]] = {}
    for number, cell in enumerate(heading):
        if meant := _meaning(cell):
            found.setdefault(meant[0], []).append((meant[1], number))
    for several in found.values():
        several.sort()
        if len(several) > 1 and several[0][0] == several[1][0]:
            told = gettext('The column "%(name)s" is there more than once. Take one out. Nothing was kept.')
            raise UsageError(told % {"name": heading[several[0][1]]})
    columns = {part: several[0][1] for part, several in found.items()}
    for part in _not_needed(columns, heading):
        columns.pop(part, None)
    return {part: columns[part] for part in Part if part in columns}


def _not_needed(columns: Mapping[Part, int], heading: Sequence[str]) -> Iterable[Part]:
    """What says again what another column says: a mobile goes before a phone, a whole name before its parts.

    A bare "Name" beside only one of its parts is the other part.
    """
    if Part.MOBILE in columns:
        yield Part.PHONE
    if Part.NAME in columns:
        has_both = Part.FIRST in columns and Part.LAST in columns
        if has_both or not is_bare_name(heading[columns[Part.NAME]]):
            yield from (Part.FIRST, Part.LAST)


def _no_heading(sheets: Mapping[str, Sequence[Sequence[str]]]) -> str:
    first = next((row for rows in sheets.values() for row in rows if any(row)), None)
    if first is None:
        return gettext("This file is empty. Nothing was kept.")
    told = gettext(
        "No heading was found with a column of ids, such as Client ID, and one of names, e-mail addresses or phone "
        "numbers. The file begins with: %(cells)s. Nothing was kept."
    )
    return told % {"cells": ", ".join(cell for cell in first if cell)[:150]}
