"""Reading a table of names and addresses: columns by their headings, from CSV and Excel, and what is no such table."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook


def read(content, name="list.csv"):
    from holdfast_site.cards.table import read_table

    return read_table(name, content.encode() if isinstance(content, str) else content)


def first(table):
    row = table.rows[0]
    return row.id, row.name, row.email, row.phone


@pytest.mark.parametrize(
    "heading",
    [
        "id,name,email,phone",
        "Client ID,Client Name,E-mail,Telephone number",
        "client_id,full_name,Email Address,Mobile",
        "Patient No,Patient,mail,Cell Phone",
        "Klientennummer;Name;E-Mail-Adresse;Telefon",
        "Numéro de dossier;Nom complet;Courriel;Téléphone",
        "Nº paciente;Nombre completo;Correo electrónico;Teléfono",
        "Cliëntnummer\tNaam\tE-mailadres\tMobiel",
        "ID do paciente;Nome completo;E-mail;Telemóvel",
    ],
)
def test_usual_headings_are_recognised(heading):
    sign = next(one for one in ",;\t" if one in heading)
    table = read(f"{heading}\n{sign.join(('C1', 'Ann Lee', 'ann@hill.example', '07700 900123'))}\n")
    assert first(table) == ("C1", "Ann Lee", "ann@hill.example", "07700 900123")
    assert table.unread == []


@pytest.mark.parametrize(
    ("heading", "cells", "name"),
    [
        ("id,First name,Last name", "C1,Ann,Lee", "Ann Lee"),
        ("id,Surname,Forename", "C1,Lee,Ann", "Ann Lee"),
        ("id,Name,Vorname", "C1,Lee,Ann", "Ann Lee"),
        ("id,Name,Surname", "C1,Ann,Lee", "Ann Lee"),
        ("id,Client name,First name,Last name", "C1,Ann B. Lee,Ann,Lee", "Ann B. Lee"),
    ],
)
def test_a_name_in_two_columns_is_put_together(heading, cells, name):
    assert first(read(f"{heading}\n{cells}\n"))[1] == name


def test_the_clearer_id_is_his_and_a_mobile_goes_before_a_landline():
    table = read(
        "ID,Client ID,Email,Home phone,Phone,Mobile,Diagnosis\n1,C1,a@hill.example,1,0161 4960000,07700900123,F32\n"
    )
    assert first(table) == ("C1", "", "a@hill.example", "07700900123")
    assert table.unread == ["ID", "Home phone", "Phone", "Diagnosis"]
    assert "F32" not in table.model_dump_json()


def test_a_workbook_is_read_below_its_title_and_numbers_keep_their_digits():
    book = Workbook()
    book.active.title = "Clients"
    for row in (["Hill Street, clients"], [], ["Client ID", "Name", "Phone"], [1091, "Ann Lee", 447700900123]):
        book.active.append(row)
    book.create_sheet("Notes").append(["private"])
    kept = io.BytesIO()
    book.save(kept)
    table = read(kept.getvalue(), "clients.xlsx")
    assert first(table) == ("1091", "Ann Lee", "", "447700900123")
    assert table.rows[0].number == 4
    assert table.unread == ["Notes"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("appointment_id,starts_at\nx1,2026-03-02\n", "begins with: appointment_id, starts_at"),
        ("id,colour\nC1,red\n", "No heading was found"),
        ("name,email\nAnn,a@hill.example\n", "No heading was found"),
        ("id,email,e-mail\nC1,a@hill.example,b@hill.example\n", 'The column "email" is there more than once'),
        ("id,name,email\nC1,Ann,a@hill.example\nC2,Be", "breaks off in row 3"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "not text"),
        (b"PK\x03\x04 broken", "not"),
    ],
)
def test_what_is_no_such_table_is_refused_in_words(content, says):
    from holdfast.errors import HoldfastError

    with pytest.raises(HoldfastError) as refused:
        read(content)
    assert says in str(refused.value)


@pytest.mark.parametrize(("at", "sign"), [(6, 109), (8, 1), (10, 99)])  # too new; locked; packed who knows how
def test_a_workbook_that_was_damaged_on_the_way_is_refused_in_words(at, sign):
    from holdfast.errors import SourceError

    book, kept = Workbook(), io.BytesIO()
    book.active.append(["Client ID", "Name"])
    book.save(kept)
    broken = bytearray(kept.getvalue())
    start = broken.find(b"PK\x01\x02")
    while start >= 0:
        broken[start + at] = sign
        start = broken.find(b"PK\x01\x02", start + 4)
    with pytest.raises(SourceError, match=r"cannot be opened|not a workbook that can be read"):
        read(bytes(broken), "clients.xlsx")


def test_more_rows_than_any_practice_has_are_refused(monkeypatch):
    from holdfast.errors import UsageError
    from holdfast_site.cards import table

    monkeypatch.setattr(table, "MOST_ROWS", 2)
    assert len(read("id,name\nC1,A\n\nC2,B\nTotal,\n").rows) == 2
    with pytest.raises(UsageError, match="more than 2 rows"):
        read("id,name\nC1,A\nC2,B\nC3,C\n")
